"""One order as both languages show it, what may be done to it in each, and what must be the same in both."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.shop import Shop, invoice_body, invoice_path, where
from tests.vtex_shop import VtexShop, cancel_path, changes_path, document_path, order_path, start_path
from tests.wire import Answer

PAGE = Path(__file__).resolve().parents[1] / "docs" / "vtex.md"
CANCELED_INVOICE = 3
CHANGE_LESS = "one is broken"


class Seen(NamedTuple):
    """An order by all documents that clients can ask for."""

    order: dict[str, Any]
    invoices: list[dict[str, Any]]
    memos: list[dict[str, Any]]
    shipments: list[dict[str, Any]]
    classic: dict[str, Any]
    document: dict[str, Any]

    @property
    def status(self) -> tuple[str, str, str]:
        """The state and the status of the one language, and the status of the other."""
        return self.order["state"], self.order["status"], self.classic["status"]


class Order:
    """An order, and what is asked of it. Rows are named by their place in VTEX's ``items``, from 0."""

    def __init__(self, shop: Shop, vtex: VtexShop, entity_id: int, name: str) -> None:
        self.shop = shop
        self.vtex = vtex
        self.entity_id = entity_id
        self.name = name
        self._invoices = 0
        self.changed_at_once = False
        """A Change of the first kind was made: it moves the value, and items stay as they were."""

    # ------------------------------------------------------------ what is seen

    def look(self) -> Seen:
        shop, own = self.shop, where("order_id", self.entity_id)
        return Seen(
            shop.order(self.entity_id),
            shop.must("GET", f"/rest/V1/invoices?{own}")["items"],
            shop.must("GET", f"/rest/V1/creditmemos?{own}")["items"],
            shop.must("GET", f"/rest/V1/shipments?{own}")["items"],
            self.vtex.must("GET", order_path(self.name)),
            self.vtex.must("GET", document_path(self.name)),
        )

    def left(self) -> int:
        """Return how many cents no invoice has yet."""
        order = self.vtex.order(self.name)
        return int(order["value"]) - sum(of_type(order, "Output").values())

    # ------------------------------------------------------------ what Adobe's clients do

    def _rows(self, units: dict[int, int]) -> list[tuple[int, int]]:
        items = self.vtex.order(self.name)["items"] if units else []
        return [(int(items[place]["uniqueId"], 16), qty) for place, qty in units.items()]

    def issue(self, **units: int) -> Answer:
        """Invoice units of rows (``r0=2``), or all that is left."""
        return self.shop.ask("POST", invoice_path(self.entity_id), invoice_body(self._rows(places(units))))

    def ship(self, **units: int) -> Answer:
        path = f"/rest/V1/order/{self.entity_id}/ship"
        return self.shop.ask("POST", path, invoice_body(self._rows(places(units))))

    def refund(self, **units: int) -> Answer:
        body = invoice_body(self._rows(places(units)))
        return self.shop.ask("POST", f"/rest/V1/order/{self.entity_id}/refund", body)

    def act(self, verb: str) -> Answer:
        """Hold, unhold or cancel."""
        return self.shop.ask("POST", f"/rest/V1/orders/{self.entity_id}/{verb}")

    # ------------------------------------------------------------ what VTEX's clients do

    def start(self) -> Answer:
        return self.vtex.ask("POST", start_path(self.name))

    def tell(self, cents: int | None = None, kind: str = "Output", **units: int) -> Answer:
        """Tell of an invoice (classic route) of so many cents, or all that is left, over units or none."""
        self._invoices += 1
        items = self.vtex.order(self.name)["items"]
        body = {
            "type": kind,
            "issuanceDate": "2026-11-20T14:00:00Z",
            "invoiceNumber": f"NF {self._invoices}/26",
            "invoiceValue": self.left() if cents is None else cents,
            "items": [
                {"id": items[place]["id"], "price": items[place]["sellingPrice"], "quantity": qty}
                for place, qty in places(units).items()
            ],
        }
        return self.vtex.ask("POST", f"{order_path(self.name)}/invoice", body)

    def tell_document(self, cents: int | None = None, kind: str = "Output", **units: int) -> Answer:
        """The same by the route of the document family, which names rows by their places."""
        self._invoices += 1
        items = self.vtex.order(self.name)["items"]
        body = {
            "type": kind,
            "issuedDate": "2026-11-20",
            "invoiceNumber": f"NF {self._invoices}/26",
            "invoiceValue": self.left() if cents is None else cents,
            "items": [
                {"itemIndex": place, "price": items[place]["sellingPrice"] * qty, "quantity": qty}
                for place, qty in places(units).items()
            ],
        }
        return self.vtex.ask("POST", f"{document_path(self.name)}/invoices", body)

    def tell_under_a_printed_number(self) -> Answer:
        """Tell of an invoice under the number of one that there is in the other language."""
        own = where("order_id", self.entity_id)
        printed = self.shop.must("GET", f"/rest/V1/invoices?{own}")["items"][0]["increment_id"]
        body = {"type": "Output", "issuanceDate": "2026-11-20", "invoiceNumber": printed, "invoiceValue": 1}
        return self.vtex.ask("POST", f"{order_path(self.name)}/invoice", body)

    def track(self) -> Answer:
        """Tell where the newest package of the order is, whichever language it comes from."""
        packages = self.vtex.order(self.name)["packageAttachment"]["packages"]
        number = quote(packages[-1]["invoiceNumber"], safe="")
        told = {"isDelivered": True, "events": [{"description": "there", "date": "2026-11-21"}]}
        return self.vtex.ask("PUT", f"{order_path(self.name)}/invoice/{number}/tracking", told)

    def give_back(self, cents: int, **units: int) -> Answer:
        return self.tell(cents, "Input", **units)

    def cancel(self) -> Answer:
        return self.vtex.ask("POST", cancel_path(self.name), {"reason": "changed their mind"})

    def deny(self) -> Answer:
        request = self.vtex.order(self.name)["cancellationRequests"][-1]["id"]
        body = {"cancellationRequestId": request, "denyReason": "it is packed"}
        return self.vtex.ask("POST", f"{document_path(self.name)}/deny-cancellation-request", body)

    def change(self, *, discount: int = 0, increment: int = 0, **units: int) -> Answer:
        """Take units out, and money; and wait until that is settled."""
        items = self.vtex.order(self.name)["items"]
        gone = [
            {"id": items[place]["id"], "uniqueId": items[place]["uniqueId"], "quantity": qty}
            for place, qty in places(units).items()
        ]
        wish = {"reason": CHANGE_LESS, "manualDiscountValue": discount, "manualIncrementValue": increment}
        answer = self.vtex.change(self.name, {**wish, **({"remove": {"items": gone}} if gone else {})})
        if answer.status == 202:
            self.vtex.settled(self.name, answer.json["requestId"])
        return answer

    def change_at_once(self, *, discount: int = 0, increment: int = 0, **units: int) -> Answer:
        items = self.vtex.order(self.name)["items"]
        gone = [
            {"id": items[place]["id"], "price": items[place]["price"], "quantity": qty}
            for place, qty in places(units).items()
        ]
        wish = {"reason": CHANGE_LESS, "discountValue": discount, "incrementValue": increment}
        lists: dict[str, Any] = {"itemsRemoved": gone, "itemsAdded": []}
        request_id = f"c{discount}-{increment}"
        answer = self.vtex.change_at_once(self.name, {**wish, **lists, "requestId": request_id})
        self.changed_at_once |= answer.status == 200
        return answer

    def add(self, sku: str, qty: int, cents: int) -> Answer:
        """Put a new row into the order."""
        wish = {"reason": "one more", "add": {"items": [{"id": sku, "quantity": qty, "price": cents}]}}
        answer = self.vtex.ask("PATCH", changes_path(self.name), wish)
        if answer.status == 202:
            self.vtex.settled(self.name, answer.json["requestId"])
        return answer


def places(units: dict[str, int]) -> dict[int, int]:
    """Return ``{0: 2}`` for ``{"r0": 2}``."""
    return {int(name[1:]): qty for name, qty in units.items()}


def cents(amount: float | None) -> int:
    """Return the cents of an amount in Adobe's language, which leaves out what is null."""
    return round((amount or 0) * 100)


def of_type(classic: dict[str, Any], kind: str) -> dict[str, int]:
    """Return the values of an order's packages of one type by number."""
    packages = classic["packageAttachment"]["packages"]
    return {one["invoiceNumber"]: one["invoiceValue"] for one in packages if one["type"] == kind}


# ---------------------------------------------------------------- the same facts


def assert_one_book(seen: Seen, *, before: Seen | None = None, rewritten: bool, exactly: bool = True) -> None:
    """See that both languages show the same rows, money, invoices and returns.

    With ``rewritten`` VTEX's items are what is left of the rows; of a canceled order they are what they were
    ``before``. Unless ``exactly``, clients may have told of units that are worth something else, or that no
    invoice has: these are in the package as they were told, and the books have the value.
    """
    _assert_sums(seen.classic)
    if before is not None and seen.classic["status"] == "canceled":
        _assert_as_before(seen, before)
    else:
        _assert_same_rows(seen, rewritten=rewritten)
        _assert_same_value(seen, rewritten=rewritten)
    standing = [one for one in seen.invoices if one["state"] != CANCELED_INVOICE]
    for documents, kind, names in (
        (standing, "Output", ("qty_invoiced", "total_invoiced")),
        (seen.memos, "Input", ("qty_refunded", "total_refunded")),
    ):
        _assert_same_documents(seen, documents, kind, names, exactly=exactly)
    for name in ("status", "value", "totals", "orderId", "changesAttachment", "cancellationRequests"):
        assert seen.classic[name] == seen.document[name], name


def _units(told: Iterable[tuple[int, int]]) -> Counter[int]:
    """Return the units of each row."""
    units: Counter[int] = Counter()
    for item_id, qty in told:
        units[item_id] += qty
    return units


def _rows_of(seen: Seen) -> list[dict[str, Any]]:
    """Return the rows of the order behind VTEX's items, in their order."""
    rows = {row["item_id"]: row for row in seen.order["items"]}
    return [rows[int(item["uniqueId"], 16)] for item in seen.classic["items"]]


def _assert_same_rows(seen: Seen, *, rewritten: bool) -> None:
    for row, item in zip(_rows_of(seen), seen.classic["items"], strict=True):
        gone = row.get("qty_canceled", 0) if rewritten else 0
        assert (item["id"], item["name"]) == (row["sku"], row["name"])
        assert (item["price"], item["quantity"]) == (cents(row["price"]), row["qty_ordered"] - gone)
        if not gone:
            # Adobe's clients see row totals less discount, too.
            assert item["priceDefinitions"]["total"] == cents(row["row_total"]), row
            assert item["tax"] == cents(row.get("tax_amount")), row
    twins = [(one["uniqueId"], one["quantity"], one["tax"]) for one in seen.document["items"]]
    assert [(one["uniqueId"], one["quantity"], one["tax"]) for one in seen.classic["items"]] == twins


def _assert_same_value(seen: Seen, *, rewritten: bool) -> None:
    order, classic = seen.order, seen.classic
    assert classic["value"] == cents(order["grand_total"]) - cents(order.get("total_canceled"))
    totals = {total["id"]: total["value"] for total in classic["totals"]}
    gone = order if rewritten else {}
    assert totals["Items"] == cents(order["subtotal"]) - cents(gone.get("subtotal_canceled"))
    assert totals["Shipping"] == cents(order["shipping_amount"]) - cents(gone.get("shipping_canceled"))
    assert totals["Discounts"] == cents(order.get("discount_amount")) + cents(gone.get("discount_canceled"))


def _assert_sums(classic: dict[str, Any]) -> None:
    """See that items come to their totals, and totals to the value."""
    totals = {total["id"]: total["value"] for total in classic["totals"]}
    goods = sum(item["priceDefinitions"]["total"] for item in classic["items"])
    assert goods == totals["Items"] + totals["Discounts"]
    assert sum(totals.values()) == classic["value"]


def _assert_as_before(seen: Seen, before: Seen) -> None:
    """See that a canceled order shows what it was, and that nothing of it is left."""
    assert seen.classic["value"] == before.classic["value"]
    was = [(item["uniqueId"], item["quantity"]) for item in before.classic["items"]]
    assert [(item["uniqueId"], item["quantity"]) for item in seen.classic["items"]] == was
    assert cents(seen.order["grand_total"]) == cents(seen.order["total_canceled"])


def _assert_same_documents(
    seen: Seen, documents: list[dict[str, Any]], kind: str, names: tuple[str, str], *, exactly: bool
) -> None:
    """See that packages of a type are the documents, and that the order's own figures are their sums."""
    ids = [int(item["uniqueId"], 16) for item in seen.classic["items"]]
    packages = [one for one in seen.classic["packageAttachment"]["packages"] if one["type"] == kind]
    told = _units((ids[row["itemIndex"]], row["quantity"]) for one in packages for row in one["items"])
    kept = _units((row["order_item_id"], row["qty"]) for one in documents for row in one["items"])
    assert all(kept[item_id] <= told[item_id] for item_id in ids), kind
    assert not exactly or all(kept[item_id] == told[item_id] for item_id in ids), kind
    values = [one["invoiceValue"] for one in packages]
    assert sorted(values) == sorted(cents(one["grand_total"]) for one in documents), kind
    qty, total = names
    assert sum(values) == cents(seen.order.get(total)), kind
    assert {row["item_id"]: row.get(qty, 0) for row in _rows_of(seen)} == {i: kept[i] for i in ids}, kind
    twins = seen.document["packageAttachment"]["packages"]
    assert [(one["invoiceNumber"], one["invoiceValue"]) for one in twins] == [
        (one["invoiceNumber"], one["invoiceValue"]) for one in seen.classic["packageAttachment"]["packages"]
    ]


# ---------------------------------------------------------------- the table of statuses

Statuses = tuple[str, str, str]
"""An order's state and status, and its status in VTEX's language."""


def documented_statuses() -> set[Statuses]:
    """Return what the page says may go together."""
    page = PAGE.read_text(encoding="utf-8")
    section = page.partition("## One order, two languages")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    found: set[Statuses] = set()
    for line in lines:
        (state,), (status,), others = (re.findall(r"`([^`]+)`", cell) for cell in line.strip("|").split("|"))
        found |= {(state, status, other) for other in others}
    return found

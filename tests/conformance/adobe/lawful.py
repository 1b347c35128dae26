"""What the recorded walks would have done if the recorded platform kept the promises of the books.

Four things break them, each explained under its heading in `docs/adobe-differences.md`:

* Variations invoiced once: the child row of a configurable product is invoiced there again and again once
  its parent is used up, in documents worth nothing. Here a child is invoiced with its parent, as much as
  its parent, and a request that asks for nothing else is refused.
* Cancellations of what is left: of an order in parts shipped and not invoiced, the worth of everything that
  is not invoiced is written off there, the shipped units' too, and is invoiced afterwards all the same. Here
  a unit is canceled or invoiced, at its price.
* Cancellations of nothing: where no unit can be canceled, the order's rest is written off there all the same.
  Here that is answered false.
* Credit memos that take: a memo below zero is made there of an order that nobody has paid. Here it is
  refused.

The expectation is set right by counting units and prices, knowing nothing of our own arithmetic.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

INVOICE_INVALID = "Invoice Document Validation Error(s):\n"
WITHOUT_PRODUCTS = "The invoice can't be created without products. Add products and try again."
MEMO_BELOW_ZERO = "Creditmemo Document Validation Error(s):\nThe credit memo's total must be positive."

VARIATIONS = "Variations invoiced once"
WRITE_OFFS = "Cancellations of what is left"
NO_WRITE_OFFS = "Cancellations of nothing"
TAKING_MEMOS = "Credit memos that take"

Document = dict[str, Any]
Step = dict[str, Any]


class Expected:
    """What a step should answer, the document that it should make (if any), and the order afterwards.

    ``refusal`` is what an answer of 400 begins with, where the recorded one was a success.
    """

    def __init__(self, answer: Any, document: Document | None, order: Document) -> None:
        self.answer = answer
        self.document = document
        self.order = order
        self.refusal: str | None = None


class Lawful:
    """Follows one walk and says what should have been.

    ``met`` are the headings of what was set right.
    """

    def __init__(self, placed: Document) -> None:
        self.met: set[str] = set()
        self._before = placed
        self._rows = {item["item_id"]: item for item in placed["items"]}
        self._parent_of = {
            item["item_id"]: item["parent_item_id"] for item in placed["items"] if "parent_item_id" in item
        }
        self._order_corrections: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._row_corrections: defaultdict[int, defaultdict[str, Decimal]] = defaultdict(
            lambda: defaultdict(Decimal)
        )
        self._canceled: set[int] = set()
        self._memos = 0
        self._dropped: set[int] = set()
        self._remarks: dict[int, str] = {}
        self._nothing_canceled = False

    def expect(self, step: Step) -> Expected:
        """Return what should have come of ``step``. The steps come in their order."""
        expected = Expected(step["response"], step.get("document"), step["order_after"])
        match step["op"]:
            case "invoice":
                self._invoice(step, expected)
            case "cancel" if step["response"] is True:
                self._cancel(step, expected)
            case "refund" if "document" in step:
                self._refund(step, expected)
        self._before = step["order_after"]
        expected.order = self._corrected(step["order_after"])
        return expected

    # ------------------------------------------------------------ steps

    def _invoice(self, step: Step, expected: Expected) -> None:
        if expected.document is None:
            expected.answer = self._without_products(step)
            return
        invoice = expected.document
        invoiced = {row["order_item_id"]: row["qty"] for row in invoice["items"]}
        rows = []
        for row in invoice["items"]:
            parent = self._parent_of.get(row["order_item_id"])
            if parent is None or parent in invoiced:
                rows.append(row if parent is None else {**row, "qty": invoiced[parent]})
        if rows != invoice["items"]:
            self.met.add(VARIATIONS)
            total_qty = sum(row["qty"] for row in rows)
            expected.document = invoice = {**invoice, "items": rows, "total_qty": total_qty}
        if not rows:
            expected.refusal = INVOICE_INVALID + WITHOUT_PRODUCTS
            return
        expected.document, correction = self._at_their_price(invoice, "row_invoiced")
        for name in ("subtotal_invoiced", "total_invoiced", "total_paid"):
            self._order_corrections[name] += correction
        self._order_corrections["total_due"] -= correction

    def _without_products(self, step: Step) -> Any:
        """Return the refusal, which says so too if nothing that is asked for is left."""
        message = step["response"]["message"]
        asked = [item["order_item_id"] for item in (step["body"] or {}).get("items") or ()]
        real = [
            item
            for item in self._before["items"]
            if "parent_item_id" not in item and (not asked or item["item_id"] in asked)
        ]
        if any(_left(item) for item in real) or WITHOUT_PRODUCTS in message:
            return step["response"]
        self.met.add(VARIATIONS)
        rest = message.removeprefix(INVOICE_INVALID)
        return {**step["response"], "message": f"{INVOICE_INVALID}{WITHOUT_PRODUCTS}\n{rest}"}

    def _cancel(self, step: Step, expected: Expected) -> None:
        before = {item["item_id"]: item["qty_canceled"] for item in self._before["items"]}
        after = step["order_after"]
        units = {item["item_id"]: item["qty_canceled"] - before[item["item_id"]] for item in after["items"]}
        if not any(units.values()):
            self.met.add(NO_WRITE_OFFS)
            self._nothing_canceled = True
            expected.answer = False
            return
        if not any(_left(item) for item in after["items"] if "parent_item_id" not in item):
            return
        self.met.add(WRITE_OFFS)
        self._canceled = {item_id for item_id, qty in units.items() if qty}
        worth = sum((self._worth(item_id, qty) for item_id, qty in units.items()), Decimal())
        for name in ("subtotal_canceled", "total_canceled"):
            self._order_corrections[name] += worth - after["subtotal_canceled"]

    def _refund(self, step: Step, expected: Expected) -> None:
        memo = step["document"]
        remark = step["order_after"]["status_histories"][0]
        if memo["grand_total"] < 0:
            self.met.add(TAKING_MEMOS)
            expected.answer, expected.document = {"message": MEMO_BELOW_ZERO}, None
            self._dropped.add(remark["entity_id"])
            self._order_corrections["adjustment_negative"] -= memo["adjustment_negative"]
            for name in ("total_refunded", "total_offline_refunded"):
                self._order_corrections[name] -= memo["grand_total"]
            return
        self._memos += 1
        expected.document, correction = self._at_their_price(memo, "amount_refunded")
        for name in ("subtotal_refunded", "total_refunded", "total_offline_refunded"):
            self._order_corrections[name] += correction
        if correction:
            there, here = memo["grand_total"], memo["grand_total"] + correction
            self._remarks[remark["entity_id"]] = remark["comment"].replace(f"${there:.2f}", f"${here:.2f}")

    # ------------------------------------------------------------ arithmetic

    def _worth(self, item_id: int, qty: Decimal) -> Decimal:
        """Return what units of a row cost. Rows with cents to share out would need more than this."""
        row = self._rows[item_id]
        assert not qty or not (row["tax_amount"] or row["discount_amount"]), "no walk has such a row"
        return Decimal(row["price"] * qty)

    def _at_their_price(self, document: Document, counter: str) -> tuple[Document, Decimal]:
        """Return a document whose units cost what they cost, where others of their row were canceled.

        There the last document of such an order also takes everything that is left, its rows notwithstanding.
        """
        if not self._canceled:
            return document, Decimal()
        rows = []
        for row in document["items"]:
            item_id = row["order_item_id"]
            if item_id not in self._canceled:
                rows.append(row)
                continue
            worth = self._worth(item_id, row["qty"])
            self._row_corrections[item_id][counter] += worth - row["row_total"]
            rows.append(row | _twins(row_total=worth, row_total_incl_tax=worth))
        subtotal = sum((row.get("row_total", 0) for row in rows), Decimal())
        correction = subtotal - document["subtotal"]
        grand_total = document["grand_total"] + correction
        totals = _twins(subtotal=subtotal, subtotal_incl_tax=subtotal, grand_total=grand_total)
        return {**document, **totals, "items": rows}, correction

    def _corrected(self, order: Document) -> Document:
        """Return the order as it should be."""
        invoiced = {item["item_id"]: item["qty_invoiced"] for item in order["items"]}
        items = []
        for item in order["items"]:
            row = _plus(item, self._row_corrections[item["item_id"]])
            if "parent_item_id" in row:
                row["qty_invoiced"] = invoiced[row["parent_item_id"]]
            items.append(row)
        corrected = _plus(order, self._order_corrections)
        paid, refunded = self._order_corrections["total_paid"], self._order_corrections["total_refunded"]
        corrected["payment"] = _plus(order["payment"], {"amount_paid": paid, "amount_refunded": refunded})
        corrected["items"] = items
        corrected["status_histories"] = list(self._histories(order))
        if self._nothing_canceled:
            _strip(corrected, "_canceled")
            # This one counts units, and is there from the beginning.
            for item, row in zip(order["items"], items, strict=True):
                row["qty_canceled"] = item["qty_canceled"]
        if self._dropped and not self._memos:
            _strip(corrected, "_refunded", "adjustment_negative", "adjustment_positive")
            corrected["customer_note_notify"] = 1
            for item, row in zip(order["items"], items, strict=True):
                row |= {name: item[name] for name in ("amount_refunded", "qty_refunded")}
                row["base_amount_refunded"] = item["base_amount_refunded"]
            if "total_invoiced" not in corrected:
                del corrected["base_total_invoiced_cost"]
        return corrected

    def _histories(self, order: Document) -> Iterator[Document]:
        for entry in order["status_histories"]:
            if entry["entity_id"] in self._remarks:
                yield {**entry, "comment": self._remarks[entry["entity_id"]]}
            elif entry["entity_id"] not in self._dropped:
                yield entry


def _left(item: Document) -> Any:
    return item["qty_ordered"] - item["qty_invoiced"] - item["qty_canceled"]


def _twins(**numbers: Decimal) -> dict[str, Decimal]:
    return numbers | {f"base_{name}": number for name, number in numbers.items()}


def _plus(document: Document, corrections: dict[str, Decimal]) -> Document:
    """Return the document with corrected numbers, their twins in the base currency too."""
    found = dict(document)
    for name, correction in corrections.items():
        for key in (name, f"base_{name}"):
            if correction and key in found:
                found[key] += correction
    return found


def _strip(order: Document, *endings: str) -> None:
    """Take out of the order, its rows and its payment what ends in one of ``endings``."""
    for part in (order, order["payment"], *order["items"]):
        for key in [key for key in part if key.endswith(endings)]:
            del part[key]

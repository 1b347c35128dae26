"""Mixed work: invoices, shipments, reads and refunds on the same orders, and its own look into the books."""

from collections.abc import Iterator, Sequence
from itertools import count, islice

from msgspec import Struct

from counterfoil.lab.books import Source, integer
from counterfoil.lab.faults import WrongBooks
from counterfoil.lab.figures import Rate
from counterfoil.lab.load import Report, Request
from counterfoil.lab.orders import Prepared

INVOICE, SHIP, READ, REFUND = "invoice", "ship", "read", "refund"

PATTERN = (
    *(INVOICE, SHIP, INVOICE, READ, INVOICE, SHIP, INVOICE, REFUND, INVOICE, READ),
    *(SHIP, INVOICE, SHIP, INVOICE, READ, INVOICE, SHIP, INVOICE, REFUND, INVOICE),
)
"""Half invoices, a quarter shipments, fifteen in a hundred reads, ten in a hundred refunds."""

_NO_SHIPPING = ',"arguments":{"shipping_amount":0}'


class OtherMark(Struct, frozen=True):
    """How many shipments and credit memos there were, and the highest id of each."""

    shipments: int
    last_shipment: int
    creditmemos: int
    last_creditmemo: int


def requests(orders: Sequence[Prepared], length: int) -> list[Request]:
    """Return ``length`` requests in the mixture of `PATTERN`, one unit of one line each.

    Each kind of work goes through all lines of all orders at its own pace, so refunds stay behind
    invoices if every line has been invoiced once before.
    """
    lines = {kind: _lines(orders) for kind in dict.fromkeys(PATTERN)}
    made = []
    for place in range(length):
        kind = PATTERN[place % len(PATTERN)]
        order_id, item_id = next(lines[kind])
        if kind == READ:
            made.append(Request("GET", f"/rest/V1/orders/{order_id}", kind=kind))
            continue
        rest = _NO_SHIPPING if kind == REFUND else ""
        body = f'{{"items":[{{"order_item_id":{item_id},"qty":1}}]{rest}}}'
        made.append(Request("POST", f"/rest/V1/order/{order_id}/{kind}", body, kind))
    return made


def first_invoices(orders: Sequence[Prepared]) -> list[Request]:
    """Return requests that invoice one unit of every line."""
    lines = sum(len(order.item_ids) for order in orders)
    return [
        Request(
            "POST",
            f"/rest/V1/order/{order_id}/invoice",
            f'{{"items":[{{"order_item_id":{item_id},"qty":1}}]}}',
            INVOICE,
        )
        for order_id, item_id in islice(_lines(orders), lines)
    ]


def _lines(orders: Sequence[Prepared]) -> Iterator[tuple[int, int]]:
    """Yield every line of every order again and again, neighbours from different orders."""
    width = len(orders[0].item_ids)
    for step in count():
        order = orders[step % len(orders)]
        yield order.order_id, order.item_ids[(step // len(orders)) % width]


def whole_rate(report: Report) -> Rate:
    """Return what all kinds of work came to together. Raises `WrongBooks` if one was never answered."""
    rates = [answers.rate for answers in report.kinds.values()]
    known = [rate for rate in rates if rate is not None]
    if len(known) < len(rates):
        raise WrongBooks("no answer came in time: mixed work")
    per_s = sum(rate.per_s for rate in known)
    return Rate(
        clients=known[0].clients,
        per_s=per_s,
        mean_s=sum(rate.mean_s * rate.per_s for rate in known) / per_s,
        p99_s=max(rate.p99_s for rate in known if rate.p99_s is not None),
        max_s=max(rate.max_s for rate in known if rate.max_s is not None),
    )


def mark(source: Source) -> OtherMark:
    """Return where the shipments and credit memos stand."""
    [row] = source.rows(
        "SELECT (SELECT COUNT(*) FROM shipment), (SELECT COALESCE(MAX(entity_id), 0) FROM shipment), "
        "(SELECT COUNT(*) FROM creditmemo), (SELECT COALESCE(MAX(entity_id), 0) FROM creditmemo)"
    )
    return OtherMark(*map(integer, row))


_WRONG_ROWS = """
WITH touched AS (
    SELECT DISTINCT order_id FROM {table} WHERE entity_id > {last_id}
)
SELECT item.order_id, item.item_id, item.qty_{what}, said.qty
FROM order_item AS item LEFT JOIN (
    SELECT order_id, order_item_id, SUM(qty) AS qty, {money} AS money FROM {table}_item
    WHERE order_id IN (SELECT order_id FROM touched) GROUP BY order_id, order_item_id
) AS said ON said.order_id = item.order_id AND said.order_item_id = item.item_id
WHERE item.order_id IN (SELECT order_id FROM touched)
  AND (item.qty_{what} <> COALESCE(said.qty, 0) OR {stored} <> COALESCE(said.money, 0))
ORDER BY 1, 2 LIMIT 5
"""
_WRONG_REFUNDS = """
SELECT orders.entity_id, orders.creditmemo_count, said.documents, orders.total_refunded, said.grand_total
FROM orders JOIN (
    SELECT order_id, COUNT(*) AS documents, SUM(grand_total) AS grand_total FROM creditmemo
    WHERE order_id IN (SELECT order_id FROM creditmemo WHERE entity_id > {last_id}) GROUP BY order_id
) AS said ON said.order_id = orders.entity_id
WHERE orders.creditmemo_count <> said.documents OR orders.total_refunded <> said.grand_total
ORDER BY 1 LIMIT 5
"""


def check(source: Source, before: OtherMark, *, shipped: int, refunded: int) -> None:
    """Compare shipments and credit memos since ``before`` with the answers of success.

    Raises `WrongBooks` with everything that does not agree.
    """
    now = mark(source)
    wrong = []
    for what, written, answered in (
        ("shipments", now.shipments - before.shipments, shipped),
        ("credit memos", now.creditmemos - before.creditmemos, refunded),
    ):
        if written != answered:
            wrong.append(f"{answered} {what} were answered with success, {written} are in the books")
    for statement in (
        _WRONG_ROWS.format(
            table="shipment", what="shipped", money="0", stored="0", last_id=before.last_shipment
        ),
        _WRONG_ROWS.format(
            table="creditmemo",
            what="refunded",
            money="SUM(row_total)",
            stored="item.amount_refunded",
            last_id=before.last_creditmemo,
        ),
        _WRONG_REFUNDS.format(last_id=before.last_creditmemo),
    ):
        rows = source.rows(statement)
        if rows:
            wrong.append(f"shipped or refunded totals disagree: {[tuple(map(str, row)) for row in rows]}")
    if wrong:
        raise WrongBooks("; ".join(wrong))

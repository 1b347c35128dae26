"""The promises as functions over an order and its documents (product.md, "The promises").

`broken_rows` and `broken_totals` look at what a decision has loaded and run before every write.
`broken_book` needs all rows and all documents; tests and ``doctor`` use it. Each returns sentences,
none when all is well.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from counterfoil.domain import gateway, quantity, transitions, workflow
from counterfoil.domain.documents import (
    INVOICE_CANCELED,
    INVOICE_PAID,
    CreditMemo,
    CreditMemoItem,
    Invoice,
    InvoiceItem,
    PaymentOperation,
    Shipment,
)
from counterfoil.domain.invoice_amounts import carries_shipping
from counterfoil.domain.order import Order, OrderItem

_MONEY = (
    ("row_total", "row_invoiced", "amount_refunded", "row_canceled"),
    ("tax_amount", "tax_invoiced", "tax_refunded", "tax_canceled"),
    ("discount_amount", "discount_invoiced", "discount_refunded", "discount_canceled"),
    (
        "discount_tax_compensation_amount",
        "discount_tax_compensation_invoiced",
        "discount_tax_compensation_refunded",
        "discount_tax_compensation_canceled",
    ),
)
"""For each amount of a row: what was agreed, invoiced, refunded and canceled of it."""


class Documents(Struct, frozen=True):
    """All documents of an order."""

    invoices: Sequence[Invoice] = ()
    shipments: Sequence[Shipment] = ()
    creditmemos: Sequence[CreditMemo] = ()
    payments: Sequence[PaymentOperation] = ()

    @property
    def standing(self) -> list[Invoice]:
        """The invoices that are not canceled."""
        return [invoice for invoice in self.invoices if invoice.state != INVOICE_CANCELED]


def broken_rows(items: Iterable[OrderItem]) -> Iterator[str]:
    """Check promise 1, and that the parts of a row add up to it (promise 4)."""
    for item in items:
        available = item.qty_ordered - item.qty_canceled
        if not 0 <= item.qty_refunded <= item.qty_invoiced <= available:
            yield f"item {item.item_id}: refunded ≤ invoiced ≤ ordered − canceled does not hold"
        if not 0 <= item.qty_shipped <= available:
            yield f"item {item.item_id}: shipped ≤ ordered − canceled does not hold"
        if not 0 <= item.qty_gone <= item.qty_canceled:
            yield f"item {item.item_id}: gone ≤ canceled does not hold"
        if not 0 <= item.qty_released <= item.qty_refunded:
            yield f"item {item.item_id}: released ≤ refunded does not hold"
        real = not quantity.is_dummy(item)
        for names in _MONEY:
            agreed, invoiced, refunded, canceled = (getattr(item, name) for name in names)
            if not 0 <= refunded <= invoiced <= agreed - canceled <= agreed:
                yield f"item {item.item_id}: {names[1]} is not between {names[2]} and what was agreed"
            if real and item.qty_invoiced == available and invoiced != agreed - canceled:
                yield f"item {item.item_id}: the invoices of the row do not add up to the row"
            if real and item.qty_refunded == item.qty_invoiced and refunded != invoiced:
                yield f"item {item.item_id}: all of the row is refunded, but not to the cent"


def broken_totals(order: Order) -> Iterator[str]:
    """Check promises 3 and 5 on the head of the order."""
    if order.qty_to_invoice < 0 or order.qty_to_ship < 0:
        yield "more was invoiced or shipped than was ordered"
    if not 0 <= order.total_invoiced <= order.grand_total - order.total_canceled <= order.grand_total:
        yield "the invoices exceed the order"
    if not 0 <= order.total_paid <= order.total_invoiced:
        yield "more is paid than was invoiced"
    if order.authorization_id is None and order.total_paid != order.total_invoiced:
        yield "an invoice is not paid, and no gateway can"
    if order.authorization_id is not None and gateway.left_to_capture(order) < 0:
        yield "more is captured or given up than was authorised"
    if not 0 <= order.total_refunded <= order.total_paid:
        yield "more is refunded than was paid"
    if not 0 <= order.shipping_refunded <= order.shipping_invoiced:
        yield "more shipping is refunded than was invoiced"
    if order.state != workflow.state_of(order):
        yield f"state {order.state} is not what the facts say: {workflow.state_of(order)}"
    yield from _broken_value(order)
    if workflow.STATE_OF_DEFAULT.get(order.status, order.state) != order.state:
        yield f"status {order.status} is not one of state {order.state}"


def _broken_value(order: Order) -> Iterator[str]:
    """Check that invoices add up to the value as it is, and leave room for a Change (promises 3 and 5)."""
    through = order.qty_to_invoice == 0 and (order.invoice_count or order.qty_canceled)
    if through and not carries_shipping(order):
        by_rows = order.total_invoiced - order.adjustment_invoiced
        # What was moved and not invoiced is canceled with the last units, or waits for an invoice.
        moved = order.adjustment - order.adjustment_invoiced
        if order.grand_total - order.adjustment - by_rows - order.total_canceled not in {0, -moved}:
            yield "all is invoiced or canceled, but not to the cent"
    ended = transitions.is_canceled(order)
    if not (
        0 <= order.total_gone <= order.total_canceled if ended else order.total_gone == order.total_canceled
    ):
        yield "what went before the end is not what was canceled until then"
    change = order.open_change
    lost = 0 if change is None or ended else min(change.delta, 0)
    if transitions.left_to_invoice(order) + lost < 0:
        yield "the invoices exceed the order after the Change in flight"
    status = transitions.status_of(order)
    if order.workflow_status != status:
        yield f"workflow status {order.workflow_status} is not what the facts say: {status}"


def broken_book(order: Order, documents: Documents) -> Iterator[str]:
    """Check every promise about one order against all its rows and documents (promises 1 to 5)."""
    yield from broken_rows(order.items.values())
    yield from broken_totals(order)
    yield from _broken_items(order, documents)
    yield from _broken_heads(order, documents)
    yield from _broken_money(order, documents)
    if len([one for one in documents.standing if one.shipping_amount is not None]) > 1:
        yield "shipping is on more than one invoice"
    for invoice in documents.invoices:
        memos = [memo for memo in documents.creditmemos if memo.invoice_id == invoice.entity_id]
        if invoice.total_refunded != sum(memo.grand_total for memo in memos):
            yield f"invoice {invoice.entity_id}: total_refunded is not what its credit memos say"
        for row in invoice.items:
            given = sum(
                line.qty for memo in memos for line in memo.items if line.order_item_id == row.order_item_id
            )
            if not row.qty_refunded == given <= row.qty:
                yield f"invoice {invoice.entity_id}: qty_refunded is not what its credit memos say"


def _broken_items(order: Order, documents: Documents) -> Iterator[str]:
    invoiced = _lines(documents.standing)
    refunded = _lines(documents.creditmemos)
    shipped: dict[int, int] = {}
    for shipment in documents.shipments:
        for line in shipment.items:
            shipped[line.order_item_id] = shipped.get(line.order_item_id, 0) + line.qty
    for item in order.items.values():
        for rows, suffix, row_total in (
            (invoiced.get(item.item_id, ()), "invoiced", "row_invoiced"),
            (refunded.get(item.item_id, ()), "refunded", "amount_refunded"),
        ):
            yield from _differing(
                item,
                {
                    f"qty_{suffix}": sum(row.qty for row in rows),
                    row_total: sum(row.row_total or 0 for row in rows),
                    f"tax_{suffix}": sum(row.tax_amount or 0 for row in rows),
                    f"discount_{suffix}": sum(row.discount_amount or 0 for row in rows),
                    f"discount_tax_compensation_{suffix}": sum(
                        row.discount_tax_compensation_amount or 0 for row in rows
                    ),
                },
            )
        yield from _differing(item, {"qty_shipped": shipped.get(item.item_id, 0)})


def _lines(
    documents: Sequence[Invoice] | Sequence[CreditMemo],
) -> dict[int, list[InvoiceItem | CreditMemoItem]]:
    found: dict[int, list[InvoiceItem | CreditMemoItem]] = {}
    for document in documents:
        for line in document.items:
            found.setdefault(line.order_item_id, []).append(line)
    return found


def _differing(item: OrderItem, sums: dict[str, int]) -> Iterator[str]:
    for name, value in sums.items():
        if getattr(item, name) != value:
            yield f"item {item.item_id}: {name} is {getattr(item, name)}, its documents say {value}"


def _broken_heads(order: Order, documents: Documents) -> Iterator[str]:
    invoices, memos = documents.standing, documents.creditmemos
    items = order.items.values()
    real = [item for item in items if not quantity.is_dummy(item)]
    heads = {
        "invoice_count": len(invoices),
        "total_invoiced": sum(one.grand_total for one in invoices),
        "total_paid": sum(one.grand_total for one in invoices if one.state == INVOICE_PAID),
        "subtotal_invoiced": sum(one.subtotal for one in invoices),
        "tax_invoiced": sum(one.tax_amount for one in invoices),
        "discount_invoiced": sum(one.discount_amount for one in invoices),
        "shipping_invoiced": sum(one.shipping_amount or 0 for one in invoices),
        "adjustment_invoiced": sum(one.adjustment for one in invoices),
        "shipment_count": len(documents.shipments),
        "qty_shipped": sum(one.total_qty for one in documents.shipments),
        "creditmemo_count": len(memos),
        "total_refunded": sum(one.grand_total for one in memos),
        "total_online_refunded": sum(one.grand_total for one in memos if one.transaction_id is not None),
        "subtotal_refunded": sum(one.subtotal for one in memos),
        "tax_refunded": sum(one.tax_amount for one in memos),
        "discount_refunded": sum(one.discount_amount for one in memos),
        "shipping_refunded": sum(one.shipping_amount for one in memos),
        "adjustment_positive": sum(one.adjustment_positive or 0 for one in memos),
        "adjustment_negative": sum(one.adjustment_negative or 0 for one in memos),
        "subtotal_canceled": sum(item.row_canceled for item in items),
        "qty_canceled": sum(item.qty_canceled for item in real),
        "qty_ordered": sum(item.qty_ordered for item in items if not quantity.is_ship_dummy(item)),
        "qty_refunded": sum(item.qty_refunded for item in items if not quantity.is_ship_dummy(item)),
        "qty_to_invoice": sum(map(quantity.to_invoice, items)),
        "qty_to_ship": sum(map(quantity.to_ship, items)),
    }
    for name, value in heads.items():
        if getattr(order, name) != value:
            yield f"{name} is {getattr(order, name)}, the documents and rows say {value}"


def _broken_money(order: Order, documents: Documents) -> Iterator[str]:
    """Check that money and documents agree: each paid or given back by a gateway has its own operation."""
    waiting = [one.seq for one in documents.payments if one.state in gateway.OPEN]
    if waiting != ([] if order.open_payment is None else [order.open_payment]):
        yield f"the open payment is {order.open_payment}, the operations say {waiting}"
    done = [one for one in documents.payments if one.state == gateway.CONFIRMED]
    moved = {
        kind: sorted((one.txn_id, one.amount) for one in done if one.kind == kind)
        for kind in (gateway.AUTHORIZATION, gateway.CAPTURE, gateway.REFUND, gateway.VOID)
    }
    paid = sorted((one.transaction_id, one.grand_total) for one in documents.invoices if one.transaction_id)
    if moved[gateway.CAPTURE] != paid:
        yield f"captured is {moved[gateway.CAPTURE]}, the invoices say {paid}"
    if order.authorization_id is not None and sum(amount for _, amount in paid) != order.total_paid:
        yield "an invoice is paid, but not by the gateway"
    back = sorted(
        (one.transaction_id, one.grand_total) for one in documents.creditmemos if one.transaction_id
    )
    if moved[gateway.REFUND] != back:
        yield f"given back is {moved[gateway.REFUND]}, the credit memos say {back}"
    held = [] if order.authorization_id is None else [(order.authorization_id, order.amount_authorized)]
    if moved[gateway.AUTHORIZATION] != held:
        yield f"authorised is {moved[gateway.AUTHORIZATION]}, the order says {held}"
    if sum(amount for _, amount in moved[gateway.VOID]) != order.amount_canceled:
        yield f"given up is {moved[gateway.VOID]}, the order says {order.amount_canceled}"

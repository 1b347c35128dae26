"""Cancel what of an order was neither invoiced nor shipped.

Rules: contract adobe §6.3. Per row the smaller of what is left to invoice and to ship is canceled.
Adobe then writes off the order's whole rest, even where shipped units still have to be invoiced, and
invoices it again later; here only the canceled units' share of each row is written off, so that
invoices and cancellations add up to the order.
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import cancellation_requests, gateway, quantity, transitions, workflow
from counterfoil.domain.attachments import CancellationRequest
from counterfoil.domain.decision import Context
from counterfoil.domain.documents import PaymentOperation
from counterfoil.domain.invoice_amounts import carries_shipping
from counterfoil.domain.money import divide_minor
from counterfoil.domain.order import Order, OrderItem


class CancelOrder(Struct, frozen=True):
    """Command: cancel the order, or its rest."""


class CanceledRow(Struct, frozen=True):
    """What is canceled of a row. Dummy rows carry a quantity and no value."""

    qty: int
    row_total: int = 0
    tax_amount: int = 0
    discount_amount: int = 0
    discount_tax_compensation_amount: int = 0


class OrderCanceled(Struct, frozen=True, tag=True):
    """Event: rows by id. With ``shipping`` the order's shipping is canceled too.

    ``void`` gives up what is left of an authorisation that nothing will be captured from any more.
    ``request`` is the request for cancellation that was granted as soon as it was made. ``adjustment`` is
    what no row carries of the value and no invoice has, which goes when nothing is left to invoice.
    """

    rows: dict[int, CanceledRow]
    shipping: bool
    at: str
    void: PaymentOperation | None = None
    request: CancellationRequest | None = None
    adjustment: int = 0


class NotCancelable(Struct, frozen=True):
    """Refusal: the order has ended, is on hold, or has nothing left that could be canceled."""


def decide(order: Order, context: Context) -> OrderCanceled | NotCancelable:
    """Return what is canceled, or that nothing can be."""
    if order.state in workflow.NOT_CANCELABLE or order.qty_to_invoice == 0:
        return NotCancelable()
    if transitions.fully_invoiced(order):
        return NotCancelable()
    rows: dict[int, CanceledRow] = {}
    for item in order.items.values():
        if quantity.is_dummy(item):
            continue
        qty = min(quantity.to_invoice(item), unsent(item, order.items))
        if qty:
            rows[item.item_id] = canceled_part(item, qty)
    if not rows:
        return NotCancelable()
    real = sum(row.qty for row in rows.values())
    rows |= companions(order.items, rows)
    # Shipping goes only if no invoice carries it, and none will.
    shipping = carries_shipping(order) and real == order.qty_to_invoice
    void = None
    if order.authorization_id and real == order.qty_to_invoice and order.total_invoiced == order.total_paid:
        void = gateway.void(order, {"type": "VoidPayment"}, context)
    canceled = OrderCanceled(rows, shipping, context.now, void)
    left = transitions.left_to_invoice(without(order, canceled))
    if real == order.qty_to_invoice:
        return replace(canceled, adjustment=left) if left else canceled
    # Invoices may have taken more of the value than the rows that would stay are worth.
    return canceled if left >= 0 else NotCancelable()


def evolve(order: Order, event: OrderCanceled) -> Order:
    """Write the canceled units and their worth off."""
    evolved = without(order, event)
    evolved = replace(evolved, version=order.version + 1, updated_at=event.at)
    if event.request is not None:
        granted = replace(event.request, confirmed_at=event.at)
        evolved = cancellation_requests.added(evolved, granted)
    elif order.cancellation_requests:
        evolved = cancellation_requests.confirmed(evolved, event.at)
    if event.void is not None:
        evolved = gateway.begun(evolved, event.void)
    if not transitions.is_canceled(evolved):
        evolved = gone(evolved, event.rows)
    state, status = workflow.settled(evolved, keep_status=True)
    return replace(evolved, state=state, status=status)


def without(order: Order, event: OrderCanceled) -> Order:
    """Return the order without what ``event`` cancels; its state is still the one before."""
    evolved = written_off(order, event.rows, shipping=event.shipping)
    if not event.adjustment:
        return evolved
    return replace(evolved, total_canceled=evolved.total_canceled + event.adjustment)


def written_off(order: Order, rows: Mapping[int, CanceledRow], *, shipping: bool = False) -> Order:
    """Return the order without the units of ``rows`` and their worth; its state is still the one before."""
    items = dict(order.items)
    to_invoice = to_ship = 0
    for item_id, row in rows.items():
        item = items[item_id]
        canceled = replace(
            item,
            qty_canceled=item.qty_canceled + row.qty,
            row_canceled=item.row_canceled + row.row_total,
            tax_canceled=item.tax_canceled + row.tax_amount,
            discount_canceled=item.discount_canceled + row.discount_amount,
            discount_tax_compensation_canceled=item.discount_tax_compensation_canceled
            + row.discount_tax_compensation_amount,
        )
        to_invoice += quantity.to_invoice(item) - quantity.to_invoice(canceled)
        to_ship += quantity.to_ship(item) - quantity.to_ship(canceled)
        items[item_id] = canceled
    subtotal = sum(row.row_total for row in rows.values())
    tax = sum(row.tax_amount for row in rows.values())
    discount = sum(row.discount_amount for row in rows.values())
    compensation = sum(row.discount_tax_compensation_amount for row in rows.values())
    carried = 0
    if shipping:
        carried = order.shipping_amount
        tax += order.shipping_tax_amount
        discount += order.shipping_discount_amount
        compensation += order.shipping_discount_tax_compensation_amount
    return replace(
        order,
        items=items,
        qty_to_invoice=order.qty_to_invoice - to_invoice,
        qty_to_ship=order.qty_to_ship - to_ship,
        qty_canceled=order.qty_canceled + to_invoice,
        subtotal_canceled=order.subtotal_canceled + subtotal,
        tax_canceled=order.tax_canceled + tax,
        discount_canceled=order.discount_canceled + discount,
        discount_tax_compensation_canceled=order.discount_tax_compensation_canceled + compensation,
        shipping_canceled=order.shipping_canceled + carried,
        total_canceled=order.total_canceled + subtotal + carried + tax + compensation - discount,
    )


def gone(order: Order, rows: Mapping[int, CanceledRow]) -> Order:
    """Return the order, something of which stands, without the units of ``rows`` that are written off."""
    units = sum(row.qty for item_id, row in rows.items() if not quantity.is_ship_dummy(order.items[item_id]))
    less = {
        item_id: replace(order.items[item_id], qty_gone=order.items[item_id].qty_gone + row.qty)
        for item_id, row in rows.items()
    }
    return replace(
        order,
        items={**order.items, **less},
        qty_gone=order.qty_gone + units,
        total_gone=order.total_canceled,
    )


def unsent(item: OrderItem, items: Mapping[int, OrderItem]) -> int:
    """Return how much of a real row has not left the house, where other rows may say what has."""
    if not quantity.is_ship_dummy(item):
        return quantity.unsent(item)
    if item.parent_item_id is not None:
        parent = items[item.parent_item_id]
        with_parent = quantity.unsent(parent) * item.qty_ordered // parent.qty_ordered
        return min(quantity.unsent(item), with_parent)
    parts = [part for part in items.values() if part.parent_item_id == item.item_id]
    wholly = [quantity.unsent(part) * item.qty_ordered // part.qty_ordered for part in parts]
    return min([quantity.unsent(item), *(quantity.whole(item, qty) for qty in wholly)])


def canceled_part(item: OrderItem, qty: int) -> CanceledRow:
    """Return the canceled share of a row: of everything that is left, all of it."""
    left = item.qty_ordered - item.qty_invoiced - item.qty_canceled

    def share(amount: int, invoiced: int, canceled: int) -> int:
        rest = amount - invoiced - canceled
        return rest if qty == left else divide_minor(rest * qty, left)

    return CanceledRow(
        qty,
        share(item.row_total, item.row_invoiced, item.row_canceled),
        share(item.tax_amount, item.tax_invoiced, item.tax_canceled),
        share(item.discount_amount, item.discount_invoiced, item.discount_canceled),
        share(
            item.discount_tax_compensation_amount,
            item.discount_tax_compensation_invoiced,
            item.discount_tax_compensation_canceled,
        ),
    )


def companions(items: Mapping[int, OrderItem], rows: Mapping[int, CanceledRow]) -> dict[int, CanceledRow]:
    """Return the dummy rows that are shipped in place of canceled ones, which thus need not be any more."""
    canceled = {item_id: row.qty for item_id, row in rows.items()}
    mirrored = quantity.mirrored(items, canceled, "qty_canceled")
    return {
        item_id: CanceledRow(min(qty, quantity.unsent(items[item_id])))
        for item_id, qty in mirrored.items()
        if not quantity.is_ship_dummy(items[item_id]) and quantity.unsent(items[item_id])
    }

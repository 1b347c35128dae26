"""Issue an invoice for some or all of what an order still has to be invoiced.

Rules: contract adobe §5.2–§5.4. Quantities beyond what is left are refused; rows that are not of
this order, that have nothing left, or that only mirror another row are left out, and an invoice that
would then be empty is refused. What is asked of a bundle that is priced by its parts is asked of them.
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import comment, gateway, quantity, strict, transitions, workflow
from counterfoil.domain.attachments import Package
from counterfoil.domain.cancellation_requests import answered_by_invoice
from counterfoil.domain.comment import CommentDraft
from counterfoil.domain.decision import Context
from counterfoil.domain.documents import INVOICE_OPEN, INVOICE_PAID, Confirmation, Invoice, InvoiceItem
from counterfoil.domain.invoice_amounts import InvoiceAmounts, Line, RowAmounts, amounts
from counterfoil.domain.lines import line
from counterfoil.domain.numbering import number_series, printed
from counterfoil.domain.order import Order, OrderItem
from counterfoil.domain.strict import StrictlyRefused


class IssueInvoice(Struct, frozen=True, tag=True):
    """Command. ``items`` maps order item ids to scaled quantities; empty means everything left.

    With ``strict`` all of them are invoiced or none. ``capture`` asks a payment gateway for the money;
    without a gateway it means nothing. ``grand_total`` is what the caller takes the invoice to come to
    (scaled money), None if it has not worked that out.
    """

    items: dict[int, int] = {}
    comment: CommentDraft | None = None
    notify: bool = False
    strict: bool = False
    capture: bool = False
    grand_total: int | None = None


class InvoiceIssued(Struct, frozen=True, tag=True, omit_defaults=True):
    """Event: the invoice exists, and with it the order's and its items' invoiced totals.

    ``payment`` is the capture that paid it, if a gateway did. ``package`` is how the client has described an
    invoice whose value it has told.
    """

    invoice: Invoice
    notify: bool = False
    payment: Confirmation | None = None
    package: Package | None = None


class InvoiceQuantityTooLarge(Struct, frozen=True):
    """Refusal: more was asked of an item than is left to invoice."""

    item_name: str


class InvoiceRefused(Struct, frozen=True):
    """Refusal: the invoice would be empty, or the order takes none. ``status`` names a blocking status."""

    without_products: bool
    order_complete: bool = False
    status: str | None = None


class InvoiceTotalDiffers(Struct, frozen=True):
    """Refusal: the invoice would come to another amount (scaled money) than the caller takes it to."""

    grand_total: int
    currency: str


Refusal = InvoiceQuantityTooLarge | InvoiceRefused | InvoiceTotalDiffers | StrictlyRefused


def series(store_id: int) -> tuple[str, ...]:
    """Name the series that an invoice of that store takes numbers and ids from."""
    return (number_series("invoice", store_id), "invoice_id", "invoice_item_id", "comment_id")


def decide(order: Order, command: IssueInvoice, context: Context) -> InvoiceIssued | Refusal:
    """Return the invoice to be issued, or why there is none."""
    lines: list[Line] = []
    asked = _passed_on(order.items, command.items)
    if command.strict and (rows := strict.problems(order.items, asked, _left)):
        return StrictlyRefused("invoice", rows)
    for item in order.items.values():
        if quantity.is_dummy(item):
            continue
        left = quantity.to_invoice(item)
        if left == 0:
            continue
        qty = quantity.whole(item, asked.get(item.item_id, 0)) if command.items else left
        if qty > left:
            return InvoiceQuantityTooLarge(item.name)
        if qty:
            lines.append((item, qty))
    blocked = order.status if order.state in workflow.NOT_INVOICEABLE else None
    through = order.qty_to_invoice == 0 or transitions.fully_invoiced(order)
    if not lines or blocked is not None or through:
        return InvoiceRefused(not lines or through, blocked is None and through, blocked)
    totals, row_amounts = amounts(order, lines)
    adjustment = _adjustment(order, lines, totals)
    total = totals.grand_total + adjustment
    if command.grand_total not in {None, total}:
        return InvoiceTotalDiffers(total, order.currency)
    issued = made(order, lines, totals, row_amounts, context, adjustment=adjustment)
    remarks = comment.written(command.comment, context)
    return InvoiceIssued(replace(issued, comments=remarks) if remarks else issued, command.notify)


def evolve(order: Order, event: InvoiceIssued) -> Order:
    """Add the invoice to the running totals of the order and of the rows it names."""
    evolved = added(order, event.invoice)
    if event.payment is not None:
        evolved = gateway.confirmed(
            evolved, event.payment, at=event.invoice.created_at, invoice_id=event.invoice.entity_id
        )
    if event.package is not None:
        packages = {**evolved.packages, event.package.number: event.package}
        evolved = replace(evolved, declared_count=order.declared_count + 1, packages=packages)
    if order.cancellation_requests:
        evolved = answered_by_invoice(evolved, event.invoice.created_at)
    state, status = workflow.settled(evolved)
    return replace(evolved, state=state, status=status)


def added(order: Order, invoice: Invoice, *, count: int = 1) -> Order:
    """Return the order with the invoice added to its totals; its state is still the one before.

    With all amounts negative and a ``count`` of -1 an invoice is taken off again.
    """
    items = dict(order.items)
    invoiced = 0
    for row in invoice.items:
        item = items[row.order_item_id]
        items[row.order_item_id] = replace(
            item,
            qty_invoiced=item.qty_invoiced + row.qty,
            row_invoiced=item.row_invoiced + (row.row_total or 0),
            tax_invoiced=item.tax_invoiced + (row.tax_amount or 0),
            discount_invoiced=item.discount_invoiced + (row.discount_amount or 0),
            discount_tax_compensation_invoiced=item.discount_tax_compensation_invoiced
            + (row.discount_tax_compensation_amount or 0),
        )
        invoiced += 0 if quantity.is_dummy(item) else row.qty
    return replace(
        order,
        items=items,
        version=order.version + 1,
        updated_at=invoice.created_at,
        qty_to_invoice=order.qty_to_invoice - invoiced,
        invoice_count=order.invoice_count + count,
        subtotal_invoiced=order.subtotal_invoiced + invoice.subtotal,
        tax_invoiced=order.tax_invoiced + invoice.tax_amount,
        discount_invoiced=order.discount_invoiced + invoice.discount_amount,
        discount_tax_compensation_invoiced=order.discount_tax_compensation_invoiced
        + invoice.discount_tax_compensation_amount,
        shipping_invoiced=order.shipping_invoiced + (invoice.shipping_amount or 0),
        shipping_tax_invoiced=order.shipping_tax_invoiced + (invoice.shipping_tax_amount or 0),
        total_invoiced=order.total_invoiced + invoice.grand_total,
        total_paid=order.total_paid + (invoice.grand_total if invoice.state == INVOICE_PAID else 0),
        adjustment_invoiced=order.adjustment_invoiced + invoice.adjustment,
        invoices={**order.invoices, invoice.entity_id: invoice},
    )


def _left(item: OrderItem) -> int:
    """Return how much of a row can be asked for. A bundle priced by its parts hands all on to them."""
    if item.children_calculated and item.parent_item_id is None:
        return item.qty_ordered
    return quantity.to_invoice(item)


def _passed_on(items: Mapping[int, OrderItem], asked: Mapping[int, int]) -> dict[int, int]:
    """Return ``asked`` with what is asked of bundles that are priced by their parts handed on to the parts.

    A part that is not named itself gets as many units as that many bundles contain.
    """
    wanted = dict(asked)
    for item in items.values():
        parent = items.get(item.parent_item_id) if item.parent_item_id else None
        if parent is None or not item.children_calculated or item.item_id in asked:
            continue
        if parent.item_id in asked:
            wanted[item.item_id] = item.qty_ordered * asked[parent.item_id] // parent.qty_ordered
    return wanted


def _adjustment(order: Order, lines: list[Line], totals: InvoiceAmounts) -> int:
    """Return what to add to the rows' worth, so that invoices add up to an order whose value was moved.

    Zero unless a Change or an earlier invoice of another value than its rows' has moved something.
    """
    if not order.declared_count and order.adjustment == order.adjustment_invoiced:
        return 0
    # Not what was moved and is not invoiced: with units that were canceled some of that may be gone as well.
    beyond = transitions.left_to_invoice(order) - totals.grand_total
    return beyond if sum(qty for _, qty in lines) == order.qty_to_invoice else min(beyond, 0)


def made(
    order: Order,
    lines: list[Line],
    totals: InvoiceAmounts,
    row_amounts: list[RowAmounts],
    context: Context,
    *,
    adjustment: int = 0,
) -> Invoice:
    """Return an invoice over ``lines`` with these amounts, with its number and ids."""
    worth = dict(zip((item.item_id for item, _ in lines), row_amounts, strict=True))
    moved = {item.item_id: qty for item, qty in lines}
    moved |= quantity.mirrored(order.items, moved, "qty_invoiced")
    named = [item for item in order.items.values() if item.item_id in moved]
    take = context.numbers.take
    first_row = take("invoice_item_id", len(named)) if named else 0
    grand_total = totals.grand_total + adjustment
    rows = tuple(
        line(InvoiceItem, first_row + index, item, moved[item.item_id], worth.get(item.item_id))
        for index, item in enumerate(named)
    )
    return Invoice(
        entity_id=take("invoice_id"),
        order_id=order.entity_id,
        store_id=order.store_id,
        increment_id=printed(take(number_series("invoice", order.store_id)), order.store_id),
        # Without a gateway an invoice is paid when it is issued (contract adobe §5.2).
        state=INVOICE_OPEN if order.authorization_id and grand_total else INVOICE_PAID,
        currency=order.currency,
        created_at=context.now,
        updated_at=context.now,
        billing_address_id=order.billing_address_id,
        shipping_address_id=order.shipping_address_id,
        total_qty=sum(row.qty for row in rows),
        grand_total=grand_total,
        subtotal=totals.subtotal,
        subtotal_incl_tax=totals.subtotal_incl_tax,
        tax_amount=totals.tax_amount,
        discount_amount=totals.discount_amount,
        discount_description=order.discount_description,
        discount_tax_compensation_amount=totals.discount_tax_compensation_amount,
        shipping_amount=totals.shipping_amount,
        shipping_incl_tax=totals.shipping_incl_tax,
        shipping_tax_amount=totals.shipping_tax_amount,
        shipping_discount_tax_compensation_amount=totals.shipping_discount_tax_compensation_amount,
        adjustment=adjustment,
        items=rows,
    )

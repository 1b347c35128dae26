"""Give money back for some or all of what an order has paid: a credit memo.

Rules: contract adobe §6.2. Asking for more of a row than can be given back is refused while the memo
is built; everything else that is wrong is told at once. A memo never gives back more than was paid,
nor one for an invoice more than that invoice.
"""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import comment, gateway, quantity, stock, workflow
from counterfoil.domain.attachments import Package
from counterfoil.domain.comment import CommentDraft
from counterfoil.domain.credit_amounts import Line, ShippingPart, row_amounts, shipping_part
from counterfoil.domain.decision import Context
from counterfoil.domain.documents import (
    CREDITMEMO_REFUNDED,
    INVOICE_PAID,
    Confirmation,
    CreditMemo,
    CreditMemoItem,
    Invoice,
    StatusComment,
)
from counterfoil.domain.invoice_amounts import RowAmounts
from counterfoil.domain.lines import line
from counterfoil.domain.money import priced
from counterfoil.domain.numbering import number_series, printed
from counterfoil.domain.order import Order, OrderItem


class CreditOrder(Struct, frozen=True, tag=True):
    """Command. ``items`` maps order item ids to scaled quantities; None means all that was invoiced.

    Amounts are scaled money. ``shipping_amount`` None means all of it that is left. ``return_to_stock``
    names order rows whose units came back. With ``invoice_id`` the memo is for that invoice alone.
    ``online`` asks the payment gateway to move the money; ``transaction_id`` is its name of the refund then.
    ``grand_total`` is what the caller takes the memo to come to, None if it has not worked that out.
    """

    items: dict[int, int] | None = None
    shipping_amount: int | None = None
    adjustment_positive: int | None = None
    adjustment_negative: int | None = None
    comment: CommentDraft | None = None
    notify: bool = False
    return_to_stock: frozenset[int] = frozenset()
    invoice_id: int | None = None
    transaction_id: str | None = None
    grand_total: int | None = None
    online: bool = False


class CreditMemoMade(Struct, frozen=True, tag=True):
    """Event: the money was given back. ``entry`` goes into the order's status history.

    ``payment`` is the refund that gave it back, if a gateway did. ``package`` is how the client has described
    a return whose value it has told.
    """

    creditmemo: CreditMemo
    entry: StatusComment
    notify: bool = False
    return_to_stock: tuple[int, ...] = ()
    payment: Confirmation | None = None
    package: Package | None = None


class CreditQuantityInvalid(Struct, frozen=True):
    """Refusal: more was asked of an item than can be given back, less than 0, or a part of a whole unit."""

    item_name: str


class ShippingTooLarge(Struct, frozen=True):
    """Refusal: more shipping was asked than is left. ``left`` is scaled money."""

    left: int
    currency: str


class NoShippingToCredit(Struct, frozen=True):
    """Refusal: shipping was asked of an order that has none."""


class AmountBelowZero(Struct, frozen=True):
    """Refusal: an amount of the command that has to be 0 or more. ``name`` is its field."""

    name: str


class TotalDiffers(Struct, frozen=True):
    """Refusal: the memo would come to another amount (scaled money) than the caller takes it to."""

    grand_total: int
    currency: str


class InvoiceNotCreditable(Struct, frozen=True):
    """Refusal: the invoice is not paid, is given back already, or its payment method cannot."""


class CreditRefused(Struct, frozen=True):
    """Refusal, with every reason.

    ``status`` names a blocking status; ``most`` is the most money that could be given back, if more was
    asked; ``rows`` has, in the order of the request, for each row that cannot be given back whether it
    is *exhausted*, *foreign* (not of this order) or *mirrored* (a dummy).
    """

    status: str | None = None
    nothing_paid: bool = False
    most: int | None = None
    negative: bool = False
    rows: tuple[str, ...] = ()


Refusal = (
    CreditQuantityInvalid
    | ShippingTooLarge
    | NoShippingToCredit
    | AmountBelowZero
    | TotalDiffers
    | InvoiceNotCreditable
    | CreditRefused
)


def series(store_id: int) -> tuple[str, ...]:
    """Name the series that a credit memo of that store takes numbers and ids from."""
    return (
        *(number_series("creditmemo", store_id), "creditmemo_id", "creditmemo_item_id"),
        *("comment_id", "status_comment_id"),
    )


def decide(order: Order, command: CreditOrder, context: Context) -> CreditMemoMade | Refusal:
    """Return the credit memo to be made, or why there is none."""
    invoice = order.invoices.get(command.invoice_id) if command.invoice_id is not None else None
    if command.invoice_id is not None and (invoice is None or not _is_creditable(order, invoice)):
        return InvoiceNotCreditable()
    for name in ("shipping_amount", "adjustment_positive", "adjustment_negative"):
        if (getattr(command, name) or 0) < 0:
            return AmountBelowZero(name)
    lines = _lines(order, invoice, command)
    if isinstance(lines, CreditQuantityInvalid):
        return lines
    shipping = _shipping(order, invoice, command)
    if not isinstance(shipping, int):
        return shipping
    memo = _memo(order, lines, shipping_part(order, shipping), command, context)
    refused = _refused(order, invoice, command, memo)
    if refused is None and command.grand_total not in {None, memo.grand_total}:
        return TotalDiffers(memo.grand_total, order.currency)
    return _made(order, memo, command, context) if refused is None else refused


def evolve(order: Order, event: CreditMemoMade) -> Order:
    """Add the memo to what was given back on the order, its rows and its invoice."""
    memo = event.creditmemo
    items = dict(order.items)
    refunded = to_ship = 0
    for row in memo.items:
        item = items[row.order_item_id]
        credited = replace(
            item,
            qty_refunded=item.qty_refunded + row.qty,
            amount_refunded=item.amount_refunded + (row.row_total or 0),
            tax_refunded=item.tax_refunded + (row.tax_amount or 0),
            discount_refunded=item.discount_refunded + (row.discount_amount or 0),
            discount_tax_compensation_refunded=item.discount_tax_compensation_refunded
            + (row.discount_tax_compensation_amount or 0),
        )
        refunded += 0 if quantity.is_ship_dummy(item) else row.qty
        to_ship += quantity.to_ship(item) - quantity.to_ship(credited)
        items[row.order_item_id] = credited
    for item_id, qty in stock.released(order.items, items).items():
        items[item_id] = replace(items[item_id], qty_released=qty)
    invoices = order.invoices
    if memo.invoice_id in invoices:
        invoices = {**invoices, memo.invoice_id: _credited(invoices[memo.invoice_id], memo)}
    online = memo.grand_total if memo.transaction_id is not None else 0
    evolved = replace(
        order,
        items=items,
        invoices=invoices,
        creditmemos={**order.creditmemos, memo.entity_id: memo},
        version=order.version + 1,
        updated_at=memo.created_at,
        customer_note_notify=event.notify,
        qty_to_ship=order.qty_to_ship - to_ship,
        qty_refunded=order.qty_refunded + refunded,
        creditmemo_count=order.creditmemo_count + 1,
        subtotal_refunded=order.subtotal_refunded + memo.subtotal,
        tax_refunded=order.tax_refunded + memo.tax_amount,
        discount_refunded=order.discount_refunded + memo.discount_amount,
        discount_tax_compensation_refunded=order.discount_tax_compensation_refunded
        + memo.discount_tax_compensation_amount,
        shipping_refunded=order.shipping_refunded + memo.shipping_amount,
        shipping_tax_refunded=order.shipping_tax_refunded + memo.shipping_tax_amount,
        adjustment_positive=order.adjustment_positive + (memo.adjustment_positive or 0),
        adjustment_negative=order.adjustment_negative + (memo.adjustment_negative or 0),
        total_refunded=order.total_refunded + memo.grand_total,
        total_online_refunded=order.total_online_refunded + online,
    )
    if event.payment is not None:
        evolved = gateway.confirmed(
            evolved, event.payment, at=memo.created_at, invoice_id=memo.invoice_id, memo_id=memo.entity_id
        )
    if event.package is not None:
        evolved = replace(evolved, packages={**evolved.packages, event.package.number: event.package})
    state, status = workflow.settled(evolved, keep_status=True)
    settled = replace(evolved, state=state, status=status)
    entry = replace(event.entry, status=workflow.status_of_entry(settled))
    return replace(settled, comments=(*order.comments, entry))


def _is_creditable(order: Order, invoice: Invoice) -> bool:
    assert order.particulars is not None, "a memo for an invoice is decided with the particulars at hand"
    paid_online = order.particulars.payment.gateway and invoice.state == INVOICE_PAID
    return paid_online and invoice.total_refunded < invoice.grand_total


def _lines(order: Order, invoice: Invoice | None, command: CreditOrder) -> list[Line] | CreditQuantityInvalid:
    lines: list[Line] = []
    for item in order.items.values():
        left = _left(item, invoice)
        asked = left if command.items is None else command.items.get(item.item_id, 0)
        if left == 0 or asked == 0:
            continue
        # Cut to nothing, the row would leave a memo over the shipping alone.
        if asked > left or asked != quantity.whole(item, asked):
            return CreditQuantityInvalid(item.name)
        lines.append((item, asked))
    return lines


def _shipping(
    order: Order, invoice: Invoice | None, command: CreditOrder
) -> int | NoShippingToCredit | ShippingTooLarge:
    """Return how much shipping is given back. An invoice without shipping gives none back."""
    # Of a voided invoice no shipping is left to give back. Without any invoice there is no money at all.
    carried = order.shipping_invoiced if order.invoice_count else order.shipping_amount
    most = carried - order.shipping_refunded
    if invoice is not None and not invoice.shipping_amount:
        most = 0
    shipping = most if command.shipping_amount is None else command.shipping_amount
    if shipping <= most:
        return shipping
    return ShippingTooLarge(most, order.currency) if order.shipping_amount else NoShippingToCredit()


def _left(item: OrderItem, invoice: Invoice | None) -> int:
    """Return how much of a row can be given back, on this invoice if there is one."""
    left = quantity.to_refund(item)
    if invoice is None or left == 0:
        return left
    return min(
        left, sum(row.qty - row.qty_refunded for row in invoice.items if row.order_item_id == item.item_id)
    )


def _refused(
    order: Order, invoice: Invoice | None, command: CreditOrder, memo: CreditMemo
) -> CreditRefused | None:
    blocked = order.state in workflow.NOT_REFUNDABLE
    most = order.total_paid - order.total_refunded
    if invoice is not None:
        most = min(most, invoice.grand_total - invoice.total_refunded)
    rows = []
    for item_id, qty in (command.items or {}).items():
        item = order.items.get(item_id)
        if item is None:
            rows.append("foreign")
        elif quantity.is_dummy(item):
            rows.append("mirrored")
        elif quantity.whole(item, qty) > _left(item, invoice):
            rows.append("exhausted")
    refused = CreditRefused(
        status=order.status if blocked else None,
        nothing_paid=not blocked and 0 < order.total_paid == order.total_refunded,
        # Adjustments that cancel each other out may not be of any size, either.
        most=most if max(memo.grand_total, command.adjustment_positive or 0) > most else None,
        rows=tuple(rows),
    )
    if refused != CreditRefused():
        return refused
    # Without any of these the memo is about something that can be given back; it must not take.
    empty = not memo.items and memo.grand_total == 0
    return CreditRefused(negative=True) if memo.grand_total < 0 or empty else None


def _made(order: Order, memo: CreditMemo, command: CreditOrder, context: Context) -> CreditMemoMade:
    take = context.numbers.take
    first_row = take("creditmemo_item_id", len(memo.items))
    issued = replace(
        memo,
        entity_id=take("creditmemo_id"),
        increment_id=printed(take(number_series("creditmemo", order.store_id)), order.store_id),
        items=tuple(replace(row, entity_id=first_row + index) for index, row in enumerate(memo.items)),
        comments=comment.written(command.comment, context),
    )
    online = "online" if memo.transaction_id is not None else "offline"
    entry = StatusComment(
        entity_id=take("status_comment_id"),
        comment=f"We refunded {priced(memo.grand_total, order.currency)} {online}.",
        is_customer_notified=False,
        is_visible_on_front=False,
        created_at=context.now,
        status=order.status,
        entity_name="creditmemo",
    )
    return CreditMemoMade(issued, entry, command.notify, tuple(sorted(command.return_to_stock)))


def _memo(
    order: Order, lines: list[Line], shipping: ShippingPart, command: CreditOrder, context: Context
) -> CreditMemo:
    """Return the memo without number and ids, to be looked at before it is made."""
    amounts = row_amounts(lines, order.invoices.get(command.invoice_id or 0))
    subtotal = sum(row.row_total for row in amounts)
    tax = sum(row.tax_amount for row in amounts) + shipping.tax
    discount = sum(row.discount_amount or 0 for row in amounts) + shipping.discount
    compensation = sum(row.discount_tax_compensation_amount for row in amounts) + shipping.compensation
    adjustment = (command.adjustment_positive or 0) - (command.adjustment_negative or 0)
    return CreditMemo(
        entity_id=0,
        order_id=order.entity_id,
        store_id=order.store_id,
        increment_id="",
        state=CREDITMEMO_REFUNDED,
        currency=order.currency,
        created_at=context.now,
        updated_at=context.now,
        billing_address_id=order.billing_address_id,
        shipping_address_id=order.shipping_address_id,
        invoice_id=command.invoice_id,
        grand_total=subtotal + shipping.amount + tax + compensation - discount + adjustment,
        subtotal=subtotal,
        subtotal_incl_tax=sum(row.row_total_incl_tax for row in amounts),
        tax_amount=tax,
        discount_amount=-discount,
        discount_description=order.discount_description,
        discount_tax_compensation_amount=compensation,
        shipping_amount=shipping.amount,
        shipping_incl_tax=shipping.incl_tax,
        shipping_tax_amount=shipping.tax,
        shipping_discount_tax_compensation_amount=shipping.compensation,
        adjustment_positive=command.adjustment_positive,
        adjustment_negative=command.adjustment_negative,
        transaction_id=command.transaction_id,
        items=_rows(order, lines, amounts),
    )


def _rows(order: Order, lines: list[Line], amounts: list[RowAmounts]) -> tuple[CreditMemoItem, ...]:
    worth = {item.item_id: (qty, row) for (item, qty), row in zip(lines, amounts, strict=True)}
    asked = {item_id: qty for item_id, (qty, _) in worth.items()}
    mirrored = quantity.mirrored(order.items, asked, "qty_refunded")
    return tuple(
        line(CreditMemoItem, 0, item, mirrored[item.item_id], None)
        if item.item_id in mirrored
        else line(CreditMemoItem, 0, item, *worth[item.item_id])
        for item in order.items.values()
        if item.item_id in mirrored or item.item_id in worth
    )


def _credited(invoice: Invoice, memo: CreditMemo) -> Invoice:
    given = {row.order_item_id: row.qty for row in memo.items}
    return replace(
        invoice,
        total_refunded=invoice.total_refunded + memo.grand_total,
        updated_at=memo.created_at,
        items=tuple(
            replace(row, qty_refunded=row.qty_refunded + given.get(row.order_item_id, 0))
            for row in invoice.items
        ),
    )

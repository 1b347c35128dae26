"""The money of a partial invoice: shares with carry, the remainder to the last, shipping on the first.

Source: contract adobe §5.5. Amounts are collected in Adobe's order (subtotal, discount, shipping,
tax) because rows, discounts and taxes share one carry.
"""

from collections.abc import Sequence

from msgspec import Struct

from counterfoil.domain.money import Carry
from counterfoil.domain.order import Order, OrderItem
from counterfoil.domain.quantity import to_invoice


class RowAmounts(Struct):
    """What one real row of an invoice or credit memo is worth. Discount is None where the order has none."""

    row_total: int
    row_total_incl_tax: int
    discount_amount: int | None = None
    tax_amount: int = 0
    discount_tax_compensation_amount: int = 0


class InvoiceAmounts(Struct):
    """The totals of an invoice. Shipping is None unless it is this invoice that carries it."""

    subtotal: int
    subtotal_incl_tax: int
    discount_amount: int
    tax_amount: int
    discount_tax_compensation_amount: int
    grand_total: int
    shipping_amount: int | None
    shipping_incl_tax: int | None
    shipping_tax_amount: int | None
    shipping_discount_tax_compensation_amount: int | None


Line = tuple[OrderItem, int]
"""A real order item and the quantity of it that is invoiced, above zero."""


def carries_shipping(order: Order) -> bool:
    """Whether the next invoice carries the order's shipping: none that stands does.

    Usually it is on the first one; when that was voided, on the next.
    """
    return order.invoice_count == 0 or order.shipping_invoiced < order.shipping_amount


def amounts(
    order: Order, lines: Sequence[Line], *, shipping: bool = True
) -> tuple[InvoiceAmounts, list[RowAmounts]]:
    """Return the totals of an invoice over ``lines`` and the amounts of each line, in their order.

    Without ``shipping`` the order's shipping is left to a later invoice.
    """
    rows = worth(lines)
    return totals_of(order, lines, rows, shipping=shipping), rows


def worth(lines: Sequence[Line]) -> list[RowAmounts]:
    """Return the amounts of each line, in their order."""
    carry = Carry()
    rows = _row_totals(lines, carry)
    _discounts(lines, rows, carry)
    _taxes(lines, rows, carry)
    return rows


def totals_of(
    order: Order, lines: Sequence[Line], rows: Sequence[RowAmounts], *, shipping: bool = True
) -> InvoiceAmounts:
    """Return the totals of an invoice over ``lines`` that are worth ``rows``, as `amounts` does."""
    rows_worth = including_tax = discount = tax = compensation = 0
    for row in rows:
        rows_worth += row.row_total
        including_tax += row.row_total_incl_tax
        discount += row.discount_amount or 0
        tax += row.tax_amount
        compensation += row.discount_tax_compensation_amount
    first = shipping and carries_shipping(order)
    if first:
        discount += order.shipping_discount_amount
        tax += order.shipping_tax_amount
        compensation += order.shipping_discount_tax_compensation_amount

    # What belongs to shipping that a later invoice will carry is not this one's to complete.
    later = not first and carries_shipping(order)
    tax_left = order.tax_amount - order.tax_invoiced - order.tax_canceled
    if later:
        tax_left -= order.shipping_tax_amount
    compensation_left = (
        order.discount_tax_compensation_amount
        + order.shipping_discount_tax_compensation_amount
        - order.discount_tax_compensation_invoiced
        - order.discount_tax_compensation_canceled
    )
    if later:
        compensation_left -= order.shipping_discount_tax_compensation_amount
    subtotal_left = order.subtotal - order.subtotal_invoiced - order.subtotal_canceled
    if sum(qty for _, qty in lines) == order.qty_to_invoice:
        subtotal, tax, compensation = subtotal_left, tax_left, compensation_left
    else:
        subtotal = min(subtotal_left, rows_worth)
        tax, compensation = min(tax_left, tax), min(compensation_left, compensation)

    carried = order.shipping_amount if first else 0
    return InvoiceAmounts(
        subtotal=subtotal,
        # No remainder rule here: the recorded invoices show the sum of their rows, last or not.
        subtotal_incl_tax=including_tax,
        discount_amount=-discount,
        tax_amount=tax,
        discount_tax_compensation_amount=compensation,
        grand_total=subtotal + carried + tax + compensation - discount,
        shipping_amount=order.shipping_amount if first else None,
        shipping_incl_tax=order.shipping_incl_tax if first else None,
        shipping_tax_amount=order.shipping_tax_amount if first else None,
        shipping_discount_tax_compensation_amount=(
            order.shipping_discount_tax_compensation_amount if first else None
        ),
    )


def _row_totals(lines: Sequence[Line], carry: Carry) -> list[RowAmounts]:
    including = Carry()
    rows = []
    for item, qty in lines:
        row_total = item.row_total - item.row_canceled - item.row_invoiced
        left = to_invoice(item)
        if qty != left:
            row_total = carry.share(item.row_total - item.row_canceled, item.row_invoiced, qty, left)
        incl_tax = including.share(item.row_total_incl_tax, 0, qty, item.qty_ordered)
        rows.append(RowAmounts(row_total, incl_tax))
    return rows


def _discounts(lines: Sequence[Line], rows: Sequence[RowAmounts], carry: Carry) -> None:
    for (item, qty), row in zip(lines, rows, strict=True):
        if item.discount_amount == 0:
            continue
        agreed = item.discount_amount - item.discount_canceled
        discount = agreed - item.discount_invoiced
        left = to_invoice(item)
        if qty != left:
            discount = carry.share(agreed, item.discount_invoiced, qty, left, negative=True)
            discount = _within_worth(discount, item, row)
        row.discount_amount = discount


def _within_worth(discount: int, item: OrderItem, row: RowAmounts) -> int:
    """Keep a share of a discount so that neither this part of the row nor the rest is worth less than 0.

    Rounding with carry can give a part 0.33 and its discount 0.34, which Adobe then invoices as −0.01.
    """
    if item.discount_amount > item.row_total:
        return discount
    rest = item.row_total - item.row_canceled - item.row_invoiced - row.row_total
    least = item.discount_amount - item.discount_canceled - item.discount_invoiced - rest
    return min(max(discount, least), row.row_total)


def _taxes(lines: Sequence[Line], rows: Sequence[RowAmounts], carry: Carry) -> None:
    for (item, qty), row in zip(lines, rows, strict=True):
        agreed = item.tax_amount - item.tax_canceled
        agreed_compensation = item.discount_tax_compensation_amount - item.discount_tax_compensation_canceled
        tax = agreed - item.tax_invoiced
        compensation = agreed_compensation - item.discount_tax_compensation_invoiced
        left = to_invoice(item)
        if qty != left:
            tax = carry.share(agreed, item.tax_invoiced, qty, left)
            compensation = carry.share(
                agreed_compensation, item.discount_tax_compensation_invoiced, qty, left
            )
        row.tax_amount = tax
        row.discount_tax_compensation_amount = compensation

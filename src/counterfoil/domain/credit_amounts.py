"""The money of a credit memo: shares of what was invoiced, with carry, and the remainder to the last.

Source: contract adobe §6.2, with the split rules of §5.5 on invoiced instead of ordered amounts.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from counterfoil.domain.documents import Invoice, InvoiceItem
from counterfoil.domain.invoice_amounts import RowAmounts
from counterfoil.domain.money import Carry, divide_minor
from counterfoil.domain.order import Order, OrderItem
from counterfoil.domain.quantity import to_refund


class ShippingPart(Struct, frozen=True):
    """A part of the order's shipping, with what belongs to it."""

    amount: int
    incl_tax: int
    tax: int
    discount: int
    compensation: int


Line = tuple[OrderItem, int]
"""A real order item and the quantity of it that is given back, above zero."""


def row_amounts(lines: Sequence[Line], invoice: Invoice | None = None) -> list[RowAmounts]:
    """Return what each line is worth.

    What is given back for a whole row of an ``invoice`` is worth what that row was. Other lines get shares;
    rows, taxes and discounts share one carry in this order.
    """
    whole_rows = {} if invoice is None else _untouched(invoice)
    shared = [line for line in lines if not _is_whole(line, whole_rows)]
    shares = iter(_shares(shared))
    return [
        _as_invoiced(line[0], whole_rows[line[0].item_id]) if _is_whole(line, whole_rows) else next(shares)
        for line in lines
    ]


def _untouched(invoice: Invoice) -> dict[int, InvoiceItem]:
    """Return the rows of an invoice of which nothing was given back, by the order's row."""
    return {row.order_item_id: row for row in invoice.items if row.qty_refunded == 0}


def _is_whole(line: Line, rows: Mapping[int, InvoiceItem]) -> bool:
    item, qty = line
    return item.item_id in rows and rows[item.item_id].qty == qty != to_refund(item)


def _as_invoiced(item: OrderItem, row: InvoiceItem) -> RowAmounts:
    """Return the worth of an invoiced row, no more of it than the order's row has left."""
    discount = row.discount_amount
    return RowAmounts(
        min(row.row_total or 0, item.row_invoiced - item.amount_refunded),
        row.row_total_incl_tax or 0,
        None if discount is None else min(discount, item.discount_invoiced - item.discount_refunded),
        min(row.tax_amount or 0, item.tax_invoiced - item.tax_refunded),
        min(
            row.discount_tax_compensation_amount or 0,
            item.discount_tax_compensation_invoiced - item.discount_tax_compensation_refunded,
        ),
    )


def _shares(lines: Sequence[Line]) -> list[RowAmounts]:
    carry, including = Carry(), Carry()
    rows = []
    for item, qty in lines:
        total = item.row_invoiced - item.amount_refunded
        if qty != to_refund(item):
            total = _share(carry, item, qty, item.row_invoiced, item.amount_refunded)
        incl_tax = including.share(item.row_total_incl_tax, 0, qty, item.qty_ordered)
        rows.append(RowAmounts(total, incl_tax))
    _discounts(lines, rows, carry)
    for (item, qty), row in zip(lines, rows, strict=True):
        row.tax_amount = item.tax_invoiced - item.tax_refunded
        row.discount_tax_compensation_amount = (
            item.discount_tax_compensation_invoiced - item.discount_tax_compensation_refunded
        )
        if qty != to_refund(item):
            row.tax_amount = _share(carry, item, qty, item.tax_invoiced, item.tax_refunded)
            row.discount_tax_compensation_amount = _share(
                carry,
                item,
                qty,
                item.discount_tax_compensation_invoiced,
                item.discount_tax_compensation_refunded,
            )
    return rows


def shipping_part(order: Order, amount: int) -> ShippingPart:
    """Return the part of the order's shipping that goes with ``amount`` of it.

    Each part is the difference of two rounded shares of the whole, so that parts add up in any split.
    """
    before, after = order.shipping_refunded, order.shipping_refunded + amount

    def part(whole: int) -> int:
        if amount == 0:
            return 0
        return divide_minor(whole * after, order.shipping_amount) - divide_minor(
            whole * before, order.shipping_amount
        )

    return ShippingPart(
        amount=amount,
        incl_tax=part(order.shipping_incl_tax),
        tax=part(order.shipping_tax_amount),
        discount=part(order.shipping_discount_amount),
        compensation=part(order.shipping_discount_tax_compensation_amount),
    )


def _discounts(lines: Sequence[Line], rows: Sequence[RowAmounts], carry: Carry) -> None:
    for (item, qty), row in zip(lines, rows, strict=True):
        if item.discount_invoiced == 0:
            continue
        discount = item.discount_invoiced - item.discount_refunded
        if qty != to_refund(item):
            discount = _share(carry, item, qty, item.discount_invoiced, item.discount_refunded, negative=True)
            discount = _within_worth(discount, item, row)
        row.discount_amount = discount


def _within_worth(discount: int, item: OrderItem, row: RowAmounts) -> int:
    """Keep a share of a discount so that neither this part of the row nor the rest is worth less than 0."""
    if item.discount_invoiced > item.row_invoiced:
        return discount
    rest = item.row_invoiced - item.amount_refunded - row.row_total
    least = item.discount_invoiced - item.discount_refunded - rest
    return min(max(discount, least), row.row_total)


def _share(
    carry: Carry, item: OrderItem, qty: int, invoiced: int, refunded: int, *, negative: bool = False
) -> int:
    """Return the share of a row's amount, never more than is left of it and never less than nothing."""
    left = item.qty_invoiced - item.qty_refunded
    share = carry.share(invoiced, refunded, qty, left, negative=negative)
    return min(max(share, 0), invoiced - refunded)

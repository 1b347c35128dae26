"""Rows of invoices and credit memos: what they repeat of the order's row, and what they are worth."""

from typing import TypeVar

from counterfoil.domain.documents import CreditMemoItem, InvoiceItem
from counterfoil.domain.invoice_amounts import RowAmounts
from counterfoil.domain.order import OrderItem

L = TypeVar("L", InvoiceItem, CreditMemoItem)


def line(kind: type[L], entity_id: int, item: OrderItem, qty: int, worth: RowAmounts | None) -> L:
    """Return a row of a document; ``worth`` is None for one that only mirrors others."""
    return kind(
        entity_id=entity_id,
        order_item_id=item.item_id,
        product_id=item.product_id,
        sku=item.sku,
        name=item.name,
        qty=qty,
        price=item.price,
        price_incl_tax=item.price_incl_tax if worth else None,
        row_total=worth.row_total if worth else None,
        row_total_incl_tax=worth.row_total_incl_tax if worth else None,
        tax_amount=worth.tax_amount if worth else None,
        discount_amount=worth.discount_amount if worth else None,
        discount_tax_compensation_amount=worth.discount_tax_compensation_amount if worth else None,
    )

"""Quantities of an order item: what is left to do, and which rows count.

Formulas of contract adobe §5.3. A *dummy* row repeats another row's quantity and carries no
value: the child of a configurable product, for invoices and shipments alike.
"""

from counterfoil.domain.money import SCALE
from counterfoil.domain.order import OrderItem


def is_dummy(item: OrderItem) -> bool:
    """Whether the row only mirrors its parent."""
    return item.parent_item_id is not None


def to_invoice(item: OrderItem) -> int:
    """Quantity of the row that can still be invoiced (0 for dummies)."""
    if item.parent_item_id is not None:
        return 0
    return max(item.qty_ordered - item.qty_invoiced - item.qty_canceled, 0)


def to_ship(item: OrderItem) -> int:
    """Quantity of the row that can still be shipped (0 for dummies and virtual rows)."""
    if item.parent_item_id is not None or item.is_virtual:
        return 0
    return max(item.qty_ordered - max(item.qty_shipped, item.qty_refunded) - item.qty_canceled, 0)


def whole(item: OrderItem, qty: int) -> int:
    """Cut a requested quantity to what the row allows: whole units unless it is decimal, never below 0."""
    if qty <= 0:
        return 0
    return qty if item.is_qty_decimal else qty - qty % SCALE

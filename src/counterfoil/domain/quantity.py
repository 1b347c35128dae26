"""Quantities of an order item: what is left to do, and which rows count.

Formulas of contract adobe §5.3. A *dummy* row repeats another row and carries no value of its own.
Which rows are dummies differs between invoices (and credit memos) and shipments: the child of a
configurable product is one for both; of a bundle priced by its parts the bundle's own row is one for
invoices; of a bundle shipped separately it is one for shipments.
"""

from collections.abc import Mapping

from counterfoil.domain.money import SCALE
from counterfoil.domain.order import OrderItem


def is_dummy(item: OrderItem) -> bool:
    """Whether the row carries no value on invoices and credit memos."""
    return (item.parent_item_id is not None) != item.children_calculated


def is_ship_dummy(item: OrderItem) -> bool:
    """Whether the row carries no quantity on shipments."""
    return (item.parent_item_id is not None) != item.shipped_separately


def to_invoice(item: OrderItem) -> int:
    """Quantity of the row that can still be invoiced (0 for dummies)."""
    if (item.parent_item_id is not None) != item.children_calculated:
        return 0
    return max(item.qty_ordered - item.qty_invoiced - item.qty_canceled, 0)


def to_ship(item: OrderItem) -> int:
    """Quantity of the row that can still be shipped (0 for dummies and virtual rows)."""
    if item.is_virtual or (item.parent_item_id is not None) != item.shipped_separately:
        return 0
    return unsent(item)


def unsent(item: OrderItem) -> int:
    """Quantity of the row that was neither shipped, given back nor canceled, dummy or not."""
    return max(item.qty_ordered - max(item.qty_shipped, item.qty_refunded) - item.qty_canceled, 0)


def to_refund(item: OrderItem) -> int:
    """Quantity of the row that can still be refunded (0 for dummies)."""
    return 0 if is_dummy(item) else max(item.qty_invoiced - item.qty_refunded, 0)


def whole(item: OrderItem, qty: int) -> int:
    """Cut a requested quantity to what the row allows: whole units unless it is decimal, never below 0."""
    if qty <= 0:
        return 0
    return qty if item.is_qty_decimal else qty - qty % SCALE


def mirrored(items: Mapping[int, OrderItem], asked: Mapping[int, int], counter: str) -> dict[int, int]:
    """Return what ``asked`` of real rows means for the dummy rows beside them, where that is above zero.

    The child of a real parent goes along with it, as many units as one unit of the parent has. A parent
    that is priced by its children counts as done when all of its children are.

    Args:
        items: rows of an order, parents and children together.
        asked: scaled quantities of real rows, by their ids.
        counter: the running total that ``asked`` will be added to, ``qty_invoiced`` or ``qty_refunded``.
    """
    found: dict[int, int] = {}
    whole_parents: dict[int, int] = {}
    for item in items.values():
        parent = items.get(item.parent_item_id) if item.parent_item_id else None
        if parent is None:
            continue
        if is_dummy(item):
            qty = asked.get(parent.item_id, 0) * item.qty_ordered // parent.qty_ordered
            if qty:
                found[item.item_id] = qty
        else:
            done = getattr(item, counter) + asked.get(item.item_id, 0)
            wholly = whole(parent, done * parent.qty_ordered // item.qty_ordered)
            whole_parents[parent.item_id] = min(wholly, whole_parents.get(parent.item_id, wholly))
    for item_id, done in whole_parents.items():
        if done > getattr(items[item_id], counter):
            found[item_id] = done - getattr(items[item_id], counter)
    return found

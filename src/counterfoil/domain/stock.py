"""What happens to the stock when something happens to an order.

Placing an order reserves its units (`counterfoil.checkout`). Units that leave the house are taken off
the stock and are no longer reserved; units that are canceled, or refunded before they left, are given
free; units that left and came back are put back on stock if the credit memo says so
(contract adobe §6.1–§6.3).
"""

from collections.abc import Mapping

from msgspec import Struct

from counterfoil.domain.order import Order, OrderItem


class StockMove(Struct, frozen=True):
    """By how much the stock of one product changes. Scaled quantities."""

    qty: int = 0
    reserved: int = 0


def product_ids(order: Order) -> set[int]:
    """Return the products of the rows that are loaded and have stock: those without children."""
    return {item.product_id for item in _leaves(order.items)}


def moves(before: Order, after: Order, *, returned: frozenset[int] = frozenset()) -> dict[int, StockMove]:
    """Return how the stock changes when ``before`` becomes ``after``, by product id.

    Args:
        before: the order with the rows that change.
        after: the same order afterwards.
        returned: ids of rows whose refunded units go back on stock, their parents' ids counting as theirs.
    """
    found: dict[int, StockMove] = {}
    for item in _leaves(before.items):
        was, now = _Counts(item, before.items), _Counts(after.items[item.item_id], after.items)
        freed = was.unsent - now.unsent
        back = 0
        if {item.item_id, item.parent_item_id} & returned:
            back = max(now.refunded - was.refunded - freed, 0)
        move = StockMove(back - (now.shipped - was.shipped), -freed)
        if move != StockMove():
            known = found.get(item.product_id, StockMove())
            found[item.product_id] = StockMove(known.qty + move.qty, known.reserved + move.reserved)
    return found


class _Counts:
    """What happened to the units of a row, told by itself or by its parent."""

    __slots__ = ("refunded", "shipped", "unsent")

    def __init__(self, item: OrderItem, items: Mapping[int, OrderItem]) -> None:
        self.shipped = _counted(item, items, "qty_shipped")
        self.refunded = _counted(item, items, "qty_refunded")
        canceled = _counted(item, items, "qty_canceled")
        self.unsent = max(item.qty_ordered - max(self.shipped, self.refunded) - canceled, 0)


def _counted(item: OrderItem, items: Mapping[int, OrderItem], counter: str) -> int:
    own: int = getattr(item, counter)
    if item.parent_item_id is None:
        return own
    parent = items[item.parent_item_id]
    with_parent: int = getattr(parent, counter) * item.qty_ordered // parent.qty_ordered
    return max(own, with_parent)


def _leaves(items: Mapping[int, OrderItem]) -> list[OrderItem]:
    parents = {item.parent_item_id for item in items.values()}
    return [item for item in items.values() if item.item_id not in parents]

"""What happens to the stock when something happens to an order.

Placing an order reserves its units (`counterfoil.checkout`). Units that leave the house are taken off
the stock and are no longer reserved; units that are canceled, or refunded before they left, are given
free; units that left and came back are put back on stock if the credit memo says so
(contract adobe §6.1–§6.3).
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from counterfoil.domain.order import Order, OrderItem


class StockMove(Struct, frozen=True):
    """By how much the stock of one product changes. Scaled quantities."""

    qty: int = 0
    reserved: int = 0


def product_ids(order: Order) -> set[int]:
    """Return the products of the rows that are loaded and have stock, and of those that Changes may add."""
    added = {line.product_id for change in order.changes.values() for line in change.added}
    return {item.product_id for item in _leaves(order.items)} | (added - {0})


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
        back = 0
        if {item.item_id, item.parent_item_id} & returned:
            back = now.came_back - was.came_back
        move = StockMove(back - (now.shipped - was.shipped), now.reserved - was.reserved)
        if move != StockMove():
            known = found.get(item.product_id, StockMove())
            found[item.product_id] = StockMove(known.qty + move.qty, known.reserved + move.reserved)
    return found


def with_reserved(found: dict[int, StockMove], items: Sequence[OrderItem]) -> dict[int, StockMove]:
    """Return ``found`` with the units of new rows reserved as well."""
    for item in items:
        known = found.get(item.product_id, StockMove())
        found[item.product_id] = StockMove(known.qty, known.reserved + item.qty_ordered)
    return found


def released(before: Mapping[int, OrderItem], after: Mapping[int, OrderItem]) -> dict[int, int]:
    """Return by row how many units were refunded without having been shipped, where that has changed.

    A refund takes units that were shipped first, so none is free that may yet be on its way.

    Args:
        before: rows of an order, parents and children together.
        after: the same rows with what was refunded of them.
    """
    found: dict[int, int] = {}
    for item in _leaves(before):
        was, now = _Counts(item, before), _Counts(after[item.item_id], after)
        still_out = max(was.shipped - was.came_back, 0)
        more = now.refunded - was.refunded - still_out
        if more > 0:
            found[item.item_id] = item.qty_released + more
    return found


class _Counts:
    """What happened to the units of a row, told by itself or by its parent."""

    __slots__ = ("came_back", "refunded", "reserved", "shipped")

    def __init__(self, item: OrderItem, items: Mapping[int, OrderItem]) -> None:
        self.shipped = _counted(item, items, "qty_shipped")
        self.refunded = _counted(item, items, "qty_refunded")
        self.came_back = self.refunded - item.qty_released
        gone = _counted(item, items, "qty_canceled") + self.shipped + item.qty_released
        self.reserved = max(item.qty_ordered - gone, 0)


def _counted(item: OrderItem, items: Mapping[int, OrderItem], counter: str) -> int:
    own: int = getattr(item, counter)
    if item.parent_item_id is None:
        return own
    parent = items[item.parent_item_id]
    with_parent: int = getattr(parent, counter) * item.qty_ordered // parent.qty_ordered
    return max(own, with_parent)


def _leaves(items: Mapping[int, OrderItem]) -> list[OrderItem]:
    """Return the rows that have stock. A row without its parent was loaded for an invoice: it moves none."""
    parents = {item.parent_item_id for item in items.values()}
    return [
        item
        for item in items.values()
        if item.item_id not in parents and (item.parent_item_id is None or item.parent_item_id in items)
    ]

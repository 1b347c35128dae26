"""What a Change does to an order: units go, rows come, and the value moves by exactly what was fixed.

The parts of a row are reckoned when the Change is applied; what they differ from the fixed amount is the
order's *adjustment* (ADR 0034).
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import cancel, quantity, transitions, wanted, workflow
from counterfoil.domain.attachments import AddedLine, Change
from counterfoil.domain.cancel import CanceledRow
from counterfoil.domain.decision import Context
from counterfoil.domain.money import SCALE
from counterfoil.domain.order import ItemParticulars, Order, OrderItem

MOST = 4 * 10**18
"""The most money, and units (both scaled), of an order with all its Changes: 64 bits hold twice that."""


class ChangeApplied(Struct, frozen=True, tag=True):
    """Event: the order is as the Change wants it.

    ``rows`` are the units that went and their worth, ``items`` the rows that came. ``adjustment`` is the part
    of the Change's ``delta`` that neither of them carries.
    """

    change: Change
    rows: dict[int, CanceledRow]
    items: tuple[OrderItem, ...]
    adjustment: int


def applied(order: Order, change: Change, done: Change, context: Context) -> ChangeApplied:
    """Return what applying ``change`` does; ``done`` is the Change as it is afterwards."""
    rows = _parts(order, change.removed)
    rows |= cancel.companions(order.items, rows)
    items = _new_rows(change, context)
    carried = sum(map(_worth, items)) - sum(_lost(row) for row in rows.values())
    return ChangeApplied(done, rows, items, change.delta - carried)


def evolve(order: Order, event: ChangeApplied) -> Order:
    """Return the order as the Change wants it."""
    evolved = cancel.gone(cancel.written_off(order, event.rows), event.rows)
    came = sum(map(_worth, event.items))
    evolved = replace(
        evolved,
        items={**evolved.items, **{item.item_id: item for item in event.items}},
        subtotal=evolved.subtotal + sum(item.row_total for item in event.items),
        qty_ordered=evolved.qty_ordered + sum(item.qty_ordered for item in event.items),
        qty_to_invoice=evolved.qty_to_invoice + sum(map(quantity.to_invoice, event.items)),
        qty_to_ship=evolved.qty_to_ship + sum(map(quantity.to_ship, event.items)),
        grand_total=evolved.grand_total + came + event.adjustment,
        adjustment=evolved.adjustment + event.adjustment,
        change_generation=event.change.generation,
        change_count=evolved.change_count + 1,
        open_change=None,
    )
    state, status = workflow.settled(evolved, keep_status=True)
    return replace(evolved, state=state, status=status)


def keeps_room(order: Order) -> bool:
    """Tell whether the Change in flight could still be applied to ``order``, as far as rows are loaded."""
    change = order.open_change
    if change is None or order.workflow_status == transitions.CANCELED:
        return True
    if transitions.left_to_invoice(order) + min(change.delta, 0) < 0:
        return False
    return all(
        item_id not in order.items or removable(order.items[item_id], order.items) >= qty
        for item_id, qty in change.removed.items()
    )


def as_if_applied(order: Order) -> Order:
    """Return the order as it will be if the Change in flight is applied, as far as rules look at it.

    Of rows only those that are loaded are changed; the totals are exact in sum, not in their parts.
    """
    change = order.open_change
    assert change is not None, "there is a Change in flight"
    gone = {item_id: qty for item_id, qty in change.removed.items() if item_id in order.items}
    there = all(removable(order.items[item_id], order.items) >= qty for item_id, qty in gone.items())
    parts = _parts(order, gone) if there else {}
    after = cancel.written_off(order, parts)
    lost = after.total_canceled - order.total_canceled
    elsewhere = sum(change.removed.values()) - sum(gone.values())
    return transitions.settled(
        replace(
            after,
            grand_total=order.grand_total + change.delta + lost,
            qty_to_invoice=after.qty_to_invoice - elsewhere,
            change_count=order.change_count + 1,
            open_change=None,
        )
    )


def removable(item: OrderItem, items: Mapping[int, OrderItem]) -> int:
    """Return how many units of a row can go: those neither invoiced nor sent, be it with another row.

    A row without its parent was loaded for an invoice, which sends nothing.
    """
    alone = item.parent_item_id is not None and item.parent_item_id not in items
    return min(quantity.to_invoice(item), quantity.unsent(item) if alone else cancel.unsent(item, items))


def takes_all(order: Order, change: Change) -> bool:
    """Tell whether no unit would stay. That is a cancellation, even where shipping stays to be paid."""
    in_force = sum(item.qty_ordered - item.qty_canceled for item in wanted.rows_of(order))
    return not change.added and 0 < in_force <= sum(change.removed.values())


def is_too_much(order: Order, change: Change) -> bool:
    """Tell whether an order would come to more money, or units, than can be counted."""
    moved = change.manual_discount + change.manual_increment
    money = order.subtotal + abs(order.adjustment) + worth_of_lines(change.added) + moved
    return max(money, order.qty_ordered + sum(line.qty for line in change.added)) > MOST


def _parts(order: Order, removed: Mapping[int, int]) -> dict[int, CanceledRow]:
    return {item_id: cancel.canceled_part(order.items[item_id], qty) for item_id, qty in removed.items()}


def worth_of_rows(order: Order, removed: Mapping[int, int]) -> int:
    """Return what units of rows are worth in the order's value (scaled money)."""
    return sum(map(_lost, _parts(order, removed).values()))


def _lost(row: CanceledRow) -> int:
    return row.row_total + row.tax_amount + row.discount_tax_compensation_amount - row.discount_amount


def worth_of_lines(lines: tuple[AddedLine, ...]) -> int:
    """Return what new rows are worth (scaled money)."""
    return sum(line.price * line.qty // SCALE for line in lines)


def _worth(item: OrderItem) -> int:
    return item.row_total


def _new_rows(change: Change, context: Context) -> tuple[OrderItem, ...]:
    if not change.added:
        return ()
    first = context.numbers.take("order_item_id", len(change.added))
    return tuple(
        OrderItem(
            item_id=first + place,
            parent_item_id=None,
            product_id=line.product_id,
            product_type="virtual" if line.is_virtual else "simple",
            sku=line.sku,
            name=line.name or line.sku,
            is_virtual=line.is_virtual,
            is_qty_decimal=False,
            price=line.price,
            price_incl_tax=line.price,
            qty_ordered=line.qty,
            row_total=line.price * line.qty // SCALE,
            row_total_incl_tax=line.price * line.qty // SCALE,
            tax_amount=0,
            discount_amount=0,
            discount_tax_compensation_amount=0,
            particulars=ItemParticulars(original_price=line.price, order_form=line.order_form),
        )
        for place, line in enumerate(change.added)
    )

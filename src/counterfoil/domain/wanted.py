"""Which rows of an order a client means, and how many units of them.

VTEX's clients name a line by its place in the order (``itemIndex``), by its ``uniqueId``, or by its SKU,
which several lines may share (contract vtex §3.3, §3.4, §3.10; known issues 1008459, 1198829, 1219914).
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from counterfoil.domain import quantity
from counterfoil.domain.order import Order, OrderItem


class WantedLine(Struct, frozen=True):
    """Units of a line. It is named by ``item_id``, or by its place, or by SKU. ``price`` is for one unit."""

    qty: int
    item_id: int | None = None
    index: int | None = None
    sku: str | None = None
    price: int | None = None
    description: str | None = None


class LineUnknown(Struct, frozen=True):
    """Refusal: no row of the order is what a line names. ``position`` counts lines from 0."""

    position: int
    name: str


class LineTooLarge(Struct, frozen=True):
    """Refusal: a line names more units than are left of its rows, of which ``ordered`` are in force."""

    position: int
    name: str
    left: int
    ordered: int


class LineAmbiguous(Struct, frozen=True):
    """Refusal: several rows have this SKU and are not worth the same, so it has to be said which is meant."""

    position: int
    name: str


Refusal = LineUnknown | LineTooLarge | LineAmbiguous


class Allotted(Struct, frozen=True):
    """Units of one row that one line was given."""

    item_id: int
    qty: int
    line: WantedLine


Left = Callable[[OrderItem], int]


def rows_of(order: Order) -> list[OrderItem]:
    """Return the rows that clients see as lines, in their order. All rows must have been loaded."""
    return [item for _, item in sorted(order.items.items()) if not quantity.is_dummy(item)]


def allot(
    order: Order, lines: Sequence[WantedLine], left: Left, *, exactly: bool = False
) -> list[Allotted] | Refusal:
    """Return from which rows the units of each line are taken, or why they cannot be.

    A SKU takes the row of that unit price first, then the others in their order; with ``exactly`` rows that
    are not worth the same must be told apart by the client. Lines of one row add up.
    """
    rows = rows_of(order)
    taken: dict[int, int] = {}
    allotted: list[Allotted] = []
    for position, line in enumerate(lines):
        name = line.sku or str(line.index if line.item_id is None else line.item_id)
        found = _named(rows, line)
        if not found or line.qty <= 0:
            return LineUnknown(position, name)
        if exactly and len({(item.price, item.discount_amount) for item in found}) > 1:
            return LineAmbiguous(position, name)
        open_units = {item.item_id: left(item) - taken.get(item.item_id, 0) for item in found}
        wanted = line.qty
        for item in found:
            qty = min(wanted, quantity.whole(item, open_units[item.item_id]))
            if qty > 0:
                allotted.append(Allotted(item.item_id, qty, line))
                taken[item.item_id] = taken.get(item.item_id, 0) + qty
                wanted -= qty
        if wanted:
            in_force = sum(item.qty_ordered - item.qty_canceled for item in found)
            return LineTooLarge(position, name, line.qty - wanted, in_force)
    return allotted


def units(allotted: Sequence[Allotted]) -> dict[int, int]:
    """Return how many units of each row were allotted."""
    found: dict[int, int] = {}
    for one in allotted:
        found[one.item_id] = found.get(one.item_id, 0) + one.qty
    return found


def pairs(items: Mapping[int, OrderItem], asked: Mapping[int, int]) -> list[tuple[OrderItem, int]]:
    """Return rows with their quantities in the order of their ids."""
    return [(items[item_id], asked[item_id]) for item_id in sorted(asked)]


def _named(rows: Sequence[OrderItem], line: WantedLine) -> list[OrderItem]:
    if line.item_id is not None:
        return [item for item in rows if item.item_id == line.item_id]
    if line.index is not None:
        return [rows[line.index]] if 0 <= line.index < len(rows) else []
    same = [item for item in rows if item.sku == line.sku]
    return sorted(same, key=lambda item: item.price != line.price)

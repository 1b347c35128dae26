"""Which rows of an order a client means, and how many units of them.

VTEX's clients name a line by its place in the order (``itemIndex``), by its ``uniqueId``, or by its SKU,
which several lines may share (contract vtex §3.3, §3.4, §3.10; known issues 1008459, 1198829, 1219914).
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence

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
    rows = _Rows(order, left)
    allotted: list[Allotted] = []
    for position, line in enumerate(lines):
        name = line.sku or str(line.index if line.item_id is None else line.item_id)
        found = rows.named(line)
        if not found or line.qty <= 0:
            return LineUnknown(position, name)
        if exactly and len(found) > 1 and rows.differ(line):
            return LineAmbiguous(position, name)
        wanted = line.qty
        for item, qty in rows.taken(line, found):
            allotted.append(Allotted(item.item_id, qty, line))
            wanted -= qty
        if wanted:
            in_force = sum(item.qty_ordered - item.qty_canceled for item in found)
            return LineTooLarge(position, name, line.qty - wanted, in_force)
    return allotted


class _Rows:
    """The rows of an order by all their names, and what is left of them.

    Each line costs what it takes, not a walk over all rows: orders may have thousands, and so may requests.
    """

    def __init__(self, order: Order, left: Left) -> None:
        self._rows = rows_of(order)
        self._by_id = {item.item_id: item for item in self._rows}
        self._by_sku: defaultdict[str, list[OrderItem]] = defaultdict(list)
        for item in self._rows:
            self._by_sku[item.sku].append(item)
        self._left = left
        self._open: dict[int, int] = {}
        self._queues: dict[tuple[str, int | None], deque[OrderItem]] = {}
        self._differing: dict[str, bool] = {}

    def named(self, line: WantedLine) -> Sequence[OrderItem]:
        """Return the rows that a line may mean."""
        if line.item_id is not None:
            found = self._by_id.get(line.item_id)
            return () if found is None else (found,)
        if line.index is not None:
            return (self._rows[line.index],) if 0 <= line.index < len(self._rows) else ()
        return () if line.sku is None else self._by_sku.get(line.sku, ())

    def differ(self, line: WantedLine) -> bool:
        """Tell whether the rows of a line's SKU are not worth the same."""
        sku = line.sku or ""
        if sku not in self._differing:
            worths = {(item.price, item.discount_amount) for item in self._by_sku[sku]}
            self._differing[sku] = len(worths) > 1
        return self._differing[sku]

    def taken(self, line: WantedLine, found: Sequence[OrderItem]) -> Iterator[tuple[OrderItem, int]]:
        """Take the units of a line from the rows it may mean, as far as they go."""
        wanted, queue = line.qty, self._queue(line, found)
        while wanted and queue:
            item = queue[0]
            left = self._open.setdefault(item.item_id, self._left(item))
            qty = min(wanted, quantity.whole(item, left))
            if qty > 0:
                self._open[item.item_id] = left - qty
                wanted -= qty
                yield item, qty
            if wanted:
                # Nothing more can be taken of it, by this line or a later one.
                queue.popleft()

    def _queue(self, line: WantedLine, found: Sequence[OrderItem]) -> deque[OrderItem]:
        if len(found) == 1:
            return deque(found)
        key = (line.sku or "", line.price)
        if key not in self._queues:
            self._queues[key] = deque(sorted(found, key=lambda item: item.price != line.price))
        return self._queues[key]


def units(allotted: Sequence[Allotted]) -> dict[int, int]:
    """Return how many units of each row were allotted."""
    found: dict[int, int] = {}
    for one in allotted:
        found[one.item_id] = found.get(one.item_id, 0) + one.qty
    return found


def pairs(items: Mapping[int, OrderItem], asked: Mapping[int, int]) -> list[tuple[OrderItem, int]]:
    """Return rows with their quantities in the order of their ids."""
    return [(items[item_id], asked[item_id]) for item_id in sorted(asked)]

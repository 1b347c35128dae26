"""Writes the terms by which orders are found (`counterfoil.domain.terms`)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from counterfoil.domain import terms
from counterfoil.domain.order import Order
from counterfoil.ledger.ports import Writes
from counterfoil.storage.reader import BookReader
from counterfoil.storage.session import Session

COLUMNS = ("term", "created_at", "order_id")

_AT_ONCE = 100
"""Rows of one statement."""

_FILLED_AT_ONCE = 200

_GONE = "DELETE FROM order_term WHERE term = ? AND created_at = ? AND order_id = ?"

Row = tuple[str, str, int]


def rows_of(order: Order, found: Iterable[str]) -> list[Row]:
    """Return the rows for terms of an order."""
    return [(term, order.created_at, order.entity_id) for term in sorted(found)]


def statements(writes: Writes) -> Iterator[tuple[str, list[Sequence[Any]]]]:
    """Yield what removes and adds terms. A statement adds many: they come with every order."""
    new = [row for order in writes.placed for row in rows_of(order, terms.of_order(order))]
    gone: list[Sequence[Any]] = []
    for change in writes.terms:
        gone += [(term, change.created_at, change.order_id) for term in sorted(change.gone)]
        new += [(term, change.created_at, change.order_id) for term in sorted(change.new)]
    if gone:
        yield _GONE, gone
    yield from _inserts(new)


async def fill(session: Session) -> None:
    """Give all orders that are there their terms. For migrations."""
    reader = BookReader(session)
    last = 0
    while ids := await reader.order_ids(after_id=last, limit=_FILLED_AT_ONCE):
        last = ids[-1]
        rows: list[Row] = []
        for order in await reader.orders(ids):
            rows += rows_of(order, terms.of_order(order) | terms.invoiced_term(order))
        for statement, parameters in _inserts(rows):
            await session.run_many(statement, parameters)


def _inserts(rows: Sequence[Row]) -> Iterator[tuple[str, list[Sequence[Any]]]]:
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        marks = ", ".join(["(?, ?, ?)"] * len(part))
        insert = f"INSERT INTO order_term ({', '.join(COLUMNS)}) VALUES {marks} ON CONFLICT DO NOTHING"
        yield insert, [[value for row in part for value in row]]

"""Which index to find documents by, where there is a choice.

Without statistics SQLite prefers any equality to any range: for ``status = complete`` and ``updated_at``
since this morning it would look at all that is complete. So we look how far each index narrows a search
down. PostgreSQL keeps statistics and finds by itself; there it only matters for how a page is sorted.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from counterfoil.ledger.searching import Filter, Search
from counterfoil.storage import search
from counterfoil.storage.column import Document, Index
from counterfoil.storage.schema import SQLITE
from counterfoil.storage.session import Session
from counterfoil.storage.totals import LARGE

_MOST_PROBES = 4

_WIDE = 100_000
"""Indexes are compared up to so many entries: counting these takes two milliseconds."""


def forced(index: Index) -> str:
    """Return what is put behind the name of a table to have SQLite use an index."""
    return f" INDEXED BY {index.name}" if index.name else " NOT INDEXED"


def way(document: Document, finder: str) -> str:
    """Return `forced` of the index that begins with a column; nothing without one."""
    return forced(document.indexes[finder]) if finder else ""


async def finder(session: Session, document: Document, wanted: Search) -> str:
    """Return the column whose index leaves the fewest of those that conditions of a search have.

    Empty if there is no choice to be made, or none that narrows the search down.
    """
    choices = list(_choices(document, wanted))
    if not 1 < len(choices) <= _MOST_PROBES:
        return ""
    on_sqlite = session.schema is SQLITE
    fewest, best = _WIDE if on_sqlite else LARGE, ""
    for conditions in choices:
        first = conditions[0].field
        way = forced(document.indexes[first]) if on_sqlite else ""
        alone = replace(wanted, groups=tuple((condition,) for condition in conditions))
        condition, parameters = search.where(alone, document.columns, session.schema)
        few = f"SELECT 1 FROM {document.table}{way} WHERE {condition} LIMIT {fewest}"
        [(found,)] = await session.long_rows(f"SELECT COUNT(*) FROM ({few}) AS few", parameters)
        if found < fewest:
            fewest, best = found, first
    return best


def _choices(document: Document, wanted: Search) -> Iterator[Sequence[Filter]]:
    """Yield the conditions that each index serves: those on its first column, then on its second."""
    by_field: dict[str, list[Filter]] = {}
    for condition in search.alone(wanted):
        index = document.indexes.get(condition.field)
        if index and index.name and condition.condition in search.INDEXABLE:
            by_field.setdefault(condition.field, []).append(condition)
    seconds = {
        document.indexes[field].then
        for field, conditions in by_field.items()
        if any(condition.condition in search.EQUALITIES for condition in conditions)
    } - {document.key}
    for field, conditions in by_field.items():
        if field not in seconds:
            yield [*conditions, *by_field.get(document.indexes[field].then, ())]

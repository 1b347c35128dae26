"""How many documents a search finds, at a cost that does not grow with the books.

Totals up to `totals.LARGE` are counted every time. A larger one is counted once and remembered for
`totals.KEPT_S` seconds, but never for the end of its list, so that who pages up to the total gets all.
"""

import asyncio

from msgspec.structs import replace

from counterfoil.ledger.searching import Filter, Search
from counterfoil.storage import finding, search
from counterfoil.storage.column import Column, Document
from counterfoil.storage.schema import SQLITE
from counterfoil.storage.search import Compiled
from counterfoil.storage.session import Session
from counterfoil.storage.totals import LARGE, Totals, name_of

_LONGEST_STEP = 20_000
"""Between ids that are not further apart it is faster to count what was passed than what is left."""

_SHORT_STEP = 5_000
"""So far a walk goes before its total is remembered anew; others on the same walk may be behind."""


class Count:
    """The total of one search. ``exact`` is false if it was counted a moment ago, for another page."""

    __slots__ = ("exact", "total")

    def __init__(self, total: int, *, exact: bool) -> None:
        self.total = total
        self.exact = exact


async def count(
    session: Session, totals: Totals, document: Document, wanted: Search, *, finder: str = ""
) -> Count:
    """Return how many documents ``wanted`` finds. Raises `UnknownField` or `InvalidCondition`.

    ``finder`` is the column to find them by (see `counterfoil.storage.finding`), if that is known.
    """
    total = await _known(session, totals, document, wanted)
    if total is not None and total > max(LARGE, wanted.offset + wanted.limit):
        return Count(total, exact=False)
    return Count(await recount(session, totals, document, wanted, finder=finder), exact=True)


async def recount(
    session: Session, totals: Totals, document: Document, wanted: Search, *, finder: str = ""
) -> int:
    """Count now, whatever is remembered, and remember it."""
    condition, parameters = search.where(wanted, document.columns, session.schema)
    way = finding.way(document, finder) if session.schema is SQLITE else ""
    few = f"SELECT 1 FROM {document.table}{way} WHERE {condition} LIMIT {LARGE + 1}"
    [(total,)] = await session.long_rows(f"SELECT COUNT(*) FROM ({few}) AS few", parameters)
    if total <= LARGE:
        return int(total)
    [(total,)] = await session.long_rows(*_all(session, document, wanted))
    now_s = asyncio.get_running_loop().time()
    totals.remember(name_of(document.table, condition, parameters), int(total), now_s)
    after = _after(wanted, document)
    if after is not None:
        totals.begin(_rest_of(session, document, wanted), after, int(total), now_s)
    return int(total)


async def _known(session: Session, totals: Totals, document: Document, wanted: Search) -> int | None:
    """Return the total if it is remembered, or follows from that of a page before."""
    condition, parameters = search.where(wanted, document.columns, session.schema)
    now_s = asyncio.get_running_loop().time()
    total = totals.recall(name_of(document.table, condition, parameters), now_s)
    after = _after(wanted, document)
    if total is not None or after is None:
        return total
    rest = _rest_of(session, document, wanted)
    earlier = totals.walked(rest, now_s)
    if earlier is None or not earlier.after <= after <= earlier.after + _LONGEST_STEP:
        return None
    condition, parameters = search.where(_without_bound(wanted, document), document.columns, session.schema)
    [(passed,)] = await session.long_rows(
        f"SELECT COUNT(*) FROM {document.table} "
        f"WHERE {condition} AND {document.key} > ? AND {document.key} <= ?",
        [*parameters, earlier.after, after],
    )
    total = earlier.total - int(passed)
    if after > earlier.after + _SHORT_STEP:
        totals.begin(rest, after, total, earlier.counted_s)
    return total


def _all(session: Session, document: Document, wanted: Search) -> Compiled:
    """Return the statement that counts everything."""
    columns = document.columns
    if session.schema is SQLITE and _after(wanted, document) is not None:
        # Over the key SQLite would read whole rows; like this it reads an index.
        columns = {**columns, document.key: _by_index(columns[document.key])}
    condition, parameters = search.where(wanted, columns, session.schema)
    return f"SELECT COUNT(*) FROM {document.table} WHERE {condition}", parameters


def _by_index(key: Column) -> Column:
    return Column(key.name, key.kind, f"+{key.expression}")


def _after(wanted: Search, document: Document) -> int | None:
    """Return the id that the wanted ones are above, if there is one such condition."""
    bounds = [group[0] for group in wanted.groups if _bounds(group, document)]
    return search.integer_below(bounds[0], document.columns[document.key]) if len(bounds) == 1 else None


def _bounds(group: tuple[Filter, ...], document: Document) -> bool:
    return len(group) == 1 and group[0].field == document.key and group[0].condition in search.LOWER_BOUNDS


def _without_bound(wanted: Search, document: Document) -> Search:
    return replace(wanted, groups=tuple(group for group in wanted.groups if not _bounds(group, document)))


def _rest_of(session: Session, document: Document, wanted: Search) -> bytes:
    rest = _without_bound(wanted, document)
    return name_of(f"walk over {document.table}", *search.where(rest, document.columns, session.schema))

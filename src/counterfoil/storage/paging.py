"""The statement of one page of a search, such that neither engine sorts or reads through the whole books.

PostgreSQL thinks that what is wanted is spread evenly, and SQLite knows nothing of how values are spread.
But we know how many documents there are to be found, and leave them no choice where they could be wrong.
"""

from collections.abc import Iterator

from counterfoil.ledger.searching import Filter, Search, Sort
from counterfoil.storage import finding, search
from counterfoil.storage.column import Document, Kind
from counterfoil.storage.schema import SQLITE, Dialect
from counterfoil.storage.search import Compiled
from counterfoil.storage.totals import LARGE


def page(document: Document, wanted: Search, total: int, dialect: Dialect, *, finder: str = "") -> Compiled:
    """Return the statement for the ids of a page. Raises `UnknownField` or `InvalidCondition`.

    Args:
        document: what is searched.
        wanted: what is searched for.
        total: about how many ``wanted`` finds.
        dialect: the engine's.
        finder: the column to find by (see `counterfoil.storage.finding`), if that is known.
    """
    sorts = wanted.sorts or natural_order(document, wanted)
    first = sorts[0].field if sorts else document.key
    few = total <= LARGE
    way = ""
    if dialect is SQLITE:
        way = finding.way(document, finder) if few else _through(document, wanted, first)
    condition, parameters = search.where(wanted, document.columns, dialect)
    afterwards = few and finder != first and _sorts_afterwards(document, wanted, first)
    order = search.order_by(sorts, document.columns, document.key, afterwards=afterwards)
    limit = f" LIMIT {int(wanted.limit)} OFFSET {int(wanted.offset)}" if wanted.limit else ""
    text = f"SELECT {document.key} FROM {document.table}{way} WHERE {condition} ORDER BY {order}{limit}"
    return text, parameters


def natural_order(document: Document, wanted: Search) -> tuple[Sort, ...]:
    """Return the sorts of a search that asks for none: the order in which an index finds it, else by key.

    Adobe leaves this open. It is by the time that the search is limited to, or by the time that the index
    of a wanted value goes on with. Who walks from id to id gets them by id.
    """
    conditions = list(search.alone(wanted))
    if any(condition.field == document.key for condition in conditions):
        return ()
    for condition in conditions:
        if condition.condition in search.RANGES and _is_indexed_time(document, condition.field):
            return (Sort(condition.field, descending=False),)
    for condition in conditions:
        index = document.indexes.get(condition.field)
        if condition.condition in search.EQUALITIES and index and _is_indexed_time(document, index.then):
            return (Sort(index.then, descending=False),)
    return ()


def _is_indexed_time(document: Document, field: str) -> bool:
    return field in document.indexes and document.columns[field].kind is Kind.TIME


def _sorts_afterwards(document: Document, wanted: Search, first: str) -> bool:
    """Tell whether few documents are best found by the index of a condition, and then sorted.

    An engine may think it clever to go through everything in the order wanted until it has a page full.
    """
    return not _finds_in_order(document, wanted, first) and any(
        condition.field != first for condition in _indexed(document, wanted)
    )


def _through(document: Document, wanted: Search, first: str) -> str:
    """Return what makes SQLite go through many documents in the order wanted, which soon fills a page."""
    index = document.indexes.get(first)
    if index is None or not wanted.groups or _finds_in_order(document, wanted, first):
        return ""
    return finding.forced(index)


def _finds_in_order(document: Document, wanted: Search, first: str) -> bool:
    """Tell whether one index both finds and sorts: ``status = …`` by ``created_at``."""
    return any(
        condition.condition in search.EQUALITIES and document.indexes[condition.field].then == first
        for condition in _indexed(document, wanted)
    )


def _indexed(document: Document, wanted: Search) -> Iterator[Filter]:
    return (
        condition
        for condition in search.alone(wanted)
        if condition.condition in search.INDEXABLE and condition.field in document.indexes
    )

"""What the doctor asks of the database beyond the books themselves: strays, keys, terms, indexes.

Every query walks along a primary key within bounds, so none takes long however large the books are.
"""

import re
from collections.abc import Collection, Iterator

from counterfoil.domain.order import Order
from counterfoil.ledger.inspection import StoredKey, Stray
from counterfoil.storage import rows, schema
from counterfoil.storage.documents import in_parts
from counterfoil.storage.rows import KEY_COLUMNS
from counterfoil.storage.schema import SQLITE
from counterfoil.storage.session import Session, marks

_BELOW_ORDERS = (
    *("order_item", "invoice", "shipment", "creditmemo", "order_comment"),
    *("payment_operation", "journal", "attachment", "outbox"),
)
_BELOW_DOCUMENTS = (
    *(("invoice", part) for part in ("item", "comment")),
    *(("shipment", part) for part in ("item", "track", "comment")),
    *(("creditmemo", part) for part in ("item", "comment")),
)
# A subquery for its value is looked up by key, row by row; NOT EXISTS may become a scan of the whole table.
_RANGE = "t.order_id > ? AND t.order_id <= ?"
_WITHOUT_ORDER = (
    "SELECT DISTINCT t.order_id, '{0} rows without their order' FROM {0} t "
    f"WHERE {_RANGE} AND (SELECT 1 FROM orders o WHERE o.entity_id = t.order_id) IS NULL"
)
_WITHOUT_DOCUMENT = (
    "SELECT DISTINCT t.order_id, '{0}_{1} rows without their {0}' FROM {0}_{1} t "
    f"WHERE {_RANGE} AND "
    "(SELECT 1 FROM {0} d WHERE d.order_id = t.order_id AND d.entity_id = t.{0}_id) IS NULL"
)
_MISPLACED = (
    "SELECT DISTINCT t.order_id, 'order_item rows with a wrong top_item_id' FROM order_item t "
    f"WHERE {_RANGE} AND t.top_item_id <> COALESCE(t.parent_item_id, t.item_id)"
)
_STRAYS = (
    *(_WITHOUT_ORDER.format(table) for table in _BELOW_ORDERS),
    *(_WITHOUT_DOCUMENT.format(document, part) for document, part in _BELOW_DOCUMENTS),
    _MISPLACED,
)
_ALL_STRAYS = f"{' UNION ALL '.join(_STRAYS)} ORDER BY 1, 2 LIMIT ?"
_KEYS = (
    f"SELECT {', '.join(KEY_COLUMNS)} FROM idempotency_key WHERE (scope, key) > (?, ?) "
    "ORDER BY scope, key LIMIT ?"
)
_FOUND_BY = "SELECT term FROM order_term WHERE term IN ({}) AND created_at = ? AND order_id = ?"
_UNIQUE_IN_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE UNIQUE %'"
_UNIQUE_IN_POSTGRES = (
    "SELECT c.relname FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid "
    "JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE x.indisunique AND x.indisvalid AND n.nspname = ANY (current_schemas(false))"
)
_CREATES_UNIQUE = re.compile(r"CREATE UNIQUE INDEX (\w+)")
_CREATES_TABLE = re.compile(r"CREATE TABLE (\w+) \(")


class StoredInspection:
    """Looks for what reading the books does not show, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def strays(self, *, after_id: int, up_to_id: int, limit: int = 1000) -> list[Stray]:
        """Return rows that do not hang together, of the order ids in the range, ascending by order id."""
        bounds = (after_id, up_to_id) * len(_STRAYS)
        found = await self._session.rows(_ALL_STRAYS, (*bounds, limit))
        return [Stray(*row) for row in found]

    async def keys(self, *, after: tuple[str, str] = ("", ""), limit: int = 1000) -> list[StoredKey]:
        """Return idempotency keys, ascending by scope and key, for walks over all of them."""
        return [rows.stored_key(row) for row in await self._session.rows(_KEYS, (*after, limit))]

    async def found_by(self, order: Order, terms: Collection[str]) -> set[str]:
        """Return those of the terms by which an order is found in lists."""
        found: set[str] = set()
        for part in in_parts(sorted(terms)):
            statement = _FOUND_BY.format(marks(len(part)))
            looked_up = await self._session.rows(statement, (*part, order.created_at, order.entity_id))
            found.update(row[0] for row in looked_up)
        return found

    async def missing_indexes(self) -> list[str]:
        """Return the names of the unique indexes that the schema has and this database has not."""
        sqlite = self._session.schema is SQLITE
        found = await self._session.rows(_UNIQUE_IN_SQLITE if sqlite else _UNIQUE_IN_POSTGRES)
        return sorted(set(_unique_indexes(self._session.schema)) - {row[0] for row in found})


def _unique_indexes(dialect: schema.Dialect) -> Iterator[str]:
    """Yield the names of unique indexes that the migrations make, and where it can be lost, of keys."""
    for _, steps in schema.statements(0, dialect):
        for step in steps:
            if index := _CREATES_UNIQUE.match(step):
                yield index[1]
            # SQLite keeps a primary key within its table; PostgreSQL lets one drop it alone.
            elif dialect is not SQLITE and (table := _CREATES_TABLE.match(step)):
                yield f"{table[1]}_pkey"

"""Writing the books on PostgreSQL: one statement for a whole batch, arrays unnested on the server."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from counterfoil.domain.decision import Scope
from counterfoil.domain.order import OrderItem
from counterfoil.ledger.ports import KeyName, Loaded, StockLevel, Writes
from counterfoil.storage import nonces, rows, statements
from counterfoil.storage.arrays import integers, texts
from counterfoil.storage.postgres_batch import batch
from counterfoil.storage.reader import LISTENED, BookReader
from counterfoil.storage.rows import ITEM_COLUMNS, KEY_COLUMNS, ORDER_COLUMNS
from counterfoil.storage.session import Session, Statement

_HEADS = (
    f"SELECT {', '.join(ORDER_COLUMNS)} FROM orders WHERE entity_id = ANY(?::bigint[]) ORDER BY entity_id"
)
_HEADS_WAITING = f"{_HEADS} FOR UPDATE"
_HEADS_FREE = f"{_HEADS} FOR UPDATE SKIP LOCKED"
_EXIST = "SELECT entity_id FROM orders WHERE entity_id = ANY(?::bigint[])"
_ITEM_LIST = ", ".join(f"i.{name}" for name in ITEM_COLUMNS)
# OFFSET 0 keeps the planner from turning the lookups into a scan of all items.
_ITEMS_NAMED = f"""
    SELECT i.order_id, {_ITEM_LIST}
    FROM unnest(?::bigint[], ?::bigint[]) AS wanted (order_id, item_id)
    CROSS JOIN LATERAL (
        SELECT top_item_id FROM order_item n
        WHERE n.item_id = wanted.item_id AND n.order_id = wanted.order_id OFFSET 0) AS top
    CROSS JOIN LATERAL (
        SELECT * FROM order_item r
        WHERE r.order_id = wanted.order_id AND r.top_item_id = top.top_item_id OFFSET 0) AS i"""
_ITEMS_ALL = f"SELECT i.order_id, {_ITEM_LIST} FROM order_item i WHERE i.order_id = ANY(?::bigint[])"
# Of bundles priced by their parts also what was canceled: the bundle is invoiced as far as all parts are.
_ITEMS_OPEN = (
    f"{_ITEMS_ALL} AND i.qty_invoiced < i.qty_ordered - i.qty_canceled * (1 - i.children_calculated)"
)
_KEYS = f"""
    SELECT {", ".join(f"k.{name}" for name in KEY_COLUMNS)}
    FROM unnest(?::text[], ?::text[]) AS wanted (scope, key)
    JOIN idempotency_key k ON k.scope = wanted.scope AND k.key = wanted.key"""
# One by one: joined, a plan that was made while there were few attachments would read all of them.
_ATTACHMENTS = """
    SELECT wanted.order_id, wanted.kind, wanted.name, found.body
    FROM unnest(?::bigint[], ?::text[], ?::text[]) AS wanted (order_id, kind, name)
    CROSS JOIN LATERAL (
        SELECT body FROM attachment a
        WHERE a.order_id = wanted.order_id AND a.kind = wanted.kind AND a.name = wanted.name LIMIT 1
    ) AS found"""
_SERIES = "SELECT name, next_value FROM series WHERE name = ANY(?::text[]) ORDER BY name FOR UPDATE"
_NEW_SERIES = (
    "INSERT INTO series (name, next_value) SELECT name, 1 FROM unnest(?::text[]) AS wanted (name) "
    "ORDER BY name ON CONFLICT DO NOTHING"
)


# The rows are locked, so the updates hit. Should one not, the division undoes all.
_GUARDED = {
    statement: f"WITH updated AS ({statement} RETURNING 1) SELECT 1 / COUNT(*) FROM updated"
    for statement in statements.UPDATES
}

_FEW = 3
"""Up to so many commands are written row by row."""


class PipelinedSession(Session, Protocol):
    """A session that can put off what returns nothing."""

    def defer(self, statement: str, parameters: Sequence[Any]) -> None:
        """Run a statement together with whatever comes next."""

    async def commit(self) -> None:
        """Run what was deferred and commit, in one round trip."""


class PostgresTransaction(BookReader):
    """One writing transaction on PostgreSQL."""

    session: PipelinedSession
    wrote_tasks = False
    wrote_outbox = False

    async def load(
        self, scopes: Mapping[int, Scope], keys: Sequence[KeyName], *, series: Sequence[str] = (), wait: bool
    ) -> Loaded:
        """Lock the orders in id order, load them, look up the keys, then lock the series, in one trip."""
        queries: list[Statement] = []
        if scopes:
            orders_wanted = integers(sorted(scopes))
            queries.append((_HEADS_WAITING if wait else _HEADS_FREE, (orders_wanted,)))
        # After the lock, so that what the orders' last writers committed is seen.
        queries += _items_of(scopes)
        attachments = _attachments_of(scopes)
        if attachments:
            queries.append(attachments)
        if scopes:
            queries.append((LISTENED, ()))
        if keys:
            names = (texts(key.scope for key in keys), texts(key.key for key in keys))
            queries.append((_KEYS, names))
        if series:
            queries.append((_SERIES, (texts(series),)))
        found = await self.session.several(queries)
        values = await self._with_new(series, dict(found.pop())) if series else {}
        stored = {(row[0], row[1]): rows.stored_key(row) for row in (found.pop() if keys else ())}
        if not scopes:
            return Loaded({}, frozenset(), stored, values)
        listened = bool(found.pop()[0][0])
        attached = found.pop() if attachments else ()
        heads, *item_rows = found
        items: defaultdict[int, dict[int, OrderItem]] = defaultdict(dict)
        for row in sorted(row for part in item_rows for row in part):
            items[row[0]][row[1]] = rows.order_item(row[1:])
        orders = {head[0]: rows.order(head, items[head[0]]) for head in heads}
        for order_id, *attachment in attached:
            if order_id in orders:
                orders[order_id] = rows.with_attachments(orders[order_id], [tuple(attachment)])
        await self.add_rare(orders, scopes)
        held = await self._held(scopes.keys() - orders.keys()) if not wait else frozenset()
        return Loaded(orders, held, stored, values, listened=listened)

    async def lock_series(self, names: Sequence[str]) -> dict[str, int]:
        """Lock series in name order and return their next values (1 for a new one)."""
        if not names:
            return {}
        return await self._with_new(names, dict(await self.session.rows(_SERIES, (texts(names),))))

    async def lock_stock(self, product_ids: Sequence[int]) -> dict[int, StockLevel]:
        """Lock and return stock levels, in ascending id order."""
        return await self.stock(product_ids, lock=True)

    async def write_stock(self, levels: Sequence[StockLevel]) -> None:
        """Insert or replace stock levels."""
        await statements.write_stock(self.session, levels)

    async def claim_nonces(self, expiries: Mapping[str, int]) -> set[str]:
        """Store digests that are not stored yet, waiting for others who do, and return which those were."""
        return await nonces.claim(self.session, expiries)

    async def forget_nonces(self, now: int, *, limit: int) -> None:
        """Remove nonces that have expired."""
        await nonces.forget(self.session, now, limit)

    async def write(self, writes: Writes) -> None:
        """Write to the books. Raises `Conflict` if an order is not at the version it was loaded at."""
        self.wrote_tasks |= bool(writes.tasks)
        self.wrote_outbox |= bool(writes.outbox)
        if len(writes.journal) <= _FEW:
            self._defer_rows(writes)
            return
        self._defer_updates(statements.rare_updates(writes))
        for statement, parameters in statements.new_rows(writes):
            self._defer_each(statement, parameters)
        statement, arrays = batch(writes)
        self.session.defer(statement, arrays)

    async def commit(self) -> None:
        """Make everything durable. Raises `Unknown` if that cannot be told."""
        await self.session.commit()

    def _defer_rows(self, writes: Writes) -> None:
        """Write row by row: for a few rows that costs less than unnesting arrays of one."""
        self._defer_updates(statements.updates(writes))
        self._defer_updates(statements.rare_updates(writes))
        for statement, parameters in statements.of(writes):
            self._defer_each(statement, parameters)

    def _defer_updates(self, updates: Iterable[statements.Many]) -> None:
        for statement, parameters in updates:
            self._defer_each(_GUARDED[statement], parameters)

    def _defer_each(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        for values in parameters:
            self.session.defer(statement, values)

    async def _with_new(self, names: Sequence[str], found: dict[str, int]) -> dict[str, int]:
        """Begin the series that are not there yet."""
        if len(found) == len(set(names)):
            return found
        wanted = texts(names)
        await self.session.run(_NEW_SERIES, (wanted,))
        return dict(await self.session.rows(_SERIES, (wanted,)))

    async def _held(self, missing: AbstractSet[int]) -> frozenset[int]:
        """Return which of the orders that could not be locked exist: those somebody else holds."""
        if not missing:
            return frozenset()
        found = await self.session.rows(_EXIST, (integers(sorted(missing)),))
        return frozenset(row[0] for row in found)


def _attachments_of(scopes: Mapping[int, Scope]) -> Statement | None:
    """Return the query for the packages and Changes that the scopes name; None if they name none."""
    named = [
        (order_id, kind, name)
        for order_id, scope in scopes.items()
        if scope.packages or scope.changes
        for kind, names in ((rows.PACKAGE, scope.packages), (rows.CHANGE, scope.changes))
        for name in names
    ]
    if not named:
        return None
    order_ids, kinds, names = zip(*named, strict=True)
    return _ATTACHMENTS, (integers(order_ids), texts(kinds), texts(names))


def _items_of(scopes: Mapping[int, Scope]) -> list[Statement]:
    """Return the queries for the rows that the scopes name."""
    queries: list[Statement] = []
    whole = [order_id for order_id, scope in scopes.items() if scope.all_items]
    if whole:
        queries.append((_ITEMS_ALL, (integers(whole),)))
    scopes = {order_id: scope for order_id, scope in scopes.items() if not scope.all_items}
    named = [(order_id, item_id) for order_id, scope in scopes.items() for item_id in scope.item_ids]
    if named:
        pairs = (integers(order_id for order_id, _ in named), integers(item_id for _, item_id in named))
        queries.append((_ITEMS_NAMED, pairs))
    wholly = [order_id for order_id, scope in scopes.items() if scope.open_to_invoice]
    if wholly:
        queries.append((_ITEMS_OPEN, (integers(wholly),)))
    return queries

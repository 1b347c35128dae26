"""Writing the books on PostgreSQL: one statement for a whole batch, arrays unnested on the server."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from counterfoil.domain.decision import Scope
from counterfoil.domain.order import Order, OrderItem
from counterfoil.ledger.faults import Conflict
from counterfoil.ledger.ports import KeyName, Loaded, StockLevel, Writes
from counterfoil.storage import inserts, rows
from counterfoil.storage.arrays import array
from counterfoil.storage.reader import BookReader
from counterfoil.storage.rows import (
    INVOICE_COLUMNS,
    INVOICE_ITEM_COLUMNS,
    ITEM_CHANGES,
    ITEM_COLUMNS,
    JOURNAL_COLUMNS,
    KEY_COLUMNS,
    ORDER_CHANGES,
    ORDER_COLUMNS,
    Row,
)
from counterfoil.storage.session import Session

_TEXTS = frozenset(
    {
        *("state", "status", "updated_at", "created_at", "increment_id", "currency", "discount_description"),
        *("sku", "name", "kind", "at", "actor", "channel", "idempotency_key", "command_id", "body"),
        *("scope", "key", "fingerprint", "answer", "series"),
    }
)
"""Columns of batches that are text; all others are BIGINT, and so is the state of an invoice."""

_HEADS = (
    f"SELECT {', '.join(ORDER_COLUMNS)} FROM orders WHERE entity_id = ANY(?::bigint[]) ORDER BY entity_id"
)
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
_ITEMS_OPEN = f"""
    SELECT i.order_id, {_ITEM_LIST} FROM order_item i
    WHERE i.order_id = ANY(?::bigint[]) AND i.qty_invoiced < i.qty_ordered - i.qty_canceled"""
_KEYS = f"""
    SELECT {", ".join(f"k.{name}" for name in KEY_COLUMNS)}
    FROM unnest(?::text[], ?::text[]) AS wanted (scope, key)
    JOIN idempotency_key k ON k.scope = wanted.scope AND k.key = wanted.key"""
_SERIES = "SELECT name, next_value FROM series WHERE name = ANY(?::text[]) ORDER BY name FOR UPDATE"
_NEW_SERIES = (
    "INSERT INTO series (name, next_value) SELECT name, 1 FROM unnest(?::text[]) AS wanted (name) "
    "ORDER BY name ON CONFLICT DO NOTHING"
)

_INVOICE_ITEMS = ("order_id", "invoice_id", *INVOICE_ITEM_COLUMNS)
_ORDER_BATCH = ("entity_id", "expected", *ORDER_CHANGES)
_ITEM_BATCH = ("order_id", "top_item_id", "item_id", *ITEM_CHANGES)


class PostgresTransaction(BookReader):
    """One writing transaction on PostgreSQL."""

    def __init__(self, session: Session, commit: Callable[[Any], Awaitable[None]]) -> None:
        super().__init__(session)
        self._commit = commit

    async def load(self, scopes: Mapping[int, Scope], keys: Sequence[KeyName], *, wait: bool) -> Loaded:
        """Lock the orders in id order, load them, then look up the keys."""
        orders: dict[int, Order] = {}
        held: frozenset[int] = frozenset()
        if scopes:
            lock = " FOR UPDATE" if wait else " FOR UPDATE SKIP LOCKED"
            heads = await self.session.rows(_HEADS + lock, (array(sorted(scopes)),))
            items = await self._load_items({head[0]: scopes[head[0]] for head in heads})
            orders = {head[0]: rows.order(head, items[head[0]]) for head in heads}
            missing = scopes.keys() - orders.keys()
            if missing and not wait:
                found = await self.session.rows(_EXIST, (array(sorted(missing)),))
                held = frozenset(row[0] for row in found)
        stored = {}
        if keys:
            # After the lock, so that what the order's last writer stored is seen.
            wanted = (array([key.scope for key in keys]), array([key.key for key in keys]))
            for row in await self.session.rows(_KEYS, wanted):
                stored[(row[0], row[1])] = rows.stored_key(row)
        return Loaded(orders, held, stored)

    async def lock_series(self, names: Sequence[str]) -> dict[str, int]:
        """Lock series in name order and return their next values (1 for a new one)."""
        if not names:
            return {}
        wanted = array(names)
        found: dict[str, int] = dict(await self.session.rows(_SERIES, (wanted,)))
        if len(found) < len(set(names)):
            await self.session.run(_NEW_SERIES, (wanted,))
            found = dict(await self.session.rows(_SERIES, (wanted,)))
        return found

    async def lock_stock(self, product_ids: Sequence[int]) -> dict[int, StockLevel]:
        """Lock and return stock levels, in ascending id order."""
        return await self.stock(product_ids, lock=True)

    async def write_stock(self, levels: Sequence[StockLevel]) -> None:
        """Insert or replace stock levels."""
        await inserts.write_stock(self.session, levels)

    async def write(self, writes: Writes) -> None:
        """Write to the books. Raises `Conflict` if an order is not at the version it was loaded at."""
        if writes.placed or writes.invoice_comments or any(invoice.comments for invoice in writes.invoices):
            for statement, parameters in inserts.new_rows(writes):
                await self.session.run_many(statement, parameters)
        statement, arrays = _batch(writes)
        if not arrays:
            return
        updated = await self.session.rows(statement, arrays)
        if updated[0][0] != len(writes.changed):
            raise Conflict

    async def commit(self) -> None:
        """Make everything durable. Raises `Unknown` if that cannot be told."""
        await self._commit(self.session)

    async def _load_items(self, scopes: Mapping[int, Scope]) -> defaultdict[int, dict[int, OrderItem]]:
        found: list[Row] = []
        named = [(order_id, item_id) for order_id, scope in scopes.items() for item_id in scope.item_ids]
        if named:
            pairs = (array([pair[0] for pair in named]), array([pair[1] for pair in named]))
            found += await self.session.rows(_ITEMS_NAMED, pairs)
        wholly = [order_id for order_id, scope in scopes.items() if scope.open_to_invoice]
        if wholly:
            found += await self.session.rows(_ITEMS_OPEN, (array(wholly),))
        items: defaultdict[int, dict[int, OrderItem]] = defaultdict(dict)
        for row in sorted(found):
            items[row[0]][row[1]] = rows.order_item(row[1:])
        return items


def _batch(writes: Writes) -> tuple[str, list[str]]:
    """Return the one statement that writes a batch, and its arrays."""
    tables: list[tuple[str, tuple[str, ...], Iterable[Sequence[Any]]]] = []
    if writes.changed:
        changed = [
            (order.entity_id, version, *rows.values(order, ORDER_CHANGES))
            for version, order in writes.changed
        ]
        tables.append(("orders", _ORDER_BATCH, changed))
    if writes.items:
        items = [
            (order_id, item.parent_item_id or item.item_id, item.item_id, *rows.values(item, ITEM_CHANGES))
            for order_id, item in writes.items
        ]
        tables.append(("order_item", _ITEM_BATCH, items))
    if writes.invoices:
        invoices = [rows.values(invoice, INVOICE_COLUMNS) for invoice in writes.invoices]
        tables.append(("invoice", INVOICE_COLUMNS, invoices))
        lines = [
            (invoice.order_id, invoice.entity_id, *rows.values(item, INVOICE_ITEM_COLUMNS))
            for invoice in writes.invoices
            for item in invoice.items
        ]
        tables.append(("invoice_item", _INVOICE_ITEMS, lines))
    if writes.journal:
        journal = [rows.values(entry, JOURNAL_COLUMNS) for entry in writes.journal]
        tables.append(("journal", JOURNAL_COLUMNS, journal))
    if writes.keys:
        keys = [rows.values(key, KEY_COLUMNS) for key in writes.keys]
        tables.append(("idempotency_key", KEY_COLUMNS, keys))
    if writes.series:
        tables.append(("series", ("series", "next_value"), list(writes.series.items())))
    statement = _statement(tuple(name for name, _, _ in tables))
    return statement, [array(column) for _, _, batch in tables for column in zip(*batch, strict=True)]


@lru_cache(maxsize=128)
def _statement(tables: tuple[str, ...]) -> str:
    parts = ", ".join(f"{table}_part AS ({_PARTS[table]})" for table in tables)
    counted = "(SELECT COUNT(*) FROM orders_part)" if "orders" in tables else "0"
    return f"WITH {parts} SELECT {counted}"


def _unnest(columns: Sequence[str], texts: frozenset[str] = _TEXTS) -> str:
    arrays = ", ".join("?::text[]" if name in texts else "?::bigint[]" for name in columns)
    return f"unnest({arrays}) AS batch ({', '.join(columns)})"


def _update(table: str, columns: Sequence[str], *, match: str, changes: Sequence[str]) -> str:
    sets = ", ".join(f"{name} = batch.{name}" for name in changes)
    return f"UPDATE {table} t SET {sets} FROM {_unnest(columns)} WHERE {match} RETURNING 1"


def _insert(table: str, columns: Sequence[str], texts: frozenset[str] = _TEXTS) -> str:
    names = ", ".join(columns)
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM {_unnest(columns, texts)}"


_PARTS = {
    "orders": _update(
        "orders",
        _ORDER_BATCH,
        match="t.entity_id = batch.entity_id AND t.version = batch.expected",
        changes=ORDER_CHANGES,
    ),
    "order_item": _update(
        "order_item",
        _ITEM_BATCH,
        match="t.order_id = batch.order_id AND t.top_item_id = batch.top_item_id "
        "AND t.item_id = batch.item_id",
        changes=ITEM_CHANGES,
    ),
    "invoice": _insert("invoice", INVOICE_COLUMNS, _TEXTS - {"state"}),
    "invoice_item": _insert("invoice_item", _INVOICE_ITEMS),
    "journal": _insert("journal", JOURNAL_COLUMNS),
    "idempotency_key": _insert("idempotency_key", KEY_COLUMNS),
    "series": _update(
        "series", ("series", "next_value"), match="t.name = batch.series", changes=("next_value",)
    ),
}

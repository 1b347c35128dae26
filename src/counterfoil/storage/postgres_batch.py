"""The one statement that writes a batch on PostgreSQL: arrays of columns, unnested on the server."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from counterfoil.ledger.ports import Writes
from counterfoil.storage.arrays import integers, texts
from counterfoil.storage.rows import (
    INVOICE_COLUMNS,
    INVOICE_ITEM_COLUMNS,
    ITEM_CHANGES,
    JOURNAL_COLUMNS,
    KEY_COLUMNS,
    ORDER_CHANGES,
    columns_of,
)

_TEXTS = frozenset(
    {
        *("orders.state", "orders.status", "orders.updated_at"),
        *("invoice.increment_id", "invoice.currency", "invoice.discount_description"),
        *("invoice.created_at", "invoice.updated_at", "invoice_item.sku", "invoice_item.name"),
        *(f"journal.{name}" for name in JOURNAL_COLUMNS if name not in {"order_id", "seq"}),
        *(f"idempotency_key.{name}" for name in KEY_COLUMNS),
        "series.series",
    }
)
"""Columns of batches that are text; all others are BIGINT."""

_COLUMNS: dict[str, tuple[str, ...]] = {
    "orders": ("expected", "entity_id", *ORDER_CHANGES),
    "order_item": ("order_id", "top_item_id", "item_id", *ITEM_CHANGES),
    "invoice": INVOICE_COLUMNS,
    "invoice_item": ("order_id", "invoice_id", *INVOICE_ITEM_COLUMNS),
    "journal": JOURNAL_COLUMNS,
    "idempotency_key": KEY_COLUMNS,
    "series": ("series", "next_value"),
}
"""The columns of each table's part of the batch, in the order of its arrays."""

Column = Iterable[Any]


def batch(writes: Writes) -> tuple[str, list[str]]:
    """Return the statement that writes ``writes``, and its parameters.

    The statement fails with division by zero if an order is not at its expected version, or a row is gone.
    """
    tables = {name: columns for name, columns in _tables(writes) if columns}
    arrays = [
        texts(column) if f"{table}.{name}" in _TEXTS else integers(column)
        for table, columns in tables.items()
        for name, column in zip(_COLUMNS[table], columns, strict=True)
    ]
    updates = {"orders": len(writes.changed), "order_item": len(writes.items)}
    arrays += [str(count) for table, count in updates.items() if table in tables]
    return _statement(tuple(tables)), arrays


def _tables(writes: Writes) -> Iterable[tuple[str, list[Column]]]:
    if writes.changed:
        changed = columns_of([order for _, order in writes.changed], ("entity_id", *ORDER_CHANGES))
        yield "orders", [[version for version, _ in writes.changed], *changed]
    if writes.items:
        items = [item for _, item in writes.items]
        yield (
            "order_item",
            [
                [order_id for order_id, _ in writes.items],
                [item.parent_item_id or item.item_id for item in items],
                *columns_of(items, ("item_id", *ITEM_CHANGES)),
            ],
        )
    if writes.invoices:
        lines = [(invoice, line) for invoice in writes.invoices for line in invoice.items]
        yield "invoice", list(columns_of(writes.invoices, INVOICE_COLUMNS))
        yield (
            "invoice_item",
            [
                [invoice.order_id for invoice, _ in lines],
                [invoice.entity_id for invoice, _ in lines],
                *columns_of([line for _, line in lines], INVOICE_ITEM_COLUMNS),
            ],
        )
    yield "journal", list(columns_of(writes.journal, JOURNAL_COLUMNS))
    yield "idempotency_key", list(columns_of(writes.keys, KEY_COLUMNS))
    yield "series", list(zip(*writes.series.items(), strict=True))


@lru_cache(maxsize=128)
def _statement(tables: tuple[str, ...]) -> str:
    parts = ", ".join(f"{table}_part AS ({_PARTS[table]})" for table in tables)
    # The rows are locked, so every update hits. Should one not, the division undoes all.
    guards = [
        f"(SELECT COUNT(*) FROM {table}_part) = ?::bigint"
        for table in ("orders", "order_item")
        if table in tables
    ]
    return f"WITH {parts} SELECT 1 / (CASE WHEN {' AND '.join(guards) or 'TRUE'} THEN 1 ELSE 0 END)"


def _unnest(table: str) -> str:
    columns = _COLUMNS[table]
    arrays = ", ".join("?::text[]" if f"{table}.{name}" in _TEXTS else "?::bigint[]" for name in columns)
    return f"unnest({arrays}) AS batch ({', '.join(columns)})"


def _update(table: str, *, match: str, changes: Sequence[str]) -> str:
    sets = ", ".join(f"{name} = batch.{name}" for name in changes)
    return f"UPDATE {table} t SET {sets} FROM {_unnest(table)} WHERE {match} RETURNING 1"


def _insert(table: str) -> str:
    names = ", ".join(_COLUMNS[table])
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM {_unnest(table)}"


_PARTS = {
    "orders": _update(
        "orders",
        match="t.entity_id = batch.entity_id AND t.version = batch.expected",
        changes=ORDER_CHANGES,
    ),
    "order_item": _update(
        "order_item",
        match="t.order_id = batch.order_id AND t.top_item_id = batch.top_item_id "
        "AND t.item_id = batch.item_id",
        changes=ITEM_CHANGES,
    ),
    "invoice": _insert("invoice"),
    "invoice_item": _insert("invoice_item"),
    "journal": _insert("journal"),
    "idempotency_key": _insert("idempotency_key"),
    "series": _update("series", match="t.name = batch.series", changes=("next_value",)),
}

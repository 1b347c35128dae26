"""The statements that write the books one row at a time, the same on every engine."""

from collections.abc import Iterator, Sequence
from typing import Any

from counterfoil.domain.order import Order
from counterfoil.ledger.ports import StockLevel, Writes
from counterfoil.storage import rows
from counterfoil.storage.rows import (
    COMMENT_COLUMNS,
    INVOICE_COLUMNS,
    INVOICE_ITEM_COLUMNS,
    ITEM_CHANGES,
    ITEM_COLUMNS,
    JOURNAL_COLUMNS,
    KEY_COLUMNS,
    ORDER_CHANGES,
    ORDER_COLUMNS,
    STOCK_COLUMNS,
    TASK_COLUMNS,
)
from counterfoil.storage.session import Session, marks

Many = tuple[str, list[Sequence[Any]]]


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks(len(columns))})"


UPDATE_ORDER = (
    f"UPDATE orders SET {', '.join(f'{name} = ?' for name in ORDER_CHANGES)} "
    "WHERE entity_id = ? AND version = ?"
)
UPDATE_ITEM = (
    f"UPDATE order_item SET {', '.join(f'{name} = ?' for name in ITEM_CHANGES)} "
    "WHERE order_id = ? AND top_item_id = ? AND item_id = ?"
)
_ORDER = _insert("orders", (*ORDER_COLUMNS, "particulars"))
_ITEM = _insert("order_item", ("order_id", "top_item_id", *ITEM_COLUMNS, "created_at", "particulars"))
_INVOICE = _insert("invoice", INVOICE_COLUMNS)
_INVOICE_ITEM = _insert("invoice_item", ("order_id", "invoice_id", *INVOICE_ITEM_COLUMNS))
_COMMENT = _insert("invoice_comment", ("order_id", "invoice_id", *COMMENT_COLUMNS))
_JOURNAL = _insert("journal", JOURNAL_COLUMNS)
_KEY = _insert("idempotency_key", KEY_COLUMNS)
_TASK = _insert("task", TASK_COLUMNS)
_SERIES = (
    "INSERT INTO series (name, next_value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET next_value = excluded.next_value"
)
_STOCK = f"{_insert('stock', STOCK_COLUMNS)} ON CONFLICT (product_id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in STOCK_COLUMNS[1:]
)


def order_update(order: Order, version: int) -> list[Any]:
    """Return the parameters of `UPDATE_ORDER` for an order that was loaded at ``version``."""
    return [*rows.values(order, ORDER_CHANGES), order.entity_id, version]


def item_updates(writes: Writes) -> Iterator[list[Any]]:
    """Yield the parameters of `UPDATE_ITEM` for each changed row of an order."""
    for order_id, item in writes.items:
        top_item_id = item.parent_item_id or item.item_id
        yield [*rows.values(item, ITEM_CHANGES), order_id, top_item_id, item.item_id]


def of(writes: Writes) -> Iterator[Many]:
    """Yield a statement and its sets of parameters for every table that gets new rows."""
    yield from new_rows(writes)
    if writes.invoices:
        yield _INVOICE, [rows.values(invoice, INVOICE_COLUMNS) for invoice in writes.invoices]
        yield (
            _INVOICE_ITEM,
            [
                [invoice.order_id, invoice.entity_id, *rows.values(item, INVOICE_ITEM_COLUMNS)]
                for invoice in writes.invoices
                for item in invoice.items
            ],
        )
    if writes.journal:
        yield _JOURNAL, [rows.values(entry, JOURNAL_COLUMNS) for entry in writes.journal]
    if writes.keys:
        yield _KEY, [rows.values(key, KEY_COLUMNS) for key in writes.keys]
    if writes.series:
        yield _SERIES, list(writes.series.items())


def new_rows(writes: Writes) -> Iterator[Many]:
    """Yield the inserts that no engine writes in bulk: placed orders, remarks on invoices, tasks."""
    for order in writes.placed:
        yield _ORDER, [[*rows.values(order, ORDER_COLUMNS), rows.encode(order.particulars).decode()]]
        yield _ITEM, _items(order)
    comments = [
        (invoice.order_id, invoice.entity_id, comment)
        for invoice in writes.invoices
        for comment in invoice.comments
    ] + writes.invoice_comments
    if comments:
        yield (
            _COMMENT,
            [
                [order_id, invoice_id, *rows.values(comment, COMMENT_COLUMNS)]
                for order_id, invoice_id, comment in comments
            ],
        )
    if writes.tasks:
        yield _TASK, [rows.values(task, TASK_COLUMNS) for task in writes.tasks]


async def write_stock(session: Session, levels: Sequence[StockLevel]) -> None:
    """Insert or replace stock levels."""
    if levels:
        await session.run_many(_STOCK, [rows.values(level, STOCK_COLUMNS) for level in levels])


def _items(order: Order) -> list[Sequence[Any]]:
    return [
        [
            order.entity_id,
            item.parent_item_id or item.item_id,
            *rows.values(item, ITEM_COLUMNS),
            order.created_at,
            rows.encode(item.particulars).decode(),
        ]
        for item in order.items.values()
    ]

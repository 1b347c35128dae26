"""The one statement that writes a batch on PostgreSQL: arrays of columns, unnested on the server."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from counterfoil.domain.documents import CreditMemo, Invoice, Shipment
from counterfoil.domain.order import Order, OrderItem
from counterfoil.ledger.ports import Writes
from counterfoil.storage.arrays import integers, texts, truths
from counterfoil.storage.rows import (
    ATTACHMENT_COLUMNS,
    CREDITMEMO_COLUMNS,
    CREDITMEMO_ITEM_COLUMNS,
    INVOICE_COLUMNS,
    INVOICE_ITEM_COLUMNS,
    ITEM_CHANGES,
    ITEM_INVOICED,
    JOURNAL_COLUMNS,
    KEY_COLUMNS,
    ORDER_CHANGES,
    ORDER_INVOICED,
    OUTBOX_COLUMNS,
    SHIPMENT_COLUMNS,
    SHIPMENT_ITEM_COLUMNS,
    columns_of,
    encode,
    values,
)

_TEXT = frozenset(
    [
        "state",
        "status",
        "updated_at",
        "hold_before_state",
        "hold_before_status",
        "increment_id",
        "currency",
        "discount_description",
        "created_at",
        "sku",
        "name",
        "transaction_id",
        "packages",
        "workflow_status",
        "invoiced_at",
        "stage",
        "authorized_at",
        "open_change",
        "cancellation_requests",
    ]
)
_TEXTS = {
    "journal": frozenset(JOURNAL_COLUMNS) - {"order_id", "seq"},
    "idempotency_key": frozenset(KEY_COLUMNS),
    "series": frozenset({"series"}),
    "invoice": _TEXT - {"state"},
    "creditmemo": _TEXT - {"state"},
    "attachment": frozenset(ATTACHMENT_COLUMNS) - {"order_id"},
    "outbox": frozenset(OUTBOX_COLUMNS) - {"order_id", "seq"},
}
"""Columns of batches that are text, where they are not those of `_TEXT`; all others are BIGINT."""

_COLUMNS: dict[str, tuple[str, ...]] = {
    "invoiced": ("expected", "entity_id", *ORDER_INVOICED),
    "changed": ("expected", "entity_id", *ORDER_CHANGES),
    "invoiced_items": ("order_id", "top_item_id", "item_id", *ITEM_INVOICED),
    "items": ("order_id", "top_item_id", "item_id", *ITEM_CHANGES),
    "invoice": INVOICE_COLUMNS,
    "invoice_item": ("order_id", "invoice_id", *INVOICE_ITEM_COLUMNS),
    "shipment": SHIPMENT_COLUMNS,
    "shipment_item": ("order_id", "shipment_id", *SHIPMENT_ITEM_COLUMNS),
    "creditmemo": CREDITMEMO_COLUMNS,
    "creditmemo_item": ("order_id", "creditmemo_id", *CREDITMEMO_ITEM_COLUMNS),
    "attachment": ATTACHMENT_COLUMNS,
    "outbox": OUTBOX_COLUMNS,
    "journal": JOURNAL_COLUMNS,
    "idempotency_key": KEY_COLUMNS,
    "series": ("series", "next_value"),
}
"""The columns of each part of the batch, in the order of its arrays."""

_UPDATED = ("invoiced", "changed", "invoiced_items", "items")
"""The parts that update rows, each of which must be there."""

Column = Iterable[Any]


def batch(writes: Writes) -> tuple[str, list[str]]:
    """Return the statement that writes ``writes``, and its parameters.

    The statement fails with division by zero if an order is not at its expected version, or a row is gone.
    """
    parts = {name: columns for name, columns in _parts(writes) if columns}
    arrays = [
        _array(part, name, column)
        for part, columns in parts.items()
        for name, column in zip(_COLUMNS[part], columns, strict=True)
    ]
    arrays += [str(len(getattr(writes, part))) for part in _UPDATED if part in parts]
    return _statement(tuple(parts)), arrays


def _parts(writes: Writes) -> Iterable[tuple[str, list[Column]]]:
    yield "invoiced", _orders(writes.invoiced, ORDER_INVOICED)
    yield "changed", _orders(writes.changed, ORDER_CHANGES)
    yield "invoiced_items", _items(writes.invoiced_items, ITEM_INVOICED)
    yield "items", _items(writes.items, ITEM_CHANGES)
    yield "invoice", list(columns_of(writes.invoices, INVOICE_COLUMNS))
    yield "invoice_item", _lines(writes.invoices, INVOICE_ITEM_COLUMNS)
    shipments = [values(shipment, SHIPMENT_COLUMNS) for shipment in writes.shipments]
    yield "shipment", list(zip(*shipments, strict=True))
    yield "shipment_item", _lines(writes.shipments, SHIPMENT_ITEM_COLUMNS)
    yield "creditmemo", list(columns_of(writes.creditmemos, CREDITMEMO_COLUMNS))
    yield "creditmemo_item", _lines(writes.creditmemos, CREDITMEMO_ITEM_COLUMNS)
    yield "attachment", list(zip(*writes.attachments, strict=True))
    yield "outbox", list(columns_of(writes.outbox, OUTBOX_COLUMNS))
    yield "journal", list(columns_of(writes.journal, JOURNAL_COLUMNS))
    yield "idempotency_key", list(columns_of(writes.keys, KEY_COLUMNS))
    yield "series", list(zip(*writes.series.items(), strict=True))


def _orders(orders: Sequence[tuple[int, Order]], columns: tuple[str, ...]) -> list[Column]:
    if not orders:
        return []
    changed = columns_of([order for _, order in orders], ("entity_id", *columns))
    return [[version for version, _ in orders], *changed]


def _items(items: Sequence[tuple[int, OrderItem]], columns: tuple[str, ...]) -> list[Column]:
    if not items:
        return []
    return [
        [order_id for order_id, _ in items],
        [item.parent_item_id or item.item_id for _, item in items],
        *columns_of([item for _, item in items], ("item_id", *columns)),
    ]


def _lines(
    documents: Sequence[Invoice] | Sequence[Shipment] | Sequence[CreditMemo], columns: tuple[str, ...]
) -> list[Column]:
    lines = [(document, line) for document in documents for line in document.items]
    if not lines:
        return []
    return [
        [document.order_id for document, _ in lines],
        [document.entity_id for document, _ in lines],
        *columns_of([line for _, line in lines], columns),
    ]


def _array(part: str, name: str, column: Column) -> str:
    if name == "customer_note_notify":
        return truths(column)
    if name in {"open_change", "cancellation_requests"}:
        return texts(encode(value).decode() if value else None for value in column)
    return texts(column) if _is_text(part, name) else integers(column)


def _is_text(part: str, name: str) -> bool:
    return name in _TEXTS.get(part, _TEXT)


@lru_cache(maxsize=256)
def _statement(parts: tuple[str, ...]) -> str:
    ctes = ", ".join(f"{part}_part AS ({_PARTS[part]})" for part in parts)
    # The rows are locked, so every update hits. Should one not, the division undoes all.
    guards = [f"(SELECT COUNT(*) FROM {part}_part) = ?::bigint" for part in _UPDATED if part in parts]
    return f"WITH {ctes} SELECT 1 / (CASE WHEN {' AND '.join(guards) or 'TRUE'} THEN 1 ELSE 0 END)"


def _unnest(part: str) -> str:
    columns = _COLUMNS[part]
    arrays = ", ".join("?::text[]" if _is_text(part, name) else "?::bigint[]" for name in columns)
    return f"unnest({arrays}) AS batch ({', '.join(columns)})"


def _update(table: str, part: str, *, match: str, changes: Sequence[str]) -> str:
    sets = ", ".join(f"{name} = batch.{name}" for name in changes)
    return f"UPDATE {table} t SET {sets} FROM {_unnest(part)} WHERE {match} RETURNING 1"


def _insert(table: str) -> str:
    names = ", ".join(_COLUMNS[table])
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM {_unnest(table)}"


_THE_ORDER = "t.entity_id = batch.entity_id AND t.version = batch.expected"
_THE_ITEM = "t.order_id = batch.order_id AND t.top_item_id = batch.top_item_id AND t.item_id = batch.item_id"
_PARTS = {
    "invoiced": _update("orders", "invoiced", match=_THE_ORDER, changes=ORDER_INVOICED),
    "changed": _update("orders", "changed", match=_THE_ORDER, changes=ORDER_CHANGES),
    "invoiced_items": _update("order_item", "invoiced_items", match=_THE_ITEM, changes=ITEM_INVOICED),
    "items": _update("order_item", "items", match=_THE_ITEM, changes=ITEM_CHANGES),
    "series": _update("series", "series", match="t.name = batch.series", changes=("next_value",)),
    **{
        table: _insert(table)
        for table in (
            *("invoice", "invoice_item", "shipment", "shipment_item", "creditmemo", "creditmemo_item"),
            *("outbox", "journal", "idempotency_key"),
        )
    },
    "attachment": (
        f"{_insert('attachment')} ON CONFLICT (order_id, kind, name) DO UPDATE SET body = excluded.body"
    ),
}

"""The statements that write the books one row at a time, the same on every engine."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from counterfoil.domain.documents import CreditMemo, Invoice, Shipment
from counterfoil.domain.order import Order, OrderItem
from counterfoil.ledger.ports import StockLevel, Writes
from counterfoil.storage import rows, terms
from counterfoil.storage.rows import (
    ATTACHMENT_COLUMNS,
    COMMENT_COLUMNS,
    CREDITMEMO_COLUMNS,
    CREDITMEMO_ITEM_COLUMNS,
    INVOICE_CHANGES,
    INVOICE_COLUMNS,
    INVOICE_ITEM_COLUMNS,
    ITEM_CHANGES,
    ITEM_COLUMNS,
    ITEM_INVOICED,
    JOURNAL_COLUMNS,
    KEY_COLUMNS,
    ORDER_CHANGES,
    ORDER_COLUMNS,
    ORDER_INVOICED,
    OUTBOX_COLUMNS,
    PAYMENT_COLUMNS,
    SHIPMENT_COLUMNS,
    SHIPMENT_ITEM_COLUMNS,
    STATUS_COMMENT_COLUMNS,
    STOCK_COLUMNS,
    TASK_COLUMNS,
    TRACK_COLUMNS,
)
from counterfoil.storage.session import Session, marks

Many = tuple[str, list[Sequence[Any]]]


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks(len(columns))})"


def _update(table: str, columns: Sequence[str], where: Sequence[str]) -> str:
    sets = ", ".join(f"{name} = ?" for name in columns)
    return f"UPDATE {table} SET {sets} WHERE {' AND '.join(f'{name} = ?' for name in where)}"


_ORDER_KEY = ("entity_id", "version")
_ITEM_KEY = ("order_id", "top_item_id", "item_id")
_UPDATE_INVOICED = _update("orders", ORDER_INVOICED, _ORDER_KEY)
_UPDATE_ORDER = _update("orders", ORDER_CHANGES, _ORDER_KEY)
_UPDATE_INVOICED_ITEM = _update("order_item", ITEM_INVOICED, _ITEM_KEY)
_UPDATE_ITEM = _update("order_item", ITEM_CHANGES, _ITEM_KEY)
_UPDATE_PARTICULARS = _update("orders", ("particulars",), ("entity_id",))
_UPDATE_INVOICE = _update("invoice", INVOICE_CHANGES, ("order_id", "entity_id"))
_UPDATE_INVOICE_ITEM = _update("invoice_item", ("qty_refunded",), ("order_id", "invoice_id", "entity_id"))
UPDATES = (
    _UPDATE_INVOICED,
    _UPDATE_ORDER,
    _UPDATE_INVOICED_ITEM,
    _UPDATE_ITEM,
    _UPDATE_PARTICULARS,
    _UPDATE_INVOICE,
    _UPDATE_INVOICE_ITEM,
)
"""Every statement that `updates` and `rare_updates` yield."""
_ORDER = _insert("orders", (*ORDER_COLUMNS, "particulars"))
_ITEM = _insert("order_item", ("order_id", "top_item_id", *ITEM_COLUMNS, "created_at", "particulars"))
_INVOICE = _insert("invoice", INVOICE_COLUMNS)
_INVOICE_ITEM = _insert("invoice_item", ("order_id", "invoice_id", *INVOICE_ITEM_COLUMNS))
_SHIPMENT = _insert("shipment", SHIPMENT_COLUMNS)
_SHIPMENT_ITEM = _insert("shipment_item", ("order_id", "shipment_id", *SHIPMENT_ITEM_COLUMNS))
_TRACK = _insert("shipment_track", ("order_id", "shipment_id", *TRACK_COLUMNS))
_NO_TRACK = "DELETE FROM shipment_track WHERE order_id = ? AND shipment_id = ? AND entity_id = ?"
_CREDITMEMO = _insert("creditmemo", CREDITMEMO_COLUMNS)
_CREDITMEMO_ITEM = _insert("creditmemo_item", ("order_id", "creditmemo_id", *CREDITMEMO_ITEM_COLUMNS))
_COMMENTS = {
    document: _insert(f"{document}_comment", ("order_id", f"{document}_id", *COMMENT_COLUMNS))
    for document in ("invoice", "shipment", "creditmemo")
}
_STATUS_COMMENT = _insert("order_comment", ("order_id", *STATUS_COMMENT_COLUMNS))
_PAYMENT = f"{_insert('payment_operation', PAYMENT_COLUMNS)} ON CONFLICT (order_id, seq) DO UPDATE SET " + (
    ", ".join(f"{name} = excluded.{name}" for name in PAYMENT_COLUMNS[2:])
)
_ATTACHMENT = (
    f"{_insert('attachment', ATTACHMENT_COLUMNS)} "
    "ON CONFLICT (order_id, kind, name) DO UPDATE SET body = excluded.body"
)
_OUTBOX = _insert("outbox", OUTBOX_COLUMNS)
_JOURNAL = _insert("journal", JOURNAL_COLUMNS)
_KEY = _insert("idempotency_key", KEY_COLUMNS)
_TASK = _insert("task", TASK_COLUMNS)
_MAILED = f"{_insert('mail_sent', ('document', 'document_id', 'at'))} ON CONFLICT DO NOTHING"
_SERIES = (
    "INSERT INTO series (name, next_value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET next_value = excluded.next_value"
)
_STOCK = f"{_insert('stock', STOCK_COLUMNS)} ON CONFLICT (product_id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in STOCK_COLUMNS[1:]
)


def updates(writes: Writes) -> Iterator[Many]:
    """Yield the updates of orders and their rows. Each set of parameters is for a row that is there."""
    if writes.invoiced:
        yield _UPDATE_INVOICED, _orders(writes.invoiced, ORDER_INVOICED)
    if writes.changed:
        yield _UPDATE_ORDER, _orders(writes.changed, ORDER_CHANGES)
    if writes.invoiced_items:
        yield _UPDATE_INVOICED_ITEM, _changed_items(writes.invoiced_items, ITEM_INVOICED)
    if writes.items:
        yield _UPDATE_ITEM, _changed_items(writes.items, ITEM_CHANGES)


def _orders(orders: Sequence[tuple[int, Order]], columns: tuple[str, ...]) -> list[Sequence[Any]]:
    return [[*rows.values(order, columns), order.entity_id, version] for version, order in orders]


def _changed_items(items: Sequence[tuple[int, OrderItem]], columns: tuple[str, ...]) -> list[Sequence[Any]]:
    return [
        [*rows.values(item, columns), order_id, item.parent_item_id or item.item_id, item.item_id]
        for order_id, item in items
    ]


def rare_updates(writes: Writes) -> Iterator[Many]:
    """Yield the updates that no engine writes in bulk. Each is for a row that is there."""
    if writes.particulars:
        yield (
            _UPDATE_PARTICULARS,
            [[rows.encode(particulars).decode(), order_id] for order_id, particulars in writes.particulars],
        )
    if writes.changed_invoices:
        yield (
            _UPDATE_INVOICE,
            [
                [*rows.values(invoice, INVOICE_CHANGES), invoice.order_id, invoice.entity_id]
                for invoice in writes.changed_invoices
            ],
        )
        yield (
            _UPDATE_INVOICE_ITEM,
            [
                [item.qty_refunded, invoice.order_id, invoice.entity_id, item.entity_id]
                for invoice in writes.changed_invoices
                for item in invoice.items
            ],
        )


def of(writes: Writes) -> Iterator[Many]:
    """Yield a statement and its sets of parameters for every table that gets new rows."""
    yield from new_rows(writes)
    if writes.invoices:
        yield _INVOICE, [rows.values(invoice, INVOICE_COLUMNS) for invoice in writes.invoices]
        yield _INVOICE_ITEM, _lines(writes.invoices, INVOICE_ITEM_COLUMNS)
    if writes.shipments:
        yield _SHIPMENT, [rows.values(shipment, SHIPMENT_COLUMNS) for shipment in writes.shipments]
        yield _SHIPMENT_ITEM, _lines(writes.shipments, SHIPMENT_ITEM_COLUMNS)
    if writes.creditmemos:
        yield _CREDITMEMO, [rows.values(memo, CREDITMEMO_COLUMNS) for memo in writes.creditmemos]
        yield _CREDITMEMO_ITEM, _lines(writes.creditmemos, CREDITMEMO_ITEM_COLUMNS)
    if writes.attachments:
        yield _ATTACHMENT, list(writes.attachments)
    if writes.outbox:
        yield _OUTBOX, [rows.values(entry, OUTBOX_COLUMNS) for entry in writes.outbox]
    if writes.journal:
        yield _JOURNAL, [rows.values(entry, JOURNAL_COLUMNS) for entry in writes.journal]
    if writes.keys:
        yield _KEY, [rows.values(key, KEY_COLUMNS) for key in writes.keys]
    if writes.series:
        yield _SERIES, list(writes.series.items())


def new_rows(writes: Writes) -> Iterator[Many]:
    """Yield what no engine writes in bulk: orders, payments, tracks, remarks, the history, tasks, mail."""
    for order in writes.placed:
        yield _ORDER, [[*rows.values(order, ORDER_COLUMNS), rows.encode(order.particulars).decode()]]
        yield _ITEM, _items(order, order.items.values())
    yield from terms.statements(writes)
    for order, item in writes.new_items:
        yield _ITEM, _items(order, [item])
    payments = [held for order in writes.placed for held in order.payments.values()] + writes.payments
    if payments:
        yield _PAYMENT, [rows.payment_values(operation) for operation in payments]
    for document, statement in _COMMENTS.items():
        comments = _comments(writes, document)
        if comments:
            yield statement, comments
    if writes.status_comments:
        yield (
            _STATUS_COMMENT,
            [
                [order_id, *rows.values(comment, STATUS_COMMENT_COLUMNS)]
                for order_id, comment in writes.status_comments
            ],
        )
    tracks = writes.tracks + [
        (shipment.order_id, shipment.entity_id, track)
        for shipment in writes.shipments
        for track in shipment.tracks
    ]
    if tracks:
        yield (
            _TRACK,
            [
                [order_id, shipment_id, *rows.values(track, TRACK_COLUMNS)]
                for order_id, shipment_id, track in tracks
            ],
        )
    if writes.removed_tracks:
        yield _NO_TRACK, list(writes.removed_tracks)
    if writes.tasks:
        yield _TASK, [rows.values(task, TASK_COLUMNS) for task in writes.tasks]
    if writes.mailed:
        yield _MAILED, list(writes.mailed)


def _comments(writes: Writes, document: str) -> list[Sequence[Any]]:
    issued: dict[str, Sequence[Invoice | Shipment | CreditMemo]] = {
        "invoice": writes.invoices,
        "shipment": writes.shipments,
        "creditmemo": writes.creditmemos,
    }
    found = [(made.order_id, made.entity_id, remark) for made in issued[document] for remark in made.comments]
    found += [
        (new.order_id, new.document_id, new.comment) for new in writes.comments if new.document == document
    ]
    return [
        [order_id, document_id, *rows.values(comment, COMMENT_COLUMNS)]
        for order_id, document_id, comment in found
    ]


def _lines(
    documents: Iterable[Invoice] | Iterable[Shipment] | Iterable[CreditMemo], columns: tuple[str, ...]
) -> list[Sequence[Any]]:
    return [
        [document.order_id, document.entity_id, *rows.values(item, columns)]
        for document in documents
        for item in document.items
    ]


async def write_stock(session: Session, levels: Sequence[StockLevel]) -> None:
    """Insert or replace stock levels."""
    if levels:
        await session.run_many(_STOCK, [rows.values(level, STOCK_COLUMNS) for level in levels])


def _items(order: Order, items: Iterable[OrderItem]) -> list[Sequence[Any]]:
    return [
        [
            order.entity_id,
            item.parent_item_id or item.item_id,
            *rows.values(item, ITEM_COLUMNS),
            order.created_at,
            rows.encode(item.particulars).decode(),
        ]
        for item in items
    ]

"""Rows ⇄ nouns. The columns of each table in the order of the noun's fields."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from counterfoil.domain.order import (
    Comment,
    Invoice,
    InvoiceItem,
    ItemParticulars,
    Order,
    OrderItem,
    OrderParticulars,
)
from counterfoil.ledger.ports import JournalEntry, Record, StockLevel, StoredKey
from counterfoil.ledger.tasks import Task

Row = tuple[Any, ...]

encode = msgspec.json.Encoder().encode
_order_particulars = msgspec.json.Decoder(OrderParticulars).decode
_item_particulars = msgspec.json.Decoder(ItemParticulars).decode


def _fields(noun: type[msgspec.Struct], *without: str) -> tuple[str, ...]:
    return tuple(name for name in noun.__struct_fields__ if name not in without)


ORDER_COLUMNS = _fields(Order, "items", "particulars")
ITEM_COLUMNS = _fields(OrderItem, "particulars")
INVOICE_COLUMNS = _fields(Invoice, "items", "comments")
INVOICE_ITEM_COLUMNS = _fields(InvoiceItem)
COMMENT_COLUMNS = _fields(Comment)
JOURNAL_COLUMNS = _fields(JournalEntry)
KEY_COLUMNS = _fields(StoredKey)
RECORD_COLUMNS = _fields(Record)
STOCK_COLUMNS = _fields(StockLevel)
TASK_COLUMNS = _fields(Task)

ORDER_CHANGES = (
    "version", "state", "status", "updated_at", "qty_to_invoice", "qty_to_ship", "invoice_count",
    "subtotal_invoiced", "tax_invoiced", "discount_invoiced", "discount_tax_compensation_invoiced",
    "shipping_invoiced", "shipping_tax_invoiced", "total_invoiced", "total_paid",
)  # fmt: skip
"""What verbs can change on the head of an order."""

ITEM_CHANGES = (
    "qty_invoiced", "qty_shipped", "qty_refunded", "qty_canceled", "row_invoiced", "tax_invoiced",
    "discount_invoiced", "discount_tax_compensation_invoiced",
)  # fmt: skip
"""What verbs can change on a row of an order."""

_ORDER_WIDTH = len(ORDER_COLUMNS)
_ITEM_WIDTH = len(ITEM_COLUMNS)
_ORDER_VIRTUAL = ORDER_COLUMNS.index("is_virtual")
_ITEM_VIRTUAL = ITEM_COLUMNS.index("is_virtual")
_ITEM_DECIMAL = ITEM_COLUMNS.index("is_qty_decimal")


def values(noun: msgspec.Struct, columns: tuple[str, ...]) -> list[Any]:
    """Return the noun's fields as column values, truth as 0 or 1."""
    return [int(value) if value is True or value is False else value for value in _getter(columns)(noun)]


def columns_of(nouns: Iterable[msgspec.Struct], columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """Return the fields of many nouns column by column. For columns that hold no truth values."""
    return zip(*map(_getter(columns), nouns), strict=True)


@lru_cache(maxsize=64)
def _getter(columns: tuple[str, ...]) -> Callable[[msgspec.Struct], tuple[Any, ...]]:
    return attrgetter(*columns)


def order_item(row: Row) -> OrderItem:
    """Make an item of a row of `ITEM_COLUMNS`, with particulars if the row has one column more."""
    fields = list(row[:_ITEM_WIDTH])
    fields[_ITEM_VIRTUAL] = bool(fields[_ITEM_VIRTUAL])
    fields[_ITEM_DECIMAL] = bool(fields[_ITEM_DECIMAL])
    if len(row) > _ITEM_WIDTH:
        fields.append(_item_particulars(row[_ITEM_WIDTH]))
    return OrderItem(*fields)


def order(row: Row, items: dict[int, OrderItem]) -> Order:
    """Make an order of a row of `ORDER_COLUMNS`, with particulars if the row has one column more."""
    fields = list(row[:_ORDER_WIDTH])
    fields[_ORDER_VIRTUAL] = bool(fields[_ORDER_VIRTUAL])
    fields.append(items)
    if len(row) > _ORDER_WIDTH:
        fields.append(_order_particulars(row[_ORDER_WIDTH]))
    return Order(*fields)


def invoice(row: Row, items: list[InvoiceItem], comments: list[Comment]) -> Invoice:
    """Make an invoice of a row of `INVOICE_COLUMNS` and its rows and remarks."""
    return Invoice(*[*row, tuple(items), tuple(comments)])


def comment(row: Row) -> Comment:
    """Make a remark of a row of `COMMENT_COLUMNS`."""
    entity_id, text, notified, visible, created_at = row
    return Comment(entity_id, text, bool(notified), bool(visible), created_at)


def stock_level(row: Row) -> StockLevel:
    """Make a stock level of a row of `STOCK_COLUMNS`."""
    product_id, qty, reserved, in_stock, manage, backorders, is_decimal, *limits = row
    return StockLevel(
        product_id, qty, reserved, bool(in_stock), bool(manage), bool(backorders), bool(is_decimal), *limits
    )


def record(row: Row) -> Record:
    """Make a record of a row of `RECORD_COLUMNS`; the body may come as text."""
    kind, record_id, name, owner, version, body = row
    return Record(
        kind, record_id, name, owner, version, body.encode() if isinstance(body, str) else bytes(body)
    )


def journal_entry(row: Row) -> JournalEntry:
    """Make a journal entry of a row of `JOURNAL_COLUMNS`."""
    return JournalEntry(*row)


def stored_key(row: Row) -> StoredKey:
    """Make a stored key of a row of `KEY_COLUMNS`."""
    scope, key, fingerprint, answer = row
    return StoredKey(scope, key, fingerprint, answer)

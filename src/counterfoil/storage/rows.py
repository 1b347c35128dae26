"""Rows ⇄ nouns. The columns of each table in the order of the noun's fields."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from counterfoil.domain.attachments import CancellationRequest, Change, ChangeInFlight, Package
from counterfoil.domain.documents import (
    Comment,
    CreditMemo,
    CreditMemoItem,
    Invoice,
    InvoiceItem,
    PaymentOperation,
    Shipment,
    ShipmentItem,
    StatusComment,
    Track,
)
from counterfoil.domain.order import ItemParticulars, Order, OrderItem, OrderParticulars
from counterfoil.ledger.inspection import StoredKey
from counterfoil.ledger.notices import OutboxEntry
from counterfoil.ledger.ports import JournalEntry, Record, StockLevel
from counterfoil.ledger.tasks import Task

Row = tuple[Any, ...]

encode = msgspec.json.Encoder().encode
_order_particulars = msgspec.json.Decoder(OrderParticulars).decode
_item_particulars = msgspec.json.Decoder(ItemParticulars).decode
_change_in_flight = msgspec.json.Decoder(ChangeInFlight).decode
_requests = msgspec.json.Decoder(tuple[CancellationRequest, ...]).decode
_package = msgspec.json.Decoder(Package).decode
_change = msgspec.json.Decoder(Change).decode
_wish = msgspec.json.Decoder(dict[str, Any]).decode
_packages = msgspec.json.Decoder(tuple[dict[str, Any], ...]).decode


def _fields(noun: type[msgspec.Struct], *without: str) -> tuple[str, ...]:
    return tuple(name for name in noun.__struct_fields__ if name not in without)


ORDER_COLUMNS = _fields(
    Order,
    *("items", "particulars", "comments", "invoices", "shipments", "creditmemos", "payments"),
    *("packages", "changes"),
)
ITEM_COLUMNS = _fields(OrderItem, "particulars")
INVOICE_COLUMNS = _fields(Invoice, "items", "comments")
INVOICE_ITEM_COLUMNS = _fields(InvoiceItem)
SHIPMENT_COLUMNS = _fields(Shipment, "items", "tracks", "comments")
SHIPMENT_ITEM_COLUMNS = _fields(ShipmentItem)
TRACK_COLUMNS = _fields(Track)
CREDITMEMO_COLUMNS = _fields(CreditMemo, "items", "comments")
CREDITMEMO_ITEM_COLUMNS = _fields(CreditMemoItem)
COMMENT_COLUMNS = _fields(Comment)
PAYMENT_COLUMNS = _fields(PaymentOperation)
STATUS_COMMENT_COLUMNS = _fields(StatusComment)
JOURNAL_COLUMNS = _fields(JournalEntry)
KEY_COLUMNS = _fields(StoredKey)
RECORD_COLUMNS = _fields(Record)
STOCK_COLUMNS = _fields(StockLevel)
TASK_COLUMNS = _fields(Task)

ORDER_INVOICED = (
    "version", "state", "status", "updated_at", "qty_to_invoice", "invoice_count",
    "subtotal_invoiced", "tax_invoiced", "discount_invoiced", "discount_tax_compensation_invoiced",
    "shipping_invoiced", "shipping_tax_invoiced", "total_invoiced", "total_paid",
    "workflow_status", "invoiced_at", "adjustment_invoiced", "declared_count",
)  # fmt: skip
"""What invoices change on the head of an order."""

ORDER_CHANGES = (
    *ORDER_INVOICED, "qty_to_ship", "qty_shipped", "qty_refunded", "qty_canceled",
    "shipment_count", "creditmemo_count", "subtotal_refunded", "tax_refunded", "discount_refunded",
    "discount_tax_compensation_refunded", "shipping_refunded", "shipping_tax_refunded",
    "adjustment_positive", "adjustment_negative", "total_refunded", "total_online_refunded",
    "subtotal_canceled", "tax_canceled", "discount_canceled", "discount_tax_compensation_canceled",
    "shipping_canceled", "total_canceled", "hold_before_state", "hold_before_status", "customer_note_notify",
    "amount_canceled", "open_payment", "grand_total", "subtotal", "qty_ordered", "stage", "authorized_at",
    "adjustment", "change_generation", "change_count", "open_change", "cancellation_requests",
    "qty_gone", "total_gone",
)  # fmt: skip
"""What verbs can change on the head of an order."""

ITEM_INVOICED = (
    "qty_invoiced", "row_invoiced", "tax_invoiced", "discount_invoiced", "discount_tax_compensation_invoiced",
)  # fmt: skip
"""What invoices change on a row of an order."""

ITEM_CHANGES = (
    *ITEM_INVOICED, "qty_shipped", "qty_refunded", "qty_canceled", "amount_refunded", "tax_refunded",
    "discount_refunded", "discount_tax_compensation_refunded", "row_canceled", "tax_canceled",
    "discount_canceled", "discount_tax_compensation_canceled", "qty_released",
    "qty_gone",
)  # fmt: skip
"""What verbs can change on a row of an order."""

PACKAGE, CHANGE = "package", "change"
"""The kinds of attachments."""

ATTACHMENT_COLUMNS = ("order_id", "kind", "name", "body")
OUTBOX_COLUMNS = _fields(OutboxEntry)

INVOICE_CHANGES = ("state", "updated_at", "total_refunded", "transaction_id")
"""What verbs can change on the head of an invoice."""

_ORDER_WIDTH = len(ORDER_COLUMNS)
_ITEM_WIDTH = len(ITEM_COLUMNS)
_ORDER_VIRTUAL = ORDER_COLUMNS.index("is_virtual")
_ORDER_NOTIFY = ORDER_COLUMNS.index("customer_note_notify")
_ITEM_VIRTUAL = ITEM_COLUMNS.index("is_virtual")
_ITEM_DECIMAL = ITEM_COLUMNS.index("is_qty_decimal")
_ITEM_CALCULATED = ITEM_COLUMNS.index("children_calculated")
_ITEM_SEPARATE = ITEM_COLUMNS.index("shipped_separately")
_WISH = PAYMENT_COLUMNS.index("wish")
_PACKAGES = SHIPMENT_COLUMNS.index("packages")
_OPEN_CHANGE = ORDER_COLUMNS.index("open_change")
_REQUESTS = ORDER_COLUMNS.index("cancellation_requests")


_PLAIN = frozenset({int, str, type(None)})
"""What nearly all values are: stored as they are."""


def values(noun: msgspec.Struct, columns: tuple[str, ...]) -> list[Any]:
    """Return the noun's fields as column values, truth as 0 or 1, lists and values of parts as JSON."""
    return [value if type(value) in _PLAIN else _column_value(value) for value in _getter(columns)(noun)]


def _column_value(value: Any) -> Any:
    if type(value) is tuple or type(value) is ChangeInFlight:
        return encode(value).decode()
    return int(value) if type(value) is bool else value


def columns_of(nouns: Iterable[msgspec.Struct], columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """Return the fields of many nouns column by column. For columns that hold neither truth nor lists."""
    return zip(*map(_getter(columns), nouns), strict=True)


@lru_cache(maxsize=64)
def _getter(columns: tuple[str, ...]) -> Callable[[msgspec.Struct], tuple[Any, ...]]:
    return attrgetter(*columns)


def order_item(row: Row) -> OrderItem:
    """Make an item of a row of `ITEM_COLUMNS`, with particulars if the row has one column more."""
    fields = list(row[:_ITEM_WIDTH])
    fields[_ITEM_VIRTUAL] = bool(fields[_ITEM_VIRTUAL])
    fields[_ITEM_DECIMAL] = bool(fields[_ITEM_DECIMAL])
    fields[_ITEM_CALCULATED] = bool(fields[_ITEM_CALCULATED])
    fields[_ITEM_SEPARATE] = bool(fields[_ITEM_SEPARATE])
    if len(row) > _ITEM_WIDTH:
        fields.append(_item_particulars(row[_ITEM_WIDTH]))
    return OrderItem(*fields)


def order(row: Row, items: dict[int, OrderItem], comments: tuple[StatusComment, ...] = ()) -> Order:
    """Make an order of a row of `ORDER_COLUMNS`, with particulars if the row has one column more."""
    fields = list(row[:_ORDER_WIDTH])
    fields[_ORDER_VIRTUAL] = bool(fields[_ORDER_VIRTUAL])
    fields[_ORDER_NOTIFY] = bool(fields[_ORDER_NOTIFY])
    change, requests = fields[_OPEN_CHANGE], fields[_REQUESTS]
    fields[_OPEN_CHANGE] = None if change is None else _change_in_flight(change)
    fields[_REQUESTS] = () if requests is None or requests == "[]" else _requests(requests)
    fields.append(items)
    if len(row) > _ORDER_WIDTH:
        fields += (_order_particulars(row[_ORDER_WIDTH]), comments)
    return Order(*fields)


def particulars(text: str) -> OrderParticulars:
    """Make the particulars of an order of their JSON."""
    return _order_particulars(text)


def payment_values(operation: PaymentOperation) -> list[Any]:
    """Return an operation's fields as values of `PAYMENT_COLUMNS`, its wish as JSON."""
    fields = list(_getter(PAYMENT_COLUMNS)(operation))
    fields[_WISH] = encode(operation.wish).decode()
    return fields


def payment(row: Row) -> PaymentOperation:
    """Make a payment operation of a row of `PAYMENT_COLUMNS`."""
    fields = list(row)
    fields[_WISH] = _wish(fields[_WISH])
    return PaymentOperation(*fields)


def change(body: str) -> Change:
    """Return the Change that is stored as this JSON."""
    found: Change = _change(body)
    return found


def with_attachments(order: Order, found: Iterable[tuple[str, str, str]]) -> Order:
    """Return the order with packages and Changes of (kind, name, JSON), which were found of it."""
    packages, changes = dict(order.packages), dict(order.changes)
    for kind, name, body in found:
        if kind == PACKAGE:
            packages[name] = _package(body)
        else:
            changes[name] = _change(body)
    return replace(order, packages=packages, changes=changes)


def package(body: str) -> Package:
    """Make a package of its JSON."""
    return _package(body)


def shipment(row: Row) -> Shipment:
    """Make a shipment without its parts of a row of `SHIPMENT_COLUMNS`."""
    fields = list(row)
    fields[_PACKAGES] = _packages(fields[_PACKAGES])
    return Shipment(*fields)


def status_comment(row: Row) -> StatusComment:
    """Make an entry of the status history of a row of `STATUS_COMMENT_COLUMNS`."""
    entity_id, text, notified, visible, *rest = row
    is_notified = None if notified is None else bool(notified)
    return StatusComment(entity_id, text, is_notified, bool(visible), *rest)


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

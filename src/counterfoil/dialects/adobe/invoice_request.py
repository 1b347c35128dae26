"""The body of ``POST /V1/order/:orderId/invoice`` (contract adobe §5.1, §12.4, §12.5).

It is decoded in one of two ways with the same result: `quickly`, straight from the bytes, for the form
that nearly all clients send, and `leniently`, with everything that the platform also takes.
"""

from decimal import ROUND_DOWN, Decimal
from typing import Any

import msgspec
from msgspec import Struct

from counterfoil.dialects.adobe.errors import required
from counterfoil.dialects.adobe.wire import (
    BOOL,
    FLOAT,
    INT,
    MAX_LIST,
    MIXED,
    STRING,
    DataObject,
    ListOf,
    Param,
    scaled,
)
from counterfoil.domain.comment import CommentDraft
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE

ITEM = DataObject("InvoiceItemCreation", {"order_item_id": INT, "qty": FLOAT, "extension_attributes": MIXED})
COMMENT = DataObject(
    "InvoiceCommentCreation", {"comment": STRING, "is_visible_on_front": INT, "extension_attributes": MIXED}
)
ARGUMENTS = DataObject("InvoiceCreationArguments", {"extension_attributes": MIXED})

PARAMS = (
    Param("order_id", INT),
    Param("capture", BOOL, required=False, default=False),
    Param("items", ListOf(ITEM), required=False),
    Param("notify", BOOL, required=False, default=False),
    Param("append_comment", BOOL, required=False, default=False),
    Param("comment", COMMENT, required=False),
    Param("arguments", ARGUMENTS, required=False),
)

MAX_QTY = 10**8
"""Quantities from here on are above DECIMAL(12,4), and so above anything that was ever ordered."""

_INT_LIMIT = 2**63
_NO_ITEM = 0
"""An order item id that no row has."""


class _Item(Struct, forbid_unknown_fields=True):
    order_item_id: int
    qty: int


class _Comment(Struct, forbid_unknown_fields=True):
    comment: str
    is_visible_on_front: int = 0


class _Body(Struct, forbid_unknown_fields=True, rename="camel"):
    capture: bool = False
    items: list[_Item] = []
    notify: bool = False
    append_comment: bool = False
    comment: _Comment | None = None


_decode = msgspec.json.Decoder(_Body).decode


def quickly(body: bytes) -> IssueInvoice | None:
    """Return what the body asks for, or None if it has to be decoded leniently."""
    if not body:
        return IssueInvoice()
    try:
        decoded = _decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if len(decoded.items) > MAX_LIST:
        return None
    items: dict[int, int] = {}
    for item in decoded.items:
        if not (-_INT_LIMIT <= item.order_item_id < _INT_LIMIT and -MAX_QTY < item.qty < MAX_QTY):
            return None
        items[item.order_item_id] = item.qty * SCALE
    if decoded.comment is None:
        return IssueInvoice(items)
    text = decoded.comment.comment
    if "\0" in text or not -_INT_LIMIT <= decoded.comment.is_visible_on_front < _INT_LIMIT:
        return None
    notified = decoded.append_comment and decoded.notify
    return IssueInvoice(items, CommentDraft(text, notified, bool(decoded.comment.is_visible_on_front)))


def leniently(args: dict[str, Any]) -> IssueInvoice:
    """Return what the decoded arguments (`PARAMS`) ask for.

    An item without ``order_item_id`` is refused if it has a quantity: the platform invoices that many of
    every row, which nobody has asked for. Raises `AdobeError` 400.
    """
    items: dict[int, int] = {}
    for item in args["items"] or ():
        qty = quantity(item.get("qty"))
        item_id = item.get("order_item_id")
        if item_id is None and qty > 0:
            raise required("order_item_id")
        items[_NO_ITEM if item_id is None else item_id] = qty
    comment = args["comment"]
    if comment is None:
        return IssueInvoice(items)
    if comment.get("comment") is None:
        raise required("comment")
    notified = args["append_comment"] and args["notify"]
    return IssueInvoice(
        items, CommentDraft(comment["comment"], notified, bool(comment.get("is_visible_on_front")))
    )


def quantity(qty: int | Decimal | None) -> int:
    """Return a quantity as a scaled integer, cut after four digits, and cut to what can be ordered."""
    if qty is None:
        return 0
    if not -MAX_QTY < qty < MAX_QTY:
        return MAX_QTY * SCALE if qty > 0 else -MAX_QTY * SCALE
    return scaled(qty, rounding=ROUND_DOWN)

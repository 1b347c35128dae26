"""The body of ``POST /V1/order/:orderId/invoice`` (contract adobe §5.1, §12.4, §12.5)."""

from typing import Any

import msgspec
from msgspec import Struct

from counterfoil.dialects.adobe.document_request import (
    QuickComment,
    QuickItem,
    comment_type,
    item_type,
    lenient_comment,
    lenient_items,
    quick_comment,
    quick_items,
)
from counterfoil.dialects.adobe.wire import BOOL, INT, MIXED, DataObject, ListOf, Param
from counterfoil.domain.invoice import IssueInvoice

PARAMS = (
    Param("order_id", INT),
    Param("capture", BOOL, required=False, default=False),
    Param("items", ListOf(item_type("InvoiceItemCreation")), required=False),
    Param("notify", BOOL, required=False, default=False),
    Param("append_comment", BOOL, required=False, default=False),
    Param("comment", comment_type("InvoiceCommentCreation"), required=False),
    Param(
        "arguments", DataObject("InvoiceCreationArguments", {"extension_attributes": MIXED}), required=False
    ),
)


class _Body(Struct, forbid_unknown_fields=True, rename="camel"):
    capture: bool = False
    items: list[QuickItem] = []
    notify: bool = False
    append_comment: bool = False
    comment: QuickComment | None = None


_decode = msgspec.json.Decoder(_Body).decode


def quickly(body: bytes) -> IssueInvoice | None:
    """Return what the body asks for, or None if it has to be decoded leniently."""
    if not body:
        return IssueInvoice()
    try:
        decoded = _decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    items = quick_items(decoded.items)
    if items is None or decoded.comment is None:
        if items is None:
            return None
        return IssueInvoice(items, notify=decoded.notify, capture=decoded.capture)
    comment = quick_comment(decoded.comment, notified=decoded.append_comment and decoded.notify)
    if comment is None:
        return None
    return IssueInvoice(items, comment, decoded.notify, capture=decoded.capture)


def leniently(args: dict[str, Any]) -> IssueInvoice:
    """Return what the decoded arguments (`PARAMS`) ask for. Raises `AdobeError` 400."""
    items, comment = lenient_items(args["items"]), lenient_comment(args)
    return IssueInvoice(items, comment, args["notify"], capture=args["capture"])

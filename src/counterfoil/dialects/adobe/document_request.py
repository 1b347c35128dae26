"""What requests for documents have in common: rows with quantities, and a remark (contract adobe §5.1, §6).

A request is decoded in one of two ways with the same result: quickly, straight from the bytes, for the form
that nearly all clients send, and leniently, with everything that the platform also takes.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any, TypeVar

from msgspec import Struct

from counterfoil.dialects.adobe import decode
from counterfoil.dialects.adobe.call import Call
from counterfoil.dialects.adobe.errors import AdobeError, required
from counterfoil.dialects.adobe.wire import (
    FLOAT,
    INT,
    MAX_LIST,
    MIXED,
    STRING,
    DataObject,
    WrongType,
    camel_case,
    scaled,
)
from counterfoil.domain.comment import CommentDraft
from counterfoil.domain.money import SCALE

C = TypeVar("C")

MAX_QTY = 10**8
"""Quantities from here on are above DECIMAL(12,4), and so above anything that was ever ordered."""

CANNOT_BE_SET = 'The field "%fieldName" cannot be set. Leave it out and try again.'

_INT_LIMIT = 2**63
_NO_ITEM = 0
"""An order item id that no row has."""


class QuickItem(Struct, forbid_unknown_fields=True):
    """A row as nearly all clients write it."""

    order_item_id: int
    qty: int


class QuickComment(Struct, forbid_unknown_fields=True):
    """A remark as nearly all clients write it."""

    comment: str
    is_visible_on_front: int = 0


def wish(
    call: Call,
    variable: str,
    quickly: Callable[[bytes], C | None],
    leniently: Callable[[dict[str, Any]], C],
) -> tuple[int, C]:
    """Return the id that the path names and the command of a call whose route decodes itself.

    Args:
        call: with the body as it was sent.
        variable: of the path, in snake_case, as the operation's parameter is called.
        quickly: decodes the body, or says None.
        leniently: takes the decoded arguments.

    Raises `AdobeError` 400.
    """
    command = quickly(call.body) if not call.query else None
    if command is not None:
        try:
            return INT.cast(call.variables[camel_case(variable)]), command
        except WrongType as error:
            raise AdobeError(400, str(error)) from None
    args = decode.arguments(call.route, variables=call.variables, pairs=call.query, content=call.body)
    return args[variable], leniently(args)


def item_type(name: str) -> DataObject:
    """Return the type of a row, under the platform's name for it."""
    return DataObject(name, {"order_item_id": INT, "qty": FLOAT, "extension_attributes": MIXED})


def comment_type(name: str) -> DataObject:
    """Return the type of a remark, under the platform's name for it."""
    return DataObject(name, {"comment": STRING, "is_visible_on_front": INT, "extension_attributes": MIXED})


def quick_items(sent: Sequence[QuickItem]) -> dict[int, int] | None:
    """Return scaled quantities by order item id, None if the rows have to be decoded leniently."""
    if len(sent) > MAX_LIST:
        return None
    items: dict[int, int] = {}
    for item in sent:
        if not (-_INT_LIMIT <= item.order_item_id < _INT_LIMIT and -MAX_QTY < item.qty < MAX_QTY):
            return None
        items[item.order_item_id] = item.qty * SCALE
    return items


def quick_comment(sent: QuickComment, *, notified: bool) -> CommentDraft | None:
    """Return the remark, None if it has to be decoded leniently."""
    if "\0" in sent.comment or not -_INT_LIMIT <= sent.is_visible_on_front < _INT_LIMIT:
        return None
    return CommentDraft(sent.comment, notified, bool(sent.is_visible_on_front))


def refuse_settings(entity: dict[str, Any], names: Iterable[str]) -> None:
    """Raise `AdobeError` 400 if one of the fields is there and says something."""
    for name in names:
        if entity.get(name):
            raise AdobeError(400, CANNOT_BE_SET, {"fieldName": name})


def lenient_items(sent: Iterable[dict[str, Any]] | None) -> dict[int, int]:
    """Return scaled quantities by order item id; of two lines for one row the last counts.

    An item without ``order_item_id`` is refused if it has a quantity: the platform takes that many of
    every row, which nobody has asked for. Raises `AdobeError` 400.
    """
    items: dict[int, int] = {}
    for item in sent or ():
        qty = quantity(item.get("qty"))
        item_id = item.get("order_item_id")
        if item_id is None and qty > 0:
            raise required("order_item_id")
        items[_NO_ITEM if item_id is None else item_id] = qty
    return items


def lenient_comment(args: dict[str, Any]) -> CommentDraft | None:
    """Return the remark among decoded arguments, if there is one. Raises `AdobeError` 400 without a text."""
    comment = args["comment"]
    if comment is None:
        return None
    if comment.get("comment") is None:
        raise required("comment")
    notified = args["append_comment"] and args["notify"]
    return CommentDraft(comment["comment"], notified, bool(comment.get("is_visible_on_front")))


def quantity(qty: int | Decimal | None) -> int:
    """Return a quantity as a scaled integer, cut after four digits, and cut to what can be ordered."""
    if qty is None:
        return 0
    if not -MAX_QTY < qty < MAX_QTY:
        return MAX_QTY * SCALE if qty > 0 else -MAX_QTY * SCALE
    return scaled(qty, rounding=ROUND_DOWN)

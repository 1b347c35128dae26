"""Reads objects of requests by tables: which names are kept, and of what kind their values must be.

Names are taken in any case and kept as the table spells them; what the table does not name is left out,
and so is ``null``. What is kept can be stored as JSON without loss: a number with a point becomes the
text of it, since the books have no floats.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from counterfoil.dialects.vtex import body
from counterfoil.dialects.vtex.errors import VtexError, invalid
from counterfoil.dialects.vtex.money import MAX_CENTS

TEXT: Final = "text"
"""A text; numbers are taken for theirs."""

FLAG: Final = "flag"
WHOLE: Final = "whole"
NUMBER: Final = "number"
"""A whole number or one with a point, also as text."""

ANY: Final = "any"
"""Whatever JSON."""

Table = Mapping[str, Any]
"""Names, and for each a kind, the table of an object, or a list of one of these for a list of such."""

MAX_TEXT: Final = 10_000
MAX_ENTRIES: Final = 500
"""The most entries of one list."""


def shaped(value: Any, table: Table, field: str) -> dict[str, Any]:
    """Return what ``table`` keeps of an object. Raises `VtexError` 400.

    Args:
        value: as the client sent it; None counts as an empty object.
        table: what is kept.
        field: what an error calls the object.
    """
    if value is not None and not isinstance(value, dict):
        raise invalid(field, f"The field {field} must be an object.")
    found = body.read(value or {}, table)
    return {
        name: kept(found[name], kind, f"{field}.{name}" if field else name)
        for name, kind in table.items()
        if found.get(name) is not None
    }


def kept(value: Any, kind: Any, field: str) -> Any:
    """Return one value as it is kept. Raises `VtexError` 400."""
    if isinstance(kind, Mapping):
        return shaped(value, kind, field)
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise invalid(field, f"The field {field} must be a list.")
        if len(value) > MAX_ENTRIES:
            raise invalid(field, f"The field {field} must have {MAX_ENTRIES} entries or less.")
        return [kept(entry, kind[0], f"{field}[{index}]") for index, entry in enumerate(value)]
    return _plain(value) if kind is ANY else _scalar(value, kind, field)


def _scalar(value: Any, kind: str, field: str) -> Any:
    match kind, value:
        case ("flag", bool()):
            return value
        case ("text", str()) if len(value) <= MAX_TEXT:
            return value
        case ("text", int() | Decimal()) if not isinstance(value, bool):
            return _number_text(value, field)
        case ("whole", int()) if not isinstance(value, bool) and abs(value) <= MAX_CENTS:
            return value
        case ("number", int() | Decimal() | str()) if not isinstance(value, bool):
            return _number(value, field)
    raise invalid(field, f"The field {field} is no {_CALLED[kind]} that can be kept.")


_CALLED: Final = {TEXT: "text", FLAG: "true or false", WHOLE: "whole number", NUMBER: "number"}


def _number(value: int | Decimal | str, field: str) -> int | str:
    text = _number_text(value, field)
    return int(text) if text.lstrip("-").isdecimal() else text


def _number_text(value: int | Decimal | str, field: str) -> str:
    try:
        number = Decimal(str(value).strip()[:50])
    except ArithmeticError:
        raise invalid(field, f"The field {field} is no number.") from None
    if not number.is_finite() or abs(number.adjusted()) > 18:
        raise invalid(field, f"The field {field} is no number that can be kept.")
    return f"{number:f}"


def _plain(value: Any) -> Any:
    """Return any JSON with the numbers that have a point as texts."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, int) and abs(value) > MAX_CENTS:
        raise VtexError(400, "A number in the request is too large to be kept.")
    return value

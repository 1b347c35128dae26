"""JSON that came from outside, as plain values that can be stored and answered.

Numbers that are not whole become `Decimal`.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64


class NotJson(Exception):
    """This is no JSON."""


class TooDeep(NotJson):
    """It is nested deeper than `MAX_DEPTH` levels."""


class NotText(NotJson):
    """A text in it contains a null character or half a character."""


def checked(content: bytes) -> Any:
    """Return JSON in UTF-8 as plain values. Raises `NotJson`, or its `TooDeep` or `NotText`."""
    try:
        value = decoded(content)
    except (ValueError, ArithmeticError):
        raise NotJson from None
    except RecursionError:
        raise TooDeep from None
    if content.count(b"[") + content.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise TooDeep
    if b"\\u" in content and not all(is_text(text) for text in _texts(value)):
        raise NotText
    return value


def decoded(content: bytes) -> Any:
    """Return JSON as plain values. Raises ValueError, ArithmeticError or RecursionError."""
    return _decoder.decode(content.decode())


def is_text(text: str) -> bool:
    """Tell whether a text can be stored: no null character, no half of a surrogate pair."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_decoder = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)


def _depth(value: Any) -> int:
    level = [value]
    depth = 0
    while level := [entry for entry in level if isinstance(entry, dict | list)]:
        depth += 1
        level = [inner for entry in level for inner in _entries(entry)]
    return depth


def _entries(value: dict[str, Any] | list[Any]) -> Iterator[Any]:
    yield from value.values() if isinstance(value, dict) else value


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            waiting += entry
            waiting += entry.values()
        elif isinstance(entry, list):
            waiting += entry

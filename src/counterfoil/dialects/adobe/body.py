"""The body: which content types are understood, and JSON into plain values (contract adobe §2.2).

Numbers that are not whole become `Decimal`. Whatever could not be stored or answered is refused here.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any, NoReturn

from counterfoil.dialects.adobe.errors import DECODING, AdobeError

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64

_CONTENT_TYPE = re.compile(r"([a-z\d/\-+.]+?)(?:; *charset=(.+?))?", re.IGNORECASE)
_JSON = "application/json"


@lru_cache(maxsize=64)
def check_content_type(header: bytes | None) -> None:
    """Raise `AdobeError` 400 unless the header announces JSON in UTF-8."""
    if not header:
        raise AdobeError(400, "Content-Type header is empty.")
    match = _CONTENT_TYPE.fullmatch(header.decode("latin-1").strip())
    if match is None:
        raise AdobeError(400, "Content-Type header is invalid.")
    media_type, charset = match.groups()
    if charset is not None and charset.strip('"').lower() != "utf-8":
        raise AdobeError(400, "UTF-8 is the only supported charset.")
    if media_type.lower() != _JSON:
        raise AdobeError(400, f"Server cannot understand Content-Type HTTP header media type {media_type}")


def parse(body: bytes) -> dict[str, Any]:
    """Return the top-level keys of a JSON body. A body that is no object has none that matter.

    Raises `AdobeError` 400 for what is no JSON, too deep, or holds text that is no text.
    """
    value = _checked(body)
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        if any(isinstance(entry, dict) for entry in value):
            # The wrapper was forgotten. Taken for an empty request it would do more than was asked.
            raise AdobeError(400, "The request body must be an object, not a list of objects.")
        return {str(index): entry for index, entry in enumerate(value)}
    return {}


def entries(body: bytes) -> list[dict[str, Any]]:
    """Return the objects of a body that is a list of them, as bulk requests send. Raises `AdobeError` 400."""
    value = _checked(body) if body else []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise AdobeError(400, "The request body must be a list of objects.")
    return value


def _checked(body: bytes) -> Any:
    try:
        value = decoded(body)
    except (ValueError, ArithmeticError):
        raise AdobeError(400, DECODING) from None
    except RecursionError:
        raise _too_deep() from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise _too_deep()
    if b"\\u" in body and not all(_is_text(text) for text in _texts(value)):
        raise AdobeError(400, f"{DECODING} A text contains a null character or half a character.")
    return value


def decoded(content: bytes) -> Any:
    """Return JSON as plain values. Raises ValueError, ArithmeticError or RecursionError."""
    return json.loads(content.decode(), parse_float=Decimal, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _too_deep() -> AdobeError:
    return AdobeError(400, f"{DECODING} The JSON is nested deeper than {MAX_DEPTH} levels.")


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


def _is_text(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text))

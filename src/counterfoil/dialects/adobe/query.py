"""The query string as PHP reads it: ``a[b][c]=d`` is a nested array (contract adobe §2.5)."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from counterfoil.dialects.adobe.errors import AdobeError

MAX_BYTES = 32 * 1024
MAX_PAIRS = 1000
MAX_DEPTH = 16

_MAX_INDEX_LENGTH = 10
_BRACKETS = re.compile(r"\[([^\]]*)\]")


def pairs(query_string: bytes) -> list[tuple[str, str]]:
    """Return the decoded pairs in their order; a name without ``=`` has an empty value.

    Raises `AdobeError` 400 for a query string that is too long or no UTF-8.
    """
    if len(query_string) > MAX_BYTES:
        raise AdobeError(400, "The query string is longer than %1 bytes.", [MAX_BYTES])
    try:
        found = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PAIRS
        )
    except UnicodeDecodeError:
        raise AdobeError(400, "The query string is not valid UTF-8.") from None
    except ValueError:
        raise AdobeError(400, "The query string has more than %1 fields.", [MAX_PAIRS]) from None
    if any("\0" in name or "\0" in value for name, value in found):
        raise AdobeError(400, "The query string contains a null character.")
    return found


def nested(query: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the pairs as nested dicts. What is written twice has its last value."""
    data: dict[str, Any] = {}
    for name, value in query:
        keys = _keys(name)
        if keys:
            _put(data, keys, value)
    return data


def _keys(name: str) -> list[str]:
    head, bracket, _ = name.partition("[")
    if not head:
        return []
    keys = [head.replace(".", "_").replace(" ", "_")]
    if bracket:
        position = len(head)
        while match := _BRACKETS.match(name, position):
            keys.append(match.group(1))
            position = match.end()
    if len(keys) > MAX_DEPTH:
        raise AdobeError(400, "The query string is nested deeper than %1 levels.", [MAX_DEPTH])
    return keys


def _put(data: dict[str, Any], keys: Sequence[str], value: str) -> None:
    for key in keys[:-1]:
        name = key or _next_index(data)
        inner = data.get(name)
        if not isinstance(inner, dict):
            inner = data[name] = {}
        data = inner
    data[keys[-1] or _next_index(data)] = value


def _next_index(data: dict[str, Any]) -> str:
    indexes = (int(key) + 1 for key in data if key.isdecimal() and len(key) < _MAX_INDEX_LENGTH)
    return str(max(indexes, default=0))

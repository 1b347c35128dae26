"""``fields=a,b[c,d[e]]``: which parts of the answer the client wants (contract adobe §2.3)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

Fields = dict[str, Any]
"""Names to keep; the value of a name is None (all of it) or the fields to keep of it."""

MAX_DEPTH = 64

_PART = re.compile(r"\w+|[\[\],]", re.ASCII)
_ALLOWED = re.compile(r"[\w\[\],]+", re.ASCII)


@lru_cache(maxsize=256)
def parse(text: str) -> Fields:
    """Return the fields that ``text`` names, none if it is malformed. Do not change the result."""
    if not _ALLOWED.fullmatch(text):
        return {}
    stack: list[Fields] = [{}]
    name: str | None = None
    for part in _PART.findall(text):
        if part == "[":
            if name is None or len(stack) > MAX_DEPTH:
                return {}
            inner: Fields = {}
            stack[-1][name] = inner
            stack.append(inner)
            name = None
        elif part == "]":
            stack.pop()
            if not stack:
                return {}
            name = None
        elif part == ",":
            name = None
        else:
            name = part
            stack[-1][part] = None
    return stack[0] if len(stack) == 1 else {}


def select(value: Any, fields: Fields) -> Any:
    """Return the named parts of an object, or of each object of a list; a scalar as it is.

    Where nothing is named, nothing is left: an empty list, which is how PHP prints an empty object.
    """
    if isinstance(value, list | tuple):
        return [select(entry, fields) for entry in value] if fields else []
    if not isinstance(value, dict):
        return value
    return _of_object(value, fields) or []


def _of_object(value: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    selected = {}
    for name, entry in value.items():
        if name in fields:
            inner = fields[name]
            selected[name] = entry if inner is None else select(entry, inner)
    return selected

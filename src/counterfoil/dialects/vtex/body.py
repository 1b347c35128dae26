"""The body: JSON of any content type, with names in any case (contract vtex §1)."""

import codecs
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from counterfoil.dialects import json_body
from counterfoil.dialects.json_body import MAX_BYTES, MAX_DEPTH
from counterfoil.dialects.vtex.errors import VtexError

__all__ = ["MAX_BYTES", "MAX_DEPTH", "parse", "read"]

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_CHARSETS = frozenset({"utf-8", "ascii", "utf-16", "utf-16-le", "utf-16-be", "iso8859-1", "cp1252"})


def parse(content: bytes, content_type: bytes | None = None) -> Any:
    """Return the JSON of a body as plain values; None if there is none. Raises `VtexError` 400.

    Args:
        content: as it was sent, perhaps with a byte order mark.
        content_type: of the header; only its charset matters.
    """
    if not content.strip():
        return None
    try:
        return json_body.checked(_in_utf8(content, content_type))
    except json_body.TooDeep:
        raise _malformed(f"The JSON is nested deeper than {MAX_DEPTH} levels.") from None
    except json_body.NotText:
        raise _malformed("A text contains a null character or half a character.") from None
    except (json_body.NotJson, UnicodeError):
        raise _malformed("The request body is not valid JSON.") from None


def read(value: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return the entries of an object that have these names, whatever their case; others are left out.

    A name that is written exactly so wins over others that only differ in case. What is no object has no
    entries.
    """
    if not isinstance(value, dict):
        return {}
    by_name = _by_lower_case(tuple(names))
    found: dict[str, Any] = {}
    for key, entry in value.items():
        name = by_name.get(key.lower())
        if name is not None and (key == name or name not in found):
            found[name] = entry
    return found


@lru_cache(maxsize=256)
def _by_lower_case(names: tuple[str, ...]) -> dict[str, str]:
    return {name.lower(): name for name in names}


def _in_utf8(content: bytes, content_type: bytes | None) -> bytes:
    if content.startswith(codecs.BOM_UTF8):
        return content[len(codecs.BOM_UTF8) :]
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16").encode()
    named = _CHARSET.search((content_type or b"").decode("latin-1"))
    if named is None:
        return content
    try:
        charset = codecs.lookup(named[1]).name
    except LookupError:
        charset = ""
    if charset not in _CHARSETS:
        raise VtexError(415, f"The charset {named[1]} is not supported. Send UTF-8.")
    return content if charset in {"utf-8", "ascii"} else content.decode(charset).encode()


def _malformed(message: str) -> VtexError:
    return VtexError(400, message, fields={"$": [message]})

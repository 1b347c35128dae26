"""The XML form of an answer, for clients that ask for it (contract adobe §2.3)."""

import re
from decimal import Decimal
from typing import Any

_INVALID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Names are the client's own inside packages. In a name no letter can be written as a number, as in a text.
_NOT_NAME = re.compile("[^ A-Za-z0-9_.:-]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


def encode(value: Any) -> bytes:
    """Return ``value`` (what JSON can hold) as an XML document with the root ``response``."""
    lines = ['<?xml version="1.0"?>']
    _append(lines, "response", value, "")
    return ("\n".join(lines) + "\n").encode("ascii", "xmlcharrefreplace")


def _append(lines: list[str], name: str, value: Any, indent: str) -> None:
    if not isinstance(value, dict | list | tuple):
        lines.append(f"{indent}<{name}>{_text(value)}</{name}>")
        return
    if not value:
        lines.append(f"{indent}<{name}/>")
        return
    lines.append(f"{indent}<{name}>")
    entries = value.items() if isinstance(value, dict) else (("item", entry) for entry in value)
    for key, entry in entries:
        _append(lines, _name(str(key)), entry, f"{indent}  ")
    lines.append(f"{indent}</{name}>")


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case _:
            return _INVALID.sub("", str(value)).translate(_ENTITIES)


def _name(key: str) -> str:
    name = _NOT_NAME.sub("", key).replace(" ", "_").replace(":", "_").strip("_")
    return f"item_{name}" if not name or name[0] in "0123456789.-" else name

"""Numbers and JSON as PHP prints them (contract adobe §2.3, §12.13)."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from counterfoil.domain.money import SCALE

Number = int | Decimal

_encoder = msgspec.json.Encoder(decimal_format="number")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


@lru_cache(maxsize=16384)
def number(scaled: int) -> Number:
    """Return a scaled integer (1/10 000) as the JSON number without trailing zeros: 105000 is 10.5."""
    units, rest = divmod(scaled, SCALE)
    if rest == 0:
        return units
    return Decimal(f"{Decimal(scaled).scaleb(-4):f}".rstrip("0"))


def optional_number(scaled: int | None) -> Number | None:
    """Return `number` of a value that may be missing."""
    return None if scaled is None else number(scaled)


def encode(value: Any) -> bytes:
    r"""Return ``value`` as JSON with ``/`` as ``\/``, other than ASCII as ``\uXXXX``, and ``{}`` as ``[]``.

    Takes what msgspec takes; integers and `Decimal` become JSON numbers.
    """
    body = _encoder.encode(value)
    if b"{}" in body:
        body = _encoder.encode(_without_empty_objects(value))
    if b"/" in body:
        body = body.replace(b"/", b"\\/")
    if not body.isascii():
        body = _NOT_ASCII.sub(_escaped, body.decode()).encode("ascii")
    return body


def _escaped(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _without_empty_objects(value: Any) -> Any:
    """PHP has one kind of array, so an object without keys prints as a list without entries."""
    if isinstance(value, dict):
        return {key: _without_empty_objects(entry) for key, entry in value.items()} or []
    if isinstance(value, list | tuple):
        return [_without_empty_objects(entry) for entry in value]
    return value

"""Money is whole cents on this wire; quantities are whole units (contract vtex §1)."""

import re
from decimal import Decimal
from typing import Any, Final

from counterfoil.dialects.vtex.errors import VtexError, invalid
from counterfoil.domain.money import MINOR, SCALE

MAX_CENTS: Final = 10**14
"""The most that one amount may be, in cents: far inside of 64 bits, also when many are added."""

MAX_UNITS: Final = 10**9
"""The most units of one item."""

_WHOLE = re.compile(r"[+-]?\d{1,30}", re.ASCII)


def cents(scaled: int) -> int:
    """Return scaled money (1/10 000) in cents."""
    return scaled // MINOR


def units(scaled: int) -> int | Decimal:
    """Return a scaled quantity: whole if it is, else with its digits behind the point."""
    whole, rest = divmod(scaled, SCALE)
    return whole if rest == 0 else Decimal(scaled).scaleb(-4).normalize()


def scaled(value: Any, field: str, *, least: int = 0) -> int:
    """Return an amount in cents (a number, or its digits as text) as scaled money.

    Args:
        value: as the client wrote it. Decimals are refused: nobody knows whether they were meant as cents.
        field: what the error calls it.
        least: the smallest amount that can be meant, in cents.

    Raises `VtexError` 400.
    """
    return whole(value, field, least=least, most=MAX_CENTS) * MINOR


def quantity(value: Any, field: str, *, least: int = 1) -> int:
    """Return a quantity in units as a scaled quantity. Raises `VtexError` 400."""
    return whole(value, field, least=least, most=MAX_UNITS) * SCALE


def whole(value: Any, field: str, *, least: int, most: int) -> int:
    """Return a whole number, or the one that a text is. Raises `VtexError` 400."""
    number = _number(value)
    if number is None:
        raise _invalid(field, "must be a whole number")
    if number < least:
        raise _invalid(field, f"must be {least} or more")
    if number > most:
        raise _invalid(field, f"must be {most} or less")
    return number


def _number(value: Any) -> int | None:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _invalid(field: str, what: str) -> VtexError:
    return invalid(field, f"The field {field[:1].upper() + field[1:]} {what}.")

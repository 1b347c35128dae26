"""Money as integers of 1/10 000 of the currency unit, and the rounding that splits share.

The scale is Adobe's DECIMAL(20,4). Row amounts are rounded to the currency's minor unit
(1/100) half away from zero, as PHP's ``round(x, 2)`` does (contract adobe §5.5).
"""

from counterfoil.domain.binary import Share, cents_of_last

SCALE = 10_000
"""One currency unit, and one unit of quantity."""

MINOR = 100
"""One minor unit (cent) in scaled money."""

_FINE = 10**8
"""Extra digits that a share carries before it is rounded (so 1/10**12 of the currency unit)."""

_FINE_MINOR = MINOR * _FINE
"""One minor unit as a fine value."""

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "BRL": "R$"}

_NEAR = 10**3
"""Fine values this close to half a cent count as ending on it. Carried errors make them a little uneven."""


def _divide(numerator: int, denominator: int) -> int:
    """Divide to the nearest integer, halves away from zero. The denominator is positive."""
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((-2 * numerator + denominator) // (2 * denominator))


def round_minor(amount: int) -> int:
    """Round a scaled amount to whole minor units, halves away from zero."""
    return _divide(amount, MINOR) * MINOR


def divide_minor(numerator: int, denominator: int) -> int:
    """Return the quotient of scaled money and a number of the same kind, rounded to the minor unit.

    Halves go away from zero; the denominator is positive.
    """
    return _divide(numerator, denominator * MINOR) * MINOR


def priced(amount: int, currency: str) -> str:
    """Return an amount as a sentence names it: ``$49.00`` in dollars, else ``49.00 SEK``."""
    cents = _divide(amount, MINOR)
    sign = "-" if cents < 0 else ""
    text = f"{abs(cents) // 100:,}.{abs(cents) % 100:02d}"
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {currency}"


def shown(amount: int) -> str:
    """Return an amount as a number without trailing zeros: ``15.25``, ``9.5``, ``0``."""
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), SCALE)
    decimals = f"{rest:04d}".rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def percent_of(amount: int, percent: int) -> int:
    """Return ``percent`` of ``amount``, rounded to the minor unit.

    Args:
        amount: scaled money.
        percent: scaled percentage, so 8.375 % is 83 750.
    """
    return _divide(amount * percent, 100 * SCALE * MINOR) * MINOR


def multiply(amount: int, qty: int) -> int:
    """Return ``amount`` times ``qty`` (both scaled), rounded to the minor unit."""
    return _divide(amount * qty, SCALE * MINOR) * MINOR


class Carry:
    """Rounds shares of amounts so that what one share loses the next one gets.

    One instance serves one document: rows, discounts and taxes share it in the order in which
    they are collected, discounts with the sign of the carried error flipped
    (contract adobe §5.5; Magento's ``Calculator::deltaRound``).
    """

    __slots__ = ("_error", "_shares")

    def __init__(self) -> None:
        self._error = 0
        self._shares: list[Share] = []

    def share(self, amount: int, taken: int, part: int, whole: int, *, negative: bool = False) -> int:
        """Return ``(amount − taken) × part ÷ whole`` rounded to the minor unit with the carried error.

        Args:
            amount: scaled money to be shared.
            taken: how much of it earlier documents have.
            part: scaled quantity this share is for.
            whole: scaled quantity that is left, above zero.
            negative: true for discounts.
        """
        left = amount - taken
        if left == 0 or part == 0:
            return 0
        self._shares.append(Share(amount, taken, part, whole, negative))
        fine = _divide(left * part * _FINE, whole) + (-self._error if negative else self._error)
        if abs(fine % _FINE_MINOR - _FINE_MINOR // 2) <= _NEAR:
            cents = cents_of_last(self._shares, SCALE)
        else:
            cents = _divide(fine, _FINE_MINOR)
        error = fine - cents * _FINE_MINOR
        self._error = -error if negative else error
        return cents * MINOR

"""Money as integers of 1/10 000 of the currency unit, and the rounding that splits share.

The scale is Adobe's DECIMAL(20,4). Row amounts are rounded to the currency's minor unit
(1/100) half away from zero, as PHP's ``round(x, 2)`` does (contract adobe §5.5).
"""

SCALE = 10_000
"""One currency unit, and one unit of quantity."""

MINOR = 100
"""One minor unit (cent) in scaled money."""

_FINE = 10**8
"""Extra digits that a share carries before it is rounded (so 1/10**12 of the currency unit)."""

_SETTLE = 10**2
"""Digits of a fine value that are dropped before rounding, so that 1/3 + 2/3 is seen as a whole.

PHP pre-rounds to 15 significant digits for the same purpose.
"""


def _divide(numerator: int, denominator: int) -> int:
    """Divide to the nearest integer, halves away from zero. The denominator is positive."""
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((-2 * numerator + denominator) // (2 * denominator))


def round_minor(amount: int) -> int:
    """Round a scaled amount to whole minor units, halves away from zero."""
    return _divide(amount, MINOR) * MINOR


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

    __slots__ = ("_error",)

    def __init__(self) -> None:
        self._error = 0

    def share(self, amount: int, part: int, whole: int, *, negative: bool = False) -> int:
        """Return ``amount × part ÷ whole`` rounded to the minor unit with the carried error.

        Args:
            amount: scaled money that is left to share.
            part: scaled quantity this share is for.
            whole: scaled quantity that is left, above zero.
            negative: true for discounts.
        """
        if amount == 0 or part == 0:
            return 0
        fine = _divide(amount * part * _FINE, whole) + (-self._error if negative else self._error)
        rounded = _divide(_divide(fine, _SETTLE), MINOR * _FINE // _SETTLE) * MINOR
        error = fine - rounded * _FINE
        self._error = -error if negative else error
        return rounded

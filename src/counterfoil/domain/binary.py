"""How binary floating point settles an exact half cent.

Adobe computes shares in IEEE 754 doubles. Nearly always that gives the cents that exact arithmetic gives.
Where an exact share ends on half a cent it need not: 29.97 − 9.99 is 19.979999999999997 there, the error
is carried on to the tax, and a tax share of exactly 0.835 becomes 0.83 (contract adobe §12.10 and the
recorded walks). To agree to the cent, such ties are settled the way doubles settle them, computed with
exact rational numbers.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

_MANTISSA_BITS = 53
_HALF = Fraction(1, 2)


class Share(NamedTuple):
    """One rounded share: ``(amount − taken) ÷ whole × part``, all scaled. Discounts are negative."""

    amount: int
    taken: int
    part: int
    whole: int
    negative: bool


def double(value: Fraction) -> Fraction:
    """Return the double that is nearest to ``value`` (halves to even), as an exact number."""
    if value == 0:
        return value
    shift = _MANTISSA_BITS - value.numerator.bit_length() + value.denominator.bit_length()
    scaled = value * Fraction(2) ** shift
    if abs(scaled) >= 2**_MANTISSA_BITS:
        shift -= 1
        scaled *= _HALF
    return Fraction(round(scaled)) * Fraction(2) ** -shift


def cents_of_last(shares: Sequence[Share], scale: int) -> int:
    """Return the cents of the last of the shares that one carry has rounded, as doubles make them.

    Args:
        shares: all shares of the carry so far, in their order; none of them is zero.
        scale: what money and quantities are multiplied by.
    """
    carried = Fraction(0)
    cents = 0
    for share in shares:
        left = double(double(Fraction(share.amount, scale)) - double(Fraction(share.taken, scale)))
        price = double(left * double(Fraction(share.whole, scale)) ** -1)
        price = double(price * double(Fraction(share.part, scale)))
        price = double(price - carried if share.negative else price + carried)
        cents = _cents(price)
        error = double(price - double(Fraction(cents, 100)))
        carried = -error if share.negative else error
    return cents


def _cents(price: Fraction) -> int:
    """PHP's ``round(price, 2)`` up to 8.3, in cents: to 15 significant digits, then half away from zero."""
    if price == 0:
        return 0
    digits = 14 - _magnitude(abs(price))
    significant = _half_up(double(abs(price) * Fraction(10) ** digits))
    cents = _half_up(double(significant * Fraction(10) ** (2 - digits)))
    return cents if price > 0 else -cents


def _half_up(value: Fraction) -> int:
    return int(double(value + _HALF) // 1)


def _magnitude(value: Fraction) -> int:
    """Return the power of ten of the first digit of a positive value."""
    power = len(str(value.numerator)) - len(str(value.denominator))
    return power - 1 if value < Fraction(10) ** power else power

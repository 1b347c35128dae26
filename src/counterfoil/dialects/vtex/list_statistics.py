"""Statistics of a list of orders: value and units of those that were found (contract vtex §3.12).

They are exact: sums are whole numbers, and a mean has a point only where it needs one. The deviation is
that of a sample, as the platform has it.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from itertools import compress
from operator import mul
from typing import Any, Final

from counterfoil.dialects.vtex.money import cents
from counterfoil.domain import terms
from counterfoil.domain.money import SCALE
from counterfoil.ledger.listing import Figures

_DIGITS: Final = Decimal("0.000001")


def statistics(figures: Figures, currency: str) -> dict[str, Any]:
    """Return ``stats``. ``currency`` is the shop's, which has a facet even if nothing was found."""
    origins = [terms.origin(flow) for flow in figures.flows]
    return {
        name: {
            **_of(numbers),
            "Facets": {
                "origin": _facets(numbers, origins, {terms.FULFILLMENT, terms.MARKETPLACE}),
                "currencyCode": _facets(numbers, figures.currencies, {currency}),
            },
        }
        for name, numbers in (
            ("totalValue", [cents(value) for value in figures.values]),
            ("totalItems", [units // SCALE for units in figures.units]),
        )
    }


def _facets(numbers: Sequence[int], names: Sequence[str], always: set[str]) -> dict[str, Any]:
    return {
        name: {**_of(list(compress(numbers, map(name.__eq__, names)))), "Facets": None}
        for name in sorted(always | set(names))
    }


def _of(numbers: Sequence[int]) -> dict[str, Any]:
    count, total = len(numbers), sum(numbers)
    squares = sum(map(mul, numbers, numbers))
    return {
        "Count": count,
        "Max": max(numbers, default=0),
        "Mean": _number(total, count),
        "Min": min(numbers, default=0),
        "Missing": 0,
        "StdDev": _deviation(count, total, squares),
        "Sum": total,
        "SumOfSquares": squares,
    }


def _deviation(count: int, total: int, squares: int) -> int | Decimal:
    if count < 2:
        return 0
    with localcontext(prec=60):
        variance = Decimal(squares * count - total * total) / (count * (count - 1))
        return _plain(variance.sqrt())


def _number(total: int, count: int) -> int | Decimal:
    whole, rest = divmod(total, count or 1)
    return whole if not rest else _plain(Decimal(total) / count)


def _plain(number: Decimal) -> int | Decimal:
    with localcontext(prec=60):
        rounded = number.quantize(_DIGITS).normalize()
        return int(rounded) if rounded == rounded.to_integral_value() else rounded

"""What a cart comes to: rows, discounts, shipping, taxes and the grand total. Pure arithmetic.

Amounts and quantities are scaled by 10 000; row amounts are whole minor units. Prices are net, taxes are
charged on what is left after the discount. The tax of a row is rounded with carry over all rows taxed by
the same rates, shipping last, so the taxes of the rows add up to the tax of the whole (Adobe's calculation
"on total", contract adobe §12.10). The price and row total with tax are those before any discount.
"""

from collections.abc import Sequence

from msgspec import Struct

from counterfoil.checkout.discounts import FINE, Row, RuleApplied, round_fine, take_off
from counterfoil.checkout.tax import AppliedRate
from counterfoil.domain.money import MINOR, SCALE, Carry, multiply
from counterfoil.domain.order import ItemTax

_NUDGE = SCALE
"""A millionth of the currency unit (in money × percent) that the first row of a rate starts with.

Adobe begins its carry with it so that an exact half is always rounded up.
"""


class Line(Struct, frozen=True):
    """One row to be priced: a net unit price, a quantity, and the rates that it is taxed at."""

    price: int
    qty: int
    rates: tuple[AppliedRate, ...] = ()


class ShippingLine(Struct, frozen=True):
    """What shipping costs before discount and tax, and the rates that it is taxed at."""

    amount: int = 0
    rates: tuple[AppliedRate, ...] = ()


class LineTotals(Struct, frozen=True):
    """What one row comes to. ``discount_amount`` is positive."""

    price: int
    qty: int
    row_total: int
    discount_amount: int
    discount_percent: int
    tax_percent: int
    tax_amount: int
    price_incl_tax: int
    row_total_incl_tax: int
    taxes: tuple[ItemTax, ...]
    rule_ids: tuple[int, ...]


class TaxSum(Struct, frozen=True):
    """The tax of one rate over the whole cart."""

    title: str
    percent: int
    amount: int


class Totals(Struct, frozen=True):
    """What a cart comes to. ``discount_amount`` is positive and includes the discount on shipping.

    ``tax_amount`` includes the tax on shipping.
    """

    lines: tuple[LineTotals, ...]
    subtotal: int
    subtotal_incl_tax: int
    discount_amount: int
    shipping_amount: int
    shipping_discount_amount: int
    shipping_tax_amount: int
    shipping_incl_tax: int
    shipping_taxes: tuple[ItemTax, ...]
    tax_amount: int
    grand_total: int
    rule_ids: tuple[int, ...]

    def tax_sums(self) -> list[TaxSum]:
        """Return the tax of each rate, in the order in which the rates first occur."""
        sums: dict[tuple[str, str, int], int] = {}
        for tax in (*(tax for line in self.lines for tax in line.taxes), *self.shipping_taxes):
            name = (tax.code, tax.title, tax.percent)
            sums[name] = sums.get(name, 0) + tax.amount
        return [TaxSum(title, percent, amount) for (_, title, percent), amount in sums.items()]


class _Taxed(Struct):
    """The tax of one row: before the discount, after it, and by rate."""

    before_discount: int = 0
    amount: int = 0
    taxes: tuple[ItemTax, ...] = ()


class _Taxing:
    """Taxes the rows of one cart one after the other."""

    __slots__ = ("_carried",)

    def __init__(self) -> None:
        self._carried: dict[tuple[str, str], int] = {}

    def row(self, total: int, discount: int, rates: Sequence[AppliedRate], *, taxable: str) -> _Taxed:
        taxed = _Taxed()
        for rate in rates:
            taxed.before_discount += self._round(total, rate, "before discount")
            amount = self._round(max(total - discount, 0), rate, "after discount")
            taxed.amount += amount
            taxed.taxes = (*taxed.taxes, *_by_part(rate, amount, taxable))
        return taxed

    def _round(self, amount: int, rate: AppliedRate, phase: str) -> int:
        if amount == 0 or rate.percent == 0:
            return 0
        fine = amount * rate.percent + self._carried.get((phase, rate.code), _NUDGE)
        rounded = round_fine(fine)
        self._carried[phase, rate.code] = fine - rounded * FINE
        return max(rounded, 0)


def compute(lines: Sequence[Line], shipping: ShippingLine, rules: Sequence[RuleApplied] = ()) -> Totals:
    """Return what ``lines`` and ``shipping`` come to under ``rules``."""
    rows = [Row(line.price, line.qty, multiply(line.price, line.qty)) for line in lines]
    discounts = take_off(rows, shipping.amount, rules)
    taxing = _Taxing()
    totals: list[LineTotals] = []
    for line, row, discount in zip(lines, rows, discounts.rows, strict=True):
        taxed = taxing.row(row.row_total, discount.amount, line.rates, taxable="product")
        incl_tax = row.row_total + taxed.before_discount
        totals.append(
            LineTotals(
                price=line.price,
                qty=line.qty,
                row_total=row.row_total,
                discount_amount=discount.amount,
                discount_percent=discount.percent,
                tax_percent=sum(rate.percent for rate in line.rates),
                tax_amount=taxed.amount,
                price_incl_tax=_per_unit(incl_tax, line.qty) if taxed.before_discount else line.price,
                row_total_incl_tax=incl_tax,
                taxes=taxed.taxes,
                rule_ids=discount.rule_ids,
            )
        )
    taxed = taxing.row(shipping.amount, discounts.shipping, shipping.rates, taxable="shipping")
    subtotal = sum(row.row_total for row in rows)
    discount_amount = sum(row.amount for row in discounts.rows) + discounts.shipping
    tax_amount = sum(line.tax_amount for line in totals) + taxed.amount
    return Totals(
        lines=tuple(totals),
        subtotal=subtotal,
        subtotal_incl_tax=sum(line.row_total_incl_tax for line in totals),
        discount_amount=discount_amount,
        shipping_amount=shipping.amount,
        shipping_discount_amount=discounts.shipping,
        shipping_tax_amount=taxed.amount,
        shipping_incl_tax=shipping.amount + taxed.before_discount,
        shipping_taxes=taxed.taxes,
        tax_amount=tax_amount,
        grand_total=subtotal - discount_amount + shipping.amount + tax_amount,
        rule_ids=discounts.rule_ids,
    )


def sum_of_parts(parts: Sequence[LineTotals], qty: int) -> LineTotals:
    """Return what ``qty`` bundles come to whose parts are priced, taxed and discounted one by one.

    As on Adobe's rows, the bundle shows the sums of prices and taxes, and leaves the discounts, the tax
    rates and the rules to its parts.
    """
    row_total = sum(part.row_total for part in parts)
    incl_tax = sum(part.row_total_incl_tax for part in parts)
    return LineTotals(
        price=_per_unit(row_total, qty),
        qty=qty,
        row_total=row_total,
        discount_amount=0,
        discount_percent=0,
        tax_percent=0,
        tax_amount=sum(part.tax_amount for part in parts),
        price_incl_tax=_per_unit(incl_tax, qty),
        row_total_incl_tax=incl_tax,
        taxes=(),
        rule_ids=(),
    )


def _per_unit(amount: int, qty: int) -> int:
    unit = qty * MINOR
    return (2 * amount * SCALE + unit) // (2 * unit) * MINOR


def _by_part(rate: AppliedRate, amount: int, taxable: str) -> tuple[ItemTax, ...]:
    """Split the tax of a combined rate over its parts, to the cent."""
    whole = sum(part.percent for part in rate.parts)
    if whole == 0:
        return ()
    carry = Carry()
    return tuple(
        ItemTax(part.code, part.title, part.percent, carry.share(amount, 0, part.percent, whole), taxable)
        for part in rate.parts
    )

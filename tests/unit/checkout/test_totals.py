"""The arithmetic of carts: rounding with carry, discounts that never go below zero, taxes that add up."""

import pytest

from counterfoil.checkout.discounts import Row, RuleApplied, take_off
from counterfoil.checkout.sales_rule import BY_FIXED, CART_FIXED, SalesRule
from counterfoil.checkout.tax import AppliedRate, RatePart
from counterfoil.checkout.totals import Line, ShippingLine, compute
from counterfoil.domain.money import SCALE


def cents(amount: int) -> int:
    return amount * 100


def units(qty: float) -> int:
    return int(qty * SCALE)


def rate(percent: float, code: str = "A") -> AppliedRate:
    scaled = int(percent * SCALE)
    return AppliedRate(code, code, scaled, (RatePart(code, code, scaled),))


def rule(amount: float = 10, **more: object) -> SalesRule:
    fields = {"id": 1, "name": "r", "stop_rules_processing": False, "discount_amount": units(amount)}
    return SalesRule(**fields | more)  # type: ignore[arg-type]


def everywhere(*rules: SalesRule, rows: int = 3) -> list[RuleApplied]:
    return [RuleApplied(applied, frozenset(range(rows))) for applied in rules]


NY = rate(8.375, "US-NY-8.375")
NO_SHIPPING = ShippingLine()


def test_tax_is_rounded_with_carry_over_the_rows():
    # 1.673325 and 1.9522125: what the first row loses the second gets (walk 026).
    totals = compute([Line(cents(999), units(2), (NY,)), Line(cents(333), units(7), (NY,))], NO_SHIPPING)
    assert [line.tax_amount for line in totals.lines] == [cents(167), cents(196)]


def test_a_percentage_is_rounded_with_carry_over_the_rows():
    # 3.996 and 2.664: the second row gives back what the first got too much (walk 016).
    lines = [Line(cents(999), units(4)), Line(cents(333), units(8)), Line(cents(10), units(3))]
    totals = compute(lines, NO_SHIPPING, everywhere(rule()))
    assert [line.discount_amount for line in totals.lines] == [cents(400), cents(266), cents(3)]
    assert totals.discount_amount == cents(669)


def test_tax_is_charged_on_what_the_discount_leaves_and_shown_before_it():
    totals = compute([Line(cents(1000), units(1), (rate(10),))], NO_SHIPPING, everywhere(rule(50), rows=1))
    line = totals.lines[0]
    assert (line.tax_amount, line.row_total_incl_tax, line.price_incl_tax) == (
        cents(50),
        cents(1100),
        cents(1100),
    )
    assert totals.grand_total == cents(550)


def test_an_exact_half_is_rounded_up():
    assert compute([Line(cents(10), units(1), (rate(5),))], NO_SHIPPING).tax_amount == cents(1)


def test_rates_of_two_priorities_are_charged_one_after_the_other():
    lines = [Line(cents(10000), units(1), (rate(5), rate(10.5, "B")))]
    line = compute(lines, NO_SHIPPING).lines[0]
    assert [(tax.code, tax.amount) for tax in line.taxes] == [("A", cents(500)), ("B", cents(1050))]
    assert line.tax_percent == units(15.5)


def test_the_tax_of_a_combined_rate_is_split_over_its_parts_to_the_cent():
    parts = tuple(RatePart(code, code, units(1)) for code in "ABC")
    line = compute([Line(cents(333), units(1), (AppliedRate("ABC", "ABC", units(3), parts),))], NO_SHIPPING)
    assert sum(tax.amount for tax in line.lines[0].taxes) == line.tax_amount == cents(10)


def test_shipping_is_taxed_last_and_after_its_discount():
    shipping = ShippingLine(cents(1000), (rate(10),))
    totals = compute(
        [Line(cents(1000), units(1))], shipping, everywhere(rule(50, apply_to_shipping=True), rows=1)
    )
    assert totals.shipping_discount_amount == cents(500)
    assert totals.shipping_tax_amount == cents(50)
    assert totals.shipping_incl_tax == cents(1100)
    assert totals.discount_amount == cents(1000)
    assert totals.grand_total == cents(500) + cents(500) + cents(50)
    assert [(tax.taxable, tax.amount) for tax in totals.shipping_taxes] == [("shipping", cents(50))]


def test_the_tax_of_a_cart_is_summed_up_by_rate():
    lines = [Line(cents(1000), units(1), (rate(10),)), Line(cents(1000), units(2), (rate(10),))]
    sums = compute(lines, ShippingLine(cents(500), (rate(20, "B"),))).tax_sums()
    assert [(tax.title, tax.percent, tax.amount) for tax in sums] == [
        ("A", units(10), cents(300)),
        ("B", units(20), cents(100)),
    ]


# ---------------------------------------------------------------- discounts

ROWS = [Row(cents(1000), units(1), cents(1000)), Row(cents(200), units(5), cents(1000))]


def off(*rules: SalesRule, shipping: int = 0, rows: list[Row] | None = None) -> list[int]:
    rows = ROWS if rows is None else rows
    return [row.amount for row in take_off(rows, shipping, everywhere(*rules, rows=len(rows))).rows]


def test_a_fixed_amount_is_taken_off_every_unit_and_never_more_than_the_row():
    assert off(rule(3, simple_action=BY_FIXED)) == [cents(300), cents(1000)]


def test_a_fixed_amount_of_the_cart_is_spread_to_the_cent():
    rows = [Row(cents(100), units(1), cents(100))] * 3
    assert off(rule(1, simple_action=CART_FIXED), rows=rows) == [cents(33), cents(34), cents(33)]


def test_a_fixed_amount_above_the_goods_goes_on_to_shipping_if_the_rule_says_so():
    discounts = take_off(
        ROWS, cents(500), everywhere(rule(23, simple_action=CART_FIXED, apply_to_shipping=True))
    )
    assert sum(row.amount for row in discounts.rows) == cents(2000)
    assert discounts.shipping == cents(300)


def test_a_second_percentage_works_on_what_the_first_has_left():
    assert off(rule(50), rule(50, id=2)) == [cents(750), cents(750)]


def test_a_rule_can_stop_those_after_it():
    assert off(rule(50, stop_rules_processing=True), rule(50, id=2)) == [cents(500), cents(500)]


def test_a_percentage_can_be_limited_to_some_units_or_to_steps():
    assert off(rule(10, discount_qty=units(2))) == [cents(100), cents(40)]
    assert off(rule(10, discount_step=units(2))) == [0, cents(80)]


def test_a_rule_touches_only_the_rows_that_its_conditions_name():
    discounts = take_off(ROWS, 0, [RuleApplied(rule(), frozenset({1}))])
    assert [(row.amount, row.percent, row.rule_ids) for row in discounts.rows] == [
        (0, 0, ()),
        (cents(100), units(10), (1,)),
    ]
    assert take_off(ROWS, 0, [RuleApplied(rule(), frozenset())]).rule_ids == ()


@pytest.mark.parametrize("percent", [100, 99.99])
def test_nothing_ever_costs_less_than_nothing(percent: float):
    rows = [Row(cents(1), units(1), cents(1))] * 7
    assert all(0 <= amount <= cents(1) for amount in off(rule(percent), rule(100, id=2), rows=rows))

"""What cart price rules take off the rows of a cart and off its shipping. Pure arithmetic.

Amounts are scaled money, always zero or positive here; percentages are scaled too. Rules apply one after
the other, each on what the ones before have left. A percentage is rounded with carry: what rounding a row
has lost the next row of the same percentage gets (contract adobe §12.10).
"""

from collections.abc import Sequence

from msgspec import Struct

from counterfoil.checkout.sales_rule import BY_FIXED, CART_FIXED, SalesRule
from counterfoil.domain.money import MINOR, SCALE, Carry, multiply, round_minor

FINE = 100 * SCALE
"""How much finer than scaled money the product of an amount and a scaled percentage is."""

HUNDRED_PERCENT = 100 * SCALE


class Row(Struct, frozen=True):
    """What a discount is taken off: a unit price, a quantity, and their product in whole minor units."""

    price: int
    qty: int
    row_total: int


class RuleApplied(Struct, frozen=True):
    """A rule, and the indexes of the rows that its conditions let it work on."""

    rule: SalesRule
    rows: frozenset[int]


class RowDiscount(Struct):
    """What has been taken off one row. ``percent`` adds up those of the rules that took a percentage."""

    amount: int = 0
    percent: int = 0
    rule_ids: tuple[int, ...] = ()


class Discounts(Struct):
    """What all rules together have taken off: per row, and off the shipping."""

    rows: list[RowDiscount]
    shipping: int = 0
    rule_ids: tuple[int, ...] = ()


def round_fine(fine: int) -> int:
    """Round a product of scaled money and a scaled percentage to whole minor units, halves away from zero."""
    unit = MINOR * FINE
    if fine >= 0:
        return (2 * fine + unit) // (2 * unit) * MINOR
    return -((-2 * fine + unit) // (2 * unit)) * MINOR


def take_off(rows: Sequence[Row], shipping_amount: int, rules: Sequence[RuleApplied]) -> Discounts:
    """Apply ``rules`` in their order. No row and no shipping amount ever falls below zero.

    A rule that stops the processing of others does so once it has worked on a row.
    """
    discounts = Discounts([RowDiscount() for _ in rows])
    carried: dict[int, int] = {}
    for applied in rules:
        rule = applied.rule
        indexes = [index for index in range(len(rows)) if index in applied.rows]
        if rule.simple_action == CART_FIXED:
            spare = _fixed_of_cart(rows, discounts, indexes, rule)
        else:
            spare = rule.discount_amount
            for index in indexes:
                _one_row(rows[index], discounts.rows[index], rule, carried)
        if rule.apply_to_shipping and indexes:
            _shipping(shipping_amount, discounts, rule, spare)
        if indexes:
            discounts.rule_ids = (*discounts.rule_ids, rule.id)
            if rule.stop_rules_processing:
                break
    return discounts


def _one_row(row: Row, discount: RowDiscount, rule: SalesRule, carried: dict[int, int]) -> None:
    limit = rule.discount_qty
    qty = row.qty if not limit else min(row.qty, limit)
    if rule.simple_action == BY_FIXED:
        amount = multiply(rule.discount_amount, qty)
    else:
        qty -= qty % rule.discount_step if rule.discount_step else 0
        whole = row.row_total if qty == row.qty else multiply(row.price, qty)
        if qty == row.qty:
            discount.percent = min(HUNDRED_PERCENT, discount.percent + rule.percent)
        fine = max(whole - discount.amount, 0) * rule.percent + carried.get(discount.percent, 0)
        amount = round_fine(fine)
        if discount.percent:
            carried[discount.percent] = fine - amount * FINE
    _add(row, discount, rule, amount)


def _fixed_of_cart(rows: Sequence[Row], discounts: Discounts, indexes: list[int], rule: SalesRule) -> int:
    """Spread the rule's amount over the rows in proportion to what is left of them; return what is over."""
    left = {index: rows[index].row_total - discounts.rows[index].amount for index in indexes}
    whole = sum(left.values())
    amount = min(round_minor(rule.discount_amount), whole)
    carry = Carry()
    for index in indexes:
        share = carry.share(amount, 0, left[index], whole) if whole else 0
        _add(rows[index], discounts.rows[index], rule, share)
    return rule.discount_amount - amount


def _shipping(shipping_amount: int, discounts: Discounts, rule: SalesRule, spare: int) -> None:
    left = shipping_amount - discounts.shipping
    amount = round_fine(left * rule.percent) if rule.percent else round_minor(spare)
    discounts.shipping += max(min(amount, left), 0)


def _add(row: Row, discount: RowDiscount, rule: SalesRule, amount: int) -> None:
    discount.amount += max(min(amount, row.row_total - discount.amount), 0)
    discount.rule_ids = (*discount.rule_ids, rule.id)

"""What shares of invoiced rows and of shipping are worth (contract adobe §6.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from counterfoil.domain.credit_amounts import ShippingPart, row_amounts, shipping_part
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import MINOR, SCALE
from tests.drafts import draft, row
from tests.unit.domain.given import placed, when

ONE = SCALE


def items_of(*rows, invoiced=None):
    order, _ = when(placed(draft(*rows)), IssueInvoice(invoiced or {}))
    return order.items


def order_with_shipping(**amounts):
    agreed = {"shipping_amount": 100_000, "shipping_incl_tax": 108_400, "shipping_tax_amount": 8_400}
    more = {"shipping_discount_amount": 3_300, "shipping_discount_tax_compensation_amount": 0}
    return replace(draft(row("S1", 1000)), **{**agreed, **more, **amounts})


def test_a_share_of_a_row_is_that_of_what_was_invoiced_not_of_what_was_ordered():
    items = items_of(row("X", 333, 3, row_total=1000), invoiced={1: 2 * ONE})
    assert items[1].row_invoiced == 66_700
    (half,) = row_amounts([(items[1], ONE)])
    assert half.row_total == 33_400


def test_rows_discounts_and_taxes_share_one_carry_in_this_order():
    items = items_of(
        row("A", 333, 3, row_total=1000, discount=100, tax=83),
        row("B", 333, 3, row_total=1000, discount=100, tax=83),
    )
    first, second = row_amounts([(items[1], ONE), (items[2], ONE)])
    assert (first.row_total, second.row_total) == (33_300, 33_400)
    assert (first.discount_amount, second.discount_amount) == (3_400, 3_300)
    assert (first.tax_amount, second.tax_amount) == (2_800, 2_700)


def test_what_a_row_is_worth_with_tax_has_a_carry_of_its_own_and_no_remainder():
    items = items_of(row("X", 333, 3, row_total=1000, tax=83))
    taken = [row_amounts([(items[1], qty * ONE)])[0].row_total_incl_tax for qty in (1, 2, 3)]
    assert taken == [36_100, 72_200, 108_300]


def test_a_row_without_discount_has_none():
    items = items_of(row("A", 1000), row("B", 1000, discount=100))
    assert [line.discount_amount for line in row_amounts([(items[1], ONE), (items[2], ONE)])] == [
        None,
        10_000,
    ]


def test_no_part_of_a_wholly_discounted_row_is_worth_less_than_nothing():
    items = items_of(row("F1", 33, 2, row_total=67, discount=67), row("F2", 33, 2, row_total=67, discount=67))
    for line in row_amounts([(items[1], ONE), (items[2], ONE)]):
        assert line.discount_amount == line.row_total


@pytest.mark.parametrize("amount", [0, 100, 33_300, 100_000])
def test_a_part_of_the_shipping_takes_its_part_of_tax_and_discount(amount):
    part = shipping_part(order_with_shipping(), amount)
    assert part.amount == amount
    assert abs(part.tax - amount * 84 // 1000) <= MINOR
    assert part.incl_tax - part.amount - part.tax in {-MINOR, 0, MINOR}
    if amount == 100_000:
        assert part == ShippingPart(100_000, 108_400, 8_400, 3_300, 0)


def test_without_shipping_there_is_nothing_to_share():
    order = order_with_shipping(shipping_amount=0, shipping_incl_tax=0, shipping_tax_amount=0)
    assert shipping_part(order, 0) == ShippingPart(0, 0, 0, 0, 0)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=6), st.integers(0, 5000), st.integers(0, 5000))
def test_parts_of_the_shipping_sum_to_the_cent(parts, tax, discount):
    whole = sum(parts) * MINOR
    order = order_with_shipping(
        shipping_amount=whole,
        shipping_incl_tax=whole + tax * MINOR if whole else 0,
        shipping_tax_amount=tax * MINOR if whole else 0,
        shipping_discount_amount=min(discount, sum(parts)) * MINOR,
    )
    found = []
    for part in parts:
        found.append(shipping_part(order, part * MINOR))
        order = replace(order, shipping_refunded=order.shipping_refunded + part * MINOR)
    assert sum(part.tax for part in found) == order.shipping_tax_amount
    assert sum(part.incl_tax for part in found) == order.shipping_incl_tax
    assert sum(part.discount for part in found) == order.shipping_discount_amount

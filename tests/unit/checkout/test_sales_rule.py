"""Cart price rules and coupons: when a rule is open, and what changing one does to its coupons."""

import pytest

from counterfoil.checkout.price_rules import (
    CouponsNotAllowed,
    CouponTaken,
    RuleInvalid,
    RuleUnsupported,
    coupons_of,
    delete_rule,
    save_coupon,
    save_rule,
    unfit,
)
from counterfoil.checkout.sales_rule import (
    NO_COUPON,
    SPECIFIC_COUPON,
    Coupon,
    CouponRule,
    RuleLabel,
    SalesRule,
    find_coupon,
    open_rules,
    rule_of_coupon,
)
from counterfoil.domain.money import SCALE
from tests.unit.checkout.floor import NOW, open_floor
from tests.unit.checkout.till import attempt

TODAY = "2026-11-20"


@pytest.fixture
async def floor():
    async with open_floor() as opened:
        yield opened


async def save(floor, rule, rule_id=None):
    return await attempt(floor, lambda transaction: save_rule(transaction, rule, rule_id=rule_id), SalesRule)


async def add_coupon(floor, rule, code):
    draft = Coupon(rule_id=rule.id, code=code, times_used=9)
    return await attempt(floor, lambda transaction: save_coupon(transaction, draft, now=NOW), Coupon)


@pytest.mark.parametrize(
    "changes,is_open",
    [
        ({}, True),
        ({"is_active": False}, False),
        ({"from_date": "2026-11-20", "to_date": "2026-11-20"}, True),
        ({"from_date": "2026-11-21"}, False),
        ({"to_date": "2026-11-19"}, False),
        ({"website_ids": (2,)}, False),
        ({"customer_group_ids": (0, 2)}, False),
    ],
)
def test_a_rule_is_open_to_whom_it_is_meant_for_and_when(changes, is_open):
    rule = SalesRule(name="r", **changes)
    assert rule.is_open(today=TODAY, website_id=1, customer_group_id=1) is is_open


def test_a_rule_is_named_for_the_store_view_or_for_all():
    rule = SalesRule(name="r", store_labels=(RuleLabel(0, "All"), RuleLabel(1, "One")))
    assert (rule.label(1), rule.label(2), SalesRule(name="r").label(1)) == ("One", "All", None)


@pytest.mark.parametrize(
    "changes,refusal",
    [
        ({"discount_amount": 101 * SCALE}, RuleInvalid("discount_amount", "101")),
        ({"discount_amount": -1}, RuleInvalid("discount_amount", "-1")),
        ({"simple_action": "buy_x_get_y"}, RuleUnsupported("simple_action")),
        ({"simple_action": "by_fixed", "discount_step": SCALE}, RuleUnsupported("discount_step")),
        ({"coupon_type": "AUTO"}, RuleUnsupported("coupon_type")),
        ({"customer_group_ids": ()}, RuleInvalid("customer_group_ids", "")),
        ({"from_date": "2026-02-01", "to_date": "2026-01-01"}, RuleInvalid("to_date", "2026-01-01")),
    ],
)
def test_a_rule_that_cannot_be_carried_out_is_refused(changes, refusal):
    assert unfit(SalesRule(name="r", **changes)) == refusal


async def test_rules_without_a_coupon_come_in_their_order(floor):
    for order in (3, 1, 2):
        await save(floor, SalesRule(name=str(order), sort_order=order))
    await save(floor, SalesRule(name="closed", is_active=False))
    await save(floor, SalesRule(name="coupon", coupon_type=SPECIFIC_COUPON))
    async with floor.ledger.reading() as reader:
        rules = await open_rules(reader.records, today=TODAY, website_id=1, customer_group_id=0)
    assert [rule.name for rule in rules] == ["1", "2", "3"]


async def test_a_coupon_is_found_in_any_case_and_used_by_nobody_at_first(floor):
    rule = await save(floor, SalesRule(name="r", coupon_type=SPECIFIC_COUPON, uses_per_coupon=5))
    made = await add_coupon(floor, rule, "Ten")
    assert (made.times_used, made.usage_limit, made.created_at) == (0, 5, NOW)
    assert await add_coupon(floor, rule, "TEN") == CouponTaken("TEN")
    async with floor.ledger.reading() as reader:
        found = await rule_of_coupon(reader.records, " ten ")
        assert await rule_of_coupon(reader.records, "eleven") is None
    assert found == CouponRule(made, rule)


async def test_a_changed_rule_keeps_its_count_and_passes_its_limits_on(floor):
    rule = await save(floor, SalesRule(name="r", coupon_type=SPECIFIC_COUPON))
    await add_coupon(floor, rule, "A")
    await add_coupon(floor, rule, "B")
    wish = SalesRule(name="new", coupon_type=SPECIFIC_COUPON, uses_per_customer=2, times_used=77)
    changed = await save(floor, wish, rule_id=rule.id)
    assert (changed.name, changed.times_used) == ("new", 0)
    async with floor.ledger.reading() as reader:
        limits = [coupon.usage_per_customer for coupon in await coupons_of(reader.records, rule.id)]
    assert limits == [2, 2]


async def test_a_deleted_rule_takes_its_coupons_along(floor):
    rule = await save(floor, SalesRule(name="r", coupon_type=SPECIFIC_COUPON))
    await add_coupon(floor, rule, "A")
    await floor.do(lambda transaction: delete_rule(transaction, rule.id))
    async with floor.ledger.reading() as reader:
        assert await find_coupon(reader.records, "A") is None


async def test_a_rule_for_everybody_has_no_coupons(floor):
    rule = await save(floor, SalesRule(name="r", coupon_type=NO_COUPON))
    assert await add_coupon(floor, rule, "A") == CouponsNotAllowed()

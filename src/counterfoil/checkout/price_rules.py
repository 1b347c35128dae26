"""The verbs of cart price rules and coupons: make, change and delete them (contract adobe §3.3).

A rule that this shop could not carry out as it was meant is refused, never kept with another effect.
"""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.customer import GROUPS
from counterfoil.checkout.sales_rule import (
    ACTIONS,
    BY_FIXED,
    BY_PERCENT,
    COUPONS,
    NO_COUPON,
    SALES_RULES,
    SPECIFIC_COUPON,
    Coupon,
    SalesRule,
    find_coupon,
)
from counterfoil.domain.money import SCALE
from counterfoil.ledger.faults import Conflict
from counterfoil.ledger.ports import NameTaken, Records, Transaction

MAX_TEXT = 255
MAX_AMOUNT = 10**8 * SCALE
"""Amounts must stay below this: Adobe keeps them as DECIMAL(12,4)."""

MAX_DEPTH = 20
"""How many levels a tree of conditions may have."""

GENERATED = 1
"""The type of a coupon whose code was made up by the shop; 0 is one that somebody chose."""


class RuleInvalid(Struct, frozen=True):
    """Refusal: a rule cannot have this value in this field."""

    field: str
    value: str


class RuleUnsupported(Struct, frozen=True):
    """Refusal: this shop cannot carry out a rule with this in it."""

    field: str


class RuleNameMissing(Struct, frozen=True):
    """Refusal: a rule must have a name."""


class RuleUnknown(Struct, frozen=True):
    """Refusal: there is no rule with this id."""

    rule_id: int


class CouponUnknown(Struct, frozen=True):
    """Refusal: there is no coupon with this id."""

    coupon_id: int


class CouponsNotAllowed(Struct, frozen=True):
    """Refusal: the rule needs no coupon, so it cannot have one."""


class WrongCouponType(Struct, frozen=True):
    """Refusal: the rule takes only generated codes, or none of those."""

    only_generated: bool


class CouponCodeInvalid(Struct, frozen=True):
    """Refusal: a coupon cannot have this code."""

    code: str


class CouponTaken(Struct, frozen=True):
    """Refusal: there is a coupon with this code already."""

    code: str


SaveRuleRefusal = RuleInvalid | RuleUnsupported | RuleNameMissing | RuleUnknown
SaveCouponRefusal = (
    CouponUnknown | RuleUnknown | CouponsNotAllowed | WrongCouponType | CouponCodeInvalid | CouponTaken
)


async def save_rule(
    transaction: Transaction, draft: SalesRule, *, rule_id: int | None = None
) -> SalesRule | SaveRuleRefusal:
    """Make a rule, or replace the one with ``rule_id``, keeping how often it was used."""
    refusal = unfit(draft)
    if refusal is not None:
        return refusal
    records = transaction.records
    if rule_id is None:
        return await SALES_RULES.insert(records, replace(draft, times_used=0))
    coupons = await _lock_coupons(records, rule_id)
    before = await SALES_RULES.get(records, rule_id, lock=True)
    if before is None:
        return RuleUnknown(rule_id)
    if len(await coupons_of(records, rule_id)) != len(coupons):
        raise Conflict  # somebody made or deleted a coupon just before the rule was locked
    changed = replace(draft, id=before.id, version=before.version, times_used=before.times_used)
    saved = await SALES_RULES.update(records, changed)
    for coupon in coupons:
        # The limits of a rule hold for its coupons, those made earlier included.
        await COUPONS.update(records, replace(coupon, **_from_rule(saved)))
    return saved


async def _lock_coupons(records: Records, rule_id: int) -> list[Coupon]:
    """Lock the coupons of a rule. Coupons come before rules: an order that is placed does it that way too."""
    ids = [coupon.id for coupon in await coupons_of(records, rule_id)]
    return list((await COUPONS.many(records, ids, lock=True)).values())


def unfit(rule: SalesRule) -> RuleInvalid | RuleUnsupported | RuleNameMissing | None:
    """Return why there cannot be such a rule, or None."""
    if not rule.name.strip():
        return RuleNameMissing()
    if len(rule.name) > MAX_TEXT:
        return RuleInvalid("name", rule.name)
    if rule.simple_action not in ACTIONS:
        return RuleUnsupported("simple_action")
    most = 100 * SCALE if rule.simple_action == BY_PERCENT else MAX_AMOUNT - 1
    for field, value, limit in (
        ("discount_amount", rule.discount_amount, most),
        ("discount_qty", rule.discount_qty or 0, MAX_AMOUNT - 1),
        ("discount_step", rule.discount_step, MAX_AMOUNT - 1),
        ("uses_per_customer", rule.uses_per_customer * SCALE, 2**31 * SCALE),
        ("uses_per_coupon", rule.uses_per_coupon * SCALE, 2**31 * SCALE),
        ("sort_order", rule.sort_order * SCALE, 2**31 * SCALE),
    ):
        if not 0 <= value <= limit:
            return RuleInvalid(field, str(value // SCALE))
    if rule.discount_step and rule.simple_action == BY_FIXED:
        return RuleUnsupported("discount_step")
    if rule.coupon_type not in {NO_COUPON, SPECIFIC_COUPON}:
        return RuleUnsupported("coupon_type")
    return _unfit_scope(rule)


def _unfit_scope(rule: SalesRule) -> RuleInvalid | RuleUnsupported | None:
    if not rule.website_ids or any(website_id != 1 for website_id in rule.website_ids):
        return RuleInvalid("website_ids", ",".join(map(str, rule.website_ids)))
    if not rule.customer_group_ids or any(group not in GROUPS for group in rule.customer_group_ids):
        return RuleInvalid("customer_group_ids", ",".join(map(str, rule.customer_group_ids)))
    if rule.from_date and rule.to_date and rule.from_date > rule.to_date:
        return RuleInvalid("to_date", rule.to_date)
    for field in ("condition", "action_condition"):
        if _depth(getattr(rule, field)) > MAX_DEPTH:
            return RuleInvalid(field, "")
    return None


def _depth(condition: object, limit: int = MAX_DEPTH) -> int:
    """Return how deep a tree of conditions is, not looking further than one level past ``limit``."""
    if not isinstance(condition, dict) or limit < 0:
        return 0
    parts = condition.get("conditions") or []
    return 1 + max((_depth(part, limit - 1) for part in parts), default=0)


async def delete_rule(transaction: Transaction, rule_id: int) -> RuleUnknown | None:
    """Delete a rule with its coupons."""
    records = transaction.records
    coupons = await _lock_coupons(records, rule_id)
    if await SALES_RULES.get(records, rule_id, lock=True) is None:
        return RuleUnknown(rule_id)
    if len(await coupons_of(records, rule_id)) != len(coupons):
        raise Conflict
    for coupon in coupons:
        await records.delete(COUPONS.name, coupon.id)
    await records.delete(SALES_RULES.name, rule_id)
    return None


async def coupons_of(records: Records, rule_id: int) -> list[Coupon]:
    """Return the coupons of a rule."""
    return await COUPONS.owned(records, str(rule_id), limit=100_000)


async def save_coupon(
    transaction: Transaction, draft: Coupon, *, now: str, coupon_id: int | None = None
) -> Coupon | SaveCouponRefusal:
    """Make a coupon, or change the one with ``coupon_id``. Limits and end come from the rule."""
    records = transaction.records
    code = draft.code.strip()
    if not code or len(code) > MAX_TEXT:
        return CouponCodeInvalid(draft.code)
    before = None if coupon_id is None else await COUPONS.get(records, coupon_id, lock=True)
    rule = await SALES_RULES.get(records, draft.rule_id, lock=True)
    if coupon_id is not None and before is None:
        return CouponUnknown(coupon_id)
    if rule is None:
        return RuleUnknown(draft.rule_id)
    refusal = _unfit_type(rule, draft)
    if refusal is not None:
        return refusal
    namesake = await find_coupon(records, code)
    if namesake is not None and (before is None or namesake.id != before.id):
        return CouponTaken(code)
    coupon = replace(draft, code=code, **_from_rule(rule))
    if before is not None:
        kept = {"times_used": before.times_used, "created_at": before.created_at}
        changed = replace(coupon, id=before.id, version=before.version, **kept)
        return await COUPONS.update(records, changed)
    fresh = replace(coupon, times_used=0, created_at=now)
    try:
        return await COUPONS.insert(records, fresh)
    except NameTaken:
        return CouponTaken(code)


def _unfit_type(rule: SalesRule, coupon: Coupon) -> CouponsNotAllowed | WrongCouponType | None:
    if rule.coupon_type == NO_COUPON:
        return CouponsNotAllowed()
    if rule.use_auto_generation != (coupon.type == GENERATED):
        return WrongCouponType(rule.use_auto_generation)
    return None


def _from_rule(rule: SalesRule) -> dict[str, object]:
    return {
        "usage_limit": rule.uses_per_coupon,
        "usage_per_customer": rule.uses_per_customer,
        "expiration_date": rule.to_date,
    }


async def delete_coupon(transaction: Transaction, coupon_id: int) -> CouponUnknown | None:
    """Delete a coupon."""
    if await COUPONS.get(transaction.records, coupon_id, lock=True) is None:
        return CouponUnknown(coupon_id)
    await transaction.records.delete(COUPONS.name, coupon_id)
    return None

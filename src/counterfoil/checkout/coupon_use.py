"""Whether a coupon may be used by a cart, and how often coupons and rules have been used.

Uses are counted in the transaction that places the order, on locked records, so a coupon that may be used
once is used once. Per customer they are counted in records of their own; guests have no such count.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from counterfoil.checkout.kind import Document, Kind
from counterfoil.checkout.sales_rule import (
    COUPONS,
    SALES_RULES,
    Coupon,
    CouponRule,
    SalesRule,
    coupon_name,
    rule_of_coupon,
)
from counterfoil.ledger.faults import Conflict
from counterfoil.ledger.ports import Records, WritableRecords

WEBSITE = 1


class Use(Document, frozen=True, kw_only=True):
    """How often one customer has used a coupon or a rule."""

    times_used: int = 0


USES = Kind("coupon_use", Use)


async def usable_coupon(
    records: Records, code: str, *, today: str, customer_id: int | None, customer_group_id: int
) -> CouponRule | None:
    """Return the coupon of that code and its rule if this customer may use it today (``YYYY-MM-DD``)."""
    found = await rule_of_coupon(records, code)
    if found is None or not found.rule.needs_coupon:
        return None
    coupon, rule = found.coupon, found.rule
    if not rule.is_open(today=today, website_id=WEBSITE, customer_group_id=customer_group_id):
        return None
    if coupon.expiration_date is not None and coupon.expiration_date[:10] < today:
        return None
    limit = coupon.usage_limit or rule.uses_per_coupon
    if limit and coupon.times_used >= limit:
        return None
    if customer_id is not None and await _used_up(records, coupon, rule, customer_id):
        return None
    return found


async def may_use(records: Records, rule: SalesRule, customer_id: int | None) -> bool:
    """Whether the customer may use a rule once more."""
    if customer_id is None or not rule.uses_per_customer:
        return True
    return await _times_used(records, _rule_name(rule, customer_id)) < rule.uses_per_customer


async def _used_up(records: Records, coupon: Coupon, rule: SalesRule, customer_id: int) -> bool:
    if not await may_use(records, rule, customer_id):
        return True
    limit = coupon.usage_per_customer
    return bool(limit) and await _times_used(records, _coupon_name(coupon, customer_id)) >= limit


async def _times_used(records: Records, name: str) -> int:
    use = await USES.named(records, name)
    return 0 if use is None else use.times_used


async def lock_coupon(records: Records, code: str) -> None:
    """Hold the coupon of that code until the transaction ends, so that its uses can be counted."""
    await COUPONS.named(records, coupon_name(code), lock=True)


async def count_uses(
    records: WritableRecords, *, rules: Sequence[SalesRule], coupon: Coupon | None, customer_id: int | None
) -> None:
    """Count one use of each rule and of the coupon, which the caller has locked.

    Raises `Conflict` if a rule is no longer what the cart was priced with.
    """
    locked = await SALES_RULES.many(records, sorted(rule.id for rule in rules), lock=True)
    for rule in rules:
        current = locked.get(rule.id)
        if current is None or current.version != rule.version:
            raise Conflict
        await SALES_RULES.update(records, replace(current, times_used=current.times_used + 1))
        if customer_id is not None:
            await _count(records, _rule_name(rule, customer_id))
    if coupon is not None:
        counted = replace(coupon, times_used=coupon.times_used + 1)
        await COUPONS.update(records, counted)
        if customer_id is not None:
            await _count(records, _coupon_name(coupon, customer_id))


async def _count(records: WritableRecords, name: str) -> None:
    use = await USES.named(records, name, lock=True)
    if use is None:
        await USES.insert(records, Use(times_used=1), name=name)
    else:
        await USES.update(records, replace(use, times_used=use.times_used + 1), name=name)


def _rule_name(rule: SalesRule, customer_id: int) -> str:
    return f"rule/{rule.id}/{customer_id}"


def _coupon_name(coupon: Coupon, customer_id: int) -> str:
    return f"coupon/{coupon.id}/{customer_id}"

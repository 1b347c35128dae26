"""Cart price rules and their coupons: nouns and look-ups. What a rule takes off is the cart's matter.

``discount_amount`` is a percentage or an amount of money, both scaled by 10 000.
"""

from typing import Any

from msgspec import Struct, field

from counterfoil.checkout.kind import Document, Kind
from counterfoil.domain.money import SCALE
from counterfoil.ledger.ports import Records
from counterfoil.ledger.searching import Filter, Search

BY_PERCENT = "by_percent"
BY_FIXED = "by_fixed"
CART_FIXED = "cart_fixed"
ACTIONS = (BY_PERCENT, BY_FIXED, CART_FIXED)

NO_COUPON = "NO_COUPON"
SPECIFIC_COUPON = "SPECIFIC_COUPON"


class RuleLabel(Struct, frozen=True):
    """What customers of one store view read as the name of the discount. Store 0 is the default."""

    store_id: int
    store_label: str


class SalesRule(Document, frozen=True, kw_only=True):
    """A cart price rule.

    Dates are ``YYYY-MM-DD`` and both inclusive. ``uses_per_customer`` and ``uses_per_coupon`` 0 mean
    no limit. ``discount_qty`` None means every unit; it is a scaled quantity.
    """

    name: str
    description: str | None = None
    store_labels: tuple[RuleLabel, ...] = ()
    website_ids: tuple[int, ...] = (1,)
    customer_group_ids: tuple[int, ...] = (0, 1, 2, 3)
    from_date: str | None = None
    to_date: str | None = None
    uses_per_customer: int = 0
    is_active: bool = True
    stop_rules_processing: bool = True
    is_advanced: bool = True
    product_ids: tuple[int, ...] = ()
    sort_order: int = 0
    simple_action: str = BY_PERCENT
    discount_amount: int = 0
    discount_qty: int | None = None
    discount_step: int = 0
    apply_to_shipping: bool = False
    times_used: int = 0
    is_rss: bool = True
    coupon_type: str = NO_COUPON
    use_auto_generation: bool = False
    uses_per_coupon: int = 0
    condition: dict[str, Any] = field(default_factory=dict)
    action_condition: dict[str, Any] = field(default_factory=dict)

    @property
    def needs_coupon(self) -> bool:
        return self.coupon_type != NO_COUPON

    @property
    def percent(self) -> int:
        """The percentage taken off, at most 100; 0 if the rule takes off money."""
        return min(self.discount_amount, 100 * SCALE) if self.simple_action == BY_PERCENT else 0

    def label(self, store_id: int) -> str | None:
        """Return the discount's name in a store view, or None if the rule has no label."""
        labels = {label.store_id: label.store_label for label in self.store_labels}
        return labels.get(store_id) or labels.get(0)

    def is_open(self, *, today: str, website_id: int, customer_group_id: int) -> bool:
        """Whether the rule may be used by that group on that website today (``YYYY-MM-DD``)."""
        return (
            self.is_active
            and website_id in self.website_ids
            and customer_group_id in self.customer_group_ids
            and (self.from_date is None or self.from_date <= today)
            and (self.to_date is None or today <= self.to_date)
        )


class Coupon(Document, frozen=True, kw_only=True):
    """A code that opens a rule. ``usage_limit`` and ``usage_per_customer`` 0 mean no limit."""

    rule_id: int
    code: str
    usage_limit: int = 0
    usage_per_customer: int = 0
    times_used: int = 0
    expiration_date: str | None = None
    is_primary: bool = False
    created_at: str = ""
    type: int = 0


def coupon_name(code: str) -> str:
    """Return the unique name under which the coupon of ``code`` is stored: case does not matter."""
    return code.strip().casefold()


SALES_RULES = Kind("sales_rule", SalesRule)
COUPONS = Kind(
    "coupon",
    Coupon,
    name_of=lambda coupon: coupon_name(coupon.code),
    owner_of=lambda coupon: str(coupon.rule_id),
)

SALES_RULE_FIELDS = {
    "rule_id": "id",
    "name": "name:text",
    "is_active": "is_active:flag",
    "sort_order": "sort_order:integer",
    "simple_action": "simple_action:text",
    "coupon_type": "coupon_type:text",
    "from_date": "from_date:text",
    "to_date": "to_date:text",
}


COUPON_FIELDS = {
    "coupon_id": "id",
    "rule_id": "rule_id:integer",
    "code": "code:text",
    "times_used": "times_used:integer",
    "usage_limit": "usage_limit:integer",
    "expiration_date": "expiration_date:text",
    "type": "type:integer",
    "created_at": "created_at:time",
}


class CouponRule(Struct, frozen=True):
    """A coupon together with the rule that it opens."""

    coupon: Coupon
    rule: SalesRule


async def find_coupon(records: Records, code: str, *, lock: bool = False) -> Coupon | None:
    """Return the coupon of that code, or None."""
    return await COUPONS.named(records, coupon_name(code), lock=lock)


async def rule_of_coupon(records: Records, code: str) -> CouponRule | None:
    """Return the coupon of that code and its rule, or None if there is none.

    Whether the rule may be used now is the caller's question: `SalesRule.is_open`.
    """
    coupon = await find_coupon(records, code)
    rule = None if coupon is None else await SALES_RULES.get(records, coupon.rule_id)
    return None if coupon is None or rule is None else CouponRule(coupon, rule)


async def open_rules(
    records: Records, *, today: str, website_id: int, customer_group_id: int
) -> list[SalesRule]:
    """Return the rules that need no coupon and may be used today, in the order in which they apply."""
    without_coupon = Search(groups=((Filter("coupon_type", "eq", NO_COUPON),),))
    found, _ = await SALES_RULES.search(records, SALES_RULE_FIELDS, without_coupon)
    usable = [
        rule
        for rule in found
        if rule.is_open(today=today, website_id=website_id, customer_group_id=customer_group_id)
    ]
    return sorted(usable, key=lambda rule: (rule.sort_order, rule.id))

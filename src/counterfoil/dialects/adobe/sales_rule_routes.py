"""Cart price rules and coupons (contract adobe §3.3, recordings 571 and 572)."""

from collections.abc import Sequence
from typing import Any, assert_never

from counterfoil.checkout import price_rules
from counterfoil.checkout.price_rules import (
    CouponCodeInvalid,
    CouponsNotAllowed,
    CouponTaken,
    CouponUnknown,
    RuleInvalid,
    RuleNameMissing,
    RuleUnknown,
    RuleUnsupported,
    SaveCouponRefusal,
    SaveRuleRefusal,
    WrongCouponType,
)
from counterfoil.checkout.sales_rule import (
    COUPON_FIELDS,
    COUPONS,
    SALES_RULE_FIELDS,
    SALES_RULES,
    Coupon,
    SalesRule,
)
from counterfoil.dialects.adobe import sales_rule_document
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.documents import exists, invalid, page, written
from counterfoil.dialects.adobe.errors import no_entity, required
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.sales_rule_document import COUPON, SALES_RULE
from counterfoil.dialects.adobe.search import SEARCH_CRITERIA
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Reader, Records, Transaction
from counterfoil.ledger.searching import Search

_RESOURCES = ("Magento_SalesRule::quote",)

Refusal = SaveRuleRefusal | SaveCouponRefusal

_COUPON_ERROR = "Error occurred when saving coupon: %1"


async def post_rule(call: Call) -> Reply:
    """POST /V1/salesRules. With the id of a rule it changes that one."""
    return await _save_rule(call, call.args["rule"].get("rule_id") or None)


async def put_rule(call: Call) -> Reply:
    """PUT /V1/salesRules/:ruleId."""
    return await _save_rule(call, call.args["rule_id"])


async def _save_rule(call: Call, rule_id: int | None) -> Reply:
    sent = call.args["rule"]

    async def work(transaction: Transaction) -> Body | Refusal:
        before = None if rule_id is None else await SALES_RULES.get(transaction.records, rule_id)
        if rule_id is not None and before is None:
            return RuleUnknown(rule_id)
        draft = sales_rule_document.sales_rule(sent, before)
        saved = await price_rules.save_rule(transaction, draft, rule_id=rule_id)
        return written(sales_rule_document.render_rule(saved)) if isinstance(saved, SalesRule) else saved

    return _reply(await call.write(work))


async def get_rule(call: Call) -> Reply:
    """GET /V1/salesRules/:ruleId."""
    async with call.shop.ledger.reading() as reader:
        rule = await SALES_RULES.get(reader.records, call.args["rule_id"])
    if rule is None:
        raise no_entity()
    return Reply(sales_rule_document.render_rule(rule))


async def list_rules(call: Call) -> Reply:
    """GET /V1/salesRules/search."""

    async def find(records: Records, search: Search) -> tuple[list[SalesRule], int]:
        return await SALES_RULES.search(records, SALES_RULE_FIELDS, search)

    async def render(_: Reader, rules: Sequence[SalesRule]) -> list[Any]:
        return [sales_rule_document.render_rule(rule) for rule in rules]

    return await page(call, find, render)


async def delete_rule(call: Call) -> Reply:
    """DELETE /V1/salesRules/:ruleId."""

    async def work(transaction: Transaction) -> Body | Refusal:
        return await price_rules.delete_rule(transaction, call.args["rule_id"]) or written(True)  # noqa: FBT003

    return _reply(await call.write(work))


async def post_coupon(call: Call) -> Reply:
    """POST /V1/coupons. With the id of a coupon it changes that one."""
    return await _save_coupon(call, call.args["coupon"].get("coupon_id") or None)


async def put_coupon(call: Call) -> Reply:
    """PUT /V1/coupons/:couponId."""
    return await _save_coupon(call, call.args["coupon_id"])


async def _save_coupon(call: Call, coupon_id: int | None) -> Reply:
    sent, now = call.args["coupon"], call.shop.clock.now()

    async def work(transaction: Transaction) -> Body | Refusal:
        before = None if coupon_id is None else await COUPONS.get(transaction.records, coupon_id)
        draft = sales_rule_document.coupon(sent, before)
        saved = await price_rules.save_coupon(transaction, draft, now=now, coupon_id=coupon_id)
        return written(sales_rule_document.render_coupon(saved)) if isinstance(saved, Coupon) else saved

    result: Reply | Refusal = await call.write(work)
    if isinstance(result, RuleUnknown):
        message = f"No such entity with rule_id = {result.rule_id}"
        raise AdobeError(400, _COUPON_ERROR, [message])
    return _reply(result)


async def get_coupon(call: Call) -> Reply:
    """GET /V1/coupons/:couponId."""
    async with call.shop.ledger.reading() as reader:
        coupon = await COUPONS.get(reader.records, call.args["coupon_id"])
    if coupon is None:
        raise no_entity()
    return Reply(sales_rule_document.render_coupon(coupon))


async def list_coupons(call: Call) -> Reply:
    """GET /V1/coupons/search."""

    async def find(records: Records, search: Search) -> tuple[list[Coupon], int]:
        return await COUPONS.search(records, COUPON_FIELDS, search)

    async def render(_: Reader, coupons: Sequence[Coupon]) -> list[Any]:
        return [sales_rule_document.render_coupon(coupon) for coupon in coupons]

    return await page(call, find, render)


async def delete_coupon(call: Call) -> Reply:
    """DELETE /V1/coupons/:couponId."""

    async def work(transaction: Transaction) -> Body | Refusal:
        return await price_rules.delete_coupon(transaction, call.args["coupon_id"]) or written(True)  # noqa: FBT003

    return _reply(await call.write(work))


def _reply(result: Reply | Refusal) -> Reply:
    if isinstance(result, Reply):
        return result
    raise of_refusal(result)


def of_refusal(refusal: Refusal) -> AdobeError:
    """Return how this dialect says no to a rule or a coupon."""
    match refusal:
        case RuleInvalid(field=field, value=value):
            return invalid(field, value)
        case RuleUnsupported(field=field):
            return AdobeError(400, "This value of %1 is not supported in a cart price rule.", [field])
        case RuleNameMissing():
            return required("name")
        case RuleUnknown() | CouponUnknown():
            return no_entity()
        case CouponsNotAllowed():
            return AdobeError(400, _COUPON_ERROR, ["Specified rule does not allow coupons"])
        case WrongCouponType(only_generated=only_generated):
            rule = "only allows auto generated" if only_generated else "does not allow auto generated"
            return AdobeError(400, _COUPON_ERROR, [f"Specified rule {rule} coupons"])
        case CouponCodeInvalid(code=code):
            return invalid("code", code) if code else required("code")
        case CouponTaken():
            return exists("Coupon with the same code")
        case _:
            assert_never(refusal)


_RULE = (Param("rule", SALES_RULE),)
_RULE_ID = (Param("rule_id", INT),)
_COUPON = (Param("coupon", COUPON),)
_COUPON_ID = (Param("coupon_id", INT),)

ROUTES = (
    Route("POST", "/V1/salesRules", post_rule, _RESOURCES, _RULE),
    Route("PUT", "/V1/salesRules/:ruleId", put_rule, _RESOURCES, (*_RULE, *_RULE_ID)),
    Route("GET", "/V1/salesRules/search", list_rules, _RESOURCES, (SEARCH_CRITERIA,)),
    Route("GET", "/V1/salesRules/:ruleId", get_rule, _RESOURCES, _RULE_ID),
    Route("DELETE", "/V1/salesRules/:ruleId", delete_rule, _RESOURCES, _RULE_ID),
    Route("POST", "/V1/coupons", post_coupon, _RESOURCES, _COUPON),
    Route("PUT", "/V1/coupons/:couponId", put_coupon, _RESOURCES, (*_COUPON, *_COUPON_ID)),
    Route("GET", "/V1/coupons/search", list_coupons, _RESOURCES, (SEARCH_CRITERIA,)),
    Route("GET", "/V1/coupons/:couponId", get_coupon, _RESOURCES, _COUPON_ID),
    Route("DELETE", "/V1/coupons/:couponId", delete_coupon, _RESOURCES, _COUPON_ID),
)

"""Cart price rules and coupons on the wire, both ways (recordings 571 and 572)."""

import re
from datetime import date
from typing import Any, NoReturn

from counterfoil.checkout.sales_rule import BY_PERCENT, NO_COUPON, Coupon, RuleLabel, SalesRule
from counterfoil.dialects.adobe.call import AdobeError
from counterfoil.dialects.adobe.documents import invalid
from counterfoil.dialects.adobe.render import number
from counterfoil.dialects.adobe.wire import (
    BOOL,
    FLOAT,
    INT,
    MIXED,
    STRING,
    DataObject,
    ListOf,
    Type,
    php_text,
    scaled,
)

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?: \d{2}:\d{2}:\d{2})?")
_NESTED = 'The "conditions" of a rule are nested too deeply.'
MAX_DEPTH = 20


class _Condition:
    """A tree of conditions, decoded level by level so that no tree is too deep to be refused."""

    name = "Condition"
    _level = DataObject(
        "Condition",
        {
            "condition_type": STRING,
            "conditions": ListOf(MIXED),
            "aggregator_type": STRING,
            "operator": STRING,
            "attribute_name": STRING,
            "value": MIXED,
            "extension_attributes": MIXED,
        },
    )

    def __init__(self) -> None:
        self.shape = DataObject("Condition", {**self._level.fields, "conditions": ListOf(self)})

    def cast(self, value: Any, depth: int = 0) -> Any:
        if value is None:
            return None
        if depth >= MAX_DEPTH:
            raise AdobeError(400, _NESTED)
        decoded = self._level.cast(value)
        if decoded.get("conditions"):
            decoded["conditions"] = [self.cast(part, depth + 1) or {} for part in decoded["conditions"]]
        entry = decoded.get("value")
        if isinstance(entry, list | dict):
            listed = entry.values() if isinstance(entry, dict) else entry
            decoded["value"] = [php_text(part) for part in listed if not isinstance(part, dict | list)]
        elif entry is not None and not isinstance(entry, bool):
            decoded["value"] = php_text(entry)
        return {key: part for key, part in decoded.items() if key != "extension_attributes"}


_CONDITION: Type = _Condition()
_LABEL = DataObject("RuleLabel", {"store_id": INT, "store_label": STRING, "extension_attributes": MIXED})
SALES_RULE = DataObject(
    "Rule",
    {
        "rule_id": INT,
        "name": STRING,
        "store_labels": ListOf(_LABEL),
        "description": STRING,
        "website_ids": ListOf(INT),
        "customer_group_ids": ListOf(INT),
        "from_date": STRING,
        "to_date": STRING,
        "uses_per_customer": INT,
        "is_active": BOOL,
        "condition": _CONDITION,
        "action_condition": _CONDITION,
        "stop_rules_processing": BOOL,
        "is_advanced": BOOL,
        "product_ids": ListOf(INT),
        "sort_order": INT,
        "simple_action": STRING,
        "discount_amount": FLOAT,
        "discount_qty": FLOAT,
        "discount_step": INT,
        "apply_to_shipping": BOOL,
        "times_used": INT,
        "is_rss": BOOL,
        "coupon_type": STRING,
        "use_auto_generation": BOOL,
        "uses_per_coupon": INT,
        "simple_free_shipping": STRING,
        "extension_attributes": MIXED,
    },
)
COUPON = DataObject(
    "Coupon",
    {
        "coupon_id": INT,
        "rule_id": INT,
        "code": STRING,
        "usage_limit": INT,
        "usage_per_customer": INT,
        "times_used": INT,
        "expiration_date": STRING,
        "is_primary": BOOL,
        "created_at": STRING,
        "type": INT,
        "extension_attributes": MIXED,
    },
)

_PLAIN = ("name", "description", "uses_per_customer", "is_active", "stop_rules_processing", "is_advanced")
_PLAIN_TOO = ("sort_order", "apply_to_shipping", "is_rss", "use_auto_generation", "uses_per_coupon")
_COUPON_TYPES = {"1": NO_COUPON, "2": "SPECIFIC_COUPON", "3": "AUTO"}
_EMPTY = {
    "condition": "Magento\\SalesRule\\Model\\Rule\\Condition\\Combine",
    "action_condition": "Magento\\SalesRule\\Model\\Rule\\Condition\\Product\\Combine",
}


def sales_rule(sent: dict[str, Any], before: SalesRule | None = None) -> SalesRule:
    """Return the rule that was sent; what it does not say is as ``before``, or Adobe's default."""
    if sent.get("simple_free_shipping") not in {None, "", "0"}:
        raise AdobeError(400, "%1 is not supported in a cart price rule.", ["simple_free_shipping"])
    said: dict[str, Any] = {name: sent[name] for name in (*_PLAIN, *_PLAIN_TOO) if sent.get(name) is not None}
    for name in ("discount_amount", "discount_qty", "discount_step"):
        if sent.get(name) is not None:
            said[name] = scaled(sent[name])
    for name in ("website_ids", "customer_group_ids", "product_ids"):
        if sent.get(name) is not None:
            said[name] = tuple(dict.fromkeys(entry for entry in sent[name] if entry is not None))
    for name in ("from_date", "to_date"):
        if name in sent:
            said[name] = _date(name, sent[name])
    for name in _EMPTY:
        if sent.get(name) is not None:
            said[name] = sent[name]
    if sent.get("store_labels") is not None:
        said["store_labels"] = tuple(_label(label) for label in sent["store_labels"])
    said["simple_action"] = sent.get("simple_action") or (before.simple_action if before else BY_PERCENT)
    coupon_type = sent.get("coupon_type") or (before.coupon_type if before else NO_COUPON)
    said["coupon_type"] = _COUPON_TYPES.get(coupon_type, coupon_type)
    known = {name: getattr(before, name) for name in SalesRule.__struct_fields__} if before else {"name": ""}
    return SalesRule(**(known | said))


def _label(sent: dict[str, Any]) -> RuleLabel:
    return RuleLabel(sent.get("store_id") or 0, sent.get("store_label") or "")


def _date(field: str, text: str | None) -> str | None:
    if not text:
        return None
    found = _DATE.fullmatch(text.strip())
    try:
        return date.fromisoformat(found[1]).isoformat() if found else _refuse(field, text)
    except ValueError:
        return _refuse(field, text)


def _refuse(field: str, text: str) -> NoReturn:
    raise invalid(field, text)


def coupon(sent: dict[str, Any], before: Coupon | None = None) -> Coupon:
    """Return the coupon that was sent; what it does not say is as ``before``."""
    known = before or Coupon(rule_id=0, code="")
    is_primary = sent.get("is_primary")
    return Coupon(
        rule_id=sent.get("rule_id") or known.rule_id,
        code=sent.get("code") or known.code,
        is_primary=known.is_primary if is_primary is None else is_primary,
        type=known.type if sent.get("type") is None else sent["type"],
    )


def render_rule(rule: SalesRule) -> dict[str, Any]:
    """Return a rule as clients see it."""
    shown: dict[str, Any] = {
        "rule_id": rule.id,
        "name": rule.name,
        "store_labels": [
            {"store_id": label.store_id, "store_label": label.store_label} for label in rule.store_labels
        ],
    }
    if rule.description is not None:
        shown["description"] = rule.description
    shown |= {"website_ids": list(rule.website_ids), "customer_group_ids": list(rule.customer_group_ids)}
    shown |= {name: day for name in ("from_date", "to_date") if (day := getattr(rule, name)) is not None}
    shown |= {"uses_per_customer": rule.uses_per_customer, "is_active": rule.is_active}
    shown |= {name: _condition(getattr(rule, name), empty) for name, empty in _EMPTY.items()}
    shown |= {"stop_rules_processing": rule.stop_rules_processing, "is_advanced": rule.is_advanced}
    if rule.product_ids:
        shown["product_ids"] = list(rule.product_ids)
    shown |= {
        "sort_order": rule.sort_order,
        "simple_action": rule.simple_action,
        "discount_amount": number(rule.discount_amount),
    }
    if rule.discount_qty is not None:
        shown["discount_qty"] = number(rule.discount_qty)
    return shown | {
        "discount_step": number(rule.discount_step),
        "apply_to_shipping": rule.apply_to_shipping,
        "times_used": rule.times_used,
        "is_rss": rule.is_rss,
        "coupon_type": rule.coupon_type,
        "use_auto_generation": rule.use_auto_generation,
        "uses_per_coupon": rule.uses_per_coupon,
    }


def _condition(condition: dict[str, Any], empty: str) -> dict[str, Any]:
    shown = {
        "condition_type": condition.get("condition_type") or empty,
        "aggregator_type": condition.get("aggregator_type") or "all",
        "operator": condition.get("operator"),
        "value": condition.get("value", True),
    }
    if condition.get("attribute_name"):
        shown["attribute_name"] = condition["attribute_name"]
    if condition.get("conditions"):
        shown["conditions"] = [_condition(part, "") for part in condition["conditions"]]
    return shown


def render_coupon(found: Coupon) -> dict[str, Any]:
    """Return a coupon as clients see it."""
    shown: dict[str, Any] = {
        "coupon_id": found.id,
        "rule_id": found.rule_id,
        "code": found.code,
        "usage_limit": found.usage_limit,
        "usage_per_customer": found.usage_per_customer,
        "times_used": found.times_used,
    }
    if found.expiration_date is not None:
        shown["expiration_date"] = found.expiration_date
    return shown | {"is_primary": found.is_primary, "created_at": found.created_at, "type": found.type}

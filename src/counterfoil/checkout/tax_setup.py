"""The verbs of taxes: make, change and delete tax classes, rates and rules (contract adobe §3.3).

What another rule still counts on is not deleted.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.directory import COUNTRIES, REGIONS
from counterfoil.checkout.tax import (
    CLASSES,
    CUSTOMER_CLASS,
    PRODUCT_CLASS,
    RATES,
    RULE_FIELDS,
    RULES,
    TaxClass,
    TaxRate,
    TaxRule,
    class_name,
)
from counterfoil.domain.money import SCALE
from counterfoil.ledger.ports import NameTaken, Records, Transaction
from counterfoil.ledger.searching import Search

MAX_TEXT = 255
MAX_RATE = 10**8 * SCALE
"""Rates must stay below this: Adobe keeps them as DECIMAL(12,4)."""

MAX_ZIP = 10**9
MAX_IDS = 1000


class Missing(Struct, frozen=True):
    """Refusal: these fields must have a value."""

    fields: tuple[str, ...]


class Invalid(Struct, frozen=True):
    """Refusal: a field cannot have this value."""

    field: str
    value: str


class RangeBackwards(Struct, frozen=True):
    """Refusal: a range of postcodes ends before it begins."""


class Unknown(Struct, frozen=True):
    """Refusal: there is nothing with this id. ``field`` is what the id is called."""

    field: str
    value: int


class Taken(Struct, frozen=True):
    """Refusal: something else has this code already."""

    code: str


class ClassTaken(Struct, frozen=True):
    """Refusal: there is a class of this type and name already."""

    class_type: str


class ClassTypeFixed(Struct, frozen=True):
    """Refusal: a class of products stays one of products, and one of customers stays one of customers."""


class InUse(Struct, frozen=True):
    """Refusal: a tax rule counts on it."""


ClassRefusal = Missing | Invalid | Unknown | ClassTaken | ClassTypeFixed
RateRefusal = Missing | Invalid | RangeBackwards | Unknown | Taken
RuleRefusal = Missing | Invalid | Unknown | Taken


async def save_class(
    transaction: Transaction, draft: TaxClass, *, class_id: int | None = None
) -> TaxClass | ClassRefusal:
    """Make a tax class, or change the name of the one with ``class_id``."""
    missing = tuple(field for field in ("class_name", "class_type") if not getattr(draft, field).strip())
    if missing:
        return Missing(missing)
    if draft.class_type not in {PRODUCT_CLASS, CUSTOMER_CLASS}:
        return Invalid("class_type", draft.class_type)
    if len(draft.class_name) > MAX_TEXT:
        return Invalid("class_name", draft.class_name)
    records = transaction.records
    before = None if class_id is None else await CLASSES.get(records, class_id, lock=True)
    if class_id is not None and before is None:
        return Unknown("class_id", class_id)
    if before is not None and before.class_type != draft.class_type:
        return ClassTypeFixed()
    namesake = await CLASSES.named(records, class_name(draft))
    if namesake is not None and (before is None or namesake.id != before.id):
        return ClassTaken(draft.class_type)
    if before is not None:
        changed = replace(draft, id=before.id, version=before.version)
        return await CLASSES.update(records, changed)
    try:
        return await CLASSES.insert(records, draft)
    except NameTaken:
        return ClassTaken(draft.class_type)


async def save_rate(
    transaction: Transaction, draft: TaxRate, *, rate_id: int | None = None
) -> TaxRate | RateRefusal:
    """Make a tax rate, or replace the one with ``rate_id``."""
    refusal = unfit_rate(draft)
    if refusal is not None:
        return refusal
    records = transaction.records
    before = None if rate_id is None else await RATES.get(records, rate_id, lock=True)
    if rate_id is not None and before is None:
        return Unknown("taxRateId", rate_id)
    namesake = await RATES.named(records, draft.code)
    if namesake is not None and (before is None or namesake.id != before.id):
        return Taken(draft.code)
    if before is not None:
        changed = replace(draft, id=before.id, version=before.version)
        return await RATES.update(records, changed)
    try:
        return await RATES.insert(records, draft)
    except NameTaken:
        return Taken(draft.code)


def unfit_rate(rate: TaxRate) -> RateRefusal | None:
    """Return why there cannot be such a rate, or None."""
    is_range = rate.zip_from is not None or rate.zip_to is not None
    empty = [
        field
        for field, text in (("country_id", rate.tax_country_id), ("code", rate.code))
        if not text.strip()
    ]
    if not is_range and not (rate.tax_postcode or "").strip():
        empty.append("postcode")
    if rate.rate < 0:
        empty.append("percentage_rate")
    if empty:
        return Missing(tuple(empty))
    if rate.tax_country_id not in COUNTRIES:
        return Invalid("country_id", rate.tax_country_id)
    region = REGIONS.get(rate.tax_region_id)
    if rate.tax_region_id != 0 and (region is None or region.country_id != rate.tax_country_id):
        return Invalid("region_id", str(rate.tax_region_id))
    if rate.rate >= MAX_RATE:
        return Invalid("percentage_rate", str(rate.rate // SCALE))
    if len(rate.code) > MAX_TEXT:
        return Invalid("code", rate.code)
    if is_range:
        return _unfit_range(rate)
    return None


def _unfit_range(rate: TaxRate) -> Invalid | RangeBackwards | None:
    for field, value in (("zip_from", rate.zip_from), ("zip_to", rate.zip_to)):
        if value is None or not 0 <= value < MAX_ZIP:
            return Invalid(field, "" if value is None else str(value))
    assert rate.zip_from is not None
    assert rate.zip_to is not None
    return RangeBackwards() if rate.zip_from > rate.zip_to else None


async def save_rule(
    transaction: Transaction, draft: TaxRule, *, rule_id: int | None = None
) -> TaxRule | RuleRefusal:
    """Make a tax rule, or replace the one with ``rule_id``."""
    records = transaction.records
    refusal = _incomplete_rule(draft) or await _unfit_rule(records, draft)
    if refusal is not None:
        return refusal
    before = None if rule_id is None else await RULES.get(records, rule_id, lock=True)
    if rule_id is not None and before is None:
        return Unknown("taxRuleId", rule_id)
    namesake = await RULES.named(records, draft.code)
    if namesake is not None and (before is None or namesake.id != before.id):
        return Taken(draft.code)
    if before is not None:
        changed = replace(draft, id=before.id, version=before.version)
        return await RULES.update(records, changed)
    try:
        return await RULES.insert(records, draft)
    except NameTaken:
        return Taken(draft.code)


def _incomplete_rule(rule: TaxRule) -> Missing | Invalid | None:
    lists = ("customer_tax_class_ids", "product_tax_class_ids", "tax_rate_ids")
    empty = [field for field in lists if not getattr(rule, field)]
    if not rule.code.strip():
        empty.insert(0, "code")
    if empty:
        return Missing(tuple(empty))
    for field in lists:
        if len(getattr(rule, field)) > MAX_IDS:
            return Invalid(field, str(len(getattr(rule, field))))
    for field in ("priority", "position"):
        if getattr(rule, field) < 0:
            return Invalid(field, str(getattr(rule, field)))
    return Invalid("code", rule.code) if len(rule.code) > MAX_TEXT else None


async def _unfit_rule(records: Records, rule: TaxRule) -> Unknown | Invalid | None:
    # Locked, so that nothing vanishes from under the rule that is just being made.
    class_ids = [*rule.customer_tax_class_ids, *rule.product_tax_class_ids]
    classes = await CLASSES.many(records, class_ids, lock=True)
    for field, ids, class_type in (
        ("customer_tax_class_ids", rule.customer_tax_class_ids, CUSTOMER_CLASS),
        ("product_tax_class_ids", rule.product_tax_class_ids, PRODUCT_CLASS),
    ):
        for class_id in ids:
            if class_id not in classes:
                return Unknown(field, class_id)
            if classes[class_id].class_type != class_type:
                return Invalid(field, str(class_id))
    rates = await RATES.many(records, rule.tax_rate_ids, lock=True)
    missing = [rate_id for rate_id in rule.tax_rate_ids if rate_id not in rates]
    return Unknown("tax_rate_ids", missing[0]) if missing else None


async def delete_class(transaction: Transaction, class_id: int) -> Unknown | InUse | None:
    """Delete a tax class that no rule counts on."""
    if await CLASSES.get(transaction.records, class_id, lock=True) is None:
        return Unknown("class_id", class_id)
    rules = await _rules(transaction.records)
    if any(class_id in (*rule.customer_tax_class_ids, *rule.product_tax_class_ids) for rule in rules):
        return InUse()
    await transaction.records.delete(CLASSES.name, class_id)
    return None


async def delete_rate(transaction: Transaction, rate_id: int) -> Unknown | InUse | None:
    """Delete a tax rate that no rule counts on."""
    if await RATES.get(transaction.records, rate_id, lock=True) is None:
        return Unknown("taxRateId", rate_id)
    if any(rate_id in rule.tax_rate_ids for rule in await _rules(transaction.records)):
        return InUse()
    await transaction.records.delete(RATES.name, rate_id)
    return None


async def delete_rule(transaction: Transaction, rule_id: int) -> Unknown | None:
    """Delete a tax rule."""
    if await RULES.get(transaction.records, rule_id, lock=True) is None:
        return Unknown("taxRuleId", rule_id)
    await transaction.records.delete(RULES.name, rule_id)
    return None


async def _rules(records: Records) -> Sequence[TaxRule]:
    found, _ = await RULES.search(records, RULE_FIELDS, Search())
    return found

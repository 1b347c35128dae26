"""Tax classes, rates and rules on the wire, both ways."""

from decimal import Decimal
from typing import Any

from counterfoil.checkout.directory import REGIONS
from counterfoil.checkout.tax import RateTitle, TaxClass, TaxRate, TaxRule
from counterfoil.dialects.adobe.render import number
from counterfoil.dialects.adobe.wire import BOOL, FLOAT, INT, MIXED, STRING, DataObject, ListOf, scaled

TAX_CLASS = DataObject(
    "TaxClass",
    {"class_id": INT, "class_name": STRING, "class_type": STRING, "extension_attributes": MIXED},
)
_TITLE = DataObject("TaxRateTitle", {"store_id": STRING, "value": STRING, "extension_attributes": MIXED})
TAX_RATE = DataObject(
    "TaxRate",
    {
        "id": INT,
        "tax_country_id": STRING,
        "tax_region_id": INT,
        "region_name": STRING,
        "tax_postcode": STRING,
        "zip_is_range": INT,
        "zip_from": INT,
        "zip_to": INT,
        "rate": FLOAT,
        "code": STRING,
        "titles": ListOf(_TITLE),
        "extension_attributes": MIXED,
    },
)
TAX_RULE = DataObject(
    "TaxRule",
    {
        "id": INT,
        "code": STRING,
        "priority": INT,
        "position": INT,
        "customer_tax_class_ids": ListOf(INT),
        "product_tax_class_ids": ListOf(INT),
        "tax_rate_ids": ListOf(INT),
        "calculate_subtotal": BOOL,
        "extension_attributes": MIXED,
    },
)


def tax_class(sent: dict[str, Any]) -> TaxClass:
    """Return the tax class that was sent."""
    return TaxClass(class_name=sent.get("class_name") or "", class_type=sent.get("class_type") or "")


def tax_rate(sent: dict[str, Any]) -> TaxRate:
    """Return the tax rate that was sent. A missing percentage becomes one that no rate may have."""
    is_range = bool(sent.get("zip_is_range"))
    postcode = sent.get("tax_postcode")
    zip_from, zip_to = sent.get("zip_from"), sent.get("zip_to")
    percent: int | Decimal | None = sent.get("rate")
    titles = [title for title in sent.get("titles") or () if title.get("value")]
    return TaxRate(
        code=(sent.get("code") or "").strip(),
        tax_country_id=sent.get("tax_country_id") or "",
        tax_region_id=sent.get("tax_region_id") or 0,
        tax_postcode=f"{zip_from}-{zip_to}" if is_range else postcode,
        rate=-1 if percent is None else scaled(percent),
        zip_from=(-1 if zip_from is None else zip_from) if is_range else None,
        zip_to=(-1 if zip_to is None else zip_to) if is_range else None,
        titles=tuple(RateTitle(_store_id(title), title["value"]) for title in titles),
    )


def _store_id(title: dict[str, Any]) -> int:
    text = title.get("store_id") or ""
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def tax_rule(sent: dict[str, Any]) -> TaxRule:
    """Return the tax rule that was sent."""

    def ids(name: str) -> tuple[int, ...]:
        return tuple(dict.fromkeys(entry for entry in sent.get(name) or () if entry is not None))

    return TaxRule(
        code=(sent.get("code") or "").strip(),
        customer_tax_class_ids=ids("customer_tax_class_ids"),
        product_tax_class_ids=ids("product_tax_class_ids"),
        tax_rate_ids=ids("tax_rate_ids"),
        priority=sent.get("priority") or 0,
        position=sent.get("position") or 0,
        calculate_subtotal=sent.get("calculate_subtotal") or False,
    )


def render_class(found: TaxClass) -> dict[str, Any]:
    """Return a tax class as clients see it."""
    return {"class_id": found.id, "class_name": found.class_name, "class_type": found.class_type}


def render_rate(found: TaxRate) -> dict[str, Any]:
    """Return a tax rate as clients see it. ``region_name`` is the region's code, as Adobe has it."""
    shown: dict[str, Any] = {
        "id": found.id,
        "tax_country_id": found.tax_country_id,
        "tax_region_id": found.tax_region_id,
    }
    region = REGIONS.get(found.tax_region_id)
    if region is not None:
        shown["region_name"] = region.code
    if found.tax_postcode is not None:
        shown["tax_postcode"] = found.tax_postcode
    if found.zip_from is not None:
        shown |= {"zip_is_range": 1, "zip_from": found.zip_from, "zip_to": found.zip_to}
    titles = [{"store_id": str(title.store_id), "value": title.value} for title in found.titles]
    return shown | {"rate": number(found.rate), "code": found.code, "titles": titles}


def render_rule(found: TaxRule) -> dict[str, Any]:
    """Return a tax rule as clients see it."""
    return {
        "id": found.id,
        "code": found.code,
        "priority": found.priority,
        "position": found.position,
        "customer_tax_class_ids": list(found.customer_tax_class_ids),
        "product_tax_class_ids": list(found.product_tax_class_ids),
        "tax_rate_ids": list(found.tax_rate_ids),
        "calculate_subtotal": found.calculate_subtotal,
    }

"""Tax classes, tax rates and the rules that join them; which rates apply to a sale.

Percentages are scaled by 10 000, so 8.375 % is 83 750. The choice of rates and the way they build on
each other are Adobe's: of one rule only the most specific rate counts, rates of one priority are
added up, and the next priority is charged on top unless its rule says "calculate off subtotal only".
"""

from collections.abc import Iterable

from msgspec import Struct

from counterfoil.checkout.kind import Document, Kind
from counterfoil.domain.money import SCALE
from counterfoil.ledger.ports import Records
from counterfoil.ledger.searching import Filter, Search

RETAIL_CUSTOMER = 3
"""The customer tax class of guests and of customer groups that name no other."""

PRODUCT_CLASS = "PRODUCT"
CUSTOMER_CLASS = "CUSTOMER"

ANY_POSTCODE = ("*", "")


class TaxClass(Document, frozen=True, kw_only=True):
    """A group of products or of customers that are taxed alike."""

    class_name: str
    class_type: str


class RateTitle(Struct, frozen=True):
    """What a rate is called in one store view."""

    store_id: int
    value: str


class TaxRate(Document, frozen=True, kw_only=True):
    """A percentage for a place. ``tax_region_id`` 0 is the whole country.

    ``tax_postcode`` may end in ``*``; with ``zip_from`` and ``zip_to`` it stands for a range.
    """

    code: str
    tax_country_id: str
    tax_region_id: int = 0
    tax_postcode: str | None = "*"
    rate: int = 0
    zip_from: int | None = None
    zip_to: int | None = None
    titles: tuple[RateTitle, ...] = ()


class TaxRule(Document, frozen=True, kw_only=True):
    """Which rates hold for which products sold to which customers."""

    code: str
    customer_tax_class_ids: tuple[int, ...]
    product_tax_class_ids: tuple[int, ...]
    tax_rate_ids: tuple[int, ...]
    priority: int = 0
    position: int = 0
    calculate_subtotal: bool = False


def class_name(tax_class: TaxClass) -> str:
    """Return the unique name under which a tax class is stored."""
    return f"{tax_class.class_type}:{tax_class.class_name.strip()}"


CLASSES = Kind("tax_class", TaxClass, name_of=class_name)
RATES = Kind("tax_rate", TaxRate, name_of=lambda rate: rate.code)
RULES = Kind("tax_rule", TaxRule, name_of=lambda rule: rule.code)

CLASS_FIELDS = {"class_id": "id", "class_name": "class_name:text", "class_type": "class_type:text"}
RATE_FIELDS = {
    "id": "id",
    "tax_calculation_rate_id": "id",
    "code": "code:text",
    "tax_country_id": "tax_country_id:text",
    "tax_region_id": "tax_region_id:integer",
    "tax_postcode": "tax_postcode:text",
    "rate": "rate:number",
}
RULE_FIELDS = {
    "id": "id",
    "tax_calculation_rule_id": "id",
    "code": "code:text",
    "priority": "priority:integer",
    "position": "position:integer",
}


class TaxTable(Struct, frozen=True):
    """All rules, and the rates that can matter for one place."""

    rules: tuple[TaxRule, ...] = ()
    rates: tuple[TaxRate, ...] = ()


class RatePart(Struct, frozen=True):
    """One tax rate of an `AppliedRate`, with its own percentage."""

    code: str
    title: str
    percent: int


class AppliedRate(Struct, frozen=True):
    """Rates of one priority, charged together.

    ``percent`` is the share of the net price, compounding included; ``code`` and ``title`` join those
    of the parts.
    """

    code: str
    title: str
    percent: int
    parts: tuple[RatePart, ...]


async def load_tax_table(records: Records, *, country_id: str, region_id: int | None) -> TaxTable:
    """Return what `rate_for` needs to know for addresses in one region."""
    rules, _ = await RULES.search(records, RULE_FIELDS, Search())
    if not rules:
        return TaxTable()
    place = Search(
        groups=(
            (Filter("tax_country_id", "eq", country_id),),
            (Filter("tax_region_id", "in", f"0,{region_id or 0}"),),
        )
    )
    rates, _ = await RATES.search(records, RATE_FIELDS, place)
    return TaxTable(tuple(rules), tuple(rates))


def rate_for(
    table: TaxTable,
    *,
    product_tax_class: int,
    country_id: str,
    region_id: int | None,
    postcode: str | None,
    customer_tax_class: int = RETAIL_CUSTOMER,
    store_id: int = 1,
) -> tuple[AppliedRate, ...]:
    """Return the rates that a product is taxed at, one entry per priority, in the order of charging.

    An empty answer means no tax. The whole percentage is the sum of the entries' percentages.
    """
    places = [
        rate
        for rate in table.rates
        if rate.tax_country_id == country_id
        and rate.tax_region_id in (0, region_id or 0)
        and _covers(rate, (postcode or "").strip().upper())
    ]
    chosen: list[tuple[TaxRule, TaxRate]] = []
    taken: set[int] = set()
    for rule in sorted(table.rules, key=lambda rule: (rule.priority, rule.id)):
        if (
            product_tax_class not in rule.product_tax_class_ids
            or customer_tax_class not in rule.customer_tax_class_ids
        ):
            continue
        # A rate that stands in two rules belongs to the first of them.
        candidates = [rate for rate in places if rate.id in rule.tax_rate_ids and rate.id not in taken]
        taken.update(rate.id for rate in candidates)
        if candidates:
            chosen.append((rule, max(candidates, key=_specificity)))
    return tuple(_charge(chosen, store_id))


def _charge(chosen: list[tuple[TaxRule, TaxRate]], store_id: int) -> Iterable[AppliedRate]:
    total = 0
    parts: list[RatePart] = []
    for index, (rule, rate) in enumerate(chosen):
        parts.append(RatePart(rate.code, _title(rate, store_id), rate.rate))
        if index + 1 < len(chosen) and chosen[index + 1][0].priority == rule.priority:
            continue
        percent = sum(part.percent for part in parts)
        if not rule.calculate_subtotal:
            percent += _on_top(total, percent)
        total += percent
        code = "".join(part.code for part in parts)
        yield AppliedRate(code, ", ".join(part.title for part in parts), percent, tuple(parts))
        parts = []


def _on_top(charged: int, percent: int) -> int:
    """Return what ``percent`` of an amount of ``charged`` percent is, to the nearest 1/10 000 percent."""
    return (2 * charged * percent + 100 * SCALE) // (2 * 100 * SCALE)


def _specificity(rate: TaxRate) -> tuple[str, int, str, int]:
    # Descending order by these columns is how Adobe picks one rate of a rule.
    return rate.tax_country_id, rate.tax_region_id, rate.tax_postcode or "", rate.rate


def _covers(rate: TaxRate, postcode: str) -> bool:
    base = _base(rate.tax_country_id, postcode)
    if rate.zip_from is not None and rate.zip_to is not None:
        return base.isdecimal() and rate.zip_from <= int(base) <= rate.zip_to
    pattern = (rate.tax_postcode or "").strip().upper()
    if pattern in ANY_POSTCODE:
        return True
    if pattern.endswith("*"):
        return postcode.startswith(pattern[:-1])
    return pattern in (postcode, base)


def _base(country_id: str, postcode: str) -> str:
    """Return the postcode without the delivery digits that the United States and Portugal append."""
    base, dash, suffix = postcode.partition("-")
    digits = {"US": 4, "PT": 3}.get(country_id)
    return base if dash and suffix.isdecimal() and len(suffix) == digits else postcode


def _title(rate: TaxRate, store_id: int) -> str:
    return next((title.value for title in rate.titles if title.store_id == store_id), rate.code)

"""Which tax rates a sale is charged."""

from typing import Any

import pytest

from counterfoil.checkout.tax import RateTitle, TaxRate, TaxRule, TaxTable, load_tax_table, rate_for
from counterfoil.checkout.tax_setup import RangeBackwards, unfit_rate

GOODS = 2
NEW_YORK, CALIFORNIA = 43, 12


def rate(rate_id: int, percent: int, **more: Any):
    fields: dict[str, Any] = {"tax_country_id": "US", **more}
    return TaxRate(id=rate_id, code=f"R{rate_id}", rate=percent * 10_000, **fields)


def rule(rule_id: int, *rate_ids: int, **more):
    return TaxRule(
        id=rule_id,
        code=f"rule {rule_id}",
        customer_tax_class_ids=(3,),
        product_tax_class_ids=(GOODS,),
        tax_rate_ids=rate_ids,
        **more,
    )


def charged(rules, rates, *, product=GOODS, country="US", region=NEW_YORK, postcode="10577", **more):
    return rate_for(
        TaxTable(tuple(rules), tuple(rates)),
        product_tax_class=product,
        country_id=country,
        region_id=region,
        postcode=postcode,
        **more,
    )


def codes(*args, **more):
    return [applied.code for applied in charged(*args, **more)]


def test_a_rate_is_charged_where_it_holds_to_whom_it_concerns():
    rules, rates = [rule(1, 1)], [rate(1, 8, tax_region_id=NEW_YORK)]
    (applied,) = charged(rules, rates)
    assert (applied.code, applied.title, applied.percent) == ("R1", "R1", 80_000)
    assert charged(rules, rates, region=CALIFORNIA) == ()
    assert charged(rules, rates, region=None) == ()
    assert charged(rules, rates, country="CA") == ()
    assert charged(rules, rates, product=0) == ()
    assert charged(rules, rates, customer_tax_class=9) == ()
    assert charged([], rates) == ()


def test_of_one_rule_only_the_most_specific_rate_counts():
    rates = [
        rate(1, 1),
        rate(2, 2, tax_region_id=NEW_YORK),
        rate(3, 3, tax_region_id=NEW_YORK, tax_postcode="10577"),
    ]
    assert codes([rule(1, 1, 2, 3)], rates) == ["R3"]
    assert codes([rule(1, 1, 2, 3)], rates, postcode="90210") == ["R2"]
    assert codes([rule(1, 1, 2, 3)], rates, region=CALIFORNIA) == ["R1"]


@pytest.mark.parametrize(
    "pattern,postcode,country,covered",
    [
        ("*", "", "US", True),
        ("", "10577", "US", True),
        (None, "10577", "US", True),
        ("105*", "10577", "US", True),
        ("105*", "20577", "US", False),
        ("10577", "10577-1234", "US", True),
        ("10577", "10577-12", "US", False),
        ("sw1*", "SW1A 2AA", "GB", True),
        ("1000", "1000-205", "PT", True),
        ("1000", "1000-2050", "PT", False),
    ],
)
def test_a_rate_covers_postcodes(pattern, postcode, country, covered):
    rates = [rate(1, 5, tax_country_id=country, tax_postcode=pattern)]
    assert bool(charged([rule(1, 1)], rates, country=country, region=0, postcode=postcode)) is covered


@pytest.mark.parametrize(
    "postcode,covered", [("10000", True), ("10577-1234", True), ("20000", False), ("", False)]
)
def test_a_rate_covers_a_range_of_postcodes(postcode, covered):
    rates = [rate(1, 5, tax_postcode="10000-19999", zip_from=10_000, zip_to=19_999)]
    assert bool(charged([rule(1, 1)], rates, postcode=postcode)) is covered


def test_rates_of_one_priority_are_added():
    (applied,) = charged([rule(1, 1), rule(2, 2)], [rate(1, 5), rate(2, 3)])
    assert (applied.code, applied.percent) == ("R1R2", 80_000)
    assert [part.percent for part in applied.parts] == [50_000, 30_000]


def test_the_next_priority_is_charged_on_top_unless_it_is_of_the_subtotal():
    rates = [rate(1, 10), rate(2, 5)]
    compound = charged([rule(1, 1), rule(2, 2, priority=1)], rates)
    assert [applied.percent for applied in compound] == [100_000, 55_000]
    flat = charged([rule(1, 1), rule(2, 2, priority=1, calculate_subtotal=True)], rates)
    assert [applied.percent for applied in flat] == [100_000, 50_000]


def test_a_rate_in_two_rules_is_charged_once():
    assert codes([rule(1, 1), rule(2, 1)], [rate(1, 5)]) == ["R1"]


def test_a_title_is_that_of_the_store_view():
    rates = [rate(1, 5, titles=(RateTitle(2, "TVA"),))]
    assert charged([rule(1, 1)], rates, store_id=2)[0].title == "TVA"
    assert charged([rule(1, 1)], rates)[0].title == "R1"


def test_a_range_that_ends_before_it_begins_is_refused():
    assert unfit_rate(rate(1, 5, zip_from=9, zip_to=1)) == RangeBackwards()
    assert unfit_rate(rate(1, 5, zip_from=1, zip_to=1)) is None


async def test_only_the_rates_of_a_place_are_loaded(floor):
    async with floor.ledger.reading() as reader:
        table = await load_tax_table(reader.records, country_id="US", region_id=NEW_YORK)
        nowhere = await load_tax_table(reader.records, country_id="DE", region_id=None)
    assert {found.code for found in table.rates} == {"US-NY-*-Rate 1", "US-NY-8.375"}
    assert nowhere.rates == ()
    (applied,) = charged(table.rules, table.rates)
    assert (applied.code, applied.percent) == ("US-NY-8.375", 83_750)

"""Taxes, price rules and coupons, from request to answer."""

from typing import Any

import pytest

from tests.unit.dialects.adobe.shopkeeper import REST, open_client, set_up, where


@pytest.fixture
async def client(ledger):
    return await open_client(ledger)


@pytest.fixture
async def stocked(client):
    return await set_up(client)


async def test_tax_classes_are_made_and_renamed(stocked):
    food = {"taxClass": {"class_name": "Food", "class_type": "PRODUCT"}}
    assert (await stocked.post(f"{REST}/taxClasses", food)).json == "4"
    renamed = {"taxClass": {"class_name": "Groceries", "class_type": "PRODUCT"}}
    assert (await stocked.ask("PUT", f"{REST}/taxClasses/4", renamed)).json == "4"
    assert (await stocked.get(f"{REST}/taxClasses/4")).json["class_name"] == "Groceries"
    again = await stocked.post(f"{REST}/taxClasses", renamed)
    assert again.message == "A class with the same name already exists for ClassType %1."
    turned = {"taxClass": {"class_name": "Groceries", "class_type": "CUSTOMER"}}
    assert (await stocked.ask("PUT", f"{REST}/taxClasses/4", turned)).status == 400
    listed = (await stocked.get(f"{REST}/taxClasses/search?searchCriteria")).json
    assert [entry["class_id"] for entry in listed["items"]] == [2, 3, 4]


async def test_a_tax_rate_is_changed_and_found_by_its_place(stocked):
    rate = {"id": 3, "tax_country_id": "US", "tax_region_id": 43, "tax_postcode": "*", "code": "NY"}
    changed = await stocked.ask("PUT", f"{REST}/taxRates", {"taxRate": rate | {"rate": "8.5"}})
    assert str(changed.json["rate"]) == "8.5"
    found = await stocked.get(f"{REST}/taxRates/search?{where('tax_region_id', 43)}")
    assert [entry["id"] for entry in found.json["items"]] == [2, 3]
    by_rate = await stocked.get(f"{REST}/taxRates/search?{where('rate', '8.5')}")
    assert [entry["id"] for entry in by_rate.json["items"]] == [3]


async def test_taxes_are_deleted_unless_a_rule_needs_them(stocked):
    for needed in ("taxRates/3", "taxClasses/2", "taxClasses/3"):
        assert (await stocked.ask("DELETE", f"{REST}/{needed}")).status == 400
    for unneeded in ("taxRules/1", "taxRates/3"):
        assert (await stocked.ask("DELETE", f"{REST}/{unneeded}")).json is True
    assert (await stocked.get(f"{REST}/taxRates/3")).json == {
        "message": "No such entity with %fieldName = %fieldValue",
        "parameters": {"fieldName": "taxRateId", "fieldValue": 3},
    }
    assert (await stocked.ask("DELETE", f"{REST}/taxRules/1")).status == 404
    assert (await stocked.get(f"{REST}/taxRules/search?searchCriteria")).json["total_count"] == 0


RATE = {"code": "x", "tax_country_id": "US", "tax_postcode": "*", "rate": 1}
RANGE = RATE | {"zip_is_range": 1, "zip_from": 9, "zip_to": 1}
RULE = {"code": "r", "customer_tax_class_ids": [3], "product_tax_class_ids": [2], "tax_rate_ids": [1]}
DISCOUNT = {"name": "x"}
COUPON = {"rule_id": 1, "code": "X"}


@pytest.mark.parametrize(
    "path,body,fragment",
    [
        ("taxRates", {"taxRate": {}}, "One or more input exceptions"),
        ("taxRates", {"taxRate": RATE | {"tax_country_id": "XX"}}, "country_id"),
        ("taxRates", {"taxRate": RATE | {"tax_region_id": 70}}, "region_id"),
        ("taxRates", {"taxRate": RATE | {"rate": -1}}, "percentage_rate"),
        ("taxRates", {"taxRate": RATE | {"rate": 10**8}}, "percentage_rate"),
        ("taxRates", {"taxRate": RATE | {"code": "US-NY-*-Rate 1"}}, "already exists"),
        ("taxRates", {"taxRate": RANGE}, "Range To should"),
        ("taxRates", {"taxRate": RANGE | {"zip_from": None}}, "zip_from"),
        ("taxRates", {"taxRate": RATE | {"id": 77}}, "No such entity"),
        ("taxRules", {"rule": {"code": "r"}}, "customer_tax_class_ids"),
        ("taxRules", {"rule": RULE | {"customer_tax_class_ids": [2]}}, "customer_tax_class_ids"),
        ("taxRules", {"rule": RULE | {"tax_rate_ids": [77]}}, "tax_rate_ids"),
        ("taxRules", {"rule": RULE | {"code": "r1"}}, "already exists"),
        ("taxClasses", {"taxClass": {"class_name": "X", "class_type": "SHIP"}}, "class_type"),
        ("taxClasses", {"taxClass": {"class_type": "PRODUCT"}}, "class_name"),
        ("salesRules", {"rule": DISCOUNT | {"simple_action": "buy_x_get_y"}}, "simple_action"),
        ("salesRules", {"rule": DISCOUNT | {"discount_amount": 101}}, "discount_amount"),
        ("salesRules", {"rule": {"discount_amount": 10}}, "name"),
        ("salesRules", {"rule": DISCOUNT | {"website_ids": [2]}}, "website_ids"),
        ("salesRules", {"rule": DISCOUNT | {"customer_group_ids": [9]}}, "customer_group_ids"),
        ("salesRules", {"rule": DISCOUNT | {"from_date": "2026-13-01"}}, "from_date"),
        ("salesRules", {"rule": DISCOUNT | {"from_date": "2026-12-01", "to_date": "2026-01-01"}}, "to_date"),
        ("salesRules", {"rule": DISCOUNT | {"coupon_type": "AUTO"}}, "coupon_type"),
        ("salesRules", {"rule": DISCOUNT | {"simple_free_shipping": "1"}}, "simple_free_shipping"),
        (
            "salesRules",
            {"rule": DISCOUNT | {"simple_action": "by_fixed", "discount_step": 2}},
            "discount_step",
        ),
        ("salesRules", {"rule": DISCOUNT | {"rule_id": 77}}, "doesn't exist"),
        ("coupons", {"coupon": COUPON | {"rule_id": 77}}, "rule_id = 77"),
        ("coupons", {"coupon": {"rule_id": 1}}, "code"),
        ("coupons", {"coupon": COUPON | {"code": "ten"}}, "Coupon with the same code"),
        ("coupons", {"coupon": COUPON | {"type": 1}}, "does not allow auto generated"),
        ("coupons", {"coupon": COUPON | {"coupon_id": 77}}, "doesn't exist"),
    ],
)
async def test_taxes_and_price_rules_that_cannot_be_are_refused(stocked, path, body, fragment):
    answer = await stocked.post(f"{REST}/{path}", body)
    assert answer.status in {400, 404}, answer
    assert fragment in answer.content.decode()


async def test_a_rule_without_coupons_has_none(client):
    made = await client.post(f"{REST}/salesRules", {"rule": {"name": "for all"}})
    coupon = {"rule_id": made.json["rule_id"], "code": "X"}
    answer = await client.post(f"{REST}/coupons", {"coupon": coupon})
    assert answer.json["parameters"] == ["Specified rule does not allow coupons"]


async def test_a_price_rule_passes_its_limits_to_its_coupons(stocked):
    changed = await stocked.ask(
        "PUT", f"{REST}/salesRules/1", {"rule": {"uses_per_coupon": 5, "to_date": "2030-01-31"}}
    )
    assert (changed.json["uses_per_coupon"], changed.json["name"]) == (5, "10pct")
    coupon = (await stocked.get(f"{REST}/coupons/1")).json
    assert (coupon["usage_limit"], coupon["expiration_date"]) == (5, "2030-01-31")
    renamed = await stocked.ask("PUT", f"{REST}/coupons/1", {"coupon": {"code": "ZEHN"}})
    assert (renamed.json["code"], renamed.json["rule_id"]) == ("ZEHN", 1)
    found = await stocked.get(f"{REST}/coupons/search?searchCriteria[sortOrders][0][field]=code")
    assert [entry["code"] for entry in found.json["items"]] == ["ZEHN"]
    assert (await stocked.ask("DELETE", f"{REST}/salesRules/1")).json is True
    assert (await stocked.get(f"{REST}/coupons/1")).status == 404
    assert (await stocked.get(f"{REST}/salesRules/1")).status == 404
    assert (await stocked.get(f"{REST}/salesRules/search?searchCriteria")).json["items"] == []


async def test_conditions_of_a_price_rule_come_back_as_they_were_sent(client):
    kind = "Magento\\SalesRule\\Model\\Rule\\Condition\\"
    leaf = {"attribute_name": "base_subtotal", "operator": ">=", "value": "50"}
    tree = {
        "condition_type": f"{kind}Combine",
        "aggregator_type": "all",
        "value": "1",
        "conditions": [leaf | {"condition_type": f"{kind}Address"}],
    }
    made = await client.post(f"{REST}/salesRules", {"rule": {"name": "x", "condition": tree}})
    assert made.json["condition"]["conditions"][0]["attribute_name"] == "base_subtotal"
    assert made.json["condition"]["conditions"][0]["value"] == "50"
    deep: dict[str, Any] = {}
    for _ in range(60):
        deep = {"conditions": [deep]}
    assert (await client.post(f"{REST}/salesRules", {"rule": {"name": "x", "condition": deep}})).status == 400

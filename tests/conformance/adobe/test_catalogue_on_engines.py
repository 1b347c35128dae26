"""The catalogue on each engine: the recorded set-up, searches, and what happens when many write at once."""

import asyncio
from typing import Any

import pytest

from counterfoil.clock import Clock
from counterfoil.main import engine_for, migrate, open_ledger
from tests.unit.dialects.adobe.shopkeeper import REST, open_client, set_up, where

AT_ONCE = 12


@pytest.fixture
async def client(database_url):
    engine = engine_for(database_url)
    await migrate(engine, Clock())
    await engine.close()
    async with open_ledger(database_url) as ledger:
        yield await open_client(ledger)


async def test_the_recorded_set_up_can_be_searched(client):
    await set_up(client)

    async def found(path, query, key):
        answer = await client.get(f"{REST}/{path}?{query}")
        assert answer.status == 200, answer
        return [item[key] for item in answer.json["items"]]

    assert await found("products", where("color", "2"), "sku") == ["CONF-BLUE"]
    assert await found("products", where("price", "9.99"), "sku") == ["TX1"]
    assert await found("products", where("sku", "TX%25", "like"), "sku") == ["TX1", "TX2"]
    assert await found("products", where("created_at", "2000-01-01", "lt"), "sku") == []
    assert await found("products", where("weight", "1", "null"), "sku") == ["CONF", "V1"]
    assert await found("taxRates/search", where("rate", "8.375"), "id") == [2, 3]
    assert await found("salesRules/search", where("coupon_type", "SPECIFIC_COUPON"), "rule_id") == [1]
    assert await found("salesRules/search", where("is_active", "1"), "rule_id") == [1]
    assert await found("salesRules/search", where("is_active", "0"), "rule_id") == []
    assert await found("coupons/search", where("rule_id", "1"), "code") == ["TEN"]
    assert await found(
        "products/attribute-sets/groups/list", where("attribute_group_id", "7"), "attribute_set_id"
    ) == [4]
    await client.post(
        f"{REST}/customers", {"customer": {"email": "a@b.c", "firstname": "A", "lastname": "B"}}
    )
    assert await found("customers/search", where("group_id", "1"), "email") == ["a@b.c"]
    assert await found("customers/search", where("gender", "1", "null"), "email") == ["a@b.c"]


async def test_products_and_attributes_made_at_once_never_share_an_id(client):
    async def product(number):
        body = {"product": {"sku": f"P{number}", "name": "P", "price": 1}}
        return (await client.post(f"{REST}/products", body)).json["id"]

    async def attribute(number):
        body: dict[str, Any] = {
            "attribute_code": f"a{number}",
            "frontend_input": "select",
            "default_frontend_label": "A",
        }
        body["options"] = [{"label": "S"}, {"label": "M"}]
        return (await client.post(f"{REST}/products/attributes", {"attribute": body})).json

    made = await asyncio.gather(*(product(number) for number in range(AT_ONCE)))
    assert sorted(made) == list(range(1, AT_ONCE + 1))
    attributes = await asyncio.gather(*(attribute(number) for number in range(AT_ONCE)))
    assert len({found["attribute_id"] for found in attributes}) == AT_ONCE
    options = [option["value"] for found in attributes for option in found["options"] if option["value"]]
    assert len(set(options)) == 2 * AT_ONCE


async def test_a_sku_that_is_made_many_times_at_once_is_one_product(client):
    async def save(number):
        body = {"product": {"sku": "ONE" if number % 2 else "one", "name": f"Name {number}", "price": number}}
        answer = await client.post(f"{REST}/products", body)
        assert answer.status == 200, answer
        return answer.json["id"]

    assert set(await asyncio.gather(*(save(number) for number in range(AT_ONCE)))) == {1}
    assert (await client.get(f"{REST}/products?searchCriteria")).json["total_count"] == 1


async def test_variants_that_are_attached_at_once_all_stay_attached(client):
    for number in range(AT_ONCE):
        option = {"option": {"label": f"Colour {number}"}}
        await client.post(f"{REST}/products/attributes/color/options", option)
        colour = {"attribute_code": "color", "value": str(number + 1)}
        body = {"sku": f"V{number}", "name": "V", "price": 1, "custom_attributes": [colour]}
        await client.post(f"{REST}/products", {"product": body})
    await client.post(f"{REST}/products", {"product": {"sku": "C", "name": "C", "type_id": "configurable"}})
    first = {"attribute_id": "93", "label": "Colour", "values": [{"value_index": 1}]}
    await client.post(f"{REST}/configurable-products/C/options", {"option": first})
    path = f"{REST}/configurable-products/C/child"
    attached = await asyncio.gather(
        *(client.post(path, {"childSku": f"V{number}"}) for number in range(AT_ONCE))
    )
    assert all(answer.json is True for answer in attached)
    parent = (await client.get(f"{REST}/products/C")).json["extension_attributes"]
    assert len(parent["configurable_product_links"]) == AT_ONCE
    assert len(parent["configurable_product_options"][0]["values"]) == AT_ONCE


async def test_of_many_who_want_an_email_address_or_a_code_one_gets_it(client):
    person = {"customer": {"email": "a@b.c", "firstname": "A", "lastname": "B"}}
    rule = {"rule": {"name": "r", "coupon_type": "SPECIFIC_COUPON"}}
    rule_id = (await client.post(f"{REST}/salesRules", rule)).json["rule_id"]
    coupon = {"coupon": {"rule_id": rule_id, "code": "TEN"}}
    for path, body in (("customers", person), ("coupons", coupon)):
        answers = await asyncio.gather(*(client.post(f"{REST}/{path}", body) for _ in range(AT_ONCE)))
        assert sorted(answer.status for answer in answers) == [200, *[400] * (AT_ONCE - 1)]


async def test_stock_that_is_set_while_its_product_is_saved_ends_as_one_of_the_two(client):
    await client.post(f"{REST}/products", {"product": {"sku": "S", "name": "S", "price": 1}})

    def save(qty):
        product = {"price": qty, "extension_attributes": {"stock_item": {"qty": qty}}}
        return client.ask("PUT", f"{REST}/products/S", {"product": product})

    def count(qty):
        return client.ask("PUT", f"{REST}/products/S/stockItems/1", {"stockItem": {"qty": qty}})

    answers = await asyncio.gather(*(save(qty) if qty % 2 else count(qty) for qty in range(1, AT_ONCE + 1)))
    assert {answer.status for answer in answers} == {200}
    assert (await client.get(f"{REST}/stockItems/S")).json["qty"] in range(1, AT_ONCE + 1)


async def test_of_many_who_change_to_the_same_name_one_gets_it(client):
    for number in range(1, AT_ONCE + 1):
        person = {"email": f"a{number}@b.c", "firstname": "A", "lastname": "B"}
        await client.post(f"{REST}/customers", {"customer": person})
        tax_class = {"class_name": f"Class {number}", "class_type": "PRODUCT"}
        await client.post(f"{REST}/taxClasses", {"taxClass": tax_class})
    wishes = (
        ("customers", 1, {"customer": {"email": "same@b.c"}}),
        ("taxClasses", 4, {"taxClass": {"class_name": "Same", "class_type": "PRODUCT"}}),
    )
    for path, first_id, body in wishes:
        answers = await asyncio.gather(
            *(client.ask("PUT", f"{REST}/{path}/{first_id + number}", body) for number in range(AT_ONCE))
        )
        assert sorted(answer.status for answer in answers) == [200, *[400] * (AT_ONCE - 1)], answers

"""Options and variants of configurable products, from request to answer."""

import pytest

from tests.unit.dialects.adobe.shopkeeper import REST, add_colours, open_client, set_up


@pytest.fixture
async def client(ledger):
    return await open_client(ledger)


@pytest.fixture
async def stocked(client):
    return await set_up(client)


async def test_a_product_comes_with_its_variants_in_one_request(client):
    await add_colours(client)
    ids = []
    for value in ("1", "2"):
        product = {"sku": f"V-{value}", "name": "V", "price": 3, "custom_attributes": {"color": value}}
        ids.append((await client.post(f"{REST}/products", {"product": product})).json["id"])
    extension = {
        "configurable_product_options": [{"attribute_id": "93", "values": [{"value_index": 1}]}],
        "configurable_product_links": ids,
    }
    parent = {"sku": "V", "name": "V", "type_id": "configurable", "extension_attributes": extension}
    saved = (await client.post(f"{REST}/products", {"product": parent})).json["extension_attributes"]
    assert saved["configurable_product_links"] == ids
    option = saved["configurable_product_options"][0]
    assert (option["label"], [value["value_index"] for value in option["values"]]) == ("Color", [1, 2])
    # What was read can be written back, and changes nothing.
    whole = (await client.get(f"{REST}/products/V")).json
    again = (await client.ask("PUT", f"{REST}/products/V", {"product": whole})).json
    assert again["extension_attributes"] == whole["extension_attributes"]


async def test_variants_must_differ_and_have_the_values(stocked):
    product = {"sku": "RED-2", "name": "R", "price": 1, "custom_attributes": {"color": "1"}}
    await stocked.post(f"{REST}/products", {"product": product})
    same = await stocked.post(f"{REST}/configurable-products/CONF/child", {"childSku": "RED-2"})
    assert same.message == 'Products "%1" and "%2" have the same set of attribute values.'
    bare = await stocked.post(f"{REST}/configurable-products/CONF/child", {"childSku": "S1"})
    assert bare.message.startswith('The child product doesn\'t have the "%1" attribute value.')
    again = await stocked.post(f"{REST}/configurable-products/CONF/child", {"childSku": "CONF-RED"})
    assert again.message == "The product is already attached."
    without = await stocked.post(f"{REST}/configurable-products/S1/child", {"childSku": "S2"})
    assert without.message == "The parent product doesn't have configurable product options."
    unknown = await stocked.post(f"{REST}/configurable-products/CONF/child", {"childSku": "NOPE"})
    assert unknown.status == 404


async def test_a_variant_can_be_taken_away_and_a_deleted_one_vanishes(stocked):
    path = f"{REST}/configurable-products/CONF"
    assert (await stocked.ask("DELETE", f"{path}/children/CONF-RED")).json is True
    assert (await stocked.ask("DELETE", f"{path}/children/CONF-RED")).status == 404
    assert (await stocked.ask("DELETE", f"{REST}/configurable-products/S1/children/S2")).status == 400
    assert [child["sku"] for child in (await stocked.get(f"{path}/children")).json] == ["CONF-BLUE"]
    assert (await stocked.ask("DELETE", f"{REST}/products/CONF-BLUE")).json is True
    assert (await stocked.get(f"{path}/children")).json == []
    parent = (await stocked.get(f"{REST}/products/CONF")).json
    assert parent["extension_attributes"]["configurable_product_links"] == []
    assert (await stocked.get(f"{REST}/configurable-products/S1/children")).json == []


async def test_options_of_a_configurable_product_are_read_one_by_one(stocked):
    path = f"{REST}/configurable-products/CONF/options"
    everything = (await stocked.get(f"{path}/all")).json
    assert everything[0] == (await stocked.get(f"{path}/1")).json
    assert everything[0]["attribute_id"] == "93"
    assert (await stocked.get(f"{path}/9")).status == 404
    assert (await stocked.get(f"{REST}/configurable-products/S1/options/all")).status == 400


OPTION = {"attribute_id": "93", "label": "C", "values": [{"value_index": 1}]}


@pytest.mark.parametrize(
    "option,message",
    [
        (OPTION, "Product already has this option"),
        (OPTION | {"attribute_id": None}, "Option attribute ID is not specified."),
        (OPTION | {"label": ""}, "Option label is not specified."),
        (OPTION | {"values": []}, "Option values are not specified."),
        (OPTION | {"values": [{}]}, "Value index is not specified for an option."),
        (OPTION | {"attribute_id": "1000"}, "The attribute with a"),
        (OPTION | {"attribute_id": "x"}, "Invalid value of"),
    ],
)
async def test_an_option_that_cannot_be_is_refused(stocked, option, message):
    answer = await stocked.post(f"{REST}/configurable-products/CONF/options", {"option": option})
    assert answer.status in {400, 404}
    assert answer.message.startswith(message)

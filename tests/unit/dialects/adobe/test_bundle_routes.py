"""Bundles in the catalogue, from request to answer."""

import pytest

from tests.unit.dialects.adobe.shopkeeper import REST, open_client, set_up

PATH = f"{REST}/bundle-products"


@pytest.fixture
async def client(ledger):
    return await set_up(await open_client(ledger))


def option(title, *skus, **more):
    links = [{"sku": sku, "qty": 1, "position": place} for place, sku in enumerate(skus)]
    return {"title": title, "type": "select", "required": True, "position": 0, "product_links": links, **more}


def bundle(*options, sku="B", price=None, **attributes):
    return {
        "product": {
            "sku": sku,
            "name": "A bundle",
            "type_id": "bundle",
            "attribute_set_id": 4,
            **({} if price is None else {"price": price}),
            "custom_attributes": attributes,
            "extension_attributes": {"bundle_product_options": list(options)},
        }
    }


async def made(client, *options, **more):
    answer = await client.post(f"{REST}/products", bundle(*options, **more))
    assert answer.status == 200, answer
    return answer.json


async def test_a_bundle_comes_with_its_options_in_one_request(client):
    saved = await made(
        client, option("Shirt", "S1", "S2"), option("Extra", "V1", required=False, type="checkbox")
    )
    assert (saved["type_id"], saved["price"]) == ("bundle", 0)
    first, second = saved["extension_attributes"]["bundle_product_options"]
    assert (first["title"], first["required"], first["type"], first["sku"]) == ("Shirt", True, "select", "B")
    assert first["product_links"][0] == {
        "id": "1",
        "sku": "S1",
        "option_id": first["option_id"],
        "qty": 1,
        "position": 0,
        "is_default": False,
        "price": None,
        "price_type": None,
        "can_change_quantity": 0,
    }
    assert second["required"] is False
    values = {entry["attribute_code"]: entry["value"] for entry in saved["custom_attributes"]}
    assert (values["price_type"], values["shipment_type"], values["sku_type"]) == ("0", "0", "0")
    # What was read can be written back, and changes nothing.
    whole = (await client.get(f"{REST}/products/B")).json
    again = (await client.ask("PUT", f"{REST}/products/B", {"product": whole})).json
    assert again["extension_attributes"] == whole["extension_attributes"]


async def test_a_fixed_bundle_has_a_price_and_so_have_its_selections(client):
    without = await client.post(f"{REST}/products", bundle(option("O", "S1"), price_type="1"))
    assert without.status == 400
    links = [{"sku": "S1", "qty": 2, "price": 12.5, "price_type": 1}]
    saved = await made(client, option("O", product_links=links), price=40, price_type="1", shipment_type="1")
    (link,) = saved["extension_attributes"]["bundle_product_options"][0]["product_links"]
    assert (saved["price"], link["price"], link["price_type"], link["qty"]) == (40, 12.5, 1, 2)


async def test_options_are_added_read_changed_and_deleted(client):
    await made(client)
    added = await client.post(f"{PATH}/options/add", {"option": option("Shirt", "S1", sku="B")})
    assert added.json == 1
    await client.post(f"{PATH}/options/add", {"option": option("Other", "S2", sku="B", position=-1)})
    assert [entry["title"] for entry in (await client.get(f"{PATH}/B/options/all")).json] == [
        "Other",
        "Shirt",
    ]
    changed = {"option": {"sku": "B", "title": "T-shirt", "type": "radio"}}
    assert (await client.ask("PUT", f"{PATH}/options/1", changed)).json == 1
    found = (await client.get(f"{PATH}/B/options/1")).json
    assert (found["title"], found["type"], found["product_links"][0]["sku"]) == ("T-shirt", "radio", "S1")
    assert (await client.ask("DELETE", f"{PATH}/B/options/1")).json is True
    for answer in (
        await client.get(f"{PATH}/B/options/1"),
        await client.ask("DELETE", f"{PATH}/B/options/1"),
        await client.ask("PUT", f"{PATH}/options/1", changed),
    ):
        assert answer.status == 404
        assert (
            answer.message == "The option that was requested doesn't exist. Verify the entity and try again."
        )
    assert len((await client.get(f"{PATH}/options/types")).json) == 4


async def test_selections_are_added_changed_and_removed(client):
    await made(client, option("Shirt", "S1"))
    link = {"linkedProduct": {"sku": "S2", "qty": 3, "can_change_quantity": 1}}
    assert (await client.post(f"{PATH}/B/links/1", link)).json == 2
    again = await client.post(f"{PATH}/B/links/1", link)
    assert again.message == 'Child with specified sku: "%1" already assigned to product: "%2"'
    changed = {"linkedProduct": {"sku": "S2", "qty": 4}}
    assert (await client.ask("PUT", f"{PATH}/B/links/2", changed)).json is True
    children = (await client.get(f"{PATH}/B/children")).json
    assert [(child["sku"], child["qty"], child["can_change_quantity"]) for child in children] == [
        ("S1", 1, 0),
        ("S2", 4, 1),
    ]
    assert (await client.ask("PUT", f"{PATH}/B/links/9", changed)).status == 400
    assert (await client.ask("DELETE", f"{PATH}/B/options/1/children/S2")).json is True
    assert (await client.ask("DELETE", f"{PATH}/B/options/1/children/S2")).status == 404
    # A product that is deleted is no longer among the children.
    await client.ask("DELETE", f"{REST}/products/S1")
    assert (await client.get(f"{PATH}/B/children")).json == []


@pytest.mark.parametrize(
    "sent,status",
    [
        (option("O", "NOPE"), 404),
        (option("O", "CONF"), 400),
        (option("O", "B"), 400),
        (option("O", "S1", "S1"), 400),
        (option("", "S1"), 400),
        (option("O", "S1", type="dial"), 400),
        (option("O", option_id=77), 404),
        (option("O", product_links=[{"sku": "S1", "qty": 0}]), 400),
        (option("O", product_links=[{"sku": "S1", "qty": -1}]), 400),
        (option("O", product_links=[{"sku": "S1", "price": -1}]), 400),
        (option("O", product_links=[{"sku": "S1", "price": 101, "price_type": 1}]), 400),
        (option("O", product_links=[{"sku": "S1", "price_type": 7}]), 400),
        (option("O", product_links=[{"sku": "S1", "id": "abc"}]), 400),
        (option("O", product_links=[{"sku": "S1", "id": "99"}]), 400),
        (option("O", *["S1"] * 501), 400),
    ],
)
async def test_what_no_bundle_can_consist_of_is_refused_and_nothing_is_kept(client, sent, status):
    await made(client)
    answer = await client.ask("PUT", f"{REST}/products/B", bundle(sent))
    assert answer.status == status, answer
    assert (await client.get(f"{PATH}/B/options/all")).json == []


@pytest.mark.parametrize("attributes", [{"price_type": "2"}, {"shipment_type": ["0"]}, {"sku_type": "x"}])
async def test_what_says_how_a_bundle_is_sold_is_0_or_1(client, attributes):
    assert (await client.post(f"{REST}/products", bundle(**attributes))).status == 400


async def test_other_products_have_no_bundle_options(client):
    assert (
        await client.get(f"{PATH}/S1/options/all")
    ).message == "This is implemented for bundle products only."
    assert (await client.get(f"{PATH}/NOPE/children")).status == 404
    refused = await client.post(f"{PATH}/options/add", {"option": option("O", sku="S1")})
    assert refused.message == 'The product with the "%1" SKU isn\'t a bundle product.'
    inside = {"configurable_product_options": [], "bundle_product_options": [option("O", "S2")]}
    body = {"product": {"sku": "S1", "extension_attributes": inside}}
    assert (await client.ask("PUT", f"{REST}/products/S1", body)).status == 200
    assert (
        "bundle_product_options" not in (await client.get(f"{REST}/products/S1")).json["extension_attributes"]
    )

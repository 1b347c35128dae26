"""Proposals of variations: one for every combination of values, and nothing is stored."""

import pytest

from tests.storage import everything
from tests.unit.dialects.adobe.shopkeeper import REST, add_colours, open_client

URL = f"{REST}/configurable-products/variation"
SHIRT = {"sku": "SHIRT", "name": "Shirt", "price": 12.5, "type_id": "simple", "attribute_set_id": 4}


def option(*values, attribute_id="93"):
    return {"attribute_id": attribute_id, "values": [{"value_index": value} for value in values]}


@pytest.fixture
async def client(ledger):
    opened = await open_client(ledger)
    await add_colours(opened)
    return opened


async def test_there_is_a_product_for_every_value_and_none_is_stored(client, ledger):
    before = await everything(ledger)
    wanted = {"product": {**SHIRT, "custom_attributes": {"size": "9"}}, "options": [option(1, 2)]}
    proposed = (await client.ask("PUT", URL, wanted)).json
    assert [one["sku"] for one in proposed] == ["SHIRT-1", "SHIRT-2"]
    assert [one["name"] for one in proposed] == ["Shirt-1", "Shirt-2"]
    assert {(one["price"], one["visibility"], one["type_id"]) for one in proposed} == {(12.5, 1, "simple")}
    assert proposed[1]["custom_attributes"] == [
        {"attribute_code": "size", "value": "9"},
        {"attribute_code": "color", "value": "2"},
    ]
    assert await everything(ledger) == before


async def test_several_options_are_combined(client):
    proposed = (
        await client.ask("PUT", URL, {"product": SHIRT, "options": [option(1, 2), option(1, 2)]})
    ).json
    assert [one["sku"] for one in proposed] == ["SHIRT-1-1", "SHIRT-1-2", "SHIRT-2-1", "SHIRT-2-2"]


@pytest.mark.parametrize(
    "sent, status",
    [
        ({"product": SHIRT}, 400),
        ({"options": [option(1)]}, 400),
        ({"product": {"sku": "A"}, "options": [option(1)]}, 400),
        ({"product": SHIRT, "options": [option()]}, 400),
        ({"product": SHIRT, "options": [{"attribute_id": "93", "values": [{}]}]}, 400),
        ({"product": SHIRT, "options": [option(1, attribute_id="abc")]}, 400),
        ({"product": SHIRT, "options": [option(1, attribute_id="999999")]}, 404),
        ({"product": SHIRT, "options": [option(*range(100))] * 3}, 400),
        ({"product": SHIRT, "options": [option(1, 2)] * 12 + [option(1)] * 500}, 400),
    ],
)
async def test_what_makes_no_sense_is_refused(client, sent, status):
    answer = await client.ask("PUT", URL, sent)
    assert (answer.status, bool(answer.json["message"])) == (status, True)

"""Reading orders and rows over the embedded database (contract adobe §3.1; recordings 701 to 737)."""

import pytest

from counterfoil.dialects.adobe import listing, search
from tests.drafts import draft, row
from tests.unit.dialects.adobe.recorded import body

SCENARIO = (row("CONF-RED", 2000, configurable=True), row("CONF-BLUE", 3000, configurable=True))
INSIDE = "searchCriteria[filter_groups][0][filters][0]"
BY_ORDER = f"{INSIDE}[field]=order_id&{INSIDE}[value]="


async def test_an_order_with_its_version_as_the_etag(client, place):
    order = await place(draft(*SCENARIO))
    answer = await client.get(f"/rest/V1/orders/{order.entity_id}")
    assert answer.status == 200
    assert answer.headers["etag"] == '"1"'
    assert answer.json["increment_id"] == "000000001"
    assert [item["product_type"] for item in answer.json["items"]] == ["configurable", "simple"] * 2


async def test_if_none_match_is_not_looked_at(client, place):
    order = await place(draft(*SCENARIO))
    answer = await client.get(f"/rest/V1/orders/{order.entity_id}", if_none_match='"1"')
    assert answer.status == 200


@pytest.mark.parametrize(
    "path, number",
    [
        ("orders/999999", 376),
        ("orders/abc", 377),
        ("orders/0", 378),
        ("orders/items/999999", 409),
        ("orders", 713),
    ],
)
async def test_errors_are_as_recorded(client, path, number):
    answer = await client.get(f"/rest/V1/{path}")
    assert answer.json == body(number)


@pytest.mark.parametrize("written", ["1.5", "01", "%201"])
async def test_ids_may_be_written_loosely(client, place, written):
    order = await place(draft(*SCENARIO))
    answer = await client.get(f"/rest/V1/orders/{written}?fields=entity_id")
    assert answer.json == {"entity_id": order.entity_id}


async def test_the_status_is_a_json_string(client, place):
    order = await place(draft(*SCENARIO))
    assert (await client.get(f"/rest/V1/orders/{order.entity_id}/statuses")).content == b'"pending"'


async def test_rows(client, place):
    await place(draft(row("S1", 1000)))
    order = await place(draft(*SCENARIO))
    first, child = list(order.items)[:2]
    answer = await client.get(f"/rest/V1/orders/items/{child}")
    assert answer.json["parent_item"]["item_id"] == first
    found = await client.get(
        f"/rest/V1/orders/items?{BY_ORDER}{order.entity_id}&fields=items[item_id,sku],total_count"
    )
    assert found.json == {
        "items": [{"item_id": item.item_id, "sku": item.sku} for item in order.items.values()],
        "total_count": 4,
    }


@pytest.fixture
async def three(place):
    return [await place(draft(row(f"S{number}", 1000))) for number in range(3)]


async def test_a_list_is_an_envelope(client, three):
    answer = await client.get("/rest/V1/orders?searchCriteria[pageSize]=2&searchCriteria[currentPage]=2")
    assert list(answer.json) == ["items", "search_criteria", "total_count"]
    assert [order["entity_id"] for order in answer.json["items"]] == [3]
    assert answer.json["search_criteria"] == {"filter_groups": [], "page_size": 2, "current_page": 2}
    assert answer.json["total_count"] == 3


@pytest.mark.parametrize(
    "fields, found",
    [
        (
            "items[entity_id],total_count",
            {"items": [{"entity_id": 1}, {"entity_id": 2}, {"entity_id": 3}], "total_count": 3},
        ),
        ("total_count", {"total_count": 3}),
        ("items[entity_id]", {"items": [{"entity_id": 1}, {"entity_id": 2}, {"entity_id": 3}]}),
        ("items[nosuch]", {"items": [[], [], []]}),
        ("nosuch", []),
        ("items[", []),
    ],
)
async def test_a_list_with_fields(client, three, fields, found):
    answer = await client.get(f"/rest/V1/orders?searchCriteria&fields={fields}")
    assert answer.json == found


async def test_a_page_beyond_the_last_is_empty(client, three):
    answer = await client.get("/rest/V1/orders?searchCriteria[pageSize]=2&searchCriteria[currentPage]=99999")
    assert (answer.json["items"], answer.json["total_count"]) == ([], 3)


async def test_a_list_as_xml(client, three):
    answer = await client.get(
        "/rest/V1/orders?searchCriteria&fields=items[entity_id]", accept="application/xml"
    )
    assert answer.content.count(b"<entity_id>") == 3


@pytest.mark.parametrize(
    "field, condition", [("nosuchcolumn", "eq"), ("entity_id", "regexp"), ("entity_id", "eq")]
)
async def test_an_impossible_search_is_400(client, three, field, condition):
    inside = "searchCriteria[filter_groups][0][filters][0]"
    url = f"/rest/V1/orders?{inside}[field]={field}&{inside}[value]=(&{inside}[condition_type]={condition}"
    answer = await client.get(url)
    assert answer.status == 400, answer
    if field == "nosuchcolumn":
        assert answer.json["parameters"] == {"fieldName": "nosuchcolumn"}


async def test_a_long_list_is_rendered_in_parts(client, three, monkeypatch):
    monkeypatch.setattr(listing, "CHUNK", 2)
    answer = await client.get("/rest/V1/orders?searchCriteria")
    assert [order["entity_id"] for order in answer.json["items"]] == [1, 2, 3]


async def test_too_long_a_list_must_be_asked_for_in_pages(client, three, monkeypatch):
    monkeypatch.setattr(listing, "MAX_PAGE", 2)
    monkeypatch.setattr(search, "MAX_PAGE", 2)
    for criteria in ("searchCriteria", "searchCriteria[pageSize]=3"):
        answer = await client.get(f"/rest/V1/orders?{criteria}")
        assert (answer.status, answer.json["parameters"]) == (400, {"max": 2})
    assert (await client.get("/rest/V1/orders?searchCriteria[pageSize]=2")).status == 200
    assert (await client.get("/rest/V1/orders?searchCriteria&fields=total_count")).json == {"total_count": 3}


@pytest.mark.parametrize(
    "path",
    [
        "orders/1",
        "orders/1/statuses",
        "orders/items/1",
        "orders?searchCriteria",
        "orders/items?searchCriteria",
    ],
)
async def test_reading_needs_the_right_to_look_at_orders(client, place, path):
    await place(draft(*SCENARIO))
    assert (await client.get(f"/rest/V1/{path}", token="viewer")).status == 200
    answer = await client.get(f"/rest/V1/{path}", token="customer")
    assert (answer.status, answer.json["parameters"]) == (401, {"resources": "Magento_Sales::actions_view"})

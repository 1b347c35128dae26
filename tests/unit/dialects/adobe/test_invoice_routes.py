"""Issuing and reading invoices over the embedded database (contract adobe §5, §12; recordings 301 to 375)."""

import asyncio

import pytest

from counterfoil.access.identity import Identity
from tests.drafts import draft, row
from tests.storage import everything, findings
from tests.unit.dialects.adobe.asgi import ADMIN, TOKENS
from tests.unit.dialects.adobe.recorded import body

SCENARIO = (row("CONF-RED", 2000, configurable=True), row("CONF-BLUE", 3000, configurable=True))
WITHOUT_PRODUCTS = body(315)


@pytest.fixture
async def order(place):
    return await place(draft(*SCENARIO, shipping=1000))


def url(order_id) -> str:
    return f"/rest/V1/order/{order_id}/invoice"


def one(item_id, qty=1):
    return {"items": [{"order_item_id": item_id, "qty": qty}]}


async def test_the_scenario_two_partial_invoices_at_once(client, order, ledger):
    red, _, blue, _ = order.items
    answers = await asyncio.gather(
        client.post(url(order.entity_id), one(red)), client.post(url(order.entity_id), one(blue))
    )
    assert sorted(answer.content for answer in answers) == [b'"1"', b'"2"']
    after = (await client.get(f"/rest/V1/orders/{order.entity_id}")).json
    assert [item["qty_invoiced"] for item in after["items"]] == [1, 1, 1, 1]
    assert (after["state"], after["total_invoiced"], after["total_due"]) == (
        "processing",
        after["grand_total"],
        0,
    )
    listed = (await client.get("/rest/V1/invoices?searchCriteria")).json
    assert ["shipping_amount" in invoice for invoice in listed["items"]] == [True, False]
    assert await findings(ledger) == []


@pytest.mark.parametrize("preferred", ["handling=strict", "wait=5, handling=strict"])
async def test_a_client_that_prefers_strict_handling_gets_all_or_nothing(client, order, ledger, preferred):
    red, _, blue, _ = order.items
    await client.post(url(order.entity_id), one(red))
    both = {"items": [{"order_item_id": item_id, "qty": 1} for item_id in (red, blue)]}
    before = await everything(ledger)
    refused = await client.post(url(order.entity_id), both, prefer=preferred)
    assert refused.status == 400
    assert refused.json["message"] == (
        "Invoice Document Validation Error(s):\nThe quantity to invoice must not be greater than the "
        'uninvoiced quantity for product SKU "CONF-RED".'
    )
    assert await everything(ledger) == before
    assert (await client.post(url(order.entity_id), both)).status == 200


@pytest.mark.parametrize("content", [None, b"", b'""', b"5", b"[1,2]", b'{"items":null}', b"{}"])
async def test_no_items_means_everything_left(client, order, content):
    answer = await client.post(url(order.entity_id), content)
    assert (answer.status, answer.content) == (200, b'"1"')
    invoice = (await client.get("/rest/V1/invoices/1")).json
    assert (invoice["grand_total"], invoice["total_qty"]) == (60, 4)


@pytest.mark.parametrize(
    "path, sent, number",
    [
        ("999999", {}, 338),
        ("abc", {}, 339),
        ("0", {}, 340),
        ("-1", {}, 341),
        ("1", {"items": [{"order_item_id": 999999, "qty": 1}]}, 315),
        ("1", {"items": [{"order_item_id": 1, "qty": 0}]}, 318),
        ("1", {"items": [{"order_item_id": 1, "qty": -1}]}, 319),
        ("1", {"items": [{"order_item_id": 1, "qty": "abc"}]}, 320),
        ("1", {"items": [{"order_item_id": 1}]}, 321),
        ("1", {"items": [{}]}, 323),
        ("1", {"items": {"order_item_id": 1, "qty": 1}}, 324),
        ("1", {"items": [{"order_item_id": 1, "qty": 1, "foo": 1}]}, 326),
        ("1", b'{"items":[', 331),
    ],
)
async def test_errors_are_as_recorded_and_write_nothing(client, order, ledger, path, sent, number):
    before = await everything(ledger)
    answer = await client.post(url(path), sent)
    assert answer.json == body(number)
    assert answer.status == {338: 404, 341: 404}.get(number, 400)
    assert await everything(ledger) == before


async def test_a_quantity_without_an_item_is_refused_instead_of_invoiced_of_every_row(client, order):
    answer = await client.post(url(order.entity_id), {"items": [{"qty": 1}]})
    assert (answer.status, answer.json["parameters"]) == (400, {"fieldName": "order_item_id"})


async def test_more_than_is_left_is_refused_by_the_name_of_the_row(client, order):
    for qty in (2, 10**12):
        answer = await client.post(url(order.entity_id), one(1, qty))
        assert answer.json == {
            "message": 'We found an invalid quantity to invoice item "%1".',
            "parameters": ["CONF-RED"],
        }


async def test_loosely_written_ids_and_quantities(client, order):
    assert (await client.post(url("1.5"), one("1", "1"))).content == b'"1"'
    assert (await client.post(url("01"), one(3, 1.9))).content == b'"2"'


async def test_an_idempotency_key_makes_one_effect_of_two_requests(client, order):
    first = await client.post(url(1), one(1), idempotency_key='"k1"')
    again = await client.post(url(1), one(1), idempotency_key="k1")
    assert (first.content, again.content) == (b'"1"', b'"1"')
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    other = await client.post(url(1), one(3), idempotency_key="k1")
    assert (other.status, other.json["parameters"]) == (422, ["k1"])


async def test_a_key_in_flight_is_409(client, order):
    answers = await asyncio.gather(*(client.post(url(1), one(1), idempotency_key="k1") for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 409, 409]


async def test_keys_of_different_callers_are_apart(client, order, monkeypatch):
    monkeypatch.setitem(TOKENS, "other", Identity("integration", 9, "other", ADMIN.resources))
    await client.post(url(1), one(1), idempotency_key="k1")
    answer = await client.post(url(1), one(3), idempotency_key="k1", token="other")
    assert answer.content == b'"2"'


async def test_if_match_lets_only_the_seen_version_be_invoiced(client, order):
    etag = (await client.get("/rest/V1/orders/1")).headers["etag"]
    assert (await client.post(url(1), one(1), if_match=etag)).status == 200
    stale = await client.post(url(1), one(3), if_match=etag)
    assert (stale.status, stale.headers["etag"]) == (412, '"2"')
    assert (await client.post(url(1), one(3), if_match="*")).status == 200


async def test_a_comment_comes_with_the_invoice(client, order):
    await client.post(
        url(1), {"comment": {"comment": "hello", "is_visible_on_front": 1}, "appendComment": True}
    )
    (comment,) = (await client.get("/rest/V1/invoices/1")).json["comments"]
    assert (comment["comment"], comment["is_visible_on_front"], comment["is_customer_notified"]) == (
        "hello",
        1,
        0,
    )


async def test_comments_as_recorded(client, order):
    await client.post(url(1))
    sent = {
        "entity": {"parent_id": 1, "comment": "from api", "is_visible_on_front": 0, "is_customer_notified": 0}
    }
    answer = await client.post("/rest/V1/invoices/comments", sent, idempotency_key="c")
    assert answer.json == {**body(371), "parent_id": 1, "entity_id": 1}
    again = await client.post("/rest/V1/invoices/comments", sent, idempotency_key="c")
    assert (again.json, again.headers["idempotent-replayed"]) == (answer.json, "true")
    listed = (await client.get("/rest/V1/invoices/1/comments")).json
    assert list(listed["items"][0]) == list(body(372)["items"][0])
    assert listed["total_count"] == 1
    assert listed["search_criteria"]["filter_groups"][0]["filters"][0] == {
        "field": "parent_id",
        "value": "1",
        "condition_type": "eq",
    }


@pytest.mark.parametrize(
    "entity, status",
    [
        ({}, 400),
        ({"parent_id": 1}, 400),
        ({"comment": "a"}, 400),
        ({"parent_id": 9, "comment": "a"}, 404),
        ({"parent_id": 0, "comment": "a"}, 400),
    ],
)
async def test_a_comment_needs_an_invoice_and_a_text(client, order, entity, status):
    assert (await client.post("/rest/V1/invoices/comments", {"entity": entity})).status == status


async def test_an_unknown_invoice_is_as_recorded(client):
    answer = await client.get("/rest/V1/invoices/999999")
    assert (answer.status, answer.json) == (404, body(375))
    assert (await client.get("/rest/V1/invoices")).json == body(725)


async def test_invoices_can_be_searched_and_projected(client, order):
    await client.post(url(1), one(1))
    inside = "searchCriteria[filter_groups][0][filters][0]"
    answer = await client.get(
        f"/rest/V1/invoices?{inside}[field]=order_id&{inside}[value]=1&fields=items[entity_id,items[order_item_id,qty]],total_count"
    )
    assert answer.json == {
        "items": [
            {"entity_id": 1, "items": [{"order_item_id": 1, "qty": 1}, {"order_item_id": 2, "qty": 1}]}
        ],
        "total_count": 1,
    }


@pytest.mark.parametrize(
    "method, path, resource",
    [
        ("POST", "order/1/invoice", "invoice"),
        ("GET", "invoices?searchCriteria", "sales_invoice"),
        ("GET", "invoices/1", "sales_invoice"),
        ("GET", "invoices/1/comments", "sales_invoice"),
        ("POST", "invoices/comments", "sales_invoice"),
    ],
)
async def test_each_operation_names_the_right_it_needs(client, method, path, resource):
    answer = await client.ask(method, f"/rest/V1/{path}", token="viewer")
    assert (answer.status, answer.json["parameters"]) == (401, {"resources": f"Magento_Sales::{resource}"})

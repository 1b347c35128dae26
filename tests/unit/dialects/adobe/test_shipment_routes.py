"""Shipping over the embedded database, and shipments as they are read (contract adobe §6.1; 379 to 391)."""

import asyncio

import pytest

from counterfoil.domain.money import SCALE
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import StockLevel
from tests.drafts import bundle, draft, row
from tests.storage import everything, findings
from tests.unit.dialects.adobe.recorded import body, exchange

REST = "/rest/V1"
UPS = {"track_number": "1Z", "title": "UPS", "carrier_code": "ups"}


@pytest.fixture
async def order(place):
    return await place(draft(row("S1", 1000, 2), row("S2", 1550, 3)))


def url(order_id=1) -> str:
    return f"{REST}/order/{order_id}/ship"


def one(item_id, qty=1):
    return {"items": [{"order_item_id": item_id, "qty": qty}]}


async def shipment(client, shipment_id=1):
    answer = await client.get(f"{REST}/shipment/{shipment_id}")
    assert answer.status == 200, answer
    return answer.json


async def quantities(client) -> list:
    return [item["qty_shipped"] for item in (await client.get(f"{REST}/orders/1")).json["items"]]


# ---------------------------------------------------------------- shipping


async def test_the_recorded_shipments_of_one_order(client, order, ledger):
    answer = await client.post(url(), {**one(1), "tracks": [UPS]})
    assert (answer.status, answer.content) == (200, b'"1"')
    assert (await client.post(url(), one(1, 5))).content == b'"2"'
    assert await quantities(client) == [2, 0]
    assert (await client.post(url(), {})).content == b'"3"'
    again = await client.post(url(), {})
    assert (again.status, again.json) == (400, body(385))
    assert [(await shipment(client, number))["total_qty"] for number in (1, 2, 3)] == [1, 1, 3]
    assert (await client.post(f"{REST}/order/1/invoice", {})).status == 200
    assert (await client.get(f"{REST}/orders/1/statuses")).json == "complete"
    assert await findings(ledger) == []


async def test_a_shipment_has_the_recorded_keys_and_values(client, order):
    await client.post(url(), {**one(1), "tracks": [UPS]})
    made, recorded = await shipment(client), body(381)
    assert list(made) == list(recorded)
    (item,), (track,) = made["items"], made["tracks"]
    recorded_item, recorded_track = recorded["items"][0], recorded["tracks"][0]
    # Drafts of tests weigh nothing; a row without a weight has no such key.
    assert list(item) == [key for key in recorded_item if key != "weight"]
    assert [item[key] for key in ("name", "sku", "price", "qty", "parent_id")] == ["S1", "S1", 10, 1, 1]
    assert list(track) == list(recorded_track)
    assert [track[key] for key in ("order_id", "parent_id", "weight", "qty", "description")] == [
        *(1, 1, None, None, None)
    ]
    assert {key: track[key] for key in UPS} == UPS
    assert made["extension_attributes"] == {"source_code": "default"}
    assert (made["packages"], made["comments"]) == ([], [])


@pytest.mark.parametrize("content", [None, b"", b'""', b"5", b"[1,2]", b'{"items":null}', b"{}"])
async def test_no_items_means_everything_left(client, order, content):
    assert (await client.post(url(), content)).content == b'"1"'
    assert await quantities(client) == [2, 3]


@pytest.mark.parametrize(
    "path, sent, number",
    [
        ("999999", {}, 391),
        ("abc", {}, 339),
        ("0", {}, 340),
        ("1", one(999999), 383),
        ("1", one(1, 0), 383),
        ("1", one(1, -1), 383),
        ("1", {"items": [{}]}, 383),
    ],
)
async def test_errors_are_as_recorded_and_write_nothing(client, order, ledger, path, sent, number):
    before = await everything(ledger)
    answer = await client.post(url(path), sent)
    assert answer.json == body(number)
    assert answer.status == exchange(number)["response"]["status"]
    assert await everything(ledger) == before


async def test_all_reasons_are_told_at_once(client, order, ledger):
    before = await everything(ledger)
    answer = await client.post(url(), {**one(999), "tracks": [{"carrier_code": "ups"}]})
    assert answer.message.splitlines() == [
        "Shipment Document Validation Error(s):",
        "You can't create a shipment without products.",
        "Please enter a tracking number.",
    ]
    assert await everything(ledger) == before


async def test_a_virtual_order_is_not_shipped(client, place):
    await place(draft(row("V1", 500, virtual=True), shipping=0))
    answer = await client.post(url(), {})
    assert answer.message.splitlines()[1:] == [
        "A shipment cannot be created when an order has a status of pending",
        "You can't create a shipment without products.",
    ]


async def test_a_bundle_is_shipped_as_it_was_sold(client, place):
    await place(draft(bundle("B", 1, (1, row("S1", 1000)), separately=True)))
    refused = await client.post(url(), one(1))
    assert refused.message.splitlines()[-1] == (
        'Cannot create shipment as bundle product "B" has shipment type "Separately". '
        "Bundle product options should be shipped instead."
    )
    assert (await client.post(url(), one(2))).status == 200


async def test_the_comment_and_the_packages_are_kept(client, order):
    package = {"extension_attributes": {"kind": "box", "weight": 2.5}}
    await client.post(url(), {"comment": {"comment": "by night"}, "packages": [package]})
    made = await shipment(client)
    assert made["packages"] == [{"extension_attributes": {"kind": "box", "weight": "2.5"}}]
    (comment,) = made["comments"]
    assert (comment["comment"], comment["is_customer_notified"], comment["parent_id"]) == ("by night", 0, 1)


async def test_an_idempotency_key_makes_one_shipment_of_two_requests(client, order):
    first = await client.post(url(), one(1), idempotency_key="k1")
    again = await client.post(url(), one(1), idempotency_key="k1")
    assert (first.content, again.content) == (b'"1"', b'"1"')
    assert again.headers["idempotent-replayed"] == "true"
    assert (await client.post(url(), one(2), idempotency_key="k1")).status == 422
    assert await quantities(client) == [1, 0]


async def test_if_match_lets_only_the_seen_version_be_shipped(client, order):
    etag = (await client.get(f"{REST}/orders/1")).headers["etag"]
    assert (await client.post(url(), one(1), if_match=etag)).status == 200
    stale = await client.post(url(), one(2), if_match=etag)
    assert (stale.status, stale.headers["etag"]) == (412, '"2"')


@pytest.mark.parametrize("saving", [False, True])
async def test_a_client_that_prefers_strict_handling_gets_all_or_nothing(client, order, ledger, saving):
    before = await everything(ledger)
    path, sent = (
        (f"{REST}/shipment", {"entity": {**one(1, 5), "order_id": 1}}) if saving else (url(), one(1, 5))
    )
    refused = await client.post(path, sent, prefer="handling=strict")
    assert refused.status == 400
    assert refused.message.splitlines() == [
        "Shipment Document Validation Error(s):",
        'The quantity to ship must not be greater than the unshipped quantity for product SKU "S1".',
    ]
    assert await everything(ledger) == before
    assert (await client.post(path, sent)).status == 200


async def test_shipping_and_invoicing_at_once_are_decided_one_after_the_other(client, order, ledger):
    answers = await asyncio.gather(
        *(client.post(url(), one(2)) for _ in range(4)), client.post(f"{REST}/order/1/invoice", {})
    )
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 400]
    assert await quantities(client) == [0, 3]
    assert await findings(ledger) == []


# ---------------------------------------------------------------- stock


@pytest.fixture
async def stocked(order, ledger):
    """Ten units of each product, those of the order reserved."""

    async def work(transaction):
        await transaction.write_stock([level(1, 10, 2), level(2, 10, 3)])
        return Body(b"null")

    await ledger.transact(work)


def level(product_id, qty, reserved):
    return StockLevel(
        product_id,
        qty * SCALE,
        reserved * SCALE,
        is_in_stock=True,
        manage_stock=True,
        backorders=False,
        is_qty_decimal=False,
        min_qty=0,
        min_sale_qty=SCALE,
        max_sale_qty=10_000 * SCALE,
    )


async def test_what_is_shipped_leaves_the_stock_and_what_can_be_sold_stays(client, stocked, ledger):
    await client.post(url(), one(2, 2))
    async with ledger.reading() as reader:
        levels = await reader.stock([1, 2])
    assert levels == {1: level(1, 10, 2), 2: level(2, 8, 1)}
    assert levels[2].qty - levels[2].reserved == 7 * SCALE


async def test_what_is_refused_leaves_the_stock_alone(client, stocked, ledger):
    assert (await client.post(url(), {**one(2), "tracks": [{"carrier_code": "ups"}]})).status == 400
    async with ledger.reading() as reader:
        assert await reader.stock([2]) == {2: level(2, 10, 3)}


# ---------------------------------------------------------------- a whole shipment


async def test_saving_a_shipment_ships(client, order, ledger):
    entity = {
        "order_id": 1,
        "items": [{"order_item_id": 2, "qty": 9}],
        "tracks": [UPS],
        "comments": [{"comment": "by night", "is_customer_notified": 1}],
        "total_qty": 99,
    }
    answer = await client.post(f"{REST}/shipment", {"entity": entity}, idempotency_key="k")
    assert answer.json == await shipment(client)
    assert (answer.json["total_qty"], answer.json["comments"][0]["is_customer_notified"]) == (3, 1)
    assert await quantities(client) == [0, 3]
    again = await client.post(f"{REST}/shipment", {"entity": entity}, idempotency_key="k")
    assert (again.json, again.headers["idempotent-replayed"]) == (answer.json, "true")
    refused = await client.post(f"{REST}/shipment", {"entity": entity})
    assert (refused.status, refused.json) == (400, body(383))
    assert await findings(ledger) == []


@pytest.mark.parametrize(
    "entity, status",
    [
        ({}, 400),
        ({"order_id": 1}, 400),
        ({"order_id": 1, "items": []}, 400),
        ({"order_id": 9, "items": [{"order_item_id": 1, "qty": 1}]}, 404),
        ({"order_id": 1, "entity_id": 1, "items": [{"order_item_id": 1, "qty": 1}]}, 400),
    ],
)
async def test_saving_less_or_more_than_a_shipment_writes_nothing(client, order, ledger, entity, status):
    before = await everything(ledger)
    assert (await client.post(f"{REST}/shipment", {"entity": entity})).status == status
    assert await everything(ledger) == before


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("path", ["shipment/9", "shipment/9/label", "shipment/-1"])
async def test_an_unknown_shipment_is_404(client, path):
    answer = await client.get(f"{REST}/{path}")
    assert (answer.status, answer.json) == (404, body(391))
    assert (await client.get(f"{REST}/shipment/0")).json == body(340)


async def test_there_are_no_labels(client, order):
    await client.post(url())
    assert (await client.get(f"{REST}/shipment/1/label")).content == b'""'


async def test_shipments_can_be_searched_and_projected(client, order):
    await client.post(url(), one(1))
    await client.post(url(), one(2))
    inside = "searchCriteria[filter_groups][0][filters][0]"
    for field, value in (("entity_id", 2), ("increment_id", "000000002"), ("order_id", 1)):
        query = f"{inside}[field]={field}&{inside}[value]={value}&fields=items[entity_id],total_count"
        answer = await client.get(f"{REST}/shipments?{query}")
        assert answer.json["items"][-1] == {"entity_id": 2}
    assert list((await client.get(f"{REST}/shipments?searchCriteria")).json["items"][0]) == list(body(381))


# ---------------------------------------------------------------- comments


async def test_comments_on_shipments(client, order):
    await client.post(url())
    sent = {"entity": {"comment": "from api", "is_visible_on_front": 0, "is_customer_notified": 0}}
    answer = await client.post(f"{REST}/shipment/1/comments", sent, idempotency_key="c")
    assert answer.json == {**body(371), "parent_id": 1, "entity_id": 1}
    again = await client.post(f"{REST}/shipment/1/comments", sent, idempotency_key="c")
    assert (again.json, again.headers["idempotent-replayed"]) == (answer.json, "true")
    listed = (await client.get(f"{REST}/shipment/1/comments")).json
    assert list(listed["items"][0]) == list(body(372)["items"][0])
    assert listed["total_count"] == 1
    assert (await shipment(client))["comments"] == listed["items"]


@pytest.mark.parametrize(
    "path, entity, status",
    [
        ("1", {}, 400),
        ("1", {"parent_id": 1}, 400),
        ("1", {"parent_id": 2, "comment": "a"}, 400),
        ("9", {"comment": "a"}, 404),
        ("0", {"comment": "a"}, 400),
    ],
)
async def test_a_comment_needs_one_shipment_and_a_text(client, order, path, entity, status):
    await client.post(url())
    answer = await client.post(f"{REST}/shipment/{path}/comments", {"entity": entity})
    assert answer.status == status


# ---------------------------------------------------------------- parcels


async def test_a_parcel_is_added_and_taken_off(client, order, ledger):
    await client.post(url())
    sent = {"entity": {**UPS, "parent_id": 1, "order_id": 1, "weight": 1.5, "qty": 2, "description": "box"}}
    answer = await client.post(f"{REST}/shipment/track", sent, idempotency_key="t")
    assert answer.json == {**sent["entity"], "entity_id": 1}
    again = await client.post(f"{REST}/shipment/track", sent, idempotency_key="t")
    assert (again.json, again.headers["idempotent-replayed"]) == (answer.json, "true")
    (track,) = (await shipment(client))["tracks"]
    assert {key: track[key] for key in answer.json} == answer.json
    removed = await client.ask("DELETE", f"{REST}/shipment/track/1")
    assert (removed.status, removed.json) == (200, True)
    assert (await shipment(client))["tracks"] == []
    assert (await client.ask("DELETE", f"{REST}/shipment/track/1")).status == 404
    assert await findings(ledger) == []


@pytest.mark.parametrize(
    "entity, message",
    [
        (UPS, '"%fieldName" is required. Enter and try again.'),
        ({**UPS, "parent_id": 9}, "Could not save the shipment tracking."),
        ({**UPS, "parent_id": 1, "order_id": 9}, "Could not save the shipment tracking."),
        ({**UPS, "parent_id": 1, "track_number": ""}, "Please enter a tracking number."),
        ({**UPS, "parent_id": 1, "carrier_code": None}, '"%fieldName" is required. Enter and try again.'),
        (
            {**UPS, "parent_id": 1, "entity_id": 1},
            'The field "%fieldName" cannot be set. Leave it out and try again.',
        ),
    ],
)
async def test_a_parcel_needs_a_shipment_a_number_and_a_carrier(client, order, ledger, entity, message):
    await client.post(url())
    before = await everything(ledger)
    answer = await client.post(f"{REST}/shipment/track", {"entity": entity})
    assert (answer.status, answer.message) == (400, message)
    assert await everything(ledger) == before


# ---------------------------------------------------------------- rights


@pytest.mark.parametrize(
    "method, path, resource",
    [
        ("POST", "order/1/ship", "ship"),
        ("GET", "shipments?searchCriteria", "shipment"),
        ("GET", "shipment/1", "shipment"),
        ("GET", "shipment/1/label", "shipment"),
        ("GET", "shipment/1/comments", "shipment"),
        ("POST", "shipment/1/comments", "shipment"),
        ("POST", "shipment/track", "shipment"),
        ("DELETE", "shipment/track/1", "shipment"),
        ("POST", "shipment", "shipment"),
    ],
)
async def test_each_operation_names_the_right_it_needs(client, method, path, resource):
    answer = await client.ask(method, f"{REST}/{path}", token="viewer")
    assert (answer.status, answer.json["parameters"]) == (401, {"resources": f"Magento_Sales::{resource}"})


async def test_who_may_look_only_may_not_ship(client, order):
    assert (await client.get(f"{REST}/shipments?searchCriteria", token="reader")).status == 200
    assert (await client.ask("POST", url(), {}, token="reader")).status == 401

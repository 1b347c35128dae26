"""Canceling, holding, remarks, addresses over the embedded database (recordings 343 to 366, 401 to 406)."""

import pytest

from tests.drafts import draft, row
from tests.storage import everything, findings
from tests.unit.dialects.adobe.recorded import body

UNKNOWN = body(361)


@pytest.fixture
async def order(place):
    return await place(draft(row("RED", 2000, qty=2, configurable=True), shipping=1000))


def url(order, action="") -> str:
    return f"/rest/V1/orders/{order.entity_id}{action}"


async def test_a_canceled_order_is_written_off(client, order, ledger):
    answer = await client.post(url(order, "/cancel"))
    assert (answer.status, answer.content) == (200, b"true")
    after = (await client.get(url(order))).json
    assert (after["state"], after["status"], after["total_canceled"]) == ("canceled", "canceled", 50)
    assert [item["qty_canceled"] for item in after["items"]] == [2, 0]
    assert await findings(ledger) == []


async def test_what_cannot_be_canceled_is_answered_false_and_writes_nothing(client, order, ledger):
    await client.post(url(order, "/hold"))
    before = await everything(ledger)
    answer = await client.post(url(order, "/cancel"))
    assert (answer.status, answer.content) == (200, b"false")
    assert await everything(ledger) == before


async def test_an_order_off_hold_is_what_it_was(client, order):
    await client.post(f"/rest/V1/order/{order.entity_id}/invoice")
    assert (await client.post(url(order, "/hold"))).content == b"true"
    held = (await client.get(url(order))).json
    assert (held["state"], held["hold_before_state"], held["hold_before_status"]) == (
        "holded",
        "processing",
        "processing",
    )
    assert (await client.post(url(order, "/hold"))).json == body(345)
    assert (await client.post(url(order, "/unhold"))).content == b"true"
    released = (await client.get(url(order))).json
    assert released["state"] == "processing"
    assert "hold_before_state" not in released
    assert (await client.post(url(order, "/unhold"))).json == body(352)


@pytest.mark.parametrize("action", ["/cancel", "/hold", "/unhold"])
async def test_an_unknown_order_is_not_found(client, action):
    answer = await client.post(f"/rest/V1/orders/999999{action}")
    assert (answer.status, answer.json) == (404, UNKNOWN)


async def test_a_repeated_hold_is_answered_once_more(client, order):
    first = await client.post(url(order, "/hold"), idempotency_key="h-1")
    again = await client.post(url(order, "/hold"), idempotency_key="h-1")
    assert [first.content, again.content] == [b"true", b"true"]
    assert again.headers["idempotent-replayed"] == "true"


async def test_an_order_that_has_changed_since_is_not_canceled(client, order):
    await client.post(url(order, "/hold"))
    answer = await client.post(url(order, "/unhold"), if_match='"1"')
    assert answer.status == 412


# ---------------------------------------------------------------- remarks


async def test_remarks_are_listed_oldest_first_and_shown_newest_first(client, order, ledger):
    for text, more in (("one", {"is_customer_notified": 1, "is_visible_on_front": 1}), ("two", {})):
        answer = await client.post(url(order, "/comments"), {"statusHistory": {"comment": text, **more}})
        assert answer.content == b"true"
    listed = (await client.get(url(order, "/comments"))).json
    assert [(entry["comment"], entry["is_customer_notified"]) for entry in listed["items"]] == [
        ("one", 1),
        ("two", None),
    ]
    assert listed["total_count"] == 2
    assert listed["search_criteria"]["filter_groups"][0]["filters"][0]["value"] == str(order.entity_id)
    shown = (await client.get(url(order))).json["status_histories"]
    assert [entry["comment"] for entry in shown] == ["two", "one"]
    assert shown[0]["status"] == "pending"
    assert await findings(ledger) == []


async def test_a_remark_with_another_status_is_refused(client, order):
    sent = {"statusHistory": {"comment": "x", "status": "nosuch"}}
    answer = await client.post(url(order, "/comments"), sent)
    assert (answer.status, answer.json) == (400, body(403))


async def test_an_order_without_remarks_lists_none(client):
    listed = (await client.get("/rest/V1/orders/999999/comments")).json
    assert (listed["items"], listed["total_count"]) == ([], 0)


# ---------------------------------------------------------------- addresses


async def test_only_the_fields_that_are_sent_change(client, order, ledger):
    before = (await client.get(url(order))).json["billing_address"]
    sent = {"entity": {"entity_id": before["entity_id"], "city": "Utica", "street": ["1 Main St", "Floor 2"]}}
    answer = await client.ask("PUT", url(order), sent)
    assert answer.status == 200, answer
    changed = {**before, "city": "Utica", "street": ["1 Main St", "Floor 2"]}
    assert answer.json == changed
    assert (await client.get(url(order))).json["billing_address"] == changed
    assert await findings(ledger) == []


async def test_an_address_is_named_by_its_type_too(client, order):
    answer = await client.ask(
        "PUT", url(order), {"entity": {"address_type": "shipping", "postcode": "10001"}}
    )
    assert (answer.json["address_type"], answer.json["postcode"]) == ("shipping", "10001")
    shown = (await client.get(url(order))).json
    assignment = shown["extension_attributes"]["shipping_assignments"][0]["shipping"]["address"]
    assert assignment["postcode"] == "10001"
    assert shown["billing_address"]["postcode"] != "10001"


async def test_an_address_sent_back_as_it_is_writes_nothing(client, order, ledger):
    address = (await client.get(url(order))).json["billing_address"]
    before = await everything(ledger)
    answer = await client.ask("PUT", url(order), {"entity": address})
    assert (answer.status, answer.json) == (200, address)
    assert await everything(ledger) == before


@pytest.mark.parametrize(
    "entity, status, field",
    [
        ({"city": "Utica"}, 400, "entity_id"),
        ({"entity_id": 999999, "city": "Utica"}, 404, None),
        ({"address_type": "billing", "city": ""}, 400, "city"),
        ({"address_type": "billing", "lastname": None}, 400, "lastname"),
        ({"address_type": "billing", "street": []}, 400, "street"),
        ({"address_type": "billing", "country_id": "XX"}, 400, "country_id"),
        ({"address_type": "billing", "customer_id": 9}, 400, "customer_id"),
        ({"address_type": "billing", "city": "x" * 300}, 400, "city"),
        ({"address_type": "billing", "nosuch": 1}, 400, "Nosuch"),
        ({"entity_id": 1, "address_type": "shipping", "city": "Utica"}, 400, "address_type"),
    ],
)
async def test_what_an_address_cannot_be_is_refused_by_name(client, order, ledger, entity, status, field):
    before = await everything(ledger)
    if entity.get("entity_id") == 1:
        entity = {**entity, "entity_id": order.billing_address_id}
    answer = await client.ask("PUT", url(order), {"entity": entity})
    assert answer.status == status, answer
    assert field is None or answer.json["parameters"]["fieldName"] == field
    assert await everything(ledger) == before

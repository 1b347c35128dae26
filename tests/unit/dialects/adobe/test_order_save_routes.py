"""Saving whole orders cannot bypass the books (contract adobe §6.3, §12.14)."""

import dataclasses

import pytest
from msgspec.structs import replace

from counterfoil.dialects.adobe.app import App
from counterfoil.dialects.adobe.routes import ROUTES
from tests.drafts import draft, row
from tests.storage import everything, findings
from tests.unit.dialects.adobe.asgi import Client

ORDERS = "/rest/V1/orders"


@pytest.fixture
async def order(place):
    return await place(draft(row("RED", 2000, qty=2, configurable=True), shipping=1000))


async def whole(client, order):
    return (await client.get(f"{ORDERS}/{order.entity_id}")).json


async def test_an_order_sent_back_as_it_was_read_writes_nothing(client, order, ledger):
    read, before = await whole(client, order), await everything(ledger)
    answer = await client.post(ORDERS, {"entity": read})
    assert (answer.status, answer.json) == (200, read)
    assert await everything(ledger) == before


async def test_running_totals_that_have_become_old_are_passed_over(client, order, ledger):
    read = await whole(client, order)
    await client.post(f"/rest/V1/order/{order.entity_id}/invoice")
    now = await whole(client, order)
    old = {**read, "state": now["state"], "status": now["status"], "total_paid": 1, "total_due": 999}
    before = await everything(ledger)
    answer = await client.post(ORDERS, {"entity": old})
    assert (answer.status, answer.json) == (200, now)
    assert await everything(ledger) == before


async def test_a_new_remark_is_refused_and_known_ones_are_passed_over(client, order, ledger):
    await client.post(f"{ORDERS}/{order.entity_id}/comments", {"statusHistory": {"comment": "known"}})
    read, before = await whole(client, order), await everything(ledger)
    assert (await client.post(ORDERS, {"entity": read})).status == 200
    added = {
        "entity_id": order.entity_id,
        "status_histories": [*read["status_histories"], {"comment": "new"}],
    }
    answer = await client.post(ORDERS, {"entity": added})
    assert (answer.status, "/comments" in answer.json["message"]) == (400, True)
    assert await everything(ledger) == before


async def test_a_repeat_gets_its_answer_also_when_the_order_has_moved_on(client, order, ledger):
    read = await whole(client, order)
    sent = {
        "entity": {**{name: read[name] for name in ("entity_id", "state")}, "customer_email": "n@example.com"}
    }
    assert (await client.post(ORDERS, sent, idempotency_key="save-1")).status == 200
    assert (await client.post(f"/rest/V1/order/{order.entity_id}/invoice")).status == 200
    before = await everything(ledger)
    again = await client.post(ORDERS, sent, idempotency_key="save-1")
    assert (again.status, again.headers.get("idempotent-replayed")) == (200, "true")
    assert (again.json["state"], again.json["customer_email"]) == ("processing", "n@example.com")
    assert (await client.post(ORDERS, sent, idempotency_key="save-2")).status == 400
    assert await everything(ledger) == before


async def test_who_an_order_is_for_can_be_changed(client, order, ledger):
    sent = {
        "entity_id": order.entity_id,
        "customer_email": "new@example.com",
        "customer_firstname": "Ada",
        "customer_note": "ring twice",
        "customer_note_notify": 0,
        "ext_order_id": "ERP-7",
    }
    answer = await client.post(ORDERS, {"entity": sent})
    assert answer.status == 200, answer
    assert {name: answer.json[name] for name in sent} == sent
    assert answer.json["grand_total"] == 50
    assert await findings(ledger) == []


@pytest.mark.parametrize(
    "change, field",
    [
        ({"grand_total": 1}, "grand_total"),
        ({"base_grand_total": "0.01"}, "base_grand_total"),
        ({"grand_total": None}, "grand_total"),
        ({"increment_id": "X1"}, "increment_id"),
        ({"state": "complete"}, "state"),
        ({"order_currency_code": "EUR"}, "order_currency_code"),
        ({"coupon_code": "TEN"}, "coupon_code"),
        ({"items": []}, "items"),
        ({"billing_address": {"city": "Utica"}}, "billing_address.city"),
        ({"payment": {"method": "free"}}, "payment.method"),
        ({"customer_id": 7}, "customer_id"),
        ({"x_forwarded_for": "10.0.0.1"}, "x_forwarded_for"),
        ({"customer_email": ""}, "customer_email"),
        ({"customer_email": "nobody"}, "customer_email"),
        ({"customer_firstname": "x" * 300}, "customer_firstname"),
        ({"nosuch": 1}, "Nosuch"),
    ],
)
async def test_what_was_agreed_on_cannot_be_changed(client, order, ledger, change, field):
    before = await everything(ledger)
    sent = {"entity_id": order.entity_id, "ext_order_id": "ERP-7", **change}
    answer = await client.post(ORDERS, {"entity": sent})
    assert (answer.status, answer.json["parameters"]["fieldName"]) == (400, field)
    assert await everything(ledger) == before


@pytest.mark.parametrize("name, value", [("qty_ordered", 5), ("price", 0), ("row_total", 1), ("sku", "Z")])
async def test_a_row_cannot_be_changed(client, order, name, value):
    items = (await whole(client, order))["items"]
    items[0][name] = value
    answer = await client.post(ORDERS, {"entity": {"entity_id": order.entity_id, "items": items}})
    assert (answer.status, answer.json["parameters"]["fieldName"]) == (400, f"items[0].{name}")


async def test_numbers_may_be_written_in_any_way(client, order, ledger):
    before = await everything(ledger)
    sent = {"entity_id": str(order.entity_id), "grand_total": "50.0000", "is_virtual": "0"}
    answer = await client.post(ORDERS, {"entity": sent})
    assert answer.status == 200, answer
    assert await everything(ledger) == before


async def test_a_status_is_the_states_own_or_one_of_the_shops(client, shop, order, ledger):
    own = {"new": frozenset({"picking"}), "processing": frozenset({"packed"})}
    settings = replace(shop.settings, order_statuses=own)
    with_statuses = Client(App(dataclasses.replace(shop, settings=settings), ROUTES))

    def status(name, client=with_statuses):
        return client.post(ORDERS, {"entity": {"entity_id": order.entity_id, "status": name}})

    assert (await status("picking", client)).status == 400
    answer = await status("picking")
    assert (answer.status, answer.json["status"], answer.json["state"]) == (200, "picking", "new")
    refused = await status("packed")
    assert (refused.status, refused.json["parameters"]) == (400, ["packed", "new"])
    await client.post(f"/rest/V1/order/{order.entity_id}/invoice")
    assert (await whole(client, order))["status"] == "processing"
    assert await findings(ledger) == []


@pytest.mark.parametrize("method, path", [("POST", ORDERS), ("PUT", f"{ORDERS}/create")])
async def test_an_order_is_not_made_without_a_cart(client, ledger, method, path):
    before = await everything(ledger)
    entity = b'{"entity":{"grand_total":1,"base_grand_total":1,"items":[]}}'
    answer = await client.ask(method, path, entity)
    assert (answer.status, "cart" in answer.json["message"]) == (400, True)
    assert await everything(ledger) == before


async def test_an_unknown_order_is_not_found(client):
    assert (await client.post(ORDERS, {"entity": {"entity_id": 999999}})).status == 404


async def test_a_repeated_save_is_answered_once_more(client, order):
    sent = {"entity": {"entity_id": order.entity_id, "ext_order_id": "ERP-7"}}
    first = await client.post(ORDERS, sent, idempotency_key="s-1")
    again = await client.post(ORDERS, sent, idempotency_key="s-1")
    assert again.json == first.json
    assert again.headers["idempotent-replayed"] == "true"
    other = {"entity": {"entity_id": order.entity_id}}
    assert (await client.post(ORDERS, other, idempotency_key="s-1")).status == 422

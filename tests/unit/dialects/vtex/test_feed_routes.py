"""Feeds and expressions on the wire (contract vtex §3.13)."""

import json

import pytest

from tests.notices import commit, passed, relay
from tests.storage import everything

CONFIG = "/api/orders/feed/config"
FEED = "/api/orders/feed"
TRY = "/api/orders/expressions/jsonata"
QUEUE = {"visibilityTimeoutInSeconds": 240, "messageRetentionPeriodInSeconds": 345600}
WORKFLOW = {"type": "FromWorkflow", "status": ["ready-for-handling", "invoiced"]}


@pytest.fixture
async def feed(client):
    answer = await client.post(CONFIG, {"queue": QUEUE})
    assert (answer.status, answer.content) == (200, b"")


async def tell(ledger, *rows):
    await commit(ledger, *rows)
    await relay(ledger).turn()


async def test_a_feed_is_set_up_shown_and_removed(client, ledger):
    assert (await client.get(CONFIG)).status == 404
    sent = {"filter": {**WORKFLOW, "disableSingleFire": False}, "queue": QUEUE}
    assert (await client.post(CONFIG, sent)).status == 200
    await tell(ledger, passed(7, 2))
    shown = await client.get(CONFIG)
    assert shown.json == {
        "filter": {**WORKFLOW, "disableSingleFire": False},
        "queue": QUEUE,
        "quantity": 1,
        "approximateAgeOfOldestMessageInSeconds": 0,
    }
    assert (await client.ask("DELETE", CONFIG)).status == 200
    assert (await client.ask("DELETE", CONFIG)).status == 404
    assert (await client.get(FEED)).status == 404
    assert (await client.post(FEED, {"handles": ["x"]})).status == 404


async def test_names_are_read_in_any_case(client):
    sent = {
        "Filter": {"Type": "fromorders", "Expression": 'status = "invoiced"', "DisableSingleFire": True},
        "Queue": {"VisibilityTimeoutInSeconds": "60", "MessageRetentionPeriodInSeconds": 1209600},
    }
    assert (await client.post(CONFIG, sent)).status == 200
    shown = (await client.get(CONFIG)).json
    assert shown["filter"] == {
        "type": "FromOrders",
        "expression": 'status = "invoiced"',
        "disableSingleFire": True,
    }
    assert shown["queue"] == {"visibilityTimeoutInSeconds": 60, "messageRetentionPeriodInSeconds": 1209600}


async def test_without_a_queue_the_answer_is_problem_json(client, ledger):
    before = await everything(ledger)
    answer = await client.post(CONFIG, {"filter": WORKFLOW})
    assert answer.status == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json["errors"] == {"Queue": ["The Queue field is required."]}
    assert answer.json["title"] == "One or more validation errors occurred."
    assert await everything(ledger) == before


@pytest.mark.parametrize(
    "filtered",
    [
        {"type": "FromWorkflow", "status": ["invoiced"], "expression": "value > 1"},
        {"type": "FromWorkflow", "disableSingleFire": True},
        {"type": "FromOrders", "status": ["invoiced"], "expression": "value > 1"},
    ],
)
async def test_filters_of_both_types_are_a_conflict(client, filtered):
    assert (await client.post(CONFIG, {"filter": filtered, "queue": QUEUE})).status == 409
    assert (await client.get(CONFIG)).status == 404


@pytest.mark.parametrize(
    "filtered",
    [
        {},
        {"type": "FromNowhere"},
        {"type": 1},
        {"type": "FromOrders"},
        {"type": "FromOrders", "expression": "("},
        {"type": "FromOrders", "expression": "x" * 6000},
        {"type": "FromOrders", "expression": '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)'},
        {"type": "FromOrders", "expression": 1},
        {"type": "FromOrders", "expression": "1", "disableSingleFire": "no"},
        {"type": "FromOrders", "expression": "1", "disableSingleFire": [None]},
        {"type": "FromOrders", "expression": "1", "disableSingleFire": {}},
        {"type": "FromWorkflow", "status": "invoiced"},
        {"type": "FromWorkflow", "status": [1]},
        {"type": "FromWorkflow", "status": ["a"] * 101},
        [],
        "FromWorkflow",
    ],
)
async def test_filters_that_make_no_sense_are_refused(client, filtered):
    answer = await client.post(CONFIG, {"filter": filtered, "queue": QUEUE})
    assert answer.status == 400
    assert answer.json["errors"]
    assert (await client.get(CONFIG)).status == 404


@pytest.mark.parametrize(
    "queue",
    [
        {},
        {**QUEUE, "visibilityTimeoutInSeconds": -1},
        {**QUEUE, "visibilityTimeoutInSeconds": 43_201},
        {**QUEUE, "visibilityTimeoutInSeconds": True},
        {**QUEUE, "messageRetentionPeriodInSeconds": 345_599},
        {**QUEUE, "messageRetentionPeriodInSeconds": 1_209_601},
        {**QUEUE, "messageRetentionPeriodInSeconds": "soon"},
        {**QUEUE, "messageRetentionPeriodInSeconds": 4e5},
        [],
    ],
)
async def test_queues_that_make_no_sense_are_refused(client, queue):
    assert (await client.post(CONFIG, {"queue": queue})).status == 400


async def test_items_have_the_form_of_the_contract(client, ledger, feed):
    await tell(ledger, passed(7, 2))
    (item,) = (await client.get(FEED)).json
    assert len(item.pop("eventId")) == 32
    assert item.pop("handle")
    assert item == {
        "domain": "Fulfillment",
        "state": "invoiced",
        "lastState": "handling",
        "orderId": "v7-01",
        "lastChange": "2026-11-20T15:00:00.0000000Z",
        "currentChange": "2026-11-20T15:00:00.0000000Z",
    }


async def test_items_are_read_and_confirmed(client, ledger, feed):
    await tell(ledger, *(passed(order_id, 1) for order_id in range(1, 16)))
    first = (await client.get(f"{FEED}?maxlot=3")).json
    assert len(first) == 3
    assert len((await client.get(f"{FEED}/?MaxLot=")).json) == 10
    answer = await client.post(f"{FEED}/", {"Handles": [item["handle"] for item in first]})
    assert (answer.status, answer.content) == (200, b"")
    assert (await client.get(CONFIG)).json["quantity"] == 12
    assert (await client.post(FEED, {"handles": ["nonsense", first[0]["handle"]]})).status == 200
    assert len((await client.get("/api/oms/pvt/feed/orders/status?maxLot=1")).json) == 1


@pytest.mark.parametrize("most", ["0", "11", "-1", "ten", "1.5", "١"])
async def test_more_than_ten_items_are_not_to_be_had(client, feed, most):
    answer = await client.get(f"{FEED}?maxlot={most}")
    assert answer.status == 400
    assert "Maxlot" in answer.json["errors"]


@pytest.mark.parametrize("sent", [{}, {"handles": "x"}, {"handles": [1]}, {"handles": ["x"] * 1001}])
async def test_handles_are_a_list_of_texts(client, feed, sent):
    assert (await client.post(FEED, sent)).status == 400


async def test_each_app_key_has_a_feed_of_its_own(client, ledger, feed):
    assert (await client.get(CONFIG, key="reader")).status == 404
    await tell(ledger, passed(7, 2))
    assert len((await client.get(FEED)).json) == 1
    assert (await client.get(FEED, key="reader")).status == 404


async def test_who_may_only_look_cannot_set_up_or_confirm(client, feed):
    assert (await client.post(CONFIG, {"queue": QUEUE}, key="viewer")).status == 403
    assert (await client.post(FEED, {"handles": ["x"]}, key="viewer")).status == 403
    assert (await client.get(CONFIG, key=None)).status == 401


@pytest.mark.parametrize("as_text", [True, False])
@pytest.mark.parametrize("expression, says", [('status = "canceled"', True), ("value > 1", False)])
async def test_an_expression_can_be_tried(client, expression, says, as_text):
    document = {"status": "canceled"}
    sent = {"Expression": expression, "Document": json.dumps(document) if as_text else document}
    answer = await client.post(TRY, sent)
    assert (answer.status, answer.json) == (200, says)


@pytest.mark.parametrize(
    "sent",
    [
        {"Document": "{}"},
        {"Expression": "1"},
        {"Expression": "(", "Document": "{}"},
        {"Expression": "1", "Document": "{"},
        {"Expression": 'value > "1"', "Document": '{"value": 1}'},
    ],
)
async def test_what_cannot_be_tried_is_told_why(client, sent):
    answer = await client.post(TRY, sent)
    assert answer.status == 400
    assert answer.json["errors"]

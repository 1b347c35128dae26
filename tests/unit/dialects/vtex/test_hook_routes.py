"""Hooks on the wire (contract vtex §3.14)."""

import json

import pytest

from counterfoil.delivery.told import Told
from counterfoil.dialects.vtex import notice_document
from tests.receiver import receiving

CONFIG = "/api/orders/hook/config"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
async def receiver():
    async with receiving() as receiver:
        yield receiver


def hook(receiver, **more):
    return {"filter": {"type": "FromWorkflow"}, "hook": {"url": receiver.url, **more}}


async def test_a_hook_is_set_up_shown_and_removed(client, receiver):
    assert (await client.get(CONFIG)).status == 404
    answer = await client.post(CONFIG, hook(receiver, headers={"key": "value"}))
    assert (answer.status, answer.content) == (200, b"")
    (ping,) = receiver.received
    assert (ping.body, ping.headers["key"]) == (b'{"hookConfig":"ping"}', "value")
    assert (await client.get(CONFIG)).json == {
        "filter": {"type": "FromWorkflow", "status": [], "disableSingleFire": False},
        "hook": {"url": receiver.url, "headers": {"key": "value"}, "signed": False},
    }
    assert (await client.ask("DELETE", CONFIG)).status == 200
    assert (await client.ask("DELETE", CONFIG)).status == 404


async def test_the_secret_is_never_shown(client, receiver):
    assert (await client.post(CONFIG, hook(receiver, secret=SECRET))).status == 200
    shown = await client.get(CONFIG)
    assert SECRET.encode() not in shown.content
    assert shown.json["hook"]["signed"] is True
    assert receiver.received[0].headers["webhook-signature"].startswith("v1,")
    await client.post(CONFIG, hook(receiver))
    assert (await client.get(CONFIG)).json["hook"]["signed"] is True, "what is not said stays"
    await client.post(CONFIG, hook(receiver, secret=None))
    assert (await client.get(CONFIG)).json["hook"]["signed"] is False


@pytest.mark.parametrize("status", [201, 204, 301, 404, 500])
async def test_an_address_that_does_not_answer_200_is_not_saved(client, receiver, status):
    receiver.answer = lambda _: status
    answer = await client.post(CONFIG, hook(receiver))
    assert answer.status == 400
    assert answer.json["errors"]["Hook"][0].startswith("Unable to check address")
    assert (await client.get(CONFIG)).status == 404


@pytest.mark.parametrize(
    "sent",
    [
        {"filter": {"type": "FromWorkflow"}},
        {"hook": {}},
        {"hook": {"url": 1}},
        {"hook": []},
        {"hook": {"url": "http://127.0.0.1:1/", "headers": []}},
        {"hook": {"url": "http://127.0.0.1:1/", "headers": {"a": {}}}},
        {"hook": {"url": "http://127.0.0.1:1/", "headers": {"Host": "x"}}},
        {"hook": {"url": "http://127.0.0.1:1/", "headers": {"a": "x\r\ny: z"}}},
        {"hook": {"url": "http://127.0.0.1:1/", "headers": {f"a{n}": "x" for n in range(30)}}},
        {"hook": {"url": "http://127.0.0.1:1/", "secret": "abc"}},
        {"hook": {"url": "http://127.0.0.1:1/", "secret": 1}},
        {"hook": {"url": "http://127.0.0.1:1/"}},
        {"hook": {"url": "nowhere"}},
        {"filter": {"type": "FromOrders"}, "hook": {"url": "https://example.com"}},
    ],
)
async def test_what_cannot_be_a_hook_is_refused(client, sent):
    assert (await client.post(CONFIG, sent)).status == 400
    assert (await client.get(CONFIG)).status == 404


async def test_only_https_and_the_world_may_be_told_unless_that_is_allowed(careful_client):
    plain = await careful_client.post(CONFIG, {"hook": {"url": "http://example.com/"}})
    assert plain.json["errors"] == {"Hook": ["Only https scheme is accepted"]}
    inside = await careful_client.post(CONFIG, {"hook": {"url": "https://127.0.0.1/"}})
    assert inside.json["errors"]["Hook"][0].startswith("Unable to check address")


async def test_who_may_only_look_cannot_set_up(client, receiver):
    assert (await client.post(CONFIG, hook(receiver), key="viewer")).status == 403
    assert receiver.received == []


def test_the_message_has_the_form_of_the_contract():
    told = Told("E", "v1cntf-01", "Fulfillment", "handling", "start-handling", AT, AT)
    assert json.loads(notice_document.message(told, "vtexappkey-x", "shop")) == {
        "Domain": "Fulfillment",
        "OrderId": "v1cntf-01",
        "State": "handling",
        "LastState": "start-handling",
        "LastChange": "2019-08-14T17:11:39.2550120Z",
        "CurrentChange": "2019-08-14T17:11:39.2550120Z",
        "Origin": {"Account": "shop", "Key": "vtexappkey-x"},
    }


AT = "2019-08-14T17:11:39.255012+00:00"

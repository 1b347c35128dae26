"""A request whose items are where nobody looks must not mean everything (decision 0017)."""

import pytest

from tests.drafts import draft, row
from tests.storage import everything

VERBS = ("invoice", "ship", "refund")


@pytest.fixture
async def order(place, client):
    placed = await place(draft(row("A", 2000, qty=2), row("B", 1000, qty=1), shipping=1000))
    one = {"items": [{"order_item_id": next(iter(placed.items)), "qty": 1}]}
    assert (await client.post(f"/rest/V1/order/{placed.entity_id}/invoice", one)).status == 200
    return placed


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "name, told", [("entity", "Entity"), ("credit_memo", "CreditMemo"), ("Items", "Items")]
)
async def test_a_body_with_nothing_but_unknown_names_is_refused(client, order, ledger, verb, name, told):
    before = await everything(ledger)
    sent = {name: {"items": [{"order_item_id": next(iter(order.items)), "qty": 1}]}}
    answer = await client.post(f"/rest/V1/order/{order.entity_id}/{verb}", sent)
    assert (answer.status, answer.json["parameters"]) == (400, {"fieldName": told})
    assert await everything(ledger) == before


async def test_a_refund_by_invoice_looks_as_closely(client, order):
    answer = await client.post("/rest/V1/invoice/1/refund", {"entity": {}})
    assert (answer.status, answer.json["parameters"]) == (400, {"fieldName": "Entity"})


@pytest.mark.parametrize("name", ["shipping_amount", "shippingAmount", "adjustment_negative"])
async def test_an_argument_of_a_refund_in_the_wrong_place_is_refused(client, order, ledger, name):
    before = await everything(ledger)
    sent = {"items": [{"order_item_id": next(iter(order.items)), "qty": 1}], name: 0}
    answer = await client.post(f"/rest/V1/order/{order.entity_id}/refund", sent)
    assert (answer.status, "is not supported" in answer.json["message"]) == (400, True)
    assert await everything(ledger) == before


@pytest.mark.parametrize("verb", VERBS)
async def test_an_unknown_name_beside_a_known_one_is_ignored(client, order, verb):
    sent = {"note": "x", "items": [{"order_item_id": next(iter(order.items)), "qty": 1}]}
    assert (await client.post(f"/rest/V1/order/{order.entity_id}/{verb}", sent)).status == 200


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("sent", [{}, {"orderId": 1}, {"notify": False}])
async def test_what_names_no_rows_means_everything(client, order, verb, sent):
    assert (await client.post(f"/rest/V1/order/{order.entity_id}/{verb}", sent)).status == 200

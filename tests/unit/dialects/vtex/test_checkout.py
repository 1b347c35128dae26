"""Orders of the shop's own, placed through checkout: payments, sellers, and where they begin."""

import pytest

from counterfoil.dialects.vtex.checkout_routes import split_payments
from counterfoil.ledger.doctor import Finding, examine
from tests.unit.dialects.vtex.orders import item, purchase, value, without

URL = "/api/checkout/pub/orders"


async def placed(client, body):
    answer = await client.ask("PUT", URL, body)
    assert answer.status == 200, answer
    return answer.json


async def test_an_order_waits_for_its_payment(client):
    answer = await placed(client, purchase(item(price=4990, quantity=3)))
    (order,) = answer["orders"]
    assert order["orderId"] == answer["orderGroup"] + "-01"
    assert order["status"] == "payment-pending"
    assert order["value"] == 3 * 4990 + 800
    assert order["authorizedDate"] is None
    read = (await client.get(f"/api/oms/pvt/orders/{order['orderId']}")).json
    assert read == order
    (transaction,) = answer["transactionData"]["merchantTransactions"]
    assert transaction["payments"][0]["value"] == order["value"]
    assert transaction["transactionId"] == order["paymentData"]["transactions"][0]["transactionId"]


async def test_an_order_that_costs_nothing_waits_for_nobody(client):
    body = purchase(item(price=0))
    body["shippingData"]["logisticsInfo"] = [{"itemIndex": 0, "price": 0}]
    (order,) = (await placed(client, without(body, "paymentData")))["orders"]
    assert (order["status"], order["value"]) == ("ready-for-handling", 0)
    assert order["authorizedDate"] is not None


async def test_the_items_of_each_seller_are_an_order_of_their_own(client):
    body = purchase(item("a", 1000, seller="1"), item("b", 3333, seller="shoes"), item("c", 1, seller="1"))
    answer = await placed(client, body)
    group = answer["orderGroup"]
    assert [order["orderId"] for order in answer["orders"]] == [f"{group}-01", f"{group}-02"]
    own, other = answer["orders"]
    assert [entry["id"] for entry in own["items"]] == ["a", "c"]
    assert [entry["id"] for entry in other["items"]] == ["b"]
    assert [entry["itemIndex"] for entry in own["shippingData"]["logisticsInfo"]] == [0, 1]
    assert own["value"] + other["value"] == value(body)
    assert other["sellers"][0]["id"] == "shoes"
    paid = [order["paymentData"]["transactions"][0]["payments"][0]["value"] for order in answer["orders"]]
    assert paid == [own["value"], other["value"]]
    shown = (await client.get(f"/api/oms/pvt/orders/order-group/{group}")).json
    assert shown == answer["orders"]
    assert len({order["sequence"] for order in shown}) == 2


async def test_orders_of_other_dialects_and_of_this_one_never_share_a_name(client, place):
    from tests.drafts import draft, row

    adobe = await place(draft(row("A", 100)))
    (first,) = (await placed(client, purchase()))["orders"]
    second = (await placed(client, purchase(item("a"), item("b", seller="x"))))["orders"]
    names = {first["orderId"], *(order["orderId"] for order in second)}
    names.add(f"v{500000 + adobe.entity_id}cntf-01")
    assert len(names) == 4
    for name in names:
        assert (await client.get(f"/api/oms/pvt/orders/{name}")).json["orderId"] == name


@pytest.mark.parametrize(
    "payments",
    [
        [],
        [{"value": 10799}],
        [{"value": 10801}],
        [{"value": -1}, {"value": 10801}],
        [{"value": "10800"}],
        {},
        [[]],
    ],
)
async def test_payments_must_come_to_the_order(client, payments):
    body = {**purchase(), "paymentData": {"payments": payments}}
    answer = await client.ask("PUT", URL, body)
    assert answer.status == 400, answer


@pytest.mark.parametrize("body", [None, [], 3, {}, {"items": [item()]}])
async def test_what_is_no_order_is_refused(client, body):
    assert (await client.ask("PUT", URL, body)).status == 400


async def test_only_who_may_create_orders_does(client):
    assert (await client.ask("PUT", URL, purchase(), key=None)).status == 401
    assert (await client.ask("PUT", URL, purchase(), key="viewer")).status == 403


async def test_a_repeat_under_the_same_key_places_nothing(client):
    key = {"Idempotency-Key": "k"}
    first = await client.ask("PUT", URL, purchase(), headers=key)
    second = await client.ask("PUT", URL, purchase(), headers=key)
    assert second.json == first.json
    other = await client.ask("PUT", URL, purchase(item(price=1)), headers=key)
    assert other.status == 422


async def test_the_doctor_finds_nothing_wrong_with_several_orders_under_one_key(client, ledger):
    body = purchase(item("a", 999), item("b", 1, seller="x"), item("c", 7, seller="y"))
    answer = await client.ask("PUT", URL, body, headers={"Idempotency-Key": "k"})
    assert len(answer.json["orders"]) == 3
    findings = [found async for found in examine(ledger) if isinstance(found, Finding)]
    assert not findings


def test_payments_are_split_to_the_cent():
    payments = [{"id": "a", "value": 1000, "referenceValue": 900}, {"id": "b", "value": 335}]
    split = split_payments(payments, [334, 1000, 0, 1])
    assert [[(part["id"], part["value"]) for part in order] for order in split] == [
        [("a", 334)],
        [("a", 666), ("b", 334)],
        [],
        [("b", 1)],
    ]


def test_a_payment_that_stays_whole_keeps_what_it_refers_to():
    ((part,),) = split_payments([{"id": "a", "value": 1000, "referenceValue": 900}], [1000])
    assert (part["value"], part["referenceValue"]) == (1000, 900)

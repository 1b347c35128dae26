"""Orders of external channels, and the one setting of checkout that is kept."""

from typing import Any

import pytest

from tests.conformance.vtex.schemas import assert_valid
from tests.unit.dialects.vtex.orders import ADDRESS, CLIENT, delivery, item

URL = "/api/order-integration/orders"
STATUS = f"{URL}/status"
PLACED = "/api/oms/pvt/orders/Skyhub-c1"
WINDOW = "/api/checkout/pvt/configuration/window-to-change-seller"


def channel_order(**more: Any) -> dict[str, Any]:
    place = {"latitude": -23.56, "longitude": -46.65}
    return {
        "marketplaceOrderId": "c1",
        "marketplaceOrderStatus": "new",
        "marketplacePaymentValue": 10800,
        "connectorName": "Sky hub",
        "connectorEndpoint": "https://connector.example.test",
        "allowFranchises": False,
        "items": [item(quantity=2, price=5000)],
        "clientProfileData": dict(CLIENT),
        "shippingData": {
            "logisticsInfo": [delivery(0)],
            "selectedAddresses": [{**ADDRESS, "geoCoordinates": place}],
            "isFob": False,
            "isMarketplaceFulfillment": False,
        },
        "invoiceData": {"userPaymentInfo": {"paymentMethods": ["Visa"]}},
        **more,
    }


async def test_an_order_of_a_channel_waits_to_be_approved(client):
    answer = await client.post(URL, channel_order(connectorName="Sky-hub"))
    assert answer.status == 200, answer
    assert_valid(f"POST {URL}", 200, answer.json)
    assert (answer.json["code"], answer.json["fields"]["mainOrderId"]) == ("SOI003", "Skyhub-c1")
    placed = (await client.get(PLACED)).json
    assert (placed["status"], placed["value"]) == ("waiting-ffmt-authorization", 10800)
    assert [float(part) for part in placed["shippingData"]["address"]["geoCoordinates"]] == [-46.65, -23.56]
    status = {"marketplaceOrderId": "c1", "marketplaceOrderStatus": "approved", "connectorName": "Sky hub"}
    for _ in range(2):
        answer = await client.ask("PUT", STATUS, status)
        assert_valid(f"PUT {STATUS}", answer.status, answer.json)
    assert (await client.get(PLACED)).json["status"] == "ready-for-handling"


async def test_an_approved_order_of_a_channel_waits_for_nobody(client):
    answer = await client.post(f"{URL}?affiliateId=SKY", channel_order(marketplaceOrderStatus="approved"))
    assert answer.status == 200, answer
    placed = (await client.get("/api/oms/pvt/orders/SKY-c1")).json
    assert placed["status"] == "ready-for-handling"
    assert placed["authorizedDate"] is not None


async def test_interest_is_no_part_of_the_order_and_taxes_are(client):
    more = {
        "marketplacePaymentValue": 10800 + 450 + 193,
        "marketplaceInterestValue": 450,
        "taxData": [{"skuId": "4101", "value": 193}],
    }
    answer = await client.post(URL, channel_order(**more))
    assert answer.status == 200, answer
    placed = (await client.get(PLACED)).json
    assert (placed["value"], placed["items"][0]["tax"]) == (10993, 193)


async def test_an_order_of_a_channel_is_placed_once(client):
    assert (await client.post(URL, channel_order())).status == 200
    again = await client.post(URL, channel_order())
    assert (again.status, again.json["error"]["code"]) == (400, "FMT009")


@pytest.mark.parametrize(
    "broken",
    [
        {"marketplacePaymentValue": 10801},
        {"marketplaceOrderStatus": "maybe"},
        {"marketplaceOrderStatus": None},
        {"connectorName": None},
        {"connectorName": "???"},
        {"marketplaceInterestValue": 20000},
        {"marketplaceInterestValue": "x"},
        {"taxData": [{"skuId": "no", "value": 1}]},
        {"taxData": {}},
        {"taxData": [None]},
        {"shippingData": []},
        {"shippingData": {"selectedAddresses": [None], "logisticsInfo": [delivery(0)]}},
        {"items": "x"},
    ],
)
async def test_what_a_channel_cannot_mean_is_refused(client, broken):
    answer = await client.post(URL, channel_order(**broken))
    assert answer.status == 400, answer


async def test_an_unknown_order_of_a_channel_is_not_approved(client):
    status = {"marketplaceOrderId": "c9", "marketplaceOrderStatus": "approved", "connectorName": "Sky"}
    assert (await client.ask("PUT", STATUS, status)).status == 404
    assert (await client.ask("PUT", STATUS, {**status, "marketplaceOrderId": {}})).status == 400


async def test_the_window_to_change_the_seller_is_kept(client):
    assert (await client.get(WINDOW)).json == 2
    for days in (4, 0):
        assert (await client.post(WINDOW, {"waitingTime": days})).status == 201
        answer = await client.get(WINDOW)
        assert answer.json == days
        assert_valid(f"GET {WINDOW}", 200, answer.json)


@pytest.mark.parametrize(
    "body", [None, {}, [], {"waitingTime": -1}, {"waitingTime": 1.5}, {"waitingTime": 9999}]
)
async def test_a_window_that_is_none_is_refused(client, body):
    assert (await client.post(WINDOW, body)).status == 400
    assert (await client.get(WINDOW)).json == 2

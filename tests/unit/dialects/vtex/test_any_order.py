"""Whole orders with anything in the place of any of their parts: no bug, and what is placed adds up."""

import random
from copy import deepcopy
from typing import Any

import pytest

from tests.conformance.vtex import wire
from tests.storage import findings
from tests.unit.dialects.vtex.orders import ADDRESS, delivery, fulfillment, item, purchase

TRIALS = 250
ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 3, 2**31, 2**63, 10**13, 10**40, 0.5, -0.5, 1e-30, 1e308),
    *(
        "",
        " ",
        "x",
        "0",
        "12",
        "-3",
        "1.5",
        "1e5",
        "NaN",
        "Infinity",
        "é😀",
        "a,b",
        "x" * 11_000,
        "1",
        "delivery",
    ),
    *([], {}, [[]], [{}], [None], ["x"], {"": ""}, {"a": {"b": []}}, [1, 2], {"id": 1}),
]
FULL = item(
    priceTags=[
        {"name": "DISCOUNT@X", "value": -100, "isPercentual": False, "rawValue": -1},
        {"name": "TAX@Y", "value": 7},
    ],
    bundleItems=[{"type": "wrap", "id": 1, "name": "Paper", "price": 5}],
    additionalInfo={"brandName": "b", "categories": [{"id": 1, "name": "c"}], "dimension": {"weight": 1.5}},
    attachments=[{"name": "a", "content": {}}],
    sellingPrice=4900,
    listPrice=6000,
    unitMultiplier=0.5,
    isGift=False,
    tax=3,
)
MORE: dict[str, Any] = {
    "marketingData": {"utmSource": "fb", "coupon": "TEN", "marketingTags": ["a"]},
    "customData": {"customApps": [{"id": "erp", "major": 1, "fields": {"a": "b"}}]},
    "invoiceData": {"address": ADDRESS, "userPaymentInfo": {"paymentMethods": ["Visa"]}},
    "clientPreferencesData": {"locale": "pt-BR", "optinNewsLetter": True},
    "giftRegistryData": {"giftRegistryId": "1"},
    "openTextField": {"value": "x"},
    "taxData": {"taxInfoCollection": []},
}


def whole(kind: str, name: str) -> dict[str, Any]:
    body = (
        fulfillment(FULL, item("b"), name=name, **MORE)
        if kind == "POST"
        else purchase(FULL, item("b"), **MORE)
    )
    body["shippingData"]["logisticsInfo"][0] = delivery(
        0,
        deliveryIds=[{"courierId": "1", "quantity": 2, "kitItemDetails": []}],
        pickupStoreInfo={"isPickupStore": False, "address": dict(ADDRESS)},
        deliveryWindow={"startDateUtc": "2026-01-01", "price": 0},
        shipsTo=["BRA"],
        deliveryChannels=[{"id": "delivery", "stockBalance": 3}],
    )
    total = 10000 + 10 - 100 + 7 + 10000 + 1600
    if kind == "POST":
        body["marketplacePaymentValue"] = total
    else:
        body["paymentData"]["payments"][0]["value"] = total
    return body


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a body: the object or list that has it, and its name or index."""
    found = []
    for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
        found.append((value, key))
        if isinstance(entry, dict | list):
            found += places(entry)
    return found


def broken(body: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    body = deepcopy(body)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        holder, key = chance.choice(places(body))
        if chance.random() < 0.15:
            del holder[key]
        else:
            holder[key] = deepcopy(chance.choice(ODD))
    return body


@pytest.mark.parametrize("kind", ["POST", "PUT"])
@pytest.mark.parametrize("seed", [1, 2])
async def test_an_order_with_anything_in_it_is_placed_whole_or_refused(client, ledger, kind, seed):
    chance = random.Random(f"{kind}{seed}")
    placed = 0
    for trial in range(TRIALS):
        body = broken(whole(kind, str(trial)), chance)
        url = "/api/fulfillment/pvt/orders?affiliateId=MKP" if kind == "POST" else "/api/checkout/pub/orders"
        answer = await client.ask(kind, url, body)
        assert answer.status in {200, 400}, (body, answer)
        if answer.status != 200:
            assert answer.json["error"]["message"], (body, answer)
            continue
        placed += 1
        orders = [answer.json] if kind == "POST" else answer.json["orders"]
        for order in orders:
            name = order["orderId"]
            for path, described in (("oms/pvt/orders", wire.CLASSIC), ("orders/pvt/document", wire.DOCUMENT)):
                shown = await client.get(f"/api/{path}/{name}")
                assert shown.status == 200, (body, shown)
                assert not wire.differences(described, shown.json), body
                assert sum(total["value"] for total in shown.json["totals"]) == shown.json["value"]
            transaction = await client.get(f"/api/oms/pvt/orders/{name}/payment-transaction")
            assert transaction.status == 200, (body, transaction)
    assert TRIALS // 10 < placed < TRIALS
    assert not await findings(ledger)


@pytest.mark.parametrize("kind", ["POST", "PUT"])
async def test_the_order_that_is_broken_there_is_whole(client, kind):
    url = "/api/fulfillment/pvt/orders?affiliateId=MKP" if kind == "POST" else "/api/checkout/pub/orders"
    answer = await client.ask(kind, url, whole(kind, "1"))
    assert answer.status == 200, answer

"""Shipments over REST on each engine: from the cart to the last parcel, and what becomes of the stock."""

import asyncio
import json
from typing import Any, NamedTuple

import pytest

from counterfoil.clock import Clock
from counterfoil.domain.money import SCALE
from counterfoil.ledger.doctor import Finding, examine
from counterfoil.ledger.ledger import Ledger
from counterfoil.main import engine_for, migrate, open_ledger
from tests.shop import ADDRESS, CHECK, EMAIL, SHIPPING
from tests.unit.dialects.adobe.asgi import Client
from tests.unit.dialects.adobe.shopkeeper import COLOUR, REST, open_client, set_up, where

UPS = {"track_number": "1Z", "title": "UPS", "carrier_code": "ups"}
RED = {
    "sku": "CONF",
    "qty": 2,
    "product_option": {
        "extension_attributes": {
            "configurable_item_options": [
                {"option_id": str(COLOUR.attribute_id), "option_value": COLOUR.red},
            ]
        }
    },
}


class House(NamedTuple):
    client: Client
    ledger: Ledger

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.client.ask(method, f"{REST}/{path}", body)
        assert answer.status == 200, (method, path, answer)
        return json.loads(answer.content)

    async def place(self, *items: dict[str, Any]) -> dict[str, Any]:
        """Order as a guest."""
        mask = await self.ask("POST", "guest-carts")
        for item in items:
            await self.ask("POST", f"guest-carts/{mask}/items", {"cartItem": item | {"quote_id": mask}})
        await self.ask("POST", f"guest-carts/{mask}/shipping-information", SHIPPING)
        payment = CHECK | {"email": EMAIL, "billing_address": ADDRESS}
        order_id = await self.ask("POST", f"guest-carts/{mask}/payment-information", payment)
        return await self.order(order_id)

    async def order(self, order_id: int) -> Any:
        return await self.ask("GET", f"orders/{order_id}")

    async def ship(self, order: dict[str, Any], *items: tuple[int, int], **more: Any) -> Any:
        """Ship so many of the rows at these places of the order, or all."""
        rows = [{"order_item_id": order["items"][row]["item_id"], "qty": qty} for row, qty in items]
        shipment_id = await self.ask("POST", f"order/{order['entity_id']}/ship", {"items": rows, **more})
        return await self.ask("GET", f"shipment/{shipment_id}")

    async def stock(self, sku: str) -> tuple[int, int]:
        """Return how many there are and how many are promised."""
        product = await self.ask("GET", f"products/{sku}")
        async with self.ledger.reading() as reader:
            (level,) = (await reader.stock([product["id"]])).values()
        return level.qty // SCALE, level.reserved // SCALE


@pytest.fixture
async def house(database_url):
    engine = engine_for(database_url)
    await migrate(engine, Clock())
    await engine.close()
    async with open_ledger(database_url) as ledger:
        client = await set_up(await open_client(ledger))
        yield House(client, ledger)
        assert [finding async for finding in examine(ledger) if isinstance(finding, Finding)] == []


async def test_what_is_shipped_leaves_the_stock_and_what_can_be_sold_stays(house):
    (there, promised), (reds, _) = await house.stock("S1"), await house.stock("CONF-RED")
    placed = await house.place({"sku": "S1", "qty": 3}, RED)
    assert await house.stock("S1") == (there, promised + 3)
    assert await house.stock("CONF-RED") == (reds, 2)
    await house.ship(placed, (0, 1), (1, 1))
    assert await house.stock("S1") == (there - 1, promised + 2)
    assert await house.stock("CONF-RED") == (reds - 1, 1)
    await house.ship(placed)
    assert await house.stock("S1") == (there - 3, promised)
    assert await house.stock("CONF-RED") == (reds - 2, 0)


async def test_an_order_goes_out_in_parts_and_is_complete_once_it_is_paid(house):
    placed = await house.place({"sku": "S1", "qty": 2}, RED, {"sku": "V1", "qty": 1})
    first = await house.ship(placed, (0, 9), tracks=[UPS], comment={"comment": "by night"})
    assert [(row["sku"], row["qty"], row["weight"]) for row in first["items"]] == [("S1", 2, 1)]
    assert (await house.order(placed["entity_id"]))["state"] == "processing"
    second = await house.ship(placed)
    assert [(row["sku"], row["qty"], row["price"]) for row in second["items"]] == [("CONF-RED", 2, 20)]
    await house.ask("POST", f"order/{placed['entity_id']}/invoice")
    after = await house.order(placed["entity_id"])
    assert [row["qty_shipped"] for row in after["items"]] == [2, 2, 0, 0]
    assert (after["state"], after["total_due"]) == ("complete", 0)
    found = await house.ask("GET", f"shipments?{where('order_id', placed['entity_id'])}")
    assert found["items"] == [first, second]


async def test_parcels_and_comments_come_and_go(house):
    made = await house.ship(await house.place({"sku": "S1", "qty": 1}), tracks=[UPS])
    shipment_id = made["entity_id"]
    entity = {**UPS, "track_number": "2Z", "parent_id": shipment_id, "order_id": made["order_id"]}
    added = await house.ask("POST", "shipment/track", {"entity": entity | {"weight": 0.75}})
    assert added == entity | {"entity_id": added["entity_id"], "weight": 0.75, "qty": None} | {
        "description": None
    }
    assert await house.ask("DELETE", f"shipment/track/{made['tracks'][0]['entity_id']}") is True
    said = {"comment": "Grüße / ☂", "is_customer_notified": 1, "is_visible_on_front": 1}
    await house.ask("POST", f"shipment/{shipment_id}/comments", {"entity": said})
    after = await house.ask("GET", f"shipment/{shipment_id}")
    assert [track["track_number"] for track in after["tracks"]] == ["2Z"]
    (comment,) = (await house.ask("GET", f"shipment/{shipment_id}/comments"))["items"]
    assert after["comments"] == [comment]
    assert {name: comment[name] for name in said} == said
    assert {name: after[name] for name in ("items", "increment_id")} == {
        name: made[name] for name in ("items", "increment_id")
    }


async def test_a_customers_shipment_says_whose_it_is(house):
    person = {"customer": {"email": "cust@example.com", "firstname": "A", "lastname": "B"}}
    customer = await house.ask("POST", "customers", person | {"password": "Secret-123"})
    cart_id = await house.ask("POST", f"customers/{customer['id']}/carts")
    item = {"sku": "S1", "qty": 1, "quote_id": str(cart_id)}
    await house.ask("POST", f"carts/{cart_id}/items", {"cartItem": item})
    await house.ask("POST", f"carts/{cart_id}/shipping-information", SHIPPING)
    placed = await house.order(await house.ask("PUT", f"carts/{cart_id}/order", CHECK))
    theirs = await house.ship(placed)
    guests = await house.ship(await house.place({"sku": "S1", "qty": 1}))
    assert theirs["customer_id"] == customer["id"]
    assert "customer_id" not in guests
    assert (await house.ask("GET", "shipments?searchCriteria"))["items"] == [theirs, guests]


async def test_a_shipment_saved_whole_ships_once_only(house):
    placed = await house.place({"sku": "S1", "qty": 2})
    before = await house.stock("S1")
    row = {"order_item_id": placed["items"][0]["item_id"], "qty": 2}
    entity = {"order_id": placed["entity_id"], "items": [row], "tracks": [UPS]}
    answers = await asyncio.gather(
        *(house.client.post(f"{REST}/shipment", {"entity": entity}) for _ in range(5))
    )
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400]
    assert await house.stock("S1") == (before[0] - 2, before[1] - 2)
    (made,) = (await house.ask("GET", "shipments?searchCriteria"))["items"]
    assert (made["total_qty"], made["tracks"][0]["track_number"]) == (2, "1Z")

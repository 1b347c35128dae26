"""Placing orders on each engine, and what happens when many do so at once."""

import asyncio

import pytest

from counterfoil.checkout.catalogue import ProductChanges, SavedProduct, save_product
from counterfoil.checkout.stock import StockChanges
from counterfoil.clock import Clock
from counterfoil.dialects.vtex.app import App
from counterfoil.dialects.vtex.call import Shop
from counterfoil.dialects.vtex.routes import ROUTES
from counterfoil.domain.money import SCALE
from counterfoil.ledger.doctor import Finding, examine
from counterfoil.ledger.ledger import Body
from counterfoil.main import engine_for, migrate, open_ledger
from tests.conformance.vtex.schemas import assert_valid
from tests.unit.dialects.vtex.asgi import Client, FakeDoor
from tests.unit.dialects.vtex.orders import fulfillment, item, purchase

PLACE = "/api/fulfillment/pvt/orders?affiliateId=MKP"
BUY = "/api/checkout/pub/orders"
AT_ONCE = 12


@pytest.fixture
async def ledger(database_url):
    engine = engine_for(database_url)
    await migrate(engine, Clock())
    await engine.close()
    async with open_ledger(database_url) as opened:
        yield opened
        findings = [found async for found in examine(opened) if isinstance(found, Finding)]
        assert not findings


@pytest.fixture
def client(ledger):
    return Client(App(Shop(ledger=ledger, clock=Clock(), access=FakeDoor()), ROUTES))


@pytest.fixture
def sell(ledger):
    async def run(sku, qty):
        async def work(transaction):
            stock = StockChanges(qty=qty * SCALE, is_in_stock=True)
            wanted = ProductChanges(sku, name=sku, price=50 * SCALE, stock=stock)
            saved = await save_product(transaction, wanted, now="2026-11-20 10:00:00")
            assert isinstance(saved, SavedProduct), saved
            return Body(str(saved.product.id).encode())

        return int((await ledger.transact(work)).body)

    return run


async def test_the_same_order_at_once_is_placed_once(client):
    answers = await asyncio.gather(*(client.post(PLACE, fulfillment()) for _ in range(AT_ONCE)))
    assert sorted(answer.status for answer in answers) == [200] + [400] * (AT_ONCE - 1)
    assert {answer.json["error"]["code"] for answer in answers if answer.status == 400} == {"FMT009"}


async def test_the_last_units_are_sold_once_by_both_ways_of_placing(client, ledger, sell):
    product_id = await sell("4101", 5)
    requests = [
        client.post(PLACE, fulfillment(item(quantity=1), item("free"), name=str(number)))
        if number % 2
        else client.ask("PUT", BUY, purchase(item("free"), item(quantity=1, seller="other")))
        for number in range(AT_ONCE)
    ]
    answers = await asyncio.gather(*requests)
    assert sorted(answer.status for answer in answers) == [200] * 5 + [400] * (AT_ONCE - 5), answers
    async with ledger.reading() as reader:
        assert (await reader.stock([product_id]))[product_id].reserved == 5 * SCALE


async def test_orders_that_want_the_same_goods_in_another_order_do_not_lock_each_other_out(client, sell):
    for sku in ("a", "b", "c"):
        await sell(sku, 100)
    orders = [("a", "b", "c"), ("c", "b", "a"), ("b", "c", "a")]
    bodies = [
        fulfillment(*(item(sku, quantity=1) for sku in orders[number % 3]), name=str(number))
        for number in range(AT_ONCE)
    ]
    answers = await asyncio.gather(*(client.post(PLACE, body) for body in bodies))
    assert [answer.status for answer in answers] == [200] * AT_ONCE


async def test_purchases_at_once_never_share_a_name(client):
    bodies = [purchase(item("a"), item("b", seller="x"), item("c", seller="y")) for _ in range(AT_ONCE)]
    answers = await asyncio.gather(*(client.ask("PUT", BUY, body) for body in bodies))
    names = [order["orderId"] for answer in answers for order in answer.json["orders"]]
    assert len(set(names)) == 3 * AT_ONCE
    groups = {answer.json["orderGroup"] for answer in answers}
    assert len(groups) == AT_ONCE
    for group in groups:
        shown = await client.get(f"/api/oms/pvt/orders/order-group/{group}")
        assert [order["orderId"] for order in shown.json] == [f"{group}-01", f"{group}-02", f"{group}-03"]
        assert_valid("GET /api/oms/pvt/orders/order-group/{orderGroup}", 200, shown.json)


async def test_the_same_key_at_once_places_one_purchase(client):
    key = {"Idempotency-Key": "one wish"}
    answers = await asyncio.gather(*(client.ask("PUT", BUY, purchase(), headers=key) for _ in range(AT_ONCE)))
    placed = [answer.json["orderGroup"] for answer in answers if answer.status == 200]
    assert len(set(placed)) == 1
    assert {answer.status for answer in answers} <= {200, 409}
    again = await client.ask("PUT", BUY, purchase(), headers=key)
    assert again.json["orderGroup"] == placed[0]
    listed = await client.get("/api/oms/user/orders?clientEmail=nadia@example.test")
    assert listed.json["paging"]["total"] == 1


async def test_a_shopper_sees_pages_of_own_orders_newest_first(client):
    for number in range(5):
        await client.post(PLACE, fulfillment(name=str(number)))
    other = fulfillment(name="x")
    other["clientProfileData"]["email"] = "else@example.test"
    await client.post(PLACE, other)
    url = "/api/oms/user/orders?clientEmail=Nadia@example.test&per_page=2"
    pages = [(await client.get(f"{url}&page={page}")).json for page in (1, 2, 3, 4)]
    assert [[row["orderId"] for row in page["list"]] for page in pages] == [
        ["MKP-4", "MKP-3"],
        ["MKP-2", "MKP-1"],
        ["MKP-0"],
        [],
    ]
    assert pages[0]["paging"] == {"total": 5, "pages": 3, "currentPage": 1, "perPage": 2}
    this_year = "creation_date=creationDate:[2026-01-01T00:00:00Z%20TO%202999-12-31T00:00:00Z]"
    assert (await client.get(f"{url}&{this_year}")).json["paging"]["total"] == 5
    past = "creation_date=creationDate:[2020-01-01T00:00:00Z%20TO%202020-12-31T00:00:00Z]"
    assert (await client.get(f"{url}&{past}")).json["paging"]["total"] == 0

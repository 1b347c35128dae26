"""Orders of marketplaces: how they are placed, what is refused, and how they are let go."""

import asyncio
import json

import pytest

from counterfoil.checkout.catalogue import ProductChanges, SavedProduct, save_product
from counterfoil.checkout.stock import StockChanges
from counterfoil.domain.money import SCALE
from counterfoil.ledger.ledger import Body
from tests.unit.dialects.vtex.orders import delivery, fulfillment, item, value, without

URL = "/api/fulfillment/pvt/orders?affiliateId=MKP&sc=2"
PLACED = "/api/oms/pvt/orders/MKP-555"


@pytest.fixture
def sell(ledger):
    """Put a product into the catalogue, with so many units in stock."""

    async def run(sku, qty, **changes):
        async def work(transaction):
            stock = StockChanges(qty=qty * SCALE, is_in_stock=True)
            wanted = ProductChanges(sku, name=sku, price=50 * SCALE, stock=stock, **changes)
            saved = await save_product(transaction, wanted, now="2026-11-20 10:00:00")
            assert isinstance(saved, SavedProduct), saved
            return Body(str(saved.product.id).encode())

        return int((await ledger.transact(work)).body)

    return run


async def reserved(ledger, product_id):
    async with ledger.reading() as reader:
        return (await reader.stock([product_id]))[product_id].reserved // SCALE


async def test_an_order_is_placed_with_the_prices_that_it_came_with(client):
    answer = await client.post(URL, fulfillment(item(price=4990, quantity=3), item("4102", 1)))
    assert answer.status == 200, answer
    assert answer.json["orderId"] == "MKP-555"
    assert answer.json["marketplaceOrderId"] == "555"
    assert answer.json["items"][0]["quantity"] == 3
    placed = (await client.get(PLACED)).json
    assert placed["value"] == 3 * 4990 + 2 * 1 + 2 * 800
    assert {total["id"]: total["value"] for total in placed["totals"]} == {
        "Items": 3 * 4990 + 2,
        "Discounts": 0,
        "Shipping": 1600,
        "Tax": 0,
    }
    assert (placed["status"], placed["origin"]) == ("waiting-ffmt-authorization", "Fulfillment")
    assert (placed["affiliateId"], placed["salesChannel"]) == ("MKP", "2")
    assert placed["authorizedDate"] is None


async def test_a_list_of_orders_is_answered_with_a_list(client):
    answer = await client.post(URL, [fulfillment(name="1"), fulfillment(name="2")])
    assert [entry["orderId"] for entry in answer.json] == ["MKP-1", "MKP-2"]


async def test_a_list_is_placed_as_a_whole_or_not_at_all(client):
    assert (await client.post(URL, fulfillment(name="2"))).status == 200
    answer = await client.post(URL, [fulfillment(name="1"), fulfillment(name="2")])
    assert (answer.status, answer.json["error"]["code"]) == (400, "FMT009")
    assert (await client.get("/api/oms/pvt/orders/MKP-1")).status == 404


async def test_an_order_is_placed_once_under_its_name(client):
    assert (await client.post(URL, fulfillment())).status == 200
    answer = await client.post(URL, fulfillment())
    assert answer.status == 400
    assert answer.json["error"] == {
        "code": "FMT009",
        "message": "The request order with marketplace order id 555 for affiliate MKP already exists",
        "exception": None,
    }


async def test_one_of_many_who_place_the_same_order_at_once_succeeds(client):
    answers = await asyncio.gather(*(client.post(URL, fulfillment()) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [400] * 7


async def test_the_same_name_at_another_marketplace_is_another_order(client):
    assert (await client.post(URL, fulfillment())).status == 200
    answer = await client.post(URL.replace("MKP", "OTH"), fulfillment())
    assert answer.json["orderId"] == "OTH-555"


async def test_a_repeat_under_the_same_key_gets_the_same_answer(client):
    key = {"Idempotency-Key": "k-1"}
    first = await client.post(URL, fulfillment(), headers=key)
    second = await client.post(URL, fulfillment(), headers=key)
    assert first.status == second.status == 200
    assert second.json == first.json
    assert second.headers["idempotent-replayed"] == "true"


async def test_what_does_not_come_to_the_payment_is_refused(client):
    body = fulfillment()
    answer = await client.post(URL, {**body, "marketplacePaymentValue": value(body) + 1})
    assert (answer.status, answer.json["error"]["code"]) == (400, "FMT006")
    assert (await client.get(PLACED)).status == 404


async def test_price_tags_move_the_row(client):
    tags = [
        {"name": "DISCOUNT@MARKETPLACE", "value": -700, "isPercentual": False, "identifier": "1"},
        {"name": "discount@price-10", "value": -1000, "rawValue": -10, "isPercentual": True},
        {"name": "TAX@MARKETPLACE", "value": 193, "rawValue": 1.93},
        {"name": "DISCOUNT@SHIPPING-1", "value": -300},
    ]
    body = fulfillment(item(price=5000, quantity=2, priceTags=tags))
    body["marketplacePaymentValue"] = 10000 - 700 - 1000 + 193 + 800
    answer = await client.post(URL, body)
    assert answer.status == 200, answer
    placed = (await client.get(PLACED)).json
    assert [total["value"] for total in placed["totals"]] == [10000, -1700, 800, 193]
    assert placed["value"] == body["marketplacePaymentValue"]
    row = placed["items"][0]
    assert (row["price"], row["sellingPrice"], row["tax"]) == (5000, 4150, 193)
    assert row["priceDefinitions"] == {
        "sellingPrices": [{"value": 4150, "quantity": 2}],
        "calculatedSellingPrice": 4150,
        "total": 8300,
    }
    assert [tag["value"] for tag in row["priceTags"]] == [-700, -1000, 193, -300]


async def test_a_row_that_does_not_divide_is_split_to_the_cent(client):
    tags = [{"name": "DISCOUNT@X", "value": -100}]
    body = fulfillment(item(price=3333, quantity=3, priceTags=tags))
    await client.post(URL, {**body, "marketplacePaymentValue": value(body) - 100})
    parts = (await client.get(PLACED)).json["items"][0]["priceDefinitions"]
    assert parts["total"] == 9899
    assert sum(part["value"] * part["quantity"] for part in parts["sellingPrices"]) == 9899
    assert parts["sellingPrices"] == [{"value": 3300, "quantity": 2}, {"value": 3299, "quantity": 1}]


async def test_a_selling_price_is_a_discount(client):
    body = fulfillment(item(price=5000, quantity=2, sellingPrice=4500, listPrice=6000))
    answer = await client.post(URL, {**body, "marketplacePaymentValue": value(body) - 1000})
    assert answer.status == 200, answer
    placed = (await client.get(PLACED)).json
    assert [total["value"] for total in placed["totals"]] == [10000, -1000, 800, 0]
    assert placed["items"][0]["listPrice"] == 6000


async def test_prices_of_services_belong_to_the_item(client):
    wrap = [{"type": "gift-wrap", "id": 1, "name": "Paper", "price": 250}]
    body = fulfillment(item(price=5000, quantity=2, bundleItems=wrap))
    answer = await client.post(URL, {**body, "marketplacePaymentValue": value(body) + 500})
    assert answer.status == 200, answer
    assert (await client.get(PLACED)).json["value"] == 10500 + 800


async def test_what_shipping_costs_after_a_discount_counts(client):
    body = fulfillment()
    body["shippingData"]["logisticsInfo"] = [delivery(0, 800, sellingPrice=500, listPrice=900)]
    await client.post(URL, {**body, "marketplacePaymentValue": 10500})
    placed = (await client.get(PLACED)).json
    shown = placed["shippingData"]["logisticsInfo"][0]
    assert (shown["price"], shown["sellingPrice"], shown["listPrice"]) == (800, 500, 900)
    assert placed["totals"][2]["value"] == 500


async def test_what_the_catalogue_knows_is_reserved(client, ledger, sell):
    product_id = await sell("4101", 5)
    assert (await client.post(URL, fulfillment(item(quantity=3)))).status == 200
    assert await reserved(ledger, product_id) == 3


async def test_the_last_unit_is_sold_once(client, ledger, sell):
    product_id = await sell("4101", 5)
    bodies = [fulfillment(item(quantity=2), name=str(number)) for number in range(6)]
    answers = await asyncio.gather(*(client.post(URL, body) for body in bodies))
    assert sorted(answer.status for answer in answers) == [200, 200, 400, 400, 400, 400]
    assert {answer.json["error"]["code"] for answer in answers if answer.status == 400} == {"FMT002"}
    assert await reserved(ledger, product_id) == 4


async def test_an_item_that_the_catalogue_does_not_know_has_no_stock(client, sell):
    await sell("4101", 1)
    answer = await client.post(URL, fulfillment(item("unheard-of", quantity=1000)))
    assert answer.status == 200, answer


async def test_two_rows_of_one_item_share_its_stock(client, sell):
    await sell("4101", 3)
    answer = await client.post(URL, fulfillment(item(quantity=2), item(quantity=2)))
    assert answer.json["error"]["code"] == "FMT002"


@pytest.mark.parametrize(
    "path",
    [
        "marketplaceOrderId",
        "marketplacePaymentValue",
        "items",
        "clientProfileData",
        "clientProfileData.email",
        "clientProfileData.lastName",
        "shippingData",
        "shippingData.address",
        "shippingData.logisticsInfo",
    ],
)
async def test_what_an_order_needs_is_named_if_it_is_missing(client, path):
    answer = await client.post(URL, without(fulfillment(), path))
    assert answer.status == 400
    assert path.rpartition(".")[2].lower() in answer.json["error"]["message"].lower()


@pytest.mark.parametrize(
    "broken",
    [
        {"items": {}},
        {"items": [None]},
        {"items": [item(quantity=0)]},
        {"items": [item(quantity=1.5)]},
        {"items": [item(quantity=10**7)]},
        {"items": [item(price=-1)]},
        {"items": [item(price=10.5)]},
        {"items": [item(price=None)]},
        {"items": [item(price=10**14)]},
        {"items": [item(price=10**14, quantity=10**6)] * 3},
        {"items": [{**item(), "id": ""}]},
        {"items": [item()] * 501},
        {"items": [item(priceTags=[{"name": "D", "value": -20000}])]},
        {"items": [item(priceTags=[{"name": "TAX@X", "value": -1}])]},
        {"items": [item(priceTags=[{"name": "D", "value": 0.5}])]},
        {"items": [item(priceTags=[{"name": "D", "value": "x"}])]},
        {"items": [item(priceTags=[{"name": "D", "isPercentual": True, "value": "1e30"}])]},
        {"items": [item(priceTags={})]},
        {"items": [item(bundleItems=[{"price": -1}])]},
        {"items": [item(unitMultiplier="NaN")]},
        {"items": [item(isGift="yes")]},
        {"clientProfileData": []},
        {"clientProfileData": {"email": ["x"], "firstName": "a", "lastName": "b"}},
        {"marketplacePaymentValue": "10.80"},
        {"marketplacePaymentValue": 108.5},
        {"marketplacePaymentValue": []},
        {"marketplaceOrderId": "a/b"},
        {"marketplaceOrderId": "x" * 201},
        {"marketplaceOrderId": "a\nb"},
        {"openTextField": "x" * 20_000},
        {"customData": {"customApps": [{"id": "a", "fields": {"n": 10**20}}]}},
    ],
)
async def test_what_cannot_be_an_order_is_refused(client, broken):
    answer = await client.post(URL, {**fulfillment(), **broken})
    assert answer.status == 400, answer
    assert answer.json["error"]["message"]


@pytest.mark.parametrize(
    "entries",
    [
        [delivery(1)],
        [delivery(-1)],
        [delivery(0), delivery(0)],
        [delivery(0, -1)],
        [delivery(0, "8")],
        ["x"],
        {},
    ],
)
async def test_deliveries_belong_to_one_item_each(client, entries):
    body = fulfillment()
    body["shippingData"]["logisticsInfo"] = entries
    answer = await client.post(URL, body)
    assert answer.status == 400, answer


@pytest.mark.parametrize("body", [None, [], "order", 5, [None], [[]], {}, [fulfillment()] * 21])
async def test_what_is_no_order_at_all_is_refused(client, body):
    content = json.dumps(body).encode() if body is not None else b""
    assert (await client.post(URL, content)).status == 400


@pytest.mark.parametrize(
    "query",
    ["", "?affiliateId=", "?affiliateId=a%2Fb", "?affiliateId=v500001cntf", "?affiliateId=" + "x" * 40],
)
async def test_the_marketplace_must_say_who_it_is(client, query):
    assert (await client.post("/api/fulfillment/pvt/orders" + query, fulfillment())).status == 400


async def test_who_may_only_look_places_nothing(client):
    assert (await client.post(URL, fulfillment(), key="viewer")).status == 403
    assert (await client.post(URL, fulfillment(), key=None)).status == 401


async def test_names_are_taken_in_any_case(client):
    body = {name.upper(): entry for name, entry in fulfillment().items()}
    answer = await client.post(URL, body)
    assert answer.status == 200, answer
    assert (await client.get(PLACED)).json["clientProfileData"]["email"] == "nadia@example.test"


async def test_numbers_of_cards_are_not_kept(client):
    payment = {"paymentSystem": "2", "value": 10800, "cardNumber": "4111111111111111", "cvv2": "123"}
    body = fulfillment(paymentData={"payments": [payment]})
    answer = await client.post(URL, body)
    assert answer.status == 200, answer
    assert b"4111111111111111" not in answer.content
    assert b"4111111111111111" not in (await client.get(PLACED)).content


async def test_the_marketplace_lets_the_order_go(client):
    await client.post(URL, fulfillment())
    answer = await client.post("/api/fulfillment/pvt/orders/MKP-555/fulfill", {"marketplaceOrderId": "555"})
    assert answer.status == 201, answer
    assert answer.json["orderId"] == "MKP-555"
    assert answer.json["items"] == [{"id": "4101"}]
    assert len(answer.json["receipt"]) == 32
    assert answer.json["shippingData"]["logisticsInfo"][0]["selectedSla"] == "Normal"
    placed = (await client.get(PLACED)).json
    assert placed["status"] == "ready-for-handling"
    assert placed["authorizedDate"] is not None


async def test_letting_go_twice_is_answered_like_once(client):
    await client.post(URL, fulfillment())
    url = "/api/fulfillment/pvt/orders/MKP-555/fulfill"
    answers = [await client.post(url, {}) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]


async def test_the_order_of_another_name_is_not_let_go(client):
    await client.post(URL, fulfillment())
    url = "/api/fulfillment/pvt/orders/MKP-555/fulfill"
    assert (await client.post(url, {"marketplaceOrderId": "556"})).status == 400
    assert (await client.post("/api/fulfillment/pvt/orders/MKP-1/fulfill", {})).status == 404
    assert (await client.get(PLACED)).json["status"] == "waiting-ffmt-authorization"


async def test_an_order_is_found_by_its_number_and_its_group(client):
    await client.post(URL, fulfillment(name="1300-02"))
    order = (await client.get("/api/oms/pvt/orders/MKP-1300-02")).json
    assert order["orderGroup"] == "MKP-1300"
    by_number = (await client.get(f"/api/oms/pvt/orders/seq{order['sequence']}")).json
    assert by_number["orderId"] == "MKP-1300-02"
    group = (await client.get("/api/oms/pvt/orders/order-group/MKP-1300")).json
    assert [entry["orderId"] for entry in group] == ["MKP-1300-02"]

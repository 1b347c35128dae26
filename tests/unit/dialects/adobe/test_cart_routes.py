"""Carts over REST: the recorded exchanges, the three ways to a cart, and every no."""

import asyncio
from typing import Any, get_args

import pytest
from msgspec import Struct
from msgspec.structs import replace

from counterfoil.access.identity import GUEST, Identity
from counterfoil.checkout.customer import ADDRESSES, CUSTOMERS, Customer, CustomerAddress
from counterfoil.checkout.settings import CheckoutSettings, PaymentSettings, ShippingSettings
from counterfoil.clock import Clock
from counterfoil.dialects.adobe import cart_errors, cart_routes, sales_routes
from counterfoil.dialects.adobe.app import App
from counterfoil.dialects.adobe.call import Shop
from counterfoil.domain.money import SCALE
from tests.shop import ADDRESS, CHECK, SHIPPING, Colour, localised, recording
from tests.unit.checkout.floor import COLOR, Floor, coupon, open_floor, stock_up
from tests.unit.dialects.adobe.asgi import ADMIN, Client

ROUTES = (*cart_routes.ROUTES, *sales_routes.ROUTES)
COLOUR = Colour(COLOR, 1, 2)
RED = {
    "product_option": {
        "extension_attributes": {"configurable_item_options": [{"option_id": "93", "option_value": 1}]}
    }
}
NO_CART = "No such entity with %fieldName = %fieldValue"


class Tokens:
    """Knows an administrator and two customers."""

    async def identify(self, bearer_token: str | None) -> Identity:
        known = {
            "admin": ADMIN,
            "customer": Identity("customer", 1, "cust@example.com"),
            "other": Identity("customer", 2, "other@example.com"),
        }
        return known.get(bearer_token or "", GUEST)


@pytest.fixture
async def floor():
    async with open_floor() as opened:
        await stock_up(opened)

        async def customers(transaction):
            for email in ("cust@example.com", "other@example.com"):
                await CUSTOMERS.insert(
                    transaction.records, Customer(email=email, firstname="Cus", lastname="Tomer")
                )

        await opened.do(customers)
        yield opened


def client_of(floor: Floor, settings: CheckoutSettings | None = None) -> Client:
    shop = Shop(floor.ledger, Clock(), Tokens(), checkout=settings or CheckoutSettings())  # type: ignore[arg-type]
    return Client(App(shop, ROUTES))


@pytest.fixture
def client(floor):
    return client_of(floor)


class Guest:
    """A guest with a cart."""

    def __init__(self, client: Client, mask: str) -> None:
        self.client, self.mask = client, mask

    async def ask(self, method: str, path: str, body: Any = None, **headers: str):
        return await self.client.ask(
            method, f"/rest/V1/guest-carts/{self.mask}{path}", body, token=None, **headers
        )

    async def add(self, sku: str, qty: Any = 1, **more: Any):
        item = {"sku": sku, "qty": qty, "quote_id": self.mask, **more}
        return await self.ask("POST", "/items", {"cartItem": item})

    async def ready(self, *skus: str) -> "Guest":
        for sku in skus or ("S1",):
            assert (await self.add(sku)).status == 200
        assert (await self.ask("POST", "/shipping-information", SHIPPING)).status == 200
        return self


@pytest.fixture
async def guest(client):
    return Guest(client, (await client.post("/rest/V1/guest-carts", token=None)).json)


# ---------------------------------------------------------------- recordings


def renumbered(body: Any) -> Any:
    """Number the items by where they stand: ids are those of the recorded system."""
    if isinstance(body, dict) and "item_id" in body:
        body = {**body, "item_id": "id"}
    if isinstance(body, dict):
        return {key: "id" if key == "quote_id" else renumbered(value) for key, value in body.items()}
    return [renumbered(part) for part in body] if isinstance(body, list) else body


def same(answer, recorded: dict) -> None:
    assert answer.status == recorded["response"]["status"], answer
    expected = localised(recorded["response"]["body"], COLOUR)
    assert renumbered(answer.json) == renumbered(expected)
    if isinstance(expected, dict):
        assert list(answer.json) == list(expected), "keys stand in the recorded order"


async def play(client: Client, numbers, *, token: str | None = None, mask: str = "") -> list[Any]:
    """Send recorded requests and compare the answers; a created cart takes the recorded one's place."""
    answers = []
    recorded_mask = ""
    for number in numbers:
        recorded = recording(number)
        request = recorded["request"]
        body = localised(request["body"], COLOUR)
        if request["path"].endswith("/guest-carts") and token is None:
            answer = await client.ask("POST", request["path"], token=None)
            assert isinstance(answer.json, str)
            assert len(answer.json) == len(recorded["response"]["body"])
            recorded_mask, mask = recorded["response"]["body"], answer.json
            continue
        path = request["path"].replace(recorded_mask, mask) if recorded_mask else request["path"]
        if isinstance(body, dict) and body.get("cartItem", {}).get("quote_id") == recorded_mask:
            body["cartItem"]["quote_id"] = mask
        admin = "Authorization" in request["headers"]
        answer = await client.ask(request["method"], path, body, token=token or ("admin" if admin else None))
        if isinstance(recorded["response"]["body"], int):
            assert answer.status == 200
            assert isinstance(answer.json, int)
        else:
            same(answer, recorded)
        answers.append(answer)
    return answers


async def test_the_recorded_errors_of_a_guest_cart(client):
    await play(client, range(139, 155))


async def test_the_recorded_checkout_of_configurable_products(client):
    answers = await play(client, range(201, 209))
    placed = answers[-1].json
    order = (await client.get(f"/rest/V1/orders/{placed}")).json
    recorded = recording(209)["response"]["body"]
    unlike = {"created_at", "updated_at", "protect_code", "items", "billing_address", "payment"}
    unlike |= {"extension_attributes", "entity_id", "billing_address_id", "quote_id", "increment_id"}
    unlike.add("email_sent")  # nothing is mailed here
    assert {key: value for key, value in order.items() if key not in unlike} == {
        key: value for key, value in recorded.items() if key not in unlike
    }
    for item, expected in zip(order["items"], recorded["items"], strict=True):
        for key in ("sku", "name", "price", "row_total", "qty_ordered", "product_type", "weight"):
            assert item[key] == expected[key]


async def test_the_recorded_checkout_of_a_customer(client):
    await play(client, range(748, 752), token="customer")
    assert (await client.get("/rest/V1/carts/mine", token="customer")).status == 404
    order = (await client.get("/rest/V1/orders/1")).json
    for key in ("customer_id", "customer_email", "customer_firstname", "customer_group_id"):
        assert order[key] == recording(752)["response"]["body"][key]
    assert order["customer_is_guest"] == 0


async def test_a_customer_cannot_open_a_guest_cart(client):
    same(await client.post("/rest/V1/guest-carts", token="customer"), recording(755))


# ---------------------------------------------------------------- once


async def test_one_cart_gives_one_order_however_often_it_is_placed(guest):
    await guest.ready()
    answers = await asyncio.gather(*(guest.ask("PUT", "/order", CHECK) for _ in range(10)))
    assert sorted(answer.status for answer in answers) == [200] + [404] * 9
    late = await guest.ask("PUT", "/order", CHECK)
    assert late.json == {"message": NO_CART, "parameters": {"fieldName": "cartId", "fieldValue": 1}}
    paid = await guest.ask("POST", "/payment-information", {"email": "a@b.c", **CHECK})
    assert paid.status == 404


async def test_a_repeated_key_gets_the_first_answer_again(guest):
    await guest.ready()
    first = await guest.ask("PUT", "/order", CHECK, idempotency_key="k-1")
    again = await guest.ask("PUT", "/order", CHECK, idempotency_key="k-1")
    assert first.json == again.json == 1
    assert again.headers["idempotent-replayed"] == "true"


# ---------------------------------------------------------------- items


async def test_items_are_listed_changed_and_removed(guest):
    await guest.add("S1", 2)
    await guest.add("CONF", 1, **RED)
    listed = (await guest.ask("GET", "/items")).json
    assert [(item["item_id"], item["sku"], item["quote_id"]) for item in listed] == [
        (1, "S1", guest.mask),
        (2, "CONF-RED", guest.mask),
    ]
    changed = await guest.ask("PUT", "/items/1", {"cartItem": {"qty": 5, "quote_id": guest.mask}})
    assert changed.json["qty"] == 5
    zero = await guest.ask("PUT", "/items/1", {"cartItem": {"qty": 0, "quote_id": guest.mask}})
    assert (zero.status, zero.json["parameters"]) == (400, {"fieldName": "qty", "value": 0})
    again = await guest.add("S1", 4, item_id=1)
    assert again.json["qty"] == 4
    assert (await guest.ask("DELETE", "/items/1")).json is True
    missing = await guest.ask("DELETE", "/items/1")
    assert missing.status == 404
    assert missing.json == {"message": "The %1 Cart doesn't contain the %2 item.", "parameters": [1, 1]}


async def test_the_options_of_a_row_can_be_changed(guest):
    await guest.add("CONF", 1, **RED)
    blue = {
        "product_option": {
            "extension_attributes": {"configurable_item_options": [{"option_id": "93", "option_value": 2}]}
        }
    }
    changed = await guest.ask("PUT", "/items/1", {"cartItem": {"qty": 2, "quote_id": guest.mask, **blue}})
    assert (changed.json["sku"], changed.json["price"]) == ("CONF-BLUE", 30)


@pytest.mark.parametrize(
    "sku, qty, message",
    [
        ("S1", 1.5, "You cannot use decimal quantity for this product."),
        ("FEW", 11, "The requested qty is not available"),
        ("FEW", 10001, "The requested qty exceeds the maximum qty allowed in shopping cart"),
        ("MIN", 1, "The fewest you may purchase is %1."),
        ("STEP", 3, "You can buy this product only in quantities of %1 at a time."),
        ("NONE", 1, "This product is out of stock."),
        ("OFF", 1, "Product that you are trying to add is not available."),
        ("CONF", 1, "You need to choose options for your item."),
    ],
)
async def test_what_cannot_be_sold_is_not_added(floor, guest, sku, qty, message):
    await floor.product("FEW", qty=10)
    await floor.product("MIN", stock={"min_sale_qty": 2 * SCALE, "use_config_min_sale_qty": False})
    steps = {"qty_increments": 2 * SCALE, "enable_qty_increments": True}
    await floor.product(
        "STEP", stock=steps | {"use_config_qty_increments": False, "use_config_enable_qty_inc": False}
    )
    await floor.product("NONE", qty=0)
    await floor.product("OFF", status=2)
    answer = await guest.add(sku, qty)
    assert (answer.status, answer.message) == (400, message)
    assert (await guest.ask("GET", "/items")).json == []


async def test_a_quantity_must_be_said(guest):
    answer = await guest.ask("POST", "/items", {"cartItem": {"sku": "S1", "quote_id": guest.mask}})
    assert answer.status == 400
    assert answer.message == 'Invalid value of "%value" provided for the %fieldName field.'


async def test_options_that_are_no_numbers_choose_nothing(guest):
    odd = {"configurable_item_options": [{"option_id": "color", "option_value": 1}]}
    answer = await guest.add("CONF", 1, product_option={"extension_attributes": odd})
    assert answer.message == "You need to choose options for your item."


# ---------------------------------------------------------------- whole carts


async def test_a_cart_is_read_with_its_rows_and_addresses(guest, client):
    await guest.ready("S1", "V1")
    cart = (await guest.ask("GET", "")).json
    assert cart["id"] == 1
    assert cart["is_active"] is True
    assert cart["is_virtual"] is False
    assert (cart["items_count"], cart["items_qty"]) == (2, 2)
    assert cart["customer"] == {"email": None, "firstname": None, "lastname": None}
    assert cart["billing_address"]["city"] == "Purchase"
    shipping = cart["extension_attributes"]["shipping_assignments"][0]["shipping"]
    assert shipping["method"] == "flatrate_flatrate"
    assert (await client.get("/rest/V1/carts/1")).json == cart
    await guest.ask("PUT", "/order", CHECK)
    assert (await guest.ask("GET", "")).json["is_active"] is False


async def test_carts_are_found_by_administrators_only(client, guest):
    await guest.add("S1")
    query = "searchCriteria[filter_groups][0][filters][0][field]=is_active"
    query += "&searchCriteria[filter_groups][0][filters][0][value]=1"
    found = (await client.get(f"/rest/V1/carts/search?{query}")).json
    assert [cart["id"] for cart in found["items"]] == [1]
    for token in (None, "customer"):
        for path in ("carts/search?searchCriteria=", "carts/1", "carts/1/items", "carts/1/totals"):
            answer = await client.get(f"/rest/V1/{path}", token=token)
            assert answer.status == 401, path
            assert answer.json["parameters"] == {"resources": "Magento_Cart::manage"}


@pytest.mark.parametrize(
    "path", ["", "/items", "/totals", "/coupons", "/payment-methods", "/billing-address"]
)
async def test_an_unknown_cart_is_said_to_be_unknown(client, path):
    guest = await client.get(f"/rest/V1/guest-carts/{'x' * 32}{path}", token=None)
    assert guest.json == {"message": NO_CART, "parameters": {"fieldName": "cartId", "fieldValue": None}}
    admin = await client.get(f"/rest/V1/carts/99{path}")
    assert admin.json == {"message": NO_CART, "parameters": {"fieldName": "cartId", "fieldValue": 99}}
    mine = await client.get(f"/rest/V1/carts/mine{path}", token="customer")
    assert mine.status == 404
    assert (await client.get(f"/rest/V1/carts/mine{path}", token=None)).status == 401


async def test_a_mask_does_not_open_the_cart_of_a_customer(client):
    await client.post("/rest/V1/carts/mine", token="customer")
    assert (await client.get("/rest/V1/guest-carts/customer%2F1", token=None)).status == 404


async def test_a_customer_has_one_cart_and_nobody_elses(client):
    ids = await asyncio.gather(*(client.post("/rest/V1/carts/mine", token="customer") for _ in range(5)))
    assert {answer.json for answer in ids} == {1}
    assert (await client.post("/rest/V1/customers/1/carts")).json == 1
    item = {"cartItem": {"sku": "S1", "qty": 1, "quote_id": "1"}}
    assert (await client.post("/rest/V1/carts/mine/items", item, token="other")).status == 404
    await client.post("/rest/V1/carts/mine", token="other")
    put = (await client.post("/rest/V1/carts/mine/items", item, token="other")).json
    assert put["quote_id"] == "2"
    assert (await client.post("/rest/V1/customers/99/carts")).status == 404


async def test_a_guest_cart_becomes_the_customers(client, guest):
    await client.post("/rest/V1/carts/mine", token="customer")
    old = {"cartItem": {"sku": "S2", "qty": 1, "quote_id": ""}}
    await client.post("/rest/V1/carts/mine/items", old, token="customer")
    await guest.add("S1", 2)
    mine = {"customerId": 1, "storeId": 1}
    path = f"/rest/V1/guest-carts/{guest.mask}"
    assert (await client.ask("PUT", path, mine, token=None)).status == 401
    assert (await client.ask("PUT", path, {**mine, "storeId": 9}, token="customer")).status == 400
    assert (await client.ask("PUT", path, mine, token="customer")).json is True
    items = (await client.get("/rest/V1/carts/mine/items", token="customer")).json
    assert [(item["sku"], item["qty"]) for item in items] == [("S1", 2), ("S2", 1)]
    assert (await guest.ask("GET", "/items")).status == 404
    taken = await client.ask("PUT", "/rest/V1/carts/1", {"customerId": 2, "storeId": 1})
    assert taken.message.endswith("because the cart isn't anonymous.")


async def test_an_administrator_orders_for_a_customer(client):
    cart_id = (await client.post("/rest/V1/carts")).json
    assert cart_id == "1"
    assert (await client.ask("PUT", "/rest/V1/carts/1", {"customerId": 1, "storeId": 1})).json is True
    await client.post("/rest/V1/carts/1/items", {"cartItem": {"sku": "S1", "qty": 1, "quote_id": "1"}})
    await client.post("/rest/V1/carts/1/items", {"cartItem": {"sku": "S1", "qty": 1}})
    await client.post("/rest/V1/carts/1/shipping-information", SHIPPING)
    assert (await client.ask("PUT", "/rest/V1/carts/1/order", CHECK)).json == 1
    assert (await client.get("/rest/V1/orders/1")).json["customer_id"] == 1


# ---------------------------------------------------------------- totals, coupons


async def test_totals_with_tax_and_coupon(guest):
    await guest.add("TX1", 3)
    await guest.ready("TX2")
    assert (await guest.ask("PUT", "/coupons/TEN")).json is True
    assert (await guest.ask("GET", "/coupons")).json == "TEN"
    totals = (await guest.ask("GET", "/totals")).json
    assert totals["coupon_code"] == "TEN"
    assert (
        totals["discount_amount"]
        == -totals["items"][0]["discount_amount"] - totals["items"][1]["discount_amount"]
    )
    assert totals["grand_total"] == totals["base_grand_total"] - totals["tax_amount"]
    segments = {segment["code"]: segment for segment in totals["total_segments"]}
    assert segments["grand_total"]["value"] == totals["base_grand_total"]
    assert segments["discount"]["title"] == "Discount (TEN)"
    details = segments["tax"]["extension_attributes"]["tax_grandtotal_details"]
    assert details == [
        {
            "amount": totals["tax_amount"],
            "rates": [{"percent": "8.375", "title": "US-NY-8.375"}],
            "group_id": 1,
        }
    ]
    placed = (await guest.ask("PUT", "/order", CHECK)).json
    order = (await guest.client.get(f"/rest/V1/orders/{placed}")).json
    assert order["grand_total"] == totals["base_grand_total"]


async def test_coupons_come_and_go(guest):
    empty = await guest.ask("PUT", "/coupons/TEN")
    assert empty.json == {"message": 'The "%1" Cart doesn\'t contain products.', "parameters": [1]}
    await guest.add("S1")
    assert (await guest.ask("GET", "/coupons")).content == b"[]"
    wrong = await guest.ask("PUT", "/coupons/NOPE")
    assert (wrong.status, wrong.message) == (
        404,
        "The coupon code isn't valid. Verify the code and try again.",
    )
    assert (await guest.ask("PUT", "/coupons/ten")).json is True
    assert (await guest.ask("DELETE", "/coupons")).json is True
    assert (await guest.ask("GET", "/totals")).json["discount_amount"] == 0


async def test_a_coupon_whose_conditions_do_not_hold_is_not_valid(floor, guest):
    leaf = {
        "condition_type": "Magento\\SalesRule\\Model\\Rule\\Condition\\Address",
        "attribute_name": "base_subtotal",
        "operator": ">=",
        "value": "100",
    }
    combine = "Magento\\SalesRule\\Model\\Rule\\Condition\\Combine"
    condition = {"condition_type": combine, "aggregator_type": "all", "value": True, "conditions": [leaf]}
    await coupon(floor, "BIG", condition=condition, discount_amount=10 * SCALE)
    await guest.add("S1", 9)
    assert (await guest.ask("PUT", "/coupons/BIG")).status == 404
    await guest.add("S1", 1)
    assert (await guest.ask("PUT", "/coupons/BIG")).json is True


async def test_totals_information_writes_nothing(guest):
    await guest.add("TX1")
    information = {
        "addressInformation": {
            "address": ADDRESS,
            "shipping_carrier_code": "flatrate",
            "shipping_method_code": "flatrate",
        }
    }
    would = (await guest.ask("POST", "/totals-information", information)).json
    assert (would["shipping_amount"], str(would["tax_amount"])) == (5, "0.84")
    now = (await guest.ask("GET", "/totals")).json
    assert (now["shipping_amount"], now["tax_amount"]) == (0, 0)


async def test_totals_information_of_an_empty_cart(guest):
    answer = await guest.ask("POST", "/totals-information", {"addressInformation": {"address": ADDRESS}})
    assert (answer.status, answer.message) == (400, "Totals calculation is not applicable to empty cart")


# ---------------------------------------------------------------- shipping


async def test_ways_of_shipping_with_tax_and_free_shipping(floor):
    settings = CheckoutSettings(shipping=ShippingSettings(freeshipping_active=True, tax_class_id=2))
    client = client_of(floor, settings)
    guest = Guest(client, (await client.post("/rest/V1/guest-carts", token=None)).json)
    assert (await guest.ask("POST", "/estimate-shipping-methods", {"address": ADDRESS})).json == []
    assert (await guest.ask("GET", "/shipping-methods")).json == []
    await guest.add("S1", 2)
    missing = await guest.ask("GET", "/shipping-methods")
    assert missing.message == "The shipping address is missing. Set the address and try again."
    offered = (await guest.ask("POST", "/estimate-shipping-methods", {"address": ADDRESS})).json
    assert [(rate["carrier_code"], rate["method_code"]) for rate in offered] == [
        ("flatrate", "flatrate"),
        ("freeshipping", "freeshipping"),
    ]
    assert [str(rate["price_incl_tax"]) for rate in offered] == ["10.84", "0"]
    await guest.ready("S1")
    assert [rate["amount"] for rate in (await guest.ask("GET", "/shipping-methods")).json] == [15, 0]
    placed = (await guest.ask("PUT", "/order", CHECK)).json
    order = (await client.get(f"/rest/V1/orders/{placed}")).json
    assert str(order["shipping_tax_amount"]) == "1.26"


async def test_virtual_goods_are_not_shipped(guest):
    await guest.add("V1")
    assert (await guest.ask("POST", "/estimate-shipping-methods", {"address": ADDRESS})).json == []
    assert (await guest.ask("POST", "/billing-address", {"address": ADDRESS})).json == 1
    assert (await guest.ask("PUT", "/order", CHECK)).json == 1
    assert (await guest.client.get("/rest/V1/orders/1")).json["is_virtual"] == 1


@pytest.mark.parametrize(
    "skus, change, status, message",
    [
        ((), {}, 400, cart_errors.SHIPPING_OF_EMPTY_CART),
        (
            ("S1",),
            {"shipping_address": {}},
            400,
            "The shipping address is missing. Set the address and try again.",
        ),
        (("S1",), {"shipping_carrier_code": ""}, 404, "Carrier with such method not found: %1, %2"),
        (
            ("S1",),
            {"shipping_address": {**ADDRESS, "customer_address_id": 5}},
            400,
            cart_errors.SHIPPING_NOT_SAVED,
        ),
    ],
)
async def test_shipping_information_that_cannot_be(guest, skus, change, status, message):
    for sku in skus:
        await guest.add(sku)
    information = {**SHIPPING["addressInformation"], **change}
    answer = await guest.ask("POST", "/shipping-information", {"addressInformation": information})
    assert (answer.status, answer.message) == (status, message)


async def test_a_customer_ships_to_an_address_of_the_address_book(floor, client):
    async def work(transaction):
        address = CustomerAddress(
            customer_id=1,
            firstname="Cus",
            lastname="Tomer",
            street=("1 Main St",),
            city="Albany",
            country_id="US",
            region_id=43,
            region="New York",
            region_code="NY",
            postcode="12207",
            telephone="1",
        )
        await ADDRESSES.insert(transaction.records, address)
        await ADDRESSES.insert(transaction.records, replace(address, customer_id=2))

    await floor.do(work)
    await client.post("/rest/V1/carts/mine", token="customer")
    item = {"cartItem": {"sku": "TX1", "qty": 1}}
    await client.post("/rest/V1/carts/mine/items", item, token="customer")
    path = "/rest/V1/carts/mine/estimate-shipping-methods-by-address-id"
    assert len((await client.post(path, {"addressId": 1}, token="customer")).json) == 1
    others = await client.post(path, {"addressId": 2}, token="customer")
    assert others.json["parameters"] == {"fieldName": "addressId", "fieldValue": 2}
    book = {"customer_address_id": 1, "country_id": "US"}
    information = {**SHIPPING["addressInformation"], "shipping_address": book, "billing_address": book}
    await client.post(
        "/rest/V1/carts/mine/shipping-information", {"addressInformation": information}, token="customer"
    )
    assert (await client.ask("PUT", "/rest/V1/carts/mine/order", CHECK, token="customer")).json == 1
    assert (await client.get("/rest/V1/orders/1")).json["billing_address"]["city"] == "Albany"


# ---------------------------------------------------------------- payment and placing


async def test_payment_is_chosen_and_shown(guest):
    await guest.add("S1")
    early = await guest.ask("PUT", "/selected-payment-method", {"method": {"method": "checkmo"}})
    assert early.message == "The shipping address is missing. Set the address and try again."
    await guest.ready()
    assert (await guest.ask("GET", "/selected-payment-method")).content == b"[]"
    chosen = await guest.ask("PUT", "/selected-payment-method", {"method": {"method": "checkmo"}})
    assert chosen.json == "1"
    assert (await guest.ask("GET", "/selected-payment-method")).json == {"method": "checkmo"}
    details = (await guest.ask("GET", "/payment-information")).json
    assert [method["code"] for method in details["payment_methods"]] == ["checkmo"]
    assert details["totals"]["items_qty"] == 2
    assert (await guest.ask("PUT", "/order")).json == 1


async def test_payment_information_places_with_the_guests_address(guest):
    await guest.ready()
    pay = {"email": "new@example.com", **CHECK, "billing_address": {**ADDRESS, "email": None, "city": "Rye"}}
    assert (await guest.ask("POST", "/set-payment-information", pay)).json is True
    assert (await guest.ask("GET", "/billing-address")).json["city"] == "Rye"
    assert (await guest.ask("POST", "/payment-information", pay)).json == 1
    order = (await guest.client.get("/rest/V1/orders/1")).json
    assert order["customer_email"] == "new@example.com"
    assert order["billing_address"]["email"] == "new@example.com"


async def test_what_placing_refuses_over_payment_information_is_one_sentence(guest):
    await guest.ready()
    nobody = {**ADDRESS, "lastname": ""}
    pay = {"email": "a@b.c", **CHECK, "billing_address": nobody}
    answer = await guest.ask("POST", "/payment-information", pay)
    assert answer.status == 400
    lacking = '"lastname" is required. Enter and try again.'
    assert answer.json == {"message": f"Please check the billing address information. {lacking}"}
    assert (await guest.ask("GET", "/billing-address")).json["lastname"] == "Doe", "nothing was written"
    required = await guest.ask("POST", "/payment-information", CHECK)
    assert required.json["parameters"] == {"fieldName": "email"}


async def test_every_payment_method_places(floor):
    active = ("checkmo", "banktransfer", "cashondelivery", "purchaseorder")
    client = client_of(floor, CheckoutSettings(payment=PaymentSettings(active)))
    for code in active:
        guest = Guest(client, (await client.post("/rest/V1/guest-carts", token=None)).json)
        await guest.ready()
        offered = (await guest.ask("GET", "/payment-methods")).json
        assert [method["code"] for method in offered] == list(active)
        method = {"method": code}
        if code == "purchaseorder":
            bare = await guest.ask("PUT", "/order", {"paymentMethod": method})
            assert bare.message == "Purchase order number is a required field."
            method["po_number"] = "PO-1"
        placed = (await guest.ask("PUT", "/order", {"paymentMethod": method})).json
        payment = (await client.get(f"/rest/V1/orders/{placed}")).json["payment"]
        assert payment["method"] == code
        assert payment["additional_information"][0] == next(
            method["title"] for method in offered if method["code"] == code
        )


async def test_what_costs_nothing_is_free(guest):
    await guest.add("FREE1")
    await guest.ask("POST", "/billing-address", {"address": ADDRESS})
    assert (await guest.ask("GET", "/payment-methods")).json == [
        {"code": "free", "title": "No Payment Information Required"}
    ]
    assert (await guest.ask("PUT", "/order", CHECK)).status == 400
    assert (await guest.ask("PUT", "/order", {"paymentMethod": {"method": "free"}})).json == 1


async def test_a_shop_can_do_without_guests(floor):
    client = client_of(floor, CheckoutSettings(guest_checkout=False))
    guest = Guest(client, (await client.post("/rest/V1/guest-carts", token=None)).json)
    await guest.ready()
    assert (await guest.ask("PUT", "/order", CHECK)).message == "Sorry, guest checkout is not available."


async def test_an_empty_cart_cannot_be_placed(guest):
    answer = await guest.ask("PUT", "/order", CHECK)
    assert (answer.status, answer.message) == (400, cart_errors.ORDER_STOPPED)


def test_every_refusal_of_carts_has_its_error():
    for refusal in get_args(cart_errors.CartRefusal):
        values = {name: _example(refusal, name) for name in refusal.__struct_fields__}
        error = cart_errors.of(refusal(**values))
        assert error.status in {400, 404}
        assert "%kind" not in error.message


def _example(refusal: type[Struct], name: str) -> Any:
    texts = {"kind": "billing", "sku": "S", "code": "C", "method": "m"}
    return {"missing": ("city",), "types": ("radio",), **texts}.get(name, 1)

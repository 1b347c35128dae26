"""One book, two languages: whichever language places an order and works on it, both show the same order."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from tests.judge import assert_promises_kept
from tests.servers import Server, assert_books_are_clean
from tests.shop import ADDRESS, CHECK, EMAIL, SHIPPING, Shop
from tests.two_languages import Order, assert_one_book, documented_statuses
from tests.vtex_shop import VtexShop, create_key, own_order
from tests.wire import Answer

PASSWORD = "Secret-123"
_numbers = itertools.count(1)


class World(NamedTuple):
    """One service, and a program of each language."""

    shop: Shop
    vtex: VtexShop
    server: Server
    kit: dict[str, Any]
    box: dict[str, Any]


@pytest.fixture(scope="module")
def world(server: Server, shop: Shop) -> Iterator[World]:
    vtex = VtexShop(server.port, create_key(server, "both"))
    kit, box = (_make_bundle(shop, f"KIT{kind}", kind) for kind in (0, 1))
    yield World(shop, vtex, server, kit, box)
    vtex.close()


def _make_bundle(shop: Shop, sku: str, price_type: int) -> dict[str, Any]:
    """Make a bundle of one TX1 and two S1, with the prices of its parts (0) or one of its own (1)."""
    links = [{"sku": "TX1", "qty": 1}, {"sku": "S1", "qty": 2}]
    options = [
        {
            "title": link["sku"],
            "required": True,
            "type": "select",
            "position": place,
            "product_links": [{**link, "price": 2, "price_type": 0, "position": 1}],
        }
        for place, link in enumerate(links)
    ]
    attributes = {"price_type": price_type, "shipment_type": 0, "tax_class_id": "2"}
    extension = {"stock_item": {"is_in_stock": True}, "bundle_product_options": options}
    product = {"sku": sku, "name": sku, "type_id": "bundle", "price": 50, "custom_attributes": attributes}
    made: dict[str, Any] = shop.must(
        "POST", "/rest/V1/products", {"product": {**product, "extension_attributes": extension}}
    )
    return made


def _chosen(bundle: dict[str, Any], qty: int) -> dict[str, Any]:
    """Return a cart item of all of a bundle."""
    options = [
        {
            "option_id": option["option_id"],
            "option_qty": 1,
            "option_selections": [int(link["id"]) for link in option["product_links"]],
        }
        for option in bundle["extension_attributes"]["bundle_product_options"]
    ]
    wish = {"extension_attributes": {"bundle_options": options}}
    return {"sku": bundle["sku"], "qty": qty, "product_option": wish}


# ---------------------------------------------------------------- ways to place an order


def _of_adobe(world: World, entity_id: int) -> Order:
    return Order(world.shop, world.vtex, entity_id, f"v{500_000 + entity_id}cntf-01")


def guest(*rows: tuple[str, int], coupon: str | None = None) -> Callable[[World], Order]:
    """Order as a guest; ``KIT0`` and ``KIT1`` are the bundles."""

    def place(world: World) -> Order:
        bundles = {"KIT0": world.kit, "KIT1": world.box}
        items = [
            _chosen(bundles[sku], qty) if sku in bundles else world.shop.item(sku, qty) for sku, qty in rows
        ]
        return _of_adobe(world, world.shop.place(items, coupon=coupon))

    return place


def virtual_guest(sku: str, qty: int) -> Callable[[World], Order]:
    """Order what is not sent: there is no shipping."""

    def place(world: World) -> Order:
        shop = world.shop
        mask = shop.must("POST", "/rest/V1/guest-carts")
        path = f"/rest/V1/guest-carts/{mask}"
        item = {**shop.item(sku, qty), "quote_id": mask}
        shop.must("POST", f"{path}/items", {"cartItem": item})
        payment = {**CHECK, "email": EMAIL, "billing_address": ADDRESS}
        return _of_adobe(world, int(shop.must("POST", f"{path}/payment-information", payment)))

    return place


def customer(*rows: tuple[str, int]) -> Callable[[World], Order]:
    """Order as somebody with an account."""

    def place(world: World) -> Order:
        email = f"cust{next(_numbers)}@example.com"
        person = {"email": email, "firstname": "Cus", "lastname": "Tomer"}
        world.shop.must("POST", "/rest/V1/customers", {"customer": person, "password": PASSWORD})
        who = {"username": email, "password": PASSWORD}
        token = world.shop.must("POST", "/rest/V1/integration/customer/token", who)
        own = Shop(world.server.port, token=token)
        cart_id = own.must("POST", "/rest/V1/carts/mine")
        for sku, qty in rows:
            item = {**world.shop.item(sku, qty), "quote_id": cart_id}
            own.must("POST", "/rest/V1/carts/mine/items", {"cartItem": item})
        own.must("POST", "/rest/V1/carts/mine/shipping-information", SHIPPING)
        placed = own.must("PUT", "/rest/V1/carts/mine/order", CHECK)
        own.close()
        return _of_adobe(world, int(placed))

    return place


def _of_vtex(world: World, name: str) -> Order:
    """Return the order that was placed last; nobody else places any."""
    by = "searchCriteria[sortOrders][0]"
    newest = f"{by}[field]=entity_id&{by}[direction]=DESC&searchCriteria[pageSize]=1"
    found = world.shop.must("GET", f"/rest/V1/orders?{newest}")
    return Order(world.shop, world.vtex, found["items"][0]["entity_id"], name)


def seller(world: World) -> Order:
    """An order of two mugs and a plate that a marketplace has sold: 13533."""
    return _of_vtex(world, world.vtex.place("ready-for-handling"))


def marketplace(world: World) -> Order:
    """The same, where others send the goods."""
    return _of_vtex(world, world.vtex.place(flow="marketplace"))


def complete(world: World) -> Order:
    """The same, of this shop's own, before it is paid."""
    made = world.vtex.must("PUT", "/api/checkout/pub/orders", own_order("1"))
    return _of_vtex(world, made["orders"][0]["orderId"])


def tagged(world: World) -> Order:
    """An order of this shop that brings its tax and discount: 3 for 33.33, less 1.00, plus 2.50."""
    body = own_order("1")
    (row, _) = body["items"]
    tags = [{"name": "DISCOUNT@COUPON", "value": -100}, {"name": "TAX@VAT", "value": 250}]
    body["items"] = [{**row, "id": "4109", "price": 3333, "quantity": 3, "priceTags": tags}]
    body["shippingData"]["logisticsInfo"] = body["shippingData"]["logisticsInfo"][:1]
    value = 3 * 3333 - 100 + 250 + body["shippingData"]["logisticsInfo"][0]["price"]
    body["paymentData"]["payments"][0] |= {"value": value, "referenceValue": value}
    made = world.vtex.must("PUT", "/api/checkout/pub/orders", body)
    order = _of_vtex(world, made["orders"][0]["orderId"])
    assert pay(order).status == 200
    return order


# ---------------------------------------------------------------- steps

Step = Callable[[Order], Answer]


def pay(order: Order) -> Answer:
    path = f"/api/oms/pvt/orders/{order.name}/payments/any/payment-notification"
    return order.vtex.ask("POST", path)


def do(what: str, *words: Any, **more: Any) -> Step:
    """Ask the order something that has to be accepted."""

    def step(order: Order) -> Answer:
        answer: Answer = getattr(order, what)(*words, **more)
        assert answer.status in {200, 202, 204}, f"{what}{words}{more}: {answer}"
        return answer

    step.__name__ = f"{what}{words or ''}{more or ''}"
    return step


def no(what: str, *words: Any, **more: Any) -> Step:
    """Ask the order something that has to be refused, and see that nothing has come of it."""

    def step(order: Order) -> Answer:
        before = order.look()
        answer: Answer = getattr(order, what)(*words, **more)
        assert answer.status in {400, 409}, f"{what}{words}{more}: {answer}"
        assert order.look() == before, f"{what}{words}{more} was refused and has changed something"
        return answer

    step.__name__ = f"no {what}{words or ''}{more or ''}"
    return step


class Situation(NamedTuple):
    name: str
    place: Callable[[World], Order]
    steps: tuple[Step, ...]
    end: str
    """The status in VTEX's language that the order ends in."""


TEN = "TEN"
SITUATIONS = [
    Situation(
        "a guest's order, invoiced here and there",
        guest(("TX1", 3), ("S1", 2)),
        (
            do("start"),
            do("issue", r0=1),
            no("tell_under_a_printed_number"),
            do("track"),
            no("cancel"),
            do("tell", 1500),
            do("track"),
            no("tell", 10_000),
            do("ship", r0=1),
            do("tell_document"),
            no("issue"),
            no("tell", 1),
            do("ship"),
            do("refund", r0=1),
            do("give_back", 500),
        ),
        "invoiced",
    ),
    Situation(
        "tax, discount and shipping",
        guest(("TX1", 3), ("TX2", 2), ("S2", 1), coupon=TEN),
        (
            do("issue", r0=1),
            do("tell", 777),
            do("issue", r1=1, r0=1),
            do("tell"),
            do("give_back", 1001, r0=1),
            do("refund", r1=1),
        ),
        "invoiced",
    ),
    Situation(
        "a configurable product",
        guest(("CONF-RED", 2), ("CONF-BLUE", 1)),
        (
            do("start"),
            do("tell", 3000, r1=1),
            do("ship", r0=1),
            do("issue", r0=2),
            do("ship"),
            do("give_back", 3000, r1=1),
            do("refund", r0=2),
        ),
        "invoiced",
    ),
    Situation(
        "a bundle with the prices of its parts",
        guest(("KIT0", 2), ("S3", 1)),
        (do("start"), do("tell", 1998, r0=2), do("issue"), do("ship"), do("refund")),
        "invoiced",
    ),
    Situation(
        "a bundle with a price of its own",
        guest(("KIT1", 2), coupon=TEN),
        (do("issue", r0=1), do("tell"), do("ship"), do("give_back", 2000)),
        "invoiced",
    ),
    Situation(
        "what is not sent",
        virtual_guest("V1", 4),
        (do("start"), do("tell", 500), do("issue", r0=2), do("tell"), do("refund", r0=1), do("refund")),
        "invoiced",
    ),
    Situation(
        "a customer's order, canceled after it was asked for and denied",
        customer(("S1", 1), ("TX1", 1)),
        (do("cancel"), do("deny"), do("start"), do("cancel"), do("cancel"), do("cancel"), no("issue")),
        "canceled",
    ),
    Situation(
        "a customer's order, of which the rest is canceled",
        customer(("S1", 2), ("S2", 1)),
        (do("issue", r0=1), no("cancel"), do("act", "cancel"), no("tell", 1), do("ship"), do("refund")),
        "invoiced",
    ),
    Situation(
        "on hold nothing is done in either language",
        guest(("S1", 2)),
        (
            do("start"),
            do("act", "hold"),
            no("tell", 100),
            no("issue"),
            no("cancel"),
            no("change", discount=100),
            no("change_at_once", discount=100),
            do("act", "unhold"),
            do("tell", 100),
            do("act", "hold"),
            no("tell"),
            do("act", "unhold"),
            do("tell"),
        ),
        "invoiced",
    ),
    Situation(
        "a request to cancel that an invoice of the other language refuses",
        guest(("S1", 2)),
        (do("start"), do("cancel"), do("issue", r0=1), no("deny"), do("tell")),
        "invoiced",
    ),
    Situation(
        "a request to cancel that the other language grants",
        guest(("S1", 2)),
        (do("cancel"), do("act", "cancel"), do("cancel"), no("start")),
        "canceled",
    ),
    Situation(
        "changed at once, and invoiced here and there",
        guest(("TX1", 3), ("S1", 1)),
        (
            do("start"),
            do("issue", r0=1),
            do("change_at_once", discount=1000, r1=1),
            do("change_at_once", increment=123),
            no("change", discount=1),
            do("tell", 500),
            do("issue"),
        ),
        "invoiced",
    ),
    Situation(
        "changed at once down to what is invoiced",
        guest(("S1", 2)),
        (
            do("issue", r0=1),
            no("change_at_once", discount=1001),
            do("change_at_once", discount=1000),
            no("tell", 1),
        ),
        "invoiced",
    ),
    Situation(
        "changed and settled, and invoiced here and there",
        guest(("TX1", 3), ("S1", 2), coupon=TEN),
        (
            do("start"),
            do("change", r0=1),
            do("issue", r0=1),
            do("change", discount=77),
            no("change", r0=2),
            do("add", "S2", 2, 350),
            do("tell", 400),
            do("ship", r0=1),
            do("issue"),
            do("refund", r0=1),
            do("give_back", 350),
        ),
        "invoiced",
    ),
    Situation(
        "a change takes the rest out of an order that is invoiced for what stays",
        guest(("S1", 1), ("TX1", 1)),
        (do("issue", r0=1), do("change", r1=1), no("tell", 1), do("ship"), do("refund")),
        "invoiced",
    ),
    Situation(
        "changed, then canceled",
        guest(("TX1", 2)),
        (do("start"), do("change", r0=1), do("change", discount=5), do("cancel"), do("cancel")),
        "canceled",
    ),
    Situation(
        "a marketplace sold it",
        seller,
        (
            do("start"),
            do("issue", r0=1),
            do("tell", 3333, r1=1),
            do("change", r0=1),
            do("ship"),
            do("give_back", 3333, r1=1),
            do("refund"),
        ),
        "invoiced",
    ),
    Situation(
        "others send it",
        marketplace,
        (do("tell", 4500, r0=1), no("cancel"), do("issue", r1=1), do("tell_document"), do("refund", r0=2)),
        "invoiced",
    ),
    Situation(
        "others send it, and refuse to cancel it, and then do",
        marketplace,
        (do("cancel"), do("deny"), do("cancel"), do("cancel")),
        "canceled",
    ),
    Situation(
        "this shop sold it",
        complete,
        (
            no("start"),
            no("tell", 100),
            pay,
            do("start"),
            do("change_at_once", discount=3333, r1=1),
            do("ship", r0=1),
            do("issue", r0=2),
        ),
        "invoiced",
    ),
    Situation("not paid, and canceled", complete, (do("act", "cancel"), do("cancel")), "canceled"),
    Situation(
        "invoiced by the other language before it is paid",
        complete,
        (do("issue", r0=1), do("tell", 1000), do("issue"), do("refund")),
        "invoiced",
    ),
    Situation(
        "taxes and discounts that came with it",
        tagged,
        (do("start"), do("issue", r0=1), do("tell", 3383, r0=1), do("change", r0=1), do("refund", r0=1)),
        "invoiced",
    ),
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.name)
def test_both_languages_show_the_same_order_after_every_step(world: World, situation: Situation) -> None:
    known = documented_statuses()
    order = situation.place(world)
    seen = order.look()
    assert_one_book(seen, rewritten=not order.changed_at_once)
    assert seen.status in known
    for step in situation.steps:
        step(order)
        before, seen = seen, order.look()
        try:
            assert_one_book(seen, before=before, rewritten=not order.changed_at_once)
            assert seen.status in known, seen.status
        except AssertionError as error:
            raise AssertionError(f"after {getattr(step, '__name__', step)}: {error}") from error
    assert seen.classic["status"] == situation.end


def test_the_doctor_and_the_judge_find_nothing_wrong_with_any_of_them(server: Server) -> None:
    assert_books_are_clean(server.database_url)
    assert_promises_kept(server.database_url)

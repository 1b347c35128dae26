"""Many buyers at once: stock is sold once, and a cart becomes one order."""

import os
from uuid import uuid4

import pytest

from tests.concurrency.fleet import Fleet, some_pause_s
from tests.shop import CHECK, recording

TRIALS = max(3, int(os.environ.get("COUNTERFOIL_TRIALS", "1000")) // 100)
SOLD_OUT = {
    "The requested qty is not available",
    "This product is out of stock.",
    "Product that you are trying to add is not available.",
    "There are no source items with the in stock status",
    "Some of the products are out of stock.",
}
LOCKED = (400, "The cart is locked for processing. Please try again later.")
GONE = (404, "No such entity with %fieldName = %fieldValue")

pytestmark = pytest.mark.timeout(600)


def product_with_stock(fleet: Fleet, qty: int) -> str:
    sku = f"LAST-{uuid4().hex[:8]}"
    product = recording(19)["request"]["body"]["product"]
    stock = {"stock_item": {"qty": qty, "is_in_stock": True}}
    changed = {**product, "sku": sku, "name": sku, "extension_attributes": stock}
    fleet.shop.must("POST", "/rest/V1/products", {"product": changed})
    return sku


def test_the_last_unit_in_stock_is_sold_once(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        sku = product_with_stock(fleet, 1)
        masks = [shop.cart([shop.item(sku, 1)]) for _ in range(10)]
        requests = [shop.request("PUT", f"/rest/V1/guest-carts/{mask}/order", CHECK) for mask in masks]

        answers = fleet.at_once(requests, apart_s=some_pause_s())

        assert sorted(answer.status for answer in answers) == [200, *([400] * 9)]
        assert {answer.json["message"] for answer in answers if answer.status == 400} <= SOLD_OUT
        (order_id,) = (int(answer.json) for answer in answers if answer.status == 200)
        assert [item["sku"] for item in shop.order(order_id)["items"]] == [sku]
        sold = shop.must("GET", f"/rest/V1/orders/items?{_where_sku(sku)}")
        assert sold["total_count"] == 1


def test_three_units_are_sold_to_three_of_ten(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        sku = product_with_stock(fleet, 3)
        masks = [shop.cart([shop.item(sku, 1)]) for _ in range(10)]
        requests = [shop.request("PUT", f"/rest/V1/guest-carts/{mask}/order", CHECK) for mask in masks]

        answers = fleet.at_once(requests)

        assert sorted(answer.status for answer in answers) == [*([200] * 3), *([400] * 7)]


def test_a_cart_becomes_one_order_however_often_it_is_placed(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        mask = shop.cart([shop.item("S1", 1)])
        sent = shop.request("PUT", f"/rest/V1/guest-carts/{mask}/order", CHECK)

        answers = fleet.at_once([sent] * 10, apart_s=some_pause_s())

        accepted = [int(answer.json) for answer in answers if answer.status == 200]
        assert len(accepted) == 1, [str(answer) for answer in answers]
        refused = {(answer.status, answer.json["message"]) for answer in answers if answer.status != 200}
        assert refused <= {LOCKED, GONE}
        quote_id = shop.order(accepted[0])["quote_id"]
        assert [order["entity_id"] for order in fleet.orders_where("quote_id", quote_id)] == accepted


def test_carts_of_the_same_products_in_opposite_order_do_not_block_each_other(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        there = [shop.item("S1", 1), shop.item("S2", 1), shop.item("TX1", 1)]
        masks = [shop.cart(items) for items in (there, there[::-1]) * 4]
        requests = [shop.request("PUT", f"/rest/V1/guest-carts/{mask}/order", CHECK) for mask in masks]

        answers = fleet.at_once(requests)

        assert {answer.status for answer in answers} == {200}, [str(answer) for answer in answers]


def test_an_item_added_many_times_at_once_is_one_line(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        mask = shop.must("POST", "/rest/V1/guest-carts")
        item = {"cartItem": {**shop.item("S1", 1), "quote_id": mask}}
        sent = shop.request("POST", f"/rest/V1/guest-carts/{mask}/items", item)

        answers = fleet.at_once([sent] * 6)

        assert {answer.status for answer in answers} == {200}, [str(answer) for answer in answers]
        (line,) = shop.must("GET", f"/rest/V1/guest-carts/{mask}/items")
        assert line["qty"] == 6


def _where_sku(sku: str) -> str:
    inside = "searchCriteria[filter_groups][0][filters][0]"
    return f"{inside}[field]=sku&{inside}[value]={sku}"

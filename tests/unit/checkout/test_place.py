"""Placing an order: what it is worth, that it happens once, and what stands against it."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from counterfoil.checkout.availability import NotEnough, OutOfStock
from counterfoil.checkout.cart import CARTS, CartUnknown
from counterfoil.checkout.cart_details import (
    CouponInvalid,
    EmptyCart,
    remove_coupon,
    set_billing,
    set_coupon,
    set_payment,
)
from counterfoil.checkout.cart_items import remove_item
from counterfoil.checkout.cart_open import open_customer_cart
from counterfoil.checkout.catalogue import delete_product
from counterfoil.checkout.customer import CUSTOMERS, Customer
from counterfoil.checkout.payment import PaymentChoice, PaymentUnavailable, PurchaseOrderNumberMissing
from counterfoil.checkout.place import (
    AddressIncomplete,
    CountryNotAllowed,
    PaymentMethodMissing,
    ShippingMethodMissing,
)
from counterfoil.checkout.product import find_product
from counterfoil.checkout.sales_rule import COUPONS, SALES_RULES, find_coupon
from counterfoil.checkout.settings import CheckoutSettings, PaymentSettings
from counterfoil.domain.money import SCALE
from counterfoil.domain.order import Order
from tests.unit.checkout.floor import (
    CHECK,
    HOME,
    NOW,
    Floor,
    coupon,
    open_floor,
    scaled,
    stock_up,
    walk_items,
)

WALKS = sorted(
    (Path(__file__).parents[2] / "conformance" / "adobe" / "recordings" / "walks").glob("walk-*.json")
)


@pytest.fixture(params=WALKS, ids=lambda path: path.stem)
def walk(request: pytest.FixtureRequest) -> dict:
    """A recorded walk, with exact numbers."""
    loaded: dict = json.loads(request.param.read_text(), parse_float=Decimal)
    return loaded


async def test_an_order_is_worth_to_the_cent_what_adobe_made_of_the_same_cart(floor: Floor, walk: dict):
    placed = await floor.place(await floor.cart_of(*walk_items(walk, floor), coupon=walk["coupon"]))
    order = await floor.order(placed.entity_id)
    recorded = walk["order_initial"]
    for name in (
        *("grand_total", "subtotal", "tax_amount", "discount_amount", "discount_tax_compensation_amount"),
        *("shipping_amount", "shipping_incl_tax", "shipping_tax_amount", "shipping_discount_amount"),
        "shipping_discount_tax_compensation_amount",
    ):
        assert getattr(order, name) == scaled(recorded[name]), name
    assert order.discount_description == recorded.get("discount_description")
    particulars = order.particulars
    assert particulars is not None
    for name in ("subtotal_incl_tax", "weight", "total_qty_ordered"):
        assert getattr(particulars, name) == scaled(recorded[name]), name
    for name in (
        *("coupon_code", "applied_rule_ids", "total_item_count", "customer_email", "customer_firstname"),
        *("customer_lastname", "store_name", "remote_ip", "shipping_description", "customer_group_id"),
    ):
        assert getattr(particulars, name) == recorded.get(name), name
    compare_rows(order, recorded)


def compare_rows(order: Order, recorded: dict) -> None:
    assert len(order.items) == len(recorded["items"])
    for item, row in zip(order.items.values(), recorded["items"], strict=True):
        for name in ("sku", "name", "product_type", "is_virtual"):
            assert getattr(item, name) == row[name], name
        assert (item.parent_item_id is None) == ("parent_item_id" not in row)
        for name in ("price", "qty_ordered", "tax_amount", "discount_amount"):
            assert getattr(item, name) == scaled(row[name]), name
        # Adobe shows the row less its discount over REST (contract adobe §6.5).
        assert item.row_total - item.discount_amount == scaled(row["row_total"])
        shown = item.row_total + item.tax_amount - item.discount_amount
        assert shown == scaled(row["row_total_incl_tax"])
        assert item.price_incl_tax == scaled(row.get("price_incl_tax", 0))
        particulars = item.particulars
        assert particulars is not None
        for name in ("original_price", "row_weight", "tax_percent", "discount_percent", "weight"):
            assert (getattr(particulars, name) or 0) == scaled(row.get(name, 0)), name
        assert particulars.applied_rule_ids == row.get("applied_rule_ids")
        taxes = row["extension_attributes"]["itemized_taxes"]
        assert [(tax.code, tax.percent, tax.amount) for tax in particulars.taxes] == [
            (tax["tax_code"], scaled(tax["tax_percent"]), scaled(tax["real_amount"])) for tax in taxes
        ]


async def test_a_configurable_product_is_a_priced_parent_and_a_child_without_value(floor: Floor):
    placed = await floor.place(await floor.cart_of(("CONF", 2, floor.blue)))
    parent, child = placed.items.values()
    assert (parent.sku, parent.name, parent.price) == ("CONF-BLUE", "Configurable", scaled(30))
    assert (child.sku, child.name, child.price, child.row_total) == ("CONF-BLUE", "CONF-BLUE", 0, 0)
    assert child.parent_item_id == parent.item_id
    assert parent.particulars is not None
    assert parent.particulars.product_option == {
        "extension_attributes": {"configurable_item_options": [{"option_id": "93", "option_value": 2}]}
    }


async def test_a_virtual_order_has_no_shipping(floor: Floor):
    cart_id = await floor.open()
    await floor.add(cart_id, "V1", 2)
    await floor.on_cart(cart_id, set_billing, HOME, floor.terms)
    placed = await floor.place(cart_id)
    assert placed.is_virtual
    assert placed.shipping_address_id is None
    assert placed.grand_total == scaled(10)
    assert placed.particulars.shipping_method is None


# ---------------------------------------------------------------- once


async def test_ten_parallel_placings_of_one_cart_make_one_order(floor: Floor):
    cart_id = await floor.cart_of(("S1", 1))
    results = await asyncio.gather(*(floor.place(cart_id) for _ in range(10)))
    assert [type(result) for result in results].count(Order) == 1
    assert [result for result in results if isinstance(result, CartUnknown)] == [CartUnknown(cart_id)] * 9


async def test_an_order_that_was_refused_leaves_no_trace(floor: Floor):
    cart_id = await floor.cart_of(("S1", 1), coupon="TEN")
    assert await floor.place(cart_id, PaymentChoice("nopay")) == PaymentUnavailable("nopay")
    async with floor.ledger.reading() as reader:
        assert await reader.order_ids() == []
        used = await find_coupon(reader.records, "TEN")
        assert used is not None
        assert used.times_used == 0
    assert isinstance(await floor.place(cart_id), Order)


# ---------------------------------------------------------------- stock


async def test_the_last_unit_is_sold_once(floor: Floor):
    product = (await floor.product("LAST", qty=1)).product
    carts = [await floor.cart_of(("LAST", 1)) for _ in range(5)]
    results = await asyncio.gather(*(floor.place(cart_id) for cart_id in carts))
    assert [type(result) for result in results].count(Order) == 1
    assert sum(result == NotEnough("LAST") for result in results) == 4
    level = await floor.stock(product.id)
    assert (level.qty, level.reserved) == (SCALE, SCALE)


async def test_the_stock_of_a_configurable_product_is_its_variants(floor: Floor):
    await floor.place(await floor.cart_of(("CONF", 3, floor.red), ("CONF-RED", 2)))
    async with floor.ledger.reading() as reader:
        red = await find_product(reader.records, "CONF-RED")
        parent = await find_product(reader.records, "CONF")
    assert red is not None
    assert parent is not None
    assert (await floor.stock(red.id)).reserved == 5 * SCALE
    assert (await floor.stock(parent.id)).reserved == 0


async def test_rows_of_the_same_product_share_its_stock(floor: Floor):
    await floor.product("CONF-RED", "20", 4)
    cart_id = await floor.cart_of(("CONF", 3, floor.red))
    assert await floor.add(cart_id, "CONF-RED", 2) == NotEnough("CONF-RED")


async def test_a_product_that_ran_out_since_is_not_sold(floor: Floor):
    cart_id = await floor.cart_of(("S1", 1))
    await floor.product("S1", qty=0)
    assert await floor.place(cart_id) == OutOfStock("S1")


async def test_backorders_and_unmanaged_stock_sell_without_limit(floor: Floor):
    await floor.product("BACK", qty=0, stock={"backorders": 1, "use_config_backorders": False})
    unmanaged = {"manage_stock": False, "use_config_manage_stock": False}
    free = (await floor.product("FREELY", qty=0, stock=unmanaged)).product
    assert isinstance(await floor.place(await floor.cart_of(("BACK", 5), ("FREELY", 5))), Order)
    assert (await floor.stock(free.id)).reserved == 0


async def test_prices_are_read_again_when_the_order_is_placed(floor: Floor):
    cart_id = await floor.cart_of(("S1", 1))
    await floor.product("S1", "12.34")
    assert (await floor.place(cart_id)).subtotal == scaled("12.34")


# ---------------------------------------------------------------- coupons


async def test_a_coupon_that_may_be_used_once_is_used_once(floor: Floor):
    rule = await coupon(floor, "ONCE", usage_limit=1, discount_amount=50 * SCALE)
    carts = [await floor.cart_of(("S1", 1), coupon="ONCE") for _ in range(4)]
    results = await asyncio.gather(*(floor.place(cart_id) for cart_id in carts))
    assert [type(result) for result in results].count(Order) == 1
    assert sum(result == CouponInvalid("ONCE") for result in results) == 3
    async with floor.ledger.reading() as reader:
        used = await find_coupon(reader.records, "ONCE")
        counted = await SALES_RULES.get(reader.records, rule.id)
    assert used is not None
    assert counted is not None
    assert (used.times_used, counted.times_used) == (1, 1)


async def test_a_used_up_coupon_can_be_taken_away_and_the_order_placed_without(floor: Floor):
    await coupon(floor, "ONCE", usage_limit=1, discount_amount=50 * SCALE)
    first, second = [await floor.cart_of(("S1", 1), coupon="ONCE") for _ in range(2)]
    assert (await floor.place(first)).discount_amount == -scaled(5)
    assert await floor.place(second) == CouponInvalid("ONCE")
    await floor.on_cart(second, remove_coupon, floor.terms)
    assert (await floor.place(second)).discount_amount == 0


async def test_a_customer_uses_a_coupon_as_often_as_it_says(floor: Floor):
    await coupon(floor, "MINE", usage_per_customer=1, discount_amount=50 * SCALE)
    customer = await floor.do(
        lambda transaction: CUSTOMERS.insert(
            transaction.records, Customer(email="c@example.com", firstname="Cus", lastname="Tomer")
        )
    )
    for expected in (Order, CouponInvalid):
        opened = await floor.do(
            lambda transaction: open_customer_cart(transaction, customer_id=customer.id, store_id=1, now=NOW)
        )
        await floor.add(opened.id, "V1")
        await floor.on_cart(opened.id, set_billing, HOME, floor.terms)
        result = await floor.on_cart(opened.id, set_coupon, "MINE", floor.terms)
        if expected is Order:
            result = await floor.place(opened.id)
            assert result.particulars.customer_firstname == "Cus"
            assert result.particulars.customer_email == "c@example.com"
            assert not result.particulars.customer_is_guest
        assert isinstance(result, expected)


async def test_a_rule_that_changed_meanwhile_is_priced_anew(floor: Floor):
    cart_id = await floor.cart_of(("S1", 1), coupon="TEN")

    async def double(transaction) -> None:
        found = await COUPONS.named(transaction.records, "ten")
        assert found is not None
        rule = await SALES_RULES.get(transaction.records, found.rule_id)
        assert rule is not None
        await SALES_RULES.update(transaction.records, replace(rule, discount_amount=20 * SCALE))

    await floor.do(double)
    assert (await floor.place(cart_id)).discount_amount == -scaled(2)


# ---------------------------------------------------------------- refusals


async def test_an_empty_cart_is_not_placed(floor: Floor):
    cart_id = await floor.cart_of(("S1", 1))
    await floor.on_cart(cart_id, remove_item, item_id=1, now=NOW)
    assert await floor.place(cart_id) == EmptyCart(cart_id)


async def test_goods_need_an_address_and_a_way_of_shipping(floor: Floor):
    cart_id = await floor.open()
    await floor.add(cart_id, "S1")
    assert await floor.place(cart_id) == CountryNotAllowed()
    await floor.on_cart(cart_id, set_billing, HOME, floor.terms, use_for_shipping=True)
    assert await floor.place(cart_id) == ShippingMethodMissing()


async def test_an_incomplete_address_is_named_field_by_field(floor: Floor):
    cart_id = await floor.cart_of(("S1", 1))

    async def forget(transaction, cart) -> None:
        address = replace(HOME, lastname=None, street=("",), region_id=None)
        await CARTS.update(transaction.records, replace(cart, shipping_address=address))

    await floor.on_cart(cart_id, forget)
    assert await floor.place(cart_id) == AddressIncomplete("shipping", ("lastname", "street", "regionId"))


async def test_without_a_billing_address_nobody_pays(floor: Floor):
    cart_id = await floor.cart_of(("S1", 1))

    async def forget(transaction, cart) -> None:
        await CARTS.update(transaction.records, replace(cart, billing_address=None))

    await floor.on_cart(cart_id, forget)
    refusal = await floor.place(cart_id)
    assert isinstance(refusal, AddressIncomplete)
    assert refusal.kind == "billing"


async def test_a_payment_method_is_needed(floor: Floor):
    cart_id = await floor.cart_of(("S1", 1))
    assert await floor.place(cart_id, None) == PaymentMethodMissing()
    await floor.on_cart(cart_id, set_payment, CHECK, floor.terms)
    assert (await floor.place(cart_id, None)).particulars.payment.title == "Check / Money order"


async def test_a_purchase_order_needs_its_number():
    settings = CheckoutSettings(payment=PaymentSettings(active=("purchaseorder",)))
    async with open_floor(settings) as floor:
        await stock_up(floor)
        cart_id = await floor.cart_of(("S1", 1))
        assert await floor.place(cart_id, PaymentChoice("purchaseorder")) == PurchaseOrderNumberMissing()
        placed = await floor.place(cart_id, PaymentChoice("purchaseorder", "PO-7"))
        assert placed.particulars.payment.po_number == "PO-7"


async def test_what_costs_nothing_is_paid_with_free_only(floor: Floor):
    cart_id = await floor.open()
    await floor.add(cart_id, "FREE1")
    await floor.on_cart(cart_id, set_billing, HOME, floor.terms)
    assert await floor.place(cart_id, CHECK) == PaymentUnavailable("checkmo")
    assert (await floor.place(cart_id, PaymentChoice("free"))).grand_total == 0


async def test_a_product_deleted_since_is_no_longer_in_the_cart(floor: Floor):
    cart_id = await floor.cart_of(("S1", 1), ("S2", 1))
    await floor.do(lambda transaction: delete_product(transaction, sku="S1"))
    placed = await floor.place(cart_id)
    assert [item.sku for item in placed.items.values()] == ["S2"]

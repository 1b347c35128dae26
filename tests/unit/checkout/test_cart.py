"""What goes into a cart, what does not, and whose carts are whose."""

import asyncio

import pytest
from msgspec.structs import replace

from counterfoil.checkout import cart
from counterfoil.checkout.availability import (
    AboveMaximum,
    BelowMinimum,
    NotByIncrement,
    NotDecimal,
    NotEnough,
    NotForSale,
    OutOfStock,
    refuse,
    reserve,
)
from counterfoil.checkout.cart import CARTS, MAX_ROWS, Cart, CartItem, CartUnknown, ChosenOption
from counterfoil.checkout.cart_items import (
    CartFull,
    CartItemUnknown,
    Choices,
    OptionsMissing,
    QuantityMissing,
    SkuUnknown,
    add_item,
    remove_item,
    update_item,
)
from counterfoil.checkout.cart_open import CartNotAnonymous, assign, open_customer_cart, open_guest_cart
from counterfoil.checkout.customer import CUSTOMERS, Customer
from counterfoil.checkout.product import Product, StockSettings
from counterfoil.domain.money import SCALE
from counterfoil.ledger.ports import StockLevel
from tests.unit.checkout.floor import COLOR, NOW, Floor, scaled

MASK = "m" * 32


async def customer(floor: Floor, email: str = "c@example.com") -> int:
    made = await floor.do(
        lambda transaction: CUSTOMERS.insert(
            transaction.records, Customer(email=email, firstname="C", lastname="C")
        )
    )
    return int(made.id)


async def read(floor: Floor, cart_id: int) -> Cart:
    async with floor.ledger.reading() as reader:
        found = await CARTS.get(reader.records, cart_id)
    assert found is not None
    return found


# ---------------------------------------------------------------- rows


async def test_the_same_product_and_options_are_one_row(floor: Floor):
    cart_id = await floor.open()
    for item in (
        ("S1", 1),
        ("CONF", 1, floor.red),
        ("S1", 2),
        ("CONF", 1, floor.red),
        ("CONF", 1, floor.blue),
    ):
        await floor.add(cart_id, *item)
    rows = (await read(floor, cart_id)).items
    assert [(row.item_id, row.qty // SCALE) for row in rows] == [(1, 3), (2, 2), (4, 1)]


@pytest.mark.parametrize("qty", [0, -1])
async def test_a_quantity_not_above_zero_counts_as_one(floor: Floor, qty: int):
    cart_id = await floor.open()
    assert (await floor.add(cart_id, "S1", qty)).item.qty == SCALE


async def test_a_row_needs_a_product_options_and_a_quantity(floor: Floor):
    cart_id = await floor.open()
    assert await floor.add(cart_id, "NOPE") == SkuUnknown("NOPE")
    assert await floor.add(cart_id, "CONF") == OptionsMissing("CONF")
    assert await floor.add(cart_id, "CONF", 1, ChosenOption(COLOR, 99)) == OptionsMissing("CONF")
    assert await floor.add(cart_id, "CONF", 1, ChosenOption(7, 1)) == OptionsMissing("CONF")
    nothing = await floor.on_cart(cart_id, add_item, sku="S1", qty=None, now=NOW)
    assert nothing == QuantityMissing()


async def test_a_variant_that_is_disabled_cannot_be_chosen(floor: Floor):
    await floor.product("CONF-RED", "20", status=2)
    cart_id = await floor.open()
    assert await floor.add(cart_id, "CONF", 1, floor.red) == OptionsMissing("CONF")
    assert (await floor.add(cart_id, "CONF", 1, floor.blue)).sold.sku == "CONF-BLUE"


async def test_a_cart_has_a_most_of_rows(floor: Floor):
    cart_id = await floor.open()
    items = tuple(
        CartItem(number, 4, SCALE, options=(ChosenOption(1, number),)) for number in range(MAX_ROWS)
    )

    async def fill(transaction, found) -> None:
        await CARTS.update(transaction.records, replace(found, items=items))

    await floor.on_cart(cart_id, fill)
    assert await floor.add(cart_id, "S1") == CartFull(MAX_ROWS)


async def test_a_row_that_costs_more_than_can_be_stored_is_refused(floor: Floor):
    await floor.product("DEAR", str(10**11))
    cart_id = await floor.open()
    assert await floor.add(cart_id, "DEAR", 101) == AboveMaximum("DEAR")


async def test_rows_are_changed_and_removed(floor: Floor):
    cart_id = await floor.open()
    await floor.add(cart_id, "CONF", 2, floor.red)
    await floor.add(cart_id, "CONF", 1, floor.blue)
    changed = await floor.on_cart(cart_id, update_item, item_id=1, qty=scaled(4), now=NOW)
    assert (changed.item.qty, changed.sold.sku) == (4 * SCALE, "CONF-RED")
    joined = await floor.on_cart(
        cart_id, update_item, item_id=1, qty=scaled(4), choices=Choices(options=[floor.blue]), now=NOW
    )
    assert (joined.item.item_id, joined.item.qty, joined.sold.sku) == (1, 5 * SCALE, "CONF-BLUE")
    assert len((await read(floor, cart_id)).items) == 1
    await floor.on_cart(cart_id, remove_item, item_id=1, now=NOW)
    assert (await read(floor, cart_id)).items == ()
    for verb, more in ((remove_item, {}), (update_item, {"qty": SCALE})):
        refusal = await floor.on_cart(cart_id, verb, item_id=1, now=NOW, **more)
        assert refusal == CartItemUnknown(cart_id, 1)


async def test_changing_a_row_looks_at_the_stock_too(floor: Floor):
    await floor.product("FEW", qty=3)
    cart_id = await floor.open()
    await floor.add(cart_id, "FEW", 3)
    assert await floor.add(cart_id, "FEW", 1) == NotEnough("FEW")
    refusal = await floor.on_cart(cart_id, update_item, item_id=1, qty=scaled(4), now=NOW)
    assert refusal == NotEnough("FEW")
    assert (await read(floor, cart_id)).items[0].qty == 3 * SCALE


# ---------------------------------------------------------------- whose


async def test_a_mask_finds_the_guests_cart_and_nothing_else_does(floor: Floor):
    await floor.do(lambda transaction: open_guest_cart(transaction, mask=MASK, store_id=1, now=NOW))
    async with floor.ledger.reading() as reader:
        found = await cart.of_mask(reader.records, MASK)
        assert isinstance(found, Cart)
        for mask in ("", "x" * 32, MASK[:-1], "customer/1".ljust(32)):
            assert await cart.of_mask(reader.records, mask) == CartUnknown(None)


async def test_a_customer_who_asks_twice_at_once_has_one_cart(floor: Floor):
    customer_id = await customer(floor)
    opened = await asyncio.gather(
        *(
            floor.do(
                lambda transaction: open_customer_cart(
                    transaction, customer_id=customer_id, store_id=1, now=NOW
                )
            )
            for _ in range(5)
        )
    )
    assert len({found.id for found in opened}) == 1


async def test_a_cart_that_is_given_away_takes_in_what_the_customer_had(floor: Floor):
    customer_id = await customer(floor)
    old = await floor.do(
        lambda transaction: open_customer_cart(transaction, customer_id=customer_id, store_id=1, now=NOW)
    )
    await floor.add(old.id, "S1", 2)
    await floor.add(old.id, "CONF", 1, floor.red)
    new = await floor.do(lambda transaction: open_guest_cart(transaction, mask=MASK, store_id=1, now=NOW))
    await floor.add(new.id, "S1", 1)
    given = await floor.on_cart(new.id, assign, customer_id=customer_id, now=NOW)
    assert [(row.item_id, row.qty // SCALE) for row in given.items] == [(4, 3), (2, 1)]
    async with floor.ledger.reading() as reader:
        mine = await cart.of_customer(reader.records, customer_id)
        assert isinstance(mine, Cart)
        assert mine.id == new.id
        assert await cart.of_mask(reader.records, MASK) == CartUnknown(None)
    assert (await read(floor, old.id)).is_active == 0
    again = await floor.on_cart(new.id, assign, customer_id=customer_id, now=NOW)
    assert again == CartNotAnonymous(new.id)


# ---------------------------------------------------------------- what can be sold

THING = Product(sku="T", name="T", price=SCALE)
LEVEL = StockLevel(
    product_id=1,
    qty=10 * SCALE,
    reserved=4 * SCALE,
    is_in_stock=True,
    manage_stock=True,
    backorders=False,
    is_qty_decimal=False,
    min_qty=2 * SCALE,
    min_sale_qty=SCALE,
    max_sale_qty=100 * SCALE,
)
TWOS = replace(THING, stock_settings=StockSettings(enable_qty_increments=True, qty_increments=2 * SCALE))


@pytest.mark.parametrize(
    "product, level, qty, refusal",
    [
        (THING, LEVEL, 4, None),
        (THING, LEVEL, 5, NotEnough("T")),
        (THING, replace(LEVEL, backorders=True), 5, None),
        (THING, replace(LEVEL, manage_stock=False, is_in_stock=False), 5, None),
        (THING, replace(LEVEL, is_in_stock=False), 1, OutOfStock("T")),
        (THING, None, 1, OutOfStock("T")),
        (THING, LEVEL, 1.5, NotDecimal("T")),
        (THING, replace(LEVEL, is_qty_decimal=True), 1.5, None),
        (THING, LEVEL, 101, AboveMaximum("T")),
        (THING, replace(LEVEL, min_sale_qty=2 * SCALE), 1, BelowMinimum("T", 2 * SCALE)),
        (TWOS, LEVEL, 3, NotByIncrement("T", 2 * SCALE)),
        (TWOS, LEVEL, 4, None),
        (replace(THING, status=2), LEVEL, 1, NotForSale("T")),
        (replace(THING, price=None), LEVEL, 1, NotForSale("T")),
    ],
)
def test_what_can_be_sold(product, level, qty, refusal):
    assert refuse(product, level, scaled(qty)) == refusal


def test_only_managed_stock_is_promised():
    free = replace(LEVEL, product_id=2, manage_stock=False)
    promised = list(reserve({1: SCALE, 2: SCALE, 3: SCALE}, {1: LEVEL, 2: free}))
    assert [(level.product_id, level.reserved) for level in promised] == [(1, 5 * SCALE)]

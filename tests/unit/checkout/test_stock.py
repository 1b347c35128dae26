"""What a stock item is after a change."""

import pytest
from msgspec.structs import replace

from counterfoil.checkout.product import CONFIGURABLE, Product, StockSettings
from counterfoil.checkout.stock import (
    InvalidStock,
    StockChanges,
    StockItem,
    StockOfUnknownProduct,
    change_stock,
    decide,
    find_stock,
    new_level,
)
from counterfoil.domain.money import SCALE

NOW = "2026-11-20 08:00:00"
PRODUCT = Product(id=7, sku="S", name="S", price=SCALE)


def after(*, before=None, product=PRODUCT, **changes) -> StockItem:
    decided = decide(product, before, StockChanges(**changes), now=NOW)
    assert isinstance(decided, StockItem), decided
    return decided


def level(qty: int, **more):
    return replace(new_level(7), qty=qty * SCALE, **more)


def test_a_product_with_units_is_in_stock():
    assert after(qty=5 * SCALE).level.is_in_stock
    assert after(qty=5 * SCALE, is_in_stock=True).level.is_in_stock
    assert not after(qty=5 * SCALE, is_in_stock=False).level.is_in_stock


def test_a_product_that_has_run_out_is_not_in_stock_whatever_was_said():
    item = after(qty=0, is_in_stock=True)
    assert not item.level.is_in_stock
    assert item.settings.stock_status_changed_auto
    assert item.settings.low_stock_date == NOW


def test_a_product_that_had_run_out_is_back_when_there_is_some_again():
    out = after(before=level(5, is_in_stock=True), qty=0)
    back = after(before=out.level, product=replace(PRODUCT, stock_settings=out.settings), qty=3 * SCALE)
    assert back.level.is_in_stock
    assert not back.settings.stock_status_changed_auto
    assert back.settings.low_stock_date is None


def test_a_product_that_shall_not_be_sold_stays_out_of_stock():
    closed = after(before=level(5, is_in_stock=True), is_in_stock=False)
    assert not after(before=closed.level, qty=9 * SCALE).level.is_in_stock


def test_backorders_and_unmanaged_stock_need_no_units():
    assert after(backorders=1, use_config_backorders=False, qty=0).level.is_in_stock
    unmanaged = after(manage_stock=False, use_config_manage_stock=False)
    assert (unmanaged.level.is_in_stock, unmanaged.level.manage_stock) == (True, False)


def test_the_shops_default_holds_where_it_is_asked_for():
    item = after(qty=SCALE, min_qty=3 * SCALE, max_sale_qty=2 * SCALE, manage_stock=False, backorders=2)
    assert (item.level.min_qty, item.level.max_sale_qty) == (0, 10_000 * SCALE)
    assert (item.level.manage_stock, item.level.backorders) == (True, False)
    own = after(qty=SCALE, max_sale_qty=2 * SCALE, use_config_max_sale_qty=False)
    assert own.level.max_sale_qty == 2 * SCALE


def test_a_threshold_takes_the_last_units_out_of_stock():
    item = after(qty=3 * SCALE, min_qty=3 * SCALE, use_config_min_qty=False, is_in_stock=True)
    assert not item.level.is_in_stock


def test_what_is_reserved_stays_reserved():
    assert after(before=level(5, reserved=2 * SCALE), qty=SCALE).level.reserved == 2 * SCALE


def test_what_was_not_said_stays_as_it_was():
    before = level(5, is_in_stock=True, is_qty_decimal=True)
    assert after(before=before).level == before


def test_a_configurable_product_has_no_stock_of_its_own():
    parent = replace(PRODUCT, type_id=CONFIGURABLE)
    assert after(product=parent).level.is_in_stock
    assert not after(product=parent, is_in_stock=False).level.is_in_stock
    assert after(product=parent).settings == StockSettings()


@pytest.mark.parametrize(
    "field,value", [("qty", -1), ("qty", 10**8 * SCALE), ("min_qty", -1), ("max_sale_qty", 10**12 * SCALE)]
)
def test_a_quantity_that_cannot_be_stored_is_refused(field, value):
    assert decide(PRODUCT, None, StockChanges(**{field: value}), now=NOW) == InvalidStock(field, value)


async def test_a_change_of_stock_keeps_what_orders_have_reserved(floor):
    cart_id = await floor.cart_of(("S1", 3))
    await floor.place(cart_id)
    changed = await floor.do(
        lambda transaction: change_stock(transaction, sku="s1", changes=StockChanges(qty=50 * SCALE), now=NOW)
    )
    assert (changed.level.qty, changed.level.reserved) == (50 * SCALE, 3 * SCALE)
    async with floor.ledger.reading() as reader:
        assert await find_stock(reader, "S1") == changed
        assert await find_stock(reader, "nope") == StockOfUnknownProduct("nope")

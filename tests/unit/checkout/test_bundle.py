"""Bundles and downloadable products in a cart: what may be chosen, and what it costs and weighs."""

from typing import Any

import pytest
from msgspec.structs import replace

from counterfoil.checkout.availability import NotDecimal, NotEnough, OutOfStock
from counterfoil.checkout.bundle_choice import (
    ChoicesMissing,
    ChoiceUnavailable,
    LinksMissing,
    OptionChoice,
    RequiredChoiceMissing,
    TooManyChoices,
)
from counterfoil.checkout.bundle_options import BundleOptionDraft, SelectionDraft
from counterfoil.checkout.cart import CARTS, MAX_ROWS, Cart, of_id
from counterfoil.checkout.cart_details import set_shipping
from counterfoil.checkout.cart_items import CartFull, Choices, add_item, remove_item, update_item
from counterfoil.checkout.cart_row import CartRow
from counterfoil.checkout.catalogue import delete_product
from counterfoil.checkout.downloadable_links import LinkDraft
from counterfoil.checkout.pricing import PricedCart, price
from counterfoil.checkout.sales_rule import BY_PERCENT
from counterfoil.checkout.stock import StockChanges, change_stock
from counterfoil.domain.money import SCALE
from tests.unit.checkout.floor import FLATRATE, NOW, Floor, coupon, scaled

SHIRT, EXTRAS = 1, 2
S1, TX1, S2, V1 = 1, 2, 3, 4


def bundle_options(**of_first: Any) -> tuple[BundleOptionDraft, ...]:
    """An option that takes one of two things, and one that takes any number of two others."""
    first = SelectionDraft("S1", qty=2 * SCALE, price=3 * SCALE, **of_first)
    return (
        BundleOptionDraft(
            title="Shirt",
            required=True,
            type="radio",
            position=1,
            selections=(first, SelectionDraft("TX1", price=10 * SCALE, price_is_percent=True)),
        ),
        BundleOptionDraft(
            title="Extras",
            type="checkbox",
            selections=(SelectionDraft("S2", price=SCALE), SelectionDraft("V1")),
        ),
    )


async def bundle(floor: Floor, sku: str = "B", price: str | None = None, **attributes: str) -> None:
    made = await floor.product(
        sku,
        price,
        type_id="bundle",
        weight=scaled(7),
        tax_class_id=2,
        attributes=attributes,
        bundle_options=bundle_options(),
    )
    assert hasattr(made, "product"), made


async def put(floor: Floor, cart_id: int, *choices: OptionChoice, sku: str = "B", qty: object = 1) -> Any:
    parts = Choices(parts=choices)
    return await floor.on_cart(cart_id, add_item, sku=sku, qty=scaled(qty), choices=parts, now=NOW)


async def priced(floor: Floor, cart_id: int, coupon_code: str | None = None) -> PricedCart:
    """Send the cart to New York and say what it comes to."""
    await floor.on_cart(cart_id, set_shipping, FLATRATE, floor.terms)
    async with floor.ledger.reading() as reader:
        cart = await of_id(reader.records, cart_id)
        assert isinstance(cart, Cart)
        cart = replace(cart, coupon_code=coupon_code)
        return await price(reader.records, cart, settings=floor.terms.settings, today=NOW[:10])


def shirt(*selections: int, qty: int | None = None) -> OptionChoice:
    return OptionChoice(SHIRT, selections, qty)


def extras(*selections: int) -> OptionChoice:
    return OptionChoice(EXTRAS, selections)


@pytest.mark.parametrize(
    "choices,refusal",
    [
        ((), ChoicesMissing()),
        ((shirt(),), ChoicesMissing()),
        ((extras(S2),), RequiredChoiceMissing()),
        ((shirt(), extras(S2)), RequiredChoiceMissing()),
        ((shirt(S1, TX1),), TooManyChoices(("radio",))),
        ((shirt(99),), ChoiceUnavailable()),
        ((shirt(S2),), ChoiceUnavailable()),
        ((shirt(S1), OptionChoice(99, (1,))), ChoiceUnavailable()),
    ],
)
async def test_a_choice_that_cannot_be_is_refused(floor: Floor, choices, refusal):
    await bundle(floor)
    assert await put(floor, await floor.open(), *choices) == refusal


async def test_what_is_disabled_or_deleted_cannot_be_chosen(floor: Floor):
    await bundle(floor)
    cart_id = await floor.open()
    await floor.product("S1", status=2)
    assert await put(floor, cart_id, shirt(S1)) == ChoiceUnavailable(required=True)
    await floor.product("S2", status=2)
    assert await put(floor, cart_id, shirt(TX1), extras(S2, V1)) == ChoiceUnavailable()
    await floor.do(lambda transaction: delete_product(transaction, sku="TX1"))
    assert await put(floor, cart_id, shirt(TX1)) == ChoiceUnavailable()


async def test_where_there_is_one_choice_nothing_need_be_said(floor: Floor):
    only = BundleOptionDraft(title="Only", required=True, selections=(SelectionDraft("S1"),))
    await floor.product("ONE", None, type_id="bundle", bundle_options=(only,))
    row = await put(floor, await floor.open(), sku="ONE")
    assert [part.product.sku for part in row.parts] == ["S1"]


async def test_a_dynamic_bundle_costs_what_its_parts_cost(floor: Floor):
    await bundle(floor)
    cart_id = await floor.open()
    row = await put(floor, cart_id, shirt(TX1), extras(S2, V1), qty=3)
    # Extras stand first: their position is lower.
    assert row.sku == "B-S2-V1-TX1"
    assert (row.price, row.row_total) == (scaled("30.49"), scaled("91.47"))
    found = await priced(floor, cart_id)
    (line,) = found.rows
    assert line.totals.price == scaled("30.49")
    assert [part.row_total for part in line.part_totals] == [scaled("46.5"), scaled(15), scaled("29.97")]
    # Only TX1 is taxed: 8.375 % of 29.97.
    assert [part.tax_amount for part in line.part_totals] == [0, 0, scaled("2.51")]
    assert (line.totals.tax_amount, found.totals.tax_amount) == (scaled("2.51"), scaled("2.51"))
    assert found.totals.grand_total == scaled("91.47") + scaled(15) + scaled("2.51")


async def test_a_fixed_bundle_costs_its_price_and_what_the_selections_add(floor: Floor):
    await bundle(floor, price="40", price_type="1", sku_type="1")
    cart_id = await floor.open()
    row = await put(floor, cart_id, shirt(S1), extras(S2), qty=2)
    assert (row.sku, row.price) == ("B", scaled(40 + 2 * 3 + 1))
    other = await put(floor, cart_id, shirt(TX1))
    assert other.price == scaled(44)
    found = await priced(floor, cart_id)
    assert found.totals.subtotal == scaled(2 * 47 + 44)
    assert all(row.part_totals == () for row in found.rows)
    # The bundle's own tax class counts.
    assert found.totals.tax_amount == scaled("11.56")


async def test_only_a_quantity_that_may_be_changed_is_changed(floor: Floor):
    await bundle(floor)
    fixed = await put(floor, await floor.open(), shirt(S1, qty=5 * SCALE))
    assert fixed.parts[0].qty == 2 * SCALE
    await floor.product("C", None, type_id="bundle", bundle_options=bundle_options(can_change_quantity=True))
    cart_id = await floor.open()
    free = await put(floor, cart_id, OptionChoice(3, (5,), 5 * SCALE), sku="C", qty=2)
    assert (free.parts[0].chosen.qty, free.parts[0].qty) == (5 * SCALE, 10 * SCALE)
    none = await put(floor, cart_id, OptionChoice(3, (5,), 0), sku="C")
    assert none.parts[0].chosen.qty == SCALE


async def test_the_same_choices_are_one_row_and_others_are_another(floor: Floor):
    await bundle(floor)
    cart_id = await floor.open()
    first = await put(floor, cart_id, shirt(S1), extras(V1, S2))
    again = await put(floor, cart_id, extras(S2, V1), shirt(S1))
    other = await put(floor, cart_id, shirt(S1))
    assert (again.item.item_id, again.item.qty) == (first.item.item_id, 2 * SCALE)
    assert other.item.item_id != first.item.item_id
    ids = [row.item.item_id for row in (again, other)]
    ids += [part.chosen.item_id for row in (again, other) for part in row.parts]
    assert sorted(ids) == [1, 2, 3, 4, 5, 6]


async def test_choices_can_be_changed_and_rows_that_become_equal_are_joined(floor: Floor):
    await bundle(floor)
    cart_id = await floor.open()
    first = await put(floor, cart_id, shirt(S1), extras(S2))
    other = await put(floor, cart_id, shirt(TX1), qty=2)
    choices = Choices(parts=[shirt(TX1)])
    changed = await floor.on_cart(
        cart_id, update_item, item_id=first.item.item_id, qty=SCALE, choices=choices, now=NOW
    )
    assert (changed.item.item_id, changed.item.qty) == (first.item.item_id, 3 * SCALE)
    found = await priced(floor, cart_id)
    assert [row.item.item_id for row in found.rows] == [first.item.item_id]
    taken = {first.item.item_id, other.item.item_id}
    assert all(part.chosen.item_id not in taken for part in changed.parts)


async def test_stock_is_that_of_the_parts_of_the_whole_cart(floor: Floor):
    await bundle(floor)
    await floor.product("S1", qty=7)
    cart_id = await floor.open()
    assert isinstance(await put(floor, cart_id, shirt(S1), qty=3), CartRow)
    assert await put(floor, cart_id, shirt(S1)) == NotEnough("S1")
    assert await floor.add(cart_id, "S1", 2) == NotEnough("S1")
    assert isinstance(await floor.add(cart_id, "S1", 1), CartRow)
    assert await put(floor, cart_id, shirt(TX1), qty="1.5") == NotDecimal("B")


async def test_a_bundle_that_is_out_of_stock_is_not_sold_whatever_there_is_of_its_parts(floor: Floor):
    await bundle(floor)
    cart_id = await floor.open()
    await put(floor, cart_id, shirt(S1))
    gone = StockChanges(is_in_stock=False)
    await floor.do(lambda transaction: change_stock(transaction, sku="B", changes=gone, now=NOW))
    assert await put(floor, cart_id, shirt(S1)) == OutOfStock("B")


async def test_a_bundle_is_one_parcel_unless_its_parts_are_shipped_separately(floor: Floor):
    for sku, attributes, units, weight in (
        ("TOGETHER", {}, 3, 3 * 3),
        ("APART", {"shipment_type": "1"}, 3 * 3, 3 * 3),
        ("HEAVY", {"weight_type": "1"}, 3, 3 * 7),
    ):
        options = bundle_options()
        await floor.product(
            sku, None, type_id="bundle", weight=scaled(7), attributes=attributes, bundle_options=options
        )
        cart_id = await floor.open()
        ids = {"TOGETHER": 0, "APART": 1, "HEAVY": 2}
        first, base = 1 + 2 * ids[sku], 4 * ids[sku]
        chosen = (OptionChoice(first, (base + 1,)), OptionChoice(first + 1, (base + 3, base + 4)))
        # Two S1, one S2 and a virtual V1, three times.
        await put(floor, cart_id, *chosen, sku=sku, qty=3)
        found = await priced(floor, cart_id)
        assert found.totals.shipping_amount == 5 * units * SCALE, sku
        assert found.weight == weight * SCALE, sku
        assert found.is_virtual is False


async def test_a_bundle_of_virtual_parts_is_not_shipped(floor: Floor):
    only = BundleOptionDraft(title="Only", required=True, selections=(SelectionDraft("V1"),))
    await floor.product("ONE", None, type_id="bundle", bundle_options=(only,))
    cart_id = await floor.open()
    await put(floor, cart_id, sku="ONE")
    found = await priced(floor, cart_id)
    assert (found.is_virtual, found.shipping_rates) == (True, ())


def of_sku(sku: str) -> dict[str, Any]:
    leaf = {
        "condition_type": "Condition\\Product",
        "attribute_name": "sku",
        "operator": "==",
        "value": sku,
    }
    return {"condition_type": "Combine", "aggregator_type": "all", "value": "1", "conditions": [leaf]}


@pytest.mark.parametrize(
    "sku,price_type,discounts",
    [
        ("B", "0", ["1.55", 2]),
        ("S2", "0", ["1.55", 0]),
        ("S1", "0", [0, 2]),
        ("TX2", "0", [0, 0]),
        ("B", "1", ["4.7"]),
        ("S2", "1", ["4.7"]),
        ("TX2", "1", [0]),
    ],
)
async def test_a_rule_for_a_bundle_or_for_a_part_works_on_what_has_the_price(
    floor: Floor, sku, price_type, discounts
):
    await bundle(floor, price="40", price_type=price_type)
    await coupon(
        floor, "SOME", discount_amount=10 * SCALE, simple_action=BY_PERCENT, action_condition=of_sku(sku)
    )
    cart_id = await floor.open()
    await put(floor, cart_id, shirt(S1), extras(S2))
    found = await priced(floor, cart_id, "SOME")
    (row,) = found.rows
    expected = [scaled(amount) for amount in discounts]
    assert [line.discount_amount for line in row.part_totals or (row.totals,)] == expected
    assert found.totals.discount_amount == sum(expected)


async def test_what_belongs_to_a_row_no_more_is_left_out(floor: Floor):
    await bundle(floor)
    cart_id = await floor.open()
    await put(floor, cart_id, shirt(S1))
    await floor.do(lambda transaction: delete_product(transaction, sku="S1"))
    assert (await priced(floor, cart_id)).rows == ()


async def test_a_row_is_not_sold_at_another_price_because_its_product_became_something_else(floor: Floor):
    await bundle(floor)
    cart_id = await floor.open()
    await put(floor, cart_id, shirt(S1))
    await floor.add(cart_id, "S2")
    await floor.product("B", "1", type_id="simple")
    only = BundleOptionDraft(title="Only", selections=(SelectionDraft("V1"),))
    await floor.product("S2", None, type_id="bundle", bundle_options=(only,))
    assert (await priced(floor, cart_id)).rows == ()


async def test_a_cart_has_room_for_so_many_rows_and_parts_are_rows(floor: Floor):
    await bundle(floor)
    cart_id = await floor.open()
    row = await put(floor, cart_id, shirt(S1), extras(S2, V1))
    cart = (await priced(floor, cart_id)).cart
    assert cart.row_count == 4

    async def fill(transaction: Any, cart: Cart) -> Any:
        items = tuple(replace(row.item, item_id=1000 + n, link_ids=(n,)) for n in range(MAX_ROWS // 4 - 1))
        return await CARTS.update(transaction.records, replace(cart, items=(*cart.items, *items)))

    await floor.on_cart(cart_id, fill)
    assert await put(floor, cart_id, shirt(TX1)) == CartFull(MAX_ROWS)
    await floor.on_cart(cart_id, remove_item, item_id=1000, now=NOW)
    assert isinstance(await put(floor, cart_id, shirt(TX1)), CartRow)


async def downloadable(floor: Floor, separately: str) -> None:
    links = tuple(LinkDraft(title=f"Part {n}", price=n * SCALE) for n in (1, 2, 3))
    attributes = {"links_purchased_separately": separately}
    await floor.product("D", "5", type_id="downloadable", attributes=attributes, links=links)


async def take(floor: Floor, cart_id: int, *link_ids: int) -> Any:
    choices = Choices(link_ids=link_ids)
    return await floor.on_cart(cart_id, add_item, sku="D", qty=SCALE, choices=choices, now=NOW)


async def test_links_sold_separately_are_chosen_and_paid_for(floor: Floor):
    await downloadable(floor, "1")
    cart_id = await floor.open()
    assert await take(floor, cart_id) == LinksMissing()
    assert await take(floor, cart_id, 99) == LinksMissing()
    row = await take(floor, cart_id, 3, 1, 99)
    assert (row.item.link_ids, row.price, row.is_virtual) == ((1, 3), scaled(9), True)
    assert (await take(floor, cart_id, 1, 3)).item.qty == 2 * SCALE
    assert (await take(floor, cart_id, 2)).item.qty == SCALE


async def test_links_that_come_together_cost_nothing_extra(floor: Floor):
    await downloadable(floor, "0")
    row = await take(floor, await floor.open())
    assert (row.item.link_ids, row.price) == ((1, 2, 3), scaled(5))

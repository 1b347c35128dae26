"""Products: saving, finding and deleting them, and what configurable ones consist of."""

import asyncio

import pytest

from counterfoil.checkout.catalogue import (
    InvalidValue,
    NegativeNumber,
    NotSupported,
    ProductChanges,
    ProductUnknown,
    SavedProduct,
    SkuTooLong,
    ValueMissing,
    delete_product,
    save_product,
    search_products,
    url_key,
)
from counterfoil.checkout.configurable import (
    OptionDraft,
    VariantLacksValue,
    VariantsEqual,
    VariantUnknown,
    add_child,
    children_of,
)
from counterfoil.checkout.product import find_product, load_products
from counterfoil.domain.money import SCALE
from counterfoil.ledger.searching import Filter, Search, UnknownField
from tests.unit.checkout.floor import NOW, open_floor
from tests.unit.checkout.till import attempt

LATER = "2026-11-21 08:00:00"


@pytest.fixture
async def empty():
    async with open_floor() as floor:
        yield floor


async def save(floor, sku, *, now=NOW, **changes):
    wish = ProductChanges(sku, **changes)
    saved = await attempt(floor, lambda transaction: save_product(transaction, wish, now=now), SavedProduct)
    return saved.product if isinstance(saved, SavedProduct) else saved


async def test_a_new_product_gets_what_adobe_gives_one(empty):
    product = await save(empty, " Café 1 ", name="Café au lait!", price=5 * SCALE)
    assert (product.sku, product.tax_class_id, product.status, product.visibility) == ("Café 1", 2, 1, 4)
    assert product.attributes == {
        "options_container": "container2",
        "msrp_display_actual_price_type": "0",
        "url_key": "cafe-au-lait",
    }
    assert (product.created_at, product.updated_at) == (NOW, NOW)


async def test_a_change_leaves_what_it_does_not_name(empty):
    await save(empty, "A", name="A", price=5 * SCALE, weight=SCALE, attributes={"color": "1"})
    changed = await save(empty, "a", now=LATER, price=6 * SCALE, attributes={"color": "", "meta_title": "T"})
    assert (changed.id, changed.sku, changed.name) == (1, "A", "A")
    assert (changed.price, changed.weight) == (6 * SCALE, SCALE)
    assert (changed.created_at, changed.updated_at) == (NOW, LATER)
    assert "color" not in changed.attributes
    assert changed.attributes["meta_title"] == "T"


async def test_attributes_that_do_not_exist_are_ignored(empty):
    product = await save(empty, "A", name="A", price=SCALE, attributes={"nope": "1", "NOT A CODE": "2"})
    assert not {"nope", "NOT A CODE"} & set(product.attributes)


@pytest.mark.parametrize(
    "changes,refusal",
    [
        ({"sku": "x" * 65}, SkuTooLong(64)),
        ({"sku": "  "}, ValueMissing("SKU")),
        ({"name": " "}, ValueMissing("Product Name")),
        ({"price": None}, ValueMissing("Price")),
        ({"price": -1}, NegativeNumber("price")),
        ({"weight": -1}, NegativeNumber("weight")),
        ({"price": 10**12 * SCALE}, InvalidValue("price", "1000000000000")),
        ({"tax_class_id": 3}, InvalidValue("tax_class_id", "3")),
        ({"attributes": {"special_price": "1"}}, NotSupported("special_price")),
        ({"attributes": {"description": "x" * 65_536}}, InvalidValue("description", "x" * 64)),
    ],
)
async def test_a_product_that_cannot_be_is_refused(empty, changes, refusal):
    wish = ProductChanges(**{"sku": "A", "name": "A", "price": SCALE} | changes)
    refused = await attempt(empty, lambda transaction: save_product(transaction, wish, now=NOW), SavedProduct)
    assert refused == refusal
    async with empty.ledger.reading() as reader:
        assert await search_products(reader.records, Search()) == ([], 0)


async def test_products_made_at_once_never_share_an_id_and_a_sku_is_made_once(empty):
    skus = [f"P{number % 10}" for number in range(30)]
    products = await asyncio.gather(*(save(empty, sku, name=sku, price=SCALE) for sku in skus))
    ids = {product.sku: product.id for product in products}
    assert len(set(ids.values())) == 10
    assert all(ids[product.sku] == product.id for product in products)


async def test_a_deleted_product_is_gone_and_its_id_is_not_given_again(floor):
    doomed = await save(floor, "CONF-RED")
    assert await floor.do(lambda transaction: delete_product(transaction, sku="conf-red")) is None
    refused = await floor.do(lambda transaction: delete_product(transaction, sku="CONF-RED"))
    assert refused == ProductUnknown("CONF-RED")
    again = await save(floor, "CONF-RED", name="again", price=SCALE)
    assert again.id > doomed.id
    async with floor.ledger.reading() as reader:
        parent = await find_product(reader.records, "CONF")
        assert parent is not None
        assert [child.sku for child in await children_of(reader.records, parent)] == ["CONF-BLUE"]
        assert list(await load_products(reader.records, [doomed.id, again.id])) == [again.id]


async def test_a_value_of_a_new_variant_joins_the_option(floor):
    await save(floor, "CONF-GREEN", name="G", price=SCALE, attributes={"color": "9"})
    parent = await floor.do(
        lambda transaction: add_child(transaction, sku="CONF", child_sku="CONF-GREEN", now=NOW)
    )
    assert parent.configurable_options[0].value_indexes == (1, 2, 9)


async def test_variants_that_cannot_be_are_refused(floor):
    options = (OptionDraft(93),)
    red = await save(floor, "CONF-RED")
    twin = await save(floor, "TWIN", name="T", price=SCALE, attributes={"color": "1"})
    plain = await save(floor, "S1")
    wishes = {
        (red.id, twin.id): VariantsEqual(twin.id, red.id),
        (plain.id,): VariantLacksValue(plain.id, "color"),
        (9999,): VariantUnknown(9999),
    }
    for child_ids, refusal in wishes.items():
        wish = {"type_id": "configurable", "options": options, "child_ids": child_ids}
        assert await save(floor, "NEW", name="N", **wish) == refusal
    parent = await save(floor, "CONF")
    assert await save(floor, "CONF", child_ids=(parent.id,)) == VariantUnknown(parent.id)


async def test_options_that_are_sent_again_keep_their_ids(floor):
    before = (await save(floor, "CONF")).configurable_options
    after = (await save(floor, "CONF", options=(OptionDraft(93, "Colour", 5),))).configurable_options
    assert [option.id for option in after] == [option.id for option in before]
    assert (after[0].label, after[0].position) == ("Colour", 5)


async def test_a_product_that_is_no_longer_configurable_has_no_variants(floor):
    product = await save(floor, "CONF", type_id="simple", price=SCALE)
    assert (product.configurable_options, product.child_ids) == ((), ())


async def test_products_are_found_by_field_and_attribute(floor):
    async def skus(*conditions):
        groups = tuple((Filter(*condition),) for condition in conditions)
        async with floor.ledger.reading() as reader:
            found, total_count = await search_products(reader.records, Search(groups=groups))
        assert total_count == len(found)
        return [product.sku for product in found]

    assert await skus(("color", "eq", "1")) == ["CONF-RED"]
    dear = await skus(("price", "gteq", "15.5"), ("type_id", "eq", "simple"))
    assert dear == ["CONF-RED", "CONF-BLUE", "S2"]
    assert await skus(("name", "like", "TX%")) == ["TX1", "TX2"]
    with pytest.raises(UnknownField):
        await skus(("nope", "eq", "1"))


@pytest.mark.parametrize("text,key", [("Ärger & Co.", "arger-co"), ("日本", ""), ("--A--", "a")])
def test_a_url_key_is_plain(text, key):
    assert url_key(text) == key

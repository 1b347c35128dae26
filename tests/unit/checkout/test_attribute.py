"""Product attributes and their options."""

import asyncio

import pytest

from counterfoil.checkout.attribute import (
    AttributeOption,
    find_attribute,
    get_attribute,
    option_labels,
    options_of,
)
from counterfoil.checkout.define_attribute import (
    AttributeChanges,
    AttributeUnknown,
    CodeTaken,
    DefinedAttribute,
    OptionChange,
    OptionLabelTaken,
    OptionUnknown,
    add_option,
    assign_attribute,
    create_attribute,
    update_attribute,
)
from tests.unit.checkout.floor import COLOR, open_floor
from tests.unit.checkout.till import attempt


@pytest.fixture
async def floor():
    async with open_floor() as opened:
        yield opened


def size(*labels: str, code: str | None = "size", **more) -> AttributeChanges:
    return AttributeChanges(
        attribute_code=code,
        frontend_input="select",
        default_frontend_label="Size & Fit",
        options=tuple(OptionChange(label) for label in labels),
        **more,
    )


async def create(floor, changes):
    return await attempt(floor, lambda transaction: create_attribute(transaction, changes), DefinedAttribute)


async def add(floor, change):
    return await attempt(floor, lambda transaction: add_option(transaction, "color", change), AttributeOption)


async def test_a_fresh_shop_knows_color_by_its_usual_id(floor):
    async with floor.ledger.reading() as reader:
        color = await find_attribute(reader.records, "color")
        assert color is not None
        assert color == await get_attribute(reader.records, COLOR)
        assert (color.attribute_id, color.has_options) == (COLOR, True)
        assert await options_of(reader.records, color) == []


async def test_an_attribute_without_a_code_gets_one_of_its_label(floor):
    assert (await create(floor, size(code=None))).attribute.attribute_code == "size_fit"


async def test_attributes_and_options_made_at_once_never_share_an_id(floor):
    made = await asyncio.gather(*(create(floor, size("S", "M", code=f"size_{n}")) for n in range(8)))
    assert len({defined.attribute.attribute_id for defined in made}) == 8
    assert len({option.id for defined in made for option in defined.options}) == 16
    again = await create(floor, size(code="size_1"))
    assert again == CodeTaken("size_1")


async def test_a_label_that_is_added_twice_at_once_is_one_option(floor):
    results = await asyncio.gather(*(add(floor, OptionChange("Red")) for _ in range(5)))
    assert sum(result == OptionLabelTaken("Red") for result in results) == 4


async def test_options_are_shown_in_their_order_and_named_by_their_ids(floor):
    for label, order in (("B", 2), ("A", 1), ("C", 3)):
        await add(floor, OptionChange(label, sort_order=order))
    async with floor.ledger.reading() as reader:
        color = await find_attribute(reader.records, "color")
        assert color is not None
        assert [option.label for option in await options_of(reader.records, color)] == ["A", "B", "C"]
        assert await option_labels(reader.records, [1, 3, 9]) == {1: "B", 3: "C"}


async def test_options_are_renamed_by_id_and_not_by_accident(floor):
    await create(floor, size("S", "M"))

    async def change(*options):
        wish = AttributeChanges(options=options)
        return await attempt(
            floor, lambda transaction: update_attribute(transaction, "size", wish), DefinedAttribute
        )

    renamed = await change(OptionChange(" ", None), OptionChange("Small", 1), OptionChange("m", 2))
    assert [option.label for option in renamed.options] == ["Small", "m"]
    assert await change(OptionChange("Small", 2)) == OptionLabelTaken("Small")
    assert await change(OptionChange("X", 77)) == OptionUnknown("size", 77)


async def test_an_attribute_has_one_place_in_the_set(floor):
    async def assign(code, group):
        return await floor.do(
            lambda transaction: assign_attribute(
                transaction, code=code, attribute_set_id=4, attribute_group_id=group, sort_order=0
            )
        )

    assert await assign("color", 7) == await assign("color", 8)
    assert await assign("nope", 7) == AttributeUnknown("nope")

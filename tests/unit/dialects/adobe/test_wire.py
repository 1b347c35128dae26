"""Casts and their errors, as Magento's input processor makes them (contract adobe §2.2)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.dialects.adobe.errors import AdobeError
from counterfoil.dialects.adobe.wire import (
    BOOL,
    FLOAT,
    INT,
    MAX_LIST,
    MIXED,
    STRING,
    DataObject,
    ListOf,
    Param,
    arguments,
    camel_case,
    scaled,
)

ITEM = DataObject("Item", {"order_item_id": INT, "qty": FLOAT, "names": ListOf(STRING)}, read_only=("total",))
CART_ITEM = DataObject("CartItem", {"sku": STRING, "inner": ITEM}, required=("sku",))
WRONG = 'The "{}" value\'s type is invalid. The "{}" type was expected. Verify and try again.'


def cast(kind, value):
    return arguments((Param("value", kind, required=False),), {"value": value})["value"]


def refused(kind, value) -> AdobeError:
    with pytest.raises(AdobeError) as caught:
        cast(kind, value)
    assert caught.value.status == 400
    return caught.value


@pytest.mark.parametrize(
    "kind, sent, found",
    [
        (INT, 7, 7),
        (INT, "7", 7),
        (INT, " 7", 7),
        (INT, "1.7", 1),
        (INT, Decimal("1.7"), 1),
        (INT, "-1.7", -1),
        (INT, "1e3", 1000),
        (INT, "0268", 268),
        (FLOAT, 1, 1),
        (FLOAT, "1.50", Decimal("1.50")),
        (FLOAT, Decimal("0.0001"), Decimal("0.0001")),
        (FLOAT, ".5", Decimal("0.5")),
        (BOOL, True, True),
        (BOOL, "yes", True),
        (BOOL, "ON", True),
        (BOOL, 1, True),
        (BOOL, "true", True),
        (BOOL, "no", False),
        (BOOL, 2, False),
        (BOOL, "abc", False),
        (STRING, "a", "a"),
        (STRING, 5, "5"),
        (STRING, Decimal("1.50"), "1.5"),
        (STRING, True, "1"),
        (STRING, False, ""),
        (MIXED, {"a": [1]}, {"a": [1]}),
        (ListOf(STRING), ["a", 5, None], ["a", "5", ""]),
        (ListOf(INT), {"0": "1", "x": 2}, [1, 2]),
    ],
)
def test_values_are_cast_as_leniently_as_there(kind, sent, found):
    assert cast(kind, sent) == found
    assert type(cast(kind, sent)) is type(found)


@pytest.mark.parametrize(
    "kind, sent, message",
    [
        (INT, "abc", WRONG.format("abc", "int")),
        (INT, "", WRONG.format("", "int")),
        (INT, True, WRONG.format("1", "int")),
        (INT, [1], WRONG.format("array", "int")),
        (INT, 2**63, WRONG.format(2**63, "int")),
        (INT, "1e999999999999", WRONG.format("1e999999999999", "int")),
        (FLOAT, "abc", WRONG.format("abc", "float")),
        (FLOAT, "0x1A", WRONG.format("0x1A", "float")),
        (FLOAT, "NaN", WRONG.format("NaN", "float")),
        (FLOAT, 10**16, WRONG.format(10**16, "float")),
        (FLOAT, {"a": 1}, WRONG.format("array", "float")),
        (BOOL, [], WRONG.format("array", "bool")),
        (STRING, {}, WRONG.format("array", "string")),
        (ListOf(STRING), "abc", WRONG.format("abc", "string[]")),
        (ListOf(ITEM), "abc", WRONG.format("abc", "Item[]")),
        (ITEM, {"qty": "abc"}, 'Error occurred during "qty" processing. ' + WRONG.format("abc", "float")),
        (
            CART_ITEM,
            {"inner": {"orderItemId": "x"}},
            'Error occurred during "inner" processing. Error occurred during "orderItemId" processing. '
            + WRONG.format("x", "int"),
        ),
    ],
)
def test_what_cannot_be_cast_is_refused_with_the_rendered_text(kind, sent, message):
    error = refused(kind, sent)
    assert error.message == message
    assert error.parameters is None


def test_a_long_value_is_shown_in_part():
    assert len(refused(INT, "x" * 100_000).message) < 400


def test_object_keys_may_be_written_in_either_way():
    sent = [{"order_item_id": 1, "qty": 2}, {"orderItemId": "1", "qty": "2"}]
    assert cast(ListOf(ITEM), sent) == [{"order_item_id": 1, "qty": 2}] * 2


def test_only_sent_keys_are_there_and_null_stays_null():
    assert cast(ITEM, {"qty": None}) == {"qty": None}


def test_what_is_no_object_counts_as_an_empty_one():
    assert cast(ITEM, "abc") == {}
    assert cast(ListOf(ITEM), {"order_item_id": 23, "qty": 1}) == [{}, {}]


@pytest.mark.parametrize(
    "sent, name", [({"foo": 1}, "Foo"), ({"foo_bar": 1}, "FooBar"), ({"fooBar": None}, "FooBar"), ([1], "0")]
)
def test_an_unknown_key_inside_an_object_is_refused_by_its_capitalised_name(sent, name):
    error = refused(ITEM, sent)
    assert error.message == '"%fieldName" is not supported. Correct the field name and try again.'
    assert error.parameters == {"fieldName": name}


def test_a_read_only_key_is_ignored_while_it_is_empty():
    assert cast(ITEM, {"total": 0}) == {}
    assert refused(ITEM, {"total": 1}).parameters == {"fieldName": "Total"}


def test_an_unknown_key_at_the_top_is_ignored():
    assert arguments((Param("qty", FLOAT),), {"qty": 1, "foo": 2}) == {"qty": 1}


def test_one_missing_argument_has_the_single_form():
    with pytest.raises(AdobeError) as caught:
        arguments((Param("search_criteria", MIXED),), {"searchCriteria": None})
    assert caught.value.body() == {
        "message": '"%fieldName" is required. Enter and try again.',
        "parameters": {"fieldName": "searchCriteria"},
    }


def test_several_missing_arguments_have_the_aggregate_form():
    with pytest.raises(AdobeError) as caught:
        arguments((Param("username", STRING), Param("password", STRING)), {})
    body = caught.value.body()
    assert body["message"] == "One or more input exceptions have occurred."
    assert [error["parameters"] for error in body["errors"]] == [
        {"fieldName": "username"},
        {"fieldName": "password"},
    ]
    assert "parameters" not in body


def test_a_required_key_of_an_object_is_missed():
    assert refused(CART_ITEM, {"sku": None}).parameters == {"fieldName": "sku"}


def test_camel_case_wins_over_snake_case_at_the_top():
    params = (Param("append_comment", BOOL),)
    assert arguments(params, {"appendComment": True, "append_comment": False})["append_comment"] is True
    assert arguments(params, {"append_comment": True})["append_comment"] is True


def test_a_default_stands_for_what_was_not_sent():
    assert arguments((Param("items", MIXED, required=False, default=()),), {}) == {"items": ()}


def test_a_list_without_end_is_refused():
    assert cast(ListOf(INT), [1] * MAX_LIST) == [1] * MAX_LIST
    error = refused(ListOf(INT), [1] * (MAX_LIST + 1))
    assert error.parameters == {"type": "int", "max": MAX_LIST}


@pytest.mark.parametrize("name, camel", [("sku", "sku"), ("cart_item", "cartItem"), ("quote_id", "quoteId")])
def test_wire_names_are_camel_case(name, camel):
    assert camel_case(name) == camel


@pytest.mark.parametrize(
    "value, integer",
    [
        (1, 10_000),
        (Decimal("1.5"), 15_000),
        (Decimal("0.00005"), 1),
        (Decimal("-0.00005"), -1),
        (Decimal("1E+3"), 10**7),
    ],
)
def test_numbers_are_scaled_half_away_from_zero(value, integer):
    assert scaled(value) == integer


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.sampled_from([INT, FLOAT, BOOL, STRING, ITEM, CART_ITEM, ListOf(INT), ListOf(ITEM)]))
def test_anything_is_cast_or_refused_and_numbers_fit(value, kind):
    try:
        found = cast(kind, value)
    except AdobeError:
        return
    if kind is INT and found is not None:
        assert -(2**63) <= found < 2**63
    if kind is FLOAT and found is not None:
        assert abs(scaled(found)) <= 10**20

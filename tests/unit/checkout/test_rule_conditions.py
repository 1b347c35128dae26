"""When a price rule holds: what is not known never does."""

from decimal import Decimal
from typing import Any

import pytest

from counterfoil.checkout.rule_conditions import Facts, holds, rows_of

BASE = "Magento\\SalesRule\\Model\\Rule\\Condition\\"
CART: Facts = {"base_subtotal": Decimal(50), "country_id": "US", "region_id": None, "total_qty": Decimal(3)}
ROWS: list[Facts] = [
    {"sku": "S1", "quote_item_qty": Decimal(1)},
    {"sku": "S2", "quote_item_qty": Decimal(2)},
]


def leaf(kind: str, attribute: str, operator: str, value: Any) -> dict:
    return {
        "condition_type": BASE + kind,
        "attribute_name": attribute,
        "operator": operator,
        "value": value,
    }


def combine(*conditions: Any, kind: str = "Combine", aggregator: str = "all", value: Any = True) -> dict:
    return {
        "condition_type": BASE + kind,
        "aggregator_type": aggregator,
        "operator": None,
        "value": value,
        "conditions": list(conditions),
    }


def cart(attribute: str, operator: str, value: Any) -> bool:
    return holds(combine(leaf("Address", attribute, operator, value)), CART, ROWS)


@pytest.mark.parametrize("nothing", [{}, combine(), {"condition_type": BASE + "Combine", "value": True}])
def test_a_rule_without_conditions_always_holds_and_for_every_row(nothing):
    assert holds(nothing, CART, ROWS)
    assert rows_of(nothing, ROWS) == {0, 1}


@pytest.mark.parametrize(
    "attribute, operator, value, expected",
    [
        ("base_subtotal", ">=", "50", True),
        ("base_subtotal", ">", "50", False),
        ("base_subtotal", "<", "50.01", True),
        ("base_subtotal", "<=", 49, False),
        ("base_subtotal", "==", "50.00", True),
        ("base_subtotal", "!=", "50", False),
        ("country_id", "()", "DE, US", True),
        ("country_id", "!()", ["DE", "FR"], True),
        ("country_id", "{}", "u", True),
        ("country_id", "!{}", "u", False),
        ("region_id", "==", "43", False),
    ],
)
def test_facts_of_the_cart_are_compared(attribute, operator, value, expected):
    assert cart(attribute, operator, value) is expected


@pytest.mark.parametrize(
    "condition",
    [
        leaf("Address", "moon_phase", "==", "full"),
        leaf("Address", "base_subtotal", "~", "1"),
        leaf("Address", "base_subtotal", ">", "many"),
        leaf("Address", "base_subtotal", ">", "NaN"),
        leaf("Customer\\Segment", "segment", "==", "1"),
        {"condition_type": BASE + "Combine", "conditions": "broken"},
        {"condition_type": BASE + "Combine", "conditions": [1]},
    ],
)
def test_what_is_not_known_never_holds(condition):
    assert not holds(combine(condition, aggregator="any"), CART, ROWS)
    assert rows_of(combine(condition, kind="Product\\Combine"), ROWS) == frozenset()


def test_conditions_are_combined():
    yes, no = leaf("Address", "total_qty", "==", 3), leaf("Address", "total_qty", "==", 4)
    assert holds(combine(yes, no, aggregator="any"), CART, ROWS)
    assert not holds(combine(yes, no), CART, ROWS)
    assert holds(combine(no, no, value="0"), CART, ROWS)
    assert not holds(combine(yes, no, value=False), CART, ROWS)


def test_a_product_can_be_looked_for_in_the_cart():
    found = combine(leaf("Product", "sku", "==", "s1"), kind="Product\\Found", value="1")
    missing = combine(leaf("Product", "sku", "==", "S9"), kind="Product\\Found", value="1")
    assert holds(combine(found), CART, ROWS)
    assert not holds(combine(missing), CART, ROWS)
    assert holds(combine({**missing, "value": "0"}), CART, ROWS)


def test_a_rule_works_on_the_rows_that_it_names():
    two = combine(leaf("Product", "quote_item_qty", ">=", "2"), kind="Product\\Combine")
    assert rows_of(two, ROWS) == {1}

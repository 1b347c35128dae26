"""Cents in and out: whole numbers or their digits, never decimals (contract vtex §1)."""

from decimal import Decimal

import pytest

from counterfoil.dialects.vtex import money
from counterfoil.dialects.vtex.errors import VtexError


@pytest.mark.parametrize("value", [2499, "2499", " 2499 ", "+2499", "002499"])
def test_cents_are_a_number_or_its_digits(value):
    assert money.scaled(value, "invoiceValue") == 249_900
    assert money.cents(249_900) == 2499


@pytest.mark.parametrize(
    "value",
    [None, True, "", "24.99", Decimal("24.99"), Decimal("2499.0"), "24,99", "x", [], {}, -1, "-1", "٣",
     10**14 + 1, 2**63, "9" * 400],
)  # fmt: skip
def test_anything_else_is_refused_with_the_name_of_the_field(value):
    with pytest.raises(VtexError) as caught:
        money.scaled(value, "invoiceValue")
    assert caught.value.status == 400
    assert list(caught.value.fields or {}) == ["InvoiceValue"]


def test_the_least_that_can_be_meant():
    with pytest.raises(VtexError):
        money.scaled(0, "invoiceValue", least=1)
    with pytest.raises(VtexError):
        money.quantity(0, "quantity")
    assert money.quantity("3", "quantity") == 30_000
    assert money.scaled(-5, "value", least=-10) == -500


def test_units_are_whole_where_they_can_be():
    assert money.units(30_000) == 3
    assert money.units(15_000) == Decimal("1.5")

import pytest

from counterfoil.domain.change_address import (
    AddressChanged,
    AddressUnknown,
    ChangeAddress,
    NothingToChange,
)
from tests.drafts import draft, row
from tests.unit.domain.given import NOW, placed, when


@pytest.fixture
def order():
    return placed(draft(row("A", 1000, 2)))


@pytest.mark.parametrize("name, other", [("billing", "shipping"), ("shipping", "billing")])
def test_one_address_gets_its_new_fields_and_keeps_the_others(order, name, other):
    before = order.particulars
    address_id = getattr(before, f"{name}_address").entity_id
    changed, event = when(order, ChangeAddress(address_id, {"city": "Utica", "street": ("1 Main St", "2nd")}))
    assert event == AddressChanged(address_id, {"city": "Utica", "street": ("1 Main St", "2nd")}, NOW)
    address = getattr(changed.particulars, f"{name}_address")
    assert (address.city, address.street) == ("Utica", ("1 Main St", "2nd"))
    assert address.lastname == getattr(before, f"{name}_address").lastname
    assert getattr(changed.particulars, f"{other}_address") == getattr(before, f"{other}_address")
    assert changed.version == order.version + 1


def test_only_what_differs_is_in_the_event(order):
    city = order.particulars.billing_address.city
    _, event = when(order, ChangeAddress(order.billing_address_id, {"city": city, "postcode": "10001"}))
    assert event.fields == {"postcode": "10001"}


def test_an_address_that_is_so_already_is_not_written(order):
    city = order.particulars.billing_address.city
    command = ChangeAddress(order.billing_address_id, {"city": city})
    assert when(order, command) == (order, NothingToChange())


def test_an_address_of_another_order_is_unknown(order):
    assert when(order, ChangeAddress(999, {"city": "Utica"})) == (order, AddressUnknown(999))

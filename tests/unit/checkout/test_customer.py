"""Customers: making and changing accounts, and the places their addresses are in."""

import asyncio

import pytest
from msgspec.structs import replace

from counterfoil.checkout.customer import addresses_of, find_customer
from counterfoil.checkout.directory import COUNTRIES, REGIONS, find_region
from counterfoil.checkout.register_customer import (
    AddressChanges,
    AddressIncomplete,
    AddressUnknown,
    CustomerChanges,
    CustomerInvalid,
    CustomerUnknown,
    EmailInvalid,
    EmailTaken,
    PasswordTooSimple,
    SavedCustomer,
    change_customer,
    register,
    unfit_address,
    unfit_password,
)
from tests.unit.checkout.floor import NOW, open_floor
from tests.unit.checkout.till import attempt

PERSON = CustomerChanges(email=" Ann@Example.com ", firstname="Ann", lastname="Lee", password_hash="hash")
HOME = AddressChanges(
    firstname="Ann",
    lastname="Lee",
    street=("1 Way",),
    city="Rye",
    postcode="10580",
    telephone="1",
    country_id="US",
    region_code="ny",
)


@pytest.fixture
async def floor():
    async with open_floor() as opened:
        yield opened


async def make(floor, changes=PERSON):
    return await attempt(
        floor, lambda transaction: register(transaction, changes, store_id=1, now=NOW), SavedCustomer
    )


async def change(floor, customer_id, **changes):
    wish = CustomerChanges(**changes)
    return await attempt(
        floor,
        lambda transaction: change_customer(transaction, customer_id, wish, now=NOW),
        SavedCustomer,
    )


async def test_an_account_is_found_by_its_address_in_any_case(floor):
    made = (await make(floor)).customer
    assert (made.email, made.group_id, made.tax_class_id) == ("Ann@Example.com", 1, 3)
    async with floor.ledger.reading() as reader:
        assert await find_customer(reader.records, "ANN@example.com ") == made


async def test_of_two_who_register_the_same_address_at_once_one_gets_it(floor):
    results = await asyncio.gather(*(make(floor) for _ in range(4)))
    assert sum(result == EmailTaken() for result in results) == 3


async def test_a_change_leaves_what_it_does_not_name(floor):
    made = (await make(floor)).customer
    changed = (await change(floor, made.id, firstname="Anne")).customer
    assert (changed.firstname, changed.lastname, changed.password_hash) == ("Anne", "Lee", "hash")
    assert await change(floor, 77, firstname="X") == CustomerUnknown(77)
    assert await change(floor, made.id, email="nonsense") == EmailInvalid()


async def test_an_address_is_put_into_its_region(floor):
    made = await make(floor)
    saved = await change(floor, made.customer.id, addresses=(HOME,))
    (address,) = saved.addresses
    assert (address.region_id, address.region_code, address.region) == (43, "NY", "New York")
    async with floor.ledger.reading() as reader:
        assert await addresses_of(reader.records, made.customer.id) == [address]


async def test_two_customers_never_share_an_address(floor):
    ann = (await make(floor)).customer
    bob = (await make(floor, CustomerChanges(email="bob@b.c", firstname="B", lastname="B"))).customer
    of_ann = (await change(floor, ann.id, addresses=(HOME,))).addresses[0]
    stolen = replace(HOME, address_id=of_ann.id)
    assert await change(floor, bob.id, addresses=(stolen,)) == AddressUnknown(of_ann.id)
    assert (await change(floor, bob.id, addresses=(HOME,))).addresses[0].id != of_ann.id


@pytest.mark.parametrize(
    "email,is_good",
    [
        ("a@b.c", True),
        ("a.b+c@d-e.co.uk", True),
        ("a@localhost", True),
        ("a@@b.c", False),
        ("a b@c.d", False),
        ("a@b..c", False),
        ("@b.c", False),
    ],
)
async def test_an_email_address_looks_like_one(floor, email, is_good):
    made = await make(floor, CustomerChanges(email=email, firstname="A", lastname="B"))
    assert hasattr(made, "customer") is is_good


@pytest.mark.parametrize(
    "changes,refusal",
    [
        ({"street": (), "city": " "}, AddressIncomplete(("street", "city"))),
        ({"postcode": None}, AddressIncomplete(("postcode",))),
        ({"postcode": None, "country_id": "IE"}, None),
        ({"country_id": "ZZ"}, CustomerInvalid("countryId", "ZZ")),
        ({"company": "x" * 256}, CustomerInvalid("company", "x" * 255)),
        ({"street": ("x",) * 21}, CustomerInvalid("street", "x")),
        ({}, None),
    ],
)
def test_an_address_is_complete(changes, refusal):
    assert unfit_address(replace(HOME, **changes)) == refusal


@pytest.mark.parametrize(
    "password,is_good", [("Secret-123", True), ("secret-123", True), ("secret123", False)]
)
def test_a_password_has_several_kinds_of_characters(password, is_good):
    assert unfit_password(password) == (None if is_good else PasswordTooSimple(3))


def test_regions_have_the_ids_that_clients_send():
    assert len(COUNTRIES) == 250
    assert {43: "NY", 12: "CA", 57: "TX", 65: "WY", 66: "AB", 78: "YT"}.items() <= {
        region_id: region.code for region_id, region in REGIONS.items()
    }.items()
    assert find_region("US", region_id=66) is None
    assert find_region("US", region_id=66, name="new york") == REGIONS[43]
    assert find_region("DE", name="Bayern") is None

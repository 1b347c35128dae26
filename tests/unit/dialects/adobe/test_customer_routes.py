"""Customers, from request to answer."""

import pytest

from tests.unit.dialects.adobe.recorded import exchange
from tests.unit.dialects.adobe.shopkeeper import REST, open_client, shape, signed_in


@pytest.fixture
async def client(ledger):
    return await open_client(ledger)


PASSWORD = "Secret-123"
PERSON = {"email": "cust@example.com", "firstname": "Cus", "lastname": "Tomer"}
ADDRESS = {
    "firstname": "Cus",
    "lastname": "Tomer",
    "street": ["1 Way"],
    "city": "Purchase",
    "postcode": "10577",
    "telephone": "1",
    "countryId": "US",
    "region": {"region": "New York"},
    "default_billing": True,
}


async def register(client, **more):
    return await client.post(
        f"{REST}/customers", {"customer": PERSON | more, "password": PASSWORD}, token=None
    )


async def test_customers_have_the_recorded_shape(client):
    made = (await register(client)).json
    recorded = exchange(134)["response"]["body"]
    times = {"created_at": "", "updated_at": ""}
    assert made | times == recorded | times
    with signed_in(1) as me:
        found = (await client.get(f"{REST}/customers/me", token=me)).json
    assert shape(found) == shape(exchange(137)["response"]["body"])


async def test_customers_keep_their_own_address_book(client):
    await register(client)
    with signed_in(1) as me:

        async def change(addresses):
            body = {"customer": {"addresses": addresses}}
            return await client.ask("PUT", f"{REST}/customers/me", body, token=me)

        moved = (await change([ADDRESS, ADDRESS | {"city": "Rye", "default_billing": False}])).json
        assert moved["default_billing"] == "1"
        assert moved["addresses"][0]["region"] == {"region_code": "NY", "region": "New York", "region_id": 43}
        assert [address["id"] for address in moved["addresses"]] == [1, 2]
        kept = (await change([moved["addresses"][1] | {"default_billing": True}])).json
        assert [address["id"] for address in kept["addresses"]] == [2]
        assert kept["default_billing"] == "2"
        assert (await change([ADDRESS | {"id": 1}])).status == 404
        gone = (await change([])).json
    assert gone["addresses"] == []
    assert "default_billing" not in gone


async def test_only_the_shop_puts_customers_into_other_groups(client):
    await register(client)
    grouped = {"customer": {"group_id": 2}}
    with signed_in(1) as me:
        assert (await client.ask("PUT", f"{REST}/customers/me", grouped, token=me)).status == 401
    assert (await client.ask("PUT", f"{REST}/customers/1", grouped)).json["group_id"] == 2
    nowhere = {"customer": {"group_id": 9}}
    assert (await client.ask("PUT", f"{REST}/customers/1", nowhere)).status == 400


@pytest.mark.parametrize(
    "customer,password,message",
    [
        ({**PERSON, "email": None}, PASSWORD, "The customer email is missing. Enter and try again."),
        ({**PERSON, "email": "invalid"}, PASSWORD, '"Email" is not a valid email address.'),
        ({"email": "a@b.c"}, PASSWORD, '"First Name" is a required value.\n"Last Name" is a required value.'),
        (PERSON, "short", "The password needs at least %1 characters. Create a new password and try again."),
        (PERSON, "onlyletters", "Minimum of different classes of characters in password is %1."),
        (PERSON, " Secret-123", "The password can't begin or end with a space."),
        (PERSON, "Aa1" * 100, "Please enter a password with at most %1 characters."),
        ({**PERSON, "addresses": [{"city": "X"}]}, PASSWORD, "One or more input exceptions have occurred."),
        ({**PERSON, "group_id": 3}, PASSWORD, "The consumer isn't authorized to access %resources."),
    ],
)
async def test_a_customer_that_cannot_be_is_refused(client, customer, password, message):
    answer = await client.post(f"{REST}/customers", {"customer": customer, "password": password}, token=None)
    assert answer.status in {400, 401}
    assert answer.message.startswith(message)
    assert (await client.get(f"{REST}/customers/search?searchCriteria")).json["total_count"] == 0


async def test_an_email_address_is_one_customer(client):
    await register(client)
    again = await client.post(f"{REST}/customers", {"customer": {**PERSON, "email": "CUST@example.com"}})
    assert again.message == "A customer with the same email address already exists in an associated website."
    # An id in the body does not reach another account.
    other = await client.post(f"{REST}/customers", {"customer": {**PERSON, "email": "b@b.c", "id": 1}})
    assert other.json["id"] == 2
    clash = await client.ask("PUT", f"{REST}/customers/2", {"customer": {"email": "cust@example.com"}})
    assert clash.status == 400
    found = await client.get(f"{REST}/customers/search?searchCriteria")
    assert [entry["id"] for entry in found.json["items"]] == [1, 2]
    assert "password" not in found.content.decode()
    assert (await client.get(f"{REST}/customers/9")).status == 404
    assert (await client.get(f"{REST}/customerGroups/1")).json["code"] == "General"

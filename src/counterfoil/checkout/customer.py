"""Customers and their addresses: nouns and look-ups.

One e-mail address is one customer, whatever its case. Addresses are documents of their own, so that two
customers' addresses never share an id.
"""

from msgspec import Struct

from counterfoil.checkout.kind import Document, Kind
from counterfoil.checkout.tax import RETAIL_CUSTOMER
from counterfoil.ledger.ports import Records

NOT_LOGGED_IN = 0
GENERAL = 1
"""The customer group of a new customer."""


class CustomerGroup(Struct, frozen=True):
    """A group of customers who are taxed and given discounts alike."""

    id: int
    code: str
    tax_class_id: int = RETAIL_CUSTOMER


GROUPS = {
    group.id: group
    for group in (
        CustomerGroup(NOT_LOGGED_IN, "NOT LOGGED IN"),
        CustomerGroup(GENERAL, "General"),
        CustomerGroup(2, "Wholesale"),
        CustomerGroup(3, "Retailer"),
    )
}
"""The groups that every shop has (contract adobe §3.3)."""


class CustomerAddress(Document, frozen=True, kw_only=True):
    """An entry of a customer's address book."""

    customer_id: int
    firstname: str
    lastname: str
    street: tuple[str, ...]
    city: str
    country_id: str
    telephone: str
    postcode: str | None = None
    region: str | None = None
    region_code: str | None = None
    region_id: int | None = None
    middlename: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    company: str | None = None
    fax: str | None = None
    vat_id: str | None = None


class Customer(Document, frozen=True, kw_only=True):
    """A customer. ``password_hash`` is None as long as no password has been set."""

    email: str
    firstname: str
    lastname: str
    middlename: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    dob: str | None = None
    gender: int | None = None
    taxvat: str | None = None
    group_id: int = GENERAL
    store_id: int = 1
    website_id: int = 1
    created_in: str = "Default Store View"
    default_billing: int | None = None
    default_shipping: int | None = None
    disable_auto_group_change: int = 0
    is_subscribed: bool = False
    password_hash: str | None = None
    created_at: str = ""
    updated_at: str = ""

    @property
    def tax_class_id(self) -> int:
        """The tax class of the customer's group."""
        return GROUPS[self.group_id].tax_class_id


def name_of_email(email: str) -> str:
    """Return the unique name under which the customer with this e-mail address is stored."""
    return email.strip().casefold()


CUSTOMERS = Kind("customer", Customer, name_of=lambda customer: name_of_email(customer.email))
ADDRESSES = Kind("customer_address", CustomerAddress, owner_of=lambda address: str(address.customer_id))

ADDRESS_LIMIT = 1000
"""The most addresses that a customer may keep."""


async def find_customer(records: Records, email: str, *, lock: bool = False) -> Customer | None:
    """Return the customer with this e-mail address, or None."""
    return await CUSTOMERS.named(records, name_of_email(email), lock=lock)


async def get_customer(records: Records, customer_id: int, *, lock: bool = False) -> Customer | None:
    """Return the customer of that id, or None."""
    return await CUSTOMERS.get(records, customer_id, lock=lock)


async def addresses_of(records: Records, customer_id: int) -> list[CustomerAddress]:
    """Return the customer's address book, oldest entry first."""
    return await ADDRESSES.owned(records, str(customer_id), limit=ADDRESS_LIMIT)

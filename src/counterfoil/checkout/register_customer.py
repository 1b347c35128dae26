"""The verbs of customers: make an account, change it, find accounts (contract adobe §3.3).

Passwords come in as hashes; whether one may be chosen is told by `unfit_password`.
"""

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.customer import (
    ADDRESS_LIMIT,
    ADDRESSES,
    CUSTOMERS,
    GROUPS,
    NOT_LOGGED_IN,
    Customer,
    CustomerAddress,
    addresses_of,
    find_customer,
    get_customer,
)
from counterfoil.checkout.directory import COUNTRIES, find_region
from counterfoil.ledger.ports import NameTaken, Records, Transaction
from counterfoil.ledger.searching import Search

MIN_PASSWORD = 8
MAX_PASSWORD = 256
MIN_CLASSES = 3
"""How many of lower case, upper case, digits and other characters a password must have."""

MAX_TEXT = 255
MAX_STREET_LINES = 20
WITHOUT_POSTCODE = frozenset({"HK", "IE", "MO", "PA"})
"""Countries whose addresses may come without a postcode."""

EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]+@[^@\s\"(),:;<>\[\]\\.]+(\.[^@\s\"(),:;<>\[\]\\.]+)*")
_CLASSES = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]"), re.compile("[^a-zA-Z0-9]"))

FIELDS = {
    "entity_id": "id",
    "email": "email:text",
    "firstname": "firstname:text",
    "lastname": "lastname:text",
    "middlename": "middlename:text",
    "group_id": "group_id:integer",
    "store_id": "store_id:integer",
    "website_id": "website_id:integer",
    "dob": "dob:text",
    "gender": "gender:integer",
    "taxvat": "taxvat:text",
    "created_at": "created_at:time",
    "updated_at": "updated_at:time",
}
"""What customers can be searched by."""


def is_email_address(text: str) -> bool:
    """Whether mail could be sent to ``text``. Line ends and spaces, which could forge a header, are out."""
    return len(text) <= MAX_TEXT and EMAIL.fullmatch(text) is not None


class AddressChanges(Struct, frozen=True):
    """An address as it was sent. With ``address_id`` it replaces that one, else it is new."""

    address_id: int | None = None
    firstname: str | None = None
    lastname: str | None = None
    street: tuple[str, ...] = ()
    city: str | None = None
    country_id: str | None = None
    telephone: str | None = None
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
    default_billing: bool | None = None
    default_shipping: bool | None = None


class CustomerChanges(Struct, frozen=True):
    """What a request says about a customer. None: nothing was said.

    ``addresses`` are the whole address book: entries that it does not name are removed.
    """

    email: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    middlename: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    dob: str | None = None
    gender: int | None = None
    taxvat: str | None = None
    group_id: int | None = None
    disable_auto_group_change: int | None = None
    is_subscribed: bool | None = None
    password_hash: str | None = None
    addresses: tuple[AddressChanges, ...] | None = None


class EmailMissing(Struct, frozen=True):
    """Refusal: a customer must have an e-mail address."""


class EmailInvalid(Struct, frozen=True):
    """Refusal: this is not an e-mail address."""


class NamesMissing(Struct, frozen=True):
    """Refusal: a customer must have these names, called as people read them."""

    labels: tuple[str, ...]


class EmailTaken(Struct, frozen=True):
    """Refusal: there is a customer with this e-mail address already."""


class CustomerInvalid(Struct, frozen=True):
    """Refusal: a field of a customer or an address cannot have this value."""

    field: str
    value: str


class AddressIncomplete(Struct, frozen=True):
    """Refusal: an address must have these fields."""

    fields: tuple[str, ...]


class AddressUnknown(Struct, frozen=True):
    """Refusal: the customer has no address of this id."""

    address_id: int


class CustomerUnknown(Struct, frozen=True):
    """Refusal: there is no customer of this id."""

    customer_id: int


class PasswordTooShort(Struct, frozen=True):
    """Refusal: a password has at least ``limit`` characters."""

    limit: int


class PasswordTooLong(Struct, frozen=True):
    """Refusal: a password has at most ``limit`` characters."""

    limit: int


class PasswordHasSpaces(Struct, frozen=True):
    """Refusal: a password neither begins nor ends with a space."""


class PasswordTooSimple(Struct, frozen=True):
    """Refusal: a password has characters of at least ``classes`` kinds."""

    classes: int


PasswordRefusal = PasswordTooShort | PasswordTooLong | PasswordHasSpaces | PasswordTooSimple
CustomerRefusal = (
    EmailMissing
    | EmailInvalid
    | NamesMissing
    | EmailTaken
    | CustomerInvalid
    | AddressIncomplete
    | AddressUnknown
    | CustomerUnknown
)


class SavedCustomer(Struct, frozen=True):
    """A customer with the address book."""

    customer: Customer
    addresses: tuple[CustomerAddress, ...]


def unfit_password(password: str) -> PasswordRefusal | None:
    """Return why a customer cannot have this password, or None."""
    if len(password) > MAX_PASSWORD:
        return PasswordTooLong(MAX_PASSWORD)
    if len(password) < MIN_PASSWORD:
        return PasswordTooShort(MIN_PASSWORD)
    if password != password.strip():
        return PasswordHasSpaces()
    found = sum(1 for characters in _CLASSES if characters.search(password))
    return PasswordTooSimple(MIN_CLASSES) if found < MIN_CLASSES else None


async def register(
    transaction: Transaction, changes: CustomerChanges, *, store_id: int, now: str
) -> SavedCustomer | CustomerRefusal:
    """Make an account."""
    draft = Customer(email="", firstname="", lastname="", store_id=store_id or 1, created_at=now)
    changed = _changed(draft, changes, now=now)
    refusal = unfit(changed)
    if refusal is not None:
        return refusal
    try:
        customer = await CUSTOMERS.insert(transaction.records, changed)
    except NameTaken:
        return EmailTaken()
    return await _with_addresses(transaction, customer, changes.addresses or ())


async def change_customer(
    transaction: Transaction, customer_id: int, changes: CustomerChanges, *, now: str
) -> SavedCustomer | CustomerRefusal:
    """Change an account."""
    records = transaction.records
    before = await get_customer(records, customer_id, lock=True)
    if before is None:
        return CustomerUnknown(customer_id)
    changed = _changed(before, changes, now=now)
    refusal = unfit(changed)
    if refusal is not None:
        return refusal
    namesake = await find_customer(records, changed.email)
    if namesake is not None and namesake.id != customer_id:
        return EmailTaken()
    if changes.addresses is not None:
        return await _with_addresses(transaction, changed, changes.addresses)
    saved = await CUSTOMERS.update(records, changed)
    return SavedCustomer(saved, tuple(await addresses_of(records, customer_id)))


def _changed(customer: Customer, changes: CustomerChanges, *, now: str) -> Customer:
    said = {
        field: value
        for field in CustomerChanges.__struct_fields__
        if field != "addresses" and (value := getattr(changes, field)) is not None
    }
    if changes.email is not None:
        said["email"] = changes.email.strip()
    return replace(customer, updated_at=now, **said)


def unfit(customer: Customer) -> EmailMissing | EmailInvalid | NamesMissing | CustomerInvalid | None:
    """Return why there cannot be such a customer, or None."""
    if not customer.email:
        return EmailMissing()
    if not is_email_address(customer.email):
        return EmailInvalid()
    names = (("First Name", customer.firstname), ("Last Name", customer.lastname))
    missing = tuple(label for label, name in names if not name.strip())
    if missing:
        return NamesMissing(missing)
    for field in ("firstname", "lastname", "middlename", "prefix", "suffix", "dob", "taxvat"):
        text = getattr(customer, field) or ""
        if len(text) > MAX_TEXT:
            return CustomerInvalid(field, text[:MAX_TEXT])
    if customer.group_id not in GROUPS or customer.group_id == NOT_LOGGED_IN:
        return CustomerInvalid("group_id", str(customer.group_id))
    return None


async def _with_addresses(
    transaction: Transaction, customer: Customer, wanted: Sequence[AddressChanges]
) -> SavedCustomer | AddressIncomplete | AddressUnknown | CustomerInvalid:
    """Make the address book what was sent, and store the customer with its default addresses."""
    records = transaction.records
    if len(wanted) > ADDRESS_LIMIT:
        return CustomerInvalid("addresses", str(len(wanted)))
    present = {address.id: address for address in await addresses_of(records, customer.id)}
    kept: list[CustomerAddress] = []
    for changes in wanted:
        refusal = unfit_address(changes)
        if refusal is not None:
            return refusal
        if changes.address_id is not None and changes.address_id not in present:
            return AddressUnknown(changes.address_id)
        before = present.pop(changes.address_id) if changes.address_id is not None else None
        address = _address(customer.id, changes)
        if before is None:
            stored = await ADDRESSES.insert(records, address)
        else:
            placed = replace(address, id=before.id, version=before.version)
            stored = await ADDRESSES.update(records, placed)
        customer = _with_defaults(customer, stored.id, changes)
        kept.append(stored)
    for address_id in present:
        await records.delete(ADDRESSES.name, address_id)
    left = {address.id for address in kept}
    customer = replace(
        customer,
        default_billing=customer.default_billing if customer.default_billing in left else None,
        default_shipping=customer.default_shipping if customer.default_shipping in left else None,
    )
    return SavedCustomer(await CUSTOMERS.update(records, customer), tuple(kept))


def _with_defaults(customer: Customer, address_id: int, changes: AddressChanges) -> Customer:
    billing, shipping = customer.default_billing, customer.default_shipping
    if changes.default_billing is not None:
        billing = address_id if changes.default_billing else (None if billing == address_id else billing)
    if changes.default_shipping is not None:
        shipping = address_id if changes.default_shipping else (None if shipping == address_id else shipping)
    return replace(customer, default_billing=billing, default_shipping=shipping)


def unfit_address(address: AddressChanges) -> AddressIncomplete | CustomerInvalid | None:
    """Return why there cannot be such an address, or None. Fields are named as Adobe names them."""
    checks = [
        ("firstname", address.firstname),
        ("lastname", address.lastname),
        ("street", "".join(address.street)),
        ("city", address.city),
        ("telephone", address.telephone),
        ("countryId", address.country_id),
    ]
    if address.country_id not in WITHOUT_POSTCODE:
        checks.insert(5, ("postcode", address.postcode))
    missing = tuple(field for field, text in checks if not (text or "").strip())
    if missing:
        return AddressIncomplete(missing)
    if address.country_id not in COUNTRIES:
        return CustomerInvalid("countryId", address.country_id or "")
    for field in AddressChanges.__struct_fields__:
        value = getattr(address, field)
        if isinstance(value, str) and len(value) > MAX_TEXT:
            return CustomerInvalid(field, value[:MAX_TEXT])
    if len(address.street) > MAX_STREET_LINES or any(len(line) > MAX_TEXT for line in address.street):
        return CustomerInvalid("street", address.street[0][:MAX_TEXT])
    return None


def _address(customer_id: int, changes: AddressChanges) -> CustomerAddress:
    said = {
        field: getattr(changes, field)
        for field in AddressChanges.__struct_fields__
        if field not in {"address_id", "default_billing", "default_shipping"}
    }
    region = find_region(
        changes.country_id or "", region_id=changes.region_id, code=changes.region_code, name=changes.region
    )
    if region is not None:
        said |= {"region_id": region.id, "region_code": region.code, "region": region.name}
    return CustomerAddress(customer_id=customer_id, **said)


async def search_customers(records: Records, search: Search) -> tuple[list[Customer], int]:
    """Return one page of customers and the total count. Raises `UnknownField`, `InvalidCondition`."""
    return await CUSTOMERS.search(records, FIELDS, search)

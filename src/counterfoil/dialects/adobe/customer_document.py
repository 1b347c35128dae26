"""Customers and their addresses on the wire, both ways (recordings 134 and 137)."""

from collections.abc import Sequence
from typing import Any

from counterfoil.checkout.customer import Customer, CustomerAddress
from counterfoil.checkout.register_customer import AddressChanges, CustomerChanges, SavedCustomer
from counterfoil.dialects.adobe.custom_attributes import CUSTOM_ATTRIBUTES
from counterfoil.dialects.adobe.wire import BOOL, INT, MIXED, STRING, DataObject, ListOf

_REGION = DataObject(
    "Region",
    {"region_code": STRING, "region": STRING, "region_id": INT, "extension_attributes": MIXED},
)
_TEXTS = ("firstname", "lastname", "middlename", "prefix", "suffix")
_ADDRESS_TEXTS = (*_TEXTS, "city", "country_id", "telephone", "postcode", "company", "fax", "vat_id")
_CUSTOMER_TEXTS = (*_TEXTS, "email", "dob", "taxvat")

ADDRESS = DataObject(
    "Address",
    {
        **dict.fromkeys(_ADDRESS_TEXTS, STRING),
        "id": INT,
        "customer_id": INT,
        "region": _REGION,
        "region_id": INT,
        "street": ListOf(STRING),
        "default_shipping": BOOL,
        "default_billing": BOOL,
        "extension_attributes": MIXED,
        "custom_attributes": CUSTOM_ATTRIBUTES,
    },
)
CUSTOMER = DataObject(
    "Customer",
    {
        **dict.fromkeys(_CUSTOMER_TEXTS, STRING),
        "id": INT,
        "group_id": INT,
        "default_billing": STRING,
        "default_shipping": STRING,
        "confirmation": STRING,
        "created_at": STRING,
        "updated_at": STRING,
        "created_in": STRING,
        "gender": INT,
        "store_id": INT,
        "website_id": INT,
        "addresses": ListOf(ADDRESS),
        "disable_auto_group_change": INT,
        "extension_attributes": DataObject("CustomerExtension", {"is_subscribed": BOOL}),
        "custom_attributes": CUSTOM_ATTRIBUTES,
    },
)


def changes(sent: dict[str, Any], *, password_hash: str | None = None) -> CustomerChanges:
    """Return what a decoded customer says. Ids, dates and stores are not for clients to choose."""
    said = {name: sent[name] for name in _CUSTOMER_TEXTS if sent.get(name) is not None}
    addresses = sent.get("addresses")
    return CustomerChanges(
        group_id=sent.get("group_id"),
        gender=sent.get("gender"),
        disable_auto_group_change=sent.get("disable_auto_group_change"),
        is_subscribed=(sent.get("extension_attributes") or {}).get("is_subscribed"),
        password_hash=password_hash,
        addresses=None if addresses is None else tuple(_address(address) for address in addresses),
        **said,
    )


def _address(sent: dict[str, Any]) -> AddressChanges:
    region = sent.get("region") or {}
    return AddressChanges(
        address_id=sent.get("id") or None,
        street=tuple(sent.get("street") or ()),
        region=region.get("region"),
        region_code=region.get("region_code"),
        region_id=sent.get("region_id") or region.get("region_id"),
        default_billing=sent.get("default_billing"),
        default_shipping=sent.get("default_shipping"),
        **{name: sent.get(name) for name in _ADDRESS_TEXTS},
    )


def render_saved(saved: SavedCustomer) -> dict[str, Any]:
    """Return a customer as clients see it, address book included."""
    return render(saved.customer, saved.addresses)


def render(customer: Customer, addresses: Sequence[CustomerAddress]) -> dict[str, Any]:
    """Return a customer as clients see it."""
    shown: dict[str, Any] = {
        "id": customer.id,
        "group_id": customer.group_id,
        "default_billing": _text(customer.default_billing),
        "default_shipping": _text(customer.default_shipping),
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
        "created_in": customer.created_in,
        "dob": customer.dob,
        "email": customer.email,
        "firstname": customer.firstname,
        "lastname": customer.lastname,
        "middlename": customer.middlename,
        "prefix": customer.prefix,
        "suffix": customer.suffix,
        "gender": customer.gender,
        "store_id": customer.store_id,
        "taxvat": customer.taxvat,
        "website_id": customer.website_id,
        "addresses": [_render_address(address, customer) for address in addresses],
        "disable_auto_group_change": customer.disable_auto_group_change,
        "extension_attributes": {"is_subscribed": customer.is_subscribed},
    }
    return {key: value for key, value in shown.items() if value is not None}


def _text(address_id: int | None) -> str | None:
    return None if address_id is None else str(address_id)


def _render_address(address: CustomerAddress, customer: Customer) -> dict[str, Any]:
    region = {
        "region_code": address.region_code,
        "region": address.region,
        "region_id": address.region_id or 0,
    }
    shown: dict[str, Any] = {
        "id": address.id,
        "customer_id": address.customer_id,
        "region": region,
        "region_id": address.region_id or 0,
        "country_id": address.country_id,
        "street": list(address.street),
        "company": address.company,
        "telephone": address.telephone,
        "fax": address.fax,
        "postcode": address.postcode,
        "city": address.city,
        "firstname": address.firstname,
        "lastname": address.lastname,
        "middlename": address.middlename,
        "prefix": address.prefix,
        "suffix": address.suffix,
        "vat_id": address.vat_id,
        "default_shipping": True if address.id == customer.default_shipping else None,
        "default_billing": True if address.id == customer.default_billing else None,
    }
    return {key: value for key, value in shown.items() if value is not None}

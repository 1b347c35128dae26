"""Correct an address of an order (contract adobe §3.1, ``PUT /V1/orders/:parent_id``)."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain.decision import Context
from counterfoil.domain.order import Order


class ChangeAddress(Struct, frozen=True):
    """Command. ``fields`` are fields of `counterfoil.domain.order.Address`; the others stay."""

    address_id: int
    fields: dict[str, Any]


class AddressChanged(Struct, frozen=True, tag=True):
    """Event: the fields have new values. Documents that were issued before keep what they say."""

    address_id: int
    fields: dict[str, Any]
    at: str


class AddressUnknown(Struct, frozen=True):
    """Refusal: the order has no address of that id."""

    address_id: int


class NothingToChange(Struct, frozen=True):
    """Refusal: the address is as the command wants it already. There is nothing to write."""


Refusal = AddressUnknown | NothingToChange


def decide(order: Order, command: ChangeAddress, context: Context) -> AddressChanged | Refusal:
    """Return the change, or why there is none."""
    assert order.particulars is not None, "an address is changed with the particulars at hand"
    both = (order.particulars.billing_address, order.particulars.shipping_address)
    address = next((one for one in both if one is not None and one.entity_id == command.address_id), None)
    if address is None:
        return AddressUnknown(command.address_id)
    fields = {name: value for name, value in command.fields.items() if getattr(address, name) != value}
    if not fields:
        return NothingToChange()
    return AddressChanged(command.address_id, fields, context.now)


def evolve(order: Order, event: AddressChanged) -> Order:
    """Give the address its new fields."""
    particulars = order.particulars
    assert particulars is not None, "an address is changed with the particulars at hand"
    fields = {name: tuple(value) if name == "street" else value for name, value in event.fields.items()}
    billing, shipping = particulars.billing_address, particulars.shipping_address
    if event.address_id == billing.entity_id:
        billing = replace(billing, **fields)
    elif shipping is not None:
        shipping = replace(shipping, **fields)
    return replace(
        order,
        version=order.version + 1,
        updated_at=event.at,
        particulars=replace(particulars, billing_address=billing, shipping_address=shipping),
    )

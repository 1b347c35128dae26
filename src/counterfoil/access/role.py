"""What a user or an integration has been granted: a role of ours, or resources by name."""

import re
from collections.abc import Sequence

from msgspec import Struct

from counterfoil.access.identity import EVERYTHING

RESOURCE = re.compile(r"[A-Za-z0-9]{1,40}_[A-Za-z0-9]{1,40}::[A-Za-z0-9_]{1,60}", re.ASCII)
MAX_RESOURCES = 200


class Role(Struct, frozen=True):
    """A named set of resources. ``summary`` says in a line what it is for."""

    name: str
    summary: str
    resources: frozenset[str]
    read_only: bool = False


OPERATING = frozenset(
    {
        *(
            f"Magento_Sales::{action}"
            for action in (
                "actions",
                "actions_view",
                "actions_edit",
                "api_actions",
                "cancel",
                "comment",
                "create",
                "creditmemo",
                "emails",
                "hold",
                "invoice",
                "sales",
                "sales_creditmemo",
                "sales_invoice",
                "sales_order",
                "ship",
                "shipment",
                "transactions",
                "transactions_fetch",
                "unhold",
            )
        ),
        "Magento_Backend::store",
        "Magento_Cart::cart",
        "Magento_Cart::manage",
        "Magento_Catalog::attributes_attributes",
        "Magento_Catalog::catalog",
        "Magento_Catalog::categories",
        "Magento_Catalog::products",
        "Magento_Catalog::sets",
        "Magento_CatalogInventory::cataloginventory",
        "Magento_Customer::customer",
        "Magento_Customer::group",
        "Magento_Customer::manage",
        "Magento_Downloadable::downloadable",
        "Magento_Logging::system_magento_logging_bulk_operations",
    }
)

ROLES = {
    role.name: role
    for role in (
        Role("administrator", "everything", frozenset({EVERYTHING})),
        Role(
            "operator",
            "orders, documents, carts, catalogue, stock and customers; no taxes or price rules",
            OPERATING,
        ),
        Role("viewer", "see everything, change nothing", frozenset({EVERYTHING}), read_only=True),
    )
}
"""The roles that everybody has. Other sets of rights are given resource by resource."""


class Grant(Struct, frozen=True):
    """What somebody may do, as it is stored: the name of a role, or else resources in alphabetical order."""

    role: str | None = None
    resources: tuple[str, ...] = ()


class UnknownRole(Struct, frozen=True):
    """Refusal: there is no role of this name."""

    role: str


class ResourceMalformed(Struct, frozen=True):
    """Refusal: this is not the name of a resource, which looks like ``Magento_Sales::invoice``."""

    resource: str


class TooManyResources(Struct, frozen=True):
    """Refusal: more resources than anybody needs. ``Magento_Backend::all`` stands for all of them."""

    limit: int


class RoleAndResources(Struct, frozen=True):
    """Refusal: a grant is a role or a list of resources, not both."""


GrantRefusal = UnknownRole | ResourceMalformed | TooManyResources | RoleAndResources


def grant(role: str | None, resources: Sequence[str]) -> Grant | GrantRefusal:
    """Return the grant of a role or of resources by name; of everything if neither is given."""
    if role is not None and resources:
        return RoleAndResources()
    if resources:
        if len(resources) > MAX_RESOURCES:
            return TooManyResources(MAX_RESOURCES)
        for resource in resources:
            if not RESOURCE.fullmatch(resource):
                return ResourceMalformed(resource)
        return Grant(None, tuple(sorted(set(resources))))
    name = role or "administrator"
    return Grant(name) if name in ROLES else UnknownRole(name)


def rights(granted: Grant) -> tuple[frozenset[str], bool]:
    """Return the resources of a grant and whether they are for reading only.

    A role that does not exist any more grants nothing.
    """
    if granted.role is None:
        return frozenset(granted.resources), False
    role = ROLES.get(granted.role)
    return (role.resources, role.read_only) if role is not None else (frozenset(), True)

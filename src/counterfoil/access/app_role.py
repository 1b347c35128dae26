"""What a program that speaks VTEX may do: named resources, and the roles that are made of them.

The names are those of VTEX's License Manager where it has one (contract vtex §1). They are verbs, so a role
that only looks is made of fewer of them and needs no flag beside the list.
"""

from collections.abc import Sequence

from msgspec import Struct

from counterfoil.access.role import Grant, RoleAndResources, UnknownRole

VIEW_ORDER = "View order"
CHANGE_STATUS = "Change order workflow status"
CANCEL_ORDER = "Cancel order"
NOTIFY_INVOICE = "Notify invoice"
CHANGE_ORDER = "Change order"
NOTIFY_PAYMENT = "Notify payment"
FEED_ADMIN = "Feed v3 and Hook Admin"
FEED_VIEW = "Feed v3 and Hook View"
CREATE_ORDER = "Create order"
ORDER_SETTINGS = "Order settings"

LOOKING = frozenset({VIEW_ORDER, FEED_VIEW})
OPERATING = LOOKING | {CHANGE_STATUS, CANCEL_ORDER, NOTIFY_INVOICE, CHANGE_ORDER, NOTIFY_PAYMENT, FEED_ADMIN}
ALL = OPERATING | {CREATE_ORDER, ORDER_SETTINGS}

APP_ROLES = {"owner": ALL, "operator": OPERATING, "viewer": LOOKING}
"""The roles that every app key may have. Other sets of rights are given resource by resource."""

SAME_ROLE = {"administrator": "owner", "operator": "operator", "viewer": "viewer"}
"""Which of these roles an admin user or a program of the Adobe dialect has here."""


class AppResourceUnknown(Struct, frozen=True):
    """Refusal: there is no resource of this name in the VTEX dialect."""

    resource: str


AppGrantRefusal = UnknownRole | AppResourceUnknown | RoleAndResources


def app_grant(role: str | None, resources: Sequence[str]) -> Grant | AppGrantRefusal:
    """Return the grant of a role or of resources by name; of everything if neither is given."""
    if role is not None and resources:
        return RoleAndResources()
    for resource in resources:
        if resource not in ALL:
            return AppResourceUnknown(resource)
    if resources:
        return Grant(None, tuple(sorted(set(resources))))
    name = role or "owner"
    return Grant(name) if name in APP_ROLES else UnknownRole(name)


def app_rights(granted: Grant) -> frozenset[str]:
    """Return the resources of a grant. A role or a resource that does not exist any more grants nothing."""
    if granted.role is None:
        return ALL & frozenset(granted.resources)
    return APP_ROLES.get(granted.role, frozenset())

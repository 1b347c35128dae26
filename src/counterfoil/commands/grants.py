"""Roles and resources on the command line."""

from collections.abc import Sequence

from counterfoil.access.app_role import ALL, APP_ROLES, AppResourceUnknown, app_grant
from counterfoil.access.role import (
    ROLES,
    Grant,
    ResourceMalformed,
    RoleAndResources,
    TooManyResources,
    UnknownRole,
    grant,
)
from counterfoil.commands.answer import UsageError

NOT_BOTH = "Give either --role or --resource, not both."


def read_grant(role: str | None, resources: Sequence[str]) -> Grant:
    """Return what ``--role`` and ``--resource`` grant. Raises `UsageError`."""
    granted = grant(role, resources)
    match granted:
        case Grant():
            return granted
        case UnknownRole():
            raise UsageError(f'There is no role "{role}". The roles are {", ".join(ROLES)}.')
        case ResourceMalformed(resource):
            raise UsageError(f'"{resource}" is not a resource. A resource looks like Magento_Sales::invoice.')
        case TooManyResources(limit):
            raise UsageError(f"More than {limit} resources. Magento_Backend::all stands for all of them.")
        case RoleAndResources():
            raise UsageError(NOT_BOTH)


def read_app_grant(role: str | None, resources: Sequence[str]) -> Grant:
    """Return what ``--role`` and ``--resource`` grant in the VTEX dialect. Raises `UsageError`."""
    granted = app_grant(role, resources)
    match granted:
        case Grant():
            return granted
        case UnknownRole():
            raise UsageError(f'There is no role "{role}" for vtex. The roles are {", ".join(APP_ROLES)}.')
        case AppResourceUnknown(resource):
            raise UsageError(f'"{resource}" is not a resource of vtex. They are: {", ".join(sorted(ALL))}.')
        case RoleAndResources():
            raise UsageError(NOT_BOTH)


def shown(granted: Grant) -> str:
    """Return a grant in a few words."""
    return granted.role or ", ".join(granted.resources)

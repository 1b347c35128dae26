"""Who is asking, and what they may do."""

from typing import Literal

from msgspec import Struct

EVERYTHING = "Magento_Backend::all"
"""The resource that includes every other (contract adobe §3)."""

ANONYMOUS = "anonymous"
"""The resource of routes that are open to all."""

SELF = "self"
"""The resource of routes that serve a customer what is their own."""

IdentityKind = Literal["admin", "integration", "app", "customer", "guest"]


class Identity(Struct, frozen=True):
    """Who sent a request: an admin user, an integration, an app (VTEX), a customer, or a guest (id 0).

    ``resources`` are names from the access list of the dialect that was spoken (`access.app_role` has those
    of VTEX). A ``read_only`` identity has them for looking only: in Adobe's list the right to read invoices
    is also the right to write them. ``role`` is None if resources were granted one by one.
    """

    kind: IdentityKind
    id: int
    name: str
    resources: frozenset[str] = frozenset()
    read_only: bool = False
    role: str | None = None

    def allows(self, resource: str, *, writes: bool = False) -> bool:
        """Tell whether this identity may use ``resource``; ``writes`` if the request changes anything."""
        if resource == ANONYMOUS:
            return True
        if resource == SELF:
            return self.kind == "customer"
        if writes and self.read_only:
            return False
        return resource in self.resources or EVERYTHING in self.resources


GUEST = Identity("guest", 0, "guest")
"""Whoever brings no token, or one that is not good (contract adobe §2.6)."""

"""Nouns that VTEX's language adds to an order: packages, changes, requests for cancellation.

A *package* is an invoice as the client has described it; the invoice or credit memo that it stands for
is in `counterfoil.domain.documents`. Money and quantity are integers of 1/10 000 unless said otherwise;
times are UTC strings ``YYYY-MM-DD HH:MM:SS``. Source: contract vtex §3.3–§3.10, §6, §7.
"""

from typing import Any

from msgspec import Struct

OUTPUT = "Output"
INPUT = "Input"
"""VTEX's types of invoices: sold, and come back."""

PREPARING = "preparing"
WAITING_ACKNOWLEDGEMENT = "waiting-acknowledgement"
WAITING_CONFIRMATION = "waiting-confirmation"
DONE = "done"
CANCELING = "canceling"
CHANGE_CANCELED = "canceled"
"""The statuses of a Change, in their order."""

IN_FLIGHT = frozenset({PREPARING, WAITING_ACKNOWLEDGEMENT, WAITING_CONFIRMATION, CANCELING})
"""Statuses of a Change whose outcome is not known yet."""

AT_ONCE, SETTLED_LATER = 1, 2
"""The generations of Changes: those whose money the caller reckons, and those that are settled later."""


class PackageItem(Struct, frozen=True, omit_defaults=True):
    """A row of a package. ``price`` (scaled money) is for one unit; None where the client gave none."""

    item_id: int
    qty: int
    price: int | None = None
    description: str | None = None


class CourierStatus(Struct, frozen=True, omit_defaults=True):
    """Where a package is. ``data`` are the courier's entries as VTEX shows them."""

    finished: bool = False
    delivered_date: str | None = None
    data: tuple[dict[str, Any], ...] = ()


class Package(Struct, frozen=True, omit_defaults=True):
    """An invoice as it was described by the client, under the client's own ``number``.

    ``given`` are the fields that no rule asks for, under VTEX's names (courier, trackingNumber,
    invoiceKey …). Exactly one of ``invoice_id`` and ``creditmemo_id`` is set.
    """

    number: str
    type: str
    value: int
    created_at: str
    updated_at: str
    items: tuple[PackageItem, ...] = ()
    given: dict[str, Any] = {}
    inferred: bool = False
    courier_status: CourierStatus | None = None
    invoice_id: int | None = None
    creditmemo_id: int | None = None


class AddedLine(Struct, frozen=True, omit_defaults=True):
    """Units of a product that a Change adds as a new row. ``price`` is for one unit, in scaled money."""

    sku: str
    qty: int
    price: int
    name: str = ""
    product_id: int = 0
    is_virtual: bool = False
    order_form: dict[str, Any] | None = None


class ChangeLog(Struct, frozen=True, omit_defaults=True):
    """An entry of a Change's history."""

    at: str
    status: str
    message: str = ""
    source: str = "counterfoil"


class Change(Struct, frozen=True, omit_defaults=True):
    """A wish to change what was ordered. ``generation`` is 1 (at once) or 2 (settled later).

    ``delta`` is by how much the order's value moves, fixed when the Change is asked for. ``removed`` are the
    units that go, by row; ``added`` the rows that come. ``given`` is the request as VTEX's clients see it
    again. ``failures`` counts the tries to settle it that went wrong.
    """

    request_id: str
    generation: int
    status: str
    reason: str
    delta: int
    created_at: str
    updated_at: str
    manual_discount: int = 0
    manual_increment: int = 0
    removed: dict[int, int] = {}
    added: tuple[AddedLine, ...] = ()
    given: dict[str, Any] = {}
    logs: tuple[ChangeLog, ...] = ()
    failures: int = 0
    canceled_reason: str | None = None
    canceled_by_user: bool = False


class ChangeInFlight(Struct, frozen=True):
    """What decisions have to know of a Change whose outcome is open: by how much the value and rows move."""

    request_id: str
    delta: int
    removed: dict[int, int] = {}


class CancellationRequest(Struct, frozen=True, omit_defaults=True):
    """A request to cancel the order, and what became of it."""

    id: str
    reason: str
    at: str
    requested_by_user: bool = False
    denied_at: str | None = None
    denied_by_seller: bool = False
    denied_reason: str | None = None
    confirmed_at: str | None = None

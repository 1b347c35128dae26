"""Say where a package is: its tracking number, its courier, and how far it has come.

Rules: contract vtex §3.5 and §3.6. Only what is told changes; the number, the value and the units of a
package never do. An invoice that was issued without VTEX's words gets its package when the first is told.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain.attachments import INPUT, OUTPUT, CourierStatus, Package, PackageItem
from counterfoil.domain.decision import Context
from counterfoil.domain.documents import CreditMemo, Invoice
from counterfoil.domain.order import Order

MOST_COURIER_ENTRIES = 200
"""The most entries of a courier that a package keeps; the oldest go."""


class Tracking(Struct, frozen=True):
    """What a courier tells: whether the package is delivered (None: that is not told), when, new entries."""

    finished: bool | None = None
    delivered_date: str | None = None
    data: tuple[dict[str, Any], ...] = ()


class UpdatePackage(Struct, frozen=True):
    """Command. ``given`` are fields under VTEX's names; ``courier`` is what is new of the courier.

    ``invoice_id`` and ``creditmemo_id`` name the document of that number where it may have no package yet.
    """

    number: str
    given: dict[str, Any] = {}
    courier: Tracking | None = None
    invoice_id: int | None = None
    creditmemo_id: int | None = None


class PackageUpdated(Struct, frozen=True, tag=True):
    """Event: the package as it is now."""

    package: Package


class PackageUnknown(Struct, frozen=True):
    """Refusal: the order has no invoice of that number."""

    number: str


def decide(order: Order, command: UpdatePackage, context: Context) -> PackageUpdated | PackageUnknown:
    """Return the package as it will be."""
    package = order.packages.get(command.number) or _of_document(order, command)
    if package is None:
        return PackageUnknown(command.number)
    courier = package.courier_status
    if command.courier is not None:
        courier = _tracked(courier or CourierStatus(), command.courier)
    return PackageUpdated(
        replace(
            package,
            given={**package.given, **command.given},
            courier_status=courier,
            updated_at=context.now,
        )
    )


def evolve(order: Order, event: PackageUpdated) -> Order:
    """Put the package in the place of the one before."""
    package = event.package
    return replace(
        order,
        version=order.version + 1,
        updated_at=package.updated_at,
        packages={**order.packages, package.number: package},
    )


def of_invoice(invoice: Invoice) -> Package:
    """Return what VTEX's clients see of an invoice that was issued by its units."""
    return _described(invoice, OUTPUT, invoice_id=invoice.entity_id)


def of_creditmemo(memo: CreditMemo) -> Package:
    """Return what VTEX's clients see of a credit memo."""
    return _described(memo, INPUT, creditmemo_id=memo.entity_id)


def _tracked(before: CourierStatus, told: Tracking) -> CourierStatus:
    new = tuple(entry for entry in told.data if entry not in before.data)
    return CourierStatus(
        finished=before.finished if told.finished is None else told.finished,
        delivered_date=told.delivered_date or before.delivered_date,
        data=(*before.data, *new)[-MOST_COURIER_ENTRIES:],
    )


def _of_document(order: Order, command: UpdatePackage) -> Package | None:
    if command.invoice_id in order.invoices:
        found = of_invoice(order.invoices[command.invoice_id])
    elif command.creditmemo_id in order.creditmemos:
        found = of_creditmemo(order.creditmemos[command.creditmemo_id])
    else:
        return None
    return found if found.number == command.number else None


def _described(
    document: Invoice | CreditMemo,
    kind: str,
    *,
    invoice_id: int | None = None,
    creditmemo_id: int | None = None,
) -> Package:
    rows = [row for row in document.items if row.row_total is not None]
    return Package(
        number=document.increment_id,
        type=kind,
        value=document.grand_total,
        created_at=document.created_at,
        updated_at=document.updated_at,
        items=tuple(PackageItem(row.order_item_id, row.qty, row.price, row.name) for row in rows),
        inferred=False,
        invoice_id=invoice_id,
        creditmemo_id=creditmemo_id,
    )

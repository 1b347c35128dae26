"""Register a sales invoice whose value the client tells: VTEX's *invoice notification*.

Rules: contract vtex §3.3, §3.4 and §5. The value decides: the invoices never come to more than the order
is worth. Which units an invoice is about is told by the client or, if it tells none, inferred from the value.
What the value differs from the worth of its units is the invoice's *adjustment*.
"""

from typing import Any

from msgspec import Struct

from counterfoil.domain import quantity, transitions, wanted, workflow
from counterfoil.domain.attachments import OUTPUT, Package, PackageItem
from counterfoil.domain.decision import Context
from counterfoil.domain.invoice import InvoiceIssued, made
from counterfoil.domain.invoice_amounts import carries_shipping, totals_of, worth
from counterfoil.domain.order import MARKETPLACE, Order, OrderItem
from counterfoil.domain.wanted import Allotted, WantedLine

ACCEPTING = frozenset(
    {
        transitions.HANDLING,
        transitions.CANCELLATION_REQUESTED,
        transitions.WAITING_FOR_SELLER_DECISION,
    }
)
"""Statuses in which an order takes an invoice; of a marketplace's order *payment-approved* too."""

MOST_INFERRED = 200
"""The most rows of an order whose units are inferred from a value that is not the whole."""


class RegisterInvoice(Struct, frozen=True):
    """Command. ``value`` is scaled money, above zero. ``given`` is what else the client says of it."""

    number: str
    value: int
    lines: tuple[WantedLine, ...] = ()
    given: dict[str, Any] = {}


class InvoiceNumberTaken(Struct, frozen=True):
    """Refusal: the order has an invoice of that number, described by ``package``."""

    package: Package


class InvoiceNotAccepted(Struct, frozen=True):
    """Refusal: the order is in a status in which it takes no invoice."""

    status: str


class InvoiceExceedsValue(Struct, frozen=True):
    """Refusal: the invoices would come to more than the order is worth. ``left`` (scaled money) is open."""

    left: int


Refusal = InvoiceNumberTaken | InvoiceNotAccepted | InvoiceExceedsValue | wanted.Refusal


def decide(order: Order, command: RegisterInvoice, context: Context) -> InvoiceIssued | Refusal:
    """Return the invoice to be registered, or why there is none."""
    known = order.packages.get(command.number)
    if known is not None:
        return InvoiceNumberTaken(known)
    if order.state in {workflow.HOLDED, workflow.PAYMENT_REVIEW}:
        return InvoiceNotAccepted(order.status)
    if not _accepts(order):
        return InvoiceNotAccepted(order.workflow_status)
    left = transitions.left_to_invoice(order)
    if command.value > left:
        return InvoiceExceedsValue(left)
    allotted: list[Allotted] | wanted.Refusal
    if command.lines:
        allotted = wanted.allot(order, command.lines, quantity.to_invoice)
        if not isinstance(allotted, list):
            return allotted
    else:
        allotted = _inferred(order, command.value)
    return _issued(order, command, allotted, context)


def _accepts(order: Order) -> bool:
    if order.workflow_status == transitions.PAYMENT_APPROVED:
        return order.flow == MARKETPLACE
    return order.workflow_status in ACCEPTING


def _issued(
    order: Order, command: RegisterInvoice, allotted: list[Allotted], context: Context
) -> InvoiceIssued:
    lines = wanted.pairs(order.items, wanted.units(allotted))
    rows = worth(lines)
    totals = totals_of(order, lines, rows)
    if totals.grand_total > command.value:
        # Shipping that the value has no room for is left to a later invoice.
        totals = totals_of(order, lines, rows, shipping=False)
    invoice = made(order, lines, totals, rows, context, adjustment=command.value - totals.grand_total)
    package = Package(
        number=command.number,
        type=OUTPUT,
        value=command.value,
        created_at=context.now,
        updated_at=context.now,
        items=items_of(allotted),
        given=command.given,
        inferred=not command.lines,
        invoice_id=invoice.entity_id,
    )
    return InvoiceIssued(invoice, package=package)


def items_of(allotted: list[Allotted]) -> tuple[PackageItem, ...]:
    """Return the rows of a package."""
    return tuple(PackageItem(one.item_id, one.qty, one.line.price, one.line.description) for one in allotted)


def _inferred(order: Order, value: int) -> list[Allotted]:
    """Return the units that an invoice of ``value`` is about, where its client names none.

    The whole of what is left is about all units that are left. Else the rows are gone through in their order,
    and taken as long as they fit; unless that comes out at exactly the value (with or without shipping), the
    invoice is about no units at all. Units that a Change in flight may take away are never inferred.
    """
    change = order.open_change
    left = transitions.left_to_invoice(order)
    if value == left:
        return _allotted(
            order.items, {item.item_id: quantity.to_invoice(item) for item in order.items.values()}
        )
    kept = {
        item.item_id: quantity.to_invoice(item) - (change.removed.get(item.item_id, 0) if change else 0)
        for item in order.items.values()
        if not quantity.is_dummy(item)
    }
    if change is not None and value == left + change.delta:
        return _allotted(order.items, kept)
    if len(kept) > MOST_INFERRED:
        return []
    shipping = order.shipping_amount - order.shipping_invoiced if carries_shipping(order) else 0
    for whole in {value, value - shipping}:
        asked = _fitting(order, kept, whole)
        if asked:
            return _allotted(order.items, asked)
    return []


def _fitting(order: Order, open_units: dict[int, int], value: int) -> dict[int, int]:
    """Return units that come to exactly ``value`` without shipping, found by going through the rows once."""
    rest = value
    asked: dict[int, int] = {}
    for item_id in sorted(open_units):
        units = open_units[item_id]
        if units <= 0 or rest <= 0:
            continue
        qty = _affordable(order.items[item_id], units, rest)
        if qty:
            asked[item_id] = qty
            rest -= _worth(order.items[item_id], qty)
    return asked if rest == 0 else {}


def _affordable(item: OrderItem, units: int, value: int) -> int:
    """Return how many of a row's open units an amount pays for: all, or as many whole ones as fit."""
    whole = _worth(item, units)
    if whole <= value:
        return units
    return quantity.whole(item, units * value // whole) if whole > 0 and value > 0 else 0


def _worth(item: OrderItem, qty: int) -> int:
    [row] = worth([(item, qty)])
    return row.row_total + row.tax_amount + row.discount_tax_compensation_amount - (row.discount_amount or 0)


def _allotted(items: dict[int, OrderItem], asked: dict[int, int]) -> list[Allotted]:
    return [
        Allotted(item_id, qty, WantedLine(qty, item_id=item_id))
        for item_id, qty in sorted(asked.items())
        if qty > 0 and not quantity.is_dummy(items[item_id])
    ]

"""Give up what is left of an authorisation. Invoices that waited for its money are canceled.

A canceled invoice keeps its number and rows, and counts in no total any more (contract adobe §5.2, state 3).
"""

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import gateway, invariants, invoice, transitions, workflow
from counterfoil.domain.decision import Context
from counterfoil.domain.documents import (
    INVOICE_CANCELED,
    INVOICE_OPEN,
    Confirmation,
    Invoice,
    PaymentOperation,
)
from counterfoil.domain.order import Order


class VoidPayment(Struct, frozen=True, tag=True):
    """Command: give up what is left of the authorisation. Invoices that waited for it are canceled.

    A client names an open invoice; without one it is the rest of a canceled order that is given up.
    """

    invoice_id: int | None = None


class PaymentVoided(Struct, frozen=True, tag=True):
    """Event: the rest of the authorisation is given up, and the invoices that waited for it are canceled."""

    payment: Confirmation
    invoice_ids: tuple[int, ...]
    at: str


class VoidUnavailable(Struct, frozen=True):
    """Refusal: there is nothing at a gateway that could be given up."""


def decide(order: Order, command: VoidPayment, context: Context) -> PaymentOperation | VoidUnavailable:
    """Return the operation that gives the rest of the authorisation up, or why none can."""
    found = order.invoices.get(command.invoice_id) if command.invoice_id is not None else None
    if found is None or found.state != INVOICE_OPEN or order.hold_before_state is not None:
        return VoidUnavailable()
    operation = gateway.void(order, msgspec.to_builtins(command), context)
    if operation is None:
        return VoidUnavailable()
    event = voided(order, Confirmation(operation.seq, "", 0), context.now)
    after = transitions.settled(evolve(gateway.begun(order, operation), event))
    if [*invariants.broken_rows(after.items.values()), *invariants.broken_totals(after)]:
        # Something of what was invoiced was given back already.
        return VoidUnavailable()
    return operation


def voided(order: Order, confirmation: Confirmation, at: str) -> PaymentVoided:
    """Return what a confirmed void means for an order with all its invoices."""
    waiting = [one.entity_id for one in order.invoices.values() if one.state == INVOICE_OPEN]
    return PaymentVoided(confirmation, tuple(sorted(waiting)), at)


def evolve(order: Order, event: PaymentVoided) -> Order:
    """Give the rest up, and take the invoices that waited for it off the order."""
    operation = order.payments[event.payment.seq]
    evolved = order
    for invoice_id in event.invoice_ids:
        evolved = _withdrawn(evolved, evolved.invoices[invoice_id], event.at)
    evolved = replace(
        evolved,
        version=order.version + 1,
        updated_at=event.at,
        amount_canceled=order.amount_canceled + operation.amount,
    )
    evolved = gateway.confirmed(evolved, event.payment, at=event.at)
    state, status = workflow.settled(evolved, keep_status=True)
    return replace(evolved, state=state, status=status)


def _withdrawn(order: Order, found: Invoice, at: str) -> Order:
    """Return the order without what the invoice stands for; the invoice stays, as canceled."""
    evolved = invoice.added(order, _negative(found), count=-1)
    canceled = replace(found, state=INVOICE_CANCELED, updated_at=at)
    return replace(evolved, invoices={**evolved.invoices, found.entity_id: canceled})


def _negative(found: Invoice) -> Invoice:
    rows = tuple(
        replace(
            row,
            qty=-row.qty,
            row_total=-(row.row_total or 0),
            tax_amount=-(row.tax_amount or 0),
            discount_amount=-(row.discount_amount or 0),
            discount_tax_compensation_amount=-(row.discount_tax_compensation_amount or 0),
        )
        for row in found.items
    )
    return replace(
        found,
        items=rows,
        grand_total=-found.grand_total,
        subtotal=-found.subtotal,
        tax_amount=-found.tax_amount,
        discount_amount=-found.discount_amount,
        discount_tax_compensation_amount=-found.discount_tax_compensation_amount,
        shipping_amount=-(found.shipping_amount or 0),
        shipping_tax_amount=-(found.shipping_tax_amount or 0),
        adjustment=-found.adjustment,
    )

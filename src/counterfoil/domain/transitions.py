"""The workflow of an order in VTEX's words: its statuses, what leads from one to the next, and its value.

An order's status is a function of its facts (`status_of`, promise 5). Statuses that an order passes without
resting in them exist only on the way: `path` tells them, so that every step can be told to feeds and hooks.
Source: contract vtex §4 and §5.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from counterfoil.domain.attachments import CancellationRequest
from counterfoil.domain.order import COMPLETE, MARKETPLACE, READY_FOR_HANDLING, SELLER, Order

ORDER_CREATED = "order-created"
PAYMENT_PENDING = "payment-pending"
APPROVE_PAYMENT = "approve-payment"
PAYMENT_APPROVED = "payment-approved"
WAITING_FFMT_AUTHORIZATION = "waiting-ffmt-authorization"
AUTHORIZE_FULFILLMENT = "authorize-fulfillment"
WINDOW_TO_CANCEL = "window-to-cancel"
START_HANDLING = "start-handling"
HANDLING = "handling"
INVOICE = "invoice"
INVOICED = "invoiced"
REPLACED = "replaced"
REQUEST_CANCEL = "request-cancel"
WAITING_FOR_SELLER_DECISION = "waiting-for-seller-decision"
CANCELLATION_REQUESTED = "cancellation-requested"
CANCELLATION_DENIED = "cancellation-request-denied"
INVOICE_AFTER_DENY = "invoice-after-cancellation-deny"
CANCEL = "cancel"
CANCELED = "canceled"


_TO_CANCEL = (CANCEL,)
_TO_REQUEST = (CANCELLATION_REQUESTED,)
_VOIDED = (READY_FOR_HANDLING, WINDOW_TO_CANCEL, PAYMENT_PENDING, WAITING_FFMT_AUTHORIZATION)
"""Where an order is again whose only invoice was issued in Adobe's language and voided at its gateway."""

THEN: Mapping[str, tuple[str, ...]] = {
    ORDER_CREATED: ("on-order-completed", "on-order-completed-ffm"),
    "on-order-completed": (PAYMENT_PENDING,),
    "on-order-completed-ffm": ("order-accepted",),
    "order-accepted": (WAITING_FFMT_AUTHORIZATION,),
    WAITING_FFMT_AUTHORIZATION: (AUTHORIZE_FULFILLMENT, *_TO_CANCEL),
    PAYMENT_PENDING: (APPROVE_PAYMENT, *_TO_CANCEL),
    APPROVE_PAYMENT: (PAYMENT_APPROVED,),
    PAYMENT_APPROVED: (AUTHORIZE_FULFILLMENT, INVOICE, REQUEST_CANCEL, *_TO_CANCEL, *_VOIDED),
    AUTHORIZE_FULFILLMENT: (WINDOW_TO_CANCEL,),
    WINDOW_TO_CANCEL: (READY_FOR_HANDLING, *_TO_CANCEL),
    READY_FOR_HANDLING: (START_HANDLING, *_TO_REQUEST, *_TO_CANCEL),
    START_HANDLING: (HANDLING,),
    HANDLING: (INVOICE, *_TO_REQUEST, *_TO_CANCEL, *_VOIDED),
    INVOICE: (HANDLING, PAYMENT_APPROVED, INVOICED),
    INVOICED: (HANDLING, PAYMENT_APPROVED, *_VOIDED),
    REQUEST_CANCEL: (WAITING_FOR_SELLER_DECISION,),
    WAITING_FOR_SELLER_DECISION: (CANCELLATION_DENIED, INVOICE_AFTER_DENY, *_TO_CANCEL),
    CANCELLATION_REQUESTED: (READY_FOR_HANDLING, HANDLING, INVOICE_AFTER_DENY, *_TO_CANCEL),
    CANCELLATION_DENIED: (PAYMENT_APPROVED,),
    INVOICE_AFTER_DENY: (INVOICE,),
    CANCEL: (CANCELED,),
    CANCELED: (),
    REPLACED: (),
}
"""Every status, and those that may come next."""

PASSING = frozenset(
    {
        *(ORDER_CREATED, "on-order-completed", "on-order-completed-ffm", "order-accepted"),
        *(APPROVE_PAYMENT, AUTHORIZE_FULFILLMENT, START_HANDLING, INVOICE),
        *(REQUEST_CANCEL, CANCELLATION_DENIED, INVOICE_AFTER_DENY, CANCEL),
    }
)
"""Statuses that no order rests in."""

_APPROVED = (PAYMENT_PENDING, APPROVE_PAYMENT, PAYMENT_APPROVED)
_HANDLED = (AUTHORIZE_FULFILLMENT, WINDOW_TO_CANCEL, READY_FOR_HANDLING, START_HANDLING, HANDLING)
_COMPLETED = (ORDER_CREATED, "on-order-completed")
_ACCEPTED = (ORDER_CREATED, "on-order-completed-ffm", "order-accepted", WAITING_FFMT_AUTHORIZATION)

MAIN_LINE: Mapping[str, tuple[str, ...]] = {
    COMPLETE: (*_COMPLETED, *_APPROVED, *_HANDLED),
    MARKETPLACE: (*_COMPLETED, *_APPROVED),
    SELLER: (*_ACCEPTED, *_HANDLED),
}
"""The statuses that an order of each flow goes through until it is invoiced."""


def value(order: Order) -> int:
    """Return what the order is worth now: what was agreed, with every Change, less what was canceled."""
    return order.grand_total - order.total_canceled


def left_to_invoice(order: Order) -> int:
    """Return how much of the order's value no invoice has yet (scaled money)."""
    return value(order) - order.total_invoiced


def fully_invoiced(order: Order) -> bool:
    """Tell whether nothing is left to invoice.

    Invoices that come with units are through when the units are. Where a client has told an invoice's value,
    or a Change has moved the order's, the value decides (contract vtex §5).
    """
    if order.invoice_count == 0:
        return False
    if order.declared_count or order.change_count:
        return left_to_invoice(order) <= 0
    return order.qty_to_invoice == 0


def open_request(order: Order) -> CancellationRequest | None:
    """Return the request for cancellation that nobody has answered."""
    if not order.cancellation_requests:
        return None
    last = order.cancellation_requests[-1]
    return last if last.denied_at is None and last.confirmed_at is None else None


def is_canceled(order: Order) -> bool:
    """Tell whether all of the order is canceled and none of it was ever invoiced."""
    all_gone = order.qty_to_invoice == 0 and order.qty_to_ship == 0
    return all_gone and order.invoice_count == 0 and order.qty_canceled > 0


def status_of(order: Order) -> str:
    """Return the status that the order's facts make."""
    if is_canceled(order):
        return CANCELED
    if order.stage == REPLACED:
        return REPLACED
    if fully_invoiced(order):
        return INVOICED
    if open_request(order) is not None:
        return WAITING_FOR_SELLER_DECISION if order.flow == MARKETPLACE else CANCELLATION_REQUESTED
    if order.invoice_count:
        return PAYMENT_APPROVED if order.flow == MARKETPLACE else HANDLING
    return order.stage


def settled(order: Order) -> Order:
    """Return the order with the status that its facts make, and the time it became invoiced."""
    status = status_of(order)
    if status == order.workflow_status:
        return order
    invoiced_at = order.updated_at if status == INVOICED else None
    return replace(order, workflow_status=status, invoiced_at=invoiced_at)


def along(flow: str, before: str, after: str) -> tuple[str, ...]:
    """Return the statuses of a flow's main line after ``before`` up to ``after``; () if none lie between."""
    line = MAIN_LINE[flow]
    if after not in line or (before and before not in line):
        return ()
    begin = line.index(before) + 1 if before else 0
    return line[begin : line.index(after) + 1]


def path(flow: str, before: str, kind: str, after: str) -> tuple[str, ...]:
    """Return every status that an order went through when an event made ``after`` of ``before``.

    ``before`` is left out, and empty for an order that is placed; ``after`` is the last. ``kind`` is the name
    of the event. An event that moves nothing returns (); a partial invoice goes by way of *invoice* and back.
    """
    if kind == "InvoiceIssued":
        if before in {CANCELLATION_REQUESTED, WAITING_FOR_SELLER_DECISION}:
            return (INVOICE_AFTER_DENY, INVOICE, after)
        lead = along(flow, before, PAYMENT_APPROVED if flow == MARKETPLACE else HANDLING)
        return (*lead, INVOICE, after)
    if before == after:
        return ()
    if after == CANCELED:
        return (CANCEL, CANCELED)
    if after == INVOICED:
        return (INVOICE, INVOICED)
    if after == WAITING_FOR_SELLER_DECISION:
        return (REQUEST_CANCEL, after)
    if before == WAITING_FOR_SELLER_DECISION:
        return (CANCELLATION_DENIED, after)
    return along(flow, before, after) or (after,)

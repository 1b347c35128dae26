"""Ask for an order to be canceled, grant it, or deny it.

Rules: contract vtex §3.7, §3.8 and §6. Before an order is handled it is canceled at once. From then on the
first call is a request, and the second one grants it. An invoice, or a denial, refuses it; an order that is
partly invoiced is not canceled. To cancel a canceled order changes nothing.
"""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import cancel, cancellation_requests, transitions, workflow
from counterfoil.domain.attachments import CancellationRequest
from counterfoil.domain.cancel import OrderCanceled
from counterfoil.domain.decision import Context
from counterfoil.domain.order import Order

AT_ONCE = frozenset(
    {
        transitions.PAYMENT_PENDING,
        transitions.WAITING_FFMT_AUTHORIZATION,
        transitions.WINDOW_TO_CANCEL,
    }
)
"""Statuses in which nobody has to agree to a cancellation."""


class RequestCancellation(Struct, frozen=True):
    """Command: cancel the order, or ask for it, or grant what was asked; the status decides which."""

    reason: str = ""
    requested_by_user: bool = False


class DenyCancellation(Struct, frozen=True):
    """Command: the seller does not cancel."""

    request_id: str
    reason: str


class CancellationRequested(Struct, frozen=True, tag=True):
    """Event: somebody wants the order to be canceled, and the seller has to agree."""

    request: CancellationRequest


class CancellationDenied(Struct, frozen=True, tag=True):
    """Event: the order goes on."""

    request_id: str
    reason: str
    at: str


class AlreadyCanceled(Struct, frozen=True):
    """Refusal: the order is canceled; there is nothing to do."""


class PartlyInvoiced(Struct, frozen=True):
    """Refusal: something of the order is invoiced already."""


class CancellationNotPossible(Struct, frozen=True):
    """Refusal: an order in this status cannot be canceled."""

    status: str


class RequestUnknown(Struct, frozen=True):
    """Refusal: the order has no such request for cancellation."""

    request_id: str


class NothingToDeny(Struct, frozen=True):
    """Refusal: no request for cancellation stands open."""

    status: str


Refusal = AlreadyCanceled | PartlyInvoiced | CancellationNotPossible | RequestUnknown | NothingToDeny


def decide(
    order: Order, command: RequestCancellation, context: Context
) -> OrderCanceled | CancellationRequested | Refusal:
    """Return that the order is canceled, or that this is wanted, or why neither can be."""
    status = order.workflow_status
    if status == transitions.CANCELED:
        return AlreadyCanceled()
    if status in {transitions.INVOICED, transitions.REPLACED}:
        return CancellationNotPossible(status)
    if order.invoice_count:
        return PartlyInvoiced()
    if order.state in {workflow.HOLDED, workflow.PAYMENT_REVIEW}:
        return CancellationNotPossible(order.status)
    request = CancellationRequest(
        context.unique_id, command.reason, context.now, requested_by_user=command.requested_by_user
    )
    if transitions.open_request(order) is not None:
        return _canceled(order, None, context)
    if status in AT_ONCE:
        return _canceled(order, request, context)
    # What has left the house in parts is not called back by a request that cannot be granted.
    if isinstance(_canceled(order, request, context), CancellationNotPossible):
        return CancellationNotPossible(status)
    return CancellationRequested(request)


def decide_denial(order: Order, command: DenyCancellation, context: Context) -> CancellationDenied | Refusal:
    """Return that the order goes on, or why nothing is denied."""
    if order.workflow_status == transitions.CANCELED:
        return AlreadyCanceled()
    if all(request.id != command.request_id for request in order.cancellation_requests):
        return RequestUnknown(command.request_id)
    standing = transitions.open_request(order)
    if standing is None or standing.id != command.request_id:
        return NothingToDeny(order.workflow_status)
    return CancellationDenied(command.request_id, command.reason, context.now)


def evolve(order: Order, event: CancellationRequested | CancellationDenied) -> Order:
    """Note the request, or that it is denied."""
    if isinstance(event, CancellationRequested):
        asked = cancellation_requests.added(order, event.request)
        return replace(asked, version=order.version + 1, updated_at=event.request.at)
    denied = cancellation_requests.denied(order, event.at, event.reason)
    return replace(denied, version=order.version + 1, updated_at=event.at)


def _canceled(
    order: Order, request: CancellationRequest | None, context: Context
) -> OrderCanceled | CancellationNotPossible:
    decided = cancel.decide(order, context)
    if not isinstance(decided, OrderCanceled):
        return CancellationNotPossible(order.workflow_status)
    if not transitions.is_canceled(cancel.without(order, decided)):
        return CancellationNotPossible(order.workflow_status)
    return replace(decided, request=request)

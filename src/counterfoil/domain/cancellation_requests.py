"""What becomes of requests for cancellation that stand open when something else decides them."""

from msgspec.structs import replace

from counterfoil.domain.attachments import CancellationRequest
from counterfoil.domain.order import Order
from counterfoil.domain.transitions import open_request

MOST_KEPT = 100
"""The most requests that an order keeps; the oldest go. All are in its journal."""

INVOICED_INSTEAD = "The order was invoiced."


def added(order: Order, request: CancellationRequest) -> Order:
    """Return the order with one more request."""
    kept = (*order.cancellation_requests, request)[-MOST_KEPT:]
    return replace(order, cancellation_requests=kept)


def answered_by_invoice(order: Order, at: str) -> Order:
    """Return the order with its open request denied: who invoices does not cancel (contract vtex §6)."""
    return denied(order, at, INVOICED_INSTEAD)


def denied(order: Order, at: str, reason: str) -> Order:
    """Return the order with its open request denied by the seller; unchanged if there is none."""
    request = open_request(order)
    if request is None:
        return order
    answered = replace(request, denied_at=at, denied_by_seller=True, denied_reason=reason)
    return replace(order, cancellation_requests=(*order.cancellation_requests[:-1], answered))


def confirmed(order: Order, at: str) -> Order:
    """Return the order with its open request granted; unchanged if there is none."""
    request = open_request(order)
    if request is None:
        return order
    answered = replace(request, confirmed_at=at)
    return replace(order, cancellation_requests=(*order.cancellation_requests[:-1], answered))

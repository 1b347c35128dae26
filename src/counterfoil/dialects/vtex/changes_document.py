"""``changesAttachment``, and what became of requests for cancellation (contract vtex §6 and §7)."""

from typing import Any

from counterfoil.dialects.vtex import dates, receipt
from counterfoil.dialects.vtex.money import cents, units
from counterfoil.dialects.vtex.order_form import called
from counterfoil.domain import transitions
from counterfoil.domain.attachments import DONE, AddedLine, Change
from counterfoil.domain.order import Order


def changes_attachment(order: Order) -> dict[str, Any] | None:
    """Return the Changes that took effect, oldest first; None if there were none.

    One of the second kind, whose money the server has worked out, shows what it moved as a discount or an
    increment.
    """
    done = [change for change in order.changes.values() if change.status == DONE]
    if not done:
        return None
    done.sort(key=lambda change: change.created_at)
    return {"id": "changeAttachment", "changesData": [_change(order, change) for change in done]}


def _change(order: Order, change: Change) -> dict[str, Any]:
    told = change.manual_discount or change.manual_increment
    by_hand = change.generation == 1 or (
        told and change.manual_increment - change.manual_discount == change.delta
    )
    discount = change.manual_discount if by_hand else max(-change.delta, 0)
    increment = change.manual_increment if by_hand else max(change.delta, 0)
    return {
        "reason": change.reason,
        "discountValue": cents(discount),
        "incrementValue": cents(increment),
        "itemsAdded": [_added(line) for line in change.added],
        "itemsRemoved": [_removed(order, item_id, qty) for item_id, qty in change.removed.items()],
        "receipt": {
            "date": dates.of_stored(change.created_at),
            "orderId": called(order),
            "receipt": receipt.of_change(order.entity_id, change.request_id),
        },
    }


def _added(line: AddedLine) -> dict[str, Any]:
    return {
        "id": line.sku,
        "name": line.name or line.sku,
        "quantity": units(line.qty),
        "price": cents(line.price),
        "unitMultiplier": None,
    }


def _removed(order: Order, item_id: int, qty: int) -> dict[str, Any]:
    row = order.items[item_id]
    return {
        "id": row.sku,
        "name": row.name,
        "quantity": units(qty),
        "price": cents(row.price),
        "unitMultiplier": None,
    }


def cancellation(order: Order) -> dict[str, Any] | None:
    """Return what the document family tells of a canceled order; None of one that is not canceled."""
    if order.workflow_status != transitions.CANCELED:
        return None
    request = order.cancellation_requests[-1] if order.cancellation_requests else None
    end = (request.confirmed_at if request else None) or order.updated_at
    return {
        "requestedByUser": request.requested_by_user if request else False,
        "requestedBySystem": None,
        "requestedBySellerNotification": None,
        "requestedByPaymentNotification": None,
        "reason": request.reason if request else "",
        "cancellationDate": dates.of_stored(end),
        "cancellationRequestId": request.id if request else "",
    }


def classic_cancellation(order: Order) -> dict[str, Any] | None:
    """Return the same as the classic family has it: other names, and no request."""
    found = cancellation(order)
    if found is None:
        return None
    names = [name for name in found if name != "cancellationRequestId"]
    return {name[0].upper() + name[1:]: found[name] for name in names}


def cancellation_requests(order: Order) -> list[dict[str, Any]] | None:
    """Return every request for cancellation; None if there was none."""
    if not order.cancellation_requests:
        return None
    return [
        {
            "id": request.id,
            "reason": request.reason,
            "cancellationRequestDate": dates.of_stored(request.at),
            "requestedByUser": request.requested_by_user,
            "deniedBySeller": request.denied_by_seller,
            "deniedBySellerReason": request.denied_reason,
            "cancellationRequestDenyDate": dates.of_stored(request.denied_at) if request.denied_at else None,
        }
        for request in order.cancellation_requests
    ]

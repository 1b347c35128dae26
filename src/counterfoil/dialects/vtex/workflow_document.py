"""``workflowData`` and the receipts of an order, as the document family has them (contract vtex §4 and §7).

The way of an order follows from its facts: the statuses of its flow's main line up to where it is, with the
times that the order has. A step whose own time it has not shows that of the step before.
"""

from collections.abc import Iterator
from typing import Any, Final

from counterfoil.dialects.vtex import dates
from counterfoil.dialects.vtex.packages_document import all_packages
from counterfoil.domain import transitions
from counterfoil.domain.attachments import OUTPUT
from counterfoil.domain.order import SELLER, Order

VERSION: Final = "1.12"

_PARENTS: Final = {
    "order-created": "creating",
    "on-order-completed": "creating",
    "on-order-completed-ffm": "creating",
    "order-accepted": "creating",
    "payment-pending": "approving-transaction",
    "approve-payment": "approving-transaction",
    "payment-approved": "approving-transaction",
    "waiting-ffmt-authorization": "authorizing",
    "authorize-fulfillment": "authorizing",
    "window-to-cancel": "authorizing",
    "ready-for-handling": "handling",
    "start-handling": "handling",
    "handling": "handling",
    "request-cancel": "accepting-cancel",
    "waiting-for-seller-decision": "authorizing",
    "cancellation-requested": "accepting-cancel",
    "cancellation-request-denied": "authorizing",
    "invoice-after-cancellation-deny": "invoice",
    "invoice": "invoice",
    "invoiced": "invoiced",
    "cancel": "canceling",
    "canceled": "canceled",
    "replaced": "replaced",
}
"""The logical step that each status belongs to."""


def _next(
    name: str, action: str | None = None, *, system: bool = True, expected: bool = False
) -> dict[str, Any]:
    return {
        "name": name,
        "next": None,
        "systemWillMove": system,
        "actionsAllowed": None if action is None else {"type": action},
        "expectFlow": expected,
    }


def _step(name: str, *following: dict[str, Any], start: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "next": list(following),
        "systemWillMove": False,
        "actionsAllowed": None,
        "start": start,
    }


_CANCEL: Final = _next("canceling", "cancel")
_STEPS: Final = (
    _step("creating", _next("approving-transaction", expected=True), _CANCEL, start=True),
    _step("approving-transaction", _next("authorizing", expected=True), _next("invoice"), _CANCEL),
    _step("authorizing", _next("handling", expected=True), _next("accepting-cancel", "cancel"), _CANCEL),
    _step(
        "handling",
        _next("invoice", "invoice", system=False, expected=True),
        _next("accepting-cancel", "cancel"),
    ),
    _step(
        "accepting-cancel",
        _next("invoice", "invoice", system=False),
        _next("canceling", "cancel", system=False),
    ),
    _step("invoice", _next("invoiced", expected=True), _next("handling")),
    _step("canceling", _next("canceled", expected=True)),
)
"""The logical steps, and where each leads."""


def workflow_data(order: Order) -> dict[str, Any]:
    """Return ``workflowData``: one instance with its way so far."""
    line = list(timeline(order))
    logical: list[dict[str, Any]] = []
    for name, at in line:
        parent = _PARENTS[name]
        if not logical or logical[-1]["stepName"] != parent:
            logical.append({"stepName": parent, "date": dates.of_stored(at)})
    instance = {
        "id": f"{order.entity_id:032x}",
        "name": "Fulfillment" if order.flow == SELLER else "Marketplace",
        "currentStepName": order.workflow_status,
        "currentStepDescription": order.workflow_status.replace("-", " ").capitalize(),
        "lastChange": dates.of_stored(order.updated_at),
        "isInError": False,
        "isInAutomaticRetry": False,
        "creationDate": dates.of_stored(order.created_at),
        "owner": None,
        "version": VERSION,
        "timeLine": [
            {"stepName": name, "date": dates.of_stored(at), "parentStepName": _PARENTS[name]}
            for name, at in line
        ],
        "logicTimeLine": logical,
        "steps": list(_STEPS),
        "currentLogicalStep": _PARENTS[order.workflow_status],
    }
    return {"instances": [instance], "mainFlowIndex": 0}


def timeline(order: Order) -> Iterator[tuple[str, str]]:
    """Yield the statuses that the order has gone through, and when (times of the books)."""
    at = order.created_at
    for name in _main_line(order):
        if name in {transitions.APPROVE_PAYMENT, transitions.AUTHORIZE_FULFILLMENT} and order.authorized_at:
            at = max(at, order.authorized_at)
        elif name == transitions.START_HANDLING:
            at = max(at, min(_later_times(order), default=order.updated_at))
        yield name, at
    status = order.workflow_status
    if status in transitions.MAIN_LINE[order.flow]:
        return
    request = order.cancellation_requests[-1] if order.cancellation_requests else None
    asked = max(at, request.at) if request else at
    match status:
        case transitions.CANCELED:
            if request and request.confirmed_at and request.confirmed_at != request.at:
                yield transitions.CANCELLATION_REQUESTED, asked
            end = max(at, (request.confirmed_at if request else None) or order.updated_at)
            yield transitions.CANCEL, end
            yield transitions.CANCELED, end
        case transitions.INVOICED:
            end = max(at, order.invoiced_at or order.updated_at)
            yield transitions.INVOICE, end
            yield transitions.INVOICED, end
        case transitions.WAITING_FOR_SELLER_DECISION:
            yield transitions.REQUEST_CANCEL, asked
            yield status, asked
        case _:
            yield status, asked


def _main_line(order: Order) -> tuple[str, ...]:
    """Return the steps of the flow's main line that are behind the order, the one it rests in included."""
    line = transitions.MAIN_LINE[order.flow]
    stages = [order.stage, order.workflow_status]
    return line[: 1 + max((line.index(stage) for stage in stages if stage in line), default=0)]


def _later_times(order: Order) -> list[str]:
    """Return the times of what comes after the begin of handling."""
    return [package.created_at for package in all_packages(order)] + [
        request.at for request in order.cancellation_requests
    ]


def receipts(order: Order) -> dict[str, Any]:
    """Return ``receiptData``: what was confirmed, and when."""
    found = []
    if order.authorized_at:
        found.append(("authorizePayment", order.authorized_at))
    found += [
        ("invoice" if package.type == OUTPUT else "refund", package.created_at)
        for package in all_packages(order)
    ]
    if order.workflow_status == transitions.CANCELED:
        end = list(timeline(order))[-1][1]
        found += [(name, end) for name in ("cancelPayment", "sellerCancellation", "marketPlaceCancellation")]
    return {"receiptCollection": [{"receiptType": name, "date": dates.of_stored(at)} for name, at in found]}

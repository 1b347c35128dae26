"""Bring an order forward, or call it off (contract vtex §3.2, §3.7, §3.8, §3.11, §6)."""

from counterfoil.access.app_role import CANCEL_ORDER, CHANGE_STATUS, NOTIFY_PAYMENT
from counterfoil.dialects.vtex import package_request, receipt
from counterfoil.dialects.vtex.call import Call, Reply, replayed
from counterfoil.dialects.vtex.refusals import of_refusal
from counterfoil.dialects.vtex.route import Route
from counterfoil.domain.cancellation import AlreadyCanceled, DenyCancellation, RequestCancellation
from counterfoil.domain.handling import ApprovePayment, StartHandling, StatusDiffers
from counterfoil.domain.transitions import CANCELED, REPLACED
from counterfoil.ledger.envelope import Accepted

ORDER = "/api/oms/pvt/orders/:orderId"
DOCUMENT = "/api/orders/pvt/document/:orderId"


async def start_handling(call: Call) -> Reply:
    """Let the warehouse begin. An order that is being handled already is told to be so, with 409."""
    target = await call.target()
    outcome = await call.execute(target, StartHandling())
    return Reply(status=204, headers=replayed(outcome))


async def notify_payment(call: Call) -> Reply:
    """Note that the order is paid. Once is enough: of an order that has gone on nothing changes."""
    target = await call.target()
    outcome = await call.attempt(target, ApprovePayment(call.shop.settings.grace_s))
    if isinstance(outcome, Accepted):
        return Reply(headers=replayed(outcome))
    refusal = outcome.refusal
    if isinstance(refusal, StatusDiffers) and refusal.status not in {CANCELED, REPLACED}:
        return Reply()
    raise of_refusal(refusal, target.order_id)


async def cancel(call: Call) -> Reply:
    """Cancel the order, or ask for it, or grant what was asked. A receipt only says that this was noted."""
    target = await call.target()
    reason, by_user = package_request.reason(call.fields("reason", "requestedByUser"))
    outcome = await call.attempt(target, RequestCancellation(reason, requested_by_user=by_user))
    if isinstance(outcome, Accepted):
        return await receipt.of_effect(call, target, outcome)
    if isinstance(outcome.refusal, AlreadyCanceled):
        return receipt.of_nothing(call, target)
    raise of_refusal(outcome.refusal, target.order_id)


async def deny_cancellation(call: Call) -> Reply:
    """Let the order go on, though somebody has asked for its cancellation."""
    target = await call.target()
    sent = call.needed_fields("cancellationRequestId", "denyReason")
    request_id = package_request.needed_text(sent, "cancellationRequestId")
    reason = package_request.needed_text(sent, "denyReason")
    outcome = await call.execute(target, DenyCancellation(request_id, reason))
    return Reply(headers=replayed(outcome))


ROUTES = (
    Route("POST", f"{ORDER}/start-handling", start_handling, CHANGE_STATUS),
    Route("POST", f"{DOCUMENT}/actions/start-handling", start_handling, CHANGE_STATUS),
    Route("POST", f"{ORDER}/payments/:paymentId/payment-notification", notify_payment, NOTIFY_PAYMENT),
    Route("POST", f"{DOCUMENT}/payment/:paymentId/notify-payment", notify_payment, NOTIFY_PAYMENT),
    Route("POST", f"{ORDER}/cancel", cancel, CANCEL_ORDER),
    Route("POST", f"{DOCUMENT}/cancel", cancel, CANCEL_ORDER),
    Route("POST", f"{DOCUMENT}/deny-cancellation-request", deny_cancellation, CANCEL_ORDER),
)

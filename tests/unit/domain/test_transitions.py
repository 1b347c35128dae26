import pytest

from counterfoil.domain import transitions
from counterfoil.domain.handling import (
    ApprovePayment,
    AuthorizeFulfillment,
    EndGracePeriod,
    StartHandling,
    StatusDiffers,
)
from counterfoil.domain.hold import HoldOrder
from counterfoil.domain.order import COMPLETE, MARKETPLACE, SELLER
from counterfoil.domain.steps import GRACE_TASK, follow_ups
from tests.unit.domain.workflow_orders import after, mugs_and_plate, told


def test_a_shops_own_order_goes_from_payment_to_handling():
    order = mugs_and_plate(transitions.PAYMENT_PENDING)
    assert order.authorized_at is None
    order = after(order, ApprovePayment(grace_s=60))
    assert order.workflow_status == transitions.WINDOW_TO_CANCEL
    assert order.authorized_at is not None
    order = after(order, EndGracePeriod())
    assert order.workflow_status == "ready-for-handling"
    assert after(order, StartHandling()).workflow_status == transitions.HANDLING


def test_a_grace_period_is_timed_and_none_is_skipped():
    order = mugs_and_plate(transitions.PAYMENT_PENDING)
    (wish,) = follow_ups(order, told(order, ApprovePayment(grace_s=60)))
    assert (wish.kind, wish.delay_s, wish.body) == (GRACE_TASK, 60, {"order_id": order.entity_id})
    event = told(order, ApprovePayment())
    assert (event.stage, follow_ups(order, event)) == ("ready-for-handling", [])


def test_a_sellers_order_waits_for_the_marketplace():
    order = mugs_and_plate(transitions.WAITING_FFMT_AUTHORIZATION, SELLER)
    assert told(order, StartHandling()) == StatusDiffers("waiting-ffmt-authorization", "ready-for-handling")
    assert after(order, AuthorizeFulfillment()).workflow_status == "ready-for-handling"


def test_a_marketplaces_order_rests_in_payment_approved():
    order = mugs_and_plate(transitions.PAYMENT_PENDING, MARKETPLACE)
    assert after(order, ApprovePayment(60)).workflow_status == transitions.PAYMENT_APPROVED


def test_each_step_is_taken_once():
    order = after(mugs_and_plate("ready-for-handling"), StartHandling())
    assert told(order, StartHandling()) == StatusDiffers(transitions.HANDLING, "ready-for-handling")
    assert told(order, ApprovePayment()) == StatusDiffers(transitions.HANDLING, transitions.PAYMENT_PENDING)


def test_what_is_on_hold_is_not_handled():
    order = after(mugs_and_plate("ready-for-handling"), HoldOrder())
    assert told(order, StartHandling()) == StatusDiffers("holded", "ready-for-handling")


@pytest.mark.parametrize(
    "flow, before, kind, after_status, path",
    [
        (
            COMPLETE,
            "",
            "OrderPlaced",
            "payment-pending",
            ("order-created", "on-order-completed", "payment-pending"),
        ),
        (
            COMPLETE,
            "payment-pending",
            "PaymentApproved",
            "window-to-cancel",
            ("approve-payment", "payment-approved", "authorize-fulfillment", "window-to-cancel"),
        ),
        (COMPLETE, "ready-for-handling", "HandlingStarted", "handling", ("start-handling", "handling")),
        (COMPLETE, "handling", "InvoiceIssued", "handling", ("invoice", "handling")),
        (COMPLETE, "handling", "InvoiceIssued", "invoiced", ("invoice", "invoiced")),
        (COMPLETE, "handling", "ChangeApplied", "invoiced", ("invoice", "invoiced")),
        (COMPLETE, "handling", "ChangeApplied", "handling", ()),
        (
            MARKETPLACE,
            "payment-approved",
            "InvoiceIssued",
            "payment-approved",
            ("invoice", "payment-approved"),
        ),
        (
            SELLER,
            "cancellation-requested",
            "InvoiceIssued",
            "invoiced",
            ("invoice-after-cancellation-deny", "invoice", "invoiced"),
        ),
        (SELLER, "cancellation-requested", "CancellationDenied", "handling", ("handling",)),
        (COMPLETE, "handling", "OrderCanceled", "canceled", ("cancel", "canceled")),
        (
            MARKETPLACE,
            "payment-approved",
            "CancellationRequested",
            "waiting-for-seller-decision",
            ("request-cancel", "waiting-for-seller-decision"),
        ),
        (COMPLETE, "handling", "OrderCommented", "handling", ()),
    ],
)
def test_the_way_from_one_status_to_the_next_is_told(flow, before, kind, after_status, path):
    assert transitions.path(flow, before, kind, after_status) == path


def test_no_order_can_rest_in_a_status_that_is_only_passed():
    assert transitions.THEN.keys() >= transitions.PASSING
    for status in transitions.PASSING:
        assert transitions.THEN[status], status

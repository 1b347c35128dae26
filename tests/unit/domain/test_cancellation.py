import pytest

from counterfoil.domain import transitions
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.cancellation import (
    AlreadyCanceled,
    CancellationNotPossible,
    DenyCancellation,
    NothingToDeny,
    PartlyInvoiced,
    RequestCancellation,
    RequestUnknown,
)
from counterfoil.domain.change import RequestChange
from counterfoil.domain.hold import HoldOrder
from counterfoil.domain.order import MARKETPLACE, READY_FOR_HANDLING, SELLER
from counterfoil.domain.register_invoice import RegisterInvoice
from counterfoil.domain.ship import ShipOrder
from tests.unit.domain.workflow_orders import MUG, ONE, after, book, cents, mugs_and_plate, told

ASK = RequestCancellation("changed my mind", requested_by_user=True)


@pytest.mark.parametrize("stage", [transitions.PAYMENT_PENDING, transitions.WINDOW_TO_CANCEL])
def test_before_it_is_handled_an_order_is_canceled_at_once(stage):
    order = after(mugs_and_plate(stage), ASK)
    assert order.workflow_status == transitions.CANCELED
    (request,) = order.cancellation_requests
    assert (request.reason, request.requested_by_user) == ("changed my mind", True)
    assert request.confirmed_at is not None
    assert book(order) == []


def test_a_sellers_order_that_waits_for_its_marketplace_too():
    order = after(mugs_and_plate(transitions.WAITING_FFMT_AUTHORIZATION, SELLER), ASK)
    assert order.workflow_status == transitions.CANCELED


@pytest.mark.parametrize("stage", [READY_FOR_HANDLING, transitions.HANDLING])
def test_from_then_on_the_first_call_asks_and_the_second_grants(stage):
    order = after(mugs_and_plate(stage), ASK)
    assert order.workflow_status == transitions.CANCELLATION_REQUESTED
    order = after(order, RequestCancellation())
    assert order.workflow_status == transitions.CANCELED
    assert len(order.cancellation_requests) == 1
    assert book(order) == []


def test_of_a_marketplaces_order_the_seller_decides():
    order = after(mugs_and_plate(transitions.PAYMENT_APPROVED, MARKETPLACE), ASK)
    assert order.workflow_status == transitions.WAITING_FOR_SELLER_DECISION
    (request,) = order.cancellation_requests
    order = after(order, DenyCancellation(request.id, "it is packed"))
    assert order.workflow_status == transitions.PAYMENT_APPROVED


def test_a_denied_request_leaves_the_order_where_it_was_and_can_be_made_again():
    order = after(mugs_and_plate(), ASK)
    request = order.cancellation_requests[0]
    order = after(order, DenyCancellation(request.id, "it is packed"))
    assert order.workflow_status == transitions.HANDLING
    assert told(order, DenyCancellation(request.id, "again")) == NothingToDeny(transitions.HANDLING)
    order = after(order, ASK)
    assert order.workflow_status == transitions.CANCELLATION_REQUESTED
    assert len(order.cancellation_requests) == 2


def test_nothing_is_denied_that_nobody_asked():
    assert told(mugs_and_plate(), DenyCancellation("r9", "no")) == RequestUnknown("r9")
    canceled = after(mugs_and_plate(), CancelOrder())
    assert told(canceled, DenyCancellation("r9", "no")) == AlreadyCanceled()


def test_a_partly_invoiced_order_is_not_canceled():
    order = after(mugs_and_plate(), RegisterInvoice("1", cents(100)))
    assert told(order, ASK) == PartlyInvoiced()


def test_an_invoiced_or_held_order_is_not_either():
    order = after(mugs_and_plate(), RegisterInvoice("1", cents(13533)))
    assert told(order, ASK) == CancellationNotPossible(transitions.INVOICED)
    assert told(after(mugs_and_plate(), HoldOrder()), ASK) == CancellationNotPossible("holded")


def test_nor_one_that_has_left_the_house_in_part():
    order = after(mugs_and_plate(), ShipOrder({MUG: ONE}))
    assert told(order, ASK) == CancellationNotPossible(transitions.HANDLING)


def test_to_cancel_a_canceled_order_changes_nothing():
    assert told(after(mugs_and_plate(), CancelOrder()), ASK) == AlreadyCanceled()


def test_the_other_languages_cancellation_grants_a_request():
    order = after(mugs_and_plate(), ASK, CancelOrder())
    assert order.workflow_status == transitions.CANCELED
    assert order.cancellation_requests[0].confirmed_at is not None


def test_money_that_a_change_has_moved_is_canceled_with_the_last_units():
    less = RequestChange("r", 1, "less", manual_discount=cents(33))
    order = after(mugs_and_plate(), less, CancelOrder())
    assert (order.workflow_status, transitions.value(order)) == (transitions.CANCELED, 0)
    assert book(order) == []
    order = after(mugs_and_plate(), RegisterInvoice("1", cents(5000)), CancelOrder())
    assert (order.workflow_status, transitions.value(order)) == (transitions.INVOICED, cents(5000))
    assert book(order) == []


def test_an_order_keeps_its_last_requests_only():
    order = mugs_and_plate()
    for number in range(150):
        order = after(order, RequestCancellation(f"{number}"))
        standing = transitions.open_request(order)
        assert standing is not None
        order = after(order, DenyCancellation(standing.id, "no"))
    assert len(order.cancellation_requests) == 100
    assert order.cancellation_requests[-1].reason == "149"

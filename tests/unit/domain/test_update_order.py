import pytest

from counterfoil.domain import invariants
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.update_order import NothingToUpdate, OrderUpdated, StatusOfOtherState, UpdateOrder
from tests.drafts import draft, row
from tests.unit.domain.given import NOW, placed, when

OWN = {"new": frozenset({"picking"}), "processing": frozenset({"packed"})}


@pytest.fixture
def order():
    return placed(draft(row("A", 1000, 2)))


def test_only_what_differs_is_in_the_event(order):
    email = order.particulars.customer_email
    command = UpdateOrder(
        fields={"customer_email": email, "ext_order_id": "ERP-7"}, status="pending", customer_note_notify=True
    )
    changed, event = when(order, command)
    assert event == OrderUpdated({"ext_order_id": "ERP-7"}, None, None, NOW)
    assert (changed.particulars.ext_order_id, changed.particulars.customer_email) == ("ERP-7", email)
    assert (changed.status, changed.version) == ("pending", order.version + 1)


@pytest.mark.parametrize("command", [UpdateOrder(), UpdateOrder(status="pending", customer_note_notify=True)])
def test_an_order_that_is_so_already_is_not_written(order, command):
    assert when(order, command) == (order, NothingToUpdate())


def test_a_field_can_be_emptied(order):
    changed, _ = when(order, UpdateOrder(fields={"customer_firstname": None}))
    assert changed.particulars.customer_firstname is None


def test_a_status_is_one_of_the_orders_state(order):
    changed, _ = when(order, UpdateOrder(status="picking", statuses=OWN))
    assert (changed.state, changed.status) == ("new", "picking")
    assert list(invariants.broken_totals(changed)) == []
    back, _ = when(changed, UpdateOrder(status="pending", statuses=OWN))
    assert back.status == "pending"


@pytest.mark.parametrize("status", ["packed", "processing", "complete", "closed", "nosuch"])
def test_a_status_of_another_state_is_refused(order, status):
    command = UpdateOrder(fields={"ext_order_id": "ERP-7"}, status=status, statuses=OWN)
    assert when(order, command) == (order, StatusOfOtherState(status, "new"))


def test_an_invoice_sets_the_status_of_the_state(order):
    picked, _ = when(order, UpdateOrder(status="picking", statuses=OWN))
    assert when(picked, IssueInvoice())[0].status == "processing"


def test_whether_notes_are_sent_can_be_changed(order):
    assert when(order, UpdateOrder(customer_note_notify=False))[0].customer_note_notify is False

import pytest

from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.credit import CreditOrder
from counterfoil.domain.hold import HoldOrder, NotHeld, NotHoldable, ReleaseOrder
from counterfoil.domain.invoice import InvoiceRefused, IssueInvoice
from counterfoil.domain.ship import ShipmentRefused, ShipOrder
from counterfoil.domain.update_order import UpdateOrder
from tests.drafts import draft, row
from tests.unit.domain.given import NOW, numbers, placed, when


def new():
    return placed(draft(row("A", 1000, 2)))


def after(order, *commands):
    using = numbers()
    for command in commands:
        order, _ = when(order, command, using)
    return order


@pytest.mark.parametrize("history, state", [((), "new"), ((IssueInvoice(),), "processing")])
def test_an_order_off_hold_is_what_it_was(history, state):
    before = after(new(), *history)
    held = after(before, HoldOrder())
    assert (held.state, held.status, held.hold_before_state) == ("holded", "holded", state)
    released = after(held, ReleaseOrder())
    assert (released.state, released.status) == (before.state, before.status)
    assert (released.hold_before_state, released.hold_before_status) == (None, None)
    assert (released.version, released.updated_at) == (before.version + 2, NOW)


def test_a_status_of_the_shops_own_comes_back():
    own = UpdateOrder(status="picking", statuses={"new": frozenset({"picking"})})
    assert after(new(), own, HoldOrder(), ReleaseOrder()).status == "picking"


@pytest.mark.parametrize(
    "history",
    [(HoldOrder(),), (CancelOrder(),), (IssueInvoice(), ShipOrder()), (IssueInvoice(), CreditOrder())],
)
def test_an_order_that_has_ended_or_is_held_is_not_held(history):
    order = after(new(), *history)
    assert when(order, HoldOrder()) == (order, NotHoldable())


def test_an_order_that_is_not_held_is_not_released():
    order = new()
    assert when(order, ReleaseOrder()) == (order, NotHeld())


@pytest.mark.parametrize(
    "command, refusal", [(IssueInvoice(), InvoiceRefused), (ShipOrder(), ShipmentRefused)]
)
def test_nothing_happens_to_an_order_on_hold(command, refusal):
    held = after(new(), HoldOrder())
    unchanged, decided = when(held, command)
    assert unchanged == held
    assert isinstance(decided, refusal)
    assert decided.status == "holded"

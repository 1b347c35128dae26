from msgspec.structs import replace

from counterfoil.domain import transitions
from counterfoil.domain.cancellation import RequestCancellation
from counterfoil.domain.handling import EndGracePeriod, StatusDiffers
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.order import READY_FOR_HANDLING
from counterfoil.domain.payment import SettlePayment, Yes
from counterfoil.domain.void import VoidPayment
from tests.drafts import authorized, draft, row
from tests.unit.domain.given import placed
from tests.unit.domain.workflow_orders import ONE, after, mugs_and_plate, told


def test_a_grace_period_ends_also_while_an_invoice_stands_that_is_voided_later():
    """Else the order would be back in its window to cancel with nobody to end that."""
    window = replace(authorized(draft(row("CUP", 1000, 2))), stage=transitions.WINDOW_TO_CANCEL)
    order = after(placed(window), IssueInvoice({1: ONE}), EndGracePeriod())
    assert order.workflow_status == transitions.HANDLING
    [invoice_id] = order.invoices
    order = after(order, VoidPayment(invoice_id))
    assert order.open_payment is not None
    order = after(order, SettlePayment(order.open_payment, VoidPayment(invoice_id), Yes("T")))
    assert order.workflow_status == READY_FOR_HANDLING
    assert told(order, EndGracePeriod()) == StatusDiffers(READY_FOR_HANDLING, transitions.WINDOW_TO_CANCEL)


def test_the_grace_period_of_a_canceled_order_has_nothing_to_end():
    order = after(mugs_and_plate(transitions.WINDOW_TO_CANCEL), RequestCancellation())
    assert told(order, EndGracePeriod()) == StatusDiffers(transitions.CANCELED, transitions.WINDOW_TO_CANCEL)

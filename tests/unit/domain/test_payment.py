"""Money at a gateway: wanted, sent, settled; a document is there when its money is, and not before."""

import pytest

from counterfoil.domain import invariants
from counterfoil.domain.cancel import CancelOrder, OrderCanceled
from counterfoil.domain.comment_order import CommentOrder
from counterfoil.domain.credit import CreditMemoMade, CreditOrder, InvoiceNotCreditable, ShippingTooLarge
from counterfoil.domain.decider import follow_ups
from counterfoil.domain.documents import INVOICE_CANCELED, INVOICE_OPEN, INVOICE_PAID
from counterfoil.domain.hold import HoldOrder
from counterfoil.domain.invariants import Documents
from counterfoil.domain.invoice import InvoiceIssued, InvoiceQuantityTooLarge, IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.payment import (
    CaptureInvoice,
    CaptureTooLarge,
    CaptureUnavailable,
    InvoiceCaptured,
    No,
    NoAnswer,
    PaymentDeclined,
    PaymentInProgress,
    PaymentSent,
    PaymentSettled,
    PaymentUnknown,
    PaymentWanted,
    SendPayment,
    SettlePayment,
    Yes,
    wish_of,
)
from counterfoil.domain.ship import ShipOrder
from counterfoil.domain.void import PaymentVoided, VoidPayment, VoidUnavailable
from tests.drafts import authorized, draft, row
from tests.unit.domain.given import numbers, placed, when

ONE = SCALE


class Case:
    """An order of 3 × 10.00 and 5.00 shipping, authorised at a gateway, and what happens to it."""

    def __init__(self, *, offline=False):
        self.using = numbers()
        wanted = draft(row("S1", 1000, 3))
        self.order = placed(wanted if offline else authorized(wanted), self.using)

    def do(self, command):
        self.order, decided = when(self.order, command, self.using)
        return decided

    def answer(self, answer):
        seq = self.order.open_payment or 0
        return self.do(SettlePayment(seq, wish_of(self.order.payments[seq]), answer))

    def paid(self, items):
        """Issue an invoice with capture, and let the gateway say yes."""
        self.do(IssueInvoice(items, capture=True))
        return self.answer(Yes(f"T{self.order.open_payment}")).invoice

    def check(self):
        order = self.order
        documents = Documents(
            list(order.invoices.values()),
            list(order.shipments.values()),
            list(order.creditmemos.values()),
            list(order.payments.values()),
        )
        assert list(invariants.broken_book(order, documents)) == []


@pytest.fixture
def case():
    made = Case()
    yield made
    made.check()


def test_an_authorised_order_is_processing_and_nothing_is_paid(case):
    assert (case.order.state, case.order.status) == ("processing", "processing")
    assert (case.order.total_paid, case.order.amount_authorized) == (0, case.order.grand_total)
    (held,) = case.order.payments.values()
    assert (held.kind, held.txn_id, held.transaction_id) == ("authorization", "A", 1)


def test_an_invoice_with_capture_waits_for_its_money(case):
    wanted = case.do(IssueInvoice({1: ONE}, capture=True))
    assert isinstance(wanted, PaymentWanted)
    assert (wanted.operation.kind, wanted.operation.amount) == ("capture", 150_000)
    assert wanted.operation.parent_txn_id == "A"
    assert case.order.invoice_count == 0
    (task,) = follow_ups(case.order, wanted)
    assert task.body == {"order_id": case.order.entity_id, "seq": case.order.open_payment}
    assert isinstance(case.do(SendPayment(2)), PaymentSent)
    issued = case.answer(Yes("C1"))
    assert isinstance(issued, InvoiceIssued)
    assert (issued.invoice.state, issued.invoice.transaction_id) == (INVOICE_PAID, "C1")
    assert case.order.total_paid == case.order.total_invoiced == 150_000
    assert case.order.payments[2].invoice_id == issued.invoice.entity_id


def test_a_declined_capture_leaves_no_invoice_and_takes_no_number(case):
    case.do(IssueInvoice(capture=True))
    before = case.using.advanced()
    assert isinstance(case.answer(No("no money")), PaymentDeclined)
    assert case.order.invoice_count == 0
    assert case.order.open_payment is None
    assert case.using.advanced() == before
    assert isinstance(case.do(IssueInvoice(capture=True)), PaymentWanted)


def test_without_an_answer_the_payment_stays_open_until_it_is_known(case):
    case.do(IssueInvoice(capture=True))
    case.do(SendPayment(2))
    assert isinstance(case.answer(NoAnswer()), PaymentUnknown)
    assert case.answer(NoAnswer()) == PaymentSettled()
    assert case.do(CancelOrder()) == PaymentInProgress(case.order.entity_id)
    assert isinstance(case.answer(Yes("C1")), InvoiceIssued)


def test_an_operation_is_sent_once_and_settled_once(case):
    case.do(IssueInvoice(capture=True))
    case.do(SendPayment(2))
    assert case.do(SendPayment(2)) == PaymentSettled()
    wish = wish_of(case.order.payments[2])
    case.answer(Yes("C1"))
    assert case.do(SettlePayment(2, wish, Yes("C1"))) == PaymentSettled()
    assert case.do(SettlePayment(2, wish, No())) == PaymentSettled()
    assert case.order.invoice_count == 1


@pytest.mark.parametrize(
    "command",
    [
        IssueInvoice(),
        IssueInvoice(capture=True),
        CreditOrder(),
        CancelOrder(),
        HoldOrder(),
        CaptureInvoice(1),
        VoidPayment(1),
    ],
)
def test_while_money_moves_nothing_is_decided_that_depends_on_it(case, command):
    case.do(IssueInvoice({1: ONE}, capture=True))
    assert case.do(command) == PaymentInProgress(case.order.entity_id)


def test_while_money_moves_goods_go_out_and_remarks_are_made(case):
    case.do(IssueInvoice(capture=True))
    case.do(ShipOrder())
    case.do(CommentOrder("seen"))
    assert isinstance(case.answer(Yes("C1")), InvoiceIssued)
    assert case.order.state == "complete"


def test_what_would_be_refused_asks_for_no_money(case):
    assert case.do(IssueInvoice({1: 4 * ONE}, capture=True)) == InvoiceQuantityTooLarge("S1")
    assert case.order.open_payment is None


def test_without_capture_the_invoice_is_open_until_it_is_captured(case):
    issued = case.do(IssueInvoice({1: ONE}))
    assert issued.invoice.state == INVOICE_OPEN
    assert (case.order.total_invoiced, case.order.total_paid) == (150_000, 0)
    wanted = case.do(CaptureInvoice(issued.invoice.entity_id))
    assert wanted.operation.amount == 150_000
    assert isinstance(case.answer(Yes("C1")), InvoiceCaptured)
    captured = case.order.invoices[issued.invoice.entity_id]
    assert (captured.state, captured.transaction_id) == (INVOICE_PAID, "C1")
    assert case.order.total_paid == 150_000
    assert case.do(CaptureInvoice(issued.invoice.entity_id)) == CaptureUnavailable()


def test_offline_capture_means_nothing_and_capture_and_void_are_not_there():
    case = Case(offline=True)
    issued = case.do(IssueInvoice({1: ONE}, capture=True))
    assert issued.invoice.state == INVOICE_PAID
    assert issued.invoice.transaction_id is None
    assert case.do(CaptureInvoice(issued.invoice.entity_id)) == CaptureUnavailable()
    assert case.do(VoidPayment(issued.invoice.entity_id)) == VoidUnavailable()
    case.check()


def test_partial_captures_add_up_to_the_authorisation(case):
    for _ in range(3):
        case.paid({1: ONE})
    assert case.order.total_paid == case.order.amount_authorized
    assert len([one for one in case.order.payments.values() if one.kind == "capture"]) == 3


def test_a_refund_online_makes_its_memo_when_the_money_is_back(case):
    invoice = case.paid({})
    wanted = case.do(CreditOrder({1: ONE}, shipping_amount=0, invoice_id=invoice.entity_id, online=True))
    assert (wanted.operation.kind, wanted.operation.amount) == ("refund", 100_000)
    assert wanted.operation.parent_txn_id == invoice.transaction_id
    assert case.order.total_refunded == 0
    made = case.answer(Yes("R1"))
    assert isinstance(made, CreditMemoMade)
    assert made.creditmemo.transaction_id == "R1"
    assert case.order.total_online_refunded == case.order.total_refunded == 100_000


def test_a_gateways_invoice_can_be_refunded_offline(case):
    invoice = case.paid({})
    made = case.do(CreditOrder({1: ONE}, invoice_id=invoice.entity_id))
    assert isinstance(made, CreditMemoMade)
    assert (case.order.total_online_refunded, made.creditmemo.transaction_id) == (0, None)


def test_an_invoice_that_is_not_paid_is_not_refunded(case):
    invoice = case.do(IssueInvoice()).invoice
    assert case.do(CreditOrder(invoice_id=invoice.entity_id, online=True)) == InvoiceNotCreditable()


def test_a_void_cancels_what_waited_for_the_money(case):
    paid = case.paid({1: ONE})
    waiting = case.do(IssueInvoice({1: ONE})).invoice
    wanted = case.do(VoidPayment(waiting.entity_id))
    assert (wanted.operation.kind, wanted.operation.amount) == ("void", 200_000)
    assert isinstance(case.answer(Yes("V1")), PaymentVoided)
    assert case.order.invoices[waiting.entity_id].state == INVOICE_CANCELED
    assert case.order.invoices[paid.entity_id].state == INVOICE_PAID
    assert (case.order.total_invoiced, case.order.amount_canceled) == (150_000, 200_000)
    assert case.order.items[1].qty_invoiced == ONE
    assert case.do(IssueInvoice(capture=True)) == CaptureTooLarge(0)


@pytest.mark.parametrize("rest", [IssueInvoice(), CancelOrder()])
def test_the_shipping_of_a_voided_invoice_is_still_open(case, rest):
    waiting = case.do(IssueInvoice({1: ONE})).invoice
    paid = case.paid({1: ONE})
    assert (waiting.shipping_amount, paid.shipping_amount) == (50_000, None)
    case.do(VoidPayment(waiting.entity_id))
    assert isinstance(case.answer(Yes("V1")), PaymentVoided)
    shipping = CreditOrder({1: ONE}, shipping_amount=50_000, adjustment_negative=50_000)
    assert case.do(shipping) == ShippingTooLarge(0, "USD")
    done = case.do(rest)
    assert case.order.total_invoiced + case.order.total_canceled == case.order.grand_total
    if isinstance(done, InvoiceIssued):
        assert done.invoice.shipping_amount == 50_000
    else:
        assert case.order.shipping_canceled == 50_000
        assert case.do(CreditOrder()).creditmemo.grand_total == 100_000


def test_canceling_the_order_gives_the_authorisation_up(case):
    canceled = case.do(CancelOrder())
    assert isinstance(canceled, OrderCanceled)
    assert case.order.state == "canceled"
    assert len(follow_ups(case.order, canceled)) == 1
    assert isinstance(case.answer(Yes("V1")), PaymentVoided)
    assert case.order.amount_canceled == case.order.amount_authorized
    assert case.order.state == "canceled"


def test_canceling_the_rest_keeps_what_an_open_invoice_waits_for(case):
    waiting = case.do(IssueInvoice({1: ONE})).invoice
    assert case.do(CancelOrder()).void is None
    case.do(CaptureInvoice(waiting.entity_id))
    assert isinstance(case.answer(Yes("C1")), InvoiceCaptured)


def test_all_given_back_closes_an_order_whose_invoices_are_all_paid(case):
    invoice = case.paid({})
    case.do(CreditOrder(invoice_id=invoice.entity_id, online=True))
    case.answer(Yes("R1"))
    assert case.order.state == "closed"

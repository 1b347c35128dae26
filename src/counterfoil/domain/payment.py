"""Move money at a payment gateway: want it, send it, and settle what became of it.

What needs money (an invoice with capture, a capture, an online refund, a void) is first decided as if
the gateway had said yes. If the document would be legal, the operation is *wanted* and nothing else
happens yet. It is *sent* outside the lock. When the gateway's answer is known, the document comes into
being in the same event that confirms the operation, so neither is ever there without the other. As long
as an operation is open, commands that depend on its outcome are refused as `PaymentInProgress`.

Rules of the documents: contract adobe §5.2, §6.2; of capture and void: §5.4.
"""

from typing import Any, TypeVar, assert_never

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import credit, gateway, invoice, void, workflow
from counterfoil.domain.credit import CreditMemoMade, CreditOrder
from counterfoil.domain.decision import Context, Scope
from counterfoil.domain.documents import (
    INVOICE_OPEN,
    INVOICE_PAID,
    Confirmation,
    PaymentOperation,
)
from counterfoil.domain.gateway import CAPTURE, OPEN, REFUND, SENT, UNKNOWN, WANTED
from counterfoil.domain.invoice import InvoiceIssued, IssueInvoice
from counterfoil.domain.numbering import Numbers
from counterfoil.domain.order import Order
from counterfoil.domain.void import PaymentVoided, VoidPayment, VoidUnavailable

E = TypeVar("E")


class CaptureInvoice(Struct, frozen=True, tag=True):
    """Command: have the gateway pay an invoice that is open."""

    invoice_id: int


Wish = IssueInvoice | CreditOrder | CaptureInvoice | VoidPayment
"""The commands that money may have to be moved for."""


class SendPayment(Struct, frozen=True):
    """Command: note that the operation is about to be sent, before it is."""

    seq: int


class Yes(Struct, frozen=True):
    """The gateway's answer: the money was moved. ``txn_id`` is its name of that."""

    txn_id: str


class No(Struct, frozen=True):
    """The gateway's answer: the money was not moved and will not be."""

    reason: str = ""


class NoAnswer(Struct, frozen=True):
    """The gateway did not answer, so it is not known whether the money was moved."""


Answer = Yes | No | NoAnswer


class SettlePayment(Struct, frozen=True):
    """Command: write down what the gateway said of an operation, and make the document it was for."""

    seq: int
    wish: Wish
    answer: Answer


Command = CaptureInvoice | VoidPayment | SendPayment | SettlePayment


class PaymentWanted(Struct, frozen=True, tag=True):
    """Event: money shall be moved; its document waits for it."""

    operation: PaymentOperation


class PaymentSent(Struct, frozen=True, tag=True):
    """Event: the operation is being sent to the gateway."""

    seq: int
    at: str


class PaymentUnknown(Struct, frozen=True, tag=True):
    """Event: no answer came. The gateway will be asked until it knows."""

    seq: int
    at: str


class PaymentDeclined(Struct, frozen=True, tag=True):
    """Event: the gateway said no. There is no document."""

    seq: int
    reason: str
    at: str


class InvoiceCaptured(Struct, frozen=True, tag=True):
    """Event: an invoice that was open is paid."""

    invoice_id: int
    payment: Confirmation
    at: str


Event = PaymentWanted | PaymentSent | PaymentUnknown | PaymentDeclined | InvoiceCaptured | PaymentVoided


class PaymentInProgress(Struct, frozen=True):
    """Refusal: money is being moved for this order, and what becomes of that has to be known first."""

    order_id: int


class PaymentSettled(Struct, frozen=True):
    """Refusal: there is no such operation, or what became of it is known already."""


class CaptureUnavailable(Struct, frozen=True):
    """Refusal: no gateway can capture this invoice."""


class CaptureTooLarge(Struct, frozen=True):
    """Refusal: more would be captured than is left of the authorisation (scaled money)."""

    left: int


Refusal = PaymentInProgress | PaymentSettled | CaptureUnavailable | VoidUnavailable | CaptureTooLarge


def wish_of(operation: PaymentOperation) -> Wish:
    """Return the command that an operation is for."""
    wish: Wish = msgspec.convert(operation.wish, Wish, str_keys=True)
    return wish


def capture_with_invoice(
    order: Order, command: IssueInvoice, context: Context
) -> PaymentWanted | InvoiceIssued | invoice.Refusal | Refusal:
    """Return that the money of an invoice is wanted, or the invoice itself if it comes to nothing."""
    decided = invoice.decide(order, command, _only_looking(order, context))
    if not isinstance(decided, InvoiceIssued):
        return decided
    if decided.invoice.grand_total == 0:
        return invoice.decide(order, command, context)
    return _capture(order, decided.invoice.grand_total, command, context)


def paid_for(order: Order, command: object, decided: E, context: Context) -> E | InvoiceIssued:
    """Return what ``decided`` leads to: of an invoice whose money is only wanted yet, the invoice."""
    if isinstance(decided, PaymentWanted) and isinstance(command, IssueInvoice):
        issued = invoice.decide(order, command, _only_looking(order, context))
        assert isinstance(issued, InvoiceIssued), "its money is wanted"
        return issued
    return decided


def refund_online(
    order: Order, command: CreditOrder, context: Context
) -> PaymentWanted | CreditMemoMade | credit.Refusal:
    """Return that the money of a credit memo is to be given back, or the memo itself if there is none."""
    decided = credit.decide(order, command, _only_looking(order, context))
    if not isinstance(decided, CreditMemoMade):
        return decided
    paid = order.invoices.get(command.invoice_id) if command.invoice_id is not None else None
    if paid is None or paid.transaction_id is None:
        return credit.InvoiceNotCreditable()
    if decided.creditmemo.grand_total == 0:
        return credit.decide(order, command, context)
    return PaymentWanted(
        gateway.wanted(
            order,
            REFUND,
            decided.creditmemo.grand_total,
            _plain(command),
            context,
            parent_txn_id=paid.transaction_id,
            invoice_id=paid.entity_id,
        )
    )


def capture_invoice(order: Order, command: CaptureInvoice, context: Context) -> PaymentWanted | Refusal:
    """Return that the money of an open invoice is wanted, or why it cannot be."""
    found = order.invoices.get(command.invoice_id)
    blocked = order.state in {workflow.HOLDED, workflow.PAYMENT_REVIEW, workflow.CANCELED}
    if found is None or found.state != INVOICE_OPEN or blocked:
        return CaptureUnavailable()
    return _capture(order, found.grand_total, command, context, invoice_id=found.entity_id)


def _void_payment(order: Order, command: VoidPayment, context: Context) -> PaymentWanted | VoidUnavailable:
    operation = void.decide(order, command, context)
    return operation if isinstance(operation, VoidUnavailable) else PaymentWanted(operation)


def scope_of(command: CaptureInvoice | VoidPayment | SendPayment) -> Scope:
    """Return what the decision on ``command`` has to see."""
    match command:
        case CaptureInvoice(invoice_id=invoice_id):
            return Scope(invoice_ids=frozenset({invoice_id}))
        case VoidPayment():
            return Scope(all_items=True, all_invoices=True)
        case SendPayment(seq=seq):
            return Scope(payments=frozenset({seq}))
        case _:
            assert_never(command)


def decide(
    order: Order, command: Command, context: Context
) -> Event | InvoiceIssued | CreditMemoMade | Refusal:
    """Return what happens with the money, or why nothing does. An answer that comes again changes nothing."""
    match command:
        case CaptureInvoice():
            return capture_invoice(order, command, context)
        case VoidPayment():
            return _void_payment(order, command, context)
        case SendPayment() | SettlePayment():
            return _decide_phase(order, command, context)
        case _:
            assert_never(command)


def _decide_phase(
    order: Order, command: SendPayment | SettlePayment, context: Context
) -> Event | InvoiceIssued | CreditMemoMade | PaymentSettled:
    operation = order.payments.get(command.seq)
    if operation is None or operation.state not in OPEN:
        return PaymentSettled()
    if isinstance(command, SendPayment):
        # A second time it is sent only by who has asked and was told that the gateway never saw it.
        return PaymentSent(command.seq, context.now) if operation.state == WANTED else PaymentSettled()
    match command.answer:
        case NoAnswer():
            unknown = operation.state == UNKNOWN
            return PaymentSettled() if unknown else PaymentUnknown(command.seq, context.now)
        case No(reason=reason):
            return PaymentDeclined(command.seq, reason, context.now)
        case Yes(txn_id=txn_id):
            confirmation = Confirmation(command.seq, txn_id, context.numbers.take(gateway.TRANSACTION_IDS))
            return _document(order, operation, command.wish, confirmation, context)
        case _:
            assert_never(command.answer)


def evolve(order: Order, event: Event) -> Order:
    """Note the phase of the operation, and with its end what it brought about."""
    match event:
        case PaymentWanted(operation=operation):
            moved = replace(order, version=order.version + 1, updated_at=operation.created_at)
            return gateway.begun(moved, operation)
        case PaymentSent(seq=seq, at=at):
            return _in_state(order, seq, at, SENT)
        case PaymentUnknown(seq=seq, at=at):
            return _in_state(order, seq, at, UNKNOWN)
        case PaymentDeclined(seq=seq, at=at, reason=reason):
            declined = _in_state(order, seq, at, gateway.DECLINED, reason)
            return replace(declined, open_payment=None)
        case InvoiceCaptured():
            return _captured(order, event)
        case PaymentVoided():
            return void.evolve(order, event)
        case _:
            assert_never(event)


def _only_looking(order: Order, context: Context) -> Context:
    """Return a context with numbers for a document that will not be made yet."""
    series = (*invoice.series(order.store_id), *credit.series(order.store_id))
    return Context(context.now, Numbers(dict.fromkeys(series, 1)), context.unique_id)


def _plain(wish: Wish) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(wish, str_keys=True)
    return plain


def _capture(
    order: Order, amount: int, wish: Wish, context: Context, *, invoice_id: int | None = None
) -> PaymentWanted | CaptureTooLarge:
    left = gateway.left_to_capture(order)
    if amount > left:
        return CaptureTooLarge(left)
    return PaymentWanted(
        gateway.wanted(
            order,
            CAPTURE,
            amount,
            _plain(wish),
            context,
            parent_txn_id=order.authorization_id,
            invoice_id=invoice_id,
        )
    )


def _document(
    order: Order, operation: PaymentOperation, wish: Wish, confirmation: Confirmation, context: Context
) -> InvoiceIssued | CreditMemoMade | InvoiceCaptured | PaymentVoided:
    """Return what the money was moved for. That it is still legal was kept so while the money moved."""
    match wish:
        case IssueInvoice():
            issued = invoice.decide(order, wish, context)
            assert isinstance(issued, InvoiceIssued), f"paid for, but refused: {issued}"
            assert issued.invoice.grand_total == operation.amount, "paid for is what is invoiced"
            paid = replace(issued.invoice, state=INVOICE_PAID, transaction_id=confirmation.txn_id)
            return replace(issued, invoice=paid, payment=confirmation)
        case CreditOrder():
            made = credit.decide(order, replace(wish, transaction_id=confirmation.txn_id), context)
            assert isinstance(made, CreditMemoMade), f"given back, but refused: {made}"
            assert made.creditmemo.grand_total == operation.amount, "given back is what is credited"
            return replace(made, payment=confirmation)
        case CaptureInvoice(invoice_id=invoice_id):
            return InvoiceCaptured(invoice_id, confirmation, context.now)
        case VoidPayment():
            return void.voided(order, confirmation, context.now)
        case _:
            assert_never(wish)


def _in_state(order: Order, seq: int, at: str, state: str, reason: str | None = None) -> Order:
    operation = replace(order.payments[seq], state=state, updated_at=at, reason=reason)
    payments = {**order.payments, seq: operation}
    return replace(order, payments=payments, version=order.version + 1, updated_at=at)


def _captured(order: Order, event: InvoiceCaptured) -> Order:
    found = order.invoices[event.invoice_id]
    paid = replace(found, state=INVOICE_PAID, transaction_id=event.payment.txn_id, updated_at=event.at)
    moved = replace(
        order,
        version=order.version + 1,
        updated_at=event.at,
        total_paid=order.total_paid + paid.grand_total,
        invoices={**order.invoices, paid.entity_id: paid},
    )
    evolved = gateway.confirmed(moved, event.payment, at=event.at, invoice_id=paid.entity_id)
    state, status = workflow.settled(evolved, keep_status=True)
    return replace(evolved, state=state, status=status)

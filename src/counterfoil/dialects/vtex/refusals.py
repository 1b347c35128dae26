"""Which of the books' refusals is which error of this dialect (contract vtex §3.2 to §3.8, §6).

Codes that begin with ``CNTF`` are our own: the platform documents none for what they say. What is about
Changes is in `change_refusals`.
"""

from typing import NoReturn, assert_never

from counterfoil.dialects.vtex import change_refusals, money
from counterfoil.dialects.vtex.errors import VtexError, invoice_not_found, order_not_found
from counterfoil.domain import (
    cancellation,
    change_address,
    credit,
    hold,
    invoice,
    payment,
    register_invoice,
    register_return,
    ship,
    track,
    update_order,
)
from counterfoil.domain.cancel import NotCancelable
from counterfoil.domain.cancellation import (
    AlreadyCanceled,
    CancellationNotPossible,
    NothingToDeny,
    PartlyInvoiced,
    RequestUnknown,
)
from counterfoil.domain.comment_order import StatusNotInHistory
from counterfoil.domain.decider import Refusal
from counterfoil.domain.handling import StatusDiffers
from counterfoil.domain.package import PackageUnknown
from counterfoil.domain.payment import PaymentInProgress
from counterfoil.domain.register_invoice import InvoiceExceedsValue, InvoiceNotAccepted, InvoiceNumberTaken
from counterfoil.domain.register_return import ReturnExceedsInvoices
from counterfoil.domain.wanted import LineAmbiguous, LineTooLarge, LineUnknown
from counterfoil.ledger.envelope import (
    Accepted,
    KeyInFlight,
    KeyReused,
    LedgerRefusal,
    OrderUnknown,
    Outcome,
    VersionStale,
)

INVOICE_INVALID = "FMT0094"
"""The platform's code for lines of an invoice that are not lines of the order."""

Foreign = (
    invoice.Refusal
    | ship.Refusal
    | credit.Refusal
    | NotCancelable
    | hold.Refusal
    | StatusNotInHistory
    | track.Refusal
    | change_address.Refusal
    | update_order.Refusal
    | payment.Refusal
)
"""What only commands are refused with that this dialect does not send."""


def accepted(outcome: Outcome, order_id: str) -> Accepted:
    """Return what took effect. Raises `VtexError` for a refusal."""
    if isinstance(outcome, Accepted):
        return outcome
    raise of_refusal(outcome.refusal, order_id)


def of_refusal(refusal: Refusal | LedgerRefusal, order_id: str) -> VtexError:
    """Return how this dialect says no to a command on the order that is called ``order_id``."""
    match refusal:
        case OrderUnknown() | VersionStale() | KeyReused() | KeyInFlight():
            return of_ledger(refusal)
        case PaymentInProgress():
            message = "A payment of this order is being processed. Nothing was done. Please try again."
            return VtexError(409, message, code="CNTF001", headers=((b"retry-after", b"2"),))
        case StatusDiffers(needed=needed):
            message = f"Order status should be {needed} to perform this action"
            return VtexError(409, message, code="OMS003")
        case PackageUnknown():
            return invoice_not_found()
        case (
            InvoiceNumberTaken()
            | InvoiceNotAccepted()
            | InvoiceExceedsValue()
            | ReturnExceedsInvoices()
            | LineUnknown()
            | LineTooLarge()
            | LineAmbiguous()
        ):
            return _of_invoice(refusal, order_id)
        case (
            AlreadyCanceled()
            | PartlyInvoiced()
            | CancellationNotPossible()
            | RequestUnknown()
            | NothingToDeny()
        ):
            return _of_cancellation(refusal, order_id)
        case _:
            return _of_other(refusal)


def of_ledger(refusal: LedgerRefusal) -> VtexError:
    """Return how this dialect says no to a request whatever it asks for."""
    match refusal:
        case OrderUnknown():
            return order_not_found()
        case VersionStale(actual=actual):
            return VtexError(412, f"The order has been changed since. Its version is now {actual}.")
        case KeyReused(key=key):
            return VtexError(422, f'The idempotency key "{key}" has been used for another request.')
        case KeyInFlight(key=key):
            message = f'The first request with the idempotency key "{key}" is still being processed.'
            return VtexError(409, message, headers=((b"retry-after", b"1"),))
        case _:
            assert_never(refusal)


def of_return(refusal: Refusal | LedgerRefusal, order_id: str) -> VtexError:
    """Return how this dialect says no to a return invoice."""
    if isinstance(refusal, InvoiceNotAccepted):
        message = f"Order {order_id} cannot be refunded in status {refusal.status}"
        return VtexError(400, message, code="CHK0243")
    return of_refusal(refusal, order_id)


def _of_invoice(refusal: register_invoice.Refusal | register_return.Refusal, order_id: str) -> VtexError:
    match refusal:
        case InvoiceNumberTaken(package=package):
            message = (
                f"The invoice number {package.number} of order {order_id} is taken by an invoice of type "
                f"{package.type} over {money.cents(package.value)}."
            )
            return VtexError(400, message, code="CNTF002")
        case InvoiceNotAccepted(status=status):
            message = f"Order {order_id} is in state {status} and cannot accept invoice"
            return VtexError(400, message, code="ORD039")
        case InvoiceExceedsValue(left=left):
            message = (
                f"The invoices of order {order_id} would come to more than the order's value. "
                f"{money.cents(left)} can still be invoiced."
            )
            return VtexError(400, message, code="CNTF003")
        case ReturnExceedsInvoices(left=left) if left <= 0:
            return VtexError(400, f"Order {order_id} dont have value to refund", code="CHK0240")
        case ReturnExceedsInvoices(left=left):
            message = f"Invalid value for refund: {money.cents(left)} of order {order_id} can be given back."
            return VtexError(400, message, code="ORD057")
        case LineUnknown(position=position, name=name):
            message = f"Invalid invoice attachment: order {order_id} has no item {name} (items[{position}])."
            return VtexError(400, message, code=INVOICE_INVALID)
        case LineAmbiguous(position=position, name=name):
            message = f"Invalid invoice attachment: items[{position}] can be several lines of SKU {name}."
            return VtexError(400, message, code=INVOICE_INVALID)
        case LineTooLarge(position=position, name=name, left=left):
            of_these = f"{money.units(left)} of item {name} are left (items[{position}])"
            message = f"Invalid invoice attachment: {of_these}."
            return VtexError(400, message, code=INVOICE_INVALID)
        case _:
            assert_never(refusal)


def _of_cancellation(refusal: cancellation.Refusal, order_id: str) -> VtexError:
    match refusal:
        case AlreadyCanceled():
            return VtexError(400, f"Order {order_id} is canceled already", code="CNTF004")
        case PartlyInvoiced():
            message = f"Order {order_id} cannot be cancelled: it has been invoiced in part"
            return VtexError(400, message, code="CHK0202")
        case CancellationNotPossible(status=status):
            message = f"Order {order_id} cannot be cancelled in status {status}"
            return VtexError(400, message, code="CHK0202")
        case RequestUnknown(request_id=request_id):
            message = f"Order {order_id} has no cancellation request {request_id}"
            return VtexError(400, message, code="CNTF005")
        case NothingToDeny(status=status):
            message = f"No cancellation of order {order_id} can be denied in status {status}"
            return VtexError(400, message, code="CNTF006")
        case _:
            assert_never(refusal)


def _of_other(refusal: change_refusals.Refusal | Foreign) -> VtexError:
    if isinstance(refusal, change_refusals.Refusal):
        return change_refusals.of_change(refusal)
    return _impossible(refusal)


def _impossible(refusal: Foreign) -> NoReturn:
    raise AssertionError(f"no command of this dialect is refused so: {refusal}")

"""Which of the books' refusals is which error of this dialect (contract adobe §5.4, §6)."""

from typing import assert_never

from counterfoil.dialects.adobe.errors import AdobeError, no_entity
from counterfoil.domain import credit, payment, steps
from counterfoil.domain.cancel import NotCancelable
from counterfoil.domain.change import ChangeInProgress
from counterfoil.domain.change_address import AddressUnknown, NothingToChange
from counterfoil.domain.comment_order import StatusNotInHistory
from counterfoil.domain.credit import (
    AmountBelowZero,
    CreditQuantityInvalid,
    CreditRefused,
    InvoiceNotCreditable,
    NoShippingToCredit,
    ShippingTooLarge,
    TotalDiffers,
)
from counterfoil.domain.decider import Refusal
from counterfoil.domain.hold import NotHeld, NotHoldable
from counterfoil.domain.invoice import InvoiceQuantityTooLarge, InvoiceRefused, InvoiceTotalDiffers
from counterfoil.domain.money import priced, shown
from counterfoil.domain.payment import (
    CaptureTooLarge,
    CaptureUnavailable,
    PaymentInProgress,
    PaymentSettled,
)
from counterfoil.domain.ship import ShipmentRefused
from counterfoil.domain.strict import StrictlyRefused
from counterfoil.domain.track import TrackUnknown, TrackWithoutNumber
from counterfoil.domain.update_order import NothingToUpdate, StatusOfOtherState
from counterfoil.domain.void import VoidUnavailable
from counterfoil.ledger.envelope import (
    Accepted,
    KeyInFlight,
    KeyReused,
    LedgerRefusal,
    OrderUnknown,
    Outcome,
    VersionStale,
)

INVOICE_INVALID = "Invoice Document Validation Error(s):"
WITHOUT_PRODUCTS = "The invoice can't be created without products. Add products and try again."
NO_INVOICE_ALLOWED = "The order does not allow an invoice to be created."
SHIPMENT_INVALID = "Shipment Document Validation Error(s):"
CREDITMEMO_INVALID = "Creditmemo Document Validation Error(s):"
NOT_INVOICED = "Could not save an invoice, see error log for details"
NOT_CAPTURED = "The invoice could not be captured: the payment was declined."
NOT_VOIDED = "The payment could not be voided: the gateway declined."
NOT_CREDITED = "Could not save a Creditmemo, see error log for details"
NO_NUMBER = "Please enter a tracking number."
OVER_REFUND = "The quantity to refund must not be greater than the unrefunded quantity."
CREDIT_ROWS = {
    "exhausted": OVER_REFUND,
    "foreign": "The creditmemo contains product item that is not part of the original order.",
    "mirrored": "The creditmemo contains incorrect product items.",
}
# The running 2.4.7 has this line break and the blanks in its text (recording 403).
NOT_IN_HISTORY = (
    'Unable to add comment: The status "%1" is not part of the order\n                 status history.'
)


def accepted(outcome: Outcome) -> Accepted:
    """Return what took effect. Raises `AdobeError` for a refusal."""
    if isinstance(outcome, Accepted):
        return outcome
    raise of_refusal(outcome.refusal)


def of_refusal(refusal: Refusal | LedgerRefusal) -> AdobeError:
    """Return how this dialect says no to a command on an order."""
    match refusal:
        case OrderUnknown() | AddressUnknown() | TrackUnknown():
            return no_entity()
        case VersionStale(actual=actual):
            message = "The order has been changed since. Its version is now %1."
            return AdobeError(412, message, [actual], headers=[(b"etag", b'"%d"' % actual)])
        case KeyReused(key=key):
            message = 'The idempotency key "%1" has been used for another request.'
            return AdobeError(422, message, [key])
        case KeyInFlight(key=key):
            message = 'The first request with the idempotency key "%1" is still being processed.'
            return AdobeError(409, message, [key], headers=[(b"retry-after", b"1")])
        case _:
            return _of_verb(refusal)


def _of_verb(refusal: Refusal) -> AdobeError:
    match refusal:
        case InvoiceQuantityTooLarge(item_name=name):
            return AdobeError(400, 'We found an invalid quantity to invoice item "%1".', [name])
        case InvoiceRefused():
            return AdobeError(400, "\n".join([INVOICE_INVALID, *_invoice_lines(refusal)]))
        case InvoiceTotalDiffers(grand_total=total, currency=currency):
            message = "The invoice would come to %1, not to the grand_total of the request."
            return AdobeError(400, message, [priced(total, currency)])
        case StrictlyRefused(document=document):
            heading = INVOICE_INVALID if document == "invoice" else SHIPMENT_INVALID
            return AdobeError(400, "\n".join([heading, *_strict_lines(refusal)]))
        case ShipmentRefused():
            return AdobeError(400, "\n".join([SHIPMENT_INVALID, *_shipment_lines(refusal)]))
        case (
            CreditQuantityInvalid()
            | ShippingTooLarge()
            | NoShippingToCredit()
            | AmountBelowZero()
            | TotalDiffers()
            | InvoiceNotCreditable()
            | CreditRefused()
        ):
            return _of_credit(refusal)
        case (
            PaymentInProgress()
            | PaymentSettled()
            | CaptureUnavailable()
            | VoidUnavailable()
            | CaptureTooLarge()
        ):
            return _of_payment(refusal)
        case ChangeInProgress():
            message = "A change of this order is being processed. Nothing was done. Please try again."
            return AdobeError(409, message, headers=[(b"retry-after", b"2")])
        case _:
            assert not isinstance(refusal, steps.Refusal), "no route of this language asks for such a step"
            return _of_action(refusal)


def _of_credit(refusal: credit.Refusal) -> AdobeError:
    match refusal:
        case CreditQuantityInvalid(item_name=name):
            return AdobeError(400, 'We found an invalid quantity to refund item "%1".', [name])
        case ShippingTooLarge(left=left, currency=currency):
            message = "Maximum shipping amount allowed to refund is: %1"
            return AdobeError(400, message, [priced(left, currency)])
        case NoShippingToCredit():
            return AdobeError(400, "You can not refund shipping if there is no shipping amount.")
        case InvoiceNotCreditable():
            return AdobeError(400, f"{CREDITMEMO_INVALID}\nWe can't create creditmemo for the invoice.")
        case CreditRefused():
            return AdobeError(400, "\n".join([CREDITMEMO_INVALID, *_credit_lines(refusal)]))
        case AmountBelowZero(name=name):
            return AdobeError(400, "The %fieldName must not be less than 0.", {"fieldName": name})
        case TotalDiffers(grand_total=total, currency=currency):
            message = "The credit memo would come to %1, not to the grand_total of the request."
            return AdobeError(400, message, [priced(total, currency)])
        case _:
            assert_never(refusal)


def _of_action(
    refusal: NotCancelable
    | NotHoldable
    | NotHeld
    | StatusNotInHistory
    | StatusOfOtherState
    | TrackWithoutNumber
    | AddressUnknown
    | NothingToChange
    | NothingToUpdate
    | TrackUnknown,
) -> AdobeError:
    match refusal:
        case NotCancelable():
            return AdobeError(400, "The order cannot be canceled.")
        case NotHoldable():
            return AdobeError(400, "A hold action is not available.")
        case NotHeld():
            return AdobeError(400, "You cannot remove the hold.")
        case StatusNotInHistory(status=status):
            return AdobeError(400, NOT_IN_HISTORY, [status])
        case StatusOfOtherState(status=status, state=state):
            message = 'The status "%1" is not one of the state "%2". The state follows from the documents.'
            return AdobeError(400, message, [status, state])
        case NothingToChange() | NothingToUpdate():
            return AdobeError(400, "Nothing would change.")
        case TrackWithoutNumber():
            return AdobeError(400, NO_NUMBER)
        case AddressUnknown() | TrackUnknown():
            return no_entity()
        case _:
            assert_never(refusal)


def _strict_lines(refusal: StrictlyRefused) -> list[str]:
    done, left = ("invoice", "uninvoiced") if refusal.document == "invoice" else ("ship", "unshipped")
    texts = {
        "foreign": f"The {refusal.document} contains an item that is not part of the original order: {{0}}.",
        "mirror": 'The product SKU "{1}" goes with its parent item: ask for that one instead of item {0}.',
        "quantity": f'We found an invalid quantity to {done} item "{{1}}".',
        "exhausted": f"The quantity to {done} must not be greater than the {left} quantity "
        'for product SKU "{1}".',
    }
    return [texts[row.kind].format(row.item_id, row.sku) for row in refusal.rows]


def _of_payment(refusal: payment.Refusal) -> AdobeError:
    match refusal:
        case PaymentInProgress():
            message = "A payment of this order is being processed. Nothing was done. Please try again."
            return AdobeError(409, message, headers=[(b"retry-after", b"2")])
        case PaymentSettled():
            return no_entity()
        case CaptureUnavailable():
            return AdobeError(400, "The capture action is not available.")
        case VoidUnavailable():
            return AdobeError(400, "The void action is not available.")
        case CaptureTooLarge():
            return AdobeError(400, NOT_INVOICED)
        case _:
            assert_never(refusal)


def _invoice_lines(refusal: InvoiceRefused) -> list[str]:
    lines = []
    if refusal.without_products:
        lines.append(WITHOUT_PRODUCTS)
    if refusal.order_complete:
        lines.append(NO_INVOICE_ALLOWED)
    if refusal.status is not None:
        lines.append(f"An invoice cannot be created when an order has a status of {refusal.status}")
    return lines


def _shipment_lines(refusal: ShipmentRefused) -> list[str]:
    lines = []
    if refusal.status is not None:
        lines.append(f"A shipment cannot be created when an order has a status of {refusal.status}")
    if refusal.nothing_to_ship:
        lines.append("The order does not allow a shipment to be created.")
    if refusal.without_products:
        lines.append("You can't create a shipment without products.")
    if refusal.without_number:
        lines.append(NO_NUMBER)
    for bundle in refusal.bundles:
        kind = "Separately" if bundle.separately else "Together"
        what = "product options" if bundle.separately else "product itself"
        lines.append(
            f'Cannot create shipment as bundle product "{bundle.sku}" has shipment type "{kind}". '
            f"Bundle {what} should be shipped instead."
        )
    return lines


def _credit_lines(refusal: CreditRefused) -> list[str]:
    lines = []
    if refusal.status is not None:
        lines.append(f"A creditmemo can not be created when an order has a status of {refusal.status}")
    if refusal.nothing_paid:
        lines.append("The order does not allow a creditmemo to be created.")
    if refusal.most is not None:
        lines.append(f"The most money available to refund is {shown(refusal.most)}.")
    if refusal.negative:
        lines.append("The credit memo's total must be positive.")
    return lines + [CREDIT_ROWS[row] for row in refusal.rows]

"""Which refusals of Changes are which errors (contract vtex §3.9, §3.10: the platform's table of codes)."""

from typing import assert_never

from counterfoil.dialects.vtex import money
from counterfoil.dialects.vtex.errors import VtexError
from counterfoil.domain.change import (
    ChangeAlreadyOpen,
    ChangeBelowInvoices,
    ChangeExceedsValue,
    ChangeInProgress,
    ChangeNotAllowed,
    ChangeRepeated,
    ChangeSettled,
    ChangeUnknown,
    GenerationsMixed,
    IncreaseNotCovered,
    ItemInvoiced,
    NothingChanges,
    TooManyChanges,
)
from counterfoil.domain.transitions import CANCELED
from counterfoil.domain.wanted import LineAmbiguous, LineTooLarge, LineUnknown

Refusal = (
    ChangeInProgress
    | ChangeAlreadyOpen
    | ChangeRepeated
    | ChangeUnknown
    | ChangeSettled
    | ChangeNotAllowed
    | GenerationsMixed
    | TooManyChanges
    | NothingChanges
    | ChangeExceedsValue
    | ChangeBelowInvoices
    | ItemInvoiced
    | IncreaseNotCovered
)


def of_change(refusal: Refusal) -> VtexError:
    """Return how this dialect says no because of a Change, or to one."""
    match refusal:
        case ChangeInProgress() | ChangeAlreadyOpen():
            headers = ((b"retry-after", b"1"),)
            return VtexError(409, "Change In Progress.", code="SalesOrderSystem014", headers=headers)
        case ChangeUnknown(request_id=request_id):
            return VtexError(404, f"Change order request {request_id} not found.", code="CHK0289")
        case ChangeRepeated(change=change):
            message = f"Change order request {change.request_id} exists already."
            return VtexError(400, message, code="CNTF007")
        case ChangeSettled():
            return VtexError(400, "Cannot Retry Change.", code="SalesOrderSystem016")
        case ItemInvoiced():
            message = "The order change is not allowed after the item invoice has been issued."
            return VtexError(400, message, code="SalesOrderSystem046")
        case _:
            return _of_rule(refusal)


def _of_rule(
    refusal: ChangeNotAllowed
    | GenerationsMixed
    | TooManyChanges
    | NothingChanges
    | ChangeExceedsValue
    | ChangeBelowInvoices
    | IncreaseNotCovered,
) -> VtexError:
    match refusal:
        case ChangeNotAllowed(status=status) if status == CANCELED:
            return VtexError(400, "Cannot Change Cancelled Order.", code="SalesOrderSystem008")
        case ChangeNotAllowed(status=status):
            return VtexError(400, f"Invalid change for order: its status is {status}.", code="CHK0124")
        case GenerationsMixed():
            message = "Orders can only contain one Change Order version at a time."
            return VtexError(400, message, code="SalesOrderSystem015")
        case TooManyChanges(most=most):
            return VtexError(400, f"Max allowed changes for order exceeded: {most}", code="CHK0051")
        case NothingChanges():
            return VtexError(400, "Invalid change for order.", code="CHK0124")
        case ChangeExceedsValue():
            return VtexError(400, "The value of the change exceed the order's price.", code="CHK0034")
        case ChangeBelowInvoices(invoiced=invoiced):
            message = (
                "The value of the change exceed the order's price: "
                f"{money.cents(invoiced)} have been invoiced already."
            )
            return VtexError(400, message, code="CHK0034")
        case IncreaseNotCovered():
            message = "Change order cannot increase the value for this payment method."
            return VtexError(400, message, code="CHK00342")
        case _:
            assert_never(refusal)


AMBIGUOUS = (
    "Unable to match an item to the information provided. "
    "Try providing the item's uniqueId for identification."
)
_HANDLED = (
    "It is only allowed to register an order modification when the order is in handling: "
    "status = handling, waiting for fulfillment or ready for invoicing"
)
_PAID = (
    "It is only allowed to register a modification in the order when the payment is approved "
    "- status = payment-approved"
)


def of_removed(refusal: LineUnknown | LineTooLarge | LineAmbiguous, *, removes: int) -> VtexError:
    """Return how a line of generation 2 is refused; the first ``removes`` lines are of *remove*."""
    match refusal:
        case LineUnknown(position=position, name=name):
            operation = "Remove" if position < removes else "Replace From"
            message = (
                f"It's not possible to remove the item of ID {name} from the original order. "
                f"Validate your {operation} operation items IDs."
            )
            return VtexError(400, message, code="SalesOrderSystem010")
        case LineTooLarge(name=name, left=left):
            message = (
                f"It's not possible to remove more than {money.units(left)} quantities of the item of ID "
                f"{name} from the original order. "
                "Validate your items quantities at Remove or Replace From operations."
            )
            return VtexError(400, message, code="SalesOrderSystem011")
        case LineAmbiguous():
            return VtexError(400, AMBIGUOUS, code="SalesOrderSystem026")
        case _:
            assert_never(refusal)


def of_modification(refusal: object, *, sold_elsewhere: bool) -> VtexError | None:
    """Return how a Change of generation 1 is refused where it has words of its own, else None.

    ``sold_elsewhere`` tells that the order is the marketplace's side of one.
    """
    match refusal:
        case ChangeNotAllowed(status=status) if status != CANCELED:
            return VtexError(400, _PAID if sold_elsewhere else _HANDLED, code="CHK0124")
        case TooManyChanges(most=most):
            return VtexError(400, f"Max allowed modifications for order exceeded: {most}", code="CHK0051")
        case NothingChanges():
            return VtexError(400, "Invalid modification for order", code="CHK0124")
        case ChangeExceedsValue() | ChangeBelowInvoices():
            return VtexError(400, "The value of the modification exceeds the order's price", code="CHK0034")
        case LineUnknown():
            return VtexError(404, "Invalid id for item", code="CHK0022")
        case LineTooLarge(name=name) | ItemInvoiced(name=name):
            return VtexError(400, f"Invalid quantity to remove from item {name}", code="CHK0023")
        case LineAmbiguous():
            return VtexError(400, AMBIGUOUS, code="SalesOrderSystem026")
        case _:
            return None

"""Every refusal and fault has its place in the table (contract adobe §2.4, §5.4)."""

from typing import get_args

import pytest

from counterfoil.dialects.adobe.errors import AdobeError, of_fault
from counterfoil.dialects.adobe.refusals import of_refusal
from counterfoil.domain import decider, steps
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
from counterfoil.domain.hold import NotHeld, NotHoldable
from counterfoil.domain.invoice import InvoiceQuantityTooLarge, InvoiceRefused, InvoiceTotalDiffers
from counterfoil.domain.payment import (
    CaptureTooLarge,
    CaptureUnavailable,
    PaymentInProgress,
    PaymentSettled,
)
from counterfoil.domain.ship import ShipmentRefused
from counterfoil.domain.strict import RowProblem, StrictlyRefused
from counterfoil.domain.track import TrackUnknown, TrackWithoutNumber
from counterfoil.domain.update_order import NothingToUpdate, StatusOfOtherState
from counterfoil.domain.void import VoidUnavailable
from counterfoil.ledger import envelope
from counterfoil.ledger.envelope import KeyInFlight, KeyReused, OrderUnknown, VersionStale
from counterfoil.ledger.faults import Busy, Conflict, Fault, PaymentPending, Unavailable, Unknown
from tests.unit.dialects.adobe.recorded import body

EXAMPLES = {
    InvoiceQuantityTooLarge: (InvoiceQuantityTooLarge("S2"), 400),
    InvoiceRefused: (InvoiceRefused(without_products=True), 400),
    InvoiceTotalDiffers: (InvoiceTotalDiffers(115_000, "USD"), 400),
    ShipmentRefused: (
        ShipmentRefused(None, nothing_to_ship=True, without_products=True, without_number=False),
        400,
    ),
    StrictlyRefused: (StrictlyRefused("invoice", (RowProblem(7, None, "foreign"),)), 400),
    CreditQuantityInvalid: (CreditQuantityInvalid("S2"), 400),
    ShippingTooLarge: (ShippingTooLarge(250_000, "USD"), 400),
    NoShippingToCredit: (NoShippingToCredit(), 400),
    AmountBelowZero: (AmountBelowZero("shipping_amount"), 400),
    TotalDiffers: (TotalDiffers(115_000, "USD"), 400),
    InvoiceNotCreditable: (InvoiceNotCreditable(), 400),
    CreditRefused: (CreditRefused(most=0), 400),
    NotCancelable: (NotCancelable(), 400),
    NotHoldable: (NotHoldable(), 400),
    NotHeld: (NotHeld(), 400),
    StatusNotInHistory: (StatusNotInHistory("nosuch"), 400),
    NothingToChange: (NothingToChange(), 400),
    NothingToUpdate: (NothingToUpdate(), 400),
    StatusOfOtherState: (StatusOfOtherState("complete", "new"), 400),
    TrackWithoutNumber: (TrackWithoutNumber(), 400),
    TrackUnknown: (TrackUnknown(7), 404),
    AddressUnknown: (AddressUnknown(7), 404),
    OrderUnknown: (OrderUnknown(7), 404),
    VersionStale: (VersionStale(1, 2), 412),
    KeyReused: (KeyReused("k"), 422),
    KeyInFlight: (KeyInFlight("k"), 409),
    PaymentInProgress: (PaymentInProgress(7), 409),
    PaymentSettled: (PaymentSettled(), 404),
    CaptureUnavailable: (CaptureUnavailable(), 400),
    CaptureTooLarge: (CaptureTooLarge(0), 400),
    VoidUnavailable: (VoidUnavailable(), 400),
    ChangeInProgress: (ChangeInProgress("c1"), 409),
}


def test_the_table_is_complete():
    of_vtex = {*get_args(steps.Refusal)} - {ChangeInProgress}
    assert set(EXAMPLES) == {*get_args(decider.Refusal), *get_args(envelope.LedgerRefusal)} - of_vtex


@pytest.mark.parametrize("refusal, status", EXAMPLES.values())
def test_every_refusal_has_a_status_and_a_text(refusal, status):
    error = of_refusal(refusal)
    assert error.status == status
    assert error.message


@pytest.mark.parametrize(
    "refusal, number",
    [
        (InvoiceRefused(without_products=True), 315),
        (InvoiceRefused(without_products=True, order_complete=True), 303),
        (InvoiceRefused(without_products=False, status="holded"), 346),
        (InvoiceRefused(without_products=True, status="closed"), 342),
        (InvoiceQuantityTooLarge("S2"), 313),
        (OrderUnknown(999999), 338),
        (NotHoldable(), 345),
        (NotHeld(), 352),
        (ShipmentRefused("holded", nothing_to_ship=False, without_products=False, without_number=False), 347),
        (
            ShipmentRefused("canceled", nothing_to_ship=False, without_products=True, without_number=False),
            357,
        ),
        (ShipmentRefused(None, nothing_to_ship=True, without_products=True, without_number=False), 385),
        (CreditRefused(status="canceled", most=0), 359),
        (CreditRefused(most=0), 392),
        (CreditRefused(rows=("foreign",)), 397),
        (CreditQuantityInvalid("S1"), 396),
        (ShippingTooLarge(250_000, "USD"), 398),
        (InvoiceNotCreditable(), 373),
        (StatusNotInHistory("nosuch"), 403),
        (VoidUnavailable(), 368),
        (CaptureUnavailable(), 369),
    ],
)
def test_refusals_read_as_recorded(refusal, number):
    assert of_refusal(refusal).body() == body(number)


def test_a_stale_version_answers_the_version_there_is():
    assert of_refusal(VersionStale(1, 2)).headers == ((b"etag", b'"2"'),)


@pytest.mark.parametrize("fault", [Busy(), Conflict(), Unavailable()])
def test_a_definite_fault_says_that_nothing_was_done(fault):
    error = of_fault(fault)
    assert error.status == 503
    assert "Nothing was done" in error.message
    assert dict(error.headers)[b"retry-after"] == str(fault.retry_after_s).encode()


def test_an_unknown_outcome_does_not_claim_that_nothing_happened():
    error = of_fault(Unknown())
    assert error.status == 503
    assert "othing was done" not in error.message
    assert "Look before you repeat" in error.message
    assert "same Idempotency-Key" in error.message
    assert b"retry-after" in dict(error.headers)


def test_a_payment_on_its_way_does_not_claim_that_nothing_happened():
    error = of_fault(PaymentPending())
    assert error.status == 503
    assert "othing was done" not in error.message
    assert "same Idempotency-Key" in error.message


def test_every_fault_is_tried_above():
    assert set(Fault.__subclasses__()) == {Busy, Conflict, PaymentPending, Unavailable, Unknown}


def test_the_forms_of_an_error():
    assert AdobeError(400, "a").body() == {"message": "a"}
    assert AdobeError(400, "%1", ["x"]).body() == {"message": "%1", "parameters": ["x"]}
    assert AdobeError(400, "a", errors=[("b", None), ("%c", {"c": 1})]).body() == {
        "message": "a",
        "errors": [{"message": "b"}, {"message": "%c", "parameters": {"c": 1}}],
    }

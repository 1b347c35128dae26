"""Refusals in the platform's codes, each of them (contract vtex §3)."""

import typing

import pytest

from counterfoil.dialects.vtex import change_refusals, refusals
from counterfoil.dialects.vtex.refusals import of_refusal
from counterfoil.domain import cancellation, change, package, register_invoice, register_return
from counterfoil.domain.attachments import OUTPUT, Change, Package
from counterfoil.domain.handling import StatusDiffers
from counterfoil.domain.payment import PaymentInProgress, PaymentSettled
from counterfoil.domain.wanted import LineAmbiguous, LineTooLarge, LineUnknown
from counterfoil.ledger.envelope import KeyInFlight, KeyReused, OrderUnknown, VersionStale

AT = "2024-01-01 00:00:00"
TAKEN = Package("N1", OUTPUT, 5000, AT, AT)
CASES = [
    (OrderUnknown(7), 404, "OMS007"),
    (VersionStale(1, 2), 412, None),
    (KeyReused("k"), 422, None),
    (KeyInFlight("k"), 409, None),
    (PaymentInProgress(7), 409, "CNTF001"),
    (StatusDiffers("handling", "ready-for-handling"), 409, "OMS003"),
    (package.PackageUnknown("N1"), 404, None),
    (register_invoice.InvoiceNumberTaken(TAKEN), 400, "CNTF002"),
    (register_invoice.InvoiceNotAccepted("invoiced"), 400, "ORD039"),
    (register_invoice.InvoiceExceedsValue(12_300), 400, "CNTF003"),
    (register_return.ReturnExceedsInvoices(0), 400, "CHK0240"),
    (register_return.ReturnExceedsInvoices(100), 400, "ORD057"),
    (LineUnknown(0, "RED"), 400, "FMT0094"),
    (LineTooLarge(0, "RED", 10_000, 20_000), 400, "FMT0094"),
    (LineAmbiguous(0, "RED"), 400, "FMT0094"),
    (cancellation.AlreadyCanceled(), 400, "CNTF004"),
    (cancellation.PartlyInvoiced(), 400, "CHK0202"),
    (cancellation.CancellationNotPossible("invoiced"), 400, "CHK0202"),
    (cancellation.RequestUnknown("x"), 400, "CNTF005"),
    (cancellation.NothingToDeny("handling"), 400, "CNTF006"),
    (change.ChangeInProgress("x"), 409, "SalesOrderSystem014"),
    (change.ChangeAlreadyOpen("x"), 409, "SalesOrderSystem014"),
    (change.ChangeUnknown("x"), 404, "CHK0289"),
    (change.ChangeRepeated(Change("x", 2, "done", "r", 0, AT, AT)), 400, "CNTF007"),
    (change.ChangeSettled("done"), 400, "SalesOrderSystem016"),
    (change.ChangeNotAllowed("canceled"), 400, "SalesOrderSystem008"),
    (change.ChangeNotAllowed("invoiced"), 400, "CHK0124"),
    (change.GenerationsMixed(), 400, "SalesOrderSystem015"),
    (change.TooManyChanges(50), 400, "CHK0051"),
    (change.NothingChanges(), 400, "CHK0124"),
    (change.ChangeExceedsValue(0), 400, "CHK0034"),
    (change.ChangeBelowInvoices(0), 400, "CHK0034"),
    (change.ItemInvoiced(0, "RED"), 400, "SalesOrderSystem046"),
    (change.IncreaseNotCovered(), 400, "CHK00342"),
]


@pytest.mark.parametrize("refusal, status, code", CASES, ids=lambda value: type(value).__name__)
def test_every_refusal_has_its_status_and_code(refusal, status, code):
    error = of_refusal(refusal, "v500007cntf-01")
    assert (error.status, error.oms_code) == (status, code)


def test_no_refusal_of_this_dialects_commands_was_forgotten():
    unions = (
        *(register_invoice.Refusal, register_return.Refusal, cancellation.Refusal),
        change_refusals.Refusal,
    )
    known = {kind for union in unions for kind in typing.get_args(union)}
    assert known <= {type(case[0]) for case in CASES}


def test_who_can_try_again_is_told_when():
    for refusal in (PaymentInProgress(7), change.ChangeInProgress("x"), KeyInFlight("k")):
        assert dict(of_refusal(refusal, "x").headers)[b"retry-after"].isdigit()


def test_the_words_name_the_order_and_what_is_left():
    words = of_refusal(register_invoice.InvoiceExceedsValue(12_300), "v500007cntf-01").message
    assert "v500007cntf-01" in words
    assert "123 can still be invoiced" in words
    status = of_refusal(StatusDiffers("handling", "ready-for-handling"), "x").message
    assert status == "Order status should be ready-for-handling to perform this action"
    state = of_refusal(register_invoice.InvoiceNotAccepted("canceled"), "X-01").message
    assert state == "Order X-01 is in state canceled and cannot accept invoice"


def test_a_return_is_refused_in_words_of_its_own():
    error = refusals.of_return(register_invoice.InvoiceNotAccepted("canceled"), "X-01")
    assert (error.code, error.message) == ("CHK0243", "Order X-01 cannot be refunded in status canceled")


def test_what_only_another_dialect_can_be_refused_is_a_bug_here():
    with pytest.raises(AssertionError):
        of_refusal(PaymentSettled(), "x")

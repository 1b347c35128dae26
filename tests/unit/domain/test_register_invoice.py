import time

import pytest
from msgspec.structs import replace

from counterfoil.domain import invariants, transitions
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.cancellation import RequestCancellation
from counterfoil.domain.change import RequestChange
from counterfoil.domain.handling import StartHandling
from counterfoil.domain.hold import HoldOrder
from counterfoil.domain.invoice import InvoiceIssued, InvoiceRefused, IssueInvoice
from counterfoil.domain.order import MARKETPLACE, READY_FOR_HANDLING
from counterfoil.domain.package import PackageUnknown, Tracking, UpdatePackage
from counterfoil.domain.payment import SettlePayment, Yes
from counterfoil.domain.register_invoice import (
    InvoiceExceedsValue,
    InvoiceNotAccepted,
    InvoiceNumberTaken,
    RegisterInvoice,
)
from counterfoil.domain.register_return import RegisterReturn, ReturnExceedsInvoices
from counterfoil.domain.void import VoidPayment
from counterfoil.domain.wanted import LineTooLarge, LineUnknown, WantedLine
from tests.drafts import authorized, draft, row
from tests.unit.domain.given import placed
from tests.unit.domain.workflow_orders import MUG, ONE, PLATE, after, book, cents, mugs_and_plate, told


def invoiced(order):
    return {item.item_id: item.qty_invoiced // ONE for item in order.items.values()}


def test_an_invoice_over_all_completes_the_order():
    order = after(mugs_and_plate(), RegisterInvoice("1", cents(13533)))
    assert order.workflow_status == transitions.INVOICED
    assert invoiced(order) == {MUG: 2, PLATE: 1}
    assert (order.total_invoiced, order.adjustment_invoiced) == (cents(13533), 0)
    assert book(order) == []


def test_a_part_leaves_the_order_in_handling_and_a_marketplaces_in_payment_approved():
    for flow, stage in (("complete", transitions.HANDLING), (MARKETPLACE, transitions.PAYMENT_APPROVED)):
        order = after(mugs_and_plate(stage, flow), RegisterInvoice("1", cents(3333)))
        assert order.workflow_status == stage
        assert order.invoiced_at is None
        order = after(order, RegisterInvoice("2", cents(10200)))
        assert order.workflow_status == transitions.INVOICED
        assert book(order) == []


def test_never_more_than_the_order_is_worth_not_even_by_a_cent():
    assert told(mugs_and_plate(), RegisterInvoice("1", cents(13534))) == InvoiceExceedsValue(cents(13533))
    order = after(mugs_and_plate(), RegisterInvoice("1", cents(13000)))
    assert told(order, RegisterInvoice("2", cents(534))) == InvoiceExceedsValue(cents(533))
    assert isinstance(told(order, RegisterInvoice("2", cents(533))), InvoiceIssued)


def test_of_sixteen_invoices_of_1500_nine_fit():
    order = mugs_and_plate()
    for number in range(9):
        order = after(order, RegisterInvoice(str(number), cents(1500)))
    assert told(order, RegisterInvoice("10", cents(1500))) == InvoiceExceedsValue(cents(33))
    order = after(order, RegisterInvoice("10", cents(33)))
    assert order.workflow_status == transitions.INVOICED
    assert invoiced(order) == {MUG: 2, PLATE: 1}
    assert book(order) == []


@pytest.mark.parametrize(
    "value, units",
    [
        (3333, {PLATE: 1}),
        (4500, {MUG: 1}),
        (9000, {MUG: 2}),
        (9033, {MUG: 1, PLATE: 1}),
        (4533, {PLATE: 1}),
        (1200, {}),
        (1500, {}),
    ],
)
def test_units_are_inferred_where_they_come_to_the_value_with_or_without_shipping(value, units):
    event = told(mugs_and_plate(), RegisterInvoice("1", cents(value)))
    assert {row.order_item_id: row.qty // ONE for row in event.invoice.items} == units
    assert event.package.inferred
    order = after(mugs_and_plate(), RegisterInvoice("1", cents(value)))
    assert order.total_invoiced == cents(value)
    assert book(order) == []
    rest = after(order, RegisterInvoice("2", cents(13533 - value)))
    assert rest.workflow_status == transitions.INVOICED
    assert rest.adjustment_invoiced == 0
    assert book(rest) == []


def test_shipping_is_on_one_invoice_only():
    order = after(mugs_and_plate(), RegisterInvoice("1", cents(3333)), RegisterInvoice("2", cents(10200)))
    assert [one.shipping_amount for one in order.invoices.values()] == [None, cents(1200)]


def test_lines_are_named_by_place_by_id_or_by_sku():
    for line in (WantedLine(ONE, index=1), WantedLine(ONE, item_id=PLATE), WantedLine(ONE, sku="PLATE")):
        event = told(mugs_and_plate(), RegisterInvoice("1", cents(3333), (line,)))
        assert [(row.order_item_id, row.qty) for row in event.invoice.items] == [(PLATE, ONE)]
        assert not event.package.inferred


def test_of_two_rows_of_one_sku_the_one_of_that_price_is_taken_first():
    order = placed(draft(row("S", 5100), row("S", 5000, 2), shipping=0))
    order = after(order, StartHandling())
    line = WantedLine(2 * ONE, sku="S", price=cents(5000))
    event = told(order, RegisterInvoice("1", cents(10000), (line,)))
    assert {row.order_item_id: row.qty // ONE for row in event.invoice.items} == {2: 2}
    line = WantedLine(3 * ONE, sku="S", price=cents(5000))
    event = told(order, RegisterInvoice("1", cents(15100), (line,)))
    assert {row.order_item_id: row.qty // ONE for row in event.invoice.items} == {1: 1, 2: 2}


def test_lines_that_are_not_there_or_too_many_are_refused():
    order = mugs_and_plate()
    unknown = (WantedLine(ONE, index=2), WantedLine(ONE, sku="CUP"), WantedLine(0, index=0))
    for line in unknown:
        assert isinstance(told(order, RegisterInvoice("1", cents(100), (line,))), LineUnknown)
    too_many = (WantedLine(ONE, index=1), WantedLine(ONE, index=1))
    assert told(order, RegisterInvoice("1", cents(100), too_many)) == LineTooLarge(1, "1", 0, ONE)


def test_a_number_is_used_once_whatever_it_looks_like():
    for number in ("123", "NF 1/2 #3", "a" * 200):
        order = after(mugs_and_plate(), RegisterInvoice(number, cents(100)))
        taken = told(order, RegisterInvoice(number, cents(100)))
        assert taken == InvoiceNumberTaken(order.packages[number])
        assert isinstance(told(order, RegisterReturn(number, cents(100))), InvoiceNumberTaken)


@pytest.mark.parametrize(
    "stage", [transitions.PAYMENT_PENDING, transitions.WINDOW_TO_CANCEL, READY_FOR_HANDLING]
)
def test_before_it_is_handled_an_order_takes_no_invoice(stage):
    assert told(mugs_and_plate(stage), RegisterInvoice("1", cents(100))) == InvoiceNotAccepted(stage)


def test_an_order_on_hold_takes_none_and_an_invoiced_one_no_more():
    assert told(after(mugs_and_plate(), HoldOrder()), RegisterInvoice("1", cents(100))) == InvoiceNotAccepted(
        "holded"
    )
    order = after(mugs_and_plate(), RegisterInvoice("1", cents(13533)))
    assert told(order, RegisterInvoice("2", cents(1))) == InvoiceNotAccepted(transitions.INVOICED)


def test_an_invoice_denies_a_request_to_cancel():
    order = after(mugs_and_plate(), RequestCancellation("late"), RegisterInvoice("1", cents(13533)))
    assert order.workflow_status == transitions.INVOICED
    (request,) = order.cancellation_requests
    assert request.denied_by_seller
    assert request.denied_at


def test_both_languages_invoice_one_order_to_the_cent():
    order = after(mugs_and_plate(), RegisterInvoice("1", cents(5000)), IssueInvoice())
    assert order.total_invoiced == cents(13533)
    assert order.workflow_status == transitions.INVOICED
    assert book(order) == []
    order = after(mugs_and_plate(), IssueInvoice({MUG: ONE}), RegisterInvoice("1", cents(13533 - 5700)))
    assert order.workflow_status == transitions.INVOICED
    assert order.qty_to_invoice == 0
    assert book(order) == []


def test_what_is_invoiced_by_value_cannot_be_invoiced_again_by_units():
    lines = (WantedLine(ONE, index=1),)
    order = after(mugs_and_plate(), RegisterInvoice("1", cents(13533), lines))
    assert order.workflow_status == transitions.INVOICED
    assert told(order, IssueInvoice()) == InvoiceRefused(without_products=True, order_complete=True)


def test_a_return_is_summed_apart_and_gives_back_no_more_than_was_invoiced():
    order = after(mugs_and_plate(), RegisterInvoice("1", cents(4500)))
    assert told(order, RegisterReturn("R", cents(4501))) == ReturnExceedsInvoices(cents(4500))
    order = after(order, RegisterReturn("R", cents(4500), (WantedLine(ONE, index=0),)))
    assert order.total_refunded == cents(4500)
    assert order.items[MUG].qty_refunded == ONE
    order = after(order, RegisterInvoice("2", cents(9033)))
    assert order.workflow_status == transitions.INVOICED
    assert told(order, RegisterReturn("R2", cents(9034))) == ReturnExceedsInvoices(cents(9033))
    assert book(order) == []


def test_a_return_of_value_alone_is_a_credit_memo_without_rows():
    order = after(mugs_and_plate(), RegisterInvoice("1", cents(13533)), RegisterReturn("R", cents(77)))
    (memo,) = order.creditmemos.values()
    assert (memo.grand_total, memo.items) == (cents(77), ())
    assert order.packages["R"].creditmemo_id == memo.entity_id
    assert book(order) == []


def test_what_a_courier_does_not_tell_stays_as_it_was():
    order = after(
        mugs_and_plate(),
        RegisterInvoice("1", cents(13533), given={"courier": "Post"}),
        UpdatePackage("1", courier=Tracking(finished=True, data=({"description": "delivered"},))),
        UpdatePackage("1", {"trackingNumber": "T1"}, Tracking(data=({"description": "signed"},))),
    )
    package = order.packages["1"]
    assert package.given == {"courier": "Post", "trackingNumber": "T1"}
    assert package.courier_status is not None
    assert package.courier_status.finished is True
    assert [entry["description"] for entry in package.courier_status.data] == ["delivered", "signed"]


def test_an_invoice_of_the_other_language_gets_its_package_when_the_first_is_told():
    order = after(mugs_and_plate(), IssueInvoice({PLATE: ONE}))
    (invoice,) = order.invoices.values()
    assert told(order, UpdatePackage("9", {"courier": "Post"})) == PackageUnknown("9")
    order = after(
        order, UpdatePackage(invoice.increment_id, {"courier": "Post"}, invoice_id=invoice.entity_id)
    )
    package = order.packages[invoice.increment_id]
    assert (package.value, package.given) == (invoice.grand_total, {"courier": "Post"})


def test_after_a_told_invoice_was_voided_what_stays_is_invoiced_or_canceled_to_the_cent():
    """With the rest of the units went what Changes had moved; the invoice took more than its unit's worth."""
    order = placed(replace(authorized(draft(row("CUP", 1000, 10), shipping=0)), stage=transitions.HANDLING))
    less = RequestChange("c", 1, "x", manual_discount=cents(5000))
    one = RegisterInvoice("NF 1", cents(4500), (WantedLine(ONE, item_id=1),))
    order = after(order, less, one, CancelOrder())
    assert transitions.left_to_invoice(order) == 0
    [invoice_id] = order.invoices
    order = after(order, VoidPayment(invoice_id))
    seq = order.open_payment
    assert seq is not None
    order = after(order, SettlePayment(seq, VoidPayment(invoice_id), Yes("T")))
    assert transitions.left_to_invoice(order) == cents(4500)
    invoiced = after(order, IssueInvoice())
    assert invoiced.total_invoiced == transitions.value(invoiced) == cents(4500)
    assert list(invariants.broken_totals(invoiced)) == []
    canceled = after(order, CancelOrder())
    assert transitions.value(canceled) == 0
    assert list(invariants.broken_totals(canceled)) == []


@pytest.mark.parametrize("skus", [["S"] * 3000, [f"S{place}" for place in range(3000)]], ids=["one", "many"])
def test_thousands_of_lines_of_an_order_of_thousands_of_rows_hold_nobody_up(skus):
    order = placed(replace(draft(*[row(sku, 100, 2) for sku in skus]), stage=transitions.HANDLING))
    lines = tuple(WantedLine(ONE, sku=sku) for sku in skus)
    begun_s = time.monotonic()
    order = after(order, RegisterInvoice("1", cents(100 * len(skus)), lines))
    assert time.monotonic() - begun_s < 5, "the time grows with the lines, not with lines times rows"
    assert sum(item.qty_invoiced for item in order.items.values()) == len(skus) * ONE

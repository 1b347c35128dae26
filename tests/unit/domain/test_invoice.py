import pytest
from msgspec.structs import replace

from counterfoil.domain import invariants
from counterfoil.domain.comment import CommentDraft
from counterfoil.domain.invariants import Documents
from counterfoil.domain.invoice import (
    InvoiceIssued,
    InvoiceQuantityTooLarge,
    InvoiceRefused,
    IssueInvoice,
)
from counterfoil.domain.money import SCALE
from tests.drafts import draft, row
from tests.unit.domain.given import numbers, placed, top_rows, when

ONE = SCALE


def two_variations():
    return placed(
        draft(row("RED", 2000, configurable=True), row("BLUE", 3000, configurable=True), shipping=1000)
    )


def amounts(event):
    return [line.row_total for line in event.invoice.items if line.row_total is not None]


def test_two_partial_invoices_one_per_variation_leave_every_row_invoiced_once():
    order, using = two_variations(), numbers()
    red, blue = top_rows(order)
    order, first = when(order, IssueInvoice({red: ONE}), using)
    order, second = when(order, IssueInvoice({blue: ONE}), using)
    assert [item.qty_invoiced for item in order.items.values()] == [ONE] * 4
    assert (first.invoice.increment_id, second.invoice.increment_id) == ("000000001", "000000002")
    assert order.total_invoiced == order.grand_total == order.total_paid
    assert order.status == "processing"
    assert list(invariants.broken_book(order, Documents([first.invoice, second.invoice]))) == []


def test_shipping_is_on_the_first_invoice_only():
    order, using = two_variations(), numbers()
    red, blue = top_rows(order)
    order, first = when(order, IssueInvoice({blue: ONE}), using)
    order, second = when(order, IssueInvoice({red: ONE}), using)
    assert first.invoice.shipping_amount == 100_000
    assert second.invoice.shipping_amount is None
    assert order.shipping_invoiced == 100_000


def test_an_empty_list_invoices_everything_left():
    order, using = two_variations(), numbers()
    order, _ = when(order, IssueInvoice({top_rows(order)[0]: ONE}), using)
    order, event = when(order, IssueInvoice(), using)
    assert amounts(event) == [300_000]
    assert order.qty_to_invoice == 0


def test_the_child_of_a_configurable_goes_with_its_parent_and_carries_no_value():
    _order, event = when(two_variations(), IssueInvoice())
    child = event.invoice.items[1]
    assert (child.qty, child.row_total, child.tax_amount) == (ONE, None, None)
    assert event.invoice.total_qty == 4 * ONE


def test_more_than_is_left_is_refused_by_the_name_of_the_item():
    order = two_variations()
    assert when(order, IssueInvoice({top_rows(order)[0]: 2 * ONE}))[1] == InvoiceQuantityTooLarge("RED")


@pytest.mark.parametrize("asked", [{999: ONE}, {2: ONE}, {1: 0}, {1: -ONE}, {1: ONE // 2}])
def test_unknown_mirrored_and_less_than_whole_rows_make_no_invoice(asked):
    assert when(two_variations(), IssueInvoice(asked))[1] == InvoiceRefused(without_products=True)


def test_fractions_of_whole_products_are_cut():
    order = placed(draft(row("S1", 1000, 3)))
    order, event = when(order, IssueInvoice({1: ONE * 19 // 10}))
    assert event.invoice.items[0].qty == ONE


def test_rows_with_nothing_left_are_left_out_beside_good_ones():
    order, using = two_variations(), numbers()
    red, blue = top_rows(order)
    order, _ = when(order, IssueInvoice({red: ONE}), using)
    order, event = when(order, IssueInvoice({red: ONE, blue: ONE}), using)
    assert amounts(event) == [300_000]


def test_a_fully_invoiced_order_takes_no_further_invoice():
    order, _ = when(two_variations(), IssueInvoice())
    assert when(order, IssueInvoice())[1] == InvoiceRefused(without_products=True, order_complete=True)


@pytest.mark.parametrize("state", ["holded", "payment_review", "canceled", "complete", "closed"])
def test_blocked_states_take_no_invoice(state):
    order = replace(two_variations(), state=state, status=state)
    refused = when(order, IssueInvoice())[1]
    assert refused == InvoiceRefused(without_products=False, status=state)


def test_a_refusal_takes_no_number():
    order, using = two_variations(), numbers()
    when(order, IssueInvoice({1: 5 * ONE}), using)
    when(order, IssueInvoice({999: ONE}), using)
    assert using.advanced() == {}


def test_a_virtual_order_is_complete_when_it_is_invoiced():
    order, _ = when(placed(draft(row("V1", 500, 2, virtual=True), shipping=0)), IssueInvoice())
    assert (order.state, order.status) == ("complete", "complete")


@pytest.mark.parametrize(
    "parts, rows, discounts, taxes",
    [
        ([1, 1, 1], [333, 334, 333], [33, 34, 33], [28, 28, 27]),
        ([2, 1], [667, 333], [67, 33], [55, 28]),
    ],
)
def test_a_line_of_ten_with_tax_and_discount_splits_to_the_cent(parts, rows, discounts, taxes):
    order = placed(draft(row("X", 333, 3, row_total=1000, discount=100, tax=83)))
    using, found = numbers(), []
    for part in parts:
        order, event = when(order, IssueInvoice({1: part * ONE}), using)
        found.append(event.invoice.items[0])
    assert [line.row_total for line in found] == [cents * 100 for cents in rows]
    assert [line.discount_amount for line in found] == [cents * 100 for cents in discounts]
    assert [line.tax_amount for line in found] == [cents * 100 for cents in taxes]
    assert order.total_invoiced == order.grand_total


def test_the_tax_of_three_times_9_99_with_ten_percent_off_splits_as_recorded():
    order, using, found = placed(draft(row("TX1", 999, 3, discount=300, tax=226))), numbers(), []
    for _ in range(3):
        order, event = when(order, IssueInvoice({1: ONE}), using)
        found.append(event.invoice.tax_amount)
    assert found == [7_500, 7_500, 7_600]  # contract adobe §12.10


def test_no_part_of_a_wholly_discounted_row_is_worth_less_than_nothing():
    order = placed(
        draft(
            row("F1", 33, 2, row_total=67, discount=67),
            row("F2", 1914, 28, row_total=53_589, discount=53_589),
            shipping=0,
        )
    )
    using = numbers()
    for asked in ({2: 20 * ONE, 1: ONE}, {1: ONE, 2: 2 * ONE}, {}):
        order, event = when(order, IssueInvoice(asked), using)
        assert event.invoice.grand_total == 0
    assert list(invariants.broken_totals(order)) == []


def test_the_comment_is_stored_with_the_invoice():
    order = two_variations()
    _, event = when(order, IssueInvoice(comment=CommentDraft("Thank you", is_visible_on_front=True)))
    assert isinstance(event, InvoiceIssued)
    (comment,) = event.invoice.comments
    assert (comment.comment, comment.is_visible_on_front, comment.is_customer_notified) == (
        "Thank you",
        True,
        False,
    )

"""Given an order with invoices, when money is to be given back, then this memo or this refusal."""

from itertools import permutations

import pytest
from msgspec.structs import replace

from counterfoil.domain import invariants
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.comment import CommentDraft
from counterfoil.domain.credit import (
    AmountBelowZero,
    CreditMemoMade,
    CreditOrder,
    CreditQuantityInvalid,
    CreditRefused,
    InvoiceNotCreditable,
    NoShippingToCredit,
    ShippingTooLarge,
    TotalDiffers,
)
from counterfoil.domain.invariants import Documents
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.ship import ShipOrder
from tests.drafts import bundle, draft, row
from tests.unit.domain.given import numbers, placed, when

ONE = SCALE
CENT = 100
SPLITS = sorted({order for split in ((1, 1, 1), (1, 2), (3,)) for order in permutations(split)})


def simple():
    return draft(row("S1", 1000, 2), row("S2", 1550, 3), shipping=2500)


def ten():
    """A row of three units over 10.00, of which 1.00 is discount, with a tax of 0.83."""
    return draft(row("X", 333, 3, row_total=1000, discount=100, tax=83), shipping=0)


def invoiced(of=None, items=None, using=None):
    order, _ = when(placed(of or simple()), IssueInvoice(items or {}), using)
    return order


def to_be_paid_online(of, using):
    """An order whose payment is moved by a payment provider."""
    order = placed(of, using)
    assert order.particulars is not None
    payment = replace(order.particulars.payment, gateway=True)
    return replace(order, particulars=replace(order.particulars, payment=payment))


def books(order):
    return Documents(
        list(order.invoices.values()), list(order.shipments.values()), list(order.creditmemos.values())
    )


# ---------------------------------------------------------------- what is given back


def test_everything_that_was_invoiced_is_given_back_at_once():
    order, event = when(invoiced(), CreditOrder())
    memo = event.creditmemo
    assert (memo.grand_total, memo.subtotal, memo.shipping_amount) == (915_000, 665_000, 250_000)
    assert (memo.increment_id, memo.state, memo.invoice_id) == ("000000001", 2, None)
    assert order.total_refunded == order.total_paid == order.grand_total
    assert [item.qty_refunded for item in order.items.values()] == [2 * ONE, 3 * ONE]
    assert list(invariants.broken_book(order, books(order))) == []


def test_only_what_was_invoiced_can_be_given_back():
    order = invoiced(items={1: ONE})
    _, event = when(order, CreditOrder())
    assert [(line.order_item_id, line.qty) for line in event.creditmemo.items] == [(1, ONE)]
    assert when(order, CreditOrder({1: 2 * ONE}))[1] == CreditQuantityInvalid("S1")


def test_the_rest_of_the_shipping_goes_unless_it_is_said_how_much():
    order, using = invoiced(), numbers()
    order, event = when(order, CreditOrder({1: ONE}, shipping_amount=100 * CENT), using)
    assert event.creditmemo.shipping_amount == 100 * CENT
    order, event = when(order, CreditOrder({1: ONE}), using)
    assert event.creditmemo.shipping_amount == 2400 * CENT
    assert order.shipping_refunded == order.shipping_amount


def test_adjustments_add_and_take_away():
    command = CreditOrder(
        {1: ONE}, shipping_amount=0, adjustment_positive=50 * CENT, adjustment_negative=25 * CENT
    )
    order, event = when(invoiced(), command)
    assert event.creditmemo.grand_total == 1025 * CENT
    assert (order.adjustment_positive, order.adjustment_negative) == (50 * CENT, 25 * CENT)


def test_an_adjustment_alone_gives_money_back_without_rows():
    _, event = when(invoiced(), CreditOrder({}, shipping_amount=0, adjustment_positive=CENT))
    assert (event.creditmemo.items, event.creditmemo.grand_total) == ((), CENT)


def test_the_child_of_a_configurable_goes_with_its_parent_and_carries_no_value():
    order = invoiced(draft(row("RED", 2000, 2, configurable=True)))
    order, event = when(order, CreditOrder({1: ONE}))
    parent, child = event.creditmemo.items
    assert (parent.row_total, child.qty, child.row_total) == (200_000, ONE, None)
    assert [item.qty_refunded for item in order.items.values()] == [ONE, ONE]


def test_a_bundle_that_is_priced_by_its_parts_is_given_back_by_its_parts():
    order = invoiced(draft(bundle("B", 1, (1, row("S1", 1000)), (2, row("S2", 500, 2)))))
    order, event = when(order, CreditOrder({2: ONE, 3: 2 * ONE}))
    assert [line.row_total for line in event.creditmemo.items] == [None, 100_000, 100_000]
    assert [item.qty_refunded for item in order.items.values()] == [ONE, ONE, 2 * ONE]


def test_the_comment_is_stored_with_the_memo_and_the_order_is_told():
    command = CreditOrder(comment=CommentDraft("Sorry", is_visible_on_front=True), notify=True)
    order, event = when(invoiced(), command)
    assert isinstance(event, CreditMemoMade)
    assert [comment.comment for comment in event.creditmemo.comments] == ["Sorry"]
    assert order.comments[-1].comment == "We refunded $91.50 offline."
    assert (order.comments[-1].status, order.comments[-1].entity_name) == ("closed", "creditmemo")
    assert order.customer_note_notify is True


def test_an_order_of_which_all_is_given_back_is_closed_even_if_it_was_shipped():
    order, _ = when(invoiced(), ShipOrder())
    assert order.state == "complete"
    order, _ = when(order, CreditOrder())
    assert (order.state, order.status) == ("closed", "closed")


def test_an_order_of_which_a_part_is_given_back_stays_what_it_is():
    order, _ = when(invoiced(), CreditOrder({1: ONE}))
    assert (order.state, order.status) == ("processing", "processing")


# ---------------------------------------------------------------- for one invoice


def test_an_invoice_that_was_paid_online_is_given_back_by_itself():
    using = numbers()
    order, _ = when(to_be_paid_online(simple(), using), IssueInvoice(), using)
    order, event = when(order, CreditOrder({1: ONE}, invoice_id=1, transaction_id="re_1"), using)
    invoice = order.invoices[1]
    assert (event.creditmemo.invoice_id, event.creditmemo.transaction_id) == (1, "re_1")
    assert invoice.total_refunded == event.creditmemo.grand_total == order.total_online_refunded
    assert [line.qty_refunded for line in invoice.items] == [ONE, 0]
    assert event.entry.comment == "We refunded $35.00 online."


def test_an_invoice_gives_back_no_more_than_it_has():
    using = numbers()
    order = to_be_paid_online(draft(row("S1", 1000, 2), shipping=500), using)
    order, _ = when(order, IssueInvoice({1: ONE}), using)
    order, _ = when(order, IssueInvoice({1: ONE}), using)
    assert when(order, CreditOrder({1: 2 * ONE}, invoice_id=2), using)[1] == CreditQuantityInvalid("S1")
    # The shipping is on the first invoice.
    too_much = ShippingTooLarge(0, "USD")
    assert when(order, CreditOrder(invoice_id=2, shipping_amount=CENT), using)[1] == too_much
    order, event = when(order, CreditOrder(invoice_id=2), using)
    assert event.creditmemo.grand_total == 100_000
    assert when(order, CreditOrder(invoice_id=2), using)[1] == InvoiceNotCreditable()


@pytest.mark.parametrize("invoice_id", [1, 7])
def test_an_invoice_that_was_paid_offline_or_is_not_there_is_not_given_back_by_itself(invoice_id):
    assert when(invoiced(), CreditOrder(invoice_id=invoice_id))[1] == InvoiceNotCreditable()


# ---------------------------------------------------------------- what is refused


def test_more_than_is_left_is_refused_by_the_name_of_the_item():
    assert when(invoiced(), CreditOrder({2: 4 * ONE}))[1] == CreditQuantityInvalid("S2")


def test_a_row_that_is_used_up_a_strange_one_and_a_mirrored_one_are_told_in_the_order_of_the_request():
    order, using = invoiced(draft(row("RED", 2000, configurable=True), row("S1", 1000))), numbers()
    order, _ = when(order, CreditOrder({1: ONE}, shipping_amount=0), using)
    asked = {999: ONE, 2: ONE, 1: ONE, 3: ONE}
    assert when(order, CreditOrder(asked), using)[1] == CreditRefused(
        rows=("foreign", "mirrored", "exhausted")
    )


@pytest.mark.parametrize(
    "shipping, asked, refusal",
    [
        (2500, 2501, ShippingTooLarge(250_000, "USD")),
        (0, 1, NoShippingToCredit()),
    ],
)
def test_more_shipping_than_is_left_is_refused(shipping, asked, refusal):
    order = invoiced(draft(row("S1", 1000), shipping=shipping))
    assert when(order, CreditOrder(shipping_amount=asked * CENT))[1] == refusal


@pytest.mark.parametrize("name", ["shipping_amount", "adjustment_positive", "adjustment_negative"])
def test_an_amount_below_zero_is_refused(name):
    assert when(invoiced(), replace(CreditOrder(), **{name: -CENT}))[1] == AmountBelowZero(name)


def test_more_money_than_was_paid_is_refused():
    refusal = CreditRefused(most=915_000)
    assert when(invoiced(), CreditOrder(adjustment_positive=CENT))[1] == refusal
    huge = 10**6 * SCALE
    both = CreditOrder({1: ONE}, adjustment_positive=huge, adjustment_negative=huge)
    assert when(invoiced(), both)[1] == refusal


@pytest.mark.parametrize(
    "command",
    [
        CreditOrder({}, shipping_amount=0),
        CreditOrder({}, shipping_amount=0, adjustment_negative=CENT),
        CreditOrder({1: ONE}, shipping_amount=0, adjustment_negative=1001 * CENT),
    ],
)
def test_a_memo_over_nothing_or_less_is_refused(command):
    assert when(invoiced(), command)[1] == CreditRefused(negative=True)


def test_an_order_that_was_not_paid_has_nothing_to_give_back():
    assert when(placed(simple()), CreditOrder())[1] == CreditRefused(most=0)


def test_an_order_that_was_given_back_is_closed():
    order, using = invoiced(), numbers()
    order, _ = when(order, CreditOrder(), using)
    assert when(order, CreditOrder({1: ONE}), using)[1] == CreditRefused(status="closed", rows=("exhausted",))


@pytest.mark.parametrize("state", ["holded", "payment_review", "canceled", "closed"])
def test_blocked_states_give_nothing_back(state):
    order = replace(invoiced(), state=state, status=state)
    assert when(order, CreditOrder())[1] == CreditRefused(status=state)


def test_a_memo_is_made_only_if_it_comes_to_what_the_caller_takes_it_for():
    refused = when(invoiced(), CreditOrder({1: ONE}, shipping_amount=0, grand_total=1001 * CENT))[1]
    assert refused == TotalDiffers(1000 * CENT, "USD")
    _, event = when(invoiced(), CreditOrder({1: ONE}, shipping_amount=0, grand_total=1000 * CENT))
    assert event.creditmemo.grand_total == 1000 * CENT


def test_a_refusal_takes_no_number():
    order, using = invoiced(), numbers()
    when(order, CreditOrder({1: 5 * ONE}), using)
    when(order, CreditOrder({999: ONE}), using)
    assert using.advanced() == {}


# ---------------------------------------------------------------- to the cent


def carried_out(commands):
    order, using = placed(ten()), numbers()
    for command in commands:
        order, event = when(order, command, using)
        assert not isinstance(event, CreditRefused | CreditQuantityInvalid), event
        assert list(invariants.broken_book(order, books(order))) == []
    return order


@pytest.mark.parametrize("refunds", SPLITS, ids=str)
@pytest.mark.parametrize("invoices", SPLITS, ids=str)
def test_a_three_way_split_of_ten_with_tax_and_discount_sums_to_the_cent(invoices, refunds):
    order = carried_out(
        [
            *(IssueInvoice({1: qty * ONE}) for qty in invoices),
            *(CreditOrder({1: qty * ONE}) for qty in refunds),
        ]
    )
    item = order.items[1]
    assert (item.row_invoiced, item.tax_invoiced, item.discount_invoiced) == (100_000, 8_300, 10_000)
    assert (item.amount_refunded, item.tax_refunded, item.discount_refunded) == (100_000, 8_300, 10_000)
    assert order.total_refunded == order.total_invoiced == order.grand_total == 98_300


@pytest.mark.parametrize("invoices", [split for split in SPLITS if len(split) > 1], ids=str)
def test_each_part_may_be_given_back_before_the_next_one_is_invoiced(invoices):
    commands = [
        command for qty in invoices for command in (IssueInvoice({1: qty * ONE}), CreditOrder({1: qty * ONE}))
    ]
    order = carried_out(commands)
    assert order.total_refunded == order.total_invoiced == order.grand_total == 98_300


@pytest.mark.parametrize(
    "refunds, totals, discounts, taxes",
    [
        ((1, 1, 1), [333, 334, 333], [33, 34, 33], [28, 28, 27]),
        ((2, 1), [667, 333], [67, 33], [55, 28]),
        ((3,), [1000], [100], [83]),
    ],
)
def test_parts_are_given_back_as_they_are_invoiced(refunds, totals, discounts, taxes):
    order = carried_out([IssueInvoice(), *(CreditOrder({1: qty * ONE}) for qty in refunds)])
    rows = [memo.items[0] for memo in order.creditmemos.values()]
    assert [line.row_total for line in rows] == [cents * CENT for cents in totals]
    assert [line.discount_amount for line in rows] == [cents * CENT for cents in discounts]
    assert [line.tax_amount for line in rows] == [cents * CENT for cents in taxes]


def test_what_is_left_after_a_partial_cancel_is_given_back_to_the_cent():
    order = carried_out([IssueInvoice({1: ONE}), CancelOrder(), CreditOrder()])
    assert order.total_refunded == order.total_invoiced == order.grand_total - order.total_canceled
    assert order.state == "closed"


@pytest.mark.parametrize("sequence", list(permutations((1, 2, 3))))
def test_each_invoice_is_given_back_for_what_it_said_in_any_order(sequence):
    """1.00 in three units is invoiced as .33, .34 and .33: every one of them can be given back whole."""
    using = numbers()
    order = to_be_paid_online(draft(row("X", 33, 3, row_total=100, discount=10, tax=8), shipping=0), using)
    for number in range(3):
        order, _ = when(order, IssueInvoice({1: ONE}), using)
        paid = replace(order.invoices[number + 1], state=2)
        order = replace(order, invoices={**order.invoices, number + 1: paid}, total_paid=order.total_invoiced)
    for number in sequence:
        invoice = order.invoices[number]
        order, event = when(order, CreditOrder(invoice_id=number, transaction_id=f"re_{number}"), using)
        assert event.creditmemo.grand_total == invoice.grand_total
    assert order.total_refunded == order.grand_total
    assert order.items[1].tax_refunded == order.items[1].tax_amount

import pytest

from counterfoil.domain import decider, invariants
from counterfoil.domain.cancel import CancelOrder, NotCancelable, OrderCanceled
from counterfoil.domain.credit import CreditOrder
from counterfoil.domain.hold import HoldOrder
from counterfoil.domain.invariants import Documents
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.ship import ShipOrder
from counterfoil.domain.stock import StockMove
from tests.drafts import bundle, draft, row
from tests.unit.domain.given import numbers, placed, when

ONE = SCALE


def book(order):
    """Return what is wrong with an order that was replayed with all its documents."""
    documents = (order.invoices.values(), order.shipments.values(), order.creditmemos.values())
    return list(invariants.broken_book(order, Documents(*map(list, documents))))


def after(order, *commands):
    using = numbers()
    for command in commands:
        order, decided = when(order, command, using)
        assert isinstance(decided, decider.Event), decided
    return order


def canceled(order):
    return {item.item_id: item.qty_canceled // SCALE for item in order.items.values()}


def test_a_new_order_is_canceled_whole_with_its_shipping():
    order = placed(draft(row("A", 1000, 2, tax_percent=80_000, discount=100), row("B", 500), shipping=700))
    order = after(order, CancelOrder())
    assert canceled(order) == {1: 2, 2: 1}
    assert (order.state, order.status) == ("canceled", "canceled")
    assert order.total_canceled == order.grand_total
    assert (order.subtotal_canceled, order.shipping_canceled) == (order.subtotal, order.shipping_amount)
    assert (order.tax_canceled, order.discount_canceled) == (order.tax_amount, -order.discount_amount)
    assert (order.qty_to_invoice, order.qty_to_ship) == (0, 0)
    assert book(order) == []


def test_of_an_order_invoiced_in_part_the_rest_is_canceled_and_the_shipping_stays():
    order = placed(draft(row("A", 1000, 3), row("B", 500), shipping=700))
    order = after(order, IssueInvoice({1: ONE}), CancelOrder())
    assert canceled(order) == {1: 2, 2: 1}
    assert (order.subtotal_canceled, order.shipping_canceled) == (250_000, 0)
    assert order.total_invoiced + order.total_canceled == order.grand_total
    assert order.state == "processing"
    assert book(order) == []


def test_what_was_shipped_is_still_to_be_invoiced_and_is_not_written_off():
    order = placed(draft(row("A", 1000, 3, tax_percent=83_750, discount=200), shipping=700))
    order = after(order, ShipOrder({1: ONE}), CancelOrder())
    assert (canceled(order), order.qty_to_invoice, order.qty_to_ship) == ({1: 2}, ONE, 0)
    assert (order.state, order.shipping_canceled) == ("processing", 0)
    order = after(order, IssueInvoice())
    assert order.state == "complete"
    assert order.total_invoiced + order.total_canceled == order.grand_total
    assert order.shipping_invoiced == order.shipping_amount
    assert book(order) == []


@pytest.mark.parametrize("qty, shipped", [(3, 1), (3, 2), (7, 3), (9, 8)])
def test_cents_that_cannot_be_shared_out_are_lost_nowhere(qty, shipped):
    order = placed(draft(row("A", 333, qty, tax_percent=83_750, discount=101)))
    order = after(order, ShipOrder({1: shipped * ONE}), CancelOrder(), IssueInvoice())
    item = order.items[1]
    assert item.row_invoiced + item.row_canceled == item.row_total
    assert item.tax_invoiced + item.tax_canceled == item.tax_amount
    assert item.discount_invoiced + item.discount_canceled == item.discount_amount
    assert order.total_invoiced + order.total_canceled == order.grand_total
    assert book(order) == []


def test_a_variation_carries_no_canceled_quantity():
    order = after(placed(draft(row("RED", 2000, 2, configurable=True))), CancelOrder())
    assert canceled(order) == {1: 2, 2: 0}
    assert order.qty_canceled == 2 * ONE
    assert book(order) == []


@pytest.mark.parametrize(
    "line",
    [
        row("BOX", 3000, 2, contains=3),
        row("BOX", 3000, 2, contains=3, separately=True),
        bundle("BOX", 2, (1, row("X", 1000, 2)), (2, row("Y", 500, 4))),
        bundle("BOX", 2, (1, row("X", 1000, 2)), (2, row("Y", 500, 4)), separately=True),
    ],
)
def test_a_bundle_is_canceled_with_its_parts(line):
    order = after(placed(draft(line)), CancelOrder())
    assert (order.state, order.total_canceled) == ("canceled", order.grand_total)
    assert (order.qty_to_invoice, order.qty_to_ship) == (0, 0)
    assert book(order) == []


def test_of_a_bundle_shipped_in_part_what_left_stays():
    order = placed(draft(row("BOX", 3000, 2, contains=3)))
    order = after(order, ShipOrder({1: ONE}), CancelOrder())
    assert order.items[1].qty_canceled == ONE
    assert order.qty_to_invoice == ONE
    assert book(after(order, IssueInvoice())) == []


GONE = {
    "invoiced": (IssueInvoice(),),
    "complete": (IssueInvoice(), ShipOrder()),
    "closed": (IssueInvoice(), CreditOrder()),
    "canceled": (CancelOrder(),),
    "on hold": (HoldOrder(),),
    "shipped": (ShipOrder(),),
}


@pytest.mark.parametrize("history", GONE)
def test_where_nothing_is_left_to_cancel_it_is_refused(history):
    order = after(placed(draft(row("A", 1000, 2))), *GONE[history])
    assert when(order, CancelOrder()) == (order, NotCancelable())


def test_what_is_canceled_is_free_to_be_sold_again():
    before = placed(draft(row("A", 1000, 3), row("RED", 2000, 2, configurable=True)))
    before = after(before, ShipOrder({1: ONE}))
    order, event = when(before, CancelOrder())
    assert isinstance(event, OrderCanceled)
    assert decider.stock_moves(before, order, event) == {
        before.items[1].product_id: StockMove(reserved=-2 * ONE),
        before.items[3].product_id: StockMove(reserved=-2 * ONE),
    }

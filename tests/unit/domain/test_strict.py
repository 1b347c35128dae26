"""All or nothing: what would be left out or lowered is refused, and nothing is done."""

import pytest

from counterfoil.domain.invoice import InvoiceIssued, IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.ship import ShipmentMade, ShipOrder
from counterfoil.domain.strict import RowProblem, StrictlyRefused
from tests.drafts import draft, row
from tests.unit.domain.given import numbers, placed, top_rows, when

ONE = SCALE


def an_order():
    return placed(draft(row("A", 1000, 2), row("RED", 2000, configurable=True)))


def test_what_can_be_done_as_asked_is_done():
    order, using = an_order(), numbers()
    red = top_rows(order)[1]
    order, shipped = when(order, ShipOrder({red: ONE}, strict=True), using)
    assert isinstance(shipped, ShipmentMade)
    _, invoiced = when(order, IssueInvoice({red: ONE}, strict=True), using)
    assert isinstance(invoiced, InvoiceIssued)


def test_everything_that_is_left_is_no_wish_for_particular_rows():
    order, using = an_order(), numbers()
    _, invoiced = when(order, IssueInvoice(strict=True), using)
    assert isinstance(invoiced, InvoiceIssued)


@pytest.mark.parametrize("make, document", [(IssueInvoice, "invoice"), (ShipOrder, "shipment")])
def test_each_row_that_cannot_be_taken_is_named_and_nothing_is_done(make, document):
    order, using = an_order(), numbers()
    first, red = top_rows(order)
    order, _ = when(order, make({first: 2 * ONE}), using)
    asked = {first: ONE, red: ONE, red + 1: ONE, 99: ONE}
    same, refused = when(order, make(asked, strict=True), using)
    assert same is order
    assert refused == StrictlyRefused(
        document,
        (
            RowProblem(first, "A", "exhausted"),
            RowProblem(red + 1, "RED", "mirror"),
            RowProblem(99, None, "foreign"),
        ),
    )
    # Without strict handling the one that can be taken is.
    _, taken = when(order, make(asked), using)
    assert isinstance(taken, InvoiceIssued | ShipmentMade)


@pytest.mark.parametrize("qty", [0, -ONE, ONE // 2])
def test_a_quantity_that_would_be_cut_is_refused(qty):
    order = an_order()
    first = top_rows(order)[0]
    _, refused = when(order, ShipOrder({first: qty}, strict=True))
    assert refused == StrictlyRefused("shipment", (RowProblem(first, "A", "quantity"),))

"""Invoicing bundles: whose rows carry the money, and how the others go along."""

from counterfoil.domain import invariants
from counterfoil.domain.invariants import Documents
from counterfoil.domain.invoice import (
    InvoiceIssued,
    InvoiceQuantityTooLarge,
    InvoiceRefused,
    IssueInvoice,
)
from counterfoil.domain.money import SCALE
from tests.drafts import bundle, draft, row
from tests.unit.domain.given import placed, when

PARENT, SHIRT, SOCKS = 1, 2, 3


def dynamic():
    """Two bundles, each of one shirt and two socks."""
    return placed(draft(bundle("B", 2, (1, row("SHIRT", 1000, 2)), (2, row("SOCKS", 500, 4)))))


def fixed():
    """Three bundles with a price of their own, each of two socks."""
    return placed(draft(row("B", 1000, 3, contains=2)))


def asked(**quantities):
    ids = {"parent": PARENT, "shirt": SHIRT, "socks": SOCKS}
    return IssueInvoice({ids[name]: qty * SCALE for name, qty in quantities.items()})


def quantities(event):
    assert isinstance(event, InvoiceIssued), event
    return {row.order_item_id: row.qty // SCALE for row in event.invoice.items}


def worth(event):
    return {row.order_item_id: row.row_total for row in event.invoice.items}


def test_of_a_dynamic_bundle_the_parts_are_invoiced_and_the_bundle_goes_along():
    order, event = when(dynamic(), IssueInvoice())
    assert quantities(event) == {PARENT: 2, SHIRT: 2, SOCKS: 4}
    assert worth(event) == {PARENT: None, SHIRT: 2000 * 100, SOCKS: 2000 * 100}
    assert order.qty_to_invoice == 0
    assert order.total_invoiced == order.grand_total
    assert list(invariants.broken_book(order, Documents(invoices=[event.invoice]))) == []


def test_asking_for_a_dynamic_bundle_asks_for_what_it_contains():
    order, event = when(dynamic(), asked(parent=1))
    assert quantities(event) == {PARENT: 1, SHIRT: 1, SOCKS: 2}
    assert event.invoice.subtotal == 2000 * 100
    assert order.qty_to_invoice == 3 * SCALE


def test_a_part_that_is_named_gets_what_was_said_of_it():
    _, event = when(dynamic(), asked(parent=1, socks=3))
    assert quantities(event) == {PARENT: 1, SHIRT: 1, SOCKS: 3}
    _, event = when(dynamic(), asked(parent=1, shirt=0))
    assert quantities(event) == {SOCKS: 2}


def test_a_dynamic_bundle_counts_once_all_of_its_parts_do_and_never_beyond_what_was_ordered():
    order, event = when(dynamic(), asked(socks=2))
    assert quantities(event) == {SOCKS: 2}
    order, event = when(order, asked(shirt=1))
    assert quantities(event) == {PARENT: 1, SHIRT: 1}
    order, event = when(order, IssueInvoice())
    assert quantities(event) == {PARENT: 1, SHIRT: 1, SOCKS: 2}
    assert order.items[PARENT].qty_invoiced == order.items[PARENT].qty_ordered


def test_more_bundles_than_are_left_are_refused_by_the_name_of_the_part():
    assert when(dynamic(), asked(parent=3))[1] == InvoiceQuantityTooLarge("SHIRT")


def test_of_a_fixed_bundle_the_bundle_is_invoiced_and_the_parts_go_along():
    order, event = when(fixed(), asked(parent=1))
    assert quantities(event) == {PARENT: 1, 2: 2}
    assert worth(event) == {PARENT: 1000 * 100, 2: None}
    order, event = when(order, IssueInvoice())
    assert quantities(event) == {PARENT: 2, 2: 4}
    assert order.items[2].qty_invoiced == order.items[2].qty_ordered


def test_the_part_of_a_fixed_bundle_cannot_be_asked_for():
    assert isinstance(when(fixed(), IssueInvoice({2: SCALE}))[1], InvoiceRefused)

"""The closed unions of commands, events and refusals, and the dispatch to the verbs.

A new verb adds one line to each union and one case to each function; mypy names what was forgotten.
"""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import replace

from counterfoil.domain import comment_invoice, invoice, place
from counterfoil.domain.comment_invoice import CommentInvoice, InvoiceCommented
from counterfoil.domain.decision import Context, Scope
from counterfoil.domain.follow_up import FollowUp
from counterfoil.domain.invoice import InvoiceIssued, IssueInvoice
from counterfoil.domain.order import Invoice, Order
from counterfoil.domain.place import OrderPlaced

Command = IssueInvoice | CommentInvoice
Event = OrderPlaced | InvoiceIssued | InvoiceCommented
Refusal = invoice.Refusal


def scope_of(command: Command) -> Scope:
    """Return which rows the decision on ``command`` has to see."""
    match command:
        case IssueInvoice(items=items) if items:
            return Scope(item_ids=frozenset(items))
        case IssueInvoice():
            return Scope(open_to_invoice=True)
        case CommentInvoice():
            return Scope()
        case _:
            assert_never(command)


def series_of(store_id: int, command: Command) -> tuple[str, ...]:
    """Return the series that a decision on ``command`` for an order of that store may take numbers from."""
    match command:
        case IssueInvoice():
            return invoice.series(store_id)
        case CommentInvoice():
            return comment_invoice.series()
        case _:
            assert_never(command)


def decide(order: Order, command: Command, context: Context) -> Event | Refusal:
    """Return what happens to ``order``, or why nothing does. Changes nothing."""
    match command:
        case IssueInvoice():
            return invoice.decide(order, command, context)
        case CommentInvoice():
            return comment_invoice.decide(command, context)
        case _:
            assert_never(command)


def evolve(order: Order | None, event: Event) -> Order:
    """Return the order after ``event``. Only `OrderPlaced` may be applied to None."""
    if isinstance(event, OrderPlaced):
        assert order is None, "an order is placed once"
        return place.evolve(event)
    assert order is not None, "an order begins by being placed"
    match event:
        case InvoiceIssued():
            return invoice.evolve(order, event)
        case InvoiceCommented():
            return comment_invoice.evolve(order, event)
        case _:
            assert_never(event)


def follow_ups(order: Order, event: Event) -> tuple[FollowUp, ...]:
    """Return what has to happen after ``event``, which led to ``order`` (without its particulars)."""
    del order
    match event:
        case OrderPlaced() | InvoiceIssued() | InvoiceCommented():
            return ()
        case _:
            assert_never(event)


def replay(events: Iterable[Event]) -> tuple[Order | None, dict[int, Invoice]]:
    """Return the order and its invoices (by id) that ``events`` make, in their order (promise 10)."""
    order: Order | None = None
    invoices: dict[int, Invoice] = {}
    for event in events:
        order = evolve(order, event)
        match event:
            case InvoiceIssued(invoice=issued):
                invoices[issued.entity_id] = issued
            case InvoiceCommented(invoice_id=invoice_id, comment=comment):
                commented = invoices[invoice_id]
                invoices[invoice_id] = replace(commented, comments=(*commented.comments, comment))
            case OrderPlaced():
                pass
    return order, invoices

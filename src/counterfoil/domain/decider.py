"""The closed unions of commands, events and refusals, and the dispatch to the verbs.

A new verb adds one line to each union and one case to each function; mypy names what was forgotten.
"""

from collections.abc import Iterable
from typing import assert_never

from counterfoil.domain import (
    cancel,
    change_address,
    comment,
    comment_order,
    credit,
    hold,
    invoice,
    mail,
    place,
    ship,
    track,
    update_order,
)
from counterfoil.domain.cancel import CancelOrder, OrderCanceled
from counterfoil.domain.change_address import AddressChanged, ChangeAddress
from counterfoil.domain.comment import CommentDocument, DocumentCommented
from counterfoil.domain.comment_order import CommentOrder, OrderCommented
from counterfoil.domain.credit import CreditMemoMade, CreditOrder
from counterfoil.domain.decision import Context, Scope
from counterfoil.domain.follow_up import FollowUp
from counterfoil.domain.hold import HoldOrder, OrderHeld, OrderReleased, ReleaseOrder
from counterfoil.domain.invoice import InvoiceIssued, IssueInvoice
from counterfoil.domain.order import Order
from counterfoil.domain.place import OrderPlaced
from counterfoil.domain.ship import ShipmentMade, ShipOrder
from counterfoil.domain.stock import StockMove, moves
from counterfoil.domain.track import AddTrack, RemoveTrack, TrackAdded, TrackRemoved
from counterfoil.domain.update_order import OrderUpdated, UpdateOrder

Command = (
    IssueInvoice
    | ShipOrder
    | CreditOrder
    | CancelOrder
    | HoldOrder
    | ReleaseOrder
    | CommentDocument
    | CommentOrder
    | AddTrack
    | RemoveTrack
    | ChangeAddress
    | UpdateOrder
)
Event = (
    OrderPlaced
    | InvoiceIssued
    | ShipmentMade
    | CreditMemoMade
    | OrderCanceled
    | OrderHeld
    | OrderReleased
    | DocumentCommented
    | OrderCommented
    | TrackAdded
    | TrackRemoved
    | AddressChanged
    | OrderUpdated
)
Refusal = (
    invoice.Refusal
    | ship.Refusal
    | credit.Refusal
    | cancel.NotCancelable
    | hold.Refusal
    | comment_order.StatusNotInHistory
    | track.Refusal
    | change_address.Refusal
    | update_order.Refusal
)


def scope_of(command: Command) -> Scope:
    """Return what the decision on ``command`` has to see."""
    match command:
        case IssueInvoice(items=items) if items:
            return Scope(item_ids=frozenset(items))
        case IssueInvoice():
            return Scope(open_to_invoice=True)
        case ShipOrder(items=items):
            return Scope(item_ids=frozenset(items), all_items=not items, stock=True)
        case CreditOrder(items=items, invoice_id=invoice_id):
            return Scope(
                item_ids=frozenset(items or ()),
                all_items=items is None,
                invoice_ids=frozenset() if invoice_id is None else frozenset({invoice_id}),
                particulars=invoice_id is not None,
                stock=True,
            )
        case CancelOrder():
            return Scope(all_items=True, stock=True)
        case RemoveTrack(shipment_id=shipment_id):
            return Scope(shipment_ids=frozenset({shipment_id}))
        case ChangeAddress() | UpdateOrder():
            return Scope(particulars=True)
        case HoldOrder() | ReleaseOrder() | CommentDocument() | CommentOrder() | AddTrack():
            return Scope()
        case _:
            assert_never(command)


def series_of(store_id: int, command: Command) -> tuple[str, ...]:
    """Return the series that a decision on ``command`` for an order of that store may take numbers from."""
    match command:
        case IssueInvoice():
            return invoice.series(store_id)
        case ShipOrder():
            return ship.series(store_id)
        case CreditOrder():
            return credit.series(store_id)
        case CommentDocument():
            return comment.series()
        case CommentOrder():
            return comment_order.series()
        case AddTrack():
            return track.series()
        case CancelOrder() | HoldOrder() | ReleaseOrder() | RemoveTrack() | ChangeAddress() | UpdateOrder():
            return ()
        case _:
            assert_never(command)


def decide(order: Order, command: Command, context: Context) -> Event | Refusal:
    """Return what happens to ``order``, or why nothing does. Changes nothing."""
    match command:
        case IssueInvoice():
            return invoice.decide(order, command, context)
        case ShipOrder():
            return ship.decide(order, command, context)
        case CreditOrder():
            return credit.decide(order, command, context)
        case CancelOrder():
            return cancel.decide(order, context)
        case HoldOrder() | ReleaseOrder():
            return hold.decide(order, command, context)
        case CommentDocument():
            return comment.decide(command, context)
        case CommentOrder():
            return comment_order.decide(order, command, context)
        case AddTrack() | RemoveTrack():
            return track.decide(order, command, context)
        case ChangeAddress():
            return change_address.decide(order, command, context)
        case UpdateOrder():
            return update_order.decide(order, command, context)
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
        case ShipmentMade():
            return ship.evolve(order, event)
        case CreditMemoMade():
            return credit.evolve(order, event)
        case OrderCanceled():
            return cancel.evolve(order, event)
        case OrderHeld() | OrderReleased():
            return hold.evolve(order, event)
        case DocumentCommented():
            return comment.evolve(order, event)
        case OrderCommented():
            return comment_order.evolve(order, event)
        case TrackAdded() | TrackRemoved():
            return track.evolve(order, event)
        case AddressChanged():
            return change_address.evolve(order, event)
        case OrderUpdated():
            return update_order.evolve(order, event)
        case _:
            assert_never(event)


def follow_ups(order: Order, event: Event) -> tuple[FollowUp, ...]:
    """Return what has to happen after ``event``, which led to ``order`` (without its particulars)."""
    message = mail.mail_of(order.entity_id, event)
    return () if message is None else (message.follow_up(),)


def stock_moves(before: Order, after: Order, event: Event) -> dict[int, StockMove]:
    """Return how ``event``, which made ``after`` of ``before``, changes the stock, by product id."""
    match event:
        case ShipmentMade() | OrderCanceled():
            return moves(before, after)
        case CreditMemoMade(return_to_stock=returned):
            return moves(before, after, returned=frozenset(returned))
        case _:
            return {}


def document_id(event: Event) -> int | None:
    """Return the id of what ``event`` made; None if it made nothing that has an id."""
    match event:
        case OrderPlaced(order=order):
            return order.entity_id
        case InvoiceIssued(invoice=issued):
            return issued.entity_id
        case ShipmentMade(shipment=shipment):
            return shipment.entity_id
        case CreditMemoMade(creditmemo=memo):
            return memo.entity_id
        case DocumentCommented(comment=remark):
            return remark.entity_id
        case OrderCommented(comment=entry):
            return entry.entity_id
        case TrackAdded(track=added):
            return added.entity_id
        case _:
            return None


def replay(events: Iterable[Event]) -> Order | None:
    """Return the order that ``events`` make, in their order, with all its documents (promise 10)."""
    order: Order | None = None
    for event in events:
        order = evolve(order, event)
    return order

"""The closed unions of commands, events and refusals, and the dispatch to the verbs.

A new verb adds one line to each union and one case to each function; mypy names what was forgotten.
"""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import replace

from counterfoil.domain import (
    cancel,
    change_address,
    change_effect,
    comment,
    comment_order,
    credit,
    gateway,
    hold,
    invoice,
    mail,
    payment,
    place,
    ship,
    steps,
    track,
    transitions,
    update_order,
)
from counterfoil.domain.cancel import CancelOrder, OrderCanceled
from counterfoil.domain.cancellation import RequestCancellation
from counterfoil.domain.change import ApplyChange, ChangeInProgress, RequestChange
from counterfoil.domain.change_address import AddressChanged, ChangeAddress
from counterfoil.domain.change_effect import ChangeApplied
from counterfoil.domain.comment import CommentDocument, DocumentCommented
from counterfoil.domain.comment_order import CommentOrder, OrderCommented
from counterfoil.domain.credit import CreditMemoMade, CreditOrder
from counterfoil.domain.decision import Context, Scope
from counterfoil.domain.documents import PaymentOperation
from counterfoil.domain.follow_up import FollowUp
from counterfoil.domain.hold import HoldOrder, OrderHeld, OrderReleased, ReleaseOrder
from counterfoil.domain.invoice import InvoiceIssued, IssueInvoice
from counterfoil.domain.order import Order
from counterfoil.domain.payment import (
    CaptureInvoice,
    InvoiceCaptured,
    PaymentDeclined,
    PaymentInProgress,
    PaymentSent,
    PaymentUnknown,
    PaymentWanted,
    SendPayment,
    SettlePayment,
)
from counterfoil.domain.place import OrderPlaced
from counterfoil.domain.register_invoice import RegisterInvoice
from counterfoil.domain.register_return import RegisterReturn
from counterfoil.domain.ship import ShipmentMade, ShipOrder
from counterfoil.domain.stock import StockMove, moves, with_reserved
from counterfoil.domain.track import AddTrack, RemoveTrack, TrackAdded, TrackRemoved
from counterfoil.domain.update_order import OrderUpdated, UpdateOrder
from counterfoil.domain.void import PaymentVoided, VoidPayment

Upkeep = (
    HoldOrder
    | ReleaseOrder
    | CommentDocument
    | CommentOrder
    | AddTrack
    | RemoveTrack
    | ChangeAddress
    | UpdateOrder
)
"""Commands that make no document that counts."""

Command = IssueInvoice | ShipOrder | CreditOrder | CancelOrder | Upkeep | payment.Command | steps.Command
UpkeepEvent = DocumentCommented | OrderCommented | TrackAdded | TrackRemoved | AddressChanged | OrderUpdated
Event = (
    OrderPlaced
    | InvoiceIssued
    | ShipmentMade
    | CreditMemoMade
    | OrderCanceled
    | OrderHeld
    | OrderReleased
    | UpkeepEvent
    | payment.Event
    | steps.Event
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
    | payment.Refusal
    | steps.Refusal
)

_NEEDS_NO_OPEN_PAYMENT = (
    *(IssueInvoice, CreditOrder, CancelOrder, HoldOrder),
    *(CaptureInvoice, VoidPayment),
    *(RegisterInvoice, RegisterReturn, RequestCancellation, RequestChange, ApplyChange),
)
"""Commands whose decision depends on what becomes of money that is on its way."""

_DEPENDS_ON_CHANGE = (
    *(IssueInvoice, RegisterInvoice, ShipOrder, CreditOrder, RegisterReturn),
    *(CaptureInvoice, CancelOrder, RequestCancellation),
)
"""Commands that a Change in flight may make legal, or illegal."""

PAYMENT_TASK = "payment"
"""The kind of the tasks that carry out payment operations."""


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
        case CaptureInvoice() | VoidPayment() | SendPayment():
            return payment.scope_of(command)
        case SettlePayment(seq=seq, wish=wish):
            return scope_of(wish) | Scope(payments=frozenset({seq}))
        case HoldOrder() | ReleaseOrder() | CommentDocument() | CommentOrder() | AddTrack():
            return Scope()
        case _:
            return steps.scope_of(command)


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
        case SettlePayment(wish=wish):
            return (*series_of(store_id, wish), gateway.TRANSACTION_IDS)
        case CancelOrder() | HoldOrder() | ReleaseOrder() | RemoveTrack() | ChangeAddress() | UpdateOrder():
            return ()
        case CaptureInvoice() | VoidPayment() | SendPayment():
            return ()
        case _:
            return steps.series_of(store_id, command)


def numbered_as(command: Command) -> tuple[type, ...]:
    """Return what tells `series_of` of one command from that of another, in one store."""
    wish = (type(command.wish),) if isinstance(command, SettlePayment) else ()
    return (type(command), *wish)


def decide(order: Order, command: Command, context: Context) -> Event | Refusal:
    """Return what happens to ``order``, or why nothing does. Changes nothing.

    As long as a Change is in flight there are two outcomes. What is legal under both happens, what is illegal
    under both is refused, and what is legal under one only is `ChangeInProgress`.
    """
    if order.open_payment is not None and isinstance(command, _NEEDS_NO_OPEN_PAYMENT):
        return PaymentInProgress(order.entity_id)
    if order.open_change is None or not isinstance(command, _DEPENDS_ON_CHANGE):
        return _decide(order, command, context)
    trial = context.numbers.trial()
    decided = _decide(order, command, replace(context, numbers=trial))
    if isinstance(decided, Event):
        paid = payment.paid_for(order, command, decided, context)
        if change_effect.keeps_room(evolve(order, paid)):
            context.numbers.adopt(trial)
            return decided
        return ChangeInProgress(order.open_change.request_id)
    otherwise = _decide(change_effect.as_if_applied(order), command, replace(context, numbers=trial))
    return ChangeInProgress(order.open_change.request_id) if isinstance(otherwise, Event) else decided


def _decide(order: Order, command: Command, context: Context) -> Event | Refusal:
    match command:
        case IssueInvoice():
            if command.capture and order.authorization_id is not None:
                return payment.capture_with_invoice(order, command, context)
            return invoice.decide(order, command, context)
        case ShipOrder():
            return ship.decide(order, command, context)
        case CreditOrder():
            if command.online:
                return payment.refund_online(order, command, context)
            return credit.decide(order, command, context)
        case CancelOrder():
            return cancel.decide(order, context)
        case CaptureInvoice() | VoidPayment() | SendPayment() | SettlePayment():
            return payment.decide(order, command, context)
        case (
            HoldOrder()
            | ReleaseOrder()
            | CommentDocument()
            | CommentOrder()
            | AddTrack()
            | RemoveTrack()
            | ChangeAddress()
            | UpdateOrder()
        ):
            return _decide_upkeep(order, command, context)
        case _:
            return steps.decide(order, command, context)


def _decide_upkeep(order: Order, command: Upkeep, context: Context) -> Event | Refusal:
    match command:
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
        return transitions.settled(place.evolve(event))
    assert order is not None, "an order begins by being placed"
    return transitions.settled(_evolve(order, event))


def _evolve(order: Order, event: Event) -> Order:
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
        case (
            PaymentWanted()
            | PaymentSent()
            | PaymentUnknown()
            | PaymentDeclined()
            | InvoiceCaptured()
            | PaymentVoided()
        ):
            return payment.evolve(order, event)
        case (
            DocumentCommented()
            | OrderCommented()
            | TrackAdded()
            | TrackRemoved()
            | AddressChanged()
            | OrderUpdated()
        ):
            return _evolve_upkeep(order, event)
        case OrderPlaced():
            raise AssertionError("an order is placed once")
        case _:
            return steps.evolve(order, event)


def _evolve_upkeep(order: Order, event: UpkeepEvent) -> Order:
    match event:
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
    wishes = []
    operation = payment_begun(event)
    if operation is not None:
        body = {"order_id": order.entity_id, "seq": operation.seq}
        wishes.append(FollowUp(PAYMENT_TASK, body, order_id=order.entity_id))
    wishes += steps.follow_ups(order, event)
    message = mail.mail_of(order.entity_id, event)
    if message is not None:
        wishes.append(message.follow_up())
    return tuple(wishes)


def payment_begun(event: Event) -> PaymentOperation | None:
    """Return the payment operation that begins with ``event``, if one does."""
    match event:
        case PaymentWanted(operation=operation):
            return operation
        case OrderCanceled(void=operation):
            return operation
        case _:
            return None


def stock_moves(before: Order, after: Order, event: Event) -> dict[int, StockMove]:
    """Return how ``event``, which made ``after`` of ``before``, changes the stock, by product id."""
    match event:
        case ShipmentMade() | OrderCanceled():
            return moves(before, after)
        case CreditMemoMade(return_to_stock=returned):
            return moves(before, after, returned=frozenset(returned))
        case ChangeApplied(items=items):
            return with_reserved(moves(before, after), items)
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

"""The verbs of VTEX's workflow together: their unions, and the dispatch to each.

They are verbs like all others (`counterfoil.domain.decider`); here is what the decider hands on.
"""

from typing import assert_never

from counterfoil.domain import (
    attachments,
    cancellation,
    change,
    credit,
    handling,
    invoice,
    package,
    register_invoice,
    register_return,
)
from counterfoil.domain.cancel import OrderCanceled
from counterfoil.domain.cancellation import (
    CancellationDenied,
    CancellationRequested,
    DenyCancellation,
    RequestCancellation,
)
from counterfoil.domain.change import (
    AbandonChange,
    AdvanceChange,
    ApplyChange,
    ChangeAbandoned,
    ChangeAdvanced,
    ChangeRequested,
    RequestChange,
    RetryChange,
)
from counterfoil.domain.change_effect import ChangeApplied
from counterfoil.domain.credit import CreditMemoMade
from counterfoil.domain.decision import Context, Scope
from counterfoil.domain.follow_up import FollowUp
from counterfoil.domain.handling import (
    ApprovePayment,
    AuthorizeFulfillment,
    EndGracePeriod,
    FulfillmentAuthorized,
    GracePeriodEnded,
    HandlingStarted,
    PaymentApproved,
    StartHandling,
)
from counterfoil.domain.invoice import InvoiceIssued
from counterfoil.domain.order import Order
from counterfoil.domain.package import PackageUpdated, UpdatePackage
from counterfoil.domain.register_invoice import RegisterInvoice
from counterfoil.domain.register_return import RegisterReturn

Command = (
    RegisterInvoice
    | RegisterReturn
    | handling.Command
    | RequestCancellation
    | DenyCancellation
    | UpdatePackage
    | change.Command
)
Event = handling.Event | CancellationRequested | CancellationDenied | PackageUpdated | change.Event
Refusal = (
    register_invoice.Refusal
    | register_return.Refusal
    | handling.StatusDiffers
    | cancellation.Refusal
    | package.PackageUnknown
    | change.Refusal
)

GRACE_TASK = "grace-period"
"""The kind of the tasks that end the time in which an order can be canceled freely."""

CHANGE_TASK = "change"
"""The kind of the tasks that settle Changes."""


def scope_of(command: Command) -> Scope:
    """Return what the decision on ``command`` has to see."""
    match command:
        case RegisterInvoice(number=number):
            # A line that is named by its place, or by its SKU, can be any.
            return Scope(packages=frozenset({number}), all_items=True)
        case RegisterReturn(number=number):
            return Scope(packages=frozenset({number}), all_items=True, stock=True)
        case UpdatePackage():
            return Scope(
                packages=frozenset({command.number}),
                invoice_ids=_one(command.invoice_id),
                creditmemo_ids=_one(command.creditmemo_id),
            )
        case RequestCancellation():
            return Scope(all_items=True, stock=True)
        case RequestChange(request_id=request_id, generation=generation):
            at_once = generation == attachments.AT_ONCE
            return Scope(
                all_items=True,
                changes=frozenset({request_id}),
                stock=at_once,
                product_ids=frozenset(line.product_id for line in command.added if line.product_id),
            )
        case ApplyChange(request_id=request_id):
            return Scope(all_items=True, changes=frozenset({request_id}), stock=True)
        case AdvanceChange() | AbandonChange() | RetryChange():
            return Scope(changes=frozenset({command.request_id}))
        case ApprovePayment() | AuthorizeFulfillment() | EndGracePeriod() | StartHandling():
            return Scope()
        case DenyCancellation():
            return Scope()
        case _:
            assert_never(command)


def _one(document_id: int | None) -> frozenset[int]:
    return frozenset() if document_id is None else frozenset({document_id})


def series_of(store_id: int, command: Command) -> tuple[str, ...]:
    """Return the series that a decision on ``command`` for an order of that store may take numbers from."""
    match command:
        case RegisterInvoice():
            return invoice.series(store_id)
        case RegisterReturn():
            return credit.series(store_id)
        case RequestChange() | ApplyChange():
            return change.series()
        case _:
            return ()


def decide(
    order: Order, command: Command, context: Context
) -> Event | InvoiceIssued | CreditMemoMade | OrderCanceled | Refusal:
    """Return what happens to ``order``, or why nothing does. Changes nothing."""
    match command:
        case RegisterInvoice():
            return register_invoice.decide(order, command, context)
        case RegisterReturn():
            return register_return.decide(order, command, context)
        case RequestCancellation():
            return cancellation.decide(order, command, context)
        case DenyCancellation():
            return cancellation.decide_denial(order, command, context)
        case UpdatePackage():
            return package.decide(order, command, context)
        case ApprovePayment() | AuthorizeFulfillment() | EndGracePeriod() | StartHandling():
            return handling.decide(order, command, context)
        case _:
            return change.decide(order, command, context)


def evolve(order: Order, event: Event) -> Order:
    """Return the order after ``event``."""
    match event:
        case PaymentApproved() | FulfillmentAuthorized() | GracePeriodEnded() | HandlingStarted():
            return handling.evolve(order, event)
        case CancellationRequested() | CancellationDenied():
            return cancellation.evolve(order, event)
        case PackageUpdated():
            return package.evolve(order, event)
        case ChangeRequested() | ChangeAdvanced() | ChangeApplied() | ChangeAbandoned():
            return change.evolve(order, event)
        case _:
            assert_never(event)


def follow_ups(order: Order, event: object) -> list[FollowUp]:
    """Return the timers and settlements that begin with ``event``, which led to ``order``."""
    grace_s = handling.grace_s(event)
    if grace_s:
        body: dict[str, object] = {"order_id": order.entity_id}
        return [FollowUp(GRACE_TASK, body, order_id=order.entity_id, delay_s=grace_s)]
    if isinstance(event, ChangeRequested) or (isinstance(event, ChangeAdvanced) and event.again):
        body = {"order_id": order.entity_id, "request_id": event.change.request_id}
        return [FollowUp(CHANGE_TASK, body, order_id=order.entity_id)]
    return []

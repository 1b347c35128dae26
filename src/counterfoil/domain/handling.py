"""Bring an order forward in its flow: payment approved, fulfilment authorised, grace period, handling.

Source: contract vtex §3.2, §3.11, §4. Each step is taken from exactly one status. A step that was taken
already is refused as `StatusDiffers`, which tells clients the status the order is in.
"""

from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain.decision import Context
from counterfoil.domain.order import MARKETPLACE, READY_FOR_HANDLING, Order
from counterfoil.domain.place import OrderPlaced
from counterfoil.domain.transitions import (
    CANCELED,
    HANDLING,
    PAYMENT_APPROVED,
    PAYMENT_PENDING,
    WAITING_FFMT_AUTHORIZATION,
    WINDOW_TO_CANCEL,
)


class ApprovePayment(Struct, frozen=True):
    """Command: the order is paid, or will be. ``grace_s`` is how long it can still be canceled freely."""

    grace_s: int = 0


class AuthorizeFulfillment(Struct, frozen=True):
    """Command: the marketplace lets the seller go on. ``grace_s`` as for `ApprovePayment`."""

    grace_s: int = 0


class EndGracePeriod(Struct, frozen=True):
    """Command: the time in which the order could be canceled freely is over."""


class StartHandling(Struct, frozen=True):
    """Command: the warehouse begins to pick the order."""


Command = ApprovePayment | AuthorizeFulfillment | EndGracePeriod | StartHandling


class PaymentApproved(Struct, frozen=True, tag=True):
    """Event: the order is paid, or will be, and has reached ``stage``."""

    stage: str
    at: str
    grace_s: int = 0


class FulfillmentAuthorized(Struct, frozen=True, tag=True):
    """Event: the marketplace has let the seller go on, and the order has reached ``stage``."""

    stage: str
    at: str
    grace_s: int = 0


class GracePeriodEnded(Struct, frozen=True, tag=True):
    """Event: the order can be handled."""

    at: str


class HandlingStarted(Struct, frozen=True, tag=True):
    """Event: the order is being handled."""

    at: str


Event = PaymentApproved | FulfillmentAuthorized | GracePeriodEnded | HandlingStarted


class StatusDiffers(Struct, frozen=True):
    """Refusal: the step is not taken from the status the order is in."""

    status: str
    needed: str


_FROM = {
    ApprovePayment: PAYMENT_PENDING,
    AuthorizeFulfillment: WAITING_FFMT_AUTHORIZATION,
    EndGracePeriod: WINDOW_TO_CANCEL,
    StartHandling: READY_FOR_HANDLING,
}
"""The status from which each step is taken."""


def decide(order: Order, command: Command, context: Context) -> Event | StatusDiffers:
    """Return the step, or that the order is in another status."""
    needed = _FROM[type(command)]
    if isinstance(command, StartHandling) and order.hold_before_state is not None:
        return StatusDiffers(order.status, needed)
    # Time runs on whatever else has happened: an invoice in Adobe's language may be voided after the end.
    over = isinstance(command, EndGracePeriod) and order.stage == needed
    if order.workflow_status != needed and not (over and order.workflow_status != CANCELED):
        return StatusDiffers(order.workflow_status, needed)
    match command:
        case ApprovePayment(grace_s=grace_s):
            if order.flow == MARKETPLACE:
                return PaymentApproved(PAYMENT_APPROVED, context.now)
            return PaymentApproved(_stage_after(grace_s), context.now, grace_s)
        case AuthorizeFulfillment(grace_s=grace_s):
            return FulfillmentAuthorized(_stage_after(grace_s), context.now, grace_s)
        case EndGracePeriod():
            return GracePeriodEnded(context.now)
        case StartHandling():
            return HandlingStarted(context.now)
        case _:
            assert_never(command)


def evolve(order: Order, event: Event) -> Order:
    """Note how far the order has come."""
    moved = replace(order, version=order.version + 1, updated_at=event.at)
    match event:
        case PaymentApproved(stage=stage) | FulfillmentAuthorized(stage=stage):
            return replace(moved, stage=stage, authorized_at=event.at)
        case GracePeriodEnded():
            return replace(moved, stage=READY_FOR_HANDLING)
        case HandlingStarted():
            return replace(moved, stage=HANDLING)
        case _:
            assert_never(event)


def grace_s(event: object) -> int:
    """Return how many seconds of grace begin with ``event``; 0 if none do."""
    if isinstance(event, PaymentApproved | FulfillmentAuthorized | OrderPlaced):
        return event.grace_s
    return 0


def _stage_after(grace_s: int) -> str:
    return WINDOW_TO_CANCEL if grace_s > 0 else READY_FOR_HANDLING

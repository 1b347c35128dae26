"""Put an order on hold, so that nothing more happens to it, and take it off again.

Rules: contract adobe §6.3. An order remembers in which state and status it was put on hold.
"""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import workflow
from counterfoil.domain.decision import Context
from counterfoil.domain.order import Order


class HoldOrder(Struct, frozen=True):
    """Command: put the order on hold."""


class ReleaseOrder(Struct, frozen=True):
    """Command: take the order off hold."""


class OrderHeld(Struct, frozen=True, tag=True):
    """Event: the order is on hold."""

    at: str


class OrderReleased(Struct, frozen=True, tag=True):
    """Event: the order is no longer on hold."""

    at: str


class NotHoldable(Struct, frozen=True):
    """Refusal: an order that has ended, or is on hold already, cannot be put on hold."""


class NotHeld(Struct, frozen=True):
    """Refusal: the order is not on hold."""


Refusal = NotHoldable | NotHeld


def decide(
    order: Order, command: HoldOrder | ReleaseOrder, context: Context
) -> OrderHeld | OrderReleased | Refusal:
    """Return whether the order is held or released, or why neither."""
    if isinstance(command, HoldOrder):
        return NotHoldable() if order.state in workflow.NOT_HOLDABLE else OrderHeld(context.now)
    return NotHeld() if order.hold_before_state is None else OrderReleased(context.now)


def evolve(order: Order, event: OrderHeld | OrderReleased) -> Order:
    """Remember the state and status before the hold, or give them back where the facts still make them."""
    moved = replace(order, version=order.version + 1, updated_at=event.at)
    if isinstance(event, OrderHeld):
        held = replace(moved, hold_before_state=order.state, hold_before_status=order.status)
        state, status = workflow.settled(held)
        return replace(held, state=state, status=status)
    before = replace(
        moved,
        state=order.hold_before_state or workflow.NEW,
        status=order.hold_before_status or workflow.DEFAULT_STATUS[workflow.NEW],
        hold_before_state=None,
        hold_before_status=None,
    )
    state, status = workflow.settled(before, keep_status=True)
    return replace(before, state=state, status=status)

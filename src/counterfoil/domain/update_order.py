"""Change what may be changed of an order by hand: its status within the state, and who it is for.

Source: contract adobe §6.3 (``POST /V1/orders``). There any column can be overwritten; here what was
agreed and what follows from documents cannot.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import workflow
from counterfoil.domain.decision import Context
from counterfoil.domain.order import Order

CHANGEABLE = frozenset(
    {
        "customer_email",
        "customer_firstname",
        "customer_lastname",
        "customer_middlename",
        "customer_prefix",
        "customer_suffix",
        "customer_note",
        "ext_customer_id",
        "ext_order_id",
    }
)
"""The fields of `counterfoil.domain.order.OrderParticulars` that can be changed."""


class UpdateOrder(Struct, frozen=True):
    """Command. ``fields`` are of `CHANGEABLE`; ``statuses`` are a shop's own statuses by state."""

    fields: dict[str, Any] = {}
    status: str | None = None
    customer_note_notify: bool | None = None
    statuses: dict[str, frozenset[str]] = {}


class OrderUpdated(Struct, frozen=True, tag=True):
    """Event: the order has other particulars or another status of its state."""

    fields: dict[str, Any]
    status: str | None
    customer_note_notify: bool | None
    at: str


class StatusOfOtherState(Struct, frozen=True):
    """Refusal: the status is not one of the order's state. The state follows from documents."""

    status: str
    state: str


class NothingToUpdate(Struct, frozen=True):
    """Refusal: the order is as the command wants it already. There is nothing to write."""


Refusal = StatusOfOtherState | NothingToUpdate


def decide(order: Order, command: UpdateOrder, context: Context) -> OrderUpdated | Refusal:
    """Return what changes, or why nothing does."""
    assert command.fields.keys() <= CHANGEABLE, "only what can be changed is asked for"
    assert order.particulars is not None, "an order is updated with the particulars at hand"
    status = command.status if command.status != order.status else None
    if status is not None:
        allowed = {workflow.DEFAULT_STATUS[order.state], *command.statuses.get(order.state, ())}
        if status not in allowed:
            return StatusOfOtherState(status, order.state)
    fields = {
        name: value for name, value in command.fields.items() if getattr(order.particulars, name) != value
    }
    notify = command.customer_note_notify
    if notify == order.customer_note_notify:
        notify = None
    if not fields and status is None and notify is None:
        return NothingToUpdate()
    return OrderUpdated(fields, status, notify, context.now)


def evolve(order: Order, event: OrderUpdated) -> Order:
    """Take the new values over."""
    particulars = order.particulars
    assert particulars is not None, "an order is updated with the particulars at hand"
    notify = event.customer_note_notify
    return replace(
        order,
        version=order.version + 1,
        updated_at=event.at,
        status=event.status or order.status,
        customer_note_notify=order.customer_note_notify if notify is None else notify,
        particulars=replace(particulars, **event.fields) if event.fields else particulars,
    )

"""Change what was ordered: units go, rows come, the price moves.

Rules: contract vtex §3.9, §3.10 and §5. By how much the order's value moves is fixed when a Change is asked
for; it is validated again when it is applied and can never leave the order below what is invoiced. A Change
of generation 1 is applied at once, and the caller reckons its money. One of generation 2 is settled later;
its money is reckoned here, with the prices of the order.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import change_effect, transitions, wanted, workflow
from counterfoil.domain.attachments import (
    AT_ONCE,
    CANCELING,
    CHANGE_CANCELED,
    DONE,
    IN_FLIGHT,
    PREPARING,
    SETTLED_LATER,
    WAITING_ACKNOWLEDGEMENT,
    WAITING_CONFIRMATION,
    AddedLine,
    Change,
    ChangeInFlight,
    ChangeLog,
)
from counterfoil.domain.change_effect import ChangeApplied
from counterfoil.domain.decision import Context
from counterfoil.domain.order import MARKETPLACE, READY_FOR_HANDLING, Order
from counterfoil.domain.wanted import LineTooLarge, WantedLine

MOST_AT_ONCE = 50
"""The most Changes of generation 1 that an order takes."""

MOST_LOGGED = 100
"""The most entries of a Change's history; the oldest go."""


class RequestChange(Struct, frozen=True):
    """Command. ``removed`` names units of the order's rows; ``added`` are new rows. Money is scaled.

    ``request_id`` is the client's name of the wish (generation 1) or one made for it (generation 2).
    ``given`` is the request as clients see it again.
    """

    request_id: str
    generation: int
    reason: str
    removed: tuple[WantedLine, ...] = ()
    added: tuple[AddedLine, ...] = ()
    manual_discount: int = 0
    manual_increment: int = 0
    given: dict[str, Any] = {}


class AdvanceChange(Struct, frozen=True):
    """Command: note a step of a Change in flight, which never goes back to one that it has left.

    ``failed`` says that a try to settle it went wrong.
    """

    request_id: str
    status: str
    message: str = ""
    failed: bool = False


class ApplyChange(Struct, frozen=True):
    """Command: the Change is settled; carry it out, if it is still legal."""

    request_id: str


class AbandonChange(Struct, frozen=True):
    """Command: the Change does not happen."""

    request_id: str
    reason: str
    by_user: bool = False


class RetryChange(Struct, frozen=True):
    """Command: try again to settle a Change that stopped on an error."""

    request_id: str


Command = RequestChange | AdvanceChange | ApplyChange | AbandonChange | RetryChange


class ChangeRequested(Struct, frozen=True, tag=True):
    """Event: the Change is wanted. Until it is settled it has two outcomes."""

    change: Change


class ChangeAdvanced(Struct, frozen=True, tag=True):
    """Event: the Change in flight has come further, or a try failed. ``again`` has it tried anew."""

    change: Change
    again: bool = False


class ChangeAbandoned(Struct, frozen=True, tag=True):
    """Event: the Change did not happen; its ``canceled_reason`` says why."""

    change: Change


Event = ChangeRequested | ChangeAdvanced | ChangeApplied | ChangeAbandoned


class ChangeInProgress(Struct, frozen=True):
    """Refusal: whether this is legal depends on a Change whose outcome is not known yet."""

    request_id: str


class ChangeAlreadyOpen(Struct, frozen=True):
    """Refusal: an order has one Change in flight at most."""

    request_id: str


class ChangeRepeated(Struct, frozen=True):
    """Refusal: a Change of this id has been asked for already."""

    change: Change


class ChangeUnknown(Struct, frozen=True):
    """Refusal: the order has no Change of this id."""

    request_id: str


class ChangeSettled(Struct, frozen=True):
    """Refusal: the Change is done or canceled."""

    status: str


class ChangeNotAllowed(Struct, frozen=True):
    """Refusal: an order in this status takes no Change."""

    status: str


class GenerationsMixed(Struct, frozen=True):
    """Refusal: the order has had a Change of the other generation."""


class TooManyChanges(Struct, frozen=True):
    """Refusal: the order has had as many Changes as it can."""

    most: int


class NothingChanges(Struct, frozen=True):
    """Refusal: the Change would leave everything as it is."""


class ChangeExceedsValue(Struct, frozen=True):
    """Refusal: nothing of the order would be left, or more than books can hold. ``value`` is scaled money."""

    value: int


class ChangeBelowInvoices(Struct, frozen=True):
    """Refusal: the order would be worth less than is invoiced already (scaled money)."""

    invoiced: int


class ItemInvoiced(Struct, frozen=True):
    """Refusal: units that would go are invoiced or on their way."""

    position: int
    name: str


class IncreaseNotCovered(Struct, frozen=True):
    """Refusal: the order would be worth more than its payment was authorised for."""


Refusal = (
    ChangeInProgress
    | ChangeAlreadyOpen
    | ChangeRepeated
    | ChangeUnknown
    | ChangeSettled
    | ChangeNotAllowed
    | GenerationsMixed
    | TooManyChanges
    | NothingChanges
    | ChangeExceedsValue
    | ChangeBelowInvoices
    | ItemInvoiced
    | IncreaseNotCovered
    | wanted.Refusal
)

_STEPS = (PREPARING, WAITING_ACKNOWLEDGEMENT, WAITING_CONFIRMATION, CANCELING)

_ALLOWED = {
    AT_ONCE: frozenset({transitions.HANDLING}),
    SETTLED_LATER: frozenset({transitions.WINDOW_TO_CANCEL, READY_FOR_HANDLING, transitions.HANDLING}),
}
"""Statuses in which an order takes a Change; a marketplace's order in *payment-approved* too."""


def series() -> tuple[str, ...]:
    """Name the series that the rows of a Change take their ids from."""
    return ("order_item_id",)


def decide(order: Order, command: Command, context: Context) -> Event | Refusal:
    """Return what becomes of a Change, or why nothing does."""
    if isinstance(command, RequestChange):
        return _requested(order, command, context)
    change = order.changes.get(command.request_id)
    if change is None:
        return ChangeUnknown(command.request_id)
    if change.status not in IN_FLIGHT:
        return ChangeSettled(change.status)
    match command:
        case AdvanceChange(status=status, message=message, failed=failed):
            failures = change.failures + failed
            further = max(status, change.status, key=_STEPS.index)
            return ChangeAdvanced(_logged(replace(change, failures=failures), further, message, context))
        case RetryChange():
            if not change.failures:
                return ChangeSettled(change.status)
            return ChangeAdvanced(
                _logged(replace(change, failures=0), PREPARING, "Retried.", context), again=True
            )
        case AbandonChange(reason=reason, by_user=by_user):
            return _abandoned(change, reason, context, by_user=by_user)
        case _:
            problem = _problem(order, change)
            return _abandoned(change, problem, context) if problem else _done(order, change, context)


def _requested(order: Order, command: RequestChange, context: Context) -> Event | Refusal:
    refused = _refused(order, command)
    if refused is not None:
        return refused
    # Where the caller reckons the money, it is enough that a price tells rows of one SKU apart.
    exactly = command.generation == SETTLED_LATER
    allotted = wanted.allot(
        order,
        command.removed,
        lambda item: change_effect.removable(item, order.items),
        exactly=exactly,
    )
    if isinstance(allotted, LineTooLarge) and allotted.ordered >= _asked(command.removed, allotted.position):
        return ItemInvoiced(allotted.position, allotted.name)
    if not isinstance(allotted, list):
        return allotted
    removed = wanted.units(allotted)
    moved = command.manual_increment - command.manual_discount
    if command.generation == SETTLED_LATER:
        moved += change_effect.worth_of_lines(command.added) - change_effect.worth_of_rows(order, removed)
    change = Change(
        request_id=command.request_id,
        generation=command.generation,
        status=PREPARING,
        reason=command.reason,
        delta=moved,
        created_at=context.now,
        updated_at=context.now,
        manual_discount=command.manual_discount,
        manual_increment=command.manual_increment,
        removed=removed,
        added=command.added,
        given=command.given,
        logs=(ChangeLog(context.now, PREPARING, "The Change was asked for."),),
    )
    if not removed and not command.added and moved == 0:
        return NothingChanges()
    beyond = _beyond(order, change)
    if beyond is not None:
        return beyond
    if command.generation == AT_ONCE:
        return _done(order, change, context)
    return ChangeRequested(change)


def _refused(order: Order, command: RequestChange) -> Refusal | None:
    """Return what speaks against any Change of this order, whatever it is about."""
    known = order.changes.get(command.request_id)
    if known is not None:
        return ChangeRepeated(known)
    if order.open_change is not None:
        return ChangeAlreadyOpen(order.open_change.request_id)
    if order.change_generation not in {None, command.generation}:
        return GenerationsMixed()
    if order.state in {workflow.HOLDED, workflow.PAYMENT_REVIEW}:
        return ChangeNotAllowed(order.status)
    status = order.workflow_status
    sold_elsewhere = order.flow == MARKETPLACE and status == transitions.PAYMENT_APPROVED
    if status not in _ALLOWED[command.generation] and not sold_elsewhere:
        return ChangeNotAllowed(status)
    if command.generation == AT_ONCE and order.change_count >= MOST_AT_ONCE:
        return TooManyChanges(MOST_AT_ONCE)
    return None


def _beyond(order: Order, change: Change) -> Refusal | None:
    """Return what the order's value says against a Change."""
    after = transitions.value(order) + change.delta
    if change_effect.takes_all(order, change) or change_effect.is_too_much(order, change):
        return ChangeExceedsValue(transitions.value(order))
    if after <= 0 or change.manual_discount >= transitions.value(order) + change.manual_increment:
        return ChangeExceedsValue(transitions.value(order))
    if after < order.total_invoiced:
        return ChangeBelowInvoices(order.total_invoiced)
    if change.delta > 0 and order.authorization_id is not None:
        return IncreaseNotCovered()
    return None


def _problem(order: Order, change: Change) -> str | None:
    """Return why a Change that was legal when it was asked for no longer is; None if it is."""
    status = order.workflow_status
    if status == transitions.CANCELED:
        return "Cannot Change Cancelled Order."
    items = order.items
    if any(change_effect.removable(items[item_id], items) < qty for item_id, qty in change.removed.items()):
        return "The order change is not allowed after the item invoice has been issued."
    beyond = _beyond(order, change)
    if isinstance(beyond, ChangeBelowInvoices):
        return "The value of the change is below what is invoiced."
    return "The value of the change exceed the order's price." if beyond is not None else None


def _done(order: Order, change: Change, context: Context) -> ChangeApplied:
    done = _logged(change, DONE, "The order was changed.", context)
    return change_effect.applied(order, change, done, context)


def _abandoned(change: Change, reason: str, context: Context, *, by_user: bool = False) -> ChangeAbandoned:
    canceled = replace(change, canceled_reason=reason, canceled_by_user=by_user)
    return ChangeAbandoned(_logged(canceled, CHANGE_CANCELED, reason, context))


def evolve(order: Order, event: Event) -> Order:
    """Write down how the Change stands, and with its end what it has done to the order."""
    change = event.change
    evolved = replace(
        order,
        version=order.version + 1,
        updated_at=change.updated_at,
        changes={**order.changes, change.request_id: change},
    )
    match event:
        case ChangeRequested():
            in_flight = ChangeInFlight(change.request_id, change.delta, change.removed)
            return replace(evolved, open_change=in_flight, change_generation=change.generation)
        case ChangeAdvanced():
            return evolved
        case ChangeAbandoned():
            return replace(evolved, open_change=None)
        case _:
            return change_effect.evolve(evolved, event)


def _asked(lines: tuple[WantedLine, ...], position: int) -> int:
    """Return how many units the lines up to one have asked of what it names."""
    named = lines[position]
    return sum(
        line.qty
        for line in lines[: position + 1]
        if (line.item_id, line.index, line.sku) == (named.item_id, named.index, named.sku)
    )


def _logged(change: Change, status: str, message: str, context: Context) -> Change:
    entry = ChangeLog(context.now, status, message)
    logs = (*change.logs, entry)[-MOST_LOGGED:]
    return replace(change, status=status, updated_at=context.now, logs=logs)

"""Which notices come of a committed event, and for whom."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from msgspec import Struct

from counterfoil.delivery.expressions import Expressions, Said, TooSlow
from counterfoil.delivery.subscriptions import FROM_ORDERS, Feed, Hook, fired_as
from counterfoil.delivery.told import Told, event_id
from counterfoil.domain import order, transitions
from counterfoil.ledger.notices import Notice, OutboxEntry, Place

FULFILLMENT = "Fulfillment"
MARKETPLACE = "Marketplace"

Document = Callable[[], Awaitable[str]]
"""Gives the order's document at the version in question, as JSON text."""


def steps_of(row: OutboxEntry) -> tuple[str, ...]:
    """Return every status that an event led its order through."""
    return transitions.path(row.flow, row.before_status, row.kind, row.after_status)


class Happened(Struct, frozen=True):
    """A committed event with what its notices say.

    ``name`` is the order's name in the VTEX dialect, ``steps`` the statuses that the event led through,
    ``changed_before`` when the order came to the version before.
    """

    row: OutboxEntry
    name: str
    steps: tuple[str, ...]
    changed_before: str


class Wanted(Struct, frozen=True):
    """A notice to be stored; with ``mark`` only if the subscriber was not told of the order under it yet."""

    notice: Notice
    mark: str | None = None


def of_steps(happened: Happened, subscriber: str, statuses: Sequence[str], created_ms: int) -> list[Wanted]:
    """Return a notice for each step into one of ``statuses``, of every step if there are none."""
    return [
        Wanted(_notice(happened, subscriber, step, created_ms))
        for step, state in enumerate(happened.steps)
        if not statuses or state in statuses
    ]


async def of_version(
    happened: Happened, one: Feed | Hook, document: Document, expressions: Expressions, created_ms: int
) -> list[Wanted]:
    """Return a notice for each step at which the document satisfies the subscription's expression.

    The last step is the version as it is stored. At a status that was only passed, the document is the same
    but for its status. An expression that cannot be applied to the document is not satisfied. One that was
    stopped is in doubt: its subscriber is told and no further step is tried, because one notice too many can
    be thrown away and one too few cannot be found. Without *disableSingleFire* the first step that satisfies
    it is enough.
    """
    found: list[Wanted] = []
    last = max(len(happened.steps) - 1, 0)
    for step in range(last + 1):
        text = await document()
        if step < last:
            text = _in_status(text, happened.steps[step])
        verdict = await expressions.evaluate(one.filter.expression or "", text)
        notice = _notice(happened, one.subscriber, step, created_ms)
        match verdict:
            case Said(true=True) if one.filter.disable_single_fire:
                found.append(Wanted(notice))
            case Said(true=True):
                return [*found, Wanted(notice, fired_as(one))]
            case TooSlow():
                return [*found, Wanted(notice)]
            case _:
                pass
    return found


def _in_status(document: str, status: str) -> str:
    """Return a document as it was on the way, in a status that the order did not rest in."""
    told = msgspec.json.decode(document)
    return msgspec.json.encode({**told, "status": status, "state": status}).decode()


async def wanted(
    happened: Happened,
    subscriptions: Sequence[Feed | Hook],
    document: Document,
    expressions: Expressions,
    created_ms: int,
) -> list[Wanted]:
    """Return what all of the feeds and hooks are to be told of one event."""
    found: list[Wanted] = []
    for one in subscriptions:
        if one.filter.type == FROM_ORDERS:
            found += await of_version(happened, one, document, expressions, created_ms)
        else:
            found += of_steps(happened, one.subscriber, one.filter.statuses, created_ms)
    return found


def _notice(happened: Happened, subscriber: str, step: int, created_ms: int) -> Notice:
    row = happened.row
    place = Place(row.order_id, row.seq, step)
    before = happened.steps[step - 1] if step else row.before_status
    told = Told(
        event_id=event_id(place),
        order_id=happened.name,
        domain=MARKETPLACE if row.flow == order.MARKETPLACE else FULFILLMENT,
        state=happened.steps[step] if happened.steps else row.after_status,
        last_state=before if happened.steps else row.after_status,
        last_change=row.at if step else happened.changed_before,
        current_change=row.at,
    )
    return Notice(subscriber, place, msgspec.json.encode(told).decode(), created_ms)

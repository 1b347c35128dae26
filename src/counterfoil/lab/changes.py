"""Changes of orders: asked for, settled by the service's worker, and timed.

When something happened is read from the journal, whose times are the service's own.
"""

from collections.abc import Sequence
from datetime import datetime
from threading import Event

import msgspec
from msgspec import Struct

from counterfoil.clock import Clock
from counterfoil.dialects.vtex import order_id
from counterfoil.lab.books import Source, integer
from counterfoil.lab.faults import WrongBooks
from counterfoil.lab.figures import Rate, rate_of
from counterfoil.lab.findings import CHANGES
from counterfoil.lab.load import Request
from counterfoil.lab.orders import Prepared

DEARER_CENTS = 1_000
"""By how much a Change adds to an order's value."""

WITHIN_S = 120.0


class Settled(Struct, frozen=True):
    """A Change that was applied: seconds since 1970 of when it was asked for and when it was done."""

    asked_s: float
    done_s: float


def smaller(some: Sequence[Prepared]) -> list[Request]:
    """Return requests for a Change of each order that takes one unit out."""
    return _requests(some, {"remove": {"items": [{"id": "BENCH-1", "quantity": 1}]}})


def dearer(some: Sequence[Prepared]) -> list[Request]:
    """Return requests for a Change of each order that adds to its value."""
    return _requests(some, {"manualIncrementValue": DEARER_CENTS})


def _requests(some: Sequence[Prepared], wish: dict[str, object]) -> list[Request]:
    body = msgspec.json.encode({"reason": "measured", **wish}).decode()
    return [
        Request(
            "PATCH", f"/api/order-system/orders/{order_id.derived(order.order_id)}/changes", body, CHANGES
        )
        for order in some
    ]


_OPEN = "SELECT COUNT(*) FROM orders WHERE open_change IS NOT NULL"
_SETTLED = """
SELECT asked.at, done.at FROM journal AS asked
JOIN journal AS done ON done.order_id = asked.order_id AND done.kind = 'ChangeApplied' AND done.at >= asked.at
WHERE asked.kind = 'ChangeRequested' AND asked.at >= '{since}'
"""


def open_changes(source: Source) -> int:
    """Return how many Changes are in flight."""
    [(count,)] = source.rows(_OPEN)
    return integer(count)


def settled(source: Source, since: str, count: int, clock: Clock) -> list[Settled]:
    """Wait until no Change is open, and return those that were asked for since, at most one of each order.

    Raises `WrongBooks` if they are not ``count``. ``since`` is a time of the journal.
    """
    deadline_s = clock.monotonic_s() + WITHIN_S
    while open_changes(source) and clock.monotonic_s() < deadline_s:
        Event().wait(0.02)
    found = [
        Settled(_seconds(str(asked)), _seconds(str(done)))
        for asked, done in source.rows(_SETTLED.format(since=since))
    ]
    if len(found) != count or open_changes(source):
        raise WrongBooks(
            f"{count} Changes were taken, {len(found)} are applied and {open_changes(source)} are open"
        )
    return found


def rate(found: Sequence[Settled], clients: int) -> Rate:
    """Return how many Changes were done in a second, and how long each took."""
    elapsed_s = max(one.done_s for one in found) - min(one.asked_s for one in found)
    return rate_of(clients, [one.done_s - one.asked_s for one in found], len(found) / max(elapsed_s, 1e-6))


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()

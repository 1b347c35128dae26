"""Notices: what feeds and hooks are to be told of orders, from the outbox to whoever confirms it.

The ledger writes a row of the outbox with each event. A relay takes rows out and puts notices in, in one
transaction. Notices of one subscriber about one order are handed out in the order of their events, and the
later ones only when the earlier ones have been confirmed.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct


class OutboxEntry(Struct, frozen=True, order=True):
    """What feeds and hooks still have to be told of one event: the statuses before and after it.

    ``seq`` is the order's version after the event, ``kind`` the event's name, ``at`` the journal's time.
    ``before_status`` is empty for an order that was placed.
    """

    order_id: int
    seq: int
    kind: str
    flow: str
    before_status: str
    after_status: str
    at: str


class Place(Struct, frozen=True, order=True):
    """Where a notice stands for its subscriber: which step of which event of which order it tells."""

    order_id: int
    seq: int
    step: int


class Notice(Struct, frozen=True):
    """One notice for one subscriber. ``body`` is JSON, the time whole milliseconds since 1970."""

    subscriber: str
    place: Place
    body: str
    created_ms: int


class Lease(Struct, frozen=True):
    """A notice that was handed out. ``handle`` names this lease, ``deliveries`` counts them."""

    notice: Notice
    handle: str
    deliveries: int


class Waiting(Struct, frozen=True):
    """How many notices a subscriber has not confirmed, those handed out among them, and since when."""

    count: int
    oldest_ms: int | None


class Health(Struct, frozen=True):
    """How often in a row an address has failed, and until when nothing is sent there."""

    failures: int = 0
    paused_until_ms: int = 0


class Notices(Protocol):
    """A look at the outbox and the notices."""

    async def outbox(self, *, after_order: int = 0, limit: int = 200) -> list[OutboxEntry]:
        """Return rows of orders with an id above ``after_order``, by order and then by version."""

    async def changed_at(self, seqs: Mapping[int, int]) -> dict[int, str]:
        """Return when orders came to a version, by their ids, for those that were ever at it."""

    async def order_forms(self, order_ids: Sequence[int]) -> dict[int, str | None]:
        """Return the name that a client of the VTEX dialect gave each order, None if none did."""

    async def waiting(self, subscriber: str) -> Waiting:
        """Return what a subscriber has not confirmed."""

    async def ready(self, subscribers: Sequence[str], *, now_ms: int) -> set[str]:
        """Return those for which there may be something to hand out."""

    async def health(self, subscribers: Sequence[str]) -> dict[str, Health]:
        """Return how the addresses of hooks are."""

    async def ended(self, moment: str) -> bool:
        """Tell whether all transactions that were under way at a `WritableNotices.moment` have ended."""

    async def subscribers(self) -> set[str]:
        """Return who has anything stored here, whether or not there still is such a feed or hook."""


class WritableNotices(Notices, Protocol):
    """Outbox and notices, within a writing transaction."""

    async def moment(self) -> str | None:
        """Return a name for now, to ask `ended` about; None where no other transaction can be under way."""

    async def take(self, rows: Sequence[OutboxEntry]) -> set[tuple[int, int]]:
        """Remove rows of the outbox, and return order and version of those that nobody else had."""

    async def put(self, notices: Sequence[Notice]) -> None:
        """Store notices. One that is there already stays as it is."""

    async def fire(self, marks: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        """Mark orders as told to subscribers, and return the marks that were not there before."""

    async def lease(
        self, subscriber: str, *, handle: str, now_ms: int, until_ms: int, orders: int, limit: int, run: int
    ) -> list[Lease]:
        """Hand out notices of up to ``orders`` orders, ``run`` of each and ``limit`` in all at most.

        Nothing of an order is handed out while something earlier of it is out.
        """

    async def confirm(self, subscriber: str, handles: Sequence[tuple[Place, str]]) -> int:
        """Remove notices that are out under these handles, and return how many were."""

    async def put_back(self, subscriber: str, leases: Sequence[tuple[Place, str, int]]) -> None:
        """End leases without success: the notice is ready again at the time that stands third."""

    async def probe(self, subscriber: str, *, now_ms: int, until_ms: int) -> bool:
        """Pause an address for others while it is tried; False if somebody else is at it."""

    async def failed(self, subscriber: str, *, now_ms: int, probe: bool = False) -> int:
        """Count a failure of an address and return how many there were in a row.

        While it is paused only those of a probe count; of others this returns 0.
        """

    async def pause(self, subscriber: str, *, until_ms: int) -> None:
        """Send nothing to an address until then."""

    async def recovered(self, subscriber: str, *, now_ms: int, paused_after: int) -> None:
        """Forget the failures of an address. If they had paused it, what waits there is ready now."""

    async def remove_older(self, subscriber: str, before_ms: int, *, limit: int) -> int:
        """Remove notices that were made earlier, ``limit`` of them at most; return how many."""

    async def remove_all(self, subscriber: str, *, limit: int) -> int:
        """Remove what a subscriber has, ``limit`` rows of a kind at most; return how many."""

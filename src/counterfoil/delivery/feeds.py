"""Feeds (contract vtex §3.13): queues of notices that their owners read and confirm.

A handle names one lease of one notice. When the lease has run out and the notice was handed out again, the
old handle is worth nothing: whoever has the notice now decides about it. When nobody else has got it yet, a
late handle still counts, since its owner has dealt with the notice.
"""

import base64
import binascii
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from counterfoil.delivery import subscriptions
from counterfoil.delivery.subscriptions import Feed
from counterfoil.delivery.told import Told
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.notices import Place
from counterfoil.ledger.ports import Transaction

MOST_AT_ONCE = 10
SHORTEST_RETENTION_S = 345_600
LONGEST_RETENTION_S = 1_209_600
LONGEST_VISIBILITY_S = 43_200
MOST_HANDLES = 1_000

_NO_FEED = "no feed"

_decode_told = msgspec.json.Decoder(Told).decode


class NoFeed(Exception):
    """The app key has no feed."""


class Event(Struct, frozen=True):
    """A notice as it is read from a feed."""

    told: Told
    handle: str
    available_ms: int


class Filled(Struct, frozen=True):
    """A feed with what is in it; the age in whole seconds, 0 if it is empty."""

    feed: Feed
    quantity: int
    oldest_age_s: int


class Feeds:
    """The feeds of all app keys."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._clock = ledger.clock

    async def configure(self, feed: Feed) -> None:
        """Make the feed of its app key, or change it. What is in it stays there."""
        await subscriptions.establish(self._ledger, feed)

    async def look(self, app_key: str) -> Filled:
        """Return the feed of an app key with what is in it. Raises `NoFeed`."""
        async with self._ledger.reading() as reader:
            feed = await subscriptions.of_key(reader.records, Feed, app_key)
            if feed is None:
                raise NoFeed
            waiting = await reader.notices.waiting(feed.subscriber)
        age_ms = 0 if waiting.oldest_ms is None else self._now_ms() - waiting.oldest_ms
        return Filled(feed, waiting.count, max(age_ms, 0) // 1000)

    async def drop(self, app_key: str) -> None:
        """Remove the feed of an app key and all that is in it. Raises `NoFeed`."""

        async def work(transaction: Transaction) -> Body | str:
            feed = await subscriptions.of_key(transaction.records, Feed, app_key, lock=True)
            if feed is None:
                return _NO_FEED
            await subscriptions.drop(transaction, feed)
            return Body(b"true")

        if await self._ledger.transact(work) == _NO_FEED:
            raise NoFeed

    async def read(self, app_key: str, most: int = MOST_AT_ONCE) -> list[Event]:
        """Hand out up to ``most`` notices; others do not see them until the feed's time is up.

        Those of one order come in their order, and nothing of an order comes while something earlier of it is
        out. Raises `NoFeed`.
        """
        events: list[Event] = []

        async def work(transaction: Transaction) -> Body | str:
            events.clear()
            feed = await subscriptions.of_key(transaction.records, Feed, app_key)
            if feed is None:
                return _NO_FEED
            now_ms = self._now_ms()
            leases = await transaction.notices.lease(
                feed.subscriber,
                handle=self._clock.unique_id(),
                now_ms=now_ms,
                until_ms=now_ms + feed.visibility_s * 1000,
                orders=most,
                limit=most,
                run=most,
            )
            for lease in leases:
                told = _decode_told(lease.notice.body)
                handle = handle_of(lease.notice.place, lease.handle)
                events.append(Event(told, handle, lease.notice.created_ms))
            return Body(b"true") if leases else ""

        # A lease that is lost when the machine stops is given anew, under another handle.
        if await self._ledger.transact(work, lasting=False) == _NO_FEED:
            raise NoFeed
        return events

    async def confirm(self, app_key: str, handles: Sequence[str]) -> int:
        """Remove the notices that these handles name, and return how many there were. Raises `NoFeed`.

        What is no handle, or one that counts no longer, is passed over: to ask again is no mistake.
        """
        named = sorted({one for one in map(_named, handles) if one is not None})
        confirmed = 0

        async def work(transaction: Transaction) -> Body | str:
            nonlocal confirmed
            feed = await subscriptions.of_key(transaction.records, Feed, app_key)
            if feed is None:
                return _NO_FEED
            confirmed = await transaction.notices.confirm(feed.subscriber, named)
            return Body(b"true") if confirmed else ""

        if await self._ledger.transact(work) == _NO_FEED:
            raise NoFeed
        return confirmed

    def _now_ms(self) -> int:
        return self._clock.epoch_us() // 1000


def handle_of(place: Place, lease: str) -> str:
    """Return the handle of a notice under a lease, which clients take for an opaque word."""
    text = f"{place.order_id}.{place.seq}.{place.step}.{lease}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _named(handle: str) -> tuple[Place, str] | None:
    """Return what a handle names; None if it is none of ours."""
    try:
        order_id, seq, step, lease = base64.urlsafe_b64decode(handle.encode()).decode("ascii").split(".")
    except (ValueError, binascii.Error):
        return None
    numbers = (order_id, seq, step)
    if not all(number.isdecimal() and len(number) < 19 for number in numbers):
        return None
    return Place(*map(int, numbers)), lease

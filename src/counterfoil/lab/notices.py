"""Feeds and hooks: how fast events are read and committed, and how fast and how soon hooks are told."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from threading import Event
from typing import Any

from counterfoil.clock import Clock
from counterfoil.lab.asking import Program
from counterfoil.lab.books import Source, integer
from counterfoil.lab.faults import WrongBooks
from counterfoil.lab.figures import Rate, rate_of
from counterfoil.lab.findings import FEED_READERS
from counterfoil.lab.receiver import Arrival, Receiver

FEED = "/api/orders/feed"
HOOK = "/api/orders/hook/config"
PER_INVOICE = 2
"""The steps of which a partial invoice tells: *invoice*, and back to *handling*."""

WITHIN_S = 120.0
_LOT = 10
_ALL = {"type": "FromWorkflow", "status": []}
_QUEUE = {"visibilityTimeoutInSeconds": 240, "messageRetentionPeriodInSeconds": 345_600}

Connect = Callable[[], Program]
"""Opens a connection of the program whose feed and hook it is."""


class Notices:
    """The feed and the hook of one program."""

    def __init__(self, connect: Connect, source: Source, clock: Clock) -> None:
        self._connect = connect
        self._source = source
        self._clock = clock

    def read_feed(self, invoice: Callable[[], int]) -> Rate:
        """Let ``invoice`` issue invoices, and return how fast a feed's events of them are read and committed.

        Raises `WrongBooks` if not every event comes once, and those of an order in their order.
        """
        with self._connect() as program:
            program.must("POST", f"{FEED}/config", {"filter": _ALL, "queue": _QUEUE})
            try:
                wanted = invoice() * PER_INVOICE
                self._handed_on(wanted)
                begun_s = self._clock.monotonic_s()
                with ThreadPoolExecutor(FEED_READERS) as pool:
                    read = list(pool.map(lambda _: self._drain(), range(FEED_READERS)))
                elapsed_s = self._clock.monotonic_s() - begun_s
            finally:
                program.must("DELETE", f"{FEED}/config")
        events = [event for events, _ in read for event in events]
        _check_once([event["eventId"] for event in events], wanted, "feed")
        _check_lots(read)
        times_s = [time_s for _, times in read for time_s in times]
        return rate_of(FEED_READERS, times_s, len(events) / elapsed_s)

    def _handed_on(self, wanted: int) -> None:
        deadline_s = self._clock.monotonic_s() + WITHIN_S
        while self._count() < wanted:
            if self._clock.monotonic_s() > deadline_s:
                raise WrongBooks(f"{wanted} events were to come into the feed, {self._count()} are there")
            Event().wait(0.05)

    def _count(self) -> int:
        [(count,)] = self._source.rows("SELECT COUNT(*) FROM notice")
        return integer(count)

    def _drain(self) -> tuple[list[dict[str, Any]], list[float]]:
        """Read lots and commit each, until nothing is left for this reader; return events and times."""
        events: list[dict[str, Any]] = []
        times_s: list[float] = []
        with self._connect() as program:
            while True:
                begun_s = self._clock.monotonic_s()
                lot = program.must("GET", f"{FEED}?maxlot={_LOT}")
                if not lot and not self._count():
                    return events, times_s
                if lot:
                    program.must("POST", FEED, {"handles": [event["handle"] for event in lot]})
                    times_s.append(self._clock.monotonic_s() - begun_s)
                    events += lot

    @contextmanager
    def hook(self, receiver: Receiver) -> Iterator[None]:
        """Have the receiver told of everything for the block."""
        with self._connect() as program:
            address = {"url": receiver.url, "headers": {}}
            program.must("POST", HOOK, {"filter": _ALL, "hook": address})
            try:
                yield
            finally:
                program.must("DELETE", HOOK)

    def tell_many(self, receiver: Receiver, invoice: Callable[[], int]) -> Rate:
        """Let ``invoice`` issue invoices, and return how fast a hook is told of all of them.

        Raises `WrongBooks` if not everything is told once.
        """
        wanted = invoice() * PER_INVOICE
        receiver.wait(wanted, within_s=WITHIN_S)
        told = receiver.take()
        _check_once([one.event_id for one in told], wanted, "hook")
        elapsed_s = (max(one.at_us for one in told) - min(one.at_us for one in told)) / 1e6
        return rate_of(1, [one.latency_s for one in told], len(told) / max(elapsed_s, 1e-6))

    def tell_one_by_one(self, receiver: Receiver, invoice: Callable[[Program], None], count: int) -> Rate:
        """Return how soon a hook is told of ``count`` invoices, each issued when the last has been told.

        Raises `WrongBooks` if not everything is told once.
        """
        told: list[Arrival] = []
        with self._connect() as program:
            for _ in range(count):
                invoice(program)
                receiver.wait(PER_INVOICE, within_s=WITHIN_S)
                told += receiver.take()
                Event().wait(self._clock.jitter(0.05))
        _check_once([one.event_id for one in told], count * PER_INVOICE, "hook")
        latencies_s = [one.latency_s for one in told]
        return rate_of(1, latencies_s, len(latencies_s) / sum(latencies_s))


def _check_once(event_ids: Sequence[str], wanted: int, what: str) -> None:
    if len(event_ids) != wanted or len(set(event_ids)) != wanted:
        raise WrongBooks(
            f"{wanted} events were to be told to the {what}, {len(event_ids)} came,"
            f" {len(set(event_ids))} different ones"
        )


def _check_lots(read: Sequence[tuple[list[dict[str, Any]], list[float]]]) -> None:
    """See that of one order nothing came before what happened earlier, as far as one reader can tell."""
    for events, _ in read:
        by_order: dict[str, list[str]] = {}
        for event in events:
            by_order.setdefault(event["orderId"], []).append(event["currentChange"])
        if any(later < earlier for times in by_order.values() for earlier, later in pairwise(times)):
            raise WrongBooks("the feed has told the events of an order in another order")

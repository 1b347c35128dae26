"""One shop that VTEX programs speak to, served by one process or by several, for trials that overlap."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from tests.concurrency.lines import TOGETHER, Lines, overlapping
from tests.judge import assert_promises_kept
from tests.servers import Server, assert_books_are_clean, serving
from tests.vtex_shop import Flow, Stage, VtexShop, create_key

PLACING_AT_ONCE = 8
T = TypeVar("T")


class VtexFleet:
    """The processes of one shop and a program that may do everything in it."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self.servers = servers
        self.key = create_key(servers[0], "races")
        self.shop = VtexShop(servers[0].port, self.key)
        self.shop.set_feed()
        self._placed: list[str] = []

    def close(self) -> None:
        self.shop.close()

    def place(
        self, count: int, stage: Stage = "handling", *, flows: Sequence[Flow] = ("seller",)
    ) -> list[str]:
        """Make ``count`` equal orders, several at a time, in the flows in turn, and return their ids."""

        def place(some: int) -> list[str]:
            own = VtexShop(self.shop.port, self.key)
            try:
                return [own.place(stage, flow=flows[number % len(flows)]) for number in range(some)]
            finally:
                own.close()

        shares = [len(range(number, count, PLACING_AT_ONCE)) for number in range(PLACING_AT_ONCE)]
        with ThreadPoolExecutor(PLACING_AT_ONCE) as pool:
            placed = [order_id for share in pool.map(place, shares) for order_id in share]
        self._placed += placed
        return placed

    def trials(
        self,
        trial: Callable[[Lines, str], Awaitable[T]],
        orders: Sequence[str],
        *,
        together: int = TOGETHER,
    ) -> list[T]:
        """Run a trial with each order, ``together`` at a time, and return what the trials return."""

        async def run() -> list[T]:
            lines = Lines([server.port for server in self.servers])
            try:
                return await overlapping(
                    len(orders), lambda number: trial(lines, orders[number]), together=together
                )
            finally:
                lines.close()

        return asyncio.run(run())

    def assert_told_everything(self) -> None:
        """See that the feed has told every step of every order once, in order, up to where it is now."""
        now = {order_id: self.shop.order(order_id)["status"] for order_id in self._placed}
        told: dict[str, list[dict[str, Any]]] = defaultdict(list)
        deadline = time.monotonic() + 30
        while any(not told[order_id] or told[order_id][-1]["state"] != now[order_id] for order_id in now):
            assert time.monotonic() < deadline, "the feed has not told everything"
            for event in self.shop.events():
                told[event["orderId"]].append(event)
        for order_id, events in told.items():
            steps = [(event["lastState"], event["state"]) for event in events]
            assert steps[0] == ("", "order-created"), f"{order_id}: {steps}"
            assert all(step[0] == before[1] for before, step in pairwise(steps)), f"{order_id}: {steps}"
            assert len({event["eventId"] for event in events}) == len(events), f"{order_id}: {steps}"


@contextmanager
def vtex_fleet(database_url: str, directory: Path, *, count: int, settling_s: float) -> Iterator[VtexFleet]:
    """Serve a shop in which a Change takes ``settling_s`` to settle; its books are examined at the end."""
    arguments = ["--settlement-delay-ms", str(round(settling_s * 1000))] if settling_s else []
    with serving(database_url, directory, count=count, arguments=arguments) as servers:
        fleet = VtexFleet(servers)
        yield fleet
        fleet.assert_told_everything()
        fleet.close()
        assert_books_are_clean(database_url)
        assert_promises_kept(database_url)

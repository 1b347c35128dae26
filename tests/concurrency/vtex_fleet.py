"""One shop that VTEX programs speak to, served by one process or by several, for trials that overlap."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

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
            return [order_id for share in pool.map(place, shares) for order_id in share]

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


@contextmanager
def vtex_fleet(database_url: str, directory: Path, *, count: int, settling_s: float) -> Iterator[VtexFleet]:
    """Serve a shop in which a Change takes ``settling_s`` to settle; its books are examined at the end."""
    arguments = ["--settlement-delay-ms", str(round(settling_s * 1000))] if settling_s else []
    with serving(database_url, directory, count=count, arguments=arguments) as servers:
        fleet = VtexFleet(servers)
        yield fleet
        fleet.close()
        assert_books_are_clean(database_url)
        assert_promises_kept(database_url)

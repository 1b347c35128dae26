"""Waiting until money or a Change in flight has settled, without a thread and without a place in a lane.

Whoever waits in the process that settles it goes on at that moment. For what other processes settle, one
look at the database in each process asks for everything that is waited for at once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

LOOK_AGAIN_S = 0.25
"""How often a command that waits for money is decided again."""

LOOK_S = 0.05
"""How often the Changes that are waited for are looked at together."""


class Settlements:
    """Who waits for what in this process."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)
        self.closed = False
        """Whether nobody is to wait any more."""

    @property
    def waited_for(self) -> list[str]:
        """Everything that somebody waits for."""
        return list(self._waiting)

    def settled(self, what: str) -> None:
        """Let everybody go on who waits for ``what``."""
        for future in self._waiting.pop(what, ()):
            if not future.done():
                future.set_result(None)

    def close(self) -> None:
        """Let everybody go on, and nobody wait from now on."""
        self.closed = True
        for what in self.waited_for:
            self.settled(what)

    async def wait(self, what: str, *, upto_s: float) -> None:
        """Return when ``what`` was settled here, or when the time is up."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[what].add(future)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(upto_s):
                    await future
        finally:
            waiting = self._waiting.get(what)
            if waiting is not None:
                waiting.discard(future)
                if not waiting:
                    del self._waiting[what]


InFlight = Callable[[list[int]], Awaitable[set[int]]]
"""Returns those of the orders that have a Change in flight."""


class Lookout:
    """Finds out which Changes that are waited for here other processes have settled."""

    def __init__(self, settlements: Settlements, in_flight: InFlight) -> None:
        self._settlements = settlements
        self._in_flight = in_flight
        self._looking: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Look as long as somebody waits for a Change."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Look no longer."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    async def _look(self) -> None:
        try:
            while order_ids := _orders(self._settlements.waited_for):
                # A database that cannot be asked is asked again; whoever waits has a bound of its own.
                with suppress(Exception):
                    open_still = await self._in_flight(order_ids)
                    for order_id in order_ids:
                        if order_id not in open_still:
                            self._settlements.settled(of_change(order_id))
                await asyncio.sleep(LOOK_S)
        finally:
            self._looking = None


def of_order(order_id: int) -> str:
    """Return what is waited for when an order has an open payment."""
    return f"order/{order_id}"


def of_change(order_id: int) -> str:
    """Return what is waited for when an order has a Change in flight."""
    return f"change/{order_id}"


def _orders(waited_for: Iterable[str]) -> list[int]:
    prefix = of_change(0)[:-1]
    return sorted(int(what.removeprefix(prefix)) for what in waited_for if what.startswith(prefix))

"""Waiting until money that is on its way has arrived, without a thread and without a place in a lane.

Whoever waits in the process that settles a payment goes on at that moment. Others look again a few times a
second.
"""

import asyncio
from collections import defaultdict
from contextlib import suppress

LOOK_AGAIN_S = 0.25


class Settlements:
    """Who waits for which payment in this process."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)

    def settled(self, what: str) -> None:
        """Let everybody go on who waits for ``what``."""
        for future in self._waiting.pop(what, ()):
            if not future.done():
                future.set_result(None)

    async def wait(self, what: str, *, upto_s: float) -> None:
        """Return when ``what`` was settled here, or when it is time to look whether it was elsewhere."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[what].add(future)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(upto_s, LOOK_AGAIN_S)):
                    await future
        finally:
            waiting = self._waiting.get(what)
            if waiting is not None:
                waiting.discard(future)
                if not waiting:
                    del self._waiting[what]


def of_order(order_id: int) -> str:
    """Return what is waited for when an order has an open payment."""
    return f"order/{order_id}"

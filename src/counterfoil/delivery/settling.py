"""Settling tasks together: those that end while others are being settled share the next commit."""

import asyncio
from collections import deque
from collections.abc import Sequence

import structlog

from counterfoil.ledger.faults import Fault
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction
from counterfoil.ledger.tasks import Settlement

MOST_AT_ONCE = 100
_TRIES = 3
_PAUSE_S = 0.5

_log = structlog.get_logger()


class Settling:
    """Writes how leases end, many in one transaction."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: deque[tuple[Settlement, asyncio.Future[bool]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    def settle(self, settlement: Settlement) -> "asyncio.Future[bool]":
        """Write ``settlement`` soon. The future tells whether it was: not if the lease was lost.

        If it cannot be written, the lease runs out and the task is done again, without another effect.
        """
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((settlement, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return future

    async def drain(self) -> None:
        """Return when nothing waits to be written."""
        while self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), MOST_AT_ONCE)
                together = [self._waiting.popleft() for _ in range(count)]
                settled = await self._write([settlement for settlement, _ in together])
                for settlement, future in together:
                    if not future.done():
                        future.set_result(settlement.task.id in settled)
        finally:
            self._worker = None

    async def _write(self, settlements: Sequence[Settlement]) -> set[str]:
        settled: set[str] = set()

        async def work(transaction: Transaction) -> Body:
            nonlocal settled
            settled = await transaction.tasks.settle(settlements)
            return Body(b"true")

        for attempt in range(_TRIES):
            try:
                await self._ledger.transact(work)
            except Fault as fault:
                _log.warning("tasks cannot be settled", tasks=len(settlements), fault=type(fault).__name__)
                if attempt + 1 < _TRIES:
                    await asyncio.sleep(self._ledger.clock.jitter(_PAUSE_S))
            except Exception:  # noqa: BLE001 -- the leases run out, and the tasks are done again
                _log.exception("tasks cannot be settled", tasks=len(settlements))
                if len(settlements) == 1:
                    return set()
                # One that cannot be written must not have its neighbours' work done again.
                return set().union(*[await self._write([one]) for one in settlements])
            else:
                return settled
        return set()

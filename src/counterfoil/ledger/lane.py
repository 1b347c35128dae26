"""The lane: collects the commands that arrive while a batch commits, and runs them as the next batch.

This is group commit. Alone, a command starts at once and waits for nobody; under load the cost of one
commit is shared by all that wait for it. Waiting costs a future, not a thread.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from counterfoil.ledger.envelope import Envelope, Outcome
from counterfoil.ledger.execute import Answer
from counterfoil.ledger.faults import Busy

Run = Callable[[Sequence[Envelope]], Awaitable[list[Answer]]]
Waiting = tuple[Envelope, "asyncio.Future[Outcome]"]

SWEEP_S = 1
"""How often envelopes that have waited too long are looked for."""


class Overflow(Protocol):
    """Takes over envelopes whose order another process holds."""

    def take_over(self, envelope: Envelope, future: "asyncio.Future[Outcome]") -> None:
        """Answer ``envelope`` through ``future``, sooner or later."""


class Lane:
    """A queue of envelopes and the one task that empties it batch by batch."""

    def __init__(
        self,
        run: Run,
        *,
        monotonic_s: Callable[[], float],
        max_batch: int = 32,
        max_waiting: int = 4096,
        overflow: Overflow | None = None,
    ) -> None:
        """Make a lane over ``run``.

        Args:
            run: decides and commits a batch; answers None for envelopes that ``overflow`` should take.
            monotonic_s: the clock that deadlines are on.
            max_batch: the most envelopes of one transaction.
            max_waiting: the most envelopes that may wait; one more is refused as `Busy`.
            overflow: where envelopes go whose order another process holds.
        """
        self._run = run
        self._monotonic_s = monotonic_s
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._overflow = overflow
        self._waiting: deque[Waiting] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._sweeping: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing runs."""
        return self._worker is None and not self._waiting

    async def submit(self, envelope: Envelope) -> Outcome:
        """Queue ``envelope`` and return its outcome. Raises the `Fault` that prevented one."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.take_over(envelope, future)
        return await future

    def take_over(self, envelope: Envelope, future: "asyncio.Future[Outcome]") -> None:
        """Queue ``envelope`` and answer it through ``future``."""
        if len(self._waiting) >= self._max_waiting:
            future.set_exception(Busy())
            return
        self._waiting.append((envelope, future))
        self._begin()

    async def drain(self) -> None:
        """Return when nothing waits and nothing runs. New envelopes may still be submitted."""
        while self._worker is not None:
            await asyncio.wait([self._worker])

    def _begin(self) -> None:
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
            if self._sweeping is None:
                self._sweeping = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch = self._next_batch()
                if batch:
                    await self._serve(batch)
        finally:
            self._worker = None

    def _sweep(self) -> None:
        """Refuse what has waited too long, also while a batch hangs. Envelopes wait in order of deadline."""
        self._sweeping = None
        now_s = self._monotonic_s()
        while self._waiting and self._waiting[0][0].deadline < now_s:
            _settle(self._waiting.popleft()[1], Busy())
        if self._worker is not None:
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)

    def _next_batch(self) -> list[Waiting]:
        batch: list[Waiting] = []
        now_s = self._monotonic_s()
        while self._waiting and len(batch) < self._max_batch:
            envelope, future = self._waiting.popleft()
            if envelope.deadline < now_s:
                _settle(future, Busy())
            elif not future.done():
                batch.append((envelope, future))
        return batch

    async def _serve(self, batch: list[Waiting]) -> None:
        try:
            answers = await self._run([envelope for envelope, _ in batch])
        except BaseException as bug:
            for _, future in batch:
                _settle(future, bug)
            if not isinstance(bug, Exception):
                raise
            return
        for (envelope, future), answer in zip(batch, answers, strict=True):
            if answer is None and self._overflow is not None:
                self._overflow.take_over(envelope, future)
            else:
                _settle(future, Busy() if answer is None else answer)


class HeldOrders:
    """A lane for each order that another process holds, so that they hold up nobody, nor each other."""

    def __init__(self, run: Run, make_lane: Callable[[Run], Lane], *, max_running: int) -> None:
        """Make a set of lanes over ``run``, of which ``max_running`` may use the database at a time."""
        self._make_lane = make_lane
        self._lanes: dict[int, Lane] = {}
        self._running = asyncio.Semaphore(max_running)
        self._run_batch = run

    def take_over(self, envelope: Envelope, future: "asyncio.Future[Outcome]") -> None:
        """Queue ``envelope`` in the lane of its order."""
        lane = self._lanes.get(envelope.order_id)
        if lane is None:
            self._lanes = {order_id: lane for order_id, lane in self._lanes.items() if not lane.idle}
            lane = self._lanes[envelope.order_id] = self._make_lane(self._run)
        lane.take_over(envelope, future)

    async def drain(self) -> None:
        """Return when nothing waits and nothing runs."""
        for lane in list(self._lanes.values()):
            await lane.drain()

    async def _run(self, batch: Sequence[Envelope]) -> list[Answer]:
        async with self._running:
            return await self._run_batch(batch)


def _settle(future: "asyncio.Future[Outcome]", answer: Outcome | BaseException) -> None:
    if future.done():
        return
    if isinstance(answer, BaseException):
        future.set_exception(answer)
    else:
        future.set_result(answer)

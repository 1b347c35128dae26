"""The lane: collects the commands that arrive while a batch commits, and runs them as the next batch.

This is group commit. Alone, a command starts at once and waits for nobody; under load the cost of one
commit is shared by all that wait for it. Waiting costs a future, not a thread.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from counterfoil.ledger.envelope import Envelope, Outcome
from counterfoil.ledger.execute import Answer
from counterfoil.ledger.faults import Busy

Run = Callable[[Sequence[Envelope]], Awaitable[list[Answer]]]


class Lane:
    """A queue of envelopes and the one task that empties it batch by batch."""

    def __init__(
        self,
        run: Run,
        *,
        monotonic_s: Callable[[], float],
        max_batch: int = 64,
        max_waiting: int = 4096,
        overflow: "Lane | None" = None,
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
        self._waiting: deque[tuple[Envelope, asyncio.Future[Outcome]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, envelope: Envelope) -> Outcome:
        """Queue ``envelope`` and return its outcome. Raises the `Fault` that prevented one."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._enqueue(envelope, future)
        return await future

    async def drain(self) -> None:
        """Return when nothing waits and nothing runs. New envelopes may still be submitted."""
        while self._worker is not None:
            await asyncio.wait([self._worker])
        if self._overflow is not None:
            await self._overflow.drain()

    def _enqueue(self, envelope: Envelope, future: asyncio.Future[Outcome]) -> None:
        if len(self._waiting) >= self._max_waiting:
            future.set_exception(Busy())
            return
        self._waiting.append((envelope, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch = self._next_batch()
                if batch:
                    await self._serve(batch)
        finally:
            self._worker = None

    def _next_batch(self) -> list[tuple[Envelope, asyncio.Future[Outcome]]]:
        batch: list[tuple[Envelope, asyncio.Future[Outcome]]] = []
        now_s = self._monotonic_s()
        while self._waiting and len(batch) < self._max_batch:
            envelope, future = self._waiting.popleft()
            if future.done():
                continue
            if envelope.deadline < now_s:
                future.set_exception(Busy())
                continue
            batch.append((envelope, future))
        return batch

    async def _serve(self, batch: list[tuple[Envelope, asyncio.Future[Outcome]]]) -> None:
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
                self._overflow._enqueue(envelope, future)  # noqa: SLF001
            else:
                _settle(future, Busy() if answer is None else answer)


def _settle(future: asyncio.Future[Outcome], answer: Outcome | BaseException) -> None:
    if future.done():
        return
    if isinstance(answer, BaseException):
        future.set_exception(answer)
    else:
        future.set_result(answer)

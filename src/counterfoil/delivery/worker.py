"""The worker of one process: leases tasks that are due, carries them out, renews and ends leases.

Several processes share the work on PostgreSQL; on SQLite there is one. A process that is killed leaves
its leases behind; they run out (on SQLite the next start takes them back), and the tasks are carried out
again under the same keys. So a kill costs a delay and nothing else.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress

import structlog
from msgspec import Struct

from counterfoil.delivery.handler import Handler, pause_s
from counterfoil.delivery.settling import Settling
from counterfoil.ledger.faults import Fault
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction
from counterfoil.ledger.tasks import Done, Failed, Outcome, Retry, Settlement, State, Task

_LONGEST_ERROR = 1_000

_log = structlog.get_logger()


class Pace(Struct, frozen=True):
    """How often the worker looks, and how long its leases and the traces of finished tasks last."""

    poll_s: float = 0.5
    lease_s: float = 15.0
    tidy_s: float = 60.0
    keep_finished_s: int = 7 * 86_400
    most_removed: int = 1_000


class Worker:
    """Carries out the tasks of the kinds that it knows; leaves others to processes that do."""

    def __init__(
        self, ledger: Ledger, handlers: Mapping[str, Handler], *, alone: bool, pace: Pace | None = None
    ) -> None:
        """Make a worker; `start` begins the work.

        Args:
            ledger: the books with the tasks.
            handlers: how each kind is carried out.
            alone: whether no other process works on this database, so that every lease is an old one.
            pace: how often and how long.
        """
        self._ledger = ledger
        self._clock = ledger.clock
        self._handlers = dict(handlers)
        self._alone = alone
        self._pace = pace or Pace()
        self._owner = self._clock.unique_id()
        self._settling = Settling(ledger)
        self._running: dict[asyncio.Task[None], str] = {}
        self._held: dict[str, asyncio.Task[None]] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._stopping = False
        self._leased_last: dict[str, str] = {}

    async def start(self) -> None:
        """Begin to work. Raises a `Fault` if the database cannot be used."""
        if self._alone:
            await self._release_all()
        self._loops = [
            asyncio.create_task(loop()) for loop in (self._lease_on, self._renew_on, self._tidy_on)
        ]

    async def stop(self, *, within_s: float = 10.0) -> None:
        """Lease nothing more, let what runs end within ``within_s`` seconds, give back the rest."""
        self._stopping = True
        if self._loops:
            self._ledger.tasks_written.set()
            await asyncio.wait(self._loops[:1], timeout=within_s)
        if self._running:
            await asyncio.wait(list(self._running), timeout=within_s)
        for unit in list(self._running):
            unit.cancel()
        if self._running:
            await asyncio.wait(list(self._running))
        await self._settling.drain()
        for loop in self._loops:
            loop.cancel()
        self._loops = []

    async def turn(self) -> int:
        """Lease what is due and begin on it; return how many runs that are."""
        runs: list[tuple[Handler, list[Task]]] = []

        async def work(transaction: Transaction) -> Body | None:
            runs.clear()
            now_ms = self._now_ms()
            busy = Counter(self._running.values())
            for kind, handler in self._handlers.items():
                free = handler.limit - busy[kind]
                if free > 0:
                    leased = await transaction.tasks.lease(
                        kind,
                        owner=self._owner,
                        now_ms=now_ms,
                        until_ms=now_ms + self._ms(self._pace.lease_s),
                        limit=free,
                        run=handler.run_length,
                        # Each queue gets its turn, however many there are.
                        after=self._leased_last.get(kind, ""),
                    )
                    runs.extend((handler, run) for run in leased)
            return Body(b"true") if runs else None

        await self._ledger.transact(work)
        for handler, run in runs:
            unit = asyncio.create_task(self._carry_out_run(handler, run))
            self._running[unit] = run[0].kind
            self._leased_last[run[0].kind] = run[-1].queue or ""
            self._held |= dict.fromkeys((task.id for task in run), unit)
            unit.add_done_callback(self._ended)
        return len(runs)

    async def idle(self) -> None:
        """Return when nothing that was begun is still running."""
        while self._running:
            await asyncio.wait(list(self._running))

    async def renew(self) -> None:
        """Extend the leases of what is being worked on, and stop work on those that were lost."""
        held = dict(self._held)
        if not held:
            return
        kept: set[str] = set()

        async def work(transaction: Transaction) -> Body:
            nonlocal kept
            until_ms = self._now_ms() + self._ms(self._pace.lease_s)
            kept = await transaction.tasks.renew(list(held), owner=self._owner, until_ms=until_ms)
            return Body(b"true")

        await self._ledger.transact(work)
        for task_id, unit in held.items():
            if task_id not in kept and self._held.get(task_id) is unit:
                _log.warning("lease lost", task=task_id)
                unit.cancel()

    async def tidy(self) -> int:
        """Remove finished tasks that are old enough, a bounded number; return how many."""
        removed = 0

        async def work(transaction: Transaction) -> Body | None:
            nonlocal removed
            before_ms = self._now_ms() - self._pace.keep_finished_s * 1000
            removed = await transaction.tasks.remove_finished(before_ms, limit=self._pace.most_removed)
            return Body(b"true") if removed else None

        await self._ledger.transact(work)
        return removed

    async def _carry_out_run(self, handler: Handler, run: Sequence[Task]) -> None:
        settled: list[asyncio.Future[bool]] = []
        remaining = list(run)
        try:
            while remaining and not self._stopping:
                task = remaining[0]
                settlement = await self._carry_out(handler, task)
                remaining.pop(0)
                settled.append(self._settle(settlement))
                if settlement.state == "open":
                    break
        except asyncio.CancelledError:
            pass  # told to stop, or a lease was lost; what was lost is not given back, since its guard fails
        settled.extend(self._settle(_given_back(task)) for task in remaining)
        for future in settled:
            await future

    def _settle(self, settlement: Settlement) -> "asyncio.Future[bool]":
        self._held.pop(settlement.task.id, None)
        return self._settling.settle(settlement)

    async def _carry_out(self, handler: Handler, task: Task) -> Settlement:
        """Do one task and return how its lease ends."""
        if task.failures > handler.most_failures:
            return self._given_up(task, task.last_error or "Its process ended each time.")
        try:
            async with asyncio.timeout(handler.within_s):
                outcome: Outcome = await handler.run(task)
        except TimeoutError:
            return self._failure(handler, task, f"It took longer than {handler.within_s:g} seconds.")
        except Fault as fault:
            return self._failure(handler, task, str(fault))
        except Exception as error:  # noqa: BLE001 -- one task's failure, not the worker's
            _log.exception("a task failed", task=task.id, kind=task.kind)
            return self._failure(handler, task, f"{type(error).__name__}: {error}")
        match outcome:
            case Done(result=result):
                return self._end(task, "done", result=result)
            case Failed(error=what):
                return self._given_up(task, what)
            case Retry(after_s=after_s):
                due_ms = self._now_ms() + self._ms(after_s)
                return Settlement(task, "open", due_ms, task.failures - 1, last_error=task.last_error)

    def _failure(self, handler: Handler, task: Task, what: str) -> Settlement:
        what = _storable(what)
        if task.failures >= handler.most_failures:
            return self._given_up(task, what)
        wait_s = pause_s(task.failures)
        due_ms = self._now_ms() + self._ms(wait_s + self._clock.jitter(wait_s / 4))
        _log.warning("a task will be tried again", task=task.id, kind=task.kind, error=what)
        return Settlement(task, "open", due_ms, task.failures, last_error=what)

    def _given_up(self, task: Task, what: str) -> Settlement:
        what = _storable(what)
        _log.error("a task was given up", task=task.id, kind=task.kind, attempts=task.attempts, error=what)
        return self._end(task, "failed", last_error=what)

    def _end(
        self, task: Task, state: State, *, result: str | None = None, last_error: str | None = None
    ) -> Settlement:
        now_ms = self._now_ms()
        return Settlement(
            task, state, task.due_ms, task.failures, result=result, last_error=last_error, finished_ms=now_ms
        )

    def _ended(self, unit: asyncio.Task[None]) -> None:
        del self._running[unit]
        self._held = {task_id: holder for task_id, holder in self._held.items() if holder is not unit}
        self._ledger.tasks_written.set()  # a place is free
        if not unit.cancelled() and unit.exception() is not None:
            _log.error("a run broke off", exc_info=unit.exception())

    async def _lease_on(self) -> None:
        written = self._ledger.tasks_written
        while not self._stopping:
            written.clear()
            try:
                await self.turn()
            except Fault as fault:
                _log.warning("tasks cannot be leased", fault=type(fault).__name__)
                await asyncio.sleep(self._clock.jitter(self._pace.poll_s))
            except Exception:  # noqa: BLE001 -- the next turn may go better
                _log.exception("tasks cannot be leased")
                await asyncio.sleep(self._pace.poll_s)
            wait_s = self._pace.poll_s + self._clock.jitter(self._pace.poll_s / 2)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await written.wait()

    async def _renew_on(self) -> None:
        while True:
            await asyncio.sleep(self._pace.lease_s / 3)
            await _calmly(self.renew(), "leases cannot be renewed")

    async def _tidy_on(self) -> None:
        while True:
            await asyncio.sleep(self._pace.tidy_s + self._clock.jitter(self._pace.tidy_s / 4))
            await _calmly(self._tidy_all(), "finished tasks cannot be removed")

    async def _tidy_all(self) -> None:
        """Remove all that is old enough, part by part, so that nobody has to wait for it."""
        while await self.tidy() == self._pace.most_removed:  # noqa: ASYNC110 -- nothing tells when
            await asyncio.sleep(self._clock.jitter(self._pace.poll_s))

    async def _release_all(self) -> None:
        async def work(transaction: Transaction) -> Body | None:
            return Body(b"true") if await transaction.tasks.release_all() else None

        await self._ledger.transact(work)

    def _now_ms(self) -> int:
        return self._clock.epoch_us() // 1000

    @staticmethod
    def _ms(duration_s: float) -> int:
        return int(duration_s * 1000)


async def _calmly(work: Awaitable[object], what: str) -> None:
    """Do what will be done again soon anyway, and only log what goes wrong."""
    try:
        await work
    except Fault as fault:
        _log.warning(what, fault=type(fault).__name__)
    except Exception:  # noqa: BLE001 -- the next time may go better
        _log.exception(what)


def _storable(what: str) -> str:
    """Return what an error says, which may be another server's words, as text that can be kept and logged."""
    return what[:_LONGEST_ERROR].encode("utf-8", "replace").decode().replace("\0", "?")


def _given_back(task: Task) -> Settlement:
    return Settlement(task, "open", task.due_ms, task.failures - 1, last_error=task.last_error)

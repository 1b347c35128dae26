"""Tasks: what has to happen later, as rows that are written in the transaction that wants it.

A task is leased by one worker at a time. Its effect is an ordinary command or unit of work whose
idempotency key is `effect_key` of the task, so carrying it out twice takes effect once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, Protocol

import msgspec
from msgspec import Struct

from counterfoil.clock import Clock
from counterfoil.domain.follow_up import FollowUp
from counterfoil.ledger.envelope import IdempotencyKey
from counterfoil.ledger.searching import Search

State = Literal["open", "done", "failed"]

NO_LEASE: Final = 0
"""The end of the lease of a task that nobody has leased."""


class Task(Struct, frozen=True):
    """One thing to be done. Times are whole milliseconds since 1970.

    ``ordinal`` gives tasks their order of creation: the microsecond, plus the place in the transaction.
    ``attempts`` counts leases; together with ``lease_owner`` it names one of them. ``failures`` counts
    attempts that did not end well: it goes up before the work, so that a task which ends its process is
    counted too. ``body`` and ``result`` are JSON.
    """

    id: str
    kind: str
    queue: str | None
    order_id: int | None
    group_id: str | None
    ordinal: int
    body: str
    created_at: str
    due_ms: int
    state: State = "open"
    attempts: int = 0
    failures: int = 0
    lease_owner: str | None = None
    leased_until_ms: int = NO_LEASE
    result: str | None = None
    last_error: str | None = None
    finished_ms: int | None = None


class Done(Struct, frozen=True):
    """A handler's answer: the task is finished. ``result`` is JSON."""

    result: str | None = None


class Retry(Struct, frozen=True):
    """A handler's answer: nothing went wrong, but it is too early. This is no failure."""

    after_s: float


class Failed(Struct, frozen=True):
    """A handler's answer: this will not work, however often it is tried."""

    error: str


Outcome = Done | Retry | Failed


class Settlement(Struct, frozen=True):
    """How one lease ends. It is written only if ``task`` is still leased as it was then."""

    task: Task
    state: State
    due_ms: int
    failures: int
    result: str | None = None
    last_error: str | None = None
    finished_ms: int | None = None


Wake = Callable[[], None]
"""Tells a worker of this process that there is something to do."""


class TaskField(Struct, frozen=True):
    """What a search can name: a column, or a key of the body or the result (``body.topic``).

    ``while_open`` and ``when_failed`` stand for it where there is no result.
    """

    path: str
    whole: bool = False
    while_open: int | None = None
    when_failed: int | None = None


class Tasks(Protocol):
    """A look at the tasks."""

    async def get(self, task_id: str) -> Task | None:
        """Return one task."""

    async def group(self, group_id: str, *, limit: int = 10_000) -> list[Task]:
        """Return the tasks of a group in the order of their creation."""

    async def listed(self, state: State, *, limit: int = 100) -> list[Task]:
        """Return tasks in that state, those created first at the top."""

    async def search(
        self, kind: str, fields: Mapping[str, TaskField], wanted: Search
    ) -> tuple[list[Task], int]:
        """Return one page of the tasks of a kind and the total count.

        Raises `UnknownField`, `InvalidCondition`.
        """

    async def counts(self) -> dict[tuple[str, State], int]:
        """Return how many tasks there are of each kind in each state."""


class WritableTasks(Tasks, Protocol):
    """Tasks, within a writing transaction. New ones are written with `Writes.tasks`."""

    async def lease(
        self, kind: str, *, owner: str, now_ms: int, until_ms: int, limit: int, run: int, after: str = ""
    ) -> list[list[Task]]:
        """Lease tasks that are due, and return them in runs to be worked on one after another.

        A task without a queue is a run of its own. One with a queue is leased when it is the first open
        one there, and up to ``run`` in all that stand behind it come with it. At most ``limit`` runs.
        Queues come in the order of their names, those behind ``after`` first.
        """

    async def renew(self, task_ids: Sequence[str], *, owner: str, until_ms: int) -> set[str]:
        """Extend leases and return the ids of those that ``owner`` still has."""

    async def settle(self, settlements: Sequence[Settlement]) -> set[str]:
        """End leases and return the ids of those that had not been lost."""

    async def release_all(self) -> int:
        """Take every lease back, and return how many. For the one process of its database, at its start."""

    async def retry(self, task_ids: Sequence[str], *, now_ms: int) -> set[str]:
        """Open failed tasks again, due now, their failures forgotten. Returns the ids of those that were."""

    async def remove_finished(self, before_ms: int, *, limit: int) -> int:
        """Remove tasks that were finished earlier, ``limit`` of them at most; return how many."""


def effect_key(task: Task) -> IdempotencyKey:
    """Return the key under which the effect of ``task`` is stored, however often it is carried out."""
    return IdempotencyKey("task", task.id, task.id)


def tasks_of(follow_ups: Sequence[FollowUp], clock: Clock, *, place: int = 0) -> list[Task]:
    """Return the tasks that ``follow_ups`` ask for; ``place`` others come before them in the transaction."""
    now_us = clock.epoch_us()
    created_at = clock.now_precise()
    return [
        Task(
            id=clock.unique_id(),
            kind=wish.kind,
            queue=wish.queue,
            order_id=wish.order_id,
            group_id=wish.group,
            ordinal=now_us + place + position,
            body=msgspec.json.encode(wish.body).decode(),
            created_at=created_at,
            due_ms=now_us // 1000 + wish.delay_s * 1000,
        )
        for position, wish in enumerate(follow_ups)
    ]

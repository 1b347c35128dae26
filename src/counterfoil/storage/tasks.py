"""Tasks on any engine: leased with one statement each, so that several processes share the work."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from counterfoil.ledger.searching import Search
from counterfoil.ledger.tasks import NO_LEASE, Settlement, State, Task, TaskField
from counterfoil.storage import search
from counterfoil.storage.column import Column, Kind
from counterfoil.storage.rows import TASK_COLUMNS, Row
from counterfoil.storage.schema import SQLITE, Dialect
from counterfoil.storage.session import Session, Statement, marks

_COLUMNS = ", ".join(TASK_COLUMNS)
_SELECT = f"SELECT {_COLUMNS} FROM task"
_TAKE = (
    "UPDATE task SET lease_owner = ?, leased_until_ms = ?, attempts = attempts + 1, failures = failures + 1"
)
_FREE = "task.state = 'open' AND task.due_ms <= ? AND task.leased_until_ms <= ?"
_ALONE = f"""
    SELECT id FROM task WHERE {_FREE} AND kind = ? AND queue IS NULL ORDER BY due_ms, ordinal LIMIT ? {{}}"""
# From queue to queue along the index, so that a queue costs the same however long it is. The row that is
# locked is looked at again, so what somebody has leased meanwhile is not leased twice.
_HEADS = f"""
    WITH RECURSIVE walk (queue) AS (
        SELECT * FROM (
            SELECT queue FROM task WHERE state = 'open' AND kind = ? AND queue > ?
            ORDER BY queue LIMIT 1) AS first
        UNION ALL
        SELECT (SELECT t.queue FROM task t WHERE t.state = 'open' AND t.kind = ? AND t.queue > walk.queue
                ORDER BY t.queue LIMIT 1)
        FROM walk WHERE walk.queue IS NOT NULL)
    SELECT task.id FROM (SELECT queue FROM walk LIMIT ?) AS near
    JOIN task ON task.id = (
        SELECT h.id FROM task h WHERE h.state = 'open' AND h.kind = ? AND h.queue = near.queue
        ORDER BY h.ordinal LIMIT 1)
    WHERE {_FREE} LIMIT ? {{}}"""
_BEHIND = (
    f"{_SELECT} WHERE state = 'open' AND kind = ? AND queue = ? AND ordinal > ? ORDER BY ordinal LIMIT ?"
)
_TAKE_THESE = f"{_TAKE} WHERE state = 'open' AND leased_until_ms <= ? AND id IN ({{}}) RETURNING {_COLUMNS}"
_MOST_QUEUES = 2_000
"""The most queues that are looked at for one lease; the next begins behind the last one that was leased."""

_RENEW = (
    "UPDATE task SET leased_until_ms = ? WHERE state = 'open' AND lease_owner = ? AND id IN ({}) RETURNING id"
)
_SETTLE = (
    "UPDATE task SET state = ?, due_ms = ?, failures = ?, result = ?, last_error = ?, finished_ms = ?, "
    f"lease_owner = NULL, leased_until_ms = {NO_LEASE} "
    "WHERE id = ? AND state = 'open' AND lease_owner = ? AND attempts = ? RETURNING id"
)
_RELEASE_ALL = (
    f"UPDATE task SET lease_owner = NULL, leased_until_ms = {NO_LEASE} "
    f"WHERE state = 'open' AND leased_until_ms > {NO_LEASE} RETURNING id"
)
_RETRY = (
    "UPDATE task SET state = 'open', due_ms = ?, failures = 0, finished_ms = NULL "
    "WHERE state = 'failed' AND id IN ({}) RETURNING id"
)
_REMOVE = (
    "DELETE FROM task WHERE id IN (SELECT id FROM task WHERE state <> 'open' AND finished_ms < ? "
    "ORDER BY finished_ms LIMIT ?) RETURNING id"
)
_MOST_AT_ONCE = 100


class StoredTasks:
    """Reads, leases and settles tasks within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        sqlite = session.schema is SQLITE
        self._alone = _ALONE.format("" if sqlite else "FOR UPDATE SKIP LOCKED")
        self._heads = _HEADS.format("" if sqlite else "FOR UPDATE OF task SKIP LOCKED")

    async def get(self, task_id: str) -> Task | None:
        """Return one task."""
        found = await self._session.rows(f"{_SELECT} WHERE id = ?", (task_id,))
        return Task(*found[0]) if found else None

    async def group(self, group_id: str, *, limit: int = 10_000) -> list[Task]:
        """Return the tasks of a group in the order of their creation."""
        return _tasks(
            await self._session.rows(
                f"{_SELECT} WHERE group_id = ? ORDER BY ordinal LIMIT ?", (group_id, limit)
            )
        )

    async def listed(self, state: State, *, limit: int = 100) -> list[Task]:
        """Return tasks in that state, those created first at the top."""
        return _tasks(
            await self._session.rows(f"{_SELECT} WHERE state = ? ORDER BY ordinal LIMIT ?", (state, limit))
        )

    async def search(
        self, kind: str, fields: Mapping[str, TaskField], wanted: Search
    ) -> tuple[list[Task], int]:
        """Return one page of the tasks of a kind and the total count."""
        dialect = self._session.schema
        columns = {name: _column(name, field, dialect) for name, field in fields.items()}
        condition, parameters = search.where(wanted, columns, dialect)
        counted = await self._session.long_rows(
            f"SELECT COUNT(*) FROM task WHERE kind = ? AND {condition}", [kind, *parameters]
        )
        page = f" LIMIT {int(wanted.limit)} OFFSET {int(wanted.offset)}" if wanted.limit else ""
        found = await self._session.long_rows(
            f"{_SELECT} WHERE kind = ? AND {condition} "
            f"ORDER BY {search.order_by(wanted.sorts, columns, 'ordinal')}{page}",
            [kind, *parameters],
        )
        return _tasks(found), counted[0][0]

    async def counts(self) -> dict[tuple[str, State], int]:
        """Return how many tasks there are of each kind in each state."""
        counted = await self._session.rows("SELECT kind, state, COUNT(*) FROM task GROUP BY kind, state")
        return {(row[0], cast("State", row[1])): row[2] for row in counted}

    async def lease(
        self, kind: str, *, owner: str, now_ms: int, until_ms: int, limit: int, run: int, after: str = ""
    ) -> list[list[Task]]:
        """Lease what is due, the first of each queue and up to ``run`` in all with it."""
        free = (now_ms, now_ms)
        ids = [row[0] for row in await self._session.rows(self._alone, (*free, kind, limit))]
        for start in (after, "") if after else ("",):
            if len(ids) < limit:
                parameters = (kind, start, kind, _MOST_QUEUES, kind, *free, limit - len(ids))
                heads = await self._session.rows(self._heads, parameters)
                ids += [row[0] for row in heads if row[0] not in ids]
        taken = await self._take(ids, owner=owner, now_ms=now_ms, until_ms=until_ms)
        queued = [taken[task_id] for task_id in ids if task_id in taken and taken[task_id].queue is not None]
        behind = await self._behind(queued, now_ms, run - 1)
        following = [task_id for below in behind.values() for task_id in below]
        taken |= await self._take(following, owner=owner, now_ms=now_ms, until_ms=until_ms)
        return [
            [taken[task_id] for task_id in (first, *behind.get(first, ())) if task_id in taken]
            for first in ids
            if first in taken
        ]

    async def _take(
        self, task_ids: Sequence[str], *, owner: str, now_ms: int, until_ms: int
    ) -> dict[str, Task]:
        """Lease the tasks that are free and return them by id."""
        taken: dict[str, Task] = {}
        for part in _parts(task_ids):
            statement = _TAKE_THESE.format(marks(len(part)))
            for task in _tasks(await self._session.rows(statement, (owner, until_ms, now_ms, *part))):
                taken[task.id] = task
        return taken

    async def renew(self, task_ids: Sequence[str], *, owner: str, until_ms: int) -> set[str]:
        """Extend leases and return the ids of those that ``owner`` still has."""
        kept: set[str] = set()
        for part in _parts(sorted(task_ids)):
            found = await self._session.rows(_RENEW.format(marks(len(part))), (until_ms, owner, *part))
            kept |= {row[0] for row in found}
        return kept

    async def settle(self, settlements: Sequence[Settlement]) -> set[str]:
        """End leases and return the ids of those that had not been lost."""
        settled: set[str] = set()
        ended = [_ended(one) for one in sorted(settlements, key=lambda one: one.task.id)]
        for part in _parts(ended):
            for found in await self._session.several(part):
                settled |= {row[0] for row in found}
        return settled

    async def release_all(self) -> int:
        """Take every lease back, and return how many."""
        return len(await self._session.rows(_RELEASE_ALL))

    async def retry(self, task_ids: Sequence[str], *, now_ms: int) -> set[str]:
        """Open failed tasks again, due now, their failures forgotten. Returns the ids of those that were."""
        opened: set[str] = set()
        for part in _parts(sorted(task_ids)):
            found = await self._session.rows(_RETRY.format(marks(len(part))), (now_ms, *part))
            opened |= {row[0] for row in found}
        return opened

    async def remove_finished(self, before_ms: int, *, limit: int) -> int:
        """Remove tasks that were finished earlier, ``limit`` of them at most; return how many."""
        return len(await self._session.rows(_REMOVE, (before_ms, limit)))

    async def _behind(self, heads: Sequence[Task], now_ms: int, most: int) -> dict[str, list[str]]:
        """Return for each head the ids of the tasks right behind it in its queue that can come with it."""
        if most < 1 or not heads:
            return {}
        ids: dict[str, list[str]] = {head.id: [] for head in heads}
        queries: list[Statement] = [(_BEHIND, (head.kind, head.queue, head.ordinal, most)) for head in heads]
        for head, found in zip(heads, await self._session.several(queries), strict=True):
            for task in _tasks(found):
                if task.due_ms > now_ms or task.leased_until_ms > now_ms:
                    break
                ids[head.id].append(task.id)
        return ids


def _ended(one: Settlement) -> Statement:
    task = one.task
    change: tuple[Any, ...] = (one.state, one.due_ms, one.failures, one.result, one.last_error)
    return _SETTLE, (*change, one.finished_ms, task.id, task.lease_owner, task.attempts)


def _column(name: str, field: TaskField, dialect: Dialect) -> Column:
    """Make a searchable column. Paths and numbers are the program's own, never a client's."""
    table_column, _, key = field.path.partition(".")
    expression = table_column
    if key:
        json = table_column if dialect is SQLITE else f"CAST({table_column} AS JSON)"
        expression = f"({json} ->> '{key}')"
    if field.whole:
        expression = f"CAST({expression} AS BIGINT)"
    states = {"open": field.while_open, "failed": field.when_failed}
    cases = "".join(f" WHEN '{state}' THEN {int(code)}" for state, code in states.items() if code is not None)
    if cases:
        expression = f"(CASE state{cases} ELSE {expression} END)"
    return Column(name, Kind.INTEGER if field.whole else Kind.TEXT, expression)


def _tasks(found: Sequence[Row]) -> list[Task]:
    return [Task(*row) for row in found]


def _parts(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[start : start + _MOST_AT_ONCE] for start in range(0, len(values), _MOST_AT_ONCE)]

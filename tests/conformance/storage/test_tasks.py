import asyncio
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from counterfoil.clock import Clock
from counterfoil.domain import decider
from counterfoil.domain.follow_up import FollowUp
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.searching import Filter, Search, UnknownField
from counterfoil.ledger.tasks import Settlement, Task, TaskField
from counterfoil.main import engine_for
from tests.storage import TESTER
from tests.tasks import task_of, want


@dataclass
class Leases:
    """Leases and settles as a worker named ``owner`` would."""

    ledger: Ledger
    owner: str = "one"
    now_ms: int = field(default_factory=lambda: Clock().epoch_us() // 1000 + 60_000)

    async def take(self, *, limit: int = 100, run: int = 1, for_ms: int = 1000) -> list[list[Task]]:
        leased: list[list[Task]] = []

        async def work(transaction):
            leased[:] = await transaction.tasks.lease(
                *("count",),
                owner=self.owner,
                now_ms=self.now_ms,
                until_ms=self.now_ms + for_ms,
                limit=limit,
                run=run,
            )
            return Body(b"true")

        await self.ledger.transact(work)
        return leased

    async def finish(self, *tasks: Task) -> set[str]:
        settled: set[str] = set()

        async def work(transaction):
            settled.clear()
            settled.update(
                await transaction.tasks.settle(
                    [Settlement(task, "done", task.due_ms, 0, finished_ms=self.now_ms) for task in tasks]
                )
            )
            return Body(b"true")

        await self.ledger.transact(work)
        return settled


def numbers(runs: list[list[Task]]) -> list[list[str]]:
    return [[task.body for task in run] for run in runs]


async def test_a_task_is_written_with_what_wants_it_or_not_at_all(ledger):
    async def work(transaction):
        await ledger.want(transaction, [FollowUp("count", {})])
        return "refused"

    assert await ledger.transact(work) == "refused"
    async with ledger.reading() as reader:
        assert await reader.tasks.listed("open") == []
    (task,) = await want(ledger, 7, order_id=3, group="g")
    assert await task_of(ledger, task) == task
    assert (task.order_id, task.group_id, task.body) == (3, "g", '{"number":7}')


@pytest.mark.parametrize("together", [1, 12])
async def test_what_an_event_wants_is_written_with_the_event(ledger, place, monkeypatch, together):
    orders = [await place() for _ in range(together)]
    monkeypatch.setattr(
        decider, "follow_ups", lambda order, event: (FollowUp("count", {}, order_id=order.entity_id),)
    )
    ledger.tasks_written.clear()
    await asyncio.gather(*(ledger.execute(order.entity_id, IssueInvoice(), actor=TESTER) for order in orders))
    async with ledger.reading() as reader:
        listed = await reader.tasks.listed("open")
    assert sorted(task.order_id for task in listed) == sorted(order.entity_id for order in orders)
    assert ledger.tasks_written.is_set()


async def test_a_refused_command_wants_nothing(ledger, place, monkeypatch):
    order = await place()
    monkeypatch.setattr(decider, "follow_ups", lambda order, event: (FollowUp("count", {}),))
    for _ in range(2):
        await ledger.execute(order.entity_id, IssueInvoice(), actor=TESTER)
    async with ledger.reading() as reader:
        assert len(await reader.tasks.listed("open")) == 1


async def test_many_tasks_of_one_transaction_keep_their_order(ledger):
    wanted = [task.id for task in await want(ledger, *range(250), group="g")]
    async with ledger.reading() as reader:
        assert [task.id for task in await reader.tasks.group("g")] == wanted


async def test_workers_that_lease_at_once_share_and_never_double(ledger):
    await want(ledger, *range(60))
    workers = [Leases(ledger, f"worker {number}") for number in range(6)]
    leased = await asyncio.gather(*(worker.take(limit=10) for worker in workers))
    ids = [task.id for runs in leased for run in runs for task in run]
    assert len(ids) == len(set(ids)) == 60


async def test_what_is_not_due_is_not_leased(ledger):
    leases = Leases(ledger)
    await want(ledger, 1, delay_s=3600)
    assert await leases.take() == []
    leases.now_ms += 3_600_000
    assert numbers(await leases.take()) == [['{"number":1}']]


async def test_a_queue_is_leased_from_its_head_and_by_one_worker(ledger):
    await want(ledger, 1, 2, 3, queue="q")
    await want(ledger, 4, queue="r")
    one, other = Leases(ledger), Leases(ledger, "other")
    first = await one.take(run=2)
    assert numbers(first) == [['{"number":1}', '{"number":2}'], ['{"number":4}']]
    assert await other.take() == []
    await one.finish(first[0][0])
    assert await other.take() == [], "the second is leased still"
    await one.finish(first[0][1])
    assert numbers(await other.take()) == [['{"number":3}']]


async def test_a_queue_waits_for_a_task_that_is_to_be_tried_again(ledger):
    await want(ledger, 1, 2, queue="q")
    leases = Leases(ledger)
    ((task,),) = await leases.take()

    async def work(transaction):
        await transaction.tasks.settle([Settlement(task, "open", leases.now_ms + 5000, 1)])
        return Body(b"true")

    await ledger.transact(work)
    assert await leases.take() == []
    leases.now_ms += 5000
    assert numbers(await leases.take(run=5)) == [['{"number":1}', '{"number":2}']]


async def test_a_lease_that_was_lost_finishes_nothing(ledger):
    await want(ledger, 1)
    slow, quick = Leases(ledger), Leases(ledger, "quick")
    ((lost,),) = await slow.take(for_ms=1000)
    quick.now_ms = slow.now_ms + 1001
    ((task,),) = await quick.take()
    assert task.attempts == 2
    assert await slow.finish(lost) == set()
    assert await quick.finish(replace(task, attempts=1)) == set(), "an earlier lease of the same worker"
    assert (await task_of(ledger, task)).state == "open"
    assert await quick.finish(task) == {task.id}
    assert await quick.finish(task) == set(), "it is finished"


async def test_a_renewed_lease_lasts_and_a_lost_one_is_told(ledger):
    mine, other = Leases(ledger), Leases(ledger, "other")
    await want(ledger, 1, 2)
    (first,), (second,) = await mine.take(for_ms=1000)
    await mine.finish(second)
    kept: set[str] = set()

    async def work(transaction):
        kept.update(
            await transaction.tasks.renew([first.id, second.id], owner="one", until_ms=mine.now_ms + 9000)
        )
        return Body(b"true")

    await ledger.transact(work)
    assert kept == {first.id}
    other.now_ms = mine.now_ms + 8999
    assert await other.take() == []


async def test_finished_tasks_are_removed_a_bounded_number_at_a_time(ledger):
    leases = Leases(ledger)
    await want(ledger, *range(5))
    tasks = [run[0] for run in await leases.take()]
    await leases.finish(*tasks[:4])
    removed = []

    async def work(transaction):
        removed.append(await transaction.tasks.remove_finished(leases.now_ms + 1, limit=3))
        return Body(b"true")

    for _ in range(3):
        await ledger.transact(work)
    assert removed == [3, 1, 0]
    async with ledger.reading() as reader:
        assert await reader.tasks.counts() == {("count", "open"): 1}


async def test_two_connections_to_postgresql_lease_a_queue_once(postgres_url):
    """Rounds of two engines that look at the same queues at the same moment."""
    engines = [engine_for(postgres_url) for _ in range(2)]
    await engines[0].migrate()
    for engine in engines:
        await engine.open()
    ledgers = [Ledger(engine, Clock()) for engine in engines]
    for number in range(10):
        await want(ledgers[0], *range(4), queue=f"q{number}")
    done: list[str] = []
    for _ in range(8):
        workers = [Leases(ledger, f"w{place}") for place, ledger in enumerate(ledgers)]
        rounds = await asyncio.gather(*(worker.take(limit=5, run=2) for worker in workers))
        queues = [run[0].queue for runs in rounds for run in runs]
        assert len(queues) == len(set(queues))
        for worker, runs in zip(workers, rounds, strict=True):
            done += [task.id for run in runs for task in run]
            await worker.finish(*(task for run in runs for task in run))
    assert len(done) == len(set(done)) == 40
    for engine in engines:
        await engine.close()


FIELDS = {
    "group": TaskField("group_id"),
    "number": TaskField("body.number", whole=True),
    "code": TaskField("result.code", whole=True, while_open=4, when_failed=2),
}


async def found(ledger, field, value, **page):
    async with ledger.reading() as reader:
        tasks, total = await reader.tasks.search(
            "count", FIELDS, Search(groups=((Filter(field, "eq", str(value)),),), **page)
        )
    return [task.body for task in tasks], total


async def test_tasks_are_searched_by_columns_bodies_and_results(ledger):
    await want(ledger, 1, 2, 3, group="g")
    await want(ledger, 4)
    leases = Leases(ledger)
    first, second, *_ = [run[0] for run in await leases.take(limit=2)]

    async def work(transaction):
        ended = Settlement(first, "done", 0, 0, finished_ms=leases.now_ms)
        done = replace(ended, result='{"code": 1, "text": "a \'quoted\' text"}')
        given_up = replace(ended, task=second, state="failed", last_error="no")
        await transaction.tasks.settle([done, given_up])
        return Body(b"true")

    await ledger.transact(work)
    assert await found(ledger, "group", "g", limit=2) == (['{"number":1}', '{"number":2}'], 3)
    assert await found(ledger, "number", 4) == (['{"number":4}'], 1)
    assert [(await found(ledger, "code", code))[1] for code in (1, 2, 3, 4)] == [1, 1, 0, 2]
    assert await found(ledger, "group", "' OR 1=1 --") == ([], 0)
    with pytest.raises(UnknownField):
        await found(ledger, "body", "x")

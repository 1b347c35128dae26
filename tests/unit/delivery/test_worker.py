"""What the worker promises, on a clock that moves when told."""

import asyncio
import json

import pytest

from counterfoil.delivery.handler import LONGEST_PAUSE_S, Handler, pause_s
from counterfoil.delivery.settling import Settling
from counterfoil.delivery.worker import Pace, Worker
from counterfoil.ledger.faults import Busy
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.tasks import Done, Failed, Retry, Task, effect_key
from counterfoil.storage.sqlite import IN_MEMORY, SqliteEngine
from tests.storage import execute_sql
from tests.tasks import TaskClock, task_of, want

PACE = Pace(poll_s=0.01, lease_s=15, keep_finished_s=3600, most_removed=2)


@pytest.fixture
def clock():
    return TaskClock()


@pytest.fixture
async def ledger(clock):
    engine = SqliteEngine(IN_MEMORY)
    await engine.migrate()
    yield Ledger(engine, clock)
    await engine.close()


class Counting:
    """A handler that writes down what it was given and does what it was told to."""

    def __init__(self, *outcomes):
        self.seen: list[int] = []
        self._outcomes = list(outcomes)

    async def __call__(self, task: Task):
        self.seen.append(json.loads(task.body)["number"])
        outcome = self._outcomes.pop(0) if self._outcomes else Done('"ok"')
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def until(happened):
    for _ in range(2000):
        if happened():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not happen")


class Gate:
    """A handler that waits until it is let through, and knows how many wait."""

    def __init__(self):
        self.entered = 0
        self.open = asyncio.Event()

    async def __call__(self, task: Task):
        self.entered += 1
        await self.open.wait()
        return Done()

    async def until(self, count: int):
        await until(lambda: self.entered >= count)


def worker_of(ledger, *, alone=False, pace=PACE, **kinds) -> Worker:
    handlers = {kind: run if isinstance(run, Handler) else Handler(run) for kind, run in kinds.items()}
    return Worker(ledger, handlers, alone=alone, pace=pace)


async def turn(worker) -> int:
    begun = await worker.turn()
    await worker.idle()
    return begun


async def test_a_task_is_carried_out_once_and_its_result_is_kept(ledger):
    counting = Counting()
    worker = worker_of(ledger, count=counting)
    (task,) = await want(ledger, 7)
    assert [await turn(worker), await turn(worker)] == [1, 0]
    after = await task_of(ledger, task)
    assert (counting.seen, after.state, after.result) == ([7], "done", '"ok"')


async def test_kinds_that_nobody_here_knows_are_left_to_others(ledger):
    (task,) = await want(ledger, 1, kind="later version")
    assert await turn(worker_of(ledger, count=Counting())) == 0
    assert (await task_of(ledger, task)).attempts == 0


async def test_failures_are_tried_again_with_growing_pauses_and_then_given_up(ledger, clock):
    counting = Counting(*[RuntimeError("no luck")] * 9)
    worker = worker_of(ledger, count=Handler(counting, most_failures=3))
    (task,) = await want(ledger, 1)
    for tried, wait_s in ((1, 1), (2, 2)):
        assert await turn(worker) == 1
        clock.pass_s(wait_s - 0.1)
        assert await turn(worker) == 0, "too early"
        clock.pass_s(0.2)
        after = await task_of(ledger, task)
        assert (after.failures, after.last_error) == (tried, "RuntimeError: no luck")
    await turn(worker)
    after = await task_of(ledger, task)
    assert (after.state, after.attempts, after.last_error) == ("failed", 3, "RuntimeError: no luck")


def test_pauses_double_up_to_five_minutes():
    assert [pause_s(count) for count in (1, 2, 3, 9, 10, 5000)] == [1, 2, 4, 256, *[LONGEST_PAUSE_S] * 2]


async def test_too_early_is_no_failure(ledger, clock):
    counting = Counting(*[Retry(after_s=60)] * 5)
    worker = worker_of(ledger, count=Handler(counting, most_failures=2))
    (task,) = await want(ledger, 1)
    for _ in range(6):
        assert await turn(worker) == 1
        assert await turn(worker) == 0
        clock.pass_s(61)
    after = await task_of(ledger, task)
    assert (after.state, after.attempts) == ("done", 6)


async def test_what_cannot_work_is_given_up_at_once_and_can_be_opened_again(ledger, clock):
    counting = Counting(Failed("no such address"))
    worker = worker_of(ledger, count=counting)
    (task,) = await want(ledger, 1)
    await turn(worker)
    assert (await task_of(ledger, task)).last_error == "no such address"

    async def work(transaction):
        assert await transaction.tasks.retry([task.id], now_ms=clock.epoch_us() // 1000) == {task.id}
        assert await transaction.tasks.retry([task.id], now_ms=0) == set(), "it is open by now"
        return Body(b"true")

    await ledger.transact(work)
    assert await turn(worker) == 1
    assert (await task_of(ledger, task)).state == "done"


async def test_whatever_a_server_said_is_kept_and_holds_up_no_neighbour(ledger, clock):
    said = "550 Empf\udce4nger\0 unbekannt " + "x" * 100_000
    told = Counting(Failed(said), RuntimeError(said), Busy(said))
    worker = worker_of(ledger, tell=told, count=Counting())
    wanted = [*await want(ledger, 1, 2, 3, kind="tell"), *await want(ledger, 4)]
    await turn(worker)
    after = [await task_of(ledger, task) for task in wanted]
    assert [task.state for task in after] == ["failed", "open", "open", "done"]
    assert {task.leased_until_ms for task in after} == {0}
    for task in after[:3]:
        assert "550 Empf?nger? unbekannt" in (task.last_error or "")
        assert len(task.last_error or "") < 2000


async def test_a_result_that_cannot_be_kept_leaves_its_neighbours_done(ledger, clock):
    worker = worker_of(ledger, count=Counting(Done('"\udce4"'), Done('"ok"')))
    wrong, right = await want(ledger, 1, 2)
    await turn(worker)
    assert ((await task_of(ledger, wrong)).state, (await task_of(ledger, right)).state) == ("open", "done")


async def test_a_fault_is_tried_again(ledger, clock):
    counting = Counting(Busy())
    worker = worker_of(ledger, count=counting)
    (task,) = await want(ledger, 1)
    await turn(worker)
    clock.pass_s(2)
    await turn(worker)
    assert (await task_of(ledger, task)).state == "done"


async def test_a_queue_is_worked_on_in_order_and_waits_for_a_retry(ledger, clock):
    counting = Counting(Done(), Retry(after_s=5))
    worker = worker_of(ledger, count=counting)
    await want(ledger, 1, 2, 3, queue="q")
    await want(ledger, 9, queue="z")
    await turn(worker)
    assert [number for number in counting.seen if number != 9] == [1, 2]
    assert await turn(worker) == 0
    clock.pass_s(6)
    await turn(worker)
    assert [number for number in counting.seen if number != 9] == [1, 2, 2, 3]


async def test_a_task_that_was_given_up_does_not_hold_up_its_queue(ledger):
    counting = Counting(Failed("never"))
    await want(ledger, 1, 2, queue="q")
    await turn(worker_of(ledger, count=counting))
    assert counting.seen == [1, 2]


async def test_a_slow_kind_takes_no_more_than_its_places_and_starves_nobody(ledger):
    gate, counting = Gate(), Counting()
    worker = worker_of(ledger, slow=Handler(gate, limit=2), count=counting)
    await want(ledger, *range(5), kind="slow")
    await want(ledger, *range(3))
    assert await worker.turn() == 5
    await gate.until(2)
    assert await worker.turn() == 0, "both places are taken"
    assert counting.seen == [0, 1, 2]
    gate.open.set()
    await worker.idle()
    assert await turn(worker) == 2


async def test_a_task_that_takes_too_long_has_failed(ledger):
    worker = worker_of(ledger, slow=Handler(Gate(), within_s=0.01, most_failures=1))
    (task,) = await want(ledger, 1, kind="slow")
    await turn(worker)
    after = await task_of(ledger, task)
    assert (after.state, after.last_error) == ("failed", "It took longer than 0.01 seconds.")


async def test_a_task_that_ends_its_process_each_time_is_given_up(ledger, clock, monkeypatch):
    def nothing(self, settlement):
        future = asyncio.get_running_loop().create_future()
        future.set_result(False)
        return future

    (task,) = await want(ledger, 1)
    for _ in range(2):
        killed = worker_of(ledger, count=Handler(Gate(), most_failures=2))
        assert await killed.turn() == 1
        with monkeypatch.context() as dead:
            dead.setattr(Settling, "settle", nothing)  # it gets to write nothing more
            await killed.stop(within_s=0)
        clock.pass_s(16)
    counting = Counting()
    await turn(worker_of(ledger, count=Handler(counting, most_failures=2)))
    after = await task_of(ledger, task)
    assert (counting.seen, after.state) == ([], "failed")


async def test_a_worker_that_lost_its_lease_stops_and_finishes_nothing(ledger, clock):
    gate, counting = Gate(), Counting()
    slow, quick = worker_of(ledger, count=gate), worker_of(ledger, count=counting)
    (task,) = await want(ledger, 1)
    await slow.turn()
    await gate.until(1)
    clock.pass_s(16)
    await turn(quick)
    await slow.renew()
    await slow.idle()
    after = await task_of(ledger, task)
    assert (counting.seen, after.state, after.attempts, after.result) == ([1], "done", 2, '"ok"')


async def test_a_lease_is_renewed_while_the_work_goes_on(ledger, clock):
    gate = Gate()
    slow, other = worker_of(ledger, count=gate), worker_of(ledger, count=Counting())
    (task,) = await want(ledger, 1)
    await slow.turn()
    await gate.until(1)
    for _ in range(4):
        clock.pass_s(10)
        await slow.renew()
        assert await other.turn() == 0
    gate.open.set()
    await slow.idle()
    assert (await task_of(ledger, task)).state == "done"


async def test_stopping_gives_back_what_did_not_end_and_counts_no_failure(ledger):
    gate = Gate()
    worker = worker_of(ledger, count=gate)
    first, second = await want(ledger, 1, 2, queue="q")
    await worker.start()
    await gate.until(1)
    await worker.stop(within_s=0.01)
    for task in (first, second):
        after = await task_of(ledger, task)
        assert (after.state, after.leased_until_ms, after.failures) == ("open", 0, 0)
    counting = Counting()
    await turn(worker_of(ledger, count=counting))
    assert counting.seen == [1, 2]


async def test_stopping_lets_what_runs_end(ledger):
    gate = Gate()
    worker = worker_of(ledger, count=gate)
    (task,) = await want(ledger, 1)
    await worker.start()
    await gate.until(1)
    stopping = asyncio.create_task(worker.stop(within_s=5))
    await asyncio.sleep(0)
    gate.open.set()
    await stopping
    assert (await task_of(ledger, task)).state == "done"


async def test_new_tasks_wake_the_worker_at_once(ledger):
    counting = Counting()
    worker = worker_of(ledger, count=counting, pace=Pace(poll_s=3600))
    await worker.start()
    await asyncio.sleep(0.01)
    await want(ledger, 1)
    await until(lambda: counting.seen)
    await worker.stop()


async def test_the_one_process_of_a_database_does_not_wait_for_leases_of_before(ledger):
    (task,) = await want(ledger, 1)
    await execute_sql(ledger, "UPDATE task SET lease_owner = 'gone', leased_until_ms = 9999999999999")
    counting = Counting()
    worker = worker_of(ledger, alone=True, count=counting)
    await worker.start()
    await until(lambda: counting.seen)
    await worker.stop()
    assert (await task_of(ledger, task)).state == "done"


async def test_finished_tasks_are_forgotten_in_time(ledger, clock):
    worker = worker_of(ledger, count=Counting())
    await want(ledger, 1, 2, 3)
    await turn(worker)
    assert await worker.tidy() == 0
    clock.pass_s(3601)
    assert [await worker.tidy(), await worker.tidy(), await worker.tidy()] == [2, 1, 0]


async def test_an_effect_under_the_key_of_its_task_happens_once(ledger, clock):
    """A worker that ends between the effect and its settling: the next one finds the effect."""
    effects = []

    async def run(task: Task):
        async def work(transaction):
            await transaction.records.insert("effect", b"{}")
            return Body(b'"made"')

        answered = await ledger.transact(work, key=effect_key(task))
        effects.append(answered.replayed)
        if len(effects) == 1:
            raise RuntimeError("the end comes here")
        return Done(answered.body.decode())

    worker = worker_of(ledger, count=run)
    (task,) = await want(ledger, 1)
    await turn(worker)
    clock.pass_s(2)
    await turn(worker)
    assert effects == [False, True]
    assert (await task_of(ledger, task)).result == '"made"'
    async with ledger.reading() as reader:
        assert await reader.records.get("effect", 2) is None


async def test_each_queue_gets_its_turn_however_busy_the_others_are(ledger):
    counting = Counting()
    worker = worker_of(ledger, count=Handler(counting, limit=1, run_length=1))
    for number, queue in enumerate("abc"):
        await want(ledger, *[number] * 3, queue=queue)
    while await turn(worker):
        pass
    assert counting.seen == [0, 1, 2] * 3

"""Changes end, once, whatever their settlement does; on a clock that moves when told."""

import asyncio
import json

import pytest
from msgspec.structs import replace

from counterfoil.delivery.changes import GAVE_UP, TOO_LATE, Changes
from counterfoil.delivery.grace import GracePeriods
from counterfoil.delivery.handler import Handler
from counterfoil.delivery.settlement import (
    AtOnce,
    Confirmed,
    Declined,
    Delayed,
    Outside,
    SettlementFailed,
    Waiting,
)
from counterfoil.delivery.settlement_url import ByUrl
from counterfoil.delivery.worker import Worker
from counterfoil.domain.attachments import SETTLED_LATER
from counterfoil.domain.change import (
    AbandonChange,
    AdvanceChange,
    ApplyChange,
    RequestChange,
    RetryChange,
)
from counterfoil.domain.handling import EndGracePeriod
from counterfoil.domain.steps import CHANGE_TASK, GRACE_TASK
from counterfoil.domain.transitions import WINDOW_TO_CANCEL
from counterfoil.ledger.envelope import Accepted
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.storage.sqlite import IN_MEMORY, SqliteEngine
from tests.drafts import draft, row
from tests.storage import TESTER, findings
from tests.tasks import TaskClock

WITHIN_S = 100


class Scripted:
    """A settlement that does what it is told, one thing after the other, and then agrees."""

    at_once = False
    hands_over = True
    together = 8

    def __init__(self, *script):
        self.script = list(script)
        self.asked = []

    async def ask(self, asked, /):
        self.asked.append(asked)
        step = self.script.pop(0) if self.script else Confirmed()
        if isinstance(step, Exception):
            raise step
        return step

    async def close(self):
        pass


@pytest.fixture
def clock():
    return TaskClock()


@pytest.fixture
async def ledger(clock):
    engine = SqliteEngine(IN_MEMORY)
    await engine.migrate()
    yield Ledger(engine, clock)
    await engine.close()


async def placed(ledger, wanted=None, **more):
    orders = []

    async def work(transaction):
        orders.append(
            await ledger.place(transaction, wanted or draft(row("S1", 1000, 3)), actor=TESTER, **more)
        )
        return Body(b"true")

    await ledger.transact(work)
    return orders[0].entity_id


async def wanted(ledger, order_id, request_id="c1"):
    command = RequestChange(request_id, SETTLED_LATER, "late", manual_discount=50_000)
    outcome = await ledger.execute(order_id, command, actor=TESTER)
    assert isinstance(outcome, Accepted), outcome


async def order_of(ledger, order_id):
    async with ledger.reading() as reader:
        return await reader.with_attachments(await reader.order(order_id))


async def change_of(ledger, order_id, request_id="c1"):
    return (await order_of(ledger, order_id)).changes[request_id]


def worker_of(ledger, settlement, **more):
    changes = Changes(ledger, settlement, within_s=WITHIN_S)
    grace = Handler(GracePeriods(ledger).run)
    return Worker(ledger, {CHANGE_TASK: changes.handler(), GRACE_TASK: grace}, alone=True, **more)


async def turn(worker):
    begun = await worker.turn()
    await worker.idle()
    return begun


async def test_at_once_costs_one_entry_of_the_journal(ledger):
    order_id = await placed(ledger)
    await wanted(ledger, order_id)
    assert await turn(worker_of(ledger, AtOnce())) == 1
    order = await order_of(ledger, order_id)
    assert (order.changes["c1"].status, order.open_change, order.version) == ("done", None, 3)
    assert order.grand_total == 300_000
    assert await findings(ledger) == []


async def test_a_stretched_settlement_takes_as_long_as_it_is_told_and_no_place_meanwhile(ledger, clock):
    order_id = await placed(ledger)
    await wanted(ledger, order_id)
    worker = worker_of(ledger, Delayed(5_000))
    await turn(worker)
    assert (await change_of(ledger, order_id)).status == "waiting-confirmation"
    clock.pass_s(3.9)
    assert await turn(worker) == 0, "it is not looked at before it is due"
    clock.pass_s(2)
    await turn(worker)
    assert (await change_of(ledger, order_id)).status == "done"


async def test_a_short_wait_is_waited_out_to_the_millisecond(ledger):
    order_id = await placed(ledger)
    await wanted(ledger, order_id)
    begun_s = asyncio.get_running_loop().time()
    await turn(worker_of(ledger, Delayed(60)))
    assert 0.05 <= asyncio.get_running_loop().time() - begun_s < 0.5
    assert (await change_of(ledger, order_id)).status == "done"


async def test_a_failing_settlement_is_tried_five_times_with_growing_pauses_and_then_given_up(ledger, clock):
    order_id = await placed(ledger)
    await wanted(ledger, order_id)
    settlement = Scripted(*[SettlementFailed("no line")] * 9)
    worker = worker_of(ledger, settlement)
    for tried, pause_s in ((1, 1), (2, 2), (3, 4), (4, 8)):
        assert await turn(worker) == 1
        change = await change_of(ledger, order_id)
        assert (change.failures, change.status) == (tried, "waiting-confirmation")
        clock.pass_s(pause_s - 0.1)
        assert await turn(worker) == 0, "too early"
        clock.pass_s(0.2)
    await turn(worker)
    order = await order_of(ledger, order_id)
    change = order.changes["c1"]
    assert (change.status, change.canceled_reason, change.canceled_by_user) == ("canceled", GAVE_UP, False)
    assert (len(settlement.asked), order.grand_total, order.open_change) == (5, 350_000, None)
    assert [log.message for log in change.logs].count("The settlement failed: no line") == 5


async def test_a_retry_tries_at_once_what_has_failed(ledger):
    order_id = await placed(ledger)
    await wanted(ledger, order_id)
    worker = worker_of(ledger, Scripted(SettlementFailed("no line")))
    await turn(worker)
    assert isinstance(await ledger.execute(order_id, RetryChange("c1"), actor=TESTER), Accepted)
    assert (await change_of(ledger, order_id)).failures == 0
    await turn(worker)
    assert (await change_of(ledger, order_id)).status == "done"


async def test_what_is_declined_is_canceled_with_the_reason(ledger):
    order_id = await placed(ledger)
    await wanted(ledger, order_id)
    await turn(worker_of(ledger, Scripted(Declined("The card is blocked."))))
    change = await change_of(ledger, order_id)
    assert (change.status, change.canceled_reason) == ("canceled", "The card is blocked.")


@pytest.mark.parametrize("settlement", [Outside(), Scripted(*[Waiting(30)] * 9)], ids=["outside", "asked"])
async def test_a_change_that_nobody_settles_is_canceled_in_the_end(ledger, clock, settlement):
    order_id = await placed(ledger)
    await wanted(ledger, order_id)
    worker = worker_of(ledger, settlement)
    for _ in range(6):
        await turn(worker)
        clock.pass_s(WITHIN_S / 4)
    change = await change_of(ledger, order_id)
    assert (change.status, change.canceled_reason) == ("canceled", TOO_LATE)


async def test_a_change_that_was_settled_meanwhile_is_left_as_it_is(ledger):
    first, second = await placed(ledger), await placed(ledger)
    await wanted(ledger, first)
    await wanted(ledger, second)
    await ledger.execute(first, ApplyChange("c1"), actor=TESTER)
    await ledger.execute(second, AbandonChange("c1", "no", by_user=True), actor=TESTER)
    for settlement in (AtOnce(), Scripted(Declined("no"))):
        await turn(worker_of(ledger, settlement))
    assert (await change_of(ledger, first)).status == "done"
    assert (await change_of(ledger, second)).canceled_reason == "no"
    assert await findings(ledger) == []


async def test_an_acknowledgement_that_came_first_is_not_taken_back(ledger):
    order_id = await placed(ledger)
    await wanted(ledger, order_id)
    for status in ("waiting-confirmation", "waiting-acknowledgement"):
        await ledger.execute(order_id, AdvanceChange("c1", status), actor=TESTER)
    assert (await change_of(ledger, order_id)).status == "waiting-confirmation"


async def test_many_changes_are_carried_on_at_a_time(ledger):
    orders = [await placed(ledger) for _ in range(200)]
    for order_id in orders:
        await wanted(ledger, order_id)
    begun_s = asyncio.get_running_loop().time()
    worker = worker_of(ledger, Delayed(500))
    assert await turn(worker) == 200
    assert asyncio.get_running_loop().time() - begun_s < 3
    assert {(await change_of(ledger, order_id)).status for order_id in orders} == {"done"}


async def test_a_grace_period_ends_when_it_is_over_and_not_twice(ledger, clock):
    order = replace(draft(row("S1", 1000, 3)), stage=WINDOW_TO_CANCEL)
    order_id = await placed(ledger, order, grace_s=30)
    worker = worker_of(ledger, AtOnce())
    clock.pass_s(29)
    assert await turn(worker) == 0
    clock.pass_s(2)
    assert await turn(worker) == 1
    assert (await order_of(ledger, order_id)).workflow_status == "ready-for-handling"
    assert not isinstance(await ledger.execute(order_id, EndGracePeriod(), actor=TESTER), Accepted)


# ---------------------------------------------------------------- asking an address


class Address:
    """An HTTP server that answers with what it is told."""

    def __init__(self, answer: bytes, *, late_s: float = 0.0):
        self.asked: list[dict] = []
        self._answer = answer
        self._late_s = late_s

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/settle"
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        self.asked.append(json.loads(await reader.readexactly(length)))
        await asyncio.sleep(self._late_s)
        writer.write(self._answer)
        writer.close()


def answer(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body)


async def asked(ledger, order_id, address):
    async def called(entity_id):
        return f"order-{entity_id}"

    settlement = ByUrl(address.url, called, timeout_s=0.3)
    await turn(worker_of(ledger, settlement))
    await settlement.close()
    return await change_of(ledger, order_id)


@pytest.mark.parametrize(
    "body, status, reason",
    [
        (b'{"outcome": "confirmed"}', "done", None),
        (b'{"outcome": "declined", "reason": "blocked"}', "canceled", "blocked"),
        (b'{"outcome": "pending"}', "waiting-confirmation", None),
    ],
)
async def test_an_address_says_what_becomes_of_a_change(ledger, body, status, reason):
    order_id = await placed(ledger)
    await wanted(ledger, order_id)
    async with Address(answer(body)) as address:
        change = await asked(ledger, order_id, address)
    assert (change.status, change.canceled_reason) == (status, reason)
    (question,) = address.asked
    assert question == {
        "orderId": f"order-{order_id}",
        "requestId": "c1",
        "reason": "late",
        "delta": -500,
        "attempt": 1,
        "add": [],
        "remove": [],
        "replace": [],
    }


@pytest.mark.parametrize(
    "reply, late_s",
    [
        (answer(b"{}"), 0),
        (answer(b'{"outcome": "perhaps"}'), 0),
        (answer(b'{"outcome": "confirmed"}', b"500 Oh"), 0),
        (answer(b'{"outcome": "confirmed"}', b"302 There"), 0),
        (answer(b'{"outcome": "confirmed"}'), 2),
        (b"what", 0),
    ],
)
async def test_what_is_no_good_answer_is_a_failure(ledger, reply, late_s):
    order_id = await placed(ledger)
    await wanted(ledger, order_id)
    async with Address(reply, late_s=late_s) as address:
        change = await asked(ledger, order_id, address)
    assert (change.failures, change.status) == (1, "waiting-confirmation")

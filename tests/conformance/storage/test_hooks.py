"""Hooks on every engine: all that is committed is sent until it is answered, in order per order."""

import asyncio
import itertools
import json

import pytest

from counterfoil.delivery.hook_setup import HookRefused, HookSetup, NoHook
from counterfoil.delivery.hooks import PAUSED_AFTER, HookPace, Hooks
from counterfoil.delivery.outgoing import Outgoing
from counterfoil.delivery.subscriptions import Filter, Hook
from counterfoil.delivery.tidying import Tidying
from tests.notices import KEY, commit, passed, relay
from tests.receiver import receiving
from tests.storage import session_of

QUICK = HookPace(poll_s=0.01, lease_s=7, probe_s=0.05, retry_s=0.02)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def form(told, app_key):
    return json.dumps({"order": told.order_id, "state": told.state, "key": app_key}).encode()


@pytest.fixture
async def receiver():
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def outgoing():
    outgoing = Outgoing(allow_http=True, allow_private=True)
    yield outgoing
    await outgoing.close()


@pytest.fixture
def setup(ledger, outgoing):
    return HookSetup(ledger, outgoing)


def hook(receiver, app_key=KEY, **options):
    return Hook(app_key=app_key, filter=options.pop("filter", Filter()), url=receiver.url, **options)


@pytest.fixture
async def begin(ledger):
    """Start processes' hooks; they are stopped at the end."""
    begun = []

    async def begin(pace=QUICK):
        hooks = Hooks(ledger, Outgoing(allow_http=True, allow_private=True), form, pace=pace)
        await hooks.start()
        begun.append(hooks)
        return hooks

    yield begin
    for hooks in begun:
        await hooks.stop(within_s=0.1)


async def tell(ledger, *rows):
    await commit(ledger, *rows)
    await relay(ledger).turn()


def states(receiver):
    return [got.json["state"] for got in receiver.told]


async def left(ledger):
    async with ledger.reading() as reader:
        return len(await session_of(reader).rows("SELECT 1 FROM notice"))


async def until_empty(ledger, *, within_s=20):
    async with asyncio.timeout(within_s):
        while await left(ledger):  # noqa: ASYNC110 -- nothing tells when
            await asyncio.sleep(0.01)


async def test_a_hook_is_saved_when_its_address_answers_the_ping(setup, receiver):
    with pytest.raises(NoHook):
        await setup.look(KEY)
    receiver.answer = lambda _: 201
    with pytest.raises(HookRefused):
        await setup.configure(hook(receiver), keep_secret=False)
    with pytest.raises(NoHook):
        await setup.look(KEY)
    receiver.answer = lambda _: 200
    await setup.configure(hook(receiver, headers={"X-Token": "abc"}), keep_secret=False)
    assert receiver.received[-1].json == {"hookConfig": "ping"}
    assert receiver.received[-1].headers["x-token"] == "abc"
    assert (await setup.look(KEY)).url == receiver.url
    await setup.drop(KEY)
    with pytest.raises(NoHook):
        await setup.drop(KEY)


async def test_a_secret_is_kept_until_another_is_given(setup, receiver):
    await setup.configure(hook(receiver, secret=SECRET), keep_secret=False)
    await setup.configure(hook(receiver), keep_secret=True)
    assert (await setup.look(KEY)).secret == SECRET
    assert SECRET not in repr(await setup.look(KEY))
    await setup.configure(hook(receiver), keep_secret=False)
    assert (await setup.look(KEY)).secret is None
    for wrong in ("whsec_", "whsec_abc", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_é"):
        with pytest.raises(HookRefused):
            await setup.configure(hook(receiver, secret=wrong), keep_secret=False)


async def test_every_event_is_sent_once_when_all_goes_well_and_in_order(ledger, setup, receiver, begin):
    await setup.configure(hook(receiver, headers={"key": "value"}, secret=SECRET), keep_secret=False)
    rows = [passed(order_id, seq, after=f"s{seq}") for order_id in range(1, 9) for seq in range(1, 21)]
    await tell(ledger, *rows)
    await begin()
    await begin()
    await until_empty(ledger)
    assert len(receiver.told) == len(rows)
    for order_id in range(1, 9):
        its = [got.json["state"] for got in receiver.told if got.json["order"] == f"v{order_id}-01"]
        assert its == [f"s{seq}" for seq in range(1, 21)]
    first = receiver.told[0]
    assert first.headers["key"] == "value"
    assert first.headers["webhook-signature"].startswith("v1,")
    assert len({got.event_id for got in receiver.told}) == len(rows)


async def test_a_failing_notice_holds_up_its_order_and_no_other(ledger, setup, receiver, begin):
    await setup.configure(hook(receiver), keep_secret=False)
    receiver.answer = lambda got: 500 if got.json["order"] == "v1-01" else 200
    await tell(ledger, *(passed(order_id, seq, after=f"s{seq}") for order_id in (1, 2) for seq in (1, 2, 3)))
    await begin()
    await receiver.until(lambda: len(receiver.told) >= 6)
    assert {got.json["state"] for got in receiver.told if got.json["order"] == "v1-01"} == {"s1"}
    assert [got.json["state"] for got in receiver.told if got.json["order"] == "v2-01"] == ["s1", "s2", "s3"]

    receiver.answer = lambda _: 200
    await until_empty(ledger)
    of_one = [got for got in receiver.told if got.json["order"] == "v1-01"]
    assert [got.json["state"] for got in of_one][-3:] == ["s1", "s2", "s3"]
    assert len({got.event_id for got in of_one if got.json["state"] == "s1"}) == 1


async def test_retries_come_after_growing_pauses(ledger, setup, receiver, begin):
    await setup.configure(hook(receiver), keep_secret=False)
    receiver.answer = lambda _: 503
    await tell(ledger, passed(1, 1))
    await begin(HookPace(poll_s=0.005, retry_s=0.1, probe_s=5))
    await receiver.until(lambda: len(receiver.told) == 4)
    at_s = [got.at_s for got in receiver.told]
    pauses = [later - earlier for earlier, later in itertools.pairwise(at_s)]
    assert pauses[0] >= 0.1
    assert pauses[1] >= 0.2
    assert pauses[2] >= 0.4


async def test_a_dead_address_is_paused_probed_and_caught_up_with(ledger, setup, receiver, begin):
    await setup.configure(hook(receiver), keep_secret=False)
    receiver.answer = lambda _: 500
    await tell(ledger, *(passed(order_id, 1) for order_id in range(1, 101)))
    await begin(HookPace(poll_s=0.01, retry_s=1, probe_s=0.2))
    await asyncio.sleep(1.5)
    tried = len(receiver.told)
    assert PAUSED_AFTER <= tried < 40, "once it is paused, one notice at a time is tried"
    assert await left(ledger) == 100

    receiver.answer = lambda _: 200
    await until_empty(ledger, within_s=10)
    delivered = [got for got in receiver.answered if b"hookConfig" not in got.body][tried:]
    assert {got.json["order"] for got in delivered} == {f"v{order_id}-01" for order_id in range(1, 101)}


async def test_an_address_that_does_not_exist_loses_nothing(ledger, setup, receiver, begin):
    await setup.configure(hook(receiver), keep_secret=False)
    port = int(receiver.url.split(":")[2].split("/")[0])
    async with receiving() as elsewhere:
        await setup.configure(hook(elsewhere), keep_secret=False)
        taken = int(elsewhere.url.split(":")[2].split("/")[0])
    assert port != taken
    await tell(ledger, passed(1, 1), passed(2, 1))
    await begin()
    await asyncio.sleep(0.3)
    assert await left(ledger) == 2
    async with receiving(taken) as again:
        await until_empty(ledger)
        assert {got.json["order"] for got in again.told} == {"v1-01", "v2-01"}


async def test_a_redirect_is_not_followed(ledger, setup, receiver, begin):
    await setup.configure(hook(receiver), keep_secret=False)
    async with receiving() as elsewhere:
        receiver.location = elsewhere.url
        receiver.answer = lambda _: 307
        await tell(ledger, passed(1, 1))
        await begin()
        await receiver.until(lambda: len(receiver.told) >= 2)
        assert elsewhere.received == []
        assert await left(ledger) == 1


async def test_a_slow_address_holds_up_no_other_hook(ledger, setup, receiver, begin):
    async with receiving() as quick:
        await setup.configure(hook(receiver), keep_secret=False)
        await setup.configure(hook(quick, "quick"), keep_secret=False)
        receiver.hold.clear()
        await tell(ledger, *(passed(order_id, 1) for order_id in range(1, 41)))
        await begin()
        await quick.until(lambda: len(quick.told) == 40, within_s=4)
        assert len(receiver.told) <= 16, "the number of requests under way is bounded"
        receiver.hold.set()
        await until_empty(ledger)


async def test_a_lease_that_was_left_behind_runs_out(ledger, setup, receiver, begin):
    await setup.configure(hook(receiver), keep_secret=False)
    await tell(ledger, passed(1, 1), passed(1, 2))
    gone = Hooks(ledger, Outgoing(allow_http=True, allow_private=True), form, pace=HookPace(lease_s=0.5))
    receiver.hold.clear()
    await gone.turn()
    await receiver.until(lambda: len(receiver.told) == 1)
    for sending in gone._running:
        sending.cancel()  # as if its process had been killed
    receiver.hold.set()
    await begin()
    await until_empty(ledger)
    assert states(receiver) == ["invoiced"] * 3
    assert receiver.told[0].event_id == receiver.told[1].event_id != receiver.told[2].event_id
    await gone.stop()


async def test_a_dropped_hook_is_told_nothing_more(ledger, setup, receiver, begin):
    await setup.configure(hook(receiver), keep_secret=False)
    await tell(ledger, passed(1, 1))
    await setup.drop(KEY)
    await begin()
    await asyncio.sleep(0.1)
    assert receiver.told == []
    await Tidying(ledger).turn()
    assert await left(ledger) == 0

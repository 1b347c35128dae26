"""Feeds on every engine: what is committed reaches each, in order per order, until it is confirmed."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from counterfoil.delivery import subscriptions
from counterfoil.delivery.expressions import Expressions
from counterfoil.delivery.feeds import Feeds, NoFeed
from counterfoil.delivery.matching import steps_of
from counterfoil.delivery.tidying import Tidying
from counterfoil.delivery.told import event_id
from counterfoil.delivery.versions import VersionMissing, Versions
from counterfoil.domain.handling import StartHandling
from counterfoil.domain.hold import HoldOrder, ReleaseOrder
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.notices import Notice, Place
from tests.notices import KEY, commit, feed, passed, relay
from tests.storage import TESTER, execute_sql, session_of


@pytest.fixture
async def feeds(ledger):
    feeds = Feeds(ledger)
    await feeds.configure(feed())
    return feeds


def told(events):
    return [(event.told.order_id, event.told.state) for event in events]


async def rows(ledger, table):
    async with ledger.reading() as reader:
        return await session_of(reader).rows(f"SELECT * FROM {table}")


async def in_outbox(ledger):
    return len(await rows(ledger, "outbox"))


async def test_an_event_reaches_every_feed_and_leaves_the_outbox(ledger, feeds):
    await feeds.configure(feed("another"))
    await commit(ledger, passed(7, 2), passed(7, 3, "invoiced", "canceled"))

    await relay(ledger).turn()

    assert await in_outbox(ledger) == 0
    for app_key in (KEY, "another"):
        events = await feeds.read(app_key)
        assert told(events) == [("v7-01", "invoiced"), ("v7-01", "canceled")]
        assert [event.told.last_state for event in events] == ["handling", "invoiced"]


async def test_the_event_id_is_the_same_for_every_feed_and_every_delivery(ledger, feeds):
    await feeds.configure(feed("another"))
    await commit(ledger, passed(7, 2))
    await relay(ledger).turn()

    (first,) = await feeds.read(KEY)
    await execute_sql(ledger, "UPDATE notice SET ready_ms = 0")
    (again,) = await feeds.read(KEY)
    (elsewhere,) = await feeds.read("another")

    assert first.told == again.told == elsewhere.told
    assert first.handle != again.handle
    assert len(first.told.event_id) == 32


async def test_every_step_of_an_event_is_told_to_who_wants_it(ledger, feeds):
    await feeds.configure(feed("some", statuses=("handling", "canceled")))
    await commit(ledger, passed(7, 2, "ready-for-handling", "handling"))

    await relay(ledger, steps=lambda row: ("start-handling", row.after_status)).turn()

    every = await feeds.read(KEY)
    assert told(every) == [("v7-01", "start-handling"), ("v7-01", "handling")]
    assert [event.told.last_state for event in every] == ["ready-for-handling", "start-handling"]
    assert told(await feeds.read("some")) == [("v7-01", "handling")]
    assert every[1].told.event_id != every[0].told.event_id


async def test_nothing_of_an_order_is_handed_out_while_something_earlier_is(ledger, feeds):
    await commit(ledger, *(passed(7, seq) for seq in range(1, 13)), passed(8, 1))
    await relay(ledger).turn()

    first = await feeds.read(KEY, 5)
    others = await feeds.read(KEY)

    assert told(first)[0] == ("v7-01", "invoiced")
    assert {event.told.order_id for event in first} == {"v7-01", "v8-01"}
    assert others == []
    await feeds.confirm(KEY, [event.handle for event in first])
    assert len(await feeds.read(KEY)) == 13 - len(first)


async def test_only_one_notice_at_a_time_is_read_in_the_order_of_the_order(ledger, feeds):
    await commit(ledger, *(passed(7, seq, after=f"state-{seq:02}") for seq in range(1, 25)))
    await relay(ledger).turn()
    seen = []
    while events := await feeds.read(KEY, 7):
        seen += [event.told.state for event in events]
        assert await feeds.confirm(KEY, [event.handle for event in events]) == len(events)
    assert seen == [f"state-{seq:02}" for seq in range(1, 25)]


async def test_a_notice_that_is_not_confirmed_comes_again_under_another_handle(ledger, feeds):
    await commit(ledger, passed(7, 2))
    await relay(ledger).turn()
    (first,) = await feeds.read(KEY)
    assert await feeds.read(KEY) == []

    await execute_sql(ledger, "UPDATE notice SET ready_ms = 0")
    (again,) = await feeds.read(KEY)

    assert await feeds.confirm(KEY, [first.handle]) == 0, "somebody else has it now"
    assert (await feeds.look(KEY)).quantity == 1
    assert await feeds.confirm(KEY, [again.handle]) == 1
    assert await feeds.confirm(KEY, [again.handle]) == 0
    assert (await feeds.look(KEY)).quantity == 0


async def test_a_late_handle_counts_while_nobody_else_has_the_notice(ledger, feeds):
    await commit(ledger, passed(7, 2))
    await relay(ledger).turn()
    (event,) = await feeds.read(KEY)
    await execute_sql(ledger, "UPDATE notice SET ready_ms = 0")
    assert await feeds.confirm(KEY, [event.handle]) == 1


async def test_a_handle_is_worth_nothing_in_another_feed(ledger, feeds):
    await feeds.configure(feed("another"))
    await commit(ledger, passed(7, 2))
    await relay(ledger).turn()
    (event,) = await feeds.read(KEY)
    assert await feeds.confirm("another", [event.handle, "nonsense", "", "é", "MS4x"]) == 0
    assert (await feeds.look("another")).quantity == 1


async def test_events_are_not_kept_for_feeds_that_come_later(ledger, feeds):
    await commit(ledger, passed(7, 2))
    await relay(ledger).turn()
    await feeds.configure(feed("late"))
    assert await feeds.read("late") == []
    with pytest.raises(NoFeed):
        await feeds.read("nobody")
    with pytest.raises(NoFeed):
        await feeds.confirm("nobody", [])


async def test_what_waits_stays_when_a_feed_is_changed(ledger, feeds):
    await commit(ledger, passed(7, 2))
    await relay(ledger).turn()
    await feeds.configure(feed(statuses=("canceled",)))
    filled = await feeds.look(KEY)
    assert (filled.quantity, filled.feed.filter.statuses) == (1, ("canceled",))
    assert told(await feeds.read(KEY)) == [("v7-01", "invoiced")]


async def test_a_dropped_feed_leaves_nothing_behind(ledger, feeds):
    await feeds.configure(feed("another"))
    await commit(ledger, passed(7, 2))
    await relay(ledger).turn()
    await feeds.drop(KEY)
    with pytest.raises(NoFeed):
        await feeds.drop(KEY)
    await Tidying(ledger).turn()
    assert len(await rows(ledger, "notice")) == 1
    await feeds.configure(feed())
    assert await feeds.read(KEY) == [], "a feed that is made anew is empty"


async def test_what_is_older_than_a_feeds_retention_is_removed(ledger, feeds):
    await commit(ledger, passed(7, 2), passed(8, 2))
    await relay(ledger).turn()
    await execute_sql(ledger, "UPDATE notice SET created_ms = created_ms - 345590000 WHERE order_id = 7")
    await execute_sql(ledger, "UPDATE notice SET created_ms = created_ms - 345601000 WHERE order_id = 8")
    assert (await feeds.look(KEY)).oldest_age_s >= 345_601
    await Tidying(ledger).turn()
    assert told(await feeds.read(KEY)) == [("v7-01", "invoiced")]


async def test_without_feeds_and_hooks_the_outbox_is_emptied(ledger):
    await commit(ledger, passed(7, 2))
    await relay(ledger).turn()
    assert await in_outbox(ledger) == 0
    assert await rows(ledger, "notice") == []


async def test_an_event_that_cannot_be_understood_holds_up_its_order_and_no_other(ledger, feeds):
    await commit(ledger, passed(7, 2), passed(7, 3, after="broken"), passed(7, 4), passed(8, 2))

    def steps(row):
        if row.after_status == "broken":
            raise LookupError(row)
        return (row.after_status,)

    one = relay(ledger, steps=steps)
    await one.turn()
    await one.turn()

    assert told(await feeds.read(KEY)) == [("v7-01", "invoiced"), ("v8-01", "invoiced")]
    assert await in_outbox(ledger) == 2
    await relay(ledger).turn()
    assert await in_outbox(ledger) == 0, "a relay that understands goes on where the other stopped"
    assert [row[1:3] for row in sorted(await rows(ledger, "notice"))] == [(7, 2), (7, 3), (7, 4), (8, 2)]


async def test_two_relays_hand_an_event_on_once(ledger, feeds):
    await commit(ledger, *(passed(order_id, seq) for order_id in range(1, 21) for seq in (1, 2)))
    await asyncio.gather(*(relay(ledger).turn() for _ in range(4)))
    assert len(await rows(ledger, "notice")) == 40


async def test_a_relay_sees_that_the_feeds_have_changed_meanwhile(ledger, feeds, monkeypatch):
    await commit(ledger, passed(7, 2))
    one = relay(ledger)
    hand_on = one._hand_on

    async def hand_on_later(plan):
        await feeds.configure(feed("another"))
        await hand_on(plan)

    with monkeypatch.context() as patched:
        patched.setattr(one, "_hand_on", hand_on_later)
        await one.turn()
    assert await in_outbox(ledger) == 1
    await one.turn()
    assert told(await feeds.read("another")) == [("v7-01", "invoiced")]


async def test_many_events_come_through_in_parts(ledger, feeds):
    await commit(ledger, *(passed(order_id, seq) for order_id in (1, 2) for seq in range(1, 301)))
    one = relay(ledger)
    for _ in range(4):
        await one.turn()
    assert await in_outbox(ledger) == 0
    assert (await feeds.look(KEY)).quantity == 600


@pytest.fixture
async def expressions(ledger):
    expressions = Expressions(ledger.clock)
    yield expressions
    await expressions.close()


async def hold_and_release(ledger, order, times):
    """Change an order back and forth, and return its versions. The ledger itself writes the outbox."""
    seqs = []
    for _ in range(times):
        for command in (HoldOrder(), ReleaseOrder()):
            accepted = await ledger.execute(order.entity_id, command, actor=TESTER)
            seqs.append(accepted.effect.version)
    return seqs


async def test_expressions_see_each_version_also_those_that_are_gone(ledger, place, expressions):
    """Known issue 832400: a version that the next one replaced at once was skipped."""
    feeds = Feeds(ledger)
    order = await place()
    await feeds.configure(feed(type="FromOrders", expression='status = "holded"', disable_single_fire=True))
    seqs = await hold_and_release(ledger, order, 3)
    await relay(ledger, expressions=expressions).turn()
    events = await feeds.read(KEY)
    assert [event.told.event_id for event in events] == [
        event_id(Place(order.entity_id, seq, 0)) for seq in seqs[::2]
    ]


async def test_versions_are_found_in_whatever_order_they_are_asked_for(ledger, place):
    order = await place()
    seqs = await hold_and_release(ledger, order, 2)
    versions = Versions(lambda order: {"state": order.state})
    async with ledger.reading() as reader:
        for wanted in (seqs[1:2], seqs[2:], seqs[:1], seqs, seqs[3:]):
            found = await versions.documents(reader, order.entity_id, wanted)
            states = [json.loads(found[seq])["state"] for seq in wanted]
            assert states == ["holded" if seq in seqs[::2] else "new" for seq in wanted]
        with pytest.raises(VersionMissing):
            await versions.documents(reader, order.entity_id, [99])


async def test_an_order_fires_once_unless_that_is_switched_off(ledger, place, expressions):
    feeds = Feeds(ledger)
    order, other = await place(), await place()
    await feeds.configure(feed(type="FromOrders", expression='status = "holded"'))
    one = relay(ledger, expressions=expressions)
    await hold_and_release(ledger, order, 1)
    await one.turn()
    await hold_and_release(ledger, order, 1)
    await hold_and_release(ledger, other, 2)
    await one.turn()
    events = await feeds.read(KEY)
    assert sorted(event.told.order_id for event in events) == [
        f"v{one_.entity_id}-01" for one_ in (order, other)
    ]
    # Another filter is another question.
    await feeds.configure(feed(type="FromOrders", expression='status in ["holded"]'))
    await hold_and_release(ledger, order, 2)
    await one.turn()
    assert (await feeds.look(KEY)).quantity == 3


async def test_in_doubt_a_feed_is_told(ledger, place, expressions):
    slow = feed(type="FromOrders", expression='$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)')
    feeds = Feeds(ledger)
    order = await place()
    await feeds.configure(slow)
    await feeds.configure(feed("wrong", type="FromOrders", expression='version > "1"'))
    await hold_and_release(ledger, order, 1)
    await relay(ledger, expressions=expressions).turn()
    assert len(await feeds.read(KEY)) == 2
    assert await feeds.read("wrong") == []


async def test_only_what_happens_while_somebody_listens_is_kept_for_it(ledger, place):
    order = await place()
    await hold_and_release(ledger, order, 1)
    assert await in_outbox(ledger) == 0
    feeds = Feeds(ledger)
    await feeds.configure(feed())
    await ledger.execute(order.entity_id, StartHandling(), actor=TESTER)
    assert ledger.outbox_written.is_set()
    await relay(ledger, steps=steps_of).turn()
    assert [event.told.state for event in await feeds.read(KEY)] == ["start-handling", "handling"]


async def test_a_placed_order_is_told_from_its_first_step_on(ledger, feeds, place):
    order = await place()
    await relay(ledger, steps=steps_of).turn()
    events = await feeds.read(KEY)
    assert [event.told.state for event in events][:2] == ["order-created", "on-order-completed"]
    assert [event.told.state for event in events][-1] == order.workflow_status
    assert events[0].told.last_state == ""


async def test_a_subscription_is_stored_with_its_generation(ledger, feeds):
    async def stored():
        async with ledger.reading() as reader:
            (one,) = await subscriptions.all_of(reader.records, subscriptions.Feed)
        return one

    first = await stored()
    await feeds.configure(feed())
    same = await stored()
    await feeds.configure(feed(statuses=("invoiced",)))
    other = await stored()
    assert first.id == same.id == other.id
    assert (first.generation, same.generation, other.generation) == (1, 1, 2)


async def test_a_notice_is_put_once(ledger, feeds):
    await commit(ledger, passed(7, 2))
    await relay(ledger).turn()
    (event,) = await feeds.read(KEY)
    async with ledger.engine.transaction() as transaction:
        (row,) = await session_of(transaction).rows("SELECT subscriber, body, created_ms FROM notice")

    async def work(transaction):
        await transaction.notices.put([Notice(row[0], Place(7, 2, 0), row[1], row[2])])
        return Body(b"true")

    await ledger.transact(work)
    assert await feeds.confirm(KEY, [event.handle]) == 1


async def test_only_what_may_be_lost_does_not_wait_for_the_disk(engine, ledger, feeds, monkeypatch):
    """What is told again after a power cut, under the same id, need not be on the disk."""
    seen = []
    transaction = engine.transaction

    @asynccontextmanager
    async def watched(**options):
        async with transaction(**options) as one:
            commit = one.commit

            async def look_and_commit():
                statement = "PRAGMA synchronous" if engine.name == "sqlite" else "SHOW synchronous_commit"
                seen.append((await session_of(one).rows(statement))[0][0])
                await commit()

            one.commit = look_and_commit
            yield one

    monkeypatch.setattr(engine, "transaction", watched)
    waits, waits_not = (2, 1) if engine.name == "sqlite" else ("on", "off")
    await commit(ledger, passed(7, 2))
    await relay(ledger).turn()
    events = await feeds.read(KEY)
    await feeds.confirm(KEY, [event.handle for event in events])
    assert seen == [waits, waits_not, waits_not, waits]


async def test_the_first_feed_waits_for_those_who_saw_that_nobody_listens(engine, ledger, place):
    if engine.name == "sqlite":
        # One transaction at a time: whoever commits after the feed was set up has begun after it.
        async with engine.transaction() as transaction:
            assert await transaction.notices.moment() is None
        return
    order = await place()
    async with engine.transaction() as late:
        assert not await late.listened()
        await session_of(late).rows("SELECT 1 FROM orders WHERE entity_id = ? FOR UPDATE", (order.entity_id,))
        setting_up = asyncio.create_task(Feeds(ledger).configure(feed()))
        await asyncio.sleep(0.2)
        assert not setting_up.done(), "whoever is told that it is set up may rely on it"
        await late.commit()
    await asyncio.wait_for(setting_up, 2)
    # The next one has nobody to wait for: the outbox is written already.
    async with engine.transaction() as late:
        await session_of(late).rows("SELECT 1 FROM orders WHERE entity_id = ? FOR UPDATE", (order.entity_id,))
        await asyncio.wait_for(Feeds(ledger).configure(feed("another")), 2)


async def test_what_another_relay_has_handed_on_meanwhile_is_not_told_again(ledger, feeds, monkeypatch):
    await commit(ledger, passed(7, 2))
    late = relay(ledger)
    hand_on = late._hand_on

    async def hand_on_later(plan):
        await relay(ledger).turn()
        await feeds.confirm(KEY, [event.handle for event in await feeds.read(KEY)])
        await commit(ledger, passed(7, 3))
        await hand_on(plan)

    monkeypatch.setattr(late, "_hand_on", hand_on_later)
    await late.turn()
    assert await feeds.read(KEY) == []
    assert await in_outbox(ledger) == 1

"""What only an engine with several processes can do: hold orders, die in the middle, dead-lock."""

import asyncio
import contextlib

import psycopg
import pytest

from counterfoil.clock import Clock
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.ledger.envelope import Accepted
from counterfoil.ledger.faults import Busy, Conflict, Unavailable
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.main import engine_for, migrate
from tests.drafts import draft, row
from tests.storage import TESTER, findings, session_of


@pytest.fixture
async def ledgers(postgres_url):
    """Two ledgers on two engines, as two processes have them."""
    engines = [engine_for(postgres_url) for _ in range(2)]
    await migrate(engines[0], Clock())
    for engine in engines:
        await engine.open()
    yield [Ledger(engine, Clock(), wait_s=8) for engine in engines]
    for engine in engines:
        await engine.close()


async def place(ledger, *rows):
    placed = []

    async def work(transaction):
        placed.append(await ledger.place(transaction, draft(*rows), actor=TESTER))
        return Body(b"1")

    await ledger.transact(work)
    return placed[-1]


def invoice(ledger, order, qty=1, **options):
    command = IssueInvoice({min(order.items): qty * SCALE})
    return ledger.execute(order.entity_id, command, actor=TESTER, **options)


async def test_two_processes_share_one_order_without_losing_a_unit(ledgers):
    order = await place(ledgers[0], row("S1", 999, 200, tax_percent=83_750))
    outcomes = await asyncio.gather(*(invoice(ledgers[number % 2], order) for number in range(220)))
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) == 200
    assert await findings(ledgers[0]) == []


async def test_two_processes_number_their_invoices_without_holes(ledgers):
    orders = [await place(ledgers[0], row("S1", 999, 40)) for _ in range(10)]
    outcomes = await asyncio.gather(
        *(invoice(ledgers[number % 2], orders[number % 10]) for number in range(400)), return_exceptions=True
    )
    assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes
    assert await findings(ledgers[0]) == []


async def test_an_order_held_by_somebody_holds_up_nobody_else(ledgers, postgres_url):
    stuck, free = await place(ledgers[0], row("S1", 999, 9)), await place(ledgers[0], row("S2", 999, 9))
    async with await psycopg.AsyncConnection.connect(postgres_url) as connection:
        await connection.execute("SELECT 1 FROM orders WHERE entity_id = %s FOR UPDATE", (stuck.entity_id,))
        waiting = asyncio.create_task(invoice(ledgers[0], stuck))
        async with asyncio.timeout(2):
            outcomes = await asyncio.gather(*(invoice(ledgers[0], free) for _ in range(9)))
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert not waiting.done()
        await connection.rollback()
        assert isinstance(await waiting, Accepted)
    assert await findings(ledgers[0]) == []


async def test_waiting_for_a_held_order_is_bounded_and_its_refusal_definite(ledgers, postgres_url):
    order = await place(ledgers[0], row("S1", 999, 9))
    async with await psycopg.AsyncConnection.connect(postgres_url) as connection:
        await connection.execute("SELECT 1 FROM orders WHERE entity_id = %s FOR UPDATE", (order.entity_id,))
        with pytest.raises(Busy) as refused:
            async with asyncio.timeout(20):
                await invoice(ledgers[0], order)
    assert refused.value.definite
    assert await findings(ledgers[0]) == []


async def kill_backends(postgres_url):
    async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'counterfoil'"
        )


async def test_killed_connections_lose_no_acknowledged_invoice(ledgers, postgres_url):
    orders = [await place(ledgers[0], row("S1", 999, 10_000)) for _ in range(8)]
    accepted = 0
    stop = asyncio.Event()

    async def client(order):
        nonlocal accepted
        while not stop.is_set():
            try:
                took = isinstance(await invoice(ledgers[0], order), Accepted)
                accepted += took
            except (Unavailable, Busy):  # definite, so these must not be in the books
                await asyncio.sleep(0.01)

    clients = [asyncio.create_task(client(order)) for order in orders for _ in range(2)]
    for _ in range(8):
        await asyncio.sleep(0.15)
        await kill_backends(postgres_url)
    await asyncio.sleep(0.3)
    stop.set()
    await asyncio.gather(*clients)
    assert accepted > 0
    assert await findings(ledgers[1]) == []
    async with ledgers[1].reading() as reader:
        assert len(await reader.document_numbers("invoice", limit=100_000)) == accepted


async def test_works_that_lock_each_other_out_are_begun_again(ledgers):
    """Two works take two records in opposite order: PostgreSQL ends one, the ledger begins it again."""

    async def insert(transaction):
        for _ in range(2):
            await transaction.records.insert("thing", b"{}")
        return Body(b"1")

    await ledgers[0].transact(insert)

    def taking(*ids):
        async def work(transaction):
            for record_id in ids:
                record = await transaction.records.get("thing", record_id, lock=True)
                await transaction.records.update(record)
                await asyncio.sleep(0.05)
            return Body(b"1")

        return work

    await asyncio.gather(ledgers[0].transact(taking(1, 2)), ledgers[1].transact(taking(2, 1)))
    async with ledgers[0].reading() as reader:
        records = await reader.records.many("thing", [1, 2])
    assert [record.version for record in records.values()] == [3, 3]


async def test_work_that_goes_on_after_an_error_is_not_acknowledged(ledgers):
    """PostgreSQL answers COMMIT of an aborted transaction with ROLLBACK, and no error."""

    async def work(transaction):
        await transaction.records.insert("thing", b"{}")
        with contextlib.suppress(Exception):
            await session_of(transaction).rows("SELECT 1 / 0")
        return Body(b"1")

    with pytest.raises(Conflict):
        await ledgers[0].transact(work)
    async with ledgers[0].reading() as reader:
        assert await reader.records.many("thing", range(20)) == {}


async def test_connections_do_not_multiply_while_the_database_is_away(ledgers, postgres_url):
    order = await place(ledgers[0], row("S1", 999, 500))
    for _ in range(6):
        await kill_backends(postgres_url)
        await asyncio.gather(*(invoice(ledgers[0], order) for _ in range(8)), return_exceptions=True)
    engine = ledgers[0].engine
    assert engine._writers.get_stats()["pool_size"] <= engine._writers.max_size
    async with await psycopg.AsyncConnection.connect(postgres_url) as connection:
        counted = await connection.execute(
            "SELECT COUNT(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'counterfoil'"
        )
        found = await counted.fetchone()
        assert found is not None
        assert found[0] <= 2 * (engine._writers.max_size + engine._readers.max_size)


async def test_one_held_order_holds_up_no_other_order_that_two_processes_want(ledgers, postgres_url):
    stuck, shared = await place(ledgers[0], row("S1", 999, 99)), await place(ledgers[0], row("S2", 999, 99))
    async with await psycopg.AsyncConnection.connect(postgres_url) as connection:
        await connection.execute("SELECT 1 FROM orders WHERE entity_id = %s FOR UPDATE", (stuck.entity_id,))
        waiting = [asyncio.create_task(invoice(ledgers[0], stuck)) for _ in range(8)]
        async with asyncio.timeout(3):
            for _ in range(10):
                await asyncio.gather(*(invoice(ledger, shared) for ledger in ledgers))
        async with asyncio.timeout(9):  # all eight give up together, not one after another
            given_up = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(outcome) for outcome in given_up} == {Busy}
    assert await findings(ledgers[0]) == []


async def test_what_waits_behind_a_hanging_commit_is_refused_in_time(ledgers, monkeypatch):
    order = await place(ledgers[0], row("S1", 999, 99))
    hanging = Ledger(ledgers[0].engine, Clock(), wait_s=1, max_batch=1)

    async def never(session):
        await asyncio.sleep(60)

    monkeypatch.setattr("counterfoil.storage.postgres_session.PostgresSession.commit", never)
    stuck = asyncio.create_task(invoice(hanging, order))
    async with asyncio.timeout(5):
        waiting = await asyncio.gather(*(invoice(hanging, order) for _ in range(5)), return_exceptions=True)
    assert {type(outcome) for outcome in waiting} == {Busy}
    stuck.cancel()

"""Commands that depend on money on its way wait for it, but not without end and not in any number."""

import asyncio

import pytest

from counterfoil.clock import Clock
from counterfoil.domain.hold import HoldOrder
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.payment import PaymentInProgress
from counterfoil.ledger import ledger as ledgers
from counterfoil.ledger.envelope import Accepted, Refused
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.main import engine_for, migrate
from tests.drafts import authorized, draft, row
from tests.storage import TESTER

WAIT_S = 0.4


@pytest.fixture
async def ledger():
    engine, clock = engine_for("sqlite://"), Clock()
    await migrate(engine, clock)
    yield Ledger(engine, clock, payment_wait_s=WAIT_S)
    await engine.close()


@pytest.fixture
async def order_id(ledger):
    """An order with a capture on its way."""
    ids = []

    async def work(transaction):
        wanted = authorized(draft(row("S1", 1000, 3)))
        ids.append((await ledger.place(transaction, wanted, actor=TESTER)).entity_id)
        return Body(b"true")

    await ledger.transact(work)
    outcome = await ledger.execute(ids[0], IssueInvoice(capture=True), actor=TESTER)
    assert isinstance(outcome, Accepted)
    return ids[0]


async def timed(ledger, order_id):
    begun_s = ledger.clock.monotonic_s()
    outcome = await ledger.execute(order_id, HoldOrder(), actor=TESTER)
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.refusal, PaymentInProgress)
    return ledger.clock.monotonic_s() - begun_s


async def test_a_command_waits_for_the_money_and_is_then_told_that_it_is_on_its_way(ledger, order_id):
    assert await timed(ledger, order_id) >= WAIT_S


async def test_when_too_many_wait_one_more_is_told_at_once(ledger, order_id, monkeypatch):
    monkeypatch.setattr(ledgers, "MAX_WAITING_FOR_MONEY", 2)
    times = sorted(await asyncio.gather(*[timed(ledger, order_id) for _ in range(4)]))
    assert times[1] < WAIT_S <= times[2]
    # Those that have gone leave their places.
    assert await timed(ledger, order_id) >= WAIT_S


async def test_nobody_waits_when_the_process_is_about_to_end(ledger, order_id):
    ledger.payment_wait_s = 60
    waiting = [asyncio.create_task(timed(ledger, order_id)) for _ in range(3)]
    await asyncio.sleep(0.1)
    ledger.wait_no_longer()
    assert max(await asyncio.gather(*waiting)) < 5
    assert await timed(ledger, order_id) < 5

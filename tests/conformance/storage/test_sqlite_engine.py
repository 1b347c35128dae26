"""What only the embedded engine has: one file, other programs beside it, threads below the loop."""

import asyncio
import subprocess
import sys
from contextlib import contextmanager

import pytest

from counterfoil.domain.invoice import IssueInvoice
from counterfoil.ledger.envelope import Accepted
from counterfoil.ledger.faults import Busy
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.searching import Filter, Search
from counterfoil.main import open_ledger
from tests.drafts import draft, row
from tests.storage import TESTER, everything, findings


@pytest.fixture
async def ledger(sqlite_url):
    async with open_ledger(sqlite_url) as ledger:
        yield ledger


async def place(ledger, qty=99):
    placed = []

    async def work(transaction):
        placed.append(await ledger.place(transaction, draft(row("S1", 999, qty)), actor=TESTER))
        return Body(b"1")

    await ledger.transact(work)
    return placed[-1]


def invoice(ledger, order):
    return ledger.execute(order.entity_id, IssueInvoice({min(order.items): 10_000}), actor=TESTER)


def elsewhere(sqlite_url, program):
    """Run ``program`` on the file in another process: two SQLites in one undo each other's locks."""
    path = sqlite_url.removeprefix("sqlite:///")
    code = f"import sqlite3; file = sqlite3.connect({path!r}, isolation_level=None); {program}"
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


@contextmanager
def held_elsewhere(sqlite_url):
    path = sqlite_url.removeprefix("sqlite:///")
    code = (
        f"import sqlite3; file = sqlite3.connect({path!r}, isolation_level=None); "
        "file.execute('BEGIN IMMEDIATE'); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield
        other.kill()


async def test_waiting_for_another_program_is_bounded_for_all_together(ledger, sqlite_url):
    order = await place(ledger)
    before = await everything(ledger)
    one_each = Ledger(ledger.engine, ledger.clock, wait_s=2, max_batch=1)

    async def work(transaction):
        return Body(b"1")

    with held_elsewhere(sqlite_url):
        async with asyncio.timeout(8):
            outcomes = await asyncio.gather(
                *(invoice(one_each, order) for _ in range(4)),
                *(ledger.transact(work) for _ in range(4)),
                return_exceptions=True,
            )
    assert {type(outcome) for outcome in outcomes} == {Busy}
    assert await everything(ledger) == before
    assert isinstance(await invoice(ledger, order), Accepted)


async def test_another_program_that_comes_and_goes_takes_no_lock_away(ledger, sqlite_url):
    order = await place(ledger)
    async with open_ledger(sqlite_url):  # a command beside the server
        pass
    count = "print(file.execute('SELECT COUNT(*) FROM {}').fetchone()[0]); file.close()"
    assert elsewhere(sqlite_url, count.format("orders")) == "1"
    await asyncio.gather(*(invoice(ledger, order) for _ in range(5)))
    assert elsewhere(sqlite_url, count.format("invoice")) == "5"
    assert await findings(ledger) == []


async def test_a_lane_that_is_stopped_while_it_commits_leaves_whole_books(ledger):
    orders = [await place(ledger) for _ in range(8)]
    answered = 0
    for _ in range(40):
        requests = [asyncio.ensure_future(invoice(ledger, order)) for order in orders]
        await asyncio.sleep(0)
        await asyncio.sleep(0.0005)
        worker = ledger._lane._worker
        if worker is not None:
            worker.cancel()
        outcomes = await asyncio.gather(*requests, return_exceptions=True)
        answered += sum(isinstance(outcome, Accepted) for outcome in outcomes)
    assert await findings(ledger) == []
    async with ledger.reading() as reader:
        made = len(await reader.document_numbers("invoice", limit=5000))
    assert answered <= made <= 40 * len(orders)
    for order in orders:
        async with ledger.reading() as reader:
            assert len(await reader.invoices_of(order.entity_id)) <= 40


async def test_a_search_that_backtracks_for_ever_is_stopped_while_others_go_on(ledger):
    order = await place(ledger)
    wanted = Search(groups=((Filter("customer_email", "regexp", "(j+)+$(a+)+b"),),))

    async def search():
        async with ledger.reading() as reader:
            return await reader.search("order", wanted)

    searches = [asyncio.ensure_future(search()) for _ in range(12)]
    async with asyncio.timeout(5):
        assert isinstance(await invoice(ledger, order), Accepted)
    await asyncio.wait(searches, timeout=15)
    assert all(one.done() for one in searches)

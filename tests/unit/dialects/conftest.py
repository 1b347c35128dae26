"""A ledger over the embedded database in memory."""

import pytest

from counterfoil.clock import Clock
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.storage.sqlite import IN_MEMORY, SqliteEngine
from tests.storage import TESTER


@pytest.fixture
async def ledger():
    engine = SqliteEngine(IN_MEMORY)
    await engine.migrate()
    await engine.open()
    ledger = Ledger(engine, Clock())
    yield ledger
    await ledger.drain()
    await engine.close()


@pytest.fixture
def place(ledger):
    """Place a draft and return the order."""

    async def run(draft):
        placed = []

        async def work(transaction):
            placed.append(await ledger.place(transaction, draft, actor=TESTER))
            return Body(b"null")

        await ledger.transact(work)
        return placed[-1]

    return run

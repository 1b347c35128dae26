"""A shop with the embedded database in memory, and a client of it."""

from typing import cast

import pytest

from counterfoil.access.access import Access
from counterfoil.clock import Clock
from counterfoil.dialects.adobe.app import App
from counterfoil.dialects.adobe.call import Shop
from counterfoil.dialects.adobe.routes import ROUTES
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.storage.sqlite import IN_MEMORY, SqliteEngine
from tests.storage import TESTER
from tests.unit.dialects.adobe.asgi import Client, FakeAccess


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
def shop(ledger):
    return Shop(ledger=ledger, clock=Clock(), access=cast("Access", FakeAccess()))


@pytest.fixture
def client(shop):
    return Client(App(shop, ROUTES))


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

"""One suite over three engines: SQLite in memory, SQLite on file, PostgreSQL. There is no twin."""

import pytest
from msgspec.structs import replace

from counterfoil.clock import Clock
from counterfoil.domain.order import READY_FOR_HANDLING
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.main import engine_for, migrate
from tests.drafts import draft, row
from tests.storage import TESTER


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def engine(request):
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}.get(request.param)
    engine = engine_for(request.getfixturevalue(name) if name else "sqlite://")
    await migrate(engine, Clock())
    await engine.open()
    yield engine
    await engine.close()


@pytest.fixture
def ledger(engine):
    return Ledger(engine, Clock(), wait_s=5)


@pytest.fixture
def place(ledger):
    async def place(*rows, stage=READY_FOR_HANDLING, **options):
        placed = []

        async def work(transaction):
            lines = rows or (row("RED", 2000, configurable=True), row("BLUE", 3000, configurable=True))
            wanted = replace(draft(*lines, **options), stage=stage)
            placed.append(await ledger.place(transaction, wanted, actor=TESTER))
            return Body(b"true")

        await ledger.transact(work)
        return placed[-1]

    return place

"""The composition root of the books: which engine, which clock, one ledger. `service` adds the dialects."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from counterfoil.checkout import fresh
from counterfoil.clock import Clock
from counterfoil.config import InvalidConfiguration, Settings, is_postgres, sqlite_path
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import NameTaken, Transaction
from counterfoil.storage.postgres import PostgresEngine
from counterfoil.storage.schema import DatabaseTooOld
from counterfoil.storage.sqlite import SqliteEngine

StorageEngine = SqliteEngine | PostgresEngine

_PREPARED = "fresh"


def engine_for(database_url: str, *, exclusive: bool = False) -> StorageEngine:
    """Return the engine that the URL names, not yet opened.

    Args:
        database_url: ``sqlite:///PATH``, ``sqlite://`` (in memory) or ``postgresql://…``.
        exclusive: true for a server; it keeps a second server off an SQLite file.
    """
    path = sqlite_path(database_url)
    if path is not None:
        return SqliteEngine(path, exclusive=exclusive)
    if is_postgres(database_url):
        return PostgresEngine(database_url)
    raise InvalidConfiguration(
        f"No engine for {database_url.split(':', 1)[0]}: use sqlite:/// or postgresql://."
    )


async def migrate(engine: StorageEngine, clock: Clock) -> list[int]:
    """Bring the schema up to date, put in what a fresh shop has, and return the versions applied."""
    applied = await engine.migrate()
    await engine.open()
    await _prepare(Ledger(engine, clock))
    return applied


async def _prepare(ledger: Ledger) -> None:
    """Put in what a fresh shop has, once. A start that was cut off before is made good."""
    async with ledger.reading() as reader:
        if await reader.records.named(_PREPARED, _PREPARED) is not None:
            return

    async def work(transaction: Transaction) -> Body:
        await fresh.prepare(transaction)
        await transaction.records.insert(_PREPARED, b"{}", name=_PREPARED)
        return Body(b"true")

    with suppress(NameTaken):  # another process was first
        await ledger.transact(work)


@asynccontextmanager
async def open_ledger(
    database_url: str,
    *,
    clock: Clock | None = None,
    settings: Settings | None = None,
    exclusive: bool = False,
) -> AsyncIterator[Ledger]:
    """Open the books and close them at the end.

    An SQLite database is created and migrated as needed; a PostgreSQL database must have been migrated.
    Raises `DatabaseTooOld`, `DatabaseTooNew`, `DatabaseInUse` or `Unavailable`.
    """
    clock = clock or Clock()
    settings = settings or Settings()
    engine = engine_for(database_url, exclusive=exclusive)
    try:
        try:
            await engine.open()
        except DatabaseTooOld:
            if isinstance(engine, PostgresEngine):
                raise
            await migrate(engine, clock)
        await _prepare(Ledger(engine, clock))
        ledger = Ledger(engine, clock, wait_s=settings.wait_s, max_batch=settings.max_batch)
        yield ledger
        await ledger.drain()
    finally:
        await engine.close()

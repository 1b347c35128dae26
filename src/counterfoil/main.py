"""The composition root of the books: which engine, which clock, one ledger. `service` adds the dialects."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

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


class DatabaseMissing(Exception):
    """There is no database where one should be."""

    def __init__(self, path: str) -> None:
        super().__init__(f"There is no database at {path}. Look at --database-url.")


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


def _check_is_there(database_url: str) -> None:
    path = sqlite_path(database_url)
    if path is not None and not Path(path).is_file():
        raise DatabaseMissing(path)


@asynccontextmanager
async def open_ledger(
    database_url: str,
    *,
    clock: Clock | None = None,
    settings: Settings | None = None,
    exclusive: bool = False,
    as_it_is: bool = False,
) -> AsyncIterator[Ledger]:
    """Open the books and close them at the end.

    An SQLite database is created and migrated as needed, unless it is to be taken ``as_it_is``; a
    PostgreSQL database must have been migrated. Raises `DatabaseTooOld`, `DatabaseTooNew`,
    `DatabaseMissing`, `DatabaseInUse` or `Unavailable`.
    """
    clock = clock or Clock()
    settings = settings or Settings()
    engine = engine_for(database_url, exclusive=exclusive)
    if as_it_is:
        _check_is_there(database_url)
    try:
        try:
            await engine.open()
        except DatabaseTooOld:
            if as_it_is or isinstance(engine, PostgresEngine):
                raise
            await migrate(engine, clock)
        if not as_it_is:
            await _prepare(Ledger(engine, clock))
        ledger = Ledger(
            engine,
            clock,
            wait_s=settings.wait_s,
            payment_wait_s=settings.payment_wait_s,
            change_wait_s=settings.change_wait_s,
            max_batch=settings.max_batch,
        )
        yield ledger
        await ledger.drain()
    finally:
        await engine.close()

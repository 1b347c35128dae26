"""The engine for many processes: PostgreSQL through psycopg.

Two pools: writers, which find rows by key only and are told so, and readers, which may search. A write
locks the orders it is about with SELECT … FOR UPDATE in the transaction that writes them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncRawCursor
from psycopg_pool import AsyncConnectionPool

from counterfoil.ledger.faults import Busy, Unavailable, Unknown
from counterfoil.storage import schema, terms
from counterfoil.storage.postgres_pipeline import PipelinedConnection
from counterfoil.storage.postgres_session import PostgresSession, faults
from counterfoil.storage.postgres_writer import PostgresTransaction
from counterfoil.storage.reader import BookReader
from counterfoil.storage.totals import Totals

Connection = PipelinedConnection

_LOCK_WAIT_MS = 5_000
_STATEMENT_MS = 15_000
_CONNECT_S = 5
_POOL_WAIT_S = 2.0
_MOST_WRITERS = 8
_MOST_READERS = 8
_MOST_SEARCHES = 4
_SETTLE_TRIES = 5
_SETTLE_PAUSE_S = 0.2

_SAFETY = (
    f"-c lock_timeout={_LOCK_WAIT_MS} -c statement_timeout={_STATEMENT_MS} "
    "-c idle_in_transaction_session_timeout=30000 -c timezone=UTC -c client_min_messages=warning"
)
# Writers join a handful of keys with big tables: index lookups whatever the statistics say, and a plan
# that is made once, because making it costs more than carrying it out.
_KEYED = (
    " -c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off"
    " -c plan_cache_mode=force_generic_plan"
)
_DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local')"
)
_NOT_WAITING = "SET LOCAL synchronous_commit TO off"
_MIGRATION_LOCK = 0x436F756E746572
"""Key of the lock that keeps two `migrate` runs apart ("Counter")."""


class PostgresEngine:
    """A database on a PostgreSQL server, 13 or later."""

    name = "postgres"

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._writers = self._pool(_SAFETY + _KEYED, _MOST_WRITERS)
        self._readers = self._pool(_SAFETY, _MOST_READERS)
        self._searches = asyncio.Semaphore(_MOST_SEARCHES)
        self._ending: set[asyncio.Future[None]] = set()
        self._totals = Totals()

    async def open(self) -> None:
        """Connect and check the schema. Raises `Unavailable`, `DatabaseTooNew` or `DatabaseTooOld`."""
        with faults():
            async with await self._connect() as connection:
                found = await _version(connection)
                cursor = await connection.execute("SELECT current_setting('lock_timeout')")
                bounded = await cursor.fetchone()
        schema.check(found)
        if bounded == ("0",):
            raise Unavailable(
                "The connection ignores its options, as behind a pooler in transaction mode. "
                "Connect to PostgreSQL itself, or let the pooler pass `options` on."
            )
        for pool in (self._writers, self._readers):
            if pool.closed:
                await pool.open()

    async def migrate(self) -> list[int]:
        """Bring the schema up to date and return the versions that were applied. Raises `DatabaseTooNew`."""
        applied: list[int] = []
        with faults():
            async with await self._connect() as connection, connection.transaction():
                # An index over millions of rows takes its time, and so does another migration. Who waits for
                # a table holds up all others that want it, so that wait stays bounded.
                await connection.execute("SET LOCAL statement_timeout = 0")
                await connection.execute("SET LOCAL lock_timeout = 0")
                await connection.execute("SELECT pg_advisory_xact_lock($1)", (_MIGRATION_LOCK,))
                await connection.execute(f"SET LOCAL lock_timeout = {_LOCK_WAIT_MS}")
                await connection.execute(schema.CREATE_VERSION)
                found = await _version(connection)
                if found > schema.LATEST:
                    raise schema.DatabaseTooNew(found)
                for version, steps in schema.statements(found, schema.POSTGRES):
                    for step in steps:
                        await connection.execute(step)
                    await connection.execute(
                        "INSERT INTO schema_version VALUES "
                        "($1, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'))",
                        (version,),
                    )
                    applied.append(version)
                if 0 < found < schema.TERMS:
                    await terms.fill(self._inside(connection))
        return applied

    async def close(self) -> None:
        """Close every connection, those that are being given back too."""
        if self._ending:
            await asyncio.wait(self._ending)
        for pool in (self._writers, self._readers):
            if not pool.closed:
                await pool.close()

    @asynccontextmanager
    async def transaction(self, *, lasting: bool = True) -> AsyncIterator[PostgresTransaction]:
        """Begin a writing transaction; leaving the block without `commit` rolls back."""
        async with self._session(self._writers, "BEGIN ISOLATION LEVEL READ COMMITTED") as session:
            if not lasting:
                session.defer(_NOT_WAITING, ())
            yield PostgresTransaction(session)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[BookReader]:
        """Begin a consistent read: one snapshot for all its queries."""
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        async with self._session(self._readers, begin, end_later=True) as session:
            yield BookReader(session, self._totals)

    async def committed(self, order_id: int, command_id: str) -> bool:
        """Tell whether an interrupted transaction of ours took effect. Raises `Unknown` if it cannot."""
        for _ in range(_SETTLE_TRIES):
            try:
                async with self.transaction() as transaction:
                    # While the interrupted transaction lives it holds the order, and this waits for it.
                    await transaction.session.rows(
                        "SELECT 1 FROM orders WHERE entity_id = ? FOR UPDATE", (order_id,)
                    )
                    found = await transaction.session.rows(
                        "SELECT 1 FROM journal WHERE order_id = ? AND command_id = ? LIMIT 1",
                        (order_id, command_id),
                    )
                    return bool(found)
            except (Busy, Unavailable):
                await asyncio.sleep(_SETTLE_PAUSE_S)
        raise Unknown

    def _inside(self, connection: Connection) -> PostgresSession:
        """Return a session in a transaction that has begun."""

        async def replace() -> Connection:
            raise Unavailable

        return PostgresSession(connection, "SELECT 1", replace, self._searches)

    def _pool(self, options: str, most: int) -> AsyncConnectionPool[Connection]:
        return AsyncConnectionPool(
            self._database_url,
            connection_class=PipelinedConnection,
            kwargs=self._arguments(options),
            min_size=1,
            max_size=most,
            open=False,
            timeout=_POOL_WAIT_S,
            configure=_configure,
            reset=None,
            # Gives up soon; the next request tries anew, so the service is back as soon as the database is.
            reconnect_timeout=1,
        )

    @staticmethod
    def _arguments(options: str) -> dict[str, Any]:
        return {
            "autocommit": True,
            "cursor_factory": AsyncRawCursor,
            "connect_timeout": _CONNECT_S,
            "options": options,
            "application_name": "counterfoil",
            # psycopg deallocates all statements, ours too, after a rollback of its own.
            "prepare_threshold": None,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        }

    async def _connect(self) -> Connection:
        return await PipelinedConnection.connect(self._database_url, **self._arguments(_SAFETY))

    @asynccontextmanager
    async def _session(
        self, pool: AsyncConnectionPool[Connection], begin: str, *, end_later: bool = False
    ) -> AsyncIterator[PostgresSession]:
        """Take a connection for one transaction, and roll back what is not committed at the end.

        With ``end_later`` the caller does not wait for the end, since there is nothing to undo.
        """
        replacements = iter(range(pool.max_size + 1))
        held: Connection | None = None

        async def replace() -> Connection:
            nonlocal held
            dead, held = held, None
            if dead is not None:
                await pool.putconn(dead)
            if next(replacements, None) is None:
                raise Unavailable
            held = await pool.getconn()
            return held

        with faults():
            held = await pool.getconn()
            session = PostgresSession(held, begin, replace, self._searches)
        try:
            yield session
        finally:
            if held is not None:
                ending = asyncio.ensure_future(_give_back(pool, held))
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)
                if not end_later:
                    await asyncio.shield(ending)


async def _give_back(pool: AsyncConnectionPool[Connection], connection: Connection) -> None:
    """End what is not committed and let others have the connection.

    Raises nothing: what was committed before must not look as if it had failed.
    """
    try:
        if not connection.closed and connection.info.transaction_status:
            await connection.exchange([("ROLLBACK", ())])
    except Exception:  # noqa: BLE001 -- a connection that cannot roll back is of no use; the server will
        await connection.close()
    finally:
        await pool.putconn(connection)


async def _configure(connection: Connection) -> None:
    # A server whose default gives up durability would lose acknowledged invoices.
    await connection.execute(_DURABLE)


async def _version(connection: Connection) -> int:
    cursor = await connection.execute("SELECT to_regclass('schema_version') IS NOT NULL")
    row = await cursor.fetchone()
    if row is None or not row[0]:
        return 0
    cursor = await connection.execute(schema.READ_VERSION)
    found = await cursor.fetchone()
    return int(found[0]) if found else 0

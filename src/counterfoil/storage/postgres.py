"""The engine for many processes: PostgreSQL through psycopg.

Two pools: writers, which find rows by key only and are told so, and readers, which may search. A write
locks the orders it is about with SELECT … FOR UPDATE in the transaction that writes them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import AsyncRawCursor, errors
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from counterfoil.ledger.faults import Busy, Conflict, Unavailable, Unknown
from counterfoil.ledger.ports import InvalidCondition, NameTaken
from counterfoil.storage import schema
from counterfoil.storage.postgres_pipeline import PipelinedConnection
from counterfoil.storage.postgres_writer import PostgresTransaction
from counterfoil.storage.reader import BookReader
from counterfoil.storage.rows import Row
from counterfoil.storage.session import Statement

Connection = PipelinedConnection

_LOCK_WAIT_MS = 5_000
_STATEMENT_MS = 15_000
_CONNECT_S = 5
_POOL_WAIT_S = 2.0
_MOST_AT_ONCE = 100
"""The most statements of one exchange: their answers must fit the socket while ours are still being sent."""

_MOST_WRITERS = 8
_MOST_READERS = 8
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
_ENDED_BY_SERVER = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.InvalidSqlStatementName,
    errors.LockNotAvailable,
    errors.QueryCanceled,
    errors.DiskFull,
    errors.OutOfMemory,
)
"""Errors that the server reports about a transaction: it did not commit."""

_MIGRATION_LOCK = 0x436F756E746572
"""Key of the lock that keeps two `migrate` runs apart ("Counter")."""


class PostgresSession:
    """One psycopg connection inside a transaction."""

    schema = schema.POSTGRES
    for_update = " FOR UPDATE"

    def __init__(
        self, connection: Connection, begin: str, replace: Callable[[], Awaitable[Connection]]
    ) -> None:
        """Make a session that begins with its first statement.

        Args:
            connection: a connection of a pool, perhaps dead by now.
            begin: the statement that begins the transaction.
            replace: gives another connection for a dead one.
        """
        self.connection = connection
        self._begin = begin
        self._replace = replace
        self._begun = False
        self._deferred: list[Statement] = []

    async def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a query and return all its rows."""
        with faults():
            await self._run_deferred()
            cursor = await self.connection.execute(_query(statement), parameters)
            return await cursor.fetchall()

    async def run(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement that returns nothing."""
        with faults():
            await self._run_deferred()
            await self.connection.execute(_query(statement), parameters)

    async def run_many(self, statement: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each set of parameters."""
        with faults():
            await self._run_deferred()
            await self.connection.cursor().executemany(_query(statement), parameters)

    async def several(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Run fixed queries in one round trip and return the rows of each."""
        with faults():
            if self._begun:
                await self._run_deferred()
                return await self._exchange(statements)
            while True:
                try:
                    found = await self._exchange([(self._begin, ()), *statements])
                except psycopg.OperationalError:
                    # Nothing was begun, so nothing is lost with a connection that has died in the pool.
                    if not self.connection.closed:
                        raise
                    self.connection = await self._replace()
                else:
                    self._begun = True
                    return found[1:]

    async def _exchange(self, statements: Sequence[Statement]) -> list[list[Row]]:
        return await self.connection.exchange([(_query(text), values) for text, values in statements])

    def defer(self, statement: str, parameters: Sequence[Any]) -> None:
        """Run a statement together with whatever comes next."""
        self._deferred.append((statement, parameters))

    async def commit(self) -> None:
        """Run what was deferred and commit, in one round trip. Raises `Unknown` if that cannot be told."""
        if len(self._deferred) > _MOST_AT_ONCE:
            with faults():
                await self._run_deferred()
        if not self._begun:
            return
        deferred, self._deferred = self._deferred, []
        try:
            await self._exchange([*deferred, ("COMMIT", ())])
            if self.connection.last_command != b"COMMIT":
                # The server rolls an aborted transaction back and calls that no error.
                raise Conflict
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if isinstance(error, _ENDED_BY_SERVER):
                with faults():
                    raise
            raise Unknown from error
        except psycopg.Error:
            with faults():
                raise

    async def _run_deferred(self) -> None:
        if not self._begun:
            await self.several(())
        deferred, self._deferred = self._deferred, []
        for start in range(0, len(deferred), _MOST_AT_ONCE):
            await self._exchange(deferred[start : start + _MOST_AT_ONCE])

    async def long_rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a query that may scan; the statement timeout bounds it."""
        try:
            return await self.rows(statement, parameters)
        except Busy as busy:
            raise Busy("The search takes too long. Please narrow it.") from busy
        except psycopg.DataError as error:
            # Only the server knows all that is wrong with a pattern or a number.
            raise InvalidCondition(str(error)) from error


@contextmanager
def faults() -> Iterator[None]:
    """Turn what PostgreSQL raises before a commit into our faults. All of them are definite."""
    try:
        yield
    except (errors.SerializationFailure, errors.DeadlockDetected, errors.InvalidSqlStatementName) as error:
        raise Conflict from error
    except (errors.LockNotAvailable, errors.QueryCanceled) as error:
        raise Busy from error
    except errors.UniqueViolation as error:
        if error.diag.constraint_name == "record_name":
            raise NameTaken(str(error)) from error
        raise Conflict from error
    except errors.DivisionByZero as error:
        raise Conflict from error
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        raise Unavailable from error
    except (errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege) as error:
        raise Unavailable from error


class PostgresEngine:
    """A database on a PostgreSQL server, 13 or later."""

    name = "postgres"

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._writers = self._pool(_SAFETY + _KEYED, _MOST_WRITERS)
        self._readers = self._pool(_SAFETY, _MOST_READERS)
        self._ending: set[asyncio.Future[None]] = set()

    async def open(self) -> None:
        """Connect and check the schema. Raises `Unavailable`, `DatabaseTooNew` or `DatabaseTooOld`."""
        with faults():
            async with await self._connect() as connection:
                found = await _version(connection)
        schema.check(found)
        for pool in (self._writers, self._readers):
            if pool.closed:
                await pool.open()

    async def migrate(self) -> list[int]:
        """Bring the schema up to date and return the versions that were applied. Raises `DatabaseTooNew`."""
        applied: list[int] = []
        with faults():
            async with await self._connect() as connection, connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", (_MIGRATION_LOCK,))
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
        return applied

    async def close(self) -> None:
        """Close every connection, those that are being given back too."""
        if self._ending:
            await asyncio.wait(self._ending)
        for pool in (self._writers, self._readers):
            if not pool.closed:
                await pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTransaction]:
        """Begin a writing transaction; leaving the block without `commit` rolls back."""
        async with self._session(self._writers, "BEGIN ISOLATION LEVEL READ COMMITTED") as session:
            yield PostgresTransaction(session)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[BookReader]:
        """Begin a consistent read: one snapshot for all its queries."""
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        async with self._session(self._readers, begin, end_later=True) as session:
            yield BookReader(session)

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
            reconnect_timeout=30,
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
            session = PostgresSession(held, begin, replace)
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


@lru_cache(maxsize=512)
def _query(statement: str) -> str:
    """Number our ``?`` as PostgreSQL's ``$1``. Statements are ours; values never become part of them."""
    first, *rest = statement.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, start=1))

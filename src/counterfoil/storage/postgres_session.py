"""One PostgreSQL connection inside a transaction, and what can go wrong with it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import errors
from psycopg_pool import PoolTimeout

from counterfoil.ledger.faults import Busy, Conflict, Unavailable, Unknown
from counterfoil.ledger.ports import NameTaken
from counterfoil.ledger.searching import InvalidCondition
from counterfoil.storage import schema
from counterfoil.storage.postgres_pipeline import PipelinedConnection
from counterfoil.storage.rows import Row
from counterfoil.storage.session import Statement

Connection = PipelinedConnection

_SEARCH_WAIT_S = 5.0

_MOST_AT_ONCE = 100
"""The most statements of one exchange: their answers must fit the socket while ours are still being sent."""

_FEW = 10
"""So many statements that wait can go along with others."""

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


class PostgresSession:
    """One psycopg connection inside a transaction."""

    schema = schema.POSTGRES
    for_update = " FOR UPDATE"

    def __init__(
        self,
        connection: Connection,
        begin: str,
        replace: Callable[[], Awaitable[Connection]],
        searches: asyncio.Semaphore,
    ) -> None:
        """Make a session that begins with its first statement.

        Args:
            connection: a connection of a pool, perhaps dead by now.
            begin: the statement that begins the transaction.
            replace: gives another connection for a dead one.
            searches: lets so many searches run at a time, that other readers find a connection.
        """
        self.connection = connection
        self._begin = begin
        self._replace = replace
        self._searches = searches
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
            if self._begun or len(self._deferred) > _FEW:
                await self._run_deferred()
                return await self._exchange(statements)
            deferred, self._deferred = self._deferred, []
            found = await self._begin_with([*deferred, *statements])
            return found[len(deferred) :]

    async def _begin_with(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Begin the transaction and run statements, in one round trip."""
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
        if self._deferred and (not self._begun or len(self._deferred) > _MOST_AT_ONCE):
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
            await self._begin_with(())
        deferred, self._deferred = self._deferred, []
        for start in range(0, len(deferred), _MOST_AT_ONCE):
            await self._exchange(deferred[start : start + _MOST_AT_ONCE])

    async def long_rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a query that may scan; the statement timeout bounds it, and few may run at a time."""
        try:
            async with asyncio.timeout(_SEARCH_WAIT_S):
                await self._searches.acquire()
        except TimeoutError:
            raise Busy("Too many searches are running.") from None
        try:
            return await self.rows(statement, parameters)
        except Busy as busy:
            raise Busy("The search takes too long. Please narrow it.") from busy
        except psycopg.DataError as error:
            # Only the server knows all that is wrong with a pattern or a number.
            raise InvalidCondition(str(error)) from error
        finally:
            self._searches.release()


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


@lru_cache(maxsize=512)
def _query(statement: str) -> str:
    """Number our ``?`` as PostgreSQL's ``$1``. Statements are ours; values never become part of them."""
    first, *rest = statement.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, start=1))

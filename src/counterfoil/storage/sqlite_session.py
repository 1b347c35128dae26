"""One SQLite connection inside a transaction, and what can go wrong with it."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, cast

import apsw
import regex

from counterfoil.ledger.faults import Busy, Conflict, Unavailable
from counterfoil.ledger.ports import NameTaken
from counterfoil.ledger.searching import InvalidCondition
from counterfoil.storage import schema
from counterfoil.storage.rows import Row
from counterfoil.storage.session import Statement

SEARCH_S = 10
"""A search that takes longer is stopped."""

_STEPS = 20_000
"""Steps of SQLite's machine between two looks at the clock."""

_STEPS_WITH_PATTERNS = 200
_REGEXP_S = 0.1

_MACHINE = (
    apsw.FullError,
    apsw.IOError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.PermissionsError,
    apsw.NoMemError,
)
"""Errors of the disk, the file or the memory."""


class SqliteSession:
    """One apsw connection inside a transaction."""

    schema = schema.SQLITE
    for_update = ""

    def __init__(self, connection: apsw.Connection, searches: Executor) -> None:
        """Make a session; ``searches`` runs what may scan."""
        self.connection = connection
        self._searches = searches

    async def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a query and return all its rows."""
        try:
            return cast("list[Row]", self.connection.execute(statement, tuple(parameters)).fetchall())
        except apsw.Error as error:
            raise as_fault(error) from error

    async def several(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Run queries and return the rows of each."""
        return [await self.rows(statement, parameters) for statement, parameters in statements]

    async def run(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement that returns nothing."""
        with faults():
            self.connection.execute(statement, tuple(parameters))

    async def run_many(self, statement: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each set of parameters."""
        with faults():
            self.connection.executemany(statement, [tuple(values) for values in parameters])

    async def long_rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a query in a thread, and stop it when it takes too long."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + SEARCH_S
        steps = _STEPS_WITH_PATTERNS if "REGEXP" in statement else _STEPS

        def run() -> list[Row]:
            self.connection.set_progress_handler(lambda: loop.time() > deadline_s, steps)
            try:
                return cast("list[Row]", self.connection.execute(statement, tuple(parameters)).fetchall())
            finally:
                self.connection.set_progress_handler(None)

        with faults():
            searching = loop.run_in_executor(self._searches, run)
            try:
                return await asyncio.shield(searching)
            except asyncio.CancelledError:
                self.connection.interrupt()
                await asyncio.wait([searching])  # the thread has the connection
                raise


@contextmanager
def faults() -> Iterator[None]:
    """Turn what SQLite raises into our faults. All of them are definite: nothing was committed."""
    try:
        yield
    except apsw.Error as error:
        raise as_fault(error) from error


def as_fault(error: apsw.Error) -> Exception:
    """Return our fault for an error of SQLite; the error itself if it is a bug of ours."""
    match error:
        case apsw.ConstraintError():
            return NameTaken(str(error)) if "record.name" in str(error) else Conflict()
        case apsw.BusyError() | apsw.LockedError():
            return Busy()
        case apsw.InterruptError():
            return Busy("The search takes too long. Please narrow it.")
        case _ if isinstance(error, _MACHINE):
            return Unavailable(f"{Unavailable.__doc__} ({error})")
        case _:
            return error


def regexp(*arguments: Any) -> bool:
    """SQL's REGEXP: pattern, text. A pattern that backtracks without end is stopped."""
    pattern, text = arguments
    if text is None:
        return False
    try:
        return regex.search(str(pattern), str(text), regex.IGNORECASE, timeout=_REGEXP_S) is not None
    except (regex.error, TimeoutError) as error:
        raise InvalidCondition("regexp") from error

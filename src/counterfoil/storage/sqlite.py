"""The embedded engine: SQLite through apsw, in WAL with full synchronisation.

One process serves a database file; a lock file keeps a second one away. Statements run in the event
loop: they take microseconds, and handing them to a thread would cost more than they do. Searches,
which may scan, run in a thread.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast

import apsw

from counterfoil.ledger.faults import Busy, Unavailable, Unknown
from counterfoil.storage import schema, terms
from counterfoil.storage.reader import BookReader
from counterfoil.storage.sqlite_session import SqliteSession, as_fault, faults, regexp
from counterfoil.storage.sqlite_writer import SqliteTransaction
from counterfoil.storage.totals import Totals

IN_MEMORY = ":memory:"
_PAUSE_S = 0.002
_BUSY_S = 5.0
_MOST_IDLE_READERS = 8
_MOST_READERS = 64
_MOST_SEARCHES = 4

_LARGE = 4
"""From this many commands on, a commit takes long enough to let the loop do something else meanwhile."""


class DatabaseInUse(Exception):
    """Another process serves this database file."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is in use by another counterfoil serve. Stop that one, or use another --database-url; "
            "for several processes on one database use PostgreSQL."
        )


class SqliteEngine:
    """A database in one file, or in memory for tests."""

    name = "sqlite"

    def __init__(self, path: str, *, exclusive: bool = False) -> None:
        """Make an engine over ``path``.

        Args:
            path: a file, created when missing, or `IN_MEMORY`.
            exclusive: true for a server, which then is the only one of its kind on the file.
        """
        self._path = path
        self._exclusive = exclusive
        self._lock_file: int | None = None
        self._writer: apsw.Connection | None = None
        self._writing = asyncio.Lock()
        self._readers = asyncio.Semaphore(_MOST_READERS)
        self._committer = ThreadPoolExecutor(1, "commit")
        self._searches = ThreadPoolExecutor(_MOST_SEARCHES, "search")
        self._idle: list[apsw.Connection] = []
        self._totals = Totals()
        self._lasting = True

    async def open(self) -> None:
        """Connect and check the schema. Raises `DatabaseInUse`, `DatabaseTooNew` or `DatabaseTooOld`."""
        if self._path != IN_MEMORY:
            self._make_file()
            if self._exclusive and self._lock_file is None:
                self._lock_out_others()
        if self._writer is None:
            self._writer = self._connect()
        schema.check(self._version())

    async def migrate(self) -> list[int]:
        """Bring the schema up to date and return the versions that were applied. Raises `DatabaseTooNew`."""
        if self._path != IN_MEMORY:
            self._make_file()
        if self._writer is None:
            self._writer = self._connect()
        applied: list[int] = []
        with faults():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                self._writer.execute(schema.CREATE_VERSION)
                found = self._version()
                if found > schema.LATEST:
                    raise schema.DatabaseTooNew(found)
                for version, steps in schema.statements(found, schema.SQLITE):
                    for step in steps:
                        self._writer.execute(step)
                    self._writer.execute(
                        "INSERT INTO schema_version VALUES (?, strftime('%Y-%m-%d %H:%M:%S', 'now'))",
                        (version,),
                    )
                    applied.append(version)
                if 0 < found < schema.TERMS:
                    await terms.fill(SqliteSession(self._writer, self._searches))
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")
        return applied

    async def close(self) -> None:
        """Close every connection and let other processes in."""
        for connection in (*self._idle, self._writer):
            if connection is not None:
                connection.close()
        self._idle.clear()
        self._writer = None
        self._committer.shutdown()
        self._searches.shutdown()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    @asynccontextmanager
    async def transaction(self, *, lasting: bool = True) -> AsyncIterator[SqliteTransaction]:
        """Begin a writing transaction; leaving the block without `commit` rolls back."""
        deadline_s = asyncio.get_running_loop().time() + _BUSY_S
        await _acquire(self._writing, deadline_s)
        try:
            connection = self._connected()
            if lasting != self._lasting:
                # NORMAL does not wait for the disk; FULL then waits for what was written before, too.
                connection.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
                self._lasting = lasting
            await _begin(connection, deadline_s)
            try:
                yield SqliteTransaction(SqliteSession(connection, self._searches), self._commit)
            finally:
                if connection.in_transaction:
                    with faults():
                        connection.execute("ROLLBACK")
        finally:
            self._writing.release()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[BookReader]:
        """Begin a consistent read, on a connection that nobody else uses meanwhile."""
        one = self._writing if self._path == IN_MEMORY else self._readers
        await _acquire(one, asyncio.get_running_loop().time() + _BUSY_S)
        try:
            if self._path == IN_MEMORY:
                yield BookReader(SqliteSession(self._connected(), self._searches), self._totals)
                return
            connection = self._idle.pop() if self._idle else self._connect(read_only=True)
            try:
                with faults():
                    connection.execute("BEGIN")
                yield BookReader(SqliteSession(connection, self._searches), self._totals)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if len(self._idle) < _MOST_IDLE_READERS and self._writer is not None:
                    self._idle.append(connection)
                else:
                    connection.close()
        finally:
            one.release()

    async def committed(self, order_id: int, command_id: str) -> bool:
        """Tell whether an interrupted transaction of ours took effect."""
        async with self.reading() as reader:
            entries = await reader.session.rows(
                "SELECT 1 FROM journal WHERE order_id = ? AND command_id = ? LIMIT 1", (order_id, command_id)
            )
        return bool(entries)

    async def _commit(self, commands: int) -> None:
        """Commit: alone at once, for a crowd in a thread, while the loop reads the next requests."""
        connection = self._connected()
        if commands < _LARGE:
            _commit(connection)
        else:
            done = asyncio.get_running_loop().run_in_executor(self._committer, _commit, connection)
            try:
                await asyncio.shield(done)
            except asyncio.CancelledError:
                await asyncio.wait([done])  # the thread has the connection
                raise

    def _connected(self) -> apsw.Connection:
        if self._writer is None:
            raise Unavailable
        return self._writer

    def _connect(self, *, read_only: bool = False) -> apsw.Connection:
        with faults():
            flags = (
                apsw.SQLITE_OPEN_READONLY
                if read_only
                else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
            )
            connection = apsw.Connection(self._path, flags=flags, statementcachesize=200)
            connection.create_scalar_function("regexp", regexp, 2, deterministic=True)
            connection.set_busy_timeout(int(_BUSY_S * 1000) if read_only else 0)
            if not read_only:
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
                # With NORMAL, commits that were acknowledged are lost when the power fails.
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA wal_autocheckpoint = 4000").fetchall()
            connection.execute("PRAGMA cache_size = -8000")
        return connection

    def _version(self) -> int:
        connection = self._connected()
        with faults():
            tables = connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'schema_version'"
            ).fetchall()
            found = connection.execute(schema.READ_VERSION).fetchall() if tables else [(0,)]
            return cast("int", found[0][0])

    def _make_file(self) -> None:
        """Make the folder and the file, unless they are there. Others may not read them: hashes are in it."""
        try:
            Path(self._path).parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                # Only ever a new file: closing one that SQLite has open would drop its locks.
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written: {error.strerror}.") from error

    def _lock_out_others(self) -> None:
        try:
            self._lock_file = os.open(
                f"{Path(self._path).resolve()}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        except OSError as error:
            raise Unavailable(f"{self._path}.lock cannot be written: {error.strerror}.") from error
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock_file)
            self._lock_file = None
            raise DatabaseInUse(self._path) from error


async def _acquire(one: asyncio.Lock | asyncio.Semaphore, deadline_s: float) -> None:
    """Take a lock, waiting no longer than ``deadline_s`` on the loop's clock. Raises `Busy`."""
    if not one.locked():
        await one.acquire()
        return
    try:
        async with asyncio.timeout_at(deadline_s):
            await one.acquire()
    except TimeoutError:
        raise Busy from None


async def _begin(connection: apsw.Connection, deadline_s: float) -> None:
    """Begin, waiting without holding up the loop while another program writes to the file."""
    while True:
        try:
            with faults():
                connection.execute("BEGIN IMMEDIATE")
            return
        except Busy:
            if asyncio.get_running_loop().time() > deadline_s:
                raise
            await asyncio.sleep(_PAUSE_S)


def _commit(connection: apsw.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except apsw.IOError as error:
        # The log may or may not have reached the disk.
        raise Unknown from error
    except apsw.Error as error:
        raise as_fault(error) from error

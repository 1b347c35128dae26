"""Several prepared statements in one round trip, on libpq's own pipeline mode.

psycopg's pipeline waits for the socket once per command, which costs more than the round trips it saves.
Here all commands are handed to libpq first, and then their results are awaited together.
"""

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Any

from psycopg import AsyncConnection, OperationalError, errors
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from counterfoil.storage.rows import Row
from counterfoil.storage.session import Statement

_numbers = count(1)

LONGEST_S = 25
"""Longer than the server's own limits on locks and statements; a commit has none."""

_MOST_PREPARED = 200
"""Statements beyond these are parsed each time. Ours are a few dozen."""


class PipelinedConnection(AsyncConnection[Row]):
    """A connection that can send several statements at once."""

    _names: dict[str, bytes]
    last_command: bytes | None = None
    """What the server says it did last: ``COMMIT``, ``ROLLBACK``, ``INSERT 0 1``."""

    async def exchange(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Run ``statements`` (with ``$1``, ``$2`` … for parameters) in one round trip; return their rows.

        The first error is raised, and no statement after it has run. If the connection is lost,
        OperationalError is raised, and what was committed cannot be told.
        """
        pgconn = self.pgconn
        names: dict[str, bytes] = self.__dict__.setdefault("_names", {})
        new: dict[str, bytes] = {}
        try:
            pgconn.enter_pipeline_mode()
            for statement, values in statements:
                _send(pgconn, statement, values, names=names, new=new)
            pgconn.pipeline_sync()
            async with asyncio.timeout(LONGEST_S):
                results = await _results(pgconn, len(statements) + len(new))
            pgconn.exit_pipeline_mode()
        except TimeoutError as silence:
            pgconn.finish()
            raise OperationalError("the server does not answer") from silence
        except BaseException:
            # Lost, or given up half-way: what else would come over it belongs to nobody.
            pgconn.finish()
            raise
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                error = errors.error_from_result(result)
                if isinstance(error, errors.InvalidSqlStatementName):
                    names.clear()  # somebody deallocated them; the next attempt prepares anew
                raise error
        names.update(new)
        self.last_command = results[-1].command_status
        transformer = Transformer(self)
        remaining = iter(results)
        found = []
        for statement, _ in statements:
            if new.pop(statement, None) is not None:
                next(remaining)  # of its preparation
            found.append(_rows(transformer, next(remaining)))
        return found


def _send(
    pgconn: PGconn, statement: str, values: Sequence[Any], *, names: dict[str, bytes], new: dict[str, bytes]
) -> None:
    """Hand a statement to libpq, to be prepared first if the connection does not know it."""
    parameters = [None if value is None else str(value).encode() for value in values]
    name = names.get(statement) or new.get(statement)
    if name is None and len(names) + len(new) >= _MOST_PREPARED:
        pgconn.send_query_params(statement.encode(), parameters)
        return
    if name is None:
        # Never the same name twice: an exchange that failed may have left it prepared.
        name = new[statement] = b"counterfoil_%d" % next(_numbers)
        pgconn.send_prepare(name, statement.encode())
    pgconn.send_query_prepared(name, parameters)


async def _results(pgconn: PGconn, count: int) -> list[PGresult]:
    """Return the results of everything that was sent."""
    while pgconn.flush():
        await _ready(pgconn.socket, to_write=True)
    results = [await _next_result(pgconn) for _ in range(count)]
    await _synchronised(pgconn)
    return results


async def _next_result(pgconn: PGconn) -> PGresult:
    """Return the next result; libpq puts an empty one behind each, which is taken away too."""
    await _received(pgconn)
    result = pgconn.get_result()
    if result is None or result.status == ExecStatus.PIPELINE_SYNC:
        raise OperationalError("the server ended the connection")
    await _received(pgconn)
    while pgconn.get_result() is not None:
        await _received(pgconn)
    return result


async def _synchronised(pgconn: PGconn) -> None:
    await _received(pgconn)
    result = pgconn.get_result()
    if result is None or result.status != ExecStatus.PIPELINE_SYNC:
        # All statements may well have been carried out before this.
        raise OperationalError("the server ended the connection")


async def _received(pgconn: PGconn) -> None:
    """Return when libpq can give the next result without waiting."""
    while pgconn.is_busy():
        await _ready(pgconn.socket)
        pgconn.consume_input()


async def _ready(socket: int, *, to_write: bool = False) -> None:
    """Return when the socket can be read from, or written to."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    if to_write:
        loop.add_writer(socket, _settle, ready)
    else:
        loop.add_reader(socket, _settle, ready)
    try:
        await ready
    finally:
        if to_write:
            loop.remove_writer(socket)
        else:
            loop.remove_reader(socket)


def _settle(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


def _rows(transformer: Any, result: PGresult) -> list[Row]:
    if result.status != ExecStatus.TUPLES_OK or not result.ntuples:
        return []
    transformer.set_pgresult(result)
    rows: list[Row] = transformer.load_rows(0, result.ntuples, tuple)
    return rows

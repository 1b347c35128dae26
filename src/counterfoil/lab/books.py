"""A judge of the books that knows the tables and nothing of the code that fills them.

A mark is taken before a measurement; afterwards the documents since the mark must be as many as answers of
success, numbered without a hole, and agree with the totals of every order they touch.
"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import apsw
import psycopg
from msgspec import Struct

from counterfoil.lab.faults import WrongBooks

Row = Sequence[object]


class Mark(Struct, frozen=True):
    """How far the books had come: invoices so far, the highest id and the highest number."""

    invoices: int
    last_id: int
    last_number: int


class Source(Protocol):
    """A connection to the books for reading. Statements run on both engines alike."""

    def rows(self, statement: str) -> list[Row]:
        """Return the rows of a statement that only reads."""

    def close(self) -> None:
        """Release the connection."""


class SqliteSource:
    """The books in a SQLite file, opened for reading beside the service."""

    def __init__(self, path: Path) -> None:
        self._database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        self._database.set_busy_timeout(10_000)

    def rows(self, statement: str) -> list[Row]:
        return list(self._database.execute(statement))

    def close(self) -> None:
        self._database.close()


class PostgresSource:
    """The books in PostgreSQL."""

    def __init__(self, uri: str) -> None:
        self._connection = psycopg.connect(uri, autocommit=True)

    def rows(self, statement: str) -> list[Row]:
        return list(self._connection.execute(statement.encode()))

    def close(self) -> None:
        self._connection.close()


def postgres_version(uri: str) -> str:
    """Return what the server is called, with a warning if its commits are not durable."""
    source = PostgresSource(uri)
    [(version, *settings)] = source.rows(
        "SELECT current_setting('server_version'), current_setting('fsync'),"
        " current_setting('synchronous_commit')"
    )
    source.close()
    return f"PostgreSQL {version}{' (NOT DURABLE)' if 'off' in settings else ''}"


def analyze(uri: str) -> None:
    """Have PostgreSQL look at its tables now, as it does by itself a minute after they were filled."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


_MARK = """
SELECT COUNT(*), COALESCE(MAX(entity_id), 0), COALESCE(MAX(CAST(increment_id AS BIGINT)), 0) FROM invoice
"""
_SINCE = """
SELECT COUNT(*), COUNT(DISTINCT increment_id), COALESCE(MIN(CAST(increment_id AS BIGINT)), 0),
       COALESCE(MAX(CAST(increment_id AS BIGINT)), 0)
FROM invoice WHERE entity_id > {last_id}
"""
_OUT_OF_ORDER = """
SELECT COUNT(*) FROM (
    SELECT entity_id - CAST(increment_id AS BIGINT) AS distance FROM invoice WHERE entity_id > {last_id}
    GROUP BY 1
) AS distances
"""
_WRONG_ROWS = """
WITH touched AS (SELECT DISTINCT order_id FROM invoice WHERE entity_id > {last_id})
SELECT item.order_id, item.item_id, item.qty_invoiced, said.qty
FROM order_item AS item LEFT JOIN (
    SELECT order_id, order_item_id, SUM(qty) AS qty, SUM(row_total) AS row_total, SUM(tax_amount) AS tax
    FROM invoice_item WHERE order_id IN (SELECT order_id FROM touched) GROUP BY order_id, order_item_id
) AS said ON said.order_id = item.order_id AND said.order_item_id = item.item_id
WHERE item.order_id IN (SELECT order_id FROM touched)
  AND (item.qty_invoiced <> COALESCE(said.qty, 0) OR item.row_invoiced <> COALESCE(said.row_total, 0)
       OR item.tax_invoiced <> COALESCE(said.tax, 0))
ORDER BY 1, 2 LIMIT 5
"""
_WRONG_HEADS = """
WITH touched AS (SELECT DISTINCT order_id FROM invoice WHERE entity_id > {last_id})
SELECT orders.entity_id, orders.invoice_count, said.documents, orders.total_invoiced, said.grand_total
FROM orders JOIN (
    SELECT order_id, COUNT(*) AS documents, SUM(grand_total) AS grand_total, SUM(total_qty) AS qty
    FROM invoice WHERE order_id IN (SELECT order_id FROM touched) GROUP BY order_id
) AS said ON said.order_id = orders.entity_id
WHERE orders.invoice_count <> said.documents OR orders.total_invoiced <> said.grand_total
   OR orders.total_paid <> said.grand_total
   OR orders.qty_to_invoice <> (SELECT SUM(qty_ordered) FROM order_item
                                WHERE order_item.order_id = orders.entity_id) - said.qty
ORDER BY 1 LIMIT 5
"""
_WRONG_JOURNALS = """
WITH touched AS (SELECT DISTINCT order_id FROM invoice WHERE entity_id > {last_id})
SELECT orders.entity_id, orders.version, told.entries, told.last
FROM orders JOIN (
    SELECT order_id, COUNT(*) AS entries, MAX(seq) AS last FROM journal
    WHERE order_id IN (SELECT order_id FROM touched) GROUP BY order_id
) AS told ON told.order_id = orders.entity_id
WHERE orders.version <> told.entries OR orders.version <> told.last
ORDER BY 1 LIMIT 5
"""


def integer(value: object) -> int:
    """Return a count as it came out of a database."""
    assert isinstance(value, int | Decimal), f"a count, not {value!r}"
    return int(value)


def mark(source: Source) -> Mark:
    """Return where the books stand."""
    [(invoices, last_id, last_number)] = source.rows(_MARK)
    return Mark(integer(invoices), integer(last_id), integer(last_number))


def check(source: Source, before: Mark, accepted: int) -> None:
    """Compare what was written since ``before`` with ``accepted`` answers of success.

    Raises `WrongBooks` with everything that does not agree.
    """
    wrong = [*_wrong_numbers(source, before, accepted), *_wrong_totals(source, before)]
    if wrong:
        raise WrongBooks("; ".join(wrong))


def _wrong_numbers(source: Source, before: Mark, accepted: int) -> list[str]:
    [row] = source.rows(_SINCE.format(last_id=before.last_id))
    written, distinct, lowest, highest = map(integer, row)
    wrong = []
    if written != accepted:
        wrong.append(f"{accepted} invoices were answered with success, {written} are in the books")
    if written and (
        distinct != written or lowest != before.last_number + 1 or highest != before.last_number + written
    ):
        wrong.append(
            f"{written} invoices carry {distinct} numbers from {lowest} to {highest},"
            f" after {before.last_number}: there is a hole or a repetition"
        )
    [(distances,)] = source.rows(_OUT_OF_ORDER.format(last_id=before.last_id))
    if integer(distances) > 1:
        wrong.append("numbers and ids of invoices do not run in the same order")
    return wrong


def _wrong_totals(source: Source, before: Mark) -> list[str]:
    wrong = []
    for what, statement in (
        ("order rows (order, item, stored, in documents)", _WRONG_ROWS),
        ("orders (id, stored invoices, documents, stored total, in documents)", _WRONG_HEADS),
        ("journals (order, version, entries, last)", _WRONG_JOURNALS),
    ):
        rows = source.rows(statement.format(last_id=before.last_id))
        if rows:
            wrong.append(f"{what} disagree: {[tuple(map(str, row)) for row in rows]}")
    return wrong

"""SQLite's own limit: the statements of one invoice in a tight loop within this process.

The same statements and tables as in PostgreSQL's limit, numbered without holes (in SQLite the writer is
alone, so a counter costs nothing more), in WAL mode with ``synchronous=FULL``: what is committed is on
disk. One commit for each invoice is what a service without batches could reach at best.
"""

from pathlib import Path

import apsw

from counterfoil.clock import Clock
from counterfoil.lab.figures import Rate, percentile

ORDERS = 2_000
LINES = 3
MAX_INVOICES = 5_000_000

_TABLES = """
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY, state TEXT NOT NULL, grand_total INTEGER NOT NULL,
    total_invoiced INTEGER NOT NULL, qty_to_invoice INTEGER NOT NULL, invoice_count INTEGER NOT NULL
);
CREATE TABLE order_item (
    order_id INTEGER NOT NULL, item_id INTEGER NOT NULL, qty_ordered INTEGER NOT NULL,
    qty_invoiced INTEGER NOT NULL, row_total INTEGER NOT NULL, row_invoiced INTEGER NOT NULL,
    tax_amount INTEGER NOT NULL, tax_invoiced INTEGER NOT NULL, PRIMARY KEY (order_id, item_id)
) WITHOUT ROWID;
CREATE TABLE invoice (
    invoice_id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, number INTEGER, grand_total INTEGER NOT NULL
);
CREATE TABLE invoice_item (
    invoice_id INTEGER NOT NULL, item_id INTEGER NOT NULL, qty INTEGER NOT NULL, row_total INTEGER NOT NULL,
    tax_amount INTEGER NOT NULL, PRIMARY KEY (invoice_id, item_id)
) WITHOUT ROWID;
CREATE TABLE journal (entry_id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE series (name TEXT PRIMARY KEY, next_value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO series VALUES ('invoice', 1);
"""

_JOURNAL_BODY = '{"type":"InvoiceIssued","qty":10000,"row_total":100000,"tax_amount":8375}'


class SqliteLimit:
    """The limit of SQLite on the file system of ``path``, which must not exist yet."""

    version = apsw.sqlite_lib_version()

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._database = apsw.Connection(str(path))
        self._invoices = 0
        for setting in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 4000"):
            self._database.execute(f"PRAGMA {setting}").fetchall()
        self._database.execute("BEGIN")
        self._database.execute(_TABLES)
        self._database.executemany(
            "INSERT INTO orders VALUES (?, 'new', 1000000000000, 0, 1000000000000, 0)",
            ((order,) for order in range(1, ORDERS + 1)),
        )
        self._database.executemany(
            "INSERT INTO order_item VALUES (?, ?, 1000000000000, 0, 1000000000000, 0, 1000000000000, 0)",
            ((order, line) for order in range(1, ORDERS + 1) for line in range(1, LINES + 1)),
        )
        self._database.execute("COMMIT")

    def close(self) -> None:
        """Release the file."""
        self._database.close()

    def measure(self, *, per_commit: int, seconds: float) -> Rate:
        """Issue invoices over different orders, ``per_commit`` to a transaction, for ``seconds``."""
        now_s = self._clock.monotonic_s
        begun = self._invoices
        started_s = before_s = now_s()
        commits: list[float] = []
        while before_s < started_s + seconds and self._invoices - begun < MAX_INVOICES:
            self._database.execute("BEGIN IMMEDIATE")
            for _ in range(per_commit):
                self._issue()
            self._database.execute("COMMIT")
            after_s = now_s()
            commits.append(after_s - before_s)
            before_s = after_s
        ordered = sorted(commits)
        return Rate(
            clients=1,
            per_s=(self._invoices - begun) / (before_s - started_s),
            mean_s=sum(ordered) / len(ordered),
            p50_s=percentile(ordered, 0.5),
            p99_s=percentile(ordered, 0.99),
            max_s=ordered[-1],
        )

    def _issue(self) -> None:
        execute = self._database.execute
        # A stride that shares no factor with the number of orders visits all of them, spread out.
        order = 1 + self._invoices * 769 % ORDERS
        line = 1 + self._invoices % LINES
        execute(
            "SELECT state, grand_total, total_invoiced, qty_to_invoice, invoice_count FROM orders"
            " WHERE order_id = ?",
            (order,),
        ).fetchall()
        execute(
            "SELECT item_id, qty_ordered, qty_invoiced, row_total, row_invoiced, tax_amount, tax_invoiced"
            " FROM order_item WHERE order_id = ?",
            (order,),
        ).fetchall()
        execute(
            "UPDATE orders SET state = 'processing', total_invoiced = total_invoiced + 108375,"
            " qty_to_invoice = qty_to_invoice - 10000, invoice_count = invoice_count + 1 WHERE order_id = ?",
            (order,),
        )
        execute(
            "UPDATE order_item SET qty_invoiced = qty_invoiced + 10000, row_invoiced = row_invoiced + 100000,"
            " tax_invoiced = tax_invoiced + 8375 WHERE order_id = ? AND item_id = ?",
            (order, line),
        )
        [(number,)] = execute(
            "UPDATE series SET next_value = next_value + 1 WHERE name = 'invoice' RETURNING next_value - 1"
        ).fetchall()
        execute("INSERT INTO invoice (order_id, number, grand_total) VALUES (?, ?, 108375)", (order, number))
        execute(
            "INSERT INTO invoice_item VALUES (?, ?, 10000, 100000, 8375)",
            (self._database.last_insert_rowid(), line),
        )
        execute("INSERT INTO journal (order_id, body) VALUES (?, ?)", (order, _JOURNAL_BODY))
        self._invoices += 1

"""PostgreSQL's own limit: the least that an invoice can cost there, driven by pgbench.

One transaction reads the order under lock and its items, updates both, inserts invoice, invoice item and
journal entry, and commits durably; statements are prepared and values are made up in pgbench. The tables
are as narrow as can be and lie in a schema of their own beside the service's, on the same server with the
same settings. Without pgbench a few Python processes do the same, which is less than the
database could do.
"""

import re
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import psycopg
from msgspec import Struct

from counterfoil.clock import Clock
from counterfoil.lab.faults import CannotMeasure
from counterfoil.lab.figures import Rate
from counterfoil.lab.postgres_server import find_pgbench

ORDERS = 2_000
LINES = 3
THREADS = 2
"""Threads of pgbench, one for each core of the machine that the targets were set on."""

MAX_PROCESSES = 8

_TABLES = """
DROP SCHEMA IF EXISTS counterfoil_bench_limit CASCADE;
CREATE SCHEMA counterfoil_bench_limit;
SET search_path = counterfoil_bench_limit;
CREATE TABLE orders (
    order_id BIGINT PRIMARY KEY, state TEXT NOT NULL, grand_total BIGINT NOT NULL,
    total_invoiced BIGINT NOT NULL, qty_to_invoice BIGINT NOT NULL, invoice_count BIGINT NOT NULL
) WITH (fillfactor = 70);
CREATE TABLE order_item (
    order_id BIGINT NOT NULL, item_id BIGINT NOT NULL, qty_ordered BIGINT NOT NULL,
    qty_invoiced BIGINT NOT NULL, row_total BIGINT NOT NULL, row_invoiced BIGINT NOT NULL,
    tax_amount BIGINT NOT NULL, tax_invoiced BIGINT NOT NULL, PRIMARY KEY (order_id, item_id)
) WITH (fillfactor = 70);
CREATE TABLE invoice (
    invoice_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id BIGINT NOT NULL,
    number BIGINT, grand_total BIGINT NOT NULL
);
CREATE TABLE invoice_item (
    invoice_id BIGINT NOT NULL, item_id BIGINT NOT NULL, qty BIGINT NOT NULL, row_total BIGINT NOT NULL,
    tax_amount BIGINT NOT NULL, PRIMARY KEY (invoice_id, item_id)
);
CREATE TABLE journal (
    entry_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id BIGINT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE series (name TEXT PRIMARY KEY, next_value BIGINT NOT NULL) WITH (fillfactor = 10);
INSERT INTO series VALUES ('invoice', 1);
INSERT INTO orders SELECT n, 'new', 1000000000000, 0, 1000000000000, 0 FROM generate_series(1, 2000) n;
INSERT INTO order_item SELECT n, line, 1000000000000, 0, 1000000000000, 0, 1000000000000, 0
    FROM generate_series(1, 2000) n, generate_series(1, 3) line;
ANALYZE orders, order_item;
"""

_INVOICE = r"""BEGIN;
SELECT state, grand_total, total_invoiced, qty_to_invoice, invoice_count
  FROM orders WHERE order_id = :order FOR UPDATE;
SELECT item_id, qty_ordered, qty_invoiced, row_total, row_invoiced, tax_amount, tax_invoiced
  FROM order_item WHERE order_id = :order;
UPDATE orders SET state = 'processing', total_invoiced = total_invoiced + 108375,
  qty_to_invoice = qty_to_invoice - 10000, invoice_count = invoice_count + 1 WHERE order_id = :order;
UPDATE order_item SET qty_invoiced = qty_invoiced + 10000, row_invoiced = row_invoiced + 100000,
  tax_invoiced = tax_invoiced + 8375 WHERE order_id = :order AND item_id = :line;
{counter}INSERT INTO invoice (order_id, number, grand_total) VALUES (:order, {number}, 108375)
  RETURNING invoice_id AS invoice \gset
INSERT INTO invoice_item (invoice_id, item_id, qty, row_total, tax_amount)
  VALUES (:invoice, :line, 10000, 100000, 8375);
INSERT INTO journal (order_id, body)
  VALUES (:order, '{"type":"InvoiceIssued","qty":10000,"row_total":100000,"tax_amount":8375}');
COMMIT;
"""

_COUNTER = r"""UPDATE series SET next_value = next_value + 1 WHERE name = 'invoice'
  RETURNING next_value - 1 AS number \gset
"""


class Variant(StrEnum):
    """Which orders the clients work on, and whether invoices are numbered without holes."""

    DIFFERENT = "different"
    NUMBERED = "numbered"
    HOT = "hot"


def script(variant: Variant) -> str:
    """Return the pgbench script of one invoice."""
    orders = 1 if variant is Variant.HOT else ORDERS
    numbered = variant is Variant.NUMBERED
    statements = _INVOICE.replace("{counter}", _COUNTER if numbered else "")
    statements = statements.replace("{number}", ":number" if numbered else "NULL")
    return f"\\set order random(1, {orders})\n\\set line random(1, {LINES})\n{statements}"


def parse_pgbench(output: str, clients: int) -> Rate:
    """Read pgbench's summary. Raises CannotMeasure if it has no figures or transactions failed."""
    tps = re.search(r"^tps = ([\d.]+) \(without initial connection time\)", output, re.MULTILINE)
    latency = re.search(r"^latency average = ([\d.]+) ms", output, re.MULTILINE)
    failed = re.search(r"^number of failed transactions: (\d+)", output, re.MULTILINE)
    if tps is None or latency is None:
        raise CannotMeasure(f"pgbench gave no figures: {output.strip()[-2000:]}")
    if failed is not None and int(failed[1]):
        raise CannotMeasure(f"pgbench: {failed[1]} transactions failed")
    return Rate(clients=clients, per_s=float(tps[1]), mean_s=float(latency[1]) / 1000)


class PostgresLimit:
    """The limit of the server at ``uri``, in a schema made by `prepare`.

    ``pgbench`` is the program that is used, None if this machine has none.
    """

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self.pgbench = find_pgbench()

    def prepare(self) -> None:
        """Make the tables anew."""
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(_TABLES)

    def measure(self, variant: Variant, clients: int, seconds: int) -> Rate:
        """Run ``clients`` closed loops for ``seconds`` (whole seconds, as pgbench wants them)."""
        if self.pgbench is None:
            return self._by_processes(variant, clients, seconds)
        with TemporaryDirectory(prefix="counterfoil-pgbench-") as directory:
            path = Path(directory) / "invoice.sql"
            path.write_text(script(variant), encoding="utf-8")
            done = subprocess.run(
                [self.pgbench, "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(THREADS, clients)),
                 "-T", str(seconds), "-f", path, self._with_search_path()],
                capture_output=True,
                text=True,
                check=False,
                timeout=seconds + 60,
            )  # fmt: skip
        if done.returncode != 0:
            raise CannotMeasure(f"pgbench failed: {done.stderr.strip()[-2000:]}")
        return parse_pgbench(done.stdout, clients)

    def _with_search_path(self) -> str:
        joint = "&" if "?" in self._uri else "?"
        return f"{self._uri}{joint}options=-csearch_path%3Dcounterfoil_bench_limit"

    def _by_processes(self, variant: Variant, clients: int, seconds: int) -> Rate:
        task = _Task(self._with_search_path(), variant, seconds)
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "counterfoil.lab.limit_postgres"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for _ in range(min(clients, MAX_PROCESSES))
        ]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode(task))
            process.stdin.close()
        done = 0
        for process in processes:
            assert process.stdout is not None
            answer = process.stdout.read()
            if process.wait(timeout=60) != 0:
                raise CannotMeasure("a process that measures the database failed")
            done += msgspec.json.decode(answer, type=int)
        per_s = done / seconds
        return Rate(clients=len(processes), per_s=per_s, mean_s=len(processes) / per_s)


class _Task(Struct, frozen=True):
    uri: str
    variant: Variant
    seconds: int


def statements(variant: Variant) -> list[str]:
    """Return the statements between BEGIN and COMMIT with psycopg's placeholders."""
    body = script(variant).split("BEGIN;\n")[1].removesuffix("COMMIT;\n")
    found = [statement.strip() for statement in re.split(r";\n| \\gset\n", body)]
    return [re.sub(r"(?<![\w\"]):([a-z]+)\b", r"%(\1)s", statement) for statement in found if statement]


def loop(task: "_Task", clock: Clock) -> int:
    """Issue invoices one after another on one connection until the time is up; return how many."""
    values: dict[str, object] = {}
    done = 0
    body = statements(task.variant)
    orders = 1 if task.variant is Variant.HOT else ORDERS
    with psycopg.connect(task.uri, autocommit=True, prepare_threshold=0) as connection:
        until_s = clock.monotonic_s() + task.seconds
        while clock.monotonic_s() < until_s:
            values["order"] = 1 + int(clock.jitter(orders - 1))
            values["line"] = 1 + done % LINES
            with connection.transaction(), connection.cursor() as cursor:
                for statement in body:
                    cursor.execute(statement, values)
                    _keep_named(cursor, values)
            done += 1
    return done


def _keep_named(cursor: "psycopg.Cursor[tuple[object, ...]]", values: dict[str, object]) -> None:
    r"""Do what pgbench's ``\gset`` does for the columns that later statements use."""
    if cursor.description and cursor.description[0].name in {"number", "invoice"}:
        row = cursor.fetchone()
        assert row is not None
        values[cursor.description[0].name] = row[0]


if __name__ == "__main__":
    sys.stdout.write(str(loop(msgspec.json.decode(sys.stdin.buffer.read(), type=_Task), Clock())))

"""The databases' own limits: scripts, what pgbench says, and a tiny run on SQLite."""

from pathlib import Path

import apsw
import pytest

from counterfoil.clock import Clock
from counterfoil.lab.faults import CannotMeasure
from counterfoil.lab.limit_postgres import Variant, parse_pgbench, script, statements
from counterfoil.lab.limit_sqlite import SqliteLimit
from counterfoil.lab.postgres_server import with_database

SAID = """pgbench (15.18 (Debian 15.18-0+deb12u1))
transaction type: /tmp/x.sql
scaling factor: 1
query mode: prepared
number of clients: 32
number of threads: 2
maximum number of tries: 1
duration: 2 s
number of transactions actually processed: 11240
number of failed transactions: {failed} (0.000%)
latency average = 5.728 ms
initial connection time = 55.1 ms
tps = 5586.959183 (without initial connection time)
"""


def test_pgbench_is_read_in_seconds_and_transactions_per_second() -> None:
    rate = parse_pgbench(SAID.format(failed=0), 32)

    assert (rate.clients, rate.per_s, rate.p99_s) == (32, 5586.959183, None)
    assert rate.mean_s == pytest.approx(0.005728)


@pytest.mark.parametrize("said", ["", "pgbench: error: connection failed", SAID.format(failed=3)])
def test_a_pgbench_that_failed_gives_no_figures(said: str) -> None:
    with pytest.raises(CannotMeasure, match="pgbench"):
        parse_pgbench(said, 32)


@pytest.mark.parametrize(
    "variant,orders,numbered", [("different", 2000, False), ("numbered", 2000, True), ("hot", 1, False)]
)
def test_the_script_is_one_whole_invoice(variant: str, orders: int, numbered: bool) -> None:
    text = script(Variant(variant))

    assert f"\\set order random(1, {orders})\n" in text
    assert ("UPDATE series" in text) is numbered
    assert "{" not in text.replace('{"type"', "")
    assert [statement.split()[0] for statement in statements(Variant(variant))] == [
        "SELECT",
        "SELECT",
        "UPDATE",
        "UPDATE",
        *(["UPDATE"] if numbered else []),
        "INSERT",
        "INSERT",
        "INSERT",
    ]


def test_statements_for_psycopg_name_their_values_and_leave_json_alone() -> None:
    *_, journal = statements(Variant.NUMBERED)

    assert "VALUES (%(order)s, " in journal
    assert '"qty":10000' in journal


@pytest.mark.parametrize("per_commit", [1, 32])
def test_sqlite_issues_invoices_with_consecutive_numbers(tmp_path: Path, per_commit: int) -> None:
    limit = SqliteLimit(tmp_path / "limit.db", Clock())

    rate = limit.measure(per_commit=per_commit, seconds=0.05)
    limit.close()

    database = apsw.Connection(str(tmp_path / "limit.db"))
    [(invoices, numbers, highest)] = database.execute(
        "SELECT COUNT(*), COUNT(DISTINCT number), MAX(number) FROM invoice"
    )
    [(invoiced,)] = database.execute("SELECT SUM(qty_invoiced) FROM order_item")
    assert invoices == numbers == highest == invoiced // 10_000
    assert invoices % per_commit == 0
    assert rate.per_s > 0


@pytest.mark.parametrize(
    "uri,expected",
    [
        ("postgresql://postgres@/postgres?host=/tmp/x", "postgresql://postgres@/bench?host=/tmp/x"),
        (
            "postgresql://ann:secret@db.example.com:5433/shop",
            "postgresql://ann:secret@db.example.com:5433/bench",
        ),
        ("postgres://localhost", "postgres://localhost/bench"),
    ],
)
def test_another_database_on_the_same_server(uri: str, expected: str) -> None:
    assert with_database(uri, "bench") == expected


def test_a_connection_string_that_is_no_uri_is_refused() -> None:
    with pytest.raises(CannotMeasure, match="postgresql://USER@HOST/NAME"):
        with_database("host=localhost dbname=shop", "bench")

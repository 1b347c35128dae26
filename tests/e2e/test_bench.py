"""``counterfoil bench`` from the command line to the figures, on a service of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.postgres import Server

TINY = ["--quick", "--seconds", "0.3", "--connections", "2", "--list-sizes", "1000,2000"]


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "counterfoil.cli", "bench", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


SERVICE = {
    ("counterfoil", "different orders", 2),
    ("counterfoil", "one order", 2),
    ("counterfoil", "VTEX invoices, different orders", 2),
    ("counterfoil", "VTEX invoices, one order", 2),
    ("counterfoil", "VTEX Changes, asked for until done", 32),
    ("counterfoil", "events of a feed, read and committed", 8),
    ("counterfoil", "notices to a hook, beside the invoices", 1),
    ("counterfoil", "a notice to a hook, from the commit on", 1),
    ("counterfoil", "first partial invoice", 1),
    ("counterfoil", "1 000th partial invoice", 1),
    ("counterfoil", "1 line of 3", 1),
    ("counterfoil", "1 line of 5 000", 1),
    ("counterfoil", "reading other orders beside 128 clients on one", 4),
    ("counterfoil", "reading orders of 3 lines", 32),
    ("counterfoil", "invoices, shipments, reads, refunds", 32),
}
SQLITE_LIMIT = {("loop in process", "one commit each", 1), ("loop in process", "32 per commit", 1)}


@pytest.mark.timeout(300)
def test_a_tiny_bench_measures_both_engines_and_finds_the_books_right(
    tmp_path: Path, postgres_server: Server
) -> None:
    done = bench("--postgres-dsn", postgres_server.url, *TINY, "--json", "-", "--directory", str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("The books agree") == 2
    postgres, sqlite = json.loads(done.stdout)["engines"]
    for engine in (postgres, sqlite):
        outcome = engine["run"]["outcome"]
        assert all(line["rate"]["per_s"] > 0 for line in outcome["measured"])
        assert measured(engine) >= SERVICE
        assert outcome["invoices"] > 1_000
        assert 0 < outcome["waiting"]["together"] <= outcome["waiting"]["invoices"] == 200
        assert outcome["waiting"]["last_s"] < 10
        pages = {
            line["title"]: [times["total"] for times in line["times"]] for line in engine["run"]["lists"]
        }
        assert pages["all orders"] == [1_000, 2_000]
        assert len(pages) > 15
    assert measured(sqlite) == SERVICE | SQLITE_LIMIT
    works = {(work, clients) for subject, work, clients in measured(postgres) if subject != "counterfoil"}
    assert {"without numbers", "with a counter row", "one row"} == {work for work, _ in works}
    assert {grades(sqlite)["sqlite_loop"], grades(postgres)["postgres_numbered"]} == {
        "not judged"  # there was no run with 32 connections
    }
    assert list(tmp_path.iterdir()) == []
    with psycopg.connect(postgres_server.url) as connection:
        left = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'counterfoil_bench_%'")
        assert left.fetchall() == []


def measured(engine: dict[str, Any]) -> set[tuple[str, str, int]]:
    lines = engine["run"]["outcome"]["measured"]
    return {(line["subject"], line["work"], line["rate"]["clients"]) for line in lines}


def grades(engine: dict[str, Any]) -> dict[str, str]:
    return {verdict["target"]["name"]: verdict["grade"] for verdict in engine["verdicts"]}


def test_what_cannot_be_measured_is_refused_in_words() -> None:
    done = bench("--connections", "1,many")

    assert done.returncode == 2
    assert "--connections is a list like 1,8,32" in done.stderr


def test_a_server_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    done = bench(
        "--engine", "postgres", *TINY, "--directory", str(tmp_path),
        "--postgres-dsn", f"postgresql://nobody@/nothing?host={tmp_path}",
    )  # fmt: skip

    assert done.returncode == 1
    assert "PostgreSQL: " in done.stderr
    assert "Traceback" not in done.stderr


def test_help_has_examples() -> None:
    done = bench("--help")

    assert done.returncode == 0
    assert "counterfoil bench --quick" in done.stdout

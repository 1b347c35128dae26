"""``counterfoil bench`` from the command line to the figures, on a service of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TINY = ["--quick", "--seconds", "0.3", "--connections", "1,4"]


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "counterfoil.cli", "bench", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.mark.timeout(120)
def test_a_tiny_bench_measures_invoices_and_finds_the_books_right(tmp_path: Path) -> None:
    done = bench("--engine", "sqlite", *TINY, "--json", "-", "--directory", str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "The books agree" in done.stderr
    [engine] = json.loads(done.stdout)["engines"]
    outcome = engine["run"]["outcome"]
    measured = {(line["subject"], line["work"], line["rate"]["clients"]) for line in outcome["measured"]}
    assert {
        ("counterfoil", "different orders", 1),
        ("counterfoil", "different orders", 4),
        ("counterfoil", "one order", 1),
        ("counterfoil", "one order", 4),
        ("loop in process", "one commit each", 1),
        ("loop in process", "32 per commit", 1),
        ("counterfoil", "first partial invoice", 1),
        ("counterfoil", "1 000th partial invoice", 1),
        ("counterfoil", "1 line of 3", 1),
        ("counterfoil", "1 line of 5 000", 1),
        ("counterfoil", "reading other orders beside 128 clients on one", 4),
    } == measured
    assert all(line["rate"]["per_s"] > 0 for line in outcome["measured"])
    assert outcome["invoices"] > 1_000
    assert {verdict["target"]["name"]: verdict["grade"] for verdict in engine["verdicts"]}[
        "sqlite_loop"
    ] == "not judged"  # there was no run with 32 connections
    assert list(tmp_path.iterdir()) == []


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

"""Verdicts: thresholds from both sides, and which figures each target is judged by."""

import pytest

from counterfoil.lab import targets
from counterfoil.lab.figures import Rate
from counterfoil.lab.findings import (
    DIFFERENT,
    FEED,
    FEED_READERS,
    FIRST,
    GETS,
    HOOK_IDLE,
    LONG,
    LOOP,
    NUMBERED,
    ONE,
    ONE_EACH,
    ONE_ROW,
    PGBENCH,
    PROCESSES,
    READERS,
    READS,
    SERVICE,
    SHORT,
    THOUSANDTH,
    TOLD,
    TOLD_ONE,
    UNNUMBERED,
    EngineRun,
    Measured,
    Outcome,
    PageLine,
    PageTimes,
)
from counterfoil.lab.serving import Memory
from counterfoil.lab.targets import Grade, Verdict, verdict
from counterfoil.lab.verdicts import verdicts


@pytest.mark.parametrize(
    "value,grade",
    [(4.0, Grade.AIM), (3.99, Grade.MUST), (2.0, Grade.MUST), (1.99, Grade.MISSED), (0.0, Grade.MISSED)],
)
def test_a_ratio_is_good_above_its_thresholds(value: float, grade: Grade) -> None:
    assert targets.NUMBERED.grade(value) is grade


@pytest.mark.parametrize(
    "value,grade",
    [(25.0, Grade.AIM), (25.1, Grade.MUST), (60.0, Grade.MUST), (60.1, Grade.MISSED), (0.0, Grade.AIM)],
)
def test_a_time_is_good_below_its_thresholds(value: float, grade: Grade) -> None:
    assert targets.P99.grade(value) is grade


def test_thresholds_are_printed_with_their_side_and_unit() -> None:
    assert targets.UNNUMBERED.bound(0.7) == "≥ 0.7×"
    assert targets.MEMORY.bound(150) == "≤ 150 MB"


def test_what_was_not_measured_is_not_judged() -> None:
    assert verdict(targets.P99, None, "").grade is Grade.NOT_JUDGED


def rate(
    clients: int, per_s: float, *, mean_s: float = 0.001, p50_s: float | None = None, p99_s: float = 0.01
) -> Rate:
    return Rate(clients=clients, per_s=per_s, mean_s=mean_s, p50_s=p50_s or mean_s, p99_s=p99_s)


def run(engine: str, limit_name: str, *measured: Measured) -> dict[str, Verdict]:
    outcome = Outcome(list(measured), invoices=1, memory=Memory(now_mb=70, highest_mb=95))
    found = verdicts(EngineRun(engine, "a database", limit_name, outcome))
    return {each.target.name: each for each in found}


POSTGRES_LINES = (
    Measured(SERVICE, DIFFERENT, rate(1, 800, mean_s=0.0012)),
    Measured(SERVICE, DIFFERENT, rate(32, 6000, p99_s=0.03)),
    Measured(SERVICE, ONE, rate(32, 6000)),
    Measured(PGBENCH, NUMBERED, rate(1, 1000, mean_s=0.001)),
    Measured(PGBENCH, NUMBERED, rate(32, 1200)),
    Measured(PGBENCH, UNNUMBERED, rate(32, 5000)),
    Measured(PGBENCH, ONE_ROW, rate(32, 3000)),
)


def test_postgres_is_judged_beside_pgbench_with_as_many_clients() -> None:
    found = run("postgres", PGBENCH, *POSTGRES_LINES)

    assert {
        name: (each.value, each.grade) for name, each in found.items() if name.startswith("postgres")
    } == {
        "postgres_numbered": (5.0, Grade.AIM),
        "postgres_unnumbered": (1.2, Grade.MUST),
        "postgres_hot": (2.0, Grade.MISSED),
        "postgres_alone": (pytest.approx(1.2), Grade.AIM),
    }
    assert found["postgres_numbered"].based_on == "6,000 ÷ 1,200 a second"
    assert (found["p99_ms"].value, found["p99_ms"].grade) == (30.0, Grade.MUST)
    assert (found["memory_mb"].value, found["memory_mb"].grade) == (95, Grade.MUST)


def test_a_limit_without_pgbench_is_shown_and_not_judged() -> None:
    lines = [
        Measured(each.subject.replace(PGBENCH, PROCESSES), each.work, each.rate) for each in POSTGRES_LINES
    ]

    found = run("postgres", PROCESSES, *lines)

    assert found["postgres_numbered"].value == 5.0
    assert {found[name].grade for name in found if name.startswith("postgres")} == {Grade.NOT_JUDGED}


def test_sqlite_is_judged_beside_the_loop_with_one_commit_each() -> None:
    found = run(
        "sqlite",
        LOOP,
        Measured(SERVICE, DIFFERENT, rate(32, 9000)),
        Measured(LOOP, ONE_EACH, rate(1, 5000)),
    )

    assert (found["sqlite_loop"].value, found["sqlite_loop"].grade) == (1.8, Grade.AIM)
    assert "postgres_numbered" not in found


def test_vtex_invoices_are_judged_by_the_same_bars() -> None:
    postgres = run(
        "postgres",
        PGBENCH,
        *POSTGRES_LINES,
        Measured(SERVICE, TOLD, rate(32, 3600)),
        Measured(SERVICE, TOLD_ONE, rate(32, 6000)),
    )
    sqlite = run(
        "sqlite", LOOP, Measured(SERVICE, TOLD, rate(32, 5000)), Measured(LOOP, ONE_EACH, rate(1, 5000))
    )

    assert (postgres["vtex_postgres_numbered"].value, postgres["vtex_postgres_numbered"].grade) == (
        3.0,
        Grade.MUST,
    )
    assert (postgres["vtex_postgres_hot"].value, postgres["vtex_postgres_hot"].grade) == (2.0, Grade.MISSED)
    assert (sqlite["vtex_sqlite_loop"].value, sqlite["vtex_sqlite_loop"].grade) == (1.0, Grade.MUST)


def test_comparisons_are_of_typical_requests() -> None:
    found = run(
        "sqlite",
        LOOP,
        Measured(SERVICE, FIRST, rate(1, 1, p50_s=0.001, mean_s=0.005)),
        Measured(SERVICE, THOUSANDTH, rate(1, 1, p50_s=0.0012)),
        Measured(SERVICE, SHORT, rate(1, 1, p50_s=0.001)),
        Measured(SERVICE, LONG, rate(1, 1, p50_s=0.004)),
        Measured(SERVICE, READS, rate(READERS, 100, p99_s=0.019)),
    )

    judged = {name: found[name] for name in ("thousandth", "lines", "reads_p99_ms")}
    assert [each.value for each in judged.values()] == pytest.approx([1.2, 4.0, 19.0])
    assert [each.grade for each in judged.values()] == [Grade.MUST, Grade.MISSED, Grade.AIM]
    assert found["sqlite_loop"].grade is Grade.NOT_JUDGED


def test_gets_are_judged_by_how_many_there_are_in_a_second() -> None:
    found = run("sqlite", LOOP, Measured(SERVICE, GETS, rate(32, 1600, p99_s=0.02)))

    assert (found["gets_per_s"].value, found["gets_per_s"].grade) == (1600, Grade.MUST)
    assert "lists" not in found


def test_feeds_are_judged_by_their_rate_and_hooks_by_the_time_from_the_commit_on() -> None:
    found = run(
        "sqlite",
        LOOP,
        Measured(SERVICE, FEED, rate(FEED_READERS, 1_999)),
        Measured(SERVICE, HOOK_IDLE, rate(1, 20, p99_s=0.2)),
    )

    assert (found["feed_per_s"].value, found["feed_per_s"].grade) == (1_999, Grade.MISSED)
    assert (found["hook_p99_ms"].value, found["hook_p99_ms"].grade) == (200, Grade.MUST)


def page(title: str, small_s: float, large_s: float, *, judged: bool = True) -> PageLine:
    return PageLine(title, judged, [PageTimes(1000, 9, 1.0, small_s), PageTimes(9000, 99, 1.0, large_s)])


def test_lists_are_judged_by_the_worst_page_that_is_to_cost_the_same() -> None:
    lines = [
        page("all", 0.010, 0.010),
        page("changed", 0.010, 0.014),
        page("by total", 0.010, 0.3, judged=False),
    ]
    found = verdicts(EngineRun("sqlite", "a database", LOOP, Outcome([], 1, None), lines))

    [worst] = [each for each in found if each.target is targets.LISTS]
    assert worst.value == pytest.approx(1.4)
    assert worst.grade is Grade.MUST
    assert worst.based_on == "changed: 14.00 ms ÷ 10.00 ms"

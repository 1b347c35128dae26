"""The report: what people read, and what programs read."""

import io

import msgspec
from rich.console import Console

from counterfoil.lab.figures import Rate
from counterfoil.lab.findings import (
    CHANGES,
    DIFFERENT,
    FIRST,
    LOOP,
    ONE_EACH,
    SERVICE,
    SQLITE,
    EngineRun,
    Machine,
    Measured,
    Outcome,
    PageLine,
    PageTimes,
    Scale,
    Waiting,
)
from counterfoil.lab.report import BenchReport, as_json, bench_report, show
from counterfoil.lab.serving import Memory

SCALE = Scale(connections=(1, 32), rounds=1)
MACHINE = Machine("Linux", processors=2, python="3.11", fdatasync_s=0.0001, load=0.1)


def rate(clients: int, per_s: float, processor_s: float | None = None) -> Rate:
    return Rate(clients, per_s, mean_s=0.002, p50_s=0.0015, p99_s=0.012, max_s=0.5, processor_s=processor_s)


def report(machine: Machine = MACHINE) -> BenchReport:
    measured = [
        Measured(SERVICE, DIFFERENT, rate(1, 900, 0.0003)),
        Measured(SERVICE, DIFFERENT, rate(32, 8888, 0.0001)),
        Measured(LOOP, ONE_EACH, Rate(1, 5555, mean_s=0.00018)),
        Measured(SERVICE, FIRST, rate(1, 400)),
        Measured(SERVICE, CHANGES, rate(32, 250)),
    ]
    waiting = Waiting(invoices=1_000, together=990, added_mb=12.34, last_s=0.123)
    outcome = Outcome(measured, 12_345, Memory(now_mb=60, highest_mb=160), waiting)
    return bench_report(machine, SCALE, [EngineRun(SQLITE, "SQLite 3.54", LOOP, outcome)])


def with_lists() -> BenchReport:
    line = PageLine("all orders", True, [PageTimes(1_000, 990, 0.5, 0.01), PageTimes(2_000, 1_990, 1, 0.012)])
    run = EngineRun(SQLITE, "SQLite 3.54", LOOP, Outcome([], invoices=1, memory=None), [line])
    return bench_report(MACHINE, SCALE, [run])


def shown(found: BenchReport) -> list[str]:
    output = io.StringIO()
    show(found, Console(file=output, width=200))
    return [" ".join(line.split()) for line in output.getvalue().splitlines()]


def test_people_see_rates_times_and_processor_time() -> None:
    lines = shown(report())

    assert "counterfoil, different orders 900 (1.50 / 12) 8,888 (1.50 / 12)" in lines
    assert "its processor time for each, in µs 300 100" in lines
    assert "first partial invoice 1.50 12 500" in lines


def test_people_see_changes_apart_and_what_invoices_cost_that_wait_for_them() -> None:
    lines = shown(report())

    assert f"{CHANGES} 250 1.50 12 500" in lines
    assert (
        "990 invoices waited for Changes at once: 12.3 MB of memory came on top, and the last was answered "
        "123 ms after the last Change was settled." in lines
    )
    assert not any("waited for Changes" in line for line in shown(with_lists()))


def test_a_limit_with_one_client_stands_in_the_first_column_and_has_only_a_mean() -> None:
    assert "loop in process, one commit each 5,555 (0.18)" in shown(report())


def test_people_see_each_target_with_its_verdict_and_where_it_comes_from() -> None:
    lines = shown(report())

    assert (
        "different orders (32) ÷ loop, one commit each 1.60× ≥ 0.8× ≥ 1.6× aim reached 8,888 ÷ 5,555 a second"
        in lines
    )
    assert "memory of the service, highest 160.00 MB ≤ 150 MB ≤ 90 MB missed 60 MB at the end" in lines
    assert "1 000th partial invoice ÷ first – ≤ 1.3× ≤ 1.1× not judged" in lines
    assert any("The books agree: 12,345 invoices" in line for line in lines)


def test_people_see_what_pages_cost_in_each_shop_if_that_was_asked_for() -> None:
    lines = shown(with_lists())

    assert "1,000: first then of 2,000: first then of ratio" in lines
    assert "all orders 500 10 990 1000 12 1,990 1.20×" in lines
    assert not any("pages of 100" in line for line in shown(report()))
    assert msgspec.json.decode(as_json(with_lists()), type=BenchReport) == with_lists()


def test_a_busy_machine_and_a_directory_without_a_disk_are_pointed_out() -> None:
    quiet = "\n".join(shown(report()))
    doubtful = "\n".join(
        shown(report(Machine("Linux", processors=2, python="3.11", fdatasync_s=0.000001, load=3.0)))
    )

    assert "busy" not in quiet
    assert "not on a disk" not in quiet
    assert "busy with other work" in doubtful
    assert "not on a disk" in doubtful


def test_programs_get_everything_back() -> None:
    found = report()

    assert msgspec.json.decode(as_json(found), type=BenchReport) == found

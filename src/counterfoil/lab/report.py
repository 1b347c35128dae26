"""The bench's report: tables for people, JSON for programs."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table

from counterfoil.lab.figures import Rate
from counterfoil.lab.findings import COMPARED, SEPARATE, SERVICE, EngineRun, Machine, Scale, Waiting
from counterfoil.lab.targets import Grade, Verdict
from counterfoil.lab.verdicts import verdicts

_STYLE = {Grade.AIM: "bold green", Grade.MUST: "yellow", Grade.MISSED: "bold red", Grade.NOT_JUDGED: "dim"}


BUSY = 0.5
"""A load above this before the bench means that others work on the machine as well."""

NO_DISK_S = 0.000_01
"""No disk makes a page durable in less than this."""


class EngineReport(Struct, frozen=True):
    """One engine's figures with what they are worth."""

    run: EngineRun
    verdicts: list[Verdict]


class BenchReport(Struct, frozen=True):
    """Everything that one bench found out."""

    machine: Machine
    scale: Scale
    engines: list[EngineReport]


def bench_report(machine: Machine, scale: Scale, runs: Sequence[EngineRun]) -> BenchReport:
    """Put figures and verdicts together."""
    return BenchReport(machine, scale, [EngineReport(run, verdicts(run)) for run in runs])


def as_json(report: BenchReport) -> bytes:
    """Return the report as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def show(report: BenchReport, console: Console) -> None:
    """Print the report as tables."""
    machine = report.machine
    console.print(
        f"{machine.system}, {machine.processors} processors, Python {machine.python}, "
        f"one page made durable in {machine.fdatasync_s * 1e6:,.0f} µs, load before {machine.load:.1f}"
    )
    if machine.load > BUSY:
        console.print(
            "[yellow]This machine was busy with other work: no figure here is as good as it could be."
        )
    if machine.fdatasync_s < NO_DISK_S:
        console.print("[yellow]This directory is not on a disk: commits cost nothing here. See --directory.")
    for engine in report.engines:
        run = engine.run
        lists = [_lists(run)] if run.lists else []
        tables = (_rates(run, report.scale.connections), _separate(run), _single(run), *lists)
        for table in (*tables, _targets(engine)):
            console.print()
            console.print(table)
        if run.outcome.waiting is not None:
            console.print(_waiting(run.outcome.waiting))
        console.print(
            f"The books agree: {run.outcome.invoices:,} invoices were answered with success, are stored, "
            "are numbered without holes and add up; the doctor found no fault."
        )


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    table.columns[0].justify = "left"
    return table


def _rates(run: EngineRun, connections: Sequence[int]) -> Table:
    clients = [f"{number} client{'' if number == 1 else 's'}" for number in connections]
    table = _table(f"{run.version}: invoices or reads per second (p50 / p99, or mean, in ms)", "", *clients)
    works = dict.fromkeys((line.subject, line.work) for line in run.outcome.measured)
    for subject, work in works:
        if work not in COMPARED + SEPARATE:
            rates = [run.outcome.rate(subject, work, number) for number in connections]
            style = "bold" if subject == SERVICE else ""
            table.add_row(
                f"{subject}, {work}", *map(_cell, _from_one_client(run, subject, work, rates)), style=style
            )
            if subject == SERVICE:
                table.add_row("  its processor time for each, in µs", *map(_processor, rates), style="dim")
    return table


def _processor(rate: Rate | None) -> str:
    return "" if rate is None or rate.processor_s is None else f"{rate.processor_s * 1e6:,.0f}"


def _from_one_client(
    run: EngineRun, subject: str, work: str, rates: list[Rate | None]
) -> Sequence[Rate | None]:
    """Put what was measured with one client only into the first column, whatever that is headed."""
    if any(rates):
        return rates
    return [run.outcome.rate(subject, work, 1), *rates[1:]]


def _cell(rate: Rate | None) -> str:
    if rate is None:
        return ""
    return f"{rate.per_s:,.0f} ({_times(rate)})"


def _times(rate: Rate) -> str:
    if rate.p50_s is None or rate.p99_s is None:
        return _ms(rate.mean_s)
    return f"{_ms(rate.p50_s)} / {_ms(rate.p99_s)}"


def _ms(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:.2f}" if milliseconds < 10 else f"{milliseconds:.0f}"


def _separate(run: EngineRun) -> Table:
    title = f"{run.version}: Changes, feeds and hooks (times in ms)"
    table = _table(title, "", "a second", "p50", "p99", "longest")
    for line in run.outcome.measured:
        rate = line.rate
        if line.work in SEPARATE:
            times = [_ms(seconds) for seconds in (rate.p50_s, rate.p99_s, rate.max_s) if seconds is not None]
            table.add_row(line.work, f"{rate.per_s:,.0f}", *times)
    return table


def _waiting(found: Waiting) -> str:
    return (
        f"{found.together:,} invoices waited for Changes at once: {found.added_mb:.1f} MB of memory came on "
        f"top, and the last was answered {_ms(found.last_s)} ms after the last Change was settled."
    )


def _single(run: EngineRun) -> Table:
    table = _table(f"{run.version}: single requests, in ms", "", "p50", "p99", "longest")
    for line in run.outcome.measured:
        rate = line.rate
        if line.work in COMPARED and None not in (rate.p50_s, rate.p99_s, rate.max_s):
            times = [_ms(seconds) for seconds in (rate.p50_s, rate.p99_s, rate.max_s) if seconds is not None]
            table.add_row(line.work, *times)
    return table


def _lists(run: EngineRun) -> Table:
    sizes = [times.orders for times in run.lists[0].times]
    headings = [heading for size in sizes for heading in (f"{size:,}: first", "then", "of")]
    table = _table(f"{run.version}: pages of 100 in shops of so many orders, in ms", "", *headings, "ratio")
    for line in run.lists:
        cells = [
            cell
            for times in line.times
            for cell in (_ms(times.first_s), _ms(times.typical_s), f"{times.total:,}")
        ]
        style = "" if line.judged else "dim"
        table.add_row(line.title, *cells, f"{line.ratio():.2f}×", style=style)
    return table


def _targets(engine: EngineReport) -> Table:
    table = _table(f"{engine.run.version}: targets", "", "measured", "must", "aim", "", "from")
    for judged in engine.verdicts:
        table.add_row(*_target_cells(judged))
    return table


def _target_cells(judged: Verdict) -> Iterable[str]:
    target = judged.target
    measured = "–" if judged.value is None else f"{judged.value:.2f}{target.unit}"
    style = _STYLE[judged.grade]
    return (
        target.title,
        measured,
        target.bound(target.must),
        target.bound(target.aim),
        f"[{style}]{judged.grade}[/]",
        judged.based_on,
    )

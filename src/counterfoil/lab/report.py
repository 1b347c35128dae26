"""The bench's report: tables for people, JSON for programs."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from counterfoil.lab.figures import Rate
from counterfoil.lab.findings import SERVICE, EngineRun, Machine, Measured, Scale
from counterfoil.lab.targets import Grade, Verdict
from counterfoil.lab.verdicts import verdicts

_STYLE = {Grade.AIM: "bold green", Grade.MUST: "yellow", Grade.MISSED: "bold red", Grade.NOT_JUDGED: "dim"}


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
        f"\n{machine.system}, {machine.processors} processors, Python {machine.python}, "
        f"one page made durable in {machine.fdatasync_s * 1e6:,.0f} µs"
    )
    for engine in report.engines:
        console.print()
        console.print(_rates(engine.run, report.scale.connections))
        console.print(_targets(engine))
        console.print(
            f"The books agree: {engine.run.outcome.invoices:,} invoices were answered with success, "
            "are stored, numbered without holes, and add up; the doctor found no fault."
        )


def _rates(run: EngineRun, connections: Sequence[int]) -> Table:
    table = Table(
        title=f"{run.version}: invoices per second, with p50 / p99 (or mean) in ms", title_justify="left"
    )
    table.add_column("")
    for clients in connections:
        table.add_column(f"{clients} {'client' if clients == 1 else 'clients'}", justify="right")
    works = dict.fromkeys((line.subject, line.work) for line in run.outcome.measured)
    for subject, work in works:
        cells = [run.outcome.rate(subject, work, clients) for clients in connections]
        if any(cells):
            style = "bold" if subject == SERVICE else ""
            table.add_row(f"{subject}: {work}", *map(_cell, cells), style=style)
    others = [line for line in run.outcome.measured if line.rate.clients not in connections]
    for line in others:
        table.add_row(f"{line.subject}: {line.work}", _with_clients(line))
    return table


def _cell(rate: Rate | None) -> str:
    if rate is None:
        return ""
    if rate.p50_s is None or rate.p99_s is None:
        return f"{rate.per_s:,.0f}  {_ms(rate.mean_s)}"
    return f"{rate.per_s:,.0f}  {_ms(rate.p50_s)} / {_ms(rate.p99_s)}"


def _with_clients(line: Measured) -> str:
    return f"{_cell(line.rate)} ({line.rate.clients})"


def _ms(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:.2f}" if milliseconds < 10 else f"{milliseconds:.0f}"


def _targets(engine: EngineReport) -> Table:
    table = Table(title=f"{engine.run.version}: targets", title_justify="left")
    for heading in ("", "measured", "must", "aim", "", "from"):
        table.add_column(heading, justify="right" if heading in {"measured", "must", "aim"} else "left")
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

"""``counterfoil bench``: how many invoices per second this machine does, beside the database's own limit."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from counterfoil.clock import Clock
from counterfoil.commands.answer import CommandRefused, UsageError
from counterfoil.lab import bench as lab
from counterfoil.lab import report
from counterfoil.lab.bench import NO_SERVER, Progress
from counterfoil.lab.faults import CannotMeasure, WrongBooks
from counterfoil.lab.findings import POSTGRES, SQLITE, Scale
from counterfoil.lab.postgres_server import find_binaries

MAX_CONNECTIONS = 200
MAX_SECONDS = 60.0
WIDTH_IN_FILES = 160
MIN_ORDERS = 1_000
MAX_ORDERS = 10_000_000
DEFAULT_SIZES = "100000,1000000"

bench = App(
    name="bench",
    help_format="plaintext",
    help_epilogue="""The service is started as a process of its own on a database of its own, and
driven over HTTP. In the same minutes, turn by turn, the database's own limit is
measured: pgbench with the least that an invoice can be, and SQLite in a tight
loop. After each measurement the books are checked: as many invoices as answers
of success, numbers without holes, sums that agree. Anything else ends the
bench with status 1.

Examples:
  counterfoil bench
  counterfoil bench --quick
  counterfoil bench --quick --lists
  counterfoil bench --engine sqlite --connections 1,32 --json figures.json
  counterfoil bench --engine postgres --postgres-dsn postgresql://ann@db/shop
""",
)


Engine = Annotated[
    Literal["sqlite", "postgres", "both"], Parameter(name="--engine", help="Which databases to measure.")
]
Quick = Annotated[
    bool,
    Parameter(
        name="--quick",
        negative=(),
        show_default=False,
        help="One round of one second at 1 and 32 connections: a minute or two, and rougher figures.",
    ),
]
Seconds = Annotated[
    float | None,
    Parameter(name="--seconds", help="How long one round of one measurement takes. Default: 2."),
]
Rounds = Annotated[
    int | None,
    Parameter(name="--rounds", help="How often everything takes its turn; medians are shown. Default: 3."),
]
Connections = Annotated[
    str | None, Parameter(name="--connections", help="Numbers of connections. Default: 1,8,32,128.")
]
Lists = Annotated[
    bool,
    Parameter(
        name="--lists",
        negative=(),
        show_default=False,
        help="Also compare pages of lists in shops of two sizes. Filling these takes minutes and gigabytes.",
    ),
]
ListSizes = Annotated[
    str | None,
    Parameter(
        name="--list-sizes",
        help="Numbers of orders in these shops. Default: 100000,1000000. Implies --lists.",
    ),
]
JsonFile = Annotated[
    str | None,
    Parameter(
        name="--json",
        allow_leading_hyphen=True,
        help="Also write all figures as JSON to this file; - is standard output.",
    ),
]
PostgresDsn = Annotated[
    str | None,
    Parameter(
        name="--postgres-dsn",
        env_var="COUNTERFOIL_BENCH_POSTGRES",
        help="A PostgreSQL server, as postgresql://USER@HOST/NAME; a database is created there and "
        "dropped again. Default: a server is started for the bench and removed afterwards.",
    ),
]
Directory = Annotated[
    Path | None,
    Parameter(name="--directory", help="Where to put the databases: on the disk that is to be measured."),
]


@bench.default
def measure(
    *,
    engine: Engine = "both",
    quick: Quick = False,
    seconds: Seconds = None,
    rounds: Rounds = None,
    connections: Connections = None,
    lists: Lists = False,
    list_sizes: ListSizes = None,
    json: JsonFile = None,
    postgres_dsn: PostgresDsn = None,
    directory: Directory = None,
) -> int:
    """Measure, print tables, and return the exit status."""
    scale = msgspec.structs.replace(
        read_scale(quick=quick, seconds=seconds, rounds=rounds, connections=connections),
        lists=read_sizes(list_sizes or DEFAULT_SIZES) if lists or list_sizes is not None else (),
    )
    console = Console(stderr=json == "-")
    if not console.is_terminal:
        console = Console(stderr=json == "-", width=WIDTH_IN_FILES)
    engines = choose_engines(engine, console, server_at_hand=bool(postgres_dsn or find_binaries()))
    try:
        with ExitStack() as stack:
            progress = show_progress(stack, console)
            machine, runs = lab.run(
                engines, scale, Clock(), progress, postgres_uri=postgres_dsn, directory=directory
            )
    except WrongBooks as fault:
        raise CommandRefused(f"THE BOOKS ARE WRONG. {fault}") from fault
    except CannotMeasure as fault:
        raise CommandRefused(str(fault)) from fault
    found = report.bench_report(machine, scale, runs)
    report.show(found, console)
    if json == "-":
        sys.stdout.buffer.write(report.as_json(found))
    elif json is not None:
        Path(json).write_bytes(report.as_json(found))
    return 0


def choose_engines(engine: str, console: Console, *, server_at_hand: bool) -> tuple[str, ...]:
    """Return the engines to measure. Of both, PostgreSQL is left out where there is no server for it."""
    if engine != "both":
        return (engine,)
    if server_at_hand:
        return (POSTGRES, SQLITE)
    console.print(f"[yellow]PostgreSQL is left out. {NO_SERVER}")
    return (SQLITE,)


def read_scale(*, quick: bool, seconds: float | None, rounds: int | None, connections: str | None) -> Scale:
    """Return how much is to be measured. Raises `UsageError`."""
    base = (
        Scale(connections=(1, 32), rounds=1, seconds=1.0, pool=500, pairs=60, crowd=200) if quick else Scale()
    )
    if seconds is not None and not 0 < seconds <= MAX_SECONDS:
        raise UsageError(f"--seconds must be above 0 and at most {MAX_SECONDS:g}, not {seconds:g}.")
    if rounds is not None and not 1 <= rounds <= 100:
        raise UsageError(f"--rounds must be between 1 and 100, not {rounds}.")
    return Scale(
        connections=read_connections(connections) if connections is not None else base.connections,
        rounds=rounds or base.rounds,
        seconds=seconds or base.seconds,
        pool=base.pool,
        pairs=base.pairs,
        crowd=base.crowd,
    )


def read_connections(text: str) -> tuple[int, ...]:
    """Return the numbers of ``1,8,32``, ascending and each once. Raises `UsageError`."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() and 1 <= int(word) <= MAX_CONNECTIONS for word in words):
        raise UsageError(
            f"--connections is a list like 1,8,32 of numbers up to {MAX_CONNECTIONS}, not '{text}'."
        )
    return tuple(sorted({int(word) for word in words}))


def read_sizes(text: str) -> tuple[int, ...]:
    """Return the numbers of ``100000,1000000``, ascending and each once. Raises `UsageError`."""
    words = [word.strip() for word in text.split(",")]
    numbers = {int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 10}
    if len(numbers) != len(words) or min(numbers) < MIN_ORDERS or max(numbers) > MAX_ORDERS:
        raise UsageError(
            f"--list-sizes is a list like {DEFAULT_SIZES} of different numbers from {MIN_ORDERS:,} to "
            f"{MAX_ORDERS:,}, not '{text}'."
        )
    return tuple(sorted(numbers))


def show_progress(stack: ExitStack, console: Console) -> Progress:
    """Begin a progress bar that lasts as long as ``stack``.

    It is drawn only between two steps: a thread that redraws would take part in what is measured.
    """
    bar = stack.enter_context(
        Bar(
            TimeElapsedColumn(),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            console=console,
            auto_refresh=False,
            transient=True,
            disable=not console.is_terminal,
        )
    )
    task = bar.add_task("starting", total=0)
    begun = 0
    expected = 0

    def expect(steps: int) -> None:
        nonlocal expected
        expected += steps
        bar.update(task, total=expected)

    def begin(title: str) -> None:
        nonlocal begun
        bar.update(task, completed=begun, total=max(expected, begun + 1), description=title)
        bar.refresh()
        begun += 1

    return Progress(expect, begin)

"""The bench from end to end: databases, orders, services, measurements, the doctor, verdicts."""

import asyncio
import os
import platform
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from msgspec import Struct

from counterfoil.access import integration
from counterfoil.access.app_key import AppCredentials
from counterfoil.access.role import Grant
from counterfoil.clock import Clock
from counterfoil.lab import lists, orders, vtex, waiting
from counterfoil.lab.books import PostgresSource, Source, SqliteSource, analyze, postgres_version
from counterfoil.lab.faults import CannotMeasure, WrongBooks
from counterfoil.lab.figures import Rate, percentile
from counterfoil.lab.findings import (
    LOOP,
    NUMBERED,
    ONE_EACH,
    ONE_ROW,
    PGBENCH,
    POSTGRES,
    PROCESSES,
    SQLITE,
    THIRTY_TWO,
    UNNUMBERED,
    WAITING,
    EngineRun,
    Machine,
    Scale,
)
from counterfoil.lab.limit_postgres import PostgresLimit, Variant
from counterfoil.lab.limit_sqlite import SqliteLimit
from counterfoil.lab.measure import LONG_LINES, Field, Limits, Measurement
from counterfoil.lab.postgres_server import find_binaries, own_database, own_server
from counterfoil.lab.receiver import receiving
from counterfoil.lab.serving import command, serving
from counterfoil.main import engine_for, migrate, open_ledger

NO_SERVER = (
    "There is no PostgreSQL server here. Install one (Debian: postgresql), or name one with --postgres-dsn."
)

DOCTOR_TIMEOUT_S = 300.0

HOOKS_HERE = {"COUNTERFOIL_HOOK_HTTP": "yes", "COUNTERFOIL_HOOK_PRIVATE": "yes"}
"""Lets the service tell a hook on this machine."""


class Ground(Struct, frozen=True):
    """A database for one engine's run, and that database's own limits.

    ``settle`` does, after the orders are placed, what a database that has been running does by itself.
    """

    engine: str
    version: str
    database_url: str
    source: Callable[[], Source]
    settle: Callable[[], None]
    limits: Limits


class Progress(Struct, frozen=True):
    """How the bench tells how far it is: how many steps there are to come, and each one as it begins."""

    expect: Callable[[int], None]
    begin: Callable[[str], None]


@contextmanager
def postgres_ground(uri: str | None, directory: Path, clock: Clock, scale: Scale) -> Iterator[Ground]:
    """Give a database of our own on the server at ``uri``, or on a server started for the purpose."""
    with ExitStack() as stack:
        if uri is None:
            binaries = find_binaries()
            if binaries is None:
                raise CannotMeasure(NO_SERVER)
            uri = stack.enter_context(own_server(binaries, clock, directory=directory))
        name = f"counterfoil_bench_{clock.unique_id()[:12]}"
        database_url = stack.enter_context(own_database(uri, name))
        limit = PostgresLimit(database_url)
        limit.prepare()
        seconds = max(1, round(scale.seconds))

        def measured(variant: Variant) -> Callable[[int], Rate]:
            return lambda clients: limit.measure(variant, clients, seconds)

        yield Ground(
            engine=POSTGRES,
            version=postgres_version(database_url),
            database_url=database_url,
            source=lambda: PostgresSource(database_url),
            settle=lambda: analyze(database_url),
            limits=Limits(
                PGBENCH if limit.pgbench else PROCESSES,
                {
                    UNNUMBERED: measured(Variant.DIFFERENT),
                    NUMBERED: measured(Variant.NUMBERED),
                    ONE_ROW: measured(Variant.HOT),
                },
                concurrent=True,
            ),
        )


@contextmanager
def sqlite_ground(directory: Path, clock: Clock, scale: Scale) -> Iterator[Ground]:
    """Give a database file in ``directory``."""
    path = directory / "bench.db"
    limit = SqliteLimit(directory / "limit.db", clock)
    try:
        yield Ground(
            engine=SQLITE,
            version=f"SQLite {limit.version}",
            database_url=f"sqlite:///{path}",
            source=lambda: SqliteSource(path),
            settle=lambda: None,
            limits=Limits(
                LOOP,
                {
                    ONE_EACH: lambda _: limit.measure(per_commit=1, seconds=scale.seconds),
                    THIRTY_TWO: lambda _: limit.measure(per_commit=32, seconds=scale.seconds),
                },
                concurrent=False,
            ),
        )
    finally:
        limit.close()


async def prepare(ground: Ground, scale: Scale, clock: Clock) -> Field:
    """Make the schema, the programs' tokens, and all orders that the run will need."""
    engine = engine_for(ground.database_url)
    try:
        await migrate(engine, clock)
    finally:
        await engine.close()
    async with open_ledger(ground.database_url, clock=clock) as ledger:
        token = await integration.create(ledger, name="bench", dialect="adobe", grant=Grant("administrator"))
        assert isinstance(token, str), token
        app = await integration.create_app(ledger, name="bench-vtex", grant=Grant("owner"))
        assert isinstance(app, AppCredentials), app
        [old, short] = await orders.place(ledger, 2)
        [long] = await orders.place(ledger, 1, lines=LONG_LINES)
        return Field(
            adobe={"Authorization": f"Bearer {token}"},
            vtex=vtex.headers(app),
            pool=await orders.place(ledger, scale.pool),
            crowded=await orders.place(ledger, scale.rounds * len(scale.connections) + 1),
            told=await orders.place(ledger, scale.pool),
            told_crowded=await orders.place(ledger, scale.rounds),
            changed=await orders.place(ledger, scale.crowd),
            small=await orders.place(ledger, scale.crowd, lines=1, units=waiting.UNITS),
            fresh=await orders.place(ledger, scale.pairs),
            old=old,
            short=short,
            long=long,
        )


def run_engine(ground: Ground, scale: Scale, directory: Path, clock: Clock, progress: Progress) -> EngineRun:
    """Measure one engine. Raises `WrongBooks` as soon as anything in the books is not as answered."""
    progress.begin(f"{ground.version}: placing orders")
    field = asyncio.run(prepare(ground, scale, clock))
    ground.settle()
    source = ground.source()
    try:
        with (
            receiving(clock) as receiver,
            serving(ground.database_url, directory, clock, HOOKS_HERE) as served,
        ):
            measurement = Measurement(served, receiver, field, source, scale, ground.limits, clock)
            steps = measurement.steps()
            progress.expect(len(steps) + 2)
            for step in steps:
                progress.begin(f"{ground.version}: {step.title}")
                step.run()
            outcome = measurement.outcome()
        progress.begin(f"{ground.version}: {WAITING}")
        with serving(ground.database_url, directory, clock, waiting.SETTINGS) as served:
            outcome.waiting = waiting.measure(served, source, clock, field.vtex, field.small)
            outcome.invoices += outcome.waiting.invoices
    finally:
        source.close()
    progress.begin(f"{ground.version}: the doctor looks at every order")
    ask_doctor(ground.database_url)
    return EngineRun(ground.engine, ground.version, ground.limits.name, outcome)


def ask_doctor(database_url: str) -> None:
    """Run ``counterfoil doctor`` over all books. Raises `WrongBooks` with its words if it finds a fault."""
    done = subprocess.run(
        command("doctor", "--database-url", database_url),
        capture_output=True,
        text=True,
        check=False,
        timeout=DOCTOR_TIMEOUT_S,
    )
    if done.returncode != 0:
        raise WrongBooks(f"counterfoil doctor: {(done.stdout + done.stderr).strip()[-2000:]}")


def machine(directory: Path, clock: Clock) -> Machine:
    """Describe this machine and the disk under ``directory``."""
    probe = directory / "fdatasync"
    descriptor = os.open(probe, os.O_CREAT | os.O_WRONLY)
    synchronise = getattr(os, "fdatasync", os.fsync)
    times = []
    try:
        for _ in range(100):
            os.pwrite(descriptor, b"\0" * 4096, 0)
            begun_s = clock.monotonic_s()
            synchronise(descriptor)
            times.append(clock.monotonic_s() - begun_s)
    finally:
        os.close(descriptor)
        probe.unlink()
    return Machine(
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        processors=os.cpu_count() or 1,
        python=platform.python_version(),
        fdatasync_s=percentile(sorted(times), 0.5),
        load=os.getloadavg()[0],
    )


def run(
    engines: tuple[str, ...],
    scale: Scale,
    clock: Clock,
    progress: Progress,
    *,
    postgres_uri: str | None = None,
    directory: Path | None = None,
) -> tuple[Machine, list[EngineRun]]:
    """Measure ``engines`` one after the other, each in a directory that is removed afterwards.

    Args:
        engines: `SQLITE`, `POSTGRES`.
        scale: how much is measured.
        clock: what times are taken with.
        progress: who is told how far it is.
        postgres_uri: a server to use; without one a server is started.
        directory: where databases are made (default: the system's temporary directory).
    """
    runs = []
    with TemporaryDirectory(prefix="counterfoil-bench-", dir=directory) as made:
        place = Path(made)
        place.chmod(0o755)  # PostgreSQL runs as another user when we are root
        described = machine(place, clock)
        for engine in engines:
            ground = (
                sqlite_ground(place, clock, scale)
                if engine == SQLITE
                else postgres_ground(postgres_uri, place, clock, scale)
            )
            with ground as opened:
                done = run_engine(opened, scale, place, clock, progress)
            if scale.lists:
                progress.expect(lists.steps(scale.lists))
                lines = lists.run(
                    engine, scale, clock, progress.begin, postgres_uri=postgres_uri, directory=place
                )
                done = msgspec.structs.replace(done, lists=lines)
            runs.append(done)
    return described, runs

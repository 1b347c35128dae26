"""Real `counterfoil serve` processes: start, wait until they answer, stop, kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests import session
from tests.postgres import free_port
from tests.wire import Connection

ADMIN_USER = "admin"
ADMIN_PASSWORD = "correct horse battery 1"
PROGRAM = Path(sys.executable).with_name("counterfoil")
PATIENCE_S = 40


class Server:
    """One service process on a port of its own, which stays the same when it is started again."""

    def __init__(
        self,
        database_url: str,
        log: Path,
        *,
        arguments: Sequence[str] = (),
        environment: dict[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self.database_url = database_url
        self.port = free_port()
        self._log = log
        self._command = [
            *(str(PROGRAM), "serve", "--database-url", database_url),
            *("--host", "127.0.0.1", "--port", str(self.port), *arguments),
        ]
        self._environment = {**_environment(), **(environment or {})}
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *, wait: bool = True) -> None:
        """Start, and with ``wait`` return when requests are answered."""
        as_user = {"user": self._user, "extra_groups": []} if self._user else {}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self._log.parent,
                start_new_session=True,
                **as_user,  # type: ignore[call-overload]
            )
        session.register(self._process.pid)
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self.answers():
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended with {self._process.returncode}\n{self.log()}")
            assert time.monotonic() < deadline, f"the server does not answer\n{self.log()}"
            time.sleep(0.05)

    def answers(self) -> bool:
        """Tell whether the service is up and reaches its database."""
        try:
            with Connection(self.port, timeout_s=5) as connection:
                return connection.ask("GET", "/health").status == 200
        except OSError:
            return False

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """Wait until the process has ended of itself and return its exit status."""
        assert self._process is not None
        status = self._process.wait(timeout_s)
        self._ended()
        return status

    def stop(self) -> None:
        """Ask the process to end, wait for it, and see that it ended well."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server does not stop when asked\n{self.log()}") from None
        self._ended()
        assert status in {0, -signal.SIGTERM}, f"the server ended with {status}\n{self.log()}"

    def kill(self) -> None:
        """End the process as a power cut would: it gets to do nothing more."""
        if self._process is None:
            return
        with_group = os.getpgid(self._process.pid) if self._process.poll() is None else None
        if with_group is not None:
            os.killpg(with_group, signal.SIGKILL)
        self._process.wait(PATIENCE_S)
        self._ended()

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def bugs(self) -> list[str]:
        """Return what the log says about requests that were answered 500."""
        lines = [line.replace("\\n", "\n") for line in self.log().splitlines()]
        return [line for line in lines if '"event": "bug"' in line]

    def _ended(self) -> None:
        assert self._process is not None
        session.forget(self._process.pid)
        self._process = None


@contextmanager
def serving(
    database_url: str,
    directory: Path,
    *,
    count: int = 1,
    arguments: Sequence[str] = (),
    environment: dict[str, str] | None = None,
) -> Iterator[list[Server]]:
    """Run ``count`` processes on one database for the block, after its tables have been made."""
    migrate(database_url)
    servers = [
        Server(database_url, directory / f"serve-{number}.log", arguments=arguments, environment=environment)
        for number in range(count)
    ]
    try:
        for server in servers:
            server.start()
        yield servers
        for server in servers:
            server.stop()
            assert not server.bugs(), server.bugs()[0]
    finally:
        for server in servers:
            server.kill()
            print(*server.bugs()[:3], sep="\n")


def command(database_url: str, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a `counterfoil` command on the database, with ``given`` on its standard input."""
    return subprocess.run(
        [str(PROGRAM), *words, "--database-url", database_url],
        input=given,
        capture_output=True,
        text=True,
        env=_environment(),
        timeout=120,
        check=False,
    )


def migrate(database_url: str) -> None:
    """Make the tables."""
    done = command(database_url, "migrate")
    assert done.returncode == 0, done.stderr


def assert_books_are_clean(database_url: str) -> None:
    """See that `counterfoil doctor` finds every promise kept."""
    examined = command(database_url, "doctor")
    assert examined.returncode == 0, examined.stdout + examined.stderr


def create_user(server: Server, name: str, *, resources: Sequence[str]) -> str:
    """Create a user who may do little, and return a token of that user."""
    password = "staple horse 2"
    rights = [word for resource in resources for word in ("--resource", resource)]
    done = command(server.database_url, "users", "create", name, *rights, "--password-stdin", given=password)
    assert done.returncode == 0, done.stderr
    with Connection(server.port) as connection:
        who = {"username": name, "password": password}
        answer = connection.ask("POST", "/rest/V1/integration/admin/token", who)
    assert answer.status == 200, answer
    token: str = answer.json
    return token


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERFOIL_")}
    return {
        **kept,
        "COUNTERFOIL_ADMIN_USER": ADMIN_USER,
        "COUNTERFOIL_ADMIN_PASSWORD": ADMIN_PASSWORD,
        "COUNTERFOIL_GRACE_PERIOD_S": "0",  # tests do not wait until orders can be handled
        "PYTHONUNBUFFERED": "1",
    }

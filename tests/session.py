"""What a test session starts is swept up when it ends, however it ends.

The process that runs pytest (with xdist: the controller) makes a directory and holds a lock on a file
in it. Whoever starts a process registers it there. The first registration also starts a sweeper, which
waits for the lock: it gets it when the session ends, also when it was killed, and then ends what is
still running and removes the directory.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

DIRECTORY = "COUNTERFOIL_TEST_SESSION"
OWNER = "owner.lock"
PROCESSES = "processes"
DATABASES = "databases"
SWEEPER = "sweeper.pid"
PATIENCE_S = 10


def begin() -> IO[str]:
    """Make the session's directory, name it in the environment, and return the lock that keeps it."""
    directory = Path(tempfile.mkdtemp(prefix="counterfoil-tests-"))
    directory.chmod(0o711)  # a database server that runs as another user passes through
    (directory / PROCESSES).mkdir()
    (directory / DATABASES).mkdir()
    owner = (directory / OWNER).open("w")
    fcntl.flock(owner, fcntl.LOCK_EX)
    os.environ[DIRECTORY] = str(directory)
    return owner


def end(owner: IO[str]) -> None:
    """Give the lock back and wait until everything is swept up."""
    directory = Path(owner.name).parent
    sweeper = directory / SWEEPER
    started = sweeper.exists()
    owner.close()
    os.environ.pop(DIRECTORY, None)
    if not started:
        shutil.rmtree(directory, ignore_errors=True)
    deadline = time.monotonic() + 2 * PATIENCE_S
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def directory() -> Path:
    """Return the directory of the session that is running."""
    return Path(os.environ[DIRECTORY])


@contextmanager
def locked(name: str) -> Iterator[Path]:
    """Keep other processes of the session out of the block; gives the path of the lock file."""
    path = directory() / name
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield path


def register(pid: int, stop: signal.Signals = signal.SIGKILL) -> None:
    """Have the process ended with ``stop`` when the session is over, if it still runs then."""
    _ensure_sweeper()
    (directory() / PROCESSES / str(pid)).write_text(f"{stop.name} {_started(pid)}")


def forget(pid: int) -> None:
    """Note that the process has ended."""
    (directory() / PROCESSES / str(pid)).unlink(missing_ok=True)


def register_database(server_url: str, name: str) -> None:
    """Have the database dropped when the session is over: its server is not ours and stays."""
    _ensure_sweeper()
    (directory() / DATABASES / name).write_text(server_url)


def forget_database(name: str) -> None:
    """Note that the database is gone."""
    (directory() / DATABASES / name).unlink(missing_ok=True)


def _ensure_sweeper() -> None:
    with locked("sweeper.lock"):
        path = directory() / SWEEPER
        if not path.exists():
            command = [sys.executable, __file__, str(directory())]
            process = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL)
            path.write_text(str(process.pid))


def _started(pid: int) -> str:
    """Return when a process began, to tell it from a later one with the same number. Empty if it is gone."""
    if Path("/proc/self/stat").exists():
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return "" if fields[0] == "Z" else fields[19]
        return ""
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return listed.stdout.strip()


def _sweep(directory: Path) -> None:
    with (directory / OWNER).open() as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
    left: list[int] = []
    for path in (directory / PROCESSES).iterdir():
        name, _, started = path.read_text().partition(" ")
        pid = int(path.name)
        if started and _started(pid) == started:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.Signals[name])
                left.append(pid)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and any(_started(pid) for pid in left):
        time.sleep(0.05)
    for path in (directory / DATABASES).iterdir():
        _drop(path.read_text(), path.name)
    shutil.rmtree(directory, ignore_errors=True)


def _drop(server_url: str, name: str) -> None:
    import psycopg
    from psycopg import sql

    with suppress(psycopg.Error), psycopg.connect(server_url, autocommit=True) as connection:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(drop.format(sql.Identifier(name)))


if __name__ == "__main__":
    _sweep(Path(sys.argv[1]))

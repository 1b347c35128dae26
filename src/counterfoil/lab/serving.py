"""The service as users run it: a process of its own, asked over HTTP and watched from outside."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

import counterfoil
from counterfoil.clock import Clock
from counterfoil.lab.faults import CannotMeasure

HOST = "127.0.0.1"
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 20.0

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONPATH": str(Path(counterfoil.__file__).parent.parent),
}
"""What the service knows of ours: no settings, but the code that measures is the code that is measured."""


class Memory(Struct, frozen=True):
    """Resident memory of a process and its children, in MB of 1 000 000 bytes."""

    now_mb: float
    highest_mb: float


class Served:
    """A running service. ``port`` is known once it is ready."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self._log = log
        self.port = 0

    @property
    def pid(self) -> int:
        """The service's process id."""
        return self._process.pid

    def memory(self) -> Memory | None:
        """Return how much memory the service holds, or None where the system does not tell."""
        found = [_memory(pid) for pid in _family(self.pid)]
        known = [each for each in found if each is not None]
        if not known:
            return None
        return Memory(sum(each.now_mb for each in known), sum(each.highest_mb for each in known))

    def processor_s(self) -> float | None:
        """Return the processor time the service has used so far, or None where the system does not tell."""
        found = [_processor_s(pid) for pid in _family(self.pid)]
        known = [each for each in found if each is not None]
        return sum(known) if known else None

    def last_words(self) -> str:
        """Return the end of what the service has written to its log."""
        return self._log.read_text(errors="replace")[-2000:].strip()


def command(*arguments: str) -> list[str]:
    """Return the command line of ``counterfoil`` with ``arguments``, run by this interpreter."""
    return [sys.executable, "-m", "counterfoil.cli", *arguments]


@contextmanager
def serving(
    database_url: str, directory: Path, clock: Clock, settings: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """Start ``counterfoil serve`` with one process on a free port and give it; stop it at the end.

    The process gets no ``COUNTERFOIL_*`` variables but those of ``settings``, so that only what stands here
    counts.
    Raises CannotMeasure with the service's last words if it does not come up.
    """
    log = directory / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command("serve", "--database-url", database_url, "--host", HOST, "--port", "0"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=directory,
            env={**ENVIRONMENT, **(settings or {})},
            start_new_session=True,  # an interrupt from the keyboard is ours to pass on
        )
    served = Served(process, log)
    try:
        _wait_until_ready(served, process, clock)
        yield served
    finally:
        process.terminate()
        try:
            process.wait(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(served: Served, process: "subprocess.Popen[bytes]", clock: Clock) -> None:
    deadline_s = clock.monotonic_s() + START_TIMEOUT_S
    while clock.monotonic_s() < deadline_s:
        served.port = announced_port(served.last_words())
        if served.port:
            with suppress(OSError), socket.create_connection((HOST, served.port), timeout=1):
                return
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
        break
    raise CannotMeasure(f"counterfoil serve did not start: {served.last_words()}")


def announced_port(log: str) -> int:
    """Return the port of the address that the service printed, 0 if it has not done so yet."""
    found = re.search(rf"http://{re.escape(HOST)}:(\d+)\b", log)
    return int(found[1]) if found else 0


def _family(pid: int) -> Iterator[int]:
    """Yield the process and, on Linux, all its descendants."""
    yield pid
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in children:
            yield from _family(int(child))


def _memory(pid: int) -> Memory | None:
    try:
        return memory_of_status(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return None


def _processor_s(pid: int) -> float | None:
    try:
        return processor_s_of_stat(Path(f"/proc/{pid}/stat").read_text(), os.sysconf("SC_CLK_TCK"))
    except OSError:
        return None


def processor_s_of_stat(stat: str, ticks_per_s: int) -> float | None:
    """Read the text of ``/proc/PID/stat``: user and system time. None if it is not as expected.

    The second field is the program's name in brackets and may hold anything, so counting begins behind it.
    """
    fields = stat.rpartition(")")[2].split()
    try:
        return (int(fields[11]) + int(fields[12])) / ticks_per_s
    except (ValueError, IndexError):
        return None


def memory_of_status(status: str) -> Memory | None:
    """Read the text of ``/proc/PID/status``; its kB are 1 024 bytes. None if it has no such lines."""
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    try:
        now, highest = (int(fields[name].split()[0]) * 1024 / 1_000_000 for name in ("VmRSS", "VmHWM"))
    except (KeyError, ValueError, IndexError):
        return None
    return Memory(now, highest)

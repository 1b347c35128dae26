"""Nothing that a test session started outlives it, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import session

ROOT = Path(__file__).resolve().parents[2]
RUN = """
import os, subprocess, sys
from tests import session
owner = session.begin()
quiet = subprocess.DEVNULL
process = subprocess.Popen(["sleep", "600"], stdout=quiet, stderr=quiet, start_new_session=True)
session.register(process.pid)
print(process.pid, session.directory(), flush=True)
{how}
"""


def is_running(pid: int) -> bool:
    return bool(session._started(pid))


@pytest.mark.parametrize(
    "how",
    ["session.end(owner)", "raise SystemExit(1)", "os.kill(os.getpid(), 9)"],
    ids=["ended", "stopped", "killed"],
)
def test_processes_and_files_of_a_session_do_not_outlive_it(how: str) -> None:
    command = [sys.executable, "-c", RUN.format(how=how)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=30)
    pid, directory = run.stdout.split()

    deadline = time.monotonic() + 10
    while (is_running(int(pid)) or Path(directory).exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(int(pid))
    assert not Path(directory).exists()


def test_a_process_that_was_forgotten_is_left_alone() -> None:
    how = "session.forget(process.pid); session.end(owner)"
    command = [sys.executable, "-c", RUN.format(how=how)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=30)
    pid = int(run.stdout.split()[0])

    assert is_running(pid)
    os.kill(pid, signal.SIGKILL)

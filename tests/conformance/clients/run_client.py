"""Run a script in the environment of a client library and read what it saw."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[2] / ".clients"


def run_client(library: str, script: str, directory: Path, given: dict[str, Any]) -> dict[str, Any]:
    """Run ``script`` with the library's own Python in ``directory``; it gets and gives a JSON object.

    Skips, and says why, where the environments have not been made.
    """
    python = ENVIRONMENTS / library / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{library} is not installed: `make test` makes its environment")
    return _run([str(python), str(HERE / script)], directory, given)


def run_node_client(library: str, script: str, directory: Path, given: dict[str, Any]) -> dict[str, Any]:
    """Run ``script`` with Node.js, where it finds the library; otherwise as `run_client`."""
    modules = ENVIRONMENTS / "node" / "node_modules"
    if not (modules / library).exists():
        pytest.skip(f"{library} is not installed: `make test` installs it")
    environment = {**os.environ, "NODE_PATH": str(modules)}
    return _run(["node", str(HERE / "node" / script)], directory, given, environment)


def _run(
    command: list[str], directory: Path, given: dict[str, Any], environment: dict[str, str] | None = None
) -> dict[str, Any]:
    done = subprocess.run(
        command,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=directory,
        env=environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen

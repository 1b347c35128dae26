"""Run a script in the environment of a client library and read what it saw."""

import json
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
    done = subprocess.run(
        [str(python), str(HERE / script)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=directory,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen

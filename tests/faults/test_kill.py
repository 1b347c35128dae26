"""kill -9 in the middle of the work: what was acknowledged is there, nothing is there by halves."""

import os
import time
from pathlib import Path

import pytest

from tests.faults.workload import Workload
from tests.servers import assert_books_are_clean, serving

KILLS = int(os.environ.get("COUNTERFOIL_KILLS", "5"))
BETWEEN_KILLS = 120

pytestmark = pytest.mark.timeout(60 + 30 * KILLS)


def kill_again_and_again(database_url: str, directory: Path, *, count: int) -> None:
    with serving(database_url, directory, count=count) as servers:
        work = Workload(servers)
        work.start()
        for number in range(KILLS):
            work.wait_for(BETWEEN_KILLS)
            victim = servers[number % count]
            victim.kill()
            time.sleep(0.1)
            victim.start()
        work.wait_for(BETWEEN_KILLS)
        work.finish()

        assert work.statuses[0] > 0, "no client noticed anything, so nothing was tested"
        work.assert_kept()
        work.assert_repeats_are_answered()
        assert_books_are_clean(database_url)


def test_a_killed_server_loses_and_doubles_nothing(database_url: str, tmp_path: Path) -> None:
    kill_again_and_again(database_url, tmp_path, count=1)


def test_one_of_three_killed_servers_loses_and_doubles_nothing(postgres_url: str, tmp_path: Path) -> None:
    kill_again_and_again(postgres_url, tmp_path, count=3)

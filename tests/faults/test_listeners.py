"""kill -9 in the middle of the work: every committed event reaches feed and hook, in order per order."""

import time
from pathlib import Path

import pytest

from tests.faults.test_kill import BETWEEN_KILLS, KILLS
from tests.faults.workload import Workload
from tests.listening import (
    FEED_CONFIG,
    HOOK_CONFIG,
    LISTENING,
    QUEUE,
    Address,
    Caller,
    Reader,
    app_key,
    assert_heard,
    expected,
    versions,
    wait_for,
)
from tests.servers import assert_books_are_clean, serving

pytestmark = pytest.mark.timeout(360 + 30 * KILLS)


def kill_again_and_again(database_url: str, directory: Path, *, count: int) -> None:
    with serving(database_url, directory, count=count, environment=LISTENING) as servers:
        work = Workload(servers, clients=16)
        headers = app_key(servers[0])
        caller = Caller(servers, headers)
        address = Address()
        before = versions(database_url)
        assert caller.ask("POST", FEED_CONFIG, {"queue": QUEUE}).status == 200
        assert caller.ask("POST", HOOK_CONFIG, {"hook": {"url": address.url}}).status == 200
        reader = Reader(servers, headers)
        reader.start()
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
        must = expected(database_url, before)
        steps = sum(map(len, must.values()))
        # What is handed out and not confirmed when a server is killed comes again only when its time is up.
        wait_for(reader.heard, steps, within_s=150)
        wait_for(address.heard, steps, within_s=150)
        reader.stop()
        address.close()
        assert_heard(reader.heard, must)
        assert_heard(address.heard, must)
        assert_books_are_clean(database_url)


def test_a_killed_server_tells_all_that_it_committed(database_url: str, tmp_path: Path) -> None:
    kill_again_and_again(database_url, tmp_path, count=1)


def test_one_of_two_killed_servers_leaves_nothing_untold(postgres_url: str, tmp_path: Path) -> None:
    kill_again_and_again(postgres_url, tmp_path, count=2)

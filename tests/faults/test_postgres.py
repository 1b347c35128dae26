"""PostgreSQL in trouble: stopped, crashed and restarted under load, connections cut, tables missing."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.faults.workload import Workload, assert_is_try_again
from tests.postgres import Cluster
from tests.servers import Server, assert_books_are_clean, migrate, serving
from tests.shop import Shop
from tests.wire import Answer, Connection

QUICK_S = 15
"""Within this time a request is answered while the database is away."""

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL of the test's own."""
    with postgres.cluster() as own:
        yield own


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_a_restart_of_the_database_under_load_costs_only_time(
    cluster: Cluster, tmp_path: Path, how: signal.Signals
) -> None:
    url = cluster.server.create_database("books")
    with serving(url, tmp_path, count=2) as servers:
        work = Workload(servers)
        work.start()
        for _ in range(2):
            work.wait_for(100)
            cluster.stop(how)
            refused = work.statuses[503]
            deadline = time.monotonic() + QUICK_S
            while work.statuses[503] == refused:
                assert time.monotonic() < deadline, f"nobody was told: {work.statuses}"
                time.sleep(0.02)
            cluster.start()
        work.wait_for(100)
        work.finish()

        assert work.statuses[0] == 0, "our own servers hung up"
        work.assert_kept()
        work.assert_repeats_are_answered()
        assert_books_are_clean(url)


def test_while_the_database_is_away_every_request_says_so(cluster: Cluster, tmp_path: Path) -> None:
    url = cluster.server.create_database("books")
    with serving(url, tmp_path) as (server,):
        work = Workload([server], clients=8)
        order_id = work._order_ids[0]
        cluster.stop()
        for method, path, body in (
            ("GET", f"/rest/V1/orders/{order_id}", None),
            ("GET", "/rest/V1/orders?searchCriteria", None),
            ("POST", f"/rest/V1/order/{order_id}/invoice", {}),
            ("POST", "/rest/V1/guest-carts", None),
            ("POST", "/rest/V1/integration/admin/token", {"username": "admin", "password": "x"}),
        ):
            with Connection(server.port) as connection:
                answer = connection.ask(method, path, body, token=work.shop.token)
            assert_is_try_again(answer)
        with Connection(server.port) as connection:
            assert connection.ask("GET", "/health").status == 503
        cluster.start()
        server.wait_until_ready()
        assert work.shop.invoice(order_id).status == 200


def test_terminated_backends_cost_only_time(postgres_url: str, tmp_path: Path) -> None:
    with serving(postgres_url, tmp_path, count=2) as servers:
        work = Workload(servers)
        work.start()
        work.wait_for(50)
        terminated = terminate_for(postgres_url, seconds=4)
        work.wait_for(100)
        work.finish()

        assert terminated > 10
        assert work.statuses[0] == 0, "our own servers hung up"
        work.assert_kept()
        work.assert_repeats_are_answered()
        assert_books_are_clean(postgres_url)


def terminate_for(database_url: str, *, seconds: float) -> int:
    """Cut every connection to the database again and again; return how many were cut."""
    cut = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    count = 0
    until = time.monotonic() + seconds
    with psycopg.connect(database_url, autocommit=True) as connection:
        while time.monotonic() < until:
            (terminated,) = connection.execute(cut).fetchone() or (0,)
            count += terminated
            time.sleep(0.1)
    return count


def test_an_order_that_somebody_else_holds_is_answered_in_time_and_holds_up_nobody(
    postgres_url: str, tmp_path: Path
) -> None:
    """A person with psql, or a report, may hold a row for ever."""
    with serving(postgres_url, tmp_path, environment={"COUNTERFOIL_WAIT_S": "2"}) as (server,):
        work = Workload([server], clients=8)
        held, other = work._order_ids[:2]
        with psycopg.connect(postgres_url) as holder:
            holder.execute("SELECT 1 FROM orders WHERE entity_id = %s FOR UPDATE", (held,))
            told: list[tuple[Answer, float]] = []

            def invoice_the_held_order() -> None:
                with Connection(server.port) as connection:
                    began = time.monotonic()
                    path = f"/rest/V1/order/{held}/invoice"
                    answer = connection.ask("POST", path, {}, token=work.shop.token)
                    told.append((answer, time.monotonic() - began))

            waiting = threading.Thread(target=invoice_the_held_order)
            waiting.start()
            time.sleep(0.3)
            began = time.monotonic()
            assert work.shop.invoice(other).status == 200
            assert time.monotonic() - began < 1
            waiting.join(30)

        ((refused, took_s),) = told
        assert_is_try_again(refused)
        assert took_s < QUICK_S
        assert work.shop.invoice(held).status == 200


def test_a_database_without_tables_is_refused_with_what_to_do(postgres_url: str, tmp_path: Path) -> None:
    server = Server(postgres_url, tmp_path / "serve.log")
    server.start(wait=False)

    assert server.wait() == 1
    assert "counterfoil migrate" in server.log()
    assert "Traceback" not in server.log()


def test_a_database_that_is_not_there_is_refused_with_a_clear_message(tmp_path: Path) -> None:
    nowhere = f"postgresql://postgres:secret@127.0.0.1:{postgres.free_port()}/books"
    server = Server(nowhere, tmp_path / "serve.log")
    server.start(wait=False)

    assert server.wait() == 1
    assert "Traceback" not in server.log()
    assert "secret" not in server.log()


def test_three_servers_that_start_at_once_on_an_empty_shop_agree(postgres_url: str, tmp_path: Path) -> None:
    """Each of them wants to create the first administrator."""
    migrate(postgres_url)
    servers = [Server(postgres_url, tmp_path / f"{number}.log") for number in range(3)]
    try:
        for server in servers:
            server.start(wait=False)
        for server in servers:
            server.wait_until_ready()
            Shop(server.port).close()
    finally:
        for server in servers:
            server.kill()

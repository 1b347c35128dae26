"""Feeds and hooks beside writers, on running services."""

import random
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.listening import (
    FEED,
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
from tests.servers import Server, serving
from tests.shop import Shop, top_items

WRITERS = 8
ORDERS = 60
INVOICES = 4
LATE_S = 0.25
HOLD_BACK = """
CREATE FUNCTION hold_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.order_id % 4 = 0 AND NEW.kind = 'InvoiceIssued' THEN
        PERFORM pg_sleep(random() * 0.4);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER hold_back AFTER INSERT ON journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold_back();
"""
"""Has the commit of every fourth order's invoices wait: it has its place in every sequence by then."""


class Writing:
    """Orders of one unit after the other, and writers that start and invoice them through all processes."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers
        self.shop = Shop(servers[0].port)
        self.shop.set_up()
        self.rows: dict[int, int] = {}

    def place(self, count: int) -> None:
        for _ in range(count):
            order_id = self.shop.place([self.shop.item("S1", INVOICES)])
            self.rows[order_id] = top_items(self.shop.order(order_id))[0]["item_id"]

    def at_once(self, wishes: list[Callable[[Shop], int]]) -> None:
        """Let the writers work off the wishes, each on connections of its own."""
        shops = threading.local()

        def grant(number: int) -> int:
            if not hasattr(shops, "own"):
                port = self.servers[number % len(self.servers)].port
                shops.own = Shop(port, token=self.shop.token)
            return wishes[number](shops.own)

        with ThreadPoolExecutor(WRITERS) as writers:
            assert set(writers.map(grant, range(len(wishes)))) <= {200, 204}

    def starts(self, headers: dict[str, str]) -> list[Callable[[Shop], int]]:
        def start(order_id: int) -> Callable[[Shop], int]:
            path = f"/api/oms/pvt/orders/v{500_000 + order_id}cntf-01/start-handling"
            return lambda shop: shop.connection.ask("POST", path, headers=headers).status

        return [start(order_id) for order_id in self.rows]

    def invoices(self) -> list[Callable[[Shop], int]]:
        def invoice(order_id: int) -> Callable[[Shop], int]:
            return lambda shop: shop.invoice(order_id, [(self.rows[order_id], 1)]).status

        return [invoice(order_id) for order_id in self.rows for _ in range(INVOICES)]


def listen(caller: Caller, address: Address) -> None:
    assert caller.ask("POST", FEED_CONFIG, {"queue": QUEUE}).status == 200
    assert caller.ask("POST", HOOK_CONFIG, {"hook": {"url": address.url}}).status == 200


@pytest.fixture
def address():
    address = Address()
    yield address
    address.close()


def test_no_transition_is_missed_though_some_commit_late(postgres_url: str, tmp_path: Path, address):
    """300 transitions by 8 writers through two processes, some of which hold back their commits."""
    with serving(postgres_url, tmp_path, count=2, environment=LISTENING) as servers:
        writing = Writing(servers)
        headers = app_key(servers[0])
        writing.place(ORDERS)
        listen(Caller(servers, headers), address)
        before = versions(postgres_url)
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(HOLD_BACK)
        reader = Reader(servers, headers)
        reader.start()
        wishes = writing.invoices()
        random.shuffle(wishes)
        writing.at_once([*writing.starts(headers), *wishes])

        must = expected(postgres_url, before)
        steps = sum(map(len, must.values()))
        assert steps >= 2 * ORDERS * (1 + INVOICES)
        wait_for(reader.heard, steps)
        wait_for(address.heard, steps)
        reader.stop()
        assert_heard(reader.heard, must)
        assert_heard(address.heard, must)
        assert len(reader.heard) == steps, "nothing comes twice as long as everybody confirms in time"


@pytest.fixture
def one(database_url: str, tmp_path: Path):
    with serving(database_url, tmp_path, environment=LISTENING) as (server,):
        yield server


def test_a_hook_is_told_soon_after_the_commit(one: Server, address):
    writing = Writing([one])
    headers = app_key(one)
    writing.place(40)
    listen(Caller([one], headers), address)
    answered: list[float] = []
    for start in writing.starts(headers):
        assert start(writing.shop) == 204
        answered.append(time.monotonic())
        time.sleep(0.03)
    wait_for(address.heard, 80)
    heard = [one.at_s for one in address.heard if one.state == "start-handling"]
    late_s = [came_s - answered_s for came_s, answered_s in zip(heard, answered, strict=True)]
    assert statistics.quantiles(late_s, n=20)[-1] <= LATE_S


def test_a_dead_address_loses_nothing_and_holds_up_no_feed(one: Server, address):
    writing = Writing([one])
    headers = app_key(one)
    caller = Caller([one], headers)
    writing.place(12)
    listen(caller, address)
    before = versions(one.database_url)
    address.status = 500
    writing.at_once(writing.starts(headers))
    reader = Reader([one], headers)
    reader.start()
    wait_for(reader.heard, 24, within_s=10)
    reader.stop()
    assert address.heard == []
    one.stop()
    one.start()
    address.status = 200
    wait_for(address.heard, 24)
    assert_heard(address.heard, expected(one.database_url, before))
    assert caller.ask("GET", FEED_CONFIG).json["quantity"] == 0


def test_a_slow_address_holds_up_no_request(one: Server, address):
    writing = Writing([one])
    headers = app_key(one)
    writing.place(24)
    listen(Caller([one], headers), address)
    before = versions(one.database_url)
    address.delay_s = 1.0
    began_s = time.monotonic()
    writing.at_once(writing.starts(headers))
    assert time.monotonic() - began_s < 5
    wait_for(address.heard, 48)
    assert_heard(address.heard, expected(one.database_url, before))


def test_this_machine_is_no_address_for_hooks_by_default(database_url: str, tmp_path: Path, address):
    with serving(database_url, tmp_path) as (server,):
        caller = Caller([server], app_key(server))
        plain = caller.ask("POST", HOOK_CONFIG, {"hook": {"url": address.url}})
        assert (plain.status, plain.json["errors"]) == (400, {"Hook": ["Only https scheme is accepted"]})
        for host in ("127.0.0.1", "localhost", "[::1]", "169.254.169.254"):
            url = address.url.replace("http:", "https:").replace("127.0.0.1", host)
            refused = caller.ask("POST", HOOK_CONFIG, {"hook": {"url": url}})
            assert refused.status == 400
            assert refused.json["errors"]["Hook"][0].startswith("Unable to check address")
        assert caller.ask("GET", HOOK_CONFIG).status == 404
        assert caller.ask("GET", FEED).status == 404

"""kill -9 while money moves: afterwards the gateway's own ledger and the books say the same, exactly."""

import os
import random
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests import money
from tests.money import assert_money_is_in_the_books, memos_of, place, wait_until_settled
from tests.servers import Server, assert_books_are_clean, serving
from tests.shop import Shop, invoice_path
from tests.wire import Answer, Connection

KILLS = int(os.environ.get("COUNTERFOIL_KILLS", "5"))
LEASE_S = 15
HOW = ["ok", "delay:1", "slow:1", "lose", "timeout", "miss", "late:1", "twice"]

pytestmark = pytest.mark.timeout(200 + 3 * (LEASE_S + 30) * KILLS)


class Till:
    """A shop that is paid by the test gateway, and whose server is killed while money moves."""

    def __init__(self, server: Server, path: Path) -> None:
        self.server = server
        self.path = path
        self.shop = Shop(server.port)
        self.shop.set_up()
        self.interrupted = 0

    def kill_during(self, path: str, body: Any, *, method: str = "POST", how: str = "ok") -> Answer:
        """Send a request, kill the server soon after, start it, repeat the request until it is answered."""
        headers = {"Idempotency-Key": uuid4().hex}
        sent = self.shop.request(method, path, body, headers=headers)
        with Connection(self.server.port) as connection:
            connection.send(sent)
            time.sleep(random.uniform(0, 0.08 if how == "ok" else 1.2))
            self.server.kill()
            try:
                connection.receive()
            except (OSError, AssertionError):
                self.interrupted += 1
        self.server.start()
        self.shop = Shop(self.server.port, token=self.shop.token)
        deadline = time.monotonic() + 4 * LEASE_S
        while True:
            answer = self.shop.ask(method, path, body, headers=headers)
            if answer.status not in {409, 503}:
                return answer
            assert time.monotonic() < deadline, str(answer)
            time.sleep(0.2)

    def check(self) -> None:
        wait_until_settled(self.server.database_url, within_s=4 * LEASE_S)
        assert_money_is_in_the_books(self.server.database_url, self.path)


def kill_again_and_again(database_url: str, directory: Path) -> None:
    path = directory / "money.jsonl"
    environment = {
        "COUNTERFOIL_TEST_GATEWAY": str(path),
        "COUNTERFOIL_GATEWAY_TIMEOUT_S": "1",
        "COUNTERFOIL_PAYMENT_WAIT_S": "5",
    }
    with serving(database_url, directory, environment=environment) as (server,):
        till = Till(server, path)
        for number in range(KILLS):
            how = HOW[number % len(HOW)]
            _one_life(till, f"authorization={how} capture={how} refund={how} void={how}", how)
        assert till.interrupted, "no client noticed anything, so nothing was tested"
        assert_books_are_clean(database_url)


def _one_life(till: Till, token: str, how: str) -> None:
    """Place, capture, refund and void, each with a kill in the middle."""
    items = [till.shop.item("S1", 3)]
    placed = till.kill_during(money.order_path(till.shop, items), money.payment(token), method="PUT", how=how)
    assert placed.status == 200, placed
    order_id = int(placed.json)
    till.check()
    (row,) = till.shop.order(order_id)["items"]
    one = {"capture": True, "items": [{"order_item_id": row["item_id"], "qty": 1}]}
    captured = till.kill_during(invoice_path(order_id), one, how=how)
    assert captured.status == 200, captured
    till.check()
    assert [invoice["entity_id"] for invoice in till.shop.invoices_of(order_id)] == [int(captured.json)]

    refunded = till.kill_during(f"/rest/V1/invoice/{captured.json}/refund", {"isOnline": True}, how=how)
    assert refunded.status == 200, refunded
    till.check()
    assert [memo["entity_id"] for memo in memos_of(till.shop, order_id)] == [int(refunded.json)]

    waiting = till.shop.invoice(order_id).json
    voided = till.kill_during(f"/rest/V1/invoices/{waiting}/void", None, how=how)
    assert voided.status == 200, voided
    till.check()
    assert till.shop.order(order_id)["payment"]["amount_canceled"] == 20


def test_a_killed_server_moves_no_money_without_its_document(sqlite_url: str, tmp_path: Path) -> None:
    kill_again_and_again(sqlite_url, tmp_path)


def test_a_killed_server_moves_no_money_without_its_document_on_postgresql(
    postgres_url: str, tmp_path: Path
) -> None:
    kill_again_and_again(postgres_url, tmp_path)


def test_another_server_finds_out_what_became_of_the_money(postgres_url: str, tmp_path: Path) -> None:
    path = tmp_path / "money.jsonl"
    environment = {"COUNTERFOIL_TEST_GATEWAY": str(path), "COUNTERFOIL_GATEWAY_TIMEOUT_S": "5"}
    with serving(postgres_url, tmp_path, count=2, environment=environment) as (first, second):
        shop = Shop(first.port)
        shop.set_up()
        order_id = place(shop, [shop.item("S1", 3)], token="capture=slow:30")
        connection = Connection(first.port)
        connection.send(shop.request("POST", invoice_path(order_id), {"capture": True}))
        until = time.monotonic() + 10
        while not money.done(path, "capture"):
            assert time.monotonic() < until
            time.sleep(0.02)
        first.kill()
        connection.close()
        wait_until_settled(postgres_url, within_s=4 * LEASE_S)
        left = Shop(second.port, token=shop.token)
        assert len(left.invoices_of(order_id)) == 1
        left.close()
        assert_money_is_in_the_books(postgres_url, path)
        first.start()
        assert_books_are_clean(postgres_url)

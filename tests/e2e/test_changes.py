"""Changes and grace periods on running services: in time, on each engine, across restarts."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.servers import Server, assert_books_are_clean, serving
from tests.vtex_shop import (
    VALUE,
    VALUE_WITHOUT_A_MUG,
    VtexShop,
    create_key,
    invoice_body,
    invoice_path,
    without_a_mug,
)
from tests.wire import Connection

DELAY_S = 4


@contextmanager
def running(database_url: str, directory: Path, *arguments: str) -> Iterator[tuple[Server, VtexShop]]:
    with serving(database_url, directory, arguments=arguments) as (server,):
        shop = VtexShop(server.port, create_key(server, "oms"))
        yield server, shop
        shop.close()
    assert_books_are_clean(database_url)


def test_a_change_settles_as_late_as_it_is_told_to(database_url: str, tmp_path: Path) -> None:
    with running(database_url, tmp_path, "--settlement-delay-ms", "300") as (_, shop):
        order_id = shop.place()
        begun_s = time.monotonic()
        request_id = shop.change(order_id, without_a_mug()).json["requestId"]
        refused = shop.invoice(order_id, "1", VALUE, mugs=2, plates=1)
        taken_s = time.monotonic() - begun_s
        assert refused.status == 400, refused
        assert 0.3 <= taken_s < 1.5, "the invoice waited for the Change, and not longer"
        steps = [log["status"] for log in shop.settled(order_id, request_id)["logs"]]
        assert steps == ["preparing", "waiting-acknowledgement", "waiting-confirmation", "done"]
        assert shop.invoice(order_id, "1", VALUE_WITHOUT_A_MUG, mugs=1, plates=1).status == 200
        assert shop.order(order_id)["status"] == "invoiced"


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_a_change_and_a_grace_period_end_in_time_after_a_restart(
    database_url: str, tmp_path: Path, kill: bool
) -> None:
    arguments = ("--settlement-delay-ms", str(DELAY_S * 1000), "--grace-period-s", str(DELAY_S))
    with running(database_url, tmp_path, *arguments) as (server, shop):
        begun_s = time.monotonic()
        order_id = shop.place("ready-for-handling")
        assert shop.order(order_id)["status"] == "window-to-cancel"
        request_id = shop.change(order_id, without_a_mug()).json["requestId"]
        shop.close()
        server.kill() if kill else server.stop()
        server.start()
        again = VtexShop(server.port, shop.key)
        # On PostgreSQL a lease of the killed process has to run out.
        found = again.settled(order_id, request_id, within_s=30)
        assert found["finished"]
        first, *_, last = (datetime.fromisoformat(log["date"]) for log in found["logs"])
        assert (last - first).total_seconds() >= DELAY_S - 1, "it was settled too early"
        until_s = time.monotonic() + 30
        while again.order(order_id)["status"] == "window-to-cancel":
            assert time.monotonic() < until_s, "the grace period does not end"
            time.sleep(0.05)
        assert time.monotonic() - begun_s >= DELAY_S
        assert again.order(order_id)["status"] == "ready-for-handling"
        again.close()


def test_a_server_that_stops_answers_at_once_what_waits_for_a_change(
    database_url: str, tmp_path: Path
) -> None:
    arguments = ("--settlement-delay-ms", "60000", "--change-wait-s", "60")
    with running(database_url, tmp_path, *arguments) as (server, shop):
        order_id = shop.place()
        assert shop.change(order_id, without_a_mug()).status == 202
        waiting = [Connection(server.port) for _ in range(100)]
        for number, connection in enumerate(waiting):
            body = invoice_body(str(number), VALUE, mugs=2, plates=1, route="document")
            connection.send(shop.request("POST", invoice_path(order_id, "document"), body))
        time.sleep(1)
        begun_s = time.monotonic()
        server.stop()
        assert time.monotonic() - begun_s < 15, "nobody was waited for"
        answers = [connection.receive() for connection in waiting]
        assert {answer.status for answer in answers} == {409}
        assert all(answer.headers["retry-after"] for answer in answers)
        server.start()
        again = VtexShop(server.port, shop.key)
        assert again.order(order_id)["packageAttachment"]["packages"] == []
        again.close()


class Bank(ThreadingHTTPServer):
    """Answers what it is told, and writes down what it was asked."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []
        super().__init__(("127.0.0.1", 0), _Desk)
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/settle"


class _Desk(BaseHTTPRequestHandler):
    server: Bank

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(json.loads(body))
        status, answer = self.server.answers.pop(0)
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


def test_an_address_is_asked_until_it_answers_and_decides(sqlite_url: str, tmp_path: Path) -> None:
    confirmed, declined = {"outcome": "confirmed"}, {"outcome": "declined", "reason": "The card is blocked."}
    bank = Bank((503, {}), (200, confirmed), (200, declined))
    with running(sqlite_url, tmp_path, "--settlement", bank.url) as (_, shop):
        order_id = shop.place()
        first = shop.settled(order_id, shop.change(order_id, without_a_mug()).json["requestId"])
        second = shop.settled(order_id, shop.change(order_id, without_a_mug()).json["requestId"])
        assert (first["status"], second["status"]) == ("done", "canceled")
        assert second["cancellationData"]["reason"] == "The card is blocked."
        assert shop.order(order_id)["value"] == VALUE_WITHOUT_A_MUG
    assert [(one["orderId"], one["delta"], one["attempt"]) for one in bank.asked] == [
        (order_id, VALUE_WITHOUT_A_MUG - VALUE, 1),
        (order_id, VALUE_WITHOUT_A_MUG - VALUE, 2),
        (order_id, VALUE_WITHOUT_A_MUG - VALUE, 1),
    ]
    bank.shutdown()

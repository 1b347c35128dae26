"""Changes on running services: settled in time, on each engine, across restarts."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.servers import Server, assert_books_are_clean, command, serving
from tests.shop import Shop
from tests.wire import Answer, Connection

PATIENCE_S = 20


class Caller:
    """A program that speaks VTEX with one server."""

    def __init__(self, server: Server) -> None:
        done = command(
            server.database_url, "keys", "create", f"oms-{time.monotonic_ns()}", "--dialect", "vtex", "--json"
        )
        assert done.returncode == 0, done.stderr
        created = json.loads(done.stdout)
        self._headers = {
            "X-VTEX-API-AppKey": created["appKey"],
            "X-VTEX-API-AppToken": created["appToken"],
        }
        self.server = server
        self.port = server.port

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        with Connection(self.port, timeout_s=40) as connection:
            return connection.ask(method, path, body, headers={**self._headers, **headers})

    def change(self, order_id: int, body: Any) -> str:
        answer = self.ask("PATCH", changes_of(order_id), body)
        assert answer.status == 202, answer
        request_id: str = answer.json["requestId"]
        return request_id

    def detail(self, order_id: int, request_id: str) -> Any:
        return self.ask("GET", changes_of(order_id, f"/{request_id}")).json

    def ended(self, order_id: int, request_id: str) -> Any:
        """Wait until a Change is settled and return it."""
        until = time.monotonic() + PATIENCE_S
        while (found := self.detail(order_id, request_id))["inProgress"]:
            assert time.monotonic() < until, found
            time.sleep(0.01)
        return found

    def status(self, order_id: int) -> str:
        found: str = self.ask("GET", order(order_id)).json["status"]
        return found


def order(order_id: int, action: str = "") -> str:
    return f"/api/oms/pvt/orders/v{500_000 + order_id}cntf-01{action}"


def changes_of(order_id: int, rest: str = "") -> str:
    return f"/api/order-system/orders/v{500_000 + order_id}cntf-01/changes{rest}"


def discount(cents: int) -> dict[str, Any]:
    return {"reason": "late", "manualDiscountValue": cents}


@contextmanager
def running(database_url: str, directory: Path, *arguments: str) -> Iterator[tuple[Server, Shop, Caller]]:
    with serving(database_url, directory, arguments=arguments) as (server,):
        shop = Shop(server.port)
        shop.set_up()
        yield server, shop, Caller(server)
        shop.close()
    assert_books_are_clean(database_url)


def test_a_change_settles_as_late_as_it_is_told_to(database_url: str, tmp_path: Path) -> None:
    with running(database_url, tmp_path, "--settlement-delay-ms", "300") as (_, shop, caller):
        order_id = shop.place([shop.item("TX1", 2)])
        begun_s = time.monotonic()
        request_id = caller.change(order_id, discount(100))
        invoice = {"type": "Output", "issuanceDate": "2026-01-01", "invoiceNumber": "1"}
        total = int(shop.order(order_id)["grand_total"] * 100)
        caller.ask("POST", order(order_id, "/start-handling"))
        refused = caller.ask("POST", order(order_id, "/invoice"), {**invoice, "invoiceValue": total})
        taken_s = time.monotonic() - begun_s
        assert refused.json["error"]["code"] == "CNTF003", refused
        assert 0.3 <= taken_s < 1.0, "the invoice waited for the Change, and not longer"
        found = caller.ended(order_id, request_id)
        steps = [log["status"] for log in found["logs"]]
        assert steps == ["preparing", "waiting-acknowledgement", "waiting-confirmation", "done"]
        whole = caller.ask("POST", order(order_id, "/invoice"), {**invoice, "invoiceValue": total - 100})
        assert (whole.status, caller.status(order_id)) == (200, "invoiced")


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_a_change_and_a_grace_period_end_in_time_after_a_restart(
    database_url: str, tmp_path: Path, kill: bool
) -> None:
    arguments = ("--settlement-delay-ms", "4000", "--grace-period-s", "4")
    with running(database_url, tmp_path, *arguments) as (server, shop, caller):
        order_id = shop.place([shop.item("TX1", 1)])
        begun_s = time.monotonic()
        request_id = caller.change(order_id, discount(100))
        server.kill() if kill else server.stop()
        server.start()
        assert caller.detail(order_id, request_id)["inProgress"]
        assert caller.ended(order_id, request_id)["finished"]
        # On PostgreSQL a lease of the killed process has to run out.
        assert 4 <= time.monotonic() - begun_s < 22

"""kill -9 while accepted operations are carried out: all of them are, each once."""

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.workload import all_invoices
from tests.judge import assert_promises_kept
from tests.servers import Server, assert_books_are_clean, serving
from tests.shop import CHECK, Shop, top_items

KILLS = int(os.environ.get("COUNTERFOIL_KILLS", "5"))
ORDERS = 8
EACH = 25
LEASE_S = 15
MOST_TRIES = 4
"""How often a kill that came too late, when all was done already, is tried again."""

PATH = "/rest/async/bulk/V1/order/byOrderId/invoice"

pytestmark = pytest.mark.timeout(120 + (LEASE_S + 15) * KILLS)


def accepted(shop: Shop, wishes: list[dict[str, Any]]) -> str:
    answer = shop.ask("POST", PATH, wishes)
    assert answer.status == 202, answer
    assert {item["status"] for item in answer.json["request_items"]} == {"accepted"}
    bulk_uuid: str = answer.json["bulk_uuid"]
    return bulk_uuid


def count(shop: Shop, bulk_uuid: str, status: int) -> int:
    counted: int = shop.must("GET", f"/rest/V1/bulk/{bulk_uuid}/operation-status/{status}")
    return counted


def until_done(port: int, token: str, bulk_uuid: str) -> None:
    shop = Shop(port, token=token)
    deadline = time.monotonic() + 3 * LEASE_S
    while count(shop, bulk_uuid, 4):
        assert time.monotonic() < deadline, f"{count(shop, bulk_uuid, 4)} operations are still open"
        time.sleep(0.05)
    shop.close()


def assert_each_once(shop: Shop, bulk_uuid: str, order_ids: list[int]) -> None:
    """See that every operation is complete, and that the books have exactly its effect."""
    shown = shop.must("GET", f"/rest/V1/bulk/{bulk_uuid}/detailed-status")["operations_list"]
    assert [one["id"] for one in shown] == list(range(ORDERS * EACH))
    assert {one["status"] for one in shown} == {1}
    promised = sorted(int(one["result_serialized_data"].strip('"')) for one in shown)
    invoices = [invoice for order_id in order_ids for invoice in all_invoices(shop, order_id)]
    assert sorted(invoice["entity_id"] for invoice in invoices) == promised
    assert {invoice["total_qty"] for invoice in invoices} == {1}
    for order_id in order_ids:
        assert [row["qty_invoiced"] for row in top_items(shop.order(order_id))] == [EACH]


def killed_in_the_middle(shop: Shop, victim: Server, wishes: list[dict[str, Any]]) -> tuple[str, bool]:
    """Kill a server that has begun the operations it accepted; tell whether any were left to do."""
    asked = Shop(victim.port, token=shop.token)
    bulk_uuid = accepted(asked, wishes)
    while not count(asked, bulk_uuid, 1):
        time.sleep(0.001)
    done = count(asked, bulk_uuid, 1)
    victim.kill()
    victim.start()
    return bulk_uuid, done < len(wishes)


def placed(shop: Shop) -> tuple[list[int], list[dict[str, Any]]]:
    """Return orders, and as many wishes for invoices of one as they have units, mixed."""
    order_ids = [shop.place([shop.item("S1", EACH)]) for _ in range(ORDERS)]
    wishes = []
    for order_id in order_ids:
        (row,) = top_items(shop.order(order_id))
        wish = {"orderId": order_id, "items": [{"order_item_id": row["item_id"], "qty": 1}]}
        wishes += [wish] * EACH
    random.shuffle(wishes)
    return order_ids, wishes


def kill_while_they_run(servers: list[Server], database_url: str) -> None:
    shop = Shop(servers[0].port)
    shop.set_up()
    # On PostgreSQL each kill costs the time of a lease.
    kills = KILLS if database_url.startswith("sqlite:") else min(KILLS, 2)
    interrupted = tries = 0
    while interrupted < kills:
        assert tries < kills * MOST_TRIES, (
            "operations were done before the kill each time: nothing was tested"
        )
        order_ids, wishes = placed(shop)
        victim = servers[tries % len(servers)]
        bulk_uuid, in_the_middle = killed_in_the_middle(shop, victim, wishes)
        shop = Shop(servers[0].port, token=shop.token)
        interrupted += in_the_middle
        tries += 1
        until_done(servers[0].port, shop.token, bulk_uuid)
        assert_each_once(shop, bulk_uuid, order_ids)
    assert_promises_kept(database_url)
    assert_books_are_clean(database_url)


def test_a_killed_server_carries_out_every_operation_once(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path) as servers:
        kill_while_they_run(servers, database_url)


def test_others_carry_out_what_a_killed_server_had_begun(postgres_url: str, tmp_path: Path) -> None:
    with serving(postgres_url, tmp_path, count=2) as servers:
        kill_while_they_run(servers, postgres_url)


def test_a_server_that_sleeps_too_long_doubles_nothing(postgres_url: str, tmp_path: Path) -> None:
    """Its leases run out while it stands still; when it goes on, others have done its work."""
    with serving(postgres_url, tmp_path, count=2) as servers:
        sleeper, other = servers
        shop = Shop(sleeper.port)
        shop.set_up()
        order_ids, wishes = placed(shop)
        bulk_uuid = accepted(shop, wishes)
        time.sleep(0.02)
        os.kill(sleeper.pid, signal.SIGSTOP)
        try:
            until_done(other.port, shop.token, bulk_uuid)
        finally:
            os.kill(sleeper.pid, signal.SIGCONT)
        time.sleep(1)
        assert_each_once(Shop(other.port, token=shop.token), bulk_uuid, order_ids)
        assert_promises_kept(postgres_url)
        assert_books_are_clean(postgres_url)


def test_a_server_that_is_told_to_stop_gives_its_operations_back(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path) as (server,):
        shop = Shop(server.port)
        shop.set_up()
        order_ids, wishes = placed(shop)
        bulk_uuid = accepted(shop, wishes)
        server.stop()
        server.start()
        begun = time.monotonic()
        until_done(server.port, shop.token, bulk_uuid)
        assert time.monotonic() - begun < LEASE_S / 2, "it waited for leases to run out"
        assert_each_once(Shop(server.port, token=shop.token), bulk_uuid, order_ids)


def test_carts_that_are_ordered_later_become_one_order_each(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path) as (server,):
        shop = Shop(server.port)
        shop.set_up()
        masks = [shop.cart([shop.item("S1", 1)]) for _ in range(10)]
        wishes = [{"cartId": mask, **CHECK} for mask in masks for _ in range(2)]
        answer = shop.ask("PUT", "/rest/async/bulk/V1/guest-carts/byCartId/order", wishes)
        assert answer.status == 202, answer
        bulk_uuid = answer.json["bulk_uuid"]
        until_done(server.port, shop.token, bulk_uuid)
        assert [count(shop, bulk_uuid, status) for status in (1, 3)] == [10, 10]
        assert shop.must("GET", "/rest/V1/orders?searchCriteria")["total_count"] == 10
        assert_books_are_clean(database_url)

"""kill -9 while Changes are asked for and settled: each one that was accepted ends, and has one effect."""

import os
import random
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.judge import assert_promises_kept
from tests.servers import Server, assert_books_are_clean, serving
from tests.vtex_shop import (
    VALUE,
    VALUE_WITHOUT_A_MUG,
    AppKey,
    VtexShop,
    changes_path,
    create_key,
    without_a_mug,
)

DEFAULT_KILLS = 5
KILLS = int(os.environ.get("COUNTERFOIL_KILLS", str(DEFAULT_KILLS)))
ORDERS = 24
LEASE_S = 15

pytestmark = pytest.mark.timeout(120 + (LEASE_S + 20) * KILLS)


def ask(port: int, key: AppKey, orders: Sequence[str], accepted: dict[str, str], lost: list[str]) -> None:
    """Ask for a Change of each order, until the server is gone."""
    shop = VtexShop(port, key)
    for place, order_id in enumerate(orders):
        try:
            answer = shop.change(order_id, without_a_mug())
        except OSError:
            lost.extend(orders[place:])
            break
        assert answer.status == 202, answer
        accepted[order_id] = answer.json["requestId"]
    shop.close()


def killed_meanwhile(victim: Server, key: AppKey, orders: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Kill a server while it is asked for Changes; return which it accepted, and whose answers were lost."""
    accepted: dict[str, str] = {}
    lost: list[str] = []
    parts = [orders[number::4] for number in range(4)]
    threads = [threading.Thread(target=ask, args=(victim.port, key, part, accepted, lost)) for part in parts]
    for thread in threads:
        thread.start()
    time.sleep(random.uniform(0, 0.3))
    victim.kill()
    for thread in threads:
        thread.join()
    victim.start()
    return accepted, lost


def assert_each_once(shop: VtexShop, accepted: dict[str, str], lost: Sequence[str]) -> None:
    """See that what was accepted is done, and that what nobody knows of is done whole or not at all."""
    for order_id, request_id in accepted.items():
        assert shop.settled(order_id, request_id, within_s=3 * LEASE_S)["finished"], order_id
    for order_id in [*accepted, *lost]:
        known: list[dict[str, Any]] = shop.must("GET", changes_path(order_id))["requests"]
        for one in known:
            shop.settled(order_id, one["requestId"], within_s=3 * LEASE_S)
        assert len(known) == 1 if order_id in accepted else len(known) <= 1
        found = shop.order(order_id)
        assert found["value"] == (VALUE_WITHOUT_A_MUG if known else VALUE)
        assert len((found["changesAttachment"] or {}).get("changesData", [])) == len(known)
        # The order goes on: what is left of it can be invoiced, and nothing more.
        assert shop.invoice(order_id, "all", found["value"] + 1, mugs=0, plates=0).status == 400
        assert shop.invoice(order_id, "all", found["value"], mugs=0, plates=0).status == 200
        assert shop.order(order_id)["status"] == "invoiced"


def kill_while_changes_settle(servers: Sequence[Server], database_url: str) -> None:
    key = create_key(servers[0], "oms")
    kills = KILLS if database_url.startswith("sqlite:") or KILLS > DEFAULT_KILLS else 2
    for kill in range(kills):
        shop = VtexShop(servers[0].port, key)
        orders = [shop.place() for _ in range(ORDERS)]
        shop.close()
        accepted, lost = killed_meanwhile(servers[kill % len(servers)], key, orders)
        shop = VtexShop(servers[0].port, key)
        assert_each_once(shop, accepted, lost)
        shop.close()
    assert_promises_kept(database_url)
    assert_books_are_clean(database_url)


@pytest.mark.parametrize("delay_ms", [0, 400])
def test_a_killed_server_settles_every_change_once(database_url: str, tmp_path: Path, delay_ms: int) -> None:
    arguments = ("--settlement-delay-ms", str(delay_ms))
    with serving(database_url, tmp_path, arguments=arguments) as servers:
        kill_while_changes_settle(servers, database_url)


def test_others_settle_what_a_killed_server_had_begun(postgres_url: str, tmp_path: Path) -> None:
    arguments = ("--settlement-delay-ms", "400")
    with serving(postgres_url, tmp_path, count=2, arguments=arguments) as servers:
        kill_while_changes_settle(servers, postgres_url)

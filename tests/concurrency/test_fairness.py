"""A crowd on one order holds up nobody else (contract adobe §12.17)."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.concurrency.fleet import Fleet
from tests.shop import top_items

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = 64
SECONDS = 4
MEDIAN_S = 0.15
SLOWEST_S = 1.0
"""Bounds for a machine of two cores on which two workers test at once; alone it is some milliseconds."""


def hammer(fleet: Fleet, port: int) -> tuple[int, subprocess.Popen[str]]:
    """Let a crowd loose on a new order; return its id and the crowd."""
    shop = fleet.shop
    order_id = shop.place([shop.item("S1", 9999)])
    (row,) = top_items(shop.order(order_id))
    words = [port, shop.token, order_id, row["item_id"], CLIENTS, SECONDS]
    command = [sys.executable, "-m", "tests.concurrency.hammer", *map(str, words)]
    return order_id, subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_other_orders_are_read_and_invoiced_quickly_meanwhile(fleet: Fleet) -> None:
    shop = fleet.shop
    others = fleet.place(40, [shop.item("S2", 1)])
    order_id, crowd = hammer(fleet, fleet.servers[-1].port)
    (beside,) = fleet.connections(1)
    took: dict[str, list[float]] = {"read": [], "invoice": []}
    time.sleep(1)  # until the crowd is complete
    for other in others:
        for what, method, path in (
            ("read", "GET", f"/rest/V1/orders/{other}"),
            ("invoice", "POST", f"/rest/V1/order/{other}/invoice"),
        ):
            began = time.monotonic()
            answer = beside.ask(method, path, {} if method == "POST" else None, token=shop.token)
            took[what].append(time.monotonic() - began)
            assert answer.status == 200
        time.sleep(0.02)
    out, _ = crowd.communicate(timeout=60)
    statuses = json.loads(out)

    for what, times in took.items():
        assert statistics.median(times) < MEDIAN_S, (what, sorted(times)[-5:])
        assert max(times) < SLOWEST_S, (what, sorted(times)[-5:])
    order = shop.order(order_id)
    assert [item["qty_invoiced"] for item in order["items"]] == [statuses["200"]]
    assert set(statuses) <= {"200", "400"}

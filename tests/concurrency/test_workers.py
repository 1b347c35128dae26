"""`serve --workers`: several processes behind one port."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.servers import assert_books_are_clean, serving
from tests.shop import Shop

WORKERS = 2


def children(pid: int) -> int:
    return sum(len(task.read_text().split()) for task in Path(f"/proc/{pid}/task").glob("*/children"))


def test_workers_share_one_port_and_one_order(postgres_url: str, tmp_path: Path) -> None:
    with serving(postgres_url, tmp_path, arguments=["--workers", str(WORKERS)]) as (server,):
        shop = Shop(server.port)
        shop.set_up()
        order_id = shop.place([shop.item("S1", 12)])
        (row,) = shop.order(order_id)["items"]

        def invoice(_: int) -> int:
            # A connection of its own, so that either worker may take it.
            return Shop(server.port, token=shop.token).invoice(order_id, [(row["item_id"], 1)]).status

        assert children(server.pid) >= WORKERS
        with ThreadPoolExecutor(16) as clients:
            statuses = list(clients.map(invoice, range(16)))

        assert sorted(statuses) == [200] * 12 + [400] * 4
        assert shop.order(order_id)["total_due"] == 0
        assert_books_are_clean(postgres_url)
        began = time.monotonic()
    assert time.monotonic() - began < 20, "the workers stop when they are told to"

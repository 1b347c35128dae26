"""What was answered with success is there, though the service was killed the moment after."""

import threading
from collections import Counter
from pathlib import Path

from tests.servers import assert_books_are_clean, serving
from tests.vtex_shop import (
    VALUE,
    VtexShop,
    create_key,
    invoice_body,
    invoice_path,
    order_path,
    own_order,
    start_path,
)

ORDERS, AT_ONCE, BEFORE_THE_END = 40, 4, 50
STATUSES = ("payment-pending", "ready-for-handling", "handling", "invoiced")
"""What an order of the shop's own goes through when it is paid, handled and invoiced."""


class Worker(threading.Thread):
    """Takes orders as far as it gets and remembers what was answered with success."""

    def __init__(self, shop: VtexShop, orders: list[str], ended: threading.Event, many: Counter[str]) -> None:
        super().__init__()
        self.reached = dict.fromkeys(orders, 0)
        self._shop = shop
        self._ended = ended
        self._many = many

    def run(self) -> None:
        for name in self.reached:
            invoice = invoice_body("NF-1", VALUE, mugs=2, plates=1, route="document")
            steps = (
                (f"{order_path(name)}/payments/any/payment-notification", None),
                (start_path(name), None),
                (invoice_path(name, "document"), invoice),
            )
            for reached, (path, body) in enumerate(steps, start=1):
                try:
                    answer = self._shop.ask("POST", path, body)
                except (OSError, AssertionError):
                    return
                if answer.status not in {200, 204}:
                    return
                self.reached[name] = reached
                self._many["answered"] += 1
                if self._many["answered"] >= BEFORE_THE_END:
                    self._ended.set()


def test_a_killed_service_has_forgotten_nothing_that_it_answered(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path) as (server,):
        key = create_key(server, "worker")
        shop = VtexShop(server.port, key)
        placed = [
            shop.must("PUT", "/api/checkout/pub/orders", own_order("1"))["orders"][0]["orderId"]
            for _ in range(ORDERS)
        ]
        shop.close()
        ended, many = threading.Event(), Counter[str]()
        workers = [
            Worker(VtexShop(server.port, key), placed[start::AT_ONCE], ended, many)
            for start in range(AT_ONCE)
        ]
        for worker in workers:
            worker.start()
        assert ended.wait(60), many
        server.kill()
        for worker in workers:
            worker.join()
        server.start()
        shop = VtexShop(server.port, key)
        reached = {name: step for worker in workers for name, step in worker.reached.items()}
        assert BEFORE_THE_END <= sum(reached.values()) < 3 * ORDERS, "it was killed in the middle"
        for name, step in reached.items():
            assert STATUSES.index(shop.order(name)["status"]) >= step, name
        shop.close()
    assert_books_are_clean(database_url)

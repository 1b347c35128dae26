"""Clients that want something, and do not give up: each wish is repeated under its key until it is answered.

What they were told is what the books have to contain afterwards, no more and no less.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from tests.judge import assert_promises_kept
from tests.servers import Server
from tests.shop import Shop, invoice_body, invoice_path, top_items
from tests.wire import Answer, Connection, request

PAUSE_S = 0.02
GIVE_UP_S = 60
UNITS = 9000


class Wish(NamedTuple):
    """A request that will be sent until it is answered, and what the answer was."""

    sent: bytes
    order_id: int
    answer: Answer


class Workload:
    """Parallel clients of one shop, running until they are told to stop."""

    def __init__(self, servers: Sequence[Server], *, clients: int = 32) -> None:
        self.servers = servers
        self.shop = Shop(servers[0].port)
        self.shop.set_up()
        self.granted: list[Wish] = []
        self.statuses: Counter[int] = Counter()
        self.broken: list[str] = []
        items = [self.shop.item(sku, UNITS) for sku in ("S1", "S2", "S3")]
        self._order_ids = [self.shop.place(items) for _ in range(1 + clients // 4)]
        self._rows = {
            order_id: [row["item_id"] for row in top_items(self.shop.order(order_id))]
            for order_id in self._order_ids
        }
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._client, args=(number,), daemon=True) for number in range(clients)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Let every client see its last wish through, and stop."""
        self._stop.set()
        for thread in self._threads:
            thread.join(GIVE_UP_S)
        assert not any(thread.is_alive() for thread in self._threads), "a client is still waiting"
        assert not self.broken, self.broken[:5]

    def wait_for(self, count: int, *, within_s: float = GIVE_UP_S) -> None:
        """Return when ``count`` more wishes have been granted."""
        enough = len(self.granted) + count
        deadline = time.monotonic() + within_s
        while len(self.granted) < enough:
            assert time.monotonic() < deadline, f"only {len(self.granted)} of {enough}: {self.statuses}"
            assert not self.broken, self.broken[:5]
            time.sleep(PAUSE_S)

    def assert_kept(self) -> None:
        """See that everything that was promised is there once, and nothing else."""
        shop = Shop(self.servers[0].port, token=self.shop.token)
        numbers: list[int] = []
        for order_id in self._order_ids:
            promised = [wish.answer.json for wish in self.granted if wish.order_id == order_id]
            assert len(set(promised)) == len(promised), "two wishes got the same invoice"
            invoices = all_invoices(shop, order_id)
            assert sorted(int(invoice_id) for invoice_id in promised) == sorted(
                invoice["entity_id"] for invoice in invoices
            )
            assert {item["qty"] for invoice in invoices for item in invoice["items"]} <= {1}
            order = shop.order(order_id)
            assert sum(item["qty_invoiced"] for item in order["items"]) == len(promised)
            assert order.get("total_invoiced", 0) == sum(invoice["grand_total"] for invoice in invoices)
            numbers += [int(invoice["increment_id"]) for invoice in invoices]
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), "the invoice numbers have holes"
        shop.close()
        assert_promises_kept(self.servers[0].database_url)

    def assert_repeats_are_answered(self, count: int = 50) -> None:
        """See that wishes that were granted before are answered as they were, now and for ever."""
        with Connection(self.servers[0].port) as connection:
            for wish in self.granted[:: max(1, len(self.granted) // count)]:
                connection.send(wish.sent)
                again = connection.receive()
                assert (again.status, again.body) == (200, wish.answer.body)
                assert again.headers["idempotent-replayed"] == "true"

    def _client(self, number: int) -> None:
        port = self.servers[number % len(self.servers)].port
        # Half of the clients crowd on one order, the others spread over several.
        order_id = self._order_ids[0 if number % 2 else 1 + number // 2 % (len(self._order_ids) - 1)]
        try:
            while not self._stop.is_set():
                headers = {"Idempotency-Key": uuid4().hex}
                body = invoice_body([(random.choice(self._rows[order_id]), 1)])
                sent = request("POST", invoice_path(order_id), body, headers=headers, token=self.shop.token)
                answer = self._insist(port, sent)
                with self._lock:
                    self.granted.append(Wish(sent, order_id, answer))
        except AssertionError as error:
            self.broken.append(str(error))

    def _insist(self, port: int, sent: bytes) -> Answer:
        deadline = time.monotonic() + GIVE_UP_S
        connection: Connection | None = None
        while True:
            try:
                connection = connection or Connection(port)
                connection.send(sent)
                answer = connection.receive()
            except OSError:
                if connection is not None:
                    connection.close()
                connection = None
                self.statuses[0] += 1
            else:
                self.statuses[answer.status] += 1
                if answer.status == 200:
                    connection.close()
                    return answer
                assert_is_try_again(answer)
            assert time.monotonic() < deadline, "no answer in time"
            time.sleep(PAUSE_S)


def assert_is_try_again(answer: Answer) -> None:
    """See that a refusal for technical reasons says so, in the dialect's form, and when to come back."""
    assert answer.status in {409, 503}, str(answer)
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json["message"]


def all_invoices(shop: Shop, order_id: int) -> list[dict[str, Any]]:
    """Return all invoices of an order, page by page."""
    inside = "searchCriteria[filter_groups][0][filters][0]"
    found: list[dict[str, Any]] = []
    while True:
        page = f"searchCriteria[pageSize]=500&searchCriteria[currentPage]={len(found) // 500 + 1}"
        listed = shop.must(
            "GET", f"/rest/V1/invoices?{inside}[field]=order_id&{inside}[value]={order_id}&{page}"
        )
        found += listed["items"]
        if len(found) >= listed["total_count"]:
            return found


def until_refused(ask: Callable[[], Answer], *, at_most: int = 20000) -> Answer:
    """Ask again and again until the answer is not 200, and return that answer."""
    for _ in range(at_most):
        answer = ask()
        if answer.status != 200:
            return answer
    raise AssertionError("it was never refused")

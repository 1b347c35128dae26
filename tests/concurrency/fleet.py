"""One shop, served by one process or by several on one database, and requests that meet in it."""

import random
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.servers import Server
from tests.shop import Shop, where
from tests.wire import Answer, Connection

PLACING_AT_ONCE = 8
PAGE = 200


class Fleet:
    """The processes of one shop, and connections that are open before anything is sent."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self.servers = servers
        self.database_url = servers[0].database_url
        self.shop = Shop(servers[0].port)
        self._connections: list[Connection] = []

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
        self.shop.close()

    def connections(self, count: int) -> list[Connection]:
        """Return open connections, to the processes in turn."""
        for place in range(count):
            server = self.servers[place % len(self.servers)]
            if place == len(self._connections):
                self._connections.append(Connection(server.port))
            elif not self._connections[place].is_open:
                self._connections[place].close()
                self._connections[place] = Connection(server.port)
        return self._connections[:count]

    def at_once(self, requests: Sequence[bytes], *, apart_s: float = 0) -> list[Answer]:
        """Send all requests at the same moment, each on a connection of its own, and return the answers.

        They leave within some ten microseconds of each other; ``apart_s`` is a pause between one and the
        next, to meet the server at other points of its work. Answers come in the order of the requests.
        """
        connections = self.connections(len(requests))
        for connection, sent in zip(connections, requests, strict=True):
            connection.send(sent)
            if apart_s:
                time.sleep(apart_s)
        return [connection.receive() for connection in connections]

    def place(self, count: int, items: Iterable[dict[str, Any]]) -> list[int]:
        """Place ``count`` equal orders, several at a time, and return their ids."""
        items = list(items)

        def place(some: int) -> list[int]:
            with_own_connection = Shop(self.shop.port, token=self.shop.token)
            try:
                return [with_own_connection.place(items) for _ in range(some)]
            finally:
                with_own_connection.close()

        shares = [len(range(number, count, PLACING_AT_ONCE)) for number in range(PLACING_AT_ONCE)]
        with ThreadPoolExecutor(PLACING_AT_ONCE) as pool:
            return sorted(order_id for share in pool.map(place, shares) for order_id in share)

    def invoices(self) -> list[dict[str, Any]]:
        """Return all invoices of the shop in the order of their ids."""
        found: list[dict[str, Any]] = []
        while True:
            page = f"searchCriteria[pageSize]={PAGE}&searchCriteria[currentPage]={len(found) // PAGE + 1}"
            order = (
                "searchCriteria[sortOrders][0][field]=entity_id&searchCriteria[sortOrders][0][direction]=ASC"
            )
            listed = self.shop.must("GET", f"/rest/V1/invoices?{page}&{order}")
            found += listed["items"]
            if len(found) >= listed["total_count"]:
                return found

    def orders_where(self, field: str, value: object) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.shop.must("GET", f"/rest/V1/orders?{where(field, value)}")[
            "items"
        ]
        return listed


PAUSES_S = (0, 0, 0, 0.0001, 0.0003, 0.001, 0.002)


def some_pause_s() -> float:
    """Return a short pause, most often none, so that races are run at different distances."""
    return random.choice(PAUSES_S)


def assert_no_holes(numbers: Iterable[str]) -> None:
    """See that printed document numbers count up by one, without a hole, in the order given."""
    values = [int(number) for number in numbers]
    assert values == list(range(values[0], values[0] + len(values)))

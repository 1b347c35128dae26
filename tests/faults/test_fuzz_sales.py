"""Everything that changes orders and their documents is asked for nearly rightly, at once and later.

So most requests get as far as the books: whatever they decide, it is no 5xx, a no changes nothing, and the
books are clean afterwards.
"""

import random
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from counterfoil.dialects.adobe.operation import bulk_path
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.routes import ROUTES
from tests.faults.fuzzing import SEED, SHARE_S, Looking, Report, World, work_is_left
from tests.faults.nearly_right import NearlyRight
from tests.servers import assert_books_are_clean, serving
from tests.shop import Shop

NOUNS = [[noun] for noun in ("order", "orders", "invoice", "invoices", "shipment", "creditmemo")]
SALES = [route for route in ROUTES if route.method != "GET" and route.path.split("/")[2:3] in NOUNS]
OFTEN = {"/V1/order/:orderId/invoice": 4, "/V1/order/:orderId/ship": 3, "/V1/order/:orderId/refund": 3}
CHOICES = [route for route in SALES for _ in range(OFTEN.get(route.path, 1))]
"""What makes documents is asked for more often than what ends an order."""

EXAMPLES = 40
AT_ONCE = 0.75
"""The share of the time in which requests are carried out at once. In the rest they are carried out later."""

NEW_ORDER_AFTER = 12
LOOK_AFTER = 5
PATIENT = settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class Fuzz:
    """Sends requests about a few orders to one service."""

    def __init__(self, shop: Shop, database_url: str) -> None:
        self._shop = shop
        self._world = World(shop)
        self._asked = 0
        self._database_url = database_url
        self.report = Report("sales")
        self._looking = Looking(self.report, database_url, random.Random(SEED))

    def run(self) -> None:
        """Ask at once, then later, until the time is over."""
        for turn in count(SEED * 1000):
            if self.report.is_over():
                return
            self._ask(self._later if self.report.is_over(AT_ONCE) else self._at_once, turn)

    def _ask(self, way: Callable[[st.DataObject], None], turn: int) -> None:
        @seed(turn)
        @PATIENT
        @given(data=st.data())
        def ask(data: st.DataObject) -> None:
            way(data)

        ask()

    def wait_for_what_was_accepted(self) -> None:
        """Wait until everything that was accepted has been carried out, well or not."""
        deadline = time.monotonic() + 60
        while work_is_left(self._database_url):
            assert time.monotonic() < deadline, "accepted operations are not carried out"
            time.sleep(0.2)

    def _at_once(self, data: st.DataObject) -> None:
        route, made = self._made(data)
        self._send(route, _filled(f"/rest{route.path}", made.variables()), made.body())

    def _later(self, data: st.DataObject) -> None:
        route, made = self._made(data)
        if data.draw(st.booleans()):
            self._send(route, _filled(f"/rest/async{route.path}", made.variables()), made.body())
        else:
            entries = [{**made.body(), **made.variables()} for _ in range(data.draw(st.integers(0, 3)))]
            self._send(route, f"/rest/async/bulk/{bulk_path(route.path)}", entries)

    def _made(self, data: st.DataObject) -> tuple[Route, NearlyRight]:
        self._asked += 1
        if self._asked % NEW_ORDER_AFTER == 0:
            self._world.order_something()
        if self._asked % LOOK_AFTER == 0:
            self._world.look()
        route = data.draw(st.sampled_from(CHOICES))
        return route, NearlyRight(data.draw, self._world, route)

    def _send(self, route: Route, path: str, body: Any) -> None:
        if self.report.is_over():
            return
        sent = f"{route.method} {path} {body}"
        before = self._looking.before(path)
        answer = self._shop.ask(
            route.method, path, body if route.method != "DELETE" or "bulk" in path else None
        )
        self.report.note(f"{route.method} {route.path}", sent, answer)
        self._looking.after(before, sent, answer)


def _filled(path: str, variables: dict[str, Any]) -> str:
    for name, value in variables.items():
        path = path.replace(f":{name}", quote(str(value), safe=""))
    return path


@pytest.mark.timeout(int(SHARE_S) + 180)
def test_nearly_right_requests_about_orders_leave_good_books(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path) as (server,):
        shop = Shop(server.port)
        shop.set_up()
        fuzz = Fuzz(shop, database_url)
        fuzz.run()
        fuzz.wait_for_what_was_accepted()
        shop.close()
        fuzz.report.assert_good()
    assert_books_are_clean(database_url)

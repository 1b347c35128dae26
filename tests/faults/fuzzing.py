"""What the tests that send anything share: how long they go on, what no answer may be, and real ids.

``COUNTERFOIL_FUZZ_S`` is how long all of them together go on, in seconds; ``COUNTERFOIL_FUZZ_SEED`` chooses
other requests.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests import books
from tests.shop import Shop, where
from tests.wire import Answer

SEED = int(os.environ.get("COUNTERFOIL_FUZZ_SEED", "1"))
TOTAL_S = float(os.environ.get("COUNTERFOIL_FUZZ_S", "60"))
SHARE_S = TOTAL_S / 4
"""How long one test goes on: there are two files, on two engines each."""

ALLOWED = frozenset({200, 202, 400, 401, 404, 406, 409, 412, 413, 422, 503})
ERROR_KEYS = frozenset({"message", "parameters", "errors"})
SAMPLED = 0.04
FAILURES_SHOWN = 5


class Report:
    """What came of all requests of one test."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.statuses: Counter[int] = Counter()
        self.taken: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()
        self.failures: list[str] = []
        self.refusals_looked_into = 0
        self._ends = time.monotonic() + SHARE_S

    def is_over(self, share: float = 1.0) -> bool:
        """Tell whether this share of the time is over."""
        return time.monotonic() > self._ends - SHARE_S * (1 - share)

    def note(self, what: str, sent: str, answer: Answer) -> None:
        """Count an answer, and keep it if it must not be. ``what`` is the operation."""
        self.statuses[answer.status] += 1
        if answer.status in {200, 202}:
            self.taken[what] += 1
        else:
            self.messages[str(answer)[:200]] += 1
        complaint = complaint_about(answer)
        if complaint:
            self.failures.append(f"{complaint}\n  {sent[:3000]}\n  -> {answer}")

    def assert_good(self) -> None:
        """See that no answer was what it must not be, and that not all requests were refused."""
        print(
            f"{self.name}, seed {SEED}: {sum(self.statuses.values())} requests, {dict(self.statuses)}, "
            f"{len(self.taken)} operations took effect, {self.refusals_looked_into} refusals looked into"
        )
        taken = self.statuses[200] + self.statuses[202]
        shown = [f"seed {SEED}: {len(self.failures)} failures", *self.failures[:FAILURES_SHOWN]]
        assert not self.failures, "\n".join(shown)
        refused = self.messages.most_common(10)
        assert taken > sum(self.statuses.values()) / 10, f"most of it is refused at the door: {refused}"
        assert self.refusals_looked_into


def complaint_about(answer: Answer) -> str | None:
    """Return what is wrong with an answer, None if nothing is."""
    if answer.status not in ALLOWED:
        return "a status that no request should get"
    if answer.status == 503 and not answer.headers.get("retry-after", "").isdecimal():
        return "503 without Retry-After"
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return "no JSON by its content type"
    try:
        told = json.loads(answer.body)
    except ValueError:
        return "no JSON"
    if answer.status in {200, 202}:
        return None
    if not isinstance(told, dict) or not isinstance(told.get("message"), str) or not told["message"]:
        return "an error without a message"
    return None if told.keys() <= ERROR_KEYS else "an error of another form"


class Looking:
    """Looks into the database around some requests: what was refused must have changed nothing.

    What takes notes of a refusal itself, a sign-in, is not looked at.
    """

    def __init__(self, report: Report, database_url: str, chance: random.Random) -> None:
        self._report = report
        self._database_url = database_url
        self._chance = chance

    def before(self, path: str) -> Mapping[str, Any] | None:
        """Return what is in the database, now and then."""
        skipped = self._report.refusals_looked_into and self._chance.random() > SAMPLED
        if skipped or "/token" in path or work_is_left(self._database_url):
            return None
        return books.dump(self._database_url)

    def after(self, before: Mapping[str, Any] | None, sent: str, answer: Answer) -> None:
        """Compare if there is something to compare, and the request was refused."""
        if before is None or answer.status in {200, 202}:
            return
        after = books.dump(self._database_url)
        self._report.refusals_looked_into += 1
        changed = [table for table in before if before[table] != after[table]]
        if changed:
            self._report.failures.append(f"refused, but {changed} changed\n  {sent[:3000]}\n  -> {answer}")


def work_is_left(database_url: str) -> bool:
    """Tell whether tasks wait or run that write to the books. To forget old bulks does not."""
    waiting = "SELECT count(*) FROM task WHERE state = 'open' AND kind <> 'adobe.bulk.forget'"
    return bool(books.query(database_url, waiting)[0][0])


class World:
    """What is in the shop: ids that requests can be about, fetched again by `look`."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.masks = [shop.cart([shop.item("S1", 1), shop.item("CONF-RED", 1)]) for _ in range(2)]
        self.orders: list[dict[str, Any]] = []
        self.documents: dict[str, list[int]] = {"invoice": [], "shipment": [], "creditmemo": []}
        for _ in range(2):
            self.order_something()
        shop.invoice(self.orders[0]["entity_id"], [(self.items(self.orders[0])[0]["item_id"], 1)])
        self.look()

    def order_something(self) -> None:
        """Place one more order."""
        shop = self.shop
        order_id = shop.place([shop.item("S1", 3), shop.item("S2", 2), shop.item("CONF-BLUE", 2)])
        self.orders.append(shop.order(order_id))

    def look(self) -> None:
        """Fetch the newest orders again, and the ids of their documents."""
        self.orders = [self.shop.order(order["entity_id"]) for order in self.orders[-4:]]
        for kind, path in (("invoice", "invoices"), ("shipment", "shipments"), ("creditmemo", "creditmemos")):
            oldest = self.orders[0]["entity_id"]
            query = where("order_id", oldest).replace("=eq", "=gteq")
            answer = self.shop.ask("GET", f"/rest/V1/{path}?{query}&fields=items[entity_id]")
            if answer.status == 200:
                self.documents[kind] = [item["entity_id"] for item in answer.json["items"]]

    @staticmethod
    def items(order: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the rows of an order that are not part of another."""
        return [item for item in order["items"] if "parent_item_id" not in item]

    def ids(self, path: str, name: str) -> list[Any]:
        """Return values that a variable of a path may well have.

        Args:
            path: the operation's, which says what an ``id`` is the id of.
            name: the variable, in either way to write names.
        """
        name = name.lower().replace("_", "")
        if "sku" in name:
            return ["S1", "S2", "CONF", "V1"]
        if name == "cartid":
            return [1, 2, 3] if "guest" not in path else self.masks
        if name == "couponcode":
            return ["TENOFF"]
        kind = next((kind for kind in self.documents if kind in path), None)
        if kind is not None and name in {"id", "invoiceid", "entityid", "parentid"}:
            return self.documents[kind] or [1]
        if "items" in path and name == "id":
            return [item["item_id"] for order in self.orders for item in order["items"]]
        if "/order" in path:
            return [order["entity_id"] for order in self.orders]
        return [1, 2, 3, 4]

"""A crowd that does everything at once to a few orders; afterwards the books keep every promise."""

import os
import random
import threading
import time
from collections import Counter

import pytest

from tests.concurrency.fleet import Fleet
from tests.judge import assert_promises_kept
from tests.shop import Shop, invoice_body, invoice_path, top_items

SECONDS = float(os.environ.get("COUNTERFOIL_CROWD_S", "8"))
CLIENTS = 12
SKUS = ("S1", "S2", "S3", "TX1", "TX2", "V1", "CONF-RED", "CONF-BLUE")

pytestmark = pytest.mark.timeout(120 + 2 * SECONDS)


class Crowd:
    """What its members share: the orders that there are, and what they were answered."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.order_ids: list[int] = []
        self.answers: Counter[str] = Counter()
        self.strange: list[str] = []

    def member(self, number: int, until: float) -> None:
        chance = random.Random(number)
        server = self.fleet.servers[number % len(self.fleet.servers)]
        shop = Shop(server.port, token=self.fleet.shop.token)
        try:
            while time.monotonic() < until:
                self.act(shop, chance)
        except (AssertionError, OSError, ValueError, KeyError) as error:
            self.strange.append(repr(error))
        finally:
            shop.close()

    def act(self, shop: Shop, chance: random.Random) -> None:
        if not self.order_ids or chance.random() < 0.1:
            items = [
                shop.item(sku, chance.randint(1, 9)) for sku in chance.sample(SKUS, chance.randint(1, 4))
            ]
            self.order_ids.append(shop.place(items, coupon=chance.choice([None, "TEN"])))
            return
        order_id = chance.choice(self.order_ids[-20:])
        rows = top_items(shop.order(order_id))
        wanted = [
            (row["item_id"], chance.randint(0, 3))
            for row in chance.sample(rows, chance.randint(0, len(rows)))
        ]
        body = {**invoice_body(wanted), "comment": {"comment": "crowd", "is_visible_on_front": 0}}
        answer = shop.ask("POST", invoice_path(order_id), body)
        self.answers[f"invoice {answer.status}"] += 1
        if answer.status == 200 and chance.random() < 0.3:
            comment = {"parent_id": int(answer.json), "comment": "seen", "is_customer_notified": 0}
            entity = {"entity": {**comment, "is_visible_on_front": 0}}
            answer = shop.ask("POST", "/rest/V1/invoices/comments", entity)
            self.answers[f"comment {answer.status}"] += 1
        if answer.status not in {200, 400}:
            self.strange.append(str(answer))


def test_the_books_keep_every_promise_under_a_crowd(fleet: Fleet) -> None:
    crowd = Crowd(fleet)
    until = time.monotonic() + SECONDS
    members = [threading.Thread(target=crowd.member, args=(number, until)) for number in range(CLIENTS)]
    for member in members:
        member.start()
    for member in members:
        member.join(SECONDS + 60)

    assert not crowd.strange, crowd.strange[:5]
    assert crowd.answers["invoice 200"] > 20, crowd.answers
    assert crowd.answers["invoice 400"] > 0, crowd.answers
    assert_promises_kept(fleet.database_url)

"""The scenario of the fix: a configurable product in two variations, invoiced by two clients at once.

In Adobe Commerce before MDVA-40399 one of the two invoices could undo the counters of the other
(contract adobe §1.1). Here both must take effect, every time.
"""

import os
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from tests import books
from tests.concurrency.fleet import Fleet, assert_no_holes, some_pause_s
from tests.shop import invoice_body, invoice_path, top_items
from tests.wire import Answer

TRIALS = int(os.environ.get("COUNTERFOIL_TRIALS", "1000"))
GRAND_TOTAL = Decimal(60)
INVOICED = "SELECT sku, qty_ordered, qty_invoiced FROM sales_order_item"

pytestmark = pytest.mark.timeout(1200)


class Raced:
    """What the races did: the orders, and the two answers of each."""

    def __init__(self, fleet: Fleet, answers: dict[int, list[Answer]]) -> None:
        self.fleet = fleet
        self.answers = answers
        self.orders = {order_id: fleet.shop.order(order_id) for order_id in answers}
        self.invoices: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.numbers: list[str] = []
        for invoice in fleet.invoices():
            self.invoices[invoice["order_id"]].append(invoice)
            self.numbers.append(invoice["increment_id"])


@pytest.fixture(scope="module")
def raced(fleet: Fleet) -> Raced:
    shop = fleet.shop
    answers: dict[int, list[Answer]] = {}
    variations = [shop.item("CONF-RED", 1), shop.item("CONF-BLUE", 1)]
    for order_id in fleet.place(TRIALS, variations):
        red, blue = (item["item_id"] for item in top_items(shop.order(order_id)))
        requests = [
            shop.request("POST", invoice_path(order_id), invoice_body([(item_id, 1)]))
            for item_id in (red, blue)
        ]
        answers[order_id] = fleet.at_once(requests, apart_s=some_pause_s())
    return Raced(fleet, answers)


def test_both_invoices_succeed(raced: Raced) -> None:
    refused = {
        order_id: [str(answer) for answer in answers]
        for order_id, answers in raced.answers.items()
        if [answer.status for answer in answers] != [200, 200]
    }
    assert not refused


def test_every_row_says_one_invoiced_through_the_api(raced: Raced) -> None:
    wrong = {
        order_id: [item["qty_invoiced"] for item in order["items"]]
        for order_id, order in raced.orders.items()
        if [item["qty_invoiced"] for item in order["items"]] != [1, 1, 1, 1]
    }
    assert not wrong


def test_every_row_says_one_invoiced_in_the_database(raced: Raced) -> None:
    rows = books.query(raced.fleet.database_url, INVOICED)
    assert len(rows) == 4 * TRIALS
    assert {sku for sku, _, _ in rows} == {"CONF-RED", "CONF-BLUE"}
    quantities = {Decimal(str(quantity)) for _, *both in rows for quantity in both}
    assert quantities == {Decimal(1)}


def test_the_order_is_paid_in_full_to_the_cent(raced: Raced) -> None:
    expected = {
        "state": "processing",
        "grand_total": GRAND_TOTAL,
        "total_invoiced": GRAND_TOTAL,
        "total_paid": GRAND_TOTAL,
        "total_due": 0,
        "subtotal_invoiced": 50,
        "shipping_invoiced": 10,
    }
    wrong = {
        order_id: {key: order.get(key) for key in expected}
        for order_id, order in raced.orders.items()
        if {key: order.get(key) for key in expected} != expected
    }
    assert not wrong


def test_there_are_two_invoices_and_one_carries_the_shipping(raced: Raced) -> None:
    for order_id, answers in raced.answers.items():
        invoices = raced.invoices[order_id]
        assert {str(invoice["entity_id"]) for invoice in invoices} == {answer.json for answer in answers}
        assert [invoice.get("shipping_amount") for invoice in invoices] == [10, None]
        assert sum(invoice["grand_total"] for invoice in invoices) == GRAND_TOTAL
        assert sorted(row["sku"] for invoice in invoices for row in invoice["items"]) == [
            *("CONF-BLUE", "CONF-BLUE", "CONF-RED", "CONF-RED"),
        ]


def test_invoice_numbers_have_no_holes(raced: Raced) -> None:
    assert len(raced.numbers) == 2 * TRIALS
    assert_no_holes(raced.numbers)

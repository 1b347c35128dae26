"""Many refunds of one order at once: nothing is given back twice, and all of it to the cent."""

import os
from decimal import Decimal
from typing import Any

import pytest

from tests.concurrency.fleet import Fleet, some_pause_s
from tests.shop import Shop, invoice_body, top_items, where
from tests.wire import Answer

TRIALS = max(3, int(os.environ.get("COUNTERFOIL_TRIALS", "1000")) // 40)
INVALID = "Creditmemo Document Validation Error(s):"
CLOSED = f"{INVALID}\nA creditmemo can not be created when an order has a status of closed"
USED_UP = "The quantity to refund must not be greater than the unrefunded quantity."
TOO_MUCH = 'We found an invalid quantity to refund item "%1".'

pytestmark = pytest.mark.timeout(600)


def paid(shop: Shop, *items: tuple[str, int]) -> tuple[int, list[int]]:
    """Place and invoice an order; return its id and those of its top rows."""
    order_id = shop.place([shop.item(sku, qty) for sku, qty in items])
    assert shop.invoice(order_id).status == 200
    return order_id, [item["item_id"] for item in top_items(shop.order(order_id))]


def race(fleet: Fleet, order_id: int, bodies: list[dict[str, Any]]) -> list[Answer]:
    """Send refunds of one order at once."""
    path = f"/rest/V1/order/{order_id}/refund"
    sent = [fleet.shop.request("POST", path, body) for body in bodies]
    answers = fleet.at_once(sent, apart_s=some_pause_s())
    assert {answer.status for answer in answers} <= {200, 400}, [str(answer) for answer in answers]
    return answers


def memos_of(shop: Shop, order_id: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.must("GET", f"/rest/V1/creditmemos?{where('order_id', order_id)}")[
        "items"
    ]
    return found


def refusals(answers: list[Answer]) -> list[str]:
    return [answer.json["message"] for answer in answers if answer.status == 400]


@pytest.mark.parametrize("sku", ["S2", "TX1", "CONF-RED"])
def test_of_five_refunds_on_a_row_of_three_exactly_three_succeed(fleet: Fleet, sku: str) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        order_id, (row,) = paid(shop, (sku, 3))

        answers = race(fleet, order_id, [invoice_body([(row, 1)])] * 5)

        assert refusals(answers) == [f"{CLOSED}\n{USED_UP}"] * 2
        order, memos = shop.order(order_id), memos_of(shop, order_id)
        assert {str(memo["entity_id"]) for memo in memos} == {
            answer.json for answer in answers if answer.status == 200
        }
        assert {item["qty_refunded"] for item in order["items"]} == {3}
        assert sum(Decimal(str(memo["grand_total"])) for memo in memos) == Decimal(str(order["grand_total"]))
        assert (order["total_refunded"], order["state"]) == (order["total_paid"], "closed")


def test_of_two_full_refunds_one_succeeds(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        order_id, _ = paid(shop, ("S1", 2), ("TX2", 3))

        answers = race(fleet, order_id, [{}, {}])

        assert refusals(answers) == [CLOSED]
        (memo,) = memos_of(shop, order_id)
        assert memo["grand_total"] == shop.order(order_id)["grand_total"]


def test_refunds_that_are_together_more_than_is_left_are_not_all_made(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        order_id, (row,) = paid(shop, ("S1", 5))

        answers = race(fleet, order_id, [invoice_body([(row, 2)])] * 4)

        assert refusals(answers) == [TOO_MUCH] * 2
        assert [item["qty_refunded"] for item in shop.order(order_id)["items"]] == [4]


def test_refunds_and_invoices_at_once_never_give_back_more_than_was_paid(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        order_id = shop.place([shop.item("TX1", 6)])
        (item,) = top_items(shop.order(order_id))
        body = invoice_body([(item["item_id"], 1)])
        sent = [
            shop.request("POST", f"/rest/V1/order/{order_id}/{verb}", body)
            for verb in ("invoice", "refund") * 6
        ]

        answers = fleet.at_once(sent, apart_s=some_pause_s())

        order = shop.order(order_id)
        made = [answer for answer in answers[1::2] if answer.status == 200]
        assert [answer.status for answer in answers[::2]] == [200] * 6
        assert [row["qty_refunded"] for row in order["items"]] == [len(made)]
        total = sum(Decimal(str(memo["grand_total"])) for memo in memos_of(shop, order_id))
        assert total == Decimal(str(order.get("total_refunded", 0))) <= Decimal(str(order["total_paid"]))


def test_one_refund_sent_ten_times_under_one_key_is_made_once(fleet: Fleet) -> None:
    shop = fleet.shop
    for trial in range(TRIALS):
        order_id, (row,) = paid(shop, ("S1", 10))
        path = f"/rest/V1/order/{order_id}/refund"
        headers = {"Idempotency-Key": f"refund-{order_id}-{trial}"}
        sent = shop.request("POST", path, invoice_body([(row, 1)]), headers=headers)

        answers = fleet.at_once([sent] * 10, apart_s=some_pause_s())

        assert {answer.status for answer in answers} <= {200, 409}
        assert len({answer.json for answer in answers if answer.status == 200}) == 1
        assert len(memos_of(shop, order_id)) == 1

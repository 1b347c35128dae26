"""Many invoices of one order at once: what is there is given out once, to the unit and to the cent."""

import os

import pytest

from tests.concurrency.fleet import Fleet, some_pause_s
from tests.shop import invoice_body, invoice_path, top_items

TRIALS = max(3, int(os.environ.get("COUNTERFOIL_TRIALS", "1000")) // 40)
NOTHING_LEFT = (
    "Invoice Document Validation Error(s):\n"
    "The invoice can't be created without products. Add products and try again.\n"
    "The order does not allow an invoice to be created."
)
TOO_MUCH = 'We found an invalid quantity to invoice item "%1".'

pytestmark = pytest.mark.timeout(600)


def race(fleet: Fleet, *, sku: str, ordered: int, clients: int, qty: int) -> tuple[int, list[str]]:
    """Let ``clients`` invoice ``qty`` each of one row at once; return the order's id and the refusals."""
    shop = fleet.shop
    order_id = shop.place([shop.item(sku, ordered)])
    (row,) = top_items(shop.order(order_id))
    sent = shop.request("POST", invoice_path(order_id), invoice_body([(row["item_id"], qty)]))
    answers = fleet.at_once([sent] * clients, apart_s=some_pause_s())
    assert {answer.status for answer in answers} <= {200, 400}, [str(answer) for answer in answers]
    accepted = {answer.json for answer in answers if answer.status == 200}
    assert accepted == {str(invoice["entity_id"]) for invoice in shop.invoices_of(order_id)}
    return order_id, [answer.json["message"] for answer in answers if answer.status == 400]


@pytest.mark.parametrize("sku", ["S2", "TX1", "CONF-RED"])
def test_ten_invoices_of_one_unit_take_a_row_of_ten_exactly(fleet: Fleet, sku: str) -> None:
    for _ in range(TRIALS):
        order_id, refusals = race(fleet, sku=sku, ordered=10, clients=10, qty=1)

        order = fleet.shop.order(order_id)
        invoices = fleet.shop.invoices_of(order_id)
        assert not refusals
        assert {item["qty_invoiced"] for item in order["items"]} == {10}
        assert sum(invoice["grand_total"] for invoice in invoices) == order["grand_total"]
        assert sum(invoice["tax_amount"] for invoice in invoices) == order["tax_amount"]
        assert [invoice.get("shipping_amount") for invoice in invoices] == [50, *([None] * 9)]
        assert (order["total_due"], order["total_paid"]) == (0, order["grand_total"])


def test_of_five_invoices_on_a_row_of_three_exactly_three_succeed(fleet: Fleet) -> None:
    for _ in range(TRIALS):
        order_id, refusals = race(fleet, sku="S1", ordered=3, clients=5, qty=1)

        assert refusals == [NOTHING_LEFT] * 2
        assert [item["qty_invoiced"] for item in fleet.shop.order(order_id)["items"]] == [3]


def test_an_invoice_for_more_than_is_left_is_refused_and_takes_nothing(fleet: Fleet) -> None:
    for _ in range(TRIALS):
        order_id, refusals = race(fleet, sku="S1", ordered=5, clients=4, qty=2)

        assert refusals == [TOO_MUCH] * 2
        assert [item["qty_invoiced"] for item in fleet.shop.order(order_id)["items"]] == [4]


def test_of_two_identical_full_invoices_one_succeeds(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        order_id = shop.place([shop.item("S1", 2), shop.item("TX2", 3)])
        sent = shop.request("POST", invoice_path(order_id), {"capture": True})

        answers = fleet.at_once([sent, sent], apart_s=some_pause_s())

        assert sorted(answer.status for answer in answers) == [200, 400]
        (refused,) = (answer for answer in answers if answer.status == 400)
        assert refused.json == {"message": NOTHING_LEFT}
        (invoice,) = shop.invoices_of(order_id)
        assert invoice["grand_total"] == shop.order(order_id)["grand_total"]

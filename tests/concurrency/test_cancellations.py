"""Cancellations, remarks and saves that meet invoices: no unit is in two hands, and nobody undoes another."""

import json
import os
from decimal import Decimal
from typing import Any

import pytest

from tests.concurrency.fleet import Fleet, some_pause_s
from tests.shop import invoice_body, invoice_path, top_items

TRIALS = max(3, int(os.environ.get("COUNTERFOIL_TRIALS", "1000")) // 40)

pytestmark = pytest.mark.timeout(600)


def money(order: dict[str, Any], *names: str) -> Decimal:
    return sum((Decimal(str(order.get(name, 0))) for name in names), Decimal())


def test_of_two_cancellations_one_takes_effect(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        order_id = shop.place([shop.item("S1", 2), shop.item("CONF-RED", 1)])
        sent = shop.request("POST", f"/rest/V1/orders/{order_id}/cancel")

        answers = fleet.at_once([sent, sent], apart_s=some_pause_s())

        assert sorted(answer.body for answer in answers) == [b"false", b"true"]
        order = shop.order(order_id)
        assert [item["qty_canceled"] for item in top_items(order)] == [2, 1]
        assert (order["state"], order["total_canceled"]) == ("canceled", order["grand_total"])


@pytest.mark.parametrize("sku", ["S2", "TX1", "CONF-RED"])
def test_a_unit_is_invoiced_or_canceled(fleet: Fleet, sku: str) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        order_id = shop.place([shop.item(sku, 4)])
        (row,) = top_items(shop.order(order_id))
        invoice = shop.request("POST", invoice_path(order_id), invoice_body([(row["item_id"], 1)]))
        cancel = shop.request("POST", f"/rest/V1/orders/{order_id}/cancel")

        answers = fleet.at_once([invoice, invoice, cancel, invoice], apart_s=some_pause_s())

        made = [answer.status for answer in answers if answer.body not in {b"true", b"false"}].count(200)
        order = shop.order(order_id)
        (row,) = top_items(order)
        assert answers[2].body == b"true"
        assert (row["qty_invoiced"], row["qty_canceled"]) == (made, 4 - made)
        assert len(shop.invoices_of(order_id)) == made
        assert money(order, "total_invoiced", "total_canceled") == money(order, "grand_total")


def test_a_shipped_unit_is_not_canceled(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        order_id = shop.place([shop.item("S1", 3)])
        (row,) = top_items(shop.order(order_id))
        ship = shop.request(
            "POST",
            f"/rest/V1/order/{order_id}/ship",
            {"items": [{"order_item_id": row["item_id"], "qty": 1}]},
        )
        cancel = shop.request("POST", f"/rest/V1/orders/{order_id}/cancel")

        answers = fleet.at_once([ship, cancel, ship], apart_s=some_pause_s())

        shipped = sum(answer.status == 200 and answer.body != b"true" for answer in answers)
        (row,) = top_items(shop.order(order_id))
        assert answers[1].body == b"true"
        assert (row["qty_shipped"], row["qty_canceled"]) == (shipped, 3 - shipped)


def test_no_remark_or_save_undoes_an_invoice_or_another_save(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        order_id = shop.place([shop.item("TX1", 2), shop.item("S1", 1)])
        read = shop.order(order_id)
        invoices = [
            shop.request("POST", invoice_path(order_id), invoice_body([(row["item_id"], 1)]))
            for row in top_items(read)
        ]
        path = f"/rest/V1/orders/{order_id}"
        address = {"entity_id": read["billing_address_id"], "city": "Utica"}
        others = [
            shop.request("POST", f"{path}/comments", {"statusHistory": {"comment": "rang twice"}}),
            shop.request(
                "POST", "/rest/V1/orders", {"entity": {"entity_id": order_id, "ext_order_id": "E-7"}}
            ),
            shop.request(
                "POST", "/rest/V1/orders", {"entity": {**without_state(read), "customer_note": "hi"}}
            ),
            shop.request("PUT", path, {"entity": address}),
        ]

        answers = fleet.at_once([*invoices, *others], apart_s=some_pause_s())

        assert {answer.status for answer in answers} == {200}, [str(answer) for answer in answers]
        order = shop.order(order_id)
        assert [item["qty_invoiced"] for item in top_items(order)] == [1, 1]
        made = sum(Decimal(str(one["grand_total"])) for one in shop.invoices_of(order_id))
        assert money(order, "total_invoiced") == money(order, "total_paid") == made
        assert (order["state"], order["ext_order_id"], order["customer_note"]) == ("processing", "E-7", "hi")
        assert order["billing_address"]["city"] == "Utica"
        assert [entry["comment"] for entry in order["status_histories"]] == ["rang twice"]


def without_state(order: dict[str, Any]) -> dict[str, Any]:
    """Return a whole order as it was read, without what may be another by now."""
    may_change = {"state", "status", "billing_address", "ext_order_id"}
    left = {key: value for key, value in order.items() if key not in may_change}
    sent: dict[str, Any] = json.loads(json.dumps(left, default=float))
    return sent

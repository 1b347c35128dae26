"""A wish that is sent again has one effect, and a wish about an order that has changed has none."""

import os
from uuid import uuid4

import pytest

from tests.concurrency.fleet import Fleet, some_pause_s
from tests.shop import CHECK, invoice_body, invoice_path, top_items
from tests.wire import Answer

TRIALS = max(3, int(os.environ.get("COUNTERFOIL_TRIALS", "1000")) // 50)

pytestmark = pytest.mark.timeout(600)


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def is_replayed(answer: Answer) -> bool:
    return answer.headers.get("idempotent-replayed") == "true"


def order_of_ten(fleet: Fleet) -> tuple[int, int]:
    """Return the ids of an order and of its one row of ten."""
    order_id = fleet.shop.place([fleet.shop.item("S1", 10)])
    (row,) = top_items(fleet.shop.order(order_id))
    return order_id, row["item_id"]


def test_ten_parallel_requests_with_one_key_make_one_invoice(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        order_id, item_id = order_of_ten(fleet)
        body = invoice_body([(item_id, 1)])
        sent = shop.request("POST", invoice_path(order_id), body, headers=key())

        answers = fleet.at_once([sent] * 10, apart_s=some_pause_s())

        assert {answer.status for answer in answers} <= {200, 409}, [str(answer) for answer in answers]
        (invoice,) = shop.invoices_of(order_id)
        assert {answer.json for answer in answers if answer.status == 200} == {str(invoice["entity_id"])}
        assert sum(answer.status == 200 and not is_replayed(answer) for answer in answers) == 1
        assert all("retry-after" in answer.headers for answer in answers if answer.status == 409)


def test_a_repeat_gets_the_same_answer_and_says_so(fleet: Fleet) -> None:
    shop = fleet.shop
    order_id, item_id = order_of_ten(fleet)
    headers = key()
    body = invoice_body([(item_id, 1)])
    first = shop.ask("POST", invoice_path(order_id), body, headers=headers)

    assert (first.status, is_replayed(first)) == (200, False)
    for connection in fleet.connections(3):  # with several processes, each of them knows
        connection.send(shop.request("POST", invoice_path(order_id), body, headers=headers))
        again = connection.receive()
        assert (again.status, again.body, is_replayed(again)) == (200, first.body, True)
    assert len(shop.invoices_of(order_id)) == 1


def test_a_key_used_for_another_request_is_refused(fleet: Fleet) -> None:
    shop = fleet.shop
    order_id, item_id = order_of_ten(fleet)
    headers = key()
    assert (
        shop.ask("POST", invoice_path(order_id), invoice_body([(item_id, 1)]), headers=headers).status == 200
    )

    other_body = shop.ask("POST", invoice_path(order_id), invoice_body([(item_id, 2)]), headers=headers)
    other_path = shop.ask(
        "POST", invoice_path(order_id + 10**6), invoice_body([(item_id, 1)]), headers=headers
    )

    assert (other_body.status, other_path.status) == (422, 422)
    assert len(shop.invoices_of(order_id)) == 1


def test_a_refusal_uses_no_key_up(fleet: Fleet) -> None:
    shop = fleet.shop
    order_id, item_id = order_of_ten(fleet)
    headers = key()
    assert (
        shop.ask("POST", invoice_path(order_id), invoice_body([(item_id, 99)]), headers=headers).status == 400
    )

    answer = shop.ask("POST", invoice_path(order_id), invoice_body([(item_id, 1)]), headers=headers)

    assert answer.status == 200


def test_ten_parallel_placings_with_one_key_make_one_order(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        mask = shop.cart([shop.item("S1", 1)])
        sent = shop.request("PUT", f"/rest/V1/guest-carts/{mask}/order", CHECK, headers=key())

        answers = fleet.at_once([sent] * 10, apart_s=some_pause_s())

        assert {answer.status for answer in answers} <= {200, 409}, [str(answer) for answer in answers]
        (order_id,) = {int(answer.json) for answer in answers if answer.status == 200}
        again = shop.connection
        again.send(sent)
        repeated = again.receive()
        assert (repeated.status, int(repeated.json), is_replayed(repeated)) == (200, order_id, True)


def test_of_two_wishes_about_the_same_version_one_is_refused(fleet: Fleet) -> None:
    shop = fleet.shop
    for _ in range(TRIALS):
        order_id, item_id = order_of_ten(fleet)
        seen = shop.ask("GET", f"/rest/V1/orders/{order_id}")
        headers = {"If-Match": seen.headers["etag"]}
        sent = shop.request("POST", invoice_path(order_id), invoice_body([(item_id, 1)]), headers=headers)

        answers = fleet.at_once([sent, sent], apart_s=some_pause_s())

        assert sorted(answer.status for answer in answers) == [200, 412]
        (invoice,) = shop.invoices_of(order_id)
        assert {answer.json for answer in answers if answer.status == 200} == {str(invoice["entity_id"])}


def test_a_wish_about_the_version_that_is_there_takes_effect(fleet: Fleet) -> None:
    shop = fleet.shop
    order_id, item_id = order_of_ten(fleet)
    for _ in range(3):
        seen = shop.ask("GET", f"/rest/V1/orders/{order_id}").headers["etag"]
        body = invoice_body([(item_id, 1)])
        assert shop.ask("POST", invoice_path(order_id), body, headers={"If-Match": seen}).status == 200
    assert [item["qty_invoiced"] for item in shop.order(order_id)["items"]] == [3]

"""An order that a gateway pays, from the cart to the last cent given back, over HTTP on both engines."""

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests import books, money
from tests.conftest import NewDatabase
from tests.money import assert_money_is_in_the_books, memos_of, place, wait_until_settled
from tests.servers import Server, assert_books_are_clean, serving
from tests.shop import Shop, invoice_path, top_items, where
from tests.wire import Headers

NOT_INVOICED = "Could not save an invoice, see error log for details"
NOT_CREDITED = "Could not save a Creditmemo, see error log for details"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest,
    new_module_database: NewDatabase,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("logs")
    url = new_module_database(request.param)
    environment = {
        "COUNTERFOIL_TEST_GATEWAY": str(directory / "money.jsonl"),
        "COUNTERFOIL_GATEWAY_TIMEOUT_S": "1",
        "COUNTERFOIL_PAYMENT_WAIT_S": "10",
    }
    with serving(url, directory, environment=environment) as (one,):
        shop = Shop(one.port)
        shop.set_up()
        shop.close()
        yield one
        wait_until_settled(url)
        assert_money_is_in_the_books(url, directory / "money.jsonl")
        assert_books_are_clean(url)


@pytest.fixture
def shop(server: Server) -> Iterator[Shop]:
    own = Shop(server.port)
    yield own
    own.close()


def items(shop: Shop, qty: int = 3) -> list[dict]:
    return [shop.item("S1", qty)]


def row_of(shop: Shop, order_id: int) -> int:
    (row,) = top_items(shop.order(order_id))
    item_id: int = row["item_id"]
    return item_id


def captured(shop: Shop, order_id: int, qty: int | None = None, *, headers: Headers = None):
    wanted = [] if qty is None else [{"order_item_id": row_of(shop, order_id), "qty": qty}]
    return shop.ask("POST", invoice_path(order_id), {"capture": True, "items": wanted}, headers=headers)


def refunded(shop: Shop, invoice_id: object, body: dict):
    return shop.ask("POST", f"/rest/V1/invoice/{invoice_id}/refund", body)


def test_the_method_is_on_offer(shop: Shop) -> None:
    mask = shop.cart(items(shop))
    offered = shop.must("GET", f"/rest/V1/guest-carts/{mask}/payment-methods")
    assert {"code": "testgateway", "title": "Test Gateway"} in offered


def test_an_order_is_placed_with_its_payment_authorised(shop: Shop) -> None:
    order = shop.order(place(shop, items(shop)))
    assert (order["state"], order["status"]) == ("processing", "processing")
    assert order["payment"]["method"] == "testgateway"
    assert order["payment"]["amount_authorized"] == order["grand_total"] == 45
    assert order["total_due"] == 45
    listed = shop.must("GET", f"/rest/V1/transactions?{where('order_id', order['entity_id'])}")
    (held,) = listed["items"]
    assert (held["txn_type"], held["is_closed"]) == ("authorization", 0)
    assert held["txn_id"] == order["payment"]["last_trans_id"]


def test_partial_captures_and_online_refunds_add_up(shop: Shop) -> None:
    order_id = place(shop, items(shop))
    first, second = (captured(shop, order_id, qty).json for qty in (1, 2))
    order = shop.order(order_id)
    assert (order["total_paid"], order["total_due"]) == (45, 0)
    invoice = shop.must("GET", f"/rest/V1/invoices/{first}")
    assert (invoice["state"], invoice["grand_total"]) == (2, 25)
    answer = refunded(shop, second, {"isOnline": True})
    assert answer.status == 200, answer
    offline = refunded(shop, first, {"isOnline": False, "arguments": {"shipping_amount": 0}})
    assert offline.status == 200, offline
    order = shop.order(order_id)
    assert (order["total_online_refunded"], order["total_offline_refunded"]) == (20, 10)
    listed = shop.must("GET", f"/rest/V1/transactions?{where('order_id', order_id)}")["items"]
    assert sorted(one["txn_type"] for one in listed) == ["authorization", "capture", "capture", "refund"]
    tree = shop.must("GET", f"/rest/V1/transactions/{listed[0]['transaction_id']}")
    assert (tree["is_closed"], len(tree["child_transactions"])) == (1, 2)
    assert [one["parent_txn_id"] for one in tree["child_transactions"]] == [tree["txn_id"]] * 2
    assert {one["is_closed"] for one in listed if one["txn_type"] == "capture"} == {0, 1}


def test_more_than_the_invoice_is_never_given_back(shop: Shop) -> None:
    order_id = place(shop, items(shop))
    invoice_id = captured(shop, order_id).json
    assert refunded(shop, invoice_id, {"isOnline": True}).status == 200
    assert refunded(shop, invoice_id, {"isOnline": True}).status == 400


def test_an_invoice_without_capture_is_open_until_it_is_captured(shop: Shop) -> None:
    order_id = place(shop, items(shop))
    invoice_id = shop.invoice(order_id).json
    assert shop.must("GET", f"/rest/V1/invoices/{invoice_id}")["state"] == 1
    assert shop.order(order_id)["total_paid"] == 0
    assert shop.must("POST", f"/rest/V1/invoices/{invoice_id}/capture") is True
    assert shop.must("GET", f"/rest/V1/invoices/{invoice_id}")["state"] == 2
    assert shop.order(order_id)["total_paid"] == 45
    again = shop.ask("POST", f"/rest/V1/invoices/{invoice_id}/capture")
    assert (again.status, again.json["message"]) == (400, "The capture action is not available.")


def test_a_void_cancels_the_invoice_and_closes_the_authorisation(shop: Shop) -> None:
    order_id = place(shop, items(shop))
    invoice_id = shop.invoice(order_id).json
    assert shop.must("POST", f"/rest/V1/invoices/{invoice_id}/void") is True
    assert shop.must("GET", f"/rest/V1/invoices/{invoice_id}")["state"] == 3
    order = shop.order(order_id)
    assert order["payment"]["amount_canceled"] == 45
    answer = captured(shop, order_id)
    assert (answer.status, answer.json["message"]) == (400, NOT_INVOICED)


def test_canceling_gives_the_authorisation_up(shop: Shop, server: Server) -> None:
    order_id = place(shop, items(shop))
    assert shop.must("POST", f"/rest/V1/orders/{order_id}/cancel") is True
    wait_until_settled(server.database_url)
    order = shop.order(order_id)
    assert (order["state"], order["payment"]["amount_canceled"]) == ("canceled", 45)


def test_offline_invoices_are_not_captured_nor_voided(shop: Shop) -> None:
    order_id = shop.place(items(shop))
    invoice_id = captured(shop, order_id).json
    for verb in ("capture", "void"):
        answer = shop.ask("POST", f"/rest/V1/invoices/{invoice_id}/{verb}")
        assert (answer.status, answer.json["message"]) == (400, f"The {verb} action is not available.")
    assert refunded(shop, invoice_id, {"isOnline": True}).status == 400


def test_a_declined_authorisation_makes_no_order(shop: Shop) -> None:
    path = money.order_path(shop, items(shop))
    answer = shop.ask("PUT", path, money.payment("authorization=decline"))
    assert (answer.status, answer.json["message"]) == (
        400,
        "Transaction has been declined. Please try again later.",
    )
    order = shop.order(int(shop.must("PUT", path, money.payment("ok"))))
    assert order["payment"]["amount_authorized"] == 45


@pytest.mark.parametrize("how", ["lose", "timeout", "miss", "late:1", "twice", "delay:1", "slow:1"])
def test_however_the_gateway_answers_the_money_moves_once(shop: Shop, server: Server, how: str) -> None:
    token = f"authorization={how} capture={how} refund={how}"
    order_id = place(shop, items(shop), token=token)
    answer = captured(shop, order_id, 1)
    assert answer.status == 200, answer
    memo = refunded(shop, answer.json, {"isOnline": True})
    assert memo.status == 200, memo
    wait_until_settled(server.database_url)
    assert len(shop.invoices_of(order_id)) == len(memos_of(shop, order_id)) == 1


def test_a_declined_capture_makes_no_invoice_and_may_be_tried_again(shop: Shop) -> None:
    order_id = place(shop, items(shop), token="capture=decline")
    name = uuid4().hex
    for _ in range(2):
        answer = captured(shop, order_id, headers={"Idempotency-Key": name})
        assert (answer.status, answer.json["message"]) == (400, NOT_INVOICED)
    assert shop.invoices_of(order_id) == []
    assert shop.order(order_id)["state"] == "processing"
    assert shop.must("POST", f"/rest/V1/orders/{order_id}/hold") is True


def test_a_declined_refund_makes_no_memo(shop: Shop) -> None:
    order_id = place(shop, items(shop), token="refund=decline")
    answer = refunded(shop, captured(shop, order_id).json, {"isOnline": True})
    assert (answer.status, answer.json["message"]) == (400, NOT_CREDITED)
    assert memos_of(shop, order_id) == []
    assert "total_refunded" not in shop.order(order_id)


def test_a_repeat_gets_the_result_of_the_first(shop: Shop) -> None:
    order_id = place(shop, items(shop))
    name = {"Idempotency-Key": uuid4().hex}
    first, again = captured(shop, order_id, headers=name), captured(shop, order_id, headers=name)
    assert first.json == again.json
    assert again.headers["idempotent-replayed"] == "true"
    assert len(shop.invoices_of(order_id)) == 1


def test_orders_paid_elsewhere_are_not_held_up(shop: Shop, server: Server) -> None:
    slow = place(shop, items(shop), token="capture=delay:2")
    path, body = invoice_path(slow), {"capture": True}
    other = Shop(server.port, token=shop.token)
    other.connection.send(other.request("POST", path, body))
    order_id = shop.place(items(shop))
    assert shop.invoice(order_id).status == 200
    assert shop.invoices_of(slow) == []
    assert other.connection.receive().status == 200
    other.close()


def test_what_was_authorised_for_an_order_that_cannot_be_placed_is_given_up(
    shop: Shop, server: Server
) -> None:
    path = money.order_path(shop, [shop.item("TX2", 2)])
    other = Shop(server.port, token=shop.token)
    other.connection.send(other.request("PUT", path, money.payment("authorization=slow:1")))
    time.sleep(0.3)
    found = shop.must("GET", "/rest/V1/stockItems/TX2")
    stock = f"/rest/V1/products/TX2/stockItems/{found['item_id']}"
    shop.must("PUT", stock, {"stockItem": {"qty": 0, "is_in_stock": False}})
    assert other.connection.receive().status == 400
    other.close()
    shop.must("PUT", stock, {"stockItem": {"qty": found["qty"], "is_in_stock": True}})
    state = "SELECT body FROM record WHERE kind = 'authorization' ORDER BY id DESC LIMIT 1"
    deadline = time.monotonic() + 10
    while "released" not in str(books.query(server.database_url, state)):
        assert time.monotonic() < deadline
        time.sleep(0.1)

"""Money that meets other requests for the same order: real processes, real connections, on both engines.

Whatever wins, every promise holds, and the gateway's own ledger says what the books say.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import money
from tests.concurrency.conftest import FLEETS
from tests.concurrency.fleet import Fleet, some_pause_s
from tests.conftest import NewDatabase
from tests.judge import assert_promises_kept
from tests.money import assert_money_is_in_the_books, memos_of, place, wait_until_settled
from tests.servers import assert_books_are_clean, serving
from tests.shop import invoice_path, top_items
from tests.wire import Answer

TRIALS = max(3, int(os.environ.get("COUNTERFOIL_TRIALS", "1000")) // 40)
TOKENS = ["ok", "capture=slow:1 refund=slow:1", "capture=lose refund=lose", "capture=twice refund=twice"]

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module", params=FLEETS)
def paid_fleet(
    request: pytest.FixtureRequest, new_module_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    """A shop that is paid by the test gateway. In the end its money is compared with its books."""
    engine, count = request.param
    url = new_module_database(engine)
    directory: Path = tmp_path_factory.mktemp("logs")
    path = directory / "money.jsonl"
    environment = {"COUNTERFOIL_TEST_GATEWAY": str(path), "COUNTERFOIL_GATEWAY_TIMEOUT_S": "5"}
    with serving(url, directory, count=count, environment=environment) as servers:
        own = Fleet(servers)
        own.shop.set_up()
        yield own
        wait_until_settled(url)
        own.close()
        assert_money_is_in_the_books(url, path)
        assert_books_are_clean(url)
        assert_promises_kept(url)


def tokens() -> list[str]:
    return [TOKENS[number % len(TOKENS)] for number in range(TRIALS)]


def capture(fleet: Fleet, order_id: int, qty: int | None = None) -> bytes:
    (row,) = top_items(fleet.shop.order(order_id))
    wanted = [] if qty is None else [{"order_item_id": row["item_id"], "qty": qty}]
    return fleet.shop.request("POST", invoice_path(order_id), {"capture": True, "items": wanted})


def refund(fleet: Fleet, order_id: int, invoice_id: int, qty: int | None = None) -> bytes:
    (row,) = top_items(fleet.shop.order(order_id))
    body: dict[str, Any] = {"isOnline": True}
    if qty is not None:
        body |= {
            "items": [{"order_item_id": row["item_id"], "qty": qty}],
            "arguments": {"shipping_amount": 0},
        }
    return fleet.shop.request("POST", f"/rest/V1/invoice/{invoice_id}/refund", body)


def race(fleet: Fleet, *sent: bytes) -> list[Answer]:
    """Send all at once; each is answered yes or no, and nothing is left open."""
    answers = fleet.at_once(list(sent), apart_s=some_pause_s())
    assert {answer.status for answer in answers} <= {200, 400}, [str(answer) for answer in answers]
    return answers


def statuses(answers: list[Answer]) -> list[int]:
    return sorted(answer.status for answer in answers)


def order_of(fleet: Fleet, token: str) -> int:
    return place(fleet.shop, [fleet.shop.item("S1", 4)], token=token)


def paid(fleet: Fleet, order_id: int) -> int:
    connection = fleet.connections(1)[0]
    connection.send(capture(fleet, order_id))
    answer = connection.receive()
    assert answer.status == 200, answer
    return int(answer.json)


def test_of_two_full_captures_one_takes_the_money(paid_fleet: Fleet) -> None:
    for token in tokens():
        order_id = order_of(paid_fleet, token)
        sent = capture(paid_fleet, order_id)

        answers = race(paid_fleet, sent, sent)

        assert statuses(answers) == [200, 400]
        order = paid_fleet.shop.order(order_id)
        assert order["total_paid"] == order["grand_total"]
        assert len(paid_fleet.shop.invoices_of(order_id)) == 1


def test_partial_captures_are_made_one_after_the_other(paid_fleet: Fleet) -> None:
    for token in tokens():
        order_id = order_of(paid_fleet, token)
        sent = capture(paid_fleet, order_id, 1)

        answers = race(paid_fleet, *[sent] * 4)

        assert statuses(answers) == [200] * 4
        order = paid_fleet.shop.order(order_id)
        assert (order["total_paid"], order["total_due"]) == (order["grand_total"], 0)


def test_of_two_captures_of_one_invoice_one_takes_the_money(paid_fleet: Fleet) -> None:
    for token in tokens():
        order_id = order_of(paid_fleet, token)
        invoice_id = paid_fleet.shop.invoice(order_id).json
        sent = paid_fleet.shop.request("POST", f"/rest/V1/invoices/{invoice_id}/capture")

        assert statuses(race(paid_fleet, sent, sent)) == [200, 400]

        assert paid_fleet.shop.order(order_id)["total_paid"] == 60


def test_of_two_full_refunds_one_gives_the_money_back(paid_fleet: Fleet) -> None:
    for token in tokens():
        order_id = order_of(paid_fleet, token)
        sent = refund(paid_fleet, order_id, paid(paid_fleet, order_id))

        assert statuses(race(paid_fleet, sent, sent)) == [200, 400]

        order = paid_fleet.shop.order(order_id)
        assert order["total_online_refunded"] == order["total_paid"]
        assert len(memos_of(paid_fleet.shop, order_id)) == 1


def test_two_partial_refunds_of_one_invoice_lose_nothing(paid_fleet: Fleet) -> None:
    for token in tokens():
        order_id = order_of(paid_fleet, token)
        invoice_id = paid(paid_fleet, order_id)
        first, second = (refund(paid_fleet, order_id, invoice_id, qty) for qty in (1, 2))

        # Of 4 units 1 and 2 can be given back, and then not 2 more; or 2 and 2, and then not 1 more.
        assert statuses(race(paid_fleet, first, second, second)) == [200, 200, 400]

        memos = memos_of(paid_fleet.shop, order_id)
        order = paid_fleet.shop.order(order_id)
        assert order["total_online_refunded"] == sum(memo["grand_total"] for memo in memos)
        (row,) = top_items(order)
        assert row["qty_refunded"] == sum(item["qty"] for memo in memos for item in memo["items"]) <= 4


def test_a_capture_beside_a_refund(paid_fleet: Fleet) -> None:
    for token in tokens():
        order_id = order_of(paid_fleet, token)
        connection = paid_fleet.connections(1)[0]
        connection.send(capture(paid_fleet, order_id, 2))
        invoice_id = int(connection.receive().json)

        answers = race(
            paid_fleet, capture(paid_fleet, order_id, 2), refund(paid_fleet, order_id, invoice_id, 1)
        )

        assert statuses(answers) == [200, 200]
        order = paid_fleet.shop.order(order_id)
        assert (order["total_paid"], order["total_online_refunded"]) == (60, 10)


def test_a_capture_beside_a_cancellation(paid_fleet: Fleet) -> None:
    for token in tokens():
        order_id = order_of(paid_fleet, token)
        cancel = paid_fleet.shop.request("POST", f"/rest/V1/orders/{order_id}/cancel")

        captured, canceled = race(paid_fleet, capture(paid_fleet, order_id), cancel)

        wait_until_settled(paid_fleet.database_url)
        order = paid_fleet.shop.order(order_id)
        assert (captured.status == 200) != (canceled.json is True)
        if captured.status == 200:
            assert (order["total_paid"], "amount_canceled" in order["payment"]) == (60, False)
        else:
            assert (order["state"], order["payment"]["amount_canceled"]) == ("canceled", 60)


def test_one_cart_is_authorised_once_however_often_it_is_placed(paid_fleet: Fleet) -> None:
    for token in ["ok", "authorization=slow:1", "authorization=lose"]:
        shop = paid_fleet.shop
        path = money.order_path(shop, [shop.item("S1", 4)])
        sent = shop.request("PUT", path, money.payment(token))

        answers = paid_fleet.at_once([sent] * 3, apart_s=some_pause_s())

        placed = [answer.json for answer in answers if answer.status == 200]
        assert len(placed) == 1, [str(answer) for answer in answers]
        assert {answer.status for answer in answers} <= {200, 404}

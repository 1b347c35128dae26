"""What users of the platform suffer when things happen to an order at once, and what holds here."""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.concurrency.conftest import FLEETS
from tests.concurrency.lines import Lines
from tests.concurrency.vtex_fleet import VtexFleet, vtex_fleet
from tests.conftest import NewDatabase
from tests.vtex_shop import (
    FLOWS,
    VALUE,
    cancel_path,
    document_path,
    invoice_body,
    invoice_path,
    order_path,
    own_order,
)
from tests.wire import Answer

TRIALS = int(os.environ.get("COUNTERFOIL_TRIALS", "1000"))
SOME = max(3, TRIALS // 40)
LIST = "/api/oms/pvt/orders"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module", params=FLEETS)
def fleet(
    request: pytest.FixtureRequest, new_module_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VtexFleet]:
    """A shop; at the end its feed has told everything, and its books are right."""
    engine, count = request.param
    url = new_module_database(engine)
    with vtex_fleet(url, tmp_path_factory.mktemp("logs"), count=count, settling_s=0) as own:
        yield own


def statuses(answers: list[Answer]) -> list[int]:
    return sorted(answer.status for answer in answers)


def given_back(order: dict[str, Any]) -> dict[str, int]:
    packages = order["packageAttachment"]["packages"]
    return {one["invoiceNumber"]: one["invoiceValue"] for one in packages if one["type"] == "Input"}


def test_refunds_that_arrive_at_once_are_each_made_once_whatever_their_value(fleet: VtexFleet) -> None:
    shop = fleet.shop

    def back(number: str, cents: int) -> dict[str, Any]:
        return invoice_body(number, cents, mugs=0, plates=0, route="classic", type_="Input")

    async def trial(lines: Lines, order_id: str) -> list[Answer]:
        path = invoice_path(order_id, "classic")
        whole = invoice_body("NF", VALUE, mugs=2, plates=1, route="classic")
        assert (await lines.ask(shop.request("POST", path, whole))).answer.status == 200
        numbers = ["R0"] * 4 + ["R1", "R2", "R3"]
        return await lines.together([shop.request("POST", path, back(number, 1000)) for number in numbers])

    orders = fleet.place(SOME)
    for order_id, answers in zip(orders, fleet.trials(trial, orders, together=2), strict=True):
        assert statuses(answers) == [200] * 7, [str(answer) for answer in answers]
        assert given_back(shop.order(order_id)) == {f"R{number}": 1000 for number in range(4)}
        left = VALUE - 4000
        over = shop.ask("POST", invoice_path(order_id, "classic"), back("R4", left + 1))
        assert over.status == 400, over
        shop.must("POST", invoice_path(order_id, "classic"), back("R4", left))


def test_a_denial_and_a_confirmation_leave_no_order_in_between(fleet: VtexFleet) -> None:
    shop = fleet.shop
    ended: Counter[str] = Counter()

    async def trial(lines: Lines, order_id: str) -> tuple[Answer, Answer]:
        await lines.ask(shop.request("POST", cancel_path(order_id), {"reason": "late"}))
        read = await lines.ask(shop.request("GET", order_path(order_id)))
        request = read.answer.json["cancellationRequests"][0]["id"]
        denial = {"cancellationRequestId": request, "denyReason": "packed"}
        deny, confirm = await lines.together(
            [
                shop.request("POST", f"{document_path(order_id)}/deny-cancellation-request", denial),
                shop.request("POST", cancel_path(order_id), {"reason": "late"}),
            ]
        )
        return deny, confirm

    orders = fleet.place(SOME * 4, flows=FLOWS)
    for order_id, (deny, confirm) in zip(orders, fleet.trials(trial, orders), strict=True):
        status = shop.order(order_id)["status"]
        about = f"{deny} {confirm} {status}"
        assert confirm.status == 200, about
        if deny.status == 200:
            # Denied first: what should have granted the request asks anew.
            assert status in {"cancellation-requested", "waiting-for-seller-decision"}, about
            assert shop.invoice(order_id, "NF", VALUE, mugs=2, plates=1).status == 200
            assert shop.order(order_id)["status"] == "invoiced"
        else:
            assert (deny.status, status) == (400, "canceled"), about
        ended[status] += 1
    print(ended)


def test_ten_cancellations_at_once_cancel_once(fleet: VtexFleet) -> None:
    shop = fleet.shop

    async def trial(lines: Lines, order_id: str) -> list[Answer]:
        return await lines.together([shop.request("POST", cancel_path(order_id), {"reason": "late"})] * 10)

    orders = fleet.place(SOME, "ready-for-handling")
    for order_id, answers in zip(orders, fleet.trials(trial, orders, together=2), strict=True):
        assert statuses(answers) == [200] * 10, [str(answer) for answer in answers]
        order = shop.order(order_id)
        assert (order["status"], len(order["cancellationRequests"])) == ("canceled", 1)


def test_a_payment_that_is_told_ten_times_at_once_is_approved_once(fleet: VtexFleet) -> None:
    shop = fleet.shop

    async def trial(lines: Lines, order_id: str) -> list[Answer]:
        path = f"{order_path(order_id)}/payments/any/payment-notification"
        return await lines.together([shop.request("POST", path)] * 10)

    orders = [
        shop.must("PUT", "/api/checkout/pub/orders", own_order("1"))["orders"][0]["orderId"]
        for _ in range(SOME)
    ]
    for order_id, answers in zip(orders, fleet.trials(trial, orders, together=2), strict=True):
        assert statuses(answers) == [200] * 10, [str(answer) for answer in answers]
        assert shop.order(order_id)["status"] == "ready-for-handling"


def test_list_and_document_agree_on_every_process_the_moment_something_was_answered(fleet: VtexFleet) -> None:
    shop = fleet.shop

    async def trial(lines: Lines, order_id: str) -> list[dict[str, Any]]:
        half = invoice_body("1", 9033, mugs=1, plates=1, route="document")
        rest = invoice_body("2", 4500, mugs=1, plates=0, route="document")
        path = invoice_path(order_id, "document")
        answers = await lines.together([shop.request("POST", path, body) for body in (half, rest)])
        assert statuses(answers) == [200, 200], [str(answer) for answer in answers]
        look = [
            shop.request("GET", order_path(order_id)),
            shop.request("GET", document_path(order_id)),
            shop.request("GET", f"{LIST}?q={order_id}"),
            shop.request("GET", f"{LIST}?q={order_id}&f_status=invoiced"),
        ]
        seen = [answer.json for answer in await lines.together(look)]
        return [*seen[:2], *(one["list"][0] for one in seen[2:])]

    for seen in fleet.trials(trial, fleet.place(SOME, flows=FLOWS)):
        assert {one["status"] for one in seen} == {"invoiced"}
        assert seen[0]["value"] == seen[2]["totalValue"] == VALUE


def test_whoever_reads_while_an_order_is_canceled_sees_all_of_it_or_nothing(fleet: VtexFleet) -> None:
    shop = fleet.shop

    async def trial(lines: Lines, order_id: str) -> list[Answer]:
        await lines.ask(shop.request("POST", cancel_path(order_id), {"reason": "sold out"}))
        read = [shop.request("GET", order_path(order_id)), shop.request("GET", document_path(order_id))]
        grant = shop.request("POST", cancel_path(order_id), {"reason": "yes"})
        return await lines.together([*read, grant, *read, *read])

    seen: Counter[str] = Counter()
    for answers in fleet.trials(trial, fleet.place(SOME * 2)):
        assert statuses(answers) == [200] * 7, [str(answer) for answer in answers]
        for order in (answer.json for answer in answers if "status" in answer.json):
            seen[order["status"]] += 1
            whole = (order["cancelReason"], order["cancellationData"] is not None, order["allowCancellation"])
            expected = ("sold out", True, False) if order["status"] == "canceled" else (None, False, True)
            assert whole == expected, order["status"]
    print(seen)

"""What arrives at one VTEX order at the same moment takes effect one after the other, and once."""

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
    MUG_CENTS,
    VALUE,
    VALUE_WITHOUT_A_MUG,
    Route,
    cancel_path,
    changes_path,
    cheaper,
    invoice_body,
    invoice_path,
    order_path,
    start_path,
    without_a_mug,
)
from tests.wire import Answer

TRIALS = int(os.environ.get("COUNTERFOIL_TRIALS", "1000"))
SOME = max(3, TRIALS // 40)
SETTLING_S = 0.3
ROUTES: tuple[Route, Route] = ("classic", "document")

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module", params=FLEETS)
def fleet(
    request: pytest.FixtureRequest,
    new_module_database: NewDatabase,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[VtexFleet]:
    engine, count = request.param
    url = new_module_database(engine)
    with vtex_fleet(url, tmp_path_factory.mktemp("logs"), count=count, settling_s=SETTLING_S) as own:
        yield own


def statuses(answers: list[Answer]) -> dict[int, int]:
    return dict(Counter(answer.status for answer in answers))


def output_sum(order: dict[str, Any]) -> int:
    packages = order["packageAttachment"]["packages"]
    return sum(package["invoiceValue"] for package in packages if package["type"] == "Output")


def error_code(answer: Answer) -> str:
    code: str = answer.json["error"]["code"]
    return code


@pytest.mark.parametrize("route", ROUTES)
def test_a_change_to_what_is_invoiced_already_completes_the_order(fleet: VtexFleet, route: Route) -> None:
    shop = fleet.shop
    for order_id in fleet.place(SOME):
        assert (
            shop.invoice(order_id, "NF-1", VALUE_WITHOUT_A_MUG, mugs=1, plates=1, route=route).status == 200
        )
        assert shop.order(order_id)["status"] == "handling"

        made = shop.change(order_id, without_a_mug())

        assert made.status == 202, made
        assert shop.settled(order_id, made.json["requestId"])["status"] == "done"
        order = shop.order(order_id)
        assert (order["status"], order["value"], output_sum(order)) == (
            "invoiced",
            *[VALUE_WITHOUT_A_MUG] * 2,
        )
        assert order["invoicedDate"] is not None


@pytest.mark.parametrize("route", ROUTES)
def test_of_sixteen_invoices_as_many_are_accepted_as_the_value_holds(fleet: VtexFleet, route: Route) -> None:
    shop = fleet.shop

    async def trial(lines: Lines, order_id: str) -> list[Answer]:
        return await lines.together(
            [
                shop.request(
                    "POST",
                    invoice_path(order_id, route),
                    invoice_body(f"NF-{number}", 1500, mugs=0, plates=0, route=route),
                )
                for number in range(16)
            ]
        )

    orders = fleet.place(SOME)
    for order_id, answers in zip(orders, fleet.trials(trial, orders, together=2), strict=True):
        assert statuses(answers) == {200: 9, 400: 7}, [str(answer) for answer in answers]
        order = shop.order(order_id)
        assert (output_sum(order), order["status"]) == (9 * 1500, "handling")
        accepted = {f"NF-{number}" for number, answer in enumerate(answers) if answer.status == 200}
        assert {one["invoiceNumber"] for one in order["packageAttachment"]["packages"]} == accepted


def test_of_twenty_that_start_handling_one_does(fleet: VtexFleet) -> None:
    shop = fleet.shop

    async def trial(lines: Lines, order_id: str) -> list[Answer]:
        routes = [start_path(order_id, ROUTES[number % 2]) for number in range(20)]
        return await lines.together([shop.request("POST", path) for path in routes])

    orders = fleet.place(SOME, "ready-for-handling")
    for order_id, answers in zip(orders, fleet.trials(trial, orders, together=2), strict=True):
        assert statuses(answers) == {204: 1, 409: 19}, [str(answer) for answer in answers]
        assert shop.order(order_id)["status"] == "handling"


def test_a_confirmed_cancellation_and_a_full_invoice_exclude_each_other(fleet: VtexFleet) -> None:
    shop = fleet.shop
    won: Counter[str] = Counter()

    async def trial(lines: Lines, order_id: str) -> tuple[Answer, Answer, dict[str, Any]]:
        first = await lines.ask(shop.request("POST", cancel_path(order_id), {"reason": "late"}))
        assert first.answer.status == 200, first.answer
        route = ROUTES[hash(order_id) % 2]
        cancel, invoice = await lines.together(
            [
                shop.request("POST", cancel_path(order_id, route), {"reason": "very late"}),
                shop.request(
                    "POST",
                    invoice_path(order_id, route),
                    invoice_body("NF-1", VALUE, mugs=2, plates=1, route=route),
                ),
            ]
        )
        read = await lines.ask(shop.request("GET", order_path(order_id)))
        return cancel, invoice, read.answer.json

    for cancel, invoice, order in fleet.trials(trial, fleet.place(TRIALS, flows=FLOWS)):
        about = f"{cancel} {invoice} {order['status']}"
        assert sorted([cancel.status, invoice.status]) == [200, 400], about
        assert order["status"] == ("canceled" if cancel.status == 200 else "invoiced"), about
        assert output_sum(order) == (VALUE if invoice.status == 200 else 0), about
        won[order["status"]] += 1
    print(won)


def test_of_two_changes_one_is_told_that_the_other_is_in_progress(fleet: VtexFleet) -> None:
    shop = fleet.shop

    async def trial(lines: Lines, order_id: str) -> list[Answer]:
        return await lines.together([shop.request("PATCH", changes_path(order_id), without_a_mug())] * 2)

    orders = fleet.place(SOME)
    for order_id, answers in zip(orders, fleet.trials(trial, orders, together=2), strict=True):
        made, refused = sorted(answers, key=lambda answer: answer.status)
        assert (made.status, refused.status, error_code(refused)) == (202, 409, "SalesOrderSystem014")
        assert shop.settled(order_id, made.json["requestId"])["status"] == "done"
        assert shop.order(order_id)["value"] == VALUE - MUG_CENTS
        assert len(shop.must("GET", changes_path(order_id))["requests"]) == 1


def test_the_same_change_of_the_old_kind_takes_effect_once(fleet: VtexFleet) -> None:
    shop = fleet.shop

    async def trial(lines: Lines, order_id: str) -> list[Answer]:
        wish = shop.request("POST", f"{order_path(order_id)}/changes", cheaper("r-1", 33))
        return await lines.together([wish] * 10)

    orders = fleet.place(SOME)
    for order_id, answers in zip(orders, fleet.trials(trial, orders, together=2), strict=True):
        assert statuses(answers) == {200: 10}, [str(answer) for answer in answers]
        assert len({answer.json["receipt"] for answer in answers}) == 1
        order = shop.order(order_id)
        (change,) = order["changesAttachment"]["changesData"]
        assert (order["value"], change["discountValue"]) == (VALUE - 33, 33)


@pytest.mark.parametrize("route", ROUTES)
def test_an_invoice_sent_ten_times_at_once_is_one_package(fleet: VtexFleet, route: Route) -> None:
    shop = fleet.shop

    async def trial(lines: Lines, order_id: str) -> list[Answer]:
        body = invoice_body("NF-1", MUG_CENTS, mugs=1, plates=0, route=route)
        return await lines.together([shop.request("POST", invoice_path(order_id, route), body)] * 10)

    orders = fleet.place(SOME)
    for order_id, answers in zip(orders, fleet.trials(trial, orders, together=2), strict=True):
        accepted = statuses(answers)[200]
        assert accepted == (10 if route == "classic" else 1), [str(answer) for answer in answers]
        order = shop.order(order_id)
        (package,) = order["packageAttachment"]["packages"]
        assert (package["invoiceNumber"], package["invoiceValue"]) == ("NF-1", MUG_CENTS)
        assert (order["value"], order["status"]) == (VALUE, "handling")

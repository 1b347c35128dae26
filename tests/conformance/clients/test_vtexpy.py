"""An integration that uses vtexpy works unchanged, and so does what it asks with `custom.request`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.clients.run_client import run_client
from tests.servers import Server, serving
from tests.vtex_shop import EMAIL, VALUE, AppKey, Stage, VtexShop, create_key, invoice_body

Told = Callable[..., dict[str, Any]]
ENVIRONMENT = {
    "COUNTERFOIL_HOOK_HTTP": "yes",
    "COUNTERFOIL_HOOK_PRIVATE": "yes",
    "COUNTERFOIL_SETTLEMENT_DELAY_MS": "50",
}


@pytest.fixture(scope="module")
def server(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One service for the file, on each engine in turn; its Changes settle after a moment."""
    with serving(module_database_url, tmp_path_factory.mktemp("logs"), environment=ENVIRONMENT) as (one,):
        yield one


@pytest.fixture(scope="module")
def key(server: Server) -> AppKey:
    return create_key(server, "integration")


@pytest.fixture(scope="module")
def orders(server: Server, key: AppKey) -> Iterator[VtexShop]:
    shop = VtexShop(server.port, key)
    yield shop
    shop.close()


@pytest.fixture
def tell(orders: VtexShop, key: AppKey, tmp_path: Path) -> Told:
    """Let the integration do a chapter with an order of its own, and return what it saw."""

    def told(chapter: str, stage: Stage = "handling", **given: Any) -> dict[str, Any]:
        order_id = orders.place(stage)
        known = {"port": orders.port, "key": key.key, "token": key.token, "email": EMAIL}
        seen = run_client(
            "vtexpy",
            "vtexpy_session.py",
            tmp_path,
            {**known, "order_id": order_id, "chapter": chapter, **given},
        )
        return {"order_id": order_id, **seen}

    return told


def error(refused: list[Any]) -> tuple[int, str]:
    """Return status and code of a refusal of the OMS family."""
    return refused[0], refused[1]["error"]["code"]


def assert_receipt(receipt: dict[str, Any], seen: dict[str, Any]) -> None:
    assert set(receipt) == {"date", "order_id", "receipt"}
    assert receipt["order_id"] == seen["order_id"]


def test_it_reads_an_order(tell: Told) -> None:
    seen = tell("reading")

    assert seen["host"] == "acme.vtexcommercestable.com.br"
    order, document = seen["order"], seen["document"]
    assert (order["order_id"], order["status"], order["value"]) == (seen["order_id"], "handling", VALUE)
    assert [item["quantity"] for item in order["items"]] == [2, 1]
    assert {total["id"]: total["value"] for total in order["totals"]}["Shipping"] == 1200
    assert (document["order_id"], document["status"], document["value"]) == (
        seen["order_id"],
        "handling",
        VALUE,
    )
    assert seen["by sequence"] == seen["order_id"]
    assert seen["group"] == [seen["order_id"]]
    assert (seen["messages"], seen["interaction"]) == ([], 200)
    assert seen["transaction"]["is_active"] in {True, False}


def test_it_is_told_what_is_wrong(tell: Told) -> None:
    seen = tell("reading")

    assert error(seen["unknown"]) == (404, "OMS007")
    assert error(seen["wrong token"]) == (401, "1")


def test_it_lists_orders(tell: Told) -> None:
    seen = tell("listing")

    ids = [row["order_id"] for row in seen["rows"]]
    assert ids[0] == seen["order_id"]
    assert len(ids) == len(set(ids)) == seen["paging"]["total"] == seen["period"]
    assert seen["stats"]["stats"]["total_value"]["count"] == len(ids)
    assert seen["first"] == [min(ids), 2 if len(ids) > 1 else None, len(ids)]
    assert (seen["before"], seen["by id"]) == (0, [seen["order_id"]])
    assert (seen["search"], seen["by mail"]) == (200, len(ids))
    assert set(seen["by status"]) <= {"handling", "ready-for-handling"}
    assert seen["page 31"] is True
    status, extended = seen["extended"]
    assert status == 200
    assert seen["order_id"] in [row["order_id"] for row in extended["list"]]


def test_it_starts_handling_once(tell: Told) -> None:
    seen = tell("handling", "ready-for-handling")

    assert (seen["before"], seen["started"], seen["after"]) == ("ready-for-handling", [204, ""], "handling")
    status, code = error(seen["again"])
    assert (status, code) == (409, "OMS003")
    assert seen["tried"] == 3  # it tries a conflict again, as often as it is set to
    assert seen["document again"][0] in {400, 409}


def test_it_invoices_ships_and_takes_back(tell: Told) -> None:
    seen = tell("invoicing")

    for what in ("first", "repeated", "shipped", "tracked", "rest", "returned"):
        assert_receipt(seen[what], seen)
    (package,) = seen["partly"]["package_attachment"]["packages"]
    assert (package["invoice_number"], package["invoice_value"]) == ("NF 1/a", 4500)
    assert seen["partly"]["status"] == "handling"
    assert seen["no such invoice"][0] == 404
    assert seen["no such invoice"][1]["error"]["message"] == "Invoice Not Found"
    assert (seen["too much"][0], seen["repeated document"][0], seen["cancel"][0]) == (400, 400, 400)
    whole = seen["whole"]
    assert (whole["status"], whole["value"]) == ("invoiced", VALUE)
    packages = {package["invoice_number"]: package for package in whole["package_attachment"]["packages"]}
    assert list(packages) == ["NF 1/a", "NF-2"]
    first = packages["NF 1/a"]
    assert (first["tracking_number"], first["courier"]) == ("BR1", "CarrierA")
    assert first["courier_status"]["finished"] is True
    assert first["courier_status"]["data"][0]["description"] == "on its way"
    after = seen["after the return"]
    assert [package["type"] for package in after["package_attachment"]["packages"]] == [
        "Output",
        "Output",
        "Input",
    ]
    assert after["status"] == "invoiced"


def test_it_cancels_and_is_denied(tell: Told) -> None:
    seen = tell("canceling")

    assert_receipt(seen["requested"], seen)
    assert_receipt(seen["confirmed"], seen)
    (request,) = seen["while"]["cancellation_requests"]
    assert (seen["while"]["status"], request["reason"]) == ("cancellation-requested", "changed their mind")
    assert (seen["denied"][0], seen["denied again"][0]) == (200, 400)
    assert seen["after the denial"]["status"] == "handling"
    assert seen["canceled"]["status"] == "canceled"


def test_it_changes_an_order(tell: Told) -> None:
    seen = tell("changing")

    assert seen["none yet"]["requests"] == []
    status, made = seen["made"]
    assert (status, made["reason"]) == (202, "one mug is broken")
    assert (seen["settled"]["status"], seen["settled"]["finished"]) == ("done", True)
    assert [one["request_id"] for one in seen["history"]["requests"]] == [made["request_id"]]
    assert (seen["changed"]["value"], seen["changed"]["status"]) == (VALUE - 4500, "handling")
    assert seen["changed"]["items"][0]["quantity"] == 1
    assert seen["canceled"]["status"] == "canceled"
    assert (seen["preview"][0], seen["settings"][0]) == (200, 200)
    assert seen["too much"][0] == 400
    assert error(seen["retry"])[1] == "SalesOrderSystem016"
    assert seen["abandon"][0] in {400, 404}
    assert seen["mixed"][0] == 400


def test_it_sums_changes_up(tell: Told) -> None:
    summary = tell("summing_up")["summary"]

    assert summary["total_changes_value_aggregated"] == -4500
    assert [item["quantity"] for item in summary["removed"]] == [1]
    assert [item["quantity"] for item in summary["original"]] == [2, 1]


def test_it_changes_an_order_in_the_old_way(tell: Told) -> None:
    seen = tell("changing_at_once")

    assert_receipt(seen["made"], seen)
    assert seen["again"]["receipt"] == seen["made"]["receipt"]
    assert seen["no reason"][0] == 400
    changed = seen["changed"]
    assert changed["value"] == VALUE - 33
    assert {total["id"]: total["value"] for total in changed["totals"]}["Change"] == -33
    (entry,) = changed["changes_attachment"]["changes_data"]
    assert (entry["reason"], entry["discount_value"]) == ("a scratch", 33)


def test_it_reads_its_feed(tell: Told) -> None:
    invoice = invoice_body("NF-1", VALUE, mugs=2, plates=1, route="document")
    seen = tell("feeding", "ready-for-handling", invoice=invoice)

    assert (seen["none yet"][0], seen["nothing to read"][0]) == (404, 404)
    assert (seen["set"], seen["committed"], seen["deleted"]) == (200, 200, 200)
    assert seen["config"]["queue"]["visibility_timeout_in_seconds"] == 2
    states = [(one["last_state"], one["state"]) for one in seen["events"]]
    assert states == [
        ("ready-for-handling", "start-handling"),
        ("start-handling", "handling"),
        ("handling", "invoice"),
        ("invoice", "invoiced"),
    ]
    assert {one["order_id"] for one in seen["events"]} == {seen["order_id"]}
    assert len({one["event_id"] for one in seen["events"]}) == 4
    assert (seen["left"], seen["quantity"], seen["gone"][0]) == ([], 0, 404)
    assert seen["expression"] == [200, True]


def test_its_hook_is_called(tell: Told) -> None:
    seen = tell("hooking", "ready-for-handling")

    assert (seen["none yet"][0], seen["set"], seen["deleted"]) == (404, 200, 200)
    ping, event = seen["got"]
    assert ping["body"] == {"hookConfig": "ping"}
    assert event["key"] == "k1"
    body = event["body"]
    assert (body["OrderId"], body["LastState"], body["State"]) == (
        seen["order_id"],
        "start-handling",
        "handling",
    )
    assert seen["config"]["hook"]["headers"] == {"x-erp-key": "k1"}
    assert seen["unreachable"][0] == 400

"""A report script that uses my-magento works unchanged: it signs in by itself and searches."""

from typing import Any

import pytest

from tests.conformance.clients.run_client import run_client
from tests.servers import ADMIN_PASSWORD, ADMIN_USER
from tests.shop import EMAIL, Shop, top_items


@pytest.fixture(scope="module")
def orders(shop: Shop) -> tuple[int, int]:
    """The scenario's order with one variation invoiced, and one of simple products."""
    scenario = shop.place([shop.item("CONF-RED", 1), shop.item("CONF-BLUE", 1)])
    red = top_items(shop.order(scenario))[0]["item_id"]
    assert shop.invoice(scenario, [(red, 1)]).status == 200
    return scenario, shop.place([shop.item("S1", 3)])


@pytest.fixture(scope="module")
def seen(shop: Shop, orders: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script saw."""
    given = {
        "url": f"http://127.0.0.1:{shop.port}",
        "user": ADMIN_USER,
        "password": ADMIN_PASSWORD,
        "order_id": orders[0],
    }
    return run_client("my-magento", "my_magento_session.py", tmp_path_factory.mktemp("client"), given)


def test_it_signs_in(seen: dict[str, Any]) -> None:
    assert seen["signed in"] is True
    assert "sign-in was incorrect" in seen["wrong password"]


def test_it_reads_an_order(seen: dict[str, Any], orders: tuple[int, int], shop: Shop) -> None:
    number = shop.order(orders[0])["increment_id"]

    assert seen["order"] == [orders[0], number, "processing", 60]
    assert seen["items"] == [["CONF-RED", 1, 1], ["CONF-BLUE", 1, 0]]
    assert seen["totals"][:2] == [1, 2]  # invoiced; not shipped yet
    assert seen["ship to"]["email"] == seen["bill to"]["email"] == EMAIL
    assert seen["payment"]["method"] == "checkmo"


def test_it_searches_orders(seen: dict[str, Any], orders: tuple[int, int]) -> None:
    scenario, simple = orders

    assert (seen["by number"], seen["by list"], seen["processing"]) == (scenario, [scenario], [scenario])
    assert seen["restricted"] == [["entity_id", "status"]] * 2
    assert (seen["since"], seen["all"], seen["until"]) == (2, 2, 0)
    assert seen["unknown order"] is None
    assert seen["by sku"] == [simple]


def test_it_reads_invoices(seen: dict[str, Any]) -> None:
    ((invoice_id, grand_total),) = seen["invoices"]

    assert grand_total == 30
    assert seen["invoice by number"] == invoice_id
    assert seen["order items"] == 1


def test_it_reads_products(seen: dict[str, Any]) -> None:
    assert seen["product"][:2] == ["S1", 10]
    assert seen["products"] == ["S1", "S2"]
    assert seen["stock"] == 1000000
    assert seen["variations"] == ["CONF-BLUE", "CONF-RED"]
    assert seen["other scope"] == 200

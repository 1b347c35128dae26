"""A back-office script that uses pymagento works unchanged. Its default scope is `/rest/all`."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.clients.run_client import run_client
from tests.shop import Shop, top_items


@pytest.fixture(scope="module")
def orders(shop: Shop) -> tuple[int, int]:
    """The scenario's order, and one of simple products."""
    scenario = shop.place([shop.item("CONF-RED", 1), shop.item("CONF-BLUE", 1)])
    return scenario, shop.place([shop.item("S1", 3)])


@pytest.fixture(scope="module")
def seen(shop: Shop, orders: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script saw."""
    (row,) = top_items(shop.order(orders[1]))
    given = {
        "url": f"http://127.0.0.1:{shop.port}",
        "token": shop.token,
        "order_id": orders[0],
        "other_order_id": orders[1],
        "other_item_id": row["item_id"],
    }
    directory: Path = tmp_path_factory.mktemp("client")
    return run_client("pymagento", "pymagento_session.py", directory, given)


def test_it_invoices(seen: dict[str, Any]) -> None:
    first, second = seen["first invoice"], seen["second invoice"]

    assert first.isdecimal()
    assert second.isdecimal()
    assert seen["invoices"] == [[first, 30], [second, 30]]
    assert str(seen["invoice by number"]) == second
    assert seen["invoice"] == 2
    assert seen["invoiced"] == [1, 1, 1, 1]
    assert seen["order state"] == ["processing", "processing", 0]


def test_it_is_told_why_not(seen: dict[str, Any]) -> None:
    assert "The order does not allow an invoice to be created." in seen["third invoice"]
    assert seen["too much"] == ['We found an invalid quantity to invoice item "%1".', ["S1"]]
    assert seen["unknown invoice"] is None
    assert seen["unknown order"] is None
    assert seen["no order"] is None


def test_it_finds_orders(seen: dict[str, Any], orders: tuple[int, int], shop: Shop) -> None:
    scenario, simple = orders

    assert seen["order by number"] == scenario
    assert seen["orders by number"] == [shop.order(scenario)["increment_id"]]
    assert seen["last order"] == simple
    assert seen["count"] == 2
    assert (seen["pending"], seen["not pending"]) == ([simple], [scenario])
    assert seen["page by page"] == [scenario, simple]
    assert seen["two fields"] == [{"entity_id": scenario, "status": "processing"}]


def test_it_finds_order_items(seen: dict[str, Any]) -> None:
    assert seen["order item"] == "CONF-RED"
    assert len(seen["order items"]) == 2
    assert seen["bought"] == {"CONF-RED": True, "S1": True, "S3": False}
    assert seen["was bought"] == [True, False]


def test_it_holds_and_saves_orders(seen: dict[str, Any], orders: tuple[int, int], shop: Shop) -> None:
    assert [seen["hold"], seen["held"], seen["unhold"]] == [True, "holded", True]
    grand_total = shop.order(orders[1])["grand_total"]
    assert seen["status"] == ["new", "pending", "ERP-7", grand_total]
    assert seen["saved order"] == "Ada"
    assert seen["address"] == ["Utica", "Doe"]


def test_it_ships(seen: dict[str, Any]) -> None:
    first, number = seen["shipment"]
    assert first.isdecimal()
    assert (number, seen["label"], seen["shipment comments"]) == ("1Z9", "", [])
    assert seen["shipments"] == [1, 1]
    assert "The order does not allow a shipment to be created." in seen["third shipment"]
    assert seen["complete"] == ["complete", [1, 0, 1, 0]]
    assert seen["credit memos"] == []


def test_it_keeps_the_catalogue(seen: dict[str, Any]) -> None:
    assert (seen["product"], seen["unknown product"], seen["product by id"]) == (10, None, "S2")
    assert {"CONF", "CONF-RED", "S1", "V1"} <= set(seen["products"])
    assert seen["stock"] >= 1000
    assert (seen["new stock"], seen["stock status"]) == (77, 1)
    assert seen["options"] == [" ", "Red", "Blue"]
    assert (seen["saved product"], seen["updated product"]) == (12.5, 13)


def test_it_sees_the_stores(seen: dict[str, Any]) -> None:
    assert "base" in seen["websites"]
    assert "default" in seen["store configs"]


def test_it_asks_for_much_at_once_and_later(seen: dict[str, Any]) -> None:
    assert seen["bulk"] == [False, ["accepted", "accepted"]]
    assert seen["bulk status"] == [[0, 1], [1, 3]]
    topic = "async.magento.catalog.api.productrepositoryinterface.save.put"
    assert seen["bulk head"] == [True, f"Topic {topic}", 2]
    assert seen["bulk detailed"] == [14, "SKU length should be 64 characters maximum."]
    assert seen["bulk operations"] == [1, 3]
    assert (seen["bulk price"], seen["unknown bulk"]) == (14, None)

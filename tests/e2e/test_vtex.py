"""One book, two languages: what is done to an order in one of them is there in the other, on each engine."""

import json

import pytest

from tests.servers import assert_books_are_clean, command
from tests.wire import Connection


@pytest.fixture(scope="module")
def app_key(server):
    done = command(server.database_url, "keys", "create", "erp", "--dialect", "vtex", "--json")
    assert done.returncode == 0, done.stderr
    created = json.loads(done.stdout)
    return {"X-VTEX-API-AppKey": created["appKey"], "X-VTEX-API-AppToken": created["appToken"]}


@pytest.fixture
def ask(shop, app_key):
    """Ask in VTEX's language."""
    with Connection(shop.port) as connection:

        def run(method, path, body=None, headers=app_key):
            return connection.ask(method, path, body, headers=headers)

        yield run


def path_of(order_id: int, action: str = "") -> str:
    return f"/api/oms/pvt/orders/v{500_000 + order_id}cntf-01{action}"


def test_both_languages_are_spoken_on_one_port(shop, ask):
    path = path_of(shop.place([shop.item("TX1", 1)]), "/conversation-message")
    answer = ask("GET", path)
    assert (answer.status, answer.json) == (200, [])
    assert ask("GET", path, headers={}).status == 401
    assert ask("GET", f"{path}?an=shop", headers={"VtexIdclientAutCookie": shop.token}).status == 200
    assert ask("GET", path.replace("cntf-01", "%63ntf%2D01")).status == 200
    assert ask("GET", path.replace("/api/oms/", "/API/oms/")).status == 200
    # A slash that is encoded belongs to the name: this is no order, and no other path.
    slash = ask("GET", path.replace("cntf-01", "cntf%2F01"))
    assert slash.json["error"]["code"] == "OMS007"


def test_an_order_is_invoiced_in_both_languages_and_tracked_under_any_number(shop, ask, server):
    order_id = shop.place([shop.item("TX1", 2)])
    total = int(shop.order(order_id)["grand_total"] * 100)
    assert ask("POST", path_of(order_id, "/start-handling")).status == 204
    item_id = shop.order(order_id)["items"][0]["item_id"]
    assert shop.invoice(order_id, [(item_id, 1)]).status == 200
    invoiced = int(shop.order(order_id)["total_invoiced"] * 100)
    rest = {
        "type": "Output",
        "issuanceDate": "2024-01-31T10:00:00-0300",
        "invoiceNumber": "123/456 #7",
        "invoiceValue": str(total - invoiced),
    }
    over = ask("POST", path_of(order_id, "/invoice"), {**rest, "invoiceValue": total - invoiced + 1})
    assert (over.status, over.json["error"]["code"]) == (400, "CNTF003")
    assert ask("POST", path_of(order_id, "/invoice"), rest).status == 200
    assert ask("POST", path_of(order_id, "/invoice"), rest).status == 200
    tracking = path_of(order_id, "/invoice/123%2F456%20%237/tracking")
    assert ask("PUT", tracking, {"isDelivered": True, "events": [{"description": "there"}]}).status == 200
    after = shop.order(order_id)
    assert after["total_invoiced"] == after["grand_total"]
    assert len(shop.invoices_of(order_id)) == 2
    assert_books_are_clean(server.database_url)


def test_a_cancellation_is_asked_for_and_granted(shop, ask, server):
    order_id = shop.place([shop.item("TX1", 1)])
    for state in ("new", "canceled"):
        receipt = ask("POST", path_of(order_id, "/cancel"), {"reason": "sold out"})
        assert (receipt.status, set(receipt.json)) == (200, {"date", "orderId", "receipt"})
        assert shop.order(order_id)["state"] == state
    assert_books_are_clean(server.database_url)

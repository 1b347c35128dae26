"""One book, two languages: an order of Adobe's language is there in VTEX's, on a running service."""

import json

import pytest

from tests.servers import command, serving
from tests.shop import Shop
from tests.wire import Connection


@pytest.fixture
def shop(sqlite_url, tmp_path):
    with serving(sqlite_url, tmp_path) as (server,):
        own = Shop(server.port)
        own.set_up()
        yield own
        own.close()


@pytest.fixture
def app_key(shop, sqlite_url):
    done = command(sqlite_url, "keys", "create", "erp", "--dialect", "vtex", "--json")
    assert done.returncode == 0, done.stderr
    created = json.loads(done.stdout)
    return {"X-VTEX-API-AppKey": created["appKey"], "X-VTEX-API-AppToken": created["appToken"]}


def test_both_languages_are_spoken_on_one_port(shop, app_key):
    order_id = shop.place([shop.item("TX1", 1)])
    path = f"/api/oms/pvt/orders/v{500_000 + order_id}cntf-01/conversation-message"
    with Connection(shop.port) as connection:
        answer = connection.ask("GET", path, headers=app_key)
        assert (answer.status, answer.json) == (200, [])
        assert connection.ask("GET", path).status == 401
        user = {"VtexIdclientAutCookie": shop.token}
        assert connection.ask("GET", f"{path}?an=shop", headers=user).status == 200
        encoded = path.replace("cntf-01", "%63ntf%2D01")
        assert connection.ask("GET", encoded, headers=app_key).status == 200
        # A slash that is encoded belongs to the name: this is no order, and no other path.
        slash = connection.ask("GET", path.replace("cntf-01", "cntf%2F01"), headers=app_key)
        assert slash.json["error"]["code"] == "OMS007"

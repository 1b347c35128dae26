"""Published JavaScript clients, which sign every request (OAuth 1.0a), work unchanged on both engines."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import oauth
from tests.conformance.clients.run_client import run_node_client
from tests.servers import Server, command, serving
from tests.shop import Shop

SIGNATURE = [401, "The signature is invalid. Verify and try again."]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clients")


@pytest.fixture(scope="module")
def server(module_database_url: str, directory: Path) -> Iterator[Server]:
    """One service for all tests of this file; its key file is beside its log."""
    arguments = ["--oauth-key-file", str(directory / "oauth-key")]
    with serving(module_database_url, directory, arguments=arguments) as (one,):
        yield one


@pytest.fixture(scope="module")
def keys(server: Server, directory: Path) -> oauth.Keys:
    return create(server, directory, "erp")


def create(server: Server, directory: Path, name: str, *resources: str) -> oauth.Keys:
    rights = [word for resource in resources for word in ("--resource", resource)]
    made = ("keys", "create", name, "--oauth", "--json", "--oauth-key-file", str(directory / "oauth-key"))
    done = command(server.database_url, *made, *rights)
    assert done.returncode == 0, done.stderr
    found: oauth.Keys = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def wrapper(shop: Shop, server: Server, directory: Path, keys: oauth.Keys) -> dict[str, Any]:
    """What the script with magento2-api-wrapper saw, and the order that it worked on."""
    order_id = shop.place([shop.item("CONF-RED", 1), shop.item("CONF-BLUE", 1)])
    others = create(server, directory, "monitor", "Magento_Sales::actions_view")
    given = {"url": server.url, "keys": keys, "others": others, "order_id": order_id}
    script = "magento2_api_wrapper_session.js"
    return {"order_id": order_id, **run_node_client("magento2-api-wrapper", script, directory, given)}


@pytest.fixture(scope="module")
def rest(shop: Shop, server: Server, directory: Path, keys: oauth.Keys) -> dict[str, Any]:
    """What the script with magento-api-rest saw, and the order that it worked on."""
    order_id = shop.place([shop.item("S1", 3)])
    given = {"url": server.url, "keys": keys, "order_id": order_id}
    seen = run_node_client("magento-api-rest", "magento_api_rest_session.js", directory, given)
    return {"order_id": order_id, **seen}


def test_the_wrapper_invoices(wrapper: dict[str, Any]) -> None:
    assert wrapper["order"] == [wrapper["order_id"], "pending", 60]
    assert wrapper["invoices"] == [wrapper["first"], wrapper["rest"]]
    assert wrapper["tooMuch"][0] == wrapper["third"][0] == 400


def test_the_wrapper_searches_and_writes(wrapper: dict[str, Any]) -> None:
    count = wrapper["noParameters"]
    assert wrapper["projected"]["total_count"] == len(wrapper["projected"]["items"]) == count >= 1
    assert set(wrapper["projected"]["items"][0]) == {"status"}
    assert wrapper["stores"] == ["processing", "processing"]
    assert wrapper["stock"] >= 1000
    assert wrapper["product"] == 12
    assert wrapper["together"] == ["processing"] * 20


def test_the_wrapper_is_told_what_is_wrong(wrapper: dict[str, Any]) -> None:
    assert wrapper["unknownOrder"][0] == 404
    assert wrapper["wrongSecret"] == SIGNATURE
    assert wrapper["wrongConsumer"] == [401, "A consumer having the specified key does not exist"]
    assert wrapper["wrongToken"] == [401, "Specified token does not exist"]
    assert wrapper["forbidden"] == [401, "The consumer isn't authorized to access %resources."]


def test_magento_api_rest_works_with_sha_256(rest: dict[str, Any]) -> None:
    assert rest["orders"] >= 1
    assert rest["found"] == [rest["order_id"]]
    assert rest["range"] == 0
    assert rest["invoice"].isdecimal()
    assert rest["again"][0] == 400
    assert rest["saved"] == 21
    assert rest["deleted"][0] == 404


def test_magento_api_rest_is_told_that_its_default_is_not_taken(rest: dict[str, Any]) -> None:
    assert rest["sha1"] == [
        400,
        {"message": "Signature method %1 is not supported", "parameters": ["HMAC-SHA1"]},
    ]

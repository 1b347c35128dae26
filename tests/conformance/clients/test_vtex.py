"""A nightly export that uses vtex (requests) works unchanged."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.clients.run_client import run_client
from tests.servers import Server
from tests.vtex_shop import VALUE, AppKey, VtexShop, create_key


@pytest.fixture(scope="module")
def key(server: Server) -> AppKey:
    return create_key(server, "export")


@pytest.fixture(scope="module")
def placed(server: Server, key: AppKey) -> Iterator[list[str]]:
    """Two orders, the older first."""
    shop = VtexShop(server.port, key)
    yield [shop.place("ready-for-handling"), shop.place("ready-for-handling")]
    shop.close()


@pytest.fixture
def tell(server: Server, key: AppKey, placed: list[str], tmp_path: Path) -> Callable[[str], dict[str, Any]]:
    """Let the export do a chapter with the older order, and return what it saw."""

    def told(chapter: str) -> dict[str, Any]:
        given = {"port": server.port, "key": key.key, "token": key.token, "order_id": placed[0]}
        return run_client("vtex", "vtex_session.py", tmp_path, {**given, "chapter": chapter})

    return told


def test_it_reads_an_order(tell: Callable[[str], dict[str, Any]], placed: list[str]) -> None:
    seen = tell("reading")

    order, status, _ = seen["order"]
    assert seen["host"] == "acme.vtexcommercestable.com.br"
    assert (status, order["orderId"], order["value"]) == (200, placed[0], VALUE)
    assert seen["unknown"] == [None, 404, None]
    assert seen["wrong token"] == [None, 401, None]
    assert seen["conversation"] == [[], 200, None]
    transaction, status, _ = seen["transaction"]
    assert (status, transaction["payments"]) == (200, [])


def test_it_lists_orders(tell: Callable[[str], dict[str, Any]], placed: list[str]) -> None:
    seen = tell("listing")

    older, newer = placed
    assert seen["all"] == seen["its day"] == [200, 1, [older, newer]]
    assert seen["second page"] == [200, 1, []]
    assert seen["by page"] == [200, 1, [newer, older]]
    assert older in seen["its hour"][2]
    assert older in seen["its minute"][2]
    assert seen["another day"] == seen["another hour"] == seen["another minute"] == [200, 0, []]
    assert seen["wrong token"] == [None, None, 401]

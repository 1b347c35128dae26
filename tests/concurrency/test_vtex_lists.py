"""Lists of another process tell what an order's own document tells, from the answer to each step on."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.concurrency.conftest import FLEETS
from tests.concurrency.vtex_fleet import VtexFleet, vtex_fleet
from tests.conftest import NewDatabase
from tests.vtex_shop import FLOWS, VALUE, VALUE_WITHOUT_A_MUG, VtexShop, without_a_mug

SETTLING_S = 0.1

pytestmark = pytest.mark.timeout(300)


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


@pytest.fixture
def elsewhere(fleet: VtexFleet) -> Iterator[VtexShop]:
    """A connection to the other process, if there is one."""
    shop = VtexShop(fleet.servers[-1].port, fleet.key)
    yield shop
    shop.close()


def change(shop: VtexShop, order_id: str) -> None:
    asked = shop.change(order_id, without_a_mug())
    assert asked.status == 202, asked
    shop.settled(order_id, asked.json["requestId"])


def invoice(number: str, cents: int, *, mugs: int, plates: int) -> Callable[[VtexShop, str], None]:
    def step(shop: VtexShop, order_id: str) -> None:
        answer = shop.invoice(order_id, number, cents, mugs=mugs, plates=plates)
        assert answer.status == 200, answer

    return step


def cancel(shop: VtexShop, order_id: str) -> None:
    assert shop.cancel(order_id).status == 200


LIVES: dict[str, tuple[Callable[[VtexShop, str], None], ...]] = {
    "changed and invoiced": (
        change,
        invoice("NF-1", 3333, mugs=0, plates=1),
        invoice("NF-2", VALUE_WITHOUT_A_MUG - 3333, mugs=1, plates=0),
    ),
    "canceled": (cancel, cancel),
}


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("life", LIVES)
def test_a_row_of_a_list_is_what_the_document_says(
    fleet: VtexFleet, elsewhere: VtexShop, life: str, flow: Any
) -> None:
    order_id = fleet.shop.place(flow=flow)
    seen = [assert_listed(elsewhere, order_id)]
    for step in LIVES[life]:
        step(fleet.shop, order_id)
        seen.append(assert_listed(elsewhere, order_id))
    assert (
        seen[-1]
        == {
            "changed and invoiced": ("invoiced", VALUE_WITHOUT_A_MUG),
            "canceled": ("canceled", VALUE),
        }[life]
    )


def assert_listed(shop: VtexShop, order_id: str) -> tuple[str, int]:
    """Find the order in both lists by its id and status, and compare with its document."""
    document = shop.order(order_id)
    status = document["status"]
    asked = f"q={quote(order_id)}&f_status={status}&orderBy=totalValue,desc"
    short = shop.must("GET", f"/api/oms/pvt/orders?{asked}")
    long = shop.must("POST", "/api/orders/extendsearch/orders", {"q": order_id, "f_status": status})
    for found in (short, long):
        assert found["paging"]["total"] == 1, (document, found)
        (row,) = found["list"]
        for name, told in (("totalValue", "value"), ("status", "status"), ("orderId", "orderId")):
            assert row[name] == document[told]
        assert found["stats"]["stats"]["totalValue"]["Sum"] == document["value"]
    return status, document["value"]

"""A thousand invoices that wait for Changes: they cost little, and go on when the Changes have settled."""

import asyncio
import re
import time
from pathlib import Path

import pytest

from tests.concurrency.lines import Lines, Timed
from tests.judge import assert_promises_kept
from tests.servers import Server, assert_books_are_clean, serving
from tests.vtex_shop import (
    VALUE,
    VtexShop,
    changes_path,
    create_key,
    invoice_body,
    invoice_path,
    without_a_mug,
)

ORDERS = 20
EACH = 50
RELEASED_S = 10.0
"""How long all may take to be answered; what is usual is measured in the report of the run."""

MOST_MIB = 120
"""How much more memory all that wait may need, in all processes together."""

ARGUMENTS = ("--settlement", "outside", "--change-wait-s", "120", "--wait-s", "60")

pytestmark = pytest.mark.timeout(300)


def status_of(server: Server, name: str) -> int:
    text = Path(f"/proc/{server.pid}/status").read_text()
    found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
    assert found is not None
    return int(found[1])


def all_of(servers: list[Server], name: str) -> int:
    return sum(status_of(server, name) for server in servers)


def agree(order_id: str, request_id: str, *, to: bool) -> tuple[str, dict[str, str]]:
    where = f"{changes_path(order_id)}/{request_id}"
    if to:
        return f"{where}/send-agreement", {"agreementType": "Confirmation"}
    return f"{where}/cancel", {"reason": "the other side says no"}


async def wait_and_release(servers: list[Server], shop: VtexShop, orders: list[str]) -> list[list[Timed]]:
    """Ask for invoices that only fit without the Change, settle the Changes; return all answers by order."""
    requests = {order_id: shop.change(order_id, without_a_mug()).json["requestId"] for order_id in orders}
    lines = Lines([server.port for server in servers])
    threads, memory = all_of(servers, "Threads"), all_of(servers, "VmRSS")
    asked = [
        [
            asyncio.create_task(
                lines.ask(
                    shop.request(
                        "POST",
                        invoice_path(order_id, "document"),
                        invoice_body(f"I-{number}", VALUE, mugs=0, plates=0, route="document"),
                    ),
                    timeout_s=120,
                )
            )
            for number in range(EACH)
        ]
        for order_id in orders
    ]
    await asyncio.sleep(6)
    assert not any(task.done() for some in asked for task in some), "they wait"
    more_mib = (all_of(servers, "VmRSS") - memory) / 1024
    assert all_of(servers, "Threads") - threads < 16, "nobody who waits has a thread"
    begun_s = time.monotonic()
    for place, order_id in enumerate(orders):
        path, body = agree(order_id, requests[order_id], to=place % 2 == 0)
        answer = (await lines.ask(shop.request("POST", path, body))).answer
        assert answer.status == 200, answer
    settled_s = time.monotonic()
    answers = [list(await asyncio.gather(*some)) for some in asked]
    last_s = max(one.came_s for some in answers for one in some)
    lines.close()
    print(
        f"{ORDERS * EACH} waited in {len(servers)} processes with {more_mib:.1f} MiB more; "
        f"settled in {settled_s - begun_s:.2f} s, all answered {last_s - settled_s:.2f} s after that"
    )
    assert more_mib < MOST_MIB
    assert last_s - settled_s < RELEASED_S
    return answers


@pytest.mark.parametrize("engine, count", [("sqlite", 1), ("postgres", 1), ("postgres", 2)])
def test_a_thousand_waiting_invoices_are_released_together(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, count: int
) -> None:
    url = request.getfixturevalue(f"{engine}_url")
    with serving(url, tmp_path, count=count, arguments=ARGUMENTS) as servers:
        shop = VtexShop(servers[0].port, create_key(servers[0], "oms"))
        orders = [shop.place() for _ in range(ORDERS)]
        answers = asyncio.run(wait_and_release(servers, shop, orders))
        for place, order_id in enumerate(orders):
            statuses = [one.answer.status for one in answers[place]]
            took = 0 if place % 2 == 0 else 1
            assert (statuses.count(200), statuses.count(400)) == (took, EACH - took), order_id
            assert (shop.order(order_id)["status"] == "invoiced") == bool(took)
        shop.close()
    assert_promises_kept(url)
    assert_books_are_clean(url)

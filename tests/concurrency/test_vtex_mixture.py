"""Changes, their ends, invoices and cancellations of one order in any mixture: the books stay right."""

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.concurrency.conftest import FLEETS
from tests.concurrency.lines import Lines
from tests.concurrency.vtex_fleet import VtexFleet, vtex_fleet
from tests.conftest import NewDatabase
from tests.vtex_shop import (
    MUG,
    MUG_CENTS,
    PLATE,
    PLATE_CENTS,
    VALUE,
    VALUE_WITHOUT_A_MUG,
    cancel_path,
    changes_path,
    invoice_body,
    invoice_path,
    order_path,
    without_a_mug,
)
from tests.wire import Answer

TRIALS = int(os.environ.get("COUNTERFOIL_TRIALS", "1000"))
SOME = max(8, TRIALS // 20)
REQUESTS = 8
WITHIN_S = 0.5
"""In how long a time the requests of one order arrive."""

Sent = tuple[str, str, Any]

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=[0, 0.15], ids=["at-once", "later"])
def settling_s(request: pytest.FixtureRequest) -> float:
    found: float = request.param
    return found


@pytest.fixture(params=FLEETS)
def fleet(
    request: pytest.FixtureRequest, new_module_database: NewDatabase, tmp_path: Path, settling_s: float
) -> Iterator[VtexFleet]:
    engine, count = request.param
    url = new_module_database(engine)
    with vtex_fleet(url, tmp_path, count=count, settling_s=settling_s) as own:
        yield own


def change(chance: random.Random) -> Any:
    """Return a wish: a mug goes, comes or takes the place of the plate, or the price moves."""
    item = {"id": MUG, "quantity": 1}
    replaced = {
        "from": {"items": [{"id": PLATE, "quantity": 1}]},
        "to": {"items": [{**item, "price": chance.randrange(1, 9000)}]},
    }
    wishes = [
        without_a_mug(),
        {"reason": "one more", "add": {"items": [item]}},
        {"reason": "others", "replace": [replaced]},
        {"reason": "a scratch", "manualDiscountValue": chance.randrange(6000)},
        {"reason": "engraved", "manualIncrementValue": chance.randrange(1, 3000)},
    ]
    return chance.choice(wishes)


def end_of(chance: random.Random, order_id: str, request_id: str) -> Sent:
    """Return what may end a Change, or bring its end nearer."""
    path = f"{changes_path(order_id)}/{request_id}"
    kind = chance.choice(["Acknowledgment", "Confirmation"])
    ends: list[Sent] = [
        ("POST", f"{path}/cancel", {"reason": "no more"}),
        ("POST", f"{path}/send-agreement", {"agreementType": kind}),
        ("POST", f"{path}/retry", None),
    ]
    return chance.choice(ends)


def invoice(chance: random.Random, order_id: str, number: str) -> Sent:
    """Return an invoice over all, over what may be all, or over a part; with items or without."""
    if chance.random() < 0.3:
        body = invoice_body(
            number, chance.choice([VALUE, VALUE_WITHOUT_A_MUG]), mugs=0, plates=0, route="document"
        )
        return "POST", invoice_path(order_id, "document"), body
    cents = chance.choice([MUG_CENTS, PLATE_CENTS, 1000])
    mugs, plates = chance.randrange(2), chance.randrange(2)
    body = invoice_body(number, cents, mugs=mugs, plates=plates, route="classic")
    return "POST", invoice_path(order_id, "classic"), body


async def requests_of(lines: Lines, fleet: VtexFleet, order_id: str) -> list[dict[str, Any]]:
    answer = (await lines.ask(fleet.shop.request("GET", changes_path(order_id)))).answer
    found: list[dict[str, Any]] = answer.json["requests"]
    return found


async def settled(lines: Lines, fleet: VtexFleet, order_id: str, request_id: str) -> dict[str, Any]:
    path = f"{changes_path(order_id)}/{request_id}"
    found: dict[str, Any] = {"inProgress": True}
    for _ in range(1000):
        found = (await lines.ask(fleet.shop.request("GET", path))).answer.json
        if not found["inProgress"]:
            break
        await asyncio.sleep(0.02)
    assert not found["inProgress"], found
    return found


def assert_right(order: dict[str, Any], changes: list[dict[str, Any]]) -> None:
    """See that the value is what the Changes have made of it, and that the status says what is invoiced."""
    done = [one for one in changes if one["finished"]]
    packages = order["packageAttachment"]["packages"]
    invoiced = sum(one["invoiceValue"] for one in packages if one["type"] == "Output")
    assert sum(total["value"] for total in order["totals"]) == order["value"]
    if order["status"] == "canceled":
        # It shows what was agreed at first, which Changes may have lowered before it was canceled.
        assert not invoiced
        return
    assert order["value"] == VALUE + sum(one["totalChangeValue"] for one in done)
    assert invoiced <= order["value"]
    assert (order["status"] == "invoiced") == (invoiced == order["value"])


def test_any_mixture_leaves_books_that_add_up(fleet: VtexFleet) -> None:
    chance = random.Random()
    seed = chance.randrange(10**6)
    chance.seed(seed)
    print(f"the seed of this mixture is {seed}")

    async def one(lines: Lines, order_id: str, number: int) -> Answer | None:
        await asyncio.sleep(chance.uniform(0, WITHIN_S))
        kind = chance.random()
        if kind < 0.4:
            sent: Sent = "PATCH", changes_path(order_id), change(chance)
        elif kind < 0.75:
            sent = invoice(chance, order_id, f"I-{number}")
        elif kind < 0.95:
            known = await requests_of(lines, fleet, order_id)
            if not known:
                return None
            sent = end_of(chance, order_id, known[-1]["requestId"])
        else:
            sent = "POST", cancel_path(order_id), {"reason": "changed their mind"}
        return (await lines.ask(fleet.shop.request(*sent))).answer

    async def trial(lines: Lines, order_id: str) -> None:
        answers = await asyncio.gather(*(one(lines, order_id, number) for number in range(REQUESTS)))
        assert all(answer.status < 500 for answer in answers if answer is not None), answers
        known = await requests_of(lines, fleet, order_id)
        changes = [await settled(lines, fleet, order_id, one["requestId"]) for one in known]
        order = (await lines.ask(fleet.shop.request("GET", order_path(order_id)))).answer.json
        assert_right(order, changes)

    fleet.trials(trial, fleet.place(SOME))

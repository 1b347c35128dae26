"""Every operation is sent anything: no answer is a 500, errors have their form, the books stay clean."""

import json
import random
from typing import Any
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from counterfoil.dialects.vtex import order_id
from counterfoil.dialects.vtex.errors import Family
from counterfoil.dialects.vtex.routes import ROUTES
from tests.storage import findings

REQUESTS = 60
NUMBERS: list[Any] = [0, -1, 1, 2, 2000, 2**31, 2**63, 10**40, 0.5, -0.5, 1e308]
TEXTS = [
    "",
    " ",
    "x" * 3000,
    "é😀",
    "%2F",
    "-1",
    "2000",
    "24.99",
    "Output",
    "input",
    "RED",
    "2024-01-31",
    "N1",
]
SHAPES: list[Any] = [[], {}, [[]], [{}], {"": ""}, [None], {"a": {"b": []}}]
ODD: list[Any] = [None, True, False, *NUMBERS, *TEXTS, *SHAPES]
NAMES = [
    *("type", "issuanceDate", "issuedDate", "invoiceNumber", "invoiceValue", "items", "courier", "volumes"),
    *("trackingNumber", "dispatchedDate", "isDelivered", "deliveredDate", "events", "reason", "denyReason"),
    *("requestedByUser", "cancellationRequestId", "id", "itemIndex", "price", "quantity", "description"),
    *(
        "requestId",
        "discountValue",
        "incrementValue",
        "itemsAdded",
        "itemsRemoved",
        "add",
        "remove",
        "replace",
    ),
    *("filter", "queue", "hook", "handles", "expression", "document", "source", "message", "waitingTime"),
    *("clientProfileData", "shippingData", "paymentData", "marketplaceOrderId", "status", "url", "headers"),
]
SENSIBLE: dict[str, list[Any]] = {
    "type": ["Output", "Input"],
    "issuanceDate": ["2024-01-31"],
    "issuedDate": ["2024-01-31"],
    "invoiceNumber": ["N1", "N2", "1/2"],
    "invoiceValue": [1, 1000, "2000", 5000],
    "items": [[{"id": "RED", "quantity": 1}], [{"itemIndex": 0, "quantity": 1, "price": 5}]],
}


def anything(chance: random.Random, depth: int = 0) -> Any:
    """Return a body, or a part of one."""
    if depth > 2 or chance.random() < 0.3:
        return chance.choice(ODD)
    if chance.random() < 0.2:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(3))]
    names = chance.sample(NAMES, chance.randrange(len(NAMES)))
    return {
        name: chance.choice(SENSIBLE[name])
        if name in SENSIBLE and chance.random() < 0.8
        else anything(chance, depth + 1)
        for name in names
    }


def address(route, order, chance: random.Random) -> str:
    """Return a path of the route, mostly one of the order, with a query that may be anything."""

    def value(name: str) -> str:
        if name == "orderId" and chance.random() < 0.8:
            return order_id.derived(order.entity_id)
        return quote(chance.choice(["N1", "1/2", "x", " ", "é", "#", "0", "9" * 40, "..", "seq1"]), safe="")

    parts = [value(part[1:]) if part[:1] in {":", "*"} else part for part in route.path.split("/")]
    query = f"?{chance.choice(['an', 'page', 'maxlot', 'q', 'x'])}={quote(str(chance.choice(TEXTS)))}"
    return "/".join(parts) + (query if chance.random() < 0.5 else "")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_no_request_is_answered_with_a_bug(client, order, ledger, route):
    await client.post(f"/api/oms/pvt/orders/{order_id.derived(order.entity_id)}/start-handling")
    chance = random.Random(f"{route.method} {route.path}")  # the same requests in every run
    for _ in range(REQUESTS):
        path, body = address(route, order, chance), anything(chance)
        content = None if body is None else json.dumps(body).encode()
        with capture_logs() as logs:
            answer = await client.ask(route.method, path, content)
        assert answer.status != 500, (path, body, logs)
        if answer.status >= 400:
            problem = answer.headers["content-type"].startswith("application/problem+json")
            assert "error" in answer.json or (problem and route.family is Family.PROBLEM)
    assert await findings(ledger) == []

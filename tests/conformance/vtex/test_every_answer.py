"""Every answer that the published schemas describe and that we give: asked for, and held to them."""

import json
from typing import Any

import pytest

from counterfoil.delivery.changes import Changes
from counterfoil.delivery.settlement import AtOnce
from counterfoil.delivery.worker import Worker
from counterfoil.dialects.vtex.routes import ROUTES
from counterfoil.domain.steps import CHANGE_TASK
from tests.conformance.vtex import schemas
from tests.conformance.vtex.schemas import FILES, assert_valid
from tests.unit.dialects.vtex.orders import fulfillment, item, purchase
from tests.unit.dialects.vtex.test_integration import channel_order

QUEUE = {"visibilityTimeoutInSeconds": 240, "messageRetentionPeriodInSeconds": 345600}
OMS = "/api/oms/pvt/orders"
DOCUMENT = "/api/orders/pvt/document"
CHANGES = "/api/order-system/orders"


def ours(path: str) -> str:
    """Return a path of the route table or of the schemas without the names of its variables."""
    parts = ("{}" if part[:1] in {":", "*", "{"} else part for part in path.strip("/").split("/"))
    return "/" + "/".join(parts)


def published() -> set[tuple[str, int]]:
    """Return (route, status) of every JSON answer that is described."""
    place = schemas.folder()
    assert place is not None
    found = set()
    for name in FILES:
        for path, operations in json.loads((place / name).read_text())["paths"].items():
            for method, operation in operations.items():
                for status, answer in (
                    operation.get("responses", {}).items() if isinstance(operation, dict) else ()
                ):
                    if status.isdecimal() and answer.get("content"):
                        found.add((f"{method.upper()} {ours(path)}", int(status)))
    return found


class Walk:
    """Asks, and notes what was answered to which route."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.seen: set[tuple[str, int]] = set()

    async def ask(self, route: str, url: str, body: Any = None, *, status: int = 200) -> Any:
        method, _, path = route.partition(" ")
        answer = await self.client.ask(method, url, body)
        assert answer.status == status, (route, answer)
        if (f"{method} {ours(path)}", status) in published():
            assert_valid(route, status, answer.json)
            self.seen.add((f"{method} {ours(path)}", status))
        return answer.json if answer.content else None


@pytest.fixture
def settle(ledger):
    """Carry out the Changes that are due."""

    async def run():
        worker = Worker(ledger, {CHANGE_TASK: Changes(ledger, AtOnce(), within_s=60).handler()}, alone=True)
        while await worker.turn():
            await worker.idle()

    return run


async def _invoices(walk: Walk, name: str) -> None:
    line = {"id": "4101", "quantity": 1, "price": 5000}
    invoice = {"type": "Output", "issuanceDate": "2026-01-01", "invoiceNumber": "1", "invoiceValue": "5000"}
    await walk.ask(f"POST {OMS}/{{o}}/start-handling", f"{OMS}/{name}/start-handling", status=204)
    await walk.ask(f"POST {OMS}/{{o}}/start-handling", f"{OMS}/{name}/start-handling", status=409)
    await walk.ask(f"POST {OMS}/{{o}}/invoice", f"{OMS}/{name}/invoice", {**invoice, "items": [line]})
    parcel = {"trackingNumber": "T", "trackingUrl": None, "courier": "DHL", "dispatchedDate": None}
    await walk.ask(f"PATCH {OMS}/{{o}}/invoice/{{n}}", f"{OMS}/{name}/invoice/1", parcel)
    events = {"isDelivered": True, "deliveredDate": "2026-01-02 10:00", "events": []}
    await walk.ask(f"PUT {OMS}/{{o}}/invoice/{{n}}/tracking", f"{OMS}/{name}/invoice/1/tracking", events)
    second = {
        "type": "Output",
        "issuedDate": "2026-01-03",
        "invoiceNumber": "2",
        "invoiceValue": 1000,
        "items": [{"itemIndex": 0, "quantity": 1, "price": 1000}],
    }
    await walk.ask(f"POST {DOCUMENT}/{{o}}/invoices", f"{DOCUMENT}/{name}/invoices", second)


async def _changes(walk: Walk, name: str, settle: Any) -> None:
    wish = {"reason": "sold out", "remove": {"items": [{"id": "4101", "quantity": 1}]}}
    path = f"{CHANGES}/{name}/changes"
    route = f"{CHANGES}/{{o}}/changes"
    await walk.ask(f"POST {OMS}/{{o}}/start-handling", f"{OMS}/{name}/start-handling", status=204)
    await walk.ask(f"POST {route}/preview", f"{path}/preview", wish)
    wanted = await walk.ask(f"PATCH {route}", path, wish, status=202)
    await settle()
    await walk.ask(f"GET {route}", path)
    await walk.ask(f"GET {route}/{{c}}", f"{path}/{wanted['requestId']}")
    await walk.ask(f"GET {DOCUMENT}/{{o}}/change-summary", f"{DOCUMENT}/{name}/change-summary")
    settings = await walk.ask(f"GET {CHANGES}/changes/settings", f"{CHANGES}/changes/settings")
    await walk.ask(f"PUT {CHANGES}/changes/settings", f"{CHANGES}/changes/settings", settings)


async def _reading(walk: Walk, name: str) -> None:
    await walk.ask(f"GET {OMS}/{{o}}", f"{OMS}/{name}")
    await walk.ask(f"GET {OMS}/order-group/{{g}}", f"{OMS}/order-group/{name}")
    await walk.ask(f"GET {OMS}", OMS)
    await walk.ask(f"GET {DOCUMENT}/{{o}}", f"{DOCUMENT}/{name}?reason=data-validation")
    await walk.ask("POST /api/orders/extendsearch/orders", "/api/orders/extendsearch/orders", {"page": 1})
    await walk.ask(f"GET {OMS}/{{o}}/conversation-message", f"{OMS}/{name}/conversation-message")
    await walk.ask(f"GET {OMS}/{{o}}/payment-transaction", f"{OMS}/{name}/payment-transaction")
    await walk.ask("GET /api/oms/user/orders", "/api/oms/user/orders?clientEmail=nadia@example.test")
    await walk.ask(
        "GET /api/oms/user/orders/{o}", f"/api/oms/user/orders/{name}?clientEmail=nadia@example.test"
    )


@pytest.mark.skipif(schemas.folder() is None, reason=schemas.missing())
async def test_every_published_answer_of_our_routes_is_as_published(client, settle):
    walk = Walk(client)
    for name in ("a", "b", "c"):
        await walk.ask(
            "POST /api/fulfillment/pvt/orders",
            "/api/fulfillment/pvt/orders?affiliateId=MKP",
            fulfillment(item(quantity=3), name=name),
        )
        await walk.ask(
            "POST /api/fulfillment/pvt/orders/{o}/fulfill",
            f"/api/fulfillment/pvt/orders/MKP-{name}/fulfill",
            {},
            status=201,
        )
    await walk.ask("PUT /api/checkout/pub/orders", "/api/checkout/pub/orders", purchase())
    await walk.ask("POST /api/order-integration/orders", "/api/order-integration/orders", channel_order())
    status = {"marketplaceOrderId": "c1", "marketplaceOrderStatus": "approved", "connectorName": "Sky hub"}
    await walk.ask("PUT /api/order-integration/orders/status", "/api/order-integration/orders/status", status)
    await walk.ask("POST /api/orders/feed/config", "/api/orders/feed/config", {"queue": QUEUE})
    await walk.ask("GET /api/orders/feed/config", "/api/orders/feed/config")
    await walk.ask("GET /api/orders/feed", "/api/orders/feed?maxlot=10")
    tried = {"expression": 'status = "a"', "document": {"status": "a"}}
    await walk.ask("POST /api/orders/expressions/jsonata", "/api/orders/expressions/jsonata", tried)
    window = "/api/checkout/pvt/configuration/window-to-change-seller"
    await walk.ask(f"GET {window}", window)
    await _invoices(walk, "MKP-a")
    await _changes(walk, "MKP-b", settle)
    first = {"reason": "r", "discountValue": 1, "incrementValue": 0, "requestId": "1"}
    await walk.ask(f"POST {OMS}/{{o}}/start-handling", f"{OMS}/MKP-c/start-handling", status=204)
    await walk.ask(f"POST {OMS}/{{o}}/changes", f"{OMS}/MKP-c/changes", first)
    await _reading(walk, "MKP-a")
    for path in (OMS, DOCUMENT):
        await walk.ask(f"POST {path}/{{o}}/cancel", f"{path}/MKP-c/cancel", {"reason": "r"})
    served = {f"{route.method} {ours(route.path)}" for route in ROUTES}
    described = {(route, status) for route, status in published() if route in served and status < 400}
    assert described - walk.seen == HOOK


HOOK = {("POST /api/orders/hook/config", 200)}
"""Answers that need somebody who answers pings; `tests/unit/dialects/vtex/test_hook_routes.py` has them."""


async def test_who_shows_no_key_is_told_so_as_published(client):
    url = f"{OMS}/v500001cntf-01/start-handling"
    answer = await client.post(url, key=None)
    assert answer.status == 401
    if schemas.folder() is not None:
        assert_valid(f"POST {OMS}/{{o}}/start-handling", 401, answer.json)
        url = f"{DOCUMENT}/v500001cntf-01/change-summary"
        answer = await client.get(url, key=None)
        assert_valid(f"GET {DOCUMENT}/{{o}}/change-summary", 401, answer.json)

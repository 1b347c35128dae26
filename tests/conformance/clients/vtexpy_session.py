"""What an integration does with vtexpy, a chapter at a time. Runs in an environment that has only that."""

import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import vtex._api.base
from vtex import VTEX, VTEXConfig, VTEXResponseError

given = json.load(sys.stdin)
order_id = given.get("order_id", "")
seen: dict[str, Any] = {}
sent: list[str] = []


def redirect(request: httpx.Request) -> None:
    """Send what is meant for the platform's host, which the library has by heart, to this server."""
    sent.append(f"{request.method} {request.url.path}")
    seen["host"] = request.url.host
    request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=given["port"])


vtex._api.base.Client = partial(httpx.Client, event_hooks={"request": [redirect]})
config = VTEXConfig(
    account_name="acme",
    app_key=given["key"],
    app_token=given["token"],
    retry_attempts=2,
    retry_backoff_min=0.01,
    retry_backoff_max=0.02,
    log_retries=False,
)
client = VTEX(config)
call = partial(client.custom.request, environment="vtexcommercestable")
oms = f"/api/oms/pvt/orders/{order_id}"
document = f"/api/orders/pvt/document/{order_id}"
changes = f"/api/order-system/orders/{order_id}/changes"


def failed(ask: Callable[..., Any], *arguments: Any, **named: Any) -> list[Any]:
    """Return the status and the data that the library found in a refusal."""
    try:
        answered = ask(*arguments, **named)
    except VTEXResponseError as error:
        return [error.status_code, error.data]
    return [answered.status_code, answered.data]


def order() -> dict[str, Any]:
    found: dict[str, Any] = client.orders.get_order(order_id).data
    return found


def settled(request_id: str) -> dict[str, Any]:
    """Wait for a Change as integrations are told to: until it is no longer in progress."""
    for _ in range(400):
        found: dict[str, Any] = call("GET", f"{changes}/{request_id}", params={"an": "acme"}).data
        if not found["in_progress"]:
            return found
        time.sleep(0.05)
    raise AssertionError("the Change does not end")


def reading() -> None:
    seen["order"] = order()
    seen["by sequence"] = client.orders.get_order(f"seq{order()['sequence']}").data["order_id"]
    group = call("GET", f"/api/oms/pvt/orders/order-group/{order()['order_group']}").data
    seen["group"] = [one["order_id"] for one in group]
    seen["document"] = call("GET", document, params={"reason": "data-validation"}).data
    seen["unknown"] = failed(client.orders.get_order, "v1nobody-01")
    seen["wrong token"] = failed(client.orders.get_order, order_id, app_token="wrong")
    seen["messages"] = call("GET", f"{oms}/conversation-message").data
    seen["transaction"] = call("GET", f"{oms}/payment-transaction").data
    note = {"source": "ERP", "message": "packed"}
    seen["interaction"] = call("POST", f"{oms}/interactions", json=note).status_code


def listing() -> None:
    now = datetime.now(UTC)
    soon, hour = now + timedelta(hours=1), now - timedelta(hours=1)
    everything = client.orders.list_orders()
    seen["rows"] = everything.items
    seen["paging"] = everything.pagination.model_dump()
    seen["stats"] = everything.data["stats"]
    first = client.orders.list_orders(page_size=1, order_by_field="orderId", order_by_direction="ASC")
    seen["first"] = [first.items[0]["order_id"], first.pagination.next_page, first.pagination.pages]
    period = client.orders.list_orders(creation_date_from=hour, creation_date_to=soon)
    seen["period"] = period.pagination.total
    before = client.orders.list_orders(
        creation_date_from=hour - timedelta(days=2), creation_date_to=hour - timedelta(days=1)
    )
    seen["before"] = before.pagination.total
    seen["by id"] = [one["order_id"] for one in client.orders.list_orders(query=order_id).items]
    seen["search"] = client.orders.list_orders(search="orderId").status_code
    seen["incomplete"] = client.orders.list_orders(incomplete=True).pagination.total
    seen["by mail"] = client.orders.list_orders(query=given["email"]).pagination.total
    status = call("GET", "/api/oms/pvt/orders", params={"f_status": "handling,ready-for-handling"})
    seen["by status"] = sorted({one["status"] for one in status.data["list"]})
    seen["page 31"] = "up to page 30" in str(failed_locally(partial(client.orders.list_orders, page=31)))
    body = {"status": ["handling", "ready-for-handling"], "page": 1, "perPage": 100}
    seen["extended"] = failed(call, "POST", "/api/orders/extendsearch/orders", json=body)


def failed_locally(ask: Callable[[], Any]) -> ValueError | None:
    try:
        ask()
    except ValueError as error:
        return error
    return None


def handling() -> None:
    seen["before"] = order()["status"]
    started = call("POST", f"{oms}/start-handling")
    seen["started"] = [started.status_code, started.data]
    seen["after"] = order()["status"]
    sent.clear()
    seen["again"] = failed(call, "POST", f"{oms}/start-handling")
    seen["tried"] = len(sent)
    seen["document again"] = failed(call, "POST", f"{document}/actions/start-handling")


def invoicing() -> None:
    items = order()["items"]
    first = {
        "type": "Output",
        "issuanceDate": "2026-11-20T14:00:00",
        "invoiceNumber": "NF 1/a",
        "invoiceValue": "4500",
        "invoiceKey": "",
        "invoiceUrl": None,
        "embeddedInvoice": "",
        "items": [{"id": items[0]["id"], "price": 4500, "quantity": 1, "description": "one mug"}],
    }
    seen["first"] = call("POST", f"{oms}/invoice", json=first).data
    seen["repeated"] = call("POST", f"{oms}/invoice", json=first).data
    seen["partly"] = order()
    packet = "NF%201%2Fa"
    shipped = {"trackingNumber": "BR1", "trackingUrl": None, "dispatchedDate": None, "courier": "CarrierA"}
    seen["shipped"] = call("PATCH", f"{oms}/invoice/{packet}", json=shipped).data
    happened = {"city": "Sao Paulo", "state": "SP", "description": "on its way", "date": "2026-11-20"}
    delivered = {"isDelivered": True, "deliveredDate": "2026-11-20 17:00", "events": [happened]}
    seen["tracked"] = call("PUT", f"{oms}/invoice/{packet}/tracking", json=delivered).data
    seen["no such invoice"] = failed(call, "PATCH", f"{oms}/invoice/nosuch", json=shipped)
    rest = {
        "type": "Output",
        "issuedDate": "2026-11-20",
        "invoiceNumber": "NF-2",
        "invoiceValue": 13533 - 4500,
        "items": [
            {"itemIndex": 0, "price": 4500, "quantity": 1},
            {"itemIndex": 1, "price": 3333, "quantity": 1},
        ],
    }
    seen["too much"] = failed(
        call, "POST", f"{document}/invoices", json={**rest, "invoiceValue": 13533, "invoiceNumber": "NF-3"}
    )
    seen["rest"] = call("POST", f"{document}/invoices", json=rest).data
    seen["repeated document"] = failed(call, "POST", f"{document}/invoices", json=rest)
    seen["whole"] = order()
    back = {**first, "type": "input", "invoiceNumber": "NF-R1", "issuanceDate": "2026-11-20T14:00:00-0300"}
    seen["returned"] = call("POST", f"{oms}/invoice", json=back).data
    seen["cancel"] = failed(call, "POST", f"{oms}/cancel", json={"reason": "too late"})
    seen["after the return"] = order()


def canceling() -> None:
    wish = {"reason": "changed their mind", "requestedByUser": True}
    seen["requested"] = call("POST", f"{oms}/cancel", json=wish).data
    seen["while"] = order()
    request_id = order()["cancellation_requests"][0]["id"]
    denial = {"cancellationRequestId": request_id, "denyReason": "packed already"}
    seen["denied"] = failed(call, "POST", f"{document}/deny-cancellation-request", json=denial)
    seen["denied again"] = failed(call, "POST", f"{document}/deny-cancellation-request", json=denial)
    seen["after the denial"] = order()
    call("POST", f"{document}/cancel", json=wish)
    seen["confirmed"] = call("POST", f"{oms}/cancel").data
    seen["canceled"] = order()


def without_a_mug() -> Any:
    """Take one mug out of the order."""
    mug = order()["items"][0]
    removed = {"id": mug["id"], "uniqueId": mug["unique_id"], "quantity": 1}
    wish = {"reason": "one mug is broken", "remove": {"items": [removed]}}
    return call("PATCH", changes, params={"accountName": "acme"}, json=wish)


def changing() -> None:
    seen["none yet"] = client.orders.get_order_changes(order_id).data
    made = without_a_mug()
    seen["made"] = [made.status_code, made.data]
    seen["settled"] = settled(made.data["request_id"])
    seen["history"] = client.orders.get_order_changes(order_id).data
    seen["changed"] = order()
    too_much = {"reason": "far too cheap", "manualDiscountValue": 99999}
    seen["too much"] = failed(call, "POST", f"{changes}/preview", json=too_much)
    preview = {"reason": "what if", "manualDiscountValue": 33}
    seen["preview"] = failed(call, "POST", f"{changes}/preview", params={"an": "acme"}, json=preview)
    seen["retry"] = failed(call, "POST", f"{changes}/{made.data['request_id']}/retry")
    abandon = {"reason": "no longer wanted"}
    seen["abandon"] = failed(call, "POST", f"{changes}/{made.data['request_id']}/cancel", json=abandon)
    settings = "/api/order-system/orders/changes/settings"
    seen["settings"] = failed(call, "GET", settings, params={"an": "acme"})
    v1 = {"requestId": "r-1", "reason": "cents", "discountValue": 33, "incrementValue": 0}
    seen["mixed"] = failed(call, "POST", f"{oms}/changes", json={**v1, "itemsRemoved": [], "itemsAdded": []})
    for _ in range(2):
        call("POST", f"{oms}/cancel", json={"reason": "the other mug is broken, too"})
    seen["canceled"] = order()


def summing_up() -> None:
    settled(without_a_mug().data["request_id"])
    seen["summary"] = call("GET", f"{document}/change-summary").data


def changing_at_once() -> None:
    wish = {
        "requestId": "r-1",
        "reason": "a scratch",
        "discountValue": 33,
        "incrementValue": 0,
        "itemsRemoved": [],
        "itemsAdded": [],
    }
    seen["made"] = call("POST", f"{oms}/changes", json=wish).data
    seen["again"] = call("POST", f"{oms}/changes", json=wish).data
    seen["no reason"] = failed(call, "POST", f"{oms}/changes", json={"requestId": "r-2", "discountValue": 1})
    seen["changed"] = order()


def feeding() -> None:
    seen["none yet"] = failed(client.orders.get_feed_config)
    seen["nothing to read"] = failed(client.orders.list_feed_orders)
    statuses = [
        "ready-for-handling",
        "start-handling",
        "handling",
        "invoice",
        "invoiced",
        "cancel",
        "canceled",
    ]
    seen["set"] = client.orders.set_feed_config(statuses, visibility_timeout=2).status_code
    seen["config"] = client.orders.get_feed_config().data
    call("POST", f"{oms}/start-handling")
    call("POST", f"{document}/invoices", json=given["invoice"])
    found: list[dict[str, Any]] = []
    for _ in range(200):
        items = client.orders.list_feed_orders().items
        found += items
        if any(one["state"] == "invoiced" for one in found):
            break
        time.sleep(0.05)
    seen["events"] = found
    seen["waiting"] = client.orders.get_feed_config().data["quantity"]
    handles = [one["handle"] for one in found]
    seen["committed"] = client.orders.commit_feed_orders(handles[:10]).status_code
    time.sleep(2.2)
    seen["left"] = [one["event_id"] for one in client.orders.list_feed_orders().items]
    seen["quantity"] = client.orders.get_feed_config().data["quantity"]
    seen["deleted"] = client.orders.delete_feed_config().status_code
    seen["gone"] = failed(client.orders.list_feed_orders)
    rule = {"Expression": 'status = "handling"', "Document": {"status": "handling"}}
    seen["expression"] = failed(call, "POST", "/api/orders/expressions/jsonata", json=rule)


def hooking() -> None:
    got: list[dict[str, Any]] = []

    class Endpoint(BaseHTTPRequestHandler):
        """An ERP's address for events."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append({"body": body, "key": self.headers.get("x-erp-key")})
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    seen["none yet"] = failed(call, "GET", "/api/orders/hook/config")
    hook = {"url": f"http://127.0.0.1:{server.server_port}/events", "headers": {"x-erp-key": "k1"}}
    wanted = {"filter": {"type": "FromWorkflow", "status": ["handling"]}, "hook": hook}
    seen["set"] = call("POST", "/api/orders/hook/config", json=wanted).status_code
    seen["config"] = call("GET", "/api/orders/hook/config").data
    call("POST", f"{oms}/start-handling")
    until = time.monotonic() + 10
    while len(got) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    seen["got"] = got
    seen["deleted"] = call("DELETE", "/api/orders/hook/config").status_code
    unreachable = {**wanted, "hook": {**hook, "url": "http://127.0.0.1:9/"}}
    seen["unreachable"] = failed(call, "POST", "/api/orders/hook/config", json=unreachable)


chapters = [
    reading,
    listing,
    handling,
    invoicing,
    canceling,
    changing,
    summing_up,
    changing_at_once,
    feeding,
    hooking,
]
{chapter.__name__: chapter for chapter in chapters}[given["chapter"]]()
print(json.dumps(seen))

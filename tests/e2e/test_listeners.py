"""Feeds whose filters look at the document, and signed hooks, on running services of each engine."""

import base64
import hashlib
import hmac
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.listening import (
    FEED,
    FEED_CONFIG,
    HOOK_CONFIG,
    LISTENING,
    QUEUE,
    Address,
    Caller,
    app_key,
    wait_for,
)
from tests.servers import command, serving
from tests.shop import Shop

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
PLACED = [
    *("order-created", "on-order-completed", "payment-pending", "approve-payment", "payment-approved"),
    *("authorize-fulfillment", "window-to-cancel", "ready-for-handling"),
]
INVOICED = ["invoice", "handling", "invoice", "invoiced"]
EXPRESSIONS = {
    'status = "handling"': ["handling", "handling"],
    '(status = "invoiced" and value > 100)': ["invoiced"],
    "$count(packageAttachment.packages) > 0": INVOICED,
    "packageAttachment.packages[0].invoiceNumber ~> /^a-/i and status ~> /INVOICED/i": ["invoiced"],
    "$count(items[quantity > 1]) = 1": [*PLACED, "start-handling", "handling", *INVOICED],
    "value < 0": [],
}


@pytest.fixture(scope="module")
def server(module_database_url, tmp_path_factory):
    with serving(module_database_url, tmp_path_factory.mktemp("logs"), environment=LISTENING) as (one,):
        yield one


@pytest.fixture(scope="module")
def shop(server):
    own = Shop(server.port)
    own.set_up()
    yield own
    own.close()


def handle_and_invoice(shop, caller) -> str:
    """Take an order through handling and two invoices, and return its name."""
    order_id = shop.place([shop.item("S1", 2)])
    name = f"v{500_000 + order_id}cntf-01"
    path = f"/api/oms/pvt/orders/{name}"
    cents = int(shop.order(order_id)["grand_total"] * 100)
    assert caller.ask("POST", f"{path}/start-handling").status == 204
    for number, value in (("A-1", 100), ("B-2", cents - 100)):
        invoice = {
            "type": "Output",
            "issuanceDate": "2026-11-20T10:00:00Z",
            "invoiceNumber": number,
            "invoiceValue": value,
        }
        assert caller.ask("POST", f"{path}/invoice", invoice).status == 200
    return name


def told(caller, count) -> list[str]:
    """Read and confirm until ``count`` items have come, or none will, and return their states."""
    states: list[str] = []
    deadline_s = time.monotonic() + 10
    while len(states) < count and time.monotonic() < deadline_s:
        items = caller.ask("GET", FEED).json
        states += [one["state"] for one in items]
        caller.ask("POST", FEED, {"handles": [one["handle"] for one in items]})
        time.sleep(0.05)
    return states


@pytest.mark.timeout(120)
def test_expressions_look_at_the_document_of_each_version(server, shop):
    callers = {
        expression: Caller([server], app_key(server, f"listener{number}"))
        for number, expression in enumerate(EXPRESSIONS)
    }
    for expression, caller in callers.items():
        filtered = {"type": "FromOrders", "expression": expression, "disableSingleFire": True}
        assert caller.ask("POST", FEED_CONFIG, {"filter": filtered, "queue": QUEUE}).status == 200
    owner = next(iter(callers.values()))
    handle_and_invoice(shop, owner)
    for expression, states in EXPRESSIONS.items():
        assert told(callers[expression], len(states)) == states, expression
    for caller in callers.values():
        assert caller.ask("GET", FEED).json == []
        assert caller.ask("DELETE", FEED_CONFIG).status == 200


def test_what_a_hook_is_sent_is_signed_and_called_as_the_order_is(server, shop):
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    address = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=address.serve_forever, daemon=True).start()
    headers = app_key(server, "signed")
    caller = Caller([server], headers)
    url = f"http://127.0.0.1:{address.server_address[1]}/"
    hook = {"url": url, "headers": {"x-shop": "one"}, "secret": SECRET}
    filtered = {"type": "FromWorkflow", "status": ["invoiced"]}
    assert caller.ask("POST", HOOK_CONFIG, {"filter": filtered, "hook": hook}).status == 200
    name = handle_and_invoice(shop, caller)
    waiting = threading.Event()
    for _ in range(200):
        if len(received) > 1 or waiting.wait(0.05):
            break
    address.shutdown()
    (_, ping), (said, body) = received
    assert ping == b'{"hookConfig":"ping"}'
    signed = f"{said['webhook-id']}.{said['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert said["webhook-signature"] == f"v1,{digest}"
    assert said["x-shop"] == "one"
    assert said["content-type"].startswith("application/json")
    assert f'"OrderId":"{name}"'.encode() in body
    assert f'"Key":"{headers["X-VTEX-API-AppKey"]}"'.encode() in body
    assert SECRET not in server.log()


def test_a_placed_order_is_told_from_its_first_step_on(server, shop):
    address = Address()
    caller = Caller([server], app_key(server, "placed"))
    assert caller.ask("POST", HOOK_CONFIG, {"hook": {"url": address.url}}).status == 200
    order_id = shop.place([shop.item("S1", 1)])
    wait_for(address.heard, 8, within_s=10)
    address.close()
    assert {one.order_id for one in address.heard} == {f"v{500_000 + order_id}cntf-01"}
    states = [one.state for one in address.heard]
    assert states[:2] == ["order-created", "on-order-completed"]
    assert states[-1] == "ready-for-handling"


def test_a_revoked_app_key_takes_its_hook_along(server, shop):
    address = Address()
    caller = Caller([server], app_key(server, "former"))
    assert caller.ask("POST", HOOK_CONFIG, {"hook": {"url": address.url}}).status == 200
    assert caller.ask("POST", FEED_CONFIG, {"queue": QUEUE}).status == 200
    shop.place([shop.item("S1", 1)])
    wait_for(address.heard, 8, within_s=10)
    assert command(server.database_url, "keys", "revoke", "former").returncode == 0
    shop.place([shop.item("S1", 1)])
    time.sleep(1)
    address.close()
    assert len({one.event_id for one in address.heard}) == 8

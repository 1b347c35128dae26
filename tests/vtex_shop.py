"""A shop whose programs speak VTEX: orders of 13533 cents, and what is asked of them."""

import itertools
import json
import time
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from tests.servers import Server, command
from tests.wire import Answer, Connection, Headers, request

MUG, PLATE = "4101", "4102"
MUG_CENTS, PLATE_CENTS, SHIPPING_CENTS = 4500, 3333, 1200
VALUE = 2 * MUG_CENTS + PLATE_CENTS + SHIPPING_CENTS
"""What the order comes to: 13533."""
VALUE_WITHOUT_A_MUG = VALUE - MUG_CENTS
"""What is left of it when one mug is taken out: 9033."""
EMAIL = "nadia@example.test"
PROFILE = {
    "email": EMAIL,
    "firstName": "Nadia",
    "lastName": "Ferro",
    "documentType": "cpf",
    "document": "00000000191",
    "phone": "+5511900000000",
    "isCorporate": False,
}
ADDRESS = {
    "addressType": "residential",
    "receiverName": "Nadia Ferro",
    "addressId": "a-77",
    "postalCode": "01310-100",
    "city": "Sao Paulo",
    "state": "SP",
    "country": "BRA",
    "street": "Rua Exemplo",
    "number": "10",
    "neighborhood": "Centro",
    "complement": "",
    "reference": None,
    "geoCoordinates": [-46.65, -23.56],
}
Route = Literal["classic", "document"]
Stage = Literal["ready-for-handling", "handling"]
Flow = Literal["seller", "complete", "marketplace"]
FLOWS: tuple[Flow, ...] = ("seller", "complete", "marketplace")


class AppKey(NamedTuple):
    """What a program sends with every request."""

    key: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-VTEX-API-AppKey": self.key, "X-VTEX-API-AppToken": self.token}


def create_key(server: Server, name: str, *words: str) -> AppKey:
    """Create an app key with the command line; ``words`` are further options, such as a role."""
    done = command(server.database_url, "keys", "create", name, "--dialect", "vtex", "--json", *words)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return AppKey(found["appKey"], found["appToken"])


class VtexShop:
    """One program's connection to one service. Orders are made with the API, like any client would."""

    _numbers = itertools.count(1)

    def __init__(self, port: int, key: AppKey) -> None:
        self.port = port
        self.key = key
        self.connection = Connection(port)

    def close(self) -> None:
        self.connection.close()

    # ------------------------------------------------------------ any request

    def request(self, method: str, path: str, body: Any = None, *, headers: Headers = None) -> bytes:
        """Return the bytes of a request of this program, to be sent on any connection."""
        return request(method, path, body, headers={**self.key.headers, **(headers or {})})

    def ask(self, method: str, path: str, body: Any = None, *, headers: Headers = None) -> Answer:
        self.connection.send(self.request(method, path, body, headers=headers))
        return self.connection.receive()

    def must(self, method: str, path: str, body: Any = None) -> Any:
        """Ask for something that has to succeed and return the answer's JSON, None if it has none."""
        answer = self.ask(method, path, body)
        assert answer.status in {200, 201, 202, 204}, f"{method} {path}: {answer}"
        return answer.json if answer.body else None

    # ------------------------------------------------------------ orders

    def place(self, stage: Stage = "handling", *, flow: Flow = "seller") -> str:
        """Make an order of two mugs, a plate and their shipping, and return its id.

        It is in ``stage``, or, where others send the goods (``flow`` *marketplace*), in *payment-approved*.
        """
        order_id = self._sold_elsewhere() if flow == "seller" else self._sold_here(flow)
        if stage == "handling" and flow != "marketplace":
            self.start_handling(order_id)
        return order_id

    def _sold_elsewhere(self) -> str:
        """Make an order that a marketplace has sold and lets go."""
        number = f"{time.time_ns()}{next(self._numbers):04}"
        (made,) = self.must(
            "POST", "/api/fulfillment/pvt/orders?affiliateId=MKP&sc=1", [seller_order(number)]
        )
        order_id: str = made["orderId"]
        path = f"/api/fulfillment/pvt/orders/{order_id}/fulfill?affiliateId=MKP&sc=1"
        self.must("POST", path, {"marketplaceOrderId": number})
        return order_id

    def _sold_here(self, flow: Flow) -> str:
        """Make an order of this shop, or, of another seller's goods, as a marketplace; and let it be paid."""
        made = self.must("PUT", "/api/checkout/pub/orders", own_order("1" if flow == "complete" else "acme2"))
        order_id: str = made["orders"][0]["orderId"]
        payment = made["transactionData"]["merchantTransactions"][0]["payments"][0]["id"]
        self.must("POST", f"{order_path(order_id)}/payments/{payment}/payment-notification")
        return order_id

    def start_handling(self, order_id: str) -> None:
        self.must("POST", start_path(order_id))

    def order(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.must("GET", order_path(order_id))
        return found

    def invoice(
        self, order_id: str, number: str, cents: int, *, mugs: int, plates: int, route: Route = "document"
    ) -> Answer:
        """Notify of an Output invoice about so many mugs and plates."""
        body = invoice_body(number, cents, mugs=mugs, plates=plates, route=route)
        return self.ask("POST", invoice_path(order_id, route), body)

    def change(self, order_id: str, wish: dict[str, Any]) -> Answer:
        """Ask for a Change (v2); ``wish`` is what its body has."""
        return self.ask("PATCH", changes_path(order_id), wish)

    def detail(self, order_id: str, request_id: str) -> dict[str, Any]:
        """Return what is said of a Change."""
        found: dict[str, Any] = self.must("GET", f"{changes_path(order_id)}/{request_id}")
        return found

    def settled(self, order_id: str, request_id: str, *, within_s: float = 20) -> dict[str, Any]:
        """Wait until a Change is no longer in progress."""
        deadline = time.monotonic() + within_s
        while (found := self.detail(order_id, request_id))["inProgress"]:
            assert time.monotonic() < deadline, found
            time.sleep(0.01)
        return found

    def change_at_once(self, order_id: str, wish: dict[str, Any]) -> Answer:
        """Ask for a Change of the old kind (v1)."""
        return self.ask("POST", f"{order_path(order_id)}/changes", wish)

    def cancel(self, order_id: str, *, route: Route = "classic") -> Answer:
        return self.ask("POST", cancel_path(order_id, route), {"reason": "changed their mind"})

    # ------------------------------------------------------------ events

    def set_feed(self, *statuses: str, visible_again_s: int = 60) -> None:
        """Want events about orders that come into one of these statuses, or about all if none is named."""
        queue = {"visibilityTimeoutInSeconds": visible_again_s, "messageRetentionPeriodInSeconds": 345600}
        filter_ = {"type": "FromWorkflow", **({"status": statuses} if statuses else {})}
        self.must("POST", "/api/orders/feed/config", {"filter": filter_, "queue": queue})

    def events(self) -> list[dict[str, Any]]:
        """Take all that is in the feed, commit it, and return it."""
        found: list[dict[str, Any]] = []
        while some := self.must("GET", "/api/orders/feed?maxlot=10"):
            found += some
            self.must("POST", "/api/orders/feed", {"handles": [event["handle"] for event in some]})
        return found


# ---------------------------------------------------------------- paths


def order_path(order_id: str) -> str:
    return f"/api/oms/pvt/orders/{quote(order_id)}"


def document_path(order_id: str) -> str:
    return f"/api/orders/pvt/document/{quote(order_id)}"


def changes_path(order_id: str) -> str:
    return f"/api/order-system/orders/{quote(order_id)}/changes"


def start_path(order_id: str, route: Route = "classic") -> str:
    if route == "classic":
        return f"{order_path(order_id)}/start-handling"
    return f"{document_path(order_id)}/actions/start-handling"


def cancel_path(order_id: str, route: Route = "classic") -> str:
    return f"{order_path(order_id) if route == 'classic' else document_path(order_id)}/cancel"


def invoice_path(order_id: str, route: Route) -> str:
    return f"{order_path(order_id)}/invoice" if route == "classic" else f"{document_path(order_id)}/invoices"


# ---------------------------------------------------------------- bodies


def seller_order(number: str) -> dict[str, Any]:
    """Return the order as a marketplace sends it; prices are what is left after its discounts."""
    return {
        **_order("1"),
        "marketplaceOrderId": number,
        "marketplaceServicesEndpoint": "http://marketplace.example.test",
        "marketplacePaymentValue": VALUE,
        "paymentData": None,
    }


def own_order(seller: str) -> dict[str, Any]:
    """Return the order as this shop's own pages send it; all of it is sold by one seller."""
    payment = {"paymentSystem": "4", "installments": 1, "value": VALUE, "referenceValue": VALUE}
    return {**_order(seller), "paymentData": {"payments": [payment]}}


def _order(seller: str) -> dict[str, Any]:
    rows = ((MUG, 2, MUG_CENTS, 800), (PLATE, 1, PLATE_CENTS, 400))
    form = {"selectedSla": "Normal", "lockTTL": "8d", "shippingEstimate": "5d"}
    return {
        "items": [
            {"id": sku, "quantity": quantity, "seller": seller, "price": price, "priceTags": []}
            for sku, quantity, price, _ in rows
        ],
        "clientProfileData": PROFILE,
        "shippingData": {
            "address": ADDRESS,
            "logisticsInfo": [
                {**form, "itemIndex": place, "price": shipping}
                for place, (_, _, _, shipping) in enumerate(rows)
            ],
        },
    }


def invoice_body(
    number: str, cents: int, *, mugs: int, plates: int, route: Route, type_: str = "Output"
) -> dict[str, Any]:
    """Return an invoice in the form of the route: unit prices (classic), or totals of rows (document)."""
    rows = [(0, MUG, MUG_CENTS, mugs), (1, PLATE, PLATE_CENTS, plates)]
    if route == "classic":
        return {
            "type": type_,
            "issuanceDate": "2026-11-20T14:00:00",
            "invoiceNumber": number,
            "invoiceValue": str(cents),
            "items": [
                {"id": sku, "price": price, "quantity": quantity}
                for _, sku, price, quantity in rows
                if quantity
            ],
        }
    return {
        "type": type_,
        "issuedDate": "2026-11-20",
        "invoiceNumber": number,
        "invoiceValue": cents,
        "items": [
            {"itemIndex": place, "price": price * quantity, "quantity": quantity}
            for place, _, price, quantity in rows
            if quantity
        ],
    }


def without_a_mug() -> dict[str, Any]:
    """Return the Change that takes one mug out: 4500 less."""
    return {"reason": "one mug is broken", "remove": {"items": [{"id": MUG, "quantity": 1}]}}


def cheaper(request_id: str | None, cents: int) -> dict[str, Any]:
    """Return a Change of the old kind (v1) that takes so many cents off."""
    wish: dict[str, Any] = {"reason": "a scratch", "discountValue": cents, "incrementValue": 0}
    lists: dict[str, Any] = {"itemsRemoved": [], "itemsAdded": []}
    return {**wish, **lists, **({} if request_id is None else {"requestId": request_id})}

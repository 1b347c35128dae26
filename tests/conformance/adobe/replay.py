"""Send the recorded requests to a service of ours, in their order, and compare the answers.

What the recording leaves out (orders placed without being recorded, a customer's second sign-in) is
done in between, by the functions of `BEFORE`.
"""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conformance.adobe.compare import Comparison, Found, Identities
from tests.servers import ADMIN_PASSWORD
from tests.shop import Shop
from tests.wire import Answer, Connection, request

RECORDINGS = Path(__file__).parent / "recordings"
CUSTOMER_PASSWORD = "Passw0rd!customer"
SCENARIO = (("CONF-RED", 1), ("CONF-BLUE", 1))
SIMPLE = (("S1", 2), ("S2", 3))
FIRST_PRODUCT = 11


def recorded_exchanges() -> dict[int, dict[str, Any]]:
    """Return all recorded exchanges by number. Fractions in answers are Decimal, to be compared exactly."""
    exchanges: dict[int, dict[str, Any]] = {}
    for path in sorted(RECORDINGS.glob("*.json")):
        text = path.read_text()
        answer = json.loads(text, parse_float=Decimal)["response"]
        exchanges[int(path.name[:3])] = {**json.loads(text), "response": answer}
    return exchanges


class Replay:
    """The recorded sequence on one server."""

    def __init__(self, port: int, limited_token: str) -> None:
        self.port = port
        self.connection = Connection(port)
        self.identities = Identities()
        self.comparison = Comparison(self.identities)
        self.masks: dict[str, str] = {}
        self.mask = ""
        self.shop = Shop(port)
        self.tokens = {"admin": self.shop.token, "limited": limited_token, "customer": ""}

    def send(self, number: int, recorded: dict[str, Any]) -> Answer:
        """Prepare what the recording leaves out, and send the request with our ids."""
        if number in BEFORE:
            BEFORE[number](self)
        sent = recorded["request"]
        headers = {name: value for name, value in sent["headers"].items() if name != "Authorization"}
        if "Authorization" in sent["headers"]:
            headers["Authorization"] = self._authorization(number)
        body = sent["raw_body"].encode() if "raw_body" in sent else self._body(number, sent["body"])
        raw = request(sent["method"], self._path(sent["path"]), body, headers=headers)
        if "Accept" not in headers:
            raw = raw.replace(b"Accept: application/json\r\n", b"")
        self.connection.send(raw)
        return self.connection.receive()

    def compare(self, recorded: dict[str, Any], answer: Answer) -> list[Found]:
        """Return how the answer differs, and remember which ids of ours are which of theirs."""
        expected = recorded["response"]
        sent = recorded["request"]
        found: list[Found] = []
        if answer.status != expected["status"]:
            return [Found("", f"{expected['status']} {expected.get('body')} is recorded, ours is {answer}")]
        if answer.headers.get("content-type") != expected["headers"].get("Content-Type"):
            found.append(Found("", f"the content type is {answer.headers.get('content-type')}"))
        if "raw_body" in expected:
            return found + compare_xml(expected["raw_body"], answer.body.decode())
        ours = answer.json
        root = root_of(sent["method"], sent["path"], expected["body"])
        if root == "mask":
            self.masks[expected["body"]] = ours
            return found if re.fullmatch("[A-Za-z0-9]{32}", ours) else [Found("", f"{ours!r} is no mask")]
        if root == "token":
            return found if ours else [Found("", "the token is empty")]
        if answer.status == 200 and isinstance(expected["body"], str | int) and root in SCALAR_ROOTS:
            contradiction = self.identities.bind(SCALAR_ROOTS[root], expected["body"], ours)
            found += [Found("", contradiction)] if contradiction else []
            found += (
                [] if type(ours) is type(expected["body"]) else [Found("", f"{ours!r} is of another type")]
            )
            return found
        return found + self.comparison.differences(expected["body"], ours, root=root)

    # ------------------------------------------------------------ what the recordings leave out

    def place(self, number: int, items: tuple[tuple[str, int], ...], recorded_items: range) -> None:
        """Place an order that was placed without being recorded; its item ids there are known."""
        order_id = self.shop.place(self.shop.item(sku, qty) for sku, qty in items)
        self.bind_order(number, order_id, recorded_items)

    def bind_order(self, number: int, order_id: int, recorded_items: range) -> None:
        self.identities.bind("order", number, order_id)
        self.shop.wait_for_confirmation(order_id)
        ours = [item["item_id"] for item in self.shop.order(order_id)["items"]]
        for theirs, own in zip(recorded_items, ours, strict=True):
            self.identities.bind("order item", theirs, own)

    def invoice(self, number: int, order: int, *items: tuple[int, Any]) -> None:
        """Issue an invoice that was issued without being recorded."""
        own = [(int(self.identities.ours("order item", item)), qty) for item, qty in items]
        answer = self.shop.invoice(int(self.identities.ours("order", order)), own)
        assert answer.status == 200, answer
        self.identities.bind("invoice", number, answer.json)

    # ------------------------------------------------------------ translation of requests

    def _authorization(self, number: int) -> str:
        if number in AUTHORIZATIONS:
            return AUTHORIZATIONS[number].format(admin=self.tokens["admin"])
        who = next((name for name, numbers in TOKENS.items() if number in numbers), "admin")
        return f"Bearer {self.tokens[who]}"

    def _path(self, path: str) -> str:
        for theirs, own in self.masks.items():
            path = path.replace(theirs, own)
        for pattern, kind in PATH_IDS:
            for match in reversed(list(re.finditer(pattern, path))):
                own = self.identities.ours(kind, match["id"])
                path = path[: match.start("id")] + own + path[match.end("id") :]
        return path

    def _body(self, number: int, body: Any) -> Any:
        if isinstance(body, list):
            return [self._body(number, part) for part in body]
        if isinstance(body, str):
            return self.masks.get(body, body)
        if not isinstance(body, dict):
            return body
        made = {key: self._body(number, value) for key, value in body.items()}
        for key, kind in (BODY_IDS | BODY_IDS_OF.get(number, {})).items():
            if isinstance(made.get(key), int):
                made[key] = int(self.identities.ours(kind, made[key]))
        if "tax_rate_ids" in made:
            made["tax_rate_ids"] = [
                int(self.identities.ours("tax rate", rate)) for rate in made["tax_rate_ids"]
            ]
        if made.get("password") == "<password>":
            made["password"] = CUSTOMER_PASSWORD if number in {134, 135} else ADMIN_PASSWORD
        return made if number < FIRST_PRODUCT else self.shop.localised(made)


def compare_xml(recorded: str, ours: str) -> list[Found]:
    """Return whether the elements are the same; their texts are those that JSON has."""
    if "<response>" not in recorded:
        return (
            []
            if bool(recorded) == bool(ours)
            else [Found("xml", f"{recorded!r} is recorded, ours is {ours!r}")]
        )
    there, here = (re.findall(r"<[^>]+>", text) for text in (recorded.replace("<token>", "…"), ours))
    return [] if there == here else [Found("xml", f"{there} is recorded, ours is {here}")]


SCALAR_ROOTS = {
    "invoice id": "invoice",
    "shipment id": "shipment",
    "creditmemo id": "creditmemo",
    "order id": "order",
    "quote id": "quote",
    "configurable option id": "configurable option",
    "attribute assignment": "attribute assignment",
}
ROOTS = [
    ("POST", r"/V1/integration/\w+/token$", "token"),
    ("POST", r"/V1/guest-carts$", "mask"),
    ("POST", r"/V1/carts/mine$", "quote id"),
    ("POST", r"/order/[^/]+/invoice$", "invoice id"),
    ("POST", r"/order/[^/]+/ship$", "shipment id"),
    ("POST", r"/(order|invoice)/[^/]+/refund$", "creditmemo id"),
    ("PUT", r"carts/[^/]+/order$", "order id"),
    ("POST", r"carts/[^/]+/payment-information$", "order id"),
    ("POST", r"carts/[^/]+/items$", "cart_item"),
    ("POST", r"carts/[^/]+/shipping-information$", "shipping_information"),
    ("GET", r"carts/[^/]+/totals$", "totals"),
    ("POST", r"/configurable-products/[^/]+/options$", "configurable option id"),
    ("GET", r"/configurable-products/[^/]+/children$", "product"),
    ("POST", r"/products/attribute-sets/attributes$", "attribute assignment"),
    ("GET", r"/products/attributes/[^/]+/options$", "attribute_option"),
    ("PUT|GET", r"/products/attributes/[^/]+$", "attribute"),
    ("POST|GET", r"/V1/products(/[^/]+)?$", "product"),
    ("GET", r"/orders/items/[^/]+$", "order_item"),
    ("GET", r"/orders/items(\?|$)", "order_items"),
    ("GET", r"/orders(\?|$)", "orders"),
    ("GET", r"/orders/[^/]+/comments$", "order_comments"),
    ("GET", r"/orders/[^/]+$", "order"),
    ("GET", r"/invoices(\?|$)", "invoices"),
    ("GET", r"/invoices/[^/]+/comments$", "invoice_comments"),
    ("POST", r"/invoices/comments$", "invoice_comment"),
    ("GET", r"/invoices/[^/]+$", "invoice"),
    ("GET", r"/shipments(\?|$)", "shipments"),
    ("GET", r"/shipment/[^/]+$", "shipment"),
    ("GET", r"/creditmemos(\?|$)", "creditmemos"),
    ("GET", r"/creditmemo/[^/]+$", "creditmemo"),
    ("POST", r"/invoices/?$", "invoice"),
    ("POST", r"/taxRates$", "tax_rate"),
    ("POST", r"/taxRules$", "tax_rule"),
    ("POST", r"/salesRules$", "sales_rule"),
    ("POST", r"/coupons$", "coupon"),
    ("GET|POST", r"/V1/customers(/me)?$", "customer"),
]


def root_of(method: str, path: str, body: Any) -> str:
    """Return what a successful answer to the request is."""
    if isinstance(body, dict) and "message" in body:
        return "error"
    return next(
        (root for verbs, pattern, root in ROOTS if method in verbs.split("|") and re.search(pattern, path)),
        "",
    )


PATH_IDS = [
    (r"/order/(?P<id>\d+)(?=/)", "order"),
    (r"/orders/(?P<id>\d+)(?=[/?]|$)", "order"),
    (r"/invoices/(?P<id>\d+)(?=[/?]|$)", "invoice"),
    (r"/shipment/(?P<id>\d+)(?=[/?]|$)", "shipment"),
    (r"/invoice/(?P<id>\d+)(?=/)", "invoice"),
    (r"/creditmemo/(?P<id>\d+)(?=[/?]|$)", "creditmemo"),
    (r"/orders/items/(?P<id>\d+)$", "order item"),
    (r"\[field\]=order_id&[^&]*\[value\]=(?P<id>\d+)", "order"),
]
BODY_IDS = {
    "order_item_id": "order item",
    "order_id": "order",
    "parent_id": "invoice",
    "rule_id": "sales rule",
    "quote_id": "quote",
}
BODY_IDS_OF = {401: {"parent_id": "order"}, 403: {"parent_id": "order"}, 739: {"entity_id": "order"}}
"""What means something else in a single exchange."""

AUTHORIZATIONS = {
    117: "Bearer garbage",
    118: "Bearer ",
    119: "Basic YWRtaW46YWRtaW4=",
    120: "Bearer {admin}x",
}
TOKENS = {"limited": {121, 122}, "customer": {137, 138, 748, 749, 750, 751, 753, 754, 755}}


def _make_options(replay: Replay) -> None:
    for label, sort_order in (("Red", 1), ("Blue", 2)):
        option = {"option": {"label": label, "sort_order": sort_order}}
        answer = replay.shop.ask("POST", "/rest/V1/products/attributes/color/options", option)
        assert answer.status == 200, answer


def _sign_customer_in(replay: Replay) -> None:
    who = {"username": "cust@example.com", "password": CUSTOMER_PASSWORD}
    replay.tokens["customer"] = replay.shop.must("POST", "/rest/V1/integration/customer/token", who)


def _rest_of_nine_and_ten(replay: Replay) -> None:
    replay.invoice(12, 9)
    replay.place(10, SIMPLE, range(25, 27))


def _placed(number: int, *invoices: tuple[int, tuple[tuple[int, Any], ...]]) -> Callable[[Replay], None]:
    """Before the exchange there was an order of simple products, and perhaps invoices of it."""

    def prepare(replay: Replay) -> None:
        replay.place(number, SIMPLE, range(2 * number + 5, 2 * number + 7))
        for invoice, items in invoices:
            replay.invoice(invoice, number, *items)

    return prepare


BEFORE: dict[int, Callable[[Replay], None]] = {
    4: _make_options,
    137: _sign_customer_in,
    209: lambda replay: replay.bind_order(1, int(replay.identities.ours("order", 1)), range(1, 5)),
    223: lambda replay: replay.place(2, SCENARIO, range(5, 9)),
    225: lambda replay: replay.place(3, SCENARIO, range(9, 13)),
    301: _placed(4),
    305: _placed(5),
    307: _placed(6),
    308: _placed(7),
    309: _placed(8),
    310: _placed(9),
    323: lambda replay: replay.invoice(11, 9, (23, 1), (24, 1)),
    334: _rest_of_nine_and_ten,
    343: _placed(11),
    363: _placed(12, (16, ((30, 1),))),
    366: _placed(13, (17, ())),
    379: _placed(14),
    392: _placed(15),
    393: lambda replay: replay.invoice(19, 15),
    741: lambda replay: replay.place(423, SIMPLE, range(1288, 1290)),
    752: lambda replay: replay.shop.wait_for_confirmation(int(replay.identities.ours("order", 430))),
    756: lambda replay: replay.place(434, (("S3", 3),), range(1309, 1310)),
}
"""What happened before an exchange without being recorded."""

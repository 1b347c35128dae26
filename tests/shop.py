"""The shop that the recordings were made in, set up and used through the API like any client would."""

import json
import time
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.servers import ADMIN_PASSWORD, ADMIN_USER
from tests.wire import Answer, Connection, Headers, request

RECORDINGS = Path(__file__).parent / "conformance" / "adobe" / "recordings"
EMAIL = "jdoe@example.com"
ADDRESS = {
    "region": "New York",
    "region_id": 43,
    "region_code": "NY",
    "country_id": "US",
    "street": ["123 Oak Ave"],
    "postcode": "10577",
    "city": "Purchase",
    "firstname": "Jane",
    "lastname": "Doe",
    "email": EMAIL,
    "telephone": "512-555-1111",
}
SHIPPING = {
    "addressInformation": {
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "shipping_carrier_code": "flatrate",
        "shipping_method_code": "flatrate",
    }
}
CHECK = {"paymentMethod": {"method": "checkmo"}}


class Colour(NamedTuple):
    """What the attribute `color` and its two options are called on this server."""

    attribute_id: int
    red: int
    blue: int


class Shop:
    """One administrator's connection to one service."""

    def __init__(self, port: int, *, token: str | None = None) -> None:
        self.port = port
        self.connection = Connection(port)
        self.token = token or self.sign_in()
        self._colour: Colour | None = None

    def sign_in(self, user: str = ADMIN_USER, password: str = ADMIN_PASSWORD) -> str:
        answer = self.connection.ask(
            "POST", "/rest/V1/integration/admin/token", {"username": user, "password": password}
        )
        assert answer.status == 200, answer
        token: str = answer.json
        return token

    def close(self) -> None:
        self.connection.close()

    # ------------------------------------------------------------ any request

    def ask(self, method: str, path: str, body: Any = None, *, headers: Headers = None) -> Answer:
        return self.connection.ask(method, path, body, headers=headers, token=self.token)

    def must(self, method: str, path: str, body: Any = None) -> Any:
        """Ask for something that has to succeed and return the answer's JSON."""
        answer = self.ask(method, path, body)
        assert answer.status == 200, f"{method} {path}: {answer}"
        return answer.json

    def request(self, method: str, path: str, body: Any = None, *, headers: Headers = None) -> bytes:
        """Return the bytes of a request as this administrator, to be sent on any connection."""
        return request(method, path, body, headers=headers, token=self.token)

    # ------------------------------------------------------------ catalogue

    @property
    def colour(self) -> Colour:
        if self._colour is None:
            attribute = self.must("GET", "/rest/V1/products/attributes/color")
            values = {option["label"]: option["value"] for option in attribute["options"]}
            self._colour = Colour(attribute["attribute_id"], int(values["Red"]), int(values["Blue"]))
        return self._colour

    def set_up(self) -> None:
        """Make the catalogue, the tax and the coupon of the recordings."""
        for label, sort_order in (("Red", 1), ("Blue", 2)):
            option = {"option": {"label": label, "sort_order": sort_order}}
            answer = self.ask("POST", "/rest/V1/products/attributes/color/options", option)
            assert answer.status == 200 or "already exists" in str(answer), answer
        for number in range(11, 26):
            recorded = recording(number)["request"]
            if recorded["method"] == "POST":
                self.must("POST", recorded["path"], self.localised(recorded["body"]))
        rate = self.must("POST", "/rest/V1/taxRates", recording(569)["request"]["body"])
        rule = recording(570)["request"]["body"]["rule"]
        self.must("POST", "/rest/V1/taxRules", {"rule": {**rule, "tax_rate_ids": [rate["id"]]}})
        discount = self.must("POST", "/rest/V1/salesRules", recording(571)["request"]["body"])
        coupon = recording(572)["request"]["body"]["coupon"]
        self.must("POST", "/rest/V1/coupons", {"coupon": {**coupon, "rule_id": discount["rule_id"]}})

    def localised(self, body: Any) -> Any:
        """Return a recorded body with the ids of the colour attribute and its options on this server."""
        return localised(body, self.colour)

    # ------------------------------------------------------------ carts and orders

    def cart(self, items: Iterable[dict[str, Any]], *, coupon: str | None = None) -> str:
        """Fill a guest's cart up to the point of placing and return its mask."""
        mask: str = self.must("POST", "/rest/V1/guest-carts")
        for item in items:
            self.must("POST", f"/rest/V1/guest-carts/{mask}/items", {"cartItem": {**item, "quote_id": mask}})
        if coupon:
            self.must("PUT", f"/rest/V1/guest-carts/{mask}/coupons/{coupon}")
        self.must("POST", f"/rest/V1/guest-carts/{mask}/shipping-information", SHIPPING)
        return mask

    def place(self, items: Iterable[dict[str, Any]], *, coupon: str | None = None) -> int:
        """Order as a guest from New York and return the order's id."""
        mask = self.cart(items, coupon=coupon)
        return int(self.must("PUT", f"/rest/V1/guest-carts/{mask}/order", CHECK))

    def item(self, sku: str, qty: int) -> dict[str, Any]:
        """Return a cart item; ``CONF-RED`` and ``CONF-BLUE`` stand for the configurable in that colour."""
        values = {"CONF-RED": self.colour.red, "CONF-BLUE": self.colour.blue}
        if sku not in values:
            return {"sku": sku, "qty": qty}
        option = {"option_id": str(self.colour.attribute_id), "option_value": values[sku]}
        options = {"extension_attributes": {"configurable_item_options": [option]}}
        return {"sku": "CONF", "qty": qty, "product_option": options}

    def order(self, order_id: int) -> dict[str, Any]:
        found: dict[str, Any] = self.must("GET", f"/rest/V1/orders/{order_id}")
        return found

    def wait_for_confirmation(self, order_id: int) -> None:
        """Return when the message that confirms the order has gone out: after the answer, not with it."""
        deadline = time.monotonic() + 10
        while "email_sent" not in self.order(order_id):
            assert time.monotonic() < deadline, f"order {order_id} is not confirmed"
            time.sleep(0.01)

    def invoice(self, order_id: int, items: Sequence[tuple[int, int]] = (), **headers: str) -> Answer:
        """Invoice some (item id, quantity) pairs, or all that is left."""
        return self.ask("POST", invoice_path(order_id), invoice_body(items), headers=headers)

    def invoices_of(self, order_id: int) -> list[dict[str, Any]]:
        found = self.must("GET", f"/rest/V1/invoices?{where('order_id', order_id)}")
        invoices: list[dict[str, Any]] = found["items"]
        return invoices


def where(field: str, value: object) -> str:
    """Return the query of a search for documents whose field has the value."""
    inside = "searchCriteria[filter_groups][0][filters][0]"
    return f"{inside}[field]={field}&{inside}[value]={value}&{inside}[condition_type]=eq"


def invoice_path(order_id: int) -> str:
    return f"/rest/V1/order/{order_id}/invoice"


def invoice_body(items: Sequence[tuple[int, int]] = ()) -> dict[str, Any]:
    return {"items": [{"order_item_id": item_id, "qty": qty} for item_id, qty in items]} if items else {}


def top_items(order: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows that can be invoiced: those that are not the child of another row."""
    return [item for item in order["items"] if "parent_item_id" not in item]


@cache
def _paths() -> dict[int, Path]:
    return {int(path.name[:3]): path for path in RECORDINGS.glob("[0-9][0-9][0-9]-*.json")}


def recording(number: int) -> dict[str, Any]:
    """Return a recorded exchange by its number."""
    found: dict[str, Any] = json.loads(_paths()[number].read_text())
    return found


def localised(body: Any, colour: Colour) -> Any:
    """Replace the recorded ids of the colour attribute (93) and its options (4, 5) by ``colour``'s."""
    if isinstance(body, list):
        return [localised(part, colour) for part in body]
    if not isinstance(body, dict):
        return body
    values = {4: colour.red, 5: colour.blue, "4": str(colour.red), "5": str(colour.blue)}
    made = {key: localised(value, colour) for key, value in body.items()}
    for key in ("option_value", "value_index"):
        if made.get(key) in values:
            made[key] = values[made[key]]
    if made.get("attribute_code") == "color" and made.get("value") in values:
        made["value"] = values[made["value"]]
    for key in ("attribute_id", "option_id"):
        if made.get(key) in {93, "93"}:
            made[key] = type(made[key])(colour.attribute_id)
    return made

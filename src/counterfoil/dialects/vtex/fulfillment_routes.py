"""Orders that a marketplace sells and this shop sends: placing them, and letting them go (contract vtex §8).

The published schema has one order as an object, the protocol article a list of one: the answer has the form
that the request had. All orders of a list are placed together or none is.
"""

import re
from typing import Any, Final

import msgspec

from counterfoil.access.app_role import CREATE_ORDER
from counterfoil.checkout.given_order import MAX_ORDERS
from counterfoil.dialects.vtex import order_form, order_id, receipt
from counterfoil.dialects.vtex.call import Call, Reply
from counterfoil.dialects.vtex.errors import VtexError, invalid, required
from counterfoil.dialects.vtex.money import MAX_CENTS, cents, whole
from counterfoil.dialects.vtex.order_draft import value_of
from counterfoil.dialects.vtex.order_id import Target
from counterfoil.dialects.vtex.order_request import Wanted, wanted_order
from counterfoil.dialects.vtex.placing import Entry, echoed, place_all, refused
from counterfoil.dialects.vtex.refusals import of_refusal
from counterfoil.dialects.vtex.route import Route
from counterfoil.dialects.vtex.shipping_document import shipping_data
from counterfoil.domain.handling import AuthorizeFulfillment, StatusDiffers
from counterfoil.domain.order import SELLER, Order
from counterfoil.domain.transitions import WAITING_FFMT_AUTHORIZATION
from counterfoil.domain.workflow import CANCELED
from counterfoil.ledger.envelope import Accepted
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction

_AFFILIATE: Final = re.compile(r"[A-Za-z0-9]{1,32}", re.ASCII)
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f/]{1,200}")
_encode = msgspec.json.Encoder(decimal_format="number").encode


async def create(call: Call) -> Reply:
    """POST /api/fulfillment/pvt/orders?affiliateId=&sc=: place one order, or some together."""
    affiliate = call.param("affiliateId") or ""
    if not affiliate:
        raise required("affiliateId")
    if not _AFFILIATE.fullmatch(affiliate) or order_id.says(f"{affiliate}-01"):
        raise invalid(
            "affiliateId", "The affiliateId must be made of letters and digits, not like our own ids."
        )
    several = isinstance(call.body, list)
    bodies: list[Any] = call.body if isinstance(call.body, list) else [call.body]
    if not 0 < len(bodies) <= MAX_ORDERS:
        raise VtexError(400, f"1 to {MAX_ORDERS} orders can be placed at once.")
    entries = [marketplace_entry(body, affiliate, call.param("sc") or "1") for body in bodies]
    names = [entry.order_id for entry in entries]
    if len(set(names)) < len(names):
        raise VtexError(400, "A marketplaceOrderId is in the request twice.", code="FMT009")

    async def work(transaction: Transaction) -> Body | Any:
        placed = await place_all(call, transaction, entries)
        if not isinstance(placed, list):
            return placed
        answers = [_answer(order, entry) for order, entry in zip(placed, entries, strict=True)]
        return Body(_encode(answers if several else answers[0]))

    result = await call.write(work)
    if isinstance(result, Reply):
        return result
    raise refused(result, affiliate)


def checked_affiliate(affiliate: str | None) -> str:
    """Return who sells: letters and digits, unlike ids of our own. Raises `VtexError` 400."""
    if not affiliate:
        raise required("affiliateId")
    if not _AFFILIATE.fullmatch(affiliate) or order_id.says(f"{affiliate}-01"):
        raise invalid("affiliateId", "The affiliateId must be letters and digits, unlike an id of this shop.")
    return affiliate


def marketplace_entry(body: Any, affiliate: str, channel: str) -> Entry:
    """Return the order that a marketplace wants to be placed. Raises `VtexError` 400."""
    wanted = wanted_order(body)
    name = wanted.form.get("marketplaceOrderId", "").strip()
    if not name:
        raise required("marketplaceOrderId")
    if not _NAME.fullmatch(name):
        raise invalid(
            "marketplaceOrderId", "The marketplaceOrderId must have no slash and 200 characters at most."
        )
    _check_value(body, wanted)
    form = {**wanted.form, "marketplaceOrderId": name, "affiliateId": affiliate, "salesChannel": channel}
    called = f"{affiliate}-{name}"
    return Entry(
        wanted=msgspec.structs.replace(wanted, form=form),
        origin="Fulfillment",
        flow=SELLER,
        stage=WAITING_FFMT_AUTHORIZATION,
        order_id=called,
        group=re.sub(r"-\d{2}$", "", called),
    )


def _check_value(body: dict[str, Any], wanted: Wanted) -> None:
    """Refuse an order whose items and deliveries do not come to what the marketplace will pay (FMT006)."""
    told = next((value for key, value in body.items() if key.lower() == "marketplacepaymentvalue"), None)
    if told is None:
        raise required("marketplacePaymentValue")
    payment = whole(told, "marketplacePaymentValue", least=0, most=MAX_CENTS)
    value = value_of(wanted)
    if not isinstance(value, int):
        raise refused(value)
    if payment != cents(value):
        message = f"The marketplacePaymentValue is {payment}, but items and deliveries come to {cents(value)}"
        raise VtexError(400, message, code="FMT006")


def _answer(order: Order, entry: Entry) -> dict[str, Any]:
    form = echoed(entry.wanted)
    return {
        **form,
        "orderId": order_form.called(order),
        "followUpEmail": form.get("followUpEmail") or form["clientProfileData"]["email"],
        "paymentData": form.get("paymentData"),
        "customData": form.get("customData"),
        "openTextField": form.get("openTextField"),
        "marketingData": form.get("marketingData"),
    }


async def fulfill(call: Call) -> Reply:
    """POST /api/fulfillment/pvt/orders/{orderId}/fulfill: the marketplace lets the order go.

    Saying so again is answered like the first time: marketplaces repeat what they are not sure of.
    """
    name = call.fields("marketplaceOrderId").get("marketplaceOrderId")
    target, order = await call.target(), await call.order()
    form = order_form.form_of(order)
    if name is not None and name not in (form.get("marketplaceOrderId"), form["orderId"]):
        raise invalid("marketplaceOrderId", "The marketplaceOrderId is not that of the order.")
    done = await let_go(call, target)
    deliveries = shipping_data(order)["logisticsInfo"]
    kept = ("itemIndex", "selectedSla", "lockTTL", "shippingEstimate", "price", "deliveryWindow")
    answer = {
        **done.value,
        "orderId": form["orderId"],
        "marketplaceOrderId": form.get("marketplaceOrderId") or form["orderId"],
        "items": [{"id": item.sku} for item in order_form.rows_of(order)],
        "shippingData": {"logisticsInfo": [{key: entry[key] for key in kept} for entry in deliveries]},
    }
    return Reply(answer, status=201, headers=done.headers)


async def let_go(call: Call, target: Target) -> Reply:
    """Let the seller go on with an order, and return the receipt. That it was let go before is no error."""
    outcome = await call.attempt(target, AuthorizeFulfillment(call.shop.settings.grace_s))
    if isinstance(outcome, Accepted):
        return await receipt.of_effect(call, target, outcome)
    if not isinstance(outcome.refusal, StatusDiffers):
        raise of_refusal(outcome.refusal, target.order_id)
    async with call.shop.ledger.reading() as reader:
        order = await reader.order(target.entity_id)
    if order is None or order.authorized_at is None or order.state == CANCELED:
        message = f"Order status should be {outcome.refusal.needed} to perform this action"
        raise VtexError(409, message, code="OMS003")
    return receipt.of_nothing(call, target)


ROUTES = (
    Route("POST", "/api/fulfillment/pvt/orders", create, CREATE_ORDER),
    Route("POST", "/api/fulfillment/pvt/orders/:orderId/fulfill", fulfill, CREATE_ORDER),
)

"""``PUT /api/checkout/pub/orders``: an order of this shop, as far as a complete one goes (contract vtex §8).

The order is placed at once, with the prices that the request has, and waits for its payment; one that
costs nothing waits for none. The items of each seller are an order of their own, all in one group:
``-01`` those of the seller whose item comes first, and so on. Seller ``1`` is the shop itself; orders of
other sellers are a marketplace's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from counterfoil.access.app_role import CREATE_ORDER
from counterfoil.checkout.given_order import MAX_ORDERS, TooMuch
from counterfoil.dialects.vtex import order_document, payment_document
from counterfoil.dialects.vtex.call import Call, Reply
from counterfoil.dialects.vtex.errors import VtexError, invalid, required
from counterfoil.dialects.vtex.items_document import OWN_SELLER
from counterfoil.dialects.vtex.money import cents
from counterfoil.dialects.vtex.order_draft import value_of
from counterfoil.dialects.vtex.order_form import form_of
from counterfoil.dialects.vtex.order_request import Delivery, Wanted, wanted_order
from counterfoil.dialects.vtex.placing import Entry, approved_stage, place_all, refused
from counterfoil.dialects.vtex.route import Route
from counterfoil.domain.order import COMPLETE, MARKETPLACE, Order
from counterfoil.domain.transitions import PAYMENT_PENDING
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction

_encode = msgspec.json.Encoder(decimal_format="number").encode


async def place(call: Call) -> Reply:
    """PUT /api/checkout/pub/orders: place the orders of one purchase."""
    if call.body is None:
        raise VtexError(400, "A request body in JSON is needed.")
    entries = _entries(call, wanted_order(call.body))

    async def work(transaction: Transaction) -> Body | Any:
        placed = await place_all(call, transaction, entries)
        if not isinstance(placed, list):
            return placed
        return Body(_encode(_answer(call, placed)))

    result = await call.write(work)
    if isinstance(result, Reply):
        return result
    raise refused(result)


def _entries(call: Call, wanted: Wanted) -> list[Entry]:
    """Return an order for each seller, with its part of what is paid."""
    payments: Sequence[Mapping[str, Any]] = (wanted.form.get("paymentData") or {}).get("payments", ())
    parts = _by_seller(wanted)
    if len(parts) > MAX_ORDERS:
        raise VtexError(400, f"The items of {MAX_ORDERS} sellers can be ordered at once.")
    values: list[int] = []
    for _, part in parts:
        value = value_of(part)
        if isinstance(value, TooMuch):
            raise refused(value)
        values.append(cents(value))
    paid, total = sum(payment.get("value", 0) for payment in payments), sum(values)
    if total and not payments:
        raise required("paymentData.payments")
    if paid != total or any(payment.get("value", 0) < 0 for payment in payments):
        message = f"The payments come to {paid}, but items and deliveries come to {total}."
        raise invalid("paymentData", message)
    shares = split_payments(payments, values)
    return [
        _entry(call, seller, part, value, share)
        for (seller, part), value, share in zip(parts, values, shares, strict=True)
    ]


def _entry(call: Call, seller: str, part: Wanted, value: int, payments: list[dict[str, Any]]) -> Entry:
    flow = COMPLETE if seller == OWN_SELLER else MARKETPLACE
    form = {**part.form, "paymentData": {**(part.form.get("paymentData") or {}), "payments": payments}}
    stage = PAYMENT_PENDING if value else approved_stage(call, flow)
    return Entry(replace(part, form=form), origin="Marketplace", flow=flow, stage=stage)


def _by_seller(wanted: Wanted) -> list[tuple[str, Wanted]]:
    """Return the sellers in the order of their first items, with what each of them sells."""
    found: dict[str, tuple[list[Any], list[Delivery]]] = {}
    for row, delivery in zip(wanted.rows, wanted.deliveries, strict=True):
        seller = str((row.order_form or {}).get("seller") or OWN_SELLER)
        rows, deliveries = found.setdefault(seller, ([], []))
        rows.append(row)
        deliveries.append(delivery)
    return [
        (seller, replace(wanted, rows=tuple(rows), deliveries=tuple(deliveries)))
        for seller, (rows, deliveries) in found.items()
    ]


def split_payments(
    payments: Sequence[Mapping[str, Any]], values: Sequence[int]
) -> list[list[dict[str, Any]]]:
    """Return for each order which part of each payment (cents) is its own. Each comes to the order's value.

    Payments are used up one after the other, so nothing is rounded. A free order has none.
    """
    left = [[dict(payment), payment.get("value", 0)] for payment in payments]
    found: list[list[dict[str, Any]]] = []
    for value in values:
        own: list[dict[str, Any]] = []
        for entry in left:
            part = min(value, entry[1])
            if part <= 0:
                continue
            whole = part == entry[0].get("value")
            reference = entry[0].get("referenceValue", part) if whole else part
            own.append({**entry[0], "value": part, "referenceValue": reference})
            entry[1] -= part
            value -= part  # noqa: PLW2901 -- what is left of this order
        found.append(own)
    return found


def _answer(call: Call, placed: Sequence[Order]) -> dict[str, Any]:
    settings = call.shop.settings
    transactions = [
        {
            "id": settings.account,
            "transactionId": payment_document.transaction_id(order),
            "merchantName": settings.account.upper(),
            "payments": payment_document.payments(order),
        }
        for order in placed
    ]
    return {
        "orderGroup": form_of(placed[0])["orderGroup"],
        "orders": [order_document.render(order, settings) for order in placed],
        "transactionData": {
            "merchantTransactions": transactions,
            "receiverUri": None,
            "gatewayCallbackTemplatePath": None,
        },
    }


ROUTES = (Route("PUT", "/api/checkout/pub/orders", place, CREATE_ORDER),)

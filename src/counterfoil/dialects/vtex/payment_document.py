"""``paymentData`` and the transaction of an order (contract vtex §3.15 and §7).

Money moves outside of this program or at its own gateways, so there is one transaction for each order,
whose name is made of the order's.
"""

from collections.abc import Mapping
from typing import Any, Final

from counterfoil.dialects.vtex import complete
from counterfoil.dialects.vtex.complete import filled
from counterfoil.dialects.vtex.order_form import form_of
from counterfoil.domain import transitions
from counterfoil.domain.order import Order

_PENDING: Final = frozenset({transitions.PAYMENT_PENDING, transitions.WAITING_FFMT_AUTHORIZATION})


def transaction_id(order: Order) -> str:
    """Return the name of the order's transaction: as given, or 32 hexadecimal digits."""
    for transaction in _given(order).get("transactions", ()):
        if transaction.get("transactionId"):
            name: str = transaction["transactionId"]
            return name
    return f"{order.entity_id:032X}"


def payment_data(order: Order, account: str) -> dict[str, Any]:
    """Return ``paymentData``."""
    given = _given(order)
    transaction = {
        "isActive": order.workflow_status != transitions.CANCELED,
        "transactionId": transaction_id(order),
        "merchantName": account.upper(),
        "payments": payments(order),
    }
    return {
        "giftCards": [filled(card, complete.GIFT_CARD) for card in given.get("giftCards", ())],
        "transactions": [transaction] if transaction["payments"] else [],
    }


def payments(order: Order) -> list[dict[str, Any]]:
    """Return how the order is paid. Numbers of cards are never among it."""
    given = _given(order)
    listed = given.get("payments") or [
        payment for entry in given.get("transactions", ()) for payment in entry.get("payments", ())
    ]
    return [_payment(order, payment, position) for position, payment in enumerate(listed)]


def _given(order: Order) -> Mapping[str, Any]:
    return form_of(order).get("paymentData") or {}


def _payment(order: Order, payment: Mapping[str, Any], position: int) -> dict[str, Any]:
    found = filled(payment, complete.PAYMENT)
    found["id"] = found["id"] or f"{order.entity_id:024X}{position:08X}"
    found["referenceValue"] = payment.get("referenceValue", found["value"])
    found["paymentSystemName"] = found["paymentSystemName"] or found["paymentSystem"]
    if found["group"] not in complete.PAYMENT_GROUPS:
        found["group"] = "promissory"
    found["connectorResponses"] = {"Tid": found["tid"], "ReturnCode": None, "Message": "", "authId": ""}
    return found


def transaction(order: Order, account: str) -> dict[str, Any]:
    """Return the transaction as its own route shows it."""
    listed = [
        {**payment, "firstDigits": payment["firstDigits"] or "", "lastDigits": payment["lastDigits"] or ""}
        for payment in payments(order)
    ]
    return {
        "status": _status(order),
        "isActive": order.workflow_status != transitions.CANCELED,
        "transactionId": transaction_id(order),
        "merchantName": account.upper(),
        "payments": listed,
    }


def _status(order: Order) -> str:
    """Return how far the money is, in the words of the platform's transactions."""
    match order.workflow_status:
        case transitions.CANCELED:
            return "Canceled"
        case transitions.INVOICED:
            return "Finished"
        case status if status in _PENDING:
            return "Authorizing"
        case _:
            return "Approved"

"""How a cart is paid, and how it becomes an order (contract adobe §4.10; recordings 149–154, 207, 751).

Placing answers the order's id as a bare number. However it is asked for, one cart gives one order: whoever
comes second finds no active cart.
"""

from typing import Any

from msgspec.structs import replace

from counterfoil.checkout import payment
from counterfoil.checkout.authorization import AuthorizationNeeded
from counterfoil.checkout.cart import CARTS, Cart, CartAddress
from counterfoil.checkout.cart_details import (
    AddressNotOfCustomer,
    ShippingAddressMissing,
    priced,
    set_billing,
    set_payment,
)
from counterfoil.checkout.payment import PaymentChoice, PaymentUnavailable
from counterfoil.checkout.place import PlaceRefusal, place
from counterfoil.checkout.register_customer import is_email_address
from counterfoil.dialects.adobe import cart_document, cart_family, totals_document
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.cart_document import ADDRESS, short_text
from counterfoil.dialects.adobe.cart_errors import of, rendered
from counterfoil.dialects.adobe.cart_family import GUEST, MINE, Family, routes, terms
from counterfoil.dialects.adobe.cart_shipping_routes import payment_details
from counterfoil.dialects.adobe.documents import written
from counterfoil.dialects.adobe.money import placing
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.wire import MIXED, STRING, DataObject, Param
from counterfoil.domain.order import Order
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Records, Transaction

_PAYMENT = DataObject(
    "Payment",
    {"method": STRING, "po_number": STRING, "additional_data": MIXED, "extension_attributes": MIXED},
)

_BAD_TOKEN = {"fieldName": "token", "value": ""}
PaymentRefusal = ShippingAddressMissing | AddressNotOfCustomer | PaymentUnavailable


def _choice(sent: dict[str, Any]) -> PaymentChoice:
    method = sent.get("method") or ""
    # Only what a gateway's page made of a card is kept, and only for a gateway.
    data = sent.get("additional_data")
    token = data.get("token") if isinstance(data, dict) and method in payment.GATEWAYS else None
    if token is not None and not (isinstance(token, str) and 0 < len(token) <= payment.MAX_TOKEN):
        raise AdobeError(400, 'Invalid value of "%value" provided for the %fieldName field.', _BAD_TOKEN)
    return PaymentChoice(method, short_text("po_number", sent.get("po_number")), token)


async def get_payment_methods(family: Family, call: Call) -> Reply:
    """GET …/payment-methods."""

    async def look(records: Records, cart: Cart) -> list[dict[str, str]]:
        found = await priced(records, cart, terms(call))
        offered = payment.methods(call.shop.checkout.payment, grand_total=found.totals.grand_total)
        return totals_document.payment_methods(offered)

    return await cart_family.read(family, call, look)


async def get_selected_method(family: Family, call: Call) -> Reply:
    """GET …/selected-payment-method. Answers ``[]`` as long as none has been chosen."""

    async def look(_: Records, cart: Cart) -> object:
        if cart.payment is None:
            return []
        number = {} if cart.payment.po_number is None else {"po_number": cart.payment.po_number}
        return {**number, "method": cart.payment.method}

    return await cart_family.read(family, call, look)


async def put_selected_method(family: Family, call: Call) -> Reply:
    """PUT …/selected-payment-method. Answers the id of the cart's payment as a string."""
    choice = _choice(call.args["method"])

    async def change(transaction: Transaction, cart: Cart) -> Body | PaymentRefusal:
        changed = await set_payment(transaction, cart, choice, terms(call))
        return written(str(cart.id)) if isinstance(changed, Cart) else changed

    return await cart_family.write(family, call, change)


async def get_payment_information(family: Family, call: Call) -> Reply:
    """GET …/payment-information."""

    async def look(records: Records, cart: Cart) -> dict[str, Any]:
        return await payment_details(records, await priced(records, cart, terms(call)), call)

    return await cart_family.read(family, call, look)


async def set_payment_information(family: Family, call: Call) -> Reply:
    """POST …/set-payment-information: write who pays and how."""

    async def change(transaction: Transaction, cart: Cart) -> Body | PaymentRefusal:
        changed = await _with_payment(transaction, cart, call)
        return written(value=True) if isinstance(changed, Cart) else changed

    return await cart_family.write(family, call, change)


async def pay_and_place(family: Family, call: Call) -> Reply:
    """POST …/payment-information: write who pays and how, and place the order."""

    async def change(
        transaction: Transaction, cart: Cart
    ) -> Body | PaymentRefusal | PlaceRefusal | AuthorizationNeeded:
        changed = await _with_payment(transaction, cart, call)
        if not isinstance(changed, Cart):
            return changed
        order = await _place(transaction, changed, None, call)
        if isinstance(order, Order):
            return written(order.entity_id)
        if isinstance(order, AuthorizationNeeded):
            return order
        raise rendered(of(order))  # rolls back what was written, too

    return await placing(family, call, change)


async def put_order(family: Family, call: Call) -> Reply:
    """PUT …/order: place the order, with this payment method if one is sent."""
    sent = call.args["payment_method"]
    choice = None if sent is None else _choice(sent)

    async def change(transaction: Transaction, cart: Cart) -> Body | PlaceRefusal:
        order = await _place(transaction, cart, choice, call)
        return written(order.entity_id) if isinstance(order, Order) else order

    return await placing(family, call, change)


async def _with_payment(transaction: Transaction, cart: Cart, call: Call) -> Cart | PaymentRefusal:
    """Write what a client says of the payment: its method, the billing address, a guest's e-mail address."""
    email = short_text("email", call.args.get("email"))
    if email and not is_email_address(email):
        raise AdobeError(400, '"Email" is not a valid email address.')
    sent = call.args["billing_address"]
    if sent is not None:
        address = cart_document.address_of(sent)
        address = replace(address, email=email or address.email)
        billed = await set_billing(transaction, cart, address, terms(call))
        if not isinstance(billed, Cart):
            return billed
        cart = billed
    elif email:
        address = replace(cart.billing_address or CartAddress(), email=email)
        cart = await CARTS.update(transaction.records, replace(cart, billing_address=address))
    if email:
        cart = replace(cart, email=email)
    return await set_payment(transaction, cart, _choice(call.args["payment_method"]), terms(call))


async def _place(
    transaction: Transaction, cart: Cart, choice: PaymentChoice | None, call: Call
) -> Order | PlaceRefusal:
    return await place(
        call.shop.ledger,
        transaction,
        cart,
        choice=choice,
        terms=terms(call),
        actor=call.actor,
        protect_code=call.shop.clock.unique_id(),
        remote_ip=call.remote_ip,
        key=call.key,
    )


_METHOD = Param("payment_method", _PAYMENT)
_OPTIONAL_METHOD = Param("payment_method", _PAYMENT, required=False)
_BILLING = Param("billing_address", ADDRESS, required=False)
_EMAIL = Param("email", STRING)

ROUTES: tuple[Route, ...] = (
    *routes("GET", "/payment-methods", get_payment_methods),
    *routes("GET", "/selected-payment-method", get_selected_method),
    *routes("PUT", "/selected-payment-method", put_selected_method, (Param("method", _PAYMENT),)),
    *routes("PUT", "/order", put_order, (_OPTIONAL_METHOD,)),
    *routes("GET", "/payment-information", get_payment_information, families=(GUEST, MINE)),
    *routes("POST", "/payment-information", pay_and_place, (_EMAIL, _METHOD, _BILLING), families=(GUEST,)),
    *routes("POST", "/payment-information", pay_and_place, (_METHOD, _BILLING), families=(MINE,)),
    *routes(
        "POST",
        "/set-payment-information",
        set_payment_information,
        (_EMAIL, _METHOD, _BILLING),
        families=(GUEST,),
    ),
    *routes(
        "POST", "/set-payment-information", set_payment_information, (_METHOD, _BILLING), families=(MINE,)
    ),
)

"""Where a cart goes and who pays for it (contract adobe §4.8, §4.9)."""

from typing import Any

from msgspec.structs import replace

from counterfoil.checkout import payment
from counterfoil.checkout.cart import Cart, CartAddress
from counterfoil.checkout.cart_details import (
    AddressNotOfCustomer,
    ShippingAddressMissing,
    ShippingRefusal,
    ShippingWish,
    priced,
    resolve,
    set_billing,
    set_shipping,
)
from counterfoil.checkout.pricing import PricedCart
from counterfoil.dialects.adobe import cart_document, cart_family, totals_document
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.cart_document import ADDRESS
from counterfoil.dialects.adobe.cart_errors import TOTALS_OF_EMPTY_CART, of, of_shipping
from counterfoil.dialects.adobe.cart_family import ADMIN, MINE, Family, routes, terms
from counterfoil.dialects.adobe.documents import written
from counterfoil.dialects.adobe.errors import no_such_entity
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.wire import BOOL, INT, MIXED, STRING, DataObject, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Records, Transaction

_CODES = {"shipping_carrier_code": STRING, "shipping_method_code": STRING}
_MORE = {"custom_attributes": MIXED, "extension_attributes": MIXED}
_SHIPPING_INFORMATION = DataObject(
    "ShippingInformation", {"shipping_address": ADDRESS, "billing_address": ADDRESS, **_CODES, **_MORE}
)
_TOTALS_INFORMATION = DataObject("TotalsInformation", {"address": ADDRESS, **_CODES, **_MORE})


async def payment_details(records: Records, found: PricedCart, call: Call) -> dict[str, Any]:
    """Return the payment methods on offer and the totals (PaymentDetails)."""
    offered = payment.methods(call.shop.checkout.payment, grand_total=found.totals.grand_total)
    return {
        "payment_methods": totals_document.payment_methods(offered),
        "totals": await totals_document.totals(records, found, currency_code=call.shop.settings.currency),
    }


async def post_shipping_information(family: Family, call: Call) -> Reply:
    """POST …/shipping-information."""
    sent = call.args["address_information"]
    addresses = {
        name: cart_document.address_of(sent[name]) if sent.get(name) is not None else None
        for name in ("shipping_address", "billing_address")
    }
    wish = ShippingWish(
        **addresses,
        carrier_code=sent.get("shipping_carrier_code") or "",
        method_code=sent.get("shipping_method_code") or "",
    )

    async def change(transaction: Transaction, cart: Cart) -> Body | ShippingRefusal:
        found = await set_shipping(transaction, cart, wish, terms(call))
        if not isinstance(found, PricedCart):
            return found
        return written(await payment_details(transaction.records, found, call))

    return await cart_family.write(family, call, change, error=of_shipping)


async def post_totals_information(family: Family, call: Call) -> Reply:
    """POST …/totals-information: what the totals would be with this address. Writes nothing."""
    sent = call.args["address_information"]

    async def look(records: Records, cart: Cart) -> dict[str, Any]:
        if not cart.items:
            raise AdobeError(400, TOTALS_OF_EMPTY_CART)
        address = await _resolved(records, cart, cart_document.address_of(sent.get("address") or {}))
        carrier, method = sent.get("shipping_carrier_code"), sent.get("shipping_method_code")
        code = f"{carrier}_{method}" if carrier and method else cart.shipping_method
        found = await priced(records, _sent_to(cart, address, code), terms(call))
        if found.is_virtual:
            found = await priced(records, replace(cart, billing_address=address), terms(call))
        return await totals_document.totals(records, found, currency_code=call.shop.settings.currency)

    return await cart_family.read(family, call, look)


async def post_estimate(family: Family, call: Call) -> Reply:
    """POST …/estimate-shipping-methods."""
    return await _estimate(family, call, cart_document.address_of(call.args["address"]))


async def post_estimate_by_address_id(family: Family, call: Call) -> Reply:
    """POST …/estimate-shipping-methods-by-address-id."""
    return await _estimate(family, call, CartAddress(customer_address_id=call.args["address_id"]))


async def _estimate(family: Family, call: Call, address: CartAddress) -> Reply:
    async def look(records: Records, cart: Cart) -> list[dict[str, Any]]:
        resolved = await resolve(records, cart, address)
        if isinstance(resolved, AddressNotOfCustomer):
            raise no_such_entity("addressId", address.customer_address_id)
        return await _methods(records, _sent_to(cart, resolved, None), call)

    return await cart_family.read(family, call, look)


async def get_shipping_methods(family: Family, call: Call) -> Reply:
    """GET …/shipping-methods: the ways in which the cart can go to its address."""

    async def look(records: Records, cart: Cart) -> list[dict[str, Any]]:
        if not cart.items:
            return []
        if cart.shipping_address is None or not cart.shipping_address.country_id:
            raise of(ShippingAddressMissing())
        return await _methods(records, cart, call)

    return await cart_family.read(family, call, look)


async def _methods(records: Records, cart: Cart, call: Call) -> list[dict[str, Any]]:
    """Return each way of shipping with its tax, which is known once it is chosen."""
    offered = (await priced(records, cart, terms(call))).shipping_rates
    shown = []
    for rate in offered:
        chosen = await priced(records, replace(cart, shipping_method=rate.code), terms(call))
        incl_tax = chosen.totals.shipping_incl_tax if chosen.shipping_rate else rate.amount
        shown.append(totals_document.shipping_method(rate, incl_tax))
    return shown


async def get_billing_address(family: Family, call: Call) -> Reply:
    """GET …/billing-address."""

    async def look(_: Records, cart: Cart) -> dict[str, Any]:
        return cart_document.address(cart, "billing")

    return await cart_family.read(family, call, look)


async def post_billing_address(family: Family, call: Call) -> Reply:
    """POST …/billing-address. Answers the id of the address."""
    address = cart_document.address_of(call.args["address"])

    async def change(transaction: Transaction, cart: Cart) -> Body | AddressNotOfCustomer:
        changed = await set_billing(
            transaction, cart, address, terms(call), use_for_shipping=call.args["use_for_shipping"]
        )
        return written(cart_document.address_id(cart, "billing")) if isinstance(changed, Cart) else changed

    return await cart_family.write(family, call, change)


async def _resolved(records: Records, cart: Cart, address: CartAddress) -> CartAddress:
    resolved = await resolve(records, cart, address)
    if isinstance(resolved, AddressNotOfCustomer):
        raise of(resolved)
    return resolved


def _sent_to(cart: Cart, address: CartAddress, shipping_method: str | None) -> Cart:
    return replace(cart, shipping_address=address, shipping_method=shipping_method)


_ADDRESS = Param("address", ADDRESS)

ROUTES: tuple[Route, ...] = (
    *routes(
        "POST",
        "/shipping-information",
        post_shipping_information,
        (Param("address_information", _SHIPPING_INFORMATION),),
    ),
    *routes(
        "POST",
        "/totals-information",
        post_totals_information,
        (Param("address_information", _TOTALS_INFORMATION),),
    ),
    *routes("POST", "/estimate-shipping-methods", post_estimate, (_ADDRESS,)),
    *routes(
        "POST",
        "/estimate-shipping-methods-by-address-id",
        post_estimate_by_address_id,
        (Param("address_id", INT),),
        families=(MINE, ADMIN),
    ),
    *routes("GET", "/shipping-methods", get_shipping_methods),
    *routes("GET", "/billing-address", get_billing_address),
    *routes(
        "POST",
        "/billing-address",
        post_billing_address,
        (_ADDRESS, Param("use_for_shipping", BOOL, required=False, default=False)),
    ),
)

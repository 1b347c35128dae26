"""How this dialect says no about carts (contract adobe §4.7 to §4.10 and recordings 140 to 154)."""

from collections.abc import Callable
from typing import Any

from counterfoil.checkout.authorization import AuthorizationNeeded
from counterfoil.checkout.availability import (
    AboveMaximum,
    BelowMinimum,
    NotByIncrement,
    NotDecimal,
    NotEnough,
    NotForSale,
    OutOfStock,
)
from counterfoil.checkout.bundle_choice import (
    ChoicesMissing,
    ChoiceUnavailable,
    LinksMissing,
    RequiredChoiceMissing,
    TooManyChoices,
)
from counterfoil.checkout.cart import CartUnknown
from counterfoil.checkout.cart_details import (
    AddressNotOfCustomer,
    CouponInvalid,
    EmptyCart,
    ShippingAddressMissing,
)
from counterfoil.checkout.cart_items import (
    CartFull,
    CartItemUnknown,
    ItemRefusal,
    OptionsMissing,
    QuantityMissing,
    QuantityNotPositive,
    SkuUnknown,
)
from counterfoil.checkout.cart_open import CartNotAnonymous, CustomerUnknown
from counterfoil.checkout.payment import PaymentUnavailable, PurchaseOrderNumberMissing
from counterfoil.checkout.place import (
    AddressIncomplete,
    CountryNotAllowed,
    GuestsNotAllowed,
    PaymentMethodMissing,
    PlaceRefusal,
    ShippingMethodMissing,
    TotalTooLarge,
)
from counterfoil.checkout.shipping import ShippingMethodUnknown
from counterfoil.dialects.adobe.documents import INVALID, PRODUCT_UNKNOWN
from counterfoil.dialects.adobe.errors import NO_SUCH_ENTITY, AdobeError, Parameters
from counterfoil.dialects.adobe.render import number

CartRefusal = (
    CartUnknown
    | ItemRefusal
    | PlaceRefusal
    | ShippingAddressMissing
    | ShippingMethodUnknown
    | AddressNotOfCustomer
    | CustomerUnknown
    | CartNotAnonymous
)

NO_ACTIVE_CART = "Current customer does not have an active cart."
QUOTE_NOT_CREATED = "The quote can't be created."
SHIPPING_OF_EMPTY_CART = (
    "The shipping method can't be set for an empty cart. Add an item to cart and try again."
)
SHIPPING_NOT_SAVED = 'The shipping information was unable to be saved. Error: "%message"'
TOTALS_OF_EMPTY_CART = "Totals calculation is not applicable to empty cart"
NO_PRODUCTS = 'The "%1" Cart doesn\'t contain products.'
ORDER_STOPPED = "A server error stopped your order from being placed. Please try to place your order again."
COUPON_INVALID = "The coupon code isn't valid. Verify the code and try again."
OTHER_STORE = "The customer can't be assigned to the cart. The cart belongs to a different store."

Values = Callable[[Any], Parameters]
"""Takes the values of a text out of a refusal."""


def _nothing(_: Any) -> Parameters:
    return None


def _empty(_: Any) -> Parameters:
    """The checks before an order give their texts one empty value (recording 151)."""
    return [""]


def _missing_fields(refusal: AddressIncomplete) -> Parameters:
    return [" ".join(f'"{name}" is required. Enter and try again.' for name in refusal.missing)]


_TABLE: dict[type, tuple[int, str, Values]] = {
    CartUnknown: (404, NO_SUCH_ENTITY, lambda no: {"fieldName": "cartId", "fieldValue": no.cart_id}),
    CustomerUnknown: (
        404,
        NO_SUCH_ENTITY,
        lambda no: {"fieldName": "customerId", "fieldValue": no.customer_id},
    ),
    SkuUnknown: (404, PRODUCT_UNKNOWN, _nothing),
    OptionsMissing: (400, "You need to choose options for your item.", _nothing),
    ChoicesMissing: (400, "Please specify product option(s).", _nothing),
    RequiredChoiceMissing: (400, "Please select all required options.", _nothing),
    TooManyChoices: (
        400,
        "Option type (%types) should have only one element.",
        lambda no: {"types": ", ".join(no.types)},
    ),
    ChoiceUnavailable: (400, "The options you selected are not available.", _nothing),
    LinksMissing: (400, "Please specify product link(s).", _nothing),
    QuantityMissing: (400, INVALID, lambda _: {"fieldName": "qty", "value": None}),
    QuantityNotPositive: (400, INVALID, lambda no: {"fieldName": "qty", "value": number(no.qty)}),
    CartItemUnknown: (404, "The %1 Cart doesn't contain the %2 item.", lambda no: [no.cart_id, no.item_id]),
    CartFull: (400, "A cart can't have more than %1 rows.", lambda no: [no.limit]),
    NotForSale: (400, "Product that you are trying to add is not available.", _nothing),
    OutOfStock: (400, "This product is out of stock.", _nothing),
    NotEnough: (400, "The requested qty is not available", _nothing),
    AboveMaximum: (400, "The requested qty exceeds the maximum qty allowed in shopping cart", _nothing),
    BelowMinimum: (400, "The fewest you may purchase is %1.", lambda no: [number(no.min_sale_qty)]),
    NotByIncrement: (
        400,
        "You can buy this product only in quantities of %1 at a time.",
        lambda no: [number(no.qty_increments)],
    ),
    NotDecimal: (400, "You cannot use decimal quantity for this product.", _nothing),
    ShippingAddressMissing: (
        400,
        "The shipping address is missing. Set the address and try again.",
        _nothing,
    ),
    ShippingMethodUnknown: (
        404,
        "Carrier with such method not found: %1, %2",
        lambda no: [no.carrier_code, no.method_code],
    ),
    AddressNotOfCustomer: (404, "Invalid customer address id %1", lambda no: [no.customer_address_id]),
    PaymentUnavailable: (400, "The requested Payment Method is not available.", _nothing),
    AuthorizationNeeded: (400, "The payment has to be authorized first.", _nothing),
    PurchaseOrderNumberMissing: (400, "Purchase order number is a required field.", _nothing),
    CouponInvalid: (400, COUPON_INVALID, _nothing),
    EmptyCart: (400, ORDER_STOPPED, _nothing),
    TotalTooLarge: (400, "The order's total is too large.", _nothing),
    GuestsNotAllowed: (400, "Sorry, guest checkout is not available.", _nothing),
    CartNotAnonymous: (
        400,
        "The customer can't be assigned to the cart because the cart isn't anonymous.",
        _nothing,
    ),
    CountryNotAllowed: (
        400,
        "Some addresses can't be used due to the configurations for specific countries.",
        _empty,
    ),
    ShippingMethodMissing: (
        400,
        "The shipping method is missing. Select the shipping method and try again.",
        _empty,
    ),
    PaymentMethodMissing: (400, "Enter a valid payment method and try again.", _empty),
    AddressIncomplete: (400, "Please check the %kind address information. %1", _missing_fields),
}


def of(refusal: CartRefusal) -> AdobeError:
    """Return the error for a refusal."""
    status, message, values = _TABLE[type(refusal)]
    if isinstance(refusal, AddressIncomplete):
        message = message.replace("%kind", refusal.kind)
    if isinstance(refusal, ChoiceUnavailable) and refusal.required:
        message = "The required options you selected are not available."
    return AdobeError(status, message, values(refusal))


def of_shipping(refusal: CartRefusal) -> AdobeError:
    """Return the error for a refusal while it is said where the cart goes."""
    if isinstance(refusal, EmptyCart):
        return AdobeError(400, SHIPPING_OF_EMPTY_CART)
    if isinstance(refusal, AddressNotOfCustomer):
        return AdobeError(400, SHIPPING_NOT_SAVED, {"message": rendered(of(refusal)).message})
    return of(refusal)


def of_coupon(refusal: CartRefusal) -> AdobeError:
    """Return the error for a refusal while a coupon is put in or taken away."""
    if isinstance(refusal, EmptyCart):
        return AdobeError(404, NO_PRODUCTS, [refusal.cart_id])
    if isinstance(refusal, CouponInvalid):
        return AdobeError(404, COUPON_INVALID)
    return of(refusal)


def rendered(error: AdobeError) -> AdobeError:
    """Return the error as one sentence without parameters, as the platform does when it wraps one.

    What placing refuses over ``payment-information`` is wrapped so, and always a 400.
    """
    message = error.message
    if isinstance(error.parameters, list):
        for index, value in enumerate(error.parameters, start=1):
            message = message.replace(f"%{index}", str(value))
    return AdobeError(400, message)

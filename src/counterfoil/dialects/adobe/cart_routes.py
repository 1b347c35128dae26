"""Carts as a whole: open, read, find, give to a customer, totals, coupons (contract adobe §3.2)."""

from typing import Any

from counterfoil.checkout import cart as carts
from counterfoil.checkout.cart import CARTS, Cart, CartUnknown, search_carts
from counterfoil.checkout.cart_details import (
    CouponInvalid,
    EmptyCart,
    priced,
    remove_coupon,
    set_coupon,
)
from counterfoil.checkout.cart_items import CartFull
from counterfoil.checkout.cart_open import (
    CartNotAnonymous,
    CustomerUnknown,
    assign,
    open_customer_cart,
    open_guest_cart,
)
from counterfoil.checkout.cart_row import load_rows
from counterfoil.checkout.customer import get_customer
from counterfoil.checkout.pricing import PricedCart
from counterfoil.dialects.adobe import (
    cart_checkout_routes,
    cart_document,
    cart_family,
    cart_item_routes,
    cart_shipping_routes,
    totals_document,
)
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.cart_errors import OTHER_STORE, QUOTE_NOT_CREATED, of, of_coupon
from counterfoil.dialects.adobe.cart_family import (
    ADMIN,
    GUEST,
    MANAGE,
    Family,
    routes,
    store_of,
    terms,
)
from counterfoil.dialects.adobe.documents import page, written
from counterfoil.dialects.adobe.errors import no_such_entity
from counterfoil.dialects.adobe.route import ANONYMOUS, SELF, Route
from counterfoil.dialects.adobe.search import SEARCH_CRITERIA
from counterfoil.dialects.adobe.wire import INT, STRING, Param
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Reader, Records, Transaction

# ---------------------------------------------------------------- open


async def open_for_guest(call: Call) -> Reply:
    """POST /V1/guest-carts. Answers the mask. Who is signed in as a customer has a cart of their own."""
    if call.identity.kind == "customer":
        raise AdobeError(400, QUOTE_NOT_CREATED)
    mask = call.shop.clock.secret(carts.MASK_LENGTH)
    return await _open_anonymous(call, mask, lambda cart: cart.mask)


async def open_for_nobody(call: Call) -> Reply:
    """POST /V1/carts. Answers the id as a string."""
    return await _open_anonymous(call, None, lambda cart: str(cart.id))


async def _open_anonymous(call: Call, mask: str | None, answer: Any) -> Reply:
    async def work(transaction: Transaction) -> Body:
        cart = await open_guest_cart(
            transaction, mask=mask, store_id=store_of(call), now=call.shop.clock.now()
        )
        return written(answer(cart))

    result = await call.write(work)
    assert isinstance(result, Reply)
    return result


async def open_mine(call: Call) -> Reply:
    """POST /V1/carts/mine. Answers the id of the customer's one cart."""
    return await _open_for(call, call.identity.id)


async def open_for_customer(call: Call) -> Reply:
    """POST /V1/customers/:customerId/carts."""
    return await _open_for(call, call.args["customer_id"])


async def _open_for(call: Call, customer_id: int) -> Reply:
    async def work(transaction: Transaction) -> Body | CustomerUnknown:
        cart = await open_customer_cart(
            transaction, customer_id=customer_id, store_id=store_of(call), now=call.shop.clock.now()
        )
        return written(cart.id) if isinstance(cart, Cart) else cart

    return await cart_family.run(call, work)


# ---------------------------------------------------------------- read


async def get_guest_cart(call: Call) -> Reply:
    """GET /V1/guest-carts/:cartId. A cart that became an order can still be read."""
    async with call.shop.ledger.reading() as reader:
        cart = await carts.any_of_mask(reader.records, call.args["cart_id"])
        return await _shown(call, reader.records, cart or CartUnknown(None))


async def get_my_cart(call: Call) -> Reply:
    """GET /V1/carts/mine."""
    async with call.shop.ledger.reading() as reader:
        cart = await carts.of_customer(reader.records, call.identity.id)
        if isinstance(cart, CartUnknown):
            raise no_such_entity("customerId", call.identity.id)
        return await _shown(call, reader.records, cart)


async def get_cart(call: Call) -> Reply:
    """GET /V1/carts/:cartId."""
    async with call.shop.ledger.reading() as reader:
        cart = await CARTS.get(reader.records, call.args["cart_id"])
        return await _shown(call, reader.records, cart or CartUnknown(call.args["cart_id"]))


async def _shown(call: Call, records: Records, cart: Cart | CartUnknown) -> Reply:
    if isinstance(cart, CartUnknown):
        raise of(cart)
    return Reply(await _document(records, cart, call.shop.settings.currency))


async def _document(records: Records, cart: Cart, currency_code: str) -> dict[str, Any]:
    owner = None if cart.customer_id is None else await get_customer(records, cart.customer_id)
    return cart_document.cart(cart, await load_rows(records, cart), owner, currency_code=currency_code)


async def find_carts(call: Call) -> Reply:
    """GET /V1/carts/search."""
    code = call.shop.settings.currency

    async def render(reader: Reader, found: Any) -> list[Any]:
        return [await _document(reader.records, cart, code) for cart in found]

    return await page(call, search_carts, render)


# ---------------------------------------------------------------- give to a customer


async def assign_mine(call: Call) -> Reply:
    """PUT /V1/guest-carts/:cartId. The cart becomes that of the customer who asks."""
    return await _assign(GUEST, call, call.identity.id)


async def assign_any(call: Call) -> Reply:
    """PUT /V1/carts/:cartId."""
    return await _assign(ADMIN, call, call.args["customer_id"])


async def _assign(family: Family, call: Call, customer_id: int) -> Reply:
    if call.args["store_id"] not in call.shop.settings.stores.values():
        raise AdobeError(400, OTHER_STORE)

    async def change(
        transaction: Transaction, cart: Cart
    ) -> Body | CustomerUnknown | CartNotAnonymous | CartFull:
        changed = await assign(transaction, cart, customer_id=customer_id, now=call.shop.clock.now())
        return written(value=True) if isinstance(changed, Cart) else changed

    return await cart_family.write(family, call, change)


# ---------------------------------------------------------------- totals and coupons


async def get_totals(family: Family, call: Call) -> Reply:
    """GET …/totals."""

    async def look(records: Records, cart: Cart) -> dict[str, Any]:
        found = await priced(records, cart, terms(call))
        return await totals_document.totals(records, found, currency_code=call.shop.settings.currency)

    return await cart_family.read(family, call, look)


async def get_coupon(family: Family, call: Call) -> Reply:
    """GET …/coupons. Answers the code, or ``[]`` as the platform does for nothing."""

    async def look(_: Records, cart: Cart) -> object:
        return cart.coupon_code or []

    return await cart_family.read(family, call, look)


async def put_coupon(family: Family, call: Call) -> Reply:
    """PUT …/coupons/:couponCode."""

    async def change(transaction: Transaction, cart: Cart) -> Body | EmptyCart | CouponInvalid:
        found = await set_coupon(transaction, cart, call.args["coupon_code"], terms(call))
        return written(value=True) if isinstance(found, PricedCart) else found

    return await cart_family.write(family, call, change, error=of_coupon)


async def delete_coupon(family: Family, call: Call) -> Reply:
    """DELETE …/coupons."""

    async def change(transaction: Transaction, cart: Cart) -> Body | EmptyCart:
        left = await remove_coupon(transaction, cart, terms(call))
        return written(value=True) if isinstance(left, Cart) else left

    return await cart_family.write(family, call, change, error=of_coupon)


_CART_ID = Param("cart_id", INT)
_CUSTOMER_ID = Param("customer_id", INT)
_STORE_ID = Param("store_id", INT)

ROUTES: tuple[Route, ...] = (
    Route("POST", "/V1/guest-carts", open_for_guest, ANONYMOUS),
    Route("POST", "/V1/carts", open_for_nobody, MANAGE),
    Route("POST", "/V1/carts/mine", open_mine, SELF),
    Route("POST", "/V1/customers/:customerId/carts", open_for_customer, MANAGE, (_CUSTOMER_ID,)),
    Route("GET", "/V1/guest-carts/:cartId", get_guest_cart, ANONYMOUS),
    Route("GET", "/V1/carts/mine", get_my_cart, SELF),
    Route("GET", "/V1/carts/search", find_carts, MANAGE, (SEARCH_CRITERIA,)),
    Route("GET", "/V1/carts/:cartId", get_cart, MANAGE, (_CART_ID,)),
    Route("PUT", "/V1/guest-carts/:cartId", assign_mine, SELF, (_STORE_ID,)),
    Route("PUT", "/V1/carts/:cartId", assign_any, MANAGE, (_CART_ID, _CUSTOMER_ID, _STORE_ID)),
    *routes("GET", "/totals", get_totals),
    *routes("GET", "/coupons", get_coupon),
    *routes("PUT", "/coupons/:couponCode", put_coupon, (Param("coupon_code", STRING),)),
    *routes("DELETE", "/coupons", delete_coupon),
    *cart_item_routes.ROUTES,
    *cart_shipping_routes.ROUTES,
    *cart_checkout_routes.ROUTES,
)

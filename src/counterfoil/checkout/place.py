"""Place an order: from a cart to the books, in one transaction.

The cart is locked first, so one order comes of it, however often and however parallel it is placed. Products,
prices, rules and taxes are read again; uses of coupons are counted; stock is locked in ascending id, looked
at and reserved, so the last unit is sold once. A payment that a gateway moves must have been authorised for
just this total. Then the order is written. A refusal leaves no trace.
Locks are taken in one order everywhere: cart, coupon, rules, stock, authorisation, number series.
"""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout import authorization, availability, payment
from counterfoil.checkout.authorization import AuthorizationNeeded
from counterfoil.checkout.availability import Unavailable
from counterfoil.checkout.cart import CARTS, Cart, CartAddress
from counterfoil.checkout.cart_details import CouponInvalid, EmptyCart, Terms, priced
from counterfoil.checkout.coupon_use import count_uses, lock_coupon
from counterfoil.checkout.directory import COUNTRIES, REGIONS
from counterfoil.checkout.draft import Origin, draft_order
from counterfoil.checkout.payment import PaymentChoice, PaymentUnavailable, PurchaseOrderNumberMissing
from counterfoil.checkout.pricing import PricedCart
from counterfoil.checkout.product import BUNDLE
from counterfoil.domain.money import SCALE
from counterfoil.domain.order import Order
from counterfoil.ledger.envelope import Actor, IdempotencyKey
from counterfoil.ledger.ledger import Ledger
from counterfoil.ledger.ports import StockLevel, Transaction

MAX_TOTAL = 10**14 * SCALE
"""The most that an order may come to: its sums must fit the books' 64 bits."""

ZIP_OPTIONAL = frozenset({"HK", "IE", "MO", "PA"})
"""Countries whose addresses need no postcode."""

_WITH_REGIONS = frozenset(region.country_id for region in REGIONS.values())


class CountryNotAllowed(Struct, frozen=True):
    """Refusal: the goods cannot be sent to the address, because its country is not known."""


class AddressIncomplete(Struct, frozen=True):
    """Refusal: the ``shipping`` or ``billing`` address lacks these fields."""

    kind: str
    missing: tuple[str, ...]


class ShippingMethodMissing(Struct, frozen=True):
    """Refusal: no way of shipping has been chosen, or the chosen one is no longer on offer."""


class PaymentMethodMissing(Struct, frozen=True):
    """Refusal: it has not been said how the order is paid."""


class TotalTooLarge(Struct, frozen=True):
    """Refusal: the order comes to more than the books can hold."""


class GuestsNotAllowed(Struct, frozen=True):
    """Refusal: only customers may order."""


PlaceRefusal = (
    EmptyCart
    | CouponInvalid
    | CountryNotAllowed
    | AddressIncomplete
    | ShippingMethodMissing
    | PaymentMethodMissing
    | PaymentUnavailable
    | PurchaseOrderNumberMissing
    | TotalTooLarge
    | GuestsNotAllowed
    | Unavailable
    | AuthorizationNeeded
)


class Ready(Struct, frozen=True):
    """A cart has all that an order needs: this is how it is paid."""

    choice: PaymentChoice
    method: payment.PaymentMethod


async def place(
    ledger: Ledger,
    transaction: Transaction,
    cart: Cart,
    *,
    choice: PaymentChoice | None,
    terms: Terms,
    actor: Actor,
    protect_code: str,
    remote_ip: str | None = None,
    key: IdempotencyKey | None = None,
) -> Order | PlaceRefusal:
    """Make an order of the cart, which the caller has locked in ``transaction``, and return it.

    Args:
        ledger: where the order is placed.
        transaction: the unit of work; nothing may be written in it afterwards.
        cart: an active cart.
        choice: how it is paid; None takes what the cart says.
        terms: the shop's settings and the time.
        actor: who asks, for the journal.
        protect_code: the secret of the order's tracking link.
        remote_ip: where the request came from.
        key: the client's idempotency key.
    """
    if cart.coupon_code:
        await lock_coupon(transaction.records, cart.coupon_code)
    found = await priced(transaction.records, cart, terms)
    ready = check(found, choice or cart.payment, terms)
    if not isinstance(ready, Ready):
        return ready
    coupon = found.coupon.coupon if found.coupon and found.applied_coupon_code else None
    await count_uses(transaction.records, rules=found.rules, coupon=coupon, customer_id=cart.customer_id)
    levels = await reserve(transaction, found)
    if not isinstance(levels, dict):
        return levels
    origin = Origin(
        store_name=terms.settings.store_names.get(cart.store_id, ""),
        currency=terms.currency,
        protect_code=protect_code,
        remote_ip=remote_ip,
    )
    draft = draft_order(found, choice=ready.choice, method=ready.method, levels=levels, origin=origin)
    if ready.method.gateway:
        needed = AuthorizationNeeded(
            cart.id, ready.method.code, draft.grand_total, terms.currency, ready.choice.token
        )
        authorised = await authorization.use(transaction, draft, needed, now=terms.now)
        if isinstance(authorised, AuthorizationNeeded):
            return authorised
        draft = authorised
    converted = replace(cart, is_active=0, payment=ready.choice, converted_at=terms.now, updated_at=terms.now)
    await CARTS.update(transaction.records, converted)
    return await ledger.place(transaction, draft, actor=actor, key=key, notify=terms.settings.confirm_orders)


def check(found: PricedCart, choice: PaymentChoice | None, terms: Terms) -> Ready | PlaceRefusal:
    """Return why no order can come of the cart, or how it is paid if one can.

    The order of the checks is Adobe's: contents, payment method, country, shipping address, shipping
    method, billing address, payment.
    """
    cart, totals = found.cart, found.totals
    if not found.rows:
        return EmptyCart(cart.id)
    method: payment.PaymentMethod | PaymentUnavailable | None = None
    if choice is not None:
        method = payment.choose(choice, terms.settings.payment, grand_total=totals.grand_total)
    if isinstance(method, PaymentUnavailable):
        return method
    if cart.customer_id is None and not terms.settings.guest_checkout:
        return GuestsNotAllowed()
    if cart.coupon_code and found.coupon is None:
        return CouponInvalid(cart.coupon_code)
    refusal = _refuse_destination(found) or incomplete(cart.billing_address, "billing")
    if refusal is not None:
        return refusal
    if choice is None or method is None:
        return PaymentMethodMissing()
    if max(totals.grand_total, totals.subtotal_incl_tax) > MAX_TOTAL:
        return TotalTooLarge()
    return payment.complete(choice) or Ready(choice, method)


def _refuse_destination(
    found: PricedCart,
) -> CountryNotAllowed | AddressIncomplete | ShippingMethodMissing | None:
    if found.is_virtual:
        return None
    address = found.cart.shipping_address
    if address is None or address.country_id not in COUNTRIES:
        return CountryNotAllowed()
    refusal = incomplete(address, "shipping")
    if refusal is not None:
        return refusal
    return ShippingMethodMissing() if found.shipping_rate is None else None


def incomplete(address: CartAddress | None, kind: str) -> AddressIncomplete | None:
    """Return the fields that the address lacks, by Adobe's names in the order in which it tells them."""
    address = address or CartAddress()
    needed = {
        "firstname": address.firstname,
        "lastname": address.lastname,
        "street": "".join(address.street),
        "city": address.city,
        "telephone": address.telephone,
    }
    missing = [name for name, value in needed.items() if not (value or "").strip()]
    if address.country_id not in ZIP_OPTIONAL and not (address.postcode or "").strip():
        missing.append("postcode")
    if address.country_id not in COUNTRIES:
        missing.append("countryId")
    elif address.country_id in _WITH_REGIONS and address.region_id not in REGIONS:
        missing.append("regionId")
    return AddressIncomplete(kind, tuple(missing)) if missing else None


async def reserve(transaction: Transaction, found: PricedCart) -> dict[int, StockLevel] | Unavailable:
    """Lock the stock of everything in the cart and promise it to the order. Returns the levels before."""
    products = {product.id: product for row in found.rows for product, _ in row.goods}
    wanted = dict.fromkeys(sorted(products), 0)
    for row in found.rows:
        for product, qty in row.goods:
            wanted[product.id] += qty
    levels = await transaction.lock_stock(list(wanted))
    # A bundle is only looked at: orders of different parts of it do not wait for each other.
    bundles = {row.product.id for row in found.rows if row.product.type_id == BUNDLE}
    offered = await transaction.stock(sorted(bundles)) if bundles else {}
    refusals = (availability.refuse_composite(row.product, offered, row.item.qty) for row in found.rows)
    refusal = next((refusal for refusal in refusals if refusal is not None), None)
    refusal = refusal or availability.refuse_any(wanted, products, levels)
    if refusal is not None:
        return refusal
    changed = list(availability.reserve(wanted, levels))
    if changed:
        await transaction.write_stock(changed)
    return levels

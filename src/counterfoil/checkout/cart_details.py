"""Say where a cart goes, who pays for it, how, and with which coupon.

The caller has loaded and locked the cart. Each verb answers with the cart as it is priced from now on.
Source: contract adobe §4.9, §4.10.
"""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout import payment
from counterfoil.checkout.cart import CARTS, Cart, CartAddress
from counterfoil.checkout.customer import ADDRESSES
from counterfoil.checkout.directory import find_region
from counterfoil.checkout.payment import PaymentChoice, PaymentUnavailable
from counterfoil.checkout.pricing import PricedCart, price
from counterfoil.checkout.settings import CheckoutSettings
from counterfoil.checkout.shipping import ShippingMethodUnknown, rate_of
from counterfoil.ledger.ports import Records, Transaction


class EmptyCart(Struct, frozen=True):
    """Refusal: there is nothing in the cart."""

    cart_id: int


class ShippingAddressMissing(Struct, frozen=True):
    """Refusal: the cart has no address that it could be shipped to."""


class AddressNotOfCustomer(Struct, frozen=True):
    """Refusal: the customer has no such address in the address book."""

    customer_address_id: int


class CouponInvalid(Struct, frozen=True):
    """Refusal: the coupon does not exist, may not be used now, or takes nothing off this cart."""

    code: str


class Terms(Struct, frozen=True):
    """What the shop has decided, its currency, and the time (UTC, ``YYYY-MM-DD HH:MM:SS``)."""

    settings: CheckoutSettings
    now: str
    currency: str = "USD"

    @property
    def today(self) -> str:
        """The date."""
        return self.now[:10]


async def priced(records: Records, cart: Cart, terms: Terms) -> PricedCart:
    """Return what the cart comes to now."""
    return await price(records, cart, settings=terms.settings, today=terms.today)


async def resolve(records: Records, cart: Cart, address: CartAddress) -> CartAddress | AddressNotOfCustomer:
    """Return the address with its region looked up, or the one of the address book that it names."""
    if address.customer_address_id:
        known = await ADDRESSES.get(records, address.customer_address_id)
        if known is None or cart.customer_id is None or known.customer_id != cart.customer_id:
            return AddressNotOfCustomer(address.customer_address_id)
        fields = {name: getattr(known, name) for name in _OF_ADDRESS_BOOK}
        address = replace(address, **fields)
    if address.country_id is None:
        return address
    region = find_region(
        address.country_id, region_id=address.region_id, code=address.region_code, name=address.region
    )
    if region is None:
        return address
    return replace(address, region=region.name, region_code=region.code, region_id=region.id)


_OF_ADDRESS_BOOK = (
    *("firstname", "lastname", "middlename", "prefix", "suffix", "company", "street", "city"),
    *("region", "region_code", "region_id", "postcode", "country_id", "telephone", "fax", "vat_id"),
)


class ShippingWish(Struct, frozen=True):
    """Where a cart shall go and how. ``billing_address`` None leaves the one there is."""

    shipping_address: CartAddress | None
    billing_address: CartAddress | None
    carrier_code: str
    method_code: str


ShippingRefusal = EmptyCart | ShippingAddressMissing | AddressNotOfCustomer | ShippingMethodUnknown


async def with_shipping(
    records: Records, cart: Cart, wish: ShippingWish, terms: Terms
) -> PricedCart | ShippingRefusal:
    """Return the cart as it would be priced with this address and way of shipping. Writes nothing."""
    if not cart.items:
        return EmptyCart(cart.id)
    if wish.shipping_address is None or not wish.shipping_address.country_id:
        return ShippingAddressMissing()
    shipping_address = await resolve(records, cart, wish.shipping_address)
    if isinstance(shipping_address, AddressNotOfCustomer):
        return shipping_address
    billing_address: CartAddress | AddressNotOfCustomer | None = cart.billing_address
    if wish.billing_address is not None:
        billing_address = await resolve(records, cart, wish.billing_address)
        if isinstance(billing_address, AddressNotOfCustomer):
            return billing_address
    changed = replace(
        cart,
        shipping_address=shipping_address,
        billing_address=billing_address,
        shipping_method=f"{wish.carrier_code}_{wish.method_code}",
    )
    found = await priced(records, changed, terms)
    if found.is_virtual:
        return replace(found, cart=replace(changed, shipping_method=None))
    if found.rows and rate_of(found.shipping_rates, changed.shipping_method) is None:
        return ShippingMethodUnknown(wish.carrier_code, wish.method_code)
    return found


async def set_shipping(
    transaction: Transaction, cart: Cart, wish: ShippingWish, terms: Terms
) -> PricedCart | ShippingRefusal:
    """Write where the cart goes and how."""
    found = await with_shipping(transaction.records, cart, wish, terms)
    if isinstance(found, PricedCart):
        await CARTS.update(transaction.records, replace(found.cart, updated_at=terms.now))
    return found


async def set_billing(
    transaction: Transaction,
    cart: Cart,
    address: CartAddress,
    terms: Terms,
    *,
    use_for_shipping: bool = False,
) -> Cart | AddressNotOfCustomer:
    """Write who pays, and let the goods go there too if asked to."""
    resolved = await resolve(transaction.records, cart, address)
    if isinstance(resolved, AddressNotOfCustomer):
        return resolved
    changed = replace(cart, billing_address=resolved, updated_at=terms.now)
    if use_for_shipping:
        changed = replace(changed, shipping_address=replace(resolved, same_as_billing=True))
    return await CARTS.update(transaction.records, changed)


async def set_payment(
    transaction: Transaction, cart: Cart, choice: PaymentChoice, terms: Terms
) -> Cart | ShippingAddressMissing | PaymentUnavailable:
    """Write how the cart is paid. Goods that are shipped need an address first."""
    found = await priced(transaction.records, cart, terms)
    if not found.is_virtual and not (cart.shipping_address and cart.shipping_address.country_id):
        return ShippingAddressMissing()
    method = payment.choose(choice, terms.settings.payment, grand_total=found.totals.grand_total)
    if isinstance(method, PaymentUnavailable):
        return method
    return await CARTS.update(transaction.records, replace(cart, payment=choice, updated_at=terms.now))


async def set_coupon(
    transaction: Transaction, cart: Cart, code: str, terms: Terms
) -> PricedCart | EmptyCart | CouponInvalid:
    """Write the coupon, if it takes effect on this cart."""
    if not cart.items:
        return EmptyCart(cart.id)
    changed = replace(cart, coupon_code=code.strip(), updated_at=terms.now)
    found = await priced(transaction.records, changed, terms)
    if found.applied_coupon_code is None:
        return CouponInvalid(code)
    await CARTS.update(transaction.records, changed)
    return found


async def remove_coupon(transaction: Transaction, cart: Cart, terms: Terms) -> Cart | EmptyCart:
    """Take the coupon away, if there is one."""
    if not cart.items:
        return EmptyCart(cart.id)
    return await CARTS.update(transaction.records, replace(cart, coupon_code=None, updated_at=terms.now))

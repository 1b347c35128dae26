"""Open carts for guests and customers, and give a guest's cart to a customer.

A customer has one active cart at most. Whoever opens one, or gives one to a customer, holds the customer's
record, so two requests at once end up with the same cart.
"""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.cart import (
    CARTS,
    MAX_ROWS,
    Cart,
    CartItem,
    of_customer,
)
from counterfoil.checkout.cart_items import CartFull
from counterfoil.checkout.customer import get_customer
from counterfoil.ledger.ports import Transaction


class CustomerUnknown(Struct, frozen=True):
    """Refusal: there is no such customer."""

    customer_id: int


class CartNotAnonymous(Struct, frozen=True):
    """Refusal: the cart belongs to a customer already."""

    cart_id: int


async def open_guest_cart(transaction: Transaction, *, mask: str | None, store_id: int, now: str) -> Cart:
    """Open a cart that belongs to nobody.

    Args:
        transaction: where it is stored.
        mask: the secret by which the guest finds it; None for a cart that administrators fill.
        store_id: the store view it is opened in.
        now: the time.
    """
    cart = Cart(mask=mask, store_id=store_id, created_at=now, updated_at=now)
    return await CARTS.insert(transaction.records, cart)


async def open_customer_cart(
    transaction: Transaction, *, customer_id: int, store_id: int, now: str
) -> Cart | CustomerUnknown:
    """Return the customer's active cart, opened now if there is none."""
    if await get_customer(transaction.records, customer_id, lock=True) is None:
        return CustomerUnknown(customer_id)
    present = await of_customer(transaction.records, customer_id)
    if isinstance(present, Cart):
        return present
    cart = Cart(customer_id=customer_id, store_id=store_id, created_at=now, updated_at=now)
    return await CARTS.insert(transaction.records, cart)


async def assign(
    transaction: Transaction, cart: Cart, *, customer_id: int, now: str
) -> Cart | CustomerUnknown | CartNotAnonymous | CartFull:
    """Make a guest's cart, which the caller has locked, the active cart of a customer.

    What the customer's cart held so far comes with it. The mask no longer finds the cart.
    """
    records = transaction.records
    if cart.customer_id is not None:
        return CartNotAnonymous(cart.id)
    if await get_customer(records, customer_id, lock=True) is None:
        return CustomerUnknown(customer_id)
    present = await of_customer(records, customer_id, lock=True)
    if isinstance(present, Cart):
        cart = _merge(cart, present)
        if cart.row_count > MAX_ROWS:
            return CartFull(MAX_ROWS)
        await CARTS.update(records, replace(present, is_active=0, updated_at=now))
    return await CARTS.update(records, replace(cart, customer_id=customer_id, mask=None, updated_at=now))


def _merge(cart: Cart, other: Cart) -> Cart:
    """Return ``cart`` with the rows of ``other``; rows of the same product and options become one."""
    rows: dict[object, CartItem] = {item.identity: item for item in cart.items}
    for item in other.items:
        present = rows.get(item.identity)
        rows[item.identity] = item if present is None else replace(present, qty=present.qty + item.qty)
    return replace(cart, items=tuple(rows.values()), coupon_code=cart.coupon_code or other.coupon_code)

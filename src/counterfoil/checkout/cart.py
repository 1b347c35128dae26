"""The nouns of a cart, and how carts are found.

A guest's cart is found by its mask, a secret of 32 letters and digits; a customer has at most one active
cart, which is found by the customer. Both are the unique name of the cart's record, so there cannot be
two. A cart that has become an order stays as it was, inactive.

Prices are not kept: they are read from the catalogue whenever the cart is looked at.
"""

from msgspec import Struct

from counterfoil.checkout.bundle import BundlePart
from counterfoil.checkout.kind import Document, Kind
from counterfoil.checkout.payment import PaymentChoice
from counterfoil.checkout.settings import DEFAULT_STORE
from counterfoil.domain.money import SCALE
from counterfoil.ledger.ports import Records, Transaction, Writes
from counterfoil.ledger.searching import Search

ITEM_IDS = "quote_item_id"
"""The series that the ids of rows come from."""

MASK_LENGTH = 32

MAX_ROWS = 500
"""The most rows that a cart may have, the parts of bundles counted."""


class CartAddress(Struct, frozen=True, omit_defaults=True):
    """Where a cart is shipped to, or billed to, as far as is known yet."""

    country_id: str | None = None
    region: str | None = None
    region_code: str | None = None
    region_id: int | None = None
    postcode: str | None = None
    city: str | None = None
    street: tuple[str, ...] = ()
    firstname: str | None = None
    lastname: str | None = None
    middlename: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    company: str | None = None
    telephone: str | None = None
    fax: str | None = None
    email: str | None = None
    vat_id: str | None = None
    customer_address_id: int | None = None
    same_as_billing: bool = False
    save_in_address_book: bool = False


class ChosenOption(Struct, frozen=True):
    """One choice by which a variant of a configurable product is found: an attribute and its option."""

    attribute_id: int
    value: int


class CartItem(Struct, frozen=True, omit_defaults=True):
    """One row of a cart. Item ids are unique over all carts; a variant has the id after its row's.

    ``child_id`` is the product that is really sold where ``product_id`` is a configurable one, ``parts``
    are those that are sold where it is a bundle. ``link_ids`` are the links of a downloadable product.
    """

    item_id: int
    product_id: int
    qty: int
    child_id: int | None = None
    options: tuple[ChosenOption, ...] = ()
    parts: tuple[BundlePart, ...] = ()
    link_ids: tuple[int, ...] = ()

    @property
    def sold_id(self) -> int:
        """The product whose weight and price count."""
        return self.product_id if self.child_id is None else self.child_id

    @property
    def goods(self) -> tuple[tuple[int, int], ...]:
        """What it takes from the stock: ids of products, and how many units of each (scaled)."""
        if not self.parts:
            return ((self.sold_id, self.qty),)
        return tuple((part.product_id, part.qty * self.qty // SCALE) for part in self.parts)

    @property
    def product_ids(self) -> frozenset[int]:
        """All products that the row names."""
        return frozenset({self.product_id, *(product_id for product_id, _ in self.goods)})

    @property
    def identity(self) -> object:
        """What makes two rows one: the same product and the same choices."""
        parts = frozenset((part.selection_id, part.qty) for part in self.parts)
        return self.product_id, self.child_id, self.options, parts, self.link_ids


class Cart(Document, frozen=True, kw_only=True):
    """A cart. ``email`` is what a guest gave for the order; ``mask`` is None for carts of customers.

    ``is_active`` is 1 until an order or another cart has come of it, then 0.
    """

    mask: str | None = None
    customer_id: int | None = None
    store_id: int = DEFAULT_STORE
    is_active: int = 1
    items: tuple[CartItem, ...] = ()
    shipping_address: CartAddress | None = None
    billing_address: CartAddress | None = None
    shipping_method: str | None = None
    payment: PaymentChoice | None = None
    coupon_code: str | None = None
    email: str | None = None
    created_at: str = ""
    updated_at: str = ""
    converted_at: str | None = None

    @property
    def quantity(self) -> int:
        """How many units the cart holds (scaled)."""
        return sum(item.qty for item in self.items)

    @property
    def row_count(self) -> int:
        """How many rows the cart has, the parts of bundles counted."""
        return len(self.items) + sum(len(item.parts) for item in self.items)

    def held(self, product_id: int) -> int:
        """How many units of a product the cart takes from the stock (scaled)."""
        return sum(qty for item in self.items for held_id, qty in item.goods if held_id == product_id)

    def item(self, item_id: int) -> CartItem | None:
        """Return the row of that id."""
        return next((item for item in self.items if item.item_id == item_id), None)


class CartUnknown(Struct, frozen=True):
    """Refusal: there is no such cart that is still active. ``cart_id`` is None for an unknown mask."""

    cart_id: int | None


CART_FIELDS = {
    "id": "id",
    "entity_id": "id",
    "store_id": "store_id:integer",
    "is_active": "is_active:integer",
    "customer_id": "customer_id:integer",
    "coupon_code": "coupon_code:text",
    "created_at": "created_at:time",
    "updated_at": "updated_at:time",
    "converted_at": "converted_at:time",
}
"""What carts can be searched by."""


def record_name(cart: Cart) -> str | None:
    """Return the unique name of the cart's record: the mask, or the customer as long as it is active."""
    if cart.mask is not None:
        return cart.mask
    return customer_name(cart.customer_id) if cart.customer_id and cart.is_active else None


def customer_name(customer_id: int) -> str:
    """Return the name under which a customer's active cart is stored. No mask looks like it."""
    return f"customer/{customer_id}"


CARTS = Kind(
    "cart",
    Cart,
    name_of=record_name,
    owner_of=lambda cart: None if cart.customer_id is None else str(cart.customer_id),
)


async def of_mask(records: Records, mask: str, *, lock: bool = False) -> Cart | CartUnknown:
    """Return a guest's active cart."""
    return _active(await any_of_mask(records, mask, lock=lock), None)


async def of_customer(records: Records, customer_id: int, *, lock: bool = False) -> Cart | CartUnknown:
    """Return a customer's active cart."""
    return _active(await CARTS.named(records, customer_name(customer_id), lock=lock), None)


async def of_id(records: Records, cart_id: int, *, lock: bool = False) -> Cart | CartUnknown:
    """Return the active cart of that id, whosever it is."""
    return _active(await CARTS.get(records, cart_id, lock=lock), cart_id)


async def any_of_mask(records: Records, mask: str, *, lock: bool = False) -> Cart | None:
    """Return a guest's cart, active or not."""
    cart = await CARTS.named(records, mask, lock=lock) if len(mask) == MASK_LENGTH else None
    return cart if cart is not None and cart.mask == mask else None


def _active(cart: Cart | None, cart_id: int | None) -> Cart | CartUnknown:
    if cart is None:
        return CartUnknown(cart_id)
    return cart if cart.is_active else CartUnknown(cart.id)


async def take_item_ids(transaction: Transaction, count: int) -> int:
    """Take ``count`` consecutive ids for rows and return the first. Locks a series: call it last."""
    first = (await transaction.lock_series([ITEM_IDS]))[ITEM_IDS]
    await transaction.write(Writes(series={ITEM_IDS: first + count}))
    return first


async def search_carts(records: Records, search: Search) -> tuple[list[Cart], int]:
    """Return one page of carts and the total count. Raises `UnknownField`, `InvalidCondition`."""
    return await CARTS.search(records, CART_FIELDS, search)

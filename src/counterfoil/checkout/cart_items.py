"""Put products into a cart, change their quantities and options, take them out.

The caller has loaded and locked the cart. Quantities are scaled. Stock is looked at here and promised only
when the order is placed. Sources: contract adobe §4.7 and recordings 140–150, 202, 203.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout import availability
from counterfoil.checkout.attribute import find_attributes
from counterfoil.checkout.availability import AboveMaximum, NotForSale, Unavailable
from counterfoil.checkout.cart import CARTS, MAX_ROWS, Cart, CartItem, ChosenOption, take_item_ids
from counterfoil.checkout.cart_row import CartRow
from counterfoil.checkout.configurable import children_of
from counterfoil.checkout.product import CONFIGURABLE, Product, find_product, load_products
from counterfoil.domain.money import SCALE
from counterfoil.ledger.ports import Records, Transaction

MAX_ROW_TOTAL = 10**13 * SCALE
"""The most that one row may cost: 500 rows of it can still be stored."""

_NEW = 0
"""Stands for the id of a row that has none yet."""


class SkuUnknown(Struct, frozen=True):
    """Refusal: there is no product with this sku."""

    sku: str


class OptionsMissing(Struct, frozen=True):
    """Refusal: no variant of the configurable product has the options that were chosen."""

    sku: str


class QuantityMissing(Struct, frozen=True):
    """Refusal: it was not said how many."""


class QuantityNotPositive(Struct, frozen=True):
    """Refusal: a row cannot be set to this quantity (scaled). To take it out, delete it."""

    qty: int


class CartItemUnknown(Struct, frozen=True):
    """Refusal: the cart has no such row."""

    cart_id: int
    item_id: int


class CartFull(Struct, frozen=True):
    """Refusal: a cart has at most ``limit`` rows."""

    limit: int


ItemRefusal = (
    SkuUnknown
    | OptionsMissing
    | QuantityMissing
    | QuantityNotPositive
    | CartItemUnknown
    | CartFull
    | Unavailable
)


def asked_quantity(qty: int | None) -> int | None:
    """Return the quantity that is meant: what is not above zero counts as one (recordings 141, 142)."""
    return qty if qty is None or qty > 0 else SCALE


async def add_item(
    transaction: Transaction,
    cart: Cart,
    *,
    sku: str,
    qty: int | None,
    options: Sequence[ChosenOption] = (),
    now: str,
) -> CartRow | ItemRefusal:
    """Put ``qty`` of a product into the cart and return its row.

    A row with the same product and options grows; otherwise there is a new one.
    """
    wanted = asked_quantity(qty)
    if wanted is None:
        return QuantityMissing()
    product = await find_product(transaction.records, sku)
    if product is None:
        return SkuUnknown(sku)
    chosen = await _choose(transaction.records, product, options)
    if not isinstance(chosen, CartItem):
        return chosen
    present = next((item for item in cart.items if _same(item, chosen)), None)
    if present is None and len(cart.items) >= MAX_ROWS:
        return CartFull(MAX_ROWS)
    if present is None:
        item = replace(chosen, qty=wanted)
        changed = replace(cart, items=(*cart.items, item))
    else:
        item = replace(present, qty=present.qty + wanted)
        changed = replace(cart, items=_with(cart, item))
    return await _save(transaction, changed, item, now=now)


async def update_item(
    transaction: Transaction,
    cart: Cart,
    *,
    item_id: int,
    qty: int | None,
    options: Sequence[ChosenOption] | None = None,
    now: str,
) -> CartRow | ItemRefusal:
    """Set the quantity of a row, and its options if any are given, and return the row.

    If another row has the same options already, it is joined to this one.
    """
    if qty is not None and qty <= 0:
        return QuantityNotPositive(qty)
    wanted = asked_quantity(qty)
    if wanted is None:
        return QuantityMissing()
    before = cart.item(item_id)
    if before is None:
        return CartItemUnknown(cart.id, item_id)
    item = replace(before, qty=wanted)
    if options:
        product = (await load_products(transaction.records, [before.product_id])).get(before.product_id)
        if product is None:
            return CartItemUnknown(cart.id, item_id)
        chosen = await _choose(transaction.records, product, options)
        if not isinstance(chosen, CartItem):
            return chosen
        item = replace(chosen, item_id=item_id, qty=wanted)
    equal = [other for other in cart.items if other.item_id != item_id and _same(other, item)]
    item = replace(item, qty=item.qty + sum(other.qty for other in equal))
    changed = replace(cart, items=tuple(other for other in _with(cart, item) if other not in equal))
    return await _save(transaction, changed, item, now=now)


async def remove_item(
    transaction: Transaction, cart: Cart, *, item_id: int, now: str
) -> Cart | CartItemUnknown:
    """Take a row out of the cart and return the cart."""
    if cart.item(item_id) is None:
        return CartItemUnknown(cart.id, item_id)
    left = tuple(item for item in cart.items if item.item_id != item_id)
    return await CARTS.update(transaction.records, replace(cart, items=left, updated_at=now))


async def _choose(
    records: Records, product: Product, options: Sequence[ChosenOption]
) -> CartItem | OptionsMissing | NotForSale:
    """Return a row, without id and quantity, for the product or the variant that was chosen."""
    if not product.is_enabled:
        return NotForSale(product.sku)
    if product.type_id != CONFIGURABLE:
        return CartItem(_NEW, product.id, 0)
    values = {option.attribute_id: option.value for option in options}
    wanted = [option.attribute_id for option in product.configurable_options]
    if not wanted or any(attribute_id not in values for attribute_id in wanted):
        return OptionsMissing(product.sku)
    attributes = await find_attributes(records, wanted)
    if len(attributes) < len(wanted):
        return OptionsMissing(product.sku)
    codes = {attribute_id: attributes[attribute_id].attribute_code for attribute_id in wanted}
    for child in await children_of(records, product):
        if child.is_enabled and all(
            child.attributes.get(codes[attribute_id]) == str(values[attribute_id]) for attribute_id in wanted
        ):
            chosen = tuple(ChosenOption(attribute_id, values[attribute_id]) for attribute_id in wanted)
            return CartItem(_NEW, product.id, 0, child.id, chosen)
    return OptionsMissing(product.sku)


def _same(one: CartItem, other: CartItem) -> bool:
    return (one.product_id, one.child_id, one.options) == (other.product_id, other.child_id, other.options)


def _with(cart: Cart, item: CartItem) -> tuple[CartItem, ...]:
    return tuple(item if other.item_id == item.item_id else other for other in cart.items)


async def _save(transaction: Transaction, cart: Cart, item: CartItem, *, now: str) -> CartRow | ItemRefusal:
    """Write the cart if what it holds of the row's product can be sold. A new row gets its id here."""
    products = await load_products(transaction.records, sorted({item.product_id, item.sold_id}))
    if item.sold_id not in products or item.product_id not in products:
        return CartItemUnknown(cart.id, item.item_id)
    child = None if item.child_id is None else products[item.child_id]
    row = CartRow(item, products[item.product_id], child)
    levels = await transaction.stock([item.sold_id])
    in_cart = sum(other.qty for other in cart.items if other.sold_id == item.sold_id)
    refusal = availability.refuse(row.sold, levels.get(item.sold_id), in_cart)
    if refusal is not None:
        return refusal
    if row.row_total > MAX_ROW_TOTAL:
        return AboveMaximum(row.sold.sku)
    if item.item_id == _NEW:
        item_id = await take_item_ids(transaction, 1 if child is None else 2)
        row = replace(row, item=replace(item, item_id=item_id))
        cart = replace(cart, items=(*cart.items[:-1], row.item))
    await CARTS.update(transaction.records, replace(cart, updated_at=now))
    return row

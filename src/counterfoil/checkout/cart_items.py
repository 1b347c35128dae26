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
from counterfoil.checkout.bundle_choice import (
    ChoiceRefusal,
    LinksMissing,
    OptionChoice,
    choose_links,
    choose_parts,
)
from counterfoil.checkout.cart import CARTS, MAX_ROWS, Cart, CartItem, ChosenOption, take_item_ids
from counterfoil.checkout.cart_row import CartRow, row_of
from counterfoil.checkout.configurable import children_of
from counterfoil.checkout.product import (
    BUNDLE,
    CONFIGURABLE,
    DOWNLOADABLE,
    Product,
    find_product,
    load_products,
)
from counterfoil.domain.money import SCALE
from counterfoil.ledger.ports import Records, Transaction

MAX_ROW_TOTAL = 10**13 * SCALE
"""The most that one row may cost: 500 rows of it can still be stored."""

_NEW = 0
"""Stands for the id of a row, or of a part, that has none yet."""


class Choices(Struct, frozen=True):
    """What is chosen of a product: a variant, the parts of a bundle, the links of a downloadable one."""

    options: Sequence[ChosenOption] = ()
    parts: Sequence[OptionChoice] = ()
    link_ids: Sequence[int] = ()

    def __bool__(self) -> bool:
        """Whether anything is chosen."""
        return bool(self.options or self.parts or self.link_ids)


_NOTHING = Choices()


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
    | ChoiceRefusal
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
    choices: Choices = _NOTHING,
    now: str,
) -> CartRow | ItemRefusal:
    """Put ``qty`` of a product into the cart and return its row.

    A row with the same product and choices grows; otherwise there is a new one.
    """
    wanted = asked_quantity(qty)
    if wanted is None:
        return QuantityMissing()
    product = await find_product(transaction.records, sku)
    if product is None:
        return SkuUnknown(sku)
    chosen = await _choose(transaction.records, product, choices)
    if not isinstance(chosen, CartItem):
        return chosen
    present = next((item for item in cart.items if item.identity == chosen.identity), None)
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
    choices: Choices = _NOTHING,
    now: str,
) -> CartRow | ItemRefusal:
    """Set the quantity of a row, and its choices if any are given, and return the row.

    If another row has the same choices already, it is joined to this one.
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
    if choices:
        product = (await load_products(transaction.records, [before.product_id])).get(before.product_id)
        if product is None:
            return CartItemUnknown(cart.id, item_id)
        chosen = await _choose(transaction.records, product, choices)
        if not isinstance(chosen, CartItem):
            return chosen
        same = chosen.identity == before.identity
        item = replace(before if same else chosen, item_id=item_id, qty=wanted)
    others = [other for other in cart.items if other.item_id != item_id]
    equal = [other for other in others if other.identity == item.identity]
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
    records: Records, product: Product, choices: Choices
) -> CartItem | OptionsMissing | NotForSale | ChoiceRefusal:
    """Return a row, without id and quantity, for the product with what was chosen of it."""
    if not product.is_enabled:
        return NotForSale(product.sku)
    item = CartItem(_NEW, product.id, 0)
    if product.type_id == CONFIGURABLE:
        return await _choose_variant(records, product, choices.options)
    if product.type_id == BUNDLE:
        ids = {selection.product_id for option in product.bundle_options for selection in option.selections}
        parts = choose_parts(product, choices.parts, await load_products(records, sorted(ids)))
        return replace(item, parts=parts) if isinstance(parts, tuple) else parts
    if product.type_id == DOWNLOADABLE:
        link_ids = choose_links(product, choices.link_ids)
        return link_ids if isinstance(link_ids, LinksMissing) else replace(item, link_ids=link_ids)
    return item


async def _choose_variant(
    records: Records, product: Product, options: Sequence[ChosenOption]
) -> CartItem | OptionsMissing:
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


def _with(cart: Cart, item: CartItem) -> tuple[CartItem, ...]:
    return tuple(item if other.item_id == item.item_id else other for other in cart.items)


async def _save(transaction: Transaction, cart: Cart, item: CartItem, *, now: str) -> CartRow | ItemRefusal:
    """Write the cart if what it holds of the row's goods can be sold. What is new gets its ids here."""
    if cart.row_count > MAX_ROWS:
        return CartFull(MAX_ROWS)
    row = row_of(item, await load_products(transaction.records, sorted(item.product_ids)))
    if row is None:
        return CartItemUnknown(cart.id, item.item_id)
    goods = {product.id: product for product, _ in row.goods}
    levels = await transaction.stock(sorted(item.product_ids))
    wanted = {product_id: cart.held(product_id) for product_id in goods}
    refusal = availability.refuse_composite(row.product, levels, item.qty)
    refusal = refusal or availability.refuse_any(wanted, goods, levels)
    if refusal is not None:
        return refusal
    if row.row_total > MAX_ROW_TOTAL:
        return AboveMaximum(row.sold.sku)
    numbered = await _numbered(transaction, item)
    changed = replace(cart, items=tuple(numbered if other is item else other for other in cart.items))
    await CARTS.update(transaction.records, replace(changed, updated_at=now))
    parts = zip(row.parts, numbered.parts, strict=True)
    return replace(row, item=numbered, parts=tuple(replace(part, chosen=chosen) for part, chosen in parts))


async def _numbered(transaction: Transaction, item: CartItem) -> CartItem:
    """Return the row with ids for itself and its parts, as far as they have none yet."""
    is_new = item.item_id == _NEW
    unnumbered = item.parts if any(part.item_id == _NEW for part in item.parts) else ()
    if not is_new and not unnumbered:
        return item
    has_variant = item.child_id is not None
    next_id = await take_item_ids(transaction, is_new * (1 + has_variant) + len(unnumbered))
    if is_new:
        item = replace(item, item_id=next_id)
        next_id += 1
    parts = tuple(replace(part, item_id=next_id + index) for index, part in enumerate(unnumbered))
    return replace(item, parts=parts or item.parts)

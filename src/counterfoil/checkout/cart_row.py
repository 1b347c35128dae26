"""A row of a cart together with the products it names."""

from collections.abc import Mapping

from msgspec import Struct

from counterfoil.checkout.bundle import BundleOption, BundlePart, Selection
from counterfoil.checkout.cart import Cart, CartItem
from counterfoil.checkout.product import BUNDLE, Product, load_products
from counterfoil.domain.money import SCALE, multiply, round_minor
from counterfoil.ledger.ports import Records


class RowPart(Struct, frozen=True):
    """A part of a bundle with what it was chosen from. ``qty`` is that of the whole row (scaled)."""

    chosen: BundlePart
    option: BundleOption
    selection: Selection
    product: Product
    qty: int

    @property
    def price(self) -> int:
        """The net price of a unit where the bundle's price is dynamic (scaled)."""
        return self.product.price or 0

    @property
    def weight(self) -> int:
        """What a unit weighs (scaled); virtual goods weigh nothing."""
        return 0 if self.product.is_virtual else self.product.weight or 0


class CartRow(Struct, frozen=True):
    """A row, its product, the variant that is sold if the product is configurable, the parts of a bundle."""

    item: CartItem
    product: Product
    child: Product | None = None
    parts: tuple[RowPart, ...] = ()

    @property
    def sold(self) -> Product:
        """The product whose price, weight and tax class count."""
        return self.child or self.product

    @property
    def goods(self) -> tuple[tuple[Product, int], ...]:
        """What is taken from the stock, and how much of it (scaled)."""
        if not self.parts:
            return ((self.sold, self.item.qty),)
        return tuple((part.product, part.qty) for part in self.parts)

    @property
    def sku(self) -> str:
        """The sku under which it is ordered: a bundle's may be continued with those of its parts."""
        if not self.product.is_named_by_parts:
            return self.sold.sku
        return "-".join([self.product.sku, *(part.product.sku for part in self.parts)])

    @property
    def is_virtual(self) -> bool:
        """Whether nothing of it is shipped."""
        return all(product.is_virtual for product, _ in self.goods)

    @property
    def price(self) -> int:
        """The net price of a unit (scaled)."""
        if self.product.is_priced_by_parts:
            return round_minor(sum(multiply(part.price, part.chosen.qty) for part in self.parts))
        price = self.sold.price or 0
        if self.parts:
            return round_minor(price + sum(_selection_price(part, price) for part in self.parts))
        if self.product.sells_links_separately:
            price += sum(link.price for link in self.product.links if link.id in self.item.link_ids)
        return price

    @property
    def row_total(self) -> int:
        """The net price of the row (scaled, whole minor units)."""
        if self.product.is_priced_by_parts:
            return sum(multiply(part.price, part.qty) for part in self.parts)
        return multiply(self.price, self.item.qty)

    @property
    def weight(self) -> int:
        """What a unit weighs (scaled); virtual goods weigh nothing."""
        if self.product.is_weighed_by_parts:
            return sum(part.weight * part.chosen.qty // SCALE for part in self.parts)
        return 0 if self.is_virtual else self.sold.weight or 0

    @property
    def row_weight(self) -> int:
        """What the row weighs (scaled)."""
        return self.weight * self.item.qty // SCALE

    @property
    def shipped_units(self) -> int:
        """How many units are shipped each for itself (scaled): a bundle that is shipped together is one."""
        if self.product.is_shipped_separately:
            return sum(part.qty for part in self.parts if not part.product.is_virtual)
        return 0 if self.is_virtual else self.item.qty


def _selection_price(part: RowPart, base: int) -> int:
    """Return what a part adds to one bundle with a fixed price of ``base`` (scaled)."""
    if not part.selection.price_is_percent:
        return part.selection.price * part.chosen.qty // SCALE
    whole = 100 * SCALE * SCALE
    return (2 * base * part.selection.price * part.chosen.qty + whole) // (2 * whole)


def row_of(item: CartItem, products: Mapping[int, Product]) -> CartRow | None:
    """Return the row of ``item``, or None if one of its products or choices is not what it was any more."""
    product, sold = products.get(item.product_id), products.get(item.sold_id)
    if product is None or sold is None or (product.type_id == BUNDLE) != bool(item.parts):
        return None
    options = {option.id: option for option in product.bundle_options}
    parts = []
    for chosen in item.parts:
        option, part = options.get(chosen.option_id), products.get(chosen.product_id)
        selection = None if option is None else option.selection(chosen.selection_id)
        if option is None or part is None or selection is None or selection.product_id != part.id:
            return None
        parts.append(RowPart(chosen, option, selection, part, chosen.qty * item.qty // SCALE))
    return CartRow(item, product, None if item.child_id is None else sold, tuple(parts))


async def load_rows(records: Records, cart: Cart) -> tuple[CartRow, ...]:
    """Return the rows whose products still exist, in the order of the cart."""
    ids = {product_id for item in cart.items for product_id in item.product_ids}
    products = await load_products(records, sorted(ids)) if ids else {}
    rows = (row_of(item, products) for item in cart.items)
    return tuple(row for row in rows if row is not None)

"""A row of a cart together with the products it names."""

from msgspec import Struct

from counterfoil.checkout.cart import Cart, CartItem
from counterfoil.checkout.product import Product, load_products
from counterfoil.domain.money import SCALE, multiply
from counterfoil.ledger.ports import Records


class CartRow(Struct, frozen=True):
    """A row, its product, and the variant that is sold if the product is configurable."""

    item: CartItem
    product: Product
    child: Product | None = None

    @property
    def sold(self) -> Product:
        """The product whose price, stock, weight and tax class count."""
        return self.child or self.product

    @property
    def price(self) -> int:
        """The net price of a unit (scaled)."""
        return self.sold.price or 0

    @property
    def row_total(self) -> int:
        """The net price of the row (scaled, whole minor units)."""
        return multiply(self.price, self.item.qty)

    @property
    def row_weight(self) -> int:
        """What the row weighs (scaled); virtual goods weigh nothing."""
        weight = 0 if self.sold.is_virtual else self.sold.weight or 0
        return weight * self.item.qty // SCALE


async def load_rows(records: Records, cart: Cart) -> tuple[CartRow, ...]:
    """Return the rows whose products still exist, in the order of the cart."""
    ids = {product_id for item in cart.items for product_id in (item.product_id, item.sold_id)}
    products = await load_products(records, sorted(ids)) if ids else {}
    return tuple(
        CartRow(item, products[item.product_id], None if item.child_id is None else products[item.child_id])
        for item in cart.items
        if item.product_id in products and item.sold_id in products
    )

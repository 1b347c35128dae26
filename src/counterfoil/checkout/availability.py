"""Whether a quantity of a product may be sold now, and what is promised to orders. Pure.

A product is salable up to its quantity less what is reserved for orders and less its threshold, unless it
may be backordered or its stock is not managed. Quantities are scaled. Source: contract adobe §4.7.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.product import BUNDLE, COMPOSITE, Product
from counterfoil.checkout.stock import new_level
from counterfoil.domain.money import SCALE
from counterfoil.ledger.ports import StockLevel


class NotForSale(Struct, frozen=True):
    """Refusal: the product is disabled, or it is not one that can be sold."""

    sku: str


class OutOfStock(Struct, frozen=True):
    """Refusal: there is none of the product."""

    sku: str


class NotEnough(Struct, frozen=True):
    """Refusal: there is less of the product than was asked for."""

    sku: str


class AboveMaximum(Struct, frozen=True):
    """Refusal: nobody may have so many in one cart."""

    sku: str


class BelowMinimum(Struct, frozen=True):
    """Refusal: the product is sold only in larger quantities (scaled)."""

    sku: str
    min_sale_qty: int


class NotByIncrement(Struct, frozen=True):
    """Refusal: the product is sold only in multiples of a quantity (scaled)."""

    sku: str
    qty_increments: int


class NotDecimal(Struct, frozen=True):
    """Refusal: the product is sold in whole units."""

    sku: str


Unavailable = NotForSale | OutOfStock | NotEnough | AboveMaximum | BelowMinimum | NotByIncrement | NotDecimal


def refuse(product: Product, level: StockLevel | None, qty: int) -> Unavailable | None:
    """Return why ``qty`` of ``product`` cannot be sold, or None if it can."""
    level = level or new_level(product.id)
    if not product.is_enabled or product.price is None:
        return NotForSale(product.sku)
    if qty % SCALE and not level.is_qty_decimal:
        return NotDecimal(product.sku)
    if qty > level.max_sale_qty:
        return AboveMaximum(product.sku)
    if qty < level.min_sale_qty:
        return BelowMinimum(product.sku, level.min_sale_qty)
    increments = product.stock_settings.qty_increments
    if product.stock_settings.enable_qty_increments and increments and qty % increments:
        return NotByIncrement(product.sku, increments)
    if not level.manage_stock:
        return None
    if not level.is_in_stock:
        return OutOfStock(product.sku)
    if qty > level.qty - level.reserved - level.min_qty and not level.backorders:
        return NotEnough(product.sku)
    return None


def refuse_composite(product: Product, levels: Mapping[int, StockLevel], qty: int) -> Unavailable | None:
    """Return why ``qty`` of a product that consists of others cannot be sold, whatever there is of them."""
    if product.type_id not in COMPOSITE:
        return None
    level = levels.get(product.id) or new_level(product.id)
    if not product.is_enabled:
        return NotForSale(product.sku)
    if qty % SCALE and product.type_id == BUNDLE:
        return NotDecimal(product.sku)
    return OutOfStock(product.sku) if product.type_id == BUNDLE and not level.is_in_stock else None


def refuse_any(
    wanted: Mapping[int, int], products: Mapping[int, Product], levels: Mapping[int, StockLevel]
) -> Unavailable | None:
    """Return why the quantities by product id cannot be sold together, or None if they can."""
    refusals = (
        refuse(products[product_id], levels.get(product_id), qty) for product_id, qty in wanted.items()
    )
    return next((refusal for refusal in refusals if refusal is not None), None)


def reserve(wanted: Mapping[int, int], levels: Mapping[int, StockLevel]) -> Iterable[StockLevel]:
    """Yield the levels that change when the quantities by product id are promised to an order."""
    for product_id, qty in wanted.items():
        level = levels.get(product_id)
        if level is not None and level.manage_stock:
            yield replace(level, reserved=level.reserved + qty)

"""Stock items: how many units of a product there are, and the terms on which they are sold.

What orders need to know stands in a `StockLevel`; the rest in the product's `StockSettings`. A level
always holds the values in force: where a ``use_config_`` flag is set, that is the shop's default.
Quantities are scaled; Adobe keeps them as DECIMAL(12,4).
"""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.product import COMPOSITE, PRODUCTS, Product, StockSettings, find_product
from counterfoil.domain.money import SCALE
from counterfoil.ledger.ports import Reader, StockLevel, Transaction

MAX_QTY = 100_000_000 * SCALE
"""Quantities must stay below this."""

BACKORDERS = (0, 1, 2)
"""No backorders; allowed below 0; allowed and told to the customer."""

DEFAULT_MIN_QTY = 0
DEFAULT_MIN_SALE_QTY = SCALE
DEFAULT_MAX_SALE_QTY = 10_000 * SCALE
DEFAULT_NOTIFY_QTY = SCALE


class StockChanges(Struct, frozen=True):
    """What a request says about a stock item. None: nothing was said. Quantities are scaled."""

    qty: int | None = None
    is_in_stock: bool | None = None
    is_qty_decimal: bool | None = None
    manage_stock: bool | None = None
    backorders: int | None = None
    min_qty: int | None = None
    min_sale_qty: int | None = None
    max_sale_qty: int | None = None
    notify_stock_qty: int | None = None
    qty_increments: int | None = None
    enable_qty_increments: bool | None = None
    is_decimal_divided: bool | None = None
    use_config_manage_stock: bool | None = None
    use_config_backorders: bool | None = None
    use_config_min_qty: bool | None = None
    use_config_min_sale_qty: bool | None = None
    use_config_max_sale_qty: bool | None = None
    use_config_notify_stock_qty: bool | None = None
    use_config_qty_increments: bool | None = None
    use_config_enable_qty_inc: bool | None = None


class StockItem(Struct, frozen=True):
    """A stock item as it is shown: the level and the settings of one product."""

    level: StockLevel
    settings: StockSettings


class InvalidStock(Struct, frozen=True):
    """Refusal: a stock item cannot have this value. ``value`` is scaled if the field is a quantity."""

    field: str
    value: int


class StockOfUnknownProduct(Struct, frozen=True):
    """Refusal: there is no product with this sku."""

    sku: str


_SETTINGS = tuple(
    name
    for name in StockSettings.__struct_fields__
    if name not in {"low_stock_date", "stock_status_changed_auto"}
)
_QUANTITIES = ("qty", "min_qty", "min_sale_qty", "max_sale_qty", "notify_stock_qty", "qty_increments")


def new_level(product_id: int) -> StockLevel:
    """Return the level of a product of which nothing has been said yet."""
    return StockLevel(
        product_id=product_id,
        qty=0,
        reserved=0,
        is_in_stock=False,
        manage_stock=True,
        backorders=False,
        is_qty_decimal=False,
        min_qty=DEFAULT_MIN_QTY,
        min_sale_qty=DEFAULT_MIN_SALE_QTY,
        max_sale_qty=DEFAULT_MAX_SALE_QTY,
    )


def decide(
    product: Product, before: StockLevel | None, changes: StockChanges, *, now: str
) -> StockItem | InvalidStock:
    """Return the product's stock item after ``changes``.

    A product that has run out is out of stock whatever was said, and back in stock when there is some
    again, unless somebody said that it shall not be sold. What consists of others has no stock of its own.
    """
    refusal = _unfit(changes)
    if refusal is not None:
        return refusal
    said = {name: value for name in _SETTINGS if (value := getattr(changes, name, None)) is not None}
    settings = replace(product.stock_settings, **said)
    level = _in_force(before or new_level(product.id), settings, changes)
    if product.type_id in COMPOSITE:
        in_stock = (
            changes.is_in_stock if changes.is_in_stock is not None else before is None or level.is_in_stock
        )
        return StockItem(replace(level, is_in_stock=in_stock), settings)
    has_stock = not level.manage_stock or level.backorders or level.qty > level.min_qty
    offered = _offered(product, before, changes)
    low = level.manage_stock and level.qty < settings.notify_stock_qty
    settings = replace(
        settings,
        low_stock_date=now if low else None,
        stock_status_changed_auto=offered and not has_stock,
    )
    return StockItem(replace(level, is_in_stock=offered and has_stock), settings)


def _offered(product: Product, before: StockLevel | None, changes: StockChanges) -> bool:
    """Whether the shop wants to sell the product: it is in stock as soon as there is any."""
    if changes.is_in_stock is not None:
        return changes.is_in_stock
    return before is None or before.is_in_stock or product.stock_settings.stock_status_changed_auto


def _in_force(level: StockLevel, settings: StockSettings, changes: StockChanges) -> StockLevel:
    def value(said: int | None, use_config: bool, default: int, current: int) -> int:  # noqa: FBT001
        if use_config:
            return default
        return current if said is None else said

    manage_stock = level.manage_stock if changes.manage_stock is None else changes.manage_stock
    return replace(
        level,
        qty=level.qty if changes.qty is None else changes.qty,
        is_qty_decimal=level.is_qty_decimal if changes.is_qty_decimal is None else changes.is_qty_decimal,
        manage_stock=settings.use_config_manage_stock or manage_stock,
        backorders=not settings.use_config_backorders and settings.backorders > 0,
        min_qty=value(changes.min_qty, settings.use_config_min_qty, DEFAULT_MIN_QTY, level.min_qty),
        min_sale_qty=value(
            changes.min_sale_qty, settings.use_config_min_sale_qty, DEFAULT_MIN_SALE_QTY, level.min_sale_qty
        ),
        max_sale_qty=value(
            changes.max_sale_qty, settings.use_config_max_sale_qty, DEFAULT_MAX_SALE_QTY, level.max_sale_qty
        ),
    )


def _unfit(changes: StockChanges) -> InvalidStock | None:
    for name in _QUANTITIES:
        value = getattr(changes, name)
        if value is not None and not 0 <= value < MAX_QTY:
            return InvalidStock(name, value)
    if changes.backorders is not None and changes.backorders not in BACKORDERS:
        return InvalidStock("backorders", changes.backorders * SCALE)
    return None


async def load_stock(reader: Reader, product: Product) -> StockItem:
    """Return the product's stock item."""
    levels = await reader.stock([product.id])
    return StockItem(levels.get(product.id) or new_level(product.id), product.stock_settings)


async def find_stock(reader: Reader, sku: str) -> StockItem | StockOfUnknownProduct:
    """Return the stock item of a product by its sku."""
    product = await find_product(reader.records, sku)
    return StockOfUnknownProduct(sku) if product is None else await load_stock(reader, product)


async def change_stock(
    transaction: Transaction, *, sku: str, changes: StockChanges, now: str
) -> StockItem | StockOfUnknownProduct | InvalidStock:
    """Write ``changes`` to the stock item of a product and return it. What is reserved stays reserved."""
    product = await find_product(transaction.records, sku, lock=True)
    if product is None:
        return StockOfUnknownProduct(sku)
    item = await write_stock(transaction, product, changes, now=now)
    if isinstance(item, StockItem) and item.settings != product.stock_settings:
        changed = replace(product, stock_settings=item.settings)
        await PRODUCTS.update(transaction.records, changed)
    return item


async def write_stock(
    transaction: Transaction, product: Product, changes: StockChanges, *, now: str
) -> StockItem | InvalidStock:
    """Write the level of a product. The caller stores the settings with the product, which it has locked."""
    levels = await transaction.lock_stock([product.id])
    before = levels.get(product.id)
    item = decide(product, before, changes, now=now)
    if isinstance(item, StockItem) and item.level != before:
        await transaction.write_stock([item.level])
    return item

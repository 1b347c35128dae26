"""The nouns of the catalogue: products, what they consist of, and how they are found.

Prices and weights are integers of 1/10 000. A sku is one product whatever its case, as in Adobe's
tables (their collation ignores case); it is printed as it was first written.
"""

from collections.abc import Sequence

from msgspec import Struct, field

from counterfoil.checkout.bundle import BundleOption
from counterfoil.checkout.downloadable import DownloadableLink, DownloadableSample
from counterfoil.checkout.kind import Document, Kind
from counterfoil.ledger.ports import Records

SIMPLE = "simple"
VIRTUAL = "virtual"
CONFIGURABLE = "configurable"
BUNDLE = "bundle"
DOWNLOADABLE = "downloadable"
TYPES = (SIMPLE, VIRTUAL, CONFIGURABLE, BUNDLE, DOWNLOADABLE)

COMPOSITE = (CONFIGURABLE, BUNDLE)
"""Types of which only the parts are in stock."""

ENABLED = 1
DISABLED = 2

DEFAULT_ATTRIBUTE_SET = 4
"""The attribute set that a fresh shop has for products."""

TAXABLE_GOODS = 2
"""The product tax class that a product gets if none is named; 0 is "None"."""


class ConfigurableOption(Struct, frozen=True):
    """An attribute by which the variants of a configurable product differ.

    ``value_indexes`` are the ids of the attribute's options that may be chosen.
    """

    id: int
    attribute_id: int
    label: str
    position: int
    value_indexes: tuple[int, ...]


class StockSettings(Struct, frozen=True):
    """What a stock item says beside its `StockLevel`.

    A ``use_config_`` flag means that the shop's default holds, whatever value was sent with it.
    Quantities are scaled.
    """

    use_config_min_qty: bool = True
    use_config_min_sale_qty: bool = True
    use_config_max_sale_qty: bool = True
    use_config_backorders: bool = True
    use_config_notify_stock_qty: bool = True
    use_config_qty_increments: bool = True
    use_config_enable_qty_inc: bool = True
    use_config_manage_stock: bool = True
    backorders: int = 0
    notify_stock_qty: int = 10_000
    qty_increments: int = 0
    enable_qty_increments: bool = False
    is_decimal_divided: bool = False
    low_stock_date: str | None = None
    stock_status_changed_auto: bool = False


AttributeValue = str | list[str] | None
"""A value of a custom attribute as the wire has it: option ids are numbers in strings."""


class Product(Document, frozen=True, kw_only=True):
    """A product. ``attributes`` holds the values of custom attributes by code.

    ``child_ids`` and ``configurable_options`` are those of a configurable product, ``bundle_options``
    those of a bundle. A child that has been deleted may still be listed; `load_products` leaves it out.
    """

    sku: str
    name: str
    type_id: str = SIMPLE
    attribute_set_id: int = DEFAULT_ATTRIBUTE_SET
    price: int | None = None
    status: int = ENABLED
    visibility: int = 4
    weight: int | None = None
    tax_class_id: int = TAXABLE_GOODS
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    website_ids: tuple[int, ...] = (1,)
    configurable_options: tuple[ConfigurableOption, ...] = ()
    child_ids: tuple[int, ...] = ()
    bundle_options: tuple[BundleOption, ...] = ()
    links: tuple[DownloadableLink, ...] = ()
    samples: tuple[DownloadableSample, ...] = ()
    stock_settings: StockSettings = StockSettings()
    created_at: str = ""
    updated_at: str = ""

    @property
    def is_enabled(self) -> bool:
        return self.status == ENABLED

    @property
    def is_virtual(self) -> bool:
        return self.type_id in (VIRTUAL, DOWNLOADABLE)

    @property
    def is_priced_by_parts(self) -> bool:
        """Whether it is a bundle with a dynamic price."""
        return self.type_id == BUNDLE and self.attributes.get("price_type") != "1"

    @property
    def is_shipped_separately(self) -> bool:
        """Whether it is a bundle whose parts are shipped each for itself."""
        return self.type_id == BUNDLE and self.attributes.get("shipment_type") == "1"

    @property
    def is_weighed_by_parts(self) -> bool:
        """Whether it is a bundle that weighs what its parts weigh."""
        return self.type_id == BUNDLE and self.attributes.get("weight_type") != "1"

    @property
    def is_named_by_parts(self) -> bool:
        """Whether it is a bundle whose sku is continued with those of its parts."""
        return self.type_id == BUNDLE and self.attributes.get("sku_type") != "1"

    @property
    def sells_links_separately(self) -> bool:
        """Whether who buys chooses among the links of a downloadable product, and pays for each."""
        return self.type_id == DOWNLOADABLE and self.attributes.get("links_purchased_separately") == "1"


class OptionId(Document, frozen=True, kw_only=True):
    """Nothing but an id: options stand in their product, and draw ids that no two of them share."""


def name_of(sku: str) -> str:
    """Return the unique name under which the product of ``sku`` is stored."""
    return sku.strip().casefold()


PRODUCTS = Kind("product", Product, name_of=lambda product: name_of(product.sku))
OPTION_IDS = Kind("configurable_option", OptionId)


async def find_product(records: Records, sku: str, *, lock: bool = False) -> Product | None:
    """Return the product of ``sku``, or None."""
    return await PRODUCTS.named(records, name_of(sku), lock=lock)


async def load_products(records: Records, ids: Sequence[int]) -> dict[int, Product]:
    """Return the products that exist by id, in the order of ``ids``."""
    return await PRODUCTS.many(records, ids)

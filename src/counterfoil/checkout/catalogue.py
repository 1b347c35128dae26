"""The verbs of the catalogue: save, delete and find products.

Saving is one verb: it makes the product if its sku is new and changes it if it is not, as Adobe's REST
interface does for POST and PUT alike (contract adobe §4.3). Refusals carry Adobe's words for fields.
"""

import re
import unicodedata
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.attribute import ATTRIBUTES, CODE
from counterfoil.checkout.bundle_options import BundleOptionDraft, PartsRefusal, with_options
from counterfoil.checkout.configurable import (
    OptionAttributeUnknown,
    OptionDraft,
    VariantRefusal,
    options_of_drafts,
    with_children,
)
from counterfoil.checkout.downloadable_links import LinkDraft, LinksRefusal, with_links
from counterfoil.checkout.product import (
    BUNDLE,
    CONFIGURABLE,
    DEFAULT_ATTRIBUTE_SET,
    DISABLED,
    DOWNLOADABLE,
    ENABLED,
    PRODUCTS,
    TYPES,
    AttributeValue,
    Product,
    find_product,
)
from counterfoil.checkout.stock import InvalidStock, StockChanges, StockItem, load_stock, write_stock
from counterfoil.checkout.tax import CLASSES, PRODUCT_CLASS
from counterfoil.domain.money import SCALE
from counterfoil.ledger.faults import Conflict
from counterfoil.ledger.ports import NameTaken, Records, Transaction
from counterfoil.ledger.searching import Filter, Search

MAX_SKU = 64
MAX_NAME = 255
MAX_ATTRIBUTES = 500
MAX_VALUE = 65_535
"""The longest value of an attribute, in characters."""

MAX_PRICE = 10**12 * SCALE
"""Prices and weights must stay below this. Adobe's DECIMAL(20,4) could hold more than a sum of rows can."""

VISIBILITIES = (1, 2, 3, 4)

SYSTEM_ATTRIBUTES = frozenset(
    {
        *("description", "short_description", "meta_title", "meta_keyword", "meta_description"),
        *("url_key", "url_path", "image", "small_image", "thumbnail", "swatch_image"),
        *("image_label", "small_image_label", "thumbnail_label", "news_from_date", "news_to_date"),
        *("custom_design", "custom_design_from", "custom_design_to", "custom_layout", "page_layout"),
        *("options_container", "gift_message_available", "country_of_manufacture", "manufacturer"),
        *("cost", "msrp", "msrp_display_actual_price_type", "category_ids"),
        *("price_type", "price_view", "shipment_type", "sku_type", "weight_type"),
        *("links_purchased_separately", "links_title", "links_exist", "samples_title"),
    }
)
"""Attributes that every shop has beside its own, whose values are only kept and shown."""

UNSUPPORTED_ATTRIBUTES = frozenset({"special_price", "special_from_date", "special_to_date", "tier_price"})
"""Attributes that would change what is charged. Prices here have one level, so they are refused."""

_BUNDLE_DEFAULTS = dict.fromkeys(
    ("price_type", "price_view", "shipment_type", "sku_type", "weight_type"), "0"
)
_LINKS_DEFAULTS = {"links_purchased_separately": "0", "links_title": "Links", "samples_title": "Samples"}

FLAGS = frozenset(
    {"price_type", "price_view", "shipment_type", "sku_type", "weight_type", "links_purchased_separately"}
)
"""Attributes of bundles and downloadable products that are 0 or 1. Prices and shipments go by them."""

FIELDS = {
    "entity_id": "id",
    "sku": "sku:text",
    "name": "name:text",
    "type_id": "type_id:text",
    "attribute_set_id": "attribute_set_id:integer",
    "price": "price:number",
    "weight": "weight:number",
    "status": "status:integer",
    "visibility": "visibility:integer",
    "tax_class_id": "tax_class_id:integer",
    "created_at": "created_at:time",
    "updated_at": "updated_at:time",
}
"""What products can be searched by, beside their attributes."""


class ProductChanges(Struct, frozen=True):
    """What a request says about a product. None: nothing was said. Money and weight are scaled.

    ``attributes`` are changed one by one; an empty value removes one. ``options``, ``child_ids``,
    ``bundle_options``, ``links`` and ``samples`` replace those that there were.
    """

    sku: str
    name: str | None = None
    type_id: str | None = None
    attribute_set_id: int | None = None
    price: int | None = None
    status: int | None = None
    visibility: int | None = None
    weight: int | None = None
    tax_class_id: int | None = None
    attributes: dict[str, AttributeValue] = {}
    website_ids: tuple[int, ...] | None = None
    stock: StockChanges | None = None
    options: tuple[OptionDraft, ...] | None = None
    child_ids: tuple[int, ...] | None = None
    bundle_options: tuple[BundleOptionDraft, ...] | None = None
    links: tuple[LinkDraft, ...] | None = None
    samples: tuple[LinkDraft, ...] | None = None


class ValueMissing(Struct, frozen=True):
    """Refusal: a product must have a value for this attribute. ``label`` is the attribute's name."""

    label: str


class SkuTooLong(Struct, frozen=True):
    """Refusal: a sku has at most ``limit`` characters."""

    limit: int


class NegativeNumber(Struct, frozen=True):
    """Refusal: prices and weights are 0 or more."""

    field: str


class InvalidValue(Struct, frozen=True):
    """Refusal: a field cannot have this value."""

    field: str
    value: str


class NotSupported(Struct, frozen=True):
    """Refusal: the attribute would change what is charged, and this shop does not know how."""

    attribute_code: str


class ProductUnknown(Struct, frozen=True):
    """Refusal: there is no product with this sku."""

    sku: str


PlainRefusal = (
    ValueMissing
    | SkuTooLong
    | NegativeNumber
    | InvalidValue
    | NotSupported
    | InvalidStock
    | OptionAttributeUnknown
    | VariantRefusal
)
ProductRefusal = PlainRefusal | PartsRefusal | LinksRefusal


class SavedProduct(Struct, frozen=True):
    """A product as it is stored now, with its stock item."""

    product: Product
    stock: StockItem


async def save_product(
    transaction: Transaction, changes: ProductChanges, *, now: str
) -> SavedProduct | ProductRefusal:
    """Make or change the product of ``changes.sku`` and return it."""
    records = transaction.records
    sku = changes.sku.strip()
    if len(sku) > MAX_SKU:
        return SkuTooLong(MAX_SKU)
    if not sku:
        return ValueMissing("SKU")
    before = await find_product(records, sku, lock=True)
    known = await _known_attributes(records, changes.attributes)
    product = _changed(before or Product(sku=sku, name="", created_at=now), changes, known, now=now)
    if before is None:
        product = with_defaults(product)
    refusal = unfit(product, changes) or await _unfit_tax_class(records, changes)
    if refusal is not None:
        return refusal
    if before is None:
        try:
            product = await PRODUCTS.insert(records, product)
        except NameTaken:
            raise Conflict from None  # the same sku was made by somebody else just now: change that one
    return await _finish(transaction, product, changes, now=now, is_new=before is None)


async def _finish(
    transaction: Transaction, product: Product, changes: ProductChanges, *, now: str, is_new: bool
) -> SavedProduct | ProductRefusal:
    """Add what needs the product's id: what it consists of, and stock."""
    linked = await _with_parts(transaction, product, changes)
    if not isinstance(linked, Product):
        return linked
    if is_new or changes.stock is not None:
        stock = await write_stock(transaction, linked, changes.stock or StockChanges(), now=now)
    else:
        stock = await load_stock(transaction, linked)
    if isinstance(stock, InvalidStock):
        return stock
    final = replace(linked, stock_settings=stock.settings)
    final = await PRODUCTS.update(transaction.records, final)
    return SavedProduct(final, stock)


async def _with_parts(
    transaction: Transaction, product: Product, changes: ProductChanges
) -> Product | OptionAttributeUnknown | VariantRefusal | PartsRefusal | LinksRefusal:
    """Return the product with the parts that its type has and ``changes`` ask for, and without all others."""
    records = transaction.records
    if product.type_id != CONFIGURABLE:
        product = replace(product, configurable_options=(), child_ids=())
    if product.type_id != BUNDLE:
        product = replace(product, bundle_options=())
    if product.type_id != DOWNLOADABLE:
        product = replace(product, links=(), samples=())
    if product.type_id == BUNDLE and changes.bundle_options is not None:
        return await with_options(records, product, changes.bundle_options)
    if product.type_id == DOWNLOADABLE:
        return await with_links(records, product, links=changes.links, samples=changes.samples)
    if product.type_id == CONFIGURABLE:
        return await _with_variants(transaction, product, changes)
    return product


async def _with_variants(
    transaction: Transaction, product: Product, changes: ProductChanges
) -> Product | OptionAttributeUnknown | VariantRefusal:
    if changes.options is not None:
        options = await options_of_drafts(transaction.records, product, changes.options)
        if not isinstance(options, tuple):
            return options
        product = replace(product, configurable_options=options)
    if changes.child_ids is None and changes.options is None:
        return product
    wanted = product.child_ids if changes.child_ids is None else tuple(dict.fromkeys(changes.child_ids))
    return await with_children(transaction.records, product, wanted)


def _changed(product: Product, changes: ProductChanges, known: Sequence[str], *, now: str) -> Product:
    """Return the product with what was said about it. ``known`` are the attributes that exist."""
    attributes = dict(product.attributes)
    for code in known:
        value = changes.attributes[code]
        if value is None or value == "":
            attributes.pop(code, None)
        else:
            attributes[code] = value
    said = {
        field: value
        for field in ("name", "type_id", "attribute_set_id", "price", "status", "visibility", "weight")
        if (value := getattr(changes, field)) is not None
    }
    if changes.tax_class_id is not None:
        said["tax_class_id"] = changes.tax_class_id
    if changes.website_ids is not None:
        said["website_ids"] = changes.website_ids
    return replace(product, attributes=attributes, updated_at=now, **said)


def with_defaults(product: Product) -> Product:
    """Return a new product with the attribute values that Adobe gives one."""
    attributes = dict(product.attributes)
    attributes.setdefault("options_container", "container2")
    attributes.setdefault("msrp_display_actual_price_type", "0")
    attributes.setdefault("url_key", url_key(product.name) or url_key(product.sku) or "product")
    of_type = {BUNDLE: _BUNDLE_DEFAULTS, DOWNLOADABLE: _LINKS_DEFAULTS}.get(product.type_id, {})
    for code, value in of_type.items():
        attributes.setdefault(code, value)
    return replace(product, attributes=attributes)


def url_key(text: str) -> str:
    """Return ``text`` as a part of an address: ``Café au lait!`` is ``cafe-au-lait``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def unfit(product: Product, changes: ProductChanges) -> ProductRefusal | None:
    """Return why the product cannot be as ``changes`` want it, or None."""
    for code in changes.attributes:
        if code in UNSUPPORTED_ATTRIBUTES and changes.attributes[code]:
            return NotSupported(code)
    if product.type_id not in TYPES:
        return InvalidValue("type_id", product.type_id)
    if not product.name.strip():
        return ValueMissing("Product Name")
    if product.price is None and product.type_id != CONFIGURABLE and not product.is_priced_by_parts:
        return ValueMissing("Price")
    for field, number in (("price", product.price), ("weight", product.weight)):
        if number is not None and number < 0:
            return NegativeNumber(field)
        if number is not None and number >= MAX_PRICE:
            return InvalidValue(field, str(number // SCALE))
    return _unfit_field(product)


def _unfit_field(product: Product) -> InvalidValue | None:
    if len(product.name) > MAX_NAME:
        return InvalidValue("name", product.name)
    if product.attribute_set_id != DEFAULT_ATTRIBUTE_SET:
        return InvalidValue("attribute_set_id", str(product.attribute_set_id))
    if product.status not in {ENABLED, DISABLED}:
        return InvalidValue("status", str(product.status))
    if product.visibility not in VISIBILITIES:
        return InvalidValue("visibility", str(product.visibility))
    if any(website_id != 1 for website_id in product.website_ids):
        return InvalidValue("website_ids", ",".join(map(str, product.website_ids)))
    if len(product.attributes) > MAX_ATTRIBUTES:
        return InvalidValue("custom_attributes", str(len(product.attributes)))
    for code in FLAGS & product.attributes.keys():
        if product.attributes[code] not in ("0", "1"):
            return InvalidValue(code, str(product.attributes[code]))
    for code, value in product.attributes.items():
        texts = value if isinstance(value, list) else [value or ""]
        if sum(map(len, texts)) > MAX_VALUE:
            return InvalidValue(code, texts[0][:MAX_SKU])
    return None


async def _unfit_tax_class(records: Records, changes: ProductChanges) -> InvalidValue | None:
    if not changes.tax_class_id:
        return None
    found = await CLASSES.get(records, changes.tax_class_id)
    if found is not None and found.class_type == PRODUCT_CLASS:
        return None
    return InvalidValue("tax_class_id", str(changes.tax_class_id))


async def _known_attributes(records: Records, codes: Sequence[str] | dict[str, AttributeValue]) -> list[str]:
    """Return those of ``codes`` that are attributes of this shop, in the same order.

    The others are ignored when a product is saved, as in Adobe.
    """
    own = [code for code in codes if code not in SYSTEM_ATTRIBUTES and CODE.fullmatch(code)][:MAX_ATTRIBUTES]
    if not own:
        return [code for code in codes if code in SYSTEM_ATTRIBUTES]
    wanted = Search(groups=((Filter("attribute_code", "in", ",".join(own)),),))
    found, _ = await ATTRIBUTES.search(records, {"attribute_code": "attribute_code:text"}, wanted)
    shop = SYSTEM_ATTRIBUTES | {attribute.attribute_code for attribute in found}
    return [code for code in codes if code in shop]


async def delete_product(transaction: Transaction, *, sku: str) -> ProductUnknown | None:
    """Remove a product. Parents, carts and orders that name it keep its id, which is never given again."""
    product = await find_product(transaction.records, sku, lock=True)
    if product is None:
        return ProductUnknown(sku)
    await transaction.records.delete(PRODUCTS.name, product.id)
    return None


async def search_products(records: Records, search: Search) -> tuple[list[Product], int]:
    """Return one page of products and the total count. Raises `UnknownField`, `InvalidCondition`."""
    named = [condition.field for group in search.groups for condition in group]
    named += [sort.field for sort in search.sorts]
    codes = [name for name in dict.fromkeys(named) if name not in FIELDS]
    attributes = {code: f"attributes.{code}:text" for code in await _known_attributes(records, codes)}
    return await PRODUCTS.search(records, FIELDS | attributes, search)

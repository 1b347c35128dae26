"""Products on the wire: what of a request becomes changes, and how a product is shown.

Answers to POST and PUT lack ``product_links`` and ``tier_prices``, as on the recorded system; a product
within a list of variants lacks ``extension_attributes`` and ``options``.
"""

from collections.abc import Callable, Mapping
from typing import Any

from counterfoil.checkout.catalogue import ProductChanges, SavedProduct
from counterfoil.checkout.configurable import OptionDraft
from counterfoil.checkout.product import (
    BUNDLE,
    CONFIGURABLE,
    DOWNLOADABLE,
    AttributeValue,
    ConfigurableOption,
    Product,
)
from counterfoil.dialects.adobe import bundle_document, downloadable_document, stock_document
from counterfoil.dialects.adobe.call import AdobeError
from counterfoil.dialects.adobe.custom_attributes import CUSTOM_ATTRIBUTES
from counterfoil.dialects.adobe.documents import invalid
from counterfoil.dialects.adobe.render import number
from counterfoil.dialects.adobe.stock_document import STOCK_ITEM
from counterfoil.dialects.adobe.wire import BOOL, FLOAT, INT, MIXED, STRING, DataObject, ListOf, scaled

_VALUE = DataObject("OptionValue", {"value_index": INT, "extension_attributes": MIXED})
OPTION = DataObject(
    "Option",
    {
        "id": INT,
        "attribute_id": STRING,
        "label": STRING,
        "position": INT,
        "is_use_default": BOOL,
        "values": ListOf(_VALUE),
        "product_id": INT,
        "extension_attributes": MIXED,
    },
)
_CATEGORY = DataObject(
    "CategoryLink", {"position": INT, "category_id": STRING, "extension_attributes": MIXED}
)
_EXTENSION = DataObject(
    "ProductExtension",
    {
        "website_ids": ListOf(INT),
        "category_links": ListOf(_CATEGORY),
        "stock_item": STOCK_ITEM,
        "configurable_product_options": ListOf(OPTION),
        "configurable_product_links": ListOf(INT),
        "bundle_product_options": ListOf(bundle_document.OPTION),
        "downloadable_product_links": ListOf(downloadable_document.LINK),
        "downloadable_product_samples": ListOf(downloadable_document.SAMPLE),
    },
)
PRODUCT = DataObject(
    "Product",
    {
        "id": INT,
        "sku": STRING,
        "name": STRING,
        "attribute_set_id": INT,
        "price": FLOAT,
        "status": INT,
        "visibility": INT,
        "type_id": STRING,
        "created_at": STRING,
        "updated_at": STRING,
        "weight": FLOAT,
        "extension_attributes": _EXTENSION,
        "product_links": ListOf(MIXED),
        "options": ListOf(MIXED),
        "media_gallery_entries": ListOf(MIXED),
        "tier_prices": ListOf(MIXED),
        "custom_attributes": CUSTOM_ATTRIBUTES,
    },
)

UNSUPPORTED = ("options", "tier_prices", "product_links", "media_gallery_entries")
"""Parts of a product that there are none of here. Empty lists may be sent back as they were answered."""

_PLAIN = ("name", "type_id", "attribute_set_id", "status", "visibility")


def changes(sku: str, sent: dict[str, Any]) -> ProductChanges:
    """Return what a decoded product says.

    Raises `AdobeError` 400 for parts that would be lost without a word.
    """
    for part in UNSUPPORTED:
        if sent.get(part):
            raise AdobeError(400, "Invalid product data: %1", [f"{part} are not supported"])
    extension = sent.get("extension_attributes") or {}
    attributes: dict[str, AttributeValue] = dict(sent.get("custom_attributes") or {})
    tax_class_id = attributes.pop("tax_class_id", None)
    links = extension.get("category_links")
    if links is not None:
        attributes["category_ids"] = [link.get("category_id") or "" for link in links]
    said: dict[str, Any] = {name: sent[name] for name in _PLAIN if sent.get(name) is not None}
    said |= {name: scaled(sent[name]) for name in ("price", "weight") if sent.get(name) is not None}
    websites, stock = extension.get("website_ids"), extension.get("stock_item")
    return ProductChanges(
        sku=sku,
        attributes=attributes,
        tax_class_id=_tax_class(tax_class_id),
        website_ids=None if websites is None else tuple(filter(None, websites)),
        stock=None if stock is None else stock_document.changes(stock),
        **_parts(extension),
        **said,
    )


def _parts(extension: dict[str, Any]) -> dict[str, Any]:
    """Return what is said about the things that a product consists of."""
    drafts: tuple[tuple[str, str, Callable[[Any], object]], ...] = (
        ("options", "configurable_product_options", option_draft),
        ("bundle_options", "bundle_product_options", bundle_document.option_draft),
        ("links", "downloadable_product_links", downloadable_document.link_draft),
        ("samples", "downloadable_product_samples", downloadable_document.sample_draft),
    )
    said: dict[str, Any] = {
        name: tuple(draft(entry) for entry in extension[key])
        for name, key, draft in drafts
        if extension.get(key) is not None
    }
    children = extension.get("configurable_product_links")
    if children is not None:
        said["child_ids"] = tuple(child for child in children if child is not None)
    return said


def _tax_class(value: AttributeValue) -> int | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.isdecimal() or len(value) > 9:
        raise invalid("tax_class_id", value if isinstance(value, str) else "array")
    return int(value)


def option_draft(sent: dict[str, Any]) -> OptionDraft:
    """Return what a decoded configurable option says."""
    attribute_id = sent.get("attribute_id") or ""
    if not attribute_id.isdecimal() or len(attribute_id) > 9:
        raise invalid("attribute_id", attribute_id)
    values = [value.get("value_index") for value in sent.get("values") or ()]
    return OptionDraft(
        attribute_id=int(attribute_id),
        label=sent.get("label") or "",
        position=sent.get("position") or 0,
        value_indexes=tuple(dict.fromkeys(value for value in values if value)),
    )


def render_saved(saved: SavedProduct, parts: Mapping[int, Product]) -> dict[str, Any]:
    """Return the answer to POST and PUT. ``parts`` are variants and parts of bundles that exist, by id."""
    whole = render(saved, parts)
    return {key: value for key, value in whole.items() if key not in {"product_links", "tier_prices"}}


def render(saved: SavedProduct, parts: Mapping[int, Product]) -> dict[str, Any]:
    """Return a product with everything that belongs to it."""
    product = saved.product
    extension: dict[str, Any] = {"website_ids": list(product.website_ids)}
    if category_links := _category_links(product):
        extension["category_links"] = category_links
    extension["stock_item"] = stock_document.render(saved.stock)
    if product.type_id == CONFIGURABLE:
        extension["configurable_product_options"] = [
            render_option(option, product) for option in product.configurable_options
        ]
        children = [child_id for child_id in product.child_ids if child_id in parts]
        extension["configurable_product_links"] = children
    if product.type_id == BUNDLE:
        extension["bundle_product_options"] = bundle_document.render_options(product, parts)
    if product.type_id == DOWNLOADABLE:
        links, samples = product.links, product.samples
        extension["downloadable_product_links"] = list(map(downloadable_document.render_link, links))
        extension["downloadable_product_samples"] = list(map(downloadable_document.render_sample, samples))
    return _head(product) | {"extension_attributes": extension} | _tail(product)


def render_listed(product: Product) -> dict[str, Any]:
    """Return a product as one of many found: without stock and variants."""
    extension: dict[str, Any] = {"website_ids": list(product.website_ids)}
    if category_links := _category_links(product):
        extension["category_links"] = category_links
    return _head(product) | {"extension_attributes": extension} | _tail(product)


def render_child(product: Product) -> dict[str, Any]:
    """Return a product as a variant of another."""
    tail = _tail(product)
    del tail["options"]
    return _head(product) | tail


def _head(product: Product) -> dict[str, Any]:
    head: dict[str, Any] = {
        "id": product.id,
        "sku": product.sku,
        "name": product.name,
        "attribute_set_id": product.attribute_set_id,
        "price": 0 if product.is_priced_by_parts else number(product.price or 0),
        "status": product.status,
        "visibility": product.visibility,
        "type_id": product.type_id,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }
    if product.weight is not None:
        head["weight"] = number(product.weight)
    return head


def _tail(product: Product) -> dict[str, Any]:
    values: dict[str, Any] = dict(product.attributes)
    category_ids = values.pop("category_ids", None) or []
    values |= {"required_options": "0", "has_options": "0", "tax_class_id": str(product.tax_class_id)}
    values["category_ids"] = category_ids if isinstance(category_ids, list) else [category_ids]
    return {
        "product_links": [],
        "options": [],
        "media_gallery_entries": [],
        "tier_prices": [],
        "custom_attributes": [{"attribute_code": code, "value": value} for code, value in values.items()],
    }


def _category_links(product: Product) -> list[dict[str, Any]]:
    category_ids = product.attributes.get("category_ids") or []
    listed = category_ids if isinstance(category_ids, list) else [category_ids]
    return [{"position": position, "category_id": entry} for position, entry in enumerate(listed)]


def render_option(option: ConfigurableOption, product: Product) -> dict[str, Any]:
    """Return an attribute by which the variants of ``product`` differ."""
    return {
        "id": option.id,
        "attribute_id": str(option.attribute_id),
        "label": option.label,
        "position": option.position,
        "values": [{"value_index": value} for value in option.value_indexes],
        "product_id": product.id,
    }

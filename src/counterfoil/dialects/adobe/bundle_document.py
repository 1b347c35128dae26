"""Bundles on the wire: options and selections as JSON, and what clients send of them.

The names are those of Adobe's ``bundle_product_options``. A selection's price is left out (null) where the
bundle's price is dynamic: there each product has its own.
"""

from collections.abc import Mapping
from typing import Any

from counterfoil.checkout.bundle import BundleOption, Selection
from counterfoil.checkout.bundle_options import BundleOptionDraft, SelectionDraft
from counterfoil.checkout.product import Product
from counterfoil.dialects.adobe.documents import invalid
from counterfoil.dialects.adobe.render import number
from counterfoil.dialects.adobe.wire import BOOL, FLOAT, INT, MIXED, STRING, DataObject, ListOf, scaled

LINK = DataObject(
    "Link",
    {
        "id": STRING,
        "sku": STRING,
        "option_id": INT,
        "qty": FLOAT,
        "position": INT,
        "is_default": BOOL,
        "price": FLOAT,
        "price_type": INT,
        "can_change_quantity": INT,
        "extension_attributes": MIXED,
    },
)
OPTION = DataObject(
    "Option",
    {
        "option_id": INT,
        "title": STRING,
        "required": BOOL,
        "type": STRING,
        "position": INT,
        "sku": STRING,
        "product_links": ListOf(LINK),
        "extension_attributes": MIXED,
    },
)

MAX_ID_DIGITS = 18
PERCENT = 1
"""The price type of a selection whose price is a percentage of the bundle's; 0 is an amount."""

TYPES = (
    ("select", "Drop-down"),
    ("radio", "Radio Buttons"),
    ("checkbox", "Checkbox"),
    ("multi", "Multiple Select"),
)


def option_draft(sent: dict[str, Any], *, option_id: int | None = None) -> BundleOptionDraft:
    """Return what a decoded option says; ``option_id`` is the one of the path, if there is one."""
    links = sent.get("product_links")
    return BundleOptionDraft(
        id=option_id or sent.get("option_id") or None,
        title=sent.get("title"),
        required=sent.get("required"),
        type=sent.get("type"),
        position=sent.get("position"),
        selections=None if links is None else tuple(selection_draft(link) for link in links),
    )


def selection_draft(sent: dict[str, Any]) -> SelectionDraft:
    """Return what a decoded product link says. Raises `AdobeError` 400 for an id or a type that is none."""
    price_type, selection_id = sent.get("price_type"), sent.get("id")
    if price_type not in (None, 0, PERCENT):
        raise invalid("price_type", str(price_type))
    if selection_id and not (selection_id.isdecimal() and len(selection_id) <= MAX_ID_DIGITS):
        raise invalid("id", selection_id)
    changeable = sent.get("can_change_quantity")
    return SelectionDraft(
        sku=sent.get("sku") or "",
        id=int(selection_id) if selection_id else None,
        qty=None if sent.get("qty") is None else scaled(sent["qty"]),
        position=sent.get("position"),
        is_default=sent.get("is_default"),
        price=None if sent.get("price") is None else scaled(sent["price"]),
        price_is_percent=None if price_type is None else price_type == PERCENT,
        can_change_quantity=None if changeable is None else changeable != 0,
    )


def render_option(option: BundleOption, bundle: Product, parts: Mapping[int, Product]) -> dict[str, Any]:
    """Return an option of ``bundle``. ``parts`` are the products that exist, by id."""
    return {
        "option_id": option.id,
        "title": option.title,
        "required": option.required,
        "type": option.type,
        "position": option.position,
        "sku": bundle.sku,
        "product_links": render_links(option, bundle, parts),
    }


def render_links(option: BundleOption, bundle: Product, parts: Mapping[int, Product]) -> list[dict[str, Any]]:
    """Return what can be selected for an option."""
    ordered = sorted(option.selections, key=lambda selection: (selection.position, selection.id))
    return [
        _link(selection, option, bundle, parts[selection.product_id])
        for selection in ordered
        if selection.product_id in parts
    ]


def _link(selection: Selection, option: BundleOption, bundle: Product, part: Product) -> dict[str, Any]:
    has_price = not bundle.is_priced_by_parts
    return {
        "id": str(selection.id),
        "sku": part.sku,
        "option_id": option.id,
        "qty": number(selection.qty),
        "position": selection.position,
        "is_default": selection.is_default,
        "price": number(selection.price) if has_price else None,
        "price_type": int(selection.price_is_percent) if has_price else None,
        "can_change_quantity": int(selection.can_change_quantity),
    }


def render_options(bundle: Product, parts: Mapping[int, Product]) -> list[dict[str, Any]]:
    """Return all options of a bundle in the order in which they are shown."""
    ordered = sorted(bundle.bundle_options, key=lambda option: (option.position, option.id))
    return [render_option(option, bundle, parts) for option in ordered]


def part_ids(bundle: Product) -> list[int]:
    """Return the ids of all products that can be selected for a bundle."""
    ids = {selection.product_id for option in bundle.bundle_options for selection in option.selections}
    return sorted(ids)

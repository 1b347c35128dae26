"""Carts, their rows and addresses as JSON, and what clients send of them (contract adobe §11, Cart*)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from counterfoil.checkout.bundle_choice import OptionChoice
from counterfoil.checkout.cart import Cart, CartAddress, ChosenOption
from counterfoil.checkout.cart_items import Choices
from counterfoil.checkout.cart_row import CartRow
from counterfoil.checkout.customer import Customer
from counterfoil.checkout.draft_items import option_of
from counterfoil.checkout.tax import RETAIL_CUSTOMER
from counterfoil.dialects.adobe.customer_document import render
from counterfoil.dialects.adobe.documents import invalid
from counterfoil.dialects.adobe.render import number
from counterfoil.dialects.adobe.wire import FLOAT, INT, MIXED, STRING, DataObject, ListOf, scaled
from counterfoil.domain.money import SCALE

MAX_TEXT = 255
"""The longest text of an address, as in Adobe's tables."""

MAX_ID_DIGITS = 18

_CHOSEN_OPTION = DataObject(
    "ConfigurableItemOptionValue", {"option_id": STRING, "option_value": INT, "extension_attributes": MIXED}
)
_BUNDLE_OPTION = DataObject(
    "BundleOption",
    {
        "option_id": INT,
        "option_qty": INT,
        "option_selections": ListOf(INT),
        "extension_attributes": MIXED,
    },
)
_DOWNLOADABLE_OPTION = DataObject("DownloadableOption", {"downloadable_links": ListOf(INT)})
_PRODUCT_OPTION = DataObject(
    "ProductOption",
    {
        "extension_attributes": DataObject(
            "ProductOptionExtension",
            {
                "configurable_item_options": ListOf(_CHOSEN_OPTION),
                "bundle_options": ListOf(_BUNDLE_OPTION),
                "downloadable_option": _DOWNLOADABLE_OPTION,
                "custom_options": MIXED,
            },
        )
    },
)
CART_ITEM = DataObject(
    "CartItem",
    {
        "item_id": INT,
        "sku": STRING,
        "qty": FLOAT,
        "name": STRING,
        "price": FLOAT,
        "product_type": STRING,
        "quote_id": STRING,
        "product_option": _PRODUCT_OPTION,
        "extension_attributes": MIXED,
    },
)
ADDRESS = DataObject(
    "Address",
    {
        **dict.fromkeys(("id", "region_id", "customer_id", "customer_address_id"), INT),
        **dict.fromkeys(("same_as_billing", "save_in_address_book"), INT),
        **dict.fromkeys(("region", "region_code", "country_id", "postcode", "city", "telephone"), STRING),
        **dict.fromkeys(("firstname", "lastname", "middlename", "prefix", "suffix"), STRING),
        **dict.fromkeys(("company", "fax", "vat_id", "email"), STRING),
        "street": ListOf(STRING),
        "custom_attributes": MIXED,
        "extension_attributes": MIXED,
    },
)


def choices(item: dict[str, Any]) -> Choices:
    """Return what a decoded cart item chooses. What is no id chooses nothing."""
    option = item.get("product_option") or {}
    sent = option.get("extension_attributes") or {}
    links = (sent.get("downloadable_option") or {}).get("downloadable_links") or []
    return Choices(
        options=tuple(
            ChosenOption(attribute_id, entry["option_value"])
            for entry in sent.get("configurable_item_options") or []
            if (attribute_id := whole_id(entry.get("option_id"))) and entry.get("option_value") is not None
        ),
        parts=tuple(_option_choice(entry) for entry in sent.get("bundle_options") or []),
        link_ids=tuple(link_id for link_id in links if link_id),
    )


def _option_choice(sent: dict[str, Any]) -> OptionChoice:
    qty = sent.get("option_qty")
    selection_ids = tuple(entry for entry in sent.get("option_selections") or [] if entry)
    return OptionChoice(sent.get("option_id") or 0, selection_ids, None if qty is None else qty * SCALE)


def whole_id(text: str | None) -> int | None:
    """Return an id that was sent as a string, or None if it cannot be one."""
    return int(text) if text and len(text) <= MAX_ID_DIGITS and text.isdecimal() else None


def quantity(item: dict[str, Any]) -> int | None:
    """Return the quantity of a decoded cart item, scaled."""
    qty: int | Decimal | None = item.get("qty")
    return None if qty is None else scaled(qty)


def address_of(sent: dict[str, Any]) -> CartAddress:
    """Return a decoded address. Raises `AdobeError` 400 for texts that no address has room for."""
    street = tuple(sent.get("street") or ())
    if sum(map(len, street)) > MAX_TEXT:
        raise invalid("street", street[0][:MAX_TEXT])
    return CartAddress(
        **{name: short_text(name, sent.get(name)) for name in _TEXTS},
        region_id=sent.get("region_id") or None,
        street=street,
        customer_address_id=sent.get("customer_address_id") or None,
        same_as_billing=bool(sent.get("same_as_billing")),
        save_in_address_book=bool(sent.get("save_in_address_book")),
    )


_TEXTS = (
    *("country_id", "region", "region_code", "postcode", "city", "firstname", "lastname", "email"),
    *("middlename", "prefix", "suffix", "company", "telephone", "fax", "vat_id"),
)


def short_text(field_name: str, text: str | None) -> str | None:
    """Return a text of at most `MAX_TEXT` characters, None for an empty one. Raises `AdobeError` 400."""
    if text and len(text) > MAX_TEXT:
        raise invalid(field_name, text[:MAX_TEXT])
    return text or None


def item(row: CartRow, quote_id: str) -> dict[str, Any]:
    """Return a row. ``sku`` is the variant's, ``name`` the configurable product's (recording 202)."""
    shown: dict[str, Any] = {
        "item_id": row.item.item_id,
        "sku": row.sku,
        "qty": number(row.item.qty),
        "name": row.product.name,
        "price": number(row.price),
        "product_type": row.product.type_id,
        "quote_id": quote_id,
    }
    option = option_of(row.item)
    if option is not None:
        shown["product_option"] = option
    return shown


def address_id(cart: Cart, kind: str) -> int:
    """Return the id of a cart's ``billing`` or ``shipping`` address: every cart has one of each."""
    return 2 * cart.id - (1 if kind == "billing" else 0)


def address(cart: Cart, kind: str) -> dict[str, Any]:
    """Return the cart's ``billing`` or ``shipping`` address, as far as it is known."""
    known = (cart.billing_address if kind == "billing" else cart.shipping_address) or CartAddress()
    shown: dict[str, Any] = {
        "id": address_id(cart, kind),
        "region": known.region,
        "region_id": known.region_id,
        "region_code": known.region_code,
        "country_id": known.country_id,
        "street": list(known.street) or [""],
    }
    for name in ("company", "telephone", "fax", "postcode", "city", "firstname", "lastname", "middlename"):
        shown[name] = getattr(known, name)
    for name in ("prefix", "suffix", "vat_id"):
        shown[name] = getattr(known, name)
    shown["customer_id"] = cart.customer_id
    shown["email"] = known.email
    shown["same_as_billing"] = int(known.same_as_billing)
    shown["customer_address_id"] = known.customer_address_id
    shown["save_in_address_book"] = int(known.save_in_address_book)
    return {key: value for key, value in shown.items() if value is not None or key in _KEPT}


_KEPT = frozenset(
    {
        *("region", "region_id", "region_code", "country_id", "telephone", "postcode", "city"),
        *("firstname", "lastname", "email"),
    }
)
"""Keys of an address that are there without a value too."""


def customer(known: Customer | None) -> dict[str, Any]:
    """Return the customer of a cart; of a guest only that nothing is known."""
    if known is None:
        return {"email": None, "firstname": None, "lastname": None}
    return render(known, ())


def currency(code: str) -> dict[str, Any]:
    """Return the currencies of a cart: there is one."""
    codes = dict.fromkeys(("global", "base", "store", "quote"), code)
    return {
        **{f"{name}_currency_code": value for name, value in codes.items()},
        "store_to_base_rate": 0,
        "store_to_quote_rate": 0,
        "base_to_global_rate": 1,
        "base_to_quote_rate": 1,
    }


def cart(
    shown: Cart, rows: Sequence[CartRow], owner: Customer | None, *, currency_code: str
) -> dict[str, Any]:
    """Return a whole cart."""
    items = [item(row, str(shown.id)) for row in rows]
    is_virtual = bool(rows) and all(row.is_virtual for row in rows)
    document = {
        "id": shown.id,
        "created_at": shown.created_at,
        "updated_at": shown.updated_at,
        "converted_at": shown.converted_at,
        "is_active": bool(shown.is_active),
        "is_virtual": is_virtual,
        "items": items,
        "items_count": len(items),
        "items_qty": number(sum(row.item.qty for row in rows)),
        "customer": customer(owner),
        "billing_address": address(shown, "billing"),
        "orig_order_id": 0,
        "currency": currency(currency_code),
        "customer_is_guest": owner is None,
        "customer_note_notify": True,
        "customer_tax_class_id": owner.tax_class_id if owner else RETAIL_CUSTOMER,
        "store_id": shown.store_id,
        "extension_attributes": {"shipping_assignments": _assignments(shown, items, is_virtual=is_virtual)},
    }
    return {key: value for key, value in document.items() if value is not None}


def _assignments(shown: Cart, items: list[dict[str, Any]], *, is_virtual: bool) -> list[dict[str, Any]]:
    if is_virtual or not items:
        return []
    shipping = {"address": address(shown, "shipping"), "method": shown.shipping_method}
    return [{"shipping": {key: value for key, value in shipping.items() if value}, "items": items}]

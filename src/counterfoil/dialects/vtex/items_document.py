"""Items, totals and sellers of an order as documents have them (contract vtex §7).

``price`` is for one unit before discount, ``sellingPrice`` after it; the price definition splits what the
units come to exactly, so some of them may cost a cent more than others.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace

from counterfoil.dialects.vtex import complete
from counterfoil.dialects.vtex.complete import filled, number, rounded
from counterfoil.dialects.vtex.money import cents, units
from counterfoil.dialects.vtex.order_form import Form, called, item_form, rows_of, unique_id
from counterfoil.domain import transitions
from counterfoil.domain.cancel import CanceledRow, canceled_part
from counterfoil.domain.money import MINOR, SCALE
from counterfoil.domain.order import Order, OrderItem
from counterfoil.domain.terms import shown_value, shows_what_is_left

OWN_SELLER: Final = "1"
"""The seller that the shop is itself."""


_UNTOUCHED: Final = {
    f"{part}_{done}": 0
    for part in ("row", "tax", "discount", "discount_tax_compensation", "qty")
    for done in ("invoiced", "canceled")
}
"""The fields of a row of which nothing is invoiced or canceled."""


def shown_rows(order: Order) -> list[OrderItem]:
    """Return the rows with the units and amounts that documents show of them.

    Units that a Change of the second generation took away, or that were canceled beside invoiced ones, are
    not among them. A Change of the first generation leaves the items as they are (contract vtex §3.9), and
    a canceled order shows what it was at its end.
    """
    rows = rows_of(order)
    return [_left(order, item) for item in rows] if shows_what_is_left(order) else rows


def _left(order: Order, item: OrderItem) -> OrderItem:
    if item.qty_gone == 0:
        return item
    gone = _gone(order, item)
    return replace(
        item,
        qty_ordered=item.qty_ordered - gone.qty,
        row_total=item.row_total - gone.row_total,
        tax_amount=item.tax_amount - gone.tax_amount,
        discount_amount=item.discount_amount - gone.discount_amount,
    )


def _gone(order: Order, item: OrderItem) -> CanceledRow:
    """Return what went of a row before the order was canceled; of one that is, its share of the row."""
    if transitions.is_canceled(order):
        return canceled_part(replace(item, **_UNTOUCHED), item.qty_gone)
    return CanceledRow(
        item.qty_canceled,
        item.row_canceled,
        item.tax_canceled,
        item.discount_canceled,
        item.discount_tax_compensation_canceled,
    )


def items(order: Order) -> list[dict[str, Any]]:
    """Return the items with what both families of documents show of them."""
    return [_item(order, item) for item in shown_rows(order)]


def _item(order: Order, item: OrderItem) -> dict[str, Any]:
    form = item_form(item)
    total = cents(item.row_total - item.discount_amount)
    quantity = units(item.qty_ordered)
    price = cents(item.price)
    return {
        "uniqueId": unique_id(item),
        "id": item.sku,
        "productId": form.get("productId") or (str(item.product_id) if item.product_id else item.sku),
        "ean": form.get("ean"),
        "lockId": form.get("lockId") or f"00-{called(order)}",
        "itemAttachment": form.get("itemAttachment") or {"content": {}, "name": None},
        "attachments": form.get("attachments", []),
        "quantity": quantity,
        "seller": form.get("seller") or OWN_SELLER,
        "name": item.name,
        "refId": form.get("refId") or item.sku,
        "price": price,
        "listPrice": form.get("listPrice", price),
        "manualPrice": form.get("manualPrice"),
        "priceTags": _price_tags(item, form),
        "imageUrl": form.get("imageUrl", ""),
        "detailUrl": form.get("detailUrl", ""),
        "components": form.get("components", []),
        "bundleItems": form.get("bundleItems", []),
        "params": [],
        "offerings": form.get("offerings", []),
        "attachmentOfferings": [],
        "sellerSku": form.get("sellerSku") or item.sku,
        "priceValidUntil": form.get("priceValidUntil"),
        "commission": form.get("commission", 0),
        "tax": cents(item.tax_amount),
        "preSaleDate": form.get("preSaleDate"),
        "additionalInfo": _additional_info(form),
        "measurementUnit": form.get("measurementUnit", "un"),
        "unitMultiplier": number(form.get("unitMultiplier", 1)),
        "sellingPrice": _per_unit(total, item.qty_ordered),
        "isGift": form.get("isGift", False),
        "shippingPrice": None,
        "rewardValue": form.get("rewardValue", 0),
        "freightCommission": form.get("freightCommission", 0),
        "taxCode": form.get("taxCode"),
        "parentItemIndex": form.get("parentItemIndex"),
        "parentAssemblyBinding": form.get("parentAssemblyBinding"),
        "callCenterOperator": None,
        "serialNumbers": None,
        "assemblies": form.get("assemblies", []),
        "costPrice": form.get("costPrice", price),
    }


def price_definition(item: OrderItem) -> dict[str, Any]:
    """Return how the value of one of `shown_rows` is spread over its units, to the cent."""
    total = cents(item.row_total - item.discount_amount)
    count, part = divmod(item.qty_ordered, SCALE)
    if part or count == 0:
        parts = [{"value": total, "quantity": units(item.qty_ordered)}] if part else []
    else:
        low, more = divmod(total, count)
        parts = [{"value": low + 1, "quantity": more}] if more else []
        parts.append({"value": low, "quantity": count - more})
    return {
        "sellingPrices": parts,
        "calculatedSellingPrice": _per_unit(total, item.qty_ordered),
        "total": total,
    }


def _per_unit(total: int, qty: int) -> int:
    """Return ``total`` cents for one of ``qty`` (scaled) units, rounded half up; 0 if there are none."""
    return (2 * total * SCALE + qty) // (2 * qty) if qty else 0


def _price_tags(item: OrderItem, form: Form) -> list[dict[str, Any]]:
    """Return the tags as given, or, where the row is worth something else by now, tags that say what."""
    given = form.get("priceTags", ())
    tax, discount = cents(item.tax_amount), cents(item.discount_amount)
    if given and _told(form) == (discount, tax):
        return [_price_tag(tag) for tag in given]
    found = []
    if discount:
        found.append(_price_tag({"name": "DISCOUNT@PRICE", "value": -discount}))
    if tax:
        found.append(_price_tag({"name": "TAX@PRICE", "value": tax}))
    return found


def _told(form: Form) -> tuple[int, int]:
    """Return which discount and tax the client's tags came to when the order was placed."""
    return form.get("tagDiscount", 0), form.get("tagTax", 0)


def _price_tag(tag: Mapping[str, Any]) -> dict[str, Any]:
    value = number(tag["value"]) if tag.get("value") is not None else number(tag.get("rawValue", 0)) * 100
    raw = number(tag["rawValue"]) if tag.get("rawValue") is not None else Decimal(value) / 100
    return {**filled(tag, complete.PRICE_TAG), "value": number(str(value)), "rawValue": number(str(raw))}


def _additional_info(form: Form) -> dict[str, Any]:
    given = form.get("additionalInfo") or {}
    sizes = filled(given.get("dimension"), complete.DIMENSION)
    return {
        **filled(given, complete.ADDITIONAL_INFO),
        "dimension": {
            name: number(size) if name == "cubicweight" else rounded(size) for name, size in sizes.items()
        },
    }


def totals(order: Order) -> list[dict[str, Any]]:
    """Return the totals, which come to the order's value as it is shown.

    ``Change`` is there where something moved the value that no other total has.
    """
    tax = (
        order.tax_amount
        + order.discount_tax_compensation_amount
        + order.shipping_discount_tax_compensation_amount
    )
    goods, discount, shipping = order.subtotal, order.discount_amount, order.shipping_amount
    if shows_what_is_left(order) and transitions.is_canceled(order):
        parts = [_gone(order, item) for item in rows_of(order) if item.qty_gone]
        goods -= sum(part.row_total for part in parts)
        discount += sum(part.discount_amount for part in parts)
        tax -= sum(part.tax_amount + part.discount_tax_compensation_amount for part in parts)
    elif shows_what_is_left(order):
        goods -= order.subtotal_canceled
        discount += order.discount_canceled
        shipping -= order.shipping_canceled
        tax -= order.tax_canceled + order.discount_tax_compensation_canceled
    found = [
        ("Items", "Total dos Itens", goods),
        ("Discounts", "Total dos Descontos", discount),
        ("Shipping", "Total do Frete", shipping),
        ("Tax", "Total da Taxa", tax),
    ]
    moved = shown_value(order) - sum(amount for _, _, amount in found)
    if moved or order.change_generation == 1:
        found.append(("Change", "Total das mudanças", moved))
    return [{"id": name, "name": label, "value": amount // MINOR} for name, label, amount in found]


def sellers(order: Order, account: str) -> list[dict[str, Any]]:
    """Return who sells the items, each once."""
    names = dict.fromkeys(item_form(item).get("seller") or OWN_SELLER for item in rows_of(order))
    return [
        {"id": name, "name": account if name == OWN_SELLER else name, "logo": "", "fulfillmentEndpoint": ""}
        for name in names
    ]


def metadata(order: Order) -> list[dict[str, Any]]:
    """Return what the items are, one entry for each row, by the names of the document family."""
    found = []
    for item in rows_of(order):
        form = item_form(item)
        found.append(
            {
                "id": item.sku,
                "seller": form.get("seller") or OWN_SELLER,
                "name": item.name,
                "skuName": item.name,
                "productId": form.get("productId") or str(item.product_id or item.sku),
                "refId": form.get("refId") or item.sku,
                "ean": form.get("ean") or "",
                "imageUrl": form.get("imageUrl", ""),
                "detailUrl": form.get("detailUrl", ""),
                "assemblyOptions": [],
            }
        )
    return found

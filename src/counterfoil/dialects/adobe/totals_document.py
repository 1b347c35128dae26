"""What a cart comes to as JSON: totals, ways of shipping, payment methods (contract adobe §11, CartTotals).

One key is not what its name says: ``grand_total`` of the totals is without tax, as the platform has it; the
total to be paid is ``base_grand_total`` and the segment ``grand_total``.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from counterfoil.checkout.attribute import find_attributes, option_labels
from counterfoil.checkout.payment import PaymentMethod
from counterfoil.checkout.pricing import PricedCart, PricedRow
from counterfoil.checkout.shipping import ShippingRate
from counterfoil.dialects.adobe.render import number
from counterfoil.ledger.ports import Records

Labels = Mapping[int, str]


async def totals(records: Records, priced: PricedCart, *, currency_code: str) -> dict[str, Any]:
    """Return the totals of a cart."""
    sums = priced.totals
    shown: dict[str, Any] = {}
    for name, amount in (
        ("grand_total", sums.grand_total - sums.tax_amount),
        ("subtotal", sums.subtotal),
        ("discount_amount", -sums.discount_amount),
        ("subtotal_with_discount", sums.subtotal - sums.discount_amount),
        ("shipping_amount", sums.shipping_amount),
        ("shipping_discount_amount", sums.shipping_discount_amount),
        ("tax_amount", sums.tax_amount),
    ):
        shown[name] = shown[f"base_{name}"] = number(amount)
    shown["base_grand_total"] = number(sums.grand_total)
    shown["weee_tax_applied_amount"] = None
    shown["shipping_tax_amount"] = shown["base_shipping_tax_amount"] = number(sums.shipping_tax_amount)
    shown["subtotal_incl_tax"] = number(sums.subtotal_incl_tax)
    shown["shipping_incl_tax"] = shown["base_shipping_incl_tax"] = number(sums.shipping_incl_tax)
    shown["base_currency_code"] = shown["quote_currency_code"] = currency_code
    if priced.applied_coupon_code is not None:
        shown["coupon_code"] = priced.applied_coupon_code
    shown["items_qty"] = number(priced.quantity)
    names, values = await _labels(records, priced.rows)
    shown["items"] = [_item(row, names, values) for row in priced.rows]
    shown["total_segments"] = _segments(priced)
    return shown


async def _labels(records: Records, rows: Sequence[PricedRow]) -> tuple[Labels, Labels]:
    """Return the names of the attributes and of the options that the rows have chosen."""
    chosen = [option for row in rows for option in row.item.options]
    if not chosen:
        return {}, {}
    attributes = await find_attributes(records, sorted({option.attribute_id for option in chosen}))
    names = {
        attribute_id: attribute.default_frontend_label or attribute.attribute_code
        for attribute_id, attribute in attributes.items()
    }
    return names, await option_labels(records, sorted({option.value for option in chosen}))


def _item(row: PricedRow, names: Labels, values: Labels) -> dict[str, Any]:
    sums = row.totals
    options = [
        {"value": values.get(option.value, str(option.value)), "label": names.get(option.attribute_id, "")}
        for option in row.item.options
    ]
    options += [
        {"value": f"{number(part.chosen.qty)} x {part.product.name}", "label": part.option.title}
        for part in row.parts
    ]
    options += [
        {"value": link.title, "label": str(row.product.attributes.get("links_title") or "Links")}
        for link in row.product.links
        if link.id in row.item.link_ids
    ]
    shown: dict[str, Any] = {"item_id": row.item.item_id}
    shown["price"] = shown["base_price"] = number(sums.price)
    shown["qty"] = number(sums.qty)
    shown["row_total"] = shown["base_row_total"] = number(sums.row_total)
    shown["row_total_with_discount"] = 0
    shown["tax_amount"] = shown["base_tax_amount"] = number(sums.tax_amount)
    shown["tax_percent"] = number(sums.tax_percent)
    shown["discount_amount"] = shown["base_discount_amount"] = number(sums.discount_amount)
    shown["discount_percent"] = number(sums.discount_percent)
    shown["price_incl_tax"] = shown["base_price_incl_tax"] = number(sums.price_incl_tax)
    shown["row_total_incl_tax"] = shown["base_row_total_incl_tax"] = number(sums.row_total_incl_tax)
    shown["options"] = json.dumps(options, separators=(",", ":"))
    shown["weee_tax_applied_amount"] = None
    shown["weee_tax_applied"] = None
    shown["name"] = row.product.name
    return shown


def _segments(priced: PricedCart) -> list[dict[str, Any]]:
    sums, rate = priced.totals, priced.shipping_rate
    segments = [{"code": "subtotal", "title": "Subtotal", "value": number(sums.subtotal)}]
    if sums.discount_amount:
        names = priced.discount_description
        title = f"Discount ({names})" if names else "Discount"
        segments.append({"code": "discount", "title": title, "value": number(-sums.discount_amount)})
    title = f"Shipping & Handling ({rate.description})" if rate else "Shipping & Handling"
    segments.append({"code": "shipping", "title": title, "value": number(sums.shipping_amount)})
    details = [
        {
            "amount": number(tax.amount),
            "rates": [{"percent": str(number(tax.percent)), "title": tax.title}],
            "group_id": index,
        }
        for index, tax in enumerate(sums.tax_sums(), start=1)
    ]
    taxes: dict[str, Any] = {"code": "tax", "title": "Tax", "value": number(sums.tax_amount)}
    taxes["extension_attributes"] = {"tax_grandtotal_details": details}
    total = number(sums.grand_total)
    return [
        *segments,
        taxes,
        {"code": "grand_total", "title": "Grand Total", "value": total, "area": "footer"},
    ]


def payment_methods(offered: Sequence[PaymentMethod]) -> list[dict[str, str]]:
    """Return the payment methods on offer."""
    return [{"code": method.code, "title": method.title} for method in offered]


def shipping_method(rate: ShippingRate, amount_incl_tax: int) -> dict[str, Any]:
    """Return a way of shipping (recording 204)."""
    amount = number(rate.amount)
    return {
        "carrier_code": rate.carrier_code,
        "method_code": rate.method_code,
        "carrier_title": rate.carrier_title,
        "method_title": rate.method_title,
        "amount": amount,
        "base_amount": amount,
        "available": True,
        "error_message": "",
        "price_excl_tax": amount,
        "price_incl_tax": number(amount_incl_tax),
    }

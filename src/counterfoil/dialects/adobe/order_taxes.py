"""The taxes of an order as Adobe Commerce prints them (contract adobe §9; walks of kind ``tax``)."""

from collections.abc import Iterable
from typing import Any

from counterfoil.dialects.adobe.render import number
from counterfoil.domain.order import ItemTax, Order, OrderItem, OrderParticulars

Taxes = dict[int, list[dict[str, Any]]]
"""The ``itemized_taxes`` of those rows that have any, by item id."""


def itemized_taxes(order: Order) -> Taxes:
    """Return the taxes of the order's rows."""
    ids = _tax_ids(order)
    found: Taxes = {}
    position = 0
    for item in order.items.values():
        taxes = _of(item)
        if taxes:
            found[item.item_id] = [
                _itemized(tax, ids, position + index, item.item_id)
                for index, tax in enumerate(taxes, start=1)
            ]
            position += len(taxes)
    return found


def order_taxes(order: Order, particulars: OrderParticulars) -> dict[str, Any]:
    """Return the extension attributes of the order that are about taxes."""
    of_items = [(item.item_id, _of(item)) for item in order.items.values()]
    of_shipping = particulars.shipping_taxes
    if not of_shipping and not any(taxes for _, taxes in of_items):
        return {
            "applied_taxes": [],
            "item_applied_taxes": [],
            "converting_from_quote": False,
            "taxes": [],
            "additional_itemized_taxes": [],
        }
    every = [tax for _, taxes in of_items for tax in taxes] + list(of_shipping)
    item_count = len(every) - len(of_shipping)
    applied = _applied(every)
    ids = _tax_ids(order)
    item_applied: list[dict[str, Any]] = [
        {"type": "product", "item_id": item_id, "applied_taxes": _applied(taxes)}
        for item_id, taxes in of_items
        if taxes
    ]
    if of_shipping:
        item_applied.append({"type": "shipping", "applied_taxes": _applied(of_shipping)})
    return {
        "applied_taxes": applied,
        "item_applied_taxes": item_applied,
        "converting_from_quote": False,
        "taxes": [_tax(order, ids[tax["code"]], tax) for tax in applied],
        "additional_itemized_taxes": [
            _itemized(tax, ids, item_count + index, None) for index, tax in enumerate(of_shipping, start=1)
        ],
    }


def _of(item: OrderItem) -> tuple[ItemTax, ...]:
    return item.particulars.taxes if item.particulars is not None else ()


def _tax_ids(order: Order) -> dict[str, int]:
    """Return an id per tax code: its place among the codes of the order."""
    ids: dict[str, int] = {}
    for item in order.items.values():
        for tax in _of(item):
            ids.setdefault(tax.code, len(ids) + 1)
    for tax in order.particulars.shipping_taxes if order.particulars is not None else ():
        ids.setdefault(tax.code, len(ids) + 1)
    return ids


def _applied(taxes: Iterable[ItemTax]) -> list[dict[str, Any]]:
    """Return one entry per code, with the sum of its amounts."""
    sums: dict[str, int] = {}
    first: dict[str, ItemTax] = {}
    for tax in taxes:
        sums[tax.code] = sums.get(tax.code, 0) + tax.amount
        first.setdefault(tax.code, tax)
    return [
        {
            "code": code,
            "title": first[code].title,
            "percent": number(first[code].percent),
            "amount": number(amount),
            "base_amount": number(amount),
        }
        for code, amount in sums.items()
    ]


def _tax(order: Order, tax_id: int, applied: dict[str, Any]) -> dict[str, Any]:
    return {
        "tax_id": tax_id,
        "order_id": order.entity_id,
        **applied,
        "base_real_amount": applied["base_amount"],
        "priority": 0,
        "position": 0,
        "process": 0,
    }


def _itemized(tax: ItemTax, ids: dict[str, int], tax_item_id: int, item_id: int | None) -> dict[str, Any]:
    amount = number(tax.amount)
    entry: dict[str, Any] = {"tax_item_id": tax_item_id, "tax_id": ids[tax.code]}
    if item_id is not None:
        entry["item_id"] = item_id
    return entry | {
        "tax_code": tax.code,
        "tax_percent": number(tax.percent),
        "amount": amount,
        "base_amount": amount,
        "real_amount": amount,
        "real_base_amount": amount,
        "taxable_item_type": tax.taxable,
    }

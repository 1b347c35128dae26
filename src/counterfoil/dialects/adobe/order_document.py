"""The order as Adobe Commerce prints it (contract adobe §6.5, §9, §11; recordings 209 to 213).

All amounts are in one currency, so every ``base_`` key has the value of its twin. Ids that the platform
draws from tables of its own (payments, taxes) follow from the order's id and the position.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from counterfoil.dialects.adobe.order_columns import (
    ADDRESS,
    INVOICED_ORDER,
    INVOICED_PAYMENT,
    INVOICED_SHIPPING,
    MIRRORED_ITEM,
    NEW_ORDER,
    NEW_PAYMENT,
    NEW_SHIPPING,
    REAL_ITEM,
)
from counterfoil.dialects.adobe.order_taxes import Taxes, itemized_taxes, order_taxes
from counterfoil.dialects.adobe.render import number
from counterfoil.domain.order import Address, Order, OrderItem, OrderParticulars

_NO_WEEE = "[]"
"""What the platform stores as the row's product taxes when it first saves the row again."""


def order_document(order: Order) -> dict[str, Any]:
    """Return a whole order (all rows, with particulars) as its JSON object."""
    particulars = _particulars(order)
    invoiced = order.invoice_count > 0
    document = (INVOICED_ORDER if invoiced else NEW_ORDER).render(order)
    document["total_due"] = document["base_total_due"] = number(max(order.grand_total - order.total_paid, 0))
    items = list(item_documents(order, order.items.values(), itemized_taxes(order)))
    document["items"] = items
    document["billing_address"] = _address(order, particulars.billing_address)
    document["payment"] = _payment(order, particulars)
    document["status_histories"] = []
    document["extension_attributes"] = {
        "shipping_assignments": [{"shipping": _shipping(order, particulars), "items": items}],
        "payment_additional_info": [{"key": "method_title", "value": particulars.payment.title}],
        **order_taxes(order, particulars),
    }
    return document


def item_documents(
    order: Order, items: Iterable[OrderItem], taxes: Taxes | None = None
) -> Iterator[dict[str, Any]]:
    """Yield rows of an order as their JSON objects; a row below another holds its parent's.

    Args:
        order: with all rows and particulars.
        items: the rows wanted.
        taxes: by row, to be shown with it; None for the item routes, which leave them out (recording 408).
    """
    rendered: dict[int, dict[str, Any]] = {}
    for item in items:
        if item.parent_item_id is None:
            rendered[item.item_id] = document = _real_item(order, item, taxes)
        else:
            parent = rendered.get(item.parent_item_id)
            if parent is None:
                parent = _real_item(order, order.items[item.parent_item_id], taxes)
                rendered[item.parent_item_id] = parent
            below = _real_item if item.children_calculated else _mirrored_item
            document = below(order, item, taxes, parent)
        yield document


def _particulars(order: Order) -> OrderParticulars:
    assert order.particulars is not None, "a document shows the whole order"
    return order.particulars


def _real_item(
    order: Order, item: OrderItem, taxes: Taxes | None, parent: dict[str, Any] | None = None
) -> dict[str, Any]:
    assert item.particulars is not None, "a document shows the whole row"
    document = REAL_ITEM.render(item)
    _fill(document, order, item)
    # In REST a row's totals are those after discount (contract §6.5).
    incl_tax = item.row_total + item.tax_amount + item.discount_tax_compensation_amount - item.discount_amount
    document["row_total"] = document["base_row_total"] = number(max(item.row_total - item.discount_amount, 0))
    document["row_total_incl_tax"] = document["base_row_total_incl_tax"] = number(max(incl_tax, 0))
    if order.invoice_count > 0:
        document["weee_tax_applied"] = _NO_WEEE
    else:
        del document["weee_tax_applied"]
    if parent is not None:
        document["parent_item"] = parent
    if item.particulars.product_option is not None:
        document["product_option"] = item.particulars.product_option
    if taxes is not None:
        document["extension_attributes"] = {"itemized_taxes": taxes.get(item.item_id, [])}
    return document


def _mirrored_item(
    order: Order, item: OrderItem, taxes: Taxes | None, parent: dict[str, Any]
) -> dict[str, Any]:
    document = MIRRORED_ITEM.render(item)
    _fill(document, order, item)
    document["row_total"] = document["base_row_total"] = 0
    document["parent_item"] = parent
    if taxes is not None:
        document["extension_attributes"] = {"itemized_taxes": []}
    document["row_total_incl_tax"] = document["base_row_total_incl_tax"] = 0
    return document


def _fill(document: dict[str, Any], order: Order, item: OrderItem) -> None:
    """Fill in what a row takes from its order, and the one amount that comes with its first invoice."""
    document["order_id"] = order.entity_id
    document["store_id"] = order.store_id
    document["created_at"] = order.created_at
    document["updated_at"] = order.updated_at
    if item.qty_invoiced > 0:
        compensation = number(item.discount_tax_compensation_invoiced)
        document["discount_tax_compensation_invoiced"] = compensation
        document["base_discount_tax_compensation_invoiced"] = compensation
    else:
        del document["discount_tax_compensation_invoiced"]
        del document["base_discount_tax_compensation_invoiced"]


def _address(order: Order, address: Address) -> dict[str, Any]:
    document = ADDRESS.render(address)
    document["parent_id"] = order.entity_id
    return document


def _payment(order: Order, particulars: OrderParticulars) -> dict[str, Any]:
    document = (INVOICED_PAYMENT if order.invoice_count > 0 else NEW_PAYMENT).render(order)
    if not document["additional_information"]:
        document["additional_information"] = [particulars.payment.title]
    return document


def _shipping(order: Order, particulars: OrderParticulars) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if particulars.shipping_address is not None:
        document["address"] = _address(order, particulars.shipping_address)
    if particulars.shipping_method is not None:
        document["method"] = particulars.shipping_method
    document["total"] = (INVOICED_SHIPPING if order.invoice_count > 0 else NEW_SHIPPING).render(order)
    return document

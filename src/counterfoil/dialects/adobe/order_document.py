"""The order as Adobe Commerce prints it (contract adobe §6.5, §9, §11; recordings 209 to 221).

All amounts are in one currency, so every ``base_`` key has the value of its twin. Ids that the platform
draws from tables of its own (payments, taxes) follow from the order's id and the position.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from counterfoil.dialects.adobe.order_columns import (
    ADDRESS,
    STATUS_COMMENT,
    Facts,
    order_table,
    payment_table,
    shipping_table,
)
from counterfoil.dialects.adobe.order_item_columns import RowFacts, item_table
from counterfoil.dialects.adobe.order_taxes import Taxes, itemized_taxes, order_taxes
from counterfoil.dialects.adobe.render import number
from counterfoil.domain.documents import StatusComment
from counterfoil.domain.order import Address, Order, OrderItem, OrderParticulars


def order_document(order: Order, *, mailed: bool = False) -> dict[str, Any]:
    """Return a whole order (all rows, with particulars) as its JSON object.

    ``mailed`` says that its confirmation has been sent.
    """
    particulars = _particulars(order)
    facts = _facts(order, mailed=mailed)
    document = order_table(facts).render(order)
    document["total_due"] = document["base_total_due"] = number(max(order.grand_total - order.total_paid, 0))
    if facts.refunded_offline:
        offline = number(order.total_refunded - order.total_online_refunded)
        document["total_offline_refunded"] = document["base_total_offline_refunded"] = offline
    items = list(item_documents(order, order.items.values(), itemized_taxes(order)))
    document["items"] = items
    document["billing_address"] = address_document(order.entity_id, particulars.billing_address)
    document["payment"] = _payment(order, particulars, facts)
    # The latest entry comes first; the list of their own route begins with the oldest (recordings 221, 404).
    newest_first = reversed(order.comments)
    document["status_histories"] = [status_comment(order.entity_id, entry) for entry in newest_first]
    document["extension_attributes"] = {
        "shipping_assignments": [{"shipping": _shipping(order, particulars, facts), "items": items}],
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
    document = _row(order, item, mirrored=False)
    # In REST a row's totals are those after discount (contract §6.5).
    incl_tax = item.row_total + item.tax_amount + item.discount_tax_compensation_amount - item.discount_amount
    document["row_total"] = document["base_row_total"] = number(max(item.row_total - item.discount_amount, 0))
    document["row_total_incl_tax"] = document["base_row_total_incl_tax"] = number(max(incl_tax, 0))
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
    document = _row(order, item, mirrored=True)
    document["row_total"] = document["base_row_total"] = 0
    document["parent_item"] = parent
    if taxes is not None:
        document["extension_attributes"] = {"itemized_taxes": []}
    document["row_total_incl_tax"] = document["base_row_total_incl_tax"] = 0
    return document


def _row(order: Order, item: OrderItem, *, mirrored: bool) -> dict[str, Any]:
    facts = RowFacts(
        mirrored=mirrored,
        invoiced=item.qty_invoiced > 0,
        refunded=item.qty_refunded > 0,
        saved_again=order.invoice_count > 0,
        canceled=order.qty_canceled > 0,
    )
    document = item_table(facts).render(item)
    document["order_id"] = order.entity_id
    document["store_id"] = order.store_id
    document["created_at"] = order.created_at
    document["updated_at"] = order.updated_at
    return document


def address_document(order_id: int, address: Address) -> dict[str, Any]:
    """Return an address of an order as its JSON object."""
    document = ADDRESS.render(address)
    document["parent_id"] = order_id
    return document


def status_comment(order_id: int, comment: StatusComment) -> dict[str, Any]:
    """Return an entry of an order's status history as its JSON object."""
    document = STATUS_COMMENT.render(comment)
    document["parent_id"] = order_id
    told = comment.is_customer_notified
    document["is_customer_notified"] = None if told is None else int(told)
    return document


def _facts(order: Order, *, mailed: bool) -> Facts:
    refunded, online = order.creditmemo_count > 0, order.total_online_refunded
    return Facts(
        invoiced=order.invoice_count > 0,
        refunded=refunded,
        refunded_offline=refunded and (online == 0 or online != order.total_refunded),
        refunded_online=online > 0,
        canceled=order.qty_canceled > 0,
        mailed=mailed,
    )


def _payment(order: Order, particulars: OrderParticulars, facts: Facts) -> dict[str, Any]:
    document = payment_table(facts).render(order)
    if order.authorization_id is not None:
        document["amount_authorized"] = document["base_amount_authorized"] = number(order.amount_authorized)
        document["last_trans_id"] = order.authorization_id
    if order.amount_canceled:
        document["amount_canceled"] = document["base_amount_canceled"] = number(order.amount_canceled)
    if order.authorization_id is not None and order.total_paid:
        document["base_amount_paid_online"] = number(order.total_paid)
    if order.total_online_refunded:
        document["base_amount_refunded_online"] = number(order.total_online_refunded)
    if not document["additional_information"]:
        document["additional_information"] = [particulars.payment.title]
    return document


def _shipping(order: Order, particulars: OrderParticulars, facts: Facts) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if particulars.shipping_address is not None:
        document["address"] = address_document(order.entity_id, particulars.shipping_address)
    if particulars.shipping_method is not None:
        document["method"] = particulars.shipping_method
    document["total"] = shipping_table(facts).render(order)
    return document

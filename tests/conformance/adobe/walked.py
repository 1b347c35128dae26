"""A recorded walk over one order, carried out with the verbs of the domain alone.

The order is read back from what was recorded right after it was placed, with the ids of then.
"""

from decimal import Decimal
from typing import Any

from counterfoil.dialects.adobe import creditmemo_request
from counterfoil.dialects.adobe.wire import arguments, scaled
from counterfoil.domain import decider, quantity
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.comment_order import CommentOrder
from counterfoil.domain.hold import HoldOrder, ReleaseOrder
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import percent_of
from counterfoil.domain.order import Order, OrderItem
from counterfoil.domain.ship import ShipOrder
from tests.drafts import draft

Document = dict[str, Any]


def order_of(recorded: Document) -> Order:
    """Return the order that a recorded order document tells of."""
    items = {item["item_id"]: _item(item) for item in recorded["items"]}
    money: dict[str, Any] = {
        name: _scaled(recorded[name])
        for name in (
            *("grand_total", "subtotal", "tax_amount", "discount_amount", "discount_tax_compensation_amount"),
            *("shipping_amount", "shipping_incl_tax", "shipping_tax_amount", "shipping_discount_amount"),
            "shipping_discount_tax_compensation_amount",
        )
    }
    return Order(
        **money,
        **{
            name: recorded[name]
            for name in ("entity_id", "store_id", "increment_id", "state", "status", "created_at")
        },
        version=1,
        currency=recorded["order_currency_code"],
        is_virtual=bool(recorded["is_virtual"]),
        updated_at=recorded["updated_at"],
        billing_address_id=recorded["billing_address_id"],
        shipping_address_id=_shipping_address_id(recorded),
        discount_description=recorded.get("discount_description"),
        qty_to_invoice=sum(map(quantity.to_invoice, items.values())),
        qty_to_ship=sum(map(quantity.to_ship, items.values())),
        qty_ordered=_scaled(recorded["total_qty_ordered"]),
        items=items,
        particulars=draft().particulars,
    )


def command_of(step: Document) -> decider.Command:
    """Return what a step asks for."""
    body = step["body"] or {}
    items = {item["order_item_id"]: _scaled(item["qty"]) for item in body.get("items", ())}
    match step["op"]:
        case "invoice":
            return IssueInvoice(items)
        case "ship":
            return ShipOrder(items)
        case "refund":
            return creditmemo_request.command(
                arguments(creditmemo_request.REFUND_ORDER, {**body, "orderId": 1})
            )
        case "hold":
            return HoldOrder()
        case "unhold":
            return ReleaseOrder()
        case "cancel":
            return CancelOrder()
        case "comment":
            return CommentOrder(body["statusHistory"]["comment"])
        case other:
            raise AssertionError(f"no verb for {other}")


def _item(recorded: Document) -> OrderItem:
    discount = _scaled(recorded["discount_amount"])
    # Orders print what is left of a row after its discount (contract adobe §6.5).
    row_total = _scaled(recorded["row_total"]) + discount
    tax = percent_of(row_total, _scaled(recorded.get("tax_percent", 0)))
    return OrderItem(
        item_id=recorded["item_id"],
        parent_item_id=recorded.get("parent_item_id"),
        product_id=recorded["product_id"],
        product_type=recorded["product_type"],
        sku=recorded["sku"],
        name=recorded["name"],
        is_virtual=bool(recorded["is_virtual"]),
        is_qty_decimal=bool(recorded["is_qty_decimal"]),
        price=_scaled(recorded["price"]),
        price_incl_tax=_scaled(recorded.get("price_incl_tax", 0)),
        qty_ordered=_scaled(recorded["qty_ordered"]),
        row_total=row_total,
        row_total_incl_tax=row_total + tax,
        tax_amount=_scaled(recorded["tax_amount"]),
        discount_amount=discount,
        discount_tax_compensation_amount=_scaled(recorded.get("discount_tax_compensation_amount", 0)),
    )


def _shipping_address_id(recorded: Document) -> int | None:
    (assignment,) = recorded["extension_attributes"]["shipping_assignments"]
    address = assignment["shipping"].get("address")
    return None if address is None else int(address["entity_id"])


def _scaled(number: int | Decimal) -> int:
    return scaled(number)

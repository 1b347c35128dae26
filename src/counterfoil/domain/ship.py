"""Ship some or all of what an order still has to be shipped.

Rules: contract adobe §6.1. A quantity beyond what is left is lowered to what is left. Rows that are
not of this order or that are not shipped are left out, and a shipment that would then be empty is
refused. Payment is not asked for. All reasons against a shipment are told at once.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain import comment, quantity, strict, workflow
from counterfoil.domain.comment import CommentDraft
from counterfoil.domain.decision import Context
from counterfoil.domain.documents import Shipment, ShipmentItem
from counterfoil.domain.numbering import number_series, printed
from counterfoil.domain.order import Order, OrderItem
from counterfoil.domain.strict import StrictlyRefused
from counterfoil.domain.track import TrackDraft, tracked

BUNDLE = "bundle"


class ShipOrder(Struct, frozen=True):
    """Command. ``items`` maps order item ids to scaled quantities; empty means everything left.

    With ``strict`` all of them are shipped or none.
    """

    items: dict[int, int] = {}
    tracks: tuple[TrackDraft, ...] = ()
    packages: tuple[dict[str, Any], ...] = ()
    comment: CommentDraft | None = None
    notify: bool = False
    strict: bool = False


class ShipmentMade(Struct, frozen=True, tag=True):
    """Event: the shipment exists, and with it the order's and its items' shipped quantities."""

    shipment: Shipment
    notify: bool = False


class MisshippedBundle(Struct, frozen=True):
    """A row asked for that is not shipped as such: a bundle sent in parts, or a part sent with its bundle."""

    sku: str
    separately: bool


class ShipmentRefused(Struct, frozen=True):
    """Refusal, with every reason. ``status`` names a blocking status; a virtual order is blocked by any."""

    status: str | None
    nothing_to_ship: bool
    without_products: bool
    without_number: bool
    bundles: tuple[MisshippedBundle, ...] = ()


Refusal = ShipmentRefused | StrictlyRefused


def series(store_id: int) -> tuple[str, ...]:
    """Name the series that a shipment of that store takes numbers and ids from."""
    return (number_series("shipment", store_id), "shipment_id", "shipment_item_id", "track_id", "comment_id")


def decide(order: Order, command: ShipOrder, context: Context) -> ShipmentMade | Refusal:
    """Return the shipment to be made, or why there is none."""
    if command.strict and (rows := strict.problems(order.items, command.items, quantity.to_ship)):
        return StrictlyRefused("shipment", rows)
    lines: list[tuple[OrderItem, int]] = []
    for item in order.items.values():
        left = quantity.to_ship(item)
        asked = quantity.whole(item, command.items.get(item.item_id, 0)) if command.items else left
        if left and asked:
            lines.append((item, min(asked, left)))
    blocked = order.state in workflow.NOT_SHIPPABLE or order.is_virtual
    refused = ShipmentRefused(
        status=order.status if blocked else None,
        nothing_to_ship=not blocked and order.qty_to_ship == 0,
        without_products=not lines,
        without_number=any(not track.track_number for track in command.tracks),
        bundles=tuple(_misshipped(order, command)),
    )
    if blocked or not lines or refused.without_number or refused.bundles:
        return refused
    return ShipmentMade(_shipment(order, lines, command, context), command.notify)


def evolve(order: Order, event: ShipmentMade) -> Order:
    """Add the shipment to the shipped quantities of the order and of the rows it names."""
    shipment = event.shipment
    items = dict(order.items)
    opened = 0
    for row in shipment.items:
        item = items[row.order_item_id]
        items[row.order_item_id] = replace(item, qty_shipped=item.qty_shipped + row.qty)
        opened += quantity.to_ship(item) - quantity.to_ship(items[row.order_item_id])
    evolved = replace(
        order,
        items=items,
        version=order.version + 1,
        updated_at=shipment.created_at,
        qty_to_ship=order.qty_to_ship - opened,
        qty_shipped=order.qty_shipped + shipment.total_qty,
        shipment_count=order.shipment_count + 1,
        shipments={**order.shipments, shipment.entity_id: shipment},
    )
    state, status = workflow.settled(evolved)
    return replace(evolved, state=state, status=status)


def _misshipped(order: Order, command: ShipOrder) -> list[MisshippedBundle]:
    found = []
    for item_id in command.items:
        item = order.items.get(item_id)
        if item is None:
            continue
        parent = order.items.get(item.parent_item_id) if item.parent_item_id else None
        if item.product_type == BUNDLE and item.shipped_separately:
            found.append(MisshippedBundle(item.sku, separately=True))
        elif parent is not None and parent.product_type == BUNDLE and not parent.shipped_separately:
            found.append(MisshippedBundle(parent.sku, separately=False))
    return found


def _shipment(
    order: Order, lines: list[tuple[OrderItem, int]], command: ShipOrder, context: Context
) -> Shipment:
    take = context.numbers.take
    first_row = take("shipment_item_id", len(lines))
    return Shipment(
        entity_id=take("shipment_id"),
        order_id=order.entity_id,
        store_id=order.store_id,
        increment_id=printed(take(number_series("shipment", order.store_id)), order.store_id),
        created_at=context.now,
        updated_at=context.now,
        billing_address_id=order.billing_address_id,
        shipping_address_id=order.shipping_address_id,
        total_qty=sum(qty for _, qty in lines),
        packages=command.packages,
        items=tuple(
            ShipmentItem(
                entity_id=first_row + index,
                order_item_id=item.item_id,
                product_id=item.product_id,
                sku=item.sku,
                name=item.name,
                qty=qty,
                price=item.price,
            )
            for index, (item, qty) in enumerate(lines)
        ),
        tracks=tuple(tracked(draft, context) for draft in command.tracks),
        comments=comment.written(command.comment, context),
    )

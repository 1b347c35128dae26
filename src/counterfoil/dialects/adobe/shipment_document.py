"""The shipment as Adobe Commerce prints it (contract adobe §9, §11; recordings 381 and 726)."""

from collections.abc import Mapping, Sequence
from typing import Any

from counterfoil.dialects.adobe.document_comments import comment_document
from counterfoil.dialects.adobe.render import number, optional_number
from counterfoil.dialects.adobe.table import Table, show_mailed
from counterfoil.domain.documents import Shipment, ShipmentItem, Track
from counterfoil.ledger.ports import Reader

SOURCE = "default"
"""The one source that units are taken from."""

_SHIPMENT = Table(
    """
    billing_address_id created_at customer_id email_sent entity_id increment_id order_id packages
    shipping_address_id store_id total_qty updated_at
    """,
    numbers={"total_qty": "total_qty"},
    plain={
        "billing_address_id": "billing_address_id",
        "created_at": "created_at",
        "entity_id": "entity_id",
        "increment_id": "increment_id",
        "order_id": "order_id",
        "packages": "packages",
        "shipping_address_id": "shipping_address_id",
        "store_id": "store_id",
        "updated_at": "updated_at",
    },
    optional="shipping_address_id",
)


async def shipment_documents(reader: Reader, shipments: Sequence[Shipment]) -> list[Any]:
    """Return shipments as their JSON objects, with what stands in their orders: customers and weights."""
    customers = await reader.customers_of([shipment.order_id for shipment in shipments])
    weights = await reader.weights_of([item.order_item_id for one in shipments for item in one.items])
    mailed = await reader.mailed("shipment", [shipment.entity_id for shipment in shipments])
    return [
        shipment_document(one, customers.get(one.order_id), weights, mailed=one.entity_id in mailed)
        for one in shipments
    ]


def shipment_document(
    shipment: Shipment, customer_id: int | None, weights: Mapping[int, int | None], *, mailed: bool = False
) -> dict[str, Any]:
    """Return a shipment with its rows, parcels and comments as its JSON object.

    Args:
        shipment: as it is stored.
        customer_id: whose order it is, None for a guest's.
        weights: scaled, of one unit of each order row.
        mailed: whether the customer was sent a message about it.
    """
    document = _SHIPMENT.render(shipment)
    show_mailed(document, mailed=mailed)
    if customer_id is None:
        del document["customer_id"]
    else:
        document["customer_id"] = customer_id
    document["items"] = [
        _item_document(shipment.entity_id, item, weights.get(item.order_item_id)) for item in shipment.items
    ]
    document["tracks"] = [
        track_document(shipment.order_id, shipment.entity_id, track) for track in shipment.tracks
    ]
    document["comments"] = [comment_document(shipment.entity_id, comment) for comment in shipment.comments]
    document["extension_attributes"] = {"source_code": SOURCE}
    return document


def track_document(order_id: int, shipment_id: int, track: Track) -> dict[str, Any]:
    """Return a parcel of a shipment as its JSON object."""
    return {
        "order_id": order_id,
        "created_at": track.created_at,
        "entity_id": track.entity_id,
        "parent_id": shipment_id,
        "updated_at": track.updated_at,
        "weight": optional_number(track.weight),
        "qty": optional_number(track.qty),
        "description": track.description,
        "track_number": track.track_number,
        "title": track.title,
        "carrier_code": track.carrier_code,
    }


def _item_document(shipment_id: int, item: ShipmentItem, weight: int | None) -> dict[str, Any]:
    document = {
        "entity_id": item.entity_id,
        "name": item.name,
        "parent_id": shipment_id,
        "price": number(item.price),
        "product_id": item.product_id,
        "sku": item.sku,
        "weight": optional_number(weight),
        "order_item_id": item.order_item_id,
        "qty": number(item.qty),
    }
    if weight is None:
        del document["weight"]
    return document

"""Shipping, reading shipments, and their parcels (contract adobe §3.1, §6.1)."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from counterfoil.dialects.adobe import document_comments, listing, shipment_request
from counterfoil.dialects.adobe.call import REPLAYED, Call, Reply
from counterfoil.dialects.adobe.document_request import refuse_settings, wish
from counterfoil.dialects.adobe.errors import AdobeError, no_entity, required
from counterfoil.dialects.adobe.refusals import accepted
from counterfoil.dialects.adobe.render import optional_number
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.sales_routes import needed_id
from counterfoil.dialects.adobe.search import SEARCH_CRITERIA
from counterfoil.dialects.adobe.shipment_document import shipment_documents
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.domain.decider import Command
from counterfoil.domain.track import AddTrack, RemoveTrack
from counterfoil.ledger.envelope import Accepted
from counterfoil.ledger.ports import Reader

_SHIP = ("Magento_Sales::ship",)
_SHIPMENTS = ("Magento_Sales::shipment",)
_ID = Param("id", INT)
_COMMENT = Param("entity", document_comments.comment_type("ShipmentComment"))
_TRACK = Param("entity", shipment_request.TRACK)
_SHIPMENT = Param("entity", shipment_request.SHIPMENT)

TRACK_NOT_SAVED = "Could not save the shipment tracking."
OTHER_PARENT = 'The comment is for the shipment "%1", the address names the shipment "%2".'


async def ship_order(call: Call) -> Reply:
    """Ship some or all of an order and answer the shipment's id as a JSON string."""
    order_id, command = wish(call, "order_id", shipment_request.quickly, shipment_request.leniently)
    done = await _execute(call, needed_id(order_id), replace(command, strict=call.strict))
    return Reply.raw(b'"%d"' % (done.effect.document_id or 0), replayed=done.replayed)


async def save_shipment(call: Call) -> Reply:
    """Ship what the entity names, by the rules of `ship_order`, and answer the shipment."""
    order_id, command = shipment_request.of_entity(call.args["entity"])
    done = await _execute(call, order_id, replace(command, strict=call.strict))
    document = await _shipment(call, done.effect.document_id or 0)
    return Reply(document, headers=REPLAYED if done.replayed else ())


async def get_shipment(call: Call) -> Reply:
    """Answer one shipment."""
    return Reply(await _shipment(call, needed_id(call.args["id"])))


async def get_label(call: Call) -> Reply:
    """Answer the label of a shipment, which is always empty: carriers are not asked for any."""
    await _shipment(call, needed_id(call.args["id"]))
    return Reply("")


async def list_shipments(call: Call) -> Reply:
    """Answer a search for shipments."""
    return await listing.answer(call, "shipment", _shipments)


async def comment_shipment(call: Call) -> Reply:
    """Store a remark on a shipment and answer it."""
    shipment_id = call.args["id"]
    entity = {**call.args["entity"]}
    if entity.get("parent_id") is None:
        entity["parent_id"] = shipment_id
    if entity["parent_id"] != shipment_id:
        raise AdobeError(400, OTHER_PARENT, [entity["parent_id"], shipment_id])
    return await document_comments.store(call, "shipment", entity)


async def list_comments(call: Call) -> Reply:
    """Answer the remarks on a shipment in the form of a search for them."""
    return await document_comments.listed(call, "shipment", call.args["id"])


async def add_track(call: Call) -> Reply:
    """Note a parcel on a shipment and answer it."""
    entity = call.args["entity"]
    refuse_settings(entity, ("entity_id",))
    if not entity.get("parent_id"):
        raise required("parent_id")
    shipment_id = entity["parent_id"]
    draft = shipment_request.track_draft(entity)
    async with call.shop.ledger.reading() as reader:
        order_id = await reader.order_of("shipment", shipment_id)
    if order_id is None or entity.get("order_id") not in {None, order_id}:
        raise AdobeError(400, TRACK_NOT_SAVED)
    done = await _execute(call, order_id, AddTrack(shipment_id, draft))
    stored = {
        "order_id": order_id,
        "entity_id": done.effect.document_id,
        "parent_id": shipment_id,
        "weight": optional_number(draft.weight),
        "qty": optional_number(draft.qty),
        "description": draft.description,
        "track_number": draft.track_number,
        "title": draft.title,
        "carrier_code": draft.carrier_code,
    }
    return Reply(stored, headers=REPLAYED if done.replayed else ())


async def remove_track(call: Call) -> Reply:
    """Take a parcel off its shipment and answer true."""
    track_id = needed_id(call.args["id"])
    async with call.shop.ledger.reading() as reader:
        order_id = await reader.order_of("track", track_id)
        shipments = await reader.shipments_of(order_id) if order_id is not None else []
    for shipment in shipments:
        if any(track.entity_id == track_id for track in shipment.tracks):
            await _execute(call, shipment.order_id, RemoveTrack(shipment.entity_id, track_id))
            return Reply(value=True)
    if await call.took_effect():
        return Reply(value=True)
    raise no_entity()


async def _execute(call: Call, order_id: int, command: Command) -> Accepted:
    outcome = await call.shop.ledger.execute(
        order_id,
        command,
        actor=call.actor,
        key=call.key,
        expected_version=call.expected_version,
    )
    return accepted(outcome)


async def _shipment(call: Call, shipment_id: int) -> Any:
    async with call.shop.ledger.reading() as reader:
        found = await _shipments(reader, [shipment_id])
    if not found:
        raise no_entity()
    return found[0]


async def _shipments(reader: Reader, ids: Sequence[int]) -> list[Any]:
    return await shipment_documents(reader, await reader.shipments(ids))


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/V1/order/:orderId/ship",
        ship_order,
        _SHIP,
        shipment_request.PARAMS,
        decodes_itself=True,
    ),
    Route("GET", "/V1/shipments", list_shipments, _SHIPMENTS, (SEARCH_CRITERIA,)),
    Route("POST", "/V1/shipment", save_shipment, _SHIPMENTS, (_SHIPMENT,)),
    Route("GET", "/V1/shipment/:id", get_shipment, _SHIPMENTS, (_ID,)),
    Route("GET", "/V1/shipment/:id/label", get_label, _SHIPMENTS, (_ID,)),
    Route("GET", "/V1/shipment/:id/comments", list_comments, _SHIPMENTS, (_ID,)),
    Route("POST", "/V1/shipment/:id/comments", comment_shipment, _SHIPMENTS, (_ID, _COMMENT)),
    Route("POST", "/V1/shipment/track", add_track, _SHIPMENTS, (_TRACK,)),
    Route("DELETE", "/V1/shipment/track/:id", remove_track, _SHIPMENTS, (_ID,)),
)

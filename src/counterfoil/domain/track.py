"""Note a parcel's number on a shipment, or take it off (contract adobe §3.1, ``/V1/shipment/track``)."""

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.domain.decision import Context
from counterfoil.domain.documents import Track
from counterfoil.domain.order import Order


class TrackDraft(Struct, frozen=True):
    """A parcel as the carrier calls it. Quantity and weight are scaled."""

    track_number: str
    title: str
    carrier_code: str
    description: str | None = None
    qty: int | None = None
    weight: int | None = None


class AddTrack(Struct, frozen=True):
    """Command. The caller has made sure that the shipment is one of this order."""

    shipment_id: int
    track: TrackDraft


class RemoveTrack(Struct, frozen=True):
    """Command: the number was wrong."""

    shipment_id: int
    track_id: int


class TrackAdded(Struct, frozen=True, tag=True):
    """Event: the shipment has one more parcel."""

    shipment_id: int
    track: Track


class TrackRemoved(Struct, frozen=True, tag=True):
    """Event: the shipment has one parcel less."""

    shipment_id: int
    track_id: int
    at: str


class TrackWithoutNumber(Struct, frozen=True):
    """Refusal: a parcel needs a number."""


class TrackUnknown(Struct, frozen=True):
    """Refusal: the shipment has no such parcel (any more)."""

    track_id: int


Refusal = TrackWithoutNumber | TrackUnknown


def series() -> tuple[str, ...]:
    """Name the series that a track takes its id from."""
    return ("track_id",)


def tracked(draft: TrackDraft, context: Context) -> Track:
    """Return the parcel as it will be stored."""
    return Track(
        entity_id=context.numbers.take("track_id"),
        carrier_code=draft.carrier_code,
        title=draft.title,
        track_number=draft.track_number,
        created_at=context.now,
        updated_at=context.now,
        description=draft.description,
        qty=draft.qty,
        weight=draft.weight,
    )


def decide(
    order: Order, command: AddTrack | RemoveTrack, context: Context
) -> "TrackAdded | TrackRemoved | Refusal":
    """Return what becomes of the shipment's parcels."""
    if isinstance(command, AddTrack):
        if not command.track.track_number:
            return TrackWithoutNumber()
        return TrackAdded(command.shipment_id, tracked(command.track, context))
    shipment = order.shipments.get(command.shipment_id)
    if shipment is None or all(track.entity_id != command.track_id for track in shipment.tracks):
        return TrackUnknown(command.track_id)
    return TrackRemoved(command.shipment_id, command.track_id, context.now)


def evolve(order: Order, event: TrackAdded | TrackRemoved) -> Order:
    """Change the parcels of the shipment if that is loaded."""
    at = event.track.created_at if isinstance(event, TrackAdded) else event.at
    evolved = replace(order, version=order.version + 1, updated_at=at)
    shipment = order.shipments.get(event.shipment_id)
    if shipment is None:
        return evolved
    if isinstance(event, TrackAdded):
        tracks = (*shipment.tracks, event.track)
    else:
        tracks = tuple(track for track in shipment.tracks if track.entity_id != event.track_id)
    return replace(
        evolved, shipments={**order.shipments, event.shipment_id: replace(shipment, tracks=tracks)}
    )

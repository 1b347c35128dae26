"""The bodies of ``POST /V1/order/:orderId/ship`` and ``POST /V1/shipment`` (contract adobe §6.1, §11)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from counterfoil.dialects.adobe import document_comments
from counterfoil.dialects.adobe.document_request import (
    MAX_QTY,
    QuickComment,
    QuickItem,
    comment_type,
    item_type,
    lenient_comment,
    lenient_items,
    quantity,
    quick_comment,
    quick_items,
    refuse_settings,
)
from counterfoil.dialects.adobe.documents import invalid
from counterfoil.dialects.adobe.errors import AdobeError, required
from counterfoil.dialects.adobe.shipment_document import SOURCE
from counterfoil.dialects.adobe.wire import (
    BOOL,
    FLOAT,
    INT,
    MAX_LIST,
    MIXED,
    STRING,
    DataObject,
    ListOf,
    Param,
    php_text,
)
from counterfoil.domain.comment import CommentDraft
from counterfoil.domain.ship import ShipOrder
from counterfoil.domain.track import TrackDraft

_TRACK_FIELDS: Final = {
    "track_number": STRING,
    "title": STRING,
    "carrier_code": STRING,
    "extension_attributes": MIXED,
}

PARAMS = (
    Param("order_id", INT),
    Param("items", ListOf(item_type("ShipmentItemCreation")), required=False),
    Param("notify", BOOL, required=False, default=False),
    Param("append_comment", BOOL, required=False, default=False),
    Param("comment", comment_type("ShipmentCommentCreation"), required=False),
    Param("tracks", ListOf(DataObject("ShipmentTrackCreation", _TRACK_FIELDS)), required=False),
    Param(
        "packages",
        ListOf(DataObject("ShipmentPackageCreation", {"extension_attributes": MIXED})),
        required=False,
    ),
    Param(
        "arguments", DataObject("ShipmentCreationArguments", {"extension_attributes": MIXED}), required=False
    ),
)
"""What the ship operation takes."""

TRACK: Final = DataObject(
    "ShipmentTrack",
    {
        "order_id": INT,
        "created_at": STRING,
        "entity_id": INT,
        "parent_id": INT,
        "updated_at": STRING,
        "weight": FLOAT,
        "qty": FLOAT,
        "description": STRING,
        **_TRACK_FIELDS,
    },
)
"""A parcel as it is stored."""

_ITEM = DataObject(
    "ShipmentItem",
    {
        "additional_data": STRING,
        "description": STRING,
        "entity_id": INT,
        "name": STRING,
        "parent_id": INT,
        "price": FLOAT,
        "product_id": INT,
        "row_total": FLOAT,
        "sku": STRING,
        "weight": FLOAT,
        "order_item_id": INT,
        "qty": FLOAT,
        "extension_attributes": MIXED,
    },
)

SHIPMENT: Final = DataObject(
    "Shipment",
    {
        "billing_address_id": INT,
        "created_at": STRING,
        "customer_id": INT,
        "email_sent": INT,
        "entity_id": INT,
        "increment_id": STRING,
        "order_id": INT,
        "packages": ListOf(DataObject("ShipmentPackage", {"extension_attributes": MIXED})),
        "shipment_status": INT,
        "shipping_address_id": INT,
        "shipping_label": STRING,
        "store_id": INT,
        "total_qty": FLOAT,
        "total_weight": FLOAT,
        "updated_at": STRING,
        "items": ListOf(_ITEM),
        "tracks": ListOf(TRACK),
        "comments": ListOf(document_comments.comment_type("ShipmentComment")),
        "extension_attributes": MIXED,
    },
)
"""A shipment as it is stored."""

_NOT_SETTABLE = (
    *("entity_id", "increment_id", "created_at", "updated_at"),
    *("shipment_status", "shipping_label", "email_sent"),
)
ONE_COMMENT = "A shipment can be created with one comment. Add the others to it afterwards."
UNKNOWN_SOURCE = 'Source with code "%value" does not exist.'

_INT_LIMIT = 2**63


class _Track(Struct, forbid_unknown_fields=True):
    track_number: str
    title: str
    carrier_code: str


class _Body(Struct, forbid_unknown_fields=True, rename="camel"):
    items: list[QuickItem] = []
    notify: bool = False
    append_comment: bool = False
    comment: QuickComment | None = None
    tracks: list[_Track] = []


_decode = msgspec.json.Decoder(_Body).decode


def quickly(body: bytes) -> ShipOrder | None:
    """Return what the body asks for, or None if it has to be decoded leniently."""
    if not body:
        return ShipOrder()
    try:
        decoded = _decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    items = quick_items(decoded.items)
    tracks = _quick_tracks(decoded.tracks)
    if items is None or tracks is None:
        return None
    comment = None
    if decoded.comment is not None:
        comment = quick_comment(decoded.comment, notified=decoded.append_comment and decoded.notify)
        if comment is None:
            return None
    return ShipOrder(items, tracks, (), comment, decoded.notify)


def leniently(args: dict[str, Any]) -> ShipOrder:
    """Return what the decoded arguments (`PARAMS`) ask for. Raises `AdobeError` 400."""
    _check_source((args["arguments"] or {}).get("extension_attributes"))
    return ShipOrder(
        lenient_items(args["items"]),
        tuple(track_draft(track) for track in args["tracks"] or ()),
        _packages(args["packages"]),
        lenient_comment(args),
        args["notify"],
    )


def of_entity(entity: dict[str, Any]) -> tuple[int, ShipOrder]:
    """Return the order's id and what a decoded `SHIPMENT` asks for: rows, parcels, packages, one remark.

    What follows from the order (addresses, customer, store, totals; names and prices of rows) may be there
    and is not looked at. Unlike the ship operation it has to name its rows. Raises `AdobeError` 400.
    """
    refuse_settings(entity, _NOT_SETTABLE)
    items, tracks, comments = (entity.get(part) or [] for part in ("items", "tracks", "comments"))
    for part in (*items, *tracks, *comments):
        refuse_settings(part, ("entity_id",))
    missing = [name for name, value in (("order_id", entity.get("order_id")), ("items", items)) if not value]
    missing += sorted({name for item in items for name in ("order_item_id", "qty") if item.get(name) is None})
    if missing:
        raise required(*missing)
    if len(comments) > 1:
        raise AdobeError(400, ONE_COMMENT)
    _check_source(entity.get("extension_attributes"))
    comment: CommentDraft | None = document_comments.draft_of(comments[0]) if comments else None
    return entity["order_id"], ShipOrder(
        lenient_items(items),
        tuple(track_draft(track) for track in tracks),
        _packages(entity.get("packages")),
        comment,
    )


def track_draft(track: dict[str, Any]) -> TrackDraft:
    """Return the parcel that a decoded `TRACK` describes. Raises `AdobeError` 400 without a carrier.

    The number is looked at by the books.
    """
    if not track.get("carrier_code"):
        raise required("carrier_code")
    return TrackDraft(
        track.get("track_number") or "",
        track.get("title") or "",
        track["carrier_code"],
        track.get("description"),
        _measure(track, "qty"),
        _measure(track, "weight"),
    )


def _quick_tracks(sent: Sequence[_Track]) -> tuple[TrackDraft, ...] | None:
    if len(sent) > MAX_LIST:
        return None
    for track in sent:
        if not track.carrier_code or "\0" in track.track_number + track.title + track.carrier_code:
            return None
    return tuple(TrackDraft(track.track_number, track.title, track.carrier_code) for track in sent)


def _measure(track: dict[str, Any], name: str) -> int | None:
    value = track.get(name)
    if value is None:
        return None
    if not -MAX_QTY < value < MAX_QTY:
        raise invalid(name, value)
    return quantity(value)


def _check_source(extension_attributes: Any) -> None:
    """Refuse to take units from a source that there is not: they would be missing elsewhere."""
    if not isinstance(extension_attributes, dict):
        return
    for name in ("source_code", "sourceCode"):
        code = extension_attributes.get(name)
        if code not in (None, "", SOURCE):
            raise AdobeError(400, UNKNOWN_SOURCE, {"value": code})


def _packages(sent: Sequence[dict[str, Any]] | None) -> tuple[dict[str, Any], ...]:
    return tuple(_storable(package) for package in sent or ())


def _storable(value: Any) -> Any:
    """Return JSON with numbers that storage would not keep exactly as text."""
    if isinstance(value, dict):
        return {name: _storable(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_storable(entry) for entry in value]
    if isinstance(value, Decimal) or (isinstance(value, int) and not -_INT_LIMIT <= value < _INT_LIMIT):
        return php_text(value)
    return value

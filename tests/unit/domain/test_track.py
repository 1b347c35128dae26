import pytest

from counterfoil.domain.money import SCALE
from counterfoil.domain.ship import ShipOrder
from counterfoil.domain.track import (
    AddTrack,
    RemoveTrack,
    TrackAdded,
    TrackDraft,
    TrackRemoved,
    TrackUnknown,
    TrackWithoutNumber,
)
from tests.drafts import draft, row
from tests.unit.domain.given import NOW, numbers, placed, when

UPS = TrackDraft("1Z", "UPS", "ups")
BOX = TrackDraft("2Z", "UPS", "ups", "a box", 2 * SCALE, 15_000)


@pytest.fixture
def using():
    return numbers()


@pytest.fixture
def order(using):
    """An order with one shipment of one parcel."""
    return when(placed(draft(row("S1", 1000, 2))), ShipOrder(tracks=(UPS,)), using)[0]


def test_a_parcel_is_added_behind_those_that_are_there(order, using):
    after, event = when(order, AddTrack(1, BOX), using)
    assert isinstance(event, TrackAdded)
    track = event.track
    assert (track.entity_id, track.track_number, track.title, track.carrier_code) == (2, "2Z", "UPS", "ups")
    assert (track.description, track.qty, track.weight) == ("a box", 2 * SCALE, 15_000)
    assert (track.created_at, track.updated_at) == (NOW, NOW)
    assert [one.entity_id for one in after.shipments[1].tracks] == [1, 2]


def test_a_parcel_needs_a_number(order, using):
    after, refused = when(order, AddTrack(1, TrackDraft("", "UPS", "ups")), using)
    assert (after, refused) == (order, TrackWithoutNumber())
    assert using.advanced()["track_id"] == 2


def test_a_parcel_is_taken_off(order, using):
    order, _ = when(order, AddTrack(1, BOX), using)
    after, event = when(order, RemoveTrack(1, 1), using)
    assert event == TrackRemoved(1, 1, NOW)
    assert [one.entity_id for one in after.shipments[1].tracks] == [2]


@pytest.mark.parametrize("shipment_id, track_id", [(1, 9), (9, 1)])
def test_what_is_not_there_is_not_taken_off(order, shipment_id, track_id):
    assert when(order, RemoveTrack(shipment_id, track_id))[1] == TrackUnknown(track_id)


def test_a_parcel_is_taken_off_once(order):
    order, _ = when(order, RemoveTrack(1, 1))
    assert when(order, RemoveTrack(1, 1))[1] == TrackUnknown(1)


def test_parcels_change_the_version_of_the_order_and_nothing_else_of_it(order, using):
    after, _ = when(order, AddTrack(1, BOX), using)
    assert after.version == order.version + 1
    assert (after.state, after.items, after.qty_shipped) == (order.state, order.items, order.qty_shipped)
    after, _ = when(after, RemoveTrack(1, 1), using)
    assert after.version == order.version + 2


def test_a_parcel_can_be_noted_while_the_shipment_is_not_loaded(using):
    order = placed(draft(row("S1", 1000)))
    after, event = when(order, AddTrack(1, BOX), using)
    assert isinstance(event, TrackAdded)
    assert (after.shipments, after.version) == ({}, order.version + 1)

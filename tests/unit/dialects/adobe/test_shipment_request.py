"""The bodies that ship: the quick and the lenient way agree (contract adobe §6.1, §11, §12.5)."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.dialects.adobe import body
from counterfoil.dialects.adobe.document_request import CANNOT_BE_SET
from counterfoil.dialects.adobe.errors import AdobeError
from counterfoil.dialects.adobe.shipment_request import (
    ONE_COMMENT,
    PARAMS,
    SHIPMENT,
    UNKNOWN_SOURCE,
    leniently,
    of_entity,
    quickly,
)
from counterfoil.dialects.adobe.wire import MAX_LIST, arguments
from counterfoil.domain.comment import CommentDraft
from counterfoil.domain.money import SCALE
from counterfoil.domain.ship import ShipOrder
from counterfoil.domain.track import TrackDraft

UNIT = SCALE
UPS = {"track_number": "1Z", "title": "UPS", "carrier_code": "ups"}
PARCEL = TrackDraft("1Z", "UPS", "ups")


def slowly(content: bytes) -> ShipOrder:
    data = body.parse(content) if content else {}
    return leniently(arguments(PARAMS, {**data, "orderId": "1"}))


def asked(sent) -> ShipOrder:
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    quick = quickly(content)
    slow = slowly(content)
    assert quick is None or quick == slow
    return slow


def refusal(sent) -> AdobeError:
    content = json.dumps(sent).encode()
    assert quickly(content) is None
    with pytest.raises(AdobeError) as caught:
        slowly(content)
    assert caught.value.status == 400
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'""',
        b"5",
        b"[1,2]",
        b"null",
        b"{}",
        b'{"items":null,"tracks":null,"packages":null,"comment":null,"arguments":null}',
        b'{"items":[],"tracks":[],"packages":[]}',
        b'{"items":{}}',
        b'{"appendComment":true}',
        b'{"arguments":{"extension_attributes":{}}}',
        b'{"foo":1}',
    ],
)
def test_without_items_everything_left_is_shipped(content):
    assert asked(content) == ShipOrder()


@pytest.mark.parametrize(
    "items, found",
    [
        ([{"order_item_id": 33, "qty": 1}], {33: UNIT}),
        ([{"orderItemId": "33", "qty": "1"}], {33: UNIT}),
        ([{"order_item_id": 33, "qty": 1.5}], {33: 15_000}),
        ([{"order_item_id": 33, "qty": -1}], {33: -UNIT}),
        ([{"order_item_id": 33}], {33: 0}),
        ([{"order_item_id": 33, "qty": 1}, {"order_item_id": 33, "qty": 2}], {33: 2 * UNIT}),
        ([{}], {0: 0}),
    ],
)
def test_items(items, found):
    assert asked({"items": items}) == ShipOrder(found)


def test_a_quantity_without_an_item_is_refused():
    assert refusal({"items": [{"qty": 1}]}).parameters == {"fieldName": "order_item_id"}


@pytest.mark.parametrize("name", ["track_number", "trackNumber"])
def test_parcels(name):
    sent = {name: "1Z", "title": "UPS", "carrier_code": "ups"}
    assert asked({"tracks": [sent]}) == ShipOrder(tracks=(PARCEL,))
    assert asked({"tracks": [{"track_number": 12, "carrier_code": "ups"}]}).tracks == (
        TrackDraft("12", "", "ups"),
    )


def test_a_parcel_without_a_number_is_left_to_the_books_to_refuse():
    assert asked({"tracks": [{"carrier_code": "ups"}]}).tracks == (TrackDraft("", "", "ups"),)


@pytest.mark.parametrize("carrier", [{}, {"carrier_code": None}, {"carrier_code": ""}])
def test_a_parcel_without_a_carrier_is_refused(carrier):
    sent = {"track_number": "1Z", "title": "UPS", **carrier}
    assert refusal({"tracks": [sent]}).parameters == {"fieldName": "carrier_code"}


@pytest.mark.parametrize(
    "sent, command",
    [
        ({"notify": True}, ShipOrder(notify=True)),
        ({"notify": "yes"}, ShipOrder(notify=True)),
        ({"comment": {"comment": "left"}}, ShipOrder(comment=CommentDraft("left"))),
        (
            {"comment": {"comment": "left", "is_visible_on_front": 1}, "notify": True},
            ShipOrder(comment=CommentDraft("left", False, True), notify=True),
        ),
        (
            {"comment": {"comment": "left"}, "appendComment": True, "notify": True},
            ShipOrder(comment=CommentDraft("left", True), notify=True),
        ),
    ],
)
def test_whom_to_tell_and_what(sent, command):
    assert asked(sent) == command


def test_the_one_source_may_be_named_and_no_other():
    for name in ("source_code", "sourceCode"):
        assert asked({"arguments": {"extension_attributes": {name: "default"}}}) == ShipOrder()
        refused = refusal({"arguments": {"extension_attributes": {name: "east"}}})
        assert (refused.message, refused.parameters) == (UNKNOWN_SOURCE, {"value": "east"})


def test_packages_are_kept_with_numbers_exact():
    sent = {"extension_attributes": {"weight": 2.5, "boxes": [1, 10**30], "kind": "box"}}
    (package,) = asked({"packages": [sent]}).packages
    kept = {"weight": "2.5", "boxes": [1, "1" + "0" * 30], "kind": "box"}
    assert package == {"extension_attributes": kept}


@pytest.mark.parametrize(
    "sent, part",
    [
        ({"items": "abc"}, 'The "abc" value\'s type is invalid.'),
        ({"items": [{"order_item_id": 33, "foo": 1}]}, '"%fieldName" is not supported.'),
        ({"tracks": [{**UPS, "foo": 1}]}, '"%fieldName" is not supported.'),
        ({"tracks": [{**UPS, "title": "\0"}]}, "Decoding error."),
        ({"tracks": [UPS] * (MAX_LIST + 1)}, "Maximum items of type"),
        ({"packages": [{"weight": 1}]}, '"%fieldName" is not supported.'),
        ({"comment": {}}, '"%fieldName" is required.'),
        ({"notify": []}, 'The "array" value\'s type is invalid.'),
    ],
)
def test_what_cannot_be_meant_is_refused(sent, part):
    assert refusal(sent).message.startswith(part)


def test_the_common_forms_go_the_quick_way():
    items = b'{"items":[{"order_item_id":33,"qty":1}],"notify":true,'
    tracks = b'"tracks":[{"track_number":"1Z","title":"UPS","carrier_code":"ups"}]}'
    assert quickly(b"{}") == ShipOrder()
    assert quickly(items + tracks) == ShipOrder({33: UNIT}, (PARCEL,), notify=True)


# ---------------------------------------------------------------- a whole shipment

ENTITY = {"order_id": 14, "items": [{"order_item_id": 33, "qty": 1}]}


def shipment(**fields) -> tuple[int, ShipOrder]:
    return of_entity(SHIPMENT.cast({**ENTITY, **fields}))


def test_a_whole_shipment_asks_for_what_the_ship_operation_would():
    told = {"comment": "left", "is_customer_notified": 1, "is_visible_on_front": 0}
    assert shipment(
        tracks=[{**UPS, "order_id": 14, "weight": Decimal("1.5")}], comments=[told], packages=[{}]
    ) == (
        14,
        ShipOrder(
            {33: UNIT}, (TrackDraft("1Z", "UPS", "ups", weight=15_000),), ({},), CommentDraft("left", True)
        ),
    )


def test_what_follows_from_the_order_may_be_repeated():
    repeated = {"billing_address_id": 9, "store_id": 7, "total_qty": 99, "customer_id": 5}
    row = {"order_item_id": 33, "qty": 1, "name": "S1", "sku": "S1", "price": 10, "product_id": 4}
    assert shipment(**repeated, items=[row]) == shipment()


@pytest.mark.parametrize(
    "fields, name",
    [
        ({"entity_id": 3}, "entity_id"),
        ({"increment_id": "000000009"}, "increment_id"),
        ({"created_at": "2020-01-01 00:00:00"}, "created_at"),
        ({"shipment_status": 2}, "shipment_status"),
        ({"shipping_label": "bGFiZWw="}, "shipping_label"),
        ({"email_sent": 1}, "email_sent"),
        ({"items": [{"order_item_id": 33, "qty": 1, "entity_id": 5}]}, "entity_id"),
        ({"tracks": [{**UPS, "entity_id": 5}]}, "entity_id"),
        ({"comments": [{"comment": "a", "entity_id": 5}]}, "entity_id"),
    ],
)
def test_what_the_books_say_cannot_be_set(fields, name):
    with pytest.raises(AdobeError) as caught:
        shipment(**fields)
    assert (caught.value.status, caught.value.message) == (400, CANNOT_BE_SET)
    assert caught.value.parameters == {"fieldName": name}


@pytest.mark.parametrize(
    "fields, missing",
    [
        ({"order_id": None}, ["order_id"]),
        ({"items": []}, ["items"]),
        ({"items": [{"order_item_id": 33}]}, ["qty"]),
        ({"items": [{"qty": 1}]}, ["order_item_id"]),
        ({"comments": [{"is_customer_notified": 1}]}, ["comment"]),
    ],
)
def test_a_whole_shipment_names_its_order_and_its_rows(fields, missing):
    with pytest.raises(AdobeError) as caught:
        shipment(**fields)
    assert caught.value.parameters == {"fieldName": missing[0]}


def test_one_comment_can_be_stored_at_once():
    with pytest.raises(AdobeError) as caught:
        shipment(comments=[{"comment": "a"}, {"comment": "b"}])
    assert (caught.value.status, caught.value.message) == (400, ONE_COMMENT)


@pytest.mark.parametrize("name", ["qty", "weight"])
def test_a_parcels_measures_fit_into_the_books(name):
    with pytest.raises(AdobeError) as caught:
        shipment(tracks=[{**UPS, name: 10**12}])
    assert caught.value.parameters == {"fieldName": name, "value": 10**12}


# ---------------------------------------------------------------- any body

VALUES = st.none() | st.booleans() | st.integers() | st.integers(-5, 5) | st.floats() | st.text(max_size=5)
ITEMS = st.fixed_dictionaries(
    {}, optional={"order_item_id": VALUES, "qty": VALUES, "orderItemId": VALUES, "extra": VALUES}
)
TRACKS = st.fixed_dictionaries(
    {}, optional={"track_number": VALUES, "title": VALUES, "carrier_code": VALUES, "trackNumber": VALUES}
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "items": VALUES | st.lists(ITEMS | VALUES, max_size=3),
        "tracks": VALUES | st.lists(TRACKS | VALUES, max_size=3),
        "packages": VALUES | st.lists(VALUES, max_size=3),
        "notify": VALUES,
        "append_comment": VALUES,
        "appendComment": VALUES,
        "comment": VALUES | st.fixed_dictionaries({}, optional={"comment": VALUES}),
        "arguments": VALUES,
        "extra": VALUES,
    },
)
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "items": st.lists(
            st.fixed_dictionaries({"order_item_id": st.integers(0, 9), "qty": st.integers(-2, 9)}), max_size=3
        ),
        "tracks": st.lists(
            st.fixed_dictionaries(
                {name: st.text(max_size=3) for name in ("track_number", "title", "carrier_code")}
            ),
            max_size=2,
        ),
        "notify": st.booleans(),
        "appendComment": st.booleans(),
        "comment": st.fixed_dictionaries({"comment": st.text(max_size=3)}),
    },
)


def assert_both_ways_agree(content: bytes) -> None:
    quick = quickly(content)
    try:
        slow = slowly(content)
    except AdobeError:
        assert quick is None, "what is refused leniently is not accepted quickly"
        return
    assert quick is None or quick == slow


@settings(max_examples=300, deadline=None)
@given(BODIES | LIKELY, st.booleans())
def test_both_ways_agree_on_any_body(sent, ascii_only):
    content = json.dumps(sent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert_both_ways_agree(content)


@settings(max_examples=200, deadline=None)
@given(LIKELY, st.data())
def test_both_ways_agree_on_bodies_that_were_cut_or_changed(sent, data):
    content = bytearray(json.dumps(sent).encode())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] = data.draw(st.integers(0, 255))
    assert_both_ways_agree(bytes(content))
    assert_both_ways_agree(bytes(content[:position]))

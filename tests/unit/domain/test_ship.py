import pytest
from msgspec.structs import replace

from counterfoil.domain import decider, invariants
from counterfoil.domain.comment import CommentDraft
from counterfoil.domain.invariants import Documents
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.ship import MisshippedBundle, ShipmentMade, ShipmentRefused, ShipOrder
from counterfoil.domain.stock import StockMove
from counterfoil.domain.track import TrackDraft
from tests.drafts import bundle, draft, row
from tests.unit.domain.given import NOW, numbers, placed, when

ONE = SCALE
UPS = TrackDraft("1Z", "UPS", "ups")
EMPTY = ShipmentRefused(
    status=None, nothing_to_ship=False, without_products=True, without_number=False, bundles=()
)


def two_rows():
    """Two of S1 and three of S2, in the rows 1 and 2."""
    return placed(draft(row("S1", 1000, 2), row("S2", 1550, 3)))


def two_variations():
    """A red one in the rows 1 and 2, a blue one in 3 and 4."""
    return placed(draft(row("RED", 2000, configurable=True), row("BLUE", 3000, configurable=True)))


def asked(**quantities):
    return ShipOrder({int(name[1:]): qty * SCALE for name, qty in quantities.items()})


def shipped(event):
    assert isinstance(event, ShipmentMade), event
    return {line.order_item_id: line.qty // SCALE for line in event.shipment.items}


def with_row(order, item_id, **changes):
    return replace(order, items={**order.items, item_id: replace(order.items[item_id], **changes)})


# ---------------------------------------------------------------- quantities


def test_an_empty_list_ships_everything_left():
    order, event = when(two_rows(), ShipOrder())
    assert shipped(event) == {1: 2, 2: 3}
    assert (event.shipment.total_qty, order.qty_shipped, order.qty_to_ship) == (5 * ONE, 5 * ONE, 0)


def test_some_now_and_the_rest_later():
    order, using = two_rows(), numbers()
    order, first = when(order, asked(i1=1), using)
    assert (shipped(first), order.qty_to_ship, order.shipment_count) == ({1: 1}, 4 * ONE, 1)
    order, second = when(order, ShipOrder(), using)
    assert (shipped(second), order.qty_to_ship, order.shipment_count) == ({1: 1, 2: 3}, 0, 2)
    assert [item.qty_shipped for item in order.items.values()] == [2 * ONE, 3 * ONE]
    assert list(order.shipments.values()) == [first.shipment, second.shipment]


def test_more_than_is_left_is_lowered_to_what_is_left():
    order, using = two_rows(), numbers()
    order, _ = when(order, asked(i1=1), using)
    assert shipped(when(order, asked(i1=5, i2=99), using)[1]) == {1: 1, 2: 3}


@pytest.mark.parametrize("items", [{999: ONE}, {1: 0}, {1: -ONE}, {1: ONE // 2}, {0: 0}])
def test_unknown_rows_and_less_than_a_whole_unit_make_no_shipment(items):
    assert when(two_rows(), ShipOrder(items))[1] == EMPTY


def test_fractions_of_whole_products_are_cut_and_those_of_others_are_not():
    order = two_rows()
    assert shipped(when(order, ShipOrder({2: ONE * 19 // 10}))[1]) == {2: 1}
    by_weight = with_row(order, 2, is_qty_decimal=True)
    _, event = when(by_weight, ShipOrder({2: ONE * 19 // 10}))
    assert event.shipment.items[0].qty == ONE * 19 // 10


def test_rows_with_nothing_left_are_left_out_beside_good_ones():
    order, using = two_rows(), numbers()
    order, _ = when(order, asked(i1=2), using)
    assert shipped(when(order, asked(i1=1, i2=1), using)[1]) == {2: 1}


def test_what_was_canceled_or_given_back_is_not_shipped():
    order = with_row(two_rows(), 1, qty_canceled=ONE)
    order = with_row(order, 2, qty_refunded=2 * ONE)
    assert shipped(when(replace(order, qty_to_ship=2 * ONE), ShipOrder())[1]) == {1: 1, 2: 1}


def test_units_that_came_back_after_they_were_sent_are_not_sent_again():
    order = with_row(two_rows(), 2, qty_shipped=2 * ONE, qty_refunded=ONE)
    assert shipped(when(replace(order, qty_to_ship=3 * ONE), ShipOrder())[1]) == {1: 2, 2: 1}


# ---------------------------------------------------------------- rows that are not shipped


def test_a_variation_goes_with_its_parent_and_has_no_quantity_of_its_own():
    order, event = when(two_variations(), ShipOrder())
    assert shipped(event) == {1: 1, 3: 1}
    assert [item.qty_shipped for item in order.items.values()] == [ONE, 0, ONE, 0]
    assert when(two_variations(), asked(i2=1))[1] == EMPTY


def test_virtual_rows_stay_at_home():
    order = placed(draft(row("S1", 1000), row("V1", 500, virtual=True)))
    order, event = when(order, ShipOrder())
    assert (shipped(event), order.qty_to_ship) == ({1: 1}, 0)
    assert when(order, asked(i2=1))[1] == replace(EMPTY, nothing_to_ship=True)


@pytest.mark.parametrize("status", ["pending", "processing", "a_status_of_ours"])
def test_a_virtual_order_is_blocked_whatever_its_status(status):
    order = placed(draft(row("V1", 500, virtual=True), shipping=0))
    assert when(replace(order, status=status), ShipOrder())[1] == replace(EMPTY, status=status)


# ---------------------------------------------------------------- bundles

SHIRT, SOCKS = 2, 3


def two_bundles(*, separately):
    """Two bundles, each of one shirt and two socks, in the rows 1, 2 and 3."""
    parts = (1, row("SHIRT", 1000, 2)), (2, row("SOCKS", 500, 4))
    return placed(draft(bundle("B", 2, *parts, separately=separately)))


def test_a_bundle_that_is_shipped_together_is_shipped_as_one_row():
    order, event = when(two_bundles(separately=False), ShipOrder())
    assert (shipped(event), order.qty_to_ship) == ({1: 2}, 0)


def test_a_part_of_such_a_bundle_cannot_be_asked_for():
    refused = replace(EMPTY, bundles=(MisshippedBundle("B", separately=False),))
    assert when(two_bundles(separately=False), asked(i2=1))[1] == refused
    beside = replace(refused, without_products=False)
    assert when(two_bundles(separately=False), asked(i1=1, i2=1))[1] == beside


def test_of_a_bundle_that_is_shipped_separately_the_parts_are_shipped():
    order, using = two_bundles(separately=True), numbers()
    order, event = when(order, asked(i3=3), using)
    assert (shipped(event), order.qty_to_ship) == ({SOCKS: 3}, 3 * ONE)
    order, event = when(order, ShipOrder(), using)
    assert (shipped(event), order.qty_to_ship) == ({SHIRT: 2, SOCKS: 1}, 0)


def test_such_a_bundle_itself_cannot_be_asked_for():
    refused = replace(EMPTY, bundles=(MisshippedBundle("B", separately=True),))
    assert when(two_bundles(separately=True), asked(i1=1))[1] == refused


@pytest.mark.parametrize("separately", [False, True])
def test_a_bundle_with_a_price_of_its_own_is_shipped_by_the_same_rules(separately):
    order = placed(draft(row("B", 1000, 3, contains=2, separately=separately)))
    assert shipped(when(order, ShipOrder())[1]) == ({2: 6} if separately else {1: 3})


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("state", ["holded", "payment_review", "canceled"])
def test_blocked_states_ship_nothing_and_are_told_by_their_status(state):
    order = replace(two_rows(), state=state, status=f"{state}_of_ours")
    refused = replace(EMPTY, status=f"{state}_of_ours", without_products=False)
    assert when(order, ShipOrder())[1] == refused


def test_where_nothing_is_left_nothing_is_shipped():
    order, using = two_rows(), numbers()
    order, _ = when(order, ShipOrder(), using)
    assert when(order, ShipOrder(), using)[1] == replace(EMPTY, nothing_to_ship=True)
    order, _ = when(order, IssueInvoice(), using)
    assert order.state == "complete"
    assert when(order, ShipOrder(), using)[1] == replace(EMPTY, nothing_to_ship=True)


def test_a_parcel_needs_a_number():
    refused = replace(EMPTY, without_products=False, without_number=True)
    nameless = replace(UPS, track_number="")
    assert when(two_rows(), ShipOrder(tracks=(UPS, nameless)))[1] == refused


def test_all_reasons_are_told_at_once():
    order = replace(two_bundles(separately=True), state="holded", status="holded")
    command = ShipOrder({1: ONE}, (replace(UPS, track_number=""),))
    assert when(order, command)[1] == ShipmentRefused(
        status="holded",
        nothing_to_ship=False,
        without_products=True,
        without_number=True,
        bundles=(MisshippedBundle("B", separately=True),),
    )


def test_a_refusal_takes_no_number():
    order, using = two_rows(), numbers()
    when(order, asked(i999=1), using)
    when(order, ShipOrder(tracks=(replace(UPS, track_number=""),)), using)
    assert using.advanced() == {}


# ---------------------------------------------------------------- what a shipment is


def test_a_shipment_says_what_went_where():
    order = placed(draft(row("S1", 1000, 2), shipping=500))
    _, event = when(order, asked(i1=1))
    made = event.shipment
    assert (made.entity_id, made.order_id, made.store_id, made.increment_id) == (1, 1, 1, "000000001")
    assert (made.created_at, made.updated_at) == (NOW, NOW)
    assert made.billing_address_id == order.billing_address_id
    assert made.shipping_address_id == order.shipping_address_id
    (line,) = made.items
    assert (line.entity_id, line.product_id, line.sku, line.name) == (1, 1, "S1", "S1")
    assert (line.qty, line.price) == (ONE, 1000 * 100)


def test_each_store_counts_its_own_shipments():
    using = numbers()
    using_two = [placed(draft(row("S1", 1000), store_id=1), using)]
    _, one = when(using_two[0], ShipOrder(), using)
    _, other = when(replace(using_two[0], store_id=2), ShipOrder(), using)
    assert (one.shipment.increment_id, other.shipment.increment_id) == ("000000001", "2000000001")
    assert (one.shipment.entity_id, other.shipment.entity_id) == (1, 2)


def test_parcels_packages_and_the_comment_are_stored_with_it():
    command = ShipOrder(
        tracks=(UPS, replace(UPS, track_number="2Z", weight=15_000)),
        packages=({"extension_attributes": {}},),
        comment=CommentDraft("by night", is_visible_on_front=True),
        notify=True,
    )
    _, event = when(two_rows(), command)
    made = event.shipment
    assert [(one.entity_id, one.track_number, one.weight) for one in made.tracks] == [
        (1, "1Z", None),
        (2, "2Z", 15_000),
    ]
    assert made.packages == command.packages
    (comment,) = made.comments
    assert (comment.comment, comment.is_visible_on_front, comment.created_at) == ("by night", True, NOW)
    assert event.notify


def test_whoever_was_not_to_be_told_is_not():
    assert not when(two_rows(), ShipOrder())[1].notify


# ---------------------------------------------------------------- what becomes of the order


def test_an_order_is_in_work_once_something_was_shipped_paid_or_not():
    order, _ = when(two_rows(), asked(i1=1))
    assert (order.state, order.status, order.total_paid) == ("processing", "processing", 0)
    order, _ = when(two_rows(), ShipOrder())
    assert (order.state, order.version) == ("processing", 2)


def test_what_is_shipped_and_invoiced_is_complete_in_either_order():
    for commands in ((ShipOrder(), IssueInvoice()), (IssueInvoice(), ShipOrder())):
        order, using, events = two_rows(), numbers(), []
        for command in commands:
            order, event = when(order, command, using)
            events.append(event)
        assert (order.state, order.status) == ("complete", "complete")
        shipments = [event.shipment for event in events if isinstance(event, ShipmentMade)]
        invoices = [event.invoice for event in events if not isinstance(event, ShipmentMade)]
        assert list(invariants.broken_book(order, Documents(invoices, shipments))) == []


# ---------------------------------------------------------------- stock


def moved(order, command):
    after, event = when(order, command)
    assert isinstance(event, ShipmentMade), event
    return decider.stock_moves(order, after, event)


def gone(units):
    return StockMove(qty=-units * ONE, reserved=-units * ONE)


def test_what_is_shipped_leaves_the_stock_and_is_no_longer_promised():
    assert moved(two_rows(), asked(i2=2)) == {2: gone(2)}
    assert moved(two_rows(), ShipOrder()) == {1: gone(2), 2: gone(3)}


def test_of_a_configurable_the_variation_leaves_the_stock():
    order = two_variations()
    assert moved(order, asked(i1=1)) == {order.items[2].product_id: gone(1)}


@pytest.mark.parametrize("separately", [False, True])
def test_of_a_bundle_its_parts_leave_the_stock(separately):
    order = two_bundles(separately=separately)
    shirt, socks = (order.items[item_id].product_id for item_id in (SHIRT, SOCKS))
    assert moved(order, ShipOrder()) == {shirt: gone(2), socks: gone(4)}
    assert moved(order, asked(i3=2) if separately else asked(i1=1)) == (
        {socks: gone(2)} if separately else {shirt: gone(1), socks: gone(2)}
    )

"""What is left of a row, and which rows go along with others (contract adobe §5.3)."""

import pytest
from msgspec.structs import replace

from counterfoil.domain import quantity
from counterfoil.domain.money import SCALE
from tests.drafts import bundle, draft, row
from tests.unit.domain.given import placed

ONE = SCALE


def items(*lines):
    return placed(draft(*lines)).items


def test_a_variation_goes_along_with_its_parent():
    rows = items(row("RED", 2000, 3, configurable=True))
    assert quantity.mirrored(rows, {1: 2 * ONE}, "qty_invoiced") == {2: 2 * ONE}
    assert quantity.mirrored(rows, {}, "qty_invoiced") == {}


def test_a_part_of_a_bundle_with_a_price_goes_along_as_many_times_as_it_is_in_it():
    rows = items(row("BOX", 3000, 2, contains=3))
    assert quantity.mirrored(rows, {1: ONE}, "qty_refunded") == {2: 3 * ONE}


def test_a_bundle_priced_by_its_parts_is_done_as_far_as_all_of_them_are():
    rows = items(bundle("BOX", 2, (1, row("X", 1000, 2)), (2, row("Y", 500, 4))))
    assert quantity.mirrored(rows, {2: 2 * ONE}, "qty_invoiced") == {}
    assert quantity.mirrored(rows, {2: ONE, 3: 2 * ONE}, "qty_invoiced") == {1: ONE}
    assert quantity.mirrored(rows, {2: 2 * ONE, 3: 3 * ONE}, "qty_invoiced") == {1: ONE}
    assert quantity.mirrored(rows, {2: 2 * ONE, 3: 4 * ONE}, "qty_invoiced") == {1: 2 * ONE}


def test_a_bundle_that_was_done_in_part_is_not_done_again():
    rows = items(bundle("BOX", 2, (1, row("X", 1000, 2)), (2, row("Y", 500, 4))))
    rows = {
        1: replace(rows[1], qty_invoiced=ONE),
        2: replace(rows[2], qty_invoiced=2 * ONE),
        3: replace(rows[3], qty_invoiced=2 * ONE),
    }
    assert quantity.mirrored(rows, {3: ONE}, "qty_invoiced") == {}
    assert quantity.mirrored(rows, {3: 2 * ONE}, "qty_invoiced") == {1: ONE}


def test_rows_that_stand_alone_bring_nobody_along():
    assert quantity.mirrored(items(row("A", 1000, 2)), {1: ONE}, "qty_invoiced") == {}


@pytest.mark.parametrize(
    "changes, invoice, ship, refund",
    [
        ({}, 5, 5, 0),
        ({"qty_invoiced": 2}, 3, 5, 2),
        ({"qty_invoiced": 3, "qty_canceled": 2}, 0, 3, 3),
        ({"qty_invoiced": 5, "qty_shipped": 3, "qty_refunded": 2}, 0, 2, 3),
        ({"qty_invoiced": 5, "qty_shipped": 1, "qty_refunded": 4}, 0, 1, 1),
        ({"qty_invoiced": 5, "qty_refunded": 5}, 0, 0, 0),
        ({"is_virtual": True}, 5, 0, 0),
    ],
)
def test_what_is_left_of_a_row(changes, invoice, ship, refund):
    scaled = {name: value if name == "is_virtual" else value * ONE for name, value in changes.items()}
    item = replace(items(row("A", 1000, 5))[1], **scaled)
    left = (quantity.to_invoice(item), quantity.to_ship(item), quantity.to_refund(item))
    assert left == (invoice * ONE, ship * ONE, refund * ONE)


@pytest.mark.parametrize(
    "asked, decimal, taken",
    [(15_000, False, ONE), (15_000, True, 15_000), (-1, True, 0)],
)
def test_what_is_sold_by_the_piece_is_cut_to_pieces(asked, decimal, taken):
    item = replace(items(row("A", 1000, 5))[1], is_qty_decimal=decimal)
    assert quantity.whole(item, asked) == taken

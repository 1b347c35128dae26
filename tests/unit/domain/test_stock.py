"""What happens to the stock (contract adobe §6.1 to §6.3)."""

import pytest
from msgspec.structs import replace

from counterfoil.domain import decider
from counterfoil.domain.cancel import CancelOrder
from counterfoil.domain.credit import CreditOrder
from counterfoil.domain.hold import HoldOrder
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.ship import ShipOrder
from counterfoil.domain.stock import StockMove, product_ids
from tests.drafts import bundle, draft, row
from tests.unit.domain.given import numbers, placed, when

ONE = SCALE


def moved(order, *commands):
    """Return what all commands together do to the stock, by product id: (units, reserved units)."""
    using = numbers()
    found: dict[int, tuple[int, int]] = {}
    for command in commands:
        before = order
        order, event = when(before, command, using)
        assert isinstance(event, decider.Event), event
        for product_id, move in decider.stock_moves(before, order, event).items():
            qty, reserved = found.get(product_id, (0, 0))
            found[product_id] = (qty + move.qty // ONE, reserved + move.reserved // ONE)
    return found


def two():
    return placed(draft(row("A", 1000, 2), row("B", 500, 3)))


STEPS = {
    "shipped": ((ShipOrder({1: ONE}),), {1: (-1, -1)}),
    "shipped whole": ((ShipOrder(),), {1: (-2, -2), 2: (-3, -3)}),
    "canceled": ((CancelOrder(),), {1: (0, -2), 2: (0, -3)}),
    "canceled after a shipment": ((ShipOrder({1: ONE}), CancelOrder()), {1: (-1, -2), 2: (0, -3)}),
    "given back unsent": ((IssueInvoice(), CreditOrder({1: ONE})), {1: (0, -1)}),
    "given back, kept by the customer": (
        (IssueInvoice(), ShipOrder({1: 2 * ONE}), CreditOrder({1: ONE})),
        {1: (-2, -2)},
    ),
    "given back and put back": (
        (IssueInvoice(), ShipOrder({1: 2 * ONE}), CreditOrder({1: ONE}, return_to_stock=frozenset({1}))),
        {1: (-1, -2)},
    ),
    "put back unsent": (
        (IssueInvoice(), CreditOrder({1: ONE}, return_to_stock=frozenset({1}))),
        {1: (0, -1)},
    ),
    "invoiced": ((IssueInvoice(),), {}),
    "held": ((HoldOrder(),), {}),
}


@pytest.mark.parametrize("what", STEPS)
def test_the_stock_moves_with_the_units(what):
    commands, expected = STEPS[what]
    assert moved(two(), *commands) == expected


def test_of_a_variation_its_own_product_moves():
    order = placed(draft(row("RED", 2000, 2, configurable=True)))
    assert product_ids(order) == {order.items[2].product_id}
    assert moved(order, ShipOrder({1: ONE})) == {order.items[2].product_id: (-1, -1)}
    assert moved(order, CancelOrder()) == {order.items[2].product_id: (0, -2)}


@pytest.mark.parametrize("separately", [False, True])
def test_of_a_bundle_its_parts_move(separately):
    box = bundle("BOX", 2, (1, row("X", 1000, 2)), (3, row("Y", 500, 6)), separately=separately)
    order = placed(draft(box))
    everything = {order.items[2].product_id: (-2, -2), order.items[3].product_id: (-6, -6)}
    assert moved(order, ShipOrder()) == everything
    canceled = {product_id: (0, reserved) for product_id, (_, reserved) in everything.items()}
    assert moved(order, CancelOrder()) == canceled


def test_two_rows_of_one_product_move_together():
    order = placed(draft(row("A", 1000, 2), row("A", 1000, 1)))
    product_id = order.items[1].product_id
    second = replace(order.items[2], product_id=product_id)
    order = replace(order, items={**order.items, 2: second})
    after, event = when(order, ShipOrder())
    assert decider.stock_moves(order, after, event) == {product_id: StockMove(-3 * ONE, -3 * ONE)}

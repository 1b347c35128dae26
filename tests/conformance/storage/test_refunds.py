"""Refunds on every engine: side by side to the cent, and what becomes of the stock."""

import asyncio

import pytest

from counterfoil.domain.credit import CreditOrder, CreditQuantityInvalid, CreditRefused
from counterfoil.domain.invoice import IssueInvoice
from counterfoil.domain.money import SCALE
from counterfoil.domain.ship import ShipOrder
from counterfoil.ledger.envelope import Accepted, Refused
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import StockLevel
from tests.drafts import row
from tests.storage import TESTER, findings

ONE = SCALE


def simple():
    """A row with the id 1, of a product with stock."""
    return row("S1", 1000, 3)


def variation():
    """Rows with the ids 1 and 2, the parent and its child; the child's product has stock."""
    return row("RED", 1000, 3, configurable=True)


async def carry_out(ledger, order, *commands):
    for command in commands:
        outcome = await ledger.execute(order.entity_id, command, actor=TESTER)
        assert isinstance(outcome, Accepted), outcome


async def stored(ledger, order):
    async with ledger.reading() as reader:
        return await reader.order(order.entity_id), await reader.creditmemos_of(order.entity_id)


@pytest.fixture
def ordered(ledger, place):
    """Place an order of three units and reserve them, of ten that there are."""

    async def ordered(line):
        order = await place(line)
        *_, item = order.items.values()

        async def reserve(transaction):
            reserved = StockLevel(
                item.product_id, 10 * ONE, 3 * ONE, True, True, False, False, 0, ONE, 10_000 * ONE
            )
            await transaction.write_stock([reserved])
            return Body(b"1")

        await ledger.transact(reserve)

        async def stock():
            async with ledger.reading() as reader:
                level = (await reader.stock([item.product_id]))[item.product_id]
            return level.qty // ONE, level.reserved // ONE

        return order, stock

    return ordered


async def test_three_refunds_at_once_of_a_unit_each_sum_to_the_cent(ledger, place):
    order = await place(row("X", 333, 3, row_total=1000, discount=100, tax=83), shipping=0)
    parts = [ledger.execute(order.entity_id, IssueInvoice({1: ONE}), actor=TESTER) for _ in range(3)]
    assert all(isinstance(outcome, Accepted) for outcome in await asyncio.gather(*parts))
    refunds = [ledger.execute(order.entity_id, CreditOrder({1: ONE}), actor=TESTER) for _ in range(5)]
    outcomes = await asyncio.gather(*refunds)
    # The fourth and the fifth find the order closed, with nothing left of the row.
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert refused == [Refused(CreditRefused(status="closed", rows=("exhausted",)))] * 2
    after, memos = await stored(ledger, order)
    item = after.items[1]
    assert (item.amount_refunded, item.tax_refunded, item.discount_refunded) == (100_000, 8_300, 10_000)
    assert after.total_refunded == after.grand_total == sum(memo.grand_total for memo in memos)
    assert [memo.increment_id for memo in memos] == ["000000001", "000000002", "000000003"]
    assert await findings(ledger) == []


async def test_two_refunds_at_once_of_more_than_is_left_together_make_one(ledger, place):
    order = await place(simple())
    await carry_out(ledger, order, IssueInvoice())
    wish = CreditOrder({1: 2 * ONE}, shipping_amount=0)
    outcomes = await asyncio.gather(*(ledger.execute(order.entity_id, wish, actor=TESTER) for _ in range(2)))
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) == 1
    assert Refused(CreditQuantityInvalid("S1")) in outcomes
    assert await findings(ledger) == []


@pytest.mark.parametrize("line", [simple, variation])
async def test_units_that_are_refunded_before_they_are_shipped_become_free(ledger, ordered, line):
    order, stock = await ordered(line())
    await carry_out(ledger, order, IssueInvoice(), CreditOrder({1: 2 * ONE}))
    assert await stock() == (10, 1)
    await carry_out(ledger, order, ShipOrder())
    assert await stock() == (9, 0)
    assert await findings(ledger) == []


@pytest.mark.parametrize(
    "line, named, on_stock",
    [
        (simple, (), 7),
        (simple, (1,), 9),
        (simple, (2, 999), 7),
        (variation, (), 7),
        (variation, (1,), 9),
        (variation, (2,), 9),
        (variation, (1, 2), 9),
    ],
)
async def test_units_that_were_shipped_go_back_on_stock_only_if_it_is_said(
    ledger, ordered, line, named, on_stock
):
    order, stock = await ordered(line())
    await carry_out(ledger, order, IssueInvoice(), ShipOrder())
    assert await stock() == (7, 0)
    await carry_out(ledger, order, CreditOrder({1: 2 * ONE}, return_to_stock=frozenset(named)))
    assert await stock() == (on_stock, 0)
    assert await findings(ledger) == []


async def test_of_units_of_which_some_were_shipped_those_are_refunded_first(ledger, ordered):
    order, stock = await ordered(simple())
    await carry_out(ledger, order, IssueInvoice(), ShipOrder({1: ONE}))
    assert await stock() == (9, 2)
    returned = CreditOrder({1: 2 * ONE}, return_to_stock=frozenset({1}))
    await carry_out(ledger, order, returned)
    assert await stock() == (10, 1)
    await carry_out(ledger, order, ShipOrder({1: ONE}))
    assert await stock() == (9, 0)
    assert await findings(ledger) == []


async def test_units_that_were_released_are_not_taken_for_shipped_ones_later(ledger, ordered):
    order, stock = await ordered(simple())
    returned = CreditOrder({1: ONE}, return_to_stock=frozenset({1}))
    await carry_out(ledger, order, IssueInvoice(), returned, ShipOrder({1: ONE}))
    assert await stock() == (9, 1)
    await carry_out(ledger, order, returned)
    assert await stock() == (10, 1)
    assert await findings(ledger) == []

"""Changes on every engine: what they do to the stock of the products that come and go."""

import pytest

from counterfoil.domain.attachments import AddedLine
from counterfoil.domain.change import ApplyChange, RequestChange
from counterfoil.domain.money import SCALE
from counterfoil.domain.ship import ShipOrder
from counterfoil.domain.transitions import HANDLING
from counterfoil.domain.wanted import WantedLine
from counterfoil.ledger.envelope import Accepted
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import StockLevel
from tests.drafts import row
from tests.storage import TESTER

CUP, PLATE = 1, 77
"""Products: of the order's row, which has the number of its place, and one that comes."""


def level(product_id: int, reserved: int) -> StockLevel:
    return StockLevel(
        product_id, 100 * SCALE, reserved * SCALE, True, True, False, False, 0, SCALE, 10_000 * SCALE
    )


@pytest.mark.parametrize("generation", [1, 2])
async def test_what_a_change_adds_is_reserved_and_what_it_removes_is_free(ledger, place, generation):
    order = await place(row("CUP", 1000, 3), stage=HANDLING)

    async def fill(transaction):
        await transaction.write_stock([level(CUP, 3), level(PLATE, 5)])
        return Body(b"true")

    async def stock():
        async with ledger.reading() as reader:
            levels = await reader.stock([CUP, PLATE])
        return [(levels[which].qty // SCALE, levels[which].reserved // SCALE) for which in (CUP, PLATE)]

    await ledger.transact(fill)
    wish = RequestChange(
        *("c", generation, "other"),
        removed=(WantedLine(SCALE, index=0),),
        added=(AddedLine("PLATE", 2 * SCALE, 500_00, product_id=PLATE),),
    )
    commands = [wish] if generation == 1 else [wish, ApplyChange("c")]
    for command in commands:
        assert isinstance(await ledger.execute(order.entity_id, command, actor=TESTER), Accepted)
    assert await stock() == [(100, 2), (100, 7)]
    assert isinstance(await ledger.execute(order.entity_id, ShipOrder(), actor=TESTER), Accepted)
    assert await stock() == [(98, 0), (98, 5)], "what others have reserved stays theirs"

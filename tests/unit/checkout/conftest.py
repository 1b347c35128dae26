"""Shops in memory for the tests of the checkout."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.checkout.floor import Floor, open_floor, stock_up


@pytest.fixture
async def floor() -> AsyncIterator[Floor]:
    """A shop with the goods, the tax and the coupon of the recordings."""
    async with open_floor() as opened:
        await stock_up(opened)
        yield opened

"""A shop with the embedded database in memory, and a client of it that holds every answer to the schemas."""

import pytest

from tests.unit.dialects.conftest import ledger, place
from tests.unit.dialects.vtex.conftest import client, shop

__all__ = ["client", "ledger", "place", "shop"]


@pytest.fixture
def ready(client, ledger):
    """Place an order of this dialect that can be handled, and return its name and its id in the books."""
    from counterfoil.dialects.vtex import order_id
    from tests.unit.dialects.vtex.orders import fulfillment

    async def run(*items, name="555", **more):
        placed = await client.post(
            "/api/fulfillment/pvt/orders?affiliateId=MKP", fulfillment(*items, name=name, **more)
        )
        assert placed.status == 200, placed
        called = placed.json["orderId"]
        assert (await client.post(f"/api/fulfillment/pvt/orders/{called}/fulfill", {})).status == 201
        async with ledger.reading() as reader:
            return called, await order_id.find(reader, called)

    return run

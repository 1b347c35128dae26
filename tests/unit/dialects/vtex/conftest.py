"""A shop with the embedded database in memory, and a client of it."""

import pytest

from counterfoil.clock import Clock
from counterfoil.delivery.desk import desk as desk_of
from counterfoil.delivery.outgoing import Outgoing
from counterfoil.dialects.vtex.app import App
from counterfoil.dialects.vtex.call import Shop
from counterfoil.dialects.vtex.routes import ROUTES
from tests.drafts import draft, row
from tests.unit.dialects.vtex.asgi import Client, FakeDoor


@pytest.fixture
async def shop(ledger):
    async for shop in _shop(ledger, Outgoing(allow_http=True, allow_private=True)):
        yield shop


async def _shop(ledger, outgoing):
    desk = desk_of(ledger, Clock(), outgoing)
    yield Shop(ledger=ledger, clock=Clock(), access=FakeDoor(), delivery=desk)
    await desk.close()
    await outgoing.close()


@pytest.fixture
async def careful_client(ledger):
    """A client of a shop whose hooks may only go where they may by default."""
    async for shop in _shop(ledger, Outgoing()):
        yield Client(App(shop, ROUTES))


@pytest.fixture
def client(shop):
    return Client(App(shop, ROUTES))


@pytest.fixture
async def order(place):
    """Two units for 20.00 each, and shipping of 10.00, ready for handling."""
    return await place(draft(row("RED", 2000, qty=2, configurable=True), shipping=1000))


@pytest.fixture
def status(ledger):
    """Return the status that an order is in now."""

    async def look(order):
        async with ledger.reading() as reader:
            return (await reader.order(order.entity_id)).workflow_status

    return look


@pytest.fixture
def packages(ledger):
    """Return what is stored of an order's packages, by number."""

    async def look(order):
        async with ledger.reading() as reader:
            found = await reader.order(order.entity_id)
            return (await reader.with_attachments(found)).packages

    return look

"""A shop with the embedded database in memory, and a client of it."""

import pytest

from counterfoil.clock import Clock
from counterfoil.dialects.vtex.app import App
from counterfoil.dialects.vtex.call import Shop
from counterfoil.dialects.vtex.routes import ROUTES
from tests.unit.dialects.vtex.asgi import Client, FakeDoor


@pytest.fixture
def shop(ledger):
    return Shop(ledger=ledger, clock=Clock(), access=FakeDoor())


@pytest.fixture
def client(shop):
    return Client(App(shop, ROUTES))

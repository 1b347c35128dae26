"""A shop with the embedded database in memory, and a client of it."""

from typing import cast

import pytest

from counterfoil.access.access import Access
from counterfoil.clock import Clock
from counterfoil.dialects.adobe.app import App
from counterfoil.dialects.adobe.call import Shop
from counterfoil.dialects.adobe.routes import ROUTES
from tests.unit.dialects.adobe.asgi import Client, FakeAccess


@pytest.fixture
def shop(ledger):
    return Shop(ledger=ledger, clock=Clock(), access=cast("Access", FakeAccess()))


@pytest.fixture
def client(shop):
    return Client(App(shop, ROUTES))

"""A shop with the embedded database in memory, and a desk to work at."""

import pytest

from tests.promises.desk import Desk
from tests.storage import findings
from tests.unit.dialects.conftest import ledger, place
from tests.unit.dialects.vtex.conftest import client
from tests.unit.dialects.vtex.conftest import shop as vtex_shop

__all__ = ["client", "ledger", "place", "vtex_shop"]


@pytest.fixture(name="shop")
def _shop(vtex_shop):
    return vtex_shop


@pytest.fixture
async def desk(client, ledger):
    """A desk over books that have to be right when a test is through."""
    yield Desk(client, ledger)
    assert await findings(ledger) == []

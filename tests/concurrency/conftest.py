"""Every race is run against one process on SQLite, and one and three processes on PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.concurrency.fleet import Fleet
from tests.conftest import NewDatabase
from tests.judge import assert_promises_kept
from tests.servers import assert_books_are_clean, serving

FLEETS = [
    pytest.param(("sqlite", 1), id="sqlite"),
    pytest.param(("postgresql", 1), id="postgresql"),
    pytest.param(("postgresql", 3), id="postgresql-3-processes"),
]


@pytest.fixture(scope="module", params=FLEETS)
def fleet(
    request: pytest.FixtureRequest,
    new_module_database: NewDatabase,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Fleet]:
    """A shop with the catalogue of the recordings. When its file of tests is through, the
    doctor comes, and a judge who does not know the doctor."""
    engine, count = request.param
    url = new_module_database(engine)
    with serving(url, tmp_path_factory.mktemp("logs"), count=count) as servers:
        own = Fleet(servers)
        own.shop.set_up()
        yield own
        own.close()
        assert_books_are_clean(url)
        assert_promises_kept(url)

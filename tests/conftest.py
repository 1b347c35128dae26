"""Fixtures that all suites share: databases on both engines, and a shop that serves on them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from uuid import uuid4

import pytest
import structlog
from hypothesis import settings

from tests import postgres, session
from tests.servers import Server, serving
from tests.shop import Shop

pytest.register_assert_rewrite("tests.two_languages")
# How long an example takes says more about what else the machine is doing than about us.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

ENGINES = ("sqlite", "postgresql")
NewDatabase = Callable[[str], str]
_OWNER = pytest.StashKey[IO[str]]()


def pytest_configure(config: pytest.Config) -> None:
    # With the values of all variables, the traceback of a batch takes longer than commands wait.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])
    config.addinivalue_line("markers", "writes: the test means to write, others in the file must not")
    if not hasattr(config, "workerinput"):
        config.stash[_OWNER] = session.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    owner = config.stash.get(_OWNER, None)
    if owner is not None:
        session.end(owner)


@pytest.fixture(scope="session")
def postgres_server() -> postgres.Server:
    """The session's PostgreSQL."""
    return postgres.shared()


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """An empty PostgreSQL database for one test."""
    url = postgres_server.create_database(f"test_{uuid4().hex}")
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database file for one test; it does not exist yet."""
    return f"sqlite:///{tmp_path}/counterfoil.db"


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database for one test, on each engine in turn."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture(scope="module", params=ENGINES)
def module_engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn, for fixtures that a whole file of tests shares."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def new_module_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewDatabase]:
    """Make empty databases that last as long as the file of tests; the argument is the engine."""
    made: list[str] = []

    def make(engine: str) -> str:
        if engine == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('books')}/counterfoil.db"
        made.append(postgres.shared().create_database(f"test_{uuid4().hex}"))
        return made[-1]

    yield make
    for url in made:
        postgres.shared().drop_database(url)


@pytest.fixture(scope="module")
def module_database_url(module_engine: str, new_module_database: NewDatabase) -> str:
    """One database for a whole file of tests, on each engine in turn."""
    return new_module_database(module_engine)


@pytest.fixture(scope="module")
def server(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One service for a whole file of tests, on each engine in turn."""
    with serving(module_database_url, tmp_path_factory.mktemp("logs")) as (one,):
        yield one


@pytest.fixture(scope="module")
def shop(server: Server) -> Iterator[Shop]:
    """That service with the catalogue of the recordings."""
    own = Shop(server.port)
    own.set_up()
    yield own
    own.close()

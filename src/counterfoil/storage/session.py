"""What the shared readers and writers need of a database connection inside a transaction."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

from counterfoil.storage.rows import Row
from counterfoil.storage.schema import Dialect

Statement = tuple[str, Sequence[Any]]
"""A statement with ``?`` for its parameters, and their values."""


class Session(Protocol):
    """One connection inside one transaction. Statements use ``?`` for parameters on every engine."""

    schema: Dialect
    for_update: str
    """Appended to a SELECT to lock its rows; empty where the whole transaction holds the lock."""

    async def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a query and return all its rows."""

    async def several(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Run fixed queries, in one round trip if there is one, and return the rows of each."""

    async def run(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement that returns nothing."""

    async def run_many(self, statement: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each set of parameters."""

    async def long_rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a query that may scan; like `rows`, but it must not hold up other work."""


@lru_cache(maxsize=1024)
def marks(count: int) -> str:
    """Return ``?, ?, …`` for ``count`` parameters."""
    return ", ".join("?" * count)

"""A ledger in memory, a clock that only moves when told, and hashes that cost nothing."""

from collections.abc import AsyncIterator

import pytest
from argon2 import PasswordHasher

from counterfoil.access.access import Access
from counterfoil.access.password import Passwords
from counterfoil.clock import Clock
from counterfoil.ledger.ledger import Ledger
from counterfoil.storage.sqlite import IN_MEMORY, SqliteEngine


class SetClock(Clock):
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0

    def epoch_s(self) -> int:
        return 1_700_000_000 + int(self.elapsed_s)

    def monotonic_s(self) -> float:
        return self.elapsed_s

    def jitter(self, upto_s: float) -> float:
        return 0.0


def cheap_passwords(*, parallel: int = 2, max_waiting: int = 64) -> Passwords:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return Passwords(parallel=parallel, max_waiting=max_waiting, hasher=hasher)


class Spy(Passwords):
    """Counts the passwords that were really compared with somebody's hash."""

    def __init__(self) -> None:
        super().__init__(parallel=2, hasher=cheap_passwords()._hasher)
        self.compared = 0

    async def check(self, stored: str | None, password: str) -> bool:
        self.compared += stored is not None
        return await super().check(stored, password)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def ledger(clock: SetClock) -> AsyncIterator[Ledger]:
    engine = SqliteEngine(IN_MEMORY)
    await engine.migrate()
    yield Ledger(engine, clock)
    await engine.close()


@pytest.fixture
async def access(ledger: Ledger) -> AsyncIterator[Access]:
    door = Access(ledger, passwords=cheap_passwords())
    yield door
    door.close()


@pytest.fixture
async def other_process(ledger: Ledger) -> AsyncIterator[Access]:
    """Another door to the same books, as another process has."""
    door = Access(ledger, passwords=cheap_passwords())
    yield door
    door.close()

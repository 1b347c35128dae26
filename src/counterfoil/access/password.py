"""Passwords: hashed and checked with argon2id, beside the event loop and never too many at once."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from counterfoil.clock import Clock
from counterfoil.ledger.faults import Busy

MIN_LENGTH = 7
"""The shortest password of an admin user that Adobe Commerce takes."""

MAX_LENGTH = 1024
"""Longer ones are refused unread: hashing them would only warm the machine."""

GENERATED_LENGTH = 24


class PasswordTooShort(Struct, frozen=True):
    """Refusal: a password must have at least ``limit`` characters."""

    limit: int


class PasswordTooLong(Struct, frozen=True):
    """Refusal: a password must have at most ``limit`` characters."""

    limit: int


PasswordRefusal = PasswordTooShort | PasswordTooLong


def unfit(password: str) -> PasswordRefusal | None:
    """Return why ``password`` cannot be an admin user's, or None if it can."""
    if len(password) < MIN_LENGTH:
        return PasswordTooShort(MIN_LENGTH)
    return PasswordTooLong(MAX_LENGTH) if len(password) > MAX_LENGTH else None


def generate(clock: Clock) -> str:
    """Return a new random password of letters and digits (142 bits)."""
    return clock.secret(GENERATED_LENGTH)


def default_hasher() -> PasswordHasher:
    """Return argon2id with 19 MiB, two passes, one lane: one of OWASP's choices, about 40 ms of one core.

    One lane, because a check that takes all cores for itself holds up everybody's orders.
    """
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class Passwords:
    """Hashes and checks passwords in a few threads. Who comes when too many wait already is told `Busy`."""

    def __init__(
        self, *, parallel: int = 2, max_waiting: int = 256, hasher: PasswordHasher | None = None
    ) -> None:
        """Make the threads ready.

        Args:
            parallel: how many passwords are worked on at the same time.
            max_waiting: how many may wait for their turn beside those.
            hasher: the hash function and its cost.
        """
        self._hasher = hasher or default_hasher()
        self._pool = ThreadPoolExecutor(parallel, thread_name_prefix="password")
        self._turns = asyncio.Semaphore(parallel)
        self._limit = parallel + max_waiting
        self._present = 0
        self._decoy: Future[str] | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it. Raises `Busy` if too many wait already."""
        if self._present >= self._limit:
            raise Busy("Too many sign-ins at once. Nothing was done. Please try again.")
        self._present += 1
        try:
            async with self._turns:
                yield
        finally:
            self._present -= 1

    async def hash(self, password: str) -> str:
        """Return the hash to store for ``password``. Raises `Busy`."""
        async with self.turn():
            return await asyncio.wrap_future(self._pool.submit(self._hasher.hash, _bytes(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether ``password`` is the one that was hashed into ``stored``. Raises `Busy`.

        Without a hash (there is no such user) the answer is no, and takes as long as any other.
        """
        async with self.turn():
            return await self.check(stored, password)

    async def check(self, stored: str | None, password: str) -> bool:
        """Do what `verify` does for a caller who holds a turn already."""
        if self._decoy is None:
            self._decoy = self._pool.submit(self._hasher.hash, b"nobody has this password")
        decoy = await asyncio.wrap_future(self._decoy)
        fits = len(password) <= MAX_LENGTH
        right = await asyncio.wrap_future(
            self._pool.submit(
                self._verify, decoy if stored is None else stored, _bytes(password[:MAX_LENGTH])
            )
        )
        return right and fits and stored is not None

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    # JSON can carry half a surrogate pair. It is a strange password, and no reason to fail.
    return password.encode("utf-8", "surrogatepass")

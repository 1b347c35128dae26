import asyncio
import threading
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher

from counterfoil.access.password import (
    MAX_LENGTH,
    Passwords,
    PasswordTooLong,
    PasswordTooShort,
    unfit,
)
from counterfoil.ledger.faults import Busy
from tests.unit.access.conftest import cheap_passwords


async def test_the_right_password_is_right_and_every_other_wrong():
    passwords = cheap_passwords()
    stored = await passwords.hash("correct horse")

    assert stored.startswith("$argon2id$")
    assert "correct horse" not in stored
    assert await passwords.verify(stored, "correct horse")
    assert not await passwords.verify(stored, "correct horsf")
    assert not await passwords.verify(stored, "")


async def test_the_same_password_is_never_stored_the_same_way():
    passwords = cheap_passwords()

    assert await passwords.hash("correct horse") != await passwords.hash("correct horse")


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$v=19$broken"])
async def test_without_a_hash_that_can_be_read_no_password_is_right(stored):
    passwords = cheap_passwords()

    assert not await passwords.verify(stored, "nobody has this password")


@pytest.mark.parametrize("password", ["\ud800", "a\x00b", "пароль", "🔑" * 200])
async def test_strange_passwords_are_only_passwords(password):
    passwords = cheap_passwords()

    assert await passwords.verify(await passwords.hash(password), password)


async def test_an_overlong_password_is_wrong_even_if_its_beginning_is_right():
    passwords = cheap_passwords()
    stored = await passwords.hash("a" * MAX_LENGTH)

    assert await passwords.verify(stored, "a" * MAX_LENGTH)
    assert not await passwords.verify(stored, "a" * (MAX_LENGTH + 1))


class Watched(PasswordHasher):
    """Writes down which thread did what, and on which kind of hash."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.threads: set[int] = set()
        self.verified: list[str] = []

    def hash(self, *args: Any, **kwargs: Any) -> str:
        self.threads.add(threading.get_ident())
        return super().hash(*args, **kwargs)

    def verify(self, hash: Any, password: Any) -> Literal[True]:  # noqa: A002 -- argon2's name for it
        self.threads.add(threading.get_ident())
        self.verified.append(hash.rpartition("$")[0].rpartition("$")[0])
        return super().verify(hash, password)


async def test_hashing_is_never_done_by_the_event_loop():
    hasher = Watched()
    passwords = Passwords(hasher=hasher)
    await passwords.verify(await passwords.hash("correct horse"), "wrong")

    assert hasher.threads
    assert threading.get_ident() not in hasher.threads


async def test_a_crowd_beyond_the_limit_is_told_to_try_again():
    passwords = cheap_passwords(parallel=1, max_waiting=2)
    stored = await passwords.hash("correct horse")

    results = await asyncio.gather(
        *(passwords.verify(stored, "correct horse") for _ in range(8)), return_exceptions=True
    )

    assert results.count(True) == 3
    assert sum(isinstance(result, Busy) for result in results) == 5
    assert await passwords.verify(stored, "correct horse")


async def test_an_unknown_user_costs_what_a_wrong_password_costs():
    hasher = Watched()
    passwords = Passwords(hasher=hasher)
    stored = await passwords.hash("correct horse")

    for hashed in (stored, None):
        await passwords.verify(hashed, "wrong")

    known, unknown = hasher.verified
    assert known == unknown  # the same function with the same parameters, once


def test_a_password_is_neither_too_short_nor_too_long():
    assert unfit("secret") == PasswordTooShort(7)
    assert unfit("secret7") is None
    assert unfit("a" * 1025) == PasswordTooLong(1024)

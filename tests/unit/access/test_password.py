import asyncio
import time

import pytest

from counterfoil.access.password import (
    MAX_LENGTH,
    Passwords,
    PasswordTooLong,
    PasswordTooShort,
    default_hasher,
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


async def test_checking_never_holds_up_the_event_loop():
    passwords = Passwords(parallel=1, hasher=default_hasher())
    stored = await passwords.hash("correct horse")
    longest_s = 0.0
    check = asyncio.ensure_future(passwords.verify(stored, "wrong"))
    while not check.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        longest_s = max(longest_s, time.perf_counter() - before)

    started = time.perf_counter()
    default_hasher().hash("correct horse")
    assert longest_s < max(0.02, (time.perf_counter() - started) * 0.8)


async def test_a_crowd_beyond_the_limit_is_told_to_try_again():
    passwords = cheap_passwords(parallel=1, max_waiting=2)
    stored = await passwords.hash("correct horse")

    results = await asyncio.gather(
        *(passwords.verify(stored, "correct horse") for _ in range(8)), return_exceptions=True
    )

    assert results.count(True) == 3
    assert sum(isinstance(result, Busy) for result in results) == 5
    assert await passwords.verify(stored, "correct horse")


async def test_an_unknown_user_takes_as_long_as_a_wrong_password():
    passwords = Passwords(hasher=default_hasher())
    stored = await passwords.hash("correct horse")
    await passwords.verify(None, "warm up")

    async def fastest_of_five(hashed: str | None) -> float:
        times = []
        for _ in range(5):
            started = time.perf_counter()
            await passwords.verify(hashed, "wrong")
            times.append(time.perf_counter() - started)
        return min(times)

    known, unknown = await fastest_of_five(stored), await fastest_of_five(None)

    assert 0.5 < unknown / known < 2


def test_a_password_is_neither_too_short_nor_too_long():
    assert unfit("secret") == PasswordTooShort(7)
    assert unfit("secret7") is None
    assert unfit("a" * 1025) == PasswordTooLong(1024)

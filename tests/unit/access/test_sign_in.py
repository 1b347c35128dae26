"""Passwords for tokens: what is refused, and that guessing in parallel does not help."""

import asyncio
from collections import Counter

import pytest
import structlog.testing

from counterfoil.access import attempt, user
from counterfoil.access.access import Access
from counterfoil.access.lockout import LOCK_S, MAX_FAILURES, Lockout
from counterfoil.access.password import Passwords
from counterfoil.access.role import Grant
from counterfoil.access.sign_in import SignInFailed
from counterfoil.ledger.faults import Busy
from counterfoil.ledger.ledger import Ledger
from tests.unit.access.conftest import Spy, cheap_passwords

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
async def ann(ledger: Ledger, access: Access) -> None:
    hashed = await access.hash_password(PASSWORD)
    await user.create(ledger, name="ann", password_hash=hashed, grant=Grant("administrator"))


async def test_the_right_password_gets_a_new_token_every_time(access):
    first, second = await access.sign_in_admin("ann", PASSWORD), await access.sign_in_admin("ann", PASSWORD)

    assert isinstance(first, str)
    assert len(first) == 32
    assert first != second


async def test_wrong_unknown_and_locked_are_the_same_answer(access):
    answers = [await access.sign_in_admin("bob", PASSWORD)]
    answers += [await access.sign_in_admin("ann", "wrong") for _ in range(MAX_FAILURES)]
    answers += [await access.sign_in_admin("ann", PASSWORD)]

    assert set(answers) == {SignInFailed()}


async def test_the_lock_out_holds_in_every_process_and_ends_by_itself(access, other_process, clock):
    for _ in range(MAX_FAILURES):
        await access.sign_in_admin("ann", "wrong")

    assert await other_process.sign_in_admin("ann", PASSWORD) == SignInFailed()
    clock.elapsed_s += LOCK_S - 1
    assert await other_process.sign_in_admin("ann", PASSWORD) == SignInFailed()
    clock.elapsed_s += 1
    assert isinstance(await other_process.sign_in_admin("ann", PASSWORD), str)


async def test_five_failures_do_no_harm(access):
    for _ in range(2):
        for _ in range(MAX_FAILURES - 1):
            await access.sign_in_admin("ann", "wrong")
        assert isinstance(await access.sign_in_admin("ann", PASSWORD), str)


async def test_guesses_at_the_same_moment_get_six_tries_in_all(ledger):
    spies = [Spy() for _ in range(5)]
    doors = [Access(ledger, passwords=spy) for spy in spies]

    answers = await asyncio.gather(
        *(doors[number % 5].sign_in_admin("ann", f"guess {number}") for number in range(40))
    )

    assert set(answers) == {SignInFailed()}
    assert sum(spy.compared for spy in spies) == MAX_FAILURES


async def test_a_crowd_with_the_right_password_is_let_in(ledger):
    doors = [Access(ledger, passwords=cheap_passwords()) for _ in range(5)]

    answers = await asyncio.gather(
        *(doors[number % 5].sign_in_admin("ann", PASSWORD) for number in range(40))
    )

    assert all(isinstance(answer, str) for answer in answers)


async def test_more_sign_ins_than_can_wait_are_told_to_try_again(ledger):
    door = Access(ledger, passwords=cheap_passwords(parallel=1, max_waiting=3))

    answers = await asyncio.gather(
        *(door.sign_in_admin("ann", PASSWORD) for _ in range(10)), return_exceptions=True
    )

    assert Counter(type(answer) for answer in answers) == {str: 4, Busy: 6}


async def test_a_name_that_does_not_exist_leaves_one_record_for_all_such_names(ledger, access):
    for number in range(20):
        assert await access.sign_in_admin(f"nobody{number}", "x") == SignInFailed()

    async with ledger.reading() as reader:
        assert (await attempt.of(reader.records, "nobody")).open == {}
        assert await reader.records.get(attempt.KIND, 2) is None


async def test_nobody_is_locked_out_for_the_names_that_do_not_exist(access):
    for number in range(20):
        await access.sign_in_admin(f"nobody{number}", "x")

    assert isinstance(await access.sign_in_admin("ann", PASSWORD), str)


class Slow(Passwords):
    """Lets a test act while a password is being compared."""

    def __init__(self) -> None:
        super().__init__(hasher=cheap_passwords()._hasher)
        self.comparing, self.go_on = asyncio.Event(), asyncio.Event()

    async def check(self, stored: str | None, password: str) -> bool:
        self.comparing.set()
        await self.go_on.wait()
        return await super().check(stored, password)


async def test_a_password_replaced_during_the_sign_in_gives_no_token(ledger, access):
    slow = Slow()
    signing_in = asyncio.ensure_future(Access(ledger, passwords=slow).sign_in_admin("ann", PASSWORD))
    await slow.comparing.wait()
    hashed = await access.hash_password("battery staple")
    await user.set_password(ledger, name="ann", password_hash=hashed)
    slow.go_on.set()

    assert await signing_in == SignInFailed()


async def test_a_client_that_hangs_up_leaves_no_attempt_open(ledger):
    slow = Slow()
    signing_in = asyncio.ensure_future(Access(ledger, passwords=slow).sign_in_admin("ann", "wrong"))
    await slow.comparing.wait()
    signing_in.cancel()
    slow.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await signing_in

    async def counted() -> Lockout:
        async with ledger.reading() as reader:
            return await attempt.of(reader.records, "admin:1")

    for _ in range(200):
        if not (await counted()).open:
            break
        await asyncio.sleep(0.01)
    assert (await counted()).failures == 1


async def test_customers_are_locked_out_like_users_and_apart_from_them(access):
    hashed = await access.hash_password(PASSWORD)

    async def sign_in(password: str) -> str | SignInFailed:
        return await access.sign_in_customer("c@example.com", password, customer_id=1, password_hash=hashed)

    for _ in range(MAX_FAILURES):
        assert await sign_in("wrong") == SignInFailed()

    assert await sign_in(PASSWORD) == SignInFailed()
    assert isinstance(await access.sign_in_admin("ann", PASSWORD), str)


@pytest.mark.parametrize("customer_id,has_hash", [(None, False), (7, False)])
async def test_a_customer_without_a_password_cannot_sign_in(access, customer_id, has_hash):
    assert (
        await access.sign_in_customer("c@example.com", PASSWORD, customer_id=customer_id, password_hash=None)
        == SignInFailed()
    )


async def test_refused_sign_ins_are_logged_without_name_and_password(access):
    with structlog.testing.capture_logs() as logged:
        await access.sign_in_admin("ann", "hunter2-hunter2")
        await access.sign_in_admin("s3cret-typed-as-name", "x")

    assert [entry["account"] for entry in logged] == ["admin:1"]
    assert "hunter2" not in str(logged)

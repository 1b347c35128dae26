"""The lock-out where it is hardest: several engines, each with connections of its own, on one PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from counterfoil.access import integration, user
from counterfoil.access.access import Access
from counterfoil.access.app_key import AppCredentials
from counterfoil.access.first_admin import ensure_admin
from counterfoil.access.identity import GUEST
from counterfoil.access.lockout import MAX_FAILURES
from counterfoil.access.role import Grant
from counterfoil.access.sign_in import SignInFailed
from counterfoil.clock import Clock
from counterfoil.ledger.ledger import Ledger
from counterfoil.storage.postgres import PostgresEngine
from tests.unit.access.conftest import Spy, cheap_passwords

PASSWORD = "correct horse"


@pytest.fixture
async def ledgers(postgres_url: str) -> AsyncIterator[list[Ledger]]:
    async with AsyncExitStack() as opened:
        engines = [PostgresEngine(postgres_url) for _ in range(3)]
        await engines[0].migrate()
        for engine in engines:
            await engine.open()
            opened.push_async_callback(engine.close)
        yield [Ledger(engine, Clock()) for engine in engines]


async def create_ann(ledger: Ledger) -> None:
    hashed = await cheap_passwords().hash(PASSWORD)
    await user.create(ledger, name="ann", password_hash=hashed, grant=Grant("administrator"))


async def test_guesses_sent_to_three_processes_at_once_get_six_tries_in_all(ledgers):
    await create_ann(ledgers[0])
    spies = [Spy() for _ in ledgers]
    doors = [Access(ledger, passwords=spy) for ledger, spy in zip(ledgers, spies, strict=True)]

    answers = await asyncio.gather(
        *(doors[number % 3].sign_in_admin("ann", f"guess {number}") for number in range(30))
    )

    assert set(answers) == {SignInFailed()}
    assert sum(spy.compared for spy in spies) == MAX_FAILURES
    assert await doors[0].sign_in_admin("ann", PASSWORD) == SignInFailed()


async def test_a_crowd_with_the_right_password_is_let_in_by_three_processes(ledgers):
    await create_ann(ledgers[0])
    doors = [Access(ledger, passwords=cheap_passwords()) for ledger in ledgers]

    tokens = await asyncio.gather(*(doors[number % 3].sign_in_admin("ann", PASSWORD) for number in range(30)))

    assert len(set(tokens)) == 30
    for token in tokens:
        assert isinstance(token, str)
        assert (await doors[0].identify(token)).name == "ann"


async def test_signing_in_while_the_user_is_deleted_leaves_nobody_inside(ledgers):
    await create_ann(ledgers[0])
    doors = [Access(ledger, passwords=cheap_passwords()) for ledger in ledgers]

    results = await asyncio.gather(
        *(doors[number % 3].sign_in_admin("ann", PASSWORD) for number in range(12)),
        user.delete(ledgers[0], name="ann"),
    )

    late = Access(ledgers[1], passwords=cheap_passwords())
    for token in results[:-1]:
        if isinstance(token, str):
            assert await late.identify(token) is GUEST
    async with ledgers[0].reading() as reader:
        assert not await reader.records.owned("token", "admin:1")


async def test_a_key_made_by_one_process_opens_the_others_until_it_is_revoked(ledgers):
    secret = await integration.create(ledgers[0], name="erp", dialect="adobe", grant=Grant("operator"))
    assert isinstance(secret, str)
    assert (await Access(ledgers[1]).identify(secret)).name == "erp"

    await integration.revoke(ledgers[2], name="erp")

    assert await Access(ledgers[1]).identify(secret) is GUEST


async def test_an_app_key_made_by_one_process_opens_the_others_until_it_is_revoked(ledgers):
    oms = await integration.create_app(ledgers[0], name="oms", grant=Grant("operator"))
    assert isinstance(oms, AppCredentials)
    identity = await Access(ledgers[1]).app_key(oms.app_key, oms.app_token)
    assert identity is not None
    assert identity.name == "oms"

    await integration.revoke(ledgers[2], name="oms")

    assert await Access(ledgers[1]).app_key(oms.app_key, oms.app_token) is None


async def test_three_processes_that_start_together_show_one_password(ledgers):
    generated = await asyncio.gather(*(ensure_admin(ledger) for ledger in ledgers))

    assert len([one for one in generated if one is not None]) == 1

"""Who is it: the hot path, the time to live, and what happens to tokens that are not good."""

import asyncio
from contextlib import asynccontextmanager

import msgspec
import pytest

from counterfoil.access import integration, token, user
from counterfoil.access.access import KNOWN_FOR_S, Access
from counterfoil.access.identity import GUEST, Identity
from counterfoil.access.known import Known
from counterfoil.access.role import Grant
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction

PASSWORD = "correct horse"


@pytest.fixture
async def bearer(ledger: Ledger, access: Access) -> str:
    hashed = await access.hash_password(PASSWORD)
    await user.create(ledger, name="ann", password_hash=hashed, grant=Grant("viewer"))
    secret = await access.sign_in_admin("ann", PASSWORD)
    assert isinstance(secret, str)
    return secret


async def customer(ledger: Ledger, access: Access) -> str:
    async def work(transaction: Transaction) -> Body:
        await transaction.records.insert("customer", b"{}", name="1/c@example.com")
        return Body(b"null")

    await ledger.transact(work)
    hashed = await access.hash_password(PASSWORD)
    secret = await access.sign_in_customer("c@example.com", PASSWORD, customer_id=1, password_hash=hashed)
    assert isinstance(secret, str)
    return secret


async def test_a_token_tells_who_brings_it_and_what_they_may_do(access, bearer):
    identity = await access.identify(bearer)

    assert (identity.kind, identity.id, identity.name) == ("admin", 1, "ann")
    assert identity.allows("Magento_Sales::sales_invoice")
    assert not identity.allows("Magento_Sales::sales_invoice", writes=True)


@pytest.mark.parametrize("bearer_token", [None, "", "x", "x" * 513, "\ud800", "a\x00b", "' OR 1=1 --"])
async def test_without_a_good_token_everybody_is_a_guest(access, bearer_token):
    assert await access.identify(bearer_token) is GUEST


async def test_the_stored_digest_is_not_a_token(access, bearer):
    assert await access.identify(token.digest(bearer)) is GUEST


async def test_within_the_time_to_live_the_database_is_not_asked(access, bearer, ledger, monkeypatch):
    await access.identify(bearer)
    await access.identify("unknown")

    monkeypatch.setattr(ledger, "reading", None)

    assert (await access.identify(bearer)).name == "ann"
    assert await access.identify("unknown") is GUEST


async def test_a_look_that_nobody_waited_for_is_not_believed_later(ledger, access, clock, monkeypatch):
    secret = await integration.create(ledger, name="erp", dialect="adobe", grant=Grant("operator"))
    reading, answered = ledger.reading, asyncio.Event()

    @asynccontextmanager
    async def slow():
        await answered.wait()
        async with reading() as reader:
            yield reader

    monkeypatch.setattr(ledger, "reading", slow)
    asking = asyncio.create_task(access.identify(secret))
    await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.wait([asking])
    answered.set()
    await asyncio.sleep(0.01)
    await integration.revoke(ledger, name="erp")
    clock.elapsed_s += KNOWN_FOR_S

    assert await access.identify(secret) is GUEST


async def test_revocation_reaches_other_processes_within_the_time_to_live(
    ledger, access, other_process, bearer, clock
):
    assert (await other_process.identify(bearer)).name == "ann"
    assert await access.revoke_tokens("admin", 1) == 1

    assert await access.identify(bearer) is GUEST
    clock.elapsed_s += KNOWN_FOR_S
    assert await other_process.identify(bearer) is GUEST


async def test_an_admin_token_is_good_for_four_hours_to_the_second(access, bearer, clock):
    clock.elapsed_s += 4 * 3600 - 1
    assert (await access.identify(bearer)).name == "ann"
    clock.elapsed_s += 1  # within the time to live of what was just remembered
    assert await access.identify(bearer) is GUEST


async def test_a_customer_token_is_good_for_one_hour(ledger, access, clock):
    secret = await customer(ledger, access)

    assert await access.identify(secret) == Identity("customer", 1, "c@example.com")
    clock.elapsed_s += 3600
    assert await access.identify(secret) is GUEST


async def test_a_customer_who_was_deleted_is_a_guest(ledger, access):
    secret = await customer(ledger, access)

    async def work(transaction: Transaction) -> Body:
        await transaction.records.delete("customer", 1)
        return Body(b"null")

    await ledger.transact(work)
    assert await access.identify(secret) is GUEST


async def test_all_tokens_of_an_account_are_revoked_and_nobody_elses(ledger, access, bearer):
    erp = await integration.create(ledger, name="erp", dialect="adobe", grant=Grant("operator"))
    second = await access.sign_in_admin("ann", PASSWORD)

    assert await access.revoke_tokens("admin", 1) == 2

    assert await access.identify(bearer) is GUEST
    assert await access.identify(second) is GUEST
    assert (await access.identify(erp)).kind == "integration"


async def test_tokens_that_are_over_are_deleted_in_time(ledger, access, bearer, clock):
    await integration.create(ledger, name="erp", dialect="adobe", grant=Grant("operator"))
    clock.elapsed_s += 4 * 3600
    await access.sign_in_admin("ann", PASSWORD)

    async with ledger.reading() as reader:
        assert await reader.records.named(token.KIND, token.digest(bearer)) is None
        assert len(await reader.records.owned(token.KIND, "admin:1")) == 1
        assert len(await reader.records.owned(token.KIND, "integration:1")) == 1


async def test_a_grant_that_changes_is_seen_after_the_time_to_live(ledger, access, bearer, clock):
    await access.identify(bearer)

    async def work(transaction: Transaction) -> Body:
        record = await transaction.records.named("user", "ann")
        assert record is not None
        found = msgspec.json.decode(record.body, type=user.User)
        body = msgspec.json.encode(msgspec.structs.replace(found, grant=Grant("operator")))
        await transaction.records.update(msgspec.structs.replace(record, body=body))
        return Body(b"null")

    await ledger.transact(work)
    clock.elapsed_s += KNOWN_FOR_S
    assert (await access.identify(bearer)).allows("Magento_Sales::invoice", writes=True)


def test_the_memory_of_tokens_is_bounded_and_the_oldest_goes_first():
    known: Known[Identity] = Known(time_to_live_s=5, max_entries=2)
    for name in "abc":
        known.put(name, GUEST, 0, at_most_s=100)

    assert [known.get(name, 1) for name in "abc"] == [None, GUEST, GUEST]
    assert known.get("b", 5) is None

import pytest

from counterfoil.access import attempt, integration, token, user
from counterfoil.access.access import Access
from counterfoil.access.identity import GUEST
from counterfoil.access.role import Grant
from counterfoil.access.sign_in import SignInFailed
from counterfoil.access.user import NameInUse, NameMalformed, NameUnknown
from counterfoil.ledger.ledger import Ledger

PASSWORD = "correct horse"
ADMINISTRATOR = Grant("administrator")


async def create(ledger: Ledger, access: Access, name: str = "ann") -> None:
    hashed = await access.hash_password(PASSWORD)
    assert isinstance(await user.create(ledger, name=name, password_hash=hashed, grant=ADMINISTRATOR), int)


async def test_a_name_is_given_once(ledger, access):
    await create(ledger, access)

    assert await user.create(ledger, name="ann", password_hash="x", grant=ADMINISTRATOR) == NameInUse("ann")
    async with ledger.reading() as reader:
        assert [found.name for found, _ in await user.listed(reader.records)] == ["ann"]


@pytest.mark.parametrize("name", ["", " ann", "ann\n", "ann\x00", "../ann", "-ann", "änn", "a" * 101])
async def test_a_name_that_would_confuse_is_refused_and_found_nowhere(ledger, access, name):
    assert await user.create(ledger, name=name, password_hash="x", grant=ADMINISTRATOR) == NameMalformed(name)
    assert await integration.create(ledger, name=name, dialect="adobe", grant=ADMINISTRATOR) == NameMalformed(
        name
    )
    assert await user.delete(ledger, name=name) == NameUnknown(name)
    assert await integration.revoke(ledger, name=name) == NameUnknown(name)
    assert await access.sign_in_admin(name, PASSWORD) == SignInFailed()


async def test_the_stored_user_shows_no_password_and_no_hash_in_logs(ledger, access):
    await create(ledger, access)
    async with ledger.reading() as reader:
        record = await reader.records.named("user", "ann")
        stored = await user.named(reader.records, "ann")

    assert PASSWORD.encode() not in record.body
    assert "argon2" not in repr(stored)


async def test_a_deleted_user_is_out_with_all_tokens(ledger, access, other_process):
    await create(ledger, access)
    bearer = await access.sign_in_admin("ann", PASSWORD)
    assert await user.delete(ledger, name="ann") is None

    assert await other_process.identify(bearer) is GUEST
    assert await other_process.sign_in_admin("ann", PASSWORD) == SignInFailed()
    assert await user.delete(ledger, name="ann") == NameUnknown("ann")
    async with ledger.reading() as reader:
        assert not await reader.records.owned(token.KIND, "admin:1")


async def test_another_user_of_the_same_name_is_another_user(ledger, access, other_process):
    await create(ledger, access)
    bearer = await access.sign_in_admin("ann", PASSWORD)
    await user.delete(ledger, name="ann")
    await create(ledger, access)

    assert await other_process.identify(bearer) is GUEST


async def test_a_new_password_ends_the_old_one_its_tokens_and_a_lock_out(ledger, access, other_process):
    await create(ledger, access)
    bearer = await access.sign_in_admin("ann", PASSWORD)
    for _ in range(6):
        await access.sign_in_admin("ann", "wrong")
    hashed = await access.hash_password("battery staple")
    assert await user.set_password(ledger, name="ann", password_hash=hashed) is None

    assert await other_process.identify(bearer) is GUEST
    assert await access.sign_in_admin("ann", PASSWORD) == SignInFailed()
    assert isinstance(await access.sign_in_admin("ann", "battery staple"), str)
    assert await user.set_password(ledger, name="bob", password_hash=hashed) == NameUnknown("bob")


async def test_unlock_ends_a_lock_out(ledger, access):
    await create(ledger, access)
    for _ in range(6):
        await access.sign_in_admin("ann", "wrong")
    assert await access.sign_in_admin("ann", PASSWORD) == SignInFailed()

    assert await user.unlock(ledger, name="ann") is None

    assert isinstance(await access.sign_in_admin("ann", PASSWORD), str)
    assert await user.unlock(ledger, name="ann") is None
    assert await user.unlock(ledger, name="bob") == NameUnknown("bob")


async def test_the_list_tells_who_is_locked_out(ledger, access, clock):
    await create(ledger, access)
    await create(ledger, access, "bob")
    for _ in range(6):
        await access.sign_in_admin("bob", "wrong")

    async with ledger.reading() as reader:
        listed = await user.listed(reader.records)
        assert await attempt.of(reader.records, "admin:1") == listed[0][1]

    assert [(found.name, lockout.is_locked(clock.epoch_s())) for found, lockout in listed] == [
        ("ann", False),
        ("bob", True),
    ]

import asyncio

import pytest

from counterfoil.access import user
from counterfoil.access.first_admin import FirstAdminRefused, ensure_admin
from counterfoil.ledger.ledger import Ledger


async def names(ledger: Ledger) -> list[str]:
    async with ledger.reading() as reader:
        return [found.name for found, _ in await user.listed(reader.records)]


async def test_the_first_start_makes_an_admin_with_a_password_of_its_own(ledger, access):
    generated = await ensure_admin(ledger)

    assert generated is not None
    assert generated.username == "admin"
    assert len(generated.password) == 24
    assert generated.password not in f"{generated!r} {generated}"
    assert isinstance(await access.sign_in_admin("admin", generated.password), str)
    assert await ensure_admin(ledger) is None


async def test_a_named_admin_with_a_password_is_created_and_the_password_not_given_back(ledger, access):
    assert await ensure_admin(ledger, username="ann", password="correct horse") is None

    assert await names(ledger) == ["ann"]
    assert isinstance(await access.sign_in_admin("ann", "correct horse"), str)


async def test_an_admin_who_exists_keeps_the_password(ledger, access):
    await ensure_admin(ledger, username="ann", password="correct horse")
    await ensure_admin(ledger, username="ann", password="battery staple")

    assert isinstance(await access.sign_in_admin("ann", "correct horse"), str)
    assert not isinstance(await access.sign_in_admin("ann", "battery staple"), str)


async def test_nobody_is_made_up_while_somebody_exists(ledger):
    await ensure_admin(ledger, username="ann", password="correct horse")

    assert await ensure_admin(ledger) is None
    assert await names(ledger) == ["ann"]


async def test_processes_that_start_together_make_one_admin_and_show_one_password(ledger):
    generated = await asyncio.gather(*(ensure_admin(ledger) for _ in range(4)))

    assert len([one for one in generated if one is not None]) == 1
    assert await names(ledger) == ["admin"]


@pytest.mark.parametrize(
    "username,password,says",
    [("ann", "short", "COUNTERFOIL_ADMIN_PASSWORD"), ("a b", "correct horse", "COUNTERFOIL_ADMIN_USER")],
)
async def test_settings_that_cannot_be_used_are_named(ledger, username, password, says):
    with pytest.raises(FirstAdminRefused, match=says):
        await ensure_admin(ledger, username=username, password=password)
    assert await names(ledger) == []

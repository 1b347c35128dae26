"""App keys and app tokens: who sends them, how fast that is known, and how soon it is forgotten."""

import asyncio
import logging

import msgspec
import pytest

from counterfoil.access import app_key, integration, token, user
from counterfoil.access.access import KNOWN_FOR_S, Access
from counterfoil.access.app_key import AppCredentials
from counterfoil.access.app_role import LOOKING, OPERATING
from counterfoil.access.identity import GUEST, Identity
from counterfoil.access.role import Grant
from counterfoil.access.user import NameInUse, NameMalformed
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import Transaction
from tests.unit.access.conftest import SetClock

PASSWORD = "correct horse"


async def create(ledger: Ledger, name: str = "oms", role: str = "operator") -> AppCredentials:
    created = await integration.create_app(ledger, name=name, grant=Grant(role))
    assert isinstance(created, AppCredentials)
    return created


@pytest.fixture
async def oms(ledger: Ledger) -> AppCredentials:
    return await create(ledger)


async def test_the_pair_tells_who_sends_it_and_what_they_may_do(access, oms, clock):
    clock.elapsed_s += 10 * 365 * 24 * 3600

    identity = await access.app_key(oms.app_key, oms.app_token)

    assert identity == Identity("app", 1, "oms", OPERATING, role="operator")


def test_a_pair_has_the_form_of_vtex_and_a_long_random_token(clock):
    first, second = (app_key.draw(clock, "o.m_s@x+1-A") for _ in range(2))

    assert first.app_key.startswith("vtexappkey-o.m_s@x+1-A-")
    assert app_key.can_be(first.app_key, first.app_token)
    assert len(first.app_token) == 64
    assert first.app_token != second.app_token
    assert first.app_key != second.app_key


async def test_only_the_digest_of_an_app_token_is_stored(ledger, oms):
    async with ledger.reading() as reader:
        stored = await reader.records.named(app_key.KIND, oms.app_key)
        program = await reader.records.named(integration.KIND, "oms")

    assert token.digest(oms.app_token).encode() in stored.body
    assert oms.app_token.encode() not in stored.body + program.body
    assert oms.app_token not in f"{stored.name} {stored.owner}"


async def test_no_secret_is_shown_or_logged(access, oms, caplog, capsys):
    with caplog.at_level(logging.DEBUG):
        await access.app_key(oms.app_key, oms.app_token)
        await access.app_key(oms.app_key, oms.app_token[::-1])

    captured = capsys.readouterr()
    shown = f"{oms!r} {oms} {caplog.text} {captured.out} {captured.err}"
    assert oms.app_key in shown
    assert oms.app_token not in shown
    assert oms.app_token[::-1] not in shown


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key, secret: (key, ""),
        lambda key, secret: (key, secret[:-1]),
        lambda key, secret: (key, secret + "x"),
        lambda key, secret: (key, secret.swapcase()),
        lambda key, secret: (key, token.digest(secret)),
        lambda key, secret: (key, "x" * 513),
        lambda key, secret: (key, "\ud800"),
        lambda key, secret: ("", secret),
        lambda key, secret: (key[:-1], secret),
        lambda key, secret: (key + "\n", secret),
        lambda key, secret: (key.replace("oms", "o\x00s"), secret),
        lambda key, secret: (key.replace("oms", "erp"), secret),
        lambda key, secret: (secret, key),
        lambda key, secret: ("vtexappkey-" + "a" * 101 + "-ABCDEF", secret),
        lambda key, secret: ("vtexappkey-' OR 1=1 ---ABCDEF", secret),
    ],
)
async def test_whatever_is_not_the_pair_is_nobodys(access, oms, spoil):
    assert await access.app_key(*spoil(oms.app_key, oms.app_token)) is None
    assert (await access.app_key(oms.app_key, oms.app_token)).name == "oms"


async def test_the_token_of_one_key_does_not_open_another(ledger, access, oms):
    wms = await create(ledger, "wms")

    assert await access.app_key(oms.app_key, wms.app_token) is None
    assert await access.app_key(wms.app_key, oms.app_token) is None


async def test_within_the_time_to_live_the_database_is_not_asked(access, oms, ledger, monkeypatch):
    made_up = "vtexappkey-nobody-ABCDEF"
    await access.app_key(oms.app_key, oms.app_token)
    await access.app_key(made_up, oms.app_token)

    monkeypatch.setattr(ledger, "reading", None)

    assert (await access.app_key(oms.app_key, oms.app_token)).name == "oms"
    assert await access.app_key(oms.app_key, "wrong") is None
    assert await access.app_key(made_up, oms.app_token) is None


async def test_no_number_of_wrong_tokens_locks_out_the_owner(access, oms):
    for number in range(1000):
        assert await access.app_key(oms.app_key, f"guess {number}") is None

    assert (await access.app_key(oms.app_key, oms.app_token)).name == "oms"


async def test_requests_that_come_together_share_one_look_at_the_database(access, oms, ledger, monkeypatch):
    looks = 0
    reading = ledger.reading

    def counted():
        nonlocal looks
        looks += 1
        return reading()

    monkeypatch.setattr(ledger, "reading", counted)
    wrong = [access.app_key(oms.app_key, f"guess {number}") for number in range(20)]
    found = await asyncio.gather(*wrong, *(access.app_key(oms.app_key, oms.app_token) for _ in range(20)))

    assert looks == 1
    assert found[:20] == [None] * 20
    assert {identity.name for identity in found[20:]} == {"oms"}


async def test_a_revoked_key_is_refused_by_every_process_within_the_time_to_live(
    ledger: Ledger, access: Access, other_process: Access, oms: AppCredentials, clock: SetClock
) -> None:
    assert await other_process.app_key(oms.app_key, oms.app_token) is not None
    clock.elapsed_s += 1

    assert await integration.revoke(ledger, name="oms") is None

    assert await access.app_key(oms.app_key, oms.app_token) is None
    clock.elapsed_s += KNOWN_FOR_S - 1
    assert await other_process.app_key(oms.app_key, oms.app_token) is None
    async with ledger.reading() as reader:
        assert await reader.records.named(app_key.KIND, oms.app_key) is None


async def test_a_revoked_key_stays_revoked_when_its_name_is_given_again(ledger, access, oms):
    await integration.revoke(ledger, name="oms")
    again = await create(ledger)

    assert again.app_key != oms.app_key
    assert await access.app_key(oms.app_key, oms.app_token) is None
    assert await access.app_key(again.app_key, oms.app_token) is None
    assert (await access.app_key(again.app_key, again.app_token)).name == "oms"


async def test_a_role_that_changes_is_seen_after_the_time_to_live(ledger, access, oms, clock):
    await access.app_key(oms.app_key, oms.app_token)

    async def work(transaction: Transaction) -> Body:
        record = await transaction.records.named(integration.KIND, "oms")
        assert record is not None
        found = msgspec.json.decode(record.body, type=integration.Integration)
        body = msgspec.json.encode(msgspec.structs.replace(found, grant=Grant("viewer")))
        await transaction.records.update(msgspec.structs.replace(record, body=body))
        return Body(b"null")

    await ledger.transact(work)
    clock.elapsed_s += KNOWN_FOR_S
    assert (await access.app_key(oms.app_key, oms.app_token)).resources == LOOKING


async def test_a_name_has_one_key_whatever_it_speaks(ledger, access, oms):
    assert await integration.create_app(ledger, name="oms", grant=Grant("owner")) == NameInUse("oms")
    again = await integration.create(ledger, name="oms", dialect="adobe", grant=Grant("viewer"))
    malformed = await integration.create_app(ledger, name="o\nms", grant=Grant("owner"))

    assert again == NameInUse("oms")
    assert malformed == NameMalformed("o\nms")
    assert (await access.app_key(oms.app_key, oms.app_token)).role == "operator"


async def test_an_app_token_is_no_bearer_token(access, oms):
    assert await access.identify(oms.app_token) is GUEST
    assert await access.app_bearer(oms.app_token) is None


# ---------------------------------------------------------------- VtexIdclientAutCookie


@pytest.mark.parametrize(
    "role, same", [("administrator", "owner"), ("operator", "operator"), ("viewer", "viewer")]
)
async def test_a_bearer_token_has_the_role_like_its_own(ledger, access, role, same):
    hashed = await access.hash_password(PASSWORD)
    await user.create(ledger, name="ann", password_hash=hashed, grant=Grant(role))
    admin = await access.app_bearer(await access.sign_in_admin("ann", PASSWORD))
    secret = await integration.create(ledger, name="erp", dialect="adobe", grant=Grant(role))
    program = await access.app_bearer(secret)
    pair = await create(ledger, "oms", same)

    expected = await access.app_key(pair.app_key, pair.app_token)
    assert (admin.kind, admin.name, admin.role) == ("admin", "ann", same)
    assert (program.kind, program.name, program.role) == ("integration", "erp", same)
    assert admin.resources == program.resources == expected.resources


async def test_resources_of_the_other_list_open_nothing(ledger, access):
    grant = Grant(None, ("Magento_Backend::all", "Magento_Sales::actions_view"))
    secret = await integration.create(ledger, name="erp", dialect="adobe", grant=grant)

    assert await access.app_bearer(secret) == Identity("integration", 1, "erp")


async def test_who_brings_no_good_bearer_token_is_nobody(ledger, access):
    secret = await integration.create(ledger, name="erp", dialect="adobe", grant=Grant("operator"))
    await integration.revoke(ledger, name="erp")

    assert [await access.app_bearer(one) for one in (None, "", "made up", secret)] == [None] * 4

"""Signed requests are good once, in any process, until the key is revoked; the secrets are stored nowhere."""

import asyncio
import stat
from pathlib import Path

import msgspec
import pytest

from counterfoil.access import integration, nonces
from counterfoil.access.access import Access
from counterfoil.access.identity import Identity
from counterfoil.access.integration import KeyFileLost, OAuthCredentials
from counterfoil.access.oauth import (
    ConsumerUnknown,
    NonceReused,
    SignatureInvalid,
    TokenOfAnother,
    TokenUnknown,
)
from counterfoil.access.oauth_secrets import KeyFile, KeyFileUnusable
from counterfoil.access.role import Grant
from counterfoil.access.signed_request import SignedRequest, TimestampRefused
from counterfoil.access.user import NameInUse
from counterfoil.dialects.adobe.oauth import parameters
from counterfoil.ledger.faults import Unavailable
from tests import oauth
from tests.storage import everything
from tests.unit.access.conftest import cheap_passwords

INVOICING = Grant(None, ("Magento_Sales::invoice",))
URL = "https://shop.example.com/rest/V1/orders/7"


def content(key_file: KeyFile) -> bytes:
    return Path(key_file.path).read_bytes()


def write(key_file: KeyFile, content: bytes) -> None:
    Path(key_file.path).write_bytes(content)


def remove(key_file: KeyFile) -> None:
    Path(key_file.path).unlink()


def is_for_its_owner_only(key_file: KeyFile) -> bool:
    path = Path(key_file.path)
    mode = stat.S_IMODE(path.stat().st_mode)
    return mode == 0o600 and [found.name for found in path.parent.iterdir()] == [path.name]


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    return KeyFile(str(tmp_path / "made" / "oauth-key"))


@pytest.fixture
async def keys(ledger, key_file) -> oauth.Keys:
    return await create(ledger, key_file, "erp")


@pytest.fixture
async def access(ledger, key_file):
    door = Access(ledger, passwords=cheap_passwords(), key_file=key_file)
    yield door
    door.close()


@pytest.fixture
async def other_process(ledger, key_file):
    door = Access(ledger, passwords=cheap_passwords(), key_file=KeyFile(key_file.path))
    yield door
    door.close()


async def create(ledger, key_file, name) -> oauth.Keys:
    created = await integration.create_oauth(
        ledger, name=name, dialect="adobe", grant=INVOICING, key_file=key_file
    )
    assert isinstance(created, OAuthCredentials), created
    found: oauth.Keys = msgspec.to_builtins(created)
    return found


@pytest.fixture
def signed(keys, clock):
    """Make a signed GET of an order at the clock's time; arguments change what is signed."""

    def make(method="GET", *, by=keys, **options) -> SignedRequest:
        options.setdefault("timestamp", clock.epoch_s())
        header = parameters(oauth.header(by, method, URL, **options).encode())
        return SignedRequest(method, ("https://shop.example.com",), "/rest/V1/orders/7", ((),), header)

    return make


async def test_whoever_signs_is_known_with_its_rights(access, signed):
    assert await access.identify_signed(signed()) == Identity(
        "integration", 1, "erp", frozenset({"Magento_Sales::invoice"})
    )


async def test_the_access_token_is_also_a_bearer_token(access, keys):
    assert (await access.identify(keys["access_token"])).name == "erp"


async def test_keys_and_secrets_have_32_characters_and_differ(keys):
    assert {len(value) for value in keys.values()} == {32}
    assert len(set(keys.values())) == 4


async def test_a_request_is_good_once_in_all_processes(access, other_process, signed):
    request = signed()
    assert isinstance(await access.identify_signed(request), Identity)

    assert await access.identify_signed(request) == NonceReused(1)
    assert await other_process.identify_signed(request) == NonceReused(1)


async def test_of_requests_that_arrive_together_one_is_good(access, other_process, signed):
    request = signed()

    answers = await asyncio.gather(
        *(door.identify_signed(request) for door in (access, other_process) for _ in range(20))
    )

    assert sum(isinstance(answer, Identity) for answer in answers) == 1
    assert answers.count(NonceReused(1)) == 39


async def test_a_nonce_is_refused_under_another_timestamp_too(access, signed, clock):
    assert isinstance(await access.identify_signed(signed(nonce="1")), Identity)
    clock.elapsed_s += 30

    assert await access.identify_signed(signed(nonce="1")) == NonceReused(1)


async def test_consumers_do_not_share_nonces(access, ledger, key_file, signed):
    another = await create(ledger, key_file, "wms")

    assert isinstance(await access.identify_signed(signed(nonce="1")), Identity)
    assert isinstance(await access.identify_signed(signed(by=another, nonce="1")), Identity)


async def test_a_wrong_signature_takes_no_nonce(access, signed):
    wrong = signed(nonce="1", tampered={"oauth_signature": "A" * 43 + "="})
    assert await access.identify_signed(wrong) == SignatureInvalid()

    assert isinstance(await access.identify_signed(signed(nonce="1")), Identity)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "POST"},
        {"path": "/rest/V1/orders/8"},
        {"origins": ("https://other.example.com",)},
        {"origins": ("http://shop.example.com",)},
        {"queries": ((("fields", "status"),),)},
        {"path": "/rest/V1/orders/7#"},
        {"path": "/rest/V1/orders/7?"},
        {"origins": ("https://[",)},
        {"origins": ("https://shop.example.com:99999",)},
    ],
)
async def test_method_address_and_query_are_what_was_signed(access, signed, change):
    assert await access.identify_signed(msgspec.structs.replace(signed(), **change)) == SignatureInvalid()


async def test_any_of_the_addresses_may_have_been_signed(access, signed):
    request = msgspec.structs.replace(signed(), origins=("http://10.0.0.1", "https://SHOP.example.com:443"))
    assert isinstance(await access.identify_signed(request), Identity)


@pytest.mark.parametrize("secret", ["consumer_secret", "access_token_secret"])
async def test_both_secrets_are_needed(access, keys, signed, secret):
    assert await access.identify_signed(signed(by={**keys, secret: "x" * 32})) == SignatureInvalid()


@pytest.mark.parametrize("seconds", [601, -601, -(10**9) * 2])
async def test_a_time_too_far_from_ours_is_refused(access, signed, clock, seconds):
    assert await access.identify_signed(signed(timestamp=clock.epoch_s() + seconds)) == TimestampRefused()


@pytest.mark.parametrize("seconds", [600, -600])
async def test_clocks_may_be_ten_minutes_apart(access, signed, clock, seconds):
    request = signed(timestamp=clock.epoch_s() + seconds)
    assert isinstance(await access.identify_signed(request), Identity)


@pytest.mark.parametrize("timestamp", ["0", "-1", "", "now", "1.7e9", "１７００００００００", "9" * 400])
async def test_a_time_that_is_none_is_refused(access, signed, timestamp):
    assert await access.identify_signed(signed(timestamp=timestamp)) == TimestampRefused()


async def test_keys_that_do_not_exist_or_do_not_belong_together_are_refused(
    access, ledger, key_file, keys, signed
):
    another = await create(ledger, key_file, "wms")
    mixed = {**keys, "access_token": another["access_token"]}
    mixed["access_token_secret"] = another["access_token_secret"]

    assert await access.identify_signed(signed(consumer_key="x" * 32)) == ConsumerUnknown()
    assert await access.identify_signed(signed(token="x" * 32)) == TokenUnknown()
    assert await access.identify_signed(signed(by=mixed)) == TokenOfAnother()


async def test_a_revoked_key_signs_nothing_more_in_any_process(access, other_process, ledger, signed):
    assert isinstance(await access.identify_signed(signed()), Identity)
    assert isinstance(await other_process.identify_signed(signed()), Identity)

    await integration.revoke(ledger, name="erp")

    assert await access.identify_signed(signed()) == TokenUnknown()
    assert await other_process.identify_signed(signed()) == TokenUnknown()


async def test_nothing_of_a_key_is_left_behind(ledger, key_file):
    before = await everything(ledger)
    await create(ledger, key_file, "erp")
    await integration.revoke(ledger, name="erp")

    assert (await everything(ledger))["record"] == before["record"]


async def test_secrets_are_not_in_the_database(ledger, keys):
    rows = repr(await everything(ledger))

    assert keys["consumer_key"] in rows
    for name in ("consumer_secret", "access_token", "access_token_secret"):
        assert keys[name] not in rows


async def test_secrets_are_not_shown_by_accident(ledger, key_file):
    created = await integration.create_oauth(
        ledger, name="erp", dialect="adobe", grant=INVOICING, key_file=key_file
    )
    assert isinstance(created, OAuthCredentials)
    for secret in (created.consumer_secret, created.access_token, created.access_token_secret):
        assert secret not in repr(created)


async def test_the_key_file_is_for_its_owner_only_and_made_once(ledger, keys, key_file):
    made = content(key_file)
    await create(ledger, key_file, "wms")

    assert content(key_file) == made
    assert is_for_its_owner_only(key_file)


async def test_a_lost_key_file_is_not_replaced_while_keys_need_it(access, ledger, keys, key_file, signed):
    remove(key_file)

    again = await integration.create_oauth(
        ledger, name="wms", dialect="adobe", grant=INVOICING, key_file=key_file
    )
    assert again == KeyFileLost(key_file.path, ("erp",))
    with pytest.raises(Unavailable):
        await access.identify_signed(signed())

    await integration.revoke(ledger, name="erp")
    await create(ledger, key_file, "wms")


async def test_another_key_file_is_noticed_and_the_right_one_works_at_once(access, keys, key_file, signed):
    made = content(key_file)
    write(key_file, b"another key with more than thirty-two characters")
    with pytest.raises(Unavailable):
        await access.identify_signed(signed())

    write(key_file, made)
    assert isinstance(await access.identify_signed(signed()), Identity)


async def test_a_key_file_that_cannot_be_used_is_refused(ledger, tmp_path):
    (tmp_path / "short").write_text("too short")
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "short", tmp_path, tmp_path / "file" / "key"):
        refused = await integration.create_oauth(
            ledger, name="erp", dialect="adobe", grant=INVOICING, key_file=KeyFile(str(path))
        )
        assert isinstance(refused, KeyFileUnusable)


async def test_a_name_is_given_once(ledger, key_file, keys):
    again = await integration.create_oauth(
        ledger, name="erp", dialect="adobe", grant=INVOICING, key_file=key_file
    )
    assert again == NameInUse("erp")


async def test_expired_nonces_are_removed_while_new_ones_come(access, ledger, signed, clock, monkeypatch):
    monkeypatch.setattr(nonces, "FORGET_EVERY", 10)
    monkeypatch.setattr(nonces, "FORGET_AT_ONCE", 20)
    kept = []
    for _ in range(8):
        for _ in range(20):
            assert isinstance(await access.identify_signed(signed()), Identity)
        kept.append(len((await everything(ledger))["oauth_nonce"]))
        clock.elapsed_s += 301

    assert max(kept) <= 120  # of 160; what is younger than 900 seconds has to stay
    assert kept[-1] <= kept[-2]


async def test_a_nonce_is_kept_as_long_as_its_timestamp_is_good(access, other_process, signed, clock):
    early = signed(timestamp=clock.epoch_s() + 600)
    assert isinstance(await access.identify_signed(early), Identity)
    clock.elapsed_s += 1200

    assert await other_process.identify_signed(early) == NonceReused(1)
    clock.elapsed_s += 1
    assert await other_process.identify_signed(early) == TimestampRefused()

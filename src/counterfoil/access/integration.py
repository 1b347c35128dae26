"""Integrations: programs that come with a token of their own, good until it is revoked.

Some also come with what is needed to sign requests (OAuth 1.0a). Their access token is the same token, and
may be used as a bearer token too (contract adobe §2.6). Those that speak VTEX come with an app key and an app
token instead (contract vtex §1), which are good in that dialect only.
"""

from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from counterfoil.access import app_key, consumer, token
from counterfoil.access.app_key import AppCredentials
from counterfoil.access.consumer import Consumer
from counterfoil.access.oauth_secrets import KeyFile, KeyFileUnusable, OAuthSecrets
from counterfoil.access.role import Grant
from counterfoil.access.token import Token
from counterfoil.access.user import NAME, NameInUse, NameMalformed, NameUnknown
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import NameTaken, Record, Records, Transaction, WritableRecords
from counterfoil.ledger.searching import Search

KIND = "integration"
MAX_LISTED = 1000


class Integration(Struct, frozen=True):
    """An integration as stored. ``dialect`` is the language it speaks; ``created_at`` is UTC.

    ``consumer_key`` is what it is known under if it signs its requests, ``app_key`` if it speaks VTEX.
    """

    dialect: str
    grant: Grant
    created_at: str
    consumer_key: str | None = None
    app_key: str | None = None


class StoredIntegration(Struct, frozen=True):
    """An integration with its place in the store."""

    id: int
    name: str
    integration: Integration


class OAuthCredentials(Struct, frozen=True):
    """What a program needs to sign its requests. Show it once; the secrets are stored nowhere."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str

    def __repr__(self) -> str:
        return f"OAuthCredentials(consumer_key={self.consumer_key!r})"


class KeyFileLost(Struct, frozen=True):
    """Refusal: integrations that sign were made with a key file that is not the one at ``path`` now."""

    path: str
    names: tuple[str, ...]


_Keep = Callable[[WritableRecords, int], Awaitable[None]]

_decode = msgspec.json.Decoder(Integration).decode


async def get(records: Records, integration_id: int) -> StoredIntegration | None:
    """Return the integration of this id."""
    record = await records.get(KIND, integration_id)
    return None if record is None else _stored(record)


async def listed(records: Records) -> list[StoredIntegration]:
    """Return all integrations in the order of their creation."""
    found, _ = await records.search(KIND, {}, Search(limit=MAX_LISTED))
    return [_stored(record) for record in found]


async def create(ledger: Ledger, *, name: str, dialect: str, grant: Grant) -> str | NameMalformed | NameInUse:
    """Create an integration and return its token, which cannot be read again."""
    secret = token.draw(ledger.clock)
    created = Integration(dialect, grant, ledger.clock.now())
    return await _store(ledger, name, created, _token(ledger, name, secret)) or secret


async def create_app(
    ledger: Ledger, *, name: str, grant: Grant
) -> AppCredentials | NameMalformed | NameInUse:
    """Create an integration that speaks VTEX and return what it sends, which cannot be read again."""
    credentials = app_key.draw(ledger.clock, name)
    created = Integration("vtex", grant, ledger.clock.now(), app_key=credentials.app_key)

    async def keep(records: WritableRecords, integration_id: int) -> None:
        await app_key.store(records, credentials, integration_id)

    return await _store(ledger, name, created, keep) or credentials


async def create_oauth(
    ledger: Ledger, *, name: str, dialect: str, grant: Grant, key_file: KeyFile
) -> OAuthCredentials | NameMalformed | NameInUse | KeyFileUnusable | KeyFileLost:
    """Create an integration that signs its requests, and the key file if there is none yet."""
    if not NAME.fullmatch(name):
        return NameMalformed(name)
    secrets = await _secrets(ledger, key_file)
    if not isinstance(secrets, OAuthSecrets):
        return secrets
    access_token, consumer_key = token.draw(ledger.clock), token.draw(ledger.clock)
    created = Integration(dialect, grant, ledger.clock.now(), consumer_key)
    keep_token, signer = _token(ledger, name, access_token), secrets.check

    async def keep(records: WritableRecords, integration_id: int) -> None:
        await keep_token(records, integration_id)
        await consumer.store(records, consumer_key, Consumer(integration_id, signer))

    return await _store(ledger, name, created, keep) or OAuthCredentials(
        consumer_key,
        secrets.of_consumer(consumer_key),
        access_token,
        secrets.of_token(access_token),
    )


async def _secrets(ledger: Ledger, key_file: KeyFile) -> OAuthSecrets | KeyFileUnusable | KeyFileLost:
    """Return the secrets of the key file, which is made unless integrations were made with another one."""
    async with ledger.reading() as reader:
        names: dict[str, list[str]] = {}
        for found in await listed(reader.records):
            key = found.integration.consumer_key
            made_with = None if key is None else await consumer.find(reader.records, key)
            if made_with is not None:
                names.setdefault(made_with.check, []).append(found.name)
    secrets = key_file.read()
    if secrets is None and not names:
        secrets = key_file.create(ledger.clock)
    if isinstance(secrets, KeyFileUnusable):
        return secrets
    others = [
        name for check, some in names.items() if secrets is None or check != secrets.check for name in some
    ]
    return KeyFileLost(key_file.path, tuple(others)) if secrets is None or others else secrets


def _token(ledger: Ledger, name: str, secret: str) -> _Keep:
    """Return what stores the token of an integration."""

    async def keep(records: WritableRecords, integration_id: int) -> None:
        issued = Token("integration", integration_id, name, ledger.clock.epoch_s())
        await token.store(records, secret, issued)

    return keep


async def _store(
    ledger: Ledger, name: str, created: Integration, keep: _Keep
) -> NameMalformed | NameInUse | None:
    """Store an integration, and with ``keep`` what it is known by."""
    if not NAME.fullmatch(name):
        return NameMalformed(name)

    async def work(transaction: Transaction) -> Body:
        records = transaction.records
        await keep(records, await records.insert(KIND, msgspec.json.encode(created), name=name))
        return Body(b"null")

    try:
        await ledger.transact(work)
    except NameTaken:
        return NameInUse(name)
    return None


async def revoke(
    ledger: Ledger, *, name: str, ending: Callable[[Transaction, str], Awaitable[None]] | None = None
) -> NameUnknown | None:
    """Delete an integration, its token or app key, and what it signs with.

    ``ending`` is called in the same transaction with each app key, to end what was set up under it.
    """

    async def work(transaction: Transaction) -> Body | NameUnknown:
        record = await transaction.records.named(KIND, name, lock=True) if NAME.fullmatch(name) else None
        if record is None:
            return NameUnknown(name)
        await transaction.records.delete(KIND, record.id)
        await token.revoke_all(transaction.records, "integration", record.id)
        await consumer.forget(transaction.records, record.id)
        for ended in await app_key.forget(transaction.records, record.id):
            if ending is not None:
                await ending(transaction, ended)
        return Body(b"null")

    answer = await ledger.transact(work)
    return answer if isinstance(answer, NameUnknown) else None


def _stored(record: Record) -> StoredIntegration:
    assert record.name is not None
    return StoredIntegration(record.id, record.name, _decode(record.body))

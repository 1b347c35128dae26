"""App keys: what a program that speaks VTEX is known under. Of its app token only the SHA-256 is stored."""

import hmac
import re

import msgspec
from msgspec import Struct

from counterfoil.access import token
from counterfoil.clock import Clock
from counterfoil.ledger.ports import Records, WritableRecords

KIND = "app_key"
TOKEN_LENGTH = 64
MAX_TOKEN_LENGTH = 512
_MOST = 10
_SUFFIX_LENGTH = 6
_FORM = re.compile(r"vtexappkey-[A-Za-z0-9._@+-]{1,100}-[A-Z0-9]{6}", re.ASCII)


class AppCredentials(Struct, frozen=True):
    """What a program sends with every request. Show it once; the token is stored nowhere."""

    app_key: str
    app_token: str

    def __repr__(self) -> str:
        return f"AppCredentials(app_key={self.app_key!r})"


class AppKey(Struct, frozen=True):
    """Whose app key it is, and the digest of the token that goes with it."""

    integration_id: int
    token_digest: str

    def __repr__(self) -> str:
        return f"AppKey(integration_id={self.integration_id!r})"


_decode = msgspec.json.Decoder(AppKey).decode


def draw(clock: Clock, name: str) -> AppCredentials:
    """Return new credentials: a key in the form of VTEX's, and 64 letters and digits (381 bits)."""
    suffix = clock.secret(_SUFFIX_LENGTH).upper()
    return AppCredentials(f"vtexappkey-{name}-{suffix}", clock.secret(TOKEN_LENGTH))


def is_right(app_key: AppKey, app_token: str) -> bool:
    """Tell whether this is the token of the key, in a time that says nothing about the token."""
    return hmac.compare_digest(app_key.token_digest, token.digest(app_token))


def can_be(app_key: str, app_token: str) -> bool:
    """Tell whether these could be credentials of anybody."""
    return 0 < len(app_token) <= MAX_TOKEN_LENGTH and _FORM.fullmatch(app_key) is not None


async def find(records: Records, app_key: str) -> AppKey | None:
    """Return whose app key it is."""
    record = await records.named(KIND, app_key)
    return None if record is None else _decode(record.body)


async def store(records: WritableRecords, credentials: AppCredentials, integration_id: int) -> None:
    """Store new credentials of an integration: the key, and the digest of the token."""
    body = msgspec.json.encode(AppKey(integration_id, token.digest(credentials.app_token)))
    await records.insert(KIND, body, name=credentials.app_key, owner=str(integration_id))


async def forget(records: WritableRecords, integration_id: int) -> list[str]:
    """Delete the app key of an integration, if it has one, and return what was deleted."""
    found = await records.owned(KIND, str(integration_id), limit=_MOST)
    for record in found:
        await records.delete(KIND, record.id)
    return [record.name for record in found if record.name is not None]

"""Integrations: programs that come with a token of their own, good until it is revoked."""

import msgspec
from msgspec import Struct

from counterfoil.access import token
from counterfoil.access.role import Grant
from counterfoil.access.token import Token
from counterfoil.access.user import NAME, NameInUse, NameMalformed, NameUnknown
from counterfoil.ledger.ledger import Body, Ledger
from counterfoil.ledger.ports import NameTaken, Record, Records, Search, Transaction

KIND = "integration"
MAX_LISTED = 1000


class Integration(Struct, frozen=True):
    """An integration as stored. ``dialect`` is the language it speaks; ``created_at`` is UTC."""

    dialect: str
    grant: Grant
    created_at: str


class StoredIntegration(Struct, frozen=True):
    """An integration with its place in the store."""

    id: int
    name: str
    integration: Integration


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
    if not NAME.fullmatch(name):
        return NameMalformed(name)
    secret = token.draw(ledger.clock)
    body = msgspec.json.encode(Integration(dialect, grant, ledger.clock.now()))

    async def work(transaction: Transaction) -> Body:
        integration_id = await transaction.records.insert(KIND, body, name=name)
        issued = Token("integration", integration_id, name, ledger.clock.epoch_s())
        await token.store(transaction.records, secret, issued)
        return Body(b"null")

    try:
        await ledger.transact(work)
    except NameTaken:
        return NameInUse(name)
    return secret


async def revoke(ledger: Ledger, *, name: str) -> NameUnknown | None:
    """Delete an integration and its token."""

    async def work(transaction: Transaction) -> Body | NameUnknown:
        record = await transaction.records.named(KIND, name, lock=True) if NAME.fullmatch(name) else None
        if record is None:
            return NameUnknown(name)
        await transaction.records.delete(KIND, record.id)
        await token.revoke_all(transaction.records, "integration", record.id)
        return Body(b"null")

    answer = await ledger.transact(work)
    return answer if isinstance(answer, NameUnknown) else None


def _stored(record: Record) -> StoredIntegration:
    assert record.name is not None
    return StoredIntegration(record.id, record.name, _decode(record.body))

"""Consumers: integrations that sign their requests (OAuth 1.0a), by the key that they are known under."""

import msgspec
from msgspec import Struct

from counterfoil.ledger.ports import Records, WritableRecords

KIND = "oauth_consumer"
_MOST = 10


class Consumer(Struct, frozen=True):
    """Whose consumer key it is. ``check`` tells which key file its secrets were made with."""

    integration_id: int
    check: str


_decode = msgspec.json.Decoder(Consumer).decode


async def find(records: Records, consumer_key: str) -> Consumer | None:
    """Return the consumer of this key."""
    record = await records.named(KIND, consumer_key)
    return None if record is None else _decode(record.body)


async def store(records: WritableRecords, consumer_key: str, consumer: Consumer) -> None:
    """Store a new consumer."""
    body = msgspec.json.encode(consumer)
    await records.insert(KIND, body, name=consumer_key, owner=str(consumer.integration_id))


async def forget(records: WritableRecords, integration_id: int) -> None:
    """Delete the consumer of an integration, if it has one."""
    for record in await records.owned(KIND, str(integration_id), limit=_MOST):
        await records.delete(KIND, record.id)

"""The receipt of what a request has done (contract vtex §3.1)."""

import hashlib

from counterfoil.clock import document_time
from counterfoil.dialects.vtex import dates
from counterfoil.dialects.vtex.call import Call, Reply, replayed
from counterfoil.dialects.vtex.errors import Family
from counterfoil.dialects.vtex.order_id import Target
from counterfoil.ledger.envelope import Accepted


async def of_effect(call: Call, target: Target, outcome: Accepted) -> Reply:
    """Return the receipt of an effect. A repeat under the same idempotency key gets the same one."""
    version = outcome.effect.version
    order = outcome.order
    at = order.updated_at if order is not None else await _written_at(call, target, version)
    name = hashlib.sha256(f"{target.entity_id}:{version}".encode()).hexdigest()[:32]
    return _receipt(call, target, at, name, outcome)


def of_nothing(call: Call, target: Target) -> Reply:
    """Return a new receipt for a request that had nothing left to do."""
    return _receipt(call, target, call.shop.clock.now(), call.shop.clock.unique_id(), None)


def of_change(entity_id: int, request_id: str) -> str:
    """Return the receipt of a Change that is applied at once: always the same, in the form of a UUID."""
    return as_uuid(f"{entity_id}:{request_id}")


def as_uuid(text: str) -> str:
    """Return an id in the form of a UUID that is always the same for the same text."""
    digits = hashlib.sha256(text.encode()).hexdigest()
    return "-".join(digits[start:end] for start, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))


def _receipt(call: Call, target: Target, at: str, name: str, outcome: Accepted | None) -> Reply:
    date = dates.zulu(at) if call.family is Family.PROBLEM else dates.of_stored(at)
    value = {"date": date, "orderId": target.order_id, "receipt": name}
    return Reply(value, headers=() if outcome is None else replayed(outcome))


async def _written_at(call: Call, target: Target, version: int) -> str:
    async with call.shop.ledger.reading() as reader:
        entries = await reader.journal(target.entity_id, after_seq=version - 1, limit=1)
    return document_time(entries[0].at)

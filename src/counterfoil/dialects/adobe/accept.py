"""Accepting requests that are carried out later: ``async/V1/…`` and ``async/bulk/V1/…`` (contract adobe §7).

The arguments are checked now, with the errors of the synchronous request; the operations are stored in
the transaction of the answer.
"""

import asyncio
import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from counterfoil.access.identity import GUEST
from counterfoil.dialects.adobe import body, decode
from counterfoil.dialects.adobe.call import Call, Reply
from counterfoil.dialects.adobe.documents import written
from counterfoil.dialects.adobe.errors import DECODING, AdobeError, required, unauthorized
from counterfoil.dialects.adobe.operation import (
    BULK_RECORD,
    FORGET,
    KIND,
    Bulk,
    Operation,
    queue_of,
    topic_of,
)
from counterfoil.dialects.adobe.render import encode
from counterfoil.dialects.adobe.request import Way
from counterfoil.dialects.adobe.route import Route, snake_case
from counterfoil.dialects.adobe.wire import WrongType, camel_case, php_text
from counterfoil.domain.follow_up import FollowUp
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction

MAX_OPERATIONS = 5_000
"""The most operations of one bulk."""

MAX_BYTES = 4 * body.MAX_BYTES
"""The largest body of a bulk."""

LOOK_AGAIN_S = 86_400
"""How often it is looked whether a bulk that should have been forgotten has operations left."""

_AT_ONCE = 100
"""Operations that are checked without letting other requests run."""

_NOT_LATER = "This operation cannot be asked for asynchronously: it would leave a secret in the database."
_ACCEPTED = 202
_decode_raws = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode


class _Accepted(Struct, frozen=True):
    """What is going to be stored and answered."""

    bulk_uuid: str
    bulk: Bulk
    wishes: list[FollowUp]
    items: list[dict[str, Any]]


async def accept(call: Call, way: Way) -> Reply:
    """Check and store what is asked for, and answer 202 with the id to ask for its status."""
    if call.identity.kind == GUEST.kind:
        # Whoever has not signed in could otherwise fill the store with what is still to be done.
        raise unauthorized(call.route.resources)
    if call.route.keyless:
        raise AdobeError(400, _NOT_LATER)
    asked = [(call.variables, call.body)] if way is Way.ASYNC else _entries(call.route, call.body)
    accepted = await _prepare(call, asked)
    reply = await call.write(lambda transaction: _store(transaction, call, accepted))
    reply.status = _ACCEPTED
    return reply


async def _prepare(call: Call, asked: list[tuple[dict[str, str], bytes]]) -> _Accepted:
    """Check every entry and make its operation. Raises `AdobeError` 400. Other requests run in between."""
    bulk_uuid, topic = call.shop.clock.uuid(), topic_of(call.route)
    wishes: list[FollowUp] = []
    items: list[dict[str, Any]] = []
    for key, (variables, content) in enumerate(asked):
        args = decode.arguments(call.route, variables=variables, pairs=call.query, content=content)
        if any(isinstance(value, dict) and value.get("additional_data") for value in args.values()):
            raise AdobeError(400, _NOT_LATER)  # a payment gateway's token
        operation = Operation(bulk_uuid, key, topic, variables, content.decode())
        queue = queue_of(call.route, variables, bulk_uuid)
        wishes.append(FollowUp(KIND, msgspec.to_builtins(operation), queue=queue, group=bulk_uuid))
        items.append({"id": key, "data_hash": _hash(variables, content), "status": "accepted"})
        if key % _AT_ONCE == _AT_ONCE - 1:
            await asyncio.sleep(0)
    kept_s = call.shop.settings.keep_tasks_s + LOOK_AGAIN_S
    wishes.append(FollowUp(FORGET, {"bulk_uuid": bulk_uuid}, delay_s=kept_s))
    bulk = Bulk(
        topic=topic,
        method=call.method,
        path=call.route.path,
        store_code=call.store_code,
        store_id=call.store_id,
        identity=call.identity,
        remote_ip=call.remote_ip,
        start_time=call.shop.clock.now(),
        operation_count=len(asked),
        query=call.query,
        expected_version=call.expected_version,
        strict=call.strict,
    )
    return _Accepted(bulk_uuid, bulk, wishes, items)


async def _store(transaction: Transaction, call: Call, accepted: _Accepted) -> Body:
    await call.shop.ledger.want(transaction, accepted.wishes)
    # Last, because its id comes from a counter that others want, too.
    record = msgspec.json.encode(accepted.bulk)
    await transaction.records.insert(BULK_RECORD, record, name=accepted.bulk_uuid)
    return written({"bulk_uuid": accepted.bulk_uuid, "request_items": accepted.items, "errors": False})


def _entries(route: Route, content: bytes) -> list[tuple[dict[str, str], bytes]]:
    """Return path variables and body of each synchronous request that a bulk stands for.

    Raises `AdobeError` 400.
    """
    entries = body.entries(content)
    if len(entries) > MAX_OPERATIONS:
        raise AdobeError(
            400, 'Maximum items of type "%type" is %max', {"type": "Operation", "max": MAX_OPERATIONS}
        )
    try:
        # The bytes as they were sent: a number of any length is still the same number.
        raws = _decode_raws(content) if entries else []
    except ValueError:
        raise AdobeError(400, DECODING) from None
    return [_request(route, entry, raw) for entry, raw in zip(entries, raws, strict=True)]


def _request(
    route: Route, entry: dict[str, Any], raw: dict[str, msgspec.Raw]
) -> tuple[dict[str, str], bytes]:
    variables = {}
    for name in route.variables:
        spellings = (name, camel_case(snake_case(name)), snake_case(name))
        found = [entry.pop(spelling) for spelling in spellings if spelling in entry]
        value = found[0] if found else _inside(entry.values(), snake_case(name))
        if value is None:
            raise required(camel_case(snake_case(name)))
        if isinstance(value, dict | list):
            raise AdobeError(400, str(WrongType(value, "string")))
        variables[name] = php_text(value)
    rest = {key: value for key, value in raw.items() if key in entry}
    return variables, msgspec.json.encode(rest) if rest else b""


def _inside(values: Iterable[Any], name: str) -> Any:
    """Return what the one object of the entry calls by that name: ``{"product": {"sku": …}}``."""
    objects = [value for value in values if isinstance(value, dict)]
    if len(objects) != 1:
        return None
    return objects[0].get(name, objects[0].get(camel_case(name)))


def _hash(variables: dict[str, str], content: bytes) -> str:
    return hashlib.sha256(encode(variables) + content).hexdigest()

"""Carrying out accepted operations: the handlers of the synchronous routes, called without HTTP.

Each call comes with the task's own idempotency key, so an operation that is carried out again after a
crash finds its effect and answers it.
"""

from collections import OrderedDict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
import structlog

from counterfoil.dialects.adobe import decode
from counterfoil.dialects.adobe.accept import LOOK_AGAIN_S
from counterfoil.dialects.adobe.call import Call, Reply, Shop
from counterfoil.dialects.adobe.errors import INTERNAL, NO_ROUTE, AdobeError
from counterfoil.dialects.adobe.operation import (
    BULK_RECORD,
    COMPLETE,
    NOT_RETRIABLY_FAILED,
    Bulk,
    Operation,
    Result,
    decode_operation,
    find_bulk,
    rendered,
    success_of,
)
from counterfoil.dialects.adobe.render import encode
from counterfoil.dialects.adobe.route import Route
from counterfoil.ledger.envelope import Actor, IdempotencyKey
from counterfoil.ledger.faults import Busy, Fault
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction
from counterfoil.ledger.tasks import Done, Failed, Outcome, Retry, Task, effect_key

_MOST_KNOWN = 64
_IN_FLIGHT = 409

log = structlog.get_logger()


class Operations:
    """Carries out the operations of one shop."""

    def __init__(self, shop: Shop, routes: Iterable[Route]) -> None:
        """Make the runner over the same routes that the application answers."""
        self._shop = shop
        self._routes = {(route.method, route.path): route for route in routes}
        self._known: OrderedDict[str, Bulk] = OrderedDict()

    async def run(self, task: Task) -> Outcome:
        """Carry out one operation. Faults get out, so that it is tried again."""
        operation = decode_operation(task.body)
        bulk = await self._bulk(operation.bulk_uuid)
        if bulk is None:
            return Failed("The bulk of this operation is not there any more.")
        result = await self._carry_out(bulk, operation, effect_key(task))
        return Done(msgspec.json.encode(result).decode())

    async def forget(self, task: Task) -> Outcome:
        """Remove the record of a bulk whose operations have been removed."""
        bulk_uuid: str = msgspec.json.decode(task.body)["bulk_uuid"]

        async def work(transaction: Transaction) -> Body | None:
            if await transaction.tasks.group(bulk_uuid, limit=1):
                return None
            record = await transaction.records.named(BULK_RECORD, bulk_uuid)
            if record is not None:
                await transaction.records.delete(BULK_RECORD, record.id)
            return Body(b"true")

        return Retry(LOOK_AGAIN_S) if await self._shop.ledger.transact(work) is None else Done()

    async def _bulk(self, bulk_uuid: str) -> Bulk | None:
        """Return a bulk, which never changes and so is read once."""
        bulk = self._known.get(bulk_uuid)
        if bulk is None:
            async with self._shop.ledger.reading() as reader:
                bulk = await find_bulk(reader.records, bulk_uuid)
            if bulk is not None:
                self._known[bulk_uuid] = bulk
                if len(self._known) > _MOST_KNOWN:
                    self._known.popitem(last=False)
        return bulk

    async def _carry_out(self, bulk: Bulk, operation: Operation, key: IdempotencyKey) -> Result:
        route = self._routes.get((bulk.method, bulk.path))
        if route is None:
            return _failure(AdobeError(404, NO_ROUTE))
        try:
            reply = await route.handler(self._call(route, bulk, operation, key))
        except AdobeError as error:
            if error.status == _IN_FLIGHT:
                raise Busy from error
            return _failure(error)
        except Fault:
            raise
        except Exception:
            report_id = self._shop.clock.unique_id()[:13]
            log.exception("bug", path=bulk.path, report_id=report_id)
            return _failure(AdobeError(500, INTERNAL % report_id))
        return Result(COMPLETE, success_of(route), output=_json(reply))

    def _call(self, route: Route, bulk: Bulk, operation: Operation, key: IdempotencyKey) -> Call:
        identity = bulk.identity
        call = Call(
            shop=self._shop,
            route=route,
            method=bulk.method,
            path=bulk.path,
            store_code=bulk.store_code,
            store_id=bulk.store_id,
            variables=operation.variables,
            body=operation.content.encode(),
            identity=identity,
            actor=Actor(f"{identity.kind}:{identity.name}", "adobe"),
            key=key,
            expected_version=bulk.expected_version,
            remote_ip=bulk.remote_ip,
            query=bulk.query,
            strict=bulk.strict,
        )
        if not route.decodes_itself:
            call.args = decode.arguments(
                route, variables=operation.variables, pairs=bulk.query, content=call.body
            )
        return call


def _failure(error: AdobeError) -> Result:
    return Result(NOT_RETRIABLY_FAILED, rendered(error.message, error.parameters), error_code=0)


def _json(reply: Reply) -> str:
    if reply.json is not None:
        return reply.json.decode()
    plain: Any = msgspec.to_builtins(reply.value, builtin_types=(Decimal,))
    return encode(plain).decode()

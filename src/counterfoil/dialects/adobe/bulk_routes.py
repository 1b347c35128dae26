"""What has become of accepted operations (contract adobe §7)."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from counterfoil.dialects.adobe import search
from counterfoil.dialects.adobe.call import Call, Reply
from counterfoil.dialects.adobe.errors import AdobeError
from counterfoil.dialects.adobe.listing import CHUNK
from counterfoil.dialects.adobe.operation import (
    COMPLETE,
    KIND,
    OPEN,
    RETRIABLY_FAILED,
    USER_TYPES,
    Bulk,
    decode_operation,
    find_bulk,
    result_of,
)
from counterfoil.dialects.adobe.render import encode
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.search import MAX_PAGE, SEARCH_CRITERIA
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.ledger.searching import InvalidCondition, UnknownField
from counterfoil.ledger.tasks import Task, TaskField

UNKNOWN = "Bulk uuid %bulkUuid not exist"

_RESOURCES = ("Magento_Logging::system_magento_logging_bulk_operations",)
_FIELDS = {
    "id": TaskField("body.key", whole=True),
    "bulk_uuid": TaskField("group_id"),
    "topic_name": TaskField("body.topic"),
    "status": TaskField("result.status", whole=True, while_open=OPEN, when_failed=RETRIABLY_FAILED),
    "result_message": TaskField("result.message"),
    "error_code": TaskField("result.error_code", whole=True, when_failed=0),
    "started_at": TaskField("created_at"),
}
_Show = Callable[[Task], dict[str, Any]]


async def get_status(call: Call) -> Reply:
    """GET /V1/bulk/:bulkUuid/status."""
    return await _answer(call, _short)


async def get_detailed_status(call: Call) -> Reply:
    """GET /V1/bulk/:bulkUuid/detailed-status."""
    return await _answer(call, _detailed)


async def count_status(call: Call) -> Reply:
    """GET /V1/bulk/:bulkUuid/operation-status/:status: how many operations have that status."""
    _, operations = await _load(call)
    return Reply(sum(result_of(task).status == call.args["status"] for task in operations))


async def list_operations(call: Call) -> Reply:
    """GET /V1/bulk: operations of all bulks, as far as they are kept."""
    wanted = search.criteria(call.args["search_criteria"])
    limit = wanted.search.limit or MAX_PAGE
    if limit > MAX_PAGE:
        raise search.too_many()
    async with call.shop.ledger.reading() as reader:
        try:
            found, total_count = await reader.tasks.search(KIND, _FIELDS, replace(wanted.search, limit=limit))
        except (UnknownField, InvalidCondition) as problem:
            search.refuse(problem)
    if not wanted.search.limit and total_count > MAX_PAGE:
        raise search.too_many()
    return Reply(search.envelope(await _shown(found, _detailed), wanted, total_count))


async def _load(call: Call) -> tuple[Bulk, list[Task]]:
    bulk_uuid = call.args["bulk_uuid"]
    async with call.shop.ledger.reading() as reader:
        bulk = await find_bulk(reader.records, bulk_uuid)
        if bulk is None:
            raise AdobeError(404, UNKNOWN, {"bulkUuid": bulk_uuid})
        return bulk, await reader.tasks.group(bulk_uuid)


async def _answer(call: Call, show: _Show) -> Reply:
    bulk, operations = await _load(call)
    return Reply(
        {
            "operations_list": await _shown(operations, show),
            "user_type": USER_TYPES[bulk.identity.kind],
            "bulk_id": call.args["bulk_uuid"],
            "description": f"Topic {bulk.topic}",
            "start_time": bulk.start_time,
            "user_id": bulk.identity.id or None,
            "operation_count": bulk.operation_count,
        }
    )


async def _shown(operations: Sequence[Task], show: _Show) -> list[dict[str, Any]]:
    shown = []
    for start in range(0, len(operations), CHUNK):
        shown += [show(task) for task in operations[start : start + CHUNK]]
        await asyncio.sleep(0)
    return shown


def _short(task: Task) -> dict[str, Any]:
    result = result_of(task)
    return {
        "id": decode_operation(task.body).key,
        "status": result.status,
        "result_message": result.message,
        "error_code": result.error_code,
    }


def _detailed(task: Task) -> dict[str, Any]:
    operation, result = decode_operation(task.body), result_of(task)
    sent = {"entity_id": None, "entity_link": "", "meta_information": operation.arguments()}
    return {
        "id": operation.key,
        "bulk_uuid": operation.bulk_uuid,
        "topic_name": operation.topic,
        "serialized_data": encode(sent).decode(),
        "result_serialized_data": result.output if result.status == COMPLETE else None,
        "status": result.status,
        "result_message": result.message,
        "error_code": result.error_code,
    }


ROUTES = (
    Route("GET", "/V1/bulk", list_operations, _RESOURCES, (SEARCH_CRITERIA,)),
    Route("GET", "/V1/bulk/:bulkUuid/status", get_status, _RESOURCES),
    Route("GET", "/V1/bulk/:bulkUuid/detailed-status", get_detailed_status, _RESOURCES),
    Route(
        "GET",
        "/V1/bulk/:bulkUuid/operation-status/:status",
        count_status,
        _RESOURCES,
        (Param("status", INT),),
    ),
)

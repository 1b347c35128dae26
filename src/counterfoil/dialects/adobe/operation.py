"""Operations: requests that were accepted to be carried out later (contract adobe §7).

What all operations of one request have in common is a record of the kind ``bulk``; each operation is a
task in the group of the bulk's id. Its status is the task's state, and the code in its result.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from counterfoil.access.identity import Identity, IdentityKind
from counterfoil.dialects.adobe.render import encode
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.service_names import SERVICES
from counterfoil.ledger.ports import Records
from counterfoil.ledger.tasks import Task

KIND: Final = "adobe.operation"
"""The kind of the tasks that carry operations out."""

FORGET: Final = "adobe.bulk.forget"
"""The kind of the tasks that remove the record of a bulk when its operations are gone."""

BULK_RECORD: Final = "bulk"

COMPLETE, RETRIABLY_FAILED, NOT_RETRIABLY_FAILED, OPEN, REJECTED = 1, 2, 3, 4, 5

USER_TYPES: dict[IdentityKind, int] = {"integration": 1, "admin": 2, "customer": 3, "guest": 4}

_LONGEST_NAME = 200
_VARIABLE = re.compile(r":(\w)(\w*)")


class Bulk(Struct, frozen=True):
    """What the operations of one request have in common: the operation's name, who asked, and where.

    ``path`` is the route's, with its variables unfilled. The identity is that of the moment of acceptance.
    """

    topic: str
    method: str
    path: str
    store_code: str
    store_id: int
    identity: Identity
    remote_ip: str | None
    start_time: str
    operation_count: int
    query: list[tuple[str, str]] = []
    expected_version: int | None = None
    strict: bool = False


class Operation(Struct, frozen=True):
    """One operation: its place in the bulk, the variables of its path, and its body as JSON."""

    bulk_uuid: str
    key: int
    topic: str
    variables: dict[str, str]
    content: str

    def arguments(self) -> str:
        """Return variables and body as one JSON object, as a bulk request writes them."""
        if not self.content.startswith("{"):
            return encode(self.variables).decode()
        inside = (encode(self.variables).decode()[1:-1], self.content.strip()[1:-1])
        return f"{{{','.join(part for part in inside if part.strip())}}}"


class Result(Struct, frozen=True):
    """What became of an operation. ``output`` is what the synchronous request would have answered."""

    status: int
    message: str
    error_code: int | None = None
    output: str | None = None


decode_operation = msgspec.json.Decoder(Operation).decode
decode_result = msgspec.json.Decoder(Result).decode
_decode_bulk = msgspec.json.Decoder(Bulk).decode


async def find_bulk(records: Records, bulk_uuid: str) -> Bulk | None:
    """Return the bulk of that id, None if there is none (any more)."""
    record = await records.named(BULK_RECORD, bulk_uuid)
    return None if record is None else _decode_bulk(record.body)


def result_of(task: Task) -> Result:
    """Return what became of an operation by now. One that failed for technical reasons can be retried."""
    if task.state == "done" and task.result is not None:
        return decode_result(task.result)
    if task.state == "failed":
        return Result(RETRIABLY_FAILED, task.last_error or "", error_code=0)
    return Result(OPEN, "")


def service_of(route: Route) -> tuple[str, str] | None:
    """Return the platform's service interface and method behind a route, None if we know none."""
    return SERVICES.get((route.method, route.path))


def topic_of(route: Route) -> str:
    """Return the name of the queue that the platform puts such an operation into.

    Without a known service it is made of the path, as in the platform's first releases with bulk.
    """
    service = service_of(route)
    if service is None:
        words = route.path.strip("/").replace(":", "").replace("/", ".")
        return f"async.{words}.{route.method}"
    interface, method = service
    return f"async.{interface}.{method}.{route.method}".replace("\\", ".").lower()


def success_of(route: Route) -> str:
    """Return the message of an operation that took effect."""
    service = service_of(route)
    return f"Service execution success {'::'.join(service) if service else topic_of(route)}"


def bulk_path(path: str) -> str:
    """Return the path of a route as bulk requests write it: ``order/byOrderId/invoice``."""
    return _VARIABLE.sub(lambda found: f"by{found[1].upper()}{found[2]}", path).strip("/")


def bulk_table(routes: Iterable[Route]) -> dict[tuple[str, str], Route]:
    """Return every route that changes something by method and `bulk_path`."""
    return {(route.method, bulk_path(route.path)): route for route in routes if route.method != "GET"}


def queue_of(route: Route, variables: Mapping[str, str], bulk_uuid: str) -> str:
    """Return the queue of an operation: one for each thing that paths name first, such as an order.

    What names nothing runs in the order of its bulk.
    """
    if not route.variables:
        return f"{KIND}/bulk/{bulk_uuid}"
    noun, _, _ = route.path.partition("/:")
    noun = noun.rpartition("/")[2].rstrip("s")
    name = variables[route.variables[0]]
    if len(name) > _LONGEST_NAME:
        name = hashlib.sha256(name.encode()).hexdigest()
    return f"{KIND}/{noun}/{name}"


def rendered(message: str, parameters: Mapping[str, Any] | list[Any] | None) -> str:
    """Return an error's template with its values put in."""
    values = parameters or {}
    named = values if isinstance(values, Mapping) else dict(enumerate(values, start=1))
    by_name = {str(name): str(value) for name, value in named.items()}
    return re.sub(r"%(\w+)", lambda found: by_name.get(found[1], found[0]), message)

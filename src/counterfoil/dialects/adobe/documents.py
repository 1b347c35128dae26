"""Answers about documents that are not orders: what was written, and pages of what was found."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from counterfoil.dialects.adobe import search
from counterfoil.dialects.adobe.call import AdobeError, Call, Reply
from counterfoil.dialects.adobe.listing import CHUNK
from counterfoil.dialects.adobe.render import encode
from counterfoil.dialects.adobe.search import MAX_PAGE
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Reader, Records
from counterfoil.ledger.searching import InvalidCondition, Search, UnknownField

D = TypeVar("D")

INVALID = 'Invalid value of "%value" provided for the %fieldName field.'
REQUIRED_FIELD = "%fieldName is a required field."
EXISTS = "%1 already exists."
PRODUCT_UNKNOWN = "The product that was requested doesn't exist. Verify the product and try again."
INVALID_PRODUCT = "Invalid product data: %1"

Find = Callable[[Records, Search], Awaitable[tuple[list[D], int]]]
"""Returns one page of documents and the total count."""

Render = Callable[[Reader, Sequence[D]], Awaitable[list[Any]]]
"""Returns what clients see of some documents, in their order."""


def written(value: Any) -> Body:
    """Return what a unit of work that took effect answers."""
    return Body(encode(value))


def invalid(field_name: str, value: object) -> AdobeError:
    """Return the error for a field that cannot have this value."""
    return AdobeError(400, INVALID, {"value": value, "fieldName": field_name})


def exists(what: str) -> AdobeError:
    """Return the error for a second document that must be the only one of its name."""
    return AdobeError(400, EXISTS, [what])


async def page(call: Call, find: Find[D], render: Render[D]) -> Reply:
    """Answer a list route. More than `MAX_PAGE` documents at once are refused."""
    wanted = search.criteria(call.args["search_criteria"])
    limit = wanted.search.limit or MAX_PAGE + 1
    if limit > MAX_PAGE + (wanted.search.limit == 0):
        raise search.too_many()
    async with call.shop.ledger.reading() as reader:
        try:
            found, total_count = await find(reader.records, replace(wanted.search, limit=limit))
        except (UnknownField, InvalidCondition) as problem:
            search.refuse(problem)
        if len(found) > MAX_PAGE:
            raise search.too_many()
        items: list[Any] = []
        for start in range(0, len(found), CHUNK):
            items += await render(reader, found[start : start + CHUNK])
            await asyncio.sleep(0)
    return Reply(search.envelope(items, wanted, total_count))

"""Lists of documents from the books, a bounded number at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from msgspec.structs import replace

from counterfoil.dialects.adobe import projection, search
from counterfoil.dialects.adobe.call import Call, Reply
from counterfoil.dialects.adobe.render import encode
from counterfoil.dialects.adobe.search import MAX_PAGE, Criteria
from counterfoil.ledger.ports import Reader
from counterfoil.ledger.searching import InvalidCondition, Page, UnknownField

CHUNK = 50
"""Documents that are rendered without letting other requests run."""

Load = Callable[[Reader, Sequence[int]], Awaitable[list[Any]]]
"""Returns the rendered documents of some ids, in their order."""


async def answer(call: Call, document: str, load: Load) -> Reply:
    """Answer a list route over ``order``, ``order_item`` or ``invoice`` documents.

    Only the parts that ``fields=`` names are rendered to bytes. More than `MAX_PAGE` documents are refused.
    """
    wanted = search.criteria(call.args["search_criteria"])
    fields = call.fields
    async with call.shop.ledger.reading() as reader:
        if fields is not None and "items" not in fields:
            page = await _find(
                reader, document, replace(wanted, search=replace(wanted.search, limit=1, offset=0))
            )
            return Reply(search.envelope([], wanted, page.total_count))
        limit = wanted.search.limit or MAX_PAGE + 1
        if limit > MAX_PAGE + (wanted.search.limit == 0):
            raise search.too_many()
        page = await _find(reader, document, replace(wanted, search=replace(wanted.search, limit=limit)))
        if len(page.ids) > MAX_PAGE:
            raise search.too_many()
        inner = fields["items"] if fields else None
        pieces = [piece async for piece in _pieces(reader, page.ids, load, inner)]
    rest = {"search_criteria": wanted.echo, "total_count": page.total_count}
    if fields is not None:
        rest = projection.select(rest, fields)
    tail = b"," + encode(rest)[1:] if rest else b"}"
    return Reply.raw(b'{"items":[%b]%b' % (b",".join(pieces), tail), projected=True)


async def _find(reader: Reader, document: str, wanted: Criteria) -> Page:
    try:
        return await reader.search(document, wanted.search)
    except (UnknownField, InvalidCondition) as problem:
        search.refuse(problem)


async def _pieces(
    reader: Reader, ids: Sequence[int], load: Load, fields: projection.Fields | None
) -> AsyncIterator[bytes]:
    for start in range(0, len(ids), CHUNK):
        documents: Any = await load(reader, ids[start : start + CHUNK])
        if fields is not None:
            documents = projection.select(documents, fields)
        if documents:
            yield encode(documents)[1:-1]
        await asyncio.sleep(0)

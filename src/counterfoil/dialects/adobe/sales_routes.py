"""Reading orders and their rows (contract adobe §3.1)."""

from collections.abc import Sequence
from typing import Any

from counterfoil.dialects.adobe import listing
from counterfoil.dialects.adobe.call import Call, Reply
from counterfoil.dialects.adobe.errors import ID_NEEDED, AdobeError, no_entity
from counterfoil.dialects.adobe.order_document import item_documents, order_document
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.search import SEARCH_CRITERIA
from counterfoil.dialects.adobe.wire import INT, Param
from counterfoil.domain.order import Order
from counterfoil.ledger.ports import Reader

_VIEW = ("Magento_Sales::actions_view",)
_ID = Param("id", INT)


async def get_order(call: Call) -> Reply:
    """Answer one order, with its version as the ETag."""
    order_id = needed_id(call.args["id"])
    async with call.shop.ledger.reading() as reader:
        order = await reader.order(order_id)
        mailed = await reader.mailed("order", [order_id])
    if order is None:
        raise no_entity()
    return Reply(order_document(order, mailed=bool(mailed)), headers=((b"etag", b'"%d"' % order.version),))


async def get_status(call: Call) -> Reply:
    """Answer the status of an order as a JSON string."""
    return Reply((await _order(call)).status)


async def get_item(call: Call) -> Reply:
    """Answer one row of an order."""
    item_id = needed_id(call.args["id"])
    async with call.shop.ledger.reading() as reader:
        found = await _items(reader, [item_id])
    if not found:
        raise no_entity()
    return Reply(found[0])


async def list_orders(call: Call) -> Reply:
    """Answer a search for orders."""
    return await listing.answer(call, "order", _orders)


async def list_items(call: Call) -> Reply:
    """Answer a search for rows of any order."""
    return await listing.answer(call, "order_item", _items)


def needed_id(value: int) -> int:
    """Return an id that is not 0. Raises `AdobeError` 400 for 0."""
    if value == 0:
        raise AdobeError(400, ID_NEEDED)
    return value


async def _order(call: Call) -> Order:
    order_id = needed_id(call.args["id"])
    async with call.shop.ledger.reading() as reader:
        order = await reader.order(order_id)
    if order is None:
        raise no_entity()
    return order


async def _orders(reader: Reader, ids: Sequence[int]) -> list[Any]:
    mailed = await reader.mailed("order", ids)
    return [order_document(order, mailed=order.entity_id in mailed) for order in await reader.orders(ids)]


async def _items(reader: Reader, ids: Sequence[int]) -> list[Any]:
    order_of = await reader.orders_of("order_item", ids)
    orders = {order.entity_id: order for order in await reader.orders(sorted(set(order_of.values())))}
    found: list[Any] = []
    for item_id in ids:
        if item_id in order_of:
            order = orders[order_of[item_id]]
            found += item_documents(order, [order.items[item_id]])
    return found


ROUTES: tuple[Route, ...] = (
    Route("GET", "/V1/orders", list_orders, _VIEW, (SEARCH_CRITERIA,)),
    Route("GET", "/V1/orders/items", list_items, _VIEW, (SEARCH_CRITERIA,)),
    Route("GET", "/V1/orders/items/:id", get_item, _VIEW, (_ID,)),
    Route("GET", "/V1/orders/:id", get_order, _VIEW, (_ID,)),
    Route("GET", "/V1/orders/:id/statuses", get_status, _VIEW, (_ID,)),
)

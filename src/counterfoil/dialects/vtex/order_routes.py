"""Reading orders: one by its name or number, all of a group, its transaction (contract vtex §2, §3.15)."""

from typing import Final

from counterfoil.access.app_role import CHANGE_STATUS, VIEW_ORDER
from counterfoil.dialects.vtex import order_data_document, order_document, order_id, payment_document
from counterfoil.dialects.vtex.call import Call, Reply
from counterfoil.dialects.vtex.errors import order_not_found, required
from counterfoil.dialects.vtex.route import Route
from counterfoil.dialects.vtex.shape import TEXT, kept
from counterfoil.dialects.vtex.whole import whole
from counterfoil.domain.comment_order import CommentOrder
from counterfoil.domain.order import Order

MOST_OF_GROUP: Final = 100
"""The most orders of one group that are shown."""


async def whole_order(call: Call) -> Order:
    """Return the order that the path names, with all its documents. Raises `VtexError` 404."""
    async with call.shop.ledger.reading() as reader:
        found = await order_id.find(reader, call.variables["orderId"])
        order = None if found is None else await whole(reader, found)
    if order is None:
        raise order_not_found()
    return order


async def get_order(call: Call) -> Reply:
    """GET /api/oms/pvt/orders/{orderId}."""
    return Reply(order_document.render(await whole_order(call), call.shop.settings))


async def get_document(call: Call) -> Reply:
    """GET /api/orders/pvt/document/{orderId}. A ``reason`` for looking is taken; nothing is masked here."""
    return Reply(order_data_document.render(await whole_order(call), call.shop.settings))


async def get_group(call: Call) -> Reply:
    """GET /api/oms/pvt/orders/order-group/{orderGroup}."""
    async with call.shop.ledger.reading() as reader:
        ids = await order_id.find_group(reader, call.variables["orderGroup"])
        found = [await whole(reader, entity_id) for entity_id in ids[:MOST_OF_GROUP]]
    orders = [order for order in found if order is not None]
    if not orders:
        raise order_not_found()
    return Reply([order_document.render(order, call.shop.settings) for order in orders])


async def get_transaction(call: Call) -> Reply:
    """GET /api/oms/pvt/orders/{orderId}/payment-transaction."""
    return Reply(payment_document.transaction(await call.order(), call.shop.settings.account))


async def add_interaction(call: Call) -> Reply:
    """POST /api/oms/pvt/orders/{orderId}/interactions: a line for the order's history."""
    given = call.needed_fields("source", "message")
    texts = []
    for name in ("source", "message"):
        if given.get(name) is None:
            raise required(name)
        texts.append(kept(given[name], TEXT, name))
    source, message = texts
    await call.execute(await call.target(), CommentOrder(f"{source}: {message}"))
    return Reply()


_CLASSIC: Final = "/api/oms/pvt/orders"
ROUTES = (
    Route("GET", f"{_CLASSIC}/:orderId", get_order, VIEW_ORDER),
    Route("GET", f"{_CLASSIC}/order-group/:orderGroup", get_group, VIEW_ORDER),
    Route("GET", f"{_CLASSIC}/:orderId/payment-transaction", get_transaction, VIEW_ORDER),
    Route("POST", f"{_CLASSIC}/:orderId/interactions", add_interaction, CHANGE_STATUS),
    Route("GET", "/api/orders/pvt/document/:orderId", get_document, VIEW_ORDER),
)

"""Saving whole orders (contract adobe §3.1, §6.3): changes what may be changed, and refuses what may not."""

from typing import Any

from counterfoil.dialects.adobe import order_save_request
from counterfoil.dialects.adobe.call import REPLAYED, AdobeError, Call, Reply
from counterfoil.dialects.adobe.errors import no_entity
from counterfoil.dialects.adobe.order_action_routes import execute
from counterfoil.dialects.adobe.order_document import order_document
from counterfoil.dialects.adobe.refusals import accepted
from counterfoil.dialects.adobe.route import Route
from counterfoil.dialects.adobe.wire import Param
from counterfoil.domain.order import Order
from counterfoil.domain.update_order import NothingToUpdate
from counterfoil.ledger.envelope import Refused

_ENTITY = (Param("entity", order_save_request.ENTITY),)
_THROUGH_A_CART = (
    "An order is placed through a cart, e.g. with PUT /V1/carts/:cartId/order. "
    "To change an order, send its entity_id."
)


async def save(call: Call) -> Reply:
    """Change what the entity says of an order, and answer the order. Nothing new is written for nothing."""
    sent = call.args["entity"]
    order_id = sent.get("entity_id")
    if not order_id:
        raise AdobeError(400, _THROUGH_A_CART)
    _, known = await _order(call, order_id)
    try:
        command = order_save_request.wish(sent, known, call.shop.settings.order_statuses)
    except AdobeError:
        # What was sent was right when it was sent for the first time; the order has moved on since.
        if not await call.took_effect():
            raise
        replayed = True
    else:
        outcome = await execute(call, order_id, command)
        unchanged = isinstance(outcome, Refused) and isinstance(outcome.refusal, NothingToUpdate)
        replayed = False if unchanged else accepted(outcome).replayed
    order, document = await _order(call, order_id)
    etag = (b"etag", b'"%d"' % order.version)
    return Reply(document, headers=(etag, *(REPLAYED if replayed else ())))


async def _order(call: Call, order_id: int) -> tuple[Order, dict[str, Any]]:
    """Return the order, and how it is shown."""
    async with call.shop.ledger.reading() as reader:
        order = await reader.order(order_id)
        mailed = await reader.mailed("order", [order_id])
    if order is None:
        raise no_entity()
    return order, order_document(order, mailed=bool(mailed))


ROUTES: tuple[Route, ...] = (
    Route("POST", "/V1/orders", save, ("Magento_Sales::api_actions",), _ENTITY),
    Route("PUT", "/V1/orders/create", save, ("Magento_Sales::create",), _ENTITY),
)

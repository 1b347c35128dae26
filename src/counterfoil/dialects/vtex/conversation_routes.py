"""What was said about an order: nothing, as far as this program knows (contract vtex §3.15)."""

from counterfoil.access.app_role import VIEW_ORDER
from counterfoil.dialects.vtex.call import Call, Reply
from counterfoil.dialects.vtex.route import Route


async def messages(call: Call) -> Reply:
    """Return the messages between shop and customer. They are kept elsewhere, so there are none."""
    await call.order()
    return Reply([])


ROUTES = (Route("GET", "/api/oms/pvt/orders/:orderId/conversation-message", messages, VIEW_ORDER),)

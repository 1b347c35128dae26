"""Feeds, and expressions to try (contract vtex §3.13)."""

import msgspec

from counterfoil.access.app_role import FEED_ADMIN, FEED_VIEW
from counterfoil.delivery.expressions import Said, Wrong
from counterfoil.delivery.feeds import NoFeed
from counterfoil.dialects.vtex import notice_document, subscription_request
from counterfoil.dialects.vtex.call import Call, Reply, VtexError
from counterfoil.dialects.vtex.errors import invalid, required
from counterfoil.dialects.vtex.route import Route

CONFIG = "/api/orders/feed/config"
FEED = "/api/orders/feed"

_NONE = VtexError(404, "Value not found.")


async def configure(call: Call) -> Reply:
    """Make the feed of this app key, or change it. What is in it stays there."""
    desk = call.shop.desk
    await desk.feeds.configure(await subscription_request.feed(call, desk, call.app_key))
    return Reply()


async def configuration(call: Call) -> Reply:
    """Return how the feed is set up, and how much is in it."""
    try:
        return Reply(notice_document.feed(await call.shop.desk.feeds.look(call.app_key)))
    except NoFeed:
        raise _NONE from None


async def drop(call: Call) -> Reply:
    """Remove the feed and what is in it."""
    try:
        await call.shop.desk.feeds.drop(call.app_key)
    except NoFeed:
        raise _NONE from None
    return Reply()


async def read(call: Call) -> Reply:
    """Hand out up to ten items, which others do not see for a while."""
    most = subscription_request.max_lot(call)
    try:
        events = await call.shop.desk.feeds.read(call.app_key, most)
    except NoFeed:
        raise _NONE from None
    return Reply([notice_document.event(one) for one in events])


async def confirm(call: Call) -> Reply:
    """Remove items for good. Handles that are worth nothing any more are passed over."""
    handles = subscription_request.handles(call)
    try:
        await call.shop.desk.feeds.confirm(call.app_key, handles)
    except NoFeed:
        raise _NONE from None
    return Reply()


async def try_expression(call: Call) -> Reply:
    """Return whether a document satisfies an expression."""
    sent = call.needed_fields("expression", "document")
    expression, document = sent.get("expression"), sent.get("document")
    if not isinstance(expression, str) or not expression.strip():
        raise required("expression")
    if document is None:
        raise required("document")
    text = document if isinstance(document, str) else msgspec.json.encode(document).decode()
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise invalid("document", "The Document field must be JSON.") from None
    match await call.shop.desk.expressions.evaluate(expression, text):
        case Said(true=says):
            return Reply(says)
        case Wrong(why=why):
            raise invalid("expression", why)
        case _:
            raise invalid("expression", "The expression takes too long.")


ROUTES = (
    Route("POST", CONFIG, configure, FEED_ADMIN),
    Route("GET", CONFIG, configuration, FEED_VIEW),
    Route("DELETE", CONFIG, drop, FEED_ADMIN),
    Route("GET", FEED, read, FEED_VIEW),
    Route("POST", FEED, confirm, FEED_ADMIN),
    Route("GET", "/api/oms/pvt/feed/orders/status", read, FEED_VIEW),
    Route("POST", "/api/orders/expressions/jsonata", try_expression, FEED_VIEW, reads=True),
)

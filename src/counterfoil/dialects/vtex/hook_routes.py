"""Hooks (contract vtex §3.14)."""

from counterfoil.access.app_role import FEED_ADMIN, FEED_VIEW
from counterfoil.delivery.hook_setup import HookRefused, NoHook
from counterfoil.dialects.vtex import notice_document, subscription_request
from counterfoil.dialects.vtex.call import Call, Reply, VtexError
from counterfoil.dialects.vtex.route import Route

CONFIG = "/api/orders/hook/config"

UNABLE = "Unable to check address"
ONLY_HTTPS = "Only https scheme is accepted"


async def configure(call: Call) -> Reply:
    """Make the hook of this app key, or change it, if its address answers a ping."""
    desk = call.shop.desk
    hook, keep_secret = await subscription_request.hook(call, desk, call.app_key)
    try:
        await desk.hooks.configure(hook, keep_secret=keep_secret)
    except HookRefused as refused:
        text = ONLY_HTTPS if refused.scheme else f"{UNABLE}: {refused}"
        raise VtexError(400, text, fields={"Hook": [text]}) from None
    return Reply()


async def configuration(call: Call) -> Reply:
    """Return how the hook is set up."""
    try:
        return Reply(notice_document.hook(await call.shop.desk.hooks.look(call.app_key)))
    except NoHook:
        raise VtexError(404, "Value not found.") from None


async def drop(call: Call) -> Reply:
    """Remove the hook, and what it has not been told."""
    try:
        await call.shop.desk.hooks.drop(call.app_key)
    except NoHook:
        raise VtexError(404, "Value not found.") from None
    return Reply()


ROUTES = (
    Route("POST", CONFIG, configure, FEED_ADMIN),
    Route("GET", CONFIG, configuration, FEED_VIEW),
    Route("DELETE", CONFIG, drop, FEED_ADMIN),
)

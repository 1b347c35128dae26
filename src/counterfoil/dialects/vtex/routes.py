"""All operations of this dialect."""

from counterfoil.dialects.vtex import (
    conversation_routes,
    feed_routes,
    hook_routes,
    invoice_routes,
    workflow_routes,
)
from counterfoil.dialects.vtex.route import Route

ROUTES: tuple[Route, ...] = (
    *conversation_routes.ROUTES,
    *workflow_routes.ROUTES,
    *invoice_routes.ROUTES,
    *feed_routes.ROUTES,
    *hook_routes.ROUTES,
)

"""All operations of this dialect."""

from counterfoil.dialects.vtex import (
    change_routes,
    change_v1_routes,
    checkout_routes,
    conversation_routes,
    feed_routes,
    fulfillment_routes,
    hook_routes,
    integration_routes,
    invoice_routes,
    list_routes,
    order_routes,
    seller_window_routes,
    shopper_routes,
    workflow_routes,
)
from counterfoil.dialects.vtex.route import Route

ROUTES: tuple[Route, ...] = (
    *conversation_routes.ROUTES,
    *workflow_routes.ROUTES,
    *invoice_routes.ROUTES,
    *change_routes.ROUTES,
    *change_v1_routes.ROUTES,
    *feed_routes.ROUTES,
    *hook_routes.ROUTES,
    *list_routes.ROUTES,
    *order_routes.ROUTES,
    *shopper_routes.ROUTES,
    *fulfillment_routes.ROUTES,
    *checkout_routes.ROUTES,
    *integration_routes.ROUTES,
    *seller_window_routes.ROUTES,
)

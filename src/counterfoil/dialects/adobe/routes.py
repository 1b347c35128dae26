"""All operations of this dialect."""

from counterfoil.dialects.adobe import (
    attribute_routes,
    bulk_routes,
    bundle_routes,
    cart_routes,
    configurable_routes,
    creditmemo_routes,
    customer_routes,
    downloadable_routes,
    invoice_routes,
    invoice_save_routes,
    mail_routes,
    order_action_routes,
    order_save_routes,
    payment_routes,
    product_routes,
    sales_routes,
    sales_rule_routes,
    schema_routes,
    shipment_routes,
    stock_routes,
    store_routes,
    tax_routes,
    token_routes,
    variation_routes,
)
from counterfoil.dialects.adobe.route import Route

SERVICES: tuple[Route, ...] = (
    *sales_routes.ROUTES,
    *order_action_routes.ROUTES,
    *order_save_routes.ROUTES,
    *invoice_routes.ROUTES,
    *shipment_routes.ROUTES,
    *creditmemo_routes.ROUTES,
    *invoice_save_routes.ROUTES,
    *mail_routes.ROUTES,
    *store_routes.ROUTES,
    *attribute_routes.ROUTES,
    *bulk_routes.ROUTES,
    *bundle_routes.ROUTES,
    *cart_routes.ROUTES,
    *configurable_routes.ROUTES,
    *customer_routes.ROUTES,
    *downloadable_routes.ROUTES,
    *payment_routes.ROUTES,
    *product_routes.ROUTES,
    *sales_rule_routes.ROUTES,
    *stock_routes.ROUTES,
    *tax_routes.ROUTES,
    *token_routes.ROUTES,
    *variation_routes.ROUTES,
)
"""The operations of the platform's services."""

ROUTES: tuple[Route, ...] = (*SERVICES, schema_routes.schema_route(SERVICES))
"""All operations: those of the services, and the one that describes them."""

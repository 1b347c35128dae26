"""All operations of this dialect."""

from counterfoil.dialects.adobe import invoice_routes, sales_routes, store_routes
from counterfoil.dialects.adobe.route import Route

ROUTES: tuple[Route, ...] = (
    *sales_routes.ROUTES,
    *invoice_routes.ROUTES,
    *store_routes.ROUTES,
)

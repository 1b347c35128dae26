"""All operations of this dialect."""

from counterfoil.dialects.vtex import conversation_routes
from counterfoil.dialects.vtex.route import Route

ROUTES: tuple[Route, ...] = (*conversation_routes.ROUTES,)

"""Lists of all orders, in both families (contract vtex §2, rows 3 and 32).

They read what the books say at that moment: there is no index that lags behind, and a row and the
document of its order agree.
"""

from collections.abc import Iterable
from typing import Any

from counterfoil.access.app_role import VIEW_ORDER
from counterfoil.dialects.vtex import dates, list_document
from counterfoil.dialects.vtex.call import Call, Reply
from counterfoil.dialects.vtex.list_request import MOST_PAGES, MOST_PER_PAGE, Asker, asked
from counterfoil.dialects.vtex.route import Route


async def get_orders(call: Call) -> Reply:
    """GET /api/oms/pvt/orders."""
    wanted = asked(call.query, _asker(call))
    async with call.shop.ledger.reading() as reader:
        found = await reader.listed(wanted.listing)
        orders = await reader.orders(found.ids)
    rows = [list_document.row(order) for order in orders]
    return Reply(list_document.page(rows, wanted, found.total, found.figures, call.shop.settings))


async def search_orders(call: Call) -> Reply:
    """POST /api/orders/extendsearch/orders. Filters are entries of the body; the query is taken, too."""
    body = call.body if call.body is None else call.needed_object()
    given: Iterable[tuple[str, Any]] = (*(body or {}).items(), *call.query)
    wanted = asked(given, _asker(call))
    settings = call.shop.settings
    async with call.shop.ledger.reading() as reader:
        found = await reader.listed(wanted.listing)
        orders = await reader.orders(found.ids)
        papers = await reader.papers(found.ids)
    rows = [list_document.detailed_row(order, papers[order.entity_id], settings) for order in orders]
    page = list_document.page(rows, wanted, found.total, found.figures, settings)
    return Reply({**page, "reportRecordsLimit": MOST_PAGES * MOST_PER_PAGE})


def _asker(call: Call) -> Asker:
    return Asker(call.shop.settings.account, dates.instant(call.shop.clock.now()))


ROUTES = (
    Route("GET", "/api/oms/pvt/orders", get_orders, VIEW_ORDER),
    Route("POST", "/api/orders/extendsearch/orders", search_orders, VIEW_ORDER, reads=True),
)

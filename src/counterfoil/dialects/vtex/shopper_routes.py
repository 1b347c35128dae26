"""Orders as whoever placed them sees them: ``/api/oms/user/orders`` (contract vtex §2, row 33).

A customer who is signed in sees the orders that carry the customer's e-mail address. A program with the
right to view orders says in ``clientEmail`` whose it wants to see; it gets no others. What only
organisations of buyers have (``text``, ``purchase_agent_id``, ``my_pending_approvals``) is refused, so
that nobody takes the list for filtered.
"""

import re
from typing import Any, Final

from counterfoil.access.app_role import VIEW_ORDER
from counterfoil.access.identity import ANONYMOUS
from counterfoil.checkout.customer import CUSTOMERS
from counterfoil.dialects.vtex import dates, items_document, list_document, order_document
from counterfoil.dialects.vtex.call import Call, Reply
from counterfoil.dialects.vtex.errors import (
    VtexError,
    forbidden,
    invalid,
    order_not_found,
    required,
    unauthorized,
)
from counterfoil.dialects.vtex.money import cents, units, whole
from counterfoil.dialects.vtex.order_form import item_form, particulars_of
from counterfoil.dialects.vtex.order_routes import whole_order
from counterfoil.dialects.vtex.route import Route
from counterfoil.domain.order import Order, OrderItem
from counterfoil.ledger.ports import Reader
from counterfoil.ledger.searching import Filter, Search, Sort

PER_PAGE: Final = 15
MOST_PER_PAGE: Final = 100
MOST_PAGES: Final = 30

_UNSUPPORTED: Final = ("status", "text", "purchase_agent_id", "my_pending_approvals")
_RANGE: Final = re.compile(r"(?:creationDate:)?\[\s*(\S+)\s+TO\s+(\S+)\s*\]", re.IGNORECASE)


async def _email(call: Call, reader: Reader) -> str:
    """Return whose orders are meant. Raises `VtexError` 401, 403 or 400."""
    identity, named = call.identity, call.param("clientEmail")
    if identity.kind == "customer":
        customer = await CUSTOMERS.get(reader.records, identity.id)
        if customer is None:
            raise unauthorized()
        if named and named.casefold() != customer.email.casefold():
            raise forbidden(VIEW_ORDER)
        return customer.email
    if identity.kind == "guest":
        raise unauthorized()
    if not identity.allows(VIEW_ORDER):
        raise forbidden(VIEW_ORDER)
    if not named:
        raise required("clientEmail")
    if "," in named:
        raise invalid("clientEmail", "The clientEmail must be one e-mail address.")
    return named


async def get_orders(call: Call) -> Reply:
    """GET /api/oms/user/orders?clientEmail=&page=&per_page=&creation_date=."""
    for name in _UNSUPPORTED:
        if call.param(name):
            raise VtexError(400, f"Orders cannot be looked for by {name} here.")
    page = whole(call.param("page") or "1", "page", least=1, most=MOST_PAGES)
    per_page = whole(call.param("per_page") or str(PER_PAGE), "per_page", least=1, most=MOST_PER_PAGE)
    async with call.shop.ledger.reading() as reader:
        email = await _email(call, reader)
        # Orders of this dialect keep addresses in small letters; other dialects may have kept them as given.
        filters = [Filter("customer_email", "in", f"{email},{email.lower()}"), *_filters(call)]
        search = Search(
            groups=tuple((condition,) for condition in filters),
            sorts=(Sort("entity_id", descending=True),),
            limit=per_page,
            offset=(page - 1) * per_page,
        )
        found = await reader.search("order", search)
        orders = await reader.orders(found.ids)
    total = found.total_count
    return Reply(
        {
            "list": [_row(order) for order in orders],
            "facets": [],
            "paging": {
                "total": total,
                "pages": -(-total // per_page),
                "currentPage": page,
                "perPage": per_page,
            },
            "stats": {"stats": {"totalValue": _stats(), "totalItems": _stats()}},
        }
    )


def _filters(call: Call) -> list[Filter]:
    found = []
    between = call.param("creation_date")
    if between:
        match = _RANGE.fullmatch(between.strip())
        try:
            first, last = (dates.stored(dates.instant(end)) for end in match.groups()) if match else ("", "")
        except ValueError:
            first = last = ""
        if not first:
            example = "creationDate:[2026-01-01T00:00:00Z TO 2026-01-31T23:59:59Z]"
            raise invalid("creation_date", f"The creation_date must be like {example}.")
        found += [Filter("created_at", "gteq", first), Filter("created_at", "lteq", last)]
    return found


def _stats() -> dict[str, Any]:
    """Return the statistics that the platform sends along. It leaves them at zero in a shopper's list."""
    names = ("Count", "Max", "Mean", "Min", "Missing", "StdDev", "Sum", "SumOfSquares")
    return {**dict.fromkeys(names, 0), "Facets": {}}


def _row(order: Order) -> dict[str, Any]:
    """Return the row that other lists have, with the items, which only this one shows."""
    return {**list_document.row(order), "items": [_item(item) for item in items_document.shown_rows(order)]}


def _item(item: OrderItem) -> dict[str, Any]:
    form = item_form(item)
    return {
        "seller": form.get("seller") or items_document.OWN_SELLER,
        "quantity": units(item.qty_ordered),
        "description": item.name,
        "ean": form.get("ean"),
        "refId": form.get("refId") or item.sku,
        "id": item.sku,
        "productId": form.get("productId") or str(item.product_id or item.sku),
        "sellingPrice": items_document.price_definition(item)["calculatedSellingPrice"],
        "price": cents(item.price),
    }


async def get_order(call: Call) -> Reply:
    """GET /api/oms/user/orders/{orderId}?clientEmail=: an order of somebody else's is not found."""
    async with call.shop.ledger.reading() as reader:
        email = await _email(call, reader)
    order = await whole_order(call)
    if particulars_of(order).customer_email.casefold() != email.casefold():
        raise order_not_found()
    return Reply(order_document.render(order, call.shop.settings))


ROUTES = (
    Route("GET", "/api/oms/user/orders", get_orders, ANONYMOUS),
    Route("GET", "/api/oms/user/orders/:orderId", get_order, ANONYMOUS),
)

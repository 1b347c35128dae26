"""Changes of generation 2 as clients see them: what was wanted, and what became of it (contract vtex §3.10).

Right after it was asked for, a Change shows the request; later it shows the order's rows with their prices.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from counterfoil.dialects.vtex import change_settings, dates
from counterfoil.dialects.vtex.money import cents
from counterfoil.dialects.vtex.order_form import item_form, unique_id
from counterfoil.dialects.vtex.receipt import as_uuid
from counterfoil.domain.attachments import CHANGE_CANCELED, DONE, Change
from counterfoil.domain.order import Order, OrderItem
from counterfoil.domain.wanted import rows_of

COMPONENT: Final = "MarketplaceComponent"
"""Which part of the platform a Change is of; there is one here."""

Lines = Sequence[Mapping[str, Any]]


def requested(change: Change, *, order_id: str, account: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to the request: what was asked for, and the id to ask about it."""
    return {
        **_head(change),
        "totals": [],
        **_asked(change, ()),
        **_origin(change, order_id, account, settings),
    }


def detail(
    order: Order, change: Change, *, order_id: str, account: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a Change with its state. ``order`` has its rows.

    ``finished`` is true once it is applied, ``inProgress`` as long as it is neither that nor canceled.
    """
    found = {
        **entry(order, change, order_id=order_id, account=account, settings=settings),
        "status": change.status,
        "inProgress": change.status not in {DONE, CHANGE_CANCELED},
        "finished": change.status == DONE,
        "logs": [
            {
                "date": dates.of_stored(log.at),
                "message": log.message,
                "source": log.source,
                "status": log.status,
            }
            for log in change.logs
        ],
    }
    if change.status == CHANGE_CANCELED:
        found["cancellationData"] = {
            "requestedByUser": change.canceled_by_user,
            "reason": change.canceled_reason,
            "cancellationDate": dates.of_stored(change.updated_at),
        }
    return found


def entry(
    order: Order, change: Change, *, order_id: str, account: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a Change as the history of an order lists it."""
    return {
        **_head(change),
        "totals": totals(order, change),
        **_asked(change, rows_of(order)),
        **_origin(change, order_id, account, settings),
    }


def preview(
    order: Order, change: Change, *, order_id: str, account: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a Change would do. It is not there, so it has no id."""
    found = entry(order, change, order_id=order_id, account=account, settings=settings)
    return {name: value for name, value in found.items() if name not in {"requestId", "workflowId"}}


def totals(order: Order, change: Change) -> list[dict[str, Any]]:
    """Return by how much each total moves. They come to the Change's delta exactly."""
    gone = [(order.items[item_id], qty) for item_id, qty in change.removed.items() if item_id in order.items]
    discounts = sum(_share(item.discount_amount, qty, item) for item, qty in gone)
    tax = -sum(_share(item.tax_amount, qty, item) for item, qty in gone)
    by_hand = cents(change.manual_increment - change.manual_discount)
    items = cents(change.delta) - by_hand - discounts - tax
    return [
        {"id": "Items", "name": "Items Total", "value": items},
        {"id": "Discounts", "name": "Discounts Total", "value": discounts},
        {"id": "Shipping", "name": "Shipping Total", "value": 0},
        {"id": "Tax", "name": "Tax Total", "value": tax},
        {"id": "ManualValues", "name": "Manual Values Total", "value": by_hand},
    ]


def line(given: Mapping[str, Any], rows: Sequence[OrderItem]) -> dict[str, Any]:
    """Return an item of a Change with what the order tells of it."""
    row = row_of(given, rows)
    form = item_form(row) if row is not None else {}
    price = given.get("price", cents(row.price) if row is not None else None)
    return {
        "id": given["id"] or (row.sku if row is not None else ""),
        "uniqueId": given.get("uniqueId") or (unique_id(row) if row is not None else ""),
        "quantity": given["quantity"],
        "price": price,
        "sellingPrice": price,
        "measurementUnit": given.get("measurementUnit") or form.get("measurementUnit", "un"),
        "unitMultiplier": 1,
        "name": row.name if row is not None else None,
        "detailUrl": form.get("detailUrl", ""),
        "imageUrl": form.get("imageUrl", ""),
    }


def row_of(given: Mapping[str, Any], rows: Sequence[OrderItem]) -> OrderItem | None:
    """Return the row that a line is about, by its uniqueId, else by SKU."""
    named = given.get("uniqueId")
    if named:
        found = next((row for row in rows if unique_id(row) == named), None)
        if found is not None:
            return found
    return next((row for row in rows if row.sku == given["id"]), None)


def _share(amount: int, qty: int, item: OrderItem) -> int:
    return cents(amount * qty // item.qty_ordered) if item.qty_ordered else 0


def _head(change: Change) -> dict[str, Any]:
    return {
        "requestId": change.request_id,
        "workflowId": as_uuid(f"workflow:{change.request_id}"),
        "reason": change.reason,
        "manualDiscountValue": change.given.get("manualDiscountValue", 0),
        "manualIncrementValue": change.given.get("manualIncrementValue", 0),
        "totalChangeValue": cents(change.delta),
    }


def _asked(change: Change, rows: Sequence[OrderItem]) -> dict[str, Any]:
    given = change.given
    return {
        "add": _group(given.get("add", ()), rows, _new),
        "remove": _group(given.get("remove", ()), rows, line),
        "replace": [
            {
                "from": _side(pair["from"], rows, line),
                "to": {**_side(pair["to"], rows, _new), "receiptData": None},
            }
            for pair in given.get("replace", ())
        ]
        or None,
    }


def _group(lines: Lines, rows: Sequence[OrderItem], show: Any) -> dict[str, Any] | None:
    return {"items": [show(one, rows) for one in lines]} if lines else None


def _side(lines: Lines, rows: Sequence[OrderItem], show: Any) -> dict[str, Any]:
    return {
        "paymentData": {"transactions": []},
        "items": [show(one, rows) for one in lines],
        "shippingData": {"logisticsInfo": []},
    }


def _new(given: Mapping[str, Any], rows: Sequence[OrderItem]) -> dict[str, Any]:
    """Return an item that comes. The platform's schema wants every name, also of what nobody knows."""
    found = line(given, rows)
    unknown = dict.fromkeys(
        (
            *("productId", "productRefId", "refId", "ean", "skuName", "modalType", "parentItemIndex"),
            *("parentAssemblyBinding", "priceValidUntil", "listPrice", "manualPrice", "manualPriceAppliedBy"),
            *("preSaleDate", "productCategoryIds", "availability", "manufacturerCode", "priceDefinition"),
        )
    )
    lists: dict[str, list[str]] = {
        name: []
        for name in (
            *("assemblies", "sellerChain", "components", "bundleItems", "attachments", "attachmentOfferings"),
            *("offerings",),
        )
    }
    info = dict.fromkeys(
        (
            *("dimension", "brandName", "brandId", "offeringInfo", "offeringType", "offeringTypeId"),
            *("categoriesIds", "productClusterId", "commercialConditionId"),
        )
    )
    return {
        **unknown,
        **lists,
        **found,
        "skuName": found["name"],
        "tax": 0,
        "rewardValue": 0,
        "isGift": False,
        "additionalInfo": info,
        "productCategories": {},
        "seller": given.get("seller", "1"),
        "priceTags": list(given.get("priceTags", ())),
    }


def _origin(change: Change, order_id: str, account: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    used = change_settings.merged(dict(settings), change.given.get("settings", {}))
    allowed = used["paymentConfiguration"]["customPaymentSystemsAllowed"]
    return {
        "date": dates.zulu(change.created_at),
        "origin": {"account": account, "orderId": order_id, "component": COMPONENT},
        "settings": {**used, "customPaymentSystemsAllowed": allowed},
    }

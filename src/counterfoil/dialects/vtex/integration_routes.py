"""Orders of external channels: ``/api/order-integration/…`` (contract vtex §2, row 38).

The platform puts them in a queue and tells the connector later what became of them. Here an order is placed,
or refused, before the answer is given, so there is nothing to tell later: ``SOI003`` means that it is there.
``marketplaceInterestValue`` is between the channel and who buys, and no part of the order.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from counterfoil.access.app_role import CREATE_ORDER
from counterfoil.dialects.vtex import body, order_id
from counterfoil.dialects.vtex.call import Call, Reply
from counterfoil.dialects.vtex.errors import VtexError, invalid, order_not_found, required
from counterfoil.dialects.vtex.fulfillment_routes import checked_affiliate, let_go, marketplace_entry
from counterfoil.dialects.vtex.money import MAX_CENTS, whole
from counterfoil.dialects.vtex.placing import approved_stage, place_all, refused
from counterfoil.dialects.vtex.route import Route
from counterfoil.ledger.ledger import Body
from counterfoil.ledger.ports import Transaction

_NEW, _APPROVED = "new", "approved"

_ORDER: Final = (
    *("marketplaceOrderId", "marketplaceOrderStatus", "marketplacePaymentValue", "marketplaceInterestValue"),
    *("connectorName", "connectorEndpoint", "items", "clientProfileData", "shippingData", "taxData"),
    *("invoiceData", "customData", "openTextField"),
)
_SHIPPING: Final = ("logisticsInfo", "selectedAddresses", "trackingHints")


async def place(call: Call) -> Reply:
    """POST /api/order-integration/orders: place the order of a channel."""
    found = call.fields(*_ORDER)
    affiliate = _affiliate(call, found)
    entry = marketplace_entry(_as_of_marketplace(found), affiliate, call.param("sc") or "1")
    if _status(found) == _APPROVED:
        entry = replace(entry, stage=approved_stage(call, entry.flow))

    async def work(transaction: Transaction) -> Body | Any:
        placed = await place_all(call, transaction, [entry])
        if not isinstance(placed, list):
            return placed
        return Body(msgspec.json.encode(_answer(call, found, "PlaceOrder", entry.order_id or "")))

    result = await call.write(work)
    if isinstance(result, Reply):
        return result
    raise refused(result, affiliate)


async def set_status(call: Call) -> Reply:
    """PUT /api/order-integration/orders/status: the channel says that the order is paid."""
    found = call.fields(*_ORDER)
    if not isinstance(found.get("marketplaceOrderId"), str):
        raise required("marketplaceOrderId")
    name = f"{_affiliate(call, found)}-{found['marketplaceOrderId'].strip()}"
    async with call.shop.ledger.reading() as reader:
        target = await order_id.named(reader, name)
    if target is None:
        raise order_not_found()
    if _status(found) == _APPROVED:
        await let_go(call, target)
    return Reply(_answer(call, found, "ApproveOrder", target.order_id))


def _answer(call: Call, found: Mapping[str, Any], flow: str, name: str) -> dict[str, Any]:
    return {
        "marketplaceOrderId": found["marketplaceOrderId"],
        "accountName": call.shop.settings.account,
        "code": "SOI003",
        "flow": flow,
        "success": True,
        "operationId": None,
        "errors": None,
        "fields": {"mainOrderId": name, "franchiseOrderId": ""},
        "message": "Order successfully enqueued",
    }


def _affiliate(call: Call, found: Mapping[str, Any]) -> str:
    """Return who sells: ``affiliateId`` of the query, else the letters and digits of the connector's name."""
    named = call.param("affiliateId")
    connector = found.get("connectorName")
    if named is None and isinstance(connector, str):
        named = re.sub(r"[^A-Za-z0-9]", "", connector)[:32]
    return checked_affiliate(named)


def _status(found: Mapping[str, Any]) -> str:
    status = found.get("marketplaceOrderStatus")
    known = {_NEW: _NEW, _APPROVED: _APPROVED}.get(status.lower()) if isinstance(status, str) else None
    if known is None:
        raise invalid("marketplaceOrderStatus", "The marketplaceOrderStatus must be new or approved.")
    return known


def _as_of_marketplace(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the order as marketplaces write theirs. What is no order is left to who reads that."""
    order = {name: found[name] for name in _ORDER if name in found}
    order["marketplaceServicesEndpoint"] = found.get("connectorEndpoint")
    interest = found.get("marketplaceInterestValue")
    if interest is not None:
        interest = whole(interest, "marketplaceInterestValue", least=0, most=MAX_CENTS)
        told = found.get("marketplacePaymentValue")
        payment = whole(told, "marketplacePaymentValue", least=interest, most=MAX_CENTS)
        order["marketplacePaymentValue"] = payment - interest
    order["items"] = _with_taxes(found.get("items"), found.get("taxData"))
    order.pop("taxData", None)
    shipping = body.read(found.get("shippingData"), _SHIPPING)
    addresses = shipping.get("selectedAddresses")
    if isinstance(addresses, list) and addresses:
        addresses = [_address(entry) for entry in addresses]
        shipping |= {"selectedAddresses": addresses, "address": addresses[0]}
    order["shippingData"] = shipping
    return order


def _with_taxes(items: Any, taxes: Any) -> Any:
    """Return the items, each tax as a price tag of the first item of its SKU."""
    if taxes is None or not isinstance(items, list):
        return items
    if not isinstance(taxes, list):
        raise invalid("taxData", "The field taxData must be a list.")
    found = [dict(item) if isinstance(item, dict) else item for item in items]
    for tax in taxes:
        given = body.read(tax, ("skuId", "value"))
        value = whole(given.get("value"), "taxData.value", least=0, most=MAX_CENTS)
        taxed = (item for item in found if isinstance(item, dict) and item.get("id") == given.get("skuId"))
        item = next(taxed, None)
        if item is None:
            raise VtexError(400, "The skuId of a tax is that of no item.")
        tags = item.get("priceTags")
        item["priceTags"] = [
            *(tags if isinstance(tags, list) else ()),
            {"name": "TAX@CHANNEL", "value": value},
        ]
    return found


def _address(value: Any) -> Any:
    """Return an address with its place as a list; channels name latitude and longitude."""
    if not isinstance(value, dict):
        return value
    place = body.read(value, ("geoCoordinates",)).get("geoCoordinates")
    if not isinstance(place, dict):
        return value
    named = body.read(place, ("latitude", "longitude"))
    others = {name: entry for name, entry in value.items() if name.lower() != "geocoordinates"}
    return {**others, "geoCoordinates": [named.get("longitude", 0), named.get("latitude", 0)]}


ROUTES = (
    Route("POST", "/api/order-integration/orders", place, CREATE_ORDER),
    Route("PUT", "/api/order-integration/orders/status", set_status, CREATE_ORDER),
)

"""``shippingData``: where the items go, and how (contract vtex §7)."""

from collections.abc import Mapping
from typing import Any

from counterfoil.dialects.vtex import complete
from counterfoil.dialects.vtex.complete import filled
from counterfoil.dialects.vtex.order_form import form_of, item_form, rows_of
from counterfoil.domain.order import Order


def shipping_data(order: Order) -> dict[str, Any]:
    """Return what the classic family shows; the document family's has more in each delivery."""
    given: Mapping[str, Any] = form_of(order).get("shippingData") or {}
    to = complete.address(given.get("address"))
    selected = [complete.address(entry) for entry in given.get("selectedAddresses", ())]
    available = [complete.address(entry) for entry in given.get("availableAddresses", ())]
    return {
        "id": "shippingData",
        "address": to,
        "logisticsInfo": _deliveries(order, given, to),
        "trackingHints": given.get("trackingHints"),
        "selectedAddresses": selected or [to],
        "availableAddresses": available or [to],
        "contactInformation": given.get("contactInformation", []),
    }


def shipping_data_of_document(order: Order) -> dict[str, Any]:
    """Return what the document family shows."""
    found = shipping_data(order)
    rows = rows_of(order)
    deliveries = []
    for entry in found["logisticsInfo"]:
        store = entry["pickupStoreInfo"]
        deliveries.append(
            {
                **entry,
                "itemId": rows[entry["itemIndex"]].sku,
                "pickupStoreInfo": {**store, "address": _place(store["address"])},
            }
        )
    addresses = {
        name: [{**entry, "contactId": None} for entry in found[name]]
        for name in ("selectedAddresses", "availableAddresses")
    }
    return {
        **found,
        **addresses,
        "address": {**found["address"], "contactId": None},
        "logisticsInfo": deliveries,
    }


def _place(address: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if not address else complete.address(address)


def _deliveries(order: Order, given: Mapping[str, Any], to: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one entry for each item; rows that came later have one without a cost."""
    by_index = {
        entry.get("itemIndex", position): entry
        for position, entry in enumerate(given.get("logisticsInfo", ()))
    }
    return [
        _delivery(by_index.get(index, {}), index, seller=item_form(item).get("seller") or "", to=to)
        for index, item in enumerate(rows_of(order))
    ]


def _delivery(entry: Mapping[str, Any], index: int, *, seller: str, to: Mapping[str, Any]) -> dict[str, Any]:
    found = filled(entry, complete.LOGISTICS_INFO)
    cost = entry.get("sellingPrice", entry.get("price", 0))
    channel = entry.get("selectedDeliveryChannel") or entry.get("deliveryChannel") or "delivery"
    channel = channel if channel in {"delivery", "pickup-in-point"} else "delivery"
    window = entry.get("deliveryWindow")
    return {
        **found,
        "itemIndex": index,
        "price": entry.get("price", cost),
        "sellingPrice": cost,
        "listPrice": entry.get("listPrice", entry.get("price", cost)),
        "selectedDeliveryChannel": channel,
        "deliveryChannel": channel,
        "deliveryWindow": window,
        "shipsTo": found["shipsTo"] or [to["country"]],
        "deliveryIds": [
            {
                **filled(delivery, complete.DELIVERY_ID),
                "accountCarrierName": delivery.get("accountCarrierName", seller),
            }
            for delivery in found["deliveryIds"]
        ],
        "deliveryChannels": [
            {"id": entry.get("id", channel), "stockBalance": entry.get("stockBalance", 0)}
            for entry in found["deliveryChannels"] or [{"id": channel}]
        ],
        "pickupStoreInfo": filled(entry.get("pickupStoreInfo"), complete.PICKUP_STORE),
        "addressId": found["addressId"] or to["addressId"],
    }

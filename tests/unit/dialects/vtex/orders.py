"""Orders as clients of this dialect place them, and small ways to change them."""

from copy import deepcopy
from typing import Any

ADDRESS = {
    "addressType": "residential",
    "receiverName": "Nadia Maria Ferro",
    "addressId": "home",
    "postalCode": "01310-100",
    "city": "Sao Paulo",
    "state": "SP",
    "country": "BRA",
    "street": "Rua Exemplo",
    "number": "10",
    "neighborhood": "Centro",
    "complement": "ap 3",
    "reference": None,
    "geoCoordinates": [-46.65, -23.56],
}
CLIENT = {
    "email": "nadia@example.test",
    "firstName": "Nadia",
    "lastName": "Ferro",
    "documentType": "cpf",
    "document": "00000000191",
    "phone": "+5511900000000",
}


def item(sku: str = "4101", price: Any = 5000, quantity: Any = 2, **more: Any) -> dict[str, Any]:
    return {"id": sku, "quantity": quantity, "seller": "1", "price": price, "name": f"Item {sku}", **more}


def delivery(index: int, price: Any = 800, **more: Any) -> dict[str, Any]:
    return {
        "itemIndex": index,
        "selectedSla": "Normal",
        "lockTTL": "8d",
        "shippingEstimate": "7d",
        "price": price,
        **more,
    }


def order(*items: dict[str, Any], shipping: int = 800) -> dict[str, Any]:
    """Return what both ways of placing an order share. Each item's delivery costs ``shipping`` cents."""
    items = items or (item(),)
    return {
        "items": list(items),
        "clientProfileData": dict(CLIENT),
        "shippingData": {
            "address": dict(ADDRESS),
            "logisticsInfo": [delivery(index, shipping) for index in range(len(items))],
        },
    }


def value(body: dict[str, Any]) -> int:
    """Return what items without tags and their deliveries come to, in cents."""
    goods = sum(entry["price"] * entry["quantity"] for entry in body["items"])
    return goods + sum(entry["price"] for entry in body["shippingData"]["logisticsInfo"])


def fulfillment(*items: dict[str, Any], name: str = "555", **more: Any) -> dict[str, Any]:
    """Return the body of a marketplace's order."""
    body = order(*items)
    return {
        "marketplaceOrderId": name,
        "marketplaceServicesEndpoint": "https://mkp.example.test/api",
        "marketplacePaymentValue": value(body),
        "paymentData": None,
        **body,
        **more,
    }


def purchase(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the body of an order of the shop's own, paid in one sum."""
    body = order(*items)
    payment = {
        "paymentSystem": "4",
        "paymentSystemName": "Mastercard",
        "value": value(body),
        "installments": 1,
    }
    return {**body, "paymentData": {"payments": [payment]}, **more}


def without(body: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the body without what the path names: ``shippingData.address``."""
    copy = deepcopy(body)
    *outer, last = path.split(".")
    inner = copy
    for name in outer:
        inner = inner[name]
    del inner[last]
    return copy

"""Fills objects up: what documents always have, whatever the client gave of it.

Each table has a name and what stands there if nothing was given. Lists are never ``null``.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

ADDRESS: Final[Mapping[str, Any]] = {
    "addressType": "residential",
    "receiverName": "",
    "addressId": "",
    "versionId": None,
    "entityId": None,
    "postalCode": "",
    "city": "",
    "state": "",
    "country": "",
    "street": "",
    "number": "",
    "neighborhood": "",
    "complement": "",
    "reference": None,
    "geoCoordinates": [],
}

CLIENT_PROFILE: Final[Mapping[str, Any]] = {
    "id": "clientProfileData",
    "email": "",
    "firstName": "",
    "lastName": "",
    "documentType": "",
    "document": "",
    "phone": "",
    "corporateName": None,
    "tradeName": None,
    "corporateDocument": None,
    "stateInscription": None,
    "corporatePhone": None,
    "isCorporate": False,
    "userProfileId": "",
    "userProfileVersion": None,
    "customerClass": None,
    "customerCode": None,
}

PICKUP_STORE: Final[Mapping[str, Any]] = {
    "additionalInfo": None,
    "address": None,
    "dockId": None,
    "friendlyName": None,
    "isPickupStore": False,
}

LOGISTICS_INFO: Final[Mapping[str, Any]] = {
    "itemIndex": 0,
    "selectedDeliveryChannel": "delivery",
    "selectedSla": "",
    "lockTTL": "",
    "price": 0,
    "listPrice": 0,
    "sellingPrice": 0,
    "deliveryWindow": None,
    "deliveryCompany": "",
    "shippingEstimate": "",
    "shippingEstimateDate": "",
    "slas": [],
    "shipsTo": [],
    "deliveryIds": [],
    "deliveryChannels": [],
    "deliveryChannel": "delivery",
    "pickupStoreInfo": PICKUP_STORE,
    "addressId": "",
    "versionId": None,
    "entityId": None,
    "polygonName": None,
    "pickupPointId": None,
    "transitTime": "",
}

DELIVERY_ID: Final[Mapping[str, Any]] = {
    "courierId": "",
    "courierName": "",
    "dockId": "",
    "quantity": 0,
    "warehouseId": "",
    "accountCarrierName": "",
    "kitItemDetails": [],
}

PAYMENT: Final[Mapping[str, Any]] = {
    "id": "",
    "paymentSystem": "",
    "paymentSystemName": "",
    "value": 0,
    "installments": 1,
    "referenceValue": 0,
    "cardHolder": None,
    "cardNumber": None,
    "firstDigits": None,
    "lastDigits": None,
    "cvv2": None,
    "expireMonth": None,
    "expireYear": None,
    "url": None,
    "giftCardId": None,
    "giftCardName": None,
    "giftCardCaption": None,
    "redemptionCode": None,
    "group": "promissory",
    "tid": "",
    "dueDate": None,
    "connectorResponses": None,
    "giftCardProvider": None,
    "giftCardAsDiscount": None,
    "koinUrl": None,
    "accountId": "",
    "parentAccountId": None,
    "bankIssuedInvoiceIdentificationNumber": None,
    "bankIssuedInvoiceIdentificationNumberFormatted": None,
    "bankIssuedInvoiceBarCodeNumber": None,
    "bankIssuedInvoiceBarCodeType": None,
    "billingAddress": None,
    "paymentOrigin": None,
}

PAYMENT_GROUPS: Final = frozenset(
    {"creditCard", "debitCard", "bankInvoice", "promissory", "giftCard", "instantPayment"}
)

GIFT_CARD: Final[Mapping[str, Any]] = {
    "id": "",
    "redemptionCode": "",
    "name": None,
    "caption": None,
    "value": 0,
    "balance": 0,
    "provider": "",
    "groupName": None,
    "inUse": False,
    "isSpecialCard": False,
}

MARKETING_DATA: Final[Mapping[str, Any]] = {
    "id": "marketingData",
    "utmSource": "",
    "utmPartner": "",
    "utmMedium": "",
    "utmCampaign": "",
    "coupon": "",
    "utmiCampaign": "",
    "utmipage": "",
    "utmiPart": "",
    "marketingTags": [],
}

ADDITIONAL_INFO: Final[Mapping[str, Any]] = {
    "brandName": "",
    "brandId": "",
    "categoriesIds": "",
    "categories": [],
    "productClusterId": "",
    "commercialConditionId": "1",
    "offeringInfo": None,
    "offeringType": None,
    "offeringTypeId": None,
}

DIMENSION: Final[Mapping[str, Any]] = {"cubicweight": 0, "height": 0, "length": 0, "weight": 0, "width": 0}

PRICE_TAG: Final[Mapping[str, Any]] = {
    "identifier": "",
    "name": "",
    "isPercentual": False,
    "value": 0,
    "rawValue": 0,
    "rate": None,
    "jurisCode": None,
    "jurisType": None,
    "jurisName": None,
}


def filled(given: Mapping[str, Any] | None, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that ``table`` names: as given, or what stands for it. Nothing else is left in."""
    given = given or {}
    return {name: default if (value := given.get(name)) is None else value for name, default in table.items()}


def number(value: Any) -> int | Decimal:
    """Return a number that was kept, perhaps as text because of its point."""
    if isinstance(value, str):
        decimal = Decimal(value)
        return int(decimal) if decimal == decimal.to_integral_value() else decimal
    return value if isinstance(value, int | Decimal) else 0


def rounded(value: Any) -> int:
    """Return a number that was kept as a whole one."""
    return round(number(value))


def address(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a whole address."""
    found = filled(given, ADDRESS)
    found["geoCoordinates"] = [number(entry) for entry in found["geoCoordinates"]]
    if found["addressType"] not in {"residential", "pickup"}:
        found["addressType"] = "pickup" if found["addressType"] in {"store", "pickupPoint"} else "residential"
    return found

"""What is kept of the parts of an order that comes in, by this platform's names (contract vtex §7 and §8)."""

from typing import Any, Final

from counterfoil.dialects.vtex.shape import ANY, FLAG, NUMBER, TEXT, WHOLE


def _texts(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), TEXT)


def _all(names: str, kind: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), kind)


ADDRESS: Final = {
    **_texts(
        "addressType receiverName addressId versionId entityId postalCode city state country street number"
    ),
    **_texts("neighborhood complement reference contactId"),
    "geoCoordinates": [NUMBER],
}

CLIENT_PROFILE: Final = {
    **_texts(
        "email firstName lastName documentType document phone corporateName tradeName corporateDocument"
    ),
    **_texts("stateInscription corporatePhone userProfileId userProfileVersion customerClass customerCode"),
    "isCorporate": FLAG,
}

PRICE_TAG: Final = {
    **_texts("identifier name jurisCode jurisType jurisName"),
    "isPercentual": FLAG,
    "rawValue": NUMBER,
    "value": NUMBER,
    "rate": NUMBER,
}

BUNDLE_ITEM: Final = {"type": TEXT, "id": WHOLE, "name": TEXT, "price": WHOLE}

ITEM: Final = {
    **_texts(
        "id uniqueId productId ean lockId seller sellerSku name refId imageUrl detailUrl measurementUnit"
    ),
    **_texts("priceValidUntil preSaleDate taxCode parentAssemblyBinding"),
    **_all("listPrice manualPrice costPrice commission freightCommission rewardValue", WHOLE),
    "parentItemIndex": WHOLE,
    "unitMultiplier": NUMBER,
    "isGift": FLAG,
    "priceTags": [PRICE_TAG],
    "bundleItems": [BUNDLE_ITEM],
    "itemAttachment": ANY,
    "attachments": [ANY],
    "components": [ANY],
    "offerings": [ANY],
    "assemblies": [ANY],
    "additionalInfo": {
        **_texts("brandName brandId categoriesIds productClusterId commercialConditionId"),
        **_texts("offeringInfo offeringType offeringTypeId"),
        "categories": [{"id": WHOLE, "name": TEXT}],
        "dimension": _all("cubicweight height length weight width", NUMBER),
    },
}

DELIVERY_ID: Final = {
    **_texts("courierId courierName dockId warehouseId accountCarrierName"),
    "quantity": WHOLE,
    "kitItemDetails": [ANY],
}

PICKUP_STORE: Final = {
    **_texts("additionalInfo dockId friendlyName"),
    "isPickupStore": FLAG,
    "address": ADDRESS,
}

LOGISTICS_INFO: Final = {
    "itemIndex": WHOLE,
    **_texts("selectedSla selectedDeliveryChannel deliveryChannel lockTTL deliveryCompany shippingEstimate"),
    **_texts("shippingEstimateDate addressId versionId entityId polygonName pickupPointId transitTime"),
    **_all("price listPrice sellingPrice", WHOLE),
    "deliveryWindow": ANY,
    "shipsTo": [TEXT],
    "deliveryIds": [DELIVERY_ID],
    "deliveryChannels": [{"id": TEXT, "stockBalance": WHOLE}],
    "pickupStoreInfo": PICKUP_STORE,
}

SHIPPING_DATA: Final = {
    "address": ADDRESS,
    "logisticsInfo": [LOGISTICS_INFO],
    "selectedAddresses": [ADDRESS],
    "availableAddresses": [ADDRESS],
    "trackingHints": [_texts("trackingId courierName trackingUrl trackingLabel")],
    "contactInformation": [
        _texts("id email firstName lastName phone document documentType entityId versionId")
    ],
    "updateStatus": TEXT,
}

PAYMENT: Final = {
    **_texts(
        "id paymentSystem paymentSystemName cardHolder firstDigits lastDigits url giftCardId giftCardName"
    ),
    **_texts("giftCardCaption redemptionCode group tid dueDate accountId paymentOrigin"),
    **_all("value referenceValue installments", WHOLE),
}
"""Whole card numbers, security codes and dates of expiry are not kept."""

PAYMENT_DATA: Final = {
    "payments": [PAYMENT],
    "transactions": [
        {"isActive": FLAG, "transactionId": TEXT, "merchantName": TEXT, "payments": [PAYMENT], "status": TEXT}
    ],
    "giftCards": [
        {
            **_texts("id redemptionCode name caption provider groupName"),
            **_all("value balance", WHOLE),
            **_all("inUse isSpecialCard", FLAG),
        }
    ],
}

MARKETING_DATA: Final = {
    **_texts("utmSource utmPartner utmMedium utmCampaign coupon utmiCampaign utmipage utmiPart"),
    "marketingTags": [TEXT],
}

ORDER: Final = {
    **_texts(
        "marketplaceOrderId marketplaceOrderGroup marketplaceServicesEndpoint sellerOrderId salesChannel"
    ),
    **_texts("orderFormId followUpEmail"),
    "isCreatedAsync": FLAG,
    "clientProfileData": CLIENT_PROFILE,
    "shippingData": SHIPPING_DATA,
    "paymentData": PAYMENT_DATA,
    "marketingData": MARKETING_DATA,
    "clientPreferencesData": {"locale": TEXT, "optinNewsLetter": FLAG},
    "giftRegistryData": _texts("giftRegistryId giftRegistryType giftRegistryTypeName addressId description"),
    "callCenterOperatorData": _texts("id email userName"),
    "invoiceData": {
        "address": ADDRESS,
        "userPaymentInfo": {"paymentMethods": [TEXT]},
        "invoiceSubject": _texts("id email firstName lastName phone"),
    },
    "taxData": ANY,
    "customData": {
        "customApps": [{"id": TEXT, "major": WHOLE, "fields": ANY}],
        "customFields": [
            {"linkedEntity": {"type": TEXT, "id": TEXT}, "fields": [{"name": TEXT, "value": TEXT}]}
        ],
    },
}
"""What is kept of an order beside its items and its open text field."""

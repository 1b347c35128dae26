"""What our documents are made of, as we mean it: every key, always there, and the type of its value.

This is stricter than the published schemas, where hardly a key is required. It is checked everywhere, also
where the schemas are not.
"""

from decimal import Decimal
from typing import Any, NamedTuple


class Maybe(NamedTuple):
    """A value, or null."""

    kind: Any


class Either(NamedTuple):
    """One of some texts."""

    values: frozenset[str]


TEXT, WHOLE, NUMBER, FLAG = "text", "whole", "number", "flag"
ANY, EMPTY, NULL = "any", "empty list", "null"
DATE = "date"


def _texts(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), TEXT)


def _maybe(names: str, kind: Any = TEXT) -> dict[str, Any]:
    return dict.fromkeys(names.split(), Maybe(kind))


def _whole(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), WHOLE)


def _any(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), ANY)


def _flags(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), FLAG)


def _lists(names: str) -> dict[str, Any]:
    return {name: [TEXT] for name in names.split()}


ADDRESS = {
    **_texts("addressType receiverName addressId postalCode city state country street number neighborhood"),
    "complement": TEXT,
    **_maybe("versionId entityId reference"),
    "geoCoordinates": [NUMBER],
}
ADDRESS_WITH_CONTACT = {**ADDRESS, "contactId": Maybe(TEXT)}
TOTAL = {
    "id": Either(frozenset({"Items", "Discounts", "Shipping", "Tax", "Change"})),
    "name": TEXT,
    "value": WHOLE,
}
PRICE_TAG = {
    **_texts("name identifier"),
    "isPercentual": FLAG,
    **dict.fromkeys(("value", "rawValue"), NUMBER),
    **_maybe("rate", NUMBER),
    **_maybe("jurisCode jurisType jurisName"),
}
PRICES = {"sellingPrices": [_whole("value quantity")], **_whole("calculatedSellingPrice total")}
ITEM = {
    **_texts("uniqueId id productId lockId seller name refId imageUrl detailUrl sellerSku measurementUnit"),
    **_maybe("ean preSaleDate taxCode parentAssemblyBinding callCenterOperator serialNumbers shippingPrice"),
    **_maybe("manualPrice parentItemIndex", WHOLE),
    **_whole("quantity price listPrice commission tax sellingPrice rewardValue freightCommission costPrice"),
    "itemAttachment": {"content": ANY, "name": Maybe(TEXT)},
    "attachments": [ANY],
    "priceTags": [PRICE_TAG],
    "components": [ANY],
    "bundleItems": [ANY],
    "params": EMPTY,
    "offerings": [ANY],
    "attachmentOfferings": EMPTY,
    "additionalInfo": {
        **_texts("brandName brandId categoriesIds productClusterId commercialConditionId"),
        **_maybe("offeringInfo offeringType offeringTypeId"),
        "categories": [ANY],
        "dimension": {**_whole("height length weight width"), "cubicweight": NUMBER},
    },
    "unitMultiplier": NUMBER,
    "isGift": FLAG,
    "assemblies": [ANY],
}
CLASSIC_ITEM = {**ITEM, "priceValidUntil": Maybe(TEXT), "priceDefinitions": PRICES}
DOCUMENT_ITEM = {
    **ITEM,
    "priceValidUntil": TEXT,
    "priceDefinition": {**PRICES, "reason": Maybe(TEXT)},
    "productCategories": ANY,
    "marketingData": NULL,
    "customTax": NULL,
}
CLIENT = {
    **_texts("id email firstName lastName documentType document phone userProfileId"),
    **_maybe("corporateName tradeName corporateDocument stateInscription corporatePhone userProfileVersion"),
    **_maybe("customerClass customerCode"),
    "isCorporate": FLAG,
}
DELIVERY = {
    **_whole("itemIndex price listPrice sellingPrice"),
    **_texts(
        "selectedDeliveryChannel selectedSla lockTTL deliveryCompany shippingEstimate shippingEstimateDate"
    ),
    **_texts("deliveryChannel addressId transitTime"),
    **_maybe("versionId entityId polygonName pickupPointId"),
    "deliveryWindow": ANY,
    "slas": EMPTY,
    "shipsTo": [TEXT],
    "deliveryIds": [
        {
            **_texts("courierId courierName dockId warehouseId accountCarrierName"),
            "quantity": WHOLE,
            "kitItemDetails": [ANY],
        }
    ],
    "deliveryChannels": [{"id": TEXT, "stockBalance": WHOLE}],
    "pickupStoreInfo": {
        **_maybe("additionalInfo dockId friendlyName"),
        "address": ANY,
        "isPickupStore": FLAG,
    },
}
SHIPPING = {
    "id": TEXT,
    "address": ADDRESS,
    "logisticsInfo": [DELIVERY],
    "trackingHints": ANY,
    "selectedAddresses": [ADDRESS],
    "availableAddresses": [ADDRESS],
    "contactInformation": [ANY],
}
DOCUMENT_SHIPPING = {
    **SHIPPING,
    "address": ADDRESS_WITH_CONTACT,
    "logisticsInfo": [{**DELIVERY, "itemId": TEXT}],
    "selectedAddresses": [ADDRESS_WITH_CONTACT],
    "availableAddresses": [ADDRESS_WITH_CONTACT],
}
PAYMENT = {
    **_texts("id paymentSystem paymentSystemName group tid accountId"),
    **_whole("value installments referenceValue"),
    **_maybe(
        "cardHolder cardNumber firstDigits lastDigits cvv2 expireMonth expireYear url giftCardId giftCardName"
    ),
    **_maybe("giftCardCaption redemptionCode dueDate giftCardProvider koinUrl parentAccountId paymentOrigin"),
    **_maybe("bankIssuedInvoiceIdentificationNumber bankIssuedInvoiceIdentificationNumberFormatted"),
    **_maybe("bankIssuedInvoiceBarCodeNumber bankIssuedInvoiceBarCodeType"),
    "giftCardAsDiscount": Maybe(FLAG),
    "connectorResponses": ANY,
    "billingAddress": ANY,
}
TRANSACTION = {"isActive": FLAG, **_texts("transactionId merchantName"), "payments": [PAYMENT]}
PAYMENTS = {"giftCards": [ANY], "transactions": [TRANSACTION]}
DOCUMENT_PAYMENTS = {
    "giftCards": [ANY],
    "transactions": [
        {
            **TRANSACTION,
            "sharedTransaction": FLAG,
            "status": NULL,
            "payments": [{**PAYMENT, "isGiftCardDiscount": NULL}],
        }
    ],
}
REFUND = {
    "value": WHOLE,
    "giftCardData": NULL,
    "items": [
        {
            **_flags("useFreight isCompensation"),
            **_whole("compensationValue quantity price"),
            **_texts("id description"),
        }
    ],
}
PACKAGE = {
    "items": [{**_whole("itemIndex quantity price unitMultiplier"), **_texts("id description")}],
    **_texts("courier invoiceNumber invoiceUrl trackingNumber invoiceKey trackingUrl embeddedInvoice cfop"),
    **_whole("invoiceValue volumes"),
    **dict.fromkeys(("issuanceDate", "lastChange"), DATE),
    "type": Either(frozenset({"Output", "Input"})),
    "courierStatus": {"status": Maybe(TEXT), "finished": FLAG, "deliveredDate": TEXT, "data": [ANY]},
    "EnableInferItems": FLAG,
}
CHANGED_ITEMS = [{**_texts("id name"), **_whole("quantity price"), "unitMultiplier": NULL}]
CHANGES = {
    "id": TEXT,
    "changesData": [
        {
            "reason": TEXT,
            **_whole("discountValue incrementValue"),
            "itemsAdded": CHANGED_ITEMS,
            "itemsRemoved": CHANGED_ITEMS,
            "receipt": {"date": DATE, **_texts("orderId receipt")},
        }
    ],
}
CANCELLATION = {
    "requestedByUser": FLAG,
    **_maybe("requestedBySystem requestedBySellerNotification requestedByPaymentNotification", FLAG),
    **_texts("reason cancellationRequestId"),
    "cancellationDate": DATE,
}
CLASSIC_CANCELLATION = {
    name[0].upper() + name[1:]: kind for name, kind in CANCELLATION.items() if name != "cancellationRequestId"
}
REQUEST = {
    **_texts("id reason"),
    **_flags("requestedByUser deniedBySeller"),
    "cancellationRequestDate": DATE,
    "deniedBySellerReason": Maybe(TEXT),
    "cancellationRequestDenyDate": Maybe(DATE),
}
METADATA = {
    **_texts("id seller name skuName productId refId ean imageUrl detailUrl"),
    "assemblyOptions": EMPTY,
}
SELLER = _texts("id name logo fulfillmentEndpoint")
FORMAT = {
    **_whole("CurrencyDecimalDigits CurrencyGroupSize"),
    **_texts("CurrencyDecimalSeparator CurrencyGroupSeparator"),
    "StartsWithCurrencySymbol": FLAG,
}
STORE = {
    **_texts("countryCode currencyCode currencySymbol timeZone"),
    "currencyFormatInfo": FORMAT,
    "currencyLocale": WHOLE,
}
CLASSIC = {
    **_texts("orderId sequence marketplaceOrderId marketplaceServicesEndpoint sellerOrderId affiliateId"),
    **_texts("salesChannel status statusDescription orderGroup followUpEmail hostname orderFormId"),
    "origin": Either(frozenset({"Marketplace", "Fulfillment", "Chain"})),
    **_maybe("merchantName lastMessage cancelReason checkedInPickupPointId commercialConditionData"),
    **_flags("workflowIsInError isCompleted allowCancellation allowEdition isCheckedIn"),
    **_whole("value roundingError"),
    **dict.fromkeys(("creationDate", "lastChange"), DATE),
    **_maybe("authorizedDate invoicedDate", DATE),
    **_any("giftRegistryData callCenterOperatorData taxData openTextField customData"),
    "totals": [TOTAL],
    "items": [CLASSIC_ITEM],
    "marketplaceItems": EMPTY,
    "clientProfileData": CLIENT,
    "marketingData": ANY,
    "ratesAndBenefitsData": {"id": TEXT, "rateAndBenefitsIdentifiers": EMPTY},
    "shippingData": SHIPPING,
    "paymentData": PAYMENTS,
    "packageAttachment": {"packages": [{**PACKAGE, "restitutions": ANY}]},
    "sellers": [SELLER],
    "invoiceData": Maybe({"address": Maybe(ADDRESS), "userPaymentInfo": ANY, "invoiceSubject": ANY}),
    "changesAttachment": Maybe(CHANGES),
    "storePreferencesData": STORE,
    "marketplace": {**_texts("baseURL name"), "isCertified": NULL},
    "cancellationData": Maybe(CLASSIC_CANCELLATION),
    "cancellationRequests": Maybe([REQUEST]),
    "itemMetadata": {"Items": [{name[0].upper() + name[1:]: kind for name, kind in METADATA.items()}]},
    "subscriptionData": NULL,
    "clientPreferencesData": {"locale": TEXT, "optinNewsLetter": FLAG},
    "authorizationPolicyData": EMPTY,
}
INSTANCE = {
    **_texts("id name currentStepName currentStepDescription version currentLogicalStep"),
    **dict.fromkeys(("lastChange", "creationDate"), DATE),
    **_flags("isInError isInAutomaticRetry"),
    "owner": NULL,
    "timeLine": [{"stepName": TEXT, "date": DATE, "parentStepName": TEXT}],
    "logicTimeLine": [{"stepName": TEXT, "date": DATE}],
    "steps": [ANY],
}
DOCUMENT = {
    **CLASSIC,
    **_texts("id emailTracked documentVersion appVersion fingerPrint callCenterOperator state userType"),
    **_texts("workflowInstanceId creationEnvironment"),
    **_maybe("approvedBy cancelledBy canceledBy handlingData"),
    **dict.fromkeys(("timeZoneCreationDate", "timeZoneLastChange"), DATE),
    "piiHidden": FLAG,
    "items": [DOCUMENT_ITEM],
    "shippingData": DOCUMENT_SHIPPING,
    "paymentData": DOCUMENT_PAYMENTS,
    "packageAttachment": {
        "packages": [
            {**PACKAGE, "description": NULL, "restitutions": Maybe({"Refund": REFUND, "refund": REFUND})}
        ]
    },
    "ratesAndBenefitsData": {"id": TEXT, "rateAndBenefitsIdentifiers": EMPTY, "teaser": NULL},
    "sellers": [{**SELLER, "subSellerId": TEXT}],
    "itemMetadata": {"items": [METADATA]},
    "invoiceData": ANY,
    "cancellationData": Maybe(CANCELLATION),
    "salesChannelData": {**STORE, **_texts("cultureInfo id name"), "isActive": FLAG},
    "contextData": {
        **_flags("loggedIn hasAccessToOrderFormEnabledByLicenseManager"),
        **_texts("userAgent userId"),
    },
    "workflowData": {"instances": [INSTANCE], "mainFlowIndex": WHOLE},
    "receiptData": {"receiptCollection": [{"receiptType": TEXT, "date": DATE}]},
}


STATISTICS = {
    **_whole("Count Max Min Missing Sum SumOfSquares"),
    "Mean": NUMBER,
    "StdDev": NUMBER,
}
FACET = {**STATISTICS, "Facets": NULL}
FIGURES = {
    **STATISTICS,
    "Facets": {"origin": {"Fulfillment": FACET, "Marketplace": FACET}, "currencyCode": {"USD": FACET}},
}
PAGE = {
    "list": [ANY],
    "facets": EMPTY,
    "paging": _whole("total pages currentPage perPage"),
    "stats": {"stats": {"totalValue": FIGURES, "totalItems": FIGURES}},
}
ROW = {
    **_texts("orderId clientName paymentNames status statusDescription sequence salesChannel affiliateId"),
    **_texts("origin currencyCode"),
    "creationDate": DATE,
    "authorizedDate": Maybe(DATE),
    **_maybe("ShippingEstimatedDate ShippingEstimatedDateMax ShippingEstimatedDateMin", DATE),
    **_maybe("marketPlaceOrderId lastMessageUnread listId listType callCenterOperatorName"),
    "items": NULL,
    **_whole("totalValue totalItems"),
    **_flags("workflowInErrorState workflowInRetry orderIsComplete"),
}
DETAILED_ROW = {
    **_texts("orderId orderGroup sequence sellerOrderId origin status currencyCode clientEmail clientName"),
    **_texts("clientDocument paymentNames hostname userProfileId orderFormId creationDate lastChange"),
    **_maybe("clientCorporateDocument clientCorporateName invoicedDate authorizedDate paymentApprovedDate"),
    **_maybe("readyForHandlingDate shippingEstimatedDateMax shippingEstimatedDateMin giftCardProviders"),
    **_maybe("deliveryDates marketplaceWorkflowInstanceId fulfillmentWorkflowInstanceId"),
    **_maybe("callCenterOperatorEmail callCenterOperatorName"),
    **_whole("totalValue totalItems"),
    **_flags("isInstore orderIsComplete workflowInErrorState workflowInRetry isAllDelivered isAnyDelivered"),
    **_lists("sellerNames sellerIds pciTransactionId paymentNSU ratesAndBenefitsNames ratesAndBenefitsIds"),
    **_lists("transactionIds paymentIds deliveryChannel productIds productNames marketingTags"),
    **_lists("ingestPipelineMetadata"),
    "invoicesOutput": Maybe([TEXT]),
    "invoicesInput": Maybe([TEXT]),
}


def differences(kind: Any, value: Any, path: str = "") -> list[str]:
    """Return where a value is not of a kind: keys that are missing or too many, and wrong types."""
    match kind:
        case Maybe(kind=inner):
            return [] if value is None else differences(inner, value, path)
        case Either(values=values):
            return [] if value in values else [f"{path}: {value!r} is none of {sorted(values)}"]
        case dict():
            return _object(kind, value, path)
        case list():
            if not isinstance(value, list):
                return [f"{path}: no list"]
            return [
                wrong
                for i, entry in enumerate(value)
                for wrong in differences(kind[0], entry, f"{path}[{i}]")
            ]
        case _:
            return [] if _is_plain(kind, value) else [f"{path}: {value!r} is no {kind}"]


def _object(kind: dict[str, Any], value: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no object"]
    found = [f"{path}.{name}: missing" for name in kind.keys() - value.keys()]
    found += [f"{path}.{name}: not described" for name in value.keys() - kind.keys()]
    for name in kind.keys() & value.keys():
        found += differences(kind[name], value[name], f"{path}.{name}")
    return sorted(found)


def _is_plain(kind: str, value: Any) -> bool:
    number = isinstance(value, int) and not isinstance(value, bool)
    match kind:
        case "text":
            return isinstance(value, str)
        case "whole":
            return number
        case "number":
            return number or isinstance(value, float | Decimal)
        case "flag":
            return isinstance(value, bool)
        case "date":
            return isinstance(value, str) and len(value) == 33 and value.endswith("+00:00")
        case "null":
            return value is None
        case "empty list":
            return value == []
    return True


def assert_ours(kind: Any, value: Any) -> None:
    """Assert that a document is made as we mean it."""
    wrong = differences(kind, value)
    assert not wrong, "\n".join(wrong)

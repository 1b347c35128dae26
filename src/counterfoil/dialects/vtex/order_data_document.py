"""The order as the document family prints it: ``GET /api/orders/pvt/document/{orderId}`` (contract vtex §7).

`render` is a function of the order and its documents and of nothing else: filters of feeds are asked
about it.
"""

from typing import Any, Final

from counterfoil.dialects.vtex import (
    changes_document,
    complete,
    dates,
    items_document,
    order_document,
    packages_document,
    payment_document,
    shipping_document,
    store_document,
    workflow_document,
)
from counterfoil.dialects.vtex.call import Settings
from counterfoil.dialects.vtex.complete import filled
from counterfoil.dialects.vtex.order_form import Form, form_of
from counterfoil.domain.order import Order

DOCUMENT_VERSION: Final = "2.1.5"
APP_VERSION: Final = "counterfoil"


def render(order: Order, settings: Settings) -> dict[str, Any]:
    """Return the order as its JSON object. It comes with all rows, particulars and documents."""
    form = form_of(order)
    cancellation = changes_document.cancellation(order)
    canceled_by = None if cancellation is None else ("user" if cancellation["requestedByUser"] else "seller")
    classic = order_document.shared(order, settings)
    status = order.workflow_status
    return {
        **classic,
        "id": f"{order.entity_id:032x}",
        "items": items(order),
        "shippingData": shipping_document.shipping_data_of_document(order),
        "packageAttachment": {"packages": _packages(order)},
        "paymentData": _payment_data(order, settings),
        "ratesAndBenefitsData": {**classic["ratesAndBenefitsData"], "teaser": None},
        "marketingData": _marketing(form),
        "sellers": [{**seller, "subSellerId": seller["id"]} for seller in classic["sellers"]],
        "itemMetadata": {"items": items_document.metadata(order)},
        "invoiceData": _invoice_data(form),
        "cancellationData": cancellation,
        "emailTracked": classic["followUpEmail"],
        "approvedBy": None,
        "cancelledBy": canceled_by,
        "canceledBy": canceled_by,
        "salesChannelData": _sales_channel(form, order, settings),
        "contextData": {
            "loggedIn": False,
            "hasAccessToOrderFormEnabledByLicenseManager": False,
            "userAgent": "",
            "userId": classic["clientProfileData"]["userProfileId"],
        },
        "handlingData": None,
        "documentVersion": DOCUMENT_VERSION,
        "appVersion": APP_VERSION,
        "workflowData": workflow_document.workflow_data(order),
        "workflowInstanceId": f"{order.entity_id:032x}",
        "fingerPrint": "",
        "piiHidden": False,
        "callCenterOperator": "",
        "state": status,
        "timeZoneCreationDate": dates.of_stored(order.created_at),
        "timeZoneLastChange": dates.of_stored(order.updated_at),
        "userType": "",
        "receiptData": workflow_document.receipts(order),
        "creationEnvironment": "STABLE",
    }


def items(order: Order) -> list[dict[str, Any]]:
    """Return the items as this family has them."""
    rows = zip(items_document.items(order), items_document.shown_rows(order), strict=True)
    return [
        {
            **item,
            "priceDefinition": {**items_document.price_definition(row), "reason": None},
            "priceValidUntil": item["priceValidUntil"] or "",
            "productCategories": {},
            "marketingData": None,
            "customTax": None,
        }
        for item, row in rows
    ]


def _packages(order: Order) -> list[dict[str, Any]]:
    """Return the packages. Filters ask for ``Refund``, the published schema has ``refund``: both are in."""
    found = []
    shown = packages_document.packages(order, line_totals=True)
    for entry, package in zip(shown, packages_document.all_packages(order), strict=True):
        refund = packages_document.refund(order, package)
        restitutions = None if refund is None else {"Refund": refund, "refund": refund}
        found.append({**entry, "description": None, "restitutions": restitutions})
    return found


def _payment_data(order: Order, settings: Settings) -> dict[str, Any]:
    found = payment_document.payment_data(order, settings.account)
    transactions = [
        {
            **entry,
            "sharedTransaction": False,
            "status": None,
            "payments": [{**payment, "isGiftCardDiscount": None} for payment in entry["payments"]],
        }
        for entry in found["transactions"]
    ]
    return {**found, "transactions": transactions}


def _marketing(form: Form) -> dict[str, Any] | None:
    given = form.get("marketingData")
    if not given:
        return None
    found = filled(given, complete.MARKETING_DATA)
    del found["id"]
    return found


def _invoice_data(form: Form) -> dict[str, Any] | None:
    found = order_document.invoice_data(form)
    if found is None:
        return None
    address = found["address"]
    return {
        **found,
        "address": None if address is None else {**address, "contactId": None},
        "settleInvoices": None,
    }


def _sales_channel(form: Form, order: Order, settings: Settings) -> dict[str, Any]:
    name = form.get("salesChannel") or "1"
    preferences = store_document.preferences(settings, order.currency)
    return {
        **preferences,
        "cultureInfo": settings.locale,
        "id": name,
        "name": name,
        "isActive": True,
    }

"""The order as the classic family prints it: ``GET /api/oms/pvt/orders/{orderId}`` (contract vtex §7)."""

from typing import Any, Final

from counterfoil.dialects.vtex import (
    changes_document,
    complete,
    dates,
    items_document,
    packages_document,
    payment_document,
    shipping_document,
    store_document,
)
from counterfoil.dialects.vtex.call import Settings
from counterfoil.dialects.vtex.complete import filled
from counterfoil.dialects.vtex.money import cents
from counterfoil.dialects.vtex.order_form import Form, form_of
from counterfoil.domain import transitions
from counterfoil.domain.order import READY_FOR_HANDLING, Order
from counterfoil.domain.terms import shown_value

LABELS: Final = {
    transitions.PAYMENT_PENDING: "Pagamento Pendente",
    transitions.PAYMENT_APPROVED: "Pagamento Aprovado",
    transitions.WAITING_FFMT_AUTHORIZATION: "Aguardando Autorização para Despachar",
    transitions.WINDOW_TO_CANCEL: "Carência para Cancelamento",
    READY_FOR_HANDLING: "Pronto para o Manuseio",
    transitions.HANDLING: "Preparando Entrega",
    transitions.WAITING_FOR_SELLER_DECISION: "Aguardando Decisão do Seller",
    transitions.CANCELLATION_REQUESTED: "Cancelamento Solicitado",
    transitions.INVOICED: "Faturado",
    transitions.CANCELED: "Cancelado",
    transitions.REPLACED: "Substituído",
}
"""``statusDescription``, which the platform has in Portuguese only (deprecated there)."""

CANCELABLE: Final = frozenset(
    {
        transitions.PAYMENT_PENDING,
        transitions.PAYMENT_APPROVED,
        transitions.WAITING_FFMT_AUTHORIZATION,
        transitions.WINDOW_TO_CANCEL,
        READY_FOR_HANDLING,
        transitions.HANDLING,
        transitions.WAITING_FOR_SELLER_DECISION,
        transitions.CANCELLATION_REQUESTED,
    }
)
"""Statuses in which a request for cancellation does something, as long as nothing is invoiced (§6)."""


def render(order: Order, settings: Settings) -> dict[str, Any]:
    """Return the order as its JSON object. It comes with all rows, particulars and documents."""
    return {
        **shared(order, settings),
        "items": _items(order),
        "shippingData": shipping_document.shipping_data(order),
        "paymentData": payment_document.payment_data(order, settings.account),
        "packageAttachment": {"packages": _packages(order)},
        "itemMetadata": {"Items": _metadata(order)},
    }


def shared(order: Order, settings: Settings) -> dict[str, Any]:
    """Return what both families show in the same form."""
    form = form_of(order)
    cancellation = changes_document.cancellation(order)
    profile = filled(form.get("clientProfileData"), complete.CLIENT_PROFILE)
    return {
        **named(form, settings),
        "status": order.workflow_status,
        "workflowIsInError": False,
        "statusDescription": LABELS.get(order.workflow_status, order.workflow_status),
        "value": cents(shown_value(order)),
        "creationDate": dates.of_stored(order.created_at),
        "lastChange": dates.of_stored(order.updated_at),
        "totals": items_document.totals(order),
        "marketplaceItems": [],
        "clientProfileData": profile,
        "giftRegistryData": form.get("giftRegistryData"),
        "marketingData": _marketing(form),
        "ratesAndBenefitsData": {"id": "ratesAndBenefitsData", "rateAndBenefitsIdentifiers": []},
        "sellers": items_document.sellers(order, settings.account),
        "callCenterOperatorData": form.get("callCenterOperatorData"),
        "followUpEmail": form.get("followUpEmail") or profile["email"],
        "lastMessage": None,
        "hostname": settings.account,
        "invoiceData": invoice_data(form),
        "changesAttachment": changes_document.changes_attachment(order),
        "openTextField": form.get("openTextField"),
        "roundingError": 0,
        "orderFormId": form.get("orderFormId") or "",
        "commercialConditionData": None,
        "isCompleted": True,
        "customData": custom_data(form),
        "storePreferencesData": store_document.preferences(settings, order.currency),
        "allowCancellation": may_be_canceled(order),
        "allowEdition": False,
        "isCheckedIn": False,
        "marketplace": store_document.marketplace(settings),
        "authorizedDate": dates.of_stored(order.authorized_at) if order.authorized_at else None,
        "invoicedDate": dates.of_stored(order.invoiced_at) if order.invoiced_at else None,
        "cancelReason": cancellation["reason"] if cancellation else None,
        "cancellationData": changes_document.classic_cancellation(order),
        "cancellationRequests": changes_document.cancellation_requests(order),
        "subscriptionData": None,
        "taxData": form.get("taxData"),
        "checkedInPickupPointId": None,
        "clientPreferencesData": preferences(form, settings),
        "authorizationPolicyData": [],
    }


def named(form: Form, settings: Settings) -> dict[str, Any]:
    """Return what the order is called by everybody who has to do with it."""
    order_id = form["orderId"]
    return {
        "orderId": order_id,
        "sequence": form["sequence"],
        "marketplaceOrderId": form.get("marketplaceOrderId") or "",
        "marketplaceServicesEndpoint": form.get("marketplaceServicesEndpoint")
        or store_document.marketplace(settings)["baseURL"],
        "sellerOrderId": form.get("sellerOrderId") or f"00-{order_id}",
        "origin": form["origin"],
        "affiliateId": form.get("affiliateId") or "",
        "salesChannel": form.get("salesChannel") or "1",
        "merchantName": None,
        "orderGroup": form["orderGroup"],
    }


def may_be_canceled(order: Order) -> bool:
    """Tell whether a request for cancellation would do something."""
    return order.workflow_status in CANCELABLE and order.invoice_count == 0


def invoice_data(form: Form) -> dict[str, Any] | None:
    """Return to whom invoices are addressed; None if nobody said so."""
    given = form.get("invoiceData")
    if not given:
        return None
    address = given.get("address")
    return {
        "address": complete.address(address) if address else None,
        "userPaymentInfo": given.get("userPaymentInfo"),
        "invoiceSubject": given.get("invoiceSubject"),
    }


def custom_data(form: Form) -> dict[str, Any] | None:
    """Return the data of the shop's own apps; None if there is none."""
    given = form.get("customData")
    if not given:
        return None
    return {"customApps": given.get("customApps", []), "customFields": given.get("customFields", [])}


def preferences(form: Form, settings: Settings) -> dict[str, Any]:
    """Return ``clientPreferencesData``."""
    return filled(form.get("clientPreferencesData"), {"locale": settings.locale, "optinNewsLetter": False})


def _marketing(form: Form) -> dict[str, Any] | None:
    given = form.get("marketingData")
    return filled(given, complete.MARKETING_DATA) if given else None


def _items(order: Order) -> list[dict[str, Any]]:
    rows = zip(items_document.items(order), items_document.shown_rows(order), strict=True)
    return [{**item, "priceDefinitions": items_document.price_definition(row)} for item, row in rows]


def _metadata(order: Order) -> list[dict[str, Any]]:
    return [
        {name[0].upper() + name[1:]: value for name, value in entry.items()}
        for entry in items_document.metadata(order)
    ]


def _packages(order: Order) -> list[dict[str, Any]]:
    found = []
    shown = packages_document.packages(order, line_totals=False)
    for entry, package in zip(shown, packages_document.all_packages(order), strict=True):
        refund = packages_document.refund(order, package)
        found.append({**entry, "restitutions": {} if refund is None else {"Refund": refund}})
    return found

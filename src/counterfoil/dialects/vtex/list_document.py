"""The rows of lists of orders: as both families have them (contract vtex §3.12). Pure.

Rows are made of the orders themselves, so they say what the order's own document says.
"""

from typing import Any

from counterfoil.dialects.vtex import complete, dates, items_document, order_document, payment_document
from counterfoil.dialects.vtex.call import Settings
from counterfoil.dialects.vtex.complete import filled
from counterfoil.dialects.vtex.list_request import Asked
from counterfoil.dialects.vtex.list_statistics import statistics
from counterfoil.dialects.vtex.money import cents
from counterfoil.dialects.vtex.order_form import Form, form_of, item_form, particulars_of, rows_of
from counterfoil.domain import terms
from counterfoil.domain.money import SCALE
from counterfoil.domain.order import Order
from counterfoil.ledger.listing import Figures, Papers


def page(
    rows: list[dict[str, Any]], asked: Asked, total: int, figures: Figures, settings: Settings
) -> dict[str, Any]:
    """Return a whole page. ``total`` is how many orders there are on all pages."""
    return {
        "list": rows,
        "facets": [],
        "paging": {
            "total": total,
            "pages": -(-total // asked.per_page),
            "currentPage": asked.page,
            "perPage": asked.per_page,
        },
        "stats": {"stats": statistics(figures, settings.currency)},
    }


def row(order: Order) -> dict[str, Any]:
    """Return the row of the classic family. Items are always null."""
    form, particulars = form_of(order), particulars_of(order)
    estimates = [dates.of_stored(one) for one in terms.estimates(order)]
    return {
        "orderId": form["orderId"],
        "creationDate": dates.of_stored(order.created_at),
        "clientName": _client_name(form),
        "items": None,
        "totalValue": cents(terms.shown_value(order)),
        "paymentNames": ", ".join(terms.payment_names(particulars)),
        "status": order.workflow_status,
        "statusDescription": order_document.LABELS.get(order.workflow_status, order.workflow_status),
        "marketPlaceOrderId": form.get("marketplaceOrderId") or None,
        "sequence": form["sequence"],
        "salesChannel": form.get("salesChannel") or "1",
        "affiliateId": form.get("affiliateId") or "",
        "origin": form["origin"],
        "workflowInErrorState": False,
        "workflowInRetry": False,
        "lastMessageUnread": None,
        "ShippingEstimatedDate": estimates[-1] if estimates else None,
        "ShippingEstimatedDateMax": estimates[-1] if estimates else None,
        "ShippingEstimatedDateMin": estimates[0] if estimates else None,
        "orderIsComplete": True,
        "listId": _gift_list(form, "giftRegistryId"),
        "listType": _gift_list(form, "giftRegistryType"),
        "authorizedDate": dates.of_stored(order.authorized_at) if order.authorized_at else None,
        "callCenterOperatorName": _operator(form, "userName"),
        "totalItems": terms.shown_units(order) // SCALE,
        "currencyCode": order.currency,
    }


def detailed_row(order: Order, papers: Papers, settings: Settings) -> dict[str, Any]:
    """Return the row of the document family."""
    form, particulars = form_of(order), particulars_of(order)
    profile = filled(form.get("clientProfileData"), complete.CLIENT_PROFILE)
    called = order_document.named(form, settings)
    sellers = items_document.sellers(order, settings.account)
    estimates = [dates.zulu(one) for one in terms.estimates(order)]
    authorized = dates.zulu(order.authorized_at) if order.authorized_at else None
    delivered = min(papers.delivered, len(papers.invoices))
    return {
        "paymentNames": ", ".join(terms.payment_names(particulars)),
        **{name: called[name] for name in ("orderId", "orderGroup", "sequence", "sellerOrderId", "origin")},
        "clientEmail": profile["email"],
        "clientDocument": profile["document"],
        "clientCorporateDocument": profile["corporateDocument"],
        "clientCorporateName": profile["corporateName"],
        "clientName": _client_name(form),
        "totalValue": cents(terms.shown_value(order)),
        "status": order.workflow_status,
        "currencyCode": order.currency,
        "sellerNames": [seller["name"] for seller in sellers],
        "sellerIds": [seller["id"] for seller in sellers],
        "totalItems": terms.shown_units(order) // SCALE,
        **_payment_lists(order),
        "ratesAndBenefitsNames": _promotions(order),
        "ratesAndBenefitsIds": [],
        "shippingEstimatedDateMax": estimates[-1] if estimates else None,
        "shippingEstimatedDateMin": estimates[0] if estimates else None,
        "isInstore": terms.is_in_store(particulars),
        **_item_lists(order, form),
        "hostname": settings.account,
        "creationDate": dates.zulu(order.created_at),
        "invoicedDate": dates.zulu(order.invoiced_at) if order.invoiced_at else None,
        "authorizedDate": authorized,
        "paymentApprovedDate": authorized,
        "readyForHandlingDate": None,
        "orderIsComplete": True,
        "marketingTags": (form.get("marketingData") or {}).get("marketingTags") or [],
        "invoicesOutput": list(papers.invoices) or None,
        "invoicesInput": list(papers.returns) or None,
        "workflowInErrorState": False,
        "workflowInRetry": False,
        "userProfileId": profile["userProfileId"],
        "lastChange": dates.zulu(order.updated_at),
        "isAllDelivered": 0 < len(papers.invoices) == delivered,
        "isAnyDelivered": delivered > 0,
        "giftCardProviders": None,
        "orderFormId": form.get("orderFormId") or "",
        "deliveryDates": None,
        "ingestPipelineMetadata": [],
        "marketplaceWorkflowInstanceId": None,
        "fulfillmentWorkflowInstanceId": None,
        "callCenterOperatorEmail": _operator(form, "email"),
        "callCenterOperatorName": _operator(form, "userName"),
    }


def _client_name(form: Form) -> str:
    profile = form.get("clientProfileData") or {}
    return f"{profile.get('firstName') or ''} {profile.get('lastName') or ''}".strip()


def _operator(form: Form, name: str) -> str | None:
    found: str | None = (form.get("callCenterOperatorData") or {}).get(name)
    return found


def _gift_list(form: Form, name: str) -> str | None:
    found: str | None = (form.get("giftRegistryData") or {}).get(name)
    return found


def _payment_lists(order: Order) -> dict[str, Any]:
    payments = payment_document.payments(order)
    return {
        "pciTransactionId": [payment["tid"] for payment in payments if payment["tid"]],
        "paymentNSU": [],
        "transactionIds": [payment_document.transaction_id(order)] if payments else [],
        "paymentIds": [payment["id"] for payment in payments],
    }


def _promotions(order: Order) -> list[str]:
    found = particulars_of(order).coupon_rule_name
    return [found] if found else []


def _item_lists(order: Order, form: Form) -> dict[str, Any]:
    rows = rows_of(order)
    deliveries = (form.get("shippingData") or {}).get("logisticsInfo") or ()
    channels = (
        delivery.get("selectedDeliveryChannel") or delivery.get("deliveryChannel") or "delivery"
        for delivery in deliveries
    )
    products = (item_form(item).get("productId") or str(item.product_id or item.sku) for item in rows)
    return {
        "deliveryChannel": list(dict.fromkeys(channels)),
        "productIds": list(dict.fromkeys(products)),
        "productNames": list(dict.fromkeys(item.name for item in rows)),
    }

"""``packageAttachment``: the invoices of an order, and what came back, as documents have them.

An invoice that was registered in this dialect shows as its client described it. Invoices and credit memos
that came through another dialect show as packages of type Output and Input under their printed numbers.
Source: contract vtex §7.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from counterfoil.dialects.vtex import dates
from counterfoil.dialects.vtex.money import cents, units
from counterfoil.dialects.vtex.order_form import indexes_of
from counterfoil.domain.attachments import INPUT, CourierStatus, Package
from counterfoil.domain.documents import INVOICE_CANCELED
from counterfoil.domain.money import SCALE
from counterfoil.domain.order import Order
from counterfoil.domain.package import of_creditmemo, of_invoice

_TEXTS = ("courier", "invoiceUrl", "trackingNumber", "invoiceKey", "trackingUrl", "cfop")


def all_packages(order: Order) -> list[Package]:
    """Return all packages, oldest first, those of another dialect among them."""
    found = [*order.packages.values(), *_of_invoices(order), *_of_creditmemos(order)]
    return sorted(found, key=lambda package: (package.created_at, package.type == INPUT))


def packages(order: Order, *, line_totals: bool) -> list[dict[str, Any]]:
    """Return the packages as JSON objects, with what both families show.

    With ``line_totals`` the price of an item is that of all its units, as the document family takes it in.
    """
    indexes = indexes_of(order)
    return [_package(order, package, indexes, line_totals=line_totals) for package in all_packages(order)]


def _package(
    order: Order, package: Package, indexes: Mapping[int, int], *, line_totals: bool
) -> dict[str, Any]:
    given = package.given
    return {
        "items": _items(order, package, indexes, line_totals=line_totals),
        **{name: given.get(name) or "" for name in _TEXTS},
        "invoiceNumber": package.number,
        "invoiceValue": cents(package.value),
        "issuanceDate": _issued(package),
        "embeddedInvoice": given.get("embeddedInvoice") or "",
        "type": package.type,
        "courierStatus": _courier_status(package.courier_status),
        "volumes": given.get("volumes") or 1,
        "EnableInferItems": bool(given.get("enableInferItems", package.inferred)),
        "lastChange": dates.of_stored(package.updated_at),
    }


def refund(order: Order, package: Package) -> dict[str, Any] | None:
    """Return what was given back with an Input package; None for an Output."""
    if package.type != INPUT:
        return None
    return {
        "value": cents(package.value),
        "giftCardData": None,
        "items": [
            {
                "useFreight": False,
                "isCompensation": False,
                "compensationValue": 0,
                "id": order.items[item.item_id].sku,
                "quantity": units(item.qty),
                "price": cents(item.price or 0),
                "description": item.description or order.items[item.item_id].name,
            }
            for item in package.items
        ],
    }


def _issued(package: Package) -> str:
    given = package.given.get("issuanceDate") or package.given.get("issuedDate")
    try:
        return dates.of_stored(given or package.created_at)
    except ValueError:
        return dates.of_stored(package.created_at)


def _items(
    order: Order, package: Package, indexes: Mapping[int, int], *, line_totals: bool
) -> list[dict[str, Any]]:
    found = []
    for item in package.items:
        row = order.items[item.item_id]
        price = row.price if item.price is None else item.price
        found.append(
            {
                "itemIndex": indexes[item.item_id],
                "id": row.sku,
                "quantity": units(item.qty),
                "price": cents(price * item.qty // SCALE if line_totals else price),
                "description": item.description or row.name,
                "unitMultiplier": 1,
            }
        )
    return found


def _courier_status(status: CourierStatus | None) -> dict[str, Any]:
    status = status or CourierStatus()
    return {
        "status": "ok" if status.data or status.finished else None,
        "finished": status.finished,
        "deliveredDate": status.delivered_date or "",
        "data": list(status.data),
    }


def _of_invoices(order: Order) -> Iterator[Package]:
    described = {package.invoice_id for package in order.packages.values()}
    for invoice in order.invoices.values():
        if invoice.entity_id not in described and invoice.state != INVOICE_CANCELED:
            yield of_invoice(invoice)


def _of_creditmemos(order: Order) -> Iterator[Package]:
    described = {package.creditmemo_id for package in order.packages.values()}
    for creditmemo in order.creditmemos.values():
        if creditmemo.entity_id not in described:
            yield of_creditmemo(creditmemo)

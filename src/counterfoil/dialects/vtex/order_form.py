"""What a client gave of an order, or what stands for it where the order came through another dialect.

Both orders of one shop are told in the same words: those of this dialect keep the client's own
(`counterfoil.domain.order.OrderParticulars`), for the others they are made from addresses, customer and
payment.
"""

from collections.abc import Mapping
from typing import Any

from counterfoil.dialects.vtex import order_id
from counterfoil.dialects.vtex.countries import three_letters
from counterfoil.dialects.vtex.money import cents
from counterfoil.domain.order import Address, Order, OrderItem, OrderParticulars
from counterfoil.domain.wanted import rows_of

__all__ = ["Form", "called", "form_of", "indexes_of", "item_form", "particulars_of", "rows_of", "unique_id"]

Form = Mapping[str, Any]


def particulars_of(order: Order) -> OrderParticulars:
    """Return the particulars, which a document needs."""
    assert order.particulars is not None, "a document shows the whole order"
    return order.particulars


def form_of(order: Order) -> Form:
    """Return the order form: the client's own, or one that is made from the rest of the order."""
    return particulars_of(order).order_form or _derived(order)


def item_form(item: OrderItem) -> Form:
    """Return what the client gave of an item; nothing if the order is not from here."""
    assert item.particulars is not None, "a document shows the whole row"
    return item.particulars.order_form or {}


def indexes_of(order: Order) -> dict[int, int]:
    """Return the ``itemIndex`` of each row by its id. A row that repeats another has that one's."""
    found = {item.item_id: index for index, item in enumerate(rows_of(order))}
    for item_id, item in order.items.items():
        if item_id in found:
            continue
        if item.parent_item_id in found:
            found[item_id] = found[item.parent_item_id]
            continue
        parts = (other for other, part in order.items.items() if part.parent_item_id == item_id)
        found[item_id] = min((found[part] for part in parts if part in found), default=0)
    return found


def unique_id(item: OrderItem) -> str:
    """Return the name of a row that stays the same whatever happens to the order: 32 hexadecimal digits."""
    given: str | None = item_form(item).get("uniqueId")
    return given or f"{item.item_id:032X}"


def called(order: Order) -> str:
    """Return the orderId, without making the whole form."""
    given = particulars_of(order).order_form
    name: str = given["orderId"] if given else order_id.derived(order.entity_id)
    return name


def vtex_address(address: Address) -> dict[str, Any]:
    """Return an address of the books as this platform writes it."""
    street, *more = address.street or ("",)
    return {
        "addressType": "residential",
        "receiverName": f"{address.firstname} {address.lastname}".strip(),
        "addressId": str(address.entity_id),
        "postalCode": address.postcode,
        "city": address.city,
        "state": address.region_code or address.region or "",
        "country": three_letters(address.country_id),
        "street": street,
        "number": "",
        "neighborhood": "",
        "complement": ", ".join(more),
        "geoCoordinates": [],
    }


def _derived(order: Order) -> Form:
    particulars = particulars_of(order)
    to = particulars.shipping_address or particulars.billing_address
    return {
        "orderId": order_id.derived(order.entity_id),
        "orderGroup": order_id.derived_group(order.entity_id),
        "sequence": str(order_id.sequence(order.entity_id)),
        "origin": "Marketplace",
        "salesChannel": str(order.store_id),
        "orderFormId": f"{particulars.quote_id:032x}" if particulars.quote_id else "",
        "clientProfileData": _profile(particulars),
        "shippingData": {"address": vtex_address(to), "logisticsInfo": _deliveries(order, particulars)},
        "paymentData": {"payments": [_payment(order, particulars)]},
        "marketingData": {"coupon": particulars.coupon_code} if particulars.coupon_code else None,
        "invoiceData": {"address": vtex_address(particulars.billing_address)},
        "openTextField": {"value": particulars.customer_note} if particulars.customer_note else None,
    }


def _profile(particulars: OrderParticulars) -> dict[str, Any]:
    billing = particulars.billing_address
    customer_id = particulars.customer_id
    return {
        "email": particulars.customer_email,
        "firstName": particulars.customer_firstname or billing.firstname,
        "lastName": particulars.customer_lastname or billing.lastname,
        "documentType": "vat" if billing.vat_id else "",
        "document": billing.vat_id or "",
        "phone": billing.telephone,
        "corporateName": billing.company,
        "isCorporate": billing.company is not None,
        "userProfileId": f"00000000-0000-4000-8000-{customer_id:012x}" if customer_id else "",
        "customerClass": str(particulars.customer_group_id),
    }


def _deliveries(order: Order, particulars: OrderParticulars) -> list[dict[str, Any]]:
    """Return the delivery of each item. What it costs stands with the first that is sent at all."""
    rows = rows_of(order)
    sent = [index for index, item in enumerate(rows) if not item.is_virtual] or [0]
    way = particulars.shipping_description or ""
    carrier = (particulars.shipping_method or "").partition("_")[0]
    return [
        {
            "itemIndex": index,
            "selectedSla": way,
            "price": cents(order.shipping_amount) if index == sent[0] else 0,
            "deliveryCompany": carrier,
        }
        for index in range(len(rows))
    ]


def _payment(order: Order, particulars: OrderParticulars) -> dict[str, Any]:
    payment = particulars.payment
    return {
        "id": f"{order.entity_id:032X}",
        "paymentSystem": payment.method,
        "paymentSystemName": payment.title,
        "value": cents(order.grand_total - order.adjustment),
        "referenceValue": cents(order.grand_total - order.adjustment),
        "installments": 1,
        "group": "creditCard" if payment.gateway else "promissory",
        "tid": order.authorization_id or "",
    }

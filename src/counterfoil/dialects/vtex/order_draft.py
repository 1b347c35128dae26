"""Turns an order that a client wants into a draft for the books: rows, totals, addresses, payment. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from counterfoil.checkout.given_order import Goods, TooMuch, order_item, totals_of
from counterfoil.checkout.settings import DEFAULT_STORE
from counterfoil.dialects.vtex.countries import two_letters
from counterfoil.dialects.vtex.order_request import Wanted
from counterfoil.domain.order import Address, Order, OrderParticulars, Payment

PAYMENT_METHOD: Final = "vtex"
"""What the books call a payment that this dialect's clients look after."""


class Names(Struct, frozen=True):
    """What an order is called, and where it stands in its flow."""

    order_id: str
    group: str
    sequence: int
    origin: str
    flow: str
    stage: str


class Terms(Struct, frozen=True):
    """What all orders of the shop have in common."""

    currency: str
    store_name: str
    protect_code: str


def value_of(wanted: Wanted) -> int | TooMuch:
    """Return what an order comes to (scaled money)."""
    return totals_of(wanted.rows, wanted.shipping)


def order_draft(wanted: Wanted, goods: Goods, terms: Terms) -> Order:
    """Return the draft of an order, with provisional ids (see `counterfoil.domain.place`) and no name yet."""
    items = {index: order_item(row, index, goods) for index, row in enumerate(wanted.rows, start=1)}
    subtotal = sum(item.row_total for item in items.values())
    tax = sum(item.tax_amount for item in items.values())
    discount = sum(item.discount_amount for item in items.values())
    total = value_of(wanted)
    assert isinstance(total, int), "what comes to too much has been refused"
    return Order(
        entity_id=0,
        version=0,
        store_id=DEFAULT_STORE,
        increment_id="",
        currency=terms.currency,
        state="",
        status="",
        is_virtual=all(item.is_virtual for item in items.values()),
        created_at="",
        updated_at="",
        billing_address_id=0,
        shipping_address_id=None,
        discount_description=None,
        grand_total=total,
        subtotal=subtotal,
        tax_amount=tax,
        discount_amount=-discount,
        discount_tax_compensation_amount=0,
        shipping_amount=wanted.shipping,
        shipping_incl_tax=wanted.shipping,
        shipping_tax_amount=0,
        shipping_discount_amount=0,
        shipping_discount_tax_compensation_amount=0,
        qty_to_invoice=0,
        qty_to_ship=0,
        items=items,
        particulars=_particulars(wanted, items_weight=_weight(items.values()), terms=terms),
    )


def named(draft: Order, names: Names, *, at: str | None = None) -> Order:
    """Return the draft with what it is called. ``at`` is when its payment was approved, if it was."""
    particulars = draft.particulars
    assert particulars is not None
    form = {
        **(particulars.order_form or {}),
        "orderId": names.order_id,
        "orderGroup": names.group,
        "sequence": str(names.sequence),
        "origin": names.origin,
    }
    return replace(
        draft,
        flow=names.flow,
        stage=names.stage,
        authorized_at=at,
        particulars=replace(particulars, order_form=form, ext_order_id=names.order_id[:32]),
    )


def _weight(items: Any) -> int:
    return sum(item.particulars.row_weight for item in items if item.particulars)


def _particulars(wanted: Wanted, *, items_weight: int, terms: Terms) -> OrderParticulars:
    form = dict(wanted.form)
    form["shippingData"] = {
        **form["shippingData"],
        "logisticsInfo": [
            {**delivery.form, "itemIndex": index} for index, delivery in enumerate(wanted.deliveries)
        ],
    }
    profile: Mapping[str, Any] = form["clientProfileData"]
    shipping = order_address(form["shippingData"]["address"], profile, "shipping")
    invoice_to = (form.get("invoiceData") or {}).get("address")
    billing = order_address(invoice_to or form["shippingData"]["address"], profile, "billing")
    ways = dict.fromkeys(
        delivery.form["selectedSla"] for delivery in wanted.deliveries if delivery.form.get("selectedSla")
    )
    return OrderParticulars(
        billing_address=billing,
        shipping_address=shipping,
        payment=_payment(form),
        customer_email=profile["email"].lower(),
        customer_firstname=profile["firstName"],
        customer_lastname=profile["lastName"],
        store_name=terms.store_name,
        protect_code=terms.protect_code,
        shipping_method=PAYMENT_METHOD if ways else None,
        shipping_description=", ".join(ways) or None,
        coupon_code=(form.get("marketingData") or {}).get("coupon"),
        subtotal_incl_tax=sum(row.row_total + row.tax for row in wanted.rows),
        total_item_count=len(wanted.rows),
        total_qty_ordered=sum(row.qty for row in wanted.rows),
        weight=items_weight,
        order_form=form,
    )


def _payment(form: Mapping[str, Any]) -> Payment:
    payments: Sequence[Mapping[str, Any]] = (form.get("paymentData") or {}).get("payments", ())
    names = dict.fromkeys(
        name
        for payment in payments
        if (name := payment.get("paymentSystemName") or payment.get("paymentSystem"))
    )
    title = ", ".join(names) or "Marketplace"
    return Payment(method=PAYMENT_METHOD, title=title, additional_information=(title,))


def order_address(given: Mapping[str, Any], profile: Mapping[str, Any], kind: str) -> Address:
    """Return an address of this platform as the books keep it.

    The receiver's last word is the surname. Street and number are the first line, then what helps to find it.
    """
    receiver = (given.get("receiverName") or f"{profile['firstName']} {profile['lastName']}").strip()
    firstname, _, lastname = receiver.rpartition(" ")
    first_line = " ".join(part for part in (given.get("street"), given.get("number")) if part)
    lines = (first_line, given.get("complement"), given.get("neighborhood"), given.get("reference"))
    state = given.get("state")
    return Address(
        address_type=kind,
        firstname=firstname or lastname,
        lastname=lastname if firstname else profile["lastName"],
        company=profile.get("corporateName"),
        street=tuple(line for line in lines if line),
        city=given.get("city", ""),
        region=state,
        region_code=state,
        postcode=given.get("postalCode", ""),
        country_id=two_letters(given.get("country", "")),
        telephone=profile.get("phone", ""),
        email=profile["email"],
        vat_id=profile.get("corporateDocument") or profile.get("document"),
    )

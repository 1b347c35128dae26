"""Turn a priced cart into the draft of an order. Pure.

Amounts and texts are those of Adobe's recorded orders (recordings 209, 752, 756 and the walks). The rows
are made by `counterfoil.checkout.draft_items`.
"""

from collections.abc import Mapping

from msgspec import Struct

from counterfoil.checkout.cart import CartAddress
from counterfoil.checkout.customer import NOT_LOGGED_IN
from counterfoil.checkout.draft_items import ids_text, order_items, row_count
from counterfoil.checkout.payment import PaymentChoice, PaymentMethod
from counterfoil.checkout.pricing import PricedCart
from counterfoil.domain.order import Address, Order, OrderParticulars, Payment
from counterfoil.ledger.ports import StockLevel


class Origin(Struct, frozen=True):
    """Where an order comes from: the store, the machine that sent it, and the secret of its tracking link."""

    store_name: str
    currency: str
    protect_code: str
    remote_ip: str | None = None


def draft_order(
    priced: PricedCart,
    *,
    choice: PaymentChoice,
    method: PaymentMethod,
    levels: Mapping[int, StockLevel],
    origin: Origin,
) -> Order:
    """Return the order that ``priced`` makes, with provisional ids (see `counterfoil.domain.place`)."""
    cart, totals = priced.cart, priced.totals
    items = {item.item_id: item for item in order_items(priced.rows, levels)}
    return Order(
        entity_id=0,
        version=0,
        store_id=cart.store_id,
        increment_id="",
        currency=origin.currency,
        state="",
        status="",
        is_virtual=priced.is_virtual,
        created_at="",
        updated_at="",
        billing_address_id=0,
        shipping_address_id=None,
        discount_description=priced.discount_description,
        grand_total=totals.grand_total,
        subtotal=totals.subtotal,
        tax_amount=totals.tax_amount,
        discount_amount=-totals.discount_amount,
        discount_tax_compensation_amount=0,
        shipping_amount=totals.shipping_amount,
        shipping_incl_tax=totals.shipping_incl_tax,
        shipping_tax_amount=totals.shipping_tax_amount,
        shipping_discount_amount=totals.shipping_discount_amount,
        shipping_discount_tax_compensation_amount=0,
        qty_to_invoice=0,
        qty_to_ship=0,
        items=items,
        particulars=_particulars(priced, choice=choice, method=method, origin=origin),
    )


def _particulars(
    priced: PricedCart, *, choice: PaymentChoice, method: PaymentMethod, origin: Origin
) -> OrderParticulars:
    cart, customer, rate = priced.cart, priced.customer, priced.shipping_rate
    billing = cart.billing_address or CartAddress()
    shipping = None if priced.is_virtual else cart.shipping_address
    person = customer or billing
    email = order_email(priced)
    return OrderParticulars(
        billing_address=order_address(billing, "billing", email, cart.customer_id),
        shipping_address=order_address(shipping, "shipping", email, cart.customer_id) if shipping else None,
        payment=Payment(
            method=method.code,
            title=method.title,
            po_number=choice.po_number,
            additional_information=(method.title,),
            gateway=method.gateway,
        ),
        customer_id=cart.customer_id,
        customer_email=email,
        customer_firstname=person.firstname,
        customer_lastname=person.lastname,
        customer_middlename=person.middlename,
        customer_prefix=person.prefix,
        customer_suffix=person.suffix,
        customer_group_id=customer.group_id if customer else NOT_LOGGED_IN,
        customer_is_guest=customer is None,
        store_name=origin.store_name,
        quote_id=cart.id,
        remote_ip=origin.remote_ip,
        protect_code=origin.protect_code,
        shipping_method=rate.code if rate else None,
        shipping_description=rate.description if rate else None,
        coupon_code=priced.applied_coupon_code,
        coupon_rule_name=priced.coupon.rule.name if priced.coupon and priced.applied_coupon_code else None,
        applied_rule_ids=ids_text(priced.totals.rule_ids),
        subtotal_incl_tax=priced.totals.subtotal_incl_tax,
        total_item_count=row_count(priced.rows),
        total_qty_ordered=priced.quantity,
        weight=priced.weight,
        shipping_taxes=priced.totals.shipping_taxes,
    )


def order_email(priced: PricedCart) -> str:
    """Return the e-mail address of whoever orders: the customer's, or what the guest has given."""
    if priced.customer is not None:
        return priced.customer.email
    billing, shipping = priced.cart.billing_address, priced.cart.shipping_address
    given = (priced.cart.email, billing and billing.email, shipping and shipping.email)
    return next((email for email in given if email), "")


def order_address(address: CartAddress, kind: str, email: str, customer_id: int | None) -> Address:
    """Return a cart's address as an order keeps it. It carries the e-mail address of the order."""
    return Address(
        address_type=kind,
        firstname=address.firstname or "",
        lastname=address.lastname or "",
        middlename=address.middlename,
        prefix=address.prefix,
        suffix=address.suffix,
        company=address.company,
        street=address.street,
        city=address.city or "",
        region=address.region,
        region_code=address.region_code,
        region_id=address.region_id,
        postcode=address.postcode or "",
        country_id=address.country_id or "",
        telephone=address.telephone or "",
        fax=address.fax,
        email=email or None,
        vat_id=address.vat_id,
        customer_id=customer_id if address.customer_address_id else None,
        customer_address_id=address.customer_address_id,
    )

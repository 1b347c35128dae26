"""Turn a priced cart into the draft of an order. Pure.

Rows, amounts and texts are those of Adobe's recorded orders (recordings 209, 752, 756 and the walks): a
configurable product gives a priced parent row with the variant's sku, and a child row without value.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from counterfoil.checkout.cart import CartAddress, CartItem
from counterfoil.checkout.customer import NOT_LOGGED_IN
from counterfoil.checkout.payment import PaymentChoice, PaymentMethod
from counterfoil.checkout.pricing import PricedCart, PricedRow
from counterfoil.domain.order import Address, ItemParticulars, Order, OrderItem, OrderParticulars, Payment
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
    items = {item.item_id: item for item in _items(priced, levels)}
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


def _items(priced: PricedCart, levels: Mapping[int, StockLevel]) -> Iterator[OrderItem]:
    next_id = 1
    for row in priced.rows:
        level = levels.get(row.sold.id)
        is_qty_decimal = level is not None and level.is_qty_decimal
        yield _real_item(row, next_id, is_qty_decimal=is_qty_decimal)
        if row.child is not None:
            yield _child_item(row, next_id + 1, is_qty_decimal=is_qty_decimal)
        next_id += 1 if row.child is None else 2


def _real_item(row: PricedRow, item_id: int, *, is_qty_decimal: bool) -> OrderItem:
    totals = row.totals
    return OrderItem(
        item_id=item_id,
        parent_item_id=None,
        product_id=row.product.id,
        product_type=row.product.type_id,
        sku=row.sold.sku,
        name=row.product.name,
        is_virtual=row.sold.is_virtual,
        is_qty_decimal=is_qty_decimal,
        price=totals.price,
        price_incl_tax=totals.price_incl_tax,
        qty_ordered=row.item.qty,
        row_total=totals.row_total,
        row_total_incl_tax=totals.row_total_incl_tax,
        tax_amount=totals.tax_amount,
        discount_amount=totals.discount_amount,
        discount_tax_compensation_amount=0,
        particulars=ItemParticulars(
            quote_item_id=row.item.item_id,
            original_price=totals.price,
            tax_percent=totals.tax_percent,
            discount_percent=totals.discount_percent,
            weight=None if row.sold.is_virtual else row.sold.weight,
            row_weight=row.row_weight,
            applied_rule_ids=_ids(totals.rule_ids),
            product_option=option_of(row.item),
            taxes=totals.taxes,
        ),
    )


def _child_item(row: PricedRow, item_id: int, *, is_qty_decimal: bool) -> OrderItem:
    return OrderItem(
        item_id=item_id,
        parent_item_id=item_id - 1,
        product_id=row.sold.id,
        product_type=row.sold.type_id,
        sku=row.sold.sku,
        name=row.sold.name,
        is_virtual=row.sold.is_virtual,
        is_qty_decimal=is_qty_decimal,
        price=0,
        price_incl_tax=0,
        qty_ordered=row.item.qty,
        row_total=0,
        row_total_incl_tax=0,
        tax_amount=0,
        discount_amount=0,
        discount_tax_compensation_amount=0,
        particulars=ItemParticulars(quote_item_id=row.item.item_id + 1, weight=row.sold.weight),
    )


def option_of(item: CartItem) -> dict[str, object] | None:
    """Return the choices of a row in the form that orders keep them, or None if there were none."""
    if not item.options:
        return None
    options = [
        {"option_id": str(option.attribute_id), "option_value": option.value} for option in item.options
    ]
    return {"extension_attributes": {"configurable_item_options": options}}


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
        applied_rule_ids=_ids(priced.totals.rule_ids),
        subtotal_incl_tax=priced.totals.subtotal_incl_tax,
        total_item_count=len(priced.rows),
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


def _ids(rule_ids: tuple[int, ...]) -> str | None:
    return ",".join(map(str, rule_ids)) or None

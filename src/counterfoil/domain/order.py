"""The nouns: an order and its items, as frozen values. Their documents are in `documents`.

Money and quantity are integers of 1/10 000 (`counterfoil.domain.money.SCALE`). Times are UTC
strings ``YYYY-MM-DD HH:MM:SS``. Field names are Adobe's where it has a name; one currency per
order, so the platform's ``base_`` twins are not stored.

An order is held in two parts. What decisions need is flat in `Order` and `OrderItem`, in the
order of the stored columns. What only readers need stands in `OrderParticulars` and
`ItemParticulars`; it is None when an order was loaded for a decision.
"""

from typing import Any

from msgspec import Struct

from counterfoil.domain.attachments import CancellationRequest, Change, ChangeInFlight, Package
from counterfoil.domain.documents import CreditMemo, Invoice, PaymentOperation, Shipment, StatusComment

COMPLETE = "complete"
SELLER = "seller"
MARKETPLACE = "marketplace"
"""The flows an order can be in: a shop's own, one that a marketplace has sold, one that others fulfil."""

READY_FOR_HANDLING = "ready-for-handling"
"""The stage in which orders begin that nothing has to be waited for."""


class Address(Struct, frozen=True, omit_defaults=True):
    """A billing or shipping address as it was when the order was placed."""

    address_type: str
    entity_id: int = 0
    firstname: str = ""
    lastname: str = ""
    middlename: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    company: str | None = None
    street: tuple[str, ...] = ()
    city: str = ""
    region: str | None = None
    region_code: str | None = None
    region_id: int | None = None
    postcode: str = ""
    country_id: str = ""
    telephone: str = ""
    fax: str | None = None
    email: str | None = None
    vat_id: str | None = None
    customer_id: int | None = None
    customer_address_id: int | None = None


class Payment(Struct, frozen=True, omit_defaults=True):
    """How the order is to be paid. Amounts follow from the order's own totals.

    ``gateway`` says that a payment provider moves the money; else it moves outside of this program.
    """

    method: str
    title: str
    po_number: str | None = None
    additional_information: tuple[str, ...] = ()
    gateway: bool = False


class ItemTax(Struct, frozen=True):
    """One tax rate as applied to one item (or to shipping, where ``taxable`` is ``shipping``)."""

    code: str
    title: str
    percent: int
    amount: int
    taxable: str = "product"


class ItemParticulars(Struct, frozen=True, omit_defaults=True):
    """What readers want to know of an item and no rule asks for.

    ``order_form`` is what a client of the VTEX dialect gave of the item, by that platform's names: ``id``
    (the SKU), ``uniqueId``, ``productId``, ``seller``, ``sellerSku``, ``ean``, ``refId``, ``name``,
    ``price``, ``listPrice``, ``sellingPrice``, ``tax``, ``priceTags``, ``imageUrl``, ``detailUrl``,
    ``measurementUnit``, ``unitMultiplier``, ``additionalInfo``, ``attachments`` … Money in it is as given,
    in cents. None: the order is not from there.
    """

    quote_item_id: int = 0
    original_price: int = 0
    tax_percent: int = 0
    discount_percent: int = 0
    weight: int | None = None
    row_weight: int = 0
    free_shipping: bool = False
    no_discount: bool = False
    applied_rule_ids: str | None = None
    product_option: dict[str, Any] | None = None
    taxes: tuple[ItemTax, ...] = ()
    order_form: dict[str, Any] | None = None


class OrderItem(Struct, frozen=True):
    """One row of an order. A configurable product has two: the priced parent and its child.

    ``children_calculated`` and ``shipped_separately`` are Adobe's *product calculations* and *shipment
    type*; a parent and its children carry the same. What was refunded of ``row_total`` is
    ``amount_refunded``, as Adobe calls it. Of ``qty_refunded``, ``qty_released`` had not been shipped and
    is free to be sold again; it is kept on rows without children, and Adobe has nothing like it.
    """

    item_id: int
    parent_item_id: int | None
    product_id: int
    product_type: str
    sku: str
    name: str
    is_virtual: bool
    is_qty_decimal: bool
    price: int
    price_incl_tax: int
    qty_ordered: int
    row_total: int
    row_total_incl_tax: int
    tax_amount: int
    discount_amount: int
    discount_tax_compensation_amount: int
    children_calculated: bool = False
    shipped_separately: bool = False
    qty_invoiced: int = 0
    qty_shipped: int = 0
    qty_refunded: int = 0
    qty_canceled: int = 0
    row_invoiced: int = 0
    tax_invoiced: int = 0
    discount_invoiced: int = 0
    discount_tax_compensation_invoiced: int = 0
    amount_refunded: int = 0
    tax_refunded: int = 0
    discount_refunded: int = 0
    discount_tax_compensation_refunded: int = 0
    row_canceled: int = 0
    tax_canceled: int = 0
    discount_canceled: int = 0
    discount_tax_compensation_canceled: int = 0
    qty_released: int = 0
    qty_gone: int = 0
    particulars: ItemParticulars | None = None


class OrderParticulars(Struct, frozen=True, omit_defaults=True):
    """What readers want to know of an order and no rule asks for.

    ``order_form`` is what a client of the VTEX dialect gave of the order, by that platform's names. Always
    there: ``orderId``, ``orderGroup``, ``sequence`` (text) and ``origin`` ("Marketplace", "Fulfillment").
    As given, or missing: ``affiliateId``, ``salesChannel``, ``marketplaceOrderId``,
    ``marketplaceOrderGroup``, ``marketplaceServicesEndpoint``, ``sellerOrderId``, ``clientProfileData``,
    ``shippingData`` (whose ``logisticsInfo`` has one entry for each item), ``paymentData``,
    ``marketingData``, ``customData``, ``openTextField``, ``clientPreferencesData``, ``invoiceData`` …
    Money in it is as given, in cents. None: the order is not from there, and everything is derived from
    the other fields.
    """

    billing_address: Address
    payment: Payment
    shipping_address: Address | None = None
    customer_id: int | None = None
    customer_email: str = ""
    customer_firstname: str | None = None
    customer_lastname: str | None = None
    customer_middlename: str | None = None
    customer_prefix: str | None = None
    customer_suffix: str | None = None
    customer_group_id: int = 0
    customer_is_guest: bool = True
    customer_note: str | None = None
    store_name: str = ""
    quote_id: int = 0
    remote_ip: str | None = None
    protect_code: str = ""
    shipping_method: str | None = None
    shipping_description: str | None = None
    coupon_code: str | None = None
    coupon_rule_name: str | None = None
    applied_rule_ids: str | None = None
    subtotal_incl_tax: int = 0
    total_item_count: int = 0
    total_qty_ordered: int = 0
    weight: int = 0
    shipping_taxes: tuple[ItemTax, ...] = ()
    ext_order_id: str | None = None
    ext_customer_id: str | None = None
    order_form: dict[str, Any] | None = None


class Order(Struct, frozen=True):
    """An order: what was agreed, the running totals of what happened to it, and its items.

    ``items`` holds the rows that were loaded, by id in ascending order: all of them, or those
    that a decision asked for (`counterfoil.domain.decider.scope_of`). ``qty_to_invoice`` and
    ``qty_to_ship`` are what is left over **all** rows, so a rule about the whole order needs no
    row that it does not touch. ``qty_ordered``, ``qty_shipped``
    and ``qty_refunded`` count the rows that are shipped (or would be, were they not virtual), so that they
    can be compared; ``qty_canceled`` counts the rows that are invoiced.

    ``discount_invoiced`` and ``discount_refunded`` are negative like ``discount_amount``;
    ``discount_canceled`` is positive, as Adobe keeps it. ``comments`` is the status history, oldest
    first. ``comments``, ``invoices``, ``shipments``, ``creditmemos`` and ``payments`` hold what was loaded
    or made since: in a replayed order all, in one that a decision got only what it asked for.

    ``authorization_id`` is the payment gateway's name of the authorisation, None if money moves outside of
    this program. Of ``amount_authorized`` invoices have captured ``total_paid``, and ``amount_canceled``
    was given up. ``open_payment`` is the ``seq`` of the operation whose outcome is not known yet.

    ``grand_total`` less ``total_canceled`` is the order's *value*. ``adjustment`` is the part of
    ``grand_total`` that Changes have moved and no row carries; ``adjustment_invoiced`` the same of its
    invoices. ``declared_count`` counts invoices whose value the client has told. ``stage`` is how far it has
    come in its ``flow``, ``workflow_status`` what VTEX calls it (`counterfoil.domain.transitions`).
    ``total_gone`` and ``qty_gone`` are what was written off before the order was canceled, if it is: they
    equal what is canceled as long as something of the order stands; ``qty_gone`` counts as ``qty_ordered``.
    ``change_generation`` says which kind of Change the order has had; ``packages`` and ``changes`` hold what
    was loaded or made since, as the documents do.
    """

    entity_id: int
    version: int
    store_id: int
    increment_id: str
    currency: str
    state: str
    status: str
    is_virtual: bool
    created_at: str
    updated_at: str
    billing_address_id: int
    shipping_address_id: int | None
    discount_description: str | None
    grand_total: int
    subtotal: int
    tax_amount: int
    discount_amount: int
    discount_tax_compensation_amount: int
    shipping_amount: int
    shipping_incl_tax: int
    shipping_tax_amount: int
    shipping_discount_amount: int
    shipping_discount_tax_compensation_amount: int
    qty_to_invoice: int
    qty_to_ship: int
    qty_ordered: int = 0
    qty_shipped: int = 0
    qty_refunded: int = 0
    qty_canceled: int = 0
    invoice_count: int = 0
    shipment_count: int = 0
    creditmemo_count: int = 0
    subtotal_invoiced: int = 0
    tax_invoiced: int = 0
    discount_invoiced: int = 0
    discount_tax_compensation_invoiced: int = 0
    shipping_invoiced: int = 0
    shipping_tax_invoiced: int = 0
    total_invoiced: int = 0
    total_paid: int = 0
    subtotal_refunded: int = 0
    tax_refunded: int = 0
    discount_refunded: int = 0
    discount_tax_compensation_refunded: int = 0
    shipping_refunded: int = 0
    shipping_tax_refunded: int = 0
    adjustment_positive: int = 0
    adjustment_negative: int = 0
    total_refunded: int = 0
    total_online_refunded: int = 0
    subtotal_canceled: int = 0
    tax_canceled: int = 0
    discount_canceled: int = 0
    discount_tax_compensation_canceled: int = 0
    shipping_canceled: int = 0
    total_canceled: int = 0
    hold_before_state: str | None = None
    hold_before_status: str | None = None
    customer_note_notify: bool = True
    authorization_id: str | None = None
    amount_authorized: int = 0
    amount_canceled: int = 0
    open_payment: int | None = None
    flow: str = COMPLETE
    stage: str = READY_FOR_HANDLING
    workflow_status: str = ""
    authorized_at: str | None = None
    invoiced_at: str | None = None
    adjustment: int = 0
    adjustment_invoiced: int = 0
    declared_count: int = 0
    change_generation: int | None = None
    change_count: int = 0
    open_change: ChangeInFlight | None = None
    cancellation_requests: tuple[CancellationRequest, ...] = ()
    qty_gone: int = 0
    total_gone: int = 0
    items: dict[int, OrderItem] = {}
    particulars: OrderParticulars | None = None
    comments: tuple[StatusComment, ...] = ()
    invoices: dict[int, Invoice] = {}
    shipments: dict[int, Shipment] = {}
    creditmemos: dict[int, CreditMemo] = {}
    payments: dict[int, PaymentOperation] = {}
    packages: dict[str, Package] = {}
    changes: dict[str, Change] = {}

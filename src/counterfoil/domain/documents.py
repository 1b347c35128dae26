"""The nouns that come into being on an order: invoices, shipments, credit memos, remarks, payments.

Money and quantity are integers of 1/10 000; times are UTC strings ``YYYY-MM-DD HH:MM:SS``. Field names
are Adobe's (contract adobe §9 and §11).
"""

from typing import Any

from msgspec import Struct

INVOICE_OPEN = 1
INVOICE_PAID = 2
INVOICE_CANCELED = 3
"""Adobe's states of an invoice."""

CREDITMEMO_REFUNDED = 2
"""Adobe's state of a credit memo whose money was given back (1 is open, 3 is canceled)."""


class Comment(Struct, frozen=True):
    """A remark on a document."""

    entity_id: int
    comment: str
    is_customer_notified: bool
    is_visible_on_front: bool
    created_at: str


class StatusComment(Struct, frozen=True):
    """An entry of an order's status history. ``entity_name`` says which document brought it about."""

    entity_id: int
    comment: str | None
    is_customer_notified: bool | None
    is_visible_on_front: bool
    created_at: str
    status: str
    entity_name: str | None = None


class InvoiceItem(Struct, frozen=True):
    """One row of an invoice. The mirrored child of a configurable carries a quantity and no value.

    ``qty_refunded`` is how much of it credit memos of this very invoice gave back.
    """

    entity_id: int
    order_item_id: int
    product_id: int
    sku: str
    name: str
    qty: int
    price: int
    price_incl_tax: int | None
    row_total: int | None
    row_total_incl_tax: int | None
    tax_amount: int | None
    discount_amount: int | None
    discount_tax_compensation_amount: int | None
    qty_refunded: int = 0


class Invoice(Struct, frozen=True):
    """An invoice as it was issued. Shipping amounts are None on all but the order's first.

    ``total_refunded`` is what credit memos of this very invoice gave back. ``adjustment`` is by how much
    ``grand_total`` differs from what the rows and the shipping come to.
    """

    entity_id: int
    order_id: int
    store_id: int
    increment_id: str
    state: int
    currency: str
    created_at: str
    updated_at: str
    billing_address_id: int
    shipping_address_id: int | None
    total_qty: int
    grand_total: int
    subtotal: int
    subtotal_incl_tax: int
    tax_amount: int
    discount_amount: int
    discount_description: str | None
    discount_tax_compensation_amount: int
    shipping_amount: int | None
    shipping_incl_tax: int | None
    shipping_tax_amount: int | None
    shipping_discount_tax_compensation_amount: int | None
    total_refunded: int = 0
    transaction_id: str | None = None
    adjustment: int = 0
    items: tuple[InvoiceItem, ...] = ()
    comments: tuple[Comment, ...] = ()


class ShipmentItem(Struct, frozen=True):
    """One row of a shipment."""

    entity_id: int
    order_item_id: int
    product_id: int
    sku: str
    name: str
    qty: int
    price: int


class Track(Struct, frozen=True):
    """A parcel of a shipment, as its carrier calls it. ``qty`` and ``weight`` are scaled."""

    entity_id: int
    carrier_code: str
    title: str
    track_number: str
    created_at: str
    updated_at: str
    description: str | None = None
    qty: int | None = None
    weight: int | None = None


class Shipment(Struct, frozen=True):
    """What left the house at one time. ``packages`` are as the client gave them."""

    entity_id: int
    order_id: int
    store_id: int
    increment_id: str
    created_at: str
    updated_at: str
    billing_address_id: int
    shipping_address_id: int | None
    total_qty: int
    packages: tuple[dict[str, Any], ...] = ()
    items: tuple[ShipmentItem, ...] = ()
    tracks: tuple[Track, ...] = ()
    comments: tuple[Comment, ...] = ()


class CreditMemoItem(Struct, frozen=True):
    """One row of a credit memo. The mirrored child of a configurable carries a quantity and no value."""

    entity_id: int
    order_item_id: int
    product_id: int
    sku: str
    name: str
    qty: int
    price: int
    price_incl_tax: int | None
    row_total: int | None
    row_total_incl_tax: int | None
    tax_amount: int | None
    discount_amount: int | None
    discount_tax_compensation_amount: int | None


class CreditMemo(Struct, frozen=True):
    """What was given back at one time. Adjustments are None where nobody named them.

    ``invoice_id`` is the invoice that it was made for, None if it was made for the order.
    """

    entity_id: int
    order_id: int
    store_id: int
    increment_id: str
    state: int
    currency: str
    created_at: str
    updated_at: str
    billing_address_id: int
    shipping_address_id: int | None
    invoice_id: int | None
    grand_total: int
    subtotal: int
    subtotal_incl_tax: int
    tax_amount: int
    discount_amount: int
    discount_description: str | None
    discount_tax_compensation_amount: int
    shipping_amount: int
    shipping_incl_tax: int
    shipping_tax_amount: int
    shipping_discount_tax_compensation_amount: int
    adjustment_positive: int | None
    adjustment_negative: int | None
    transaction_id: str | None = None
    items: tuple[CreditMemoItem, ...] = ()
    comments: tuple[Comment, ...] = ()


class PaymentOperation(Struct, frozen=True):
    """One movement of money at a payment provider, in recorded phases.

    ``seq`` is the order's version that it was wanted at. ``reference`` is our name for it towards the
    gateway, which never carries out one reference twice. ``kind`` is one of `counterfoil.domain.gateway`;
    ``state`` goes *wanted → sent → confirmed | declined*, and by way of *unknown* if no answer came.
    ``wish`` is the command that it is for, as plain values that JSON knows. ``parent_txn_id`` names what it
    builds on (the authorisation of a capture). Confirmed ones have ``transaction_id``, a number of
    ours, and ``txn_id``, the gateway's name; ``invoice_id`` and ``creditmemo_id`` are their documents.
    """

    order_id: int
    seq: int
    reference: str
    kind: str
    amount: int
    state: str
    parent_txn_id: str | None
    wish: dict[str, Any]
    created_at: str
    updated_at: str
    txn_id: str | None = None
    transaction_id: int | None = None
    invoice_id: int | None = None
    creditmemo_id: int | None = None
    reason: str | None = None


class Confirmation(Struct, frozen=True):
    """That a gateway has moved the money of the operation ``seq``, and under which names."""

    seq: int
    txn_id: str
    transaction_id: int

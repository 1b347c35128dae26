"""The keys of orders, their payments, shipping and histories (contract adobe §11).

What was invoiced, refunded and canceled has keys only once something was (recordings 209 to 221, 354, 364).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from counterfoil.dialects.adobe.table import Table, with_twins


class Facts(NamedTuple):
    """What has happened to an order, as far as its keys show it (contract adobe §12.9)."""

    invoiced: bool
    refunded: bool
    refunded_offline: bool
    refunded_online: bool
    canceled: bool
    mailed: bool


_AGREED = with_twins(
    {
        "discount_amount": "discount_amount",
        "grand_total": "grand_total",
        "discount_tax_compensation_amount": "discount_tax_compensation_amount",
        "shipping_amount": "shipping_amount",
        "shipping_discount_amount": "shipping_discount_amount",
        "shipping_discount_tax_compensation_amount": "shipping_discount_tax_compensation_amount",
        "shipping_incl_tax": "shipping_incl_tax",
        "shipping_tax_amount": "shipping_tax_amount",
        "subtotal": "subtotal",
        "subtotal_incl_tax": "particulars.subtotal_incl_tax",
        "tax_amount": "tax_amount",
    }
)
_INVOICED = with_twins(
    {
        "discount_invoiced": "discount_invoiced",
        "discount_tax_compensation_invoiced": "discount_tax_compensation_invoiced",
        "shipping_invoiced": "shipping_invoiced",
        "subtotal_invoiced": "subtotal_invoiced",
        "tax_invoiced": "tax_invoiced",
        "total_invoiced": "total_invoiced",
        "total_paid": "total_paid",
    }
)
_REFUNDED = with_twins(
    {
        "adjustment_negative": "adjustment_negative",
        "adjustment_positive": "adjustment_positive",
        "discount_refunded": "discount_refunded",
        "discount_tax_compensation_refunded": "discount_tax_compensation_refunded",
        "shipping_refunded": "shipping_refunded",
        "shipping_tax_refunded": "shipping_tax_refunded",
        "subtotal_refunded": "subtotal_refunded",
        "tax_refunded": "tax_refunded",
        "total_refunded": "total_refunded",
    }
)
_CANCELED = with_twins(
    {
        "discount_canceled": "discount_canceled",
        "shipping_canceled": "shipping_canceled",
        "subtotal_canceled": "subtotal_canceled",
        "tax_canceled": "tax_canceled",
        "total_canceled": "total_canceled",
    }
)
_MAILED = {"email_sent": 1}
_COST = {"base_total_invoiced_cost": 0}
_ONLINE = with_twins({"total_online_refunded": "total_online_refunded"})
_OFFLINE = with_twins({"total_offline_refunded": ""})
_DUE = with_twins({"total_due": ""})
_QUANTITIES = {"total_qty_ordered": "particulars.total_qty_ordered", "weight": "particulars.weight"}
_PLAIN = {
    "applied_rule_ids": "particulars.applied_rule_ids",
    "base_currency_code": "currency",
    "billing_address_id": "billing_address_id",
    "coupon_code": "particulars.coupon_code",
    "created_at": "created_at",
    "customer_email": "particulars.customer_email",
    "customer_firstname": "particulars.customer_firstname",
    "customer_group_id": "particulars.customer_group_id",
    "customer_id": "particulars.customer_id",
    "customer_lastname": "particulars.customer_lastname",
    "customer_middlename": "particulars.customer_middlename",
    "customer_note": "particulars.customer_note",
    "customer_prefix": "particulars.customer_prefix",
    "customer_suffix": "particulars.customer_suffix",
    "discount_description": "discount_description",
    "entity_id": "entity_id",
    "ext_customer_id": "particulars.ext_customer_id",
    "ext_order_id": "particulars.ext_order_id",
    "global_currency_code": "currency",
    "hold_before_state": "hold_before_state",
    "hold_before_status": "hold_before_status",
    "increment_id": "increment_id",
    "order_currency_code": "currency",
    "protect_code": "particulars.protect_code",
    "quote_id": "particulars.quote_id",
    "remote_ip": "particulars.remote_ip",
    "shipping_description": "particulars.shipping_description",
    "state": "state",
    "status": "status",
    "store_currency_code": "currency",
    "store_id": "store_id",
    "store_name": "particulars.store_name",
    "total_item_count": "particulars.total_item_count",
    "updated_at": "updated_at",
}
_FLAGS = {
    "customer_is_guest": "particulars.customer_is_guest",
    "customer_note_notify": "customer_note_notify",
    "is_virtual": "is_virtual",
}
_CONSTANTS = {
    "base_to_global_rate": 1,
    "base_to_order_rate": 1,
    "store_to_base_rate": 0,
    "store_to_order_rate": 0,
}
_OPTIONAL = """
    applied_rule_ids coupon_code customer_firstname customer_id customer_lastname customer_middlename
    customer_note customer_prefix customer_suffix discount_description ext_customer_id ext_order_id
    hold_before_state hold_before_status remote_ip shipping_description
"""

_ORDER_KEYS = """
    adjustment_negative adjustment_positive applied_rule_ids base_adjustment_negative base_adjustment_positive
    base_currency_code base_discount_amount base_discount_canceled base_discount_invoiced
    base_discount_refunded base_grand_total base_discount_tax_compensation_amount
    base_discount_tax_compensation_invoiced base_discount_tax_compensation_refunded base_shipping_amount
    base_shipping_canceled base_shipping_discount_amount base_shipping_discount_tax_compensation_amnt
    base_shipping_incl_tax base_shipping_invoiced base_shipping_refunded base_shipping_tax_amount
    base_shipping_tax_refunded base_subtotal base_subtotal_canceled base_subtotal_incl_tax
    base_subtotal_invoiced base_subtotal_refunded base_tax_amount base_tax_canceled base_tax_invoiced
    base_tax_refunded base_total_canceled base_total_due base_total_invoiced base_total_invoiced_cost
    base_total_offline_refunded base_total_online_refunded base_total_paid base_total_refunded
    base_to_global_rate base_to_order_rate billing_address_id coupon_code created_at customer_email
    customer_firstname customer_group_id customer_id customer_is_guest customer_lastname
    customer_middlename customer_note customer_note_notify customer_prefix customer_suffix discount_amount
    discount_canceled discount_description discount_invoiced discount_refunded email_sent entity_id
    ext_customer_id ext_order_id global_currency_code grand_total discount_tax_compensation_amount
    discount_tax_compensation_invoiced discount_tax_compensation_refunded hold_before_state
    hold_before_status increment_id is_virtual order_currency_code protect_code quote_id remote_ip
    shipping_amount shipping_canceled shipping_description shipping_discount_amount
    shipping_discount_tax_compensation_amount shipping_incl_tax shipping_invoiced shipping_refunded
    shipping_tax_amount shipping_tax_refunded state status store_currency_code store_id store_name
    store_to_base_rate store_to_order_rate subtotal subtotal_canceled subtotal_incl_tax subtotal_invoiced
    subtotal_refunded tax_amount tax_canceled tax_invoiced tax_refunded total_canceled total_due
    total_invoiced total_item_count total_offline_refunded total_online_refunded total_paid
    total_qty_ordered total_refunded updated_at weight
"""


@cache
def order_table(facts: Facts) -> Table:
    """Return the head of an order of which ``facts`` are true.

    ``total_due`` and what was refunded offline are computed by the document.
    """
    numbers = {**_AGREED, **_QUANTITIES}
    numbers |= _numbers(facts, invoiced=_INVOICED, refunded=_REFUNDED, canceled=_CANCELED)
    numbers |= _ONLINE if facts.refunded_online else {}
    constants: dict[str, Any] = _CONSTANTS | (_COST if facts.invoiced else {})
    constants |= _MAILED if facts.mailed else {}
    filled_in = _DUE | (_OFFLINE if facts.refunded_offline else {})
    return Table(
        _only(_ORDER_KEYS, {**numbers, **_PLAIN, **_FLAGS, **constants, **filled_in}),
        numbers=numbers,
        plain=_PLAIN,
        flags=_FLAGS,
        constants=constants,
        optional=_OPTIONAL,
    )


_SHIPPING = with_twins(
    {
        "shipping_amount": "shipping_amount",
        "shipping_discount_amount": "shipping_discount_amount",
        "shipping_discount_tax_compensation_amount": "shipping_discount_tax_compensation_amount",
        "shipping_incl_tax": "shipping_incl_tax",
        "shipping_tax_amount": "shipping_tax_amount",
    }
)

_SHIPPING_INVOICED = with_twins({"shipping_invoiced": "shipping_invoiced"})
_SHIPPING_REFUNDED = with_twins(
    {"shipping_refunded": "shipping_refunded", "shipping_tax_refunded": "shipping_tax_refunded"}
)
_SHIPPING_CANCELED = with_twins({"shipping_canceled": "shipping_canceled"})
_SHIPPING_KEYS = """
    base_shipping_amount base_shipping_canceled base_shipping_discount_amount
    base_shipping_discount_tax_compensation_amnt base_shipping_incl_tax base_shipping_invoiced
    base_shipping_refunded base_shipping_tax_amount base_shipping_tax_refunded shipping_amount
    shipping_canceled shipping_discount_amount shipping_discount_tax_compensation_amount
    shipping_incl_tax shipping_invoiced shipping_refunded shipping_tax_amount shipping_tax_refunded
"""


@cache
def shipping_table(facts: Facts) -> Table:
    """Return the totals of a shipping assignment of an order of which ``facts`` are true."""
    numbers = _SHIPPING | _numbers(
        facts, invoiced=_SHIPPING_INVOICED, refunded=_SHIPPING_REFUNDED, canceled=_SHIPPING_CANCELED
    )
    return Table(_only(_SHIPPING_KEYS, numbers), numbers=numbers, plain={})


ADDRESS = Table(
    """
    address_type city company country_id customer_address_id customer_id email entity_id fax firstname
    lastname middlename parent_id postcode prefix region region_code region_id street suffix telephone
    vat_id
    """,
    numbers={},
    plain={
        "address_type": "address_type",
        "city": "city",
        "company": "company",
        "country_id": "country_id",
        "customer_address_id": "customer_address_id",
        "customer_id": "customer_id",
        "email": "email",
        "entity_id": "entity_id",
        "fax": "fax",
        "firstname": "firstname",
        "lastname": "lastname",
        "middlename": "middlename",
        "postcode": "postcode",
        "prefix": "prefix",
        "region": "region",
        "region_code": "region_code",
        "region_id": "region_id",
        "street": "street",
        "suffix": "suffix",
        "telephone": "telephone",
        "vat_id": "vat_id",
    },
    optional=(
        "company customer_address_id customer_id email fax middlename prefix region region_code region_id "
        "suffix vat_id"
    ),
)
"""A billing or shipping address."""

_PAYMENT_NUMBERS = with_twins({"amount_ordered": "grand_total", "shipping_amount": "shipping_amount"})
_PAYMENT_PLAIN = {
    "additional_information": "particulars.payment.additional_information",
    "entity_id": "entity_id",
    "method": "particulars.payment.method",
    "parent_id": "entity_id",
    "po_number": "particulars.payment.po_number",
}

_PAYMENT_INVOICED = with_twins({"amount_paid": "total_paid", "shipping_captured": "shipping_invoiced"})
_PAYMENT_REFUNDED = with_twins(
    {"amount_refunded": "total_refunded", "shipping_refunded": "shipping_refunded"}
)
_PAYMENT_KEYS = """
    account_status additional_information amount_ordered amount_paid amount_refunded base_amount_ordered
    base_amount_paid base_amount_refunded base_shipping_amount base_shipping_captured
    base_shipping_refunded cc_last4 entity_id method parent_id po_number shipping_amount shipping_captured
    shipping_refunded
"""


@cache
def payment_table(facts: Facts) -> Table:
    """Return the payment of an order of which ``facts`` are true. Its id is the order's."""
    numbers = _PAYMENT_NUMBERS | _numbers(facts, invoiced=_PAYMENT_INVOICED, refunded=_PAYMENT_REFUNDED)
    known = {**numbers, **_PAYMENT_PLAIN, "account_status": "", "cc_last4": ""}
    return Table(_only(_PAYMENT_KEYS, known), numbers=numbers, plain=_PAYMENT_PLAIN, optional="po_number")


STATUS_COMMENT = Table(
    "comment created_at entity_id entity_name is_customer_notified is_visible_on_front parent_id status",
    numbers={},
    plain={
        "comment": "comment",
        "created_at": "created_at",
        "entity_id": "entity_id",
        "entity_name": "entity_name",
        "status": "status",
    },
    flags={"is_visible_on_front": "is_visible_on_front"},
    optional="entity_name",
)
"""An entry of the status history. The order's id, and whether the customer was told, are filled in."""


def _numbers(
    facts: Facts,
    *,
    invoiced: Mapping[str, str],
    refunded: Mapping[str, str],
    canceled: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the columns that have come with what happened (contract adobe §12.9)."""
    found: dict[str, str] = {}
    if facts.invoiced:
        found |= invoiced
    if facts.refunded:
        found |= refunded
    if facts.canceled:
        found |= canceled or {}
    return found


def _only(keys: str, known: Mapping[str, str]) -> str:
    return " ".join(key for key in keys.split() if key in known)

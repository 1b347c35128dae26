"""The body of ``POST /V1/orders``: what of it is a wish, what is known anyway, and what cannot be wished.

There any column of an order can be overwritten. Here who it is for can be changed, and its status within
its state; what follows from documents is passed over, because clients send whole orders back; what was
agreed on has to be what it is (contract adobe §6.3, §12.14).
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from counterfoil.checkout.register_customer import is_email_address
from counterfoil.dialects.adobe.cart_document import short_text
from counterfoil.dialects.adobe.documents import invalid
from counterfoil.dialects.adobe.errors import AdobeError, required
from counterfoil.dialects.adobe.wire import INT, MIXED, STRING, DataObject, php_text
from counterfoil.domain.update_order import CHANGEABLE, UpdateOrder

_AGREED = """
    applied_rule_ids base_currency_code base_discount_amount base_discount_tax_compensation_amount
    base_grand_total base_shipping_amount base_shipping_discount_amount
    base_shipping_discount_tax_compensation_amnt base_shipping_incl_tax base_shipping_tax_amount
    base_subtotal base_subtotal_incl_tax base_tax_amount base_to_global_rate base_to_order_rate
    billing_address billing_address_id can_ship_partially can_ship_partially_item coupon_code created_at
    customer_dob customer_gender customer_group_id customer_id customer_is_guest customer_taxvat
    discount_amount discount_description discount_tax_compensation_amount edit_increment
    extension_attributes forced_shipment_with_invoice global_currency_code grand_total increment_id
    is_virtual items order_currency_code original_increment_id payment payment_auth_expiration
    payment_authorization_amount protect_code quote_address_id quote_id relation_child_id
    relation_child_real_id relation_parent_id relation_parent_real_id remote_ip shipping_amount
    shipping_description shipping_discount_amount shipping_discount_tax_compensation_amount
    shipping_incl_tax shipping_tax_amount state store_currency_code store_id store_name store_to_base_rate
    store_to_order_rate subtotal subtotal_incl_tax tax_amount total_item_count total_qty_ordered weight
    x_forwarded_for
"""
_FOLLOWING = """
    adjustment_negative adjustment_positive base_adjustment_negative base_adjustment_positive
    base_discount_canceled base_discount_invoiced base_discount_refunded
    base_discount_tax_compensation_invoiced base_discount_tax_compensation_refunded base_shipping_canceled
    base_shipping_invoiced base_shipping_refunded base_shipping_tax_refunded base_subtotal_canceled
    base_subtotal_invoiced base_subtotal_refunded base_tax_canceled base_tax_invoiced base_tax_refunded
    base_total_canceled base_total_due base_total_invoiced base_total_invoiced_cost
    base_total_offline_refunded base_total_online_refunded base_total_paid base_total_qty_ordered
    base_total_refunded discount_canceled discount_invoiced discount_refunded
    discount_tax_compensation_invoiced discount_tax_compensation_refunded email_sent hold_before_state
    hold_before_status shipping_canceled shipping_invoiced shipping_refunded shipping_tax_refunded
    status_histories subtotal_canceled subtotal_invoiced subtotal_refunded tax_canceled tax_invoiced
    tax_refunded total_canceled total_due total_invoiced total_offline_refunded total_online_refunded
    total_paid total_refunded updated_at
"""

ENTITY = DataObject(
    "Order",
    {
        **dict.fromkeys((*_AGREED.split(), *_FOLLOWING.split()), MIXED),
        **dict.fromkeys(CHANGEABLE, STRING),
        "customer_note_notify": INT,
        "entity_id": INT,
        "status": STRING,
    },
)

MAX_NOTE = 64 * 1024
"""The longest note, in characters."""

_RUNNING = re.compile(
    r"(?:base_)?(?:amount|shipping)_(?:paid|refunded|captured|canceled)"
    r"|qty_(?:invoiced|shipped|refunded|canceled|backordered|returned)"
    r"|(?:base_)?amount_(?:paid|refunded)_online"
    r"|(?:base_)?(?:row|tax|discount|discount_tax_compensation|shipping)_(?:invoiced|refunded|canceled)"
    r"|(?:base_)?shipping_tax_refunded"
    r"|weee_tax_applied|updated_at|last_trans_id"
)
"""What inside rows, payments and shipping follows from documents."""

_FIXED = (
    'The "%fieldName" of an order cannot be changed: it was agreed on, or follows from its documents. '
    "Leave it out, or send it as it is."
)
_NEW_REMARK = "A comment is not saved with the order. Add it with POST /V1/orders/:id/comments."
_MISSING = object()


def wish(
    sent: Mapping[str, Any], known: Mapping[str, Any], statuses: Mapping[str, frozenset[str]]
) -> UpdateOrder:
    """Return what is to be changed.

    Args:
        sent: the entity, decoded (`ENTITY`).
        known: the order as it is answered.
        statuses: the shop's own statuses by state.

    Raises `AdobeError` 400 for what cannot be changed.
    """
    for name in _AGREED.split():
        if name in sent:
            for path in _changed(sent[name], known.get(name, _MISSING), name):
                raise AdobeError(400, _FIXED, {"fieldName": path})
    _refuse_new_remarks(sent.get("status_histories"))
    fields = {name: _text(name, sent[name]) for name in sorted(CHANGEABLE & sent.keys())}
    notify = sent.get("customer_note_notify")
    return UpdateOrder(
        fields=fields,
        status=short_text("status", sent.get("status")),
        customer_note_notify=None if notify is None else bool(notify),
        statuses=dict(statuses),
    )


def _refuse_new_remarks(entries: Any) -> None:
    """Refuse a remark that is not in the history yet: it would be overlooked, and the customer not told."""
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and not (entry.get("entity_id") or entry.get("entityId")):
            raise AdobeError(400, _NEW_REMARK)


def _text(name: str, text: str | None) -> str | None:
    if name == "customer_email":
        if not text:
            raise required(name)
        if not is_email_address(text):
            raise invalid(name, short_text(name, text))
        return text
    if name == "customer_note":
        if text and len(text) > MAX_NOTE:
            raise invalid(name, text[:100])
        return text or None
    return short_text(name, text)


def _changed(sent: Any, known: Any, path: str) -> Iterator[str]:
    """Yield where ``sent`` says something else than what is known. Running totals may be old."""
    if isinstance(sent, Mapping):
        if not isinstance(known, Mapping):
            if sent or known not in ([], _MISSING, None):
                yield path
            return
        for key, value in sent.items():
            if not _RUNNING.fullmatch(key):
                yield from _changed(value, known.get(key, _MISSING), f"{path}.{key}")
    elif isinstance(sent, list):
        if sent == [] and known in ({}, _MISSING):
            return
        if not isinstance(known, list | tuple) or len(sent) != len(known):
            yield path
            return
        for number, (one, other) in enumerate(zip(sent, known, strict=True)):
            yield from _changed(one, other, f"{path}[{number}]")
    elif not _same(sent, known):
        yield path


def _same(sent: Any, known: Any) -> bool:
    if sent is None or known is None or known is _MISSING:
        return sent is None and (known is None or known is _MISSING)
    if isinstance(known, str):
        return php_text(sent) == known
    if isinstance(known, bool) or not isinstance(known, int | Decimal):
        return bool(sent == known)
    try:
        return Decimal(php_text(sent) or "0") == known
    except InvalidOperation:
        return False

"""The credit memo as Adobe Commerce prints it (contract adobe §11; recordings 395, 400 and 727)."""

from typing import Any

from counterfoil.dialects.adobe.document_comments import comment_document
from counterfoil.dialects.adobe.render import number
from counterfoil.dialects.adobe.table import Table, show_mailed, with_twins
from counterfoil.domain.documents import CreditMemo, CreditMemoItem

_ADJUSTMENTS = with_twins(
    {"adjustment_negative": "adjustment_negative", "adjustment_positive": "adjustment_positive"}
)

_CREDITMEMO = Table(
    """
    adjustment adjustment_negative adjustment_positive base_adjustment base_adjustment_negative
    base_adjustment_positive base_currency_code base_discount_amount base_grand_total
    base_discount_tax_compensation_amount base_shipping_amount base_shipping_incl_tax
    base_shipping_tax_amount base_subtotal base_subtotal_incl_tax base_tax_amount base_to_global_rate
    base_to_order_rate billing_address_id created_at discount_amount discount_description email_sent
    entity_id global_currency_code grand_total discount_tax_compensation_amount increment_id invoice_id
    order_currency_code order_id shipping_address_id shipping_amount shipping_incl_tax
    shipping_tax_amount state store_currency_code store_id store_to_base_rate store_to_order_rate
    subtotal subtotal_incl_tax tax_amount transaction_id updated_at
    """,
    numbers={
        **with_twins(
            {
                "discount_amount": "discount_amount",
                "grand_total": "grand_total",
                "discount_tax_compensation_amount": "discount_tax_compensation_amount",
                "shipping_amount": "shipping_amount",
                "shipping_incl_tax": "shipping_incl_tax",
                "shipping_tax_amount": "shipping_tax_amount",
                "subtotal": "subtotal",
                "subtotal_incl_tax": "subtotal_incl_tax",
                "tax_amount": "tax_amount",
            }
        ),
        **_ADJUSTMENTS,
    },
    plain={
        "base_currency_code": "currency",
        "billing_address_id": "billing_address_id",
        "created_at": "created_at",
        "discount_description": "discount_description",
        "entity_id": "entity_id",
        "global_currency_code": "currency",
        "increment_id": "increment_id",
        "invoice_id": "invoice_id",
        "order_currency_code": "currency",
        "order_id": "order_id",
        "shipping_address_id": "shipping_address_id",
        "state": "state",
        "store_currency_code": "currency",
        "store_id": "store_id",
        "transaction_id": "transaction_id",
        "updated_at": "updated_at",
    },
    constants={
        "base_to_global_rate": 1,
        "base_to_order_rate": 1,
        "store_to_base_rate": 0,
        "store_to_order_rate": 0,
    },
    optional=" ".join(
        ["discount_description", "invoice_id", "shipping_address_id", "transaction_id", *_ADJUSTMENTS]
    ),
)

_PLAIN = {
    "entity_id": "entity_id",
    "name": "name",
    "order_item_id": "order_item_id",
    "product_id": "product_id",
    "sku": "sku",
}

_ITEM = Table(
    """
    base_cost base_discount_amount base_discount_tax_compensation_amount base_price base_price_incl_tax
    base_row_total base_row_total_incl_tax base_tax_amount base_weee_tax_row_disposition discount_amount
    entity_id discount_tax_compensation_amount name order_item_id parent_id price price_incl_tax
    product_id qty row_total row_total_incl_tax sku tax_amount weee_tax_applied
    weee_tax_applied_row_amount weee_tax_row_disposition
    """,
    numbers={
        **with_twins(
            {
                "discount_amount": "discount_amount",
                "discount_tax_compensation_amount": "discount_tax_compensation_amount",
                "price": "price",
                "price_incl_tax": "price_incl_tax",
                "row_total": "row_total",
                "row_total_incl_tax": "row_total_incl_tax",
                "tax_amount": "tax_amount",
            }
        ),
        "qty": "qty",
    },
    plain=_PLAIN,
    # There is no fixed product tax here; what the platform says where there is none.
    constants={
        "base_weee_tax_row_disposition": 0,
        "weee_tax_applied": "[]",
        "weee_tax_applied_row_amount": 0,
        "weee_tax_row_disposition": 0,
    },
    optional="discount_amount base_discount_amount",
)

_MIRRORED_ITEM = Table(
    "base_cost base_price entity_id name order_item_id parent_id price product_id qty sku",
    numbers={**with_twins({"price": "price"}), "qty": "qty"},
    plain=_PLAIN,
)


def creditmemo_document(memo: CreditMemo, *, mailed: bool = False) -> dict[str, Any]:
    """Return a credit memo with its rows and comments as its JSON object.

    ``mailed`` says that the customer was sent a message about it.
    """
    document = _CREDITMEMO.render(memo)
    show_mailed(document, mailed=mailed)
    adjustment = number((memo.adjustment_positive or 0) - (memo.adjustment_negative or 0))
    document["adjustment"] = document["base_adjustment"] = adjustment
    document["items"] = [_item_document(memo, item) for item in memo.items]
    document["comments"] = [comment_document(memo.entity_id, comment) for comment in memo.comments]
    return document


def _item_document(memo: CreditMemo, item: CreditMemoItem) -> dict[str, Any]:
    """A row that repeats another one has no value, and none of the keys of one (recording 727)."""
    document = (_MIRRORED_ITEM if item.row_total is None else _ITEM).render(item)
    document["parent_id"] = memo.entity_id
    return document

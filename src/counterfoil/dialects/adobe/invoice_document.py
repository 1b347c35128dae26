"""The invoice as Adobe Commerce prints them (contract adobe §9, §11; recording 214)."""

from typing import Any

from counterfoil.dialects.adobe.document_comments import comment_document
from counterfoil.dialects.adobe.table import Table, show_mailed, with_twins
from counterfoil.domain.documents import Invoice, InvoiceItem

_SHIPPING = {
    "shipping_amount": "shipping_amount",
    "shipping_discount_tax_compensation_amount": "shipping_discount_tax_compensation_amount",
    "shipping_incl_tax": "shipping_incl_tax",
    "shipping_tax_amount": "shipping_tax_amount",
}

_INVOICE = Table(
    """
    base_currency_code base_discount_amount base_grand_total base_discount_tax_compensation_amount
    base_shipping_amount base_shipping_discount_tax_compensation_amnt base_shipping_incl_tax
    base_shipping_tax_amount base_subtotal base_subtotal_incl_tax base_tax_amount base_to_global_rate
    base_to_order_rate billing_address_id can_void_flag created_at discount_amount discount_description
    email_sent entity_id global_currency_code grand_total discount_tax_compensation_amount increment_id
    order_currency_code order_id shipping_address_id shipping_amount
    shipping_discount_tax_compensation_amount shipping_incl_tax shipping_tax_amount state
    store_currency_code store_id store_to_base_rate store_to_order_rate subtotal subtotal_incl_tax
    tax_amount total_qty transaction_id updated_at
    """,
    numbers={
        **with_twins(
            {
                "discount_amount": "discount_amount",
                "grand_total": "grand_total",
                "discount_tax_compensation_amount": "discount_tax_compensation_amount",
                "subtotal": "subtotal",
                "subtotal_incl_tax": "subtotal_incl_tax",
                "tax_amount": "tax_amount",
                **_SHIPPING,
            }
        ),
        "total_qty": "total_qty",
    },
    plain={
        "base_currency_code": "currency",
        "billing_address_id": "billing_address_id",
        "created_at": "created_at",
        "discount_description": "discount_description",
        "entity_id": "entity_id",
        "global_currency_code": "currency",
        "increment_id": "increment_id",
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
        "can_void_flag": 0,
        "store_to_base_rate": 0,
        "store_to_order_rate": 0,
    },
    optional=" ".join(
        ["discount_description", "shipping_address_id", "transaction_id", *with_twins(_SHIPPING)]
    ),
)

_ITEM_VALUES = {
    "discount_amount": "discount_amount",
    "discount_tax_compensation_amount": "discount_tax_compensation_amount",
    "price_incl_tax": "price_incl_tax",
    "row_total": "row_total",
    "row_total_incl_tax": "row_total_incl_tax",
    "tax_amount": "tax_amount",
}

_ITEM = Table(
    """
    base_discount_amount base_discount_tax_compensation_amount base_price base_price_incl_tax
    base_row_total base_row_total_incl_tax base_tax_amount discount_amount entity_id
    discount_tax_compensation_amount name parent_id price price_incl_tax product_id row_total
    row_total_incl_tax sku tax_amount order_item_id qty
    """,
    numbers={**with_twins({**_ITEM_VALUES, "price": "price"}), "qty": "qty"},
    plain={
        "entity_id": "entity_id",
        "name": "name",
        "product_id": "product_id",
        "sku": "sku",
        "order_item_id": "order_item_id",
    },
    optional=" ".join(with_twins(_ITEM_VALUES)),
)


def invoice_document(invoice: Invoice, *, mailed: bool = False) -> dict[str, Any]:
    """Return an invoice with its rows and comments as its JSON object.

    ``mailed`` says that the customer was sent a message about it.
    """
    document = _INVOICE.render(invoice)
    show_mailed(document, mailed=mailed)
    document["items"] = [_item_document(invoice, item) for item in invoice.items]
    document["comments"] = [comment_document(invoice.entity_id, comment) for comment in invoice.comments]
    return document


def _item_document(invoice: Invoice, item: InvoiceItem) -> dict[str, Any]:
    document = _ITEM.render(item)
    document["parent_id"] = invoice.entity_id
    return document

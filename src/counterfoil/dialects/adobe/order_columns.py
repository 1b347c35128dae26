"""The keys of orders, their items, addresses and payments (contract adobe §11, recordings 209 to 213)."""

from counterfoil.dialects.adobe.table import Table, with_twins

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
    "global_currency_code": "currency",
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
_FLAGS = {"customer_is_guest": "particulars.customer_is_guest", "is_virtual": "is_virtual"}
_CONSTANTS = {
    "base_to_global_rate": 1,
    "base_to_order_rate": 1,
    "customer_note_notify": 1,
    "store_to_base_rate": 0,
    "store_to_order_rate": 0,
}
_OPTIONAL = """
    applied_rule_ids coupon_code customer_firstname customer_id customer_lastname customer_middlename
    customer_note customer_prefix customer_suffix discount_description remote_ip shipping_description
"""

NEW_ORDER = Table(
    """
    applied_rule_ids base_currency_code base_discount_amount base_grand_total
    base_discount_tax_compensation_amount base_shipping_amount base_shipping_discount_amount
    base_shipping_discount_tax_compensation_amnt base_shipping_incl_tax base_shipping_tax_amount
    base_subtotal base_subtotal_incl_tax base_tax_amount base_total_due base_to_global_rate
    base_to_order_rate billing_address_id coupon_code created_at customer_email customer_firstname
    customer_group_id customer_id customer_is_guest customer_lastname customer_middlename customer_note
    customer_note_notify customer_prefix customer_suffix discount_amount discount_description entity_id
    global_currency_code grand_total discount_tax_compensation_amount increment_id is_virtual
    order_currency_code protect_code quote_id remote_ip shipping_amount shipping_description
    shipping_discount_amount shipping_discount_tax_compensation_amount shipping_incl_tax
    shipping_tax_amount state status store_currency_code store_id store_name store_to_base_rate
    store_to_order_rate subtotal subtotal_incl_tax tax_amount total_due total_item_count
    total_qty_ordered updated_at weight
    """,
    numbers={**_AGREED, **_QUANTITIES},
    plain=_PLAIN,
    flags=_FLAGS,
    constants=_CONSTANTS,
    optional=_OPTIONAL,
)
"""The head of an order that has no invoice yet. ``total_due`` is computed by the document."""

INVOICED_ORDER = Table(
    """
    applied_rule_ids base_currency_code base_discount_amount base_discount_invoiced base_grand_total
    base_discount_tax_compensation_amount base_discount_tax_compensation_invoiced base_shipping_amount
    base_shipping_discount_amount base_shipping_discount_tax_compensation_amnt base_shipping_incl_tax
    base_shipping_invoiced base_shipping_tax_amount base_subtotal base_subtotal_incl_tax
    base_subtotal_invoiced base_tax_amount base_tax_invoiced base_total_due base_total_invoiced
    base_total_invoiced_cost base_total_paid base_to_global_rate base_to_order_rate billing_address_id
    coupon_code created_at customer_email customer_firstname customer_group_id customer_id
    customer_is_guest customer_lastname customer_middlename customer_note customer_note_notify
    customer_prefix customer_suffix discount_amount discount_description discount_invoiced entity_id
    global_currency_code grand_total discount_tax_compensation_amount
    discount_tax_compensation_invoiced increment_id is_virtual order_currency_code protect_code
    quote_id remote_ip shipping_amount shipping_description shipping_discount_amount
    shipping_discount_tax_compensation_amount shipping_incl_tax shipping_invoiced shipping_tax_amount
    state status store_currency_code store_id store_name store_to_base_rate store_to_order_rate
    subtotal subtotal_incl_tax subtotal_invoiced tax_amount tax_invoiced total_due total_invoiced
    total_item_count total_paid total_qty_ordered updated_at weight
    """,
    numbers={**_AGREED, **_INVOICED, **_QUANTITIES},
    plain=_PLAIN,
    flags=_FLAGS,
    constants={**_CONSTANTS, "base_total_invoiced_cost": 0},
    optional=_OPTIONAL,
)
"""The head of an order with invoices. The keys in ``_invoiced`` come with the first one (contract §12.9)."""

_SHIPPING = with_twins(
    {
        "shipping_amount": "shipping_amount",
        "shipping_discount_amount": "shipping_discount_amount",
        "shipping_discount_tax_compensation_amount": "shipping_discount_tax_compensation_amount",
        "shipping_incl_tax": "shipping_incl_tax",
        "shipping_tax_amount": "shipping_tax_amount",
    }
)

NEW_SHIPPING = Table(
    """
    base_shipping_amount base_shipping_discount_amount base_shipping_discount_tax_compensation_amnt
    base_shipping_incl_tax base_shipping_tax_amount shipping_amount shipping_discount_amount
    shipping_discount_tax_compensation_amount shipping_incl_tax shipping_tax_amount
    """,
    numbers=_SHIPPING,
    plain={},
)
"""The totals of a shipping assignment before the first invoice."""

INVOICED_SHIPPING = Table(
    """
    base_shipping_amount base_shipping_discount_amount base_shipping_discount_tax_compensation_amnt
    base_shipping_incl_tax base_shipping_invoiced base_shipping_tax_amount shipping_amount
    shipping_discount_amount shipping_discount_tax_compensation_amount shipping_incl_tax
    shipping_invoiced shipping_tax_amount
    """,
    numbers={**_SHIPPING, **with_twins({"shipping_invoiced": "shipping_invoiced"})},
    plain={},
)
"""The totals of a shipping assignment after it."""

_ITEM_NUMBERS = {
    **with_twins(
        {
            "discount_amount": "discount_amount",
            "discount_invoiced": "discount_invoiced",
            "price": "price",
            "row_invoiced": "row_invoiced",
            "tax_amount": "tax_amount",
            "tax_invoiced": "tax_invoiced",
        }
    ),
    "discount_percent": "particulars.discount_percent",
    "original_price": "particulars.original_price",
    "qty_canceled": "qty_canceled",
    "qty_invoiced": "qty_invoiced",
    "qty_ordered": "qty_ordered",
    "qty_refunded": "qty_refunded",
    "qty_shipped": "qty_shipped",
    "row_weight": "particulars.row_weight",
    "tax_percent": "particulars.tax_percent",
    "weight": "particulars.weight",
}
_REAL_ITEM_NUMBERS = with_twins(
    {
        "discount_tax_compensation_amount": "discount_tax_compensation_amount",
        "original_price": "particulars.original_price",
        "price_incl_tax": "price_incl_tax",
    }
)
_ITEM_PLAIN = {
    "applied_rule_ids": "particulars.applied_rule_ids",
    "item_id": "item_id",
    "name": "name",
    "parent_item_id": "parent_item_id",
    "product_id": "product_id",
    "product_type": "product_type",
    "quote_item_id": "particulars.quote_item_id",
    "sku": "sku",
}
_ITEM_FLAGS = {
    "free_shipping": "particulars.free_shipping",
    "is_qty_decimal": "is_qty_decimal",
    "is_virtual": "is_virtual",
    "no_discount": "particulars.no_discount",
}
_ITEM_CONSTANTS = {"amount_refunded": 0, "base_amount_refunded": 0}

REAL_ITEM = Table(
    """
    amount_refunded applied_rule_ids base_amount_refunded base_discount_amount base_discount_invoiced
    base_discount_tax_compensation_amount base_discount_tax_compensation_invoiced base_original_price
    base_price base_price_incl_tax base_row_invoiced base_row_total base_row_total_incl_tax
    base_tax_amount base_tax_invoiced created_at discount_amount discount_invoiced discount_percent
    free_shipping discount_tax_compensation_amount discount_tax_compensation_invoiced is_qty_decimal
    is_virtual item_id name no_discount order_id original_price parent_item_id price price_incl_tax product_id
    product_type qty_canceled qty_invoiced qty_ordered qty_refunded qty_shipped quote_item_id
    row_invoiced row_total row_total_incl_tax row_weight sku store_id tax_amount tax_invoiced
    tax_percent updated_at weee_tax_applied weight
    """,
    numbers={**_ITEM_NUMBERS, **_REAL_ITEM_NUMBERS},
    plain=_ITEM_PLAIN,
    flags=_ITEM_FLAGS,
    constants=_ITEM_CONSTANTS,
    optional="applied_rule_ids parent_item_id weight",
)
"""A row with values. What depends on the order, and the row totals, are filled in by the document."""

MIRRORED_ITEM = Table(
    """
    amount_refunded applied_rule_ids base_amount_refunded base_discount_amount base_discount_invoiced
    base_discount_tax_compensation_invoiced base_price base_row_invoiced base_row_total base_tax_amount
    base_tax_invoiced created_at discount_amount discount_invoiced discount_percent free_shipping
    discount_tax_compensation_invoiced is_qty_decimal is_virtual item_id name no_discount order_id
    original_price parent_item_id price product_id product_type qty_canceled qty_invoiced qty_ordered
    qty_refunded qty_shipped quote_item_id row_invoiced row_total row_weight sku store_id tax_amount
    tax_invoiced tax_percent updated_at weight
    """,
    numbers=_ITEM_NUMBERS,
    plain=_ITEM_PLAIN,
    flags=_ITEM_FLAGS,
    constants=_ITEM_CONSTANTS,
    optional="applied_rule_ids weight",
)
"""The child of a configurable product, which only mirrors its parent."""

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

NEW_PAYMENT = Table(
    """
    account_status additional_information amount_ordered base_amount_ordered base_shipping_amount
    cc_last4 entity_id method parent_id po_number shipping_amount
    """,
    numbers=_PAYMENT_NUMBERS,
    plain=_PAYMENT_PLAIN,
    optional="po_number",
)
"""The payment of an order before the first invoice. Its id is the order's."""

INVOICED_PAYMENT = Table(
    """
    account_status additional_information amount_ordered amount_paid base_amount_ordered base_amount_paid
    base_shipping_amount base_shipping_captured cc_last4 entity_id method parent_id po_number
    shipping_amount shipping_captured
    """,
    numbers={
        **_PAYMENT_NUMBERS,
        **with_twins({"amount_paid": "total_paid", "shipping_captured": "shipping_invoiced"}),
    },
    plain=_PAYMENT_PLAIN,
    optional="po_number",
)
"""The payment of an order after it."""

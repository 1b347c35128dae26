"""The names people search and read by: Adobe's columns over our tables.

One table serves the views (`sales_order` …) and the searches, so both always agree. Source of the
names: contract adobe §9 and §11.
"""

from counterfoil.storage.column import Column, Document, Index, Kind


def _columns(kind: Kind, names: str, *, when: str | None = None) -> list[Column]:
    return [
        Column(name, kind, f"CASE WHEN {when} THEN {name} END" if when else name) for name in names.split()
    ]


def _particulars(kind: Kind, names: str) -> list[Column]:
    if kind is Kind.TEXT:
        return [Column(name, kind, f"(particulars ->> '{name}')") for name in names.split()]
    return [Column(name, kind, f"(CAST(particulars ->> '{name}' AS BIGINT))") for name in names.split()]


def _filled(names: str) -> list[Column]:
    """Return decimal columns that are answered as 0 where nothing is stored."""
    return [
        Column(column.name, column.kind, f"COALESCE({column.expression}, 0)")
        for column in _particulars(Kind.DECIMAL, names)
    ]


def _with_base(columns: list[Column], plain: str = "") -> list[Column]:
    """Add the ``base_`` twin of every decimal column: one currency per order makes them equal."""
    alone = set(plain.split())
    twins = [
        Column(f"base_{column.name}", column.kind, column.expression)
        for column in columns
        if column.kind is Kind.DECIMAL and column.name not in alone
    ]
    return columns + twins


def _document(
    table: str, key: str, view: str, columns: list[Column], indexes: dict[str, Index] | None = None
) -> Document:
    return Document(table, key, view, {column.name: column for column in columns}, indexes or {})


def _indexes_of(table: str) -> dict[str, Index]:
    """Return the indexes of documents that belong to an order and have numbers of their own."""
    return {
        "entity_id": Index(f"{table}_id"),
        "order_id": Index(f"sqlite_autoindex_{table}_1", "entity_id"),
        "increment_id": Index(f"{table}_number", "store_id"),
        "created_at": Index(f"{table}_created", "entity_id"),
        "updated_at": Index(f"{table}_updated", "entity_id"),
    }


_INVOICED = "invoice_count > 0"
_REFUNDED = "creditmemo_count > 0"
_CANCELED = "qty_canceled > 0"
_CURRENCIES = [
    Column(name, Kind.TEXT, "currency")
    for name in (
        "order_currency_code",
        "base_currency_code",
        "store_currency_code",
        "global_currency_code",
    )
]

ORDER = _document(
    "orders",
    "entity_id",
    "sales_order",
    [
        *_columns(Kind.INTEGER, "entity_id store_id is_virtual billing_address_id shipping_address_id"),
        *_columns(
            Kind.TEXT, "increment_id state status discount_description hold_before_state hold_before_status"
        ),
        *_columns(Kind.INTEGER, "customer_note_notify"),
        *_columns(Kind.TIME, "created_at updated_at"),
        *_particulars(
            Kind.TEXT,
            "customer_email customer_firstname customer_lastname customer_middlename customer_prefix "
            "customer_suffix customer_note store_name remote_ip protect_code shipping_method "
            "shipping_description coupon_code coupon_rule_name applied_rule_ids",
        ),
        *_particulars(Kind.INTEGER, "customer_id quote_id"),
        Column(
            "customer_group_id",
            Kind.INTEGER,
            "COALESCE(CAST(particulars ->> 'customer_group_id' AS BIGINT), 0)",
        ),
        Column(
            "customer_is_guest",
            Kind.INTEGER,
            "CASE WHEN particulars ->> 'customer_id' IS NULL THEN 1 ELSE 0 END",
        ),
        *_particulars(Kind.INTEGER, "total_item_count"),
        *_CURRENCIES,
        *_with_base(
            [
                *_columns(
                    Kind.DECIMAL,
                    "grand_total subtotal tax_amount discount_amount discount_tax_compensation_amount "
                    "shipping_amount shipping_incl_tax shipping_tax_amount shipping_discount_amount",
                ),
                *_columns(
                    Kind.DECIMAL,
                    "subtotal_invoiced tax_invoiced discount_invoiced discount_tax_compensation_invoiced "
                    "shipping_invoiced total_invoiced total_paid",
                    when=_INVOICED,
                ),
                *_columns(
                    Kind.DECIMAL,
                    "subtotal_refunded tax_refunded discount_refunded discount_tax_compensation_refunded "
                    "shipping_refunded shipping_tax_refunded adjustment_positive adjustment_negative "
                    "total_refunded total_online_refunded",
                    when=_REFUNDED,
                ),
                Column(
                    "total_offline_refunded",
                    Kind.DECIMAL,
                    f"CASE WHEN {_REFUNDED} THEN total_refunded - total_online_refunded END",
                ),
                *_columns(
                    Kind.DECIMAL,
                    "subtotal_canceled tax_canceled discount_canceled shipping_canceled total_canceled",
                    when=_CANCELED,
                ),
                Column(
                    "total_due",
                    Kind.DECIMAL,
                    "(CASE WHEN grand_total > total_paid THEN grand_total - total_paid ELSE 0 END)",
                ),
                *_particulars(Kind.DECIMAL, "subtotal_incl_tax total_qty_ordered"),
            ]
        ),
        *_columns(Kind.DECIMAL, "shipping_discount_tax_compensation_amount"),
        Column(
            "base_shipping_discount_tax_compensation_amnt",
            Kind.DECIMAL,
            "shipping_discount_tax_compensation_amount",
        ),
        *_particulars(Kind.DECIMAL, "weight"),
    ],
    {
        "entity_id": Index(""),
        "increment_id": Index("orders_number", "store_id"),
        "status": Index("orders_status_created", "created_at"),
        "created_at": Index("orders_created", "entity_id"),
        "updated_at": Index("orders_updated", "entity_id"),
        "customer_email": Index("orders_email", "entity_id"),
        "customer_id": Index("orders_customer", "entity_id"),
    },
)

ORDER_ITEM = _document(
    "order_item",
    "item_id",
    "sales_order_item",
    [
        *_columns(Kind.INTEGER, "item_id order_id parent_item_id product_id is_virtual is_qty_decimal"),
        *_columns(Kind.TEXT, "product_type sku name"),
        *_columns(Kind.TIME, "created_at"),
        # A row is saved with its order, so it has no time of its own.
        Column("updated_at", Kind.TIME, "(SELECT o.updated_at FROM orders o WHERE o.entity_id = order_id)"),
        *_particulars(Kind.INTEGER, "quote_item_id"),
        *_particulars(Kind.TEXT, "applied_rule_ids"),
        *_columns(Kind.DECIMAL, "qty_ordered qty_invoiced qty_shipped qty_refunded qty_canceled"),
        *_particulars(Kind.DECIMAL, "weight"),
        *_filled("row_weight tax_percent discount_percent"),
        *_with_base(
            [
                *_columns(
                    Kind.DECIMAL,
                    "price price_incl_tax row_total row_total_incl_tax tax_amount discount_amount "
                    "discount_tax_compensation_amount row_invoiced tax_invoiced discount_invoiced "
                    "discount_tax_compensation_invoiced amount_refunded tax_refunded discount_refunded "
                    "discount_tax_compensation_refunded",
                ),
                *_particulars(Kind.DECIMAL, "original_price"),
            ]
        ),
        *_columns(Kind.DECIMAL, "tax_canceled discount_tax_compensation_canceled"),
    ],
    {
        "item_id": Index("order_item_id"),
        "order_id": Index("", "item_id"),
        "sku": Index("order_item_sku", "item_id"),
        "product_id": Index("order_item_product", "item_id"),
        "created_at": Index("order_item_created", "item_id"),
    },
)

INVOICE = _document(
    "invoice",
    "entity_id",
    "sales_invoice",
    [
        *_columns(Kind.INTEGER, "entity_id order_id store_id state billing_address_id shipping_address_id"),
        *_columns(Kind.TEXT, "increment_id discount_description transaction_id"),
        *_columns(Kind.TIME, "created_at updated_at"),
        *_CURRENCIES,
        *_columns(Kind.DECIMAL, "total_qty"),
        *_with_base(
            _columns(
                Kind.DECIMAL,
                "grand_total subtotal subtotal_incl_tax tax_amount discount_amount "
                "discount_tax_compensation_amount shipping_amount shipping_incl_tax shipping_tax_amount",
            )
        ),
        *_columns(Kind.DECIMAL, "shipping_discount_tax_compensation_amount"),
        Column(
            "base_shipping_discount_tax_compensation_amnt",
            Kind.DECIMAL,
            "shipping_discount_tax_compensation_amount",
        ),
    ],
    _indexes_of("invoice"),
)

INVOICE_ITEM = _document(
    "invoice_item",
    "entity_id",
    "sales_invoice_item",
    [
        Column("parent_id", Kind.INTEGER, "invoice_id"),
        *_columns(Kind.INTEGER, "entity_id order_item_id product_id"),
        *_columns(Kind.TEXT, "sku name"),
        *_columns(Kind.DECIMAL, "qty"),
        *_with_base(
            _columns(
                Kind.DECIMAL,
                "price price_incl_tax row_total row_total_incl_tax tax_amount discount_amount "
                "discount_tax_compensation_amount",
            )
        ),
    ],
)

SHIPMENT = _document(
    "shipment",
    "entity_id",
    "sales_shipment",
    [
        *_columns(Kind.INTEGER, "entity_id order_id store_id billing_address_id shipping_address_id"),
        *_columns(Kind.TEXT, "increment_id packages"),
        *_columns(Kind.TIME, "created_at updated_at"),
        *_columns(Kind.DECIMAL, "total_qty"),
    ],
    _indexes_of("shipment"),
)

SHIPMENT_ITEM = _document(
    "shipment_item",
    "entity_id",
    "sales_shipment_item",
    [
        Column("parent_id", Kind.INTEGER, "shipment_id"),
        *_columns(Kind.INTEGER, "entity_id order_item_id product_id"),
        *_columns(Kind.TEXT, "sku name"),
        *_columns(Kind.DECIMAL, "qty price"),
    ],
)

SHIPMENT_TRACK = _document(
    "shipment_track",
    "entity_id",
    "sales_shipment_track",
    [
        Column("parent_id", Kind.INTEGER, "shipment_id"),
        *_columns(Kind.INTEGER, "entity_id order_id"),
        *_columns(Kind.TEXT, "carrier_code title track_number description"),
        *_columns(Kind.TIME, "created_at updated_at"),
        *_columns(Kind.DECIMAL, "qty weight"),
    ],
)

CREDITMEMO = _document(
    "creditmemo",
    "entity_id",
    "sales_creditmemo",
    [
        *_columns(
            Kind.INTEGER,
            "entity_id order_id store_id state invoice_id billing_address_id shipping_address_id",
        ),
        *_columns(Kind.TEXT, "increment_id discount_description transaction_id"),
        *_columns(Kind.TIME, "created_at updated_at"),
        *_CURRENCIES,
        *_with_base(
            [
                *_columns(
                    Kind.DECIMAL,
                    "grand_total subtotal subtotal_incl_tax tax_amount discount_amount "
                    "discount_tax_compensation_amount shipping_amount shipping_incl_tax shipping_tax_amount "
                    "adjustment_positive adjustment_negative",
                ),
                Column(
                    "adjustment",
                    Kind.DECIMAL,
                    "(COALESCE(adjustment_positive, 0) - COALESCE(adjustment_negative, 0))",
                ),
            ]
        ),
    ],
    _indexes_of("creditmemo"),
)

CREDITMEMO_ITEM = _document(
    "creditmemo_item",
    "entity_id",
    "sales_creditmemo_item",
    [
        Column("parent_id", Kind.INTEGER, "creditmemo_id"),
        *_columns(Kind.INTEGER, "entity_id order_item_id product_id"),
        *_columns(Kind.TEXT, "sku name"),
        *_columns(Kind.DECIMAL, "qty"),
        *_with_base(
            _columns(
                Kind.DECIMAL,
                "price price_incl_tax row_total row_total_incl_tax tax_amount discount_amount "
                "discount_tax_compensation_amount",
            )
        ),
    ],
)

ORDER_COMMENT = _document(
    "order_comment",
    "entity_id",
    "sales_order_status_history",
    [
        Column("parent_id", Kind.INTEGER, "order_id"),
        *_columns(Kind.INTEGER, "entity_id is_customer_notified is_visible_on_front"),
        *_columns(Kind.TEXT, "comment status entity_name"),
        *_columns(Kind.TIME, "created_at"),
    ],
    {
        "parent_id": Index("sqlite_autoindex_order_comment_1", "entity_id"),
        "entity_id": Index("order_comment_id"),
        "created_at": Index("order_comment_created", "entity_id"),
    },
)

TRANSACTION = _document(
    "payment_transaction",
    "transaction_id",
    "sales_payment_transaction",
    [
        *_columns(Kind.INTEGER, "transaction_id order_id parent_id is_closed"),
        Column("payment_id", Kind.INTEGER, "order_id"),
        *_columns(Kind.TEXT, "txn_id parent_txn_id"),
        Column("txn_type", Kind.TEXT, "kind"),
        *_columns(Kind.TIME, "created_at"),
    ],
)

DOCUMENTS = {
    document.table: document
    for document in (ORDER_ITEM, INVOICE, SHIPMENT, CREDITMEMO, ORDER_COMMENT, TRANSACTION)
} | {"order": ORDER}
"""The documents that can be searched, by the name that `Reader.search` takes."""

VIEWED = (
    *(ORDER, ORDER_ITEM, INVOICE, INVOICE_ITEM),
    *(SHIPMENT, SHIPMENT_ITEM, SHIPMENT_TRACK, CREDITMEMO, CREDITMEMO_ITEM, ORDER_COMMENT),
    TRANSACTION,
)
"""The documents that have a view of their own."""

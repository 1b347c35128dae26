-- The books. Money and quantity are integers of 1/10 000; times are UTC text.
-- {ID} is the type of ids, {JSON} of documents.
-- Every table that belongs to an order carries the order's id at the front of its key, so that
-- orders can be spread over machines. CHECKs are the second line behind the domain's rules.

CREATE TABLE orders (
    entity_id {ID} PRIMARY KEY,
    version BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    increment_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    status TEXT NOT NULL,
    is_virtual BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    billing_address_id BIGINT NOT NULL,
    shipping_address_id BIGINT,
    discount_description TEXT,
    grand_total BIGINT NOT NULL,
    subtotal BIGINT NOT NULL,
    tax_amount BIGINT NOT NULL,
    discount_amount BIGINT NOT NULL,
    discount_tax_compensation_amount BIGINT NOT NULL,
    shipping_amount BIGINT NOT NULL,
    shipping_incl_tax BIGINT NOT NULL,
    shipping_tax_amount BIGINT NOT NULL,
    shipping_discount_amount BIGINT NOT NULL,
    shipping_discount_tax_compensation_amount BIGINT NOT NULL,
    qty_to_invoice BIGINT NOT NULL CHECK (qty_to_invoice >= 0),
    qty_to_ship BIGINT NOT NULL CHECK (qty_to_ship >= 0),
    invoice_count BIGINT NOT NULL,
    subtotal_invoiced BIGINT NOT NULL,
    tax_invoiced BIGINT NOT NULL,
    discount_invoiced BIGINT NOT NULL,
    discount_tax_compensation_invoiced BIGINT NOT NULL,
    shipping_invoiced BIGINT NOT NULL,
    shipping_tax_invoiced BIGINT NOT NULL,
    total_invoiced BIGINT NOT NULL,
    total_paid BIGINT NOT NULL,
    particulars {JSON} NOT NULL,
    CHECK (total_invoiced >= 0 AND total_invoiced <= grand_total),
    CHECK (total_paid <= grand_total)
){FILL};
CREATE UNIQUE INDEX orders_number ON orders (increment_id, store_id);
CREATE INDEX orders_status ON orders (status, entity_id);
CREATE INDEX orders_created ON orders (created_at, entity_id);
CREATE INDEX orders_updated ON orders (updated_at, entity_id);
CREATE INDEX orders_email ON orders ((particulars ->> 'customer_email'), entity_id);
CREATE INDEX orders_customer ON orders ((CAST(particulars ->> 'customer_id' AS BIGINT)), entity_id);

-- top_item_id is the row itself or its parent: a parent and its children lie side by side.
CREATE TABLE order_item (
    order_id BIGINT NOT NULL,
    top_item_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    parent_item_id BIGINT,
    product_id BIGINT NOT NULL,
    product_type TEXT NOT NULL,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    is_virtual BIGINT NOT NULL,
    is_qty_decimal BIGINT NOT NULL,
    price BIGINT NOT NULL,
    price_incl_tax BIGINT NOT NULL,
    qty_ordered BIGINT NOT NULL,
    row_total BIGINT NOT NULL,
    row_total_incl_tax BIGINT NOT NULL,
    tax_amount BIGINT NOT NULL,
    discount_amount BIGINT NOT NULL,
    discount_tax_compensation_amount BIGINT NOT NULL,
    qty_invoiced BIGINT NOT NULL,
    qty_shipped BIGINT NOT NULL,
    qty_refunded BIGINT NOT NULL,
    qty_canceled BIGINT NOT NULL,
    row_invoiced BIGINT NOT NULL,
    tax_invoiced BIGINT NOT NULL,
    discount_invoiced BIGINT NOT NULL,
    discount_tax_compensation_invoiced BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    particulars {JSON} NOT NULL,
    PRIMARY KEY (order_id, top_item_id, item_id),
    CHECK (qty_refunded >= 0 AND qty_refunded <= qty_invoiced),
    CHECK (qty_invoiced <= qty_ordered - qty_canceled),
    CHECK (qty_shipped >= 0 AND qty_shipped <= qty_ordered - qty_canceled),
    CHECK (row_invoiced >= 0 AND row_invoiced <= row_total),
    CHECK (tax_invoiced >= 0 AND tax_invoiced <= tax_amount),
    CHECK (discount_invoiced >= 0 AND discount_invoiced <= discount_amount)
){FILL}{CLUSTERED};
CREATE UNIQUE INDEX order_item_id ON order_item (item_id);
CREATE INDEX order_item_sku ON order_item (sku, item_id);
CREATE INDEX order_item_product ON order_item (product_id, item_id);

CREATE TABLE invoice (
    order_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    increment_id TEXT NOT NULL,
    state BIGINT NOT NULL,
    currency TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    billing_address_id BIGINT NOT NULL,
    shipping_address_id BIGINT,
    total_qty BIGINT NOT NULL CHECK (total_qty > 0),
    grand_total BIGINT NOT NULL,
    subtotal BIGINT NOT NULL,
    subtotal_incl_tax BIGINT NOT NULL,
    tax_amount BIGINT NOT NULL,
    discount_amount BIGINT NOT NULL,
    discount_description TEXT,
    discount_tax_compensation_amount BIGINT NOT NULL,
    shipping_amount BIGINT,
    shipping_incl_tax BIGINT,
    shipping_tax_amount BIGINT,
    shipping_discount_tax_compensation_amount BIGINT,
    PRIMARY KEY (order_id, entity_id)
);
CREATE UNIQUE INDEX invoice_id ON invoice (entity_id);
CREATE UNIQUE INDEX invoice_number ON invoice (increment_id, store_id);
CREATE INDEX invoice_created ON invoice (created_at, entity_id);

CREATE TABLE invoice_item (
    order_id BIGINT NOT NULL,
    invoice_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    order_item_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    qty BIGINT NOT NULL CHECK (qty > 0),
    price BIGINT NOT NULL,
    price_incl_tax BIGINT,
    row_total BIGINT,
    row_total_incl_tax BIGINT,
    tax_amount BIGINT,
    discount_amount BIGINT,
    discount_tax_compensation_amount BIGINT,
    PRIMARY KEY (order_id, invoice_id, entity_id)
);

CREATE TABLE invoice_comment (
    order_id BIGINT NOT NULL,
    invoice_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    comment TEXT NOT NULL,
    is_customer_notified BIGINT NOT NULL,
    is_visible_on_front BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (order_id, invoice_id, entity_id)
);

-- The journal: every event of every order, in the order's own sequence. Append only.
CREATE TABLE journal (
    order_id BIGINT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq > 0),
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    channel TEXT NOT NULL,
    idempotency_key TEXT,
    command_id TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (order_id, seq)
);

CREATE TABLE idempotency_key (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (scope, key)
){CLUSTERED};

-- The next value of each series of numbers and ids, advanced in the transaction that uses it.
CREATE TABLE series (
    name TEXT NOT NULL PRIMARY KEY,
    next_value BIGINT NOT NULL CHECK (next_value > 0)
){FILL}{CLUSTERED};

-- Documents that are not orders: products, carts, customers, users, tokens, rules.
CREATE TABLE record (
    kind TEXT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT,
    owner TEXT,
    version BIGINT NOT NULL,
    body {JSON} NOT NULL,
    PRIMARY KEY (kind, id)
){CLUSTERED};
CREATE UNIQUE INDEX record_name ON record (kind, name);
CREATE INDEX record_owner ON record (kind, owner, id);

CREATE TABLE stock (
    product_id BIGINT NOT NULL PRIMARY KEY,
    qty BIGINT NOT NULL,
    reserved BIGINT NOT NULL CHECK (reserved >= 0),
    is_in_stock BIGINT NOT NULL,
    manage_stock BIGINT NOT NULL,
    backorders BIGINT NOT NULL,
    is_qty_decimal BIGINT NOT NULL,
    min_qty BIGINT NOT NULL,
    min_sale_qty BIGINT NOT NULL,
    max_sale_qty BIGINT NOT NULL
){CLUSTERED};

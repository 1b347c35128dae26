-- VTEX's language: how far handling has come, what moved the order's value, packages and Changes, and the
-- outbox of what feeds and hooks have not been told yet.

ALTER TABLE orders ADD COLUMN flow TEXT NOT NULL DEFAULT 'complete'
    CHECK (flow IN ('complete', 'seller', 'marketplace'));
ALTER TABLE orders ADD COLUMN stage TEXT NOT NULL DEFAULT 'ready-for-handling';
ALTER TABLE orders ADD COLUMN workflow_status TEXT NOT NULL DEFAULT 'ready-for-handling';
ALTER TABLE orders ADD COLUMN authorized_at TEXT;
ALTER TABLE orders ADD COLUMN invoiced_at TEXT;
ALTER TABLE orders ADD COLUMN adjustment BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN adjustment_invoiced BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN declared_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN change_generation BIGINT;
ALTER TABLE orders ADD COLUMN change_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN open_change TEXT;
ALTER TABLE orders ADD COLUMN cancellation_requests TEXT;

UPDATE orders SET
    authorized_at = created_at,
    workflow_status = CASE
        WHEN invoice_count = 0 AND qty_to_invoice = 0 AND qty_to_ship = 0 AND qty_canceled > 0 THEN 'canceled'
        WHEN invoice_count > 0 AND qty_to_invoice = 0 THEN 'invoiced'
        WHEN invoice_count > 0 THEN 'handling'
        ELSE 'ready-for-handling'
    END;
UPDATE orders SET invoiced_at = (
    SELECT MAX(REPLACE(SUBSTR(j.at, 1, 19), 'T', ' ')) FROM journal j
    WHERE j.order_id = orders.entity_id AND j.kind IN ('InvoiceIssued', 'OrderCanceled')
) WHERE workflow_status = 'invoiced';

CREATE INDEX orders_workflow ON orders (workflow_status, created_at, entity_id);

-- An invoice whose value was told may be about no units at all, so the table is made anew without that check.
DROP VIEW IF EXISTS sales_invoice_grid;
DROP VIEW IF EXISTS sales_invoice;
CREATE TABLE invoice_before AS SELECT * FROM invoice;
DROP TABLE invoice;
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
    total_qty BIGINT NOT NULL CHECK (total_qty >= 0),
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
    total_refunded BIGINT NOT NULL DEFAULT 0 CHECK (total_refunded >= 0 AND total_refunded <= grand_total),
    transaction_id TEXT,
    adjustment BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, entity_id),
    CHECK (total_qty > 0 OR adjustment <> 0 OR shipping_amount IS NOT NULL)
);
INSERT INTO invoice (
    order_id, entity_id, store_id, increment_id, state, currency, created_at, updated_at,
    billing_address_id, shipping_address_id, total_qty, grand_total, subtotal, subtotal_incl_tax,
    tax_amount, discount_amount, discount_description, discount_tax_compensation_amount, shipping_amount,
    shipping_incl_tax, shipping_tax_amount, shipping_discount_tax_compensation_amount, total_refunded,
    transaction_id
)
SELECT
    order_id, entity_id, store_id, increment_id, state, currency, created_at, updated_at,
    billing_address_id, shipping_address_id, total_qty, grand_total, subtotal, subtotal_incl_tax,
    tax_amount, discount_amount, discount_description, discount_tax_compensation_amount, shipping_amount,
    shipping_incl_tax, shipping_tax_amount, shipping_discount_tax_compensation_amount, total_refunded,
    transaction_id
FROM invoice_before;
DROP TABLE invoice_before;
CREATE UNIQUE INDEX invoice_id ON invoice (entity_id);
CREATE UNIQUE INDEX invoice_number ON invoice (increment_id, store_id);
CREATE INDEX invoice_created ON invoice (created_at, entity_id);
CREATE INDEX invoice_updated ON invoice (updated_at, entity_id);

-- Packages by their number and Changes by their id, as JSON.
CREATE TABLE attachment (
    order_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('package', 'change')),
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (order_id, kind, name)
);

-- What happened and was not handed on yet. Rows are written only while a feed or a hook is configured.
CREATE TABLE outbox (
    order_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    flow TEXT NOT NULL,
    before_status TEXT NOT NULL,
    after_status TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (order_id, seq)
);

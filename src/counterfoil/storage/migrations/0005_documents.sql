-- Shipments, credit memos, the status history, and the running totals that go with them.

ALTER TABLE orders ADD COLUMN qty_ordered BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN qty_shipped BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN qty_refunded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN qty_canceled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN shipment_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN creditmemo_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN subtotal_refunded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN tax_refunded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN discount_refunded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN discount_tax_compensation_refunded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN shipping_refunded BIGINT NOT NULL DEFAULT 0
    CHECK (shipping_refunded >= 0 AND shipping_refunded <= shipping_invoiced);
ALTER TABLE orders ADD COLUMN shipping_tax_refunded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN adjustment_positive BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN adjustment_negative BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN total_refunded BIGINT NOT NULL DEFAULT 0
    CHECK (total_refunded >= 0 AND total_refunded <= total_paid);
ALTER TABLE orders ADD COLUMN total_online_refunded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN subtotal_canceled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN tax_canceled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN discount_canceled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN discount_tax_compensation_canceled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN shipping_canceled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN total_canceled BIGINT NOT NULL DEFAULT 0
    CHECK (total_canceled >= 0 AND total_canceled <= grand_total - total_invoiced);
ALTER TABLE orders ADD COLUMN hold_before_state TEXT;
ALTER TABLE orders ADD COLUMN hold_before_status TEXT;
ALTER TABLE orders ADD COLUMN customer_note_notify BIGINT NOT NULL DEFAULT 1;
UPDATE orders SET qty_ordered = COALESCE(CAST(particulars ->> 'total_qty_ordered' AS BIGINT), 0);

ALTER TABLE order_item ADD COLUMN children_calculated BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_item ADD COLUMN shipped_separately BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_item ADD COLUMN amount_refunded BIGINT NOT NULL DEFAULT 0
    CHECK (amount_refunded >= 0 AND amount_refunded <= row_invoiced);
ALTER TABLE order_item ADD COLUMN tax_refunded BIGINT NOT NULL DEFAULT 0
    CHECK (tax_refunded >= 0 AND tax_refunded <= tax_invoiced);
ALTER TABLE order_item ADD COLUMN discount_refunded BIGINT NOT NULL DEFAULT 0
    CHECK (discount_refunded >= 0 AND discount_refunded <= discount_invoiced);
ALTER TABLE order_item ADD COLUMN discount_tax_compensation_refunded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_item ADD COLUMN row_canceled BIGINT NOT NULL DEFAULT 0
    CHECK (row_canceled >= 0 AND row_canceled <= row_total - row_invoiced);
ALTER TABLE order_item ADD COLUMN tax_canceled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_item ADD COLUMN discount_canceled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_item ADD COLUMN discount_tax_compensation_canceled BIGINT NOT NULL DEFAULT 0;

ALTER TABLE invoice ADD COLUMN total_refunded BIGINT NOT NULL DEFAULT 0
    CHECK (total_refunded >= 0 AND total_refunded <= grand_total);
ALTER TABLE invoice ADD COLUMN transaction_id TEXT;
ALTER TABLE invoice_item ADD COLUMN qty_refunded BIGINT NOT NULL DEFAULT 0
    CHECK (qty_refunded >= 0 AND qty_refunded <= qty);

CREATE TABLE order_comment (
    order_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    comment TEXT,
    is_customer_notified BIGINT,
    is_visible_on_front BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    status TEXT NOT NULL,
    entity_name TEXT,
    PRIMARY KEY (order_id, entity_id)
);

CREATE TABLE shipment (
    order_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    increment_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    billing_address_id BIGINT NOT NULL,
    shipping_address_id BIGINT,
    total_qty BIGINT NOT NULL CHECK (total_qty > 0),
    packages TEXT NOT NULL,
    PRIMARY KEY (order_id, entity_id)
);
CREATE UNIQUE INDEX shipment_id ON shipment (entity_id);
CREATE UNIQUE INDEX shipment_number ON shipment (increment_id, store_id);
CREATE INDEX shipment_created ON shipment (created_at, entity_id);

CREATE TABLE shipment_item (
    order_id BIGINT NOT NULL,
    shipment_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    order_item_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    qty BIGINT NOT NULL CHECK (qty > 0),
    price BIGINT NOT NULL,
    PRIMARY KEY (order_id, shipment_id, entity_id)
);

CREATE TABLE shipment_track (
    order_id BIGINT NOT NULL,
    shipment_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    carrier_code TEXT NOT NULL,
    title TEXT NOT NULL,
    track_number TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    description TEXT,
    qty BIGINT,
    weight BIGINT,
    PRIMARY KEY (order_id, shipment_id, entity_id)
);
CREATE UNIQUE INDEX shipment_track_id ON shipment_track (entity_id);

CREATE TABLE shipment_comment (
    order_id BIGINT NOT NULL,
    shipment_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    comment TEXT NOT NULL,
    is_customer_notified BIGINT NOT NULL,
    is_visible_on_front BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (order_id, shipment_id, entity_id)
);

CREATE TABLE creditmemo (
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
    invoice_id BIGINT,
    grand_total BIGINT NOT NULL CHECK (grand_total >= 0),
    subtotal BIGINT NOT NULL,
    subtotal_incl_tax BIGINT NOT NULL,
    tax_amount BIGINT NOT NULL,
    discount_amount BIGINT NOT NULL,
    discount_description TEXT,
    discount_tax_compensation_amount BIGINT NOT NULL,
    shipping_amount BIGINT NOT NULL,
    shipping_incl_tax BIGINT NOT NULL,
    shipping_tax_amount BIGINT NOT NULL,
    shipping_discount_tax_compensation_amount BIGINT NOT NULL,
    adjustment_positive BIGINT,
    adjustment_negative BIGINT,
    transaction_id TEXT,
    PRIMARY KEY (order_id, entity_id)
);
CREATE UNIQUE INDEX creditmemo_id ON creditmemo (entity_id);
CREATE UNIQUE INDEX creditmemo_number ON creditmemo (increment_id, store_id);
CREATE INDEX creditmemo_created ON creditmemo (created_at, entity_id);

CREATE TABLE creditmemo_item (
    order_id BIGINT NOT NULL,
    creditmemo_id BIGINT NOT NULL,
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
    PRIMARY KEY (order_id, creditmemo_id, entity_id)
);

CREATE TABLE creditmemo_comment (
    order_id BIGINT NOT NULL,
    creditmemo_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    comment TEXT NOT NULL,
    is_customer_notified BIGINT NOT NULL,
    is_visible_on_front BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (order_id, creditmemo_id, entity_id)
);

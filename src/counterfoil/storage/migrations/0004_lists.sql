-- Indexes for the searches of integrations: what has this status, newest first; rows and invoices since a
-- time. Each ends with the key, which makes its order complete. orders gets no index more than it had:
-- whenever an order changes, PostgreSQL writes an entry to each of them.
DROP INDEX orders_status;
CREATE INDEX orders_status_created ON orders (status, created_at, entity_id);
CREATE INDEX order_item_created ON order_item (created_at, item_id);
CREATE INDEX invoice_updated ON invoice (updated_at, entity_id);

-- What changed of shipments and credit memos, and what was said since a time.
CREATE INDEX shipment_updated ON shipment (updated_at, entity_id);
CREATE INDEX creditmemo_updated ON creditmemo (updated_at, entity_id);
CREATE INDEX order_comment_id ON order_comment (entity_id);
CREATE INDEX order_comment_created ON order_comment (created_at, entity_id);

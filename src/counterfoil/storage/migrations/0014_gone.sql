-- What was written off of an order before it was canceled: the rest is what it was worth at its end.
ALTER TABLE orders ADD COLUMN qty_gone BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN total_gone BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_item ADD COLUMN qty_gone BIGINT NOT NULL DEFAULT 0;

UPDATE orders SET total_gone = total_canceled WHERE total_canceled <> 0 AND workflow_status <> 'canceled';
UPDATE order_item SET qty_gone = qty_canceled WHERE qty_canceled <> 0
    AND order_id IN (SELECT entity_id FROM orders WHERE workflow_status <> 'canceled');
UPDATE orders SET qty_gone = (
    SELECT COALESCE(SUM(i.qty_gone), 0) FROM order_item i
    WHERE i.order_id = orders.entity_id AND (i.parent_item_id IS NOT NULL) = (i.shipped_separately <> 0)
) WHERE qty_canceled <> 0 AND workflow_status <> 'canceled';

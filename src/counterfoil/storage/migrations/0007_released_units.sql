-- Of the units that were refunded, those that had not been shipped and are free to be sold again.
ALTER TABLE order_item ADD COLUMN qty_released BIGINT NOT NULL DEFAULT 0
    CHECK (qty_released >= 0 AND qty_released <= qty_refunded);

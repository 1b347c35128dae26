-- Money at payment gateways: what is authorised on an order, and every movement in its phases.

ALTER TABLE orders ADD COLUMN authorization_id TEXT;
ALTER TABLE orders ADD COLUMN amount_authorized BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN amount_canceled BIGINT NOT NULL DEFAULT 0
    CHECK (authorization_id IS NULL OR total_paid + amount_canceled <= amount_authorized);
ALTER TABLE orders ADD COLUMN open_payment BIGINT;

CREATE TABLE payment_operation (
    order_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    reference TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('authorization', 'capture', 'refund', 'void')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL CHECK (state IN ('wanted', 'sent', 'unknown', 'confirmed', 'declined')),
    parent_txn_id TEXT,
    wish TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    txn_id TEXT,
    transaction_id BIGINT,
    invoice_id BIGINT,
    creditmemo_id BIGINT,
    reason TEXT,
    PRIMARY KEY (order_id, seq),
    CHECK ((state = 'confirmed') = (transaction_id IS NOT NULL AND txn_id IS NOT NULL))
);
CREATE UNIQUE INDEX payment_operation_open ON payment_operation (order_id)
    WHERE state IN ('wanted', 'sent', 'unknown');
CREATE UNIQUE INDEX payment_operation_transaction ON payment_operation (transaction_id)
    WHERE state = 'confirmed';

-- What the gateways have done, as searches see it. A payment has the id of its order.
CREATE VIEW payment_transaction AS
SELECT
    o.transaction_id, o.order_id, o.kind, o.txn_id, o.parent_txn_id, o.amount, o.updated_at AS created_at,
    (
        SELECT p.transaction_id FROM payment_operation p
        WHERE p.order_id = o.order_id AND p.state = 'confirmed' AND p.txn_id = o.parent_txn_id
    ) AS parent_id,
    CASE
        WHEN o.kind = 'authorization' THEN (
            SELECT CASE WHEN d.total_paid + d.amount_canceled >= d.amount_authorized THEN 1 ELSE 0 END
            FROM orders d WHERE d.entity_id = o.order_id
        )
        WHEN o.kind = 'capture' THEN
            CASE WHEN o.amount <= COALESCE((
                SELECT SUM(r.amount) FROM payment_operation r
                WHERE r.order_id = o.order_id AND r.state = 'confirmed' AND r.kind = 'refund'
                    AND r.parent_txn_id = o.txn_id
            ), 0) THEN 1 ELSE 0 END
        ELSE 1
    END AS is_closed
FROM payment_operation o WHERE o.state = 'confirmed';

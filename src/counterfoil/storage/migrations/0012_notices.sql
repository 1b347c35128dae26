-- What feeds and hooks are to be told, one row for each subscriber and step. A row is removed when its
-- subscriber has said that it has it.
CREATE TABLE notice (
    subscriber TEXT NOT NULL,
    order_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    step BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    ready_ms BIGINT NOT NULL,
    deliveries BIGINT NOT NULL,
    handle TEXT,
    PRIMARY KEY (subscriber, order_id, seq, step)
){FILL};
CREATE INDEX notice_ready ON notice (subscriber, ready_ms, order_id);
CREATE INDEX notice_created ON notice (subscriber, created_ms);

-- Orders of which a subscriber that wants each order once was told.
CREATE TABLE notice_fired (
    subscriber TEXT NOT NULL,
    order_id BIGINT NOT NULL,
    PRIMARY KEY (subscriber, order_id)
){CLUSTERED};

-- Hooks whose address has failed since it answered last.
CREATE TABLE hook_health (
    subscriber TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    paused_until_ms BIGINT NOT NULL
){CLUSTERED};

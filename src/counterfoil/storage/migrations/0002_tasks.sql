-- What has to happen later: written in the transaction that wants it, leased by one worker at a time.
CREATE TABLE task (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    queue TEXT,
    order_id BIGINT,
    group_id TEXT,
    ordinal BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    due_ms BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'failed')),
    attempts BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    lease_owner TEXT,
    leased_until_ms BIGINT NOT NULL,
    result TEXT,
    last_error TEXT,
    finished_ms BIGINT,
    CHECK ((state = 'open') = (finished_ms IS NULL))
){FILL};
CREATE INDEX task_due ON task (kind, due_ms, ordinal) WHERE state = 'open' AND queue IS NULL;
CREATE INDEX task_queue ON task (kind, queue, ordinal) WHERE state = 'open' AND queue IS NOT NULL;
CREATE INDEX task_finished ON task (finished_ms) WHERE state <> 'open';
CREATE INDEX task_group ON task (group_id, ordinal);
CREATE INDEX task_state ON task (state, ordinal);

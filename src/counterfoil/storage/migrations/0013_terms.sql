-- By which terms orders are found in VTEX's lists (see counterfoil.domain.terms). Orders that are there get
-- theirs from the program, at the end of the migration.
CREATE TABLE order_term (
    term TEXT{EXACT} NOT NULL,
    created_at TEXT NOT NULL,
    order_id BIGINT NOT NULL,
    PRIMARY KEY (term, created_at, order_id)
){CLUSTERED};

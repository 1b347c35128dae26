-- About which documents a message has gone to the customer: the facts behind Adobe's email_sent.
CREATE TABLE mail_sent (
    document TEXT NOT NULL,
    document_id BIGINT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (document, document_id)
){CLUSTERED};

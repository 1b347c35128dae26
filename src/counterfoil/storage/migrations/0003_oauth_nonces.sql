-- The nonces of signed requests, by digest, until their timestamp alone would have them refused.
CREATE TABLE oauth_nonce (
    digest TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
){CLUSTERED};
CREATE INDEX oauth_nonce_expires ON oauth_nonce (expires_at);

-- The Microsoft 365 connection can have a certificate, and its end is watched.
-- secret_ends_on is the last day of the secret or certificate, '' is unknown;
-- secret_warned is for how many days before it a warning was sent, 0 for none.

ALTER TABLE environments ADD COLUMN sealed_certificate TEXT NOT NULL DEFAULT '';
ALTER TABLE environments ADD COLUMN secret_ends_on TEXT NOT NULL DEFAULT '';
ALTER TABLE environments ADD COLUMN secret_warned BIGINT NOT NULL DEFAULT 0;
CREATE INDEX environments_by_secret_end ON environments (secret_ends_on) WHERE secret_ends_on <> '';

-- What happens to users whose account is gone: see pactius.LeaverRule.
ALTER TABLE environments ADD COLUMN leaver_rule TEXT NOT NULL DEFAULT '';
ALTER TABLE environments ADD COLUMN leaver_bound BIGINT NOT NULL DEFAULT 0;

-- Links by which Support lets the customer's IT connect Microsoft 365 before
-- anybody can sign in. The token is stored hashed. administrator is the account
-- name of the first administrator, whom connecting adds; '' adds nobody.
CREATE TABLE connect_links (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    token_hash     TEXT   NOT NULL,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    administrator  TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (environment_id, token_hash)
);
CREATE INDEX connect_links_by_end ON connect_links (expires_at);

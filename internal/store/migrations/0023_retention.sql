-- What is no longer kept: see docs/decisions/0041-retention.md. Events until events_next were looked at; those of before
-- events_before are gone but for those that rules still read, and so are requests that were settled before
-- requests_before. A server works on an environment while it has the lease.
CREATE TABLE retention (
    environment_id   TEXT   NOT NULL PRIMARY KEY REFERENCES environments (id),
    events_next      TEXT   NOT NULL DEFAULT '',
    events_before    BIGINT NOT NULL DEFAULT 0,
    events_discarded BIGINT NOT NULL DEFAULT 0,
    requests_before  BIGINT NOT NULL DEFAULT 0,
    lease            TEXT   NOT NULL DEFAULT '',
    lease_until      BIGINT NOT NULL DEFAULT 0
);

-- What a request leaves in the activity log goes with it.
CREATE INDEX events_by_request ON events (environment_id, request_id, id) WHERE request_id <> '';

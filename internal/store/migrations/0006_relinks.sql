-- Users who were linked to an account of another tenant after the environment had moved to it, so that this can be
-- undone: tid, oid, username and name are those from before, new_tid and new_oid what they were linked to at a time.
-- Rows end with the time for undoing it.
CREATE TABLE relinks (
    environment_id TEXT   NOT NULL,
    user_id        TEXT   NOT NULL,
    tid            TEXT   NOT NULL,
    oid            TEXT   NOT NULL,
    username       TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    new_tid        TEXT   NOT NULL,
    new_oid        TEXT   NOT NULL,
    at             BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    PRIMARY KEY (environment_id, user_id),
    FOREIGN KEY (environment_id, user_id) REFERENCES users (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX relinks_by_end ON relinks (expires_at);

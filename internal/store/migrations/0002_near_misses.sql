-- Keys by which people are found who are probably the same: of users, and of
-- those whose access request waits. What they are is decided by package
-- nearmiss; the users who were here before this step get theirs from it, see keys.go.

-- waiting is 1 for users who could be bound to whoever signs in: without an
-- identity and not deactivated. There is no index by user, because the keys of
-- a user can be derived from the user's row: it would double the price of adding.
CREATE TABLE user_keys (
    environment_id TEXT   NOT NULL,
    key            TEXT   NOT NULL,
    waiting        BIGINT NOT NULL,
    user_id        TEXT   NOT NULL,
    PRIMARY KEY (environment_id, key, waiting, user_id)
);

CREATE TABLE request_keys (
    environment_id TEXT NOT NULL,
    key            TEXT NOT NULL,
    request_id     TEXT NOT NULL,
    PRIMARY KEY (environment_id, key, request_id),
    FOREIGN KEY (environment_id, request_id) REFERENCES access_requests (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX request_keys_by_request ON request_keys (environment_id, request_id);

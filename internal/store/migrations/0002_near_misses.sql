-- Keys by which people are found who are probably the same: of users, and of
-- those whose access request waits.

CREATE TABLE user_keys (
    environment_id TEXT NOT NULL,
    key            TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    PRIMARY KEY (environment_id, key, user_id),
    FOREIGN KEY (environment_id, user_id) REFERENCES users (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX user_keys_by_user ON user_keys (environment_id, user_id);

CREATE TABLE request_keys (
    environment_id TEXT NOT NULL,
    key            TEXT NOT NULL,
    request_id     TEXT NOT NULL,
    PRIMARY KEY (environment_id, key, request_id),
    FOREIGN KEY (environment_id, request_id) REFERENCES access_requests (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX request_keys_by_request ON request_keys (environment_id, request_id);

-- An approver who may not change a user proposes that a pending request is from
-- that user, and an administrator who may confirms it. Empty otherwise.
ALTER TABLE access_requests ADD COLUMN proposed_user TEXT NOT NULL DEFAULT '';
ALTER TABLE access_requests ADD COLUMN proposed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE access_requests ADD COLUMN proposed_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX access_requests_proposed ON access_requests (environment_id, proposed_user) WHERE proposed_user <> '';

-- Users that exist side by side although they may be one person. Each pair is
-- stored both ways.
CREATE TABLE user_doubles (
    environment_id TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    other_id       TEXT NOT NULL,
    PRIMARY KEY (environment_id, user_id, other_id),
    FOREIGN KEY (environment_id, user_id) REFERENCES users (environment_id, id) ON DELETE CASCADE,
    FOREIGN KEY (environment_id, other_id) REFERENCES users (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX user_doubles_by_other ON user_doubles (environment_id, other_id);

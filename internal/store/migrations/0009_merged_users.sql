-- Users that were merged into another: id leads to user_id from then on, in
-- events, requests and links. username and tid, oid are what the merged user has
-- given up: the account name keeps finding the user, and the account is not
-- recognised any more. undo is what taking the merge back needs, JSON.
CREATE TABLE merged_users (
    environment_id TEXT   NOT NULL,
    id             TEXT   NOT NULL,
    user_id        TEXT   NOT NULL,
    username       TEXT   NOT NULL,
    username_key   TEXT   NOT NULL,
    tid            TEXT   NOT NULL DEFAULT '',
    oid            TEXT   NOT NULL DEFAULT '',
    merged_at      BIGINT NOT NULL,
    undo           TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (environment_id, id),
    FOREIGN KEY (environment_id, user_id) REFERENCES users (environment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX merged_users_one_per_identity ON merged_users (environment_id, tid, oid) WHERE oid <> '';
CREATE INDEX merged_users_by_username ON merged_users (environment_id, username_key);
CREATE INDEX merged_users_by_user ON merged_users (environment_id, user_id);

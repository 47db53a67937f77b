-- What Microsoft 365 says of people beside the account, by identity: of users, and of people whose request is pending.
-- due_at is when the directory is asked about the person: 0 is a person who waits for access. The photo is the last
-- column, so that lists do not read it; it is written as base64.
CREATE TABLE profiles (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    oid            TEXT   NOT NULL,
    tid            TEXT   NOT NULL,
    title          TEXT   NOT NULL DEFAULT '',
    department     TEXT   NOT NULL DEFAULT '',
    manager_oid    TEXT   NOT NULL DEFAULT '',
    manager_name   TEXT   NOT NULL DEFAULT '',
    photo_hash     TEXT   NOT NULL DEFAULT '',
    due_at         BIGINT NOT NULL,
    photo_kind     TEXT   NOT NULL DEFAULT '',
    photo          TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (environment_id, oid, tid)
);
CREATE INDEX profiles_by_due ON profiles (environment_id, tid, due_at, oid);

INSERT INTO profiles (environment_id, oid, tid, due_at)
    SELECT environment_id, oid, tid, MIN(due_at) FROM (
        SELECT environment_id, oid, tid, 1 AS due_at FROM users WHERE oid <> ''
        UNION ALL
        SELECT environment_id, oid, tid, 0 FROM access_requests WHERE state = 'pending' AND oid <> ''
    ) people GROUP BY environment_id, oid, tid;

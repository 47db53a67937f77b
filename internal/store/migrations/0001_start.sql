-- The first schema. Times are integer microseconds since 1970 UTC, 0 is "never".
-- Every table of an environment's data leads with environment_id in its keys.

CREATE TABLE environments (
    id              TEXT   NOT NULL PRIMARY KEY,
    name            TEXT   NOT NULL,
    host            TEXT   NOT NULL UNIQUE,
    tenant_id       TEXT   NOT NULL DEFAULT '',
    client_id       TEXT   NOT NULL DEFAULT '',
    sealed_secret   TEXT   NOT NULL DEFAULT '',
    support_contact TEXT   NOT NULL DEFAULT '',
    language        TEXT   NOT NULL DEFAULT '',
    time_zone       TEXT   NOT NULL DEFAULT '',
    created_at      BIGINT NOT NULL,
    version         BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE units (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    id             TEXT   NOT NULL,
    parent_id      TEXT,
    name           TEXT   NOT NULL,
    name_key       TEXT   NOT NULL,
    created_at     BIGINT NOT NULL,
    archived_at    BIGINT NOT NULL DEFAULT 0,
    version        BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (environment_id, id),
    FOREIGN KEY (environment_id, parent_id) REFERENCES units (environment_id, id),
    CHECK (parent_id <> id)
);
CREATE UNIQUE INDEX units_one_root ON units (environment_id) WHERE parent_id IS NULL;
CREATE UNIQUE INDEX units_sibling_names ON units (environment_id, parent_id, name_key) WHERE archived_at = 0;
CREATE INDEX units_children ON units (environment_id, parent_id);

CREATE TABLE users (
    environment_id   TEXT   NOT NULL REFERENCES environments (id),
    id               TEXT   NOT NULL,
    username         TEXT   NOT NULL,
    username_key     TEXT   NOT NULL,
    name             TEXT   NOT NULL,
    name_key         TEXT   NOT NULL,
    email            TEXT   NOT NULL DEFAULT '',
    tid              TEXT   NOT NULL DEFAULT '',
    oid              TEXT   NOT NULL DEFAULT '',
    language         TEXT   NOT NULL DEFAULT '',
    created_at       BIGINT NOT NULL,
    created_by       TEXT   NOT NULL,
    creator          TEXT   NOT NULL DEFAULT '',
    first_sign_in_at BIGINT NOT NULL DEFAULT 0,
    last_sign_in_at  BIGINT NOT NULL DEFAULT 0,
    deactivated_at   BIGINT NOT NULL DEFAULT 0,
    ends_on          TEXT   NOT NULL DEFAULT '',
    unit_count       BIGINT NOT NULL DEFAULT 0,
    version          BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (environment_id, id)
);
-- The law "created once": these two indexes, not checks, decide every race.
CREATE UNIQUE INDEX users_one_per_username ON users (environment_id, username_key);
CREATE UNIQUE INDEX users_one_per_identity ON users (environment_id, tid, oid) WHERE oid <> '';
CREATE INDEX users_by_name ON users (environment_id, name_key, id);
CREATE INDEX users_by_creation ON users (environment_id, created_at, id);
CREATE INDEX users_by_seen ON users (environment_id, last_sign_in_at, id);
CREATE INDEX users_invited ON users (environment_id, name_key, id) WHERE first_sign_in_at = 0 AND deactivated_at = 0;
CREATE INDEX users_unassigned ON users (environment_id, name_key, id) WHERE unit_count = 0 AND deactivated_at = 0;
CREATE INDEX users_deactivated ON users (environment_id, name_key, id) WHERE deactivated_at <> 0;
CREATE INDEX users_ending ON users (environment_id, ends_on, id) WHERE ends_on <> '';

CREATE TABLE user_words (
    environment_id TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    word           TEXT NOT NULL,
    PRIMARY KEY (environment_id, user_id, word),
    FOREIGN KEY (environment_id, user_id) REFERENCES users (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX user_words_by_word ON user_words (environment_id, word, user_id);

CREATE TABLE memberships (
    environment_id TEXT   NOT NULL,
    user_id        TEXT   NOT NULL,
    unit_id        TEXT   NOT NULL,
    access         BIGINT NOT NULL CHECK (access BETWEEN 1 AND 3),
    created_at     BIGINT NOT NULL,
    PRIMARY KEY (environment_id, user_id, unit_id),
    FOREIGN KEY (environment_id, user_id) REFERENCES users (environment_id, id) ON DELETE CASCADE,
    FOREIGN KEY (environment_id, unit_id) REFERENCES units (environment_id, id)
);
CREATE INDEX memberships_administrators ON memberships (environment_id, access, unit_id, user_id) WHERE access = 3;
CREATE INDEX memberships_by_unit ON memberships (environment_id, unit_id, access, user_id);

CREATE TABLE access_requests (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    id             TEXT   NOT NULL,
    tid            TEXT   NOT NULL,
    oid            TEXT   NOT NULL,
    username       TEXT   NOT NULL,
    username_key   TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    email          TEXT   NOT NULL DEFAULT '',
    guest          BIGINT NOT NULL DEFAULT 0,
    language       TEXT   NOT NULL DEFAULT '',
    message        TEXT   NOT NULL DEFAULT '',
    state          TEXT   NOT NULL,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    reminded_at    BIGINT NOT NULL DEFAULT 0,
    decided_at     BIGINT NOT NULL DEFAULT 0,
    decided_kind   TEXT   NOT NULL DEFAULT '',
    decided_user   TEXT   NOT NULL DEFAULT '',
    note           TEXT   NOT NULL DEFAULT '',
    user_id        TEXT   NOT NULL DEFAULT '',
    user_created   BIGINT NOT NULL DEFAULT 0,
    undo           TEXT   NOT NULL DEFAULT '',
    version        BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX access_requests_one_pending ON access_requests (environment_id, tid, oid) WHERE state = 'pending';
CREATE INDEX access_requests_by_state ON access_requests (environment_id, state, id);
CREATE INDEX access_requests_by_identity ON access_requests (environment_id, tid, oid, id);
CREATE INDEX access_requests_by_username ON access_requests (environment_id, username_key) WHERE state = 'pending';
CREATE INDEX access_requests_by_user ON access_requests (environment_id, user_id) WHERE user_id <> '';
CREATE INDEX access_requests_pending ON access_requests (expires_at) WHERE state = 'pending';

CREATE TABLE request_units (
    environment_id TEXT NOT NULL,
    request_id     TEXT NOT NULL,
    unit_id        TEXT NOT NULL,
    PRIMARY KEY (environment_id, request_id, unit_id),
    FOREIGN KEY (environment_id, request_id) REFERENCES access_requests (environment_id, id) ON DELETE CASCADE,
    FOREIGN KEY (environment_id, unit_id) REFERENCES units (environment_id, id)
);
CREATE INDEX request_units_by_unit ON request_units (environment_id, unit_id, request_id);

CREATE TABLE sessions (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    token_hash     TEXT   NOT NULL,
    id             TEXT   NOT NULL,
    user_id        TEXT,
    tid            TEXT   NOT NULL,
    oid            TEXT   NOT NULL,
    username       TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    email          TEXT   NOT NULL,
    language       TEXT   NOT NULL,
    guest          BIGINT NOT NULL,
    agent          TEXT   NOT NULL,
    address        TEXT   NOT NULL,
    created_at     BIGINT NOT NULL,
    seen_at        BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    PRIMARY KEY (environment_id, token_hash),
    FOREIGN KEY (environment_id, user_id) REFERENCES users (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_user ON sessions (environment_id, user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- States of sign-ins that came back from Microsoft, so that each is used once.
CREATE TABLE used_states (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    state_hash     TEXT   NOT NULL,
    expires_at     BIGINT NOT NULL,
    PRIMARY KEY (environment_id, state_hash)
);
CREATE INDEX used_states_by_end ON used_states (expires_at);

-- The activity log. facts is canonical and never changes; detail is personal
-- and can be erased.
CREATE TABLE events (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    id             TEXT   NOT NULL,
    at             BIGINT NOT NULL,
    kind           TEXT   NOT NULL,
    actor_kind     TEXT   NOT NULL,
    actor_user     TEXT   NOT NULL DEFAULT '',
    reason         TEXT   NOT NULL DEFAULT '',
    user_id        TEXT   NOT NULL DEFAULT '',
    request_id     TEXT   NOT NULL DEFAULT '',
    unit_id        TEXT   NOT NULL DEFAULT '',
    facts          TEXT   NOT NULL DEFAULT '{}',
    detail         TEXT   NOT NULL DEFAULT '{}',
    address        TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (environment_id, id)
);
CREATE INDEX events_by_user ON events (environment_id, user_id, id) WHERE user_id <> '';
CREATE INDEX events_by_actor ON events (environment_id, actor_user, id) WHERE actor_user <> '';
CREATE INDEX events_by_kind ON events (environment_id, kind, id);
CREATE INDEX events_by_unit ON events (environment_id, unit_id, id) WHERE unit_id <> '';

-- The outbox. A claimed mail's next_at moves past its lease, so a crash only
-- delays it; attempts fences a worker whose lease ran out.
CREATE TABLE mails (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    id             TEXT   NOT NULL,
    kind           TEXT   NOT NULL,
    data           TEXT   NOT NULL,
    to_address     TEXT   NOT NULL,
    to_name        TEXT   NOT NULL,
    language       TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    attempts       BIGINT NOT NULL DEFAULT 0,
    next_at        BIGINT NOT NULL,
    last_error     TEXT   NOT NULL DEFAULT '',
    created_at     BIGINT NOT NULL,
    sent_at        BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (environment_id, id)
);
CREATE INDEX mails_due ON mails (next_at) WHERE state = 'waiting';
CREATE INDEX mails_dead ON mails (environment_id, id) WHERE state = 'dead';
CREATE INDEX mails_sent ON mails (sent_at) WHERE state = 'sent';

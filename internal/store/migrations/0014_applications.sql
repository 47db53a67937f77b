-- Applications behind the door, the sessions of people there, the keys that sign their
-- identity, and the changes by which instances learn whose access to look at again.
CREATE TABLE applications (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    id             TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    name_key       TEXT   NOT NULL,
    icon           TEXT   NOT NULL,
    unit_id        TEXT   NOT NULL,
    access         BIGINT NOT NULL,
    preflight      BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    version        BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (environment_id, id),
    FOREIGN KEY (environment_id, unit_id) REFERENCES units (environment_id, id)
);
CREATE UNIQUE INDEX applications_by_name ON applications (environment_id, name_key);
CREATE UNIQUE INDEX applications_by_id ON applications (id);
CREATE INDEX applications_by_unit ON applications (environment_id, unit_id);

-- An origin belongs to one application of the deployment, as a host does to one environment.
CREATE TABLE application_origins (
    environment_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    origin         TEXT NOT NULL UNIQUE,
    host           TEXT NOT NULL,
    PRIMARY KEY (environment_id, application_id, origin),
    FOREIGN KEY (environment_id, application_id) REFERENCES applications (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX application_origins_by_host ON application_origins (host);

-- A session at an application ends with that of the portal.
CREATE TABLE door_sessions (
    environment_id TEXT   NOT NULL,
    token_hash     TEXT   NOT NULL,
    application_id TEXT   NOT NULL,
    session_hash   TEXT   NOT NULL,
    created_at     BIGINT NOT NULL,
    PRIMARY KEY (environment_id, token_hash),
    FOREIGN KEY (environment_id, application_id) REFERENCES applications (environment_id, id) ON DELETE CASCADE,
    FOREIGN KEY (environment_id, session_hash) REFERENCES sessions (environment_id, token_hash) ON DELETE CASCADE
);
CREATE INDEX door_sessions_by_session ON door_sessions (environment_id, session_hash, application_id);
CREATE INDEX door_sessions_by_application ON door_sessions (environment_id, application_id);

CREATE TABLE signing_keys (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    id             TEXT   NOT NULL,
    public_key     TEXT   NOT NULL,
    sealed_key     TEXT   NOT NULL,
    created_at     BIGINT NOT NULL,
    starts_at      BIGINT NOT NULL,
    ends_at        BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (environment_id, id)
);

-- Numbered in the order of commits, because the changes of an environment take turns.
CREATE TABLE door_changes (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    seq            BIGINT NOT NULL,
    session_hash   TEXT   NOT NULL DEFAULT '',
    user_id        TEXT   NOT NULL DEFAULT '',
    at             BIGINT NOT NULL,
    PRIMARY KEY (environment_id, seq)
);
CREATE INDEX door_changes_by_time ON door_changes (at);

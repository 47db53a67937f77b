-- Applications that speak OpenID Connect, and those that PACTIUS itself is the proxy of.
ALTER TABLE applications ADD COLUMN client_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN redirect_uris TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN return_uris TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN back_channel TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN groups_claim BIGINT NOT NULL DEFAULT 0;
ALTER TABLE applications ADD COLUMN secret_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN old_secret_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN old_secret_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE applications ADD COLUMN upstream TEXT NOT NULL DEFAULT '';

ALTER TABLE sessions ADD COLUMN auth_at BIGINT NOT NULL DEFAULT 0;

-- A person who is signed in at a client. The row does not go with the portal's session: it is looked at again when
-- something has changed or time is up, and stays until the client has been told.
CREATE TABLE client_sessions (
    environment_id TEXT   NOT NULL,
    id             TEXT   NOT NULL,
    application_id TEXT   NOT NULL,
    user_id        TEXT   NOT NULL,
    session_hash   TEXT   NOT NULL,
    created_at     BIGINT NOT NULL,
    review_at      BIGINT NOT NULL,
    ended_at       BIGINT NOT NULL DEFAULT 0,
    next_at        BIGINT NOT NULL DEFAULT 0,
    attempts       BIGINT NOT NULL DEFAULT 0,
    failed         BIGINT NOT NULL DEFAULT 0,
    last_error     TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (environment_id, id),
    FOREIGN KEY (environment_id, application_id) REFERENCES applications (environment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX client_sessions_live ON client_sessions (environment_id, session_hash, application_id)
    WHERE ended_at = 0;
CREATE INDEX client_sessions_by_user ON client_sessions (environment_id, user_id) WHERE ended_at = 0;
CREATE INDEX client_sessions_by_application ON client_sessions (environment_id, application_id, ended_at);
CREATE INDEX client_sessions_to_review ON client_sessions (environment_id, review_at, id) WHERE ended_at = 0;
CREATE INDEX client_sessions_by_review ON client_sessions (review_at, environment_id) WHERE ended_at = 0;
CREATE INDEX client_sessions_to_tell ON client_sessions (next_at, environment_id, id) WHERE ended_at > 0;

-- A change of the whole environment has all of its client sessions looked at, from one to the next.
CREATE TABLE client_reviews (
    environment_id TEXT NOT NULL PRIMARY KEY REFERENCES environments (id),
    after_id       TEXT NOT NULL
);

CREATE TABLE client_grants (
    environment_id    TEXT   NOT NULL,
    id                TEXT   NOT NULL,
    client_session_id TEXT   NOT NULL,
    scope             TEXT   NOT NULL,
    generation        BIGINT NOT NULL,
    rotated_at        BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    PRIMARY KEY (environment_id, id),
    FOREIGN KEY (environment_id, client_session_id) REFERENCES client_sessions (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX client_grants_by_session ON client_grants (environment_id, client_session_id, created_at, id);

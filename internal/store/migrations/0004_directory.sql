-- What the Microsoft 365 directory says of users' accounts: '' is present, or
-- disabled or deleted, since account_state_at. swept_out marks users
-- that the directory's sweep deactivated: it may reactivate them.

ALTER TABLE users ADD COLUMN account_state TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN account_state_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN swept_out BIGINT NOT NULL DEFAULT 0;
CREATE INDEX users_gone ON users (environment_id, name_key, id) WHERE account_state <> '';

-- Account names that users had before: they keep finding them, and warn when
-- somebody else gets the name.
CREATE TABLE former_usernames (
    environment_id TEXT   NOT NULL,
    username_key   TEXT   NOT NULL,
    user_id        TEXT   NOT NULL,
    username       TEXT   NOT NULL,
    until          BIGINT NOT NULL,
    PRIMARY KEY (environment_id, username_key, user_id),
    FOREIGN KEY (environment_id, user_id) REFERENCES users (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX former_usernames_by_user ON former_usernames (environment_id, user_id);

-- When Microsoft vouched for the person of a request; 0 in rows of before.
ALTER TABLE access_requests ADD COLUMN vouched_at BIGINT NOT NULL DEFAULT 0;

-- How far the sweep of an environment's directory is. cursor is where the next
-- round begins and tenant_id whose it is; next is where the round under way goes
-- on in its phase, and whole tells that it reads all accounts. due_at is when to
-- go on, and the end of the lease of who is at it. held_at: the round found more
-- than the bound and waits for a human.
CREATE TABLE sweeps (
    environment_id TEXT   NOT NULL PRIMARY KEY REFERENCES environments (id),
    tenant_id      TEXT   NOT NULL DEFAULT '',
    cursor         TEXT   NOT NULL DEFAULT '',
    phase          TEXT   NOT NULL DEFAULT '',
    whole          BIGINT NOT NULL DEFAULT 0,
    next           TEXT   NOT NULL DEFAULT '',
    due_at         BIGINT NOT NULL,
    lease          TEXT   NOT NULL DEFAULT '',
    started_at     BIGINT NOT NULL DEFAULT 0,
    finished_at    BIGINT NOT NULL DEFAULT 0,
    held_at        BIGINT NOT NULL DEFAULT 0,
    trouble        TEXT   NOT NULL DEFAULT '',
    trouble_at     BIGINT NOT NULL DEFAULT 0
);

-- What rounds have found of users' accounts: a state that is not theirs yet.
-- decision is a human's; done_at and outcome tell that it was carried out, and
-- stay for a day, because the bound counts them; told: in a mail.
CREATE TABLE sweep_findings (
    environment_id TEXT   NOT NULL,
    user_id        TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    found_at       BIGINT NOT NULL,
    decision       TEXT   NOT NULL DEFAULT '',
    done_at        BIGINT NOT NULL DEFAULT 0,
    outcome        TEXT   NOT NULL DEFAULT '',
    told           BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (environment_id, user_id),
    FOREIGN KEY (environment_id, user_id) REFERENCES users (environment_id, id) ON DELETE CASCADE
);

-- Users whose account a round that reads all accounts has met. Empty otherwise.
CREATE TABLE sweep_seen (
    environment_id TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    PRIMARY KEY (environment_id, user_id),
    FOREIGN KEY (environment_id, user_id) REFERENCES users (environment_id, id) ON DELETE CASCADE
);

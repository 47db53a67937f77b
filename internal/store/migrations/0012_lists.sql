-- Lists are read by index whatever they are filtered and sorted by, and for a part
-- of the tree without looking at every unit in it.

-- Each unit with itself and every unit above it, the root too.
CREATE TABLE unit_above (
    environment_id TEXT NOT NULL,
    unit_id        TEXT NOT NULL,
    above_id       TEXT NOT NULL,
    PRIMARY KEY (environment_id, unit_id, above_id),
    FOREIGN KEY (environment_id, unit_id) REFERENCES units (environment_id, id) ON DELETE CASCADE,
    FOREIGN KEY (environment_id, above_id) REFERENCES units (environment_id, id)
);
CREATE INDEX unit_above_below ON unit_above (environment_id, above_id, unit_id);
INSERT INTO unit_above (environment_id, unit_id, above_id)
WITH RECURSIVE above (environment_id, unit_id, above_id) AS (
    SELECT environment_id, id, id FROM units
    UNION
    SELECT a.environment_id, a.unit_id, u.parent_id FROM above a CROSS JOIN units u
    WHERE u.environment_id = a.environment_id AND u.id = a.above_id AND u.parent_id IS NOT NULL
)
SELECT environment_id, unit_id, above_id FROM above;

-- Each pending request with the units whose administrators can decide it: those that
-- were asked for, and every unit above them.
CREATE TABLE request_scopes (
    environment_id TEXT NOT NULL,
    unit_id        TEXT NOT NULL,
    request_id     TEXT NOT NULL,
    PRIMARY KEY (environment_id, unit_id, request_id),
    FOREIGN KEY (environment_id, request_id) REFERENCES access_requests (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX request_scopes_by_request ON request_scopes (environment_id, request_id);
INSERT INTO request_scopes (environment_id, unit_id, request_id)
SELECT DISTINCT r.environment_id, a.above_id, r.id FROM access_requests r
JOIN request_units w ON w.environment_id = r.environment_id AND w.request_id = r.id
JOIN unit_above a ON a.environment_id = w.environment_id AND a.unit_id = w.unit_id
WHERE r.state = 'pending';

-- What the list of users is filtered by, as columns: standing is 0 for users who were
-- invited, 1 for those who have signed in and 2 for the deactivated; has_end is 1 with
-- an end date; gone is 1 where the account is disabled or deleted.
ALTER TABLE users ADD COLUMN standing BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN has_end BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN gone BIGINT NOT NULL DEFAULT 0;
UPDATE users SET
    standing = CASE WHEN deactivated_at <> 0 THEN 2 WHEN first_sign_in_at <> 0 THEN 1 ELSE 0 END,
    has_end = CASE WHEN ends_on <> '' THEN 1 ELSE 0 END,
    gone = CASE WHEN account_state <> '' THEN 1 ELSE 0 END;

-- The signature of all words of a user, see words.go. Most users who lack a word lack
-- one of its bits, so that they need not be looked up.
ALTER TABLE users ADD COLUMN signature BIGINT NOT NULL DEFAULT 0;
ALTER TABLE user_words ADD COLUMN signature BIGINT NOT NULL DEFAULT 0;

-- users.name_key beside a user's words and memberships, so that those found by a word
-- or in a unit come by name.
ALTER TABLE user_words ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE memberships ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE memberships SET name_key = (SELECT u.name_key FROM users u
    WHERE u.environment_id = memberships.environment_id AND u.id = memberships.user_id);

DROP INDEX user_words_by_word;
CREATE INDEX user_words_by_word ON user_words (environment_id, word, name_key, user_id, signature);
DROP INDEX memberships_by_unit;
CREATE INDEX memberships_by_unit ON memberships (environment_id, unit_id, name_key, user_id);

-- One index for each filter and order of the list of users. What stands behind id is
-- looked at on the way.
DROP INDEX users_by_name;
DROP INDEX users_by_creation;
DROP INDEX users_by_seen;
DROP INDEX users_invited;
DROP INDEX users_unassigned;
DROP INDEX users_deactivated;
DROP INDEX users_ending;
DROP INDEX users_gone;
CREATE INDEX users_by_name ON users (environment_id, name_key, id, signature);
CREATE INDEX users_by_creation ON users (environment_id, created_at, id, signature);
CREATE INDEX users_by_seen ON users (environment_id, last_sign_in_at, id, signature);
CREATE INDEX users_standing_by_name ON users (environment_id, standing, name_key, id, ends_on, signature);
CREATE INDEX users_standing_by_creation ON users (environment_id, standing, created_at, id, ends_on, signature);
CREATE INDEX users_standing_by_seen ON users (environment_id, standing, last_sign_in_at, id, ends_on, signature);
CREATE INDEX users_ending_by_name ON users (environment_id, has_end, name_key, id, ends_on, standing, signature)
    WHERE has_end = 1;
CREATE INDEX users_ending_by_creation ON users (environment_id, has_end, created_at, id, ends_on, standing, signature)
    WHERE has_end = 1;
CREATE INDEX users_ending_by_seen ON users (environment_id, has_end, last_sign_in_at, id, ends_on, standing, signature)
    WHERE has_end = 1;
CREATE INDEX users_unassigned_by_name ON users (environment_id, unit_count, name_key, id, standing, signature)
    WHERE unit_count = 0;
CREATE INDEX users_unassigned_by_creation ON users (environment_id, unit_count, created_at, id, standing, signature)
    WHERE unit_count = 0;
CREATE INDEX users_unassigned_by_seen ON users (environment_id, unit_count, last_sign_in_at, id, standing, signature)
    WHERE unit_count = 0;
CREATE INDEX users_gone_by_name ON users (environment_id, gone, name_key, id, standing, signature)
    WHERE gone = 1;
CREATE INDEX users_gone_by_creation ON users (environment_id, gone, created_at, id, standing, signature)
    WHERE gone = 1;
CREATE INDEX users_gone_by_seen ON users (environment_id, gone, last_sign_in_at, id, standing, signature)
    WHERE gone = 1;

-- Found without reading the whole environment: visitors' sessions by person, and the
-- requests that led to a user in their order.
CREATE INDEX sessions_of_visitors ON sessions (environment_id, tid, oid) WHERE user_id IS NULL;
DROP INDEX access_requests_by_user;
CREATE INDEX access_requests_by_user ON access_requests (environment_id, user_id, id) WHERE user_id <> '';

-- Decided requests, newest first.
CREATE INDEX access_requests_settled ON access_requests (environment_id, id) WHERE state <> 'pending';

-- How many events of some kinds there were on each day of the environment's calendar.
CREATE TABLE event_days (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    day            TEXT   NOT NULL,
    kind           TEXT   NOT NULL,
    n              BIGINT NOT NULL,
    PRIMARY KEY (environment_id, day, kind)
);

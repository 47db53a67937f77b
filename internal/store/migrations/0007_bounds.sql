-- added_by is the user who added the business unit or restored it last; '' is
-- Support, or a unit from before. It counts towards what one administrator may add.
ALTER TABLE units ADD COLUMN added_by TEXT NOT NULL DEFAULT '';

-- How often something has happened on a day in UTC, for limits per day. day is
-- days since 1970; key is a hash, because what is counted names people.
CREATE TABLE daily_counts (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    key            TEXT   NOT NULL,
    day            BIGINT NOT NULL,
    n              BIGINT NOT NULL,
    PRIMARY KEY (environment_id, key, day)
);
CREATE INDEX daily_counts_by_day ON daily_counts (day);

-- source says how well the person behind an incident was known: 0 nobody was
-- authenticated, 1 a person without a user, 2 a user. Each has room of its own.
ALTER TABLE incidents ADD COLUMN source BIGINT NOT NULL DEFAULT 0;
UPDATE incidents SET source = 1 WHERE oid <> '';
CREATE INDEX incidents_by_source ON incidents (environment_id, source, at);

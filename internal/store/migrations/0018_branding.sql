-- How an environment looks. The logo is a PNG image, written as base64, in a table of its own: the row of the
-- environment is read with every request. Its hash is in both.
ALTER TABLE environments ADD COLUMN accent TEXT NOT NULL DEFAULT '';
ALTER TABLE environments ADD COLUMN welcome TEXT NOT NULL DEFAULT '';
ALTER TABLE environments ADD COLUMN logo_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE environments ADD COLUMN logo_width BIGINT NOT NULL DEFAULT 0;
ALTER TABLE environments ADD COLUMN logo_height BIGINT NOT NULL DEFAULT 0;

CREATE TABLE logos (
    environment_id TEXT NOT NULL PRIMARY KEY REFERENCES environments (id),
    hash           TEXT NOT NULL,
    image          TEXT NOT NULL
);

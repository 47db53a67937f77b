-- Trees in parts: a branch is read page by page in natural order, and units are found
-- by the words of their names. Fill writes both for the units that are there.
ALTER TABLE units ADD COLUMN order_key TEXT NOT NULL DEFAULT '';
DROP INDEX units_children;
CREATE INDEX units_branch ON units (environment_id, parent_id, order_key, id);
CREATE INDEX units_branch_in_use ON units (environment_id, parent_id, order_key, id) WHERE archived_at = 0;
CREATE INDEX units_in_order ON units (environment_id, order_key, id);
CREATE INDEX units_archived ON units (environment_id, archived_at) WHERE archived_at > 0;
CREATE INDEX units_by_adder ON units (environment_id, added_by, id);

CREATE TABLE unit_words (
    environment_id TEXT NOT NULL,
    unit_id        TEXT NOT NULL,
    word           TEXT NOT NULL,
    PRIMARY KEY (environment_id, unit_id, word),
    FOREIGN KEY (environment_id, unit_id) REFERENCES units (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX unit_words_by_word ON unit_words (environment_id, word, unit_id);

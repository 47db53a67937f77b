-- Filters of the list of users that an administrator keeps under a name. They go with the user.
CREATE TABLE saved_filters (
    environment_id TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    name_key       TEXT NOT NULL,
    name           TEXT NOT NULL,
    shows          TEXT NOT NULL DEFAULT '',
    unit_id        TEXT NOT NULL DEFAULT '',
    sort           TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (environment_id, user_id, name_key),
    FOREIGN KEY (environment_id, user_id) REFERENCES users (environment_id, id) ON DELETE CASCADE
);

-- What people were shown with a reference - sign-ins that failed, faults, no
-- access - so that the reference can be looked up. No token, secret or message
-- body is in it. tid, oid, username and name are there only where Microsoft
-- had vouched for somebody; route is a pattern, without anything typed.
CREATE TABLE incidents (
    environment_id TEXT   NOT NULL REFERENCES environments (id),
    reference      TEXT   NOT NULL,
    at             BIGINT NOT NULL,
    kind           TEXT   NOT NULL,
    reason         TEXT   NOT NULL DEFAULT '',
    code           TEXT   NOT NULL DEFAULT '',
    tid            TEXT   NOT NULL DEFAULT '',
    oid            TEXT   NOT NULL DEFAULT '',
    username       TEXT   NOT NULL DEFAULT '',
    name           TEXT   NOT NULL DEFAULT '',
    route          TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (environment_id, reference)
);
CREATE INDEX incidents_by_time ON incidents (environment_id, at);
CREATE INDEX incidents_by_end ON incidents (at);

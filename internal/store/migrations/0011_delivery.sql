-- failed is how often sending the email failed for a reason of its own. Emails that
-- never failed are sent before those that were put off. attempts counts claims: it
-- fences workers, and also counts those that were handed back.
ALTER TABLE mails ADD COLUMN failed BIGINT NOT NULL DEFAULT 0;
UPDATE mails SET failed = attempts WHERE state = 'waiting' AND attempts > 0;

-- asked_at is when an administrator had an email sent again that was given up, 0 for
-- none: the days after which it is given up begin anew.
ALTER TABLE mails ADD COLUMN asked_at BIGINT NOT NULL DEFAULT 0;

-- Environments take turns: the first index finds the next one that has emails, the
-- others the next email of its own.
CREATE INDEX mails_turn ON mails (environment_id, next_at) WHERE state = 'waiting';
CREATE INDEX mails_fresh ON mails (environment_id, next_at, id) WHERE state = 'waiting' AND failed = 0;
CREATE INDEX mails_failed ON mails (environment_id, next_at, id) WHERE state = 'waiting' AND failed > 0;

-- Why the whole queue waits, for all instances: a row while the mail server takes no
-- email from us at all, none otherwise. code and status are the server's reply.
CREATE TABLE mail_queue (
    id       BIGINT NOT NULL PRIMARY KEY,
    since    BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    code     BIGINT NOT NULL,
    status   TEXT   NOT NULL,
    reason   TEXT   NOT NULL
);

-- Requests are searched by the words of name and account name, and decided ones come by the time of the decision. Fill
-- writes the words of the requests that are there.
CREATE TABLE request_words (
    environment_id TEXT NOT NULL,
    request_id     TEXT NOT NULL,
    word           TEXT NOT NULL,
    PRIMARY KEY (environment_id, request_id, word),
    FOREIGN KEY (environment_id, request_id) REFERENCES access_requests (environment_id, id) ON DELETE CASCADE
);
CREATE INDEX request_words_by_word ON request_words (environment_id, word, request_id);

DROP INDEX access_requests_settled;
CREATE INDEX access_requests_settled ON access_requests (environment_id, decided_at, id) WHERE state <> 'pending';

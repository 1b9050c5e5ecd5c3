-- Retention: what stays of messages that are dropped. Leads from version 4 to 5.

-- id is the last one of a log that was dropped: numbers never come back, also when nothing is left of the log.
CREATE TABLE dropped (
    log INTEGER PRIMARY KEY REFERENCES log (key),
    id INTEGER NOT NULL,
    crc INTEGER NOT NULL
);

-- Where a message with a cid was that is dropped already. For some days it is recognised when it is sent again.
CREATE TABLE receipt (
    person INTEGER NOT NULL,
    cid TEXT NOT NULL,
    log INTEGER NOT NULL REFERENCES log (key),
    id INTEGER NOT NULL,
    at REAL NOT NULL,
    crc INTEGER NOT NULL,
    PRIMARY KEY (person, cid)
) WITHOUT ROWID;
CREATE INDEX receipt_at ON receipt (at);

-- Logs and their messages. Every statement here runs in one transaction with the raising of user_version to 1.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value NOT NULL
) WITHOUT ROWID;
-- The epoch tells one history from another: numbers of messages mean nothing in a file with another epoch.
INSERT INTO meta VALUES ('epoch', lower(hex(randomblob(8))));
-- The key of the last entry whose words are in the table words.
INSERT INTO meta VALUES ('indexed', 0);

CREATE TABLE log (
    key INTEGER PRIMARY KEY,
    log TEXT NOT NULL UNIQUE,
    shown TEXT NOT NULL,
    topic TEXT NOT NULL,
    crc INTEGER NOT NULL
);

-- key is the order in which messages were kept, over all logs; id the place in the log.
CREATE TABLE entry (
    key INTEGER PRIMARY KEY,
    log INTEGER NOT NULL REFERENCES log (key),
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    at REAL NOT NULL,
    person INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    to_name TEXT NOT NULL,
    cid TEXT,
    crc INTEGER NOT NULL,
    UNIQUE (log, id)
);

-- A private message is kept twice; the receiver's copy does not count as a repeat of the sender's.
CREATE UNIQUE INDEX entry_cid ON entry (person, cid) WHERE cid IS NOT NULL AND kind <> 'told';

-- What words an entry holds, already folded and divided: 'ascii' keeps every character beyond ASCII as it is.
-- The log is one of the words, in a column of its own, so that a search never walks through other people's logs.
CREATE VIRTUAL TABLE words USING fts5 (
    log, text, content = '', columnsize = 0, detail = column, tokenize = 'ascii'
);

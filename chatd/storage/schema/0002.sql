-- People: accounts, and the sessions by which programs take their names back. Leads from version 1 to 2.

-- key is the folded name; password as argon2 encodes it; seen the last message of the box that its owner was shown.
CREATE TABLE account (
    person INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password TEXT NOT NULL,
    seen INTEGER NOT NULL,
    crc INTEGER NOT NULL
);

-- digest is the SHA-256 of the session's secret; ended is NULL while it has a connection.
CREATE TABLE session (
    digest TEXT PRIMARY KEY,
    person INTEGER NOT NULL,
    name TEXT NOT NULL,
    ended REAL,
    crc INTEGER NOT NULL
) WITHOUT ROWID;

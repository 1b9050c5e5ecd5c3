"""Database files as older versions of chatd have left them. Knows the store's steps and rows; must not know trials."""

import sqlite3
from contextlib import closing
from pathlib import Path

from chatd.events import Kind, Message
from chatd.storage.contract import Append
from chatd.storage.database import prepare
from chatd.storage.migrations import steps
from chatd.storage.rows import insert, log_checksum, values

NEWEST = len(steps())
"""The version of this chatd's files."""


def make_file(path: Path, version: int, messages: int) -> None:
    """A file of this version, with so many messages in the lobby."""
    path.parent.mkdir(parents=True, exist_ok=True)
    prepare(path, steps()[:version]).release()
    said = [Message(Kind.SAID, "ali", f"old words {number}", 1e9, 1, 0) for number in range(messages)]
    with closing(sqlite3.connect(path)) as connection:
        log = ("#lobby", "#lobby", "", log_checksum("#lobby", "#lobby", ""))
        connection.execute("INSERT INTO log (log, shown, topic, crc) VALUES (?, ?, ?, ?)", log)
        connection.execute(insert(len(said)), values(1, Append("#lobby", 1, said), 1))
        connection.commit()

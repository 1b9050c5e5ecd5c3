"""What the server makes of its database: words searched for, rows that may be damaged.

Knows SQLite and the store's rows, and what they promise. Must not know how a store is used.
"""

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any, Final

from chatd.events import Entry, Kind
from chatd.storage.contract import LOCKED, SessionRecord
from chatd.storage.index import find_indexed, index_some
from chatd.storage.migrations import steps
from chatd.storage.people import PeopleDecoder
from chatd.storage.rows import Decoder, checksum, damaged
from chatd.words import Query, words_of
from tests.fuzz.letters import LETTERS
from tests.fuzz.target import CUT, Target, number_of


@cache
def _database() -> sqlite3.Connection:
    """A whole database in memory, with one log."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for script in steps():
        connection.executescript(script)
    connection.execute("INSERT INTO log VALUES (1, '#lobby', '#lobby', '', 0)")
    return connection


def search(data: bytes) -> None:
    """By the index of words the same is found as by looking at the text; and where it stands is in the text."""
    words, _, text = (part.decode(errors="replace") for part in data.partition(CUT))
    query = Query.parse(words)
    held = frozenset(words_of(text))
    if query is None:
        return
    matches = query.matches(text)
    assert matches == all(any(way.is_in(held) for way in ways) for ways in query.terms)
    assert matches == _found_by_index(query, text)
    places = query.places(text)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(set(places))
    assert bool(places) or not matches


def _found_by_index(query: Query, text: str) -> bool:
    connection = _database()
    connection.execute("BEGIN")
    try:
        row = (1, 1, 1, "said", "ali", text, 0.0, 1, 1, "", None, 0)
        connection.execute(f"INSERT INTO entry VALUES ({','.join('?' * len(row))})", row)
        assert index_some(connection, 1) == 0
        return len(list(find_indexed(connection, query, [1], 1))) == 1
    finally:
        connection.execute("ROLLBACK")


def _values(data: bytes, count: int) -> Iterator[Any]:
    """So many values that SQLite may hold, out of bytes."""
    for _ in range(count):
        kind, data = number_of(data, 5)
        if kind == 0:
            yield None
        elif kind == 1:
            yield int.from_bytes(data[:8], "big", signed=True)
            data = data[8:]
        elif kind == 2:
            yield struct.unpack(">d", data[:8].ljust(8, b"\0"))[0]
            data = data[8:]
        else:
            size, data = number_of(data, 40)
            yield data[:size] if kind == 3 else data[:size].decode(errors="replace")
            data = data[size:]


def row(data: bytes) -> None:
    """Any row of a message is that message or a damaged one, which is reported once; a room's own row likewise."""
    told: list[str] = []
    decoder = Decoder(told.append)
    sound, data = number_of(data, 1)
    id, *others = _values(data, 10)
    columns = (id if isinstance(id, int) else 7, *others[:8])  # SQLite keeps the type of an id
    crc: object = others[8]
    if sound and all(isinstance(columns[place], str) for place in (2, 3, 7)) and isinstance(columns[8], str | None):
        with suppress(struct.error):  # somebody has written it, if not this server
            crc = checksum("#lobby", *columns)
    for _ in range(2):
        _assert_message_or_damage(decoder.entry("#lobby", (*columns, crc)), columns[0], told)
    words = decoder.words("#lobby", (*others[:2], others[2]))
    assert words == ("", "") or words == tuple(others[:2])
    assert len(told) <= 2


def _assert_message_or_damage(entry: Entry, id: int, told: list[str]) -> None:
    said = entry.message
    assert entry.id == id
    if entry == damaged(id):
        assert len(told) == 1
        return
    assert not told
    assert all(isinstance(text, str) for text in (said.name, said.text, said.to, said.cid or ""))
    assert all(isinstance(number, int) for number in (said.person, said.origin))
    assert isinstance(said.kind, Kind)


def people(data: bytes) -> None:
    """Any row of an account or a session is one, or damaged: then it opens nothing, and its name is nobody else's."""
    told: list[str] = []
    connection = _database()
    connection.execute("BEGIN")
    try:
        values = list(_values(data, 12))
        with suppress(sqlite3.IntegrityError):
            connection.execute("INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, ?)", values[:7])
        with suppress(sqlite3.IntegrityError):
            connection.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?)", values[7:])
        decoder = PeopleDecoder(connection, told.append)
        accounts = list(decoder.accounts())
        assert len(accounts) <= 2  # a damaged one reserves its key and its spelling
        assert told or len(accounts) <= 1  # a fuzzer finds true checksums, too
        assert not told or {account.password for account in accounts} <= {LOCKED}
        session = decoder.session(str(values[7]))
        assert session is None or isinstance(session, SessionRecord)
    finally:
        connection.execute("ROLLBACK")


TARGETS: Final = (
    Target("search", search, (*LETTERS, CUT, b"the", b"cat"), 8704),
    Target("row", row, (b"said", b"told", b"acted", b"\x05\x04said")),
    Target("people", people, (b"\x05\x03ali",)),
)

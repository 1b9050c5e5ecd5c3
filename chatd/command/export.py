"""``chatd export``: messages as lines of JSON. Knows the fields, which ``docs/operations.rst`` promises; not the tables."""

import json
import sqlite3
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chatd.command.check import DAMAGED, inspection
from chatd.command.progress import Progress
from chatd.requests import BOX
from chatd.storage.contract import StoreError
from chatd.storage.integrity import Check, in_line
from chatd.storage.transcript import Line, State, Transcript
from chatd.storage.visit import require_current, visiting

MANY: Final = 100_000
"""So many missing messages in a row are one line: their numbers may be wrong as well."""


def export(chosen: Namespace) -> int:
    """Write what was asked for to the standard output, in UTF-8 whatever the locale. The exit status: 1 if it is not all.

    What is damaged is told on standard error as well, before and after.

    Raises:
        StoreError: it cannot be read, or there is no such room; or there is no output.
        InterruptedVisit: Ctrl-C.
        OSError: the output cannot be written.
    """
    if sys.__stdout__ is None:
        raise StoreError("The output is closed, so there is nowhere to write the messages to.")
    path: Path = chosen.file
    with visiting(path, lambda: True) as connection:
        require_current(connection, path)
        damages = _look(connection, path)
        lost = _write_what_is_left(connection, chosen) if damages else _write(Transcript(connection), chosen)
    sys.stdout.buffer.flush()
    if damages or lost:
        sys.stderr.write(f"chatd: {_summary(path, lost)}\n")
        return DAMAGED
    return 0


def _look(connection: sqlite3.Connection, path: Path) -> int:
    """How much is damaged, as far as a quick look can tell."""
    with Progress(sys.stderr) as progress:
        found = inspection(connection, path, progress, sys.stderr).begin(Check.QUICK)
    if not found.damages:
        connection.execute("COMMIT")  # a long transaction would be in the way of a server
    return found.damages


def _write_what_is_left(connection: sqlite3.Connection, chosen: Namespace) -> int:
    try:
        return _write(Transcript(connection, torn=True), chosen)
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR:
            raise
        reason = f"{chosen.file} is too damaged to be exported ({in_line(error)}). Please restore a backup."
        raise StoreError(reason) from error  # there is no such table or column any more


def _write(transcript: Transcript, chosen: Namespace) -> int:
    """Write the messages. How many of them are damaged or missing."""
    if chosen.room is not None and not transcript.has(chosen.room):
        raise StoreError(f"There is no room {chosen.room} in {chosen.file}.")
    lost = 0
    for line in transcript.lines(chosen.room):
        if _is_wanted(line, chosen.since, chosen.private):
            lost += 0 if line.state is State.WHOLE else max(1, line.last - line.entry.id + 1)
            sys.stdout.buffer.writelines(encode(line))
    return lost


def _summary(path: Path, lost: int) -> str:
    """What is to be known about messages that were exported from a damaged database."""
    if not lost:
        return (
            f"{path} is damaged, so some messages may be missing, though none is known to be. 'chatd check' tells more."
        )
    counted = "1 message is" if lost == 1 else f"{lost:,} messages are"
    return f"{path} is damaged: {counted} damaged or missing, and marked in the output. 'chatd check' tells more."


def _is_wanted(line: Line, since: float, private: bool) -> bool:
    """When a lost one was said is not known."""
    if line.state is State.AGAIN or (not private and line.log.startswith(BOX)):
        return False
    return line.state is not State.WHOLE or line.entry.message.at >= since


def encode(line: Line) -> Iterator[bytes]:
    """Lines of JSON: one for each message. Very many that are missing have one together, with ``until``."""
    first, message = line.entry.id, line.entry.message
    if line.state is State.WHOLE:
        fields = {"kind": message.kind, "from": message.name, "person": message.person}
        fields |= {"to": message.to} if message.to else {}
        yield _line(line, first, **fields, text=message.text, ts=message.at)
    elif line.last - first >= MANY:
        yield _line(line, first, until=line.last, damaged=True)
    else:
        for id in range(first, max(first, line.last) + 1):
            yield _line(line, id, damaged=True)


def _line(line: Line, id: int, **fields: object) -> bytes:
    return f"{json.dumps({'room': line.log, 'id': id or None, **fields}, ensure_ascii=False)}\n".encode()

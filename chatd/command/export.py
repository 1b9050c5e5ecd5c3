"""``chatd export``: messages as lines of JSON. Knows the fields, which ``docs/operations.rst`` promises; not the tables."""

import json
import sys
from argparse import Namespace
from pathlib import Path

from chatd.requests import BOX
from chatd.storage.contract import StoreError
from chatd.storage.transcript import Line, has_log, transcript
from chatd.storage.visit import require_current, visiting


def export(chosen: Namespace) -> int:
    """Write what was asked for to the standard output, in UTF-8 whatever the locale. The exit status.

    Raises:
        StoreError: it cannot be read, or there is no such room.
        InterruptedVisit: Ctrl-C.
        OSError: the output cannot be written.
    """
    path: Path = chosen.file
    with visiting(path, lambda: True) as connection:
        require_current(connection, path)
        if chosen.room is not None and not has_log(connection, chosen.room):
            raise StoreError(f"There is no room {chosen.room} in {path}.")
        for line in transcript(connection, chosen.room):
            if _is_wanted(line, chosen.since, chosen.private):
                sys.stdout.buffer.write(encode(line))
        sys.stdout.buffer.flush()
    return 0


def _is_wanted(line: Line, since: float, private: bool) -> bool:
    """When a damaged one was said is not known."""
    return (private or not line.log.startswith(BOX)) and (line.damaged or line.entry.message.at >= since)


def encode(line: Line) -> bytes:
    """One line of JSON."""
    fields: dict[str, object] = {"room": line.log, "id": line.entry.id}
    message = line.entry.message
    if line.damaged:
        fields["damaged"] = True
    else:
        fields |= {"kind": message.kind, "from": message.name, "person": message.person}
        if message.to:
            fields["to"] = message.to
        fields |= {"text": message.text, "ts": message.at}
    return f"{json.dumps(fields, ensure_ascii=False)}\n".encode()

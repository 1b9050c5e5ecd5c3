"""The log never tells what was said: whole conversations with a real server, by words that occur nowhere else.

Every line of the log is looked at, of all levels: twistd leaves none out.
"""

import json
import os
import socket
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT, TWISTD, Server, Visitor, environment, running

SAID = "quincunx"
"""In everything that is typed, but for names."""
PASSWORD = f"{SAID} in four words"
IN_TREE = environment(PYTHONPATH=str(ROOT))
LOGS = pytest.mark.parametrize("log", [(), ("--logger=chatd.journal.json_lines",)], ids=["text", "json"])

TYPED = (
    f"{SAID} {SAID}",  # no name
    f"/{SAID}",
    "ali",
    f"salam {SAID}",
    f"/me {SAID}",
    f"/pm sara {SAID}",
    f"/pm nobody {SAID}",
    f"/topic {SAID}",
    f"/join #{SAID}",
    f"/search {SAID}",
    f"/history {SAID}",
    f"/nick {SAID} {SAID}",
    f"/{SAID} {SAID}",
    f"\x07{SAID}",
    f"{SAID}\x1b]0;{SAID}\x07",
    SAID * 3000,
    f"/register {PASSWORD}",
    f"/password {SAID}-wrong {SAID}-other",
    "/password",
    PASSWORD,
    f"{PASSWORD}!",
    f"{PASSWORD}!",
    "/exit",
)
"""By somebody at a terminal."""

SENT: tuple[dict[str, Any], ...] = (
    {"type": "chat", "room": "#lobby", "text": SAID, "cid": f"cid-{SAID}"},
    {"type": "chat", "room": f"#no-{SAID}", "text": SAID, "cid": f"cid-{SAID}-2"},
    {"type": "pm", "to": "sara", "text": SAID, "cid": f"pm-{SAID}"},
    {"type": "claim", "password": PASSWORD},
    {"type": "password", "old": SAID, "new": PASSWORD},
    {"type": "topic", "room": "#lobby", "text": SAID},
    {"type": "search", "words": SAID},
    {"type": "resume", "room": "#lobby", "epoch": SAID, "after": 0},
    {"type": SAID, SAID: SAID},
    {"type": "logout"},
)
"""By a program, after it has registered."""

STRANGE: tuple[bytes, ...] = (
    f"GET /{SAID} HTTP/1.1\r\nHost: {SAID}\r\nOrigin: http://{SAID}\r\n\r\n".encode(),
    f"PASS {SAID}\r\nNICK {SAID}\r\n".encode(),
    f"SSH-2.0-{SAID}\r\n".encode(),
    f"PROXY TCP4 {SAID} {SAID} 1 2\r\n".encode(),
    b"\x16\x03\x01\x00\x40" + SAID.encode() * 8,
    b"\xff\xfb\x18\xff\xfa\x18\x00" + SAID.encode() + b"\xff\xf0\xfe\xc3" + SAID.encode() + b"\r\n",
    f'{{"type": "{SAID}", "{SAID}\n'.encode(),
    f'{{"type": "register", "v": 1, "session": "{SAID}"}}\n'.encode(),
    f'{{"type": "register", "user_id": "ali", "password": "{SAID}"}}\n'.encode(),
    f'{{"type": "register", "user_id": "{SAID}\\u0007"}}\n'.encode(),
)
"""By others, each on a connection of its own."""

BUGS = f"""
from chatd.session import Session
from chatd.storage.memory import MemoryStore

receive = Session.receive

def broken_receive(self, request):
    if "{SAID} breaks" in getattr(request, "text", ""):
        raise ValueError(f"cannot send {{request!r}}")
    receive(self, request)

async def broken_search(self, upto, words, count):
    raise KeyError(words)

Session.receive = broken_receive
MemoryStore.search = broken_search
"""
"""Two mistakes for a server to start with, as careless as they can be."""


def says(server: Server, data: bytes) -> str:
    """Connect, send this and nothing more; what is answered until the end."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("r", encoding="utf-8", errors="replace") as answers:
            return answers.read()


def typed(server: Server, lines: Sequence[str]) -> str:
    """Say these."""
    return says(server, "".join(f"{line}\n" for line in lines).encode())


def sent(server: Server, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    """Send these; what is answered."""
    answers = typed(server, [json.dumps(request) for request in requests])
    return [json.loads(line) for line in answers.splitlines()]


def converse(server: Server) -> list[str]:
    """Have everything said; the secrets that the server has made meanwhile."""
    by_hand = typed(server, TYPED)
    assert "* ali is your account now." in by_hand
    assert "* Your password is changed." in by_hand
    register = {"type": "register", "v": 1}
    answers = sent(server, {**register, "user_id": "sara"}, *SENT)
    assert {"ack", "claim", "error", "found", "topic"} <= {answer["type"] for answer in answers}, answers
    session = answers[0]["session"]
    back = sent(server, {**register, "session": session}, *SENT)
    assert back[0]["ok"], back
    for data in STRANGE:
        says(server, data)
    return [session, back[0]["session"]]


@LOGS
def test_no_word_of_a_conversation_is_in_the_log(tmp_path: Path, log: tuple[str, ...]) -> None:
    """Messages, topics, searches, passwords, ids, secrets, rooms, and what is no request at all; also when the store fails."""
    command = [TWISTD, *log, "-n", "--pidfile=", "chatd", "--port", "0", "--flood", "0", "--cert", "auto"]
    with running(command, tmp_path, IN_TREE) as server:
        secrets = converse(server)
        reza = Visitor(server.port)
        reza.types("reza")
        assert reza.sees().startswith("* Hello reza.")
        with closing(sqlite3.connect(tmp_path / "chatd.db")) as connection:
            connection.execute("DROP TABLE entry")
        reza.types(SAID)
        server.process.wait()
        reza.goes()
    assert "reza joined from 127.0.0.1" in server.log
    assert "The store failed" in server.log
    for private in [SAID, "$argon2", *secrets]:
        assert private not in server.log.casefold(), server.log


@LOGS
def test_a_bug_does_not_tell_either(tmp_path: Path, log: tuple[str, ...]) -> None:
    """One in what is received, which Twisted logs, and one in a request, which chatd logs: where and what, but not on what."""
    (tmp_path / "sitecustomize.py").write_text(BUGS)
    with_bugs = environment(PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)]))
    command = [TWISTD, *log, "-n", "--pidfile=", "chatd", "--port", "0", "-s", "memory:"]
    with (  # noqa: PT012 (running() wants none; here there must be some)
        pytest.raises(AssertionError, match="Traceback"),
        running(command, tmp_path, with_bugs) as server,
    ):
        typed(server, ["ali", f"{SAID} breaks"])
        typed(server, ["sara", f"/search {SAID}", "/exit"])
    assert "ValueError: (its words are left out" in server.log
    assert "KeyError: (its words are left out" in server.log
    assert "in broken_receive" in server.log
    assert "in broken_search" in server.log
    assert SAID not in server.log.casefold(), server.log

"""What a client reads on its own machine: the files it has kept, and where its person says a server is.

Knows the clients' readers of files and addresses, and what they promise. Must not know conversations.
"""

import re
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from clients import addresses, trust
from clients.console.history import MOST_LINES, LineHistory
from clients.gui.remembered import Remembered, load, save
from clients.password_file import read_password
from clients.wording import Told
from tests.fuzz.promises import assert_harmless
from tests.fuzz.target import Target, text_of


@cache
def _kept_folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="chatd-fuzz-")


def _file(name: str, data: bytes) -> Path:
    path = Path(_kept_folder().name) / name
    path.write_bytes(data)
    return path


def kept_files(data: bytes) -> None:
    """What a client finds on its disk: understood, or refused in a sentence; and never a reason not to start."""
    address = addresses.Address("chat.example.org")
    known = trust.KnownServers(_file("known_servers", data))
    with suppress(trust.TrustError):
        trust.use_tls(address, trust.Wish.NOTHING, known)
        known.remember(address)
        assert known.met(address)
        assert known.fingerprint(address) is None
    remembered = load(_file("window.json", data))
    again = Path(_kept_folder().name) / "again.json"
    save(remembered, again)
    assert isinstance(remembered, Remembered)
    assert load(again) == remembered
    with suppress(Told):
        assert read_password(_file("password", data)).value
    history = LineHistory(_file("history", data))
    lines = list(history.load_history_strings())
    assert len(lines) <= MOST_LINES
    assert not any("\n" in line for line in lines)


def destination(data: bytes) -> None:
    """Where a server is, and its fingerprint: understood, or refused in a sentence."""
    text = text_of(data)
    try:
        name, address = addresses.parse_destination(text)
        assert addresses.parse_address(str(address)) == address
        assert name is None or name
        assert isinstance(address.is_loopback, bool)
    except Told as error:
        assert_harmless(error.sentence)
    try:
        fingerprint = trust.parse_fingerprint(text)
        assert trust.parse_fingerprint(fingerprint) == fingerprint
        assert re.fullmatch("[0-9A-F:]{95}", fingerprint)
    except Told as error:
        assert_harmless(error.sentence)


TARGETS: Final = (
    Target(
        "kept-files",
        kept_files,
        (
            b"chat.example.org:5050 ",
            b"verified",
            b"AB:" * 31 + b"CD",
            b"\n",
            b'{"',
            b'"geometry": ',
            b'"1000x700+1+1"',
            b'"panes": [',
            b'"wish": "tls"',
        ),
    ),
    Target(
        "destination",
        destination,
        (b"ali@", b"[::1]", b":5050", b"%eth0", b"sha256 Fingerprint=", b"AB:" * 31 + b"CD", b"localhost."),
    ),
)

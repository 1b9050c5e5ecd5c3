"""What the server makes of what its operator asks for: a command line, a file of options, places to listen.

Knows the options, and what they promise. Must not know what becomes of them.
"""

import tempfile
import tomllib
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, Final

from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock

from chatd.languages import find_language, preferred_language
from chatd.listening import CannotListen, listen
from chatd.options import LIMITS, Options
from chatd.storage import urls
from tests.fuzz.target import CUT, Target, pieces, text_of


class _Reactor(MemoryReactorClock):
    """Opens ports in memory, that can be read like true ones."""

    def listenTCP(self, *place: Any, **more: Any) -> Any:
        """By TCP."""
        return _readable(super().listenTCP(*place, **more))

    def listenUNIX(self, *place: Any, **more: Any) -> Any:
        """By a UNIX socket."""
        return _readable(super().listenUNIX(*place, **more))

    def listenSSL(self, *place: Any, **more: Any) -> Any:
        """By TCP, with TLS at once."""
        return _readable(super().listenSSL(*place, **more))


def _readable(port: Any) -> Any:
    port.doRead = port.numberAccepts = None
    return port


def _read(arguments: list[str]) -> None:
    """Options are understood, or end the program with one line."""
    options = Options()
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            options.parseOptions(arguments)
    except SystemExit as end:
        _assert_told_in_a_line(end.code)
        return
    limits = options.settings.limits
    for option in LIMITS.values():
        assert getattr(limits, option.field) >= option.least


def _assert_told_in_a_line(words: object) -> None:
    """What twistd prints when it ends; nothing after --help, which has printed enough."""
    assert words in (0, None) or str(words).startswith("chatd: ")


@cache
def _folder() -> Path:
    return Path(_kept_folder().name)


@cache
def _kept_folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="chatd-fuzz-")


def config(data: bytes) -> None:
    """A file of options is understood, or refused in one line."""
    with suppress(Exception):  # what it is, is for the options to say; this only keeps them away from real files
        if any("/" in str(value) for value in tomllib.loads(data.decode()).values()):
            return
    file = _folder() / "chatd.toml"
    file.write_bytes(data)
    _read(["--config", str(file)])


def arguments(data: bytes) -> None:
    """So is a command line; and places to listen, stores and languages that are none are refused in words."""
    given = [
        text_of(piece) for piece in pieces(data) if not {0, 47} & set(piece)
    ]  # no folder, and no NUL: none can come
    _read(given)
    for text in given:
        urls.split(text)
        find_language(text)
        preferred_language({"LANG": text, "LANGUAGE": text})
        if "stdio" not in text:
            with suppress(CannotListen):
                listen(text, Factory(), _Reactor())


TARGETS: Final = (
    Target(
        "config",
        config,
        (
            b"=",
            b"[",
            b"]",
            b'"',
            b"\n",
            b"true",
            b"0x",
            *(f"{one}".encode() for one in LIMITS),
            b'flood = "10:2"\n',
            b'listen = ["tcp:5050"]\n',
            b'motd = ""\n',
            b"port = 5050\n",
            b"\\u0000",
        ),
    ),
    Target(
        "arguments",
        arguments,
        (
            CUT,
            b"--flood",
            b"10:2",
            b"--listen",
            b"tcp:5050",
            b"unix:",
            b"tls:",
            b"interface=",
            b"--lang",
            b"fa",
            b"--cert",
            b"auto",
            *(f"--{one}".encode() for one in LIMITS),
            b"nan",
            b"1e9",
            b"sqlite:",
        ),
    ),
)

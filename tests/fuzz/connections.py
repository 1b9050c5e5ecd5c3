"""A whole connection to a whole server: bytes, cuts and time, in any order, while two others look on.

Knows the server from outside, and what nobody's input may do: raise, disturb the others, stay for ever, or be kept. An input
is a way to begin, and then segments: behind each :data:`~tests.fuzz.target.CUT` one byte says what happens before the next
one, if it is in :data:`~tests.fuzz.scenes.DEEDS`.
"""

import json
import re
import ssl
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from chatd.addresses import Networks
from chatd.certificates import CurrentIdentity
from chatd.wire.telnet import HERE
from clients import messages
from clients.codec import decode
from tests.fuzz.promises import assert_harmless
from tests.fuzz.scenes import DEEDS, HOME, MINUTE, PROGRAM, WAYS, Scene, held, nothing_logged, play
from tests.fuzz.server_bytes import COMMAND_WORDS, FIRST_WORDS, JSON_WORDS, TELNET_WORDS
from tests.fuzz.server_rules import PROXY_WORDS
from tests.fuzz.target import CUT, Target, number_of, pieces
from tests.test_tls import make_identity

_MOST_HELD: Final = 1 << 20
"""Bytes that the server may hold more after an input than before it, whatever that was."""
_WORTH_WEIGHING: Final = 1 << 17
_NEWS: Final = ("* ", "[", "! No one called mallory is here.")
"""How the lines begin that somebody sees who looks on."""
_REFUSALS: Final = (b"HTTP/1.1 400 ", b"SSH-2.0-chatd", b"\x15\x03", b"ERROR :")
_TELNET: Final = re.compile(rb"\xff[\xfb-\xfe][\0-\xff]|" + re.escape(HERE), re.DOTALL)


def conversation(data: bytes) -> None:
    """Whatever is sent, whenever and however it is cut: one connection is served or closed, the others are as before."""
    way, data = number_of(data, len(WAYS) - 1)
    with nothing_logged():
        scene = Scene(way)
        play(scene, data)
        _assert_all_is_well(scene)
        _assert_understood(scene)
        segments = pieces(data)
        if not any(segment[:1] in DEEDS for segment in segments[1:]):
            _assert_same(scene, way, b"".join(segments))


def _assert_same(scene: Scene, way: int, data: bytes) -> None:
    """In one segment it is the same; but answers to telnet's codes may come in another place."""
    whole = Scene(way)
    whole.sends(data)
    _assert_all_is_well(whole)
    assert whole.mina.wire.received == scene.mina.wire.received
    if b"\xff" not in WAYS[way] + data:
        assert whole.wire.received.replace(b"\xff\xfd\0", b"") == scene.wire.received.replace(b"\xff\xfd\0", b"")


def proxied(data: bytes) -> None:
    """What a proxy says first, or whoever pretends to be one, and then any conversation."""
    with nothing_logged():
        scene = Scene(proxies=Networks([HOME]))
        play(scene, data)
        _assert_all_is_well(scene)
        _assert_understood(scene)


def tls(data: bytes) -> None:
    """What looks like TLS and is none, from the first byte or behind the beginning of a true handshake."""
    true, data = number_of(data, 1)
    with nothing_logged():
        scene = Scene(identity=_identity())
        scene.sends(_client_hello() if true else b"\x16\x03")
        play(scene, data)
        _assert_all_is_well(scene)


def _assert_all_is_well(scene: Scene) -> None:
    if scene.sent > _WORTH_WEIGHING and scene.before:
        grown = held(scene.world) - scene.before
        assert grown <= _MOST_HELD, f"{grown} bytes are kept of {scene.sent}"
    scene.reads_on()
    scene.waits(MINUTE)
    _assert_others_are_served(scene)
    scene.over = scene.visitor.closed
    for visitor in scene.visitor, scene.mina, scene.sara:
        visitor.drops()
    assert not scene.world.site.conversations
    assert not scene.world.clock.getDelayedCalls()


def _assert_others_are_served(scene: Scene) -> None:
    scene.mina.types("/who")
    scene.waits(MINUTE)
    lines = scene.mina.sees().splitlines()
    before = next(place for place, line in enumerate(lines) if line.startswith("* Online ("))
    for line in lines[1:before]:
        assert line.startswith(_NEWS), line
    for line in lines:
        assert_harmless(line)
    last = 0
    for raw in scene.sara.gets().splitlines():
        said = decode(raw)
        if isinstance(said, messages.Line) and said.room == "#lobby" and not said.past:
            last += 1
            assert said.id == last


def _assert_understood(scene: Scene) -> None:
    """What came back is lines of text or of JSON, or another protocol's no; if it is over, the end is a sentence."""
    received = _TELNET.sub(b"", bytes(scene.wire.received))
    lines = received.split(b"\n")
    for place, line in enumerate(lines):
        if line.startswith(_REFUSALS):
            return
        _assert_line(line.removesuffix(b"\r"), program=scene.way == PROGRAM)
        assert line or place == len(lines) - 1 or scene.way != PROGRAM
    assert lines[-1] == b"", lines[-1]
    if scene.over and not (scene.own_end or scene.wire.aborted):
        assert lines[-2].startswith((b"* ", b"! ", b"{")), lines[-2]


def _assert_line(line: bytes, program: bool) -> None:
    text = line.decode()
    if program:
        decode(line)
    elif text.startswith("{"):
        json.loads(text)
    else:
        assert_harmless(text)


# TLS


@cache
def _identity() -> CurrentIdentity:
    return make_identity(Path(_folder().name))


@cache
def _folder() -> "TemporaryDirectory[str]":
    return TemporaryDirectory(prefix="chatd-fuzz-")


@cache
def _client_hello() -> bytes:
    from_server, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(from_server, to_server, server_hostname="chat.example.org")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return to_server.read()


_DEED_WORDS: Final = tuple(CUT + deed for deed in DEEDS)
_UNWANTED: Final = (
    b"\x1b[2J",
    "\x9b".encode(),
    "\u202e".encode(),
    "\u2067".encode(),
    "\u2028".encode(),
    "سلام".encode(),
)
_TLS_WORDS: Final = (b"\x16\x03\x01", b"\x15\x03\x03\0\x02\x02\x28", b"\x14\x03\x03\0\x01\x01", b"\x17\x03\x03")

TARGETS: Final = (
    Target(
        "conversation",
        conversation,
        (*_DEED_WORDS, *_UNWANTED, *COMMAND_WORDS, *FIRST_WORDS, *JSON_WORDS, *TELNET_WORDS),
        8192,
    ),
    Target("proxied", proxied, (*_DEED_WORDS, *PROXY_WORDS, *FIRST_WORDS, b"ali\n")),
    Target("tls", tls, (*_DEED_WORDS, *_TLS_WORDS), 4096),
)

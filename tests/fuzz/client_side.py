"""A client in front of a server that means harm, and what it reads on its own machine: lines, conversations, files, options.

Knows the clients from outside: nothing raises, and nothing reaches a screen that it would act on. In an input for a
conversation one byte behind each :data:`~tests.fuzz.target.CUT` says what happens with the segment, if it is in
:data:`_DEEDS`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC
from random import Random
from typing import Final

from chatd.languages import ENGLISH, PERSIAN
from chatd.secret import Secret
from chatd.wire import commands
from clients.codec import LineBuffer, decode
from clients.core import ClientCore, Identity, Wish
from clients.events import Event, State, Welcomed
from clients.fields import ProtocolError
from clients.gui.model.conversations import Conversations
from clients.gui.model.view import View, look
from clients.gui.text.paragraph import layout
from clients.messages import ServerMessage
from clients.presentation.rendering import Renderer, plain
from clients.presentation.secrecy import may_be_kept
from clients.wording import speak
from tests.fuzz.promises import assert_harmless, strings_in
from tests.fuzz.target import CUT, Target, number_of, pieces, text_of
from tests.test_client_codec import LINES

_NOW: Final = 1000.0
_WALL: Final = 1_700_049_600.0
_AS_IT_CAME: Final = frozenset({"epoch", "cid", "request"})
"""What is only given back to the server."""
_MOST_PENDING: Final = 1 << 20
_ALL: Final = 1 << 30


def codec(data: bytes) -> None:
    """However they are cut the same lines come, each of which is read or refused in words, and safe to show."""
    segments = pieces(data)
    whole, apart = LineBuffer(), LineBuffer()
    lines = [line for segment in segments for line in apart.feed(segment)]
    assert lines == list(whole.feed(b"".join(segments)))
    for line in lines:
        try:
            message = decode(line)
        except ProtocolError as error:
            assert_harmless(error.sentence)
            continue
        if message is not None:
            _assert_safe(message)


def _assert_safe(message: ServerMessage) -> None:
    for field in fields(message):
        value = getattr(message, field.name)
        for text in strings_in(value):
            if field.name in _AS_IT_CAME:
                text.encode()
                continue
            for line in text.split("\n") if field.name == "motd" else [text]:
                assert_harmless(line)


# A conversation


class Person:
    """Somebody with a console and a window, and a server that says what the input says."""

    def __init__(self, beginning: int) -> None:
        self.now = _NOW
        self.core = ClientCore(Identity("ali"), Random(1), self.now)
        self.renderer = Renderer(UTC)
        self.window = Conversations(UTC)
        self.view = View(State.CONNECTING, "chat.example.org")
        self.opens()
        for line in _BEGINNINGS[beginning]:
            self.hears(line)

    def opens(self) -> None:
        """There is a connection, if one is wanted."""
        while self.core.wish is Wish.NOTHING and self.core.deadline is not None and not self._is_open:
            self.waits()
        if self.core.wish is Wish.CONNECT:
            self.core.connection_opened(self.now)
        self.looks()

    @property
    def _is_open(self) -> bool:
        return self.core.state in (State.REGISTERING, State.ONLINE)

    def hears(self, data: bytes) -> None:
        """The server says this."""
        self.core.received(data, self.now)
        self.looks()

    def types(self, data: bytes) -> None:
        """The person types a line."""
        line = text_of(data)
        request = commands.parse(line)
        if request is not None:
            may_be_kept(line, request)
            self.core.send(request, self.now)
        self.looks()

    def answers(self, data: bytes) -> None:
        """The person gives a name, or a password."""
        if data[:1] == b"#":
            self.core.give_password(Secret(text_of(data)))
        else:
            self.core.give_name(text_of(data))
        self.looks()

    def waits(self, data: bytes = b"") -> None:
        """Time passes until something is due."""
        self.now = max(self.now, self.core.deadline or self.now) + 0.001
        self.core.tick(self.now)
        self.hears(data)

    def is_cut(self, data: bytes) -> None:
        """The connection is lost, and comes back."""
        self.core.connection_lost(self.now, "The cable was pulled.")
        self.looks()
        self.opens()
        self.hears(data)

    def looks(self) -> None:
        """Everything that is to be sent, shown or done now."""
        self._sends(self.core.take_bytes())
        happened = self.core.take_events()
        for event in happened:
            self._sees(event)
        self.view = look(self.core, happened, self.view, _WALL - _NOW)
        changes = self.window.take(happened, self.view, _WALL)
        for conversation in changes.changed:
            for paragraph in conversation.paragraphs:
                assert "\n" not in paragraph.text
                layout(paragraph.pieces, paragraph.direction, 60, lambda text, _style: len(text))
        if self.core.wish is Wish.CLOSE:
            self.core.connection_lost(self.now, "Closed.")
            self.looks()

    def _sends(self, out: bytes) -> None:
        assert out.endswith(b"\n") or not out
        for line in out.splitlines():
            json.loads(line)
        assert sum(len(pending.text) for pending in self.core.pending) <= _MOST_PENDING

    def _sees(self, event: Event) -> None:
        for text in strings_in(event):
            for line in text.split("\n") if isinstance(event, Welcomed) else [text]:
                assert_harmless(line)
        for shown in self.renderer.lines(event, _WALL):
            assert_harmless(plain(shown))


_DEEDS: Final[Mapping[bytes, Callable[[Person, bytes], None]]] = {
    b">": Person.types,
    b"?": Person.answers,
    b"~": Person.waits,
    b"!": Person.is_cut,
}


def _line(kind: str) -> bytes:
    return json.dumps({"type": kind, **LINES[kind]}, ensure_ascii=False).encode() + b"\n"


_BEGINNINGS: Final = ((), (_line("register"),), (_line("register"), _line("entered"), _line("users")))


def conversation(data: bytes) -> None:
    """Whatever a server says, cut anywhere, and whatever is typed: the client goes on, and shows only what is harmless."""
    way, data = number_of(data, 2 * len(_BEGINNINGS) - 1)
    speak(PERSIAN if way % 2 else ENGLISH)
    try:
        person = Person(way // 2)
        first, *others = pieces(data)
        person.hears(first)
        for piece in others:
            deed = _DEEDS.get(piece[:1])
            if deed is not None:
                deed(person, piece[1:])
            else:
                person.hears(piece)
    finally:
        speak(ENGLISH)


_LINE_WORDS: Final = (
    *map(_line, LINES),
    *(f'"{name}": '.encode() for name in sorted({name for line in LINES.values() for name in line})),
    b"{",
    b'"type": ',
    b'"\\u202e\\u001b[2J"',
    b'"\\ud800"',
    b"9223372036854775808",
    b"1e400",
    b"\n",
    CUT,
)
_PERSON_WORDS: Final = (
    *(CUT + deed for deed in _DEEDS),
    b"/history",
    b"/pm sara ",
    b"/login ali x",
    b"/ignore sara",
)

TARGETS: Final = (
    Target("codec", codec, _LINE_WORDS, 65536),
    Target("client", conversation, (*_PERSON_WORDS, *_LINE_WORDS), 8192),
)

"""What the server makes of bytes, one format at a time: telnet, lines, the limit, first bytes, commands, JSON.

Knows the modules of ``chatd/wire`` and what they promise. Must not know connections or sessions.
"""

import json
import re
from contextlib import suppress
from typing import Any, Final

from chatd.details import LONGEST_QUOTED
from chatd.errors import BadJson, ChatError
from chatd.protocols.front_ends import FRONT_ENDS
from chatd.requests import ChangePassword, Invalid, Login, Quit, Register, Request
from chatd.text import clean, decode, message
from chatd.wire import commands, json_requests
from chatd.wire.json_objects import DEEPEST, object_line, read_object
from chatd.wire.line_limit import REMARK_BYTES, LineLimit, read_remark
from chatd.wire.lines import LineFilter, edited, end_of_line
from chatd.wire.recognition import Undecided
from chatd.wire.telnet import HERE, INTERRUPT, MAX_REPLIES, Telnet
from tests.fuzz.promises import assert_harmless, assert_told, strings_in
from tests.fuzz.target import CUT, Target, number_of, pieces, text_of

_ANSWERS: Final = re.compile(rb"(?:\xff[\xfb-\xfe][\0-\xff]|" + re.escape(HERE) + rb")*", re.DOTALL)
_ANSWER_BYTES: Final = 3
_MOST_SECONDS: Final = 86_400 * 10**9


def telnet(data: bytes) -> None:
    """Codes are taken out and answered alike, however they are cut; what is kept does not grow."""
    segments = pieces(data)
    whole, apart = Telnet(), Telnet()
    typed = b"".join(apart.feed(segment) for segment in segments)
    assert typed == whole.feed(b"".join(segments))
    answers = apart.take_replies()
    assert answers == whole.take_replies()
    assert _ANSWERS.fullmatch(answers), answers
    assert len(answers) <= MAX_REPLIES + _ANSWER_BYTES
    assert len(typed) <= len(data) + 2  # a command that was not one gives back what was kept of it
    assert apart.seen == whole.seen
    assert apart.hiding == whole.hiding
    for ask in apart.hide_input, apart.show_input, apart.offer_binary:
        ask()
        assert _ANSWERS.fullmatch(apart.take_replies())


def lines(data: bytes) -> None:
    """However it is cut, the same lines come out, none of them too long, each with the byte 0xff in it a remark."""
    most, data = number_of(data, 63)
    limit = most + 1
    segments = pieces(data)
    whole, apart = LineFilter(limit), LineFilter(limit)
    out = b"".join(apart.feed(segment) for segment in segments) + apart.finish()
    assert out == whole.feed(b"".join(segments)) + whole.finish()
    _assert_lines(out, limit)
    assert apart.finish() == b""
    end = end_of_line(data)
    assert data[:end].endswith((b"\n", b"\r", b"\0")) or end == len(data)


def limit(data: bytes) -> None:
    """The same without telnet, as for programs; and what is short enough comes out as it went in."""
    most, data = number_of(data, 63)
    segments = pieces(data.replace(INTERRUPT, b"\xfe"))
    whole, apart = LineLimit(most + 1), LineLimit(most + 1)
    joined = b"".join(segments)
    out = b"".join(apart.feed(segment) for segment in segments) + apart.finish()
    assert out == whole.feed(joined) + whole.finish()
    _assert_lines(out, most + 1)
    if all(len(line) <= most + 1 for line in joined.split(b"\n")):
        assert out.removesuffix(b"\n") == joined.removesuffix(b"\n")


def _assert_lines(out: bytes, limit: int) -> None:
    *ended, rest = out.split(b"\n")
    assert rest == b""
    for line in ended:
        assert len(line) <= limit + REMARK_BYTES
        remark = read_remark(line)
        assert (remark is not None) == (INTERRUPT in line)
        assert remark is not None or len(line) <= limit
        with suppress(UnicodeDecodeError):
            line.decode()
            _assert_utf8(edited(line))


def _assert_utf8(line: bytes) -> None:
    """What was UTF-8 is still."""
    try:
        line.decode()
    except UnicodeDecodeError as error:
        raise AssertionError(line) from error


def first_bytes(data: bytes) -> None:
    """Once it is known who speaks, more bytes change nothing; and any line can be looked at again."""
    beginning = data[:64]
    found = [FRONT_ENDS.recognise(beginning[:length]) for length in range(len(beginning) + 1)]
    decided = [row for row in found if row is not Undecided.MORE]
    assert found == [Undecided.MORE] * (len(found) - len(decided)) + decided
    assert all(row is decided[0] for row in decided)
    for line in data.split(b"\n"):
        FRONT_ENDS.reconsider(line)


def command(data: bytes) -> None:
    """Any line is a request, or nothing; what is wrong with it can be said; passwords are not repeated."""
    line = text_of(data)
    for request in (commands.parse(line), commands.parse_introduction(line)):
        if request is not None:
            _assert_request(request)
    word = line.split(" ", 1)[0]
    assert_told(commands.unknown(word))
    assert len(str(commands.unknown(word))) <= 4 * LONGEST_QUOTED + 200
    bare = line.strip()
    if bare[:5].lower() == "exit/" and not bare[5:].strip():
        assert commands.parse(line) == Quit()


def _assert_request(request: Request) -> None:
    if isinstance(request, Invalid):
        assert_told(request.error)
    if isinstance(request, Login | Register | ChangePassword):
        assert "Secret" in repr(request) or "password=None" in repr(request) or "old=None" in repr(request)


def spoken(data: bytes) -> None:
    """Text is cleaned once and for all, or refused in words; nothing in it moves a cursor or turns a line around."""
    try:
        text = decode(data)
    except ChatError as error:
        assert_told(error)
        text = text_of(data)
    try:
        said = clean(text)
        assert clean(said) == said
        assert_harmless(said)
        assert len(said) <= len(text)
        said.encode()
        said = message(text, 100)
        assert 0 < len(said.encode()) <= 100
    except ChatError as error:
        assert_told(error)


def json_line(data: bytes) -> None:
    """Any line of a program is a request, in either version; what is wrong with it can be said."""
    for version in (0, 1):
        request = json_requests.decode(data, version)
        if isinstance(request, Invalid):
            assert_told(request.error)
            assert len(str(request.error)) < 1000 + len(data)
        for string in strings_in(request):
            string.encode()
        assert json_requests.type_of(request) is not None
        json_requests.cid_of(request)


def json_object(data: bytes) -> None:
    """What is read is what the standard library reads, is not deeper than it may be, and can be written and read again."""
    try:
        fields = read_object(data)
    except BadJson as error:
        assert_told(error)
        return
    assert fields == json.loads(data)
    assert _depth(fields) <= DEEPEST
    try:
        line = object_line(fields)
    except UnicodeEncodeError:
        return  # half of a surrogate pair, which is for the fields' kinds to refuse
    assert line.count(b"\n") == 1
    assert read_object(line[:-1]) == fields


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


_ROWS: Final = json_requests.REQUEST_TYPES.values()
_NAMES: Final = {"type", "v", *(row.name for row in _ROWS), *(field.name for row in _ROWS for field in row.fields)}
JSON_WORDS: Final = (
    *(b'"%b"' % name.encode() for name in sorted(_NAMES)),
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"true",
    b"null",
    b"NaN",
    b"1e999",
    b"9223372036854775807",
    b'"\\ud800"',
    b"-0",
)

COMMAND_WORDS: Final = (
    *(f"/{word} ".encode() for row in commands.COMMANDS for word in (row.name, *row.aliases)),
    b"exit/",
    b"#lobby",
    b"\n",
    b"\r\0",
    "\u200c".encode(),
    "\u2068".encode(),
)
TELNET_WORDS: Final = (
    *(b"\xff%c" % code for code in range(236, 256)),
    b"\xff\xfa\x18\0",
    b"\xff\xf0",
    b"\xff\xfd\x06",
    b"\xff\xfb\0",
    b"\r\n",
    b"\r\0",
    b"\x04",
    b"\x15",
    b"\x7f",
    CUT,
)
FIRST_WORDS: Final = (
    *(prefix for row in FRONT_ENDS.rows for prefix in row.signature.prefixes),
    b"Hello Server",
    b" / HTTP/1.1\r\n",
    b"Host: ",
)

TARGETS: Final = (
    Target("telnet", telnet, TELNET_WORDS, 65536),
    Target("lines", lines, TELNET_WORDS, 65536),
    Target("limit", limit, (b"\n", CUT, b"xxxxxxxxxxxxxxxx"), 65536),
    Target("first-bytes", first_bytes, FIRST_WORDS, 65536),
    Target("command", command, COMMAND_WORDS, 4352),
    Target("spoken", spoken, (b"\t", "\u202e".encode(), b"\x9b", "\u200c".encode(), b"\xed\xa0\x80"), 16384),
    Target("json-line", json_line, JSON_WORDS, 16384),
    Target("json-object", json_object, JSON_WORDS, 16384),
)

"""The lines of a server, as a client reads them: strictly, and believing nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.secret import Secret
from clients.codec import LONGEST_LINE, READERS, LineBuffer, decode, encode
from clients.fields import LARGEST_ID, LATEST, ProtocolError, safe
from clients.messages import Ack, Farewell, Line, People, Refusal, Registered, RoomTable, Unregistered, Users

LINES: dict[str, dict[str, Any]] = {
    "register": {"ok": True, "v": 1, "user_id": "ali", "account": False, "session": "S", "epoch": "E", "motd": ""},
    "ack": {"room": "#lobby", "id": 1, "ts": 1.0},
    "chat": {"room": "#lobby", "id": 1, "from": "ali", "text": "salam", "ts": 1.0},
    "pm": {"room": "@", "id": 1, "from": "ali", "to": "sara", "text": "salam", "ts": 1.0},
    "past": {"room": "#lobby", "id": 1, "from": "ali", "text": "salam", "ts": 1.0},
    "history": {"count": 0, "more": False},
    "found": {"words": "salam", "count": 0, "more": False},
    "waiting": {"user_id": "sara"},
    "entered": {"room": "#lobby", "fresh": True, "topic": "", "last": 0, "epoch": "E"},
    "departed": {"room": "#lobby", "current": None},
    "resumed": {"room": "#lobby", "topic": "", "after": 1, "last": 2, "epoch": "E"},
    "reset": {"room": "#lobby", "topic": "", "after": 0, "last": 0, "epoch": "E"},
    "gap": {"room": "#lobby", "first": 7},
    "users": {"room": "#lobby", "users": ["ali"], "count": 1, "ts": 1.0},
    "joined": {"room": "#lobby", "users": ["ali"], "count": 1, "ts": 1.0},
    "left": {"room": "#lobby", "users": ["ali"], "count": 1, "ts": 1.0},
    "renamed": {"room": "#lobby", "from": "ali", "to": "reza", "ts": 1.0},
    "topic": {"room": "#lobby", "topic": "salam", "ts": 1.0},
    "nick": {"user_id": "reza", "ts": 1.0},
    "rooms": {"rooms": [{"room": "#lobby", "count": 1, "topic": "", "joined": True}], "more": 0, "ts": 1.0},
    "who": {"people": [{"user_id": "ali", "address": "192.0.2.7"}], "ts": 1.0},
    "claim": {"ok": True, "user_id": "ali"},
    "password": {"ok": True},
    "ping": {"ts": 1.0},
    "pong": {"ts": 1.0},
    "retry": {"error": "retry", "text": "Later."},
    "error": {"error": "no_such_user", "text": "No one.", "request": "pm", "cid": "7"},
    "bye": {"reason": "asked", "text": "Goodbye."},
}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


def line(kind: str, **fields: Any) -> bytes:
    """A line as a server writes it."""
    return json.dumps({"type": kind} | fields).encode()


def test_a_welcome_keeps_its_lines() -> None:
    """Each of them is safe to show, and what divides them stays."""
    read = decode(line("register", **LINES["register"] | {"motd": "salam\n\r\nrules:\tnone\x1b[2J\rx"}))
    assert isinstance(read, Registered)
    assert read.motd == "salam\n\nrules: none\ufffd[2J\ufffdx"


@pytest.mark.parametrize(("said", "seconds"), [(7, 7.0), (3600, 3600.0), (1e12, 3600.0)])
def test_nobody_is_sent_away_for_longer_than_an_hour(said: float, seconds: float) -> None:
    """Seconds without end would be a time that no clock can show."""
    read = decode(line("retry", error="too_fast", text="Slower.", seconds=said))
    assert isinstance(read, Refusal)
    assert read.seconds == seconds


def complaint(read: bytes) -> str:
    """What is wrong with a line; empty if it can be read."""
    try:
        decode(read)
    except ProtocolError as error:
        return str(error)
    return ""


def test_every_type_has_an_example_here() -> None:
    """The table of readers, and what is tested of it, are the same."""
    assert LINES.keys() == READERS.keys()


@pytest.mark.parametrize("kind", LINES)
def test_every_line_of_the_protocol_is_understood(kind: str) -> None:
    """Also with fields that are not known yet."""
    assert decode(line(kind, **LINES[kind])) is not None
    assert decode(line(kind, **LINES[kind], weather=["fine"])) == decode(line(kind, **LINES[kind]))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (
            {"type": "register", "ok": False, "reason": "login_wait", "text": "Wait.", "seconds": 7},
            Unregistered("login_wait", "Wait.", 7.0),
        ),
        ({"type": "register", "ok": True, "user_id": "ali"}, Registered("ali", None, False, None, "", 0, "", 4096)),
        (
            {"type": "ack", "cid": "c", "room": "@", "id": 3, "ts": 5, "to": "sara"},
            Ack("@", 3, 5.0, "c", "sara"),
        ),
        (
            {"type": "chat", "room": "#a", "id": 2, "from": "ali", "text": "waves", "act": True, "ts": 1.5},
            Line("#a", 2, "ali", "waves", 1.5, acted=True, to="", past=False),
        ),
        ({"type": "users", "room": "#a", "count": 2000, "ts": 1.0}, Users("#a", None, 2000)),
        ({"type": "who", "people": [{"user_id": "ali", "address": None}], "ts": 1}, People(None, (("ali", ""),))),
        ({"type": "rooms", "rooms": [{"room": "#a", "count": 2}], "more": 3}, RoomTable((("#a", 2, "", False),), 3)),
        (
            {"type": "retry", "error": "too_fast", "text": "Slower.", "request": "join", "seconds": 3},
            Refusal("too_fast", "Slower.", "join", None, 3.0, retry=True),
        ),
        ({"type": "bye", "reason": "shutdown"}, Farewell("shutdown", "")),
    ],
)
def test_what_is_left_out_has_its_meaning(sent: dict[str, Any], read: object) -> None:
    """Each field is read as the protocol describes it."""
    assert decode(json.dumps(sent).encode()) == read


@pytest.mark.parametrize("other", [b"", b"* Welcome to chatd.", b"! No.", b'[{"type": "ping"}]', b"\xff\xfb\x01"])
def test_lines_for_people_are_skipped(other: bytes) -> None:
    """What does not begin with { is not for programs."""
    assert decode(other) is None


def test_types_that_are_not_known_are_ignored() -> None:
    """New ones may come."""
    assert decode(line("dance", steps=3)) is None


@pytest.mark.parametrize(
    "broken",
    [
        b"{",
        b"{}",
        b'{"type": 5}',
        b'{"type": "ping"} {"type": "ping"}',
        b'{"type": "ping", "type": "pong"}',
        b'{"type": "ping", "ts": NaN}',
        b'{"type": "bye", "reason": "\xff"}',
        b'{"type": "ping", "ts": ' + b"[" * 100_000,
        b'{"type": "gap", "room": "#a", "first": ' + b"9" * 5000 + b"}",
    ],
)
def test_broken_lines_are_the_servers_error(broken: bytes) -> None:
    """One sentence, short, with nothing in it that could disturb a terminal."""
    with pytest.raises(ProtocolError) as raised:
        decode(broken)
    sentence = str(raised.value)
    assert len(sentence) < 200
    assert safe(sentence) == sentence


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("ack", "id", 0),
        ("ack", "id", True),
        ("ack", "id", 1.0),
        ("ack", "id", "1"),
        ("ack", "id", LARGEST_ID + 1),
        ("ack", "ts", -1),
        ("ack", "ts", LATEST + 1),
        ("ack", "ts", "now"),
        ("ack", "cid", 7),
        ("chat", "text", None),
        ("chat", "act", 1),
        ("chat", "from", ["ali"]),
        ("entered", "epoch", "\ud800"),
        ("entered", "last", -1),
        ("register", "ok", "yes"),
        ("register", "v", "1"),
        ("users", "users", "ali"),
        ("users", "users", ["ali", 5]),
        ("who", "people", ["ali"]),
        ("rooms", "rooms", [{"room": "#a"}]),
        ("retry", "seconds", "soon"),
        ("history", "more", None),
        ("history", "gone", 1),
    ],
)
def test_a_known_field_of_the_wrong_kind_breaks_the_line(kind: str, field: str, value: object) -> None:
    """The sentence names the type and the field."""
    with pytest.raises(ProtocolError, match=field):
        decode(line(kind, **(LINES[kind] | {field: value})))


@given(st.sampled_from(sorted(LINES)), st.data())
def test_any_value_in_any_field_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    """Nothing but a :class:`ProtocolError` comes out of it."""
    fields = LINES[kind]
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(fields)), VALUES, min_size=1))
    sentence = complaint(line(kind, **(fields | changed)))
    assert safe(sentence) == sentence


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """The same for what is no JSON at all."""
    for begun in (data, b"{" + data):
        sentence = complaint(begun.replace(b"\n", b""))
        assert safe(sentence) == sentence


@given(st.text())
def test_nothing_that_a_terminal_acts_on_gets_through(text: str) -> None:
    """No control of C0 or C1, no DEL, no line end, no bidi control, no half character; twice changes nothing more."""
    shown = safe(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000 for c in shown)
    assert not any(c in "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for c in shown)
    assert safe(shown) == shown


@pytest.mark.parametrize(
    ("attack", "shown"),
    [
        ("\x1b]52;c;aGk=\x07", "\ufffd]52;c;aGk=\ufffd"),
        ("\x9b6n", "\ufffd6n"),
        ("bob:\rZZZ:", "bob:\ufffdZZZ:"),
        ("\u202eabc\u2066", "abc"),
        ("a\tb", "a b"),
        ("علی\u200cرضا 👩\u200d🚀", "علی\u200cرضا 👩\u200d🚀"),
    ],
)
def test_attacks_are_made_visible_and_persian_is_left_alone(attack: str, shown: str) -> None:
    """Escape sequences lose their first byte, direction its controls; ZWNJ and ZWJ stay."""
    assert safe(attack) == shown


@pytest.mark.parametrize("kind", LINES)
def test_every_string_that_is_shown_is_made_safe(kind: str) -> None:
    """Names, rooms, sentences, texts: all but what is only given back to the server."""
    attack = "\x1b[2J\u202e"
    kept = {"session", "epoch", "cid", "request"}

    def poison(value: Any, key: str = "") -> Any:
        if isinstance(value, str):
            return value if key in kept else value + attack
        if isinstance(value, list):
            return [poison(item) for item in value]
        return {name: poison(item, name) for name, item in value.items()} if isinstance(value, dict) else value

    read = repr(decode(line(kind, **poison(LINES[kind]))))
    assert "\x1b" not in read
    assert "\\x1b" not in read
    assert "\\u202e" not in read


def test_secrets_do_not_show() -> None:
    """Not in the repr of what was read; but they are written as they are."""
    assert "S3CR3T" not in repr(decode(line("register", **(LINES["register"] | {"session": "S3CR3T"}))))
    assert encode("register", {"v": 1, "session": Secret("S3CR3T")}) == (
        b'{"type": "register", "v": 1, "session": "S3CR3T"}\n'
    )


@given(st.text())
def test_what_is_written_is_one_line_of_json(text: str) -> None:
    """Whatever stands in it."""
    written = encode("chat", {"text": text, "act": None})
    assert written.endswith(b"\n")
    assert written.count(b"\n") == 1
    assert json.loads(written) == {"type": "chat", "text": text}


def test_half_a_character_can_be_written() -> None:
    """A terminal may hand over anything as a password: it is wrong then, and nothing breaks."""
    assert encode("claim", {"password": Secret("a\udcff")}) == b'{"type": "claim", "password": "a?"}\n'


def test_none_is_left_out() -> None:
    """A field without a value is not written."""
    assert encode("list", {"room": None}) == b'{"type": "list"}\n'


@given(st.lists(st.binary(max_size=20).filter(lambda part: not {10, 13} & set(part))), st.data())
def test_lines_come_out_whole_however_they_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    """Both line endings, any pieces."""
    ending = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    stream = b"".join(part + ending for part in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    buffer = LineBuffer()
    assert [read for piece in pieces for read in buffer.feed(piece)] == lines


def test_a_line_without_end_is_not_collected_for_ever() -> None:
    """Beyond 1 MiB it is an error, in one piece or in many."""
    with pytest.raises(ProtocolError):
        list(LineBuffer().feed(b"x" * (LONGEST_LINE + 1)))
    buffer = LineBuffer()
    for _ in range(LONGEST_LINE // 65536):
        assert list(buffer.feed(b"x" * 65536)) == []
    with pytest.raises(ProtocolError):
        list(buffer.feed(b"x"))

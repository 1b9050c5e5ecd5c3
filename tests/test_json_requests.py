"""What programs ask for: every request of the protocol, and every way to get one wrong."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.errors import BadField, BadJson, ChatError, NameCharacter, TextCharacter, UnknownType
from chatd.requests import (
    BOX,
    Act,
    ChangePassword,
    Introduce,
    Invalid,
    Join,
    Leave,
    List,
    Nothing,
    Ping,
    Quit,
    Recall,
    Register,
    Rename,
    Request,
    Resume,
    Rooms,
    Say,
    Search,
    SetLanguage,
    Tell,
    Topic,
    Who,
)
from chatd.secret import Secret
from chatd.wire.json_objects import DEEPEST, object_line, read_object
from chatd.wire.json_plain import plainly_said
from chatd.wire.json_requests import REQUEST_TYPES, cid_of, decode, type_of

SALAM = "سلام"
MOST = 2**63 - 1


def asked(version: int = 1, **fields: Any) -> Request:
    """What is understood when these fields are sent."""
    return decode(json.dumps(fields).encode(), version)


def invalid(line: bytes, version: int = 1) -> Invalid:
    """What is wrong with this line."""
    request = decode(line, version)
    assert isinstance(request, Invalid)
    return request


def wrong(version: int = 1, **fields: Any) -> Invalid:
    """What is wrong with these fields."""
    return invalid(json.dumps(fields).encode(), version)


@pytest.mark.parametrize(
    ("fields", "request_"),
    [
        ({"type": "chat", "text": SALAM}, Say(SALAM)),
        ({"type": "chat", "text": "a", "room": "#dev", "cid": "7"}, Say("a", "#dev", "7")),
        ({"type": "chat", "text": "a", "act": False}, Say("a")),
        ({"type": "chat", "text": "waves", "act": True, "room": "#dev", "cid": "7"}, Act("waves", "#dev", "7")),
        ({"type": "chat", "text": " \t\x00/exit "}, Say(" \t\x00/exit ")),
        ({"type": "pm", "to": "sara", "text": "a"}, Tell("sara", "a")),
        ({"type": "pm", "to": "192.0.2.7", "text": "a", "cid": "x" * 64}, Tell("192.0.2.7", "a", "x" * 64)),
        ({"type": "join", "room": "#dev"}, Join("#dev")),
        ({"type": "join", "room": "#dev", "recent": 0}, Join("#dev", 0)),
        ({"type": "join", "room": "#dev", "recent": 1000}, Join("#dev", 1000)),
        ({"type": "resume", "room": BOX, "epoch": "e", "after": 0}, Resume(BOX, "e", 0)),
        ({"type": "resume", "room": "#dev", "epoch": "e", "after": MOST}, Resume("#dev", "e", MOST)),
        ({"type": "leave"}, Leave()),
        ({"type": "leave", "room": "#dev"}, Leave("#dev")),
        ({"type": "list"}, List()),
        ({"type": "list", "room": "#dev"}, List("#dev")),
        ({"type": "who"}, Who()),
        ({"type": "who", "room": "#dev"}, Who("#dev")),
        ({"type": "rooms"}, Rooms()),
        ({"type": "topic"}, Topic()),
        ({"type": "topic", "room": "#dev", "text": ""}, Topic("", "#dev")),
        ({"type": "nick", "user_id": "reza"}, Rename("reza")),
        ({"type": "history"}, Recall()),
        ({"type": "history", "room": BOX, "count": 1, "before": 1}, Recall(1, None, BOX, 1)),
        ({"type": "history", "seconds": 0.5, "count": 99999}, Recall(99999, 0.5)),
        ({"type": "history", "seconds": 60}, Recall(seconds=60.0)),
        ({"type": "search", "words": "exam"}, Search("exam")),
        ({"type": "search", "words": "exam", "room": "#dev"}, Search("exam", "#dev")),
        ({"type": "claim", "password": "four words"}, Register(Secret("four words"))),
        ({"type": "password", "old": "a", "new": "b"}, ChangePassword(Secret("a"), Secret("b"))),
        ({"type": "ping"}, Ping()),
        ({"type": "pong"}, Nothing()),
        ({"type": "logout"}, Quit()),
        ({"type": "chat", "text": "a", "colour": "red", "nested": [{"deep": [1.5]}]}, Say("a")),
    ],
    ids=str,
)
def test_a_request_is_what_the_protocol_says(fields: dict[str, Any], request_: Request) -> None:
    """With all its fields, without those that can be left out, at the ends of its ranges, with fields that nobody knows."""
    assert asked(**fields) == request_


@pytest.mark.parametrize(
    ("fields", "request_"),
    [
        ({"user_id": "ali"}, Introduce("ali", resumable=True)),
        ({"user_id": "ali", "password": "p"}, Introduce("ali", Secret("p"), resumable=True)),
        ({"session": "s"}, Introduce(None, session=Secret("s"), resumable=True)),
        (
            {"user_id": "ali", "session": "s", "rooms": ["#a", "#b"], "recent": 5},
            Introduce("ali", None, Secret("s"), True, ("#a", "#b"), 5),
        ),
        ({"user_id": "ali", "rooms": []}, Introduce("ali", resumable=True, rooms=())),
    ],
    ids=str,
)
@pytest.mark.parametrize("version", [0, 1])
def test_a_register_of_version_1_can_come_back(version: int, fields: dict[str, Any], request_: Introduce) -> None:
    """It says itself which version it is of, whatever came before."""
    assert asked(version, type="register", v=1, **fields) == request_


@pytest.mark.parametrize("v", [{}, {"v": 0}])
@pytest.mark.parametrize("version", [0, 1])
def test_a_register_of_version_0_has_a_name_and_nothing_else(version: int, v: dict[str, int]) -> None:
    """What it says beyond that meant nothing to the course project's server, and asks for nothing here."""
    more = {"password": "p", "session": 5, "rooms": "no list", "recent": 10}
    assert asked(version, type="register", user_id="ali", **v, **more) == Introduce("ali", recent=0)


@pytest.mark.parametrize("fields", [{}, {"user_id": None}, {"user_id": 5}, {"user_id": ["ali"]}])
def test_in_version_0_what_is_no_string_is_no_name(fields: dict[str, Any]) -> None:
    """Its clients know but two reasons: a name that cannot be had, as the empty one, and one that is taken."""
    assert asked(0, type="register", **fields) == Introduce("", recent=0)


def test_in_version_0_half_a_character_is_in_no_name() -> None:
    """The same, in the words of the rules for names."""
    request = wrong(0, type="register", user_id="\ud800")
    assert isinstance(request.error, NameCharacter)
    assert (request.kind, request.error.details) == ("register", {"character": "U+D800 surrogate"})


@pytest.mark.parametrize(
    ("fields", "request_"),
    [
        ({"type": "chat", "text": "a", "room": 5, "cid": 5, "act": 5}, Say("a")),
        ({"type": "pm", "to": "sara", "text": "a", "cid": 5}, Tell("sara", "a")),
        ({"type": "list", "room": "#dev"}, List()),
        ({"type": "logout"}, Quit()),
        ({"type": "ping"}, Ping()),
        ({"type": "pong"}, Nothing()),
    ],
    ids=str,
)
def test_version_0_knows_no_rooms_and_no_ids(fields: dict[str, Any], request_: Request) -> None:
    """Fields that are not in it are like any others that nobody knows."""
    assert asked(0, **fields) == request_


@pytest.mark.parametrize(
    "type", sorted(REQUEST_TYPES.keys() - {"register", "chat", "pm", "list", "logout", "ping", "pong"})
)
def test_version_0_knows_no_other_requests(type: str) -> None:
    """They would be answered in types that its clients do not know."""
    request = wrong(0, type=type, cid="7")
    assert isinstance(request.error, UnknownType)
    assert (request.kind, request.cid) == (type, None)


@pytest.mark.parametrize("line", [b"", b" ", b"\r", b"\t \r"])
def test_an_empty_line_asks_for_nothing(line: bytes) -> None:
    """As it does for people."""
    assert decode(line, 0) == decode(line, 1) == Nothing()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"type": "\xff"}', "it is not UTF-8 at byte 11"),
        (b'{"type": "\xed\xa0\x80"}', "it is not UTF-8 at byte 11"),
        (b"[]", "it is a list"),
        (b'"chat"', "it is a string"),
        (b"5", "it is a number"),
        (b"5.0", "it is a number"),
        (b"true", "it is true or false"),
        (b"null", "it is null"),
        (b"salam", "expecting value at character 1"),
        (b'{"type": "chat"', "expecting ',' delimiter at character 16"),
        (b'{"type": "chat', "unterminated string starting at character 10"),
        (b'{"type": "ping"}{}', "extra data at character 17"),
        (b'{"text": "a\x1bb"}', "invalid control character at character 12"),
        (b'{"a": 1, "b": 2, "a": 1}', "the field a is in it twice"),
        (b'{"x": {"a": 1, "a": 2}}', "the field a is in it twice"),
        (b'{"x": NaN}', "it holds NaN, which is no number in JSON"),
        (b'{"x": -Infinity}', "it holds -Infinity, which is no number in JSON"),
        (b'{"x": 9223372036854775808}', "it holds a number beyond 64 bits"),
        (b'{"x": -9223372036854775809}', "it holds a number beyond 64 bits"),
        (b'{"x": ' + b"9" * 10_000 + b"}", "it holds a number beyond 64 bits"),
        (b'{"x": 1e999}', "it holds a number beyond 64 bits"),
        (b'{"x": -1e999}', "it holds a number beyond 64 bits"),
        (b'{"x": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}", "it is nested more than 16 deep"),
        (b"[" * 1_000_000, "it is nested more than 16 deep"),
        (b'{"x":' * 100_000, "it is nested more than 16 deep"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_not_one_plain_object_is_refused_with_the_reason(line: bytes, reason: str) -> None:
    """A program's author must be able to find the mistake; nothing of such a line is believed, not even its type."""
    for version in (0, 1):
        request = invalid(line, version)
        assert isinstance(request.error, BadJson)
        assert request.error.details == {"reason": reason}
        assert (request.kind, request.cid, request.line) == ("", None, "")


@pytest.mark.parametrize(
    "line",
    [
        b'{"type": "ping", "x": 9223372036854775807, "y": -9223372036854775808, "z": 1e308, "w": -0}',
        b'{"type": "ping", "x": ' + b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1) + b"}",
        b'{"type": "ping", "x": [' + b"[]," * 500 + b"{}]}",
        b'{"type": "ping", "x": "' + b"[" * 500 + b'\\"' + b"{" * 500 + b'\\\\"}',
        b' {"type": "ping"}\r',
        b'{"\\u0074ype": "\\u0070ing"}',
    ],
    ids=lambda line: line[:40].decode(),
)
def test_what_is_within_the_limits_is_taken(line: bytes) -> None:
    """The largest numbers, the deepest nesting, many brackets side by side or in a string, blanks, escapes."""
    assert decode(line, 1) == Ping()


@pytest.mark.timeout(60, method="signal")  # a search that does not end lets no other thread run
def test_reading_a_hostile_line_takes_no_longer_than_its_length() -> None:
    """A string that never ends, full of escaped quotes and brackets, is gone through once, not once for each quote."""
    line = b'{"x": "' + b'\\"[' * 1_000_000
    request = invalid(line)
    assert isinstance(request.error, BadJson)


FIELDS: dict[str, Any] = {
    "user_id": "ali",
    "session": "s",
    "password": "p",
    "rooms": ["#dev"],
    "recent": 5,
    "text": "a",
    "room": "#dev",
    "act": True,
    "cid": "7",
    "to": "sara",
    "epoch": "e",
    "after": 5,
    "count": 5,
    "seconds": 5,
    "before": 5,
    "words": "a",
    "old": "a",
    "new": "b",
    "lang": "fa",
}
"""A right value for each field there is."""

WRONG: dict[str, list[Any]] = {
    "act": [0, 1, "true", None],
    "rooms": ["#dev", ["#dev", 5], [None], {}, None],
    "recent": [-1, 1001, True, 5.0, "5", None],
    "after": [-1, True, 5.0, "5", None],
    "before": [0, -1, True, 5.0, "5", None],
    "count": [0, -1, True, 5.0, "5", None],
    "seconds": [0, -1, 0.0, True, "5", None],
    "cid": ["", "x" * 65, 7, None],
}
"""Wrong ones; of those that are strings, see :data:`NO_STRINGS`."""
NO_STRINGS = [5, True, None, ["a"], {"a": "b"}]


@pytest.mark.parametrize(
    ("type", "field"), [(row.name, field.name) for row in REQUEST_TYPES.values() for field in row.fields]
)
def test_a_field_of_the_wrong_kind_is_named(type: str, field: str) -> None:
    """Each field of each request; in a list of strings as well; and what the value was is not repeated: it may be a secret."""
    fields = {"v": 1} | {each.name: FIELDS[each.name] for each in REQUEST_TYPES[type].fields}
    assert not isinstance(asked(type=type, **fields), Invalid)
    for value in WRONG.get(field, NO_STRINGS):
        request = wrong(type=type, **fields | {field: value})
        assert isinstance(request.error, BadField)
        assert (request.error.details["request"], request.error.details["field"]) == (type, field)
        assert request.kind == type
        assert request.cid == (None if field == "cid" else fields.get("cid"))


@pytest.mark.parametrize(
    ("type", "field"),
    [(row.name, field.name) for row in REQUEST_TYPES.values() for field in row.fields if field.needed],
)
def test_a_field_that_is_missing_is_named(type: str, field: str) -> None:
    """The request does not work without it."""
    fields = {each.name: FIELDS[each.name] for each in REQUEST_TYPES[type].fields if each.name != field}
    request = wrong(type=type, **fields)
    assert isinstance(request.error, BadField)
    assert str(request.error).startswith(f"In {type}, {field} must be a")
    assert (request.kind, request.cid) == (type, fields.get("cid"))


@pytest.mark.parametrize("lang", ["", " ", "\u00a0\t"])
def test_no_language_is_asked_for_by_nothing(lang: str) -> None:
    """The sentence would have a hole where it says what there is not."""
    request = wrong(type="lang", lang=lang)
    assert str(request.error) == "In lang, lang must be a string that is not blank."


def test_a_register_needs_a_name_or_a_session() -> None:
    """The sentence says both."""
    request = wrong(type="register", v=1, password="p")
    assert str(request.error) == "In register, user_id must be a string; only with session may it be left out."


@pytest.mark.parametrize("v", [2, -1, True, 1.0, "1", None, [1]])
def test_a_version_that_is_not_spoken_is_refused(v: Any) -> None:
    """A client must not believe that it is understood."""
    request = wrong(0, type="register", v=v, user_id="ali")
    assert str(request.error) == "In register, v must be 0 or 1, or left out."
    assert request.kind == "register"


@pytest.mark.parametrize("fields", [{}, {"type": 5}, {"type": None}, {"type": ["chat"]}])
def test_a_request_without_a_type_is_none(fields: dict[str, Any]) -> None:
    """Its cid is given back all the same, so that its sender can tell which it was."""
    request = wrong(**fields, cid="7")
    assert isinstance(request.error, BadField)
    assert request.error.details["field"] == "type"
    assert (request.kind, request.cid) == ("", "7")


def test_an_unknown_type_is_quoted_with_those_there_are() -> None:
    """Unless it is too long to be one: then its beginning is enough."""
    request = wrong(type="dance", cid="7")
    assert (request.kind, request.cid) == ("dance", "7")
    assert str(request.error).startswith("There is no request dance. The types are: register, chat, pm, ")
    request = wrong(type="x" * 41)
    assert request.kind == ""
    assert str(request.error).startswith(f"There is no request {'x' * 40}….")


@pytest.mark.parametrize(
    ("line", "kind", "cid"),
    [
        (rb'{"type": "chat", "text": "\ud800", "cid": "7"}', "chat", "7"),
        (rb'{"type": "chat", "text": "\udc00\ud800", "cid": "7"}', "chat", "7"),
        (rb'{"type": "chat", "text": "a", "cid": "\ud800"}', "chat", None),
        (rb'{"type": "\udfff", "cid": "7"}', "", "7"),
        (rb'{"type": "register", "v": 1, "user_id": "a", "rooms": ["#a", "#\ud800"]}', "register", None),
        (rb'{"type": "claim", "password": "secret\ud800"}', "claim", None),
    ],
)
def test_half_a_character_gets_nowhere(line: bytes, kind: str, cid: str | None) -> None:
    """JSON can spell it, UTF-8 cannot: it could never be sent to anybody. Only the half is named, not the text around it."""
    request = invalid(line)
    assert isinstance(request.error, TextCharacter)
    assert "surrogate" in str(request.error)
    assert "secret" not in str(request.error)
    assert (request.kind, request.cid) == (kind, cid)


def test_a_pair_of_halves_is_a_character() -> None:
    """That is how JSON escapes an emoji."""
    assert decode(rb'{"type": "chat", "text": "\ud83d\ude00"}', 1) == Say("😀")


def test_secrets_are_not_in_what_is_shown_of_a_request() -> None:
    """Requests are shown in logs when something goes wrong."""
    for fields in (
        {"type": "register", "v": 1, "user_id": "ali", "password": "hunter22", "session": "hunter22"},
        {"type": "claim", "password": "hunter22"},
        {"type": "password", "old": "hunter22", "new": "hunter22"},
        {"type": "password", "old": "hunter22"},
        {"type": "claim", "password": ["hunter22"]},
    ):
        assert "hunter22" not in repr(asked(**fields))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
likely_values = st.sampled_from([*FIELDS.values(), *REQUEST_TYPES, 0, 1, -1, "\ud800"]) | json_values
likely_objects = st.dictionaries(st.sampled_from(["type", "v", *FIELDS]), likely_values)
versions = st.sampled_from([0, 1])


def understood(line: bytes, version: int) -> None:
    """Hold what is true of every answer."""
    request = decode(line, version)
    assert isinstance(request, Request)
    repr(request).encode()  # no half of a character is in it
    if isinstance(request, Invalid):
        assert isinstance(request.error, ChatError)
        assert request.error.code in {"bad_json", "bad_request", "unknown_type", "bad_text", "invalid_user"}
        assert str(request.error)


@given(st.binary(), versions)
def test_any_bytes_are_understood_or_answered(line: bytes, version: int) -> None:
    """Whatever arrives on a port."""
    understood(line, version)


@given(st.text(alphabet='{}[]",:\\u0d8e1.- tfn'), versions)
def test_what_nearly_is_json_is_understood_or_answered(line: str, version: int) -> None:
    """The characters that matter to a parser, in any order."""
    understood(line.encode(), version)


@given(json_values | likely_objects, versions)
def test_any_json_value_is_understood_or_answered(value: Any, version: int) -> None:
    """Every type with every kind of value in its fields."""
    understood(json.dumps(value).encode(), version)


@given(likely_objects, versions)
def test_escaping_letters_changes_nothing(fields: dict[str, Any], version: int) -> None:
    """A client may write letters as they are, or as escapes."""
    plain = json.dumps(fields, ensure_ascii=False).encode(errors="replace")
    escaped = json.dumps(json.loads(plain)).encode()
    assert repr(decode(plain, version)) == repr(decode(escaped, version))


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers(-(2**63), MOST) | st.text()))
def test_what_is_written_is_read_back(fields: dict[str, Any]) -> None:
    """One object is one line, with whatever is in its strings."""
    line = object_line(fields)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert read_object(line[:-1]) == fields


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts, st.none() | texts, st.none() | st.text("abc", min_size=1, max_size=64), st.booleans())
def test_a_text_arrives_as_it_was_sent(text: str, room: str | None, cid: str | None, act: bool) -> None:
    """Rules of text are applied elsewhere: here not a character is changed."""
    fields: dict[str, Any] = {"text": text, "room": room, "cid": cid, "act": act}
    request = asked(type="chat", **{name: value for name, value in fields.items() if value is not None})
    assert request == (Act if act else Say)(text, room, cid)


fields_said = st.sampled_from(
    [
        *[
            '"text": "salam"',
            '"text":"سلام"',
            '"text": ""',
            '"text": "\x7f\U0001f600\u2028"',
            '"text": "[{[{"',
            '"text" : "a"',
        ],
        *['"cid": "1"', '"cid":""', f'"cid":"{"x" * 64}"', f'"cid":"{"x" * 65}"', f'"cid":"{"س" * 64}"', '"cid": 1'],
        *['"room": "#a"', '"room":""', '"room": null', '"act": true', '"act":"no"', '"type":"chat"', '"type": "pm"'],
        *[
            '"text": "\\n"',
            '"text": "\\ud800"',
            '"text": "a\\"b"',
            '"text": "\t"',
            '"text":"a\nb"',
            '"text": ["a"]',
            '"x":"y"',
        ],
    ]
)
joins = st.sampled_from([",", ", ", ",  ", " ,", ",\n"])
ends = st.sampled_from(["}", "}", "} ", "}\r", "", "}\n", "}\n{}", '"}', ",}"])
starts = st.sampled_from(
    ['{"type": "chat"', '{"type":"chat"', '{"type": "pm"', '{"type": "chat" ', ' {"type":"chat"', "{"]
)


@st.composite
def nearly_said(draw: st.DrawFn) -> bytes:
    """A line that says something, or nearly does: then it may be a mistake, or a byte may be amiss."""
    fields, join = draw(st.lists(fields_said, max_size=4)), draw(joins)
    line = bytearray(join.join([draw(starts), *fields]).encode() + draw(ends).encode())
    if draw(st.booleans()):
        line[draw(st.integers(0, len(line) - 1))] = draw(st.integers(0, 255))
    return bytes(line)


@settings(max_examples=500)
@given(nearly_said() | likely_objects.map(lambda fields: json.dumps(fields).encode()) | st.binary())
def test_what_is_plainly_said_is_what_the_long_way_finds(data: bytes) -> None:
    """Only of one line: whatever may be something else, a mistake above all, goes the long way."""
    said = plainly_said(data)
    if said is not None:
        assert b"\n" not in data
        assert decode(data, 1) == said


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("text", ["salam", "سلام علی!", "", "[[[[[[[[[[[[[[[[[", "x" * 4096, "\x7f\u2028"])
def test_most_lines_are_plainly_said(text: str, separators: tuple[str, str]) -> None:
    """In any order of the fields behind the type; else the short way would be none."""
    others = {"text": text, "room": "#a", "cid": "7"}
    for names in (["text"], ["text", "cid"], ["cid", "text"], ["room", "text"], ["cid", "room", "text"]):
        fields = {"type": "chat", **{name: others[name] for name in names}}
        line = json.dumps(fields, ensure_ascii=False, separators=separators)
        expected = Say(text, "#a" if "room" in names else None, "7" if "cid" in names else None)
        assert plainly_said(line.encode()) == expected


@pytest.mark.parametrize(
    "rest",
    [
        '"text": "a", "text": "b"',
        '"text": "a", "cid": "1", "cid": "2"',
        '"cid": "1"',
        f'"text": "a", "cid": "{"x" * 65}"',
        '"text": "a", "cid": ""',
        '"text": "a\\"b"',
        '"text": "a", "act": true',
        '"text": "a", "x": "y"',
        '"text": "a\tb"',
        '"text": "a\nb"',
    ],
)
def test_what_has_to_be_looked_at_is_not_plainly_said(rest: str) -> None:
    """A field twice, one that is missing or wrong, an escape, anything else beside: the long way knows what that means."""
    assert plainly_said(f'{{"type": "chat", {rest}}}'.encode()) is None


EXAMPLES: list[Request] = [
    Say("a", cid="7"),
    Act("a"),
    Tell("sara", "a", "8"),
    Introduce("ali"),
    Rename("ali"),
    Who(),
    Join("#a"),
    Resume("#a", "e", 1),
    List(),
    Leave(),
    Rooms(),
    Topic(),
    Recall(),
    Search("a"),
    SetLanguage("fa"),
    Register(),
    ChangePassword(),
    Ping(),
    Quit(),
    Invalid(BadField(), kind="join", cid="9"),
]


def test_every_request_is_called_what_it_was_asked_by() -> None:
    """So that an answer can say what it answers; requests that programs cannot make have no name."""
    called = "chat chat pm register nick who join resume list leave rooms topic history search lang claim password ping"
    assert [type_of(request) for request in EXAMPLES] == [*called.split(), "logout", "join"]
    assert type_of(Nothing()) == ""
    made = [row for row in REQUEST_TYPES.values() if row.name != "pong"]
    assert {row.name for row in made} == {type_of(request) for request in EXAMPLES}


def test_a_cid_is_given_back() -> None:
    """By every request that can have one."""
    assert [cid_of(request) for request in EXAMPLES if cid_of(request)] == ["7", "8", "9"]

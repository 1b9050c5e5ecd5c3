"""What programs are told, in both versions, and that the page on the protocol says it."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.errors import (
    BadField,
    BadJson,
    ChatError,
    LoginsWait,
    NameRegistered,
    NameTaken,
    NoSuchPerson,
    ServerBusy,
    SessionUnknown,
    TooFast,
    WrongPassword,
)
from chatd.events import (
    Acked,
    Arrival,
    Asking,
    Attendance,
    Claimed,
    Company,
    Departed,
    Entered,
    Entry,
    Event,
    Farewell,
    Found,
    Goodbye,
    Greeted,
    Helped,
    Ignored,
    Joined,
    Kind,
    LanguageOffered,
    LanguageSet,
    LanguagesShown,
    Left,
    Message,
    Missed,
    Notice,
    NowCalled,
    Online,
    PasswordChanged,
    Pong,
    Present,
    Prompt,
    Recalled,
    Refused,
    Renamed,
    Reply,
    Reset,
    Resumed,
    Roll,
    RoomList,
    RoomSummary,
    TimeStyleSet,
    TopicSet,
    TopicShown,
    Unread,
    Waiting,
    Welcome,
)
from chatd.form import Form
from chatd.languages import LANGUAGES, PERSIAN
from chatd.protocols import refusals
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
    Tell,
    Topic,
    Who,
)
from chatd.secret import Secret
from chatd.timestyle import TimeStyle
from chatd.wire import json_events
from chatd.wire.json_events import JsonForm, ping
from chatd.wire.json_requests import REQUEST_TYPES
from chatd.wire.json_scene import Terms
from tests.processes import ROOT

AT = 1_700_049_600.25
NOW = AT + 60
SALAM = "سلام"
ALI = "علی"
QUOTE = 'a "quoted" \\ word'


def now() -> float:
    """The time of day, which stands still."""
    return NOW


LOBBY = JsonForm(1, "#lobby", clock=now)
PRIVATE = JsonForm(1, clock=now)
COURSE = JsonForm(0, clock=now)
FORMS = [LOBBY, PRIVATE, COURSE]


def said(kind: Kind = Kind.SAID, text: str = SALAM, name: str = "ali", cid: str | None = None) -> Message:
    """Something that ali says by connection 7."""
    return Message(kind, name, text, AT, 1, 7, "sara" if kind in (Kind.TOLD, Kind.SENT) else "", cid)


def arrivals(*names: str) -> tuple[Arrival, ...]:
    """These people, by the connections 1, 2, 3 ..."""
    return tuple(Arrival(name, origin) for origin, name in enumerate(names, 1))


def objects(lines: bytes) -> list[Any]:
    """The objects of these lines, each of which is whole."""
    assert lines == b"" or lines.endswith(b"\n")
    return [json.loads(line) for line in lines.decode().split("\n")[:-1]]


def told(event: Event | Reply, form: JsonForm = LOBBY, id: int = 0) -> Any:
    """The one object that tells of an event."""
    (one,) = objects(form.encode(event, id))
    return one


def written(fields: Mapping[str, Any]) -> bytes:
    """The line that the standard library makes of this."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


# Messages


@pytest.mark.parametrize("text", ["salam", SALAM, QUOTE, "a\u2028b", "😀", ""])
@pytest.mark.parametrize("name", ["ali", ALI])
def test_a_message_is_what_the_standard_library_would_write(text: str, name: str) -> None:
    """The lines are put together by hand, because every message is; that must not be seen."""
    head = {"room": "#lobby", "id": 5, "from": name}
    private = {"type": "pm", "room": "@", "id": 5, "from": name, "to": "sara", "text": text, "ts": AT}
    chat = {"type": "chat", **head, "text": text, "ts": AT}
    act = {"type": "chat", **head, "text": text, "act": True, "ts": AT}
    assert LOBBY.encode(said(Kind.SAID, text, name), 5) == written(chat)
    assert LOBBY.encode(said(Kind.ACTED, text, name), 5) == written(act)
    assert PRIVATE.encode(said(Kind.TOLD, text, name), 5) == written(private)
    assert PRIVATE.encode(said(Kind.SENT, text, name), 5) == written(private)


texts = st.text(st.characters(exclude_categories=["Cs"]))


things_said = st.builds(
    Message,
    st.just(Kind.SAID),
    name=texts,
    text=texts,
    at=st.floats(0, 1e10),
    person=st.just(1),
    origin=st.just(7),
    cid=st.none() | texts,
)


@given(things_said, texts, st.integers(0, 2**63))
def test_whatever_is_said_is_written_as_the_standard_library_would(message: Message, room: str, id: int) -> None:
    """Whatever is in it: messages, and their receipts."""
    chat = {"type": "chat", "room": room, "id": id, "from": message.name, "text": message.text, "ts": message.at}
    own = {} if message.cid is None else {"cid": message.cid}
    ack = {"type": "ack", **own, "room": room, "id": id, "ts": message.at}
    form = JsonForm(1, room, clock=now)
    assert form.encode(message, id) == form.recall(Entry(id, message), NOW) == written(chat)
    assert form.line_and_receipt(message, id) == (written(chat), written(ack))


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("form", FORMS)
def test_a_stored_message_looks_as_it_did(form: JsonForm, kind: Kind) -> None:
    """Whoever resumes is sent what the others were sent."""
    assert form.recall(Entry(5, said(kind)), NOW + 1e6) == form.encode(said(kind), 5)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("form", FORMS)
def test_a_message_that_is_made_together_with_its_receipt_is_the_same(form: JsonForm, kind: Kind) -> None:
    """Live, both are made at once; later, each alone."""
    assert form.line_and_receipt(said(kind), 5)[0] == form.encode(said(kind), 5)


def test_only_what_the_store_says_itself_has_to_be_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of thousands of messages that are recalled, hardly ever one: for the others nothing is looked up, or made anew."""
    monkeypatch.setattr(json_events, "Phrasebook", None)
    form = JsonForm(1, clock=lambda: NOW, language=PERSIAN)
    assert form.recall(Entry(5, said()), NOW) == form.encode(said(), 5)


def test_a_sender_gets_the_place_of_the_message() -> None:
    """An acknowledgement in place of the message, so that ids have no gaps; with the client's own id, if it gave one."""
    assert LOBBY.line_and_receipt(said(cid="a1"), 5)[1] == written(
        {"type": "ack", "cid": "a1", "room": "#lobby", "id": 5, "ts": AT}
    )
    assert LOBBY.line_and_receipt(said(Kind.ACTED), 6)[1] == written(
        {"type": "ack", "room": "#lobby", "id": 6, "ts": AT}
    )
    private = {"type": "ack", "cid": "a2", "room": "@", "id": 7, "to": "sara", "ts": AT}
    assert PRIVATE.line_and_receipt(said(Kind.SENT, cid="a2"), 7)[1] == written(private)
    assert PRIVATE.line_and_receipt(said(Kind.TOLD, cid="a2"), 7)[1] is None


def test_a_repeated_message_is_acknowledged_like_the_first() -> None:
    """The client cannot and need not tell them apart."""
    assert LOBBY.encode(Acked("a1", "#lobby", 5, AT)) == LOBBY.line_and_receipt(said(cid="a1"), 5)[1]


# News


def test_who_came_and_went_is_listed_with_how_many_there_are() -> None:
    """Where this was, and when."""
    came = {"type": "joined", "room": "#lobby", "users": ["ali", "sara"], "count": 5, "ts": NOW}
    assert told(Joined(arrivals("ali", "sara"), 5)) == came
    assert told(Left(arrivals("ali", "sara"), 5)) == came | {"type": "left"}


@pytest.mark.parametrize("happened", [Joined, Left])
def test_who_comes_or_goes_is_told_of_the_others_alone(happened: type[Joined | Left]) -> None:
    """And nothing, if there are none. How many there are is the same for all."""
    receipts = LOBBY.receipts(happened(arrivals("ali", "sara", "reza"), 5))
    shown = {origin: objects(line)[0] for origin, line in receipts.items()}
    assert {origin: line["users"] for origin, line in shown.items()} == {
        1: ["sara", "reza"],
        2: ["ali", "reza"],
        3: ["ali", "sara"],
    }
    assert {line["count"] for line in shown.values()} == {5}
    assert LOBBY.receipts(happened(arrivals("ali"), 5)) == {1: b""}


@given(st.lists(texts, min_size=2, max_size=6, unique=True), st.integers(0, 1000), texts)
def test_whoever_comes_is_told_of_exactly_the_others(names: list[str], count: int, room: str) -> None:
    """Whatever is in their names, and in the room's."""
    receipts = JsonForm(1, room, clock=now).receipts(Joined(arrivals(*names), count))
    for origin, name in enumerate(names, 1):
        others = [other for other in names if other != name]
        joined = {"type": "joined", "room": room or BOX, "users": others, "count": count, "ts": NOW}
        assert receipts[origin] == written(joined)


@pytest.mark.parametrize("happened", [Joined, Left])
def test_in_a_crowd_nobody_is_named(happened: type[Joined | Left]) -> None:
    """A thousand are still listed; of more there is only the number, for those who came or went as well."""
    assert "users" in told(happened(arrivals("ali"), 1000))
    crowd = happened(arrivals("ali", "sara"), 1001)
    alone = told(crowd)
    assert alone == {"type": alone["type"], "room": "#lobby", "count": 1001, "ts": NOW}
    assert LOBBY.receipts(crowd) == dict.fromkeys((1, 2), written(alone))


def test_what_one_has_done_oneself_comes_as_an_answer() -> None:
    """Not as news."""
    assert told(Renamed("ali", "reza", 7)) == {
        "type": "renamed",
        "room": "#lobby",
        "from": "ali",
        "to": "reza",
        "ts": NOW,
    }
    topic = {"type": "topic", "room": "#lobby", "topic": "exam", "ts": NOW}
    assert told(TopicSet("ali", "exam", 7)) == topic | {"from": "ali"}
    assert told(TopicShown("#lobby", "exam")) == topic
    for event in (Renamed("ali", "reza", 7), TopicSet("ali", "", 7)):
        for form in FORMS:
            assert form.receipts(event) == {7: b""}


def test_the_roll_is_for_version_0() -> None:
    """Version 1 is told who comes and goes."""
    assert LOBBY.encode(Roll(("ali", "sara"))) == b""
    assert LOBBY.receipts(Roll(("ali",))) == {}
    assert COURSE.receipts(Roll(("ali",))) == {}
    assert told(Roll(("ali", "sara")), COURSE) == {"type": "users", "users": ["ali", "sara"], "ts": NOW}


def test_a_reader_that_was_slow_learns_who_is_here_and_what_is_lost() -> None:
    """Of its own room; of a crowd, only how many."""
    here = {"type": "users", "room": "#lobby", "count": 3, "ts": NOW}
    assert told(Present(Company(("ali", "reza"), 1), ("ali", "reza", "sara"))) == here | {
        "users": ["ali", "reza", "sara"]
    }
    assert told(Present(Company(("ali", "reza"), 1), ())) == here
    assert told(Missed(5, 6)) == {"type": "gap", "room": "#lobby", "first": 6}
    assert told(Missed(5, 6), PRIVATE)["room"] == BOX


# Answers

GREETED = Greeted(
    "ali", "#lobby", Company(("sara",)), "exam", "Welcome\nall", 5, "e", account=True, session=Secret("s"), box=9
)


def test_a_register_is_answered_by_everything_a_client_needs_to_know() -> None:
    """Then by the room it is in."""
    form = JsonForm(1, clock=now, terms=Terms(100, 400, 30))
    assert objects(form.encode(GREETED)) == [
        {
            "type": "register",
            "ok": True,
            "v": 1,
            "user_id": "ali",
            "account": True,
            "session": "s",
            "epoch": "e",
            "box": 9,
            "motd": "Welcome\nall",
            "ping": 30,
            "text_bytes": 100,
            "line_bytes": 400,
            "lang": "en",
        },
        {"type": "entered", "room": "#lobby", "fresh": True, "topic": "exam", "last": 5, "epoch": "e"},
    ]


def test_a_register_without_rooms_is_answered_by_one_line() -> None:
    """And without a secret if there is none."""
    nowhere = Greeted("ali", None, Company(()), "", "", 0, "e", account=False)
    assert {"session", "room"} & told(nowhere).keys() == set()


@pytest.mark.parametrize(
    ("reply", "fields"),
    [
        (
            Entered("#a", Company(()), "t", fresh=False, last=5, epoch="e"),
            {"type": "entered", "room": "#a", "fresh": False, "topic": "t", "last": 5, "epoch": "e"},
        ),
        (
            Resumed("#a", "t", 3, 5, "e"),
            {"type": "resumed", "room": "#a", "topic": "t", "after": 3, "last": 5, "epoch": "e"},
        ),
        (Reset(BOX, "", 0, 0, "e"), {"type": "reset", "room": "@", "topic": "", "after": 0, "last": 0, "epoch": "e"}),
        (
            Attendance("#a", ("ali", "sara"), 2),
            {"type": "users", "room": "#a", "users": ["ali", "sara"], "count": 2, "ts": NOW},
        ),
        (Attendance(None, (), 0), {"type": "users", "users": [], "count": 0, "ts": NOW}),
        (Attendance("#a", (), 1001), {"type": "users", "room": "#a", "count": 1001, "ts": NOW}),
        (Departed("#a", "#b"), {"type": "departed", "room": "#a", "current": "#b"}),
        (Departed("#a", None), {"type": "departed", "room": "#a", "current": None}),
        (
            Online("#a", (("ali", "192.0.2.7"),)),
            {"type": "who", "room": "#a", "people": [{"user_id": "ali", "address": "192.0.2.7"}], "ts": NOW},
        ),
        (Online(None, (("ali", ""),)), {"type": "who", "people": [{"user_id": "ali"}], "ts": NOW}),
        (
            RoomList((RoomSummary("#a", 3, "t", True),), 2),
            {
                "type": "rooms",
                "rooms": [{"room": "#a", "count": 3, "topic": "t", "joined": True}],
                "more": 2,
                "ts": NOW,
            },
        ),
        (NowCalled("reza"), {"type": "nick", "user_id": "reza", "ts": NOW}),
        (Waiting("sara"), {"type": "waiting", "user_id": "sara"}),
        (Claimed("ali"), {"type": "claim", "ok": True, "user_id": "ali"}),
        (PasswordChanged(), {"type": "password", "ok": True}),
        (LanguageSet(PERSIAN), {"type": "lang", "lang": "fa"}),
        (Pong(), {"type": "pong", "ts": NOW}),
        (Goodbye(Farewell.ASKED, "ali"), {"type": "bye", "reason": "asked", "text": "Goodbye, ali."}),
        (Goodbye(Farewell.ASKED, ALI), {"type": "bye", "reason": "asked", "text": f"Goodbye, {ALI}."}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_answer_is_what_the_protocol_says(reply: Reply, fields: dict[str, Any]) -> None:
    """Wherever it is asked: what is about a room names it."""
    assert told(reply, PRIVATE) == told(reply, LOBBY) == fields


def test_the_past_names_the_room_of_each_message() -> None:
    """A room and the box are read together; what is private is in the box."""
    entries = (Entry(1, said(Kind.TOLD)), Entry(8, said(Kind.ACTED)), Entry(2, said(Kind.SENT)), Entry(9, said()))
    private = {"type": "past", "room": "@", "from": "ali", "to": "sara", "text": SALAM, "ts": AT}
    chat = {"type": "past", "room": "#a", "from": "ali", "text": SALAM, "ts": AT}
    past = [private | {"id": 1}, chat | {"id": 8, "act": True}, private | {"id": 2}, chat | {"id": 9}]
    end = {"room": "#a", "count": 4, "more": True}
    assert objects(LOBBY.encode(Recalled("#a", entries, NOW, cut=True))) == [*past, {"type": "history", **end}]
    found = Found("w", "#a", entries, NOW, cut=True)
    assert objects(LOBBY.encode(found)) == [*past, {"type": "found", "words": "w", **end}]
    nothing = {"type": "history", "count": 0, "more": False}
    assert objects(LOBBY.encode(Recalled(None, (), NOW, cut=False))) == [nothing]
    assert objects(LOBBY.encode(Recalled(None, (), NOW, cut=False, gone=True))) == [nothing | {"gone": True}]


def test_a_silent_client_is_asked_whether_it_is_there() -> None:
    """With the time, for those who measure the way."""
    assert ping(NOW) == written({"type": "ping", "ts": NOW})


# Refusals

BUSY = ServerBusy(measured=20_001, limit=20_000)
FAST = TooFast(waiting=64, limit=64, rate="2", seconds=32)

REQUESTS: list[tuple[Request, str]] = [
    (Say("a"), "chat"),
    (Act("a"), "chat"),
    (Tell("sara", "a"), "pm"),
    (Rename("ali"), "nick"),
    (Who(), "who"),
    (Join("#a"), "join"),
    (Resume("#a", "e", 1), "resume"),
    (List(), "list"),
    (Leave(), "leave"),
    (Rooms(), "rooms"),
    (Topic(), "topic"),
    (Recall(), "history"),
    (Search("a"), "search"),
    (Register(), "claim"),
    (ChangePassword(), "password"),
    (Ping(), "ping"),
    (Quit(), "logout"),
    (Invalid(BadJson(reason="it is a list"), kind="dance"), "dance"),
]


@pytest.mark.parametrize(("request_", "type"), REQUESTS, ids=lambda value: str(value)[:20])
def test_an_error_says_which_request_it_answers(request_: Request, type: str) -> None:
    """By its type on the wire."""
    error = told(Refused(NoSuchPerson(name="sara"), request=request_))
    sentence = "No one called sara is here. /who lists everyone."
    room = {"room": "#a"} if isinstance(request_, Join | Resume) else {}
    assert error == {"type": "error", "error": "no_such_user", "text": sentence, "request": type, **room}


@pytest.mark.parametrize("request_", [None, Nothing(), Invalid(BadJson(reason="it is a list"))])
def test_an_error_of_no_request_says_none(request_: Request | None) -> None:
    """Of the server's own, of an empty line, of a line that is no request."""
    error = told(Refused(BadJson(reason="it is a list"), request=request_))
    assert error.keys() == {"type", "error", "text"}


@pytest.mark.parametrize(
    ("error", "request_", "type"),
    [
        (BUSY, Say("a"), "retry"),
        (BUSY, Say("a", cid="7"), "retry"),
        (BUSY, None, "retry"),
        (FAST, Say("a"), "error"),
        (FAST, Say("a", cid="7"), "retry"),
        (FAST, Tell("sara", "a", "7"), "retry"),
        (FAST, Ping(), "error"),
        (FAST, None, "error"),
        (NoSuchPerson(name="sara"), Tell("sara", "a", "7"), "error"),
    ],
)
def test_what_can_be_sent_again_is_told_from_what_cannot(error: ChatError, request_: Request | None, type: str) -> None:
    """A line that was too fast is lost, unless it can be sent again without appearing twice. Version 0 knows errors only."""
    refused = Refused(error, request=request_)
    shown = told(refused)
    assert (shown["type"], shown["error"]) == (type, error.code)
    assert shown.get("cid") == getattr(request_, "cid", None)
    if not isinstance(request_, Tell):
        assert told(refused, COURSE)["type"] == "error"


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (FAST, 32),
        (LoginsWait(limit=3, period=60, seconds=5), 5),
        (LoginsWait(limit=3, period=60, seconds=4.2), 5),
        (BUSY, None),
        (LoginsWait(limit=3, period=60, seconds="?"), None),
    ],
)
def test_how_long_to_wait_is_said_where_it_is_known(error: ChatError, seconds: int | None) -> None:
    """In whole seconds, and never too early."""
    for request in (Say("a"), Introduce("ali", resumable=True)):
        shown = told(Refused(error, request=request))
        assert shown.get("seconds") == seconds


@pytest.mark.parametrize(
    ("error", "request_", "reason"),
    [
        (NameTaken(name="Sara", owner="sara"), Introduce("Sara", resumable=True), "user_taken"),
        (NameRegistered(name="sara"), Introduce("sara", resumable=True), "password_required"),
        (NameRegistered(name="sara"), Introduce("sara"), "user_taken"),
        (NameTaken(name="Sara", owner="sara"), Introduce("Sara"), "user_taken"),
        (WrongPassword(name="sara"), Introduce("sara", Secret("hunter22"), resumable=True), "wrong_password"),
        (SessionUnknown(), Introduce(None, session=Secret("hunter22"), resumable=True), "session_unknown"),
        (BUSY, Introduce("sara", resumable=True), "retry"),
        (BadField(request="register", field="v", wanted="1"), Invalid(BadField(), kind="register"), "bad_request"),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_a_register_that_failed_is_answered_as_one(
    form: JsonForm, error: ChatError, request_: Request, reason: str
) -> None:
    """In the version it asked for, since the connection has none yet; and a secret is not told again."""
    shown = told(Refused(error, request=request_), form)
    assert shown.keys() == {"type", "ok", "reason", "text"}
    assert (shown["type"], shown["ok"], shown["reason"]) == ("register", False, reason)
    assert "hunter22" not in str(shown)


def test_sentences_are_plain_text() -> None:
    """Whoever shows them takes care of right-to-left words; the server does so for terminals alone."""
    for request in (Say("a"), Introduce(ALI)):
        error = told(Refused(NameTaken(name=ALI, owner=ALI), request=request))
        assert error["text"] == f"{ALI} is taken by {ALI}. Please choose another name."
    assert told(Joined(arrivals(ALI), 1), COURSE)["text"] == f"{ALI} joined."
    assert told(Goodbye(Farewell.ASKED, ALI), COURSE)["text"] == f"Goodbye, {ALI}."


# Version 0


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (GREETED, {"type": "register", "ok": True, "user_id": "ali"}),
        (
            GREETED._replace(language_asked=True),
            {"type": "register", "ok": True, "user_id": "ali", "lang": "en"},
        ),
        (said(), {"type": "chat", "from": "ali", "text": SALAM, "ts": AT}),
        (said(Kind.ACTED, "waves"), {"type": "chat", "from": "ali", "text": "* ali waves", "ts": AT}),
        (said(Kind.TOLD), {"type": "pm", "from": "ali", "to": "sara", "text": SALAM, "ts": AT}),
        (Joined(arrivals("ali", "sara"), 2), {"type": "system", "text": "ali and sara joined.", "ts": NOW}),
        (Left(arrivals("ali"), 2), {"type": "system", "text": "ali left.", "ts": NOW}),
        (Renamed("ali", "reza", 7), {"type": "system", "text": "ali is now called reza.", "ts": NOW}),
        (TopicSet("ali", "exam", 7), {"type": "system", "text": "ali set the topic: exam", "ts": NOW}),
        (
            Missed(5, 6),
            {"type": "system", "text": "Messages that you did not see and that are no longer kept: 5.", "ts": NOW},
        ),
        (Attendance(None, ("ali",), 1), {"type": "users", "users": ["ali"], "ts": NOW}),
        (Attendance(None, (), 1001), {"type": "system", "text": "Here now: 1001.", "ts": NOW}),
        (Present(Company(("ali",)), ("ali",)), {"type": "users", "users": ["ali"], "ts": NOW}),
        (Present(Company(("ali",), 1000), ()), {"type": "system", "text": "Here now: 1001.", "ts": NOW}),
        (Pong(), {"type": "pong", "ts": NOW}),
        (Goodbye(Farewell.ASKED, "ali"), {"type": "system", "text": "Goodbye, ali.", "ts": NOW}),
        (
            Refused(NoSuchPerson(name="reza"), request=Tell("reza", "a")),
            {"type": "pm_ack", "to": "reza", "delivered": False, "reason": "no_such_user", "ts": NOW},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_version_0_is_told_in_its_own_words(event: Event | Reply, fields: dict[str, Any]) -> None:
    """Neither rooms nor ids; news as sentences."""
    assert told(event, COURSE, 5) == fields


def test_a_sender_of_version_0_gets_nothing_but_that_a_private_message_was_delivered() -> None:
    """Its own program shows the words."""
    assert COURSE.line_and_receipt(said(), 5)[1] == COURSE.line_and_receipt(said(Kind.ACTED), 5)[1] == b""
    delivered = {"type": "pm_ack", "to": "sara", "delivered": True, "ts": AT}
    assert COURSE.line_and_receipt(said(Kind.SENT), 5)[1] == written(delivered)
    assert COURSE.encode(said(Kind.SENT), 5) == b""
    assert COURSE.line_and_receipt(said(Kind.TOLD), 5)[1] is None


def test_who_comes_in_version_0_is_told_of_the_others_alone() -> None:
    """In the sentence that people at terminals read."""
    receipts = COURSE.receipts(Joined(arrivals("ali", "sara", "reza", "nima"), 4))
    shown = {origin: objects(line)[0]["text"] for origin, line in receipts.items()}
    assert shown == {
        1: "sara, reza and nima joined.",
        2: "ali, reza and nima joined.",
        3: "ali, sara and nima joined.",
        4: "ali, sara and reza joined.",
    }
    assert COURSE.receipts(Left(arrivals("ali"), 4)) == {1: b""}


# Forms


def test_equal_forms_write_the_same() -> None:
    """A batch is written once for all readers of a form: the version and the room make it, the clock does not."""
    form: Form = JsonForm(1, clock=now)
    assert form == JsonForm(1, clock=lambda: 0.0)
    assert hash(form) == hash(JsonForm(1, clock=lambda: 0.0))
    assert len({form, LOBBY, COURSE, form.variant(TimeStyle.OFF, "#lobby", current=False)}) == 3


@pytest.mark.parametrize("current", [True, False])
def test_a_rooms_lines_say_which_room_wherever_one_talks(current: bool) -> None:
    """Settings of terminals change nothing."""
    assert PRIVATE.variant(TimeStyle.DATE, "#lobby", current) == LOBBY
    assert LOBBY.variant(TimeStyle.ON, "", current) == PRIVATE


# The page


@cache
def page() -> nodes.document:
    """The page on the protocol."""
    path = ROOT / "docs" / "protocol.rst"
    document: nodes.document = publish_doctree(path.read_text("utf-8"), str(path))
    return document


def rows(title: str) -> Iterator[list[str]]:
    """The rows of the table in the section of this title."""
    (section,) = (found for found in page().findall(nodes.section) if found[0].astext() == title)
    (body,) = section.findall(nodes.tbody)
    for row in body.findall(nodes.row):
        yield [entry.astext() for entry in row.findall(nodes.entry)]


@cache
def table(title: str) -> dict[str, dict[str, bool]]:
    """Each type of such a table: its fields, and whether they have to be there."""
    return {
        type: {field.rstrip("?"): not field.endswith("?") for field in re.findall(r"\w+\??", fields)}
        for type, fields, *_ in rows(title)
    }


def test_the_page_lists_every_request_with_its_fields() -> None:
    """No more and no fewer than the server reads, and which of them can be left out."""
    read = {
        row.name: {field.name: field.needed for field in row.fields} | ({"v": False} if row.name == "register" else {})
        for row in REQUEST_TYPES.values()
    }
    assert table("From the client") == read


def codes() -> set[str]:
    """The codes of all errors there are."""
    assert refusals  # has one of its own
    found, classes = set(), ChatError.__subclasses__()
    while classes:
        one = classes.pop()
        classes += one.__subclasses__()
        if one.__module__.startswith("chatd."):
            found.add(one.code)
    return found


def test_the_page_lists_every_error() -> None:
    """A program can rely on it: each that can come, and none that cannot."""
    assert {code for code, _ in rows("Errors")} == codes()


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.integers(0, 2**40)
names = st.lists(words, max_size=4).map(tuple)
languages = st.sampled_from(list(LANGUAGES.values()))
companies = st.builds(Company, names, st.integers(0, 3))
messages = st.builds(
    Message,
    st.sampled_from(Kind),
    words,
    words,
    st.floats(0, 1e10),
    numbers,
    st.integers(1, 9),
    words,
    st.none() | words,
)
entries = st.lists(st.builds(Entry, numbers, messages), max_size=3).map(tuple)
people = st.lists(st.builds(Arrival, words, st.integers(1, 9)), min_size=1, max_size=6).map(tuple)
summaries = st.builds(RoomSummary, words, numbers, words, st.booleans())
secrets = st.none() | st.builds(Secret, words)
errors = st.sampled_from([BUSY, FAST]) | st.builds(lambda name: NoSuchPerson(name=name), words)
requests = st.none() | st.sampled_from([request for request, _ in REQUESTS]) | st.builds(Say, words, cid=words)
introductions = st.builds(Introduce, words, resumable=st.booleans())

ANY: dict[type, st.SearchStrategy[Any]] = {
    Message: messages,
    Joined: st.builds(Joined, people, st.integers(0, 2000)),
    Left: st.builds(Left, people, st.integers(0, 2000)),
    Renamed: st.builds(Renamed, words, words, numbers),
    TopicSet: st.builds(TopicSet, words, words, numbers),
    Roll: st.builds(Roll, names),
    Welcome: st.builds(Welcome),
    Greeted: st.builds(
        Greeted, words, st.none() | words, companies, words, words, numbers, words, st.booleans(), secrets
    ),
    Entered: st.builds(Entered, words, companies, words, st.booleans(), numbers, words),
    Resumed: st.builds(Resumed, words, words, numbers, numbers, words),
    Reset: st.builds(Reset, words, words, numbers, numbers, words),
    Attendance: st.builds(Attendance, st.none() | words, names, numbers),
    Departed: st.builds(Departed, words, st.none() | words),
    Online: st.builds(Online, st.none() | words, st.lists(st.tuples(words, words), max_size=3).map(tuple)),
    RoomList: st.builds(RoomList, st.lists(summaries, max_size=3).map(tuple), numbers),
    TopicShown: st.builds(TopicShown, words, words),
    NowCalled: st.builds(NowCalled, words),
    Recalled: st.builds(Recalled, st.none() | words, entries, st.just(AT), st.booleans()),
    Found: st.builds(Found, words, st.none() | words, entries, st.just(AT), st.booleans()),
    TimeStyleSet: st.builds(TimeStyleSet, st.sampled_from(TimeStyle)),
    LanguageSet: st.builds(LanguageSet, languages),
    LanguagesShown: st.builds(LanguagesShown),
    LanguageOffered: st.builds(LanguageOffered, languages),
    Ignored: st.builds(Ignored, names, st.none() | words),
    Helped: st.builds(Helped, st.none() | words),
    Present: st.builds(Present, companies, names),
    Missed: st.builds(Missed, numbers, numbers),
    Refused: st.builds(Refused, errors, words, requests | introductions),
    Acked: st.builds(Acked, words, words, numbers, st.floats(0, 1e10)),
    Waiting: st.builds(Waiting, words),
    Unread: st.builds(Unread, numbers),
    Asking: st.builds(Asking, st.sampled_from(Prompt), words),
    Claimed: st.builds(Claimed, words),
    PasswordChanged: st.builds(PasswordChanged),
    Pong: st.builds(Pong),
    Goodbye: st.builds(Goodbye, st.sampled_from(Farewell), st.none() | words),
}
NOT_FOR_PROGRAMS = {Welcome, TimeStyleSet, LanguagesShown, LanguageOffered, Ignored, Helped, Unread, Asking}
NOT_IN_VERSION_0 = NOT_FOR_PROGRAMS | {
    Entered,
    Resumed,
    Reset,
    Departed,
    Online,
    RoomList,
    TopicShown,
    NowCalled,
    Recalled,
    Found,
    Acked,
    Waiting,
    Claimed,
    PasswordChanged,
    LanguageSet,
}
FROM_THE_SERVER_0 = {
    "register": {"ok": True, "user_id": False, "lang": False, "reason": False, "text": False, "seconds": False},
    "chat": dict.fromkeys(("from", "text", "ts"), True),
    "pm": dict.fromkeys(("from", "to", "text", "ts"), True),
    "pm_ack": dict.fromkeys(("to", "delivered", "ts"), True) | {"reason": False},
    "users": {"users": True, "ts": True},
    "system": {"text": True, "ts": True},
    "error": {"error": True, "text": True, "request": False, "cid": False, "seconds": False},
    "pong": {"ts": True},
}


def documented(lines: bytes, types: Mapping[str, Mapping[str, bool]]) -> set[str]:
    """The types of these lines; each has all the fields it must have, and none that is not written down."""
    for line in objects(lines):
        fields = types[line["type"]]
        assert line.keys() - {"type"} <= fields.keys()
        assert {name for name, needed in fields.items() if needed} <= line.keys()
    return {line["type"] for line in objects(lines)}


@pytest.mark.parametrize("happened", [Message, *get_args(Notice), *get_args(Reply)], ids=lambda event: event.__name__)
@pytest.mark.parametrize("form", FORMS)
def test_whatever_happens_is_told_in_whole_lines_that_are_written_down(form: JsonForm, happened: type) -> None:
    """Every event of the vocabulary means something to programs or, knowingly, nothing; and so do its receipts."""
    types = table("From the server") if form.version else FROM_THE_SERVER_0
    silent = happened in (NOT_FOR_PROGRAMS | {Roll} if form.version else NOT_IN_VERSION_0)

    @given(ANY[happened])
    def holds(event: Any) -> None:
        lines = form.encode(event, 5)
        documented(lines, types)
        assert not (silent and lines)
        assert silent or lines or (form is COURSE and event.kind is Kind.SENT)
        if isinstance(event, Message):
            documented(form.line_and_receipt(event, 5)[1] or b"", types)
        elif isinstance(event, Notice):
            for receipt in form.receipts(event).values():
                documented(receipt, types)

    holds()


def test_nothing_is_written_down_that_never_comes() -> None:
    """Every type of the server's in the table is that of something."""
    types = table("From the server")
    seen = documented(ping(NOW) + (LOBBY.line_and_receipt(said(cid="7"), 5)[1] or b""), types)
    recalled = Recalled(None, (Entry(1, said()),), NOW, cut=False)
    for event in (said(Kind.TOLD), recalled, Refused(BUSY), Refused(BadJson(reason="it is a list"))):
        seen |= documented(LOBBY.encode(event), types)

    @settings(max_examples=1)
    @given(st.tuples(*ANY.values()))
    def collect(events: tuple[Any, ...]) -> None:
        for event in events:
            seen.update(documented(LOBBY.encode(event, 5), types))

    collect()
    assert seen == types.keys()

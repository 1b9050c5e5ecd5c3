"""The line language: what a typed line asks for."""

import re
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.errors import BadUsage, NameNeeded, UnknownCommand
from chatd.requests import (
    Act,
    ChangePassword,
    Enter,
    Help,
    Ignore,
    Introduce,
    Invalid,
    Join,
    Leave,
    List,
    Login,
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
    SetTime,
    Tell,
    Topic,
    Who,
)
from chatd.secret import Secret
from chatd.text import message
from chatd.timestyle import TimeStyle
from chatd.wire import commands
from chatd.wire.commands import COMMANDS, Command, find, parse, parse_introduction, plainly_said
from chatd.wire.lines import LineFilter

FROM_ELSEWHERE = {Introduce, Invalid, Say, Nothing, Enter, List, Ping, Resume}
"""Requests that no command stands for: what is typed without one, and what only programs ask for."""

UNDERSTOOD = [
    ("/who", Who()),
    ("/who #dev", Who("#dev")),
    ("/names", Who()),
    ("/pm sara salam, how are you?", Tell("sara", "salam, how are you?")),
    ("/msg 192.0.2.7 hi", Tell("192.0.2.7", "hi")),
    ("/tell sara  two  blanks", Tell("sara", "two  blanks")),
    ("/w سارا سلام خوبی؟", Tell("سارا", "سلام خوبی؟")),
    ("/reply yes", Tell(None, "yes")),
    ("/r yes, in a moment", Tell(None, "yes, in a moment")),
    ("/me waves", Act("waves")),
    ("/join #dev", Join("#dev")),
    ("/leave", Leave()),
    ("/leave #dev", Leave("#dev")),
    ("/part #dev", Leave("#dev")),
    ("/rooms", Rooms()),
    ("/list", Rooms()),
    ("/topic", Topic()),
    ("/topic Exam on Monday", Topic("Exam on Monday")),
    ("/topic -", Topic("")),
    ("/nick reza", Rename("reza")),
    ("/nick two words", Rename("two words")),
    ("/history", Recall()),
    ("/review", Recall()),
    ("/history 50", Recall(count=50)),
    ("/history ۵۰", Recall(count=50)),
    ("/history ٢h", Recall(seconds=7200.0)),
    ("/history 30m", Recall(seconds=1800.0)),
    ("/history 2 H", Recall(seconds=7200.0)),
    ("/history 1d", Recall(seconds=86400.0)),
    ("/search exam mon", Search("exam mon")),
    ("/time on", SetTime(TimeStyle.ON)),
    ("/time OFF", SetTime(TimeStyle.OFF)),
    ("/time date", SetTime(TimeStyle.DATE)),
    ("/lang", SetLanguage()),
    ("/lang fa", SetLanguage("fa")),
    ("/language English", SetLanguage("English")),
    ("/زبان فارسی", SetLanguage("فارسی")),
    ("/ignore", Ignore()),
    ("/ignore sara", Ignore("sara")),
    ("/register", Register()),
    ("/register hunter2", Register(Secret("hunter2"))),
    ("/register  four words are better ", Register(Secret("four words are better"))),
    ("/login", Login()),
    ("/login ali", Login("ali")),
    ("/login علی hunter2", Login("علی", Secret("hunter2"))),
    ("/login ali four words are  better", Login("ali", Secret("four words are  better"))),
    ("/password", ChangePassword()),
    ("/password hunter2 hunter3", ChangePassword(Secret("hunter2"), Secret("hunter3"))),
    ("/passwd", ChangePassword()),
    ("/help", Help()),
    ("/?", Help()),
    ("/help pm", Help("pm")),
    ("/help /pm please", Help("/pm")),
    ("/exit", Quit()),
    ("/quit", Quit()),
    ("/bye see you", Quit()),
    ("exit/", Quit()),
    ("Exit/ ", Quit()),
]

MISUSED = [
    "/who #a #b", "/pm", "/pm sara", "/pm sara \u200f", "/reply", "/me", "/join", "/join a b", "/leave a b",
    "/rooms now", "/nick", "/history x", "/history 0", "/history -5", "/history 5w", "/history 1.5h",
    "/history " + "9" * 5000, "/search", "/time", "/time maybe", "/lang en fa", "/ignore a b",
    "/password hunter2", "/password four words are better",
]  # fmt: skip


@pytest.mark.parametrize(("line", "request_"), UNDERSTOOD)
def test_every_command_is_understood(line: str, request_: Request) -> None:
    """Each command and each of its spellings asks for what its row in the design says."""
    assert parse(line) == request_


@pytest.mark.parametrize(("line", "request_"), [pair for pair in UNDERSTOOD if pair[0].startswith("/")])
def test_command_words_may_be_written_in_any_case(line: str, request_: Request) -> None:
    """A phone that begins every line with a capital must not stand in the way."""
    word, blank, rest = line.partition(" ")
    assert parse(word.upper() + blank + rest) == request_


@pytest.mark.parametrize("line", MISUSED)
def test_a_misused_command_is_answered_with_its_usage(line: str) -> None:
    """Somebody who knows the word but not its arguments is told these."""
    request = parse(line)
    assert isinstance(request, Invalid)
    assert isinstance(request.error, BadUsage)
    word = line.split(maxsplit=1)[0]
    command = find(word)
    assert command is not None
    assert request.error.details == {"command": word, "usage": command.usage}
    assert command.usage in str(request.error)


@pytest.mark.parametrize("line", ["", " ", "\t  ", "\u00a0\u3000", "\u200f", "\r"])
def test_a_line_with_nothing_in_it_asks_for_nothing(line: str) -> None:
    """Pressing Enter is no message and no mistake."""
    assert parse(line) is None


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("//who", "/who"),
        ("///x", "//x"),
        ("//", "/"),
        ("  //x", "/x"),
        ("1/2", "1/2"),
        ("exit", "exit"),
        (" a ", " a "),
    ],
)
def test_what_is_not_a_command_is_said(line: str, text: str) -> None:
    """A doubled slash says a line that begins with one; everything without a slash in front is said as it is."""
    assert parse(line) == Say(text)


@pytest.mark.parametrize("line", ["exit/ is not a word", "exit//", "we exit/"])
def test_only_a_lone_exit_with_its_slash_behind_leaves(line: str) -> None:
    """Talking about it must not close the connection."""
    assert parse(line) == Say(line)


@pytest.mark.parametrize("before", [" ", "\t", "\u00a0", "\u200f", "\u3000 \ufeff"])
def test_a_command_behind_blanks_is_never_said(before: str) -> None:
    """A private message must not reach the room because of a blank in front of it that nobody sees."""
    assert parse(f"{before}/pm sara secret") == Tell("sara", "secret")


def test_leave_never_quits() -> None:
    """It leaves a room; in many other programs it closes the session, so it is tried with all that people add."""
    for line in ("/leave", "/part", "/leave #lobby", "/LEAVE", "/leave now please"):
        assert not isinstance(parse(line), Quit)


@pytest.mark.parametrize("line", ["/pmm sara the password is x", "/ pm sara secret", "/pm\u200bsara secret"])
def test_a_mistyped_command_is_not_said_but_given_back(line: str) -> None:
    """What was meant for one person must not be read by all, and must not be lost either."""
    request = parse(line)
    assert isinstance(request, Invalid)
    assert isinstance(request.error, UnknownCommand)
    assert request.line == line


def test_an_unknown_command_alone_is_told_how_to_be_said() -> None:
    """Somebody who wants to say /etc/hosts learns how; the line need not be repeated."""
    request = parse("/etc/hosts")
    assert isinstance(request, Invalid)
    assert request.line == ""
    assert "//etc/hosts" in str(request.error)


@pytest.mark.parametrize(
    ("typed", "meant"), [("/hwo", "/who"), ("/Quti", "/quit"), ("/hist", "/history"), ("/s", "/search")]
)
def test_a_near_miss_names_the_command_that_was_meant(typed: str, meant: str) -> None:
    """The next try should succeed."""
    request = parse(typed)
    assert isinstance(request, Invalid)
    assert f"Did you mean {meant}?" in str(request.error)


def test_a_far_miss_suggests_nothing() -> None:
    """A wrong guess is worse than none."""
    request = parse("/xyzzy")
    assert isinstance(request, Invalid)
    assert "Did you mean" not in str(request.error)


def test_an_endless_command_word_is_neither_repeated_nor_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """4,000 bytes of one word must not come back three times over, nor cost a comparison with every command."""
    monkeypatch.setattr(commands, "get_close_matches", None)
    request = parse("/" + "x" * 4000)
    assert isinstance(request, Invalid)
    assert len(str(request.error)) < 300
    assert request.line == "/" + "x" * 4000


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("ali", Introduce("ali")),
        ("  علی ", Introduce("علی")),
        ("help", Introduce("help")),
        ("exit", Introduce("exit")),
        ("two words", Introduce("two words")),
        ("", Introduce("")),
        ("   ", Introduce("")),
        ("/login", Login()),
        (" /Login ali", Login("ali")),
        ("/login ali four words", Login("ali", Secret("four words"))),
        ("/help", Help()),
        ("/? pm", Help("pm")),
        ("/EXIT", Quit()),
        ("/quit", Quit()),
        ("/bye", Quit()),
        ("exit/", Quit()),
    ],
)
def test_before_there_is_a_name_nearly_every_line_is_one(line: str, request_: Request) -> None:
    """Only accounts, help and leaving work without a name; an empty one is for the rules of names to refuse, and ask again."""
    assert parse_introduction(line) == request_


@pytest.mark.parametrize(
    "line", ["/who", "/pm sara hi", "/", "/ ali", "//ali", "/nick ali", " /join #x", "/xyz", "/register x"]
)
def test_before_there_is_a_name_other_commands_ask_for_one(line: str) -> None:
    """Nobody is to be called /who."""
    request = parse_introduction(line)
    assert isinstance(request, Invalid)
    assert isinstance(request.error, NameNeeded)


@pytest.mark.parametrize("word", ["register", "regster", "login", "lgoin", "password", "pasword", "passwords"])
@pytest.mark.parametrize("rest", [" ali hunter2", " ali hunter2 hunter3", "\u00a0ali  hunter2", "\u200f ali hunter2"])
def test_no_answer_repeats_a_password(word: str, rest: str) -> None:
    """Mistyped, misused or too early: what is wrong is said by the usage alone, and a request shows nothing to a log."""
    for request in (parse(f"/{word}{rest}"), parse_introduction(f"/{word}{rest}")):
        assert "hunter" not in repr(request)
        if isinstance(request, Invalid):
            assert "hunter" not in f"{request.error} {request.error!r} {request.line}"


def test_a_mistyped_account_command_names_the_right_one() -> None:
    """The line is not given back, but the way to write it is."""
    request = parse("/regster hunter2")
    assert isinstance(request, Invalid)
    assert str(request.error) == "/register is used like this: /register [PASSWORD]"


anything = st.text() | st.from_regex(r"\s*/\w{0,9}(\s.*)?", fullmatch=True)
command_lines = st.builds(
    "/{} {}".format,
    st.sampled_from([word for command in COMMANDS for word in (command.name, *command.aliases)]),
    st.text(),
)


@given(anything | command_lines)
def test_no_line_is_beyond_understanding(line: str) -> None:
    """Whatever comes in, a request or nothing comes out, and errors can be told."""
    for request in (parse(line), parse_introduction(line)):
        assert request is None or isinstance(request, get_args(Request))
        if isinstance(request, Invalid):
            assert str(request.error)


@given(anything | command_lines)
def test_a_line_that_looks_like_a_command_is_never_said(line: str) -> None:
    """Only a doubled slash lets a slash into the room."""
    if re.match(r"\s*/(?!/)", line):
        assert not isinstance(parse(line), Say)
        assert not isinstance(parse_introduction(line), Introduce)


pieces = st.sampled_from(
    [
        b"salam",
        "سلام".encode(),
        b"e",
        b"xit/",
        b"/",
        b" ",
        b"\n",
        b"\r",
        b"\0",
        b"\x04",
        b"\xff",
        b"\xc3",
        "\u200c".encode(),
    ]
)
typed_on = st.lists(pieces, max_size=3).map(b"".join)
beginnings = st.sampled_from(
    [
        *(b"", b"salam", b"e", b"exit/", b" ", b"/", b":)"),
        *(text.encode() for text in ("می\u200cروم", "\u200c", "\u115f", "\u3164", "\u2800", "\ufe0f")),
    ]
)
typed = beginnings.flatmap(lambda first: typed_on.map(first.__add__)) | st.binary()


@settings(max_examples=1000)
@given(typed)
def test_what_is_plainly_said_is_what_the_long_way_finds(data: bytes) -> None:
    """Only one line that any filter would let pass as it is, and that is no command."""
    text = plainly_said(data)
    if text is not None:
        assert LineFilter(len(data)).feed(data) == data
        assert b"\n" not in data
        assert data == text.encode()
        assert parse(text) == Say(text)
        assert message(text, len(data)) == text


@pytest.mark.parametrize("line", ["salam", "سلام علی!", "می\u200cروم", "2 + 2", "Xenia", ":-)", "«سلام»", "| x", "👍"])
def test_most_lines_are_plainly_said(line: str) -> None:
    """Else the short way would be none."""
    assert plainly_said(line.encode()) == line


seen = st.text(min_size=1).filter(lambda text: text == text.strip() and parse(text) is not None)
"""Text without blanks or unseen marks at its ends."""


@given(seen.filter(lambda text: not text.lower().startswith("exit/")))
def test_every_text_can_be_said(text: str) -> None:
    """There is a line for each text, the ones that begin with a slash included."""
    assert parse("/" + text if text.startswith("/") else text) == Say(text)


@given(st.from_regex(r"\S(.*\S)?", fullmatch=True).filter(lambda text: text.isprintable()))
def test_every_text_can_be_acted_and_told(text: str) -> None:
    """The words behind a command arrive as they were typed."""
    assert parse(f"/me {text}") == Act(text)
    assert parse(f"/pm sara {text}") == Tell("sara", text)
    assert parse(f"/reply {text}") == Tell(None, text)


@given(st.integers(1, 999_999_999), st.sampled_from([("m", 60.0), ("h", 3600.0), ("d", 86400.0)]), st.booleans())
def test_history_counts_in_latin_and_persian_digits(number: int, unit: tuple[str, float], persian: bool) -> None:
    """A Persian keyboard types Persian digits."""
    digits = str(number).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")) if persian else str(number)
    assert parse(f"/history {digits}") == Recall(count=number)
    assert parse(f"/history {digits}{unit[0]}") == Recall(seconds=number * unit[1])


def test_every_request_has_its_command() -> None:
    """A request that nobody can type is a feature that telnet users do not have."""
    typed = {type(request) for _, request in UNDERSTOOD}
    assert typed | FROM_ELSEWHERE == set(get_args(Request))


def test_no_word_means_two_commands() -> None:
    """The later one would be hidden."""
    words = [word for command in COMMANDS for word in (command.name, *command.aliases)]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_example_works(command: Command) -> None:
    """What /help shows as an example must not be refused."""
    assert command.example.startswith(f"/{command.name}")
    assert not isinstance(parse(command.example), Invalid | Say)
    assert command.usage.startswith(f"/{command.name}")

"""What people with nc or telnet see, to the letter."""

import re
import string
import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.errors import ChatError, NameTaken, NoSuchPerson, TextCharacter
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
from chatd.languages import LANGUAGES, PERSIAN
from chatd.timestyle import TimeStyle
from chatd.wire import commands
from chatd.wire.phrases import IN_ENGLISH, holds_right_to_left, isolate, plain
from chatd.wire.replies import farewell
from chatd.wire.text import TextForm, news

AT = datetime(2026, 11, 21, 14, 3, 59, tzinfo=UTC).timestamp()
DAY = 86400.0
SALAM = "سلام"
ALI = "علی"

PLAIN = TextForm(zone=UTC)
TAGGED = TextForm(tag="#dev", zone=UTC)
TIMELESS = TextForm(TimeStyle.OFF, zone=UTC)
DATED = TextForm(TimeStyle.DATE, zone=UTC)


def message(kind: Kind, text: str = "salam", name: str = "ali", at: float = AT, to: str = "sara") -> Message:
    """Something that ali said at 14:03, by connection 7."""
    return Message(kind, name, text, at, person=1, origin=7, to=to if kind in (Kind.TOLD, Kind.SENT) else "")


def arrivals(*names: str) -> tuple[Arrival, ...]:
    """These people, by the connections 1, 2, 3 ..."""
    return tuple(Arrival(name, origin) for origin, name in enumerate(names, 1))


def greeted(name: str, room: str | None, others: Company, topic: str, motd: str, *, account: bool = False) -> Greeted:
    """A name was accepted."""
    return Greeted(name, room, others, topic, motd, last=7, epoch="e", account=account)


OLD = Entry(1, message(Kind.SAID, "old", at=AT - DAY))
NEW = Entry(2, message(Kind.SAID, "new"))


@pytest.mark.parametrize(
    ("form", "kind", "line"),
    [
        (PLAIN, Kind.SAID, "[14:03] ali: salam\n"),
        (PLAIN, Kind.ACTED, "[14:03] * ali salam\n"),
        (PLAIN, Kind.TOLD, "[PM from ali at 14:03]: salam\n"),
        (PLAIN, Kind.SENT, "[PM to sara]: salam\n"),
        (TAGGED, Kind.SAID, "[14:03] #dev ali: salam\n"),
        (TAGGED, Kind.ACTED, "[14:03] #dev * ali salam\n"),
        (TIMELESS, Kind.SAID, "ali: salam\n"),
        (TIMELESS, Kind.ACTED, "* ali salam\n"),
        (TIMELESS, Kind.TOLD, "[PM from ali]: salam\n"),
        (TIMELESS, Kind.SENT, "[PM to sara]: salam\n"),
        (TextForm(TimeStyle.OFF, "#dev"), Kind.SAID, "#dev ali: salam\n"),
        (DATED, Kind.SAID, "[2026-11-21 14:03] ali: salam\n"),
        (DATED, Kind.TOLD, "[PM from ali at 2026-11-21 14:03]: salam\n"),
        (DATED, Kind.SENT, "[PM to sara]: salam\n"),
    ],
)
def test_a_message_looks_as_the_design_says(form: TextForm, kind: Kind, line: str) -> None:
    """These lines are the protocol: people read them, and scripts match them."""
    assert form.encode(message(kind), 5) == line.encode()


def test_times_are_those_of_the_zone() -> None:
    """A reader in Tehran sees Tehran's clock, and Tehran's day."""
    tehran = TextForm(zone=ZoneInfo("Asia/Tehran"))
    assert tehran.encode(message(Kind.SAID)) == b"[17:33] ali: salam\n"
    late = Entry(1, message(Kind.SAID, at=AT - 17 * 3600))  # 21:03 in UTC, 00:33 of the next day in Tehran
    assert tehran.recall(late, AT) == b"[00:33] ali: salam\n"
    assert PLAIN.recall(late, AT) == b"[2026-11-20 21:03] ali: salam\n"


def test_what_stands_before_a_line_is_remembered_for_one_minute_and_one_day() -> None:
    """The same message has no date today and one tomorrow, whichever was shown last; and not every minute is kept."""
    form, said = TextForm(zone=UTC), message(Kind.SAID)
    today = form.encode(said)
    tomorrow = form.recall(Entry(3, said), AT + DAY)
    assert len(tomorrow) > len(today)
    assert (form.encode(said), form.recall(Entry(3, said), AT + DAY)) == (today, tomorrow)
    for minute in range(10):
        form.encode(message(Kind.SAID, at=AT + 60 * minute))
    assert len(form._heads) == 1


def test_without_a_zone_times_are_the_servers() -> None:
    """Nobody has to set anything."""
    local = datetime.fromtimestamp(AT).strftime("%H:%M")
    assert TextForm().encode(message(Kind.SAID)) == f"[{local}] ali: salam\n".encode()


@pytest.mark.parametrize(
    ("form", "kind", "line"),
    [
        (PLAIN, Kind.SAID, "[2026-11-20 14:03] ali: salam\n"),
        (TAGGED, Kind.ACTED, "[2026-11-20 14:03] #dev * ali salam\n"),
        (PLAIN, Kind.TOLD, "[PM from ali at 2026-11-20 14:03]: salam\n"),
        (PLAIN, Kind.SENT, "[PM to sara at 2026-11-20 14:03]: salam\n"),
        (DATED, Kind.SENT, "[PM to sara at 2026-11-20 14:03]: salam\n"),
        (TIMELESS, Kind.SAID, "ali: salam\n"),
        (TIMELESS, Kind.SENT, "[PM to sara]: salam\n"),
    ],
)
def test_what_was_said_on_another_day_has_its_date(form: TextForm, kind: Kind, line: str) -> None:
    """14:03 of yesterday must not look like 14:03 of today, even to the one who wrote it."""
    assert form.recall(Entry(3, message(kind, at=AT - DAY)), AT) == line.encode()


@given(st.sampled_from(Kind), st.sampled_from([PLAIN, TAGGED, TIMELESS, DATED]), st.integers(0, 9))
def test_reading_back_on_the_same_day_shows_what_was_shown_live(kind: Kind, form: TextForm, hours: int) -> None:
    """Somebody with a slow connection sees the same lines as everybody else."""
    said = message(kind)
    assert form.recall(Entry(3, said), AT + hours * 3600) == form.encode(said, 3)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Joined(arrivals("ali"), 9), "ali joined."),
        (Joined(arrivals("ali", "sara"), 9), "ali and sara joined."),
        (Joined(arrivals("ali", "sara", "reza"), 9), "ali, sara and reza joined."),
        (Joined(arrivals("ali", "sara", "reza", "mina"), 9), "ali, sara and 2 others joined."),
        (Joined(arrivals("ali", "sara", "c", "d", "e"), 9), "ali, sara and 3 others joined."),
        (Left(arrivals("ali"), 9), "ali left."),
        (Left(arrivals("ali", "sara", "c", "d", "e"), 9), "ali, sara and 3 others left."),
        (Renamed("ali", "reza", 7), "ali is now called reza."),
        (TopicSet("ali", "Exam on Monday", 7), "ali set the topic: Exam on Monday"),
        (TopicSet("ali", "", 7), "ali removed the topic."),
        (Present(Company(("ali",)), ("ali",)), "Here now (1): ali."),
        (Present(Company(("ali", "sara"), 1), ()), "Here now (3): ali, sara and 1 other."),
        (Missed(300, 301), "Messages that you did not see and that are no longer kept: 300."),
    ],
)
def test_news_of_a_room_is_one_sentence(event: Notice | Present | Missed, line: str) -> None:
    """News begins with a star; with the room's name, if it is not the one that is talked to."""
    assert PLAIN.encode(event) == f"* {line}\n".encode()
    assert TAGGED.encode(event) == f"* #dev: {line}\n".encode()


NOBODY = NoSuchPerson(name="sara")
ROOMS = (RoomSummary("#lobby", 12, "Welcome", joined=True), RoomSummary("#dev", 3, "Twisted", joined=False))
BARE_ROOMS = (RoomSummary("#lobby", 2, "", joined=True), RoomSummary("#dev", 1, "", joined=False))


@pytest.mark.parametrize(
    ("reply", "lines"),
    [
        (Welcome(), ["* Welcome to chatd. What is your name?"]),
        (
            greeted("ali", "#lobby", Company(("sara",)), "", ""),
            ["* Hello ali. You are in #lobby with sara. /help shows the commands."],
        ),
        (
            greeted("ali", "#lobby", Company(()), "Exam on Monday", "Be kind.\n\n\tNo games."),
            [
                "* Be kind.",
                "* ",
                "*         No games.",
                "* Hello ali. You are alone in #lobby. /help shows the commands.",
                "* The topic of #lobby: Exam on Monday",
            ],
        ),
        (
            greeted("ali", "#lobby", Company(("a", "b", "c"), 4), "", ""),
            ["* Hello ali. You are in #lobby with a, b, c and 4 others. /help shows the commands."],
        ),
        (
            greeted("ali", "#lobby", Company(("sara",)), "", "", account=True),
            ["* Welcome back, ali. You are in #lobby with sara. /help shows the commands."],
        ),
        (
            greeted("ali", None, Company(()), "", ""),
            ["* Hello ali. You are in no room; /join #ROOM goes to one. /help shows the commands."],
        ),
        (
            Entered("#dev", Company(("sara", "reza")), "Twisted", fresh=True, last=0, epoch="e"),
            ["* You are now in #dev with sara and reza; what you say goes there.", "* The topic of #dev: Twisted"],
        ),
        (
            Entered("#dev", Company(()), "", fresh=True, last=0, epoch="e"),
            ["* You are now alone in #dev; what you say goes there."],
        ),
        (
            Entered("#dev", Company(("sara",)), "Twisted", fresh=False, last=0, epoch="e"),
            ["* What you say goes to #dev again."],
        ),
        (Departed("#dev", "#lobby"), ["* You left #dev. What you say goes to #lobby."]),
        (Departed("#dev", None), ["* You left #dev. You are in no room now; /join #dev goes back."]),
        (
            Online(None, (("ali", "192.0.2.7"), ("sara", "2001:db8::1"))),
            ["* Online (2):", "ali (192.0.2.7)", "sara (2001:db8::1)"],
        ),
        (Online("#dev", (("ali", ""),)), ["* In #dev (1):", "ali"]),
        (
            RoomList(ROOMS),
            [
                "* Rooms (2):",
                "#lobby (12, you are in it): Welcome",
                "#dev (3): Twisted",
                "* /join #ROOM goes to one of them, or opens another.",
            ],
        ),
        (
            RoomList(BARE_ROOMS, 40),
            [
                "* Rooms (42):",
                "#lobby (2, you are in it)",
                "#dev (1)",
                "... and 40 more.",
                "* /join #ROOM goes to one of them, or opens another.",
            ],
        ),
        (TopicShown("#dev", "Twisted"), ["* The topic of #dev: Twisted"]),
        (TopicShown("#dev", ""), ["* #dev has no topic. /topic text sets one."]),
        (NowCalled("reza"), ["* You are reza now."]),
        (
            Recalled("#lobby", (OLD, NEW), AT, cut=False),
            ["* In #lobby and in private (2):", "[2026-11-20 14:03] ali: old", "[14:03] ali: new"],
        ),
        (
            Recalled(None, (NEW,), AT, cut=True),
            [
                "* Your private messages (1):",
                "[14:03] ali: new",
                "* These are the latest; there are older ones. /help history tells how to see more.",
            ],
        ),
        (
            Recalled(None, (NEW,), AT, cut=False, gone=True),
            ["* Your private messages (1):", "[14:03] ali: new", "* Older messages are no longer kept."],
        ),
        (
            Recalled("#lobby", (), AT, cut=False, gone=True),
            ["* #lobby has nothing to show.", "* Older messages are no longer kept."],
        ),
        (Recalled("#lobby", (), AT, cut=False), ["* #lobby has nothing to show."]),
        (Recalled(None, (), AT, cut=False), ["* There are no private messages to show."]),
        (
            Found("old", "#lobby", (OLD,), AT, cut=True),
            [
                "* Found for old (1):",
                "[2026-11-20 14:03] ali: old",
                "* These are the latest; there are older ones. More words find fewer.",
            ],
        ),
        (Found("old", "#lobby", (), AT, cut=False), ["* Nothing found for old in #lobby or in private."]),
        (Found("old", None, (), AT, cut=False), ["* Nothing found for old in your private messages."]),
        (TimeStyleSet(TimeStyle.ON), ["* Messages are shown with their time from now on."]),
        (
            TimeStyleSet(TimeStyle.OFF),
            ["* Messages are shown without their time from now on. /time on brings it back."],
        ),
        (TimeStyleSet(TimeStyle.DATE), ["* Messages are shown with date and time from now on."]),
        (Ignored(()), ["* You ignore nobody. /ignore NAME hides what somebody writes."]),
        (Ignored(("ali", "sara")), ["* You ignore ali and sara."]),
        (
            Ignored(("ali", "sara"), "sara"),
            ["* You ignore sara from now on. /ignore sara once more ends it."],
        ),
        (Ignored(("ali",), "sara"), ["* You see again what sara writes."]),
        (Refused(NOBODY), ["! No one called sara is here. /who lists everyone."]),
        (
            Refused(NOBODY, "see you at 5"),
            ["! No one called sara is here. /who lists everyone.", "! Your line was: see you at 5"],
        ),
        (Asking(Prompt.PASSWORD, "ali"), ["* Password for ali:"]),
        (Asking(Prompt.NEW, "ali"), ["* New password for ali:"]),
        (Asking(Prompt.AGAIN, "ali"), ["* The new password again:"]),
        (Claimed("ali"), ["* ali is your account now. From now on it asks for your password."]),
        (PasswordChanged(), ["* Your password is changed."]),
        (Waiting("sara"), ["* sara is away and will see it at the next login."]),
        (Unread(1), ["* 1 private message came while you were away:"]),
        (Unread(3), ["* 3 private messages came while you were away:"]),
        (Goodbye(Farewell.ASKED, "ali"), ["* Goodbye, ali."]),
        (Goodbye(Farewell.ASKED), ["* Goodbye."]),
        (
            Goodbye(Farewell.SHUTDOWN, "ali"),
            ["* The server is shutting down. Goodbye, ali."],
        ),
        (Goodbye(Farewell.SHUTDOWN), ["* The server is shutting down. Goodbye."]),
        (Goodbye(Farewell.NAMELESS), ["* No name was given in time. Connect again when you like. Goodbye."]),
        (
            Goodbye(Farewell.FLOOD, "ali"),
            ["* Far too many lines came in, so this connection is closed. Goodbye, ali."],
        ),
        (
            Goodbye(Farewell.REPLACED, "ali"),
            ["* You came back by another connection, so this one is closed. Goodbye, ali."],
        ),
        (Goodbye(Farewell.FLOOD), ["* Far too many lines came in, so this connection is closed. Goodbye."]),
    ],
)
def test_replies_read_like_this(reply: Reply, lines: list[str]) -> None:
    """Friendly, short, and with what to do next: the wording is kept here."""
    assert PLAIN.encode(reply).decode().split("\n") == [*lines, ""]


def test_help_lists_every_command_and_ends_with_the_way_out() -> None:
    """Somebody who knows nothing learns all from this one screen of 80 columns."""
    lines = PLAIN.encode(Helped(None)).decode().splitlines()
    for command in commands.COMMANDS:
        assert sum(line.startswith(f"  {command.usage} ") and command.summary in line for line in lines) == 1
    columns = {line.find(command.summary) for command in commands.COMMANDS for line in lines} - {-1}
    assert len(columns) == 1
    assert "/exit" in lines[-1]
    assert max(map(len, lines)) < 80
    assert len(lines) <= 24


@pytest.mark.parametrize("topic", ["pm", "/pm", "MSG"])
def test_help_explains_one_command_by_any_of_its_words(topic: str) -> None:
    """Usage first, then what it does, its other spellings, and an example to try."""
    text = PLAIN.encode(Helped(topic)).decode()
    assert text.startswith("* /pm NAME text\n* Writes to one person")
    assert "\n* The same: /msg, /tell, /w\n" in text
    assert text.endswith("\n* For example: /pm sara are you coming?\n")


@pytest.mark.parametrize("topic", [None, *[command.name for command in commands.COMMANDS]])
def test_each_persian_sentence_of_the_help_is_whole(topic: str | None) -> None:
    """A word in another script does not turn its halves around; what is typed, and the rows of the table, begin at the left."""
    lines = replace(PLAIN, language=PERSIAN).encode(Helped(topic)).decode().splitlines()
    sentences = [line for line in lines if holds_right_to_left(line) and not line.startswith("  /")]
    assert len(sentences) >= 2
    assert [line for line in sentences if not re.fullmatch("(?:\\* )?\u2067[^\u2067]*\u2069", line)] == []
    assert "\u2067" not in "".join(line for line in lines if line not in sentences)
    assert "\u2067" not in PLAIN.encode(Helped(topic)).decode()


def test_help_for_a_command_that_does_not_exist_says_so() -> None:
    """A wrong word is an error like any other."""
    assert PLAIN.encode(Helped("hwo")).startswith(b"! There is no command /hwo. Did you mean /who?")


@pytest.mark.parametrize("kind", Kind)
def test_a_message_that_is_made_together_with_its_receipt_is_the_same(kind: Kind) -> None:
    """Live, both are made at once; later, each alone."""
    assert PLAIN.line_and_receipt(message(kind), 1)[0] == PLAIN.encode(message(kind), 1)


def test_whoever_speaks_is_not_shown_the_line_again() -> None:
    """The terminal shows it already; all copies of private messages are shown."""
    assert PLAIN.line_and_receipt(message(Kind.SAID), 1)[1] == b""
    assert PLAIN.line_and_receipt(message(Kind.ACTED), 1)[1] == b""
    assert PLAIN.line_and_receipt(message(Kind.TOLD), 1)[1] is None
    assert PLAIN.line_and_receipt(message(Kind.SENT), 1)[1] is None
    assert PLAIN.receipts(Renamed("ali", "reza", 7)) == {7: b""}
    assert PLAIN.receipts(TopicSet("ali", "x", 7)) == {7: b""}
    assert PLAIN.receipts(Joined(arrivals("ali"), 9)) == {1: b""}


@given(st.lists(st.sampled_from(string.ascii_lowercase), min_size=2, max_size=9), st.sampled_from([PLAIN, TAGGED]))
def test_those_who_come_and_go_are_told_of_the_others(names: list[str], form: TextForm) -> None:
    """Each sees the sentence that would have been said without them, in their place."""
    who = arrivals(*names)
    for event in (Joined, Left):
        without = {one.origin: form.encode(event(tuple(other for other in who if other is not one), 9)) for one in who}
        assert form.receipts(event(who, 9)) == without


def test_a_crowd_costs_a_few_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody reconnects after a network cut: a sentence for each of them would be quadratic."""
    written = 0

    def count(_form: TextForm, sentence: str) -> bytes:
        nonlocal written
        written += 1
        return sentence.encode()

    monkeypatch.setattr(TextForm, "_notice", count)
    assert len(PLAIN.receipts(Joined(arrivals(*map(str, range(5000))), 5000))) == 5000
    assert written < 10


def test_equal_forms_are_one_form() -> None:
    """Readers are grouped by form, so that each batch is encoded once for all of them."""
    assert len({PLAIN, TextForm(zone=UTC), PLAIN.variant(TimeStyle.ON, "#dev", current=True)}) == 1
    assert PLAIN.variant(TimeStyle.OFF, "#dev", current=False) == TextForm(TimeStyle.OFF, "#dev", UTC)
    assert TAGGED.variant(TimeStyle.ON, "", current=False) == PLAIN


@pytest.mark.parametrize(
    ("form", "event", "line"),
    [
        (PLAIN, message(Kind.SAID, SALAM), f"[14:03] ali: <{SALAM}>"),
        (PLAIN, message(Kind.SAID, "salam", ALI), f"[14:03] <{ALI}>: salam"),
        (PLAIN, message(Kind.SAID, SALAM, ALI), f"[14:03] <{ALI}>: <{SALAM}>"),
        (PLAIN, message(Kind.SAID, "né", "zoë"), "[14:03] zoë: né"),
        (PLAIN, message(Kind.SAID, "ok\u200f"), "[14:03] ali: <ok\u200f>"),
        (PLAIN, message(Kind.SAID, "ok\u200e"), "[14:03] ali: ok\u200e"),
        (PLAIN, message(Kind.ACTED, SALAM, ALI), f"[14:03] * <{ALI}> <{SALAM}>"),
        (PLAIN, message(Kind.TOLD, SALAM, ALI), f"[PM from <{ALI}> at 14:03]: <{SALAM}>"),
        (PLAIN, message(Kind.SENT, SALAM, to=ALI), f"[PM to <{ALI}>]: <{SALAM}>"),
        (TextForm(tag="#" + ALI, zone=UTC), message(Kind.SAID, SALAM), f"[14:03] <#{ALI}> ali: <{SALAM}>"),
        (TextForm(tag="#" + ALI, zone=UTC), message(Kind.SAID), f"[14:03] <#{ALI}> ali: salam"),
        (TextForm(tag="#" + ALI, zone=UTC), Joined(arrivals("ali"), 9), f"* <#{ALI}>: ali joined."),
        (PLAIN, Joined(arrivals(ALI, "sara"), 9), f"* <{ALI}> and sara joined."),
        (PLAIN, Joined(arrivals("a", ALI, "b", "c"), 9), f"* a, <{ALI}> and 2 others joined."),
        (PLAIN, TopicSet("ali", SALAM, 1), f"* ali set the topic: <{SALAM}>"),
        (PLAIN, Online(None, ((ALI, "192.0.2.7"),)), f"* Online (1):\n<{ALI}> (192.0.2.7)"),
        (PLAIN, greeted(ALI, "#" + ALI, Company((ALI,)), "", SALAM), None),
        (PLAIN, Refused(NameTaken(name=ALI, owner="sara")), None),
        (PLAIN, Goodbye(Farewell.ASKED, ALI), f"* Goodbye, <{ALI}>."),
    ],
)
def test_right_to_left_text_keeps_its_direction_to_itself(
    form: TextForm, event: Event | Reply, line: str | None
) -> None:
    """A Persian name must not pull the time and the colon to its other side; lines without any stay plain.

    In the expected lines, < and > stand for the isolate and its end.
    """
    shown = form.encode(event).decode()
    assert line is None or shown == line.replace("<", "\u2068").replace(">", "\u2069") + "\n"
    outside = re.sub("\u2068[^\u2068\u2069]*\u2069", "", shown)
    assert not any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in outside)


def test_every_right_to_left_character_is_known() -> None:
    """One that was forgotten would disturb the line; one too many would spoil lines that are plain."""
    for point in range(sys.maxunicode + 1):
        direction = unicodedata.bidirectional(chr(point))
        if direction in ("R", "AL", "AN"):
            assert holds_right_to_left(chr(point)), hex(point)
        elif direction == "L":
            assert not holds_right_to_left(chr(point)), hex(point)


@given(st.text())
def test_isolating_loses_nothing(text: str) -> None:
    """What is between the marks is the text."""
    assert isolate(text) in (text, f"\u2068{text}\u2069")


HOSTILE = "a\x1b]0;x\x07\r\n\x9b2J\u202e\u2069\u2028\ud800" + ALI
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")


def all_errors(of: type[ChatError] = ChatError) -> list[type[ChatError]]:
    """Every error there is."""
    return [of, *(error for each in of.__subclasses__() for error in all_errors(each))]


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.__name__)
def test_every_error_is_told_in_one_safe_line(error: type[ChatError]) -> None:
    """Errors quote what somebody sent before it was judged: nothing of it may act on the terminal."""
    fields = {name for _, name, _, _ in string.Formatter().parse(error.sentence) if name}
    shown = PLAIN.encode(Refused(error(**dict.fromkeys(fields, HOSTILE)), HOSTILE)).decode()
    first, second, end = shown.split("\n")
    assert first.startswith("! ")
    assert second.startswith("! Your line was: ")
    assert end == ""
    assert not UNSAFE.search(first + second)
    assert ("\ufffd" in first) == bool(fields)


def test_error_values_that_are_not_text_are_formatted_as_they_are() -> None:
    """Limits and measures are numbers."""
    assert PLAIN.encode(Refused(TextCharacter(character=27))).startswith(b"! That line holds 27,")


words = st.text(max_size=8)
companies = st.builds(Company, st.lists(words, max_size=4).map(tuple), st.integers(0, 3))
entries = st.lists(st.builds(Entry, st.just(1), st.builds(message, st.sampled_from(Kind))), max_size=3).map(tuple)
addresses = st.lists(st.tuples(words, words), max_size=3).map(tuple)
people = st.lists(st.builds(Arrival, words, st.integers(1, 9)), min_size=1, max_size=6).map(tuple)
rooms = st.lists(st.builds(RoomSummary, words, st.integers(), words, st.booleans()), max_size=3).map(tuple)
names = st.lists(words, max_size=4).map(tuple)
languages = st.sampled_from(list(LANGUAGES.values()))

ANY: dict[type, st.SearchStrategy[Any]] = {
    Joined: st.builds(Joined, people, st.integers()),
    Left: st.builds(Left, people, st.integers()),
    Renamed: st.builds(Renamed, words, words, st.integers()),
    TopicSet: st.builds(TopicSet, words, words, st.integers()),
    Welcome: st.builds(Welcome),
    Greeted: st.builds(greeted, words, st.none() | words, companies, words, words, account=st.booleans()),
    Entered: st.builds(Entered, words, companies, words, st.booleans(), st.integers(), words),
    Departed: st.builds(Departed, words, st.none() | words),
    Online: st.builds(Online, st.none() | words, addresses),
    RoomList: st.builds(RoomList, rooms, st.integers(0, 2)),
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
    Missed: st.builds(Missed, st.integers(1), st.integers(1)),
    Refused: st.builds(Refused, words.map(lambda text: NoSuchPerson(name=text)), words),
    Asking: st.builds(Asking, st.sampled_from(Prompt), words),
    Claimed: st.builds(Claimed, words),
    PasswordChanged: st.builds(PasswordChanged),
    Waiting: st.builds(Waiting, words),
    Unread: st.builds(Unread, st.integers(1)),
    Goodbye: st.builds(Goodbye, st.sampled_from(Farewell), st.none() | words),
}

UNTOLD: dict[type, Event | Reply] = {
    Acked: Acked("1", "#dev", 7, AT),
    Attendance: Attendance("#dev", ("ali",), 1),
    Pong: Pong(),
    Reset: Reset("#dev", "", 0, 7, "e"),
    Resumed: Resumed("#dev", "", 0, 7, "e"),
    Roll: Roll(("ali", "sara")),
}
"""What only programs ask for."""


@pytest.mark.parametrize("event", UNTOLD.values(), ids=lambda event: type(event).__name__)
def test_what_only_programs_ask_for_disturbs_nobody(event: Event | Reply) -> None:
    """Nothing appears on a terminal of what its owner cannot have asked for."""
    assert TAGGED.encode(event) == b""


@pytest.mark.parametrize("event", sorted(ANY, key=str), ids=lambda event: event.__name__)
def test_whatever_happens_is_told_in_whole_safe_lines(event: type) -> None:
    """No name or text in any event can act on a terminal."""

    @given(ANY[event], st.sampled_from([PLAIN, TAGGED, TIMELESS, DATED]))
    def holds(happened: Any, form: TextForm) -> None:
        shown = form.encode(happened, 1).decode()
        assert shown.endswith("\n")
        assert not UNSAFE.search(shown.replace("\n", ""))

    holds()


def test_every_event_is_told_or_known_not_to_be() -> None:
    """The vocabulary has nothing that was forgotten here."""
    assert {*get_args(Notice), *get_args(Reply)} == ANY.keys() | UNTOLD.keys()


@given(st.text())
def test_a_plain_sentence_has_all_of_it_but_the_isolates(name: str) -> None:
    """Programs are told in the same words, without what is for terminals; what the name brought was replaced before."""
    shown = plain(IN_ENGLISH.say("{name} is here.", name=name))
    assert shown == "{} is here.".format(
        re.sub("[\ud800-\udfff\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", "\ufffd", name)
    )


def test_news_and_farewells_can_be_told_without_their_sign() -> None:
    """Other formats share the sentences."""
    assert news(Joined(arrivals("ali"), 1), IN_ENGLISH) == "ali joined."
    assert news(Pong(), IN_ENGLISH) is None
    assert farewell(Goodbye(Farewell.ASKED, "ali"), IN_ENGLISH) == "Goodbye, ali."

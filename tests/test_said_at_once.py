"""A line that is just said takes a shorter way through the server than others. Nobody can tell, by order, limits or refusals."""

import json
from collections.abc import Callable, Sequence
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatd.limits import Limits
from chatd.protocols import json_lines
from chatd.protocols import text as text_protocol
from chatd.session import Session
from chatd.storage.contract import StoreFull
from chatd.wire.json_plain import plainly_said
from tests.doubles import SlowStore
from tests.worlds import Visitor, World

TIGHT = Limits(
    text_bytes=40,
    flood_burst=4,
    flood_rate=1.0,
    flood_waiting=2,
    flood_refusals=6,
    uncommitted_bytes=70,
    queued_messages=2,
    batch_messages=1,
)
"""All that can be in the way of a message is met by a few lines."""
LINES = [
    *("salam", "سلام", "می‌روم", "\u115f", "exit/", "x" * 40, "x" * 41, "س" * 21),
    *("/exit", "/who", "/topic tea", "/join #other", "/leave", "/nick reza", "/me waves", "/pm sara x", "/register"),
]
PIECES = [
    *(
        b"sal",
        b"am\n",
        b"\n",
        b"\r",
        b"salam\r\n",
        b"one\ntwo\n",
        b"a\nb\n/topic x\nc\nd\ne\n",
        b"salam\n/register\npassword\nsalam\n",
        b"x" * 6000,
        b"\xff\xfb",
        b"\xff\xfa",
        b"\xff\xf0",
        b"\xff",
    ),
]
"""Of lines, or of more than one; and telnet's codes, or half of them."""

PEOPLE = ("ali", "sara")
Happening = Callable[["Evening"], object]


class Evening:
    """Two people, or programs, on a server whose store and wires answer when they are told to."""

    def __init__(self, introductions: Sequence[str] = PEOPLE) -> None:
        self.store = SlowStore("append")
        self.world = World(TIGHT, self.store)
        # On the same machine, so that passwords are asked for.
        self.people: list[Visitor] = [self.world.joined(line, "127.0.0.1") for line in introductions]
        for visitor in self.people:
            visitor.polite = False  # who leaves goes on typing until the connection is closed
        self.world.passes(60)

    def seen(self) -> list[tuple[bytes, bool, bool]]:
        """What each has been shown since the last time, whether they are out, and whether they are not read for now."""
        return [(visitor.gets(), visitor.closed, visitor.wire.paused) for visitor in self.people]

    def answer(self, error: Exception | None = None) -> None:
        """What the disk says to the oldest batch."""
        if self.store.pending("append"):
            self.store.let_go("append", error)
            self.world.settle()

    def room(self, who: int, room: int | None) -> None:
        """So much more is read by one of them; ``None``: everything."""
        self.people[who].wire.room = room
        self.world.settle()

    def end(self) -> None:
        """The server stops reading, and everybody reads what there is."""
        for conversation in list(self.world.site.conversations):
            conversation.stop_reading()
        while self.store.pending("append"):
            self.answer()
        for who in range(len(self.people)):
            self.room(who, None)


def types(who: int, line: str) -> Happening:
    """One of them types a line, which comes alone."""
    return lambda evening: evening.people[who].types(line)


def sends(who: int, piece: bytes) -> Happening:
    """Something else comes from one of them."""
    return lambda evening: evening.people[who].sends(piece)


def stored(evening: Evening) -> None:
    """The oldest batch is."""
    evening.answer()


def not_stored(evening: Evening) -> None:
    """The oldest batch is not."""
    evening.answer(StoreFull("The disk is full."))


def reads(who: int, room: int | None) -> Happening:
    """One of them reads so many bytes more; ``None``: everything."""
    return lambda evening: evening.room(who, room)


def passes(seconds: float) -> Happening:
    """Time passes."""
    return lambda evening: evening.world.passes(seconds)


who = st.integers(0, 1)
happenings: st.SearchStrategy[Happening] = st.one_of(
    st.builds(types, who, st.sampled_from(LINES)),
    st.builds(types, who, st.just("salam")),
    st.builds(sends, who, st.sampled_from(PIECES)),
    st.builds(passes, st.sampled_from([0.5, 2.0])),
    st.sampled_from([stored, not_stored]),
    st.builds(reads, who, st.sampled_from([0, 10, None])),
)
ALI_SAYS, SARA_SAYS = types(0, "salam"), types(1, "salam")


def _lived(happened: list[Happening], introductions: Sequence[str] = PEOPLE) -> list[list[tuple[bytes, bool, bool]]]:
    """What both saw after each of these, and when the server stopped."""
    evening = Evening(introductions)
    seen = []
    for happening in [*happened, Evening.end]:
        happening(evening)
        seen.append(evening.seen())
    return seen


@example([ALI_SAYS, ALI_SAYS, ALI_SAYS, stored, SARA_SAYS, stored])  # the disk has enough of ali
@example([reads(0, 0), SARA_SAYS, stored, ALI_SAYS, SARA_SAYS, stored, stored])  # ali does not read
@example([types(0, "/exit"), ALI_SAYS, stored])
@example([ALI_SAYS] * 3 + [stored, stored] * 2 + [ALI_SAYS] * 4 + [stored])  # the flood limit
@example([types(0, "/who"), ALI_SAYS, ALI_SAYS, stored, ALI_SAYS])
@example(
    [SARA_SAYS, SARA_SAYS, types(0, "x"), reads(0, 0), ALI_SAYS, ALI_SAYS]
)  # too much waits, which ali does not read
@example([sends(0, b"x" * 6000), sends(0, b"am\n"), ALI_SAYS, stored])  # the end of a line that is too long
@example([sends(0, b"\xff\xfa"), ALI_SAYS, stored])  # amid telnet's codes
@settings(max_examples=300)
@given(st.lists(happenings, max_size=25))
def test_nobody_can_tell_which_way_a_line_went(happened: list[Happening]) -> None:
    """The same evening with and without the short way is the same to everyone."""
    short = _lived(happened)
    with patch.object(text_protocol, "plainly_said", lambda _: None):
        assert short == _lived(happened)


def test_most_lines_go_the_short_way() -> None:
    """Else the test above would compare the long way with itself."""
    evening = Evening()
    with patch.object(Session, "receive") as long_way:
        evening.people[0].types("salam").types("می‌روم")
        long_way.assert_not_called()
        evening.people[0].types("/who")
        long_way.assert_called_once()


@pytest.mark.parametrize("short", [True, False])
def test_what_comes_while_the_last_of_a_flood_is_done_is_kept(short: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever way it goes: nothing waits any more, so it is not too much."""
    if not short:
        monkeypatch.setattr(text_protocol, "plainly_said", lambda _: None)
    store = SlowStore("append")
    world = World(Limits(flood_burst=2, flood_rate=1, flood_waiting=2), store)
    ali, sara = world.joined("ali", "127.0.0.1"), world.joined("sara", "127.0.0.1")

    def stored_all() -> None:
        while store.waiting:
            store.let_go("append")
            world.settle()

    world.passes(60)
    ali.types("a", "b", "c", "/topic", "d")
    assert "Too fast" in ali.sees()
    stored_all()
    world.passes(6)  # the third is on its way, and the fourth waits for the disk
    ali.types("e", "f", "g")  # the first of them is refused, the others are read when that is done
    sara.gets()
    stored_all()
    world.passes(10)
    stored_all()
    assert [line[-1] for line in sara.sees().splitlines()] == ["c", "f", "g"]
    assert "Too fast" not in ali.sees()


# ---- programs ----


def chat(text: str, cid: str | None = None, room: str | None = None) -> str:
    """The line that says this."""
    fields = {"type": "chat", "cid": cid, "text": text, "room": room}
    return json.dumps({name: value for name, value in fields.items() if value is not None}, ensure_ascii=False)


PROGRAMS = [json.dumps({"type": "register", "v": 1, "user_id": name}) for name in ("ali", "sara")]
TEXTS = ["salam", "سلام", " ", "", "a\u202eb", "x" * 40, "x" * 41]
CIDS = [None, "1", "2", "3", "4"]
ROOMS = [None, None, "#lobby", "#other", "#", "lobby"]
REQUESTS = [
    json.dumps(request)
    for request in (
        {"type": "join", "room": "#other"},
        {"type": "leave", "room": "#lobby"},
        {"type": "pm", "cid": "5", "to": "sara", "text": "x"},
        {"type": "who"},
        {"type": "register", "v": 1, "user_id": "reza"},
        {"type": "logout"},
        {"type": "chat"},
    )
]
HALVES = [
    *(
        f"{chat('a', '1')}\n{chat('b')}\n{request}\n{chat('c', '2')}\n{chat('d')}\n".encode()
        for request in REQUESTS[:4]
    ),
    b'{"type": "chat", "te',
    b'xt": "salam", "cid": "1"}\n',
    b"\n",
    b"\xff\n",
    b"x" * 20_000,
]

programs_happenings: st.SearchStrategy[Happening] = st.one_of(
    st.builds(types, who, st.builds(chat, st.sampled_from(TEXTS), st.sampled_from(CIDS), st.sampled_from(ROOMS))),
    st.builds(types, who, st.builds(chat, st.just("salam"), st.sampled_from(CIDS))),
    st.builds(types, who, st.sampled_from(REQUESTS)),
    st.builds(sends, who, st.sampled_from(HALVES)),
    st.builds(passes, st.sampled_from([0.5, 2.0])),
    st.sampled_from([stored, not_stored]),
    st.builds(reads, who, st.sampled_from([0, 10, None])),
)
FIRST, SECOND, THIRD = (types(0, chat("salam", cid)) for cid in "123")


@example([FIRST, FIRST, stored, FIRST, stored])  # a repeat
@example([FIRST, SECOND, not_stored, THIRD, SECOND, FIRST, SECOND, stored, stored])  # all have to come again, in order
@example([FIRST, types(0, chat("", "1")), stored, types(0, chat("", "2")), types(0, chat("x", "2")), stored])
@example([types(0, chat("salam")), FIRST, types(0, chat("salam")), SECOND, stored, stored, THIRD, stored])
@example([FIRST, SECOND, THIRD, types(0, chat("salam", "4")), passes(2.0), stored, stored, passes(2.0), stored])
@example([FIRST, types(0, chat("", "2")), THIRD, stored, stored])  # whether that is a repeat is known only then
@example([types(0, chat("salam", "1", "#other")), SECOND, stored])
@example([types(0, REQUESTS[1]), FIRST, stored])
# What has waited for the flood limit holds the others back, while reading goes on.
@example(
    [
        FIRST,
        *[types(0, chat(""))] * 3,
        types(0, chat("", "2")),
        passes(2.0),
        types(1, chat("x", "1")),
        THIRD,
        *[stored] * 3,
    ]
)
@example([reads(0, 0), FIRST, stored, SECOND, THIRD, reads(0, None), stored, stored])
@settings(max_examples=300)
@given(st.lists(programs_happenings, max_size=25))
def test_no_program_can_tell_which_way_a_line_went(happened: list[Happening]) -> None:
    """The same with programs, whose messages have ids: they are acknowledged, repeated, and sent again."""
    short = _lived(happened, PROGRAMS)
    with patch.object(json_lines, "plainly_said", lambda _: None):
        assert short == _lived(happened, PROGRAMS)


@pytest.mark.parametrize("before", ["{}", json.dumps({"type": "chat"}), chat("salam", "1")])
def test_nor_can_one_without_a_name(before: str) -> None:
    """It is told first what it has to do first."""
    answers = []
    for understood in (plainly_said, lambda _: None):
        program = World().joined(before)
        with patch.object(json_lines, "plainly_said", understood):
            answers.append(program.types(chat("salam", "1")).types(chat("", "1", "#")).sees())
    assert answers[0] == answers[1] != ""


def test_most_lines_of_programs_go_the_short_way() -> None:
    """Else the test above would compare the long way with itself."""
    evening = Evening(PROGRAMS)
    with patch.object(Session, "receive") as long_way:
        evening.people[0].types(chat("salam", "1")).types(chat("salam", "2", "#lobby"))
        evening.people[1].types(chat("سلام"))
        long_way.assert_not_called()
        evening.people[0].types(chat("salam", "1"))
        long_way.assert_called_once()


@pytest.mark.parametrize(("first", "said"), [("ali", str), (PROGRAMS[0], chat)], ids=["a person", "a program"])
def test_so_do_several_that_come_at_once(first: str, said: Callable[[str], str]) -> None:
    """As from whoever sends as fast as it can; and the half of one that comes behind them."""
    visitor = World(Limits(flood_rate=0)).joined(first)
    lines = [said("salam"), said("سلام"), said("می‌روم")]
    half = said("salaam")
    with patch.object(Session, "receive") as long_way:
        visitor.sends("".join(f"{line}\n" for line in lines).encode() + half[:9].encode())
        visitor.sends(f"{half[9:]}\n".encode())
        long_way.assert_not_called()
    assert "salaam" in visitor.types("/history" if first == "ali" else '{"type": "history"}').sees()

"""A line that is just said takes a shorter way through the server than others. Nobody can tell, by order, limits or refusals."""

from collections.abc import Callable
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatd.limits import Limits
from chatd.protocols import text as text_protocol
from chatd.session import Session
from chatd.storage.contract import StoreFull
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
        b"x" * 6000,
        b"\xff\xfb",
        b"\xff\xfa",
        b"\xff\xf0",
        b"\xff",
    ),
]
"""Of lines, or of more than one; and telnet's codes, or half of them."""

Happening = Callable[["Evening"], object]


class Evening:
    """Two people on a server whose store and wires answer when they are told to."""

    def __init__(self) -> None:
        self.store = SlowStore("append")
        self.world = World(TIGHT, self.store)
        # On the same machine, so that passwords are asked for.
        self.people: list[Visitor] = [self.world.joined(name, "127.0.0.1") for name in ("ali", "sara")]
        for visitor in self.people:
            visitor.polite = False  # who leaves goes on typing until the connection is closed
        self.world.passes(60)

    def seen(self) -> list[tuple[bytes, bool]]:
        """What each has been shown since the last time, and whether they are out."""
        return [(visitor.gets(), visitor.closed) for visitor in self.people]

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


def _lived(happened: list[Happening]) -> list[list[tuple[bytes, bool]]]:
    """What both saw after each of these, and when the server stopped."""
    evening = Evening()
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

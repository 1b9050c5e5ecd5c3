"""Those who come together are shown the same history, which is read once."""

from chatd.reader import RETRY_SECONDS, Reader
from chatd.recent import MINUTE, MOST, MOST_BYTES, Recent, piece
from chatd.storage.contract import StoreError
from tests.doubles import NumberedForm, RecordingOutlet
from tests.test_reader import FORM, Desk


class Entrance(Desk):
    """Where a crowd comes in, while the store answers nobody after the first."""

    def shows(self, form: NumberedForm = FORM, ignored: frozenset[str] = frozenset()) -> str:
        """What the next newcomer is shown at once."""
        outlet = RecordingOutlet()
        reader = Reader(outlet, 9, self)
        reader.ignored = ignored
        reader.follow(self.log, form, after=0)
        return outlet.text


def entrance() -> Entrance:
    """Two messages, which one newcomer was shown."""
    desk = Entrance()
    desk.say("one", "two")
    assert desk.shows()
    desk.store.held.add("read")
    return desk


def test_the_next_newcomer_is_shown_the_same_without_asking_the_store() -> None:
    """However busy it is."""
    desk = entrance()
    assert desk.shows() == "#a/1 ali: one\n#a/2 ali: two\n"
    assert not desk.store.pending("read")


def test_what_was_said_since_is_not_left_out() -> None:
    """A new message makes it another piece, to be read."""
    desk = entrance()
    desk.say("three")
    assert desk.shows() == ""
    assert desk.store.pending("read") == 1


def test_whoever_is_to_see_it_otherwise_has_it_read() -> None:
    """In another form, or without somebody's messages."""
    desk = entrance()
    assert desk.shows(NumberedForm("#b")) == ""
    assert desk.shows(ignored=frozenset({"ali"})) == ""
    assert desk.store.pending("read") == 2


def test_a_minute_later_it_is_read_again() -> None:
    """Its times may look otherwise, and the store may have dropped some of it."""
    desk = entrance()
    desk.now = MINUTE - 1
    assert desk.shows() != ""
    desk.now = MINUTE
    assert desk.shows() == ""


def test_what_one_reader_sees_alone_is_not_shown_to_others() -> None:
    """Receipts of one's own messages are for their sender: they are not kept."""
    desk = Entrance()
    desk.say("one")
    desk.store.held.add("read")
    desk.reader.follow(desk.log, FORM, after=0)
    desk.store.let_go("read", StoreError("busy"))
    desk.say("mine", origin=desk.reader.origin)
    desk.clock.advance(RETRY_SECONDS)
    desk.store.let_go("read")
    assert "one" in desk.shown
    assert desk.shows() == ""


def test_few_pieces_are_kept_and_none_that_is_long() -> None:
    """The oldest is forgotten."""
    recent = Recent()
    pieces = [piece("#a", 0, last, FORM, 0.0) for last in range(MOST + 1)]
    for one in pieces:
        recent.keep(one, b"x")
    assert [recent.get(one) for one in pieces] == [None, *[b"x"] * MOST]
    long = piece("#a", 0, MOST + 1, FORM, 0.0)
    recent.keep(long, b"x" * (MOST_BYTES + 1))
    assert recent.get(long) is None

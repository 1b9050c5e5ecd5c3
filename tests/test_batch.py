"""Batches: encoded once for all, with what each connection is shown differently cut in."""

from hypothesis import given
from hypothesis import strategies as st

from chatd.batch import Batch
from chatd.events import Arrival, Event, Joined, Left, Message, TopicSet
from tests.doubles import NumberedForm, said

FORM = NumberedForm("#a")
ACKS = NumberedForm("#a", acks=True)


STRANGER = 99
"""A connection by which nothing came in."""


def joined(*names: str) -> Joined:
    """They came, by the connections 1, 2, 3 ..."""
    return Joined(tuple(Arrival(name, origin) for origin, name in enumerate(names, 1)), len(names))


def left(*names: str) -> Left:
    """They went."""
    return Left(tuple(Arrival(name, origin) for origin, name in enumerate(names, 1)), len(names))


def test_a_bystander_is_shown_everything_in_order() -> None:
    """Messages are numbered from the first id on, notices between them take no number."""
    batch = Batch(3, [said("one"), TopicSet("ali", "tea", 1), said("two")], first=7)
    lines = batch.encoded(FORM).data.decode().splitlines()
    assert lines[0] == "#a/7 ali: one"
    assert lines[1].startswith("* TopicSet")
    assert lines[2] == "#a/8 ali: two"
    assert (batch.number, batch.first, batch.last) == (3, 7, 8)


def test_a_batch_of_notices_has_no_ids() -> None:
    """Its last id is that of the message before it."""
    batch = Batch(1, [joined("ali")], first=5)
    assert batch.last == 4
    assert batch.messages == []


def test_whoever_said_it_is_shown_the_receipt_in_its_place() -> None:
    """An ack takes the message's place, in order; where there is none, nothing does."""
    batch = Batch(1, [said("mine", origin=5), said("yours"), said("mine too", origin=5)], first=1)
    assert batch.encoded(ACKS).bytes_for(5) == b"#a/1 ack\n#a/2 ali: yours\n#a/3 ack\n"
    assert batch.encoded(FORM).bytes_for(5) == b"#a/2 ali: yours\n"


def test_who_ignores_somebody_is_not_shown_their_messages() -> None:
    """However the name is spelled; notices about them stay."""
    batch = Batch(1, [joined("Bob"), said("boo", name="Bob"), said("salam")], first=1)
    assert batch.encoded(FORM).bytes_for(STRANGER, {"bob"}) == b"> #a + Bob\n#a/2 ali: salam\n"


def test_a_crowd_that_comes_is_one_line_in_its_place() -> None:
    """Neighbouring arrivals are joined, and so are departures; nothing moves over a message, or past the other kind."""
    batch = Batch(1, [joined("a"), joined("b"), left("a"), left("c"), joined("d"), said("salam"), joined("e")], first=1)
    lines = batch.encoded(FORM).data.decode().splitlines()
    assert lines == ["> #a + a,b", "> #a - a,c", "> #a + d", "#a/1 ali: salam", "> #a + e"]


def test_equal_forms_are_encoded_once() -> None:
    """However many readers there are."""
    batch = Batch(1, [said("salam")], first=1)
    assert batch.encoded(FORM) is batch.encoded(NumberedForm("#a"))
    assert batch.encoded(FORM) is not batch.encoded(ACKS)


def test_every_form_in_use_takes_memory() -> None:
    """A batch's size grows with its events and with the bytes they became."""
    batch = Batch(1, [said("salam" * 100)], first=1)
    empty = batch.size()
    batch.encoded(FORM)
    assert batch.size() >= empty + 500
    assert Batch(1, [said("x")] * 10, first=1).size() > 5 * Batch(1, [said("x")], first=1).size()


texts = st.text("abc", min_size=1, max_size=5)
messages = st.builds(said, texts, st.sampled_from(["ali", "bob", "sara"]), st.integers(1, 3))


@given(st.lists(messages), st.integers(1, 4), st.frozensets(st.sampled_from(["ali", "bob", "sara"])), st.booleans())
def test_cutting_the_shared_bytes_is_as_good_as_encoding_for_everyone(
    said_: list[Message], origin: int, ignored: frozenset[str], acks: bool
) -> None:
    """Slices must give what a loop over the events gives."""
    form = NumberedForm("#a", acks)
    expected = b""
    for id, message in enumerate(said_, 10):
        if message.name not in ignored:
            own = form.line_and_receipt(message, id)[1] if message.origin == origin else None
            expected += form.encode(message, id) if own is None else own
    events: list[Event] = list(said_)
    assert Batch(1, events, 10).encoded(form).bytes_for(origin, ignored) == expected

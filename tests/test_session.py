"""One client's conversation with the chat: its order, its beginning, its end, and what it is shown."""

from datetime import UTC

import pytest

from chatd.events import Farewell
from chatd.limits import Limits
from chatd.outgoing import MESSAGE_BYTES
from chatd.requests import Introduce, Say
from chatd.storage.contract import StoreError, StoreFull
from chatd.turns import BREATHER, REFUSED_AT_ONCE
from chatd.wire.text import TextForm
from tests.doubles import NumberedForm, SlowStore, Terminal, World


@pytest.fixture
def world() -> World:
    """Nobody is here, and the disk is fast."""
    return World()


@pytest.fixture
def store() -> SlowStore:
    """A disk that takes its time to append."""
    return SlowStore("append")


@pytest.fixture
def slow(store: SlowStore) -> World:
    """Nobody is here, and the disk is slow."""
    return World(store=store)


def test_what_was_said_is_stored_before_anyone_sees_it(slow: World, store: SlowStore) -> None:
    """Nothing that was seen is ever lost."""
    ali, sara = slow.join("ali"), slow.join("sara")
    ali.type("salam")
    slow.settle()
    assert sara.read() == []
    store.let_go("append")
    assert sara.read() == ["[14:03] ali: salam"]
    assert ali.read() == ["* sara joined."]


def test_a_program_is_read_on_without_a_look_only_where_nothing_is_waited_for(slow: World) -> None:
    """The short way says so itself; a message that was refused may be the repeat of one that is kept, which takes a while."""
    session = slow.join("ali").session
    assert session.receive_said(Say("salam", "#lobby", "1"))
    assert session.hungry
    assert not session.receive_said(Say("salam", "#elsewhere", "2"))
    assert not session.hungry


def test_a_failed_commit_is_told_to_the_author_alone(slow: World, store: SlowStore) -> None:
    """With the line, so that it can be sent again; for all others it never was."""
    ali, sara = slow.join("ali"), slow.join("sara")
    ali.read()
    ali.type("lost")
    slow.settle()
    store.let_go("append", StoreFull("The disk is full."))
    slow.settle()
    assert ali.read() == [
        "! Your line was not sent, because it could not be stored: The disk is full. Please send it again later.",
        "! Your line was: lost",
    ]
    assert sara.read() == []
    ali.type("/history")
    assert ali.read() == ["* #lobby has nothing to show."]


def test_a_text_that_can_never_be_sent_is_not_quoted(world: World) -> None:
    """Only what may be sent again as it is comes back; the rest would fill the screen for nothing."""
    ali = world.join("ali")
    ali.type("x" * 5000)
    (refusal,) = ali.read()
    assert refusal.startswith("! That text has 5000 bytes; at most 4096 are allowed")


def test_after_a_failed_commit_the_next_message_has_its_id(slow: World, store: SlowStore) -> None:
    """And who came meanwhile is shown all the same."""
    form = NumberedForm()
    reader = slow.connect(form=form)
    reader.type("reader")
    ali = slow.join("ali")
    reader.read()
    ali.type("lost")
    slow.connect().type("sara")
    slow.settle()
    store.let_go("append", StoreFull("The disk is full."))
    slow.settle()
    assert reader.read() == ["> #lobby + sara"]
    ali.type("kept")
    slow.settle()
    store.let_go("append")
    assert reader.read() == ["#lobby/1 ali: kept"]


def test_messages_keep_their_order(slow: World, store: SlowStore) -> None:
    """Whatever is on its way, in how many batches."""
    ali, sara = slow.join("ali"), slow.join("sara")
    for number in range(6):
        ali.type(f"{number}")
        if number % 2:
            slow.settle()
    while store.waiting:
        store.let_go("append")
        slow.settle()
    assert [line[-1] for line in sara.read()] == list("012345")


def test_going_comes_after_what_was_said_before_it(slow: World, store: SlowStore) -> None:
    """``salam`` then ``/exit`` leaves after salam."""
    ali, sara = slow.join("ali"), slow.join("sara")
    ali.type("salam", "/exit")
    slow.settle()
    assert not ali.hung_up
    store.let_go("append")
    slow.settle()
    assert ali.hung_up
    assert ali.read()[-1] == "* Goodbye, ali."
    assert sara.read() == ["[14:03] ali: salam", "* ali left."]


def test_history_shows_ones_own_last_line(slow: World, store: SlowStore) -> None:
    """It is asked for after the line was said, so it holds it."""
    ali = slow.join("ali")
    ali.type("salam", "/history")
    slow.settle()
    assert ali.read() == []
    store.let_go("append")
    slow.settle()
    assert ali.read() == ["* In #lobby and in private (1):", "[14:03] ali: salam"]


def test_the_session_is_full_at_64_kib_of_unstored_bytes(slow: World, store: SlowStore) -> None:
    """Bytes, not letters: a Persian letter is two. Then nothing more is read, until some are stored."""
    ali = slow.join("ali")
    ali.type(*("س" * 2048 for _ in range(20)))
    assert ali.untaken == 2
    slow.settle()
    store.let_go("append")
    assert ali.untaken == 0


def test_nobody_is_read_from_who_does_not_read(world: World) -> None:
    """So replies are bounded by one request."""
    ali = world.join("ali")
    ali.outlet.capacity = 1
    ali.type(*["/who"] * 100)
    assert ali.untaken == 99
    ali.outlet.capacity = None
    ali.unblock()
    assert ali.untaken == 0
    assert ali.read().count("* Online (1):") == 100


def test_a_name_is_asked_for_first(world: World) -> None:
    """Before that only help and going away work."""
    terminal = world.connect()
    terminal.session.welcome()
    terminal.type("/who", "/help", "")
    assert terminal.shown[0] == "* Welcome to chatd. What is your name?"
    assert terminal.shown[1].startswith("! Please give a name first")
    assert "/pm NAME text" in str(terminal.shown)
    assert not terminal.session.named
    terminal.type("/exit")
    assert terminal.shown[-1] == "* Goodbye."
    assert terminal.hung_up


def test_a_bad_name_is_explained_and_asked_for_again(world: World) -> None:
    """Nobody is disconnected for it."""
    world.join("sara")
    terminal = world.connect()
    terminal.type("", "192.0.2.7", "x" * 33, "Sara", "ali")
    world.settle()
    assert [line[0] for line in terminal.shown] == ["!", "!", "!", "!", "*"]
    assert "* Hello ali." in terminal.shown[-1]


def test_no_name_in_time_ends_the_connection(world: World) -> None:
    """After a minute, however much else was typed."""
    terminal = world.connect()
    world.sleep(59)
    terminal.type("/help")
    assert not terminal.hung_up
    world.sleep(1)
    assert terminal.hung_up
    assert terminal.shown[-1] == "* No name was given in time. Connect again when you like. Goodbye."


def test_a_name_in_time_ends_the_waiting(world: World) -> None:
    """No timer is left behind, and nobody is thrown out later; nor for one who goes without a name."""
    ali = world.join("ali")
    world.connect().lose()
    assert not world.clock.getDelayedCalls()
    world.sleep(120)
    assert not ali.hung_up


def test_going_is_seen_by_all_at_once_and_frees_the_name(world: World) -> None:
    """A lost connection is a departure like any other."""
    ali, sara = world.join("ali", room="#tea"), world.join("sara", room="#tea")
    ali.lose()
    world.settle()
    assert sara.read() == ["* #lobby: ali left.", "* ali left."]
    assert world.join("ali").session.named


def test_who_is_gone_is_told_nothing_more(slow: World, store: SlowStore) -> None:
    """Neither what others say nor what became of their own last line."""
    ali, sara = slow.join("ali"), slow.join("sara")
    ali.type("last")
    sara.type("salam")
    slow.settle()
    ali.lose()
    ali.read()
    store.let_go("append", StoreFull("The disk is full."))
    slow.settle()
    sara.type("is anybody there?")
    slow.settle()
    store.let_go("append")
    slow.settle()
    assert ali.read() == []


def test_what_waits_for_its_turn_when_the_connection_is_lost_is_never_said() -> None:
    """A reset discards it: its author is not there to know."""
    world = World(Limits())
    ali, sara = world.join("ali"), world.join("sara")
    ali.type(*(f"{number}" for number in range(20)))
    world.settle()
    ali.lose()
    sara.read()
    world.sleep(30)
    assert sara.read() == ["* ali left."]


def test_a_second_end_is_none(world: World) -> None:
    """The connection is lost after the goodbye, as it must be."""
    ali, sara = world.join("ali"), world.join("sara")
    ali.session.end(Farewell.SHUTDOWN)
    ali.session.end(Farewell.SHUTDOWN)
    ali.lose()
    world.settle()
    assert ali.read()[-1] == "* The server is shutting down. Goodbye, ali."
    assert sara.read() == ["* ali left."]


def test_a_flood_is_slowed_down_and_in_the_end_closed() -> None:
    """Ten lines at once, then two a second; 64 may wait; one sentence for the rest; a thousand refusals are enough."""
    world = World(Limits())
    ali, sara = world.join("ali"), world.join("sara")
    ali.type(*(f"{number}" for number in range(100)))
    world.settle()
    assert len(sara.read()) == 9  # the name was the first
    (refusal,) = (line for line in ali.read() if line.startswith("!"))
    assert refusal.startswith("! Too fast: 64 of your lines are waiting, at most 64 may; 2 per second are taken.")
    world.sleep(60)
    assert len(sara.read()) == 64
    ali.type(*(f"{number}" for number in range(1100)))
    for _ in range(1100 // REFUSED_AT_ONCE):
        world.sleep(BREATHER)
    assert ali.hung_up
    assert ali.read()[-1] == "* Far too many lines came in, so this connection is closed. Goodbye, ali."


def test_what_was_said_before_looks_like_what_is_said_now(world: World) -> None:
    """In the lobby and in the room that is joined next: it is the one that is talked to, so its name is left out."""
    world.join("ali", room="#tea").type("in tea", "/join #lobby", "in the lobby")
    world.settle()
    sara = world.connect()
    sara.type("sara", "/join #tea")
    world.settle()
    assert [line for line in sara.shown if "ali: " in line] == ["[14:03] ali: in the lobby", "[14:03] ali: in tea"]


def test_those_who_come_together_are_one_line_and_nobody_sees_their_own(world: World) -> None:
    """What somebody does is answered in other words than what others do."""
    ali = world.join("ali")
    sara, reza = world.connect(), world.connect()
    sara.type("sara")
    reza.type("reza")
    world.settle()
    assert ali.read() == ["* sara and reza joined."]
    assert "sara joined" not in str(sara.shown)
    assert "reza joined" not in str(reza.shown)
    assert sara.shown[-1] == "* reza joined."


def test_ones_own_lines_are_not_shown_again(world: World) -> None:
    """The terminal shows them already."""
    ali = world.join("ali", room="#tea")
    world.join("sara", room="#tea")
    ali.read()
    ali.type("my line")
    world.settle()
    assert ali.read() == []


def test_whoever_comes_back_to_a_room_reads_both_sides_of_the_conversation(world: World) -> None:
    """Without one's own words, the others' answers would make no sense."""
    ali, sara = world.join("ali", room="#tea"), world.join("sara", room="#tea")
    ali.type("tea?")
    world.settle()
    sara.type("please")
    world.settle()
    ali.read()
    ali.type("/leave", "/join #tea")
    world.settle()
    assert ali.read()[-2:] == ["[14:03] ali: tea?", "[14:03] sara: please"]


def test_nothing_is_done_for_one_who_does_not_read() -> None:
    """Lines that waited for their turn would each leave an answer in memory; they are done when the client reads."""
    world = World(Limits(flood_burst=3, flood_rate=1.0))
    ali = world.join("ali")
    ali.read()
    ali.block()
    ali.type("/who", "/who", "/who", "/who")
    world.sleep(60)
    assert ali.read() == []
    ali.unblock()
    world.sleep(60)
    assert ali.read().count("* Online (1):") == 4


def test_what_waits_is_given_back_when_the_server_stops() -> None:
    """Nobody must think that it was said."""
    world = World(Limits(flood_burst=2, flood_rate=1.0))
    ali = world.join("ali")
    ali.type("first", "second", "/who", "third")
    ali.read()
    ali.session.stop()
    stopping = "! Your line was not sent, because the server is stopping. Please send it again when it is back."
    assert ali.read() == [stopping, "! Your line was: second", stopping, "! Your line was: third"]


def test_a_name_waits_for_the_lobby() -> None:
    """Where the store cannot say what the lobby is, nobody is let in to be nowhere; the next try may work."""
    store = SlowStore("head")
    world = World(store=store)
    ali = Terminal(world.chat, "192.0.2.7", TextForm(zone=UTC))
    ali.type("ali")
    store.let_go("head", StoreError("The disk is away."))
    assert not ali.session.named
    assert ali.read() == ["! What was said before cannot be read now: The disk is away. Please try again later."]
    ali.type("ali")
    store.let_go("head")
    world.settle()
    assert ali.read()[0].startswith("* Hello ali.")


def test_a_blocked_reader_catches_up_without_loss(world: World) -> None:
    """In order, each line once, none of its own; others are not held up."""
    ali, sara, reza = world.join("ali"), world.join("sara"), world.join("reza")
    sara.read()
    sara.type("my own")
    world.settle()
    sara.block()
    for number in range(30):
        ali.type(f"line {number}")
        world.settle()
    assert sara.read() == []
    assert len(reza.read()) == 31
    sara.unblock()
    assert sara.read() == [f"[14:03] ali: line {number}" for number in range(30)]
    ali.type("live")
    world.settle()
    assert sara.read() == ["[14:03] ali: live"]


def test_a_reader_whose_lines_left_memory_catches_up_from_the_store() -> None:
    """And is told who is here now, for it did not see who came and went."""
    world = World(Limits(flood_rate=0, tail_bytes=1000))
    ali, sara = world.join("ali"), world.join("sara")
    sara.block()
    for number in range(30):
        ali.type(f"line {number}")
        world.settle()
    world.join("reza")
    for number in range(30, 40):
        ali.type(f"line {number}")
        world.settle()
    sara.unblock()
    *lines, present = sara.read()
    assert lines == [f"[14:03] ali: line {number}" for number in range(40)]
    assert present == "* Here now (3): ali, sara and reza."


def test_an_error_in_the_store_is_an_answer(slow: World, store: SlowStore) -> None:
    """To the one who asked; the session goes on."""
    ali = slow.join("ali")
    store.held.add("latest")
    ali.type("/history", "/time off")
    store.let_go("latest", StoreError("The disk is gone."))
    assert ali.read() == [
        "! What was said before cannot be read now: The disk is gone. Please try again later.",
        "* Messages are shown without their time from now on. /time on brings it back.",
    ]


def test_too_much_for_the_disk_is_refused_with_the_line() -> None:
    """The queue before it is bounded, for all together."""
    store = SlowStore("append")
    world = World(Limits(flood_rate=0, queued_messages=2), store)
    ali, sara, reza = (world.join(name) for name in ("ali", "sara", "reza"))
    ali.type("1")
    sara.type("2")
    reza.read()
    reza.type("3")
    assert reza.read() == [
        "! Your line was not sent: 2 messages are waiting for the disk, at most 2 may. Please send it again in a moment.",
        "! Your line was: 3",
    ]
    world.settle()
    store.let_go("append")
    assert ali.untaken == reza.untaken == 0


def test_whoever_sends_too_much_for_the_disk_waits() -> None:
    """Before there is too much: what is not read yet cannot be lost, and need not be sent again."""
    store = SlowStore("append")
    world = World(Limits(flood_rate=0, queued_messages=20), store)
    ali, sara = world.join("ali"), world.join("sara")
    ali.read()
    ali.type(*(str(number) for number in range(50)))
    assert ali.untaken
    world.settle()
    while store.waiting:
        store.let_go("append")
        world.settle()
    assert ali.read() == []
    assert [line[-2:].strip() for line in sara.read()[-50:]] == [str(number) for number in range(50)]


# What has to be sent again


class Sender:
    """A program that gives its messages ids, and is shown what became of each in short."""

    def __init__(self, world: World, name: str = "bot") -> None:
        self.terminal = Terminal(world.chat, "192.0.2.9", NumberedForm(acks=True))
        self.terminal.send(Introduce(name))
        self._world = world
        world.settle()
        self.terminal.read()

    def say(self, *cids: str | None) -> list[str]:
        """Say these; what it is told, without what others say."""
        self.terminal.send(*(Say(cid or "-", cid=cid) for cid in cids))
        return self.hears()

    def hears(self) -> list[str]:
        """What it was told since the last look."""
        self._world.settle()
        return [line.partition(" ")[2] if line[0] == "!" else line for line in self.terminal.read()]


def test_after_a_refusal_the_refused_message_comes_first(slow: World, store: SlowStore) -> None:
    """Whatever else has an id is refused until then; lines without one are never held up."""
    bot = Sender(slow)
    bot.say("1", "2")
    store.let_go("append", StoreFull("The disk is full."))
    assert bot.hears() == ["NotStored 1", "NotStored 2"]
    assert bot.say("2", "3") == ["OutOfTurn 2", "OutOfTurn 3"]
    bot.say(None)
    store.let_go("append")
    assert bot.hears() == ["#lobby/1 ack"]
    bot.say("1", "2", "3")
    store.let_go("append")
    assert bot.hears() == ["#lobby/2 ack", "#lobby/3 ack", "#lobby/4 ack"]


def test_the_disk_refuses_what_was_sent_before_the_queue_was_full() -> None:
    """What came behind has waited meanwhile; what has to come first is what was sent first."""
    store = SlowStore("append")
    world = World(Limits(flood_rate=0, queued_messages=1, batch_messages=1), store)
    bot = Sender(world)
    bot.say("1")
    bot.say("2")
    assert bot.say("3") == []
    store.let_go("append", StoreFull("The disk is full."))
    assert bot.hears() == ["NotStored 1", "NotStored 2", "OutOfTurn 3"]
    assert bot.say("3", "2") == ["OutOfTurn 3", "OutOfTurn 2"]
    assert bot.say("1") == []
    assert bot.say("2") == []


def test_what_waits_for_its_turn_does_not_begin_between_two_refusals() -> None:
    """A second copy of everything waits already; it begins once all that failed together was told."""
    store = SlowStore("append")
    world = World(Limits(flood_rate=0, uncommitted_bytes=2 * MESSAGE_BYTES), store)
    bot = Sender(world)
    everything = (Say("1", cid="1"), Say("2", cid="2"), Say("33", cid="3"))
    bot.terminal.send(*everything, *everything)
    world.settle()
    store.let_go("append", StoreFull("The disk is full."))
    assert bot.hears() == ["NotStored 1", "NotStored 2", "NotStored 33"]
    while store.waiting:
        store.let_go("append")
        world.settle()
    assert bot.hears() == ["#lobby/1 ack", "#lobby/2 ack", "#lobby/3 ack"]


def test_a_copy_of_a_stored_message_is_waited_for_by_nobody() -> None:
    """It was refused, but the first one is stored: its sender will not send it a third time."""
    store = SlowStore("append")
    world = World(Limits(flood_rate=0, queued_messages=1, batch_messages=1), store)
    bot = Sender(world)
    bot.say("1")
    assert bot.say("1") == []
    store.let_go("append")
    assert bot.hears() == ["#lobby/1 ack"]
    store.let_go("append", StoreFull("The disk is full."))
    assert bot.hears() == ["NotStored 1"]
    bot.say("2")
    store.let_go("append")
    assert bot.hears() == ["#lobby/2 ack"]


def test_the_ack_of_a_repeat_comes_behind_what_was_said_before_it() -> None:
    """A program that takes its id for the last one it has seen must have seen all before it."""
    store = SlowStore()
    world = World(Limits(flood_rate=0, tail_bytes=0), store)
    old = Sender(world)
    old.say("1")
    person = old.terminal.session.person
    reader = Sender(world, "reader")
    reader.terminal.session._person = person  # as one that came back
    reader.terminal.block()
    old.say("2", "3")
    store.held = {"read"}
    reader.terminal.unblock()
    reader.terminal.send(Say("again", cid="3"))
    world.settle()
    assert reader.hears() == []
    store.held = set()
    store.let_go("read")
    told = reader.hears()
    assert told[:2] == ["#lobby/2 bot: 2", "#lobby/3 bot: 3"]
    assert told[-1].startswith("* Acked(cid='3', room='#lobby', id=3")


def test_each_client_is_answered_in_its_own_form(world: World) -> None:
    """What is shown is the form's business; who is shown it is not."""
    program = Terminal(world.chat, "192.0.2.9", NumberedForm(acks=True))
    program.type("bot")
    person = Terminal(world.chat, "192.0.2.8", TextForm())
    person.type("ali")
    world.settle()
    program.type("beep")
    world.settle()
    assert program.shown[-1] == "#lobby/1 ack"
    assert person.shown[-1].endswith("bot: beep")

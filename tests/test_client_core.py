"""One person's conversation over as many connections as it takes, against a model of the server, in memory."""

import json
from random import Random

import pytest

from chatd.requests import BOX, ChangePassword, Introduce, Join, Leave, Login, Recall, Register, Say, Tell
from chatd.secret import Secret
from clients import events
from clients.core import ClientCore, Identity, Wish
from clients.events import Said, State, Timing
from clients.outbox import LIMIT
from clients.rooms import Room
from tests.client_worlds import Client
from tests.protocol_model import AT, Connection, ModelServer, Person


@pytest.fixture
def server() -> ModelServer:
    """A server where nobody is yet."""
    return ModelServer()


@pytest.fixture
def ali(server: ModelServer) -> Client:
    """A guest in the lobby."""
    return Client(server, "ali").wait(31)


@pytest.fixture
def sara(server: ModelServer, ali: Client) -> Client:  # noqa: ARG001 (ali was there first)
    """Another one, who came later."""
    return Client(server, "sara").wait(31)


def line(client: Client) -> Connection:
    """The connection of somebody who has one."""
    assert client.connection is not None
    return client.connection


def room(client: Client, name: str = "#lobby") -> Room:
    """A room of theirs."""
    return client.core.rooms[name]


# Coming in


def test_a_guest_comes_into_the_lobby(ali: Client) -> None:
    """Register, enter, see who is there: all events, in order."""
    assert ali.told == [
        events.StateChanged(State.REGISTERING),
        events.StateChanged(State.ONLINE),
        events.Welcomed("ali", account=False, motd="", again=False, session=Secret("session-1")),
        events.Entered("#lobby", "", again=False),
        events.PeopleChanged("#lobby"),
    ]
    assert (ali.core.name, ali.core.current, ali.core.account) == ("ali", "#lobby", False)
    assert ali.core.session == Secret("session-1")
    assert room(ali).people == ("ali",)


def test_no_password_is_sent_that_was_not_asked_for(server: ModelServer) -> None:
    """A name that is no account is accepted without the password that was meant for one."""
    ali = Client(server, Identity("ali", Secret("open sesame"))).go()
    assert ali.online
    assert "open sesame" not in json.dumps(line(ali).heard)


def test_an_account_is_opened_by_the_password_that_was_given(server: ModelServer) -> None:
    """Without asking the person."""
    server.accounts["ali"] = Person("ali", account=True, password="open sesame")
    ali = Client(server, Identity("ali", Secret("open sesame"))).go()
    assert ali.online
    assert ali.core.account


def test_a_password_is_asked_for_until_it_is_the_right_one(server: ModelServer) -> None:
    """And another name may be given instead."""
    server.accounts["ali"] = Person("ali", account=True, password="open sesame")
    ali = Client(server, "ali").go()
    assert ali.last(events.PasswordWanted) == events.PasswordWanted("ali", wrong=False)
    ali.core.give_password(Secret("open barley"))
    assert ali.go().last(events.PasswordWanted) == events.PasswordWanted("ali", wrong=True)
    ali.core.give_password(Secret("open sesame"))
    assert ali.go().online
    other = Client(server, "ali").go()
    other.core.give_name("reza")
    assert other.go().online
    assert other.core.name == "reza"


def in_clear(server: ModelServer, identity: Identity) -> tuple[Client, list[bytes]]:
    """Somebody whose connection others can read; and all that they send."""
    ali = Client(server, identity)
    sent: list[bytes] = []
    opened, take = ali.core.connection_opened, ali.core.take_bytes

    def taken() -> bytes:
        sent.append(take())
        return sent[-1]

    ali.core.take_bytes = taken  # type: ignore[method-assign]
    ali.core.connection_opened = lambda now, private=False: opened(now, private)  # type: ignore[method-assign]
    return ali.go(), sent


def test_no_password_is_sent_where_it_can_be_read(server: ModelServer) -> None:
    """Not even if the server asks for it; another name can be had."""
    server.accounts["ali"] = Person("ali", account=True, password="open sesame")
    ali, sent = in_clear(server, Identity("ali", Secret("open sesame")))
    assert not ali.all(events.PasswordWanted)
    reason = ali.last(events.NameWanted).reason
    assert "Please connect with TLS, without --plaintext." in reason
    ali.core.give_password(Secret("open sesame"))
    assert ali.go().last(events.NameWanted).reason == reason
    ali.core.give_name("reza")
    assert ali.go().online
    assert b"sesame" not in b"".join(sent)


@pytest.mark.parametrize(
    "typed",
    ["/register", "/register open sesame", "/login ali", "/login ali sesame", "/password", "/password open sesame"],
)
def test_nothing_about_passwords_is_done_where_it_can_be_read(server: ModelServer, typed: str) -> None:
    """A sentence says what to do; the person is not asked for anything that would not be sent."""
    ali, sent = in_clear(server, Identity("ali"))
    problems = ali.types(typed).all(events.Problem)
    assert [problem.sentence for problem in problems] == [
        "Passwords are not sent in clear: they could be read on the way. Please connect with TLS, without --plaintext."
    ]
    assert not ali.all(events.NewPasswordWanted)
    assert b"sesame" not in b"".join(sent)
    assert ali.online


def test_a_taken_name_is_asked_for_again(server: ModelServer, ali: Client) -> None:
    """With the server's sentence."""
    other = Client(server, "Ali").go()
    assert other.last(events.NameWanted).reason == "user_taken, in words."
    other.core.give_name("  reza ")
    assert other.go().online
    assert (ali.core.name, other.core.name) == ("ali", "reza")


def test_a_name_with_a_control_character_is_refused_here(server: ModelServer) -> None:
    """It never goes out; no name at all is asked for."""
    nobody = Client(server, "").go()
    assert nobody.all(events.NameWanted)
    nobody.core.give_name("a\x1bb")
    assert "U+001B" in nobody.go().last(events.NameWanted).reason
    nobody.core.give_name("ali")
    assert nobody.go().online


def test_while_the_person_is_asked_nothing_is_tried_again(server: ModelServer, ali: Client) -> None:
    """The server closes a connection without a name; the next one is opened when there is an answer."""
    other = Client(server, "ali").go()
    other.hear("bye", reason="nameless", text="No name.").wait(1000)
    other.cut()
    assert (other.core.state, other.core.retry_at, other.core.wish) == (State.WAITING, None, Wish.NOTHING)
    other.core.retry_now(other.now)
    assert other.core.wish is Wish.NOTHING
    other.core.give_name("reza")
    assert other.go().online
    assert ali.online


def test_an_answer_that_nobody_asked_for_changes_nothing(ali: Client) -> None:
    """A name or a password given while online is refused in a sentence, and the session stays."""
    ali.core.give_name("reza")
    ali.core.give_password(Secret("open sesame"))
    assert len(ali.go().all(events.Problem)) == 2
    ali.cut()
    assert ali.go().last(events.Welcomed).again


def refused(code: str, **more: object) -> Client:
    """A client whose registration is refused like this."""
    ali = Client(ModelServer(), "ali")
    ali.step()
    ali.core.take_bytes()
    return ali.hear("register", ok=False, reason=code, text="In words.", **more)


def test_too_many_wrong_passwords_wait_as_long_as_the_server_says() -> None:
    """The connection is closed, and the next one is opened after the seconds it gave."""
    ali = refused("login_wait", seconds=40)
    assert ali.core.state is State.WAITING
    assert ali.last(events.StateChanged) == events.StateChanged(State.WAITING, "In words.", ali.now + 40)
    assert ali.wait(41).online


@pytest.mark.parametrize("code", ["tls_required", "not_offered", "bad_request", "something new"])
def test_what_will_never_work_is_the_end(code: str) -> None:
    """With the server's sentence, and no further attempt."""
    ali = refused(code)
    assert ali.last(events.StateChanged) == events.StateChanged(State.ENDED, "In words.")
    assert ali.core.wish is Wish.NOTHING


def test_a_server_of_version_0_is_told_from_one_of_version_1() -> None:
    """It cannot be used, and the sentence says so."""
    ali = Client(ModelServer(), "ali")
    ali.step()
    ali.core.take_bytes()
    ali.hear("register", ok=True, user_id="ali")
    assert "version 1" in ali.last(events.StateChanged).why


def test_a_refused_connection_is_opened_again_later_or_never() -> None:
    """An error before any name is about the connection."""
    ali = Client(ModelServer(), "ali")
    ali.step()
    ali.hear("error", error="too_many_connections", text="Too many.")
    assert ali.last(events.StateChanged).why == "Too many."
    assert ali.core.state is State.WAITING
    other = Client(ModelServer(), "ali")
    other.step()
    other.hear("error", error="tls_required", text="Use TLS.")
    assert other.last(events.StateChanged) == events.StateChanged(State.ENDED, "Use TLS.")


# Talking


def test_what_is_said_is_pending_until_its_ack_and_shown_by_it(ali: Client, sara: Client) -> None:
    """In its place, as one's own; the others see it as usual."""
    ali.core.send(Say("salam"), ali.now)
    (pending,) = ali.core.pending
    assert (pending.room, pending.text, pending.acted) == ("#lobby", "salam", False)
    ali.go()
    assert ali.core.pending == ()
    acked, said = ali.told[-2:]
    assert isinstance(acked, events.Acked)
    assert (acked.pending.cid, acked.id) == (pending.cid, 1)
    assert said == Said("#lobby", 1, "ali", "salam", AT, own=True)
    assert sara.go().last(Said) == Said("#lobby", 1, "ali", "salam", AT)


def test_acting_and_private_messages(ali: Client, sara: Client) -> None:
    """``/me``, ``/pm`` and ``/reply``, and who was spoken to last."""
    ali.types("/me waves")
    assert sara.go().last(Said).acted
    ali.types("/pm Sara a word in private")
    told = sara.go().last(Said)
    assert told == Said(BOX, 1, "ali", "a word in private", AT, to="sara")
    assert told.private
    assert ali.last(Said) == Said(BOX, 1, "ali", "a word in private", AT, own=True, to="sara")
    sara.types("/r yes?")
    assert ali.go().last(Said).text == "yes?"
    assert (ali.core.conversations, sara.core.conversations) == (("sara",), ("ali",))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("a\x1b[2J", "U+001B"), ("\u200c", "no text"), ("س" * 2049, "4098 bytes"), ("\udcff", "U+DCFF")],
)
def test_a_text_that_nobody_could_take_is_refused_here(ali: Client, text: str, sentence: str) -> None:
    """In one sentence; nothing is pending, nothing goes out."""
    ali.ask(Say(text))
    assert sentence in ali.last(events.Problem).sentence
    assert ali.core.pending == ()


def test_replying_to_nobody_and_talking_nowhere_are_refused(ali: Client) -> None:
    """One sentence each, with what to do."""
    ali.types("/r hello?").types("/leave").types("salam")
    first, second = ali.all(events.Problem)
    assert (first.code, second.code) == ("no_such_user", "not_in_room")
    assert ali.core.current is None


def test_an_error_gives_up_one_message_and_the_next_go_on(ali: Client, sara: Client) -> None:
    """The sentence is the server's."""
    ali.core.send(Tell("nobody", "hello?"), ali.now)
    ali.core.send(Say("salam"), ali.now)
    ali.go()
    given_up = ali.last(events.NotSent)
    assert (given_up.pending.text, given_up.sentence) == ("hello?", "no_such_user, in words.")
    assert sara.go().texts() == ["salam"]


def test_a_retry_waits_and_sends_everything_again_in_order(server: ModelServer, ali: Client, sara: Client) -> None:
    """Whatever was refused behind it as well; nothing twice, nothing out of order."""
    server.busy = 2
    for text in "one", "two", "three":
        ali.core.send(Say(text), ali.now)
    ali.go()
    assert len(ali.core.pending) == 3
    assert ali.wait(10).core.pending == ()
    assert sara.go().texts() == ali.texts() == ["one", "two", "three"]


def test_after_the_goodbye_nothing_is_due_that_will_not_be_sent(server: ModelServer, ali: Client) -> None:
    """A retry whose time comes while the goodbye is not answered does not keep a processor busy."""
    server.busy = 1
    ali.types("hello?")
    held_until = ali.core.deadline
    assert held_until is not None
    ali.core.quit(ali.now)
    ali.core.tick(held_until)
    assert ali.core.deadline is not None
    assert ali.core.deadline > held_until


def test_no_more_than_a_window_is_under_way(ali: Client) -> None:
    """Of a hundred messages 32 go out before the first ack."""
    for number in range(100):
        ali.core.send(Say(f"{number}"), ali.now)
    assert ali.core.take_bytes().count(b"\n") == 32


def test_an_outbox_that_is_full_takes_no_more(ali: Client) -> None:
    """A sentence says so."""
    ali.reachable = False
    ali.cut()
    for number in range(LIMIT + 1):
        ali.core.send(Say(f"{number}"), ali.now)
    assert len(ali.core.pending) == LIMIT
    assert "waiting to be sent" in ali.go().last(events.Problem).sentence


def test_mentions_and_unread_are_counted_until_they_are_read(ali: Client, sara: Client) -> None:
    """One's own name as a word, however it is spelled; not as a part of another one; never one's own words."""
    for text in "ALI, salam", "alireza ali.com x.ali", "nothing", "dear ali.":
        sara.types(text)
    ali.types("I am ali")
    ali.go()
    assert [said.mention for said in ali.all(Said)] == [True, False, False, True, False]
    assert (room(ali).unread, room(ali).mentions) == (4, 2)
    ali.core.mark_read("#LOBBY")
    assert (room(ali).unread, room(ali).mentions) == (0, 0)


def test_persian_names_are_noticed_in_both_keyboards_letters(server: ModelServer, ali: Client) -> None:
    """علی is called by علي."""
    persian = Client(server, "علی").go()
    ali.types("سلام علي!")
    assert persian.go().last(Said).mention


def test_the_ignored_are_not_seen_and_nothing_is_missing_for_it(ali: Client, sara: Client) -> None:
    """By name, however spelled, also after another name; once more shows them again."""
    ali.types("/ignore SARA")
    assert ali.last(events.Ignored) == events.Ignored(("SARA",), "SARA")
    sara.types("one")
    ali.go().hear("renamed", room="#lobby", **{"from": "sara"}, to="sarah", ts=AT)
    ali.hear("chat", room="#lobby", id=2, **{"from": "sarah"}, text="two", ts=AT)
    assert ali.texts() == []
    assert room(ali).unread == 0
    ali.types("/ignore Sarah").hear("chat", room="#lobby", id=3, **{"from": "sarah"}, text="three", ts=AT)
    assert ali.texts() == ["three"]
    ali.types("/ignore ali")
    assert "That is you" in ali.last(events.Problem).sentence
    assert not ali.all(events.Gap)


# Rooms


def test_what_is_said_behind_a_join_is_said_there(server: ModelServer, ali: Client) -> None:
    """Even if it was typed before the server had answered; and joining again only switches."""
    ali.core.send(Join("#Dev"), ali.now)
    ali.core.send(Say("salam"), ali.now)
    ali.go()
    assert [message.text for message in server.room("#dev").messages] == ["salam"]
    assert list(ali.core.rooms) == [BOX, "#lobby", "#Dev"]
    ali.types("/join #lobby")
    assert ali.core.current == "#lobby"
    assert [request.get("room") for request in line(ali).heard if request.get("recent")] == ["#lobby", "#Dev"]
    ali.core.switch_room("#dev")
    assert ali.core.current == "#Dev"
    ali.core.switch_room("#nowhere")
    assert ali.go().last(events.Problem).code == "not_in_room"


def test_what_cannot_be_a_room_is_not_entered_and_not_left(ali: Client) -> None:
    """Nobody is told that they left what they never were in; a number sign of another width is one as well."""
    ali.types("/join tea")
    assert ali.last(events.Problem).code == "bad_room"
    assert not ali.all(events.Departed) + ali.all(events.CurrentChanged)
    assert ali.core.current == "#lobby"
    ali.types("/join ＃tea")
    assert ali.core.current is not None
    assert ali.core.current.endswith("tea")


def test_a_room_that_cannot_be_entered_is_none(ali: Client) -> None:
    """The one before is talked to again."""
    ali.core.send(Join("#dev"), ali.now)
    ali.core.take_bytes()
    ali.hear("error", error="too_many_rooms", text="You are in 32 rooms.", request="join")
    assert ali.last(events.Problem).sentence == "You are in 32 rooms."
    assert ali.last(events.Departed) == events.Departed("#dev", "#lobby")
    assert ali.core.current == "#lobby"


def test_leaving_waits_for_what_was_said_there(server: ModelServer, ali: Client) -> None:
    """A last word and /leave, with a server that is busy: the word is said first."""
    server.busy = 1
    ali.core.send(Say("goodbye"), ali.now)
    ali.core.send(Leave(), ali.now)
    ali.go()
    assert "#lobby" in ali.core.rooms
    ali.wait(5)
    assert "#lobby" not in ali.core.rooms
    assert server.room("#lobby").messages[0].text == "goodbye"
    assert ali.last(events.Departed) == events.Departed("#lobby", None)


def test_what_was_said_before_joining_is_shown_as_earlier(server: ModelServer, ali: Client) -> None:
    """The last twenty, in order; they are no news, so they are not unread."""
    for number in range(30):
        ali.types(f"{number}")
    sara = Client(server, "sara").go()
    assert sara.texts() == [f"{number}" for number in range(10, 30)]
    assert {said.timing for said in sara.all(Said)} == {Timing.EARLIER}
    assert room(sara).unread == 0
    ali.types("now")
    assert sara.go().last(Said).timing is Timing.LIVE


def test_who_comes_back_to_a_room_is_shown_what_is_new_there(ali: Client, sara: Client) -> None:
    """What was shown before leaving is not shown again; what was said meanwhile was said earlier."""
    ali.types("/join #dev").types("one")
    sara.types("/join #dev").types("two")
    ali.go().types("/leave").types("/join #dev")
    assert ali.texts("#dev") == ["one", "two"]
    ali.types("/leave")
    sara.types("three")
    ali.types("/join #DEV")
    assert ali.texts("#dev") == ["one", "two", "three"]
    assert ali.last(Said).timing is Timing.EARLIER
    sara.types("four")
    ali.go().types("five")
    assert ali.texts("#dev") == ["one", "two", "three", "four", "five"]
    assert ali.last(Said).timing is Timing.LIVE


def test_who_comes_back_to_a_room_with_another_history_is_shown_it(server: ModelServer, ali: Client) -> None:
    """Its ids begin anew, so that nothing of it was shown."""
    ali.types("/join #dev").types("one").types("/leave")
    server.replace_history()
    ali.cut()
    ali.go()
    sara = Client(server, "sara", ["#dev"]).go().types("another")
    ali.types("/join #dev")
    assert ali.texts("#dev") == ["one", "another"]
    assert sara.online


def test_comings_and_goings_keep_the_list_of_people(ali: Client) -> None:
    """Names however they are spelled; in a crowd only their number is known, until a list comes again."""
    ali.hear("joined", room="#lobby", users=["Sara", "reza"], count=3, ts=AT)
    assert ali.last(events.Came) == events.Came("#lobby", ("Sara", "reza"), AT)
    ali.hear("renamed", room="#lobby", **{"from": "sara"}, to="zahra", ts=AT)
    assert room(ali).people == ("ali", "reza", "zahra")
    ali.hear("left", room="#lobby", users=["REZA"], count=2, ts=AT)
    assert ali.last(events.Went).names == ("REZA",)
    assert room(ali).people == ("ali", "zahra")
    ali.hear("joined", room="#lobby", count=1001, ts=AT)
    assert (room(ali).people, room(ali).count) == (None, 1001)
    ali.hear("users", room="#lobby", users=["ali"], count=1, ts=AT)
    assert room(ali).people == ("ali",)


def test_names_and_topics_are_told(ali: Client) -> None:
    """One's own and those of others; asked for, and set."""
    ali.core.send(Introduce("x"), ali.now)
    assert ali.go().all(events.Problem)
    ali.hear("nick", user_id="reza", ts=AT)
    assert ali.core.name == ali.last(events.Named).name == "reza"
    ali.hear("topic", room="#lobby", topic="Friday", **{"from": "sara"}, ts=AT)
    assert ali.last(events.TopicChanged) == events.TopicChanged("#lobby", "Friday", "sara", AT)
    for typed in "/topic", "/topic Monday":
        commanded(ali, typed)
    ali.hear("topic", room="#lobby", topic="Friday", ts=AT).hear("topic", room="#lobby", topic="Monday", ts=AT)
    assert ali.last(events.TopicTold) == events.TopicTold("#lobby", "Friday")
    assert ali.last(events.TopicChanged) == events.TopicChanged("#lobby", "Monday", "reza", AT)
    assert room(ali).topic == "Monday"


# Questions


def commanded(client: Client, typed: str) -> list[dict[str, object]]:
    """What goes out for a typed line; the model is not shown it."""
    connection, client.connection = client.connection, None
    client.types(typed)
    written = client.core_output().splitlines()
    client.unsent.clear()
    client.connection = connection
    return [json.loads(request) for request in written]


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("/who", {"type": "who"}),
        ("/who #dev", {"type": "who", "room": "#dev"}),
        ("/rooms", {"type": "rooms"}),
        ("/topic", {"type": "topic", "room": "#lobby"}),
        ("/topic Exam on Monday", {"type": "topic", "room": "#lobby", "text": "Exam on Monday"}),
        ("/topic -", {"type": "topic", "room": "#lobby", "text": ""}),
        ("/nick reza", {"type": "nick", "user_id": "reza"}),
        ("/history 5", {"type": "history", "count": 5}),
        ("/history 2h", {"type": "history", "seconds": 7200.0}),
        ("/search exam", {"type": "search", "words": "exam"}),
        ("/leave", {"type": "leave", "room": "#lobby"}),
        ("/join #dev", {"type": "join", "room": "#dev", "recent": 20}),
        ("/register open sesame", {"type": "claim", "password": "open sesame"}),
        ("/password old new", {"type": "password", "old": "old", "new": "new"}),
    ],
)
def test_commands_become_requests(ali: Client, typed: str, sent: dict[str, object]) -> None:
    """Each the one that the protocol has for it, with the room said where it matters."""
    assert commanded(ali, typed) == [sent]


@pytest.mark.parametrize(
    "typed", ["/who", "/rooms", "/topic", "/nick x", "/history", "/search x", "/leave", "/join #x"]
)
def test_without_a_connection_questions_are_refused_in_a_sentence(ali: Client, typed: str) -> None:
    """What is said waits; what needs an answer now does not."""
    ali.reachable = False
    ali.cut()
    assert "no connection" in ali.types(typed).last(events.Problem).sentence


def test_answers_are_told_whole(ali: Client, sara: Client) -> None:
    """People, rooms, earlier messages and what was found; ignored people are left out of these too."""
    ali.types("/ignore sara").types("/history 2").told.clear()
    past = {"room": "#lobby", "text": "salam", "ts": AT}
    commanded(ali, "/history 2")
    ali.hear("past", **past, id=1, **{"from": "ali"}).hear("past", **past, id=2, **{"from": "sara"})
    ali.hear("history", room="#lobby", count=2, more=True)
    said = Said("#lobby", 1, "ali", "salam", AT, own=True, timing=Timing.EARLIER)
    assert ali.last(events.History) == events.History("#lobby", (said,), more=True)
    ali.hear("history", count=0, more=False, gone=True)
    assert ali.last(events.History) == events.History(None, (), more=False, gone=True)
    ali.hear("found", words="salam", count=0, more=False)
    assert ali.last(events.Found) == events.Found(None, "salam", (), more=False)
    ali.hear("who", people=[{"user_id": "ali", "address": "192.0.2.7"}], ts=AT)
    assert ali.last(events.Present) == events.Present(None, (("ali", "192.0.2.7"),))
    ali.hear("rooms", rooms=[{"room": "#dev", "count": 2, "topic": "x", "joined": True}], more=1, ts=AT)
    assert ali.last(events.RoomsListed) == events.RoomsListed((events.RoomRow("#dev", 2, "x", joined=True),), 1)
    ali.hear("waiting", user_id="sara").hear("dance")
    assert ali.last(events.Waiting) == events.Waiting("sara")
    assert sara.online


def test_answers_show_again_what_was_shown_and_count_nothing(ali: Client) -> None:
    """They are no part of the log's own way."""
    ali.hear("past", room="#lobby", id=7, **{"from": "sara"}, text="x", ts=AT).hear("history", count=1, more=False)
    assert ali.all(Said) == []
    assert room(ali).last == 0


def test_where_history_is_read_the_server_is_told_which_room_is_meant(ali: Client) -> None:
    """It joins the box to the room it takes to be the current one, which a switch here does not change."""
    ali.types("/join #dev")
    ali.core.switch_room("#lobby")
    assert commanded(ali, "/history") == [{"type": "join", "room": "#lobby"}, {"type": "history"}]
    assert commanded(ali, "/search x") == [{"type": "search", "words": "x"}]
    ali.types("/leave").core.switch_room("#dev")
    ali.types("/leave")
    assert ali.core.current is None
    assert commanded(ali, "/history") == [{"type": "history", "room": BOX}]


def test_accounts_are_made_and_changed_and_the_passwords_kept_for_coming_back(ali: Client) -> None:
    """What is missing is asked for; a refusal is told."""
    ali.ask(Register())
    assert [wanted.request for wanted in ali.all(events.NewPasswordWanted)] == [Register()]
    commanded(ali, "/register short")
    ali.hear("error", error="bad_password", text="Too short.", request="claim")
    assert ali.last(events.Problem) == events.Problem("Too short.", "bad_password")
    commanded(ali, "/register open sesame")
    ali.hear("claim", ok=True, user_id="ali")
    assert ali.core.account
    assert ali.ask(ChangePassword(Secret("old"))).last(events.NewPasswordWanted).request == ChangePassword(
        Secret("old")
    )
    commanded(ali, "/password x y")
    ali.hear("password", ok=True)
    assert ali.all(events.PasswordChanged)
    ali.server.sessions.clear()
    ali.server.accounts["ali"] = Person("ali", account=True, password="y")
    ali.cut()
    assert ali.go().online
    assert not ali.all(events.PasswordWanted)


def test_a_guest_is_not_asked_for_a_password_to_change(ali: Client) -> None:
    """There is none: the sentence is the server's own, and says how to get one."""
    problem = ali.types("/password").last(events.Problem)
    assert problem == events.Problem("ali is not an account. /register makes it one.", "not_registered")
    assert not ali.all(events.NewPasswordWanted)


def test_logging_in_takes_another_connection_and_keeps_the_rooms(server: ModelServer, ali: Client) -> None:
    """As the account: with its password, its box, and the place in every room."""
    server.accounts["sara"] = Person("sara", account=True, password="open sesame")
    ali.types("/join #dev").types("salam")
    ali.ask(Login("sara", Secret("open sesame")))
    assert (ali.core.name, ali.core.account) == ("sara", True)
    assert list(ali.core.rooms) == [BOX, "#lobby", "#dev"]
    assert ali.texts("#dev") == ["salam"]
    assert [connection.person.name for connection in server.connections if connection.person] == ["sara"]


def test_logging_in_waits_for_what_was_said(server: ModelServer, ali: Client) -> None:
    """As somebody else it could not be sent again; and without a connection there is no login."""
    server.busy = 1
    ali.types("salam").ask(Login("sara"))
    assert "not delivered" in ali.last(events.Problem).sentence
    ali.reachable = False
    ali.cut()
    assert "no connection" in ali.ask(Login("sara")).last(events.Problem).sentence


def test_what_the_interface_does_itself_comes_back_to_it(ali: Client) -> None:
    """Help and times; mistakes are sentences, empty lines nothing."""
    ali.types("/help").types("/time off").types("   ").types("/dance")
    assert len(ali.all(events.Local)) == 2
    assert "/dance" in ali.last(events.Problem).sentence
    assert ali.core.pending == ()


# Cuts


def test_after_a_cut_nothing_is_missing_and_nothing_comes_twice(ali: Client, sara: Client) -> None:
    """What was said meanwhile is shown as missed; what was typed meanwhile is sent; one is the same person."""
    sara.types("one")
    ali.go()
    ali.reachable = False
    ali.cut()
    ali.types("typed while away")
    sara.types("two")
    ali.reachable = True
    assert ali.go().texts() == ["one", "two", "typed while away"]
    assert [said.timing for said in ali.all(Said)][1] is Timing.MISSED
    assert ali.last(events.Welcomed).again
    assert room(ali).unread == 2
    assert sara.go().texts() == ali.texts()


def test_a_message_whose_ack_was_cut_off_appears_once(ali: Client, sara: Client) -> None:
    """The server has it; the client does not know; it is sent again with its old id, and shown in its place."""
    ali.core.send(Say("salam"), ali.now)
    line(ali).receive(ali.core.take_bytes())
    ali.cut()
    sara.types("and salam to you")
    assert ali.go().texts() == sara.go().texts() == ["salam", "and salam to you"]
    assert [said.own for said in ali.all(Said)] == [True, False]
    assert len(ali.all(events.Acked)) == 1
    assert ali.core.pending == ()


def test_repeated_acks_may_overtake_what_was_missed(server: ModelServer, ali: Client, sara: Client) -> None:
    """The server answers them from what it knows, while it is still reading the room: that is no hole."""
    sara.types("one")
    ali.go()
    sara.types("two")
    ali.core.send(Say("three"), ali.now)
    line(ali).receive(ali.core.take_bytes())
    ali.cut()
    server.lagging = True
    ali.go()
    assert ali.core.pending == ()
    assert ali.texts() == ["one"]
    server.lagging = False
    sara.types("four")
    line(ali).catch_up()
    assert ali.go().texts() == ["one", "two", "three", "four"]
    assert [request["type"] for request in line(ali).heard].count("resume") == 2


def test_private_messages_are_read_on_after_a_cut(ali: Client, sara: Client) -> None:
    """The box is a room like the others."""
    ali.types("/pm sara one")
    sara.go().reachable = False
    sara.cut()
    sara.server.connect().person = sara.server.sessions["session-2"]  # somebody has to be there to be written to
    ali.types("/pm sara two")
    sara.reachable = True
    assert sara.go().texts(BOX) == ["one", "two"]
    assert [said.timing for said in sara.all(Said)] == [Timing.LIVE, Timing.MISSED]


def test_an_account_that_has_read_all_is_shown_nothing_of_it_again(server: ModelServer) -> None:
    """From where the server knows it to have been read to: after a cut nothing of it is shown again."""
    person = server.accounts["ali"] = Person("ali", account=True, password="open sesame")
    box = person.box
    sara = Client(server, "sara").go()
    ali = Client(server, Identity("ali", Secret("open sesame"))).go()
    for number in range(25):
        sara.types(f"/pm ali {number}")
    person.unread = box.last
    ali = Client(server, Identity("ali", Secret("open sesame"))).go()
    assert ali.texts(BOX) == []
    ali.cut()
    assert ali.wait(5).texts(BOX) == []
    ali.cut()
    sara.types("/pm ali new")
    assert ali.wait(5).texts(BOX) == ["new"]


def test_a_session_of_an_earlier_run_takes_the_person_back(server: ModelServer, ali: Client) -> None:
    """Without a name even; the connection that still has it ends, for good."""
    again = Client(server, Identity("", session=ali.core.session)).go()
    assert (again.core.name, again.online) == ("ali", True)
    ali.go()
    assert ali.core.state is State.ENDED
    assert ali.last(events.Bye).reason == "replaced"
    again.types("salam")
    assert again.texts() == ["salam"]


def test_a_session_that_is_over_makes_a_new_person_who_repeats_nothing(
    server: ModelServer, ali: Client, sara: Client
) -> None:
    """What may have been said is given up with a sentence that says so; what never went out is sent."""
    ali.core.send(Say("perhaps said"), ali.now)
    line(ali).receive(ali.core.take_bytes())
    ali.reachable = False
    ali.cut()
    ali.types("never sent")
    server.sessions.clear()
    ali.reachable = True
    ali.go()
    given_up = ali.last(events.NotSent)
    assert "not known whether" in given_up.sentence
    assert "perhaps said" in given_up.sentence
    assert not ali.last(events.Welcomed).again
    assert sara.go().texts() == ali.texts() == ["perhaps said", "never sent"]


def test_a_guest_whose_name_is_gone_is_asked_for_another(server: ModelServer, ali: Client) -> None:
    """The session is over, and somebody else has the name; nothing that was said is sent as somebody new."""
    ali.core.send(Say("perhaps said"), ali.now)
    line(ali).receive(ali.core.take_bytes())
    ali.reachable = False
    ali.cut()
    server.sessions.clear()
    other = Client(server, "ali").go()
    ali.reachable = True
    ali.go()
    assert ali.last(events.NameWanted).reason == "user_taken, in words."
    ali.cut()
    ali.core.give_name("reza")
    assert ali.go().online
    assert [message.text for message in server.room("#lobby").messages] == ["perhaps said"]
    assert other.online


def test_missing_history_is_a_gap(server: ModelServer, ali: Client, sara: Client) -> None:
    """What is no longer kept is told once, and what follows is shown."""
    sara.types("one")
    ali.go()
    ali.reachable = False
    ali.cut()
    for text in "two", "three", "four":
        sara.types(text)
    server.room("#lobby").first = 4
    ali.reachable = True
    assert ali.go().texts() == ["one", "four"]
    assert ali.all(events.Gap) == [events.Gap("#lobby", 4)]


def test_a_gap_before_an_own_message_is_told_before_it(server: ModelServer, ali: Client, sara: Client) -> None:
    """And not once more behind it, where nothing is missing."""
    sara.types("one")
    ali.core.send(Say("two"), ali.now)
    line(ali).receive(ali.core_output())
    server.lagging = True
    ali.cut()
    ali.go()  # the ack comes again, before what stands in front of it
    ali.hear("gap", room="#lobby", first=3)
    told = [event for event in ali.told if isinstance(event, Said | events.Gap)]
    assert [event.first if isinstance(event, events.Gap) else event.text for event in told] == [2, "two"]


def test_what_was_not_acknowledged_before_a_gap_is_sent_again(server: ModelServer, ali: Client, sara: Client) -> None:
    """Who reads too slowly to get its own acks in time sends the messages once more, and each is there once."""
    ali.core.send(Say("mine"), ali.now)
    line(ali).receive(ali.core_output())
    ali.unsent.clear()
    line(ali).out.clear()
    sara.types("hers")
    line(ali).out.clear()
    assert [pending.text for pending in ali.core.pending] == ["mine"]
    ali.hear("gap", room="#lobby", first=3).go()
    assert ali.core.pending == ()
    assert [message.text for message in server.room("#lobby").messages] == ["mine", "hers"]
    assert ali.all(events.Gap) == [events.Gap("#lobby", 3)]


def test_a_gap_in_what_was_missed_swallows_no_ack(
    server: ModelServer, ali: Client, sara: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sent over this connection comes behind what was there when it began, so it is not sent twice."""
    ali.reachable = False
    ali.cut()
    sara.types("one").types("two").types("three")
    ali.core.send(Say("mine"), ali.now)
    server.room("#lobby").first = 4
    came: list[bytes] = []
    receive = Connection.receive

    def watched(connection: Connection, data: bytes) -> None:
        came.append(data)
        receive(connection, data)

    monkeypatch.setattr(Connection, "receive", watched)
    ali.reachable = True
    ali.now += 60
    ali.core.tick(ali.now)
    while ali.step(20):  # so that it is sent before the gap is read
        pass
    assert ali.all(events.Gap) == [events.Gap("#lobby", 4)]
    assert b"".join(came).count(b'"type": "chat"') == 1
    assert ali.texts() == ["mine"]


def test_another_history_is_told_and_begins_anew(server: ModelServer, ali: Client, sara: Client) -> None:
    """The server's database was replaced: old ids mean nothing, and new ones are shown from the first on."""
    sara.types("old").types("older")
    ali.go()
    server.replace_history()
    server.lagging = False
    sara.go().types("new")
    assert ali.go().texts() == ["old", "older", "new"]
    assert events.HistoryReset("#lobby") in ali.told
    assert events.HistoryReset(BOX) not in ali.told


def test_another_history_is_noticed_where_a_room_has_to_be_entered_anew(
    server: ModelServer, ali: Client, sara: Client
) -> None:
    """By its epoch; its ids are not taken for those that were shown."""
    sara.types("old").types("older")
    ali.go()
    server.replace_history()
    sara.go().types("new")
    server.forgetful = 1
    assert ali.go().texts() == ["old", "older", "new"]
    assert events.HistoryReset("#lobby") in ali.told


def test_a_hole_without_a_gap_is_asked_for_again(server: ModelServer, ali: Client) -> None:
    """From the last id that was shown; nothing is shown out of order meanwhile."""
    log = server.room("#lobby")
    ali.types("one")
    sara = Client(server, "sara").go()
    line(ali).out.clear()
    server.connections.remove(line(ali))
    sara.types("two").types("three")
    server.connections.append(line(ali))
    ali.hear("chat", room="#lobby", id=3, **{"from": "sara"}, text="three", ts=AT)
    assert ali.texts() == ["one", "two", "three"]
    assert not ali.all(events.Gap)
    assert log.last == 3


def test_a_hole_that_stays_is_told_as_a_gap(ali: Client) -> None:
    """A server that has lost a message has lost it; the conversation goes on."""
    ali.hear("chat", room="#lobby", id=5, **{"from": "sara"}, text="five", ts=AT).go()
    assert ali.texts() == []  # the model knows of no five: after the resume it may come again
    line(ali).send("chat", room="#lobby", id=5, **{"from": "sara"}, text="five", ts=AT)
    ali.go()
    assert ali.all(events.Gap) == [events.Gap("#lobby", 5)]
    assert ali.texts() == ["five"]
    assert ali.online


def test_a_room_that_cannot_be_read_now_is_asked_for_again(server: ModelServer, ali: Client, sara: Client) -> None:
    """What is said waits until every room is being read again, so that it is said in its place."""
    ali.cut()
    sara.types("meanwhile")
    server.shy = 3
    ali.go()
    ali.core.send(Say("salam"), ali.now)
    ali.go()
    assert sara.go().texts() == ["meanwhile"]
    assert ali.wait(60).texts() == sara.go().texts() == ["meanwhile", "salam"]


def test_a_box_that_cannot_be_read_now_is_asked_for_again(server: ModelServer, ali: Client) -> None:
    """What is said waits until then: nothing may come before what was missed."""
    again = Client(server, Identity("ali", session=ali.core.session))
    server.bookless = 1
    again.go().types("salam")
    assert len(again.core.pending) == 1
    assert again.wait(5).core.pending == ()
    assert again.core.rooms[BOX].last == 0


def test_a_room_that_cannot_be_resumed_is_entered_anew_without_repeating(
    server: ModelServer, ali: Client, sara: Client
) -> None:
    """Nothing is shown twice; if something is missing between, that is told."""
    sara.types("one")
    ali.go().reachable = False
    ali.cut()
    sara.types("two")
    ali.reachable, server.forgetful = True, 1
    assert ali.go().texts() == ["one", "two"]
    assert not ali.all(events.Gap)
    assert not ali.all(events.Problem)
    ali.reachable = False
    ali.wait(31).cut()
    for text in "three", "four":
        sara.types(text)
    server.room("#lobby").first = 4
    ali.reachable, server.forgetful = True, 1
    assert ali.wait(5).texts() == ["one", "two", "four"]
    assert ali.all(events.Gap) == [events.Gap("#lobby", 4)]


# The connection


def test_a_server_that_stops_is_tried_again_and_one_that_replaces_is_not(ali: Client) -> None:
    """``shutdown`` is like a cut; the sentence is told."""
    ali.hear("bye", reason="shutdown", text="The server stops.")
    assert ali.last(events.Bye) == events.Bye("shutdown", "The server stops.")
    assert ali.wait(2).online
    ali.hear("bye", reason="replaced", text="Replaced.")
    assert ali.last(events.StateChanged) == events.StateChanged(State.ENDED, "Replaced.")


def test_pings_go_both_ways(ali: Client) -> None:
    """The server's is answered; after 60 s without a word the server is asked, and found to be there."""
    ali.hear("ping", ts=AT)
    assert line(ali).heard[-1] == {"type": "pong"}
    ali.wait(200)
    assert ali.online
    assert ali.last(events.StateChanged).state is State.ONLINE


def test_a_dead_connection_is_noticed(ali: Client) -> None:
    """After 90 s without anything it is closed, and another one is opened."""
    ali.now = ali.core.deadline or 0.0
    ali.core.tick(ali.now)
    assert b"ping" in ali.core.take_bytes()
    ali.now = ali.core.deadline or 0.0
    ali.core.tick(ali.now)
    assert ali.core.wish is Wish.CLOSE
    ali.go()
    assert any("silent" in change.why for change in ali.all(events.StateChanged))
    assert ali.online


@pytest.mark.parametrize(
    "broken", [b"{}\n", b'{"type": "chat"}\n', b"{" + b"x" * (1024 * 1024 + 1), b'{"type": "ack", "id": "x"}\n']
)
def test_a_broken_line_closes_the_connection_and_nothing_else(ali: Client, broken: bytes) -> None:
    """With a sentence, and another attempt; nothing that comes behind it is believed."""
    ali.core.received(broken + b'{"type": "nick", "user_id": "mallory", "ts": 1}\n', ali.now)
    assert ali.core.wish is Wish.CLOSE
    assert ali.go().core.name == "ali"
    assert any(change.why for change in ali.all(events.StateChanged))
    assert ali.wait(5).online


def test_lines_for_people_are_skipped(ali: Client) -> None:
    """A greeting that came before the server knew who speaks."""
    ali.core.received(b"* Welcome to chatd. What is your name?\n", ali.now)
    assert ali.go().online


def test_a_conversation_can_end_from_outside(ali: Client) -> None:
    """A wrong certificate is final: no further attempt, and the sentence is told."""
    ali.core.connection_lost(ali.now, "This is another server.", final=True)
    assert ali.go().last(events.StateChanged) == events.StateChanged(State.ENDED, "This is another server.")
    assert (ali.core.wish, ali.core.deadline) == (Wish.NOTHING, None)
    assert ali.types("salam").last(events.Problem).sentence == "The conversation has ended."


def test_a_goodbye_is_said_and_waited_for(server: ModelServer, ali: Client) -> None:
    """What was said before it is delivered; then it is the end."""
    ali.core.send(Say("bye"), ali.now)
    ali.core.quit(ali.now)
    assert ali.go().core.state is State.ENDED
    assert [message.text for message in server.room("#lobby").messages] == ["bye"]
    assert ali.core.pending == ()
    assert ali.last(events.Bye).reason == "asked"


def test_a_goodbye_does_not_wait_for_ever_nor_lose_words_silently(ali: Client) -> None:
    """A server that does not answer is left after 5 s; what is not acknowledged is given up with a sentence."""
    ali.core.send(Say("salam"), ali.now)
    ali.core.quit(ali.now)
    ali.core.take_bytes()
    assert ali.core.deadline == ali.now + 5
    ali.core.tick(ali.now + 5)
    assert ali.core.wish is Wish.CLOSE
    assert ali.core.deadline is None
    assert ali.go().core.state is State.ENDED
    assert "not known whether" in ali.last(events.NotSent).sentence


def test_who_has_no_connection_can_leave_at_once(ali: Client) -> None:
    """And what was never sent is said to be so."""
    ali.reachable = False
    ali.cut()
    ali.types("salam").types("/exit")
    assert ali.core.state is State.ENDED
    assert "never sent" in ali.last(events.NotSent).sentence


def test_waiting_can_be_cut_short(ali: Client) -> None:
    """The person is there, and does not want to wait."""
    ali.reachable = False
    for _ in range(8):
        ali.cut()
        ali.core.tick(ali.core.deadline or ali.now)
    ali.cut()
    ali.reachable = True
    assert ali.core.state is State.WAITING
    ali.core.retry_now(ali.now)
    assert ali.go().online


def test_nothing_secret_shows() -> None:
    """Not in the repr of an identity, nor of any event."""
    identity = Identity("ali", Secret("open sesame"), Secret("S3CR3T"))
    core = ClientCore(identity, Random(1), 0.0)
    core.send(Register(Secret("open sesame")), 0.0)
    shown = f"{identity!r} {core.take_events()!r} {core!r}"
    assert "open sesame" not in shown
    assert "S3CR3T" not in shown


def test_requests_with_rooms_of_their_own(ali: Client) -> None:
    """Another interface may name the room: where it is not joined, that is said."""
    ali.ask(Say("x", room="#nowhere"))
    assert ali.last(events.Problem).code == "not_in_room"
    ali.ask(Recall(room=BOX))
    assert ali.last(events.History).messages == ()

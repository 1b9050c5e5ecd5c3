"""Giving a name: guests, owners of accounts, and programs that come back after a cut; whole, or not at all."""

from collections.abc import Callable

import pytest

from chatd.names import room_name
from chatd.secret import Secret
from chatd.sessions import LIFETIME, digest
from chatd.storage.contract import StoreError
from chatd.storage.memory import MemoryStore
from tests.bots import AWAY, HERE, PASSWORD, Bot, back, joined, nothing_left, only, owner, types
from tests.doubles import SlowPasswords, SlowStore
from tests.worlds import World

OTHER_MACHINE = "127.0.0.2"
"""Counted apart from :data:`HERE`, and passwords are taken from there as well."""


@pytest.fixture
def store() -> SlowStore:
    """A disk that is quick until a test holds something."""
    return SlowStore()


@pytest.fixture
def world(store: SlowStore) -> World:
    """Nobody is here."""
    return World(store=store)


def gone_owner(world: World, name: str = "ali") -> None:
    """Somebody makes an account, and goes."""
    owner(world, name).cut()


def reason(lines: list[dict[str, object]]) -> object:
    """Why a register failed."""
    assert lines[0]["type"] == "register"
    assert lines[0]["ok"] is False
    return lines[0]["reason"]


def test_a_guest_is_in_at_once_when_the_first_one_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the store had to be asked for is known then: no coroutine is begun for each of a crowd."""
    world.joined("ali")
    monkeypatch.setattr(world.site.chat, "spawn", lambda doing: pytest.fail(f"{doing} was begun"))
    reza = world.connect().types("reza")
    assert reza.gets() == b"* Hello reza. You are in #lobby with ali. /help shows the commands.\n"
    assert b"reza" in world.connect().types("Reza").gets()


# Where to


def test_a_program_goes_into_the_rooms_it_names_and_talks_to_the_last(world: World) -> None:
    """In their order, each once; without any it is in none."""
    bot = Bot(world)
    told = bot.register("bot", rooms=["#dev", "#lobby", "#dev"])
    assert [line["room"] for line in only(told, "entered")] == ["#dev", "#lobby"]
    assert bot.ask("chat", text="salam")[-1]["room"] == "#lobby"
    assert types(Bot(world).register("none", rooms=[])) == ["register"]


def test_a_room_that_cannot_be_entered_says_nothing_of_the_name() -> None:
    """The store could not say what it is; the others are entered."""
    store = SlowStore("head")
    world = World(store=store)
    bot = Bot(world)
    bot.register("ali", rooms=["#a", "#b"])
    for error in (None, StoreError("The disk is away."), None):
        store.let_go("head", error)
        world.settle()
    told = bot.gets()
    assert types(told) == ["register", "retry", "entered", "users"]
    assert (told[1]["request"], told[2]["room"]) == ("join", "#b")


@pytest.mark.parametrize(("rooms", "why"), [(["lobby"], "bad_room"), ([f"#r{n}" for n in range(33)], "too_many_rooms")])
def test_rooms_that_cannot_be_are_refused_before_anything_is_done(world: World, rooms: list[str], why: str) -> None:
    """The name stays free, and the program may register again."""
    bot = Bot(world)
    assert reason(bot.register("ali", rooms=rooms)) == why
    assert not len(world.site.chat.roster)
    assert bot.register("ali")[0]["ok"]


def test_a_second_name_is_refused(world: World) -> None:
    """Whoever has one takes another by ``nick``."""
    bot = joined(world, "ali")
    assert reason(bot.register("reza")) == "already_registered"
    assert reason(bot.register(session=bot.session)) == "already_registered"
    assert bot.ask("list")[0]["users"] == ["ali"]


# Accounts


def test_an_account_needs_its_password(world: World) -> None:
    """Without it, with a wrong one, and with the right one; each says what it was."""
    gone_owner(world)
    bot = Bot(world)
    assert reason(bot.register("ali")) == "password_required"
    assert reason(bot.register("ALI", password="a wrong one")) == "wrong_password"
    told = bot.register("ali", password=PASSWORD)
    assert (told[0]["ok"], told[0]["account"]) == (True, True)


def test_the_old_protocol_knows_no_accounts(world: World) -> None:
    """For its clients a registered name is just taken."""
    gone_owner(world)
    assert reason(Bot(world).ask("register", user_id="ali")) == "user_taken"


@pytest.mark.parametrize("name", ["аli", "АLI"])
def test_nobody_may_look_like_an_account(name: str) -> None:
    """Not even while its owner is away: Cyrillic letters do not make it another name."""
    world = World()
    gone_owner(world, "аli".replace("а", "a"))
    assert reason(Bot(world).register(name)) in {"invalid_user", "user_taken"}


def test_a_name_that_looks_like_an_account_is_taken(world: World) -> None:
    """Between scripts, where each letter by itself is allowed: ``сор`` is no ``cop``."""
    gone_owner(world, "cop")
    assert reason(Bot(world).register("сор")) == "user_taken"


@pytest.mark.parametrize(("owner", "name"), [("cop", "сор"), ("ali", "аli"), ("ali", "Ali")])
def test_a_person_who_looks_like_an_account_is_not_let_in(owner: str, name: str) -> None:
    """Somebody is there already, so nothing has to be waited for; everything is looked at all the same."""
    world = World()
    world.joined("reza")
    gone_owner(world, owner)
    assert "Hello" not in world.connect().types(name).sees()
    assert not any(person.shown == name for person in world.site.chat.roster)


def test_a_password_is_not_even_compared_where_others_can_read_it() -> None:
    """Over the network in the clear it is refused at once; so it is no try that counts either."""
    passwords = SlowPasswords()
    world = World(passwords=passwords)
    bot = joined(world, "ali")
    bot.ask("claim", password=PASSWORD)
    passwords.let_go()
    bot.cut()
    far = Bot(world, AWAY)
    for _ in range(9):
        assert reason(far.register("ali", password=PASSWORD)) == "tls_required"
    assert not passwords.waiting


def test_wrong_passwords_make_wait_where_they_come_from_and_nowhere_else(world: World) -> None:
    """Nobody can lock an owner out: another address is not concerned, nor is another name's owner after the wait."""
    gone_owner(world)
    thief = Bot(world, OTHER_MACHINE)
    for _ in range(3):
        assert reason(thief.register("ali", password="a wrong one")) == "wrong_password"
    told = thief.register("ali", password=PASSWORD)
    assert reason(told) == "login_wait"
    assert told[0]["seconds"] == 60
    assert Bot(world).register("ali", password=PASSWORD)[0]["ok"]
    assert reason(thief.register("ali", password=PASSWORD)) == "login_wait"
    world.passes(45)
    assert reason(thief.register("ali", password=PASSWORD)) == "login_wait"
    world.passes(14)
    assert reason(thief.register("ali", password=PASSWORD)) == "login_wait"
    world.passes(1)
    assert Bot(world, OTHER_MACHINE).register("ali", password=PASSWORD)[0]["ok"]


def test_a_thread_that_is_busy_is_no_wrong_try() -> None:
    """Whoever meets a crowd at the door may try again as often as it takes."""
    passwords = SlowPasswords()
    world = World(passwords=passwords)
    bot = joined(world, "ali")
    bot.ask("claim", password=PASSWORD)
    passwords.let_go()
    passwords.inner.busy = True
    again = Bot(world)
    for _ in range(5):
        again.register("ali", password=PASSWORD)
        passwords.let_go()
        world.settle()
        assert reason(again.gets()) == "retry"
    passwords.inner.busy = False
    again.register("ali", password=PASSWORD)
    passwords.let_go()
    world.settle()
    assert again.gets()[0]["ok"]


def test_a_person_is_asked_for_the_password(world: World) -> None:
    """By the name alone or by ``/login``; an empty line goes back to the name, a wrong one too."""
    gone_owner(world)
    person = world.connect(HERE)
    world.greet()
    person.gets()
    person.types("ali", "")
    assert person.sees().splitlines()[-2:] == ["* Password for ali:", "* Welcome to chatd. What is your name?"]
    person.types("/login ali", "a wrong one")
    assert "! That is not the password of ali." in person.sees()
    person.types("/login ali", PASSWORD)
    assert "* Welcome back, ali." in person.sees()


def test_a_login_to_no_account_says_so(world: World) -> None:
    """Before a password is asked for, which would only be a guest's name."""
    person = world.connect(HERE).types("/login ali")
    assert "ali is not registered" in person.sees()
    assert not person.types("ali").closed


def test_several_connections_are_one_person(world: World) -> None:
    """Joined with the first, left with the last; ``list`` has one name."""
    watcher = joined(world, "watcher")
    one = owner(world, "ali")
    two = Bot(world)
    assert two.register("ali", password=PASSWORD)[0]["ok"]
    assert [line["users"] for line in only(watcher.gets(), "joined")] == [["ali"]]
    assert two.ask("list")[-1]["users"] == ["ali", "watcher"]
    one.cut()
    assert only(watcher.gets(), "left") == []
    two.cut()
    assert [line["users"] for line in only(watcher.gets(), "left")] == [["ali"]]
    watcher.cut()
    nothing_left(world)


# Coming back


def test_a_guest_comes_back_as_the_same_person(world: World) -> None:
    """With the name, and with the numbers of what it said; the connection it had is closed."""
    old = joined(world, "ali")
    (ack,) = old.ask("chat", text="one", cid="1")
    new = Bot(world)
    told = new.register(session=old.session)
    assert types(told) == ["register"]
    assert (told[0]["user_id"], told[0]["session"]) == ("ali", old.session)
    assert [line["reason"] for line in only(old.gets(), "bye")] == ["replaced"]
    assert old.visitor.closed
    new.resume("#lobby", 1)
    assert new.ask("chat", text="one", cid="1") == [ack]


def test_the_others_see_one_leave_and_come(world: World) -> None:
    """And nobody else is sent away."""
    old, other = joined(world, "ali"), joined(world, "sara")
    old.gets()
    new = back(world, old, rooms=["#lobby"])
    assert [(line["type"], line["users"]) for line in other.gets()] == [("left", ["ali"]), ("joined", ["ali"])]
    assert new.ask("list")[0]["count"] == 2


@pytest.mark.parametrize("newest", [True, False], ids=["the later one is faster", "one by one"])
def test_a_session_presented_twice_at_once_is_had_by_the_later_one(
    world: World, store: SlowStore, newest: bool
) -> None:
    """The other one hears that it was replaced, whichever is in first, and all of it ends as it should."""
    old = joined(world, "ali")
    old.cut()
    store.held = {"find_session", "keep_session", "head"}
    twins = [Bot(world), Bot(world)]
    for twin in twins:
        twin.register(session=old.session, rooms=["#lobby"])
    while store.waiting:
        store.let_go(store.waiting[-1 if newest else 0][0], newest=newest)
        world.settle()
    told = [twin.gets() for twin in twins]
    assert [types(lines)[-1] for lines in told] == ["bye", "users"]  # and nobody is told that they left
    assert [twin.visitor.closed for twin in twins] == [True, False]
    assert len(world.site.chat.roster) == 1
    for twin in twins:
        twin.cut()
    while store.waiting:
        store.let_go(store.waiting[0][0])
    nothing_left(world)


@pytest.mark.parametrize("secret", ["", "0" * 64, "\udc00", "x" * 2000])
def test_a_secret_that_stands_for_nobody_is_unknown(world: World, secret: str) -> None:
    """Whatever it is; the program may register by a name on the same connection."""
    bot = Bot(world)
    lines = bot.register(session=secret)
    assert lines[0].get("reason", lines[0].get("error")) in {"session_unknown", "bad_request", "bad_text"}
    assert bot.register("ali")[0]["ok"]


def test_a_session_is_good_for_a_day_after_its_last_connection(world: World) -> None:
    """Not after its first one."""
    old = joined(world, "ali")
    world.clock.advance(2 * LIFETIME)  # nobody reads the pings, which is no matter here
    old.cut()
    world.clock.advance(LIFETIME)
    new = back(world, old)
    new.cut()
    world.clock.advance(LIFETIME + 1)
    assert reason(Bot(world).register(session=old.session)) == "session_unknown"


def test_a_session_survives_a_restart() -> None:
    """A crash is the end of its connection, as far as anybody knows; a day after that it is over."""
    store = MemoryStore()
    before = World(store=store)
    bot = joined(before, "ali")
    after = World(store=store, seed=2)
    new = back(after, bot)
    assert new.ask("chat", text="back")[-1]["error"] == "not_in_room"
    late = World(store=store, seed=3)
    late.clock.advance(LIFETIME - 1)
    joined(late, "sara")  # what has ended is noticed when the first one comes
    late.clock.advance(LIFETIME + 1)
    assert reason(Bot(late).register(session=bot.session)) == "session_unknown"


@pytest.mark.parametrize(("claims", "why"), [(False, "user_taken"), (True, "password_required")])
def test_a_guest_whose_name_is_gone_comes_back_by_another(world: World, claims: bool, why: str) -> None:
    """Somebody has it by now, or owns it; person and numbers stay, and so does the new name."""
    old = joined(world, "ali")
    (ack,) = old.ask("chat", text="one", cid="1")
    old.cut()
    other = owner(world, "ali") if claims else joined(world, "ali")
    if claims:
        other.cut()
    new = Bot(world)
    assert reason(new.register(session=old.session)) == why
    assert new.register("reza", session=old.session, rooms=["#lobby"])[0]["user_id"] == "reza"
    assert new.ask("chat", text="one", cid="1") == [ack]
    new.cut()
    again = Bot(world)
    assert again.register(session=old.session)[0]["user_id"] == "reza"


def test_a_refused_return_changes_nothing(world: World) -> None:
    """The secret still stands for the old name, and its time runs."""
    old = joined(world, "ali")
    old.cut()
    joined(world, "sara")
    assert reason(Bot(world).register("sara", session=old.session)) == "user_taken"
    assert Bot(world).register(session=old.session)[0]["user_id"] == "ali"


def test_a_name_that_could_not_be_had_leaves_no_session_open(world: World, store: SlowStore) -> None:
    """Somebody was faster while the secret was written down: nobody knows it, so that its time runs."""
    store.held = {"keep_session"}
    late, quick = Bot(world), world.connect()
    late.register("ali")
    quick.types("ali")
    store.let_go("keep_session")
    store.let_go("keep_session")
    world.settle()
    assert reason(late.gets()) == "user_taken"
    sessions = store.inner
    assert isinstance(sessions, MemoryStore)
    assert [record.ended is None for record in sessions._sessions.values()] == [False]


def test_a_name_that_becomes_an_account_while_one_waits_for_it_is_not_had() -> None:
    """It was free when it was asked for; what counts is the moment of coming in."""
    store = SlowStore()
    world = World(store=store)
    store.held = {"keep_session"}
    thief = Bot(world)
    thief.register("ali")
    store.held = set()
    gone_owner(world)
    store.let_go("keep_session")
    world.settle()
    assert reason(thief.gets()) == "password_required"
    thief.cut()
    nothing_left(world)


def test_an_account_that_comes_back_keeps_its_name_and_needs_encryption(world: World) -> None:
    """A secret is as good as a password, so that it is not taken where others can read it."""
    ali = owner(world, "ali")
    ali.cut()
    assert reason(Bot(world, AWAY).register(session=ali.session)) == "tls_required"
    assert reason(Bot(world).register("reza", session=ali.session)) == "bad_request"
    told = Bot(world).register("ALI", session=ali.session)
    assert (told[0]["ok"], told[0]["account"]) == (True, True)


def test_an_account_comes_back_by_its_own_name_whatever_the_session_says(world: World, store: SlowStore) -> None:
    """A new name that could not be written down must not make anybody come back as somebody else's account."""
    ali = joined(world, "ali")
    store.held = {"keep_session"}
    ali.ask("nick", user_id="reza")
    store.let_go("keep_session", StoreError("The disk is full."))
    store.held = set()
    assert ali.ask("claim", password=PASSWORD)[-1]["ok"]
    store.held = {"keep_session"}
    ali.cut()
    store.let_go("keep_session", StoreError("The disk is full."))
    store.held = set()
    gone_owner(world, "ali")
    assert Bot(world).register(session=ali.session)[0]["user_id"] == "reza"


def test_a_connection_that_ends_while_the_next_one_comes_does_not_end_the_session(
    world: World, store: SlowStore
) -> None:
    """Its end is written down after the new beginning was, so the beginning is written down again."""
    old = joined(world, "ali")
    store.held = {"head"}
    new = Bot(world)
    old.visitor.wire.gone = True
    new.register(session=old.session, rooms=["#tea"])
    assert new.gets() == []
    while store.pending("head"):
        old.cut()
        store.let_go("head")
        world.settle()
    kept = store.inner
    assert isinstance(kept, MemoryStore)
    assert kept._sessions[digest(Secret(old.session))].ended is None


# Nothing is left


HELD: list[tuple[str, ...]] = [
    ("accounts",),
    ("sweep_sessions",),
    ("find_session",),
    ("keep_session",),
    ("head",),
    ("read",),
    ("accounts", "sweep_sessions", "find_session", "keep_session", "head", "read"),
]


def arrivals(world: World, secret: str) -> dict[str, Callable[[], Bot]]:
    """Every way to come."""

    def coming(address: str = HERE, **fields: object) -> Callable[[], Bot]:
        def come() -> Bot:
            bot = Bot(world, address)
            bot.ask("register", **fields)
            return bot

        return come

    return {
        "guest": coming(v=1, user_id="reza", rooms=["#a", "#b"]),
        "old": coming(user_id="reza"),
        "account": coming(v=1, user_id="ali", password=PASSWORD),
        "back": coming(v=1, session=secret, rooms=["#lobby", "#a"]),
        "wrong": coming(v=1, user_id="ali", password="a wrong one"),
    }


@pytest.mark.parametrize("held", HELD, ids=", ".join)
@pytest.mark.parametrize("how", ["guest", "old", "account", "back", "wrong"])
@pytest.mark.parametrize("cut_after", range(4))
def test_whoever_is_cut_off_while_arriving_leaves_nothing_behind(
    held: tuple[str, ...], how: str, cut_after: int
) -> None:
    """Whatever is being waited for: no name, no box, no open session, no listener, no try under way."""
    inner = MemoryStore()
    first = World(store=inner)
    ali, guest = owner(first, "ali"), joined(first, "mina")
    guest.ask("pm", to="ali", text="hello")
    ali.cut()
    guest.ask("pm", to="ali", text="are you there?")
    guest.cut()
    store, passwords = SlowStore(*held, inner=inner), SlowPasswords()
    world = World(store=store, passwords=passwords, seed=2)
    bot = arrivals(world, guest.session)[how]()
    for step in range(100):
        if step == cut_after:
            bot.cut()
        if passwords.waiting:
            passwords.let_go()
        elif store.waiting:
            store.let_go(store.waiting[0][0])
        elif step > cut_after:
            break
        world.settle()
    nothing_left(world)


ASKED = {
    "guest": ("accounts", "sweep_sessions", "keep_session", "head"),
    "account": ("accounts", "sweep_sessions", "keep_session", "head", "read"),
    "back": ("accounts", "sweep_sessions", "find_session", "keep_session", "head"),
}
"""What the store has to say before somebody is in."""


@pytest.mark.parametrize(("how", "trouble"), [(how, asked) for how, all_asked in ASKED.items() for asked in all_asked])
def test_a_store_in_trouble_is_an_answer_and_the_next_try_works(how: str, trouble: str) -> None:
    """Whoever cannot be let in now is told so, and nothing of it stays."""
    inner = MemoryStore()
    first = World(store=inner)
    ali, guest = owner(first, "ali"), joined(first, "mina")
    ali.cut()
    guest.ask("pm", to="ali", text="are you there?")
    guest.cut()
    store = SlowStore(trouble, inner=inner)
    world = World(store=store, seed=2)
    bot = arrivals(world, guest.session)[how]()
    store.let_go(trouble, StoreError("The disk is away."))
    store.held = set()
    world.settle()
    assert reason(bot.gets()) == "retry"
    bot.cut()
    nothing_left(world)
    arrivals(world, guest.session)[how]()
    assert len(world.site.chat.roster) == 1


# What waited in the box


def letters(lines: list[dict[str, object]]) -> list[object]:
    """The private messages among these."""
    return [line["text"] for line in lines if line["type"] == "pm"]


def test_what_came_while_an_account_was_away_is_shown_once(world: World) -> None:
    """At the next login, and not at the one after that."""
    gone_owner(world)
    sara = joined(world, "sara")
    sara.ask("pm", to="ali", text="one")
    sara.ask("pm", to="ali", text="two")
    ali = Bot(world)
    assert letters(ali.register("ali", password=PASSWORD)) == ["one", "two"]
    sara.ask("pm", to="ali", text="three")
    assert letters(ali.gets()) == ["three"]
    ali.cut()
    assert letters(Bot(world).register("ali", password=PASSWORD)) == []


def test_what_comes_at_the_very_moment_of_the_login_is_shown(world: World, store: SlowStore) -> None:
    """When the box was looked at it was not there yet; when the owner is in it is there, and is shown."""
    gone_owner(world)
    sara = joined(world, "sara")
    store.held = {"head"}
    ali = Bot(world)
    ali.register("ali", password=PASSWORD)
    store.let_go("head")  # of the first look into the box
    assert store.pending("head") == 1
    store.held = set()
    sara.ask("pm", to="ali", text="now")
    store.let_go("head")
    world.settle()
    assert letters(ali.gets()) == ["now"]


def test_what_one_connection_did_not_read_is_shown_to_the_next(world: World) -> None:
    """A program that came back without reading its box has seen nothing of it."""
    ali = owner(world, "ali")
    ali.cut()
    sara = joined(world, "sara")
    sara.ask("pm", to="ali", text="are you there?")
    program = back(world, ali)
    assert letters(program.gets()) == []
    assert letters(Bot(world).register("ali", password=PASSWORD)) == ["are you there?"]


def test_what_one_connection_has_read_is_not_shown_to_the_next(world: World) -> None:
    """It is one person."""
    owner(world, "ali")
    sara = joined(world, "sara")
    sara.ask("pm", to="ali", text="hello")
    second = Bot(world)
    assert letters(second.register("ali", password=PASSWORD)) == []
    sara.ask("pm", to="ali", text="both of you")
    assert letters(second.gets()) == ["both of you"]


def test_a_secret_is_shown_to_its_owner_alone(world: World) -> None:
    """Not to the operator, not to the store, not in an error or where the server describes itself."""
    ali = joined(world, "ali")
    bot = Bot(world)
    bot.register("ali", session="a-secret-that-is-none")
    sessions = world.site.chat.sessions
    seen = f"{world.journal.lines} {sessions._open} {bot.visitor.wire.received!r} {room_name('#lobby')}"
    assert ali.session not in seen
    assert "a-secret-that-is-none" not in seen
    store = world.site.chat.store
    assert isinstance(store, SlowStore)
    assert ali.session not in repr(vars(store.inner))

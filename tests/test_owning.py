"""Making a name one's own, and proving that it is: passwords are asked for, compared, changed, and shown to nobody."""

import pytest

from chatd.events import Farewell
from chatd.limits import Limits
from chatd.secret import Secret
from chatd.storage.contract import StoreError
from chatd.storage.memory import MemoryStore
from tests.bots import AWAY, HERE, PASSWORD, Bot, joined, nothing_left, only, owner
from tests.doubles import SlowPasswords, SlowStore
from tests.worlds import Visitor, World

NEW = "another four words"


@pytest.fixture
def world() -> World:
    """Nobody has an account."""
    return World(Limits(flood_rate=0))


def person(world: World, name: str = "ali", address: str = HERE) -> Visitor:
    """Somebody at a terminal who has given a name."""
    return world.joined(name, address)


def may_log_in(world: World, name: str, password: str) -> bool:
    """Whether this is the account's password."""
    bot = Bot(world)
    right = bool(bot.register(name, password=password)[0]["ok"])
    bot.cut()
    return right


# Making one


def test_a_person_registers_by_typing_the_password_twice(world: World) -> None:
    """Then the name is theirs, and nobody can use it without the password."""
    ali = person(world)
    ali.types("/register", PASSWORD, PASSWORD)
    assert ali.sees().splitlines()[-1].startswith("* ali is your account now.")
    assert may_log_in(world, "ali", PASSWORD)
    ali.drops()
    assert Bot(world).ask("register", user_id="ali")[0]["reason"] == "user_taken"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (("/register", PASSWORD, NEW), "! The two new passwords were not the same"),
        (("/register", ""), "! No password was typed"),
        (("/register", "short"), "! A password needs at least 8 characters; that one has 5."),
        (("/register", "x" * 1025), "! A password has at most 1024 bytes; that one has 1025."),
    ],
)
def test_a_password_that_cannot_be_is_refused_and_nothing_is_made(
    world: World, typed: tuple[str, ...], answer: str
) -> None:
    """With a sentence, which does not quote it; the next line is an ordinary one again."""
    ali, sara = person(world), person(world, "sara")
    ali.types(*typed)
    seen = ali.sees()
    assert answer in seen
    assert not any(word in seen for word in typed[1:] if word)
    ali.types("", "salam")  # nothing ends the asking
    assert sara.sees().splitlines()[-1].endswith("ali: salam")
    assert len(world.site.chat.directory) == 0


def test_a_second_account_is_not_made(world: World) -> None:
    """Of one's own name; the answer says how to change its password."""
    ali = owner(world, "ali")
    assert ali.ask("claim", password=NEW)[0]["error"] == "already_registered"
    assert may_log_in(world, "ali", PASSWORD)


def test_a_guest_has_no_password_to_change(world: World) -> None:
    """And is told how to get one."""
    assert joined(world, "ali").ask("password", old=PASSWORD, new=NEW)[0]["error"] == "not_registered"
    ali = person(world, "reza")
    ali.types("/password")
    assert "! reza is not an account." in ali.sees()


@pytest.mark.parametrize("command", ["/register", f"/register {PASSWORD}", "/login ali", f"/login ali {PASSWORD}"])
def test_nothing_secret_is_asked_for_where_others_can_read_it(world: World, command: str) -> None:
    """From another machine without encryption; not even the question is asked."""
    owner(world, "ali").cut()
    far = world.connect(AWAY)
    far.types(*(["reza"] if command.startswith("/register") else []))
    far.gets()
    far.types(command)
    seen = far.sees()
    assert "! This connection is not encrypted" in seen
    assert "Password" not in seen.replace("a password", "")
    assert PASSWORD not in seen


def test_accounts_are_not_made_by_the_dozen(world: World) -> None:
    """Five an hour from one address; what failed does not count."""
    for number in range(5):
        bot = joined(world, f"a{number}")
        assert bot.ask("claim", password="short")[0]["error"] == "bad_password"
        assert bot.ask("claim", password=PASSWORD)[0]["ok"]
    late = joined(world, "late")
    assert late.ask("claim", password=PASSWORD)[0]["error"] == "login_wait"
    elsewhere = joined(world, "other", "127.0.0.2")
    assert elsewhere.ask("claim", password=PASSWORD)[0]["ok"]


def test_an_account_that_could_not_be_kept_is_none() -> None:
    """Its guest stays one, hears why, may try again, and it does not count."""
    store = SlowStore()
    world = World(Limits(flood_rate=0), store)
    bot = joined(world, "ali")
    for _ in range(7):
        store.held = {"keep_account"}
        bot.ask("claim", password=PASSWORD)
        store.let_go("keep_account", StoreError("The disk is full."))
        world.settle()
        assert bot.gets()[0]["error"] == "retry"
    store.held = set()
    assert bot.ask("nick", user_id="reza")[0]["type"] == "nick"
    assert bot.ask("claim", password=PASSWORD)[0] == {"type": "claim", "ok": True, "user_id": "reza"}


def test_an_account_keeps_its_name(world: World) -> None:
    """For every connection of its owner."""
    owner(world, "ali")
    second = Bot(world)
    second.register("ali", password=PASSWORD)
    assert second.ask("nick", user_id="reza")[0]["error"] == "bad_request"


def test_a_name_is_changed_before_or_after_it_is_registered_never_meanwhile() -> None:
    """Requests have their order, so the account has the name that its owner had when asking."""
    passwords = SlowPasswords()
    world = World(Limits(flood_rate=0), passwords=passwords)
    bot = joined(world, "ali")
    bot.asks({"type": "claim", "password": PASSWORD}, {"type": "nick", "user_id": "reza"})
    assert bot.gets() == []
    passwords.let_go()
    world.settle()
    told = bot.gets()
    assert (told[0]["user_id"], told[1]["error"]) == ("ali", "bad_request")


# Another password


def test_a_password_is_changed_by_whoever_knows_the_old_one(world: World) -> None:
    """From then on it is the new one."""
    ali = owner(world, "ali")
    assert ali.ask("password", old="a wrong one", new=NEW)[0]["error"] == "wrong_password"
    assert ali.ask("password", old=PASSWORD, new="short")[0]["error"] == "bad_password"
    assert ali.ask("password", old=PASSWORD, new=NEW) == [{"type": "password", "ok": True}]
    assert not may_log_in(world, "ali", PASSWORD)
    assert may_log_in(world, "ali", NEW)


def test_a_person_is_asked_for_the_old_one_and_twice_for_the_new(world: World) -> None:
    """A wrong old one, or nothing, ends it."""
    owner(world, "ali").cut()
    ali = world.connect(HERE).types(f"/login ali {PASSWORD}")
    ali.types("/password", "")
    assert "! No password was typed" in ali.sees()
    ali.types("/password", "a wrong one")
    assert "! That is not the password of ali." in ali.sees()
    ali.types("", "/password", PASSWORD, NEW, NEW)
    ali.drops()
    assert may_log_in(world, "ali", NEW)


def test_changing_a_password_does_not_forget_what_was_read(world: World) -> None:
    """While the new one is worked on, private messages are read and marked."""
    passwords = SlowPasswords()
    world = World(Limits(flood_rate=0), passwords=passwords)
    ali, sara = joined(world, "ali"), joined(world, "sara")
    ali.ask("claim", password=PASSWORD)
    passwords.let_go()
    world.settle()
    ali.ask("password", old=PASSWORD, new=NEW)
    passwords.let_go()
    sara.ask("pm", to="ali", text="hello")
    world.passes(2)
    passwords.let_go()
    world.settle()
    ali.cut()
    world.passes(2)
    store = world.site.chat.store
    assert isinstance(store, MemoryStore)
    assert [account.seen for account in store._accounts.values()] == [1]


# Being cut off


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "full"])
@pytest.mark.parametrize("cut_after", range(3))
def test_whoever_is_cut_off_while_registering_leaves_nothing_half_done(cut_after: int, kept: bool) -> None:
    """There is an account that its owner can use, or none; and the address has not used up its share for nothing."""
    store, passwords = SlowStore("keep_account"), SlowPasswords()
    world = World(Limits(flood_rate=0), store, passwords)
    bot = joined(world, "ali")
    bot.ask("claim", password=PASSWORD)
    for step in range(4):
        if step == cut_after:
            bot.cut()
        if passwords.waiting:
            passwords.let_go()
        elif store.waiting:
            store.let_go("keep_account", None if kept else StoreError("The disk is full."))
    made = len(world.site.chat.directory)
    assert made == (kept and cut_after > 0)
    (counted,) = world.site.chat.new_accounts._made._all.values()
    assert len(counted.at) == made
    bot.cut()
    nothing_left(world)


def test_whoever_is_cut_off_while_a_password_is_compared_has_made_a_try() -> None:
    """Else a thief would hang up before the answer counts; and nothing stays under way."""
    passwords = SlowPasswords()
    world = World(Limits(flood_rate=0), passwords=passwords)
    bot = joined(world, "ali")
    bot.ask("claim", password=PASSWORD)
    passwords.let_go()
    bot.cut()
    for _ in range(3):
        thief = Bot(world)
        thief.register("ali", password="a wrong one")
        thief.cut()
        passwords.let_go()
    assert Bot(world).register("ali", password=PASSWORD)[0]["reason"] == "login_wait"
    for visitor in world.visitors:
        visitor.drops()
    nothing_left(world)


def test_a_guest_that_came_back_meanwhile_is_the_owner() -> None:
    """Cut off while the account was written down: the person is the same by the new connection."""
    store = SlowStore("keep_account")
    world = World(Limits(flood_rate=0), store)
    bot = joined(world, "ali")
    bot.ask("claim", password=PASSWORD)
    again = Bot(world)
    assert again.register(session=bot.session)[0]["account"] is False
    store.let_go("keep_account")
    world.settle()
    assert again.ask("claim", password=PASSWORD)[0]["error"] == "already_registered"
    assert again.ask("nick", user_id="reza")[0]["error"] == "bad_request"
    sara = joined(world, "sara")
    sara.ask("pm", to="ali", text="hello")
    again.resume("@", 0)
    again.cut()
    world.passes(2)
    ali = Bot(world)
    assert only(ali.register("ali", password=PASSWORD), "pm") == []


def test_an_account_made_just_before_its_guest_comes_back_is_theirs() -> None:
    """The name was a guest's when the secret was looked up, and is an account's when they are let in."""
    store = SlowStore("keep_account")
    world = World(Limits(flood_rate=0), store)
    bot = joined(world, "ali")
    bot.ask("claim", password=PASSWORD)
    bot.cut()
    store.held |= {"keep_session"}
    again = Bot(world)
    again.register(session=bot.session)
    store.let_go("keep_account")
    while store.pending("keep_session"):
        store.let_go("keep_session")
    world.settle()
    assert again.gets()[0]["account"] is True


def test_a_secret_that_was_dropped_when_an_account_was_made_is_nobodys() -> None:
    """Cut twice: who asked for the account had come back by it, and so has who is there when the account is made."""
    store = SlowStore()
    world = World(Limits(flood_rate=0), store)
    first = joined(world, "ali")
    first.cut()
    bot = Bot(world)
    bot.register(session=first.session)
    store.held |= {"keep_account"}
    bot.ask("claim", password=PASSWORD)
    again = Bot(world)
    assert again.register(session=first.session)[0]["account"] is False
    store.let_go("keep_account")
    world.settle()
    again.cut()
    nothing_left(world)
    assert Bot(world).ask("register", v=1, session=first.session)[0]["reason"] == "session_unknown"
    assert may_log_in(world, "ali", PASSWORD)


# Nobody sees it


def everything_shown(world: World) -> str:
    """All that any client was sent, and all that the operator was told."""
    received = b"".join(bytes(visitor.wire.received) for visitor in world.visitors)
    return received.decode() + "\n".join(world.journal.lines)


def test_no_password_is_shown_to_anybody(world: World) -> None:
    """Right or wrong, typed or given, in whatever request: not in an answer, the history, a search, or the log."""
    reader = joined(world, "reader")
    ali = person(world)
    ali.types("/register", PASSWORD, PASSWORD, "/password", PASSWORD, NEW, NEW, f"/password {PASSWORD} {NEW}")
    ali.types(f"/login reza {PASSWORD}", f"/register {NEW}")
    bot = Bot(world)
    bot.register("ali", password=NEW)
    bot.register("ali", password=PASSWORD)
    bot.ask("password", old=NEW, new=PASSWORD)
    bot.ask("claim", password=NEW)
    ali.types("/history", "/search words")
    reader.ask("search", words="four")
    reader.ask("history")
    shown = everything_shown(world).replace('"words":"four"', "").replace("Nothing found for words", "")
    assert "four words" not in shown
    assert isinstance(world.site.chat.store, MemoryStore)
    assert PASSWORD not in repr(vars(world.site.chat.store))


def test_a_stop_gives_no_password_back() -> None:
    """What was typed ahead and not asked for yet may be one: it is not quoted, unlike what was said before it."""
    store = SlowStore("append")
    world = World(Limits(flood_rate=0), store)
    ali = person(world)
    ali.types("salam", "/register", PASSWORD, PASSWORD)
    for conversation in list(world.site.conversations):
        conversation.stop_reading()
    store.let_go("append")
    world.settle()
    for conversation in list(world.site.conversations):
        conversation.goodbye(Farewell.SHUTDOWN)
    world.settle()
    seen = ali.sees()
    assert PASSWORD not in seen
    assert "Goodbye, ali." in seen
    assert len(world.site.chat.directory) == 0


def test_a_stop_while_a_password_is_asked_for_is_an_end_like_any_other() -> None:
    """Whatever was typed of it is dropped."""
    world = World(Limits(flood_rate=0))
    ali = person(world)
    ali.types("/register")
    ali.sends(PASSWORD.encode())
    for conversation in list(world.site.conversations):
        conversation.stop_reading()
        conversation.goodbye(Farewell.SHUTDOWN)
    world.settle()
    seen = ali.sees()
    assert PASSWORD not in seen
    assert "Goodbye, ali." in seen
    ali.drops()
    nothing_left(world)


def test_a_secret_does_not_show_itself() -> None:
    """Wherever somebody prints what holds it."""
    secret = Secret(PASSWORD)
    assert PASSWORD not in f"{secret} {secret!r} {[secret]} {RuntimeError(secret)!r}"


def test_a_new_password_ends_whatever_came_by_the_old_one(world: World) -> None:
    """Other connections are closed, and their secrets take nothing back; that of the one who changed it does."""
    first = owner(world, "ali")
    second = joined(world, "ali", password=PASSWORD)
    told = first.ask("password", old=PASSWORD, new=NEW)
    assert {"type": "password", "ok": True} in told
    goodbye = second.gets()[-1]
    assert (goodbye["type"], goodbye["reason"]) == ("bye", "password")
    assert Bot(world).ask("register", v=1, session=second.session)[0]["reason"] == "session_unknown"
    first.cut()
    assert Bot(world).ask("register", v=1, session=first.session)[0]["ok"]
    assert may_log_in(world, "ali", NEW)

"""What must not get lost or seen when logging in goes wrong, or comes in pieces: passwords, and private messages that waited."""

import pytest

from chatd.limits import Limits
from chatd.storage.contract import StoreFull
from tests.bots import AWAY, PASSWORD, Bot, joined, only, owner
from tests.doubles import SlowStore
from tests.worlds import World

OTHER = "another four words"


@pytest.fixture
def world() -> World:
    """Nobody has an account."""
    return World(Limits(flood_rate=0))


def account(world: World, name: str = "ali") -> Bot:
    """An account whose owner has gone."""
    bot = owner(world, name)
    bot.cut()
    return bot


def test_a_password_after_a_wrong_one_is_no_name(world: World) -> None:
    """It is asked for again, so that the next line is one too; Enter alone stops that."""
    account(world)
    sara = world.joined("sara", "127.0.0.1")
    ali = world.connect("127.0.0.1").types("ali", "wrong one", OTHER)
    assert ali.sees().count("* Password for ali:") == 3
    ali.types("", "reza")
    assert "* Hello reza." in ali.sees()
    assert sara.sees() == "* reza joined.\n"
    assert OTHER not in "".join(world.journal.lines)


def test_a_password_that_has_to_wait_is_asked_for_as_well(world: World) -> None:
    """What is typed while one must wait is not looked at, and not shown."""
    account(world)
    ali = world.connect("127.0.0.1").types("ali", "wrong 1", "wrong 2", "wrong 3", PASSWORD)
    assert "Too many wrong passwords" in ali.sees()
    world.passes(59)
    ali.types(PASSWORD)
    world.passes(2)
    ali.sees()
    assert "Welcome back" in world.connect("127.0.0.1").types("ali", PASSWORD).sees()


@pytest.mark.parametrize("typed", [("short", OTHER), (PASSWORD, "not the same", OTHER)])
def test_a_password_after_one_that_will_not_do_is_not_said(world: World, typed: tuple[str, ...]) -> None:
    """From the beginning, until there is one."""
    sara = world.joined("sara", "127.0.0.1")
    ali = world.joined("ali", "127.0.0.1")
    sara.sees()
    ali.types("/register", *typed)
    assert sara.sees() == ""
    ali.types(OTHER)
    assert OTHER not in ali.sees() + sara.sees()


def test_an_old_password_after_a_wrong_one_is_not_said(world: World) -> None:
    """It is asked for again, and then the new one."""
    account(world)
    sara = world.joined("sara", "127.0.0.1")
    ali = world.connect("127.0.0.1").types("ali", PASSWORD)
    sara.sees()
    ali.types("/password", "wrong one", PASSWORD, OTHER, OTHER)
    assert "* Your password is changed." in ali.sees()
    assert sara.sees() == ""


def test_over_plaintext_from_elsewhere_a_name_is_asked_for_again(world: World) -> None:
    """Nothing else is: so nobody types a password into it."""
    account(world)
    ali = world.connect(AWAY).types("ali")
    lines = ali.sees().splitlines()
    assert lines[-2].startswith("! This connection is not encrypted")
    assert lines[-1].startswith("* Welcome to chatd. What is your name?")


def test_a_password_for_no_account_makes_no_guest(world: World) -> None:
    """Its owner has mistyped the name."""
    answer = Bot(world).ask("register", v=1, user_id="alli", password=PASSWORD)[0]
    assert (answer["ok"], answer["reason"]) == (False, "not_registered")


def write(world: World, to: str, *texts: str) -> None:
    """Private messages from somebody who is there for a moment."""
    sara = joined(world, "sara")
    for text in texts:
        sara.ask("pm", to=to, text=text)
    sara.cut()


def test_what_waits_is_not_skipped_by_who_comes_back_and_writes_first(world: World) -> None:
    """The answer to what they write comes behind all that waited."""
    ali = account(world)
    write(world, "ali", "one", "two")
    back = Bot(world)
    back.ask("register", v=1, session=ali.session)
    joined(world, "mina")
    told = [line for line in back.ask("pm", to="mina", text="three", cid="c") if line["type"] in ("pm", "ack")]
    assert [line["id"] for line in told] == [1, 2, 3]


def test_what_waits_is_not_skipped_by_a_reset(world: World) -> None:
    """Who knows the box of another history only has read nothing of this one."""
    ali = account(world)
    write(world, "ali", "one", "two")
    back = Bot(world)
    back.ask("register", v=1, session=ali.session)
    told = back.ask("resume", room="@", epoch="another", after=5)
    assert [line["type"] for line in told] == ["reset", "pm", "pm"]


def test_what_was_shown_is_known_a_moment_later(world: World) -> None:
    """Not only when the connection ends: the server may not live to see that."""
    account(world)
    write(world, "ali", "one")
    bot = joined(world, "ali", password=PASSWORD)
    world.passes(2)
    (kept,) = [one for one in world.site.chat.directory._by_person.values() if one.key == "ali"]
    assert kept.seen == 1
    bot.cut()


def test_a_full_disk_keeps_no_program_out() -> None:
    """What can be read can be read; the session is written when there is room."""
    store = SlowStore()
    world = World(Limits(flood_rate=0), store)
    first = joined(world, "ali")
    store.held = {"keep_session"}
    sara = Bot(world)
    sara.register("sara")
    store.let_go("keep_session", StoreFull("The disk is full."))
    world.settle()
    assert only(sara.gets(), "register")[0]["ok"]
    store.held.clear()
    store.let_go("keep_session")
    world.settle()
    sara.cut()
    first.cut()


def test_a_secret_that_others_may_have_read_does_not_open_the_account(world: World) -> None:
    """It was given out over plaintext; presented again where nobody reads along, it makes an account, and is no more."""
    guest = joined(world, "ali", AWAY)
    guest.cut()
    back = Bot(world)
    back.ask("register", v=1, session=guest.session)
    assert back.ask("claim", password=PASSWORD)[-1]["ok"]
    back.cut()
    assert Bot(world).ask("register", v=1, session=guest.session)[0]["reason"] == "session_unknown"


def test_who_is_here_by_another_name_keeps_it(world: World) -> None:
    """The session remembers the name they have, not the one they asked for."""
    ali = joined(world, "ali")
    second = Bot(world)
    assert second.ask("register", v=1, session=ali.session, user_id="reza")[0]["user_id"] == "ali"
    second.cut()
    assert Bot(world).ask("register", v=1, session=ali.session)[0]["user_id"] == "ali"


def test_new_sessions_from_one_address_are_counted() -> None:
    """Each of them is kept for a day; those of this machine are its own affair."""
    world = World(Limits(sessions_per_address=2))
    for number in range(2):
        assert Bot(world, AWAY).register(f"bot{number}")[0]["ok"]
    answer = Bot(world, AWAY).register("one-more")[0]
    assert (answer["reason"], answer["seconds"]) == ("login_wait", 600)
    assert Bot(world, "192.0.2.99").register("elsewhere")[0]["ok"]

"""The whole program in one window, with a real server behind it: the way in, a conversation, and every way out."""

import subprocess
import sys
import tkinter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import TypeVar

import pytest

from chatd.languages import ENGLISH, PERSIAN
from chatd.requests import ChangePassword, Quit, Register, Say, SetLanguage
from chatd.secret import Secret
from clients.addresses import Address
from clients.core import Identity
from clients.events import State
from clients.gui.leaving import GOODBYE, LAST_LINES, Leaving, Step
from clients.gui.login.typed import Typed
from clients.gui.model.view import View
from clients.gui.placement import in_the_middle, is_seen
from clients.gui.poll import SLICE, Poll
from clients.gui.remembered import FILE, Remembered, load, save
from clients.gui.worker import Worker
from clients.outbox import Pending
from clients.trust import Wish
from clients.wording import language
from tests.processes import Visitor
from tests.servers import HOST, ROOT, serving
from tests.test_dial import listening
from tests.tk_people import Person, person, server
from tests.tk_roots import press, root, tk_screen, until, words

__all__ = ["person", "root", "server", "tk_screen"]

T = TypeVar("T")
PASSWORD = Secret("correct horse battery")


# The way in


def test_a_name_and_a_server_are_enough_to_chat(person: Person) -> None:
    """Logged in at once; what is said is read by others and what others say is read here."""
    chatting = person.joins()
    with_nc = Visitor(person.server.port)
    with_nc.types("sara")
    person.reads("sara")
    with_nc.types("salam ali")
    person.reads("salam ali")
    chatting.send(Say("salam sara"))
    person.reads("salam sara")
    while "salam sara" not in with_nc.sees():
        pass
    with_nc.goes()
    person.application.leave()
    person.is_gone()


def test_the_login_window_waits_for_somebody(person: Person) -> None:
    """Without a name nothing is tried; Return does it."""
    person.application.start(Typed(person.place, ""))
    person.root.update()
    person.login.name.variable.set("ali")
    press(person.login.name.entry, "<Return>")
    assert person.is_in()._view.name == "ali"


def test_what_worked_is_remembered_and_what_did_not_is_not(person: Person) -> None:
    """Server, name and what was said about encryption; never a password."""
    person.starts("a b")
    person.until(lambda: person.login.name.problem, "the name was refused")
    assert load(person.folder / FILE) == Remembered()
    person.login.name.variable.set("ali")
    press(person.login.name.entry, "<Return>")
    chatting = person.is_in()
    kept = load(person.folder / FILE)
    assert (kept.server, kept.name, kept.wish) == (person.place, "ali", Wish.NOTHING)
    chatting.choose_theme("dark")
    chatting.choose_size(15)
    person.application.leave()
    person.is_gone()
    kept = load(person.folder / FILE)
    assert (kept.theme, kept.font_size) == ("dark", 15)
    assert is_seen(kept.geometry, 2000, 2000)
    assert len(kept.panes) == 2


def test_a_taken_name_is_told_beside_the_name(person: Person) -> None:
    """And another one gets in."""
    other = Visitor(person.server.port)
    other.types("ali")
    while "Hello" not in other.sees():
        pass
    person.starts("ali")
    assert "ali" in person.until(lambda: person.login.name.problem, "the name was refused")
    person.login.name.variable.set("reza")
    press(person.login.name.entry, "<Return>")
    assert person.is_in()._view.name == "reza"
    other.goes()


def test_a_server_that_is_not_there_is_told_beside_the_server(person: Person) -> None:
    """With the sentence that says what to look after."""
    person.application.start(Typed("localhost:1", "ali"), Address("localhost", 1))
    sentence = person.until(lambda: person.login.server.problem, "the server was refused")
    assert "localhost:1" in sentence
    assert not person.login.name.problem


def test_cancel_stops_at_once(person: Person) -> None:
    """Though the other side takes its time."""
    with listening() as mute:
        person.application.start(Typed("localhost", "ali"), Address(HOST, mute.port))
        person.until(lambda: mute.heard, "it was connected")
        keyboard = person.root.focus_lastfor()
        assert keyboard is not None
        press(keyboard, "<Escape>")
    assert person.login.server.entry.instate(["!disabled"])
    person.root.update()
    assert person.application.chatting is None


def test_an_account_is_asked_for_its_password(person: Person) -> None:
    """The field appears with the cursor in it; a wrong one is told beside it; the third time the server wants a pause."""
    person.joins("owner").send(Register(PASSWORD))
    person.until(lambda: person.application.chatting and person.application.chatting._view.account, "it was an account")
    assert person.application.chatting is not None
    person.application.chatting.log_out()
    login = person.until(lambda: person.application.entrance.window, "the login window was there")
    press(login.name.entry, "<Return>")
    person.until(lambda: login.password.problem, "the password was asked for")
    assert login.password.winfo_viewable()
    first = login.password.problem
    for _ in range(9):
        login.password.variable.set("not it at all")
        press(login.password.entry, "<Return>")
        person.until(lambda: not login._busy, "the server had answered")
        if login.problem:
            break
        assert login.password.problem not in ("", first)
        assert login.password.value == ""
    assert login.problem
    assert "not it" not in words(login)


def test_an_unknown_certificate_is_asked_about_in_the_login_window(person: Person) -> None:
    """Nothing is sent before it is accepted; declining leads back to what was typed."""
    login = person.starts(wish=Wish.TLS)
    card = person.until(lambda: person.card, "it was asked about")
    card.no()
    person.root.update()
    assert login.server.winfo_viewable()
    press(login.name.entry, "<Return>")
    person.until(lambda: person.card, "it was asked about again").yes()
    chatting = person.is_in()
    assert chatting._view.encrypted
    assert person.known.met(Address(HOST, person.server.port))


def test_a_changed_certificate_is_a_warning_that_stays(person: Person) -> None:
    """Until somebody has said that it was read."""
    person.known.remember(Address(HOST, person.server.port), ":".join(["AB"] * 32))
    person.starts(wish=Wish.TLS)
    card = person.until(lambda: person.card, "it was told")
    assert card.words.loud
    assert "AB:AB" in card.words.text
    card.no()
    person.root.update()
    assert person.login.server.entry.instate(["!disabled"])


def test_damaged_files_about_trust_are_told(person: Person) -> None:
    """Without them it is not known how the server may be spoken to."""
    person.known.path.write_text("nonsense\n", "utf-8")
    person.starts()
    assert "cannot be understood" in person.until(lambda: person.card, "it was told").words.text


def test_the_language_of_the_login_window_can_be_changed(person: Person) -> None:
    """What was typed stays."""
    person.application.start(Typed("example.org", "علی", Secret("x"), Wish.TLS))
    person.application.entrance.choose_language("fa")
    assert person.login.typed == Typed("example.org", "علی", Secret("x"), Wish.TLS)
    assert language() is PERSIAN
    assert load(person.folder / FILE).language == "fa"


def test_what_cannot_be_kept_is_told_once(person: Person) -> None:
    """It is no reason not to chat."""
    (person.folder / FILE).mkdir()
    chatting = person.joins()
    person.reads(str(person.folder / FILE))
    before = person.all_said
    chatting.choose_size(20)
    chatting.choose_theme("dark")
    chatting.send(Say("salam"))
    person.reads("salam")
    assert person.all_said.count(str(person.folder)) == before.count(str(person.folder)) == 1


def test_what_cannot_be_kept_is_told_at_the_way_in_as_well(person: Person) -> None:
    """Also when the window is made anew for what was chosen."""
    (person.folder / FILE).mkdir()
    person.application.start(Typed("example.org", "ali"))
    person.application.entrance.choose_language("fa")
    assert str(person.folder / FILE) in person.until(lambda: person.login.problem, "it was told")


def test_two_windows_of_one_person_do_not_undo_each_other(person: Person) -> None:
    """Each keeps what was chosen in it, and nothing else; what it shows is its own."""
    person.joins()
    save(
        replace(load(person.folder / FILE), theme="dark", server="chat.example.org", name="mina"), person.folder / FILE
    )
    assert person.application.chatting
    person.application.chatting.choose_size(17)
    kept = load(person.folder / FILE)
    assert (kept.theme, kept.server, kept.name, kept.font_size) == ("dark", "chat.example.org", "mina", 17)
    person.application.chatting.log_out()
    login = person.until(lambda: person.application.entrance.window, "the login window was there")
    assert login.typed == Typed(person.place, "ali")


# In the conversation


def test_another_language_makes_the_window_anew(person: Person) -> None:
    """Of the same conversations, with what is half typed; chosen in the menu or typed as a command."""
    chatting = person.joins()
    chatting.send(Say("salam"))
    person.reads("salam")
    chatting.window.input.draft = "half typed"
    before = chatting.window
    chatting.choose_language("fa")
    person.until(lambda: chatting.window is not before, "the window was made anew")
    assert language() is PERSIAN
    person.reads("salam")
    assert chatting.window.input.draft == "half typed"
    assert load(person.folder / FILE).language == "fa"
    before = chatting.window
    chatting.send(SetLanguage("en"))
    person.until(lambda: chatting.window is not before, "the window was made anew again")
    assert language() is ENGLISH


def test_passwords_are_asked_for_over_the_window(person: Person) -> None:
    """Twice, since nobody sees them; two different ones change nothing."""
    chatting = person.joins("mina")
    chatting.send(Register())
    card = person.until(lambda: person.card, "the password was asked for")
    first, again = card.fields
    first.variable.set("correct horse battery")
    again.variable.set("another horse battery")
    card.yes()
    assert again.problem
    again.variable.set("correct horse battery")
    press(again.entry, "<Return>")
    person.until(lambda: chatting._view.account, "it was an account")
    assert person.card is None
    chatting.send(ChangePassword())
    card = person.until(lambda: person.card, "three passwords were asked for")
    assert len(card.fields) == 3
    assert all(str(field.entry.cget("show")) for field in card.fields)
    press(card.fields[0].entry, "<Escape>")
    assert person.card is None


def test_a_question_stays_when_the_language_changes(person: Person) -> None:
    """Somebody has to answer it."""
    chatting = person.joins("kian")
    chatting.send(Register())
    card = person.until(lambda: person.card, "the password was asked for")
    card.fields[0].variable.set("half")
    before = chatting.window
    chatting.choose_language("fa")
    person.until(lambda: chatting.window is not before, "the window was made anew")
    assert person.card
    assert person.card.words.title != card.words.title
    assert person.card.fields[0].value == "half"


# The ways out


@pytest.mark.parametrize("way", ["close", "command", "menu"])
def test_what_was_said_is_sent_before_the_end(person: Person, way: str) -> None:
    """Closing a window right behind a line does not lose the line."""
    witness = Visitor(person.server.port)
    witness.types(f"witness-{way}")
    while "Hello" not in witness.sees():
        pass
    chatting = person.joins()
    chatting.send(Say("my last words"))
    if way == "close":
        person.application.leave()
    elif way == "command":
        chatting.send(Quit())
    else:
        chatting.log_out()
    if way == "menu":
        person.until(lambda: person.application.entrance.window, "the login window was there")
        assert person.login.typed == Typed(person.place, "ali")
    else:
        person.is_gone()
    while "my last words" not in witness.sees():
        pass
    while "ali left" not in witness.sees():
        pass
    witness.goes()


@pytest.mark.parametrize("stays", [True, False])
def test_what_cannot_be_sent_is_asked_about(person: Person, tmp_path: Path, stays: bool) -> None:
    """Without a connection nothing can be waited for; staying keeps it."""
    with serving(tmp_path / "other" / "run") as own:
        person.application.start(Typed("", "ali"), Address(HOST, own.port))
        chatting = person.is_in()
        own.kill()
    person.until(lambda: chatting._view.state is not State.ONLINE, "the connection was lost")
    chatting.send(Say("into the void"))
    person.application.leave()
    card = person.until(lambda: person.card, "it was asked about")
    if stays:
        card.no()
        person.root.update()
        assert [pending.text for pending in chatting._view.pending] == ["into the void"]
        chatting.leave_now()
    else:
        card.yes()
    person.is_gone()


def test_a_signal_closes_the_window_with_a_goodbye(person: Person) -> None:
    """Without a question, since there may be nobody to answer; the server hears of it."""
    person.joins()
    person.application.interrupt()
    person.is_gone()
    person.server.await_everybody_gone()


def test_a_signal_closes_the_login_window(person: Person) -> None:
    """There is nothing to lose yet."""
    person.application.start(Typed())
    person.application.interrupt()
    person.is_gone()


def test_an_end_that_nobody_wanted_leaves_the_log_readable(person: Person) -> None:
    """The reason is told; what is typed then is not swallowed; logging in again takes one press of a button."""
    chatting = person.joins()
    chatting.send(Say("salam"))
    person.reads("salam")
    session = chatting._worker._client.core.session
    assert session is not None
    thief = Worker(person.dial(Address(HOST, person.server.port), False), Identity("ali", session=session))
    thief.start()
    card = person.until(lambda: person.card, "the end was told")
    assert card.words.text
    thief.quit()
    assert thief.stop()
    chatting.send(Say("too late"))
    person.reads("ended")
    assert "salam" in person.all_said
    chatting.window.input.draft = "half typed"
    card.yes()
    person.until(lambda: person.application.entrance.window, "the login window was there")
    press(person.login.name.entry, "<Return>")
    again = person.is_in()
    assert "salam" in person.all_said
    assert again.window.input.draft == "half typed"


def test_somebody_else_finds_nothing_of_what_was_said(person: Person) -> None:
    """Nor does the same person on another server."""
    chatting = person.joins()
    chatting.send(Say("between us"))
    person.reads("between us")
    chatting.window.input.draft = "half typed"
    chatting.log_out()
    login = person.until(lambda: person.application.entrance.window, "the login window was there")
    login.name.variable.set("reza")
    press(login.name.entry, "<Return>")
    again = person.is_in()
    assert again.window.input.draft == ""
    assert again.conversations is not chatting.conversations


# Parts


def test_leaving_waits_asks_and_goes() -> None:
    """First for the view, then for what is pending, then for the goodbye; never for ever."""
    waiting = (Pending("1", "#lobby", "", "salam", False, 0.0),)
    online = View(State.ONLINE, "server")
    leaving = Leaving.begun(100.0)
    assert leaving.step(100.0) is Step.WAIT
    leaving.view = View(State.ONLINE, "server", pending=waiting)
    assert leaving.step(100.0 + LAST_LINES - 0.1) is Step.WAIT
    leaving.view = online
    assert leaving.step(102.0) is Step.QUIT
    assert leaving.step(102.0) is Step.WAIT
    assert leaving.step(102.0 + GOODBYE) is Step.STOP

    slow = Leaving.begun(100.0)
    slow.view = View(State.ONLINE, "server", pending=waiting)
    assert slow.step(100.0 + LAST_LINES) is Step.ASK
    assert slow.step(200.0) is Step.WAIT
    slow.view = online
    assert slow.step(300.0) is Step.QUIT

    offline = Leaving.begun(100.0)
    offline.view = View(State.WAITING, "server", pending=waiting)
    assert offline.step(100.0) is Step.ASK

    stuck = Leaving.begun(100.0)
    assert stuck.step(100.0 + LAST_LINES) is Step.STOP


def test_a_flood_of_events_leaves_time_for_everything_else(root: tkinter.Tk) -> None:
    """What is told is taken in slices, between which the window hears its keys."""
    taken: list[int] = []
    turns: list[int] = []

    def take(number: int) -> None:
        until_then = monotonic() + SLICE / 3
        while monotonic() < until_then:
            pass
        taken.append(number)

    queue: SimpleQueue[int] = SimpleQueue()
    for number in range(30):
        queue.put(number)
    poll = Poll(root, take, lambda: None)

    def turn() -> None:
        turns.append(len(taken))
        if len(taken) < 30:
            root.after(1, turn)

    poll.follow(queue)
    poll.start()
    root.after(1, turn)
    until(root, lambda: turns[-1:] == [30], "all was taken")
    poll.stop()
    assert taken == list(range(30))
    steps = [after - before for before, after in pairwise(turns)]
    assert max(steps) <= 4


def test_one_fault_does_not_stop_the_window(root: tkinter.Tk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported; what else is told is taken all the same, and signals are still heard."""
    faults: list[BaseException] = []
    monkeypatch.setattr(root, "report_callback_exception", lambda _kind, fault, _trace: faults.append(fault))
    taken: list[str] = []
    looks: list[int] = []

    def take(word: str) -> None:
        if word == "bad":
            raise ValueError(word)
        taken.append(word)

    queue: SimpleQueue[str] = SimpleQueue()
    for word in ("bad", "good", "bad", "better"):
        queue.put(word)
    poll = Poll(root, take, lambda: looks.append(1))
    poll.follow(queue)
    poll.start()
    until(root, lambda: "better" in taken and looks, "all was taken")
    poll.stop()
    assert taken == ["good", "better"]
    assert len(faults) == 2


def test_what_another_queue_holds_is_not_taken(root: tkinter.Tk) -> None:
    """An attempt that was cancelled has nothing to say any more."""
    taken: list[str] = []
    old: SimpleQueue[str] = SimpleQueue()
    new: SimpleQueue[str] = SimpleQueue()
    for word in ("old", "older"):
        old.put(word)
    new.put("new")

    def take(word: str) -> None:
        taken.append(word)
        poll.follow(new)

    poll = Poll(root, take, lambda: None)
    poll.follow(old)
    poll.start()
    until(root, lambda: "new" in taken, "the new one was looked into")
    poll.stop()
    assert taken == ["old", "new"]


@pytest.mark.parametrize(
    ("geometry", "seen"),
    [
        ("800x600+100+50", True),
        ("800x600+1900+50", False),
        ("800x600+-750+50", False),
        ("800x600+-600+50", True),
        ("800x600+100+-40", False),
        ("800x600+100+1070", False),
        ("800x600", False),
        ("", False),
        ("x", False),
    ],
)
def test_a_window_is_put_where_it_can_be_found(geometry: str, seen: bool) -> None:
    """The screen of the last time may have been a larger one."""
    assert is_seen(geometry, 1920, 1080) is seen


def test_the_main_window_fits_the_screen() -> None:
    """Small ones, too."""
    assert in_the_middle(1920, 1080) == "1000x700+460+190"
    assert in_the_middle(800, 600) == "800x520+0+40"


def test_without_a_screen_it_says_so_in_a_sentence(tmp_path: Path) -> None:
    """And what else there is."""
    ended = subprocess.run(
        [sys.executable, "-m", "clients.gui"],
        env={"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("chatd-gui: There is no screen")
    assert ended.stderr.count("\n") == 1


def test_without_tk_it_says_what_to_install(tmp_path: Path) -> None:
    """Debian's Python comes without it."""
    (tmp_path / "tkinter").mkdir()
    (tmp_path / "tkinter" / "__init__.py").write_text("raise ImportError\n", "utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "clients.gui"],
        env={"HOME": str(tmp_path), "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "python3-tk" in ended.stderr
    assert ended.stderr.count("\n") == 1

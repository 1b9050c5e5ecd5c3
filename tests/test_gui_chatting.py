"""What is asked over the main window: who gets the keys that are pressed meanwhile, and how every question comes to an end."""

import tkinter
from dataclasses import replace
from pathlib import Path

import pytest

from chatd.requests import Register, Request
from chatd.secret import Secret
from clients import events
from clients.addresses import Address
from clients.core import Identity
from clients.dial import Dialler
from clients.events import Event, State
from clients.gui import keyboard
from clients.gui.appearance import Appearance
from clients.gui.card import Card
from clients.gui.chatting import Chatting
from clients.gui.keyboard import Silence, is_within
from clients.gui.model.conversations import Conversations
from clients.gui.model.told import End, Ended, Happened, Told, TrustWanted
from clients.gui.model.view import View
from clients.gui.remembered import Remembered
from clients.gui.worker import Worker
from clients.outbox import Pending
from clients.trust import KnownServers
from clients.wording import say
from tests.tk_roots import parts, press, root, tk_screen, until, words
from tests.tk_windows import HERE

__all__ = ["root", "tk_screen"]

WELCOME = events.Welcomed("ali", False, "", again=True, session=Secret("0" * 64))
WAITING = (Pending("1", "#lobby", "", "salam", False, 0.0),)
TRUST = TrustWanted("example.org:5050", ":".join(["AB"] * 32), "self-signed")


class NotingWorker(Worker):
    """Talks to nobody, and knows what was wanted."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Dialler(Address("example.org"), KnownServers(folder / "known"), False), Identity("ali"))
        self.sent: list[Request] = []
        self.names: list[str] = []
        self.accepted: list[str] = []
        self.goodbyes: list[str] = []

    def send(self, request: Request) -> None:
        """Note it."""
        self.sent.append(request)

    def give_name(self, name: str) -> None:
        """Note it."""
        self.names.append(name)

    def accept(self, fingerprint: str) -> None:
        """Note it."""
        self.accepted.append(fingerprint)

    def quit(self) -> None:
        """Note it."""
        self.goodbyes.append("goodbye")


class Talk:
    """A conversation of which everything that happens is told by the test."""

    def __init__(self, root: tkinter.Tk, folder: Path) -> None:
        self.root, self.view = root, HERE
        self.worker = NotingWorker(folder)
        self.over: list[bool] = []
        appearance = Appearance(root, folder / "window.json", Remembered(), print)
        first = Happened((WELCOME,), HERE)
        self.chatting = Chatting(root, appearance, self.worker, Conversations(), first, on_over=self.over.append)
        root.update()
        root.focus_force()
        self.until(lambda: root.focus_displayof() is not None, "the window had the keyboard")
        self.chatting.window.focus_input()
        root.update()

    def happens(self, *happened: Event, **changed: object) -> None:
        """This happens, and then the view is another."""
        self.view = replace(self.view, **changed)  # type: ignore[arg-type]
        self.take(Happened(happened, self.view))

    def take(self, told: Told) -> None:
        """This is told."""
        self.chatting.take(told)
        self.chatting.idle()
        self.root.update()

    def until(self, condition: object, what: str) -> None:
        """Let the window work until this is so."""
        until(self.root, condition, what)  # type: ignore[arg-type]

    def types(self, *keys: str) -> None:
        """Press these keys, such as ``a`` or ``Return``, wherever the keyboard is."""
        for key in keys:
            self.root.event_generate(f"<{key}>" if len(key) > 1 else f"<Key-{key}>")
            self.root.update()

    def asks_to_leave(self) -> Card:
        """Offline, with something that waits."""
        self.happens(state=State.WAITING, pending=WAITING)
        self.chatting.leave()
        assert self.chatting._leaving
        self.chatting._leaving.view = self.view
        self.chatting.idle()
        self.root.update()
        return self.card

    @property
    def card(self) -> Card:
        """What is asked."""
        assert self.chatting.card
        return self.chatting.card

    @property
    def typed(self) -> str:
        """What stands in the input line."""
        return self.chatting.window.input.draft

    @property
    def has_input(self) -> bool:
        """Whether what is typed goes into the input line."""
        return self.root.focus_get() is self.chatting.window.input.text

    @property
    def values(self) -> list[str]:
        """What stands in the fields of the card."""
        return [field.value for field in self.card.fields]


@pytest.fixture
def talk(root: tkinter.Tk, tmp_path: Path) -> Talk:
    """One that has begun."""
    root.geometry("1000x640+0+0")
    return Talk(root, tmp_path)


# Secrets


def test_a_new_password_is_typed_on_over_a_cut(talk: Talk) -> None:
    """The server dies and comes back under one's fingers: the question stays, and so does the keyboard."""
    talk.happens(events.NewPasswordWanted(Register()))
    talk.types("f", "o", "u")
    talk.happens(events.StateChanged(State.WAITING, "It is away."), state=State.WAITING)
    talk.types("r")
    talk.happens(WELCOME, events.StateChanged(State.ONLINE), state=State.ONLINE)
    talk.types("w")
    assert talk.values == ["fourw", ""]
    assert talk.typed == ""
    talk.types("Tab", *"fourw", "Return")
    assert talk.worker.sent == [Register(Secret("fourw"))]
    assert talk.has_input


def test_a_room_that_goes_does_not_take_the_keyboard_from_a_password(talk: Talk) -> None:
    """Nor does anything else that looks elsewhere."""
    talk.happens(events.NewPasswordWanted(Register()))
    talk.types("a")
    talk.happens(events.Departed("#lobby", "#dev"), rooms=HERE.rooms[1:], current="#dev")
    talk.types("b")
    talk.chatting.window.look_at("@sara")
    talk.root.update()
    talk.types("c")
    talk.chatting.window.input.text.focus_force()
    talk.root.update()
    talk.types("d", "F6", "e")
    assert talk.values == ["abcde", ""]
    assert talk.typed == ""


def test_the_tab_key_stays_with_a_question(talk: Talk) -> None:
    """It goes round: fields, buttons, fields."""
    talk.happens(events.NewPasswordWanted(Register()))
    reached = []
    for _ in range(4):
        reached.append(talk.root.focus_get())
        talk.types("Tab")
    assert len(set(reached)) == 4
    assert talk.root.focus_get() is reached[0]
    talk.types("Shift-Tab")
    assert talk.root.focus_get() is reached[3]


@pytest.mark.parametrize("end", ["replaced", "other name", "gone"])
def test_the_rest_of_a_password_whose_question_is_gone_is_heard_by_nobody(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Neither in the chat nor as an answer to what is asked instead; who stops typing has the keyboard again."""
    monkeypatch.setattr(keyboard, "MOMENT", 60_000)
    talk.happens(events.PasswordWanted("ali", wrong=False), state=State.REGISTERING)
    talk.types("s", "e")
    if end == "replaced":
        talk.happens(events.StateChanged(State.ENDED), state=State.ENDED)
        talk.take(Ended(End.CLOSED, "It was opened elsewhere."))
    elif end == "other name":
        talk.happens(events.NameWanted("It is taken."))
    else:
        talk.happens(WELCOME, state=State.ONLINE)
    monkeypatch.setattr(keyboard, "MOMENT", 1)
    talk.chatting.window.input.text.focus_set()  # whatever looks elsewhere now
    talk.root.update()
    seen = words(talk.root)
    silence = next(part for part in parts(talk.root) if isinstance(part, Silence))
    assert talk.root.focus_get() is silence
    silence.after_cancel(silence._timer)
    for key in ("c", "space", "Tab", "Return", "r"):
        silence.event_generate(f"<{key}>")  # without an update, in which it would end
    talk.until(lambda: talk.root.focus_get() is not silence, "it was over")
    assert words(talk.root) == seen
    assert talk.typed == ""
    assert not any((talk.worker.sent, talk.worker.names, talk.over))
    if end == "gone":
        assert talk.has_input
        return
    assert talk.values in ([], [""])
    assert is_within(talk.card)


def test_the_same_question_asked_again_keeps_what_is_typed(talk: Talk) -> None:
    """A server that comes back asks once more for the password that is being typed."""
    talk.happens(events.PasswordWanted("ali", wrong=False), state=State.REGISTERING)
    talk.types("s")
    card = talk.card
    talk.happens(events.PasswordWanted("ali", wrong=False))
    talk.types("e")
    assert talk.card is card
    assert talk.values == ["se"]
    talk.happens(events.PasswordWanted("ali", wrong=True))
    assert talk.values == [""]


def test_another_name_can_be_typed_at_once(talk: Talk) -> None:
    """Who asks for another question is not kept waiting for it."""
    talk.happens(events.PasswordWanted("ali", wrong=False), state=State.REGISTERING)
    talk.types("Escape", "a", "b", "Return")
    assert talk.worker.names == ["ab"]


def test_a_server_is_not_trusted_by_a_key_that_was_meant_for_the_chat(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question comes while somebody types a line: the Return key behind that is no answer."""
    monkeypatch.setattr(keyboard, "MOMENT", 60_000)
    talk.types("h", "i")
    talk.take(TRUST)
    talk.types("Return")
    assert talk.worker.accepted == []
    assert talk.card
    monkeypatch.setattr(keyboard, "MOMENT", 1)
    talk.types("x")  # the last one before the person looks
    talk.until(lambda: talk.root.focus_get() is talk.card, "the question had the keyboard")
    talk.types("Return")
    assert talk.worker.accepted == [TRUST.fingerprint]
    assert talk.typed == "hi"


# The keyboard


def test_a_question_is_reached_without_a_mouse(talk: Talk) -> None:
    """Letters do not lead away from it, F6 leads to it, Esc says no from wherever one is."""
    card = talk.asks_to_leave()
    talk.types("x")
    assert talk.typed == ""
    assert is_within(card)
    talk.types("F6")
    assert not is_within(card)
    talk.types("F6")
    assert is_within(card)
    talk.chatting.window.input.text.focus_set()
    talk.types("Control-q")
    assert is_within(card)
    talk.chatting.window.input.text.focus_set()
    talk.types("Escape")
    assert talk.chatting.card is None
    assert talk.chatting._leaving is None
    assert talk.has_input


# Ways out


def test_leaving_goes_on_when_what_was_asked_about_is_sent(talk: Talk) -> None:
    """The server is back before the question was answered: then there is nothing to ask."""
    talk.asks_to_leave()
    talk.happens(WELCOME, state=State.ONLINE)
    assert talk.chatting.card
    assert talk.worker.goodbyes == []
    talk.happens(pending=())
    assert talk.worker.goodbyes == ["goodbye"]
    assert talk.chatting.card is None


def test_a_question_about_leaving_that_gives_way_to_another_one_can_be_asked_again(talk: Talk) -> None:
    """Else the window could never be closed."""
    talk.asks_to_leave()
    talk.happens(events.NameWanted("It is taken."))
    assert talk.card.fields
    assert talk.asks_to_leave().words.yes == say("Leave all the same")
    talk.card.yes()
    assert talk.worker.goodbyes == ["goodbye"]


@pytest.mark.parametrize("way", ["interrupt", "leave"])
def test_who_stays_after_logging_out_can_still_end_the_program(talk: Talk, way: str) -> None:
    """What was wanted before and taken back is forgotten."""
    talk.chatting.log_out()
    talk.asks_to_leave().no()
    if way == "interrupt":
        talk.chatting.interrupt()
    else:
        talk.asks_to_leave().yes()
    talk.take(Ended(End.LEFT))
    assert talk.over == [True]


def test_whoever_does_not_trust_the_server_any_more_can_still_read(talk: Talk) -> None:
    """That ends the conversation, not the program."""
    talk.take(TRUST)
    talk.card.no()
    talk.take(Ended(End.LEFT))
    assert talk.over == []
    assert talk.card.words.yes == say("Log in again")
    talk.card.yes()
    assert talk.over == [False]


def test_a_signal_while_logging_out_ends_the_program(talk: Talk) -> None:
    """It is about the program."""
    talk.chatting.log_out()
    talk.chatting.interrupt()
    talk.take(Ended(End.LEFT))
    assert talk.over == [True]


# Other languages and colours


@pytest.mark.parametrize("how", ["language", "theme", "size"])
def test_an_open_question_looks_and_speaks_as_the_window_does(talk: Talk, how: str) -> None:
    """What was typed stays, and so does the keyboard."""
    talk.happens(events.NewPasswordWanted(Register()))
    talk.types("h")
    before = talk.card
    if how == "language":
        talk.take(Ended(End.CLOSED))  # so that the language is changed at once
        talk.chatting._inquiries._asked._remove()
        talk.happens(events.NewPasswordWanted(Register()))
        talk.types("h")
        talk.chatting.choose_language("fa")
        assert talk.card.words.title == say("Make an account") != before.words.title
    elif how == "theme":
        talk.chatting.choose_theme("dark")
    else:
        talk.chatting.choose_size(20)
        assert talk.card.winfo_reqwidth() > 0
    talk.root.update()
    assert talk.card is not before
    talk.types("i")
    assert talk.values == ["hi", ""]
    talk.types("Escape")
    assert talk.chatting.card is None


def test_the_end_can_be_read_in_another_language(talk: Talk) -> None:
    """And is answered by the keyboard."""
    talk.take(Ended(End.CLOSED, "It was opened elsewhere."))
    talk.chatting.choose_language("fa")
    talk.root.update()
    assert talk.card.words.title == say("The conversation has ended")
    talk.types("Escape")
    assert talk.chatting.card is None
    assert talk.has_input


def test_of_many_views_only_the_last_one_is_drawn(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand lines that wait for the server change what is seen once."""
    drawn: list[View] = []
    monkeypatch.setattr(talk.chatting.window, "happened", lambda _events, view: drawn.append(view))
    for count in range(1000):
        talk.chatting.take(Happened((), replace(HERE, pending=WAITING * count)))
    talk.chatting.idle()
    talk.chatting.idle()
    assert [len(view.pending) for view in drawn] == [999]


def test_a_question_is_answered_by_its_button_too(talk: Talk) -> None:
    """Return on a button presses that one, whatever the other one says."""
    card = talk.asks_to_leave()
    stay = next(part for part in parts(card) if "text" in part.keys() and part.cget("text") == "Stay")  # noqa: SIM118
    press(stay, "<Return>")
    assert talk.worker.goodbyes == []
    assert talk.chatting.card is None

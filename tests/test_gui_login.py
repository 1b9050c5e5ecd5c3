"""The login window: what is asked, where it says what is wrong, which keys do what, in English and in Persian."""

import tkinter
from pathlib import Path
from tkinter import ttk

import pytest

from chatd.languages import ENGLISH, PERSIAN, Language
from chatd.secret import Secret
from clients.addresses import Address
from clients.gui.card import Card
from clients.gui.fonts import Fonts
from clients.gui.login.encryption import Encryption, encryption, encryption_told
from clients.gui.login.typed import Typed
from clients.gui.login.window import LoginWindow
from clients.gui.model.told import TrustWanted
from clients.gui.questions import Questions, reflowed
from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import configure, drawn
from clients.gui.theme import LIGHT, apply
from clients.trust import KnownServers, Wish, changed_warning
from clients.wording import say, speak
from tests.tk_roots import parts, press, root, tk_screen, until, words

__all__ = ["root", "tk_screen"]

FINGERPRINT = ":".join(["AB"] * 32)


class Door:
    """What was wanted."""

    def __init__(self) -> None:
        self.attempts: list[tuple[Typed, Address]] = []
        self.cancelled = 0
        self.languages: list[str] = []

    def log_in(self, typed: Typed, address: Address) -> None:
        """Keep it."""
        self.attempts.append((typed, address))

    def cancel(self) -> None:
        """Count it."""
        self.cancelled += 1

    def choose_language(self, code: str) -> None:
        """Keep it."""
        self.languages.append(code)


@pytest.fixture
def door() -> Door:
    """Nobody has wanted anything."""
    return Door()


@pytest.fixture
def known(tmp_path: Path) -> KnownServers:
    """Nobody is known."""
    return KnownServers(tmp_path / "known_servers")


class Opener:
    """Opens login windows, one at a time."""

    def __init__(self, root: tkinter.Tk, door: Door, known: KnownServers) -> None:
        self.root, self.door, self.known = root, door, known
        self.fonts = Fonts(root)
        apply(LIGHT, root, self.fonts)

    def __call__(self, typed: Typed = Typed("localhost", "ali"), language: Language = ENGLISH) -> LoginWindow:  # noqa: B008
        """One with this in it."""
        speak(language)
        window = LoginWindow(self.root, self.door, self.known, typed, theme=LIGHT, fonts=self.fonts)
        self.root.update()
        return window

    def questions(self, master: tkinter.Misc) -> Questions:
        """What can be asked over it."""
        return Questions(master, LIGHT, self.fonts)


@pytest.fixture
def opener(root: tkinter.Tk, door: Door, known: KnownServers) -> Opener:
    """Of an empty window."""
    return Opener(root, door, known)


# What is typed


def test_return_logs_in_from_every_part(opener: Opener, door: Door) -> None:
    """Whoever has filled in what there is presses Return, wherever the cursor is."""
    window = opener()
    focusable = [part for part in parts(window) if isinstance(part, ttk.Entry | ttk.Checkbutton | ttk.Radiobutton)]
    for part in focusable:
        if part.winfo_viewable():
            press(part, "<Return>")
    assert len(door.attempts) == len([part for part in focusable if part.winfo_viewable()]) == 6
    assert set(door.attempts) == {(Typed("localhost", "ali"), Address())}


def test_the_cursor_is_where_something_is_missing(opener: Opener, root: tkinter.Tk) -> None:
    """The name as a rule; the password, if the name has one; the server, if there is none."""
    for typed, field in (
        (Typed("localhost", ""), "name"),
        (Typed("", "ali"), "server"),
        (Typed("localhost", "ali", Secret("")), "password"),
    ):
        window = opener(typed)
        root.focus_force()
        window.focus_field()
        root.update()
        assert root.focus_get() is getattr(window, field).entry
        window.destroy()


def test_the_tab_key_goes_down_the_window(opener: Opener) -> None:
    """In the order in which one reads: server, name, box, password, encryption, button."""
    window = opener(Typed("localhost", "ali", Secret("")))
    part: tkinter.Misc = window.server.entry
    seen = [part]
    while len(seen) < 9:
        part = part.tk_focusNext()  # type: ignore[assignment]
        seen.append(part)
    heights = [part.winfo_rooty() - window.winfo_rooty() for part in seen[:8]]
    assert heights == sorted(heights)
    assert [part.winfo_class() for part in seen[:8]] == [
        "TEntry",
        "TEntry",
        "TCheckbutton",
        "TEntry",
        "TRadiobutton",
        "TRadiobutton",
        "TRadiobutton",
        "TButton",
    ]


def test_the_password_appears_when_there_is_one(opener: Opener, door: Door, root: tkinter.Tk) -> None:
    """It is never shown, and is forgotten when the box is cleared."""
    window = opener()
    box = next(part for part in parts(window) if isinstance(part, ttk.Checkbutton))
    assert not window.password.winfo_viewable()
    root.focus_force()
    box.invoke()
    root.update()
    assert window.password.winfo_viewable()
    assert root.focus_get() is window.password.entry
    press(window.password.entry, "<Return>")
    assert not door.attempts
    assert window.password.problem
    window.password.variable.set("correct horse")
    press(window.password.entry, "<Return>")
    assert door.attempts[0][0].password == Secret("correct horse")
    assert "horse" not in words(window)
    assert str(window.password.entry.cget("show")) == "•"
    assert "horse" not in repr(window.typed)
    box.invoke()
    assert (window.typed.password, window.password.value) == (None, "")


def test_a_destination_may_be_typed_as_on_the_command_line(opener: Opener, door: Door) -> None:
    """ali@host fills in both."""
    window = opener(Typed("sara@[::1]:5051", ""))
    press(window.server.entry, "<Return>")
    assert door.attempts == [(Typed("[::1]:5051", "sara"), Address("::1", 5051))]


@pytest.mark.parametrize("server", ["a b", "host:99999999", "@host", "http://host/"])
def test_an_address_that_is_none_is_told_beside_it(opener: Opener, door: Door, server: str) -> None:
    """Before anything is tried."""
    window = opener(Typed(server, "ali"))
    press(window.name.entry, "<Return>")
    assert not door.attempts
    assert window.server.problem
    assert not window.name.problem


def test_a_name_has_to_be_given(opener: Opener, door: Door) -> None:
    """Blanks are none."""
    window = opener(Typed("localhost", "  "))
    press(window.name.entry, "<Return>")
    assert not door.attempts
    assert window.name.problem


# What became of it


def test_while_it_connects_nothing_can_be_typed_and_esc_stops_it(opener: Opener, door: Door) -> None:
    """The window says what it does, and has a way out."""
    window = opener()
    window.connecting("localhost:5050")
    window.update()
    assert "localhost:5050" in words(window)
    assert window.server.entry.instate(["disabled"])
    press(window.name.entry, "<Return>")
    assert not door.attempts
    press(window.winfo_toplevel().focus_get() or window, "<Escape>")
    assert door.cancelled == 1
    window.ready()
    window.update()
    assert window.server.entry.instate(["!disabled"])
    press(window.name.entry, "<Return>")
    assert len(door.attempts) == 1


def test_each_objection_stands_beside_what_it_is_about(opener: Opener, root: tkinter.Tk) -> None:
    """And is gone with the next attempt."""
    window = opener()
    window.connecting("localhost:5050")
    window.refuse_server("There is no such server.")
    assert (window.server.problem, window.name.problem, window.problem) == ("There is no such server.", "", "")
    window.connecting("localhost:5050")
    assert not window.server.problem
    window.refuse_name("It is taken.")
    assert (window.server.problem, window.name.problem) == ("", "It is taken.")
    window.connecting("localhost:5050")
    window.refuse("Too often. Please wait.")
    assert (window.problem, window.name.problem) == ("Too often. Please wait.", "")
    root.focus_force()
    window.connecting("localhost:5050")
    window.want_password(wrong=False)
    root.update()
    first = window.password.problem
    assert first
    assert root.focus_get() is window.password.entry
    window.password.variable.set("wrong")
    window.connecting("localhost:5050")
    window.want_password(wrong=True)
    assert window.password.problem not in ("", first)
    assert not window.password.value


def test_a_window_that_grows_stays_on_the_screen(opener: Opener, root: tkinter.Tk) -> None:
    """Its button can be reached whatever it has to say."""
    window = opener()
    window.want_password(wrong=True)
    for complain in (window.server.complain, window.refuse):
        complain("This is a sentence of some length about something that is wrong.")
    height = root.winfo_height()
    until(root, lambda: root.winfo_height() > height, "the window has grown")
    until(root, lambda: root.winfo_rooty() + root.winfo_height() <= root.winfo_screenheight(), "all of it can be seen")


# Encryption


def test_what_becomes_of_what_is_said_is_told_at_once(opener: Opener, known: KnownServers) -> None:
    """In words, while the server is being typed."""
    window = opener()
    assert window.encryption.sentence == Encryption.LOCAL.value
    window.server.variable.set("chat.example.org")
    assert window.encryption.sentence == Encryption.PLANNED.value
    _, tls, plaintext = (part for part in parts(window) if isinstance(part, ttk.Radiobutton))
    plaintext.invoke()
    assert window.encryption.sentence == Encryption.READABLE.value
    assert window.typed.wish is Wish.PLAINTEXT
    known.remember(Address("chat.example.org"))
    window.server.variable.set("chat.example.org ")
    assert "has spoken TLS before" in window.encryption.sentence
    tls.invoke()
    window.connecting("chat.example.org:5050")
    window.connected()
    assert window.encryption.sentence == Encryption.ENCRYPTED.value
    window.ready()
    assert window.encryption.sentence == Encryption.PLANNED.value
    window.server.variable.set("a b")
    assert not window.encryption.sentence


def test_a_list_of_known_servers_that_is_damaged_is_told(opener: Opener, known: KnownServers) -> None:
    """It decides whether a server may be trusted."""
    known.path.write_text("nonsense\n", "utf-8")
    assert "cannot be understood" in opener().encryption.sentence


@pytest.mark.parametrize(
    ("host", "wish", "met", "expected"),
    [
        ("localhost", Wish.NOTHING, False, Encryption.LOCAL),
        ("localhost", Wish.NOTHING, True, Encryption.PLANNED),
        ("localhost", Wish.TLS, False, Encryption.PLANNED),
        ("example.org", Wish.NOTHING, False, Encryption.PLANNED),
        ("example.org", Wish.PLAINTEXT, False, Encryption.READABLE),
    ],
)
def test_the_words_follow_the_rules_about_trust(
    known: KnownServers, host: str, wish: Wish, met: bool, expected: Encryption
) -> None:
    """What is announced is what will be done."""
    if met:
        known.remember(Address(host))
    assert encryption(Address(host), wish, known) is expected
    assert encryption_told(Address(host), wish, known) == (expected, expected.value)


# Questions and warnings


def test_a_certificate_is_judged_in_the_same_window(opener: Opener, root: tkinter.Tk) -> None:
    """The fingerprint can be read, compared and copied; what was typed comes back behind the question."""
    window = opener()
    answers: list[object] = []
    wanted = TrustWanted("example.org:5050", FINGERPRINT, "self-signed")
    card = window.show_card(
        lambda master: opener.questions(master).trust(wanted, answers.append, lambda: answers.append("no"))
    )
    root.update()
    assert FINGERPRINT in words(window).replace("\n", "")
    assert not window.server.winfo_viewable()
    next(part for part in parts(card) if isinstance(part, ttk.Button) and part.cget("text") == "Copy").invoke()
    assert root.clipboard_get() == FINGERPRINT
    press(card, "<Return>")
    assert answers == [FINGERPRINT]
    assert window.card is None
    assert window.server.winfo_viewable()


def test_esc_does_not_trust(opener: Opener) -> None:
    """Nor does closing the card in any other way than by its one button."""
    window = opener()
    answers: list[object] = []
    card = window.show_card(
        lambda master: opener.questions(master).trust(
            TrustWanted("example.org:5050", FINGERPRINT, "self-signed"), answers.append, lambda: answers.append("no")
        )
    )
    press(card, "<Escape>")
    assert answers == ["no"]


def test_a_changed_certificate_is_loud(opener: Opener, root: tkinter.Tk) -> None:
    """Return, pressed by habit, does not make it go away: only its button does."""
    window = opener()
    warning = changed_warning(Address("example.org"), FINGERPRINT, FINGERPRINT.replace("A", "C"), Path("known_servers"))
    card = window.show_card(lambda master: opener.questions(master).warning(warning))
    root.update()
    press(card, "<Return>")
    assert window.card is card
    shown = words(card)
    assert "WARNING" in shown
    assert "#" not in shown
    assert "CB:CB" in shown
    (button,) = (part for part in parts(card) if isinstance(part, ttk.Button))
    button.invoke()
    assert window.card is None


def test_what_is_not_sent_is_given_up_by_its_button_only(opener: Opener) -> None:
    """Staying is what stands out, and what the Return and the Escape key do."""
    window, answers = opener(), list[str]()

    def ask() -> Card:
        return window.show_card(
            lambda master: opener.questions(master).leave(
                2, lambda: answers.append("leave"), lambda: answers.append("stay")
            )
        )

    for key in ("<Return>", "<KP_Enter>", "<Escape>"):
        press(ask(), key)
    assert answers == ["stay"] * 3
    styles = {str(part.cget("text")): str(part.cget("style")) for part in parts(ask()) if isinstance(part, ttk.Button)}
    assert styles == {"Stay": "Accent.TButton", "Leave all the same": "TButton"}
    leave = next(part for part in parts(window) if isinstance(part, ttk.Button) and "Leave" in str(part.cget("text")))
    press(leave, "<Return>")
    assert answers[-1] == "leave"


def test_a_warning_for_terminals_is_made_whole_again() -> None:
    """Its lines were broken for 80 columns; a window breaks them elsewhere. What is indented stands for itself."""
    warning = "####\n#  BE CAREFUL.  #\n####\nOne line\nand its end.\n  before: a\n  now:    b\nAnd\nmore."
    assert reflowed(warning) == ("BE CAREFUL.", "One line and its end.\n  before: a\n  now:    b\nAnd more.")
    assert reflowed("Only this.") == ("", "Only this.")


def test_fingerprints_of_a_warning_can_be_compared() -> None:
    """They are divided between bytes, the same way each time, and run from left to right in every language."""
    _, text = reflowed(f"  before: {FINGERPRINT}\n  now: {FINGERPRINT}\nAsk.")
    rows = [line.strip() for line in text.split("\n") if "AB" in line]
    assert len(rows) == 6
    assert rows[0] == rows[3] == f"\u2066{':'.join(['AB'] * 11)}\u2069"
    assert text.endswith("\nAsk.")


# Persian


def labels(part: tkinter.Misc) -> list[ttk.Label]:
    """What is written in a part of the window."""
    return [label for label in parts(part) if isinstance(label, ttk.Label)]


def test_a_persian_name_is_shown_as_it_is_read(opener: Opener) -> None:
    """Tk's line shows its letters one by one from left to right, so it stands below once more."""
    window = opener(Typed("localhost", "علی"))
    assert window.name.preview == "علی"
    assert drawn("علی", Direction.LTR) in words(window.name)
    window.name.variable.set("ali")
    assert not window.name.preview
    configure(True)
    window.name.variable.set("علی")
    assert not window.name.preview


@pytest.mark.parametrize("language", [ENGLISH, PERSIAN], ids=lambda language: language.code)
def test_a_long_name_leaves_room_for_everything_else(opener: Opener, language: Language) -> None:
    """It is shown once more on two lines at most; the rest of it is left out."""
    window = opener(language=language)
    window.name.variable.set("نام دراز " * 40)
    opener.root.update()
    (preview,) = [label for label in labels(window.name) if "…" in str(label.cget("text"))]
    assert str(preview.cget("text")).count("\n") == 1
    assert window.name.value == "نام دراز " * 40


@pytest.mark.parametrize(("pasted", "typed"), [("a\r\nb\nc", "a b c"), ("ali\n", "ali"), ("a\u2028b", "a b")])
def test_pasted_lines_become_one(opener: Opener, pasted: str, typed: str) -> None:
    """In every field: a line that is filled in has no other below it, and would show a box for its end."""
    window = opener(Typed("", ""))
    opener.root.clipboard_clear()
    opener.root.clipboard_append(pasted)
    for field in (window.server, window.name):
        field.entry.focus_force()
        field.entry.event_generate("<<Paste>>")
        opener.root.update()
        assert (field.value, field.entry.get()) == (typed, typed)


def test_a_small_window_keeps_its_button_when_more_is_said(opener: Opener) -> None:
    """It grows as much as what has to be read needs."""
    window = opener()
    opener.root.geometry("560x300")
    opener.root.update()
    for _ in range(2):
        window.refuse("The server is full. Please try again in a minute. " * 4)
        until(opener.root, lambda: opener.root.winfo_height() >= opener.root.winfo_reqheight(), "it had grown")
        button = next(part for part in parts(window) if isinstance(part, ttk.Button) and part.winfo_y() > 100)
        assert button.winfo_height() == button.winfo_reqheight()
        assert button.winfo_rooty() + button.winfo_height() < opener.root.winfo_rooty() + opener.root.winfo_height()
        opener.root.geometry("560x300")
        opener.root.update()


def test_a_password_is_never_shown_once_more(opener: Opener) -> None:
    """Whatever its letters are."""
    window = opener(Typed("localhost", "ali", Secret("گذرواژه")))
    assert not window.password.preview


def test_the_window_is_mirrored_in_persian(opener: Opener) -> None:
    """What begins on the left begins on the right; the address of a server does not turn around."""
    window = opener(language=PERSIAN)
    box = next(part for part in parts(window) if isinstance(part, ttk.Checkbutton))
    assert box.winfo_rootx() + box.winfo_width() == window.server.winfo_rootx() + window.server.winfo_width()
    assert str(window.name.entry.cget("justify")) == "right"
    assert str(window.server.entry.cget("justify")) == "left"
    assert drawn(say("Server")) in words(window)


def test_another_language_can_be_chosen_at_once(opener: Opener, door: Door) -> None:
    """By its own name, for those who do not understand the one that is spoken."""
    window = opener()
    button = next(
        part for part in parts(window) if isinstance(part, ttk.Button) and part.cget("text") == drawn("فارسی")
    )
    button.invoke()
    assert door.languages == ["fa"]


@pytest.mark.parametrize("language", [ENGLISH, PERSIAN])
def test_the_window_is_as_large_as_its_words_need(opener: Opener, language: Language, root: tkinter.Tk) -> None:
    """Nothing is cut off, and it stands in the middle of the screen."""
    opener(language=language)
    assert (root.winfo_width(), root.winfo_height()) == (root.winfo_reqwidth(), root.winfo_reqheight())
    middle = root.winfo_rootx() + root.winfo_width() // 2
    assert abs(middle - root.winfo_screenwidth() // 2) < 10

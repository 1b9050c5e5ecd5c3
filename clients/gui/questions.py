"""Questions that come up in a conversation: names, passwords, certificates, whether to leave. Knows them in words.

Must not know how a card looks, nor where the answers go: they are given to functions.
"""

import re
import tkinter
from collections.abc import Callable
from typing import Final

from chatd.requests import ChangePassword, Register
from chatd.secret import Secret
from chatd.wire.phrases import Shown
from clients.gui.card import Answer, Blank, Card, Words
from clients.gui.fonts import Fonts
from clients.gui.model.told import TrustWanted
from clients.gui.theme import Theme
from clients.wording import counted, say

_ROW: Final = 24
"""Characters of a fingerprint that stand beside each other: eight bytes with their colons."""
_PAIRS: Final = 11
"""Bytes beside each other in a text."""
_FINGERPRINT: Final = re.compile(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}")


class Questions:
    """Makes the cards of one window."""

    def __init__(self, master: tkinter.Misc, theme: Theme, fonts: Fonts) -> None:
        self._master, self._theme, self._fonts = master, theme, fonts

    def name(self, reason: str, give: Callable[[str], object], leave: Callable[[], object]) -> Card:
        """Which name, since the last one cannot be had for this reason."""

        def answered(*values: str) -> str | None:
            name = values[0].strip()
            if not name:
                return say("Please choose a name.")
            give(name)
            return None

        words = Words(say("Another name"), reason, yes=say("Use this name"), no=say("Log out"))
        return self._card(words, Blank(say("Name")), on_yes=answered, on_no=leave)

    def password(
        self, name: str, *, wrong: bool, give: Callable[[Secret], object], other: Callable[[], object]
    ) -> Card:
        """The password of this name, or ``other``: another name."""

        def answered(*values: str) -> str | None:
            if not values[0]:
                return say("Please type the password, or choose another name.")
            give(Secret(values[0]))
            return None

        words = Words(
            say("The password of {name}", name=name),
            say("That is not the password.") if wrong else "",
            yes=say("Log in"),
            no=say("Another name"),
        )
        return self._card(words, Blank(say("Password"), secret=True), on_yes=answered, on_no=other)

    def new_password(
        self, request: Register | ChangePassword, give: Callable[[Register | ChangePassword], object]
    ) -> Card:
        """A password for an account, twice, since nobody sees what is typed; the one until now, if there is one."""
        asks_old = isinstance(request, ChangePassword) and request.old is None

        def answered(*values: str) -> str | None:
            *_, first, again = values
            if not first:
                return say("Please type a password.")
            if first != again:
                return say("These are two different passwords. Please type the same one twice.")
            if isinstance(request, ChangePassword):
                give(ChangePassword(Secret(values[0]) if asks_old else request.old, Secret(first)))
            else:
                give(Register(Secret(first)))
            return None

        old = [Blank(say("Password until now"), secret=True)] if asks_old else []
        new = Blank(say("New password"), secret=True), Blank(say("The same once more"), secret=True)
        if isinstance(request, ChangePassword):
            title, text, done = say("Another password"), "", say("Change the password")
        else:
            title, done = say("Make an account"), say("Make the account")
            text = say("With a password your name belongs to you, and nobody else can use it.")
        return self._card(Words(title, text, yes=done, no=say("Cancel")), *old, *new, on_yes=answered)

    def trust(self, wanted: TrustWanted, accept: Callable[[str], object], decline: Callable[[], object]) -> Card:
        """Whether a certificate that nobody vouches for is the server's."""
        words = Words(
            say("Is this the right server?"),
            say(
                "Nobody vouches for the certificate of {server}: {reason}. This is its SHA-256 fingerprint:",
                server=wanted.server,
                reason=Shown(wanted.reason),
            ),
            code="\n".join(
                wanted.fingerprint[place : place + _ROW] for place in range(0, len(wanted.fingerprint), _ROW)
            ),
            note=say("If the people who run the server tell you the same one, it is theirs."),
            yes=say("Trust it from now on"),
            no=say("Do not connect"),
        )
        return self._card(words, on_yes=lambda *_: _done(accept(wanted.fingerprint)), on_no=decline)

    def warning(self, sentence: str, seen: Callable[[], object] = lambda: None) -> Card:
        """Something that must not be overlooked: several lines, whose title stands in a frame of ``#``."""
        title, text = reflowed(sentence)
        words = Words(title or say("The server cannot be trusted"), text, no=say("I have read this"), loud=True)
        return self._card(words, on_no=seen)

    def over(self, sentence: str, again: Callable[[], object]) -> Card:
        """The conversation has ended, and the person has not wanted that; what was said can still be read."""
        words = Words(say("The conversation has ended"), sentence, yes=say("Log in again"), no=say("Keep reading"))
        return self._card(words, on_yes=lambda *_: _done(again()))

    def leave(self, unsent: int, leave: Callable[[], object], stay: Callable[[], object]) -> Card:
        """Whether to leave though so many messages have not been sent."""
        words = Words(
            counted("One message is not sent yet.", "{count} messages are not sent yet.", unsent),
            say("Whoever leaves now gives them up."),
            yes=say("Leave all the same"),
            no=say("Stay"),
            careful=True,
        )
        return self._card(words, on_yes=lambda *_: _done(leave()), on_no=stay)

    def _card(
        self,
        words: Words,
        *blanks: Blank,
        on_yes: Answer = lambda *_values: None,
        on_no: Callable[[], object] = lambda: None,
    ) -> Card:
        return Card(self._master, self._theme, self._fonts, words, blanks, on_yes=on_yes, on_no=on_no)


def reflowed(sentence: str) -> tuple[str, str]:
    """The title and the text of a warning that was written for a terminal.

    Lines that were broken are whole again; those that are indented stand for themselves. Fingerprints are divided into rows.
    """
    title = " ".join(line.strip("# ") for line in sentence.split("\n") if line.startswith("#")).strip()
    text = "\n".join(line.rstrip() for line in sentence.split("\n") if not line.startswith("#"))
    return title, _FINGERPRINT.sub(_in_rows, re.sub(r"(?m)^(?! )(.*)\n(?! |\Z)", r"\1 ", text))


def _in_rows(fingerprint: re.Match[str]) -> str:
    """Where it can be compared with another: on lines of its own, none of which is turned around."""
    pairs = fingerprint[0].split(":")
    rows = (":".join(pairs[place : place + _PAIRS]) for place in range(0, len(pairs), _PAIRS))
    return "".join(f"\n  \u2066{row}\u2069" for row in rows)


def _done(_: object) -> None:
    """A function's answer is none that an :class:`~clients.gui.card.Answer` gives."""

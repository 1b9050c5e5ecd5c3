"""What is asked over the main window: one card at a time, and where the keyboard goes when it comes or goes by itself.

Knows where a card lies. Must not know what is asked, nor what is beneath it.
"""

import tkinter
from collections.abc import Callable
from enum import Enum

from clients.gui.card import Card
from clients.gui.keyboard import Silence, is_within


class About(Enum):
    """What a question is about, and with that when it need not be answered any more."""

    ENTERING = "entering"
    """Whether a server is the right one, which name, its password."""
    ACCOUNT = "account"
    """A new password."""
    LEAVING = "leaving"
    """Whether to leave with something unsent."""
    END = "end"
    """What to do now that it is over."""


class Asked:
    """The place of the cards of one window."""

    def __init__(
        self, root: tkinter.Tk, *, on_answered: Callable[[], object], on_lost: Callable[[About], object]
    ) -> None:
        """``on_answered``: the card is gone, the keyboard free. ``on_lost``: a question about this went without an answer."""
        self._root, self._on_answered, self._on_lost = root, on_answered, on_lost
        self._card: Card | None = None
        self._silence: Silence | None = None
        self._make: Callable[[], Card] | None = None
        self._about = About.END

    @property
    def card(self) -> Card | None:
        """What is asked now, if anything."""
        return self._card if self._card is not None and self._card.winfo_exists() else None

    def ask(self, about: About, make: Callable[[], Card]) -> None:
        """Ask this; what was asked before need not be answered any more, unless it is the same.

        The rest of what is half typed for another question goes nowhere.
        """
        card, before = make(), self.card
        if before and before.asks_the_same(card):
            card.destroy()
            return
        # A lone Return key answers what has no fields; it must not be one that was meant for something else.
        by_itself = self._is_typing or (not card.fields and about is not About.LEAVING)
        self._remove()
        self._about, self._make = about, make
        self._put(card)
        if by_itself:
            self._hush(card.focus_first)
        else:
            card.focus_first()

    def take_back(self, *about: About) -> None:
        """A question about one of these need not be answered any more."""
        if self.card and self._about in about:
            typing = self._is_typing
            self._remove()
            if typing:
                self._hush(self._on_answered)

    def make_anew(self) -> None:
        """The same card, in another language or other colours; what was typed stays."""
        before = self.card
        if before and self._make:
            values = [field.value for field in before.fields]
            before.destroy()
            card = self._make()
            self._put(card)
            card.fill(values)

    @property
    def _is_typing(self) -> bool:
        """Whether somebody may be typing into a card that has not been answered."""
        return self.card is not None and not self.card.answered and is_within(self.card)

    def _remove(self) -> None:
        if self._silence and self._silence.winfo_exists():
            self._silence.destroy()
        if self.card:
            lost = not self.card.answered
            self.card.destroy()
            if lost:
                self._on_lost(self._about)

    def _put(self, card: Card) -> None:
        self._card = card
        card.place(relx=0.5, rely=0.4, anchor="center")
        card.on_gone = self._on_answered

    def _hush(self, then: Callable[[], object]) -> None:
        self._silence = Silence(self._root, then)

"""The part of the login window that is about encryption: what is wished, and what comes of it. Must not know who logs in."""

import tkinter
from tkinter import ttk
from typing import Final

from chatd.languages import N_
from clients.addresses import AddressError, parse_destination
from clients.gui.fonts import Fonts
from clients.gui.login.encryption import Encryption, encryption_told
from clients.gui.sentence import Sentence, near
from clients.gui.text.drawn import drawn
from clients.trust import KnownServers, TrustError, Wish
from clients.wording import language, say

_CLOSE: Final = 4
_APART: Final = 10

CHOICES: Final = (
    (Wish.NOTHING, N_("Automatic")),
    (Wish.TLS, N_("TLS")),
    (Wish.PLAINTEXT, N_("Not encrypted")),
)


class EncryptionChoice(ttk.Frame):
    """Three wishes, and a sentence that says what will become of what is said."""

    def __init__(self, master: tkinter.Misc, fonts: Fonts, known: KnownServers, wish: Wish, width: int) -> None:
        """``width``: of the sentence, in pixels, until it has a place."""
        super().__init__(master)
        self.columnconfigure(0, weight=1)
        self._known = known
        self._server = ""
        self._found = Encryption.PLANNED
        self._chosen = tkinter.StringVar(self, wish.value)
        heading = ttk.Label(self, text=drawn(say("Encryption")), font=fonts.small, anchor=near())
        heading.grid(row=0, column=0, sticky="ew")
        self._radios = self._made_radios()
        self._state = Sentence(self, fonts.small, width=width, style="Dim.TLabel")
        self._state.put(2, pady=(_CLOSE, 0))

    @property
    def wish(self) -> Wish:
        """The chosen one."""
        return Wish(self._chosen.get())

    @property
    def sentence(self) -> str:
        """What it says now."""
        return self._state.text

    def about(self, server: str) -> None:
        """This is written where the server is asked for; an address that is none is not talked about yet."""
        self._server = server
        self._found, sentence = Encryption.PLANNED, ""
        try:
            _, address = parse_destination(server)
            self._found, sentence = encryption_told(address, self.wish, self._known)
        except AddressError:
            pass
        except TrustError as error:
            self._found, sentence = Encryption.READABLE, error.sentence
        self._state.configure(style="Dim.TLabel" if self._found.safe else "Problem.TLabel")
        self._state.tell(sentence)

    def connected(self) -> None:
        """There is a connection of the kind that was announced."""
        if self._found is Encryption.PLANNED:
            self._state.tell(say(Encryption.ENCRYPTED.value))

    def enable(self, enabled: bool) -> None:
        """Let it be chosen, or not."""
        for radio in self._radios:
            radio.state(["!disabled" if enabled else "disabled"])

    def _made_radios(self) -> list[ttk.Radiobutton]:
        row = ttk.Frame(self)
        row.grid(row=1, column=0, sticky=near())
        radios = []
        for wish, label in CHOICES:
            radio = ttk.Radiobutton(
                row, text=drawn(say(label)), value=wish.value, variable=self._chosen, style="Near.TRadiobutton"
            )
            radio.configure(command=lambda: self.about(self._server))
            if language().right_to_left:
                radio.pack(side="right", padx=(_APART, 0))
            else:
                radio.pack(side="left", padx=(0, _APART))
            radios.append(radio)
        return radios

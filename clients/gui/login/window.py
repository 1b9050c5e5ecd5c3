"""The login window: which server, which name, and what is in the way of it.

Knows what is typed and how it is asked for. Must not know connections, threads, or what is kept between runs: what stands
behind it is told what the person wants, and tells it what became of that.
"""

import tkinter
from collections.abc import Callable
from tkinter import ttk
from typing import Protocol

from chatd.languages import LANGUAGES
from chatd.secret import Secret
from clients.addresses import Address, AddressError, parse_destination
from clients.gui.card import Card
from clients.gui.fonts import Fonts
from clients.gui.login.encryption_choice import EncryptionChoice
from clients.gui.login.field import Field
from clients.gui.login.layout import HALF, MARGIN, STEP, Heading, Progress, add_styles
from clients.gui.login.typed import Typed
from clients.gui.placement import centre, keep_whole
from clients.gui.sentence import Sentence, near
from clients.gui.text.drawn import drawn
from clients.gui.theme import Theme
from clients.trust import KnownServers, Wish
from clients.wording import language, say


class Door(Protocol):
    """What stands behind the login window."""

    def log_in(self, typed: Typed, address: Address) -> None:
        """Connect to the server that is meant by what was typed."""

    def cancel(self) -> None:
        """Stop connecting."""

    def choose_language(self, code: str) -> None:
        """Speak this language; the window is made anew."""


class LoginWindow(ttk.Frame):
    """Fills ``root``."""

    def __init__(
        self, root: tkinter.Tk, door: Door, known: KnownServers, typed: Typed, *, theme: Theme, fonts: Fonts
    ) -> None:
        """``typed``: what stands in it at first. ``theme`` has been applied to ``root``."""
        super().__init__(root, padding=MARGIN)
        self._window, self._door = root, door
        self._busy = False
        self._card: Card | None = None
        add_styles(self, theme)
        self._form = ttk.Frame(self)
        self._form.columnconfigure(0, weight=1)
        self._form.pack(fill="both", expand=True)
        others = [other for other in LANGUAGES.values() if other is not language()]
        Heading(self._form, theme, others, door.choose_language).grid(row=0, column=0, sticky="ew")
        self._fill(fonts, typed)
        self._add_bottom(fonts, known, typed.wish)
        self._listen(self._form)
        self.pack(fill="both", expand=True)
        root.title(say("Log in - chatd"))
        centre(root)
        root.bind("<Configure>", lambda _event: keep_whole(root))  # of all that is in it
        self.focus_field()

    @property
    def typed(self) -> Typed:
        """What stands in it."""
        password = Secret(self.password.value) if self._has_password.get() else None
        return Typed(self.server.value.strip(), self.name.value.strip(), password, self.encryption.wish)

    @property
    def problem(self) -> str:
        """What is said that is not about one field."""
        return self._problem.text

    @property
    def card(self) -> Card | None:
        """The question or warning that is shown in the place of everything, if there is one."""
        return self._card

    # What became of it

    def connecting(self, server: str) -> None:
        """Nothing can be typed until one of the others is called; Esc cancels."""
        self._clear()
        self._be_busy(True)
        self._progress.tell(say("Connecting to {server}…", server=server))

    def connected(self) -> None:
        """There is a connection; the name is not accepted yet."""
        self._progress.tell(say("Signing in…"))
        self.encryption.connected()

    def ready(self) -> None:
        """Something can be typed again."""
        if self._busy:
            self._be_busy(False)
            self.encryption.about(self.server.value)
            self.focus_field()

    def refuse_server(self, sentence: str) -> None:
        """It cannot be had: a sentence beside where it was typed."""
        self._object(self.server, sentence)

    def refuse_name(self, sentence: str) -> None:
        """The same about the name."""
        self._object(self.name, sentence)

    def want_password(self, *, wrong: bool) -> None:
        """The name has one: ask for it."""
        self._has_password.set(True)
        self._show_password()
        self.password.variable.set("")
        sentence = (
            say("That is not the password.") if wrong else say("This name is an account. Please give its password.")
        )
        self._object(self.password, sentence)

    def refuse(self, sentence: str) -> None:
        """It cannot be now, whatever is typed."""
        self.ready()
        self._problem.tell(sentence)

    def note(self, sentence: str) -> None:
        """Something that does not end the attempt."""
        self._problem.tell(sentence)

    def show_card(self, make: Callable[[tkinter.Misc], Card]) -> Card:
        """Put a question or a warning in the place of everything, until it is answered."""
        self._form.pack_forget()
        card = make(self)
        card.on_gone = self._card_gone
        card.pack(fill="both", expand=True)
        self._card = card
        centre(self._window)
        card.focus_first()
        return card

    def focus_field(self) -> None:
        """The cursor goes where something is missing."""
        if not self.server.value.strip():
            self.server.choose()
        elif self._has_password.get() and self.name.value.strip() and not self.password.value:
            self.password.choose()
        else:
            self.name.choose()

    # What it is made of

    def _fill(self, fonts: Fonts, typed: Typed) -> None:
        form = self._form
        self.server = Field(form, fonts, say("Server"), typed.server, code=True)
        self.name = Field(form, fonts, say("Name"), typed.name)
        self._has_password = tkinter.BooleanVar(self, typed.password is not None)
        self._tick = ttk.Checkbutton(form, text=drawn(say("I have a password")), style="Near.TCheckbutton")
        self._tick.configure(variable=self._has_password, command=self._ticked)
        password = typed.password.value if typed.password else ""
        self.password = Field(form, fonts, say("Password"), password, secret=True)
        self.server.grid(row=1, column=0, sticky="ew", pady=(STEP, 0))
        self.name.grid(row=2, column=0, sticky="ew", pady=(STEP, 0))
        self._tick.grid(row=3, column=0, sticky=near(), pady=(HALF, 0))
        self.password.grid(row=4, column=0, sticky="ew", pady=(HALF, 0))
        self._show_password()

    def _add_bottom(self, fonts: Fonts, known: KnownServers, wish: Wish) -> None:
        form, width = self._form, self.server.entry.winfo_reqwidth()
        self.encryption = EncryptionChoice(form, fonts, known, wish, width)
        self.encryption.grid(row=5, column=0, sticky="ew", pady=(STEP, 0))
        self.server.variable.trace_add("write", lambda *_: self.encryption.about(self.server.value))
        self.encryption.about(self.server.value)
        self._problem = Sentence(form, fonts.text, width=width, style="Problem.TLabel")
        self._problem.put(6, pady=(STEP, 0))
        self._log_in = ttk.Button(form, text=drawn(say("Log in")), style="Accent.TButton", command=self._submit)
        self._log_in.grid(row=7, column=0, sticky="ew", pady=(STEP, 0))
        self._progress = Progress(form, fonts, width, self._door.cancel)
        self._progress.grid(row=7, column=0, sticky="ew", pady=(STEP, 0))
        self._progress.grid_remove()

    def _listen(self, widget: tkinter.Misc) -> None:
        """Every part that can have the keyboard listens to two keys; any other would be given it, if it did."""
        if str(widget.cget("takefocus")):
            widget.bind("<Escape>", lambda _event: self._door.cancel())
            for key in ("<Return>", "<KP_Enter>"):
                widget.bind(key, self._entered)
        for child in widget.winfo_children():
            self._listen(child)

    # What the person does

    def _entered(self, event: "tkinter.Event[tkinter.Misc]") -> None:
        if isinstance(event.widget, ttk.Button):
            event.widget.invoke()
        else:
            self._submit()

    def _submit(self) -> None:
        if self._busy or self._card:
            return
        self._clear()
        try:
            name, address = parse_destination(self.server.value)
        except AddressError as error:
            self.refuse_server(error.sentence)
            return
        if name is not None:  # ali@chat.example.org, as on the command line
            self.server.variable.set(self.server.value.rpartition("@")[2])
            self.name.variable.set(name)
        if not self.name.value.strip():
            self.refuse_name(say("Please choose a name."))
        elif self._has_password.get() and not self.password.value:
            self._object(self.password, say("Please type the password, or say that this name has none."))
        else:
            self._door.log_in(self.typed, address)

    def _ticked(self) -> None:
        self._show_password()
        self.password.complain("")
        self.password.variable.set("")
        if self._has_password.get():
            self.password.choose()

    # How it looks

    def _be_busy(self, busy: bool) -> None:
        self._busy = busy
        for part in (self.server, self.name, self.password, self.encryption):
            part.enable(not busy)
        self._tick.state(["disabled" if busy else "!disabled"])
        if busy:
            self._log_in.grid_remove()
            self._progress.start()
        else:
            self._progress.stop()
            self._log_in.grid()

    def _clear(self) -> None:
        for field in (self.server, self.name, self.password):
            field.complain("")
        self._problem.tell("")

    def _object(self, field: Field, sentence: str) -> None:
        self.ready()
        field.complain(sentence)
        field.choose()

    def _show_password(self) -> None:
        if self._has_password.get():
            self.password.grid()
        else:
            self.password.grid_remove()

    def _card_gone(self) -> None:
        self._card = None
        self._form.pack(fill="both", expand=True)
        self.focus_field()

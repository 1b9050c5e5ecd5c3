"""What a conversation has to know from the person: asked when the worker wants it, taken back when that has become needless.

Knows the questions, and where each answer goes. Must not know how a card looks or where it lies.
"""

import tkinter
from collections.abc import Callable

from clients import events
from clients.events import Event, State
from clients.gui.appearance import Appearance
from clients.gui.asked import About, Asked
from clients.gui.card import Card
from clients.gui.model.told import TrustWanted
from clients.gui.questions import Questions
from clients.gui.worker import Worker


class Inquiries:
    """All questions of one conversation, one at a time."""

    def __init__(
        self,
        root: tkinter.Tk,
        appearance: Appearance,
        worker: Worker,
        *,
        on_answered: Callable[[], object],
        on_lost: Callable[[About], object],
        log_out: Callable[[], object],
    ) -> None:
        """``on_answered`` and ``on_lost``: see :class:`~clients.gui.asked.Asked`. ``log_out``: rather than take another name."""
        self._root, self._appearance, self._worker, self._log_out = root, appearance, worker, log_out
        self._asked = Asked(root, on_answered=on_answered, on_lost=on_lost)

    @property
    def card(self) -> Card | None:
        """What is asked now, if anything."""
        return self._asked.card

    def make_anew(self) -> None:
        """In another language or other colours; what was typed stays."""
        self._asked.make_anew()

    # What the worker wants to know

    def take(self, event: Event) -> None:
        """Ask what it asks for; take back what it has made needless."""
        match event:
            case events.NameWanted(reason):
                self._ask_name(reason)
            case events.PasswordWanted(name, wrong):
                self._ask_password(name, wrong=wrong)
            case events.NewPasswordWanted(request):
                self._asked.ask(About.ACCOUNT, lambda: self._questions.new_password(request, self._worker.send))
            case events.Welcomed():
                self._asked.take_back(About.ENTERING)
            case events.StateChanged(State.ENDED):
                self._asked.take_back(About.ENTERING, About.ACCOUNT)

    def trust(self, wanted: TrustWanted) -> None:
        """Ask whether it is the right server."""
        worker = self._worker
        self._asked.ask(About.ENTERING, lambda: self._questions.trust(wanted, worker.accept, worker.decline))

    def _ask_name(self, reason: str) -> None:
        give = self._worker.give_name
        self._asked.ask(About.ENTERING, lambda: self._questions.name(reason, give, self._log_out))

    def _ask_password(self, name: str, *, wrong: bool) -> None:
        give = self._worker.give_password
        self._asked.ask(
            About.ENTERING,
            lambda: self._questions.password(name, wrong=wrong, give=give, other=lambda: self._ask_name("")),
        )

    # How it ends

    def leave(self, unsent: int, leave: Callable[[], object], stay: Callable[[], object]) -> None:
        """Ask whether to leave though so many messages have not been sent."""
        self._asked.ask(About.LEAVING, lambda: self._questions.leave(unsent, leave, stay))

    def left(self) -> None:
        """That is needless now."""
        self._asked.take_back(About.LEAVING)

    def over(self, sentence: str, again: Callable[[], object]) -> None:
        """Say that it has ended, and ask whether to log in ``again``; what was said stays readable behind the question."""
        self._asked.ask(About.END, lambda: self._questions.over(sentence, again))

    def warn(self, sentence: str, again: Callable[[], object]) -> None:
        """The same, of a reason that must not be overlooked."""
        self._asked.ask(About.END, lambda: self._questions.warning(sentence, lambda: self.over("", again)))

    @property
    def _questions(self) -> Questions:
        return Questions(self._root, self._appearance.theme, self._appearance.fonts)

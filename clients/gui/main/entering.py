"""What becomes of a line that was typed: it is understood, sent to where its writer looks, or explained.

Knows lines, requests and conversations. Must not know how they were typed.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Final, Protocol

from chatd.errors import ChatError
from chatd.requests import Join, Leave, Quit, Request, Say, Tell
from chatd.text import clean, message
from chatd.wire.commands import parse
from clients.events import State
from clients.gui.main.asking import Asking
from clients.gui.model.addressing import Misplaced, addressed
from clients.gui.model.conversations import Conversations
from clients.gui.model.desk import Desk
from clients.gui.model.question import Question
from clients.gui.model.view import View
from clients.outbox import LIMIT
from clients.presentation.notices import commands_pasted
from clients.presentation.secrecy import may_be_kept
from clients.wording import book, counted, say

ONE: Final = 1


class Window(Protocol):
    """What a line may ask of the window."""

    def look_at(self, key: str) -> None:
        """Show this conversation."""

    def enter(self, room: str) -> None:
        """Show this room as soon as one is in it."""

    def close(self, key: str) -> None:
        """Take this private conversation off the list."""

    def tell(self, sentence: str) -> None:
        """Say why something was not done."""

    @property
    def asking(self) -> Asking:
        """By what it asks."""

    def sent(self, key: str, line: str, *, keep: bool) -> None:
        """All that was typed in this conversation is on its way: the line can be emptied. ``keep``: it may be called back."""


class Entering:
    """Understands lines."""

    def __init__(self, desk: Desk, conversations: Conversations, window: Window, view: Callable[[], View]) -> None:
        self._desk, self._conversations, self._window, self._view = desk, conversations, window, view
        self._asked_about = ("", "")  # the key of a conversation, and what is typed there

    def entered(self, text: str) -> None:
        """One line, or several that are asked about first."""
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) > ONE:
            self._several(lines, text)
        elif lines:
            self._one(lines[0])
        else:
            self._desk.retry_now()
            self._window.sent(self._conversations.shown.key, "", keep=False)

    def changed(self, text: str) -> None:
        """This is typed now: a question about something else, or typed elsewhere, is one no more."""
        asking = self._window.asking
        if asking.asked is Question.LINES and (self._conversations.shown.key, text) != self._asked_about:
            asking.take_back()

    def _one(self, line: str) -> None:
        request = parse(line)
        if request is None:
            self._desk.retry_now()
        elif not self._do(request):
            return
        # Before another conversation is shown: else what was typed would stay behind in this one, as half typed.
        key = self._conversations.shown.key
        self._window.sent(key, line, keep=request is not None and may_be_kept(line, request))
        self._look_at_answer(request)

    def _do(self, request: Request) -> bool:
        """Whether it was done, or is on its way."""
        key = self._conversations.shown.key
        match request:
            case Quit():
                self._desk.leave()
            case Leave(None) if key.startswith("@"):
                pass  # the server knows nothing of it
            case _:
                try:
                    self._desk.send(addressed(request, key))
                except Misplaced as error:
                    self._window.tell(str(error))
                    return False
        return True

    def _look_at_answer(self, request: Request | None) -> None:
        """Where what was asked for can be seen."""
        key = self._conversations.shown.key
        match request:
            case Leave(None) if key.startswith("@"):
                self._window.close(key)
            case Join(room):
                self._window.enter(room)
            case Tell(str(to)) if not _is_address(to) and (name := _name(to)):
                self._window.look_at(f"@{name}")

    def _several(self, lines: list[str], text: str) -> None:
        if self._refused(lines):
            return
        self._asked_about = (self._conversations.shown.key, text)
        question = counted("Send {count} line?", "Send {count} lines?", len(lines))
        self._window.asking.ask(Question.LINES, question, say("Send"), lambda: self._send(lines, text))

    def _send(self, lines: list[str], text: str) -> None:
        """To where they were typed, which is where one still looks; all of them, or none."""
        if self._refused(lines):
            return
        key = self._conversations.shown.key
        for line in lines:
            request = parse(line)
            if request is not None:
                self._desk.send(addressed(request, key))
        self._window.sent(key, text, keep=True)

    def _refused(self, lines: list[str]) -> bool:
        """Whether they cannot be sent, and it was said why: nothing of them is, and they stay where they are."""
        why = self._obstacle(lines)
        if why:
            self._window.tell(why)
        return bool(why)

    def _obstacle(self, lines: list[str]) -> str:
        commands, view = sum(not isinstance(parse(line), Say) for line in lines), self._view()
        if commands:
            return commands_pasted(len(lines), commands)
        if view.state is State.ENDED:
            return say("The conversation has ended.")
        if len(lines) > LIMIT - len(view.pending):
            return say(
                "These are {count} lines; at most {limit} can wait. Please send fewer.", count=len(lines), limit=LIMIT
            )
        return next(filter(None, (_fault(number, line, view) for number, line in enumerate(lines, 1))), "")


def _fault(number: int, line: str, view: View) -> str:
    """What is wrong with this one of several lines, in a sentence; empty: nothing."""
    request = parse(line)
    try:
        if isinstance(request, Say):
            message(request.text, view.text_bytes)
    except ChatError as error:
        return say("Nothing was sent, because of line {number}: {why}", number=number, why=book().error(error))
    return ""


def _name(to: str) -> str:
    """As it will be asked for; empty: that will be refused."""
    try:
        return clean(to)
    except ChatError:
        return ""


def _is_address(to: str) -> bool:
    try:
        ip_address(to)
    except ValueError:
        return False
    return True

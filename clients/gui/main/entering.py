"""What becomes of a line that was typed: it is understood, sent to where its writer looks, or explained.

Knows lines, requests and conversations. Must not know how they were typed.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Final, Protocol

from chatd.requests import Join, Leave, Quit, Request, Say, Tell
from chatd.wire.commands import parse
from clients.gui.main.asking import Asking
from clients.gui.model.addressing import Misplaced, addressed
from clients.gui.model.conversations import Conversations
from clients.gui.model.desk import Desk
from clients.gui.model.view import View
from clients.outbox import LIMIT
from clients.presentation.notices import commands_pasted
from clients.presentation.secrecy import may_be_kept
from clients.wording import counted, say

ONE: Final = 1


class Window(Protocol):
    """What a line may ask of the window."""

    def look_at(self, key: str) -> None:
        """Show this conversation."""

    def close(self, key: str) -> None:
        """Take this private conversation off the list."""

    def tell(self, sentence: str) -> None:
        """Say why something was not done."""

    @property
    def asking(self) -> Asking:
        """By what it asks."""

    def sent(self, line: str, keep: bool) -> None:
        """All that was typed is on its way: the line can be emptied. ``keep``: it may be called back."""


class Entering:
    """Understands lines."""

    def __init__(self, desk: Desk, conversations: Conversations, window: Window, view: Callable[[], View]) -> None:
        self._desk, self._conversations, self._window, self._view = desk, conversations, window, view

    def entered(self, text: str) -> None:
        """One line, or several that are asked about first."""
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) > ONE:
            self._several(text, lines)
        elif lines:
            self._one(lines[0])
        else:
            self._desk.retry_now()
            self._window.sent("", keep=False)

    def _one(self, line: str) -> None:
        request = parse(line)
        if request is None:
            self._desk.retry_now()
        elif not self._do(request):
            return
        # Before another conversation is shown: else what was typed would stay behind in this one, as half typed.
        self._window.sent(line, keep=request is not None and may_be_kept(line, request))
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
                self._conversations.await_room(room)
            case Tell(str(to)) if not _is_address(to):
                self._window.look_at(f"@{to}")

    def _several(self, text: str, lines: list[str]) -> None:
        commands = sum(not isinstance(parse(line), Say) for line in lines)
        if commands:
            self._window.tell(commands_pasted(len(lines), commands))
        elif len(lines) > LIMIT - len(self._view().pending):
            sentence = say(
                "These are {count} lines; at most {limit} can wait. Please send fewer.", count=len(lines), limit=LIMIT
            )
            self._window.tell(sentence)
        else:
            question = counted("Send {count} line?", "Send {count} lines?", len(lines))
            key = self._conversations.shown.key
            self._window.asking.ask(question, say("Send"), lambda: self._send(text, lines, key))

    def _send(self, text: str, lines: list[str], key: str) -> None:
        """To where they were typed, wherever one looks by now."""
        for line in lines:
            request = parse(line)
            if request is not None:
                self._desk.send(addressed(request, key))
        self._window.sent(text, keep=False)


def _is_address(to: str) -> bool:
    try:
        ip_address(to)
    except ValueError:
        return False
    return True

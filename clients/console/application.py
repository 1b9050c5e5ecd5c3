"""The console: a person at a terminal in front, a client of chatd behind.

Knows which part does what. Must not know keys and drawing (:mod:`clients.console.input_line`), the look of events
(:mod:`clients.presentation.rendering`), or sockets.
"""

import asyncio
import signal
import time
from asyncio import Task, TaskGroup
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final

from prompt_toolkit.document import Document
from prompt_toolkit.history import History
from prompt_toolkit.patch_stdout import patch_stdout

from chatd.languages import N_
from chatd.requests import BOX, Quit, Request, Say
from chatd.wire.commands import parse
from clients import events
from clients.console.completer import ChatCompleter
from clients.console.ending import NOT_REACHED, REFUSED, Ending
from clients.console.input_line import InputLine
from clients.console.questions import Questions, is_accepted, is_yes, means_yes
from clients.console.status import Words, above, status
from clients.console.style import STYLE
from clients.console.toolbar import toolbar
from clients.dial import CouldNotConnect, Dialler, Untrusted
from clients.events import Event, State
from clients.network import Client
from clients.outbox import LIMIT
from clients.presentation.attention import Attention
from clients.presentation.local import Answered, answer
from clients.presentation.notices import Line, commands_pasted, problem
from clients.presentation.rendering import Renderer, rule
from clients.presentation.secrecy import may_be_kept
from clients.reasons import reason_of
from clients.terminal_text import shown
from clients.trust import TrustError
from clients.wording import counted, say

LAST_LINES: Final = 5.0
"""Seconds for which leaving waits until all that was said is on the server's disk."""
SOON: Final = 0.3
"""Seconds after which a line that is not acknowledged is shown as one that waits; most are, before the eye sees it."""


class Console:
    """One run of the interactive console. It is the desk of its input line."""

    def __init__(self, client: Client, dialler: Dialler, renderer: Renderer, history: History) -> None:
        self._client = client
        self._dialler = dialler
        self._renderer = renderer
        self._attention = Attention(time.monotonic())
        self._line = InputLine(self, ChatCompleter(Words(client.core)), history, STYLE)
        self._questions = Questions(client, self._line.ask, self._line.write)
        self._tasks = TaskGroup()
        self._asking: Task[Any] | None = None
        self._joined = self._leaving = self._deciding = False
        self._all_sent = asyncio.Event()

    async def run(self) -> Ending:
        """Until the person leaves or the server will have no more of them."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._leave_now)
        with patch_stdout():
            async with self._tasks:
                self._tasks.create_task(self._type())
                chatting = self._tasks.create_task(self._chat())
        return chatting.result()

    def warn(self, sentence: str) -> None:
        """Say something before it begins."""
        self._line.write([problem(sentence)])

    # What the client tells

    def on_events(self, happened: list[Event]) -> None:
        """Show what happened, and do what it asks for."""
        now = time.monotonic()
        self._renderer.current = self._client.core.current
        lines = [line for event in happened for line in self._lines(event, now)]
        if lines:
            self._line.write(lines)
        if any(self._attention.is_worth_a_bell(event, now) for event in happened):
            self._line.ring()
        for event in happened:
            self._react(event)
        if not self._client.core.pending:
            self._all_sent.set()
        if not self._attention.is_away(now):
            self._mark_read()
        self._line.refresh()

    def _lines(self, event: Event, now: float) -> list[Line]:
        marker = [rule(say("new"))] if self._attention.begins_unread(event, now) else []
        return [*marker, *self._renderer.lines(event, time.time())]

    def _react(self, event: Event) -> None:
        match event:
            case events.NameWanted() | events.PasswordWanted() | events.NewPasswordWanted():
                self._ask_about(self._questions.answer(event))
            case events.Local(request):
                self._line.write(answer(request, self._renderer))
            case events.Welcomed():
                self._joined = True
            case events.StateChanged(state=State.ENDED) if self._asking:
                self._asking.cancel()

    def _ask_about(self, question: Coroutine[Any, Any, None]) -> None:
        if self._asking:
            self._asking.cancel()
        self._asking = self._tasks.create_task(question)

    async def _type(self) -> None:
        """Where the line ends first, the terminal is gone."""
        with suppress(EOFError):
            await self._line.run()
        self._leave_now()

    async def _chat(self) -> Ending:
        try:
            while True:
                try:
                    await self._client.run(self.on_events)
                except Untrusted as untrusted:
                    if not await self._accepts(untrusted):
                        return Ending(REFUSED, say("Nothing was said to the server."))
                    self._dialler.accept(untrusted.fingerprint)
                else:
                    return Ending() if self._leaving else Ending(REFUSED)
        except CouldNotConnect as error:
            return Ending(NOT_REACHED, error.sentence)
        except TrustError as error:
            self._give_back()
            return Ending(REFUSED, error.sentence)
        finally:
            self._line.close()

    async def _accepts(self, untrusted: Untrusted) -> bool:
        """While this is asked the client does not run, so that leaving it does not end the question."""
        self._deciding = True
        try:
            accepted = not self._leaving and await is_accepted(untrusted, self._line.ask, self._line.write)
        finally:
            self._deciding = False
        if not accepted:
            self._give_back()
        return accepted

    def _give_back(self) -> None:
        """Nothing that was typed goes without a word."""
        self.on_events(self._client.give_up())
        if self._line.draft:
            self._line.write([problem(say("This was not sent either: {text}", text=self._line.draft))])

    # The desk of the input line

    def entered(self, line: str) -> bool:
        """Do what a line asks for; an empty one tries to connect at once."""
        request = parse(line)
        if request is None:
            self._client.retry_now()
            return False
        if isinstance(request, Quit):
            self.ended()
            return False
        if self._joined or isinstance(request, Answered):
            self._send([request])
        else:
            self._line.write([problem(say("You have not joined yet, so this was not said."))])
        return self._joined and may_be_kept(line, request)

    def pasted(self, lines: Sequence[str], draft: Document) -> None:
        """Ask before several lines are sent; behind a command they are one line, so that they go where it says."""
        before, after = draft.text_before_cursor, draft.text_after_cursor
        if before.lstrip().startswith("/"):
            inserted = before + " ".join(lines)
            self._line.restore(Document(inserted + after, len(inserted)))
            return
        whole = [before + lines[0], *lines[1:-1], lines[-1] + after]
        self._tasks.create_task(self._send_pasted([line for line in whole if line.strip()], draft))

    def interrupted(self) -> None:
        """Ctrl-C once more answers the question by leaving."""
        self._tasks.create_task(self._ask_to_leave())

    def ended(self) -> None:
        """Leave."""
        self._tasks.create_task(self._leave())

    def at_the_keyboard(self) -> None:
        """Somebody looks: what has been printed is read."""
        self._attention.here(time.monotonic())
        self._mark_read()

    def gone(self) -> None:
        """Nobody looks."""
        self._attention.gone()

    def above(self) -> Line:
        """The lines that wait for the server."""
        return above(self._client.core, time.monotonic() - SOON)

    def prompt(self) -> Line:
        """Who speaks."""
        name = self._client.core.name
        return [("bold", f"{shown(name)}> " if name else "> ")]

    def below(self, columns: int) -> Line:
        """The toolbar."""
        now = status(self._client.core, self._dialler, time.time() - time.monotonic())
        return toolbar(now, columns)

    def history_failed(self, error: OSError) -> None:
        """It is not worth an end."""
        self._line.write(
            [problem(say("This line cannot be kept for the next time: {reason}.", reason=reason_of(error)))]
        )

    def _send(self, requests: Sequence[Request]) -> None:
        for request in requests:
            self._client.send(request)
        self._all_sent.clear()
        asyncio.get_running_loop().call_later(SOON, self._line.refresh)

    async def _send_pasted(self, lines: Sequence[str], draft: Document) -> None:
        commands = [line for line in lines if not isinstance(parse(line), Say)]
        if commands:
            self._line.write([problem(commands_pasted(len(lines), len(commands)))])
        elif len(lines) > LIMIT - len(self._client.core.pending):
            template = N_("These are {count} lines; at most {limit} can wait. Please send fewer.")
            self._line.write([problem(say(template, count=len(lines), limit=LIMIT))])
        elif await is_yes(self._line.ask, counted("Send {count} line? y/n", "Send {count} lines? y/n", len(lines))):
            self._send([Say(line) for line in lines])
            return
        self._line.restore(draft)

    def _mark_read(self) -> None:
        core = self._client.core
        for room in (core.current, BOX):
            if room is not None and room in core.rooms:
                core.mark_read(room)

    async def _ask_to_leave(self) -> None:
        match await self._line.ask(say("Leave the chat? y/n")):
            case [typed] if not means_yes(typed):
                return
        await self._leave()

    async def _leave(self) -> None:
        """Leave when all is sent; what cannot be sent is asked about."""
        core = self._client.core
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_LINES if core.state is State.ONLINE else 0):
                while core.pending:
                    self._all_sent.clear()
                    await self._all_sent.wait()
        count = len(core.pending)
        question = counted(
            "One line is not sent. Leave all the same? y/n",
            "{count} lines are not sent. Leave all the same? y/n",
            count,
        )
        if not count or await is_yes(self._line.ask, question):
            self._leave_now()

    def _leave_now(self) -> None:
        self._leaving = True
        if self._deciding:
            self._line.close()
        else:
            self._client.quit()

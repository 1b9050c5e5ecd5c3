"""Plain mode: lines in, lines out, for screen readers, pipes and scripts. No colours, no editing, no escape sequences.

Knows streams and which part does what. Must not know prompt_toolkit's screen, or sockets.
"""

import asyncio
import signal
import sys
import time
from asyncio import Task
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any, Final

from chatd.languages import N_
from chatd.requests import Act, Quit, Request, Say, Tell
from chatd.wire.commands import parse
from chatd.wire.phrases import Shown
from clients import events
from clients.console.asked import Asked
from clients.console.ending import FINE, NOT_REACHED, REFUSED, Ending
from clients.console.questions import Questions
from clients.console.stdin import Lines, without_echo
from clients.dial import CouldNotConnect
from clients.events import Event, State, Timing
from clients.network import Client
from clients.presentation.local import Answered, answer
from clients.presentation.notices import Line, problem
from clients.presentation.rendering import Renderer, plain
from clients.terminal_text import safe
from clients.trust import TrustError
from clients.wording import say, whole

_MOST_WAITING: Final = 32
"""So many lines are on their way at most; a file of many is not read faster than it is sent."""

_WRONG_PASSWORD: Final = N_("The password of {name} in the file is wrong.")
_PASSWORD_WANTED: Final = N_("{name} is an account. Please give its password with --password-file.")


class Plain:
    """One run in plain mode. Problems go to standard error, all else to standard output."""

    def __init__(self, client: Client, renderer: Renderer) -> None:
        self._client = client
        self._renderer = renderer
        self._interactive = sys.stdin.isatty()
        self._questions = Questions(client, self._ask, self._show)
        self._asked: Asked | None = None
        self._joined = False
        self._asking: Task[Any] | None = None
        self._refusal = ""
        self._left = self._failed = False
        self._changed = asyncio.Event()

    async def run(self) -> Ending:
        """Until standard input has ended and everything is acknowledged, or the server will have no more of it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._leave)
        typing = asyncio.ensure_future(self._type())
        try:
            await self._client.run(self.on_events)
        except CouldNotConnect as error:
            return Ending(NOT_REACHED, error.sentence)
        except TrustError as error:
            self.on_events(self._client.give_up())
            return Ending(REFUSED, error.sentence)
        finally:
            for task in (typing, self._asking):
                if task:
                    task.cancel()
                    await asyncio.wait([task])
        fine = self._left and not self._failed and not self._refusal
        return Ending(FINE if fine else REFUSED, self._refusal)

    def warn(self, sentence: str) -> None:
        """Say something before it begins."""
        self._show([problem(sentence)])

    def on_events(self, happened: list[Event]) -> None:
        """Show what happened, and do what it asks for."""
        self._renderer.current = self._client.core.current
        for event in happened:
            if not self._is_needless(event):
                self._show(self._renderer.lines(event, time.time()))
            self._react(event)
        self._changed.set()

    def _is_needless(self, event: Event) -> bool:
        """Whether it is what was typed at this terminal, or a goodbye to somebody who was not let in."""
        if isinstance(event, events.Bye):
            return bool(self._refusal)
        return self._interactive and isinstance(event, events.Said) and event.own and event.timing is not Timing.EARLIER

    def _react(self, event: Event) -> None:
        match event:
            case events.NameWanted() | events.PasswordWanted() | events.NewPasswordWanted() if self._interactive:
                if self._asking:
                    self._asking.cancel()
                self._asking = asyncio.ensure_future(self._questions.answer(event))
            case events.NameWanted(reason):
                self._refuse(_name_wanted(reason if self._client.core.name else ""))
            case events.PasswordWanted(name, wrong):
                template = _WRONG_PASSWORD if wrong else _PASSWORD_WANTED
                self._refuse(say(template, name=name))
            case events.NewPasswordWanted():
                self._refuse(say("A new password can only be given at a terminal."))
            case events.NotSent() | events.Problem() if not self._interactive:
                self._failed = True
            case events.Welcomed():
                self._joined = True
            case events.Local(request):
                self._show(answer(request, self._renderer))

    def _refuse(self, sentence: str) -> None:
        """It cannot go on without somebody to ask."""
        self._refusal = safe(sentence)
        self._client.quit()

    async def _type(self) -> None:
        """Do what the lines say, one after the other."""
        async for line in Lines(sys.stdin.fileno()):
            if self._asked:
                self._answer(self._asked, line)
                continue
            request = parse(line)
            if isinstance(request, Quit):
                break
            await self._until_ready(request)
            if self._interactive and not self._joined and not isinstance(request, Answered | None):
                self._show([problem(say("You have not joined yet, so this was not said."))])
            elif request is not None:
                self._client.send(request)
            elif self._interactive:
                self._client.retry_now()
        if self._asked:
            self._asked.end(None)
        await self._until_waiting(0)
        self._leave()

    async def _until_ready(self, request: Request | None) -> None:
        """A script's lines wait for the server, and what is asked for, until what was said before is in its place."""
        if not self._interactive:
            await self._until_waiting(_MOST_WAITING - 1 if isinstance(request, Say | Act | Tell) else 0)

    async def _until_waiting(self, most: int) -> None:
        """Until no more than so many messages are on their way, and the server is there."""
        core = self._client.core
        while len(core.pending) > most or (core.state is not State.ONLINE and not self._interactive):
            self._changed.clear()
            await self._changed.wait()

    def _leave(self) -> None:
        self._left = True
        self._client.quit()

    async def _ask(self, *questions: str, secret: bool = False) -> list[str] | None:
        with without_echo(sys.stdin.fileno()) if secret else nullcontext():
            self._asked = Asked(questions)
            _write(sys.stdout, f"{whole(self._asked.question)} ")
            return await self._asked.answers

    def _answer(self, asked: Asked, line: str) -> None:
        if asked.answer(line):
            self._asked = None
            asked.end(asked.given)
        else:
            _write(sys.stdout, f"{whole(asked.question)} ")

    def _show(self, lines: Iterable[Line]) -> None:
        for line in lines:
            failed = line[:1] and line[0][0] == "class:problem"
            _write(sys.stderr if failed else sys.stdout, f"{plain(line)}\n")


def _name_wanted(reason: str) -> Shown:
    """What to do about a missing name, or about one that cannot be had."""
    if not reason:
        return say("Please give a name before the host, as in ali@localhost.")
    return say("{reason} Please give a name before the host, as in ali@localhost.", reason=reason)


def _write(stream: Any, text: str) -> None:
    """UTF-8 whatever the locale is, at once: somebody may be waiting at the other end of a pipe."""
    stream.buffer.write(text.encode())
    stream.buffer.flush()

"""The thread beside the window in which a client runs, and the queue by which it tells the window what happened.

Knows threads, asyncio and the client. Must not know Tk: the window polls :attr:`Worker.inbox`, and calls the methods, none
of which waits. One worker is one conversation, from the first attempt to connect to its end.
"""

import asyncio
import time
import traceback
from asyncio import AbstractEventLoop, Future, Task
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from queue import SimpleQueue
from random import SystemRandom
from threading import Thread
from typing import Final, ParamSpec

from chatd.requests import Request
from chatd.secret import Secret
from clients.core import ClientCore, Identity
from clients.dial import CouldNotConnect, Dialler, Untrusted
from clients.events import Event, State, StateChanged
from clients.gui.model.told import End, Ended, Happened, Looked, Told, TrustWanted, Warned
from clients.gui.model.view import View, look
from clients.network import Client
from clients.trust import TrustError
from clients.wording import say

P = ParamSpec("P")

AT_ONCE: Final = 50
"""As many events are told together at most, so that the window can do something else between them."""
PATIENCE: Final = 2.0
"""Seconds in which the thread has to end when it is stopped; a host name that is being looked up may take longer."""


class Worker:
    """One conversation in a thread of its own. All methods are for the window's thread, and return at once but ``stop``."""

    def __init__(self, dialler: Dialler, identity: Identity) -> None:
        """Prepare to talk to the server of ``dialler``, whose warnings come by the inbox; nothing happens before ``start``."""
        self.inbox: SimpleQueue[Told] = SimpleQueue()
        """What happened, in order; :class:`Ended` is the last."""
        self._dialler = replace(dialler, warn=lambda sentence: self.inbox.put(Warned(sentence)))
        core = ClientCore(identity, SystemRandom(), time.monotonic())
        self._client = Client(core, self._dialler.dial, server=str(dialler.address))
        self._view = View(core.state, str(dialler.address), dialler.encrypted, name=identity.name)
        self._thread = Thread(target=self._work, name="conversation", daemon=True)
        self._loop: AbstractEventLoop | None = None
        self._task: Task[Ended] | None = None
        self._verdict: Future[str | None] | None = None
        self._leaving = False
        self._why = ""
        self._fault: Exception | None = None

    # What the window does

    def start(self) -> None:
        """Begin, once."""
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._converse())
        self._thread.start()

    def send(self, request: Request) -> None:
        """Do what a typed line asked for (:meth:`clients.core.ClientCore.send`)."""
        self._call(self._client.send, request)

    def give_name(self, name: str) -> None:
        """The answer to :class:`~clients.events.NameWanted`, or instead of a password: another name."""
        self._call(self._client.give_name, name)

    def give_password(self, password: Secret) -> None:
        """The answer to :class:`~clients.events.PasswordWanted`."""
        self._call(self._client.give_password, password)

    def switch_room(self, name: str) -> None:
        """Talk to this room, which was joined before."""
        self._call(self._switch_room, name)

    def retry_now(self) -> None:
        """Do not wait for the next attempt to connect."""
        self._call(self._client.retry_now)

    def look(self) -> None:
        """Ask for the view: :class:`Looked` follows."""
        self._call(self._look)

    def quit(self) -> None:
        """Say goodbye; :class:`Ended` follows. What is still pending is given up."""
        self._call(self._quit)

    def accept(self, fingerprint: str) -> None:
        """The answer to :class:`TrustWanted`: this certificate is the server's, from now on."""
        self._call(self._answer, fingerprint)

    def decline(self) -> None:
        """The other answer to it; :class:`Ended` follows."""
        self._call(self._quit)

    def stop(self, patience: float = PATIENCE) -> bool:
        """End at once, without a goodbye, and wait for it so many seconds. Returns whether it has ended."""
        if self._loop is None:
            return True
        self._call(self._cancel)
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _call(self, action: Callable[P, object], *arguments: P.args, **named: P.kwargs) -> None:
        """Have this done over there; when that has ended, nothing is left to do it to."""
        if self._loop is None:
            return
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._act, lambda: action(*arguments, **named))

    # What the thread does

    def _work(self) -> None:
        with asyncio.Runner(loop_factory=self._made_loop) as runner:
            # Told before the runner is closed, which waits for names that are being looked up.
            self.inbox.put(self._ending(runner))

    def _made_loop(self) -> AbstractEventLoop:
        assert self._loop is not None
        return self._loop

    def _ending(self, runner: asyncio.Runner) -> Ended:
        try:
            return runner.run(self._ended())
        except asyncio.CancelledError:
            return Ended(End.LEFT) if self._fault is None else _failed(self._fault)
        except Exception as error:
            return _failed(error)

    async def _ended(self) -> Ended:
        assert self._task is not None
        return await self._task

    async def _converse(self) -> Ended:
        try:
            while True:
                try:
                    await self._client.run(self._tell)
                    return Ended(End.LEFT if self._leaving else End.CLOSED, self._why)
                except Untrusted as untrusted:
                    fingerprint = await self._judged(untrusted)
                    if fingerprint is None:
                        return self._given_up(End.LEFT, "")
                    self._dialler.accept(fingerprint)
        except CouldNotConnect as error:
            return self._given_up(End.NOT_REACHED, str(error))
        except TrustError as error:
            return self._given_up(End.NOT_TRUSTED, str(error))

    async def _judged(self, untrusted: Untrusted) -> str | None:
        """The fingerprint that the person accepts; ``None``: they do not."""
        if self._leaving:
            return None
        self._verdict = asyncio.get_running_loop().create_future()
        self.inbox.put(TrustWanted(str(untrusted.address), untrusted.fingerprint, untrusted.reason))
        try:
            return await self._verdict
        finally:
            self._verdict = None

    def _given_up(self, end: End, sentence: str) -> Ended:
        """Nothing that was typed goes without a word."""
        self._tell(self._client.give_up())
        return Ended(end, sentence)

    def _tell(self, happened: Sequence[Event]) -> None:
        core = self._client.core
        for event in happened:
            if isinstance(event, StateChanged) and event.state is State.ENDED:
                self._why = event.why
        before, self._view = self._view, look(core, happened, self._view, time.time() - time.monotonic())
        if happened:
            for start in range(0, len(happened), AT_ONCE):
                self.inbox.put(Happened(tuple(happened[start : start + AT_ONCE]), self._view))
        elif self._view is not before:
            self.inbox.put(Happened((), self._view))

    def _act(self, action: Callable[[], object]) -> None:
        """Do what the window wants. The core tells nothing of what only waits, so it is looked at."""
        try:
            action()
            self._tell(())
        except Exception as error:
            self._fault = error
            self._cancel()

    def _look(self) -> None:
        self._tell(())
        self.inbox.put(Looked(self._view))

    def _switch_room(self, name: str) -> None:
        """Nothing has to be sent for it, so that the client need not run."""
        self._client.core.switch_room(name)
        self._tell(self._client.core.take_events())

    def _quit(self) -> None:
        self._leaving = True
        if self._verdict:
            self._answer(None)
        else:
            self._client.quit()

    def _answer(self, fingerprint: str | None) -> None:
        if self._verdict and not self._verdict.done():
            self._verdict.set_result(fingerprint)

    def _cancel(self) -> None:
        if self._task:
            self._task.cancel()


def _failed(error: Exception) -> Ended:
    """The window says that it happened; what happened is for those who can mend it."""
    traceback.print_exception(error)
    return Ended(
        End.FAILED,
        say(
            "The connection has ended by a fault in this program ({fault}). Please report what it wrote to the terminal.",
            fault=type(error).__name__,
        ),
    )

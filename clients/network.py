"""A client core over real connections: opened when it wishes, ticked by its deadline, until it ends.

Knows asyncio and the core's methods. Must not know what is said, nor how events are shown. For any interface: the one it
serves runs in the same event loop, or hands its calls over with ``call_soon_threadsafe``.
"""

import asyncio
import time
from asyncio import StreamReader, StreamWriter, Task, TimerHandle
from collections.abc import Awaitable, Callable
from ssl import SSLError
from typing import Final

from chatd.languages import N_
from chatd.requests import Request
from chatd.secret import Secret
from chatd.wire.phrases import Shown
from clients.addresses import Address
from clients.core import ClientCore, Wish
from clients.dial import CouldNotConnect, Streams
from clients.events import Event, State
from clients.reasons import strerror
from clients.wording import say

_AT_ONCE: Final = 64 * 1024
"""Bytes read in one go."""
ANSWER_WITHIN: Final = 15.0
"""Seconds for the first answer ever. Whoever says nothing of the protocol in them is no server of chatd."""
LAST_WORDS: Final = 5.0
"""Seconds in which what is left has to be sent when the connection is closed."""

_OTHER_LANGUAGE: Final = N_(
    "{server} is not a chatd server: it answers in another language. Please check the host and the port."
)
_SILENT: Final = N_("{server} is not a chatd server: it says nothing. Please check the host and the port.")
_SILENT_IN_CLEAR: Final = N_(
    "{server} is not a chatd server: it says nothing, or wants TLS (--tls). Please check the host and the port."
)


class Client:
    """Runs a core until it ends. What happens is told in lists of events, in order, never from within a call to this."""

    def __init__(
        self,
        core: ClientCore,
        dial: Callable[[], Awaitable[Streams]],
        now: Callable[[], float] = time.monotonic,
        server: str = "",
        patience: float = ANSWER_WITHIN,
    ) -> None:
        """Prepare to run ``core``; nothing happens before :meth:`run`.

        Args:
            core: what to run.
            dial: opens a connection, as :meth:`clients.dial.Dialler.dial` does.
            now: the clock of the core.
            server: what to call the server in sentences; empty: it has no name.
            patience: seconds for its first answer ever.
        """
        self.core = core
        self._dial = dial
        self._now = now
        self._reached = False
        self._conversation: Task[None] | None = None
        self._writer: StreamWriter | None = None
        self._abort: TimerHandle | None = None
        self._server = server
        self._patience = patience
        self._spoken = False
        self._heard = False
        self._unanswered: TimerHandle | None = None
        self._wake = asyncio.Event()

    async def run(self, on_events: Callable[[list[Event]], None]) -> None:
        """Run the core until it has ended and its connection is closed; what happens is told to ``on_events``.

        Raises:
            CouldNotConnect: the very first connection could not be opened, or is not to a server of chatd. Later ones are
                tried again and again.
            TrustError: the server is not, or not yet, to be trusted. The core waits as it is: ``run`` may be called again.
        """
        try:
            while True:
                self._wake.clear()
                self._follow()
                self._tell(on_events)
                if self.core.state is State.ENDED and self._conversation is None:
                    return
                await self._wait()
        finally:
            await self._hang_up()

    def send(self, request: Request) -> None:
        """Do what somebody asked for."""
        self.core.send(request, self._now())
        self._wake.set()

    def give_name(self, name: str) -> None:
        """The answer to the question for a name."""
        self.core.give_name(name)
        self._wake.set()

    def give_password(self, password: Secret) -> None:
        """The answer to the question for a password."""
        self.core.give_password(password)
        self._wake.set()

    def retry_now(self) -> None:
        """Do not wait for the next attempt to connect."""
        self.core.retry_now(self._now())
        self._wake.set()

    def quit(self) -> None:
        """Say goodbye and end."""
        self.core.quit(self._now())
        self._wake.set()

    def give_up(self) -> list[Event]:
        """End without a connection, after :meth:`run` has raised; returns what became of what was not sent."""
        self.core.connection_lost(self._now(), "", final=True)
        return self.core.take_events()

    def _follow(self) -> None:
        """Do what the core wishes, and send what it has to send."""
        if self._conversation and self._conversation.done():
            ended, self._conversation = self._conversation, None
            if not ended.cancelled():
                ended.result()
        if self.core.wish is Wish.CONNECT and self._conversation is None:
            self._conversation = asyncio.ensure_future(self._converse())
            self._conversation.add_done_callback(lambda _: self._wake.set())
        data = self.core.take_bytes()
        if data and self._writer:
            self._say(data)
        if self.core.wish is Wish.CLOSE:
            self._close()
        elif self.core.state is State.ENDED and self._conversation and not self._writer:
            self._conversation.cancel()  # it is still being opened

    def _say(self, data: bytes) -> None:
        """Send; the first answer ever has to come in time."""
        if self._writer is None:
            return
        self._writer.write(data)
        self._spoken = True
        if not self.core.recognised and self._unanswered is None:
            self._unanswered = asyncio.get_running_loop().call_later(self._patience, self._not_answered)

    def _not_answered(self) -> None:
        if self._writer and not self.core.recognised:
            self._writer.transport.abort()

    def _tell(self, on_events: Callable[[list[Event]], None]) -> None:
        happened = self.core.take_events()
        if happened:
            on_events(happened)

    async def _wait(self) -> None:
        """Until something happens, or the core's time has come."""
        deadline = self.core.deadline
        try:
            async with asyncio.timeout(None if deadline is None else max(0.0, deadline - self._now())):
                await self._wake.wait()
        except TimeoutError:
            self.core.tick(self._now())

    async def _converse(self) -> None:
        """One connection, from its opening to its end."""
        try:
            reader, writer = await self._dial()
        except CouldNotConnect as error:
            if not self._reached:
                raise
            self.core.connection_lost(self._now(), error.sentence)
            return
        self._reached, self._writer = True, writer
        self.core.connection_opened(self._now(), is_private(writer))
        self._spoken = self._heard = False
        self._wake.set()
        try:
            reason = await self._listen(reader)
        finally:
            self._writer = None
            writer.transport.abort()
            for timer in filter(None, (self._abort, self._unanswered)):
                timer.cancel()
            self._abort = self._unanswered = None
        self.core.connection_lost(self._now(), reason)
        if self._spoken and not self.core.recognised and self.core.state is not State.ENDED:
            raise CouldNotConnect(self._no_chatd(encrypted=writer.get_extra_info("ssl_object") is not None))

    def _no_chatd(self, *, encrypted: bool) -> Shown:
        """Why there is no sense in trying again."""
        silent = _SILENT if encrypted else _SILENT_IN_CLEAR
        template = _OTHER_LANGUAGE if self._heard else silent
        return say(template, server=self._server or say("The other side"))

    async def _listen(self, reader: StreamReader) -> str:
        """Until the connection ends; the sentence says how."""
        try:
            while data := await reader.read(_AT_ONCE):
                self._heard = True
                self.core.received(data, self._now())
                self._wake.set()
        except OSError as error:
            number = None if isinstance(error, SSLError) else error.errno  # TLS has numbers of its own
            if not number:
                return say("The connection is lost: it was cut.")
            return say("The connection is lost: {reason}.", reason=strerror(number))
        return say("The server has closed the connection.")

    def _close(self) -> None:
        """Send what is left and close; a peer that takes nothing cannot prevent it."""
        if self._writer and self._abort is None:
            self._abort = asyncio.get_running_loop().call_later(LAST_WORDS, self._writer.transport.abort)
            self._writer.close()

    async def _hang_up(self) -> None:
        """Leave nothing running, whatever happened."""
        if self._conversation:
            self._conversation.cancel()
            await asyncio.wait([self._conversation])
            self._conversation = None


def is_private(writer: StreamWriter) -> bool:
    """Whether nobody on the way can read this connection: it is encrypted, or does not leave the machine."""
    if writer.get_extra_info("ssl_object") is not None:
        return True
    peer = writer.get_extra_info("peername")
    return not isinstance(peer, tuple) or Address(peer[0]).is_loopback  # a UNIX socket's peer is a path

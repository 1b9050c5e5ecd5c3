"""The clients of a room, all in one thread: they talk, read, and have ``check`` judge what they heard.

Knows who has said and heard how much, and when. Must not know which server it is, nor what is made of the figures.

The server is faster than a Python loop over lines would be. Therefore per read only bytes are counted, a finished round
is compared as a whole, and times are taken from every n-th line only.
"""

import select
import socket
import time
from dataclasses import dataclass, field
from math import inf

from tests.benchmark.check import LINE_BYTES, Fault, agrees, complaint, message, name, on_the_grid, sent_at, shown
from tests.benchmark.talker import Talker

QUIET_SECONDS = 0.2


@dataclass(slots=True)
class Round:
    """One message of everybody: said, and heard by those who have finished it."""

    said: list[bytes]
    heard: dict[int, bytes] = field(default_factory=dict)


class Room:
    """All the clients, and the rounds that they are in.

    ``patience`` is how many seconds without any news may pass before what is missing counts as lost. Every method
    raises :exc:`Fault` when the server did something wrong.
    """

    def __init__(self, clients: int, patience: float) -> None:
        self.clients = clients
        self.patience = patience
        self.round_bytes = (clients - 1) * LINE_BYTES
        self.rounds: dict[int, Round] = {}
        self.checked = 0
        """Rounds that everybody has heard, all of them in agreement."""
        self.last: float = 0
        """Rounds to come to, for now."""
        self.answering = False
        """Whether a client that has heard a round begins the next."""
        self.delays: list[int] = []
        self.stride = LINE_BYTES
        """Bytes from one timed message to the next."""
        self.poll = select.epoll()
        self.talkers: dict[int, Talker] = {}
        # Rounds overlap by one; a server that says more than that is found out by the space for notices being full.
        self.capacity = 2 * self.round_bytes + 65536

    def enter(self, port: int) -> None:
        """Everybody comes in, one after the other."""
        for number in range(self.clients):
            try:
                connection = socket.create_connection(("127.0.0.1", port), timeout=self.patience)
            except OSError as error:
                raise Fault(f"{name(number).decode()} could not connect: {error}.") from error
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            talker = Talker(number, connection, self.capacity)
            self.talkers[connection.fileno()] = talker
            talker.introduce()
        for descriptor in self.talkers:
            self.poll.register(descriptor, select.EPOLLIN)

    def gather(self) -> None:
        """Wait until everybody hears everybody, and forget all that came in on the way there."""
        for talker in self.talkers.values():
            talker.say(b"ready")
        waiting = set(self.talkers.values())
        while waiting:
            for descriptor, _ in self._events():
                talker = self.talkers[descriptor]
                talker.read()
                if talker.buffer.count(b": ready\n", 0, talker.fill) >= self.clients - 1:
                    waiting.discard(talker)
        for talker in self.talkers.values():
            talker.fill = 0

    def sample(self, every: int) -> None:
        """From now on, time one message out of ``every`` at each client, not all at the same place of the log."""
        self.delays = []
        self.stride = every * LINE_BYTES
        for talker in self.talkers.values():
            talker.sample_end = (1 + talker.number * 7 % every) * LINE_BYTES

    def talk(self, seconds: float = inf, rounds: float = inf) -> None:
        """Everybody says the next message on hearing the last one of all others, for so long or so often."""
        self.answering = True
        self.last = self.checked + rounds
        deadline = time.monotonic() + seconds
        for talker in self.talkers.values():
            self._say(talker)
        while self.checked < self.last:
            self._turn()
            if self.last == inf and time.monotonic() > deadline:
                self.last = max(self.rounds, default=self.checked - 1) + 1

    def take_turns(self, rounds: int, rate: float) -> None:
        """One speaks at a time, ``rate`` messages per second."""
        self.answering = False
        for _ in range(rounds):
            self.last += 1
            due = time.monotonic()
            for talker in self.talkers.values():
                self._say(talker)
                due += 1 / rate
                while (left := due - time.monotonic()) > 0:
                    self._read(self.poll.poll(left))
            while self.checked < self.last:
                self._turn()

    def settle(self) -> None:
        """Nothing may come after all has been heard."""
        deadline = time.monotonic() + QUIET_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            self._read(self.poll.poll(left))
        for talker in self.talkers.values():
            talker.drop_notices()
            if talker.fill:
                line = bytes(talker.view[: talker.fill]).splitlines(keepends=True)[0]
                raise Fault(f"{name(talker.number).decode()} received something after the last message: {line!r}.")

    def close(self) -> None:
        """Hang up."""
        for talker in self.talkers.values():
            talker.socket.close()
        self.poll.close()

    def _turn(self) -> None:
        self._read(self._events())

    def _events(self) -> list[tuple[int, int]]:
        events = self.poll.poll(self.patience)
        if not events:
            raise Fault(self._missing())
        return events

    def _missing(self) -> str:
        """Why nothing comes any more."""
        if self.checked not in self.rounds:
            return "Not everybody was heard by everybody when they said that they were ready."
        overdue = self.rounds[self.checked]
        unfinished = {one.number: bytes(one.view[: one.fill]) for one in self.talkers.values()}
        found = complaint(overdue.said, unfinished | overdue.heard) or "Nothing came any more."
        return f"Message {self.checked} of the clients: {found}"

    def _read(self, events: list[tuple[int, int]]) -> None:
        talkers, enough = self.talkers, self.round_bytes
        for descriptor, _ in events:
            talker = talkers[descriptor]
            talker.read()
            if talker.fill >= talker.sample_end:
                self._time(talker, time.monotonic_ns())
            while talker.fill >= enough and talker.heard < self.last and self._finish(talker):
                pass

    def _time(self, talker: Talker, now: int) -> None:
        while talker.fill >= talker.sample_end:
            end = int(talker.sample_end)
            said = sent_at(talker.buffer[end - LINE_BYTES : end])
            if said is not None:
                self.delays.append(now - said)
                talker.sample_end += self.stride
                continue
            before = talker.fill
            talker.drop_notices()
            if talker.fill == before:  # it is no news either: the check will say what it is
                return

    def _finish(self, talker: Talker) -> bool:
        """Take a whole round out of the buffer; ``False`` if it is not there yet, for notices stand in between."""
        lines = self.clients - 1
        number = talker.heard
        current = self._round(number)
        if not on_the_grid(talker.buffer, lines):
            talker.drop_notices()
            if talker.fill < self.round_bytes or talker.amid_news():
                return False
            if not on_the_grid(talker.buffer, lines):
                stream = bytes(talker.view[: talker.fill])
                found = complaint(current.said, {talker.number: stream})
                raise Fault(f"Message {number} of the clients: {found}")
        current.heard[talker.number] = talker.take(self.round_bytes)
        talker.heard += 1
        talker.sample_end -= self.round_bytes
        if len(current.heard) == self.clients:
            self._check(number)
        if self.answering and talker.heard < self.last:
            self._say(talker)
        return True

    def _check(self, number: int) -> None:
        finished = self.rounds.pop(number)
        streams = [finished.heard[client] for client in range(self.clients)]
        if not agrees(finished.said, streams):
            raise Fault(f"Message {number} of the clients: {complaint(finished.said, finished.heard)}")
        self.checked += 1

    def _say(self, talker: Talker) -> None:
        text = message(talker.number, talker.said, time.monotonic_ns())
        self._round(talker.said).said[talker.number] = shown(talker.number, text)
        talker.said += 1
        talker.say(text)

    def _round(self, number: int) -> Round:
        if number not in self.rounds:
            self.rounds[number] = Round([b""] * self.clients)
        return self.rounds[number]

"""What goes over the wire while there is one: lines in, each to the part that it concerns; what is due out.

Knows which part is responsible for what, and in which order things have to be done. Must not know sockets or clocks; nor
the rules of the parts, which are in :mod:`clients.registration`, :mod:`~clients.conversation`, :mod:`~clients.company`,
:mod:`~clients.answers` and :mod:`~clients.speaking`.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from chatd.languages import N_
from chatd.requests import Request
from chatd.secret import Secret
from clients import events, messages
from clients.answers import Answers
from clients.backoff import Backoff
from clients.codec import LineBuffer, decode, encode
from clients.company import Company
from clients.conversation import Conversation
from clients.events import Event, State
from clients.fields import ProtocolError
from clients.keepalive import Pulse
from clients.link import Link
from clients.messages import Farewell, Refusal, Registered, ServerMessage, Unregistered
from clients.outbox import Outbox, Pending
from clients.registration import (
    Accepted,
    AskName,
    AskPassword,
    GiveUp,
    Identity,
    Later,
    Present,
    Registration,
    Step,
)
from clients.rooms import Rooms
from clients.session import Session
from clients.speaking import IN_CLEAR, OFFLINE, Speaking
from clients.wording import language, say

PATIENCE: Final = 5.0
"""Seconds until the answer to a goodbye is not waited for any longer."""

_SILENT = N_("The server has been silent for too long.")
_REPLACED = N_("The same session was opened from somewhere else.")
_LOGIN_WAITS = N_("Some of what you said is not delivered yet. Please log in when it is, so that it is not lost.")
_NEVER_SENT = N_("This was never sent, because the conversation has ended: {text}")
_UNANSWERED = N_("The conversation has ended, and it is not known whether this was said: {text}")


class Exchange:
    """Everything that is said between one person and one server."""

    def __init__(self, identity: Identity, random: Random, now: float, rooms: tuple[str, ...]) -> None:
        self.events: list[Event] = []
        self.recognised = False
        """Whether the other side has ever said something of the protocol."""
        self.out = bytearray()
        self.link = Link(random, now, self.events.append)
        self.registration = Registration(identity)
        self.session = Session(self.registration, Outbox(random), Rooms(rooms), self.events.append, self._write)
        self.speaking = Speaking(self.session)
        self._conversation = Conversation(self.session, Backoff(random, 1.0, 30.0, least=0.5))
        self._company = Company(self.session)
        self._answers = Answers(self.session, self._conversation)
        self._buffer = LineBuffer()
        self._quit_by: float | None = None
        self._reactions = self._table()

    @property
    def online(self) -> bool:
        """Whether requests can be sent."""
        return self.link.listening and self.link.state is State.ONLINE

    @property
    def deadline(self) -> float | None:
        """When :meth:`tick` has something to do."""
        deadlines = [self.link.deadline, self._quit_by]
        if self.online:
            deadlines.append(self._conversation.deadline)
            sending = self._conversation.settled and self._quit_by is None  # else it would be due for ever
            deadlines.append(self.session.outbox.deadline if sending else None)
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def opened(self, now: float, private: bool) -> None:
        """There is a connection: register."""
        self.registration.private = private
        self.link.opened(now)
        if self.link.listening:
            self._take(self.registration.begin())

    def received(self, data: bytes, now: float) -> None:
        """These bytes came."""
        if not self.link.listening:
            return
        self.link.heard(now)
        try:
            self._read(data, now)
        except ProtocolError as error:
            self.link.close(error.sentence)
        self.flush(now)

    def lost(self, now: float, reason: str, final: bool) -> None:
        """The connection is gone, and everything that was waited for on it."""
        for part in (self._conversation, self._answers, self.speaking):
            part.cut()
        self.session.outbox.disconnected()
        self._buffer.clear()
        self.out.clear()
        if final or self._quit_by is not None:
            self.end(reason if final else "")
        self.link.lost(now, reason)

    def tick(self, now: float) -> None:
        """Time has passed."""
        if self._quit_by is not None and now >= self._quit_by:
            self.end("")
        match self.link.check(now):
            case Pulse.ASK:
                self._write("ping")
            case Pulse.DEAD:
                self.link.close(say(_SILENT))
        if self.online:
            self._conversation.tick(now)
        self.flush(now)

    def ask(self, request: Request, now: float) -> None:
        """Do what the person asked for."""
        self.speaking.ask(request, now, self.online)
        self.flush(now)

    def answer(self, step: Step) -> None:
        """The person has answered a question."""
        self.link.asking = False
        if self.link.listening or isinstance(step, AskName):
            self._take(step)
        else:
            self.link.connect()

    def log_in(self, name: str, password: Secret | None) -> None:
        """Be this account from now on, which takes another connection."""
        if not self.online:
            self.session.tell(events.Problem(say(OFFLINE)))
        elif not self.registration.private:
            self.session.tell(events.Problem(say(IN_CLEAR)))
        elif self.session.outbox.pending:
            self.session.tell(events.Problem(say(_LOGIN_WAITS)))
        else:
            self._write("logout")
            self.registration.log_in(name, password)
            self.link.reset()
            self.link.close(say("Logging in as {name}.", name=name))

    def retry_now(self, now: float) -> None:
        """Do not wait for the next attempt."""
        if not self.link.asking:
            self.link.connect()
        self.flush(now)

    def quit(self, now: float) -> None:
        """Say goodbye, and end when it was answered or takes too long."""
        if not self.link.listening:
            self.end("")
        elif self._quit_by is None:
            self.flush(now)
            self._write("logout")
            self._quit_by = now + PATIENCE

    def flush(self, now: float) -> None:
        """Send what is due, but only where it will be read in its place."""
        if not self.online or self._quit_by is not None:
            return
        self.speaking.leave_when_said()
        if self._conversation.settled:
            for pending in self.session.outbox.due(now):
                self._say(pending)

    def end(self, why: str) -> None:
        """It is over; what was not delivered is given up."""
        self._quit_by = None
        for pending in self.session.outbox.take_all():
            template = _UNANSWERED if pending.sent else _NEVER_SENT
            self.session.tell(events.NotSent(pending, say(template, text=pending.text), quoted=True))
        self.link.end(why)

    def _write(self, kind: str, **fields: Any) -> None:
        if self.link.listening:
            self.out += encode(kind, fields)

    def _read(self, data: bytes, now: float) -> None:
        for line in self._buffer.feed(data):
            message = decode(line)
            self.recognised = self.recognised or message is not None
            if message is not None and self.link.listening:
                self._react(message, now)

    def _react(self, message: ServerMessage, now: float) -> None:
        match message:
            case messages.Ping():
                self._write("pong")
            case Farewell():
                self._bye(message)
            case Registered() | Unregistered() if self.link.state is State.REGISTERING and not self.link.asking:
                self._registered(message, now)
            case Refusal() if self.online:
                self._answers.refused(message, now)
            case Refusal():
                self._take(self.registration.interrupted(message))
            case _ if self.online and type(message) in self._reactions:
                self._reactions[type(message)](message)

    def _table(self) -> dict[type[Any], Callable[[Any], None]]:
        """What is done about each thing that a server may say while this person is online."""
        conversation, company, answers = self._conversation, self._company, self._answers
        return {
            messages.Line: lambda line: answers.recalled(line) if line.past else conversation.said(line),
            messages.Ack: conversation.acked,
            messages.Entry: conversation.entered,
            messages.Exit: conversation.departed,
            messages.Resumption: conversation.resumed,
            messages.Lost: conversation.lost,
            messages.Users: company.users,
            messages.Move: company.moved,
            messages.NewName: company.renamed,
            messages.YouAre: company.named,
            messages.TopicIs: company.topic,
            messages.AnswerEnd: answers.ended,
            messages.RoomTable: answers.rooms,
            messages.People: answers.people,
            messages.Kept: answers.kept,
            messages.AccountMade: answers.claimed,
            messages.PasswordSet: answers.password_set,
        }

    def _registered(self, answer: Registered | Unregistered, now: float) -> None:
        step = self.registration.answered(answer)
        self._take(step)
        if isinstance(step, Accepted) and isinstance(answer, Registered) and answer.session is not None:
            self.session.text_bytes = answer.text_bytes
            self.link.registered(now)
            self.session.tell(events.Welcomed(answer.name, answer.account, answer.motd, step.again, answer.session))
            if self.registration.lang != language().code:  # it was changed meanwhile
                self._write("lang", lang=language().code)
            self._conversation.begin(step.again, answer.epoch, answer.box)

    def _take(self, step: Step) -> None:
        """Do what the registration asks for."""
        match step:
            case Present(fields, stranger):
                if stranger:
                    self._conversation.give_up_sent()
                self._write("register", **fields)
            case AskName(reason):
                self.link.asking = True
                self.session.tell(events.NameWanted(reason))
            case AskPassword(name, wrong):
                self.link.asking = True
                self.session.tell(events.PasswordWanted(name, wrong))
            case Later(why, seconds):
                self.link.close(why, seconds)
            case GiveUp(why):
                self.end(why)

    def _bye(self, farewell: Farewell) -> None:
        self.session.tell(events.Bye(farewell.reason, farewell.text))
        if self._quit_by is not None:
            self.end("")
        elif farewell.reason == "replaced":
            self.end(farewell.text or say(_REPLACED))
        else:
            self.link.close(farewell.text)

    def _say(self, pending: Pending) -> None:
        if pending.to:
            self._write("pm", to=pending.to, text=pending.text, cid=pending.cid)
        else:
            act = True if pending.acted else None
            self._write("chat", room=pending.room, text=pending.text, act=act, cid=pending.cid)

"""What the server answers to questions: lists, earlier messages, accounts; and what it refuses.

Knows which question an answer belongs to; must not know how the conversation goes on, nor the connection.
"""

from typing import Final

from clients import events
from clients.conversation import Conversation
from clients.events import Timing
from clients.fields import ProtocolError
from clients.messages import AccountMade, AnswerEnd, Kept, Line, PasswordSet, People, Refusal, RoomTable
from clients.session import Session
from clients.wording import say

LONGEST_ANSWER: Final = 10_000
"""Messages. The server's have a thousand at most."""

_ENTERING: Final = ("join", "resume")


class Answers:
    """The open questions, and what becomes of them."""

    def __init__(self, session: Session, conversation: Conversation) -> None:
        self._session = session
        self._conversation = conversation
        self._lines: list[Line] = []

    def cut(self) -> None:
        """The connection is gone, and the answers with it."""
        self._lines.clear()
        self._session.asked.clear()

    def recalled(self, line: Line) -> None:
        """One message of an answer.

        Raises:
            ProtocolError: there is no end to it.
        """
        if len(self._lines) >= LONGEST_ANSWER:
            raise ProtocolError(say("The server sent an answer of more than {limit} messages.", limit=LONGEST_ANSWER))
        self._lines.append(line)

    def ended(self, end: AnswerEnd) -> None:
        """An answer is complete."""
        lines, self._lines = self._lines, []
        said = tuple(
            self._conversation.as_said(line, Timing.EARLIER)
            for line in lines
            if not self._session.is_ignored(line.name)
        )
        if end.words is None:
            self._session.tell(events.History(end.room, said, end.more, end.gone))
        else:
            self._session.tell(events.Found(end.room, end.words, said, end.more))

    def rooms(self, table: RoomTable) -> None:
        """The rooms that people are in."""
        self._session.asked.answered("rooms")
        self._session.tell(events.RoomsListed(tuple(events.RoomRow(*row) for row in table.rows), table.more))

    def people(self, people: People) -> None:
        """Who is there."""
        self._session.asked.answered("who")
        self._session.tell(events.Present(people.room, people.people))

    def kept(self, kept: Kept) -> None:
        """A private message waits for somebody."""
        self._session.tell(events.Waiting(kept.name))

    def claimed(self, made: AccountMade) -> None:
        """The name is an account, opened by the password that was asked for."""
        password = self._session.asked.answered("claim")
        if password is not None:
            self._session.registration.keep_password(password)
        self._session.registration.account = True
        self._conversation.is_account()
        self._session.tell(events.Claimed(made.name))

    def password_set(self, _: PasswordSet) -> None:
        """The account has the password that was asked for."""
        password = self._session.asked.answered("password")
        if password is not None:
            self._session.registration.keep_password(password)
        self._session.tell(events.PasswordChanged())

    def refused(self, refusal: Refusal, now: float) -> None:
        """No, or not now: to a message, to a question, or to nothing in particular."""
        if refusal.cid is not None:
            self._message_refused(refusal, refusal.cid, now)
        elif not self._quietly_refused(refusal, now):
            self._session.tell(events.Problem(_sentence(refusal), refusal.code))

    def _message_refused(self, refusal: Refusal, cid: str, now: float) -> None:
        if refusal.retry:
            self._session.outbox.retry(cid, now, refusal.seconds)
            return
        pending = self._session.outbox.take(cid)
        if pending is not None:
            self._session.tell(events.NotSent(pending, _sentence(refusal)))

    def _quietly_refused(self, refusal: Refusal, now: float) -> bool:
        """Whether something else is tried, so that nobody needs to be told."""
        kind = refusal.request or ""
        if kind == "lang" and refusal.code == "unknown_type":
            return True  # an older server speaks English only; everything but its own sentences is in the language asked for
        about = self._session.asked.answered(kind)
        if kind not in _ENTERING or about is None:
            return False
        seconds = (refusal.seconds or 0.0) if refusal.retry or refusal.code == "too_fast" else None
        return self._conversation.not_entered(about, kind, now, seconds)


def _sentence(refusal: Refusal) -> str:
    return refusal.text or say("The server refused: {code}.", code=refusal.code)

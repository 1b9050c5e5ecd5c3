"""Getting a name accepted: what is presented to the server, and what its answer means. Knows names, passwords, sessions.

Must not know rooms, messages or connections. The order is: a session, if there is one; else the name; its password only
when the server asks for it, so that it is never sent for nothing (docs/protocol.rst, Registering).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from chatd.languages import N_
from chatd.secret import Secret
from clients.messages import Refusal, Registered, Unregistered
from clients.wording import language, say

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Identity:
    """Who wants to chat. Nothing secret shows in its ``repr``."""

    name: str
    """May be empty: then it is asked for, unless there is a session."""
    password: Secret | None = None
    """Sent only when the server asks for it."""
    session: Secret | None = None
    """Of an earlier run: comes back as the same person."""


@dataclass(frozen=True, slots=True)
class Present:
    """Send this ``register``. ``stranger``: the session has ended, so that this is a new person to the server."""

    fields: Mapping[str, Any]
    stranger: bool = False


@dataclass(frozen=True, slots=True)
class AskName:
    """Ask the person for a name; the sentence says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class AskPassword:
    """Ask the person for the password of this name. ``wrong``: the last one was not it."""

    name: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class Later:
    """Connect again in so many seconds (``None``: as after any cut); the sentence says why."""

    why: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It will never work; the sentence says why."""

    why: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The name was accepted. ``again``: as the person of the session that was presented."""

    again: bool


Step: TypeAlias = Present | AskName | AskPassword | Later | GiveUp | Accepted

_LATER = ("login_wait", "retry", "too_fast", "too_many_connections")
_IN_CLEAR = N_(
    "{name} is an account, and its password would be sent in clear here. Please connect with TLS, without --plaintext. "
    "Or choose another name."
)
_OLD_SERVER = N_("This server does not speak version 1 of the protocol for programs. Please join it with nc or telnet.")


class Registration:
    """The name a person has or wants, over all connections."""

    def __init__(self, identity: Identity) -> None:
        self.name = identity.name
        self.session = identity.session
        self.account = False
        self.private = True
        """Whether nobody on the way can read what is said over this connection: passwords go over no other."""
        self.lang = ""
        """The language that the server was told last."""
        self._password = identity.password
        self._stranger = False
        self._with_password = False

    def begin(self) -> Step:
        """A connection has been opened."""
        self._with_password = False
        if self.session is not None:
            self.lang = language().code
            return Present({"v": VERSION, "session": self.session, "lang": self.lang})
        return self._by_name()

    def answered(self, answer: Registered | Unregistered) -> Step:
        """The server has answered the last :class:`Present`."""
        return self._accepted(answer) if isinstance(answer, Registered) else self._refused(answer)

    def give_name(self, name: str) -> Step:
        """The person wants this name; a password that was meant for another one is forgotten."""
        if name != self.name:
            self._password = None
        self.name = name
        self._stranger = self._stranger or self.session is not None
        self.session = None
        self._with_password = False
        return self._by_name()

    def give_password(self, password: Secret) -> Step:
        """The person says that this is the password."""
        self._password = password
        self._with_password = True
        return self._by_name()

    def log_in(self, name: str, password: Secret | None) -> None:
        """From the next connection on: be this account."""
        self.name, self._password, self.session = name, password, None
        self._stranger = True

    def keep_password(self, password: Secret) -> None:
        """The account has this password from now on."""
        self._password = password

    def interrupted(self, refusal: Refusal) -> Step:
        """The server refuses something else than a name before there is one: the connection, as a rule."""
        if refusal.code in _LATER:
            return Later(refusal.text, refusal.seconds)
        return GiveUp(refusal.text or say("The server refused the connection: {code}.", code=refusal.code))

    def _by_name(self) -> Step:
        if not self.name:
            return AskName(say("Please choose a name."))
        password = self._password if self._with_password else None
        if password is not None and not self.private:
            return self._never_in_clear()
        self.lang = language().code
        fields = {"v": VERSION, "user_id": self.name, "password": password, "rooms": [], "lang": self.lang}
        return Present(fields, self._stranger)

    def _never_in_clear(self) -> Step:
        return AskName(say(_IN_CLEAR, name=self.name))

    def _accepted(self, answer: Registered) -> Step:
        if answer.version != VERSION or answer.session is None:
            return GiveUp(say(_OLD_SERVER))
        again = self.session is not None
        self._stranger = False
        self.name, self.account, self.session = answer.name, answer.account, answer.session
        return Accepted(again)

    def _refused(self, answer: Unregistered) -> Step:
        match answer.reason:
            case "session_unknown" if self.session is not None:
                self.session = None
                self._stranger = True
                return self._by_name()
            case "password_required" | "wrong_password" | "bad_password" if not self.private:
                step: Step = self._never_in_clear()
            case "password_required" if self._password is not None and not self._with_password:
                self._with_password = True
                return self._by_name()
            case "password_required" | "wrong_password" | "bad_password":
                self._password = None
                step = AskPassword(self.name, wrong=answer.reason != "password_required")
            case "user_taken" | "invalid_user":
                step = AskName(answer.text)
            case reason if reason in _LATER:
                step = Later(answer.text, answer.seconds)
            case reason:
                step = GiveUp(answer.text or say("The server refused the registration: {reason}.", reason=reason))
        return step

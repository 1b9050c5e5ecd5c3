"""What a person is asked, and what becomes of the answers: names, passwords, certificates, whether to leave.

Knows the questions in words. Must not know how they are asked, or what a connection is.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from chatd.languages import N_
from chatd.requests import ChangePassword, Register
from chatd.secret import Secret
from clients.dial import Untrusted
from clients.events import NameWanted, NewPasswordWanted, PasswordWanted
from clients.network import Client
from clients.presentation.notices import Line, problem
from clients.wording import say, whole


class Ask(Protocol):
    """Asks questions, one after the other. The answers are ``None`` if the person did not want to give one."""

    def __call__(self, *questions: str, secret: bool = False) -> Awaitable[list[str] | None]:
        """``secret``: the answers must not be seen, and not be kept."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks for what the client wants to know, and tells it."""

    client: Client
    ask: Ask
    show: Callable[[list[Line]], None]

    async def answer(self, wanted: NameWanted | PasswordWanted | NewPasswordWanted) -> None:
        """Ask for what is wanted; who does not want to answer, leaves."""
        match wanted:
            case NameWanted(reason):
                await self._name(reason)
            case PasswordWanted(name, wrong):
                await self._password(name, wrong=wrong)
            case NewPasswordWanted(request):
                await self._new_password(request)

    async def _name(self, reason: str) -> None:
        if reason and self.client.core.name:  # who has given none yet need not be told that
            self.show([problem(reason)])
        match await self.ask(say("Your name:")):
            case [name]:
                self.client.give_name(name.strip())
            case _:
                self.client.quit()

    async def _password(self, name: str, *, wrong: bool) -> None:
        if wrong:
            self.show([problem(say("That is not the password."))])
        match await self.ask(say("Password of {name}:", name=name), secret=True):
            case [password] if password:
                self.client.give_password(Secret(password))
            case _:
                await self._name(say("Without its password the name cannot be used. Please choose another one."))

    async def _new_password(self, request: Register | ChangePassword) -> None:
        new = say("The new password:"), say("The new password again:")
        old = (say("Your password until now:"),) if isinstance(request, ChangePassword) and not request.old else ()
        answers = await self.ask(*old, *new, secret=True)
        match answers:
            case [*_, first, again] if first != again:
                self.show([problem(say("These were two different passwords; nothing is changed. Please try again."))])
            case [until_now, password, _]:
                self.client.send(ChangePassword(Secret(until_now), Secret(password)))
            case [password, _] if isinstance(request, ChangePassword):
                self.client.send(ChangePassword(request.old, Secret(password)))
            case [password, _]:
                self.client.send(Register(Secret(password)))


async def is_accepted(untrusted: Untrusted, ask: Ask, show: Callable[[list[Line]], None]) -> bool:
    """Whether a person accepts a certificate that nobody vouches for."""
    template = N_("Nobody vouches for the certificate of {address}: {reason}.")
    show(
        [
            problem(say(template, address=untrusted.address, reason=untrusted.reason)),
            [("", whole(say("Its SHA-256 fingerprint is")))],
            [("bold", untrusted.fingerprint)],
            [("", whole(say("If the people who run the server tell you the same one, it is theirs.")))],
        ]
    )
    return await is_yes(ask, say("Trust it from now on? y/n"))


async def is_yes(ask: Ask, question: str) -> bool:
    """The answer to a question that can be answered by y or n; it is asked until it is."""
    while True:
        match await ask(question):
            case [typed] if means_yes(typed):
                return True
            case None:
                return False
            case [typed] if _word(typed) in _NO:
                return False


def means_yes(typed: str) -> bool:
    """Whether somebody agrees, in whichever language."""
    return _word(typed) in _YES


_YES: Final = frozenset({"y", "yes", "ب", "بله", "آره", "بلی"})
_NO: Final = frozenset({"n", "no", "ن", "نه", "خیر"})


def _word(typed: str) -> str:
    return typed.strip().lower()

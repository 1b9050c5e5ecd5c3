"""What is done when somebody changes what they are shown, or asks how. Must not know how requests are written."""

from collections.abc import Mapping

from chatd.errors import LanguageNotKept, NotIgnored, TooManyIgnored, UnknownLanguage
from chatd.events import Helped, Ignored, LanguageSet, LanguagesShown, Pong, TimeStyleSet
from chatd.languages import Language, find_language
from chatd.names import person_name
from chatd.requests import Enter, Help, Ignore, Invalid, Nothing, Ping, SetLanguage, SetTime
from chatd.session import Answer, Session
from chatd.storage.contract import StoreError
from chatd.turns import Performance

MOST_IGNORED = 200
"""How many people one connection may ignore."""


def set_time(session: Session, request: SetTime) -> None:
    """Show times in another way from here on."""
    session.view.choose_style(request.style)
    session.reply(TimeStyleSet(request.style))


def set_language(session: Session, request: SetLanguage) -> Performance:
    """Speak another language from here on, or tell which there are. An account keeps it."""
    if request.code is None:
        session.reply(LanguagesShown())
        return None
    language = find_language(request.code)
    if language is None:
        raise UnknownLanguage.called(request.code)
    session.view.choose_language(language)
    session.reply(LanguageSet(language))
    if not session.named:
        session.welcome()
        return None
    return keep_language(session, language) if session.person.account is not None else None


async def keep_language(session: Session, language: Language) -> None:
    """Write down that the owner of the account who is here chose this language.

    Raises:
        LanguageNotKept: it could not be kept; it is spoken all the same.
    """
    try:
        await session.chat.directory.keep_language(session.person, language.code)
    except StoreError as error:
        raise LanguageNotKept(reason=error.reason) from error


def ignore(session: Session, request: Ignore) -> None:
    """Hide somebody, show them again, or list the hidden ones. The name may be one that is not here now."""
    if request.name is None:
        return session.reply(Ignored(_hidden(session)))
    name = person_name(request.name)
    if name.key == session.person.name.key:
        raise NotIgnored
    if not session.view.show_again(name):
        if len(session.view.ignored) >= MOST_IGNORED:
            raise TooManyIgnored(limit=MOST_IGNORED)
        session.view.ignore(name)
    return session.reply(Ignored(_hidden(session), name.shown))


def show_help(session: Session, request: Help) -> None:
    """Say how it is done."""
    session.reply(Helped(request.topic))


def do_nothing(session: Session, request: Nothing) -> None:
    """An empty line."""


def pong(session: Session, request: Ping) -> None:  # noqa: ARG001 (it says nothing more)
    """Answer."""
    session.reply(Pong())


def enter(session: Session, request: Enter) -> Performance:
    """Go on with what was asked for."""
    return session.answered(request.secret)


def refuse(session: Session, request: Invalid) -> None:
    """Say what was wrong with a line that could not be understood."""
    session.refuse(request.error, request.line, request)


def _hidden(session: Session) -> tuple[str, ...]:
    return tuple(session.view.ignored[key] for key in sorted(session.view.ignored))


ANSWERS: Mapping[type, Answer] = {
    SetTime: set_time,
    SetLanguage: set_language,
    Ignore: ignore,
    Help: show_help,
    Enter: enter,
    Ping: pong,
    Nothing: do_nothing,
    Invalid: refuse,
}

"""The commands of the line language: one table, and the way from a typed line to a request.

Knows how a person writes a request, and nothing of what becomes of it: no rooms, no rights, no bytes. A line that
cannot be understood is a request as well, :class:`~chatd.requests.Invalid`, so that its answer keeps its turn.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from chatd.details import LONGEST_QUOTED, shortened
from chatd.errors import BadUsage, MistypedCommand, NameNeeded, UnknownCommand
from chatd.folding import INVISIBLE, ZWNJ
from chatd.languages import N_
from chatd.requests import (
    Act,
    ChangePassword,
    Help,
    Ignore,
    Introduce,
    Invalid,
    Join,
    Leave,
    Login,
    Quit,
    Recall,
    Register,
    Rename,
    Request,
    Rooms,
    Say,
    Search,
    SetLanguage,
    SetTime,
    Tell,
    Topic,
    Who,
)
from chatd.secret import Secret
from chatd.timestyle import TimeStyle

# With these begin lines that may be no message: commands (see _is_exit), blanks, as U+2800 is, and what nobody sees.
_BEGINS_OTHERS: Final = frozenset(f"/eE \u2800{ZWNJ}") | {sign for sign in INVISIBLE if sign.isprintable()}
# Blanks, and marks that no one sees: behind them a command is still meant as one, and must not be said in the room.
_UNSEEN: Final = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u200e\u200f\u061c\ufeff"
    "\u2066\u2067\u2068\u2069"  # what stands around a command where one is shown, and is copied with it
)
_BLANK = re.compile(r"\s")

# Digits of any script, as int() takes them; nine of them are centuries of minutes.
_HOW_FAR_BACK = re.compile(r"(\d{1,9})\s*([mhd]?)", re.IGNORECASE)
_UNIT_SECONDS: Final = {"m": 60.0, "h": 3600.0, "d": 86400.0}

_CLOSE_ENOUGH: Final = 0.6


@dataclass(frozen=True, slots=True)
class Command:
    """One command: how it is written, explained and understood."""

    name: str
    """The word after the slash, in lower case."""
    aliases: tuple[str, ...]
    usage: str
    """How it is written: words in capitals stand for something, brackets hold what can be left out."""
    summary: str
    """One line for the list of commands."""
    details: str
    """All there is to know about it."""
    example: str
    group: str
    """The heading it stands under in the list of commands; empty: none."""
    parse: Callable[[str], Request | None]
    """From what follows the word, without blanks around it, to the request; ``None``: it is not used like that."""
    secret: bool = False
    """What follows the word may be a password: no answer repeats it."""


def _who(rest: str) -> Request | None:
    return Who(rest or None) if _is_word(rest) else None


def _tell(rest: str) -> Request | None:
    match rest.split(maxsplit=1):
        case [to, text]:
            return Tell(to, text)
    return None


def _reply(rest: str) -> Request | None:
    return Tell(None, rest) if rest else None


def _act(rest: str) -> Request | None:
    return Act(rest) if rest else None


def _join(rest: str) -> Request | None:
    return Join(rest) if rest and _is_word(rest) else None


def _leave(rest: str) -> Request | None:
    return Leave(rest or None) if _is_word(rest) else None


def _rooms(rest: str) -> Request | None:
    return None if rest else Rooms()


def _topic(rest: str) -> Request | None:
    return Topic("" if rest == "-" else rest or None)


def _nick(rest: str) -> Request | None:
    # Several words are no name; what is wrong with them is for the rules of names to say.
    return Rename(rest) if rest else None


def _history(rest: str) -> Request | None:
    if not rest:
        return Recall()
    match = _HOW_FAR_BACK.fullmatch(rest)
    if match is None or int(match[1]) == 0:
        return None
    number, unit = int(match[1]), match[2].lower()
    return Recall(seconds=number * _UNIT_SECONDS[unit]) if unit else Recall(count=number)


def _search(rest: str) -> Request | None:
    return Search(rest) if rest else None


def _time(rest: str) -> Request | None:
    style = rest.lower()
    return SetTime(TimeStyle(style)) if style in tuple(TimeStyle) else None


def _lang(rest: str) -> Request | None:
    return SetLanguage(rest or None) if _is_word(rest) else None


def _ignore(rest: str) -> Request | None:
    return Ignore(rest or None) if _is_word(rest) else None


def _register(rest: str) -> Request | None:
    return Register(Secret(rest) if rest else None)  # all of it: several words make a good password


def _login(rest: str) -> Request | None:
    match rest.split(maxsplit=1):
        case [name, password]:
            return Login(name, Secret(password))
    return Login(rest or None)


def _password(rest: str) -> Request | None:
    match rest.split():
        case []:
            return ChangePassword()
        case [old, new]:
            return ChangePassword(Secret(old), Secret(new))
    return None


def _help(rest: str) -> Request | None:
    return Help(rest.split(maxsplit=1)[0] if rest else None)


def _quit(rest: str) -> Request | None:  # noqa: ARG001 - a last word is no reason to keep somebody here
    return Quit()


def _is_word(rest: str) -> bool:
    """Whether this is one word at most."""
    return len(rest.split()) <= 1


_TALK: Final = ""  # they come first, and need no heading: all is to fit on one screen
_ROOMS: Final = N_("People and rooms")
_SETTINGS: Final = N_("Your name, settings and the rest")

COMMANDS: Final = (
    Command(
        name="pm",
        aliases=("msg", "tell", "w"),
        usage="/pm NAME text",
        summary=N_("write to one person"),
        details=N_(
            "Writes to one person; nobody else sees it. An IP address in place of the name means the one other person "
            "who is connected from there."
        ),
        example="/pm sara are you coming?",
        group=_TALK,
        parse=_tell,
    ),
    Command(
        name="reply",
        aliases=("r",),
        usage="/reply text",
        summary=N_("answer the last one who wrote to you"),
        details=N_("Writes to the last person who wrote to you with /pm; nobody else sees it."),
        example="/reply yes, in five minutes",
        group=_TALK,
        parse=_reply,
    ),
    Command(
        name="me",
        aliases=(),
        usage="/me text",
        summary=N_("show the room what you are doing"),
        details=N_("Shows the room a line that begins with your name."),
        example="/me waves",
        group=_TALK,
        parse=_act,
    ),
    Command(
        name="history",
        aliases=("review",),
        usage="/history [N|2h]",
        summary=N_("show earlier messages"),
        details=N_(
            "Shows earlier messages of this room and of your private ones, the newest last. A number says how many; a "
            "number with m, h or d how many minutes, hours or days back."
        ),
        example="/history 30m",
        group=_TALK,
        parse=_history,
    ),
    Command(
        name="search",
        aliases=(),
        usage="/search words",
        summary=N_("find earlier messages with all these words"),
        details=N_(
            "Finds earlier messages of this room and of your private ones that hold all these words, the newest last. "
            "The last word may be the beginning of one."
        ),
        example="/search exam mon",
        group=_TALK,
        parse=_search,
    ),
    Command(
        name="who",
        aliases=("names",),
        usage="/who [#ROOM]",
        summary=N_("list everyone, or those in a room"),
        details=N_("Lists everyone who is online with their address; with a room, those who are in it."),
        example="/who #lobby",
        group=_ROOMS,
        parse=_who,
    ),
    Command(
        name="rooms",
        aliases=("list",),
        usage="/rooms",
        summary=N_("list the rooms"),
        details=N_("Lists the rooms with people in them, how many these are, and the topics."),
        example="/rooms",
        group=_ROOMS,
        parse=_rooms,
    ),
    Command(
        name="join",
        aliases=(),
        usage="/join #ROOM",
        summary=N_("go to a room; a new name opens a new room"),
        details=N_(
            "Goes to a room: what you say is said there from now on. You stay in the rooms you were in, and see what "
            "is said there with the room's name. Joining one of those again makes it the one you talk to."
        ),
        example="/join #tea",
        group=_ROOMS,
        parse=_join,
    ),
    Command(
        name="leave",
        aliases=("part",),
        usage="/leave [#ROOM]",
        summary=N_("leave this room, or another one"),
        details=N_("Leaves the room you talk to, or the one you name. You stay connected, even without any room."),
        example="/leave #tea",
        group=_ROOMS,
        parse=_leave,
    ),
    Command(
        name="topic",
        aliases=(),
        usage="/topic [text]",
        summary=N_("show or set the room's topic; /topic - removes it"),
        details=N_(
            "Shows the topic of the room you are in; with a text, sets it; with a single - in place of the text, "
            "removes it."
        ),
        example="/topic Exam on Monday at nine",
        group=_ROOMS,
        parse=_topic,
    ),
    Command(
        name="nick",
        aliases=(),
        usage="/nick NAME",
        summary=N_("take another name"),
        details=N_("Gives you another name, and tells the rooms you are in."),
        example="/nick ali",
        group=_SETTINGS,
        parse=_nick,
    ),
    Command(
        name="register",
        aliases=(),
        usage="/register [PASSWORD]",
        summary=N_("make your name an account: nobody else can use it"),
        details=N_(
            "Makes your name an account, which only its password opens; private messages wait for you while you are "
            "away. Without the password here, it is asked for twice, and telnet does not show it."
        ),
        example="/register",
        group=_SETTINGS,
        parse=_register,
        secret=True,
    ),
    Command(
        name="login",
        aliases=(),
        usage="/login [NAME [PASSWORD]]",
        summary=N_("use your account"),
        details=N_(
            "Gives you the name of your account; works in place of a name when you are asked for one. Without the "
            "password here, it is asked for, and telnet does not show it."
        ),
        example="/login ali",
        group=_SETTINGS,
        parse=_login,
        secret=True,
    ),
    Command(
        name="password",
        aliases=("passwd",),
        usage="/password [OLD NEW]",
        summary=N_("change your account's password"),
        details=N_(
            "Changes your account's password. Without the two here, they are asked for, and telnet does not show "
            "them; so it has to be for passwords of several words."
        ),
        example="/password",
        group=_SETTINGS,
        parse=_password,
        secret=True,
    ),
    Command(
        name="ignore",
        aliases=(),
        usage="/ignore [NAME]",
        summary=N_("hide what somebody writes; once more shows it again"),
        details=N_(
            "Hides what somebody writes; once more with the same name shows it again. Without a name, lists whom you "
            "ignore. It only concerns what you see, and nobody is told."
        ),
        example="/ignore ali",
        group=_SETTINGS,
        parse=_ignore,
    ),
    Command(
        name="time",
        aliases=(),
        usage="/time on|off|date",
        summary=N_("show messages with the time, without, or dated"),
        details=N_("Says what you see before each message: on shows the time, date the date as well, off neither."),
        example="/time date",
        group=_SETTINGS,
        parse=_time,
    ),
    Command(
        name="lang",
        aliases=("language", "زبان"),
        usage="/lang [en|fa]",
        summary=N_("choose the language the server speaks to you"),
        details=N_(
            "Says in which language the server speaks to you: en is English, fa is Persian. Without one of them, tells "
            "which there are. An account keeps it. What people write stays as it is."
        ),
        example="/lang fa",
        group=_SETTINGS,
        parse=_lang,
    ),
    Command(
        name="help",
        aliases=("?",),
        usage="/help [COMMAND]",
        summary=N_("list the commands, or explain one"),
        details=N_("Lists the commands; with the name of one, explains it."),
        example="/help history",
        group=_SETTINGS,
        parse=_help,
    ),
    Command(
        name="exit",
        aliases=("quit", "bye"),
        usage="/exit",
        summary=N_("leave the chat"),
        details=N_("Closes the connection, after all that you have written has been delivered. exit/ does the same."),
        example="/exit",
        group=_SETTINGS,
        parse=_quit,
    ),
)
"""Every command there is, in the order in which they are listed."""

_BY_WORD: Final = {word: command for command in COMMANDS for word in (command.name, *command.aliases)}

_BEFORE_A_NAME: Final = ("login", "lang", "help", "exit")


def find(word: str) -> Command | None:
    """The command of this name or alias, written in any case, with or without its slash."""
    return _BY_WORD.get(word.removeprefix("/").lower())


def unknown(word: str) -> UnknownCommand:
    """What to answer to a command that does not exist; ``word`` is without its slash."""
    command = f"/{shortened(word)}"
    nearest, doubled = _nearest(word.lower()), f"/{command}"
    if nearest:
        return MistypedCommand(command=command, nearest=f"/{nearest}", doubled=doubled)
    return UnknownCommand(command=command, doubled=doubled)


def _nearest(word: str) -> str | None:
    """The command that was probably meant: one that begins like this, or one with nearly the same letters."""
    if not word or len(word) > LONGEST_QUOTED:
        return None  # a long word is close to none, and would be slow to compare
    begun = (known for known in _BY_WORD if known.startswith(word))
    return next(begun, None) or next(iter(get_close_matches(word, _BY_WORD, 1, _CLOSE_ENOUGH)), None)


def parse(line: str) -> Request | None:
    """What a line asks for; ``None`` for a line with nothing in it. Never raises.

    ``line`` is text without its ending. A line that begins with ``/`` is a command, whatever blanks stand before it;
    ``//x`` says ``/x``; anything else is said as it is.
    """
    bare = line.lstrip(_UNSEEN)
    if bare[:1] == "/":
        return Say(bare[1:]) if bare[1:2] == "/" else _parse_command(bare)
    if _is_exit(bare):
        return Quit()
    return Say(line) if bare else None


def plainly_said(line: bytes) -> str | None:
    """The text of a line, without its ending, that is just said: no command, and a message's text as it stands.

    Most lines are of that kind, and all that is done for others is needless for them: no line break can be amid printable
    text, no control, and none of telnet's codes, which are not UTF-8. ``None``: this may be something else, or more than a
    line.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return None
    if not text or text[0] in _BEGINS_OTHERS:
        return None
    # Persian is full of joiners, which are not printable.
    return text if text.isprintable() or text.replace(ZWNJ, "").isprintable() else None


def parse_introduction(line: str) -> Request:
    """What a line means while there is no name yet: a name, or one of the few commands that work without. Never raises.

    An empty line is an empty name, so that its answer asks again.
    """
    bare = line.strip(_UNSEEN)
    if bare[:1] == "/":
        command = find(_BLANK.split(bare, maxsplit=1)[0])
        return _parse_command(bare) if command and command.name in _BEFORE_A_NAME else Invalid(NameNeeded())
    return Quit() if _is_exit(bare) else Introduce(bare)


def _parse_command(bare: str) -> Request:
    """A line whose first character is a slash."""
    word, _, rest = _BLANK.sub(" ", bare[1:], count=1).partition(" ")
    command = find(word)
    if command is None:
        meant = find(_nearest(word.lower()) or "")
        if meant and meant.secret:
            return Invalid(BadUsage(command=f"/{meant.name}", usage=meant.usage))
        # What follows the word was meant for somebody: give it back. The word alone is in the sentence already.
        return Invalid(unknown(word), bare if rest or len(word) > LONGEST_QUOTED else "")
    return command.parse(rest.strip(_UNSEEN)) or Invalid(BadUsage(command=f"/{word}", usage=command.usage))


def _is_exit(bare: str) -> bool:
    """Whether this is ``exit/``, with the slash on the wrong side: people were taught it, so it must never be said."""
    return bare[:5].lower() == "exit/" and not bare[5:].strip(_UNSEEN)

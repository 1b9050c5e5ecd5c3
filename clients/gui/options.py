"""The command line of ``chatd-gui``. Knows what can be asked for; must not know how any of it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clients import options
from clients.addresses import Address
from clients.wording import say, speak


@dataclass(frozen=True, slots=True)
class Options(options.Options):
    """What a person asked for."""

    server_given: bool
    """Whether :attr:`address` was written on the command line; else it is what it is where nothing is said."""


def parse(arguments: Sequence[str], environment: Mapping[str, str], chosen: str = "") -> Options:
    """Read the command line, without the program's name; from then on its language is spoken.

    Args:
        arguments: what was typed behind the name.
        environment: says which language is spoken where neither ``--lang`` nor ``chosen`` does.
        chosen: the code of the language chosen in an earlier run, if any.

    Raises:
        SystemExit: with status 2 and a sentence on standard error, or 0 after ``--help`` and ``--version``.
    """
    speak(options.wanted_language(arguments, {"LANG": chosen} if chosen else environment))
    parser = _parser()
    given = parser.read(arguments)
    server_given = given.destination is not None
    given.destination = given.destination or (None, Address())
    return Options(**options.in_common(parser, given), server_given=server_given)


def _parser() -> options.Parser:
    parser = options.Parser(
        "chatd-gui",
        say("Join a chat of chatd in a window."),
        say(
            "examples:\n"
            "  chatd-gui                          asks for a server and a name\n"
            "  chatd-gui ali@chat.example.org     logs in at once"
        ),
    )
    options.add_destination(parser)
    parser.set_defaults(destination=None)
    options.add_encryption(parser)
    options.add_password_file(parser)
    options.add_language(parser)
    options.add_version(parser)
    return parser

"""The command line of ``chatd-console``. Knows what can be asked for; must not know how any of it is done."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatd.details import Listing
from chatd.languages import N_
from chatd.timestyle import TimeStyle
from clients import options
from clients.wording import Told, say


@dataclass(frozen=True, slots=True)
class Options(options.Options):
    """What a person asked for."""

    plain: bool = False
    style: TimeStyle = TimeStyle.ON


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line, without the program's name, in the language that is spoken.

    Raises:
        SystemExit: with status 2 and a sentence on standard error, or 0 after ``--help`` and ``--version``.
    """
    parser = _parser()
    given = parser.read(arguments)
    return Options(**options.in_common(parser, given), plain=given.plain, style=given.time)


def _parser() -> options.Parser:
    parser = options.Parser("chatd-console", say("Join a chat of chatd in this terminal."), _examples())
    options.add_destination(parser)
    parser.choices.add_argument(
        "--plain",
        action="store_true",
        help=say("plain lines, without colours and editing, as when input or output is not a terminal"),
    )
    options.add_encryption(parser)
    options.add_password_file(parser)
    stamp = say("what stands before each message (default: on)")
    parser.choices.add_argument(
        "--time", type=_time_style, default=TimeStyle.ON, metavar="|".join(TimeStyle), help=stamp
    )
    options.add_language(parser)
    options.add_version(parser)
    return parser


def _time_style(word: str) -> TimeStyle:
    """Raises Told: there is none of this name."""
    if word not in tuple(TimeStyle):
        template = N_("--time is one of {styles}, not {word}.")
        raise Told(say(template, styles=Listing(TimeStyle), word=word))
    return TimeStyle(word)


def _examples() -> str:
    return say(
        "examples:\n"
        "  chatd-console                            the server of this machine\n"
        "  chatd-console ali@chat.example.org       another one, over TLS\n"
        "  printf 'salam\\n' | chatd-console --plain ali@localhost\n"
        "\n"
        "exit status: 0 all is well; 1 no server of chatd was reached; 2 wrong options; 3 the server refused the name, the "
        "password or\n"
        "a line, or cannot be trusted.\n"
    )

"""What the command lines of all clients have in common: which server, whom to trust, which language.

Knows argparse, and what can be asked for. Must not know how any of it is done, nor what only one client can.
"""

import re
import sys
from argparse import Action, ArgumentError, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from chatd import __version__
from chatd.errors import UnknownLanguage
from chatd.languages import LANGUAGES, N_, Language, find_language, preferred_language
from chatd.wire.phrases import Shown
from clients.addresses import Address, parse_destination
from clients.trust import Wish, parse_fingerprint
from clients.wording import Told, book, language, say, whole

_WRONG: Final = (
    N_("argument {option}: expected one argument"),
    N_("argument {option}: not allowed with argument {other}"),
    N_("argument {option}: ignored explicit argument {value}"),
)
"""What argparse says of the options there are; it knows no language but that of the whole process's locale."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a person asked for, whatever the client."""

    address: Address
    name: str | None
    wish: Wish
    ca: Path | None
    trust: str | None
    """A fingerprint that is to be trusted."""
    password_file: Path | None
    language: Language
    """The one that is spoken, see :func:`wanted_language`."""


class _Help(RawDescriptionHelpFormatter):
    def add_usage(
        self, usage: str | None, actions: Iterable[Action], groups: Iterable[Any], prefix: str | None = None
    ) -> None:
        super().add_usage(usage, actions, groups, say("usage: ") if prefix is None else prefix)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return [whole(Shown(line)) for line in super()._split_lines(text, width)]


class Parser(ArgumentParser):
    """A command line that explains itself in the language that is spoken when it is made."""

    def __init__(self, program: str, description: str, epilog: str = "") -> None:
        super().__init__(
            prog=program,
            description=description,
            epilog=epilog,
            formatter_class=_Help,
            allow_abbrev=False,
            add_help=False,
            exit_on_error=False,
        )
        self.arguments = self.add_argument_group(say("positional arguments"))
        self.choices = self.add_argument_group(say("options"))
        self.choices.add_argument("-h", "--help", action="help", help=say("show this help message and exit"))

    def read(self, arguments: Sequence[str]) -> Namespace:
        """What was asked for.

        An option's ``type`` may raise :class:`~clients.wording.Told`.

        Raises:
            SystemExit: with status 2 and a sentence on standard error, or 0 after ``--help`` and ``--version``.
        """
        try:
            given, unknown = self.parse_known_args(arguments)
        except Told as told:
            self.error(told.sentence)
        except ArgumentError as error:
            self.error(_translated(str(error)))
        if unknown:
            self.error(say("unrecognized arguments: {arguments}", arguments=" ".join(unknown)))
        return given

    def error(self, message: str) -> NoReturn:
        """End the program with status 2, its usage, and what was wrong."""
        self.print_usage(sys.stderr)
        self.exit(2, say("{program}: error: {message}", program=Shown(self.prog), message=message) + "\n")


def wanted_language(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """The language that ``--lang`` asks for, else the environment: it has to be spoken before a :class:`Parser` is made."""
    first = ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--lang", nargs="?")
    given, _ = first.parse_known_args(arguments)
    return find_language(given.lang or "") or preferred_language(environment)


def add_destination(parser: Parser) -> None:
    """``[NAME@]HOST[:PORT]``."""
    parser.arguments.add_argument(
        "destination",
        nargs="?",
        default="",
        type=parse_destination,
        metavar="[NAME@]HOST[:PORT]",
        help=say("who you are, and where the server is (default: localhost:5050; you are asked for a name)"),
    )


def add_encryption(parser: Parser) -> None:
    """``--tls`` or ``--plaintext``; ``--ca`` or ``--trust``."""
    group = parser.add_argument_group(
        say("encryption"),
        say("Other machines are spoken to over TLS; this one in clear, until it has once spoken TLS."),
    )
    wish = group.add_mutually_exclusive_group()
    wish.add_argument(
        "--tls", dest="wish", action="store_const", const=Wish.TLS, help=say("speak TLS, to this machine too")
    )
    plaintext = say("speak in clear: what is said can be read on the way")
    wish.add_argument("--plaintext", dest="wish", action="store_const", const=Wish.PLAINTEXT, help=plaintext)
    parser.set_defaults(wish=Wish.NOTHING)
    vouching = say("speak TLS, and trust servers that these certificates (PEM) vouch for")
    group.add_argument("--ca", type=Path, metavar="FILE", help=vouching)
    fingerprint = say("speak TLS, and trust the server whose certificate has this SHA-256 fingerprint, from now on")
    group.add_argument("--trust", type=parse_fingerprint, metavar="FINGERPRINT", help=fingerprint)


def add_password_file(parser: Parser) -> None:
    """``--password-file``."""
    first_line = say("the account's password is the first line")
    parser.choices.add_argument("--password-file", type=Path, metavar="FILE", help=first_line)


def add_language(parser: Parser) -> None:
    """``--lang``; without it, it is the language that is spoken."""
    parser.choices.add_argument(
        "--lang",
        type=parse_language,
        default=language(),
        metavar="|".join(LANGUAGES),
        help=say("the language you are spoken to in (default: that of your system)"),
    )


def add_version(parser: Parser) -> None:
    """``--version``."""
    number = say("show program's version number and exit")
    parser.choices.add_argument("--version", action="version", version=f"{parser.prog} {__version__}", help=number)


def in_common(parser: Parser, given: Namespace) -> dict[str, Any]:
    """The fields of :class:`Options`, from what was given on the command line.

    Raises:
        SystemExit: with status 2, where the options contradict each other.
    """
    name, address = given.destination
    if given.wish is Wish.PLAINTEXT and (given.ca or given.trust):
        parser.error(say("--ca and --trust are about TLS, which --plaintext turns off; give one or the other"))
    if given.ca and given.trust:
        parser.error(say("--ca and --trust are two ways to trust a server; give one or the other"))
    return {
        "address": address,
        "name": name,
        "wish": Wish.TLS if given.ca or given.trust else given.wish,  # who says whom to trust wants that to be checked
        "ca": given.ca,
        "trust": given.trust,
        "password_file": given.password_file,
        "language": given.lang,
    }


def parse_language(text: str) -> Language:
    """The language of this code or name.

    Raises:
        Told: there is none.
    """
    found = find_language(text)
    if found is None:
        raise Told(book().error(UnknownLanguage.called(text)))
    return found


def _translated(message: str) -> str:
    """What argparse says, in the language that is spoken."""
    for template in _WRONG:
        words = "(.+)".join(map(re.escape, re.split(r"\{\w+\}", template)))
        found = re.fullmatch(words, message, re.DOTALL)
        if found:
            return say(template, **dict(zip(re.findall(r"\{(\w+)\}", template), found.groups(), strict=True)))
    return message

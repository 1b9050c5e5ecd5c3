"""The command line of ``chatd-console``. Knows what can be asked for; must not know how any of it is done."""

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from chatd import __version__
from chatd.timestyle import TimeStyle
from clients.addresses import Address, AddressError, parse_destination
from clients.trust import TrustError, Wish, parse_fingerprint

T = TypeVar("T")

_EPILOG: Final = """\
examples:
  chatd-console                            the server of this machine
  chatd-console ali@chat.example.org       another one, over TLS
  printf 'salam\\n' | chatd-console --plain ali@localhost

exit status: 0 all is well; 1 no server of chatd was reached; 2 wrong options; 3 the server refused the name, the password or
a line, or cannot be trusted.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What a person asked for."""

    address: Address
    name: str | None
    plain: bool
    wish: Wish
    ca: Path | None
    trust: str | None
    """A fingerprint that is to be trusted."""
    password_file: Path | None
    style: TimeStyle


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line, without the program's name.

    Raises:
        SystemExit: with status 2 and a sentence on standard error, or 0 after ``--help`` and ``--version``.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    name, address = given.destination
    if given.wish is Wish.PLAINTEXT and (given.ca or given.trust):
        parser.error("--ca and --trust are about TLS, which --plaintext turns off; give one or the other")
    if given.ca and given.trust:
        parser.error("--ca and --trust are two ways to trust a server; give one or the other")
    wish = Wish.TLS if given.ca or given.trust else given.wish  # who says whom to trust wants that to be checked
    return Options(address, name, given.plain, wish, given.ca, given.trust, given.password_file, TimeStyle(given.time))


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="chatd-console",
        description="Join a chat of chatd in this terminal.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "destination",
        nargs="?",
        default="",
        type=_sentence(parse_destination),
        metavar="[NAME@]HOST[:PORT]",
        help="who you are, and where the server is (default: localhost:5050; you are asked for a name)",
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="plain lines, without colours and editing, as when input or output is not a terminal",
    )
    _add_encryption(parser)
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="the account's password is the first line")
    parser.add_argument(
        "--time", choices=[*TimeStyle], default="on", help="what stands before each message (default: on)"
    )
    parser.add_argument("--version", action="version", version=f"chatd-console {__version__}")
    return parser


def _add_encryption(parser: ArgumentParser) -> None:
    group = parser.add_argument_group(
        "encryption", "Other machines are spoken to over TLS; this one in clear, until it has once spoken TLS."
    )
    wish = group.add_mutually_exclusive_group()
    wish.add_argument("--tls", dest="wish", action="store_const", const=Wish.TLS, help="speak TLS, to this machine too")
    wish.add_argument(
        "--plaintext",
        dest="wish",
        action="store_const",
        const=Wish.PLAINTEXT,
        help="speak in clear: what is said can be read on the way",
    )
    parser.set_defaults(wish=Wish.NOTHING)
    group.add_argument(
        "--ca", type=Path, metavar="FILE", help="speak TLS, and trust servers that these certificates (PEM) vouch for"
    )
    group.add_argument(
        "--trust",
        type=_sentence(parse_fingerprint),
        metavar="FINGERPRINT",
        help="speak TLS, and trust the server whose certificate has this SHA-256 fingerprint, from now on",
    )


def _sentence(parse_one: Callable[[str], T]) -> Callable[[str], T]:
    """``parse_one``, with its error as argparse shows it."""

    def parse_argument(text: str) -> T:
        try:
            return parse_one(text)
        except (AddressError, TrustError) as error:
            raise ArgumentTypeError(str(error)) from None

    return parse_argument

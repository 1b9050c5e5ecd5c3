"""The command line of ``chatd``. Knows what can be asked for, and which function does it."""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from chatd import __version__
from chatd.command.backup import backup
from chatd.command.check import check
from chatd.command.export import export
from chatd.errors import ChatError
from chatd.names import room_name
from chatd.requests import BOX

_AGO: Final = re.compile(r"(\d{1,6})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_STATUS: Final = "Exit status: 0 if all is well, 1 if something is damaged, 2 if it cannot be done."


def parse(arguments: Sequence[str]) -> Namespace:
    """Read the command line, without the program's name. ``command`` is what does it, given the rest.

    Raises:
        SystemExit: with status 2 and a sentence on standard error, or 0 after ``--help`` and ``--version``.
    """
    return _parser().parse_args(arguments)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        "chatd",
        description="Look after a database of chatd, while its server runs or not.",
        epilog="The server itself is started by twistd: twistd -n chatd",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"chatd {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_check(commands)
    _add_backup(commands)
    _add_export(commands)
    return parser


def _command(commands: Any, name: str, does: Callable[[Namespace], int], help: str, more: str) -> ArgumentParser:
    command = commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog=more,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.set_defaults(command=does)
    command.add_argument(
        "file", metavar="FILE", type=_file, help="the database, in most cases chatd.db in the folder the server runs in"
    )
    return cast(ArgumentParser, command)


def _add_check(commands: Any) -> None:
    example = "example:\n  chatd check /var/lib/chatd/chatd.db"
    help = "see whether a database is whole: its pages, each message, account and session, and the index of words"
    _command(commands, "check", check, help, f"{example}\n\n{_STATUS}")


def _add_backup(commands: Any) -> None:
    example = "example:\n  chatd backup /var/lib/chatd/chatd.db /backup/chatd-$(date +%F).db"
    help = "copy a database as it is at one moment, and check the copy"
    command = _command(commands, "backup", backup, help, f"{example}\n\n{_STATUS}")
    command.add_argument("target", metavar="TARGET", type=_file, help="the copy; there must be no such file yet")


def _add_export(commands: Any) -> None:
    examples = (
        "examples:\n"
        "  chatd export chatd.db > messages.jsonl\n"
        "  chatd export chatd.db --room '#lobby' --since 2026-03-21\n"
        "  chatd export chatd.db --since 7d | jq -r .text"
    )
    help = "write messages to the standard output, each as a line of JSON"
    command = _command(
        commands, "export", export, help, f"{examples}\n\nThe fields are explained in docs/operations.rst.\n\n{_STATUS}"
    )
    command.add_argument("--room", metavar="ROOM", type=_room, help="only this room")
    command.add_argument(
        "--since",
        metavar="TIME",
        type=_time,
        default=float("-inf"),
        help="only what was said since then: 2026-03-21, 2026-03-21T14:00 (this machine's local time), or how long ago, "
        "as 30m, 2h or 7d",
    )
    command.add_argument("--private", action="store_true", help="private messages as well")


def _file(text: str) -> Path:
    if "\0" in text or not text:
        raise ArgumentTypeError("that cannot be the name of a file")
    return Path(text)


def _room(text: str) -> str:
    if text.startswith(BOX):
        raise ArgumentTypeError(f"{text!r} is no room; private messages are exported with --private")
    try:
        return room_name(_as_typed(text)).key
    except ChatError as error:
        raise ArgumentTypeError(str(error)) from None


def _as_typed(text: str) -> str:
    """In the C locale Python has not read the bytes of the command line as what they are."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _time(text: str) -> float:
    """Unix seconds."""
    try:
        ago = _AGO.fullmatch(text)
        if ago:
            return (datetime.now().astimezone() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})).timestamp()
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise ArgumentTypeError(
            f"{text!r} is no time. Times are written 2026-03-21, 2026-03-21T14:00, 30m, 2h or 7d"
        ) from None

"""``chatd-console``: options read, parts put together, and how it ended told to the shell. Must not know how anything is done."""

import asyncio
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from prompt_toolkit.history import History, InMemoryHistory
from prompt_toolkit.utils import is_dumb_terminal

from chatd.languages import N_
from chatd.secret import Secret
from chatd.wire.phrases import Shown
from clients.console.application import Console
from clients.console.ending import NOT_REACHED, Ending
from clients.console.history import LineHistory
from clients.console.options import Options, parse
from clients.console.plain import Plain
from clients.core import ClientCore, Identity
from clients.dial import Dialler
from clients.folders import config_folder, state_folder
from clients.network import Client
from clients.options import wanted_language
from clients.password_file import read_password
from clients.presentation.rendering import Renderer
from clients.reasons import reason_of
from clients.trust import KnownServers, Wish, use_tls, warning_of_plaintext
from clients.wording import Told, say, speak, whole

USAGE: Final = 2


def main() -> None:
    """Run the console with the arguments of the command line; exits with its status."""
    _open_closed_streams()
    speak(wanted_language(sys.argv[1:], os.environ))
    options = parse(sys.argv[1:])
    try:
        ending = asyncio.run(_run(options))
    except BrokenPipeError:
        # Nobody reads any more. Without this the interpreter would try once more to write, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        ending = Ending(NOT_REACHED)
    if ending.words:
        sys.stderr.writelines(f"{whole(Shown(line))}\n" for line in ending.words.split("\n"))
    sys.exit(ending.status)


def _open_closed_streams() -> None:
    """What the shell has closed (``<&-``) is taken for empty: else the next socket would get its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 (for the whole run)


async def _run(options: Options) -> Ending:
    def warn(sentence: str) -> None:
        face.warn(sentence)  # which is made of the dialler that says this

    try:
        dialler = _dialler(options, warn)
        warning = warning_of_plaintext(options.address, dialler.known) if options.wish is Wish.PLAINTEXT else ""
        identity = Identity(options.name or "", _password(options.password_file))
    except Told as error:
        return Ending(USAGE, error.sentence)
    core = ClientCore(identity, random.SystemRandom(), time.monotonic())
    client = Client(core, dialler.dial, server=str(options.address))
    face = _face(options, client, dialler)
    if warning:
        face.warn(warning)
    return await face.run()


def _face(options: Options, client: Client, dialler: Dialler) -> Console | Plain:
    renderer = Renderer(style=options.style)
    if options.plain or is_dumb_terminal() or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Plain(client, renderer)
    history, trouble = _history()
    console = Console(client, dialler, renderer, history)
    if trouble:
        console.warn(trouble)
    return console


def _dialler(options: Options, warn: Callable[[str], None]) -> Dialler:
    known = KnownServers(config_folder(os.environ) / "known_servers")
    encrypted = use_tls(options.address, options.wish, known)
    return Dialler(options.address, known, encrypted, ca=options.ca, trust=options.trust, warn=warn)


def _history() -> tuple[History, str]:
    """The lines of earlier runs; where they cannot be kept, a sentence that says why."""
    path = state_folder(os.environ) / "console_history"
    try:
        return LineHistory(path), ""
    except OSError as error:
        template = N_("What you type is not kept for the next time: {path}: {reason}.")
        return InMemoryHistory(), say(template, path=path, reason=reason_of(error))


def _password(path: Path | None) -> Secret | None:
    return read_password(path) if path else None


if __name__ == "__main__":
    main()

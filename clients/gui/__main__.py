"""``chatd-gui``: options read, parts put together, and how it ended told to the shell. Must not know how anything is done."""

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from clients.addresses import DEFAULT_HOST, DEFAULT_PORT, Address
from clients.dial import Dialler
from clients.folders import config_folder
from clients.gui import remembered
from clients.gui.login.typed import Typed
from clients.gui.options import Options, parse
from clients.gui.remembered import Remembered
from clients.password_file import read_password
from clients.trust import KnownServers, Wish
from clients.wording import Told, say

if TYPE_CHECKING:
    import tkinter

    from clients.gui.application import Application

USAGE: Final = 2
"""The exit status where nothing could be begun; argparse's."""


def main() -> None:
    """Run the window with the arguments of the command line; exits with its status."""
    store = config_folder(os.environ) / remembered.FILE
    kept = remembered.load(store)
    options = parse(sys.argv[1:], os.environ, kept.language)
    try:
        typed = first_typed(options, kept)
    except Told as error:
        _fail(error.sentence)
    root = _screen()
    application = _application(root, options, store, kept)
    for number in (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])):
        signal.signal(number, lambda *_: application.interrupt())
    application.start(typed, options.address if options.name else None)
    root.mainloop()


def first_typed(options: Options, kept: Remembered) -> Typed:
    """What stands in the login window at first: what was given, else what worked the last time."""
    server = _written(options.address) if options.server_given else kept.server or DEFAULT_HOST
    # A wish counts for the server that it was about.
    wish = kept.wish if options.wish is Wish.NOTHING and server == kept.server else options.wish
    password = read_password(options.password_file) if options.password_file else None
    return Typed(server, options.name or kept.name, password, wish)


def _application(root: "tkinter.Tk", options: Options, store: Path, kept: Remembered) -> "Application":
    from clients.gui.application import Application  # noqa: PLC0415 (needs Tk)

    known = KnownServers(config_folder(os.environ) / "known_servers")

    def dial(address: Address, encrypted: bool) -> Dialler:
        meant = address == options.address  # --ca and --trust are about this server and no other
        return Dialler(
            address, known, encrypted, ca=options.ca if meant else None, trust=options.trust if meant else None
        )

    return Application(root, known, store, kept, dial)


def _screen() -> "tkinter.Tk":
    """An empty window."""
    try:
        import tkinter  # noqa: PLC0415 (may be missing)
    except ImportError:
        _fail(
            say(
                "This Python has no Tk, which chatd-gui needs. Please install it; on Debian and Ubuntu: apt install python3-tk"
            )
        )
    try:
        return tkinter.Tk(className="chatd")
    except tkinter.TclError:
        _fail(say("There is no screen to open a window on. chatd-console is a client for terminals."))


def _written(address: Address) -> str:
    """As somebody would write it."""
    return address.host if address.port == DEFAULT_PORT else str(address)


def _fail(sentence: str) -> NoReturn:
    sys.stderr.write(f"chatd-gui: {sentence}\n")
    sys.exit(USAGE)


if __name__ == "__main__":
    main()

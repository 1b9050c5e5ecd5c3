"""``chatd`` from its command line to its exit status. Must not know how anything is done."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from chatd.command.options import parse
from chatd.storage.contract import StoreError
from chatd.storage.visit import InterruptedVisit

USELESS: Final = 2
"""Exit status when what was asked for cannot be done."""
INTERRUPTED: Final = 128 + signal.SIGINT
UNREAD: Final = 128 + signal.SIGPIPE
"""Exit status when nobody reads the output any more: that of programs which the signal ends, such as ``cat``."""


def run(arguments: Sequence[str]) -> int:
    """Do what these say. The exit status; what goes wrong is a sentence on standard error.

    Raises:
        SystemExit: they make no sense, which is said, or ask for help.
    """
    try:
        chosen = parse(arguments)
        status: int = chosen.command(chosen)
        sys.stdout.flush()
    except BrokenPipeError:
        # Without this the interpreter would try once more to write, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    except (KeyboardInterrupt, InterruptedVisit):
        return _say("Stopped.", INTERRUPTED)
    except StoreError as error:
        return _say(str(error), USELESS)
    except OSError as error:
        return _say(f"{error.filename or 'The output'} cannot be used: {error.strerror}.", USELESS)
    return status


def make_streams_writable() -> None:
    """What the shell has closed (``>&-``) leads nowhere; what a terminal cannot show is spelled."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 (for the whole run)
        getattr(sys, name).reconfigure(errors="backslashreplace")


def _say(sentence: str, status: int) -> int:
    sys.stderr.write(f"chatd: {sentence}\n")
    return status

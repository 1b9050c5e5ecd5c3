"""``chatd``: what answers the signals, from the first moment to the last. Must know as little as that takes.

Everything else is imported when somebody can be told that it was stopped: that takes a tenth of a second.
"""

import os
import signal
import sys
from importlib import import_module

_STOPPED = b"chatd: Stopped.\n"
_INTERRUPTED = 128 + signal.SIGINT


def main() -> None:
    """Do what the arguments of the command line say; exits with its status."""
    _answer(_end)  # an exception may get lost while modules are imported
    program = import_module("chatd.command.program")
    program.make_streams_writable()
    try:
        _answer(signal.default_int_handler)  # from here on there is something to tidy up
        status = program.run(sys.argv[1:])
    except KeyboardInterrupt:
        status = _INTERRUPTED  # before anything was begun, or after its end
    finally:
        _answer(signal.SIG_IGN)
    sys.exit(status)


def _answer(handler: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)  # type: ignore[arg-type]  # as the module's own functions are


def _end(*_: object) -> None:
    try:
        os.write(2, _STOPPED)
    finally:
        os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()

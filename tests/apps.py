"""Programs with windows on a virtual screen: started, looked into, ended, and held to have had nothing to complain of.

Knows processes and Tk's ``send``. Must not know what the program does.
"""

import importlib.util
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.conftest import missing
from tests.screens import Screen
from tests.servers import ROOT
from tests.windows import Window
from tests.x_displays import process

GUI: Final = (sys.executable, "-m", "clients.gui")

_INSPECTOR: Final = """
import sys, tkinter
tk = tkinter.Tk(className="inspector")
tk.withdraw()
ask = lambda name, *script: str(tk.tk.call("send", name, *script))
others = [name for name in tk.tk.splitlist(tk.tk.call("winfo", "interps")) if name != tk.tk.call("tk", "appname")]
program = next((name for name in others if ask(name, "pid") == sys.argv[1]), None)
if program is None:
    sys.exit("the program has no window yet, or no more")
sys.stdout.write(ask(program, sys.argv[2]))
ask(program, "update", "idletasks")
"""


class App:
    """A program that is running on a screen."""

    def __init__(self, screen: Screen, started: subprocess.Popen[bytes], log: Path) -> None:
        self.screen = screen
        self._process = started
        self._log = log

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def complaints(self) -> str:
        """What it has written to its terminal; Tk writes there when a callback fails."""
        return self._log.read_text("utf-8", errors="backslashreplace")

    def window(self, title: str) -> Window:
        """Its window with this title (``re.search``), in front, once it gets the keys."""
        self.screen.wait(
            lambda: not self.running or self.screen.find(title) is not None, f"a window {title!r} was there"
        )
        assert self.running, f"the program has ended: {self.complaints}"
        return self.screen.window(title).focus()

    def inspect(self, script: str) -> str:
        """The result of a Tcl script inside of the program, such as ``.log get 1.0 end``, once it has a window.

        For what cannot be seen from outside. It goes through the display (Tk's ``send``), so it comes after all keys
        that have been pressed; and what had to be drawn has been drawn when this returns.

        Raises:
            AssertionError: the script fails, or the program has ended.
        """
        command = [sys.executable, "-c", _INSPECTOR, str(self._process.pid), script]
        environment = self.screen.display.environment(self.screen.folder)
        ended = subprocess.run(
            command, env=environment, capture_output=True, encoding="utf-8", timeout=self.screen.patience, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def signal(self, number: signal.Signals) -> None:
        """Send it this signal."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Its exit status, once it has ended."""
        self.screen.wait(lambda: not self.running, "the program had ended")
        return self._process.wait()


@contextmanager
def app(
    screen: Screen, folder: Path, *arguments: str, command: Sequence[str] = GUI, **environment: str
) -> Iterator[App]:
    """A program on a screen, for a person whose home is this folder, until the end of the block.

    A screen without windows is made first what it was in the beginning. ``environment`` is added to what a person has.

    Raises:
        AssertionError: the program has written something to its terminal. Warnings are written there, too.
    """
    if importlib.util.find_spec("_tkinter") is None:
        missing("tkinter for this Python")
    others = set(screen.windows())
    if not others:
        screen.clear()
    log = folder / "terminal.log"
    more = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default", **environment}
    with process([*command, *arguments], screen.display.environment(folder, **more), log) as started:
        running = App(screen, started, log)
        try:
            yield running
        except BaseException as error:
            error.add_note(f"The screen: {screen.keep()}\nThe program wrote: {running.complaints or 'nothing'}")
            raise
    screen.wait(lambda: set(screen.windows()) <= others, "its windows were gone")
    assert not running.complaints, running.complaints


def alive(folder: Path) -> list[str]:
    """The programs that were started with something in this folder and have not ended."""
    return [name for process in Path("/proc").glob("[0-9]*") if (name := _started_with(process, str(folder)))]


def _started_with(process: Path, word: str) -> str:
    """The name of the program, if this word is in its arguments or its environment; nobody can read those of the dead."""
    with suppress(OSError):
        for file in ("cmdline", "environ"):
            if word in (process / file).read_text("utf-8", errors="replace"):
                return (process / "comm").read_text("utf-8").strip()
    return ""

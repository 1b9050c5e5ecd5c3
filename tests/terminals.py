"""Programs in a terminal that can be looked at: a pty, and the emulator that draws what comes out of it.

Knows pyte, pexpect and keys. Must not know which program runs there.
"""

import os
import re
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pexpect
import pyte

from tests.servers import PATIENCE

# The emulator stops drawing at characters without a width.
_WITHOUT_WIDTH = re.compile("[\u200b-\u200f\u2060-\u206f\ufeff]")
# It knows nothing of directions either: what stands in an isolate is told by a look that nothing else has here.
_ISOLATES = {ord("\u2068"): "\x1b[9m", ord("\u2069"): "\x1b[29m"}


class Screen(pyte.HistoryScreen):
    """A screen with what has scrolled off it, that answers like a terminal."""

    answer: Callable[[str], None]

    def write_process_input(self, data: str) -> None:
        """What a terminal says by itself: where its cursor is."""
        self.answer(data)

    def text(self) -> list[str]:
        """All lines, also those that have scrolled off, without the blanks at their ends."""
        gone = ["".join(line[column].data for column in range(self.columns)) for line in self.history.top]
        return [line.rstrip() for line in [*gone, *self.display]]


class Terminal:
    """A program at a terminal of its own, whose keys are pressed by the test."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], columns: int = 80, rows: int = 24
    ) -> None:
        self.raw = b""
        """Everything the program has written."""
        self.screen = Screen(columns, rows, history=10_000, ratio=0.5)
        self._stream = pyte.Stream(self.screen)
        self._decoder = getincrementaldecoder("utf-8")()
        self._program = pexpect.spawn(
            command[0], [*command[1:]], env=dict(environment), dimensions=(rows, columns), timeout=PATIENCE
        )
        self._program.delaybeforesend = None
        self.screen.answer = self.type

    def type(self, keys: str) -> None:
        """Press keys: text, or the sequences that keys send."""
        os.write(self._program.child_fd, keys.encode())

    def enter(self, line: str) -> None:
        """A line and the Enter key."""
        self.type(f"{line}\r")

    def paste(self, text: str) -> None:
        """As a terminal pastes where the program has asked for brackets (xterm, mode 2004)."""
        self.type(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        """Another window size."""
        self.screen.resize(rows, columns)
        self._program.setwinsize(rows, columns)

    @property
    def lines(self) -> list[str]:
        """What is shown and what has scrolled off."""
        return self.screen.text()

    @property
    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines)

    @property
    def cursor_line(self) -> str:
        """The line on which the cursor stands."""
        return str(self.screen.display[self.screen.cursor.y]).rstrip()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until this is so.

        Raises:
            AssertionError: it is not so after a long time; the message shows the screen.
        """
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "waited in vain; the screen:\n" + self.text.rstrip()
            self._read()

    def wait_for(self, text: str) -> None:
        """Until this can be read somewhere."""
        self.wait(lambda: text in self.text)

    def ended(self) -> int:
        """Its exit status, once it has ended."""
        self.wait(lambda: not self._program.isalive())
        while self._read():
            pass
        return int(self._program.exitstatus if self._program.exitstatus is not None else -self._program.signalstatus)

    def close(self) -> None:
        """End it, however it is."""
        self._program.close(force=True)

    def _read(self) -> bool:
        try:
            data = self._program.read_nonblocking(65536, timeout=0.02)
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF:
            time.sleep(0.01)  # until its status is there
            return False
        self.raw += data
        text = self._decoder.decode(data).translate(_ISOLATES)
        self._stream.feed(_WITHOUT_WIDTH.sub("", text))
        return True


@contextmanager
def terminal(
    command: Sequence[str], environment: Mapping[str, str], columns: int = 80, rows: int = 24
) -> Iterator[Terminal]:
    """A terminal for as long as it is needed."""
    opened = Terminal(command, environment, columns, rows)
    try:
        yield opened
    finally:
        opened.close()

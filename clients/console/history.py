"""The lines somebody typed, kept from one run to the next. Knows a file; must not know what lines mean.

What must not be kept, a password above all, is never given to it.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from prompt_toolkit.history import History

from clients.terminal_text import safe_lines

MOST_LINES: Final = 1000
"""As many are kept from earlier runs."""


class LineHistory(History):
    """A history in a text file of one line each, readable for its owner alone."""

    def __init__(self, path: Path) -> None:
        """Open, or make, the file at ``path``, and forget all but its last :data:`MOST_LINES` lines.

        Raises:
            OSError: it cannot be read or written.
        """
        super().__init__()
        self._path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(path, "a+", encoding="utf-8", errors="replace", opener=_private) as file:
            file.seek(0)
            lines = file.readlines()
        self._earlier = [line.rstrip("\n") for line in lines[-MOST_LINES:]]
        if len(lines) > MOST_LINES:
            self._shorten()

    def load_history_strings(self) -> Iterable[str]:
        """The earlier lines, the newest first."""
        return reversed(self._earlier)

    def store_string(self, string: str) -> None:
        """Keep one more line."""
        with open(self._path, "a", encoding="utf-8", errors="replace", opener=_private) as file:
            file.write(" ".join(safe_lines(string)) + "\n")

    def _shorten(self) -> None:
        # Put in place at once: another console may be reading or writing.
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with open(new, "w", encoding="utf-8", opener=_private) as file:
            file.writelines(f"{line}\n" for line in self._earlier)
        os.replace(new, self._path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

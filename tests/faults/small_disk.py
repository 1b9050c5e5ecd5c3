"""A disk of a few megabytes that only the server sees: a tmpfs in a mount namespace of its own (unshare(1), nsenter(1)).

It is gone with the last process in it, whatever happens. Knows mounts and files; must not know what is kept there.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.outcome import Unavailable

_AS_ROOT = ("unshare", "--mount", "--propagation", "private")
_AS_USER = ("unshare", "--map-root-user", "--mount", "--propagation", "private")
_HOLD = 'mount -t tmpfs -o size="$1" chatd "$0" && echo mounted && exec cat'


class SmallDisk:
    """It is at ``folder`` for programs started with ``before``, and at ``path`` for this one, as long as they run."""

    def __init__(self, holder: "subprocess.Popen[bytes]", folder: Path) -> None:
        enter = ["nsenter", "--target", str(holder.pid), "--mount"]
        if os.geteuid() != 0:
            enter += ["--user", "--preserve-credentials"]
        self.before = (*enter, "sh", "-c", 'cd "$0" && exec "$@"', str(folder))
        self.path = Path(f"/proc/{holder.pid}/root{folder}")
        self._filler = self.path / "filler"

    def fill(self, spare: int = 0) -> None:
        """Let others have what is free on it, but for about so many bytes (whole pages)."""
        with self._filler.open("ab", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(4096))
        if spare:
            os.truncate(self._filler, max(0, self._filler.stat().st_size - spare))

    def free(self) -> None:
        """Give all of that back."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """An empty one.

    Raises:
        Unavailable: there can be none on this machine.
    """
    folder.mkdir()
    unshare = _AS_ROOT if os.geteuid() == 0 else _AS_USER
    command = [*unshare, "sh", "-c", _HOLD, str(folder), f"{megabytes}m"]
    try:
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise Unavailable("There is no unshare here (Debian: util-linux).") from None
    with holder:  # closes its pipes at the end
        assert holder.stdout is not None
        assert holder.stderr is not None
        if holder.stdout.readline() != b"mounted\n":
            reason = holder.stderr.read().decode(errors="replace").strip()
            raise Unavailable(f"No file system can be mounted in a namespace here ({reason}).")
        try:
            yield SmallDisk(holder, folder)
        finally:
            holder.kill()

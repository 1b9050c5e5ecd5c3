"""An X display of its own, that nobody sees: the server, its window manager, its one keyboard and its few fonts.

Knows Xvfb, openbox, fontconfig and how they begin and end. Must not know what is done on the display.
"""

import os
import re
import secrets
import signal
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.conftest import missing
from tests.programs import need
from tests.servers import PATIENCE

FONT: Final = "DejaVu Sans"
"""The one family of fonts there is (with its Mono and Serif), whatever else the machine has."""
LAYOUTS: Final = "us,ir"
"""The keyboard is switched between these two, as an Iranian's is."""

_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <match target="font">
    <edit name="antialias" mode="assign"><bool>true</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
  </match>
</fontconfig>
"""
_COOKIE: Final = b"MIT-MAGIC-COOKIE-1"
_ANYWHERE: Final = 0xFFFF
"""FamilyWild of X11/Xauth.h: the entry counts for every display, whose number nobody knows beforehand."""


@dataclass(frozen=True, slots=True)
class Display:
    """A display that is running, and its files."""

    name: str
    folder: Path

    def environment(self, home: Path, **more: str) -> dict[str, str]:
        """All that a program needs to show itself here to a person with this home; nothing of the test's own is in it.

        Without a character type of UTF-8 Tk hears no Persian key. C.UTF-8 is on every machine, whatever LANG says.
        """
        return {
            "DISPLAY": self.name,
            "XAUTHORITY": str(_authority(self.folder)),
            "FONTCONFIG_FILE": str(_font_settings(self.folder)),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "LC_CTYPE": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "TZ": "UTC",
            **more,
        }


@contextmanager
def x_display(folder: Path, width: int, height: int) -> Iterator[Display]:
    """A display of so many pixels at 96 dpi, with a window manager and a keyboard, until the end of the block.

    Skips the test, or fails it in CI, if one of the programs or the font is not installed.
    """
    need("Xvfb", "openbox", "setpriv", "setxkbmap", "xprop", "fc-match")
    _write_authority(_authority(folder))
    _write_font_settings(folder)
    with _x_server(folder, f"{width}x{height}x24") as name:
        display = Display(name, folder)
        environment = display.environment(folder)
        subprocess.run(["setxkbmap", "-layout", LAYOUTS], env=environment, check=True, timeout=PATIENCE)
        with process(["openbox"], environment, folder / "openbox.log"):
            _await_window_manager(environment)
            yield display


@contextmanager
def process(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    *,
    stdin: int = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """A program, and whatever it starts in its group, until the end of the block. What it says goes to the log."""
    with log.open("ab") as output:
        started = subprocess.Popen(
            command,
            env=environment,
            stdin=stdin,
            stdout=output,
            stderr=output,
            pass_fds=pass_fds,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        _end(started)


def _end(started: subprocess.Popen[bytes]) -> None:
    started.terminate()
    with suppress(subprocess.TimeoutExpired):
        started.wait(PATIENCE / 4)
    with suppress(ProcessLookupError):  # usually nobody is left in its group
        os.killpg(started.pid, signal.SIGKILL)
    started.wait(PATIENCE)


@contextmanager
def _x_server(folder: Path, size: str) -> Iterator[str]:
    """Its display's name, as soon as it answers.

    It ends with this process, however that ends: else a test run that is killed would leave it, with all its programs.
    """
    told, tells = os.pipe()
    command = ["setpriv", "--pdeathsig", "TERM", "Xvfb", "-displayfd", str(tells), "-screen", "0", size, "-dpi", "96"]
    security = ["-nolisten", "tcp", "-auth", str(_authority(folder)), "-noreset"]
    log = folder / "Xvfb.log"
    with (
        open(told, encoding="ascii") as listener,
        open(tells, "wb") as writer,
        process([*command, *security], {"PATH": os.environ["PATH"]}, log, pass_fds=[tells]),
    ):
        writer.close()
        number = listener.readline().strip()
        assert number, f"Xvfb did not start:\n{log.read_text('utf-8')}"
        yield f":{number}"


def _await_window_manager(environment: Mapping[str, str]) -> None:
    deadline = time.monotonic() + PATIENCE
    command = ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"]
    while b"window id" not in subprocess.run(command, env=environment, capture_output=True, check=False).stdout:
        assert time.monotonic() < deadline, "openbox does not manage the screen"
        time.sleep(0.02)


def _authority(folder: Path) -> Path:
    return folder / "authority"


def _write_authority(path: Path) -> None:
    """The secret of the display (Xau(3)): no other user can press its keys, and Tk's ``send`` trusts it."""
    cookie = secrets.token_bytes(16)
    fields = (b"", b"", _COOKIE, cookie)  # address, number of the display, name, data
    path.touch(0o600)
    path.write_bytes(struct.pack(">H", _ANYWHERE) + b"".join(struct.pack(">H", len(field)) + field for field in fields))


def _font_settings(folder: Path) -> Path:
    return folder / "fonts.conf"


def _write_font_settings(folder: Path) -> None:
    """The same letters, pixel by pixel, on every machine, as far as fontconfig decides that."""
    command = ["fc-match", "--format", "%{family}\n%{file}", FONT]
    family, file = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    if FONT not in re.split(",", family):
        missing(f"the font {FONT}")
    _font_settings(folder).write_text(_FONTS.format(fonts=Path(file).parent, cache=folder / "fonts"), "utf-8")

"""``python -m tests.pictures``: draws the pictures of the documents anew, from real programs in front of a real server.

Knows a little story for each picture of a terminal; :mod:`tests.window_pictures` has those of the window. Must not know how
screens become pictures.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from chatd.certificates import Files
from chatd.self_signed import make_missing
from tests.drawing import draw
from tests.exam import said, which_chapters
from tests.processes import Visitor
from tests.servers import ROOT, Server, serving
from tests.terminals import Screen, Terminal, terminal
from tests.window_pictures import draw_windows

PICTURES = ROOT / "docs" / "pictures"
_CLOCK = re.compile(r"\d\d:\d\d(?=\])")


def main() -> None:
    """Draw all pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        console(Path(folder))
        netcat(Path(folder))
        program(Path(folder))
        account(Path(folder))
        encryption(Path(folder))
        draw_windows(Path(folder), PICTURES)
    sys.stdout.write(f"{', '.join(sorted(path.name for path in PICTURES.iterdir()))} in {PICTURES}\n")


def console(folder: Path) -> None:
    """A class talks before an exam: two scripts, a private message, another room, a line half typed."""
    with serving(folder / "console") as server, people(server) as (sara, maryam):
        sara.types("/topic Exam on Monday at nine")
        with terminal(
            [sys.executable, "-m", "clients.console", f"ali@localhost:{server.port}"], environment(folder), 84, 17
        ) as ali:
            ali.wait_for("You are now in #lobby")
            ali.enter("/join #homework")
            ali.wait_for("You are now in #homework")
            ali.enter("/join #lobby")
            which_chapters(ali.wait_for, ali.enter, sara, maryam)
            ali.wait_for("ali: The list is at")
            said(ali.wait_for, sara, "ali: thank you!")
            maryam.types("/pm ali کتاب تو را دارم")
            ali.wait_for("PM from")
            maryam.types("/join #homework")
            ali.wait_for("#homework: ")
            said(ali.wait_for, maryam, "exercise 4 is due on Sunday")
            ali.enter("/search chap")
            ali.wait_for("Found for")
            ali.type("see you on Mon")
            ali.wait(lambda: ali.cursor_line.endswith("Mon"))
            ali.wait(lambda: "#homework 1" in ali.screen.display[-1])
            save(ali.screen, "console.svg", "chatd-console ali@localhost", server)


def netcat(folder: Path) -> None:
    """The same chat with what is on every machine."""
    program = shutil.which("nc") or "nc"
    with serving(folder / "netcat") as server, people(server) as (sara, maryam):
        command = [program, "localhost", str(server.port)]
        with terminal(command, {"TERM": "xterm", "LANG": "C.UTF-8"}, 84, 14) as ali:
            ali.wait_for("What is your name?")
            ali.enter("ali")
            ali.wait_for("/help shows the commands.")
            which_chapters(ali.wait_for, ali.enter, sara, maryam)
            maryam.types("/pm ali کتاب تو را دارم")
            ali.wait_for("PM from")
            ali.enter("/who")
            ali.wait_for("Online (3)")
            ali.wait_for("sara (")
            save(ali.screen, "netcat.svg", "nc localhost 5050", server)


def program(folder: Path) -> None:
    """What a program says and gets, typed by hand; the other one has telnet."""
    with serving(folder / "program") as server, people(server) as (sara, _):
        command = [shutil.which("nc") or "nc", "localhost", str(server.port)]
        with terminal(command, {"TERM": "xterm", "LANG": "C.UTF-8"}, 98, 11) as bot:
            bot.enter('{"type": "register", "user_id": "bot"}')
            bot.wait_for('"ok":true')
            bot.enter('{"type": "chat", "text": "salam!"}')
            sara.types("hello, bot")
            bot.wait_for('"hello, bot"')
            bot.enter('{"type": "pm", "to": "sara", "text": "psst"}')
            bot.wait_for('"pm_ack"')
            save(bot.screen, "program.svg", "nc localhost 5050", server)


def account(folder: Path) -> None:
    """A name becomes an account in telnet, and is asked for its password when its owner is back."""
    program, password = shutil.which("telnet") or "telnet", "four words are better"
    with serving(folder / "account") as server:
        command = [program, "localhost", str(server.port)]
        with terminal(command, {"TERM": "xterm", "LANG": "C.UTF-8"}, 84, 20) as ali:
            introduce(ali, "ali")
            ali.wait_for("/help shows the commands.")
            ali.enter("/register")
            ali.wait_for("New password")
            ali.enter(password)
            ali.wait_for("again:")
            ali.enter(password)
            ali.wait_for("is your account now")
            ali.enter("/exit")
            ali.wait_for("Goodbye")
        sara = Visitor(server.port)
        for line in ("sara", "/pm ali The exam is on Monday at nine.", "/exit"):
            sara.types(line)
        while "Goodbye" not in sara.sees():
            pass
        sara.goes()
        with terminal(command, {"TERM": "xterm", "LANG": "C.UTF-8"}, 84, 11) as ali:
            introduce(ali, "ali")
            ali.wait_for("Password for ali")
            ali.enter(password)
            ali.wait_for("The exam is on")
            save(ali.screen, "account.svg", "telnet localhost 5050", server)


def introduce(screen: Terminal, name: str) -> None:
    """Give a name to a server that asks for it."""
    screen.wait_for("What is your name?")
    screen.enter(name)


def encryption(folder: Path) -> None:
    """The first visit to a server whose certificate nobody vouches for."""
    files = Files(folder / "chatd.crt", folder / "chatd.key")
    make_missing(files, "chat.example.org", datetime.now(UTC))
    options = ["--cert", str(files.certificate), "--key", str(files.key)]
    with serving(folder / "encryption", *options) as server:
        command = [sys.executable, "-m", "clients.console", "--tls", f"ali@localhost:{server.port}"]
        with terminal(command, environment(folder), 98, 8) as ali:
            ali.wait_for("y/n")
            save(ali.screen, "encryption.svg", "chatd-console --tls ali@localhost", server)


@contextmanager
def people(server: Server) -> Iterator[tuple[Visitor, Visitor]]:
    """Two others who are there."""
    visitors = Visitor(server.port), Visitor(server.port)
    for visitor, name in zip(visitors, ("sara", "مریم"), strict=True):
        visitor.sees()
        visitor.types(name)
        visitor.sees()
    yield visitors
    for visitor in visitors:
        visitor.goes()


def environment(folder: Path) -> dict[str, str]:
    """A person with an empty home."""
    usual = {"HOME": str(folder), "LANG": "C.UTF-8", "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return {**usual, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PROMPT_TOOLKIT_COLOR_DEPTH": "DEPTH_24_BIT"}


def save(screen: Screen, name: str, title: str, server: Server) -> None:
    """Draw a picture that does not change with the hour and the port: it is kept under version control."""
    port = str(server.port)
    for row in range(screen.lines):
        line = str(screen.display[row])
        line = _CLOCK.sub("14:03", line)
        line = re.sub(rf":{port}(?=\s)", f":{'5050':{len(port)}}", line).replace(f":{port}", ":5050")
        line = re.sub(r"\w+ \d{4}-\d\d-\d\d", "Monday 2026-01-05", line)
        for column, character in enumerate(line[: screen.columns].ljust(screen.columns)):
            screen.buffer[row][column] = screen.buffer[row][column]._replace(data=character)
    (PICTURES / name).write_text(draw(screen, title), "utf-8")


if __name__ == "__main__":
    main()

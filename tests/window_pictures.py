"""The pictures of the window for the documents: the real one, on a virtual screen in front of a real server.

Knows a little story for each picture. Must not know how a window is driven, or how else documents come by pictures.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image

from tests.apps import app
from tests.chat_windows import ChatWindow, login_window, remember
from tests.exam import said, which_chapters
from tests.processes import Visitor
from tests.screens import Screen, virtual_screen
from tests.servers import HOST, Server, serving

SIZE: Final = (900, 600)
COLOURS: Final = 256
"""As many as letters of a few colours need, in a file that is a fraction of one with all of them."""

_STILL: Final = """
import datetime, sys
from clients.gui.__main__ import main
from clients.presentation.rendering import Renderer
Renderer._moment = lambda self, at: datetime.datetime(2026, 1, 5, 14, 3)
main()
"""
"""The program, with a clock that stands still: the pictures are kept under version control."""


def draw_windows(folder: Path, pictures: Path) -> None:
    """Make all of them; ``folder`` is for what is left over."""
    with virtual_screen(folder) as screen:
        login(screen, folder / "login").save(pictures / "window-login.png", optimize=True)
        english(screen, folder / "english").save(pictures / "window-english.png", optimize=True)
        persian(screen, folder / "persian").save(pictures / "window-persian.png", optimize=True)


def login(screen: Screen, home: Path) -> Image.Image:
    """Somebody is asked for a server and a name."""
    remember(home, server="chat.example.org")
    with login_window(screen, home) as window:
        screen.type("ali")
        window.reads("chat.example.org", "ali")
        return picture(window)


def english(screen: Screen, home: Path) -> Image.Image:
    """A class before an exam; most of it in English."""
    with joined(screen, home, "ali", ["sara", "مریم", "reza"]) as (ali, (sara, maryam, reza)):
        open_beside(ali, "#homework")
        sara.types("/topic Exam on Monday at nine, room 204")
        which_chapters(ali.sees, ali.enter, sara, maryam)
        ali.sees("ali: The list")
        said(ali.sees, reza, "ali: thank you! Is there a practice sheet?")
        ali.enter("Yes, I will put it up tonight.")
        ali.sees("ali: Yes")
        said(ali.sees, maryam, "من تمرین ۴ را حل کرده‌ام؛ کسی می‌خواهد مقایسه کند؟")
        said(ali.sees, sara, "me! I am in the library until six")
        reza.types("/me is on his way")
        ali.sees("reza is on his way")
        sara.types("/pm ali can I have your notes?")
        for line in ("/join #homework", "exercise 4 is due on Sunday", "and exercise 5 on Tuesday"):
            maryam.types(line)
        ali.app.window(r"^\(3\) #lobby")
        return half_typed(ali, "see you on Mon")


def persian(screen: Screen, home: Path) -> Image.Image:
    """The same people in Persian, with one who writes English."""
    people = ["سارا", "مریم", "رضا", "bob"]
    with joined(screen, home, "علی", people, "--lang", "fa") as (ali, (sara, maryam, reza, bob)):
        open_beside(ali, "#تمرین")
        sara.types("/topic امتحان: دوشنبه ساعت ۹، اتاق ۲۰۴")
        said(ali.sees, sara, "سلام به همه! کدام فصل‌ها در امتحان می‌آید؟")
        said(ali.sees, maryam, "سلام! فصل ۳ تا ۵، به‌جز بخش ۴٫۲")
        ali.enter("فهرست کامل اینجاست: https://example.org/exam")
        ali.sees("علی: فهرست")
        said(ali.sees, reza, "علی: دستت درد نکند! نمونه‌سؤال هم هست؟")
        said(ali.sees, bob, "Hello! Is it on Monday or on Tuesday?")
        said(ali.sees, sara, "bob: on Monday (دوشنبه) at nine")
        ali.enter("امشب نمونه‌سؤال‌ها را می‌گذارم (حدود ۲۰ تا).")
        ali.sees("علی: امشب")
        reza.types("/me به کتابخانه می‌رود")
        said(ali.sees, maryam, "من هم تا ساعت ۶ آنجا هستم؛ هر کس خواست بیاید.")
        sara.types("/pm علی جزوه‌ات را می‌دهی؟")
        for line in ("/join #تمرین", "تمرین ۴ تا یکشنبه", "و تمرین ۵ تا سه‌شنبه"):
            maryam.types(line)
        ali.app.window(r"^\(۳\) #lobby")
        return half_typed(ali, "پس تا دوشنبه")


@contextmanager
def joined(
    screen: Screen, home: Path, name: str, others: Sequence[str], *options: str
) -> Iterator[tuple[ChatWindow, list[Visitor]]]:
    """Somebody at a window, and others who came later, at the port that is the usual one."""
    remember(home, geometry=f"{SIZE[0]}x{SIZE[1]}+0+0")
    usual = f"tcp:5050:interface={HOST}"
    command = [sys.executable, "-c", _STILL]
    with (
        serving(home / "server", "--greeting", "0", "--flood", "0", "--listen", usual) as server,
        app(screen, home, *options, f"{name}@localhost", command=command) as program,
    ):
        window = ChatWindow(program, program.window("#lobby"))
        visitors = [arrived(server, other) for other in others]
        window.reads(*others)
        yield window, visitors
        for visitor in visitors:
            visitor.goes()


def arrived(server: Server, name: str) -> Visitor:
    """Somebody who has joined."""
    visitor = Visitor(server.port)
    visitor.sees()
    visitor.types(name)
    visitor.sees()
    return visitor


def open_beside(window: ChatWindow, room: str) -> None:
    """Go to a room and back to the first one, beside which it stands from then on."""
    window.enter(f"/join {room}")
    window.app.window(room)
    window.screen.key("alt+1")
    window.app.window("#lobby")


def half_typed(window: ChatWindow, words: str) -> Image.Image:
    """How the window looks while this is being typed."""
    window.focus_log()  # nothing is selected any more
    window.screen.type(words)
    window.screen.wait(lambda: window.draft == words, "it was typed")
    return picture(window)


def picture(window: ChatWindow) -> Image.Image:
    """The window, in few colours."""
    return window.window.shot().quantize(COLOURS, kmeans=COLOURS, dither=Image.Dither.NONE)

"""The window itself when much comes at once, and when the server dies: nothing freezes, nothing is lost, nothing comes twice."""

import re
import signal
from collections.abc import Iterable
from pathlib import Path

import pytest
from pexpect.popen_spawn import PopenSpawn
from PIL import Image

from tests.chat_windows import LOG, ChatWindow, chat_window
from tests.likeness import unlikeness
from tests.programs import piped
from tests.screens import Screen, screen_fixture
from tests.servers import HOST, serving

screen = screen_fixture()

WATCH = "proc ::watch {} { lappend ::lengths [%s index end]; after 1 ::watch }; set ::lengths {}; ::watch"
"""Tcl that looks at the log whenever Tk has time for it."""
ANSWERS = 10
"""Looks at a log that grows by thousands of lines, each of which must find it longer. Drawn in one go it takes two or three."""
PAD = "و چند واژهٔ فارسی (and English words) " * 3


def say_messages(client: PopenSpawn, numbers: Iterable[int]) -> None:
    """Say them at once."""
    client.send("".join(f"message {number} {PAD}\n" for number in numbers).encode())


def upper_half(ali: ChatWindow) -> Image.Image:
    """What is seen of the log."""
    box = ali.part(LOG).box
    return ali.screen.shot().crop(box._replace(lower=(box.upper + box.lower) // 2))


@pytest.mark.alone
def test_five_thousand_messages_stop_nobody(screen: Screen, tmp_path: Path) -> None:
    """They are drawn bit by bit: one can type and read further up meanwhile, and in the end all of them are there in order."""
    with (
        serving(tmp_path / "server", "--flood", "0") as server,
        chat_window(screen, server, tmp_path) as ali,
        piped(server, "sara") as sara,
    ):
        ali.app.inspect(WATCH % ali.part(LOG).widget)
        say_messages(sara, range(3000))
        ali.enter("I can type")
        sara.expect_exact(b"ali: I can type\n")
        ali.sees("message 2999 ")
        screen.wait(lambda: len(set(ali.app.inspect("set ::lengths").split())) > ANSWERS, "it had answered")
        ali.focus_log()
        screen.key("Home")
        before = upper_half(ali)
        say_messages(sara, range(3000, 5000))
        ali.reads("2000 new below")
        assert unlikeness(upper_half(ali), before) == 0
        log = ali.log
    assert [int(number) for number in re.findall(r"sara: message (\d+) ", log)] == list(range(5000))
    assert log.count(PAD.strip()) == 5000


def test_a_server_that_dies_and_comes_back(screen: Screen, tmp_path: Path) -> None:
    """What is half typed stays; what was said offline is sent once; what others said meanwhile is shown once, in its place."""
    with serving(tmp_path / "server") as first, chat_window(screen, first, tmp_path) as ali:
        with piped(first, "sara") as sara:
            sara.sendline(b"before")
            ali.sees("sara: before")
        screen.type("said while")
        first.kill()
        ali.reads("Try now")
        assert ali.draft == "said while"
        ali.enter(" away")
        screen.type("half")
        ali.app.signal(signal.SIGSTOP)  # until others have talked, it cannot come back
        listen = f"tcp:{first.port}:interface={HOST}"
        with serving(tmp_path / "server", "--listen", listen) as second, piped(second, "sara") as sara:
            sara.sendline("پیش از تو".encode())
            sara.sendline(b"/history")
            sara.expect_exact(b"before")
            sara.expect_exact("پیش از تو".encode())
            ali.app.signal(signal.SIGCONT)
            sara.expect_exact(b"ali: said while away\n")
            sara.sendline(b"welcome back")
            log = ali.sees("sara: welcome back")
            said = re.findall(r"(?m)^\[\d\d:\d\d\] (.*)$", log)
            assert said == ["sara: before", "sara: پیش از تو", "ali: said while away", "sara: welcome back"]
            ali.reads("online")
            ali.enter(" a line")
            sara.expect(rb"(?s)(.*)ali: half a line\n")
            assert b"said while" not in sara.match[1]


def test_who_leaves_with_something_unsent_is_asked(screen: Screen, tmp_path: Path) -> None:
    """The window stays until that is decided, and so does what was said."""
    with serving(tmp_path / "server") as server, chat_window(screen, server, tmp_path) as ali:
        server.kill()
        ali.enter("important")
        screen.key("ctrl+q")
        ali.click("Stay")
        ali.sees("ali: important")
        screen.key("ctrl+q")
        ali.reads("One message is not sent yet.")
        ali.click("Leave all the same")
        assert ali.app.wait() == 0

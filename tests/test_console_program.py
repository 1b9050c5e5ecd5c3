"""The console itself: the real program at a terminal or between pipes, in front of a real server."""

import asyncio
import os
import shlex
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chatd.certificates import Files
from chatd.self_signed import make_missing
from clients.trust import fingerprint_of
from tests.programs import piped
from tests.server_fixtures import visited_server_fixtures
from tests.servers import HOST, PATIENCE, ROOT, Server, serving
from tests.terminals import Terminal, terminal
from tests.test_network import Room

CONSOLE = [sys.executable, "-m", "clients.console"]

shared, server = visited_server_fixtures("--flood", "0")  # what is said in one test can be read in the next


def environment(folder: Path, **more: str) -> dict[str, str]:
    """A person with an empty home at a usual terminal."""
    return {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
        "TZ": "UTC",
        **more,
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the console keeps its files."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@contextmanager
def console(server: Server, home: Path, name: str = "ali", columns: int = 80, **more: str) -> Iterator[Terminal]:
    """Somebody who has joined."""
    command = [*CONSOLE, f"{name}@{HOST}:{server.port}"]
    with terminal(command, environment(home, **more), columns) as opened:
        opened.wait_for("You are now in #lobby")
        yield opened


def run(server: Server, home: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """The console between pipes."""
    return subprocess.run(
        [*CONSOLE, *arguments],
        input=typed,
        env=environment(home),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
        cwd=server.folder,
    )


def test_what_is_half_typed_stays_as_it_is(server: Server, home: Path) -> None:
    """However much comes in meanwhile: nothing of it is lost, and the typed line is sent whole."""
    count = 3000
    with console(server, home) as ali, piped(server, "sara") as sara:
        ali.type("half of it")
        ali.wait(lambda: ali.cursor_line == "ali> half of it")
        for number in range(count):
            sara.sendline(f"message {number}".encode())
        ali.wait_for(f"sara: message {count - 1}")
        ali.wait(lambda: ali.cursor_line == "ali> half of it")
        ali.enter(" and the rest")
        ali.wait_for("ali: half of it and the rest")
        shown = [line.partition("sara: ")[2] for line in ali.lines if "sara: message" in line]
    assert shown == [f"message {number}" for number in range(count)]


def test_it_is_usable_at_40_columns(server: Server, home: Path) -> None:
    """The toolbar takes one line, and shows the room."""
    with console(server, home, columns=40) as ali:
        ali.wait(lambda: "#lobby" in ali.screen.display[-1])
        ali.resize(120, 30)
        ali.wait(lambda: f"ali@{HOST}:{server.port}" in ali.screen.display[-1])
        ali.enter("salam")
        ali.wait_for("ali: salam")
        ali.wait(lambda: sum("1 here" in line for line in ali.lines) == 1)


def test_a_server_that_dies_and_comes_back(tmp_path: Path, home: Path) -> None:
    """The draft stays; what was said meanwhile is sent once; what was missed is shown once, in its place."""
    with serving(tmp_path / "server") as first, console(first, home) as ali:
        ali.enter("before")
        ali.wait_for("ali: before")
        ali.type("draft")
        first.kill()
        ali.wait_for("Trying again")
        ali.wait(lambda: ali.cursor_line == "ali> draft")
        ali.type("\x15")
        ali.enter("said while away")
        ali.wait_for("… said while away")
        ali.type("draft")
        port = f"tcp:{first.port}:interface={HOST}"
        with serving(tmp_path / "server", "--listen", port) as second, piped(second, "sara") as sara:
            sara.sendline(b"I was first")
            ali.wait_for("ali: said while away")
            sara.sendline(b"welcome back")
            ali.wait_for("sara: welcome back")
            ali.wait(lambda: ali.cursor_line == "ali> draft")
            assert "… said while away" not in ali.text
            ali.type("\x15")
            ali.enter("/exit")
            assert ali.ended() == 0
    assert [ali.text.count(said) for said in ("ali: before", "sara: I was first", "ali: said while away")] == [1, 1, 1]


def test_several_lines_are_pasted_only_after_a_question(server: Server, home: Path) -> None:
    """Two mistakes cannot be taken back: a stack trace in the room, and a secret behind /pm that goes to all."""
    with console(server, home) as ali, piped(server, "sara") as sara:
        ali.wait_for("sara joined")
        ali.type("look: ")
        ali.paste("def f():\n    return 1\n\n//exit\n")
        ali.wait_for("Send 3 lines? y/n")
        ali.enter("n")
        ali.wait(lambda: ali.cursor_line == "ali> look:")
        ali.paste("def f():\r    return 1\r//exit")
        ali.wait(lambda: ali.text.count("Send 3 lines? y/n") == 1)
        ali.enter("y")
        sara.expect_exact(b"ali: look: def f():\n")
        sara.expect_exact(b"ali:     return 1\n")
        sara.expect_exact(b"ali: //exit\n")
        ali.type("/pm sara ")
        ali.paste("a\nsecret")
        ali.wait(lambda: ali.cursor_line == "ali> /pm sara a secret")
        ali.enter("")
        sara.expect(rb"\[PM from ali at \d\d:\d\d\]: a secret\n")


def test_pasted_commands_are_not_said_aloud(server: Server, home: Path) -> None:
    """A password behind /login would be read by all; what was typed before the paste stays."""
    with console(server, home) as ali, piped(server, "sara") as sara:
        ali.wait_for("sara joined")
        ali.type("look: ")
        ali.paste("one\n /login ali horse\nthree")
        ali.wait_for("These are 3 lines, and 1 of them begins with a command. Nothing was sent;")
        ali.wait(lambda: ali.cursor_line == "ali> look:")
        ali.enter("here")
        sara.expect_exact(b"ali: look: here\n")
        assert b"horse" not in ali.raw


def test_a_password_is_not_shown_where_history_was_searched(server: Server, home: Path) -> None:
    """A question ends the search, and what was typed before it comes back after the answer."""
    with console(server, home, name="seeker") as ali:
        ali.enter(f"/register {PASSWORD}")
        ali.wait_for("seeker is your account now")
        ali.type("\x04")
        ali.ended()
    server.await_everybody_gone()
    with terminal([*CONSOLE, f"{HOST}:{server.port}"], environment(home)) as ali:
        ali.wait_for("Your name:")
        ali.type("seeker\r\x12")  # the key is pressed before the server has answered
        ali.wait_for("Password of seeker:")
        ali.type(PASSWORD)
        ali.wait(lambda: ali.cursor_line == f"Password of seeker: {'*' * len(PASSWORD)}")
        ali.enter("")
        ali.wait_for("Welcome back, seeker.")
        assert PASSWORD.encode() not in ali.raw


def test_ctrl_c_in_a_search_ends_the_search(server: Server, home: Path) -> None:
    """And nothing else: nobody is asked whether to leave."""
    with console(server, home) as ali:
        ali.type("draft\x12")
        ali.wait(lambda: "search" in ali.cursor_line)
        ali.type("\x03")
        ali.wait(lambda: ali.cursor_line == "ali> draft")
        ali.enter(" is sent")
        ali.wait_for("ali: draft is sent")
        assert "Leave the chat?" not in ali.text


def test_persian_comes_and_goes_whole(server: Server, home: Path) -> None:
    """In logical order, each name and text in an isolate; with its ZWNJ."""
    with console(server, home, name="علی") as ali, piped(server, "سارا") as sara:
        ali.wait_for("سارا joined")
        sara.sendline("می‌خواهم بروم (باشه)".encode())
        ali.wait(
            lambda: "\u2068سارا\u2069".encode() in ali.raw and "\u2068می‌خواهم بروم (باشه)\u2069".encode() in ali.raw
        )
        ali.enter("سلام")
        sara.expect_exact("\u2068علی\u2069: \u2068سلام\u2069\n".encode())


def test_names_are_completed(server: Server, home: Path) -> None:
    """The one who spoke last comes first; another Tab takes the next; candidates are in the toolbar."""
    with console(server, home) as ali, piped(server, "sara") as sara, piped(server, "samira") as samira:
        samira.sendline(b"one")
        ali.wait_for("samira: one")
        sara.sendline(b"two")
        ali.wait_for("sara: two")
        ali.type("sa\t")
        ali.wait(lambda: ali.cursor_line == "ali> sara:")
        ali.wait(lambda: "samira:" in ali.screen.display[-1])
        ali.type("\t")
        ali.wait(lambda: ali.cursor_line == "ali> samira:")


def test_a_mention_rings_where_nobody_looks(server: Server, home: Path) -> None:
    """The terminal has told that another window is chosen; a line shows where the unread begins."""
    with console(server, home) as ali, piped(server, "sara") as sara:
        ali.wait(lambda: b"\x1b[?1004h" in ali.raw)
        sara.sendline(b"ali: are you there?")
        ali.wait_for("ali: are you there?")
        assert b"\x07" not in ali.raw
        ali.type("\x1b[O")
        sara.sendline(b"just so")
        ali.wait_for("sara: just so")
        assert b"\x07" not in ali.raw
        sara.sendline(b"ALI?")
        ali.wait_for("sara: ALI?")
        ali.wait(lambda: b"\x07" in ali.raw)
        ali.type("\x1b[I")
        ali.enter("here")
        ali.wait_for("ali: here")
        sara.sendline(b"good")
        ali.wait_for("sara: good")
    lines = ali.lines[next(number for number, line in enumerate(ali.lines) if "ali: are you there?" in line) :]
    said = [line for line in lines if "sara: " in line or "new" in line]
    assert [line.split("] ")[-1] for line in said] == [
        "sara: ali: are you there?",
        "──── new ────",
        "sara: just so",
        "sara: ALI?",
        "sara: good",
    ]
    assert ali.raw.count(b"\x07") == 1


def test_lines_come_back_in_the_next_run(server: Server, home: Path) -> None:
    """The history is a file that nobody else can read; passwords are not in it."""
    with console(server, home) as ali:
        ali.enter("/me waves at everybody")
        ali.wait_for("* ali waves at everybody")
        ali.enter("/regster correct-horse")
        ali.wait_for("/register is used like this")
        ali.enter("/exit")
        assert ali.ended() == 0
    server.await_everybody_gone()
    with console(server, home) as ali:
        ali.type("\x1b[A")
        ali.wait(lambda: ali.cursor_line == "ali> /me waves at everybody")
    kept = home / ".local" / "state" / "chatd" / "console_history"
    assert kept.read_text("utf-8") == "/me waves at everybody\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_nothing_that_is_said_can_drive_the_terminal(server: Server, home: Path) -> None:
    """The server refuses controls; what it lets through is harmless. Names and topics are texts as well."""
    with console(server, home) as ali, piped(server, "sara") as sara:
        ali.wait_for("sara joined")
        before = len(ali.raw)
        sara.sendline("\u202eabc\u200b https://example.org/?a=b%20c".encode())
        ali.wait_for("https://example.org/?a=b%20c")
        assert "\u202e".encode() not in ali.raw[before:]


def test_ctrl_c_clears_then_asks(server: Server, home: Path) -> None:
    """Nobody leaves by one key too many; twice is meant."""
    with console(server, home) as ali:
        ali.type("nonsense\x03")
        ali.wait(lambda: ali.cursor_line == "ali>")
        ali.type("\x03")
        ali.wait_for("Leave the chat? y/n")
        ali.enter("n")
        ali.enter("still here")
        ali.wait_for("ali: still here")
        ali.type("\x03")
        ali.wait_for("Leave the chat? y/n")
        ali.type("\x03")
        assert ali.ended() == 0
        assert "Goodbye, ali." in ali.text


def test_ctrl_d_on_an_empty_line_leaves(server: Server, home: Path) -> None:
    """With a goodbye; the terminal is told to report nothing more, and what was said stays in its scrollback."""
    with console(server, home) as ali:
        ali.enter("salam")
        ali.wait_for("ali: salam")
        ali.type("\x04")
        assert ali.ended() == 0
        assert ali.raw.rindex(b"\x1b[?1004l") > ali.raw.rindex(b"\x1b[?1004h")
        assert ali.text.rstrip().endswith("ali: salam\n* Goodbye, ali.")


def test_sigterm_leaves_in_good_order(server: Server, home: Path) -> None:
    """As when the window is closed."""
    with console(server, home) as ali:
        ali._program.kill(signal.SIGTERM)
        assert ali.ended() == 0
        assert "Goodbye, ali." in ali.text


def test_a_name_is_asked_for(server: Server, home: Path) -> None:
    """And asked for again if it cannot be had."""
    with (
        piped(server, "sara"),
        terminal([*CONSOLE, f"{HOST}:{server.port}"], environment(home)) as ali,
    ):
        ali.wait_for("Your name:")
        ali.enter("Sara")
        ali.wait_for("taken by sara")
        ali.enter("ali")
        ali.wait_for("Hello ali.")


def test_a_refused_connection_is_one_sentence(tmp_path: Path, home: Path) -> None:
    """At a terminal as between pipes."""
    with serving(tmp_path / "server") as server:
        server.kill()
    with terminal([*CONSOLE, f"ali@{HOST}:{server.port}"], environment(home)) as ali:
        assert ali.ended() == 1
        assert ali.text.strip() == f"Nobody answers at {HOST}:{server.port}: there is no server, or it is not running."
    ended = run(server, home, "--plain", f"ali@{HOST}:{server.port}")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"Nobody answers at {HOST}:{server.port}: there is no server, or it is not running.\n"


def test_lines_from_a_pipe_are_said(server: Server, home: Path) -> None:
    """All of them are acknowledged before it ends, the last one without an ending too; no escape sequences come out."""
    with piped(server, "sara") as sara:
        ended = run(server, home, f"ali@{HOST}:{server.port}", typed="hi\nسلام\n/history 1\nlast")
        sara.expect_exact(b"ali: hi\n")
        sara.expect_exact("ali: \u2068سلام\u2069\n".encode())
        sara.expect_exact(b"ali: last\n")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\x1b" not in ended.stdout
    lines = [line.partition("] ")[2] or line for line in ended.stdout.splitlines()]
    assert lines[-6:] == [
        "ali: \u2068سلام\u2069",
        "* In #lobby and in private (1):",
        "ali: \u2068سلام\u2069",
        "* These are the latest; there are older ones. /help history tells how to see more.",
        "ali: last",
        "* Goodbye, ali.",
    ]


def test_a_file_is_read_to_its_end(server: Server, home: Path, tmp_path: Path) -> None:
    """Hundreds of lines, faster than they could all be on their way at once: each is said, in its order."""
    count = 300
    (tmp_path / "lines").write_text("".join(f"number {number}\r\n" for number in range(count)), "utf-8")
    command = [*CONSOLE, f"ali@{HOST}:{server.port}"]
    with (tmp_path / "lines").open("rb") as lines:
        ended = subprocess.run(
            command, stdin=lines, env=environment(home), capture_output=True, timeout=PATIENCE, check=False
        )
    said = [line.partition(b"ali: ")[2] for line in ended.stdout.splitlines() if b"ali: number" in line]
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert said == [f"number {number}".encode() for number in range(count)]


def test_a_pipe_waits_until_everything_is_acknowledged(home: Path) -> None:
    """A server that is cut off before it has kept the last line gets it again, before the program ends."""

    async def story() -> tuple[Room, int, bytes]:
        room = Room(forgetful=True)
        listener = await asyncio.start_server(room.serve, HOST, 0)
        port = listener.sockets[0].getsockname()[1]
        program = await asyncio.create_subprocess_exec(
            *CONSOLE, f"ali@{HOST}:{port}", env=environment(home), stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        async with asyncio.timeout(PATIENCE), listener:
            _, errors = await program.communicate(b"hi\n")
        return room, await program.wait(), errors

    with asyncio.Runner() as runner:
        room, status, errors = runner.run(story())
    assert (status, errors) == (0, b"")
    assert [text for _, text in room.said] == ["hi"]


def test_a_reader_may_go_early(server: Server, home: Path) -> None:
    """As head does: no traceback, and a status that is not success."""
    command = [*CONSOLE, f"ali@{HOST}:{server.port}"]
    with subprocess.Popen(
        command, env=environment(home), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        assert program.stdin
        assert program.stdout
        assert program.stderr
        program.stdout.close()
        program.stdin.write(b"salam\n")
        program.stdin.close()
        assert program.stderr.read() == b""
        assert program.wait(PATIENCE) == 1


def test_a_pipe_hears_of_what_was_not_sent(server: Server, home: Path) -> None:
    """On standard error, and by the exit status."""
    ended = run(server, home, f"ali@{HOST}:{server.port}", typed="x" * 5000 + "\nfine\n")
    assert ended.returncode == 3
    assert "5000" in ended.stderr or "5,000" in ended.stderr
    assert "ali: fine" in ended.stdout


def test_a_pipe_that_is_stopped_early_has_failed(home: Path) -> None:
    """A line that was never acknowledged is told on standard error, and by the exit status."""

    async def story() -> tuple[int, bytes]:
        room = Room()
        listener = await asyncio.start_server(room.serve, HOST, 0)
        port = listener.sockets[0].getsockname()[1]
        program = await asyncio.create_subprocess_exec(
            *CONSOLE, f"ali@{HOST}:{port}", env=environment(home), stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        assert program.stdin
        assert program.stdout
        async with asyncio.timeout(PATIENCE), listener:
            while b"You are now in #lobby" not in await program.stdout.readline():
                pass
            answers, heard = room.answers, asyncio.Event()

            def deaf_to_chat(request: dict[str, Any]) -> list[dict[str, Any]]:
                heard.set()
                return [] if request["type"] == "chat" else answers(request)

            room.answers = deaf_to_chat  # type: ignore[method-assign]
            program.stdin.write(b"hi\n")
            await heard.wait()
            program.send_signal(signal.SIGTERM)
            _, errors = await program.communicate()
        return await program.wait(), errors

    with asyncio.Runner() as runner:
        status, errors = runner.run(story())
    assert (status, errors) == (3, b"! The conversation has ended, and it is not known whether this was said: hi\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_empty_ones(server: Server, home: Path, closed: str) -> None:
    """As programs of the shell do it, without a traceback."""
    command = f"exec {shlex.join([*CONSOLE, f'ali@{HOST}:{server.port}'])} {closed}"
    ended = subprocess.run(
        ["sh", "-c", command], input=b"", env=environment(home), capture_output=True, timeout=PATIENCE, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_another_service_is_one_sentence(home: Path) -> None:
    """At a terminal as between pipes."""
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            for _ in range(2):
                accepted, _ = listener.accept()
                with accepted:
                    accepted.sendall(b"220 mail ESMTP\r\n")
                    accepted.recv(1024)

        serving = threading.Thread(target=serve)
        serving.start()
        with terminal([*CONSOLE, f"ali@{HOST}:{port}"], environment(home)) as ali:
            assert ali.ended() == 1
        ended = subprocess.run(
            [*CONSOLE, f"ali@{HOST}:{port}"], env=environment(home), capture_output=True, timeout=PATIENCE, check=False
        )
        serving.join()
    assert (ended.returncode, ended.stdout) == (1, b"")
    why = f"{HOST}:{port} is not a chatd server: it answers in another language. Please check the host and the port."
    assert ended.stderr.decode() == f"{why}\n"
    assert ali.text.replace("\n", "") == why


def test_a_pipe_that_needs_an_answer_is_refused(server: Server, home: Path) -> None:
    """There is nobody to ask: one sentence, status 3."""
    nameless = run(server, home, f"{HOST}:{server.port}", typed="hi\n")
    assert (nameless.returncode, nameless.stdout) == (3, "")
    assert nameless.stderr == "Please give a name before the host, as in ali@localhost.\n"
    with piped(server, "sara"):
        taken = run(server, home, f"sara@{HOST}:{server.port}", typed="hi\n")
    assert taken.returncode == 3
    assert taken.stderr.startswith("sara is taken")
    assert taken.stderr.count("\n") == 1


def test_plain_mode_at_a_terminal(server: Server, home: Path) -> None:
    """For screen readers: questions and answers in lines, no escape sequence at all, one's own lines not repeated."""
    command = [*CONSOLE, "--plain", f"{HOST}:{server.port}"]
    with terminal(command, environment(home)) as ali, piped(server, "sara") as sara:
        ali.wait_for("Your name:")
        ali.enter("ali")
        ali.wait_for("You are now in #lobby")
        ali.enter("my own line")
        sara.expect_exact(b"ali: my own line\n")
        sara.sendline(b"salam back")
        ali.wait_for("sara: salam back")
        ali.type("\x04")
        assert ali.ended() == 0
    assert b"\x1b" not in ali.raw
    assert ali.text.count("my own line") == 1


def test_a_dumb_terminal_is_spoken_to_plainly(server: Server, home: Path) -> None:
    """It could do nothing with escape sequences."""
    with terminal([*CONSOLE, f"ali@{HOST}:{server.port}"], environment(home, TERM="dumb")) as ali:
        ali.wait_for("You are now in #lobby")
        ali.type("\x04")
        assert ali.ended() == 0
    assert b"\x1b" not in ali.raw


def test_no_color_is_respected(server: Server, home: Path) -> None:
    """https://no-color.org: a name has no colour then, and the rest works as before."""
    with console(server, home, NO_COLOR="1") as ali:
        ali.enter("salam")
        ali.wait_for("ali: salam")
    assert not any(part.startswith((b"38;", b"0;38;", b"0;3")) for part in ali.raw.split(b"\x1b[")), ali.raw


PASSWORD = "correct horse battery"


def test_an_account_is_made_and_used_unseen(server: Server, home: Path, tmp_path: Path) -> None:
    """No password is ever shown: asked for twice when it is new, once after that, and again if it was wrong."""
    with console(server, home, name="owner") as ali:
        ali.enter("/register")
        ali.wait_for("The new password:")
        ali.type(f"{PASSWORD}\r{PASSWORD}\r")  # faster than it is asked for
        ali.wait_for("owner is your account now")
        ali.type("\x04")
        assert ali.ended() == 0
        assert PASSWORD.encode() not in ali.raw
    server.await_everybody_gone()
    with terminal([*CONSOLE, f"owner@{HOST}:{server.port}"], environment(home)) as ali:
        ali.wait_for("Password of owner:")
        ali.enter("wrong horse")
        ali.wait_for("That is not the password.")
        ali.wait_for("Password of owner:")
        ali.type(PASSWORD)
        ali.wait(lambda: ali.cursor_line == f"Password of owner: {'*' * len(PASSWORD)}")
        ali.enter("")
        ali.wait_for("Welcome back, owner.")
        ali.type("\x04")
        assert ali.ended() == 0
        assert PASSWORD.encode() not in ali.raw
    (tmp_path / "password").write_text(f"{PASSWORD}\n", "utf-8")
    (tmp_path / "wrong").write_text("wrong horse\n", "utf-8")
    there = f"owner@{HOST}:{server.port}"
    ended = run(server, home, "--password-file", str(tmp_path / "password"), there, typed="it is me\n")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "owner: it is me" in ended.stdout
    ended = run(server, home, "--password-file", str(tmp_path / "wrong"), there, typed="it is not me\n")
    assert (ended.returncode, ended.stderr) == (3, "The password of owner in the file is wrong.\n")
    ended = run(server, home, there, typed="it is not me\n")
    assert (ended.returncode, ended.stderr) == (
        3,
        "owner is an account. Please give its password with --password-file.\n",
    )
    assert PASSWORD not in (home / ".local" / "state" / "chatd" / "console_history").read_text("utf-8")


def test_plain_mode_does_not_echo_a_password(server: Server, home: Path) -> None:
    """The terminal itself is told not to, and told to again afterwards."""
    with console(server, home, name="reader") as ali:
        ali.enter(f"/register {PASSWORD}")
        ali.wait_for("reader is your account now")
        ali.type("\x04")
        ali.ended()
    server.await_everybody_gone()
    with terminal([*CONSOLE, "--plain", f"reader@{HOST}:{server.port}"], environment(home)) as ali:
        ali.wait_for("Password of reader:")
        ali.enter(PASSWORD)
        ali.wait_for("Welcome back, reader.")
        ali.wait_for("You are now in #lobby")
        ali.enter("can be seen")
        ali.wait_for("can be seen")
        ali.type("\x04")
        assert ali.ended() == 0
    assert PASSWORD.encode() not in ali.raw
    assert b"\x1b" not in ali.raw


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A certificate that nobody vouches for."""
    files = Files(tmp_path / "crt.pem", tmp_path / "key.pem")
    make_missing(files, "localhost", datetime.now(UTC))
    return files


@pytest.fixture
def fingerprint(files: Files) -> str:
    """Its fingerprint."""
    return fingerprint_of(ssl.PEM_cert_to_DER_cert(files.certificate.read_text("ascii")))


@pytest.fixture
def tls_server(files: Files, tmp_path: Path) -> Iterator[Server]:
    """A running chatd with this certificate."""
    with serving(tmp_path / "server", "--cert", str(files.certificate), "--key", str(files.key)) as running:
        yield running


def test_a_new_certificate_is_accepted_once(tls_server: Server, home: Path, fingerprint: str) -> None:
    """A person compares the fingerprint with what the server says; next time nothing is asked, and TLS stays."""
    with terminal([*CONSOLE, "--tls", f"ali@{HOST}:{tls_server.port}"], environment(home)) as ali:
        ali.wait_for("Trust it from now on? y/n")
        ali.wait(lambda: fingerprint in ali.text.replace("\n", ""))
        ali.enter("y")
        ali.wait_for("You are now in #lobby")
        ali.wait(lambda: "(TLS)" in ali.screen.display[-1])
        ali.type("\x04")
        assert ali.ended() == 0
    known = home / ".config" / "chatd" / "known_servers"
    assert stat.S_IMODE(known.stat().st_mode) == 0o600
    tls_server.await_everybody_gone()
    with console(tls_server, home) as ali:  # without --tls: it is known
        ali.wait(lambda: "(TLS)" in ali.screen.display[-1])
    plaintext = run(tls_server, home, "--plaintext", f"reza@{HOST}:{tls_server.port}", typed="hi\n")
    assert plaintext.returncode == 0
    assert "has spoken TLS before, but you asked for plaintext" in plaintext.stderr


def test_who_does_not_accept_a_certificate_says_nothing(tls_server: Server, home: Path) -> None:
    """Status 3; and nothing is remembered."""
    with terminal([*CONSOLE, "--tls", f"ali@{HOST}:{tls_server.port}"], environment(home)) as ali:
        ali.wait_for("Trust it from now on? y/n")
        ali.enter("n")
        assert ali.ended() == 3
        assert "Nothing was said to the server." in ali.text
    assert not (home / ".config" / "chatd" / "known_servers").exists()
    assert b"joined from" not in tls_server.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_question_about_a_certificate(tls_server: Server, home: Path, number: signal.Signals) -> None:
    """As anywhere else; nothing is remembered."""
    with terminal([*CONSOLE, "--tls", f"ali@{HOST}:{tls_server.port}"], environment(home)) as ali:
        ali.wait_for("Trust it from now on? y/n")
        ali._program.kill(number)
        assert ali.ended() == 3
    assert not (home / ".config" / "chatd" / "known_servers").exists()


def test_nothing_typed_is_lost_to_a_changed_certificate(tmp_path: Path, home: Path) -> None:
    """What was not sent, and the draft, come back before the warning."""
    first, second = (Files(tmp_path / f"{name}.crt", tmp_path / f"{name}.key") for name in ("first", "second"))
    for files in (first, second):
        make_missing(files, "localhost", datetime.now(UTC))
    known = fingerprint_of(ssl.PEM_cert_to_DER_cert(first.certificate.read_text("ascii")))
    with serving(tmp_path / "server", "--cert", str(first.certificate), "--key", str(first.key)) as server:
        command = [*CONSOLE, "--trust", known, f"ali@{HOST}:{server.port}"]  # which speaks TLS, to this machine too
        with terminal(command, environment(home)) as ali:
            ali.wait_for("You are now in #lobby")
            server.kill()
            ali.wait_for("Trying again")
            ali.enter("said while away")
            ali.wait_for("… said while away")
            ali.type("half a line")
            again = "--listen", f"tcp:{server.port}:interface={HOST}"
            with serving(tmp_path / "server", "--cert", str(second.certificate), "--key", str(second.key), *again):
                assert ali.ended() == 3
    text = " ".join(ali.text.split())
    assert "This was never sent, because the conversation has ended: said while away" in text
    assert "This was not sent either: half a line" in text
    assert text.index("half a line") < text.index("has not the certificate given with --trust")


def test_plain_mode_tells_what_a_changed_certificate_kept_back(tmp_path: Path, home: Path) -> None:
    """The same without a screen."""
    first, second = (Files(tmp_path / f"{name}.crt", tmp_path / f"{name}.key") for name in ("first", "second"))
    for files in (first, second):
        make_missing(files, "localhost", datetime.now(UTC))
    known = fingerprint_of(ssl.PEM_cert_to_DER_cert(first.certificate.read_text("ascii")))
    with serving(tmp_path / "server", "--cert", str(first.certificate), "--key", str(first.key)) as server:
        command = [*CONSOLE, "--plain", "--trust", known, f"ali@{HOST}:{server.port}"]
        with terminal(command, environment(home)) as ali:
            ali.wait_for("You are now in #lobby")
            server.kill()
            ali.wait_for("Trying again")
            ali.enter("said while away")
            ali.enter("/who")  # whose answer shows that the line before it was read
            ali.wait_for("There is no connection at the moment")
            again = "--listen", f"tcp:{server.port}:interface={HOST}"
            with serving(tmp_path / "server", "--cert", str(second.certificate), "--key", str(second.key), *again):
                assert ali.ended() == 3
    assert "This was never sent, because the conversation has ended: said while away" in ali.text.replace("\n", "")


def test_a_script_trusts_what_it_is_told_to(tls_server: Server, home: Path, fingerprint: str) -> None:
    """Without --trust one sentence with the fingerprint, with it TLS; and a changed certificate is a loud end."""
    there = f"ali@{HOST}:{tls_server.port}"
    ended = run(tls_server, home, "--tls", there, typed="hi\n")
    assert ended.returncode == 3
    assert f"--trust {fingerprint}" in ended.stderr
    assert ended.stderr.count("\n") == 1
    ended = run(tls_server, home, "--tls", "--trust", fingerprint, there, typed="hi\n")
    assert (ended.returncode, ended.stderr) == (0, "")
    known = home / ".config" / "chatd" / "known_servers"
    other = ":".join(["AB"] * 32)
    known.write_text(f"{HOST}:{tls_server.port} {other}\n", "utf-8")
    ended = run(tls_server, home, there, typed="secret\n")
    assert ended.returncode == 3
    assert "WARNING: THE SERVER'S CERTIFICATE IS NOT THE ONE SEEN BEFORE." in ended.stderr
    assert other in ended.stderr
    assert fingerprint in ended.stderr

"""The programs that people have: nc, ncat, telnet, and others that come by mistake, all against a real server."""

import io
import re
import signal
from pathlib import Path

import pexpect
import pytest

from tests.programs import need, on_terminal, piped, run
from tests.server_fixtures import visited_server_fixtures
from tests.servers import HOST, Server, serving

GREETING = "Welcome to chatd. What is your name?"
PASSWORD, OTHER_PASSWORD = "four words are better", "other words are good"
ERASE = "\x7f"
"""The key that takes back the last one."""

shared, server = visited_server_fixtures("--greeting", "0")  # what others have tested before is not shown to newcomers


@pytest.fixture(scope="module")
def owner(shared: Server) -> str:
    """Somebody who has an account."""
    claim(shared, "parisa")
    return "parisa"


def claim(server: Server, name: str) -> None:
    """Make an account, in nc. No more than five are made from one address in an hour."""
    typed = f"{name}\n/register\n{PASSWORD}\n{PASSWORD}\n/exit\n"
    assert b"is your account now" in run("nc", "-N", *at(server), typed=typed.encode()).stdout


def at(server: Server) -> tuple[str, str]:
    """Host and port, as arguments."""
    return HOST, str(server.port)


# nc and its relatives


@pytest.mark.parametrize("typed", [b"ali\nsalam\n/who\n/exit\n", b"ali\nsalam\n/who\n/exit", b"ali\nsalam\n/who"])
@pytest.mark.parametrize("program", [("nc", "-N"), ("ncat",)])
def test_a_script_reads_all_its_answers(server: Server, program: tuple[str, ...], typed: bytes) -> None:
    """Lines from a pipe, the last with or without its ending: every answer comes, and then the end."""
    answers = run(*program, *at(server), typed=typed)
    assert answers.stdout.startswith(b"* Hello ali. You are alone in #lobby.")
    assert answers.stdout.endswith(b"* Online (1):\nali (127.0.0.1)\n* Goodbye, ali.\n")
    assert answers.returncode == 0
    assert b"\xff" not in answers.stdout


def test_a_person_in_nc_is_greeted(server: Server) -> None:
    """Whoever connects and waits is asked for a name; Persian needs nothing, and no telnet byte disturbs it."""
    with piped(server) as mina, piped(server) as ali:
        mina.expect_exact(GREETING.encode())
        ali.expect_exact(GREETING.encode())
        mina.sendline("مینا".encode())
        mina.expect_exact("Hello \u2068مینا\u2069".encode())
        ali.sendline(b"ali")
        ali.expect_exact("with \u2068مینا\u2069".encode())
        mina.sendline("می‌روم «خانه»".encode())
        ali.expect_exact("\u2068مینا\u2069: \u2068می‌روم «خانه»\u2069\n".encode())
        assert b"\xff" not in ali.before


def test_nc_ends_by_itself_after_exit(server: Server) -> None:
    """Nobody has to press a key more: though nc's own half stays open, the server ends the connection soon."""
    with piped(server, "ali") as ali:
        ali.sendline(b"/exit")
        ali.expect_exact(b"* Goodbye, ali.\n")
        ali.expect(pexpect.EOF)
        assert ali.before == b""


def test_a_killed_client_is_announced_at_once(server: Server) -> None:
    """A program that is gone has left."""
    with piped(server, "ali") as ali, piped(server, "sara") as sara:
        ali.expect_exact(b"* sara joined.\n")
        sara.proc.kill()
        ali.expect_exact(b"* sara left.\n")


@pytest.mark.parametrize("typed", [b"Hello Server", b"hello server!\r\n"])
def test_the_courses_first_exercise(server: Server, typed: bytes) -> None:
    """A client that sends two words without a newline, and waits, reads its answer."""
    with piped(server) as client:
        client.send(typed)
        client.expect_exact(b"Hello Client!\n")
        client.expect_exact(GREETING.encode())


# telnet


def test_persian_in_telnet_arrives_whole(server: Server) -> None:
    """Telnet damages the first line and is asked to type it again; from then on every letter and quote arrives."""
    with piped(server, "sara") as sara, on_terminal(server, "telnet") as telnet:
        telnet.expect_exact(GREETING)
        telnet.sendline("ali")
        telnet.expect_exact("Hello ali. You are in #lobby with sara.")
        telnet.sendline("سلام دوستان")
        telnet.expect_exact("That line was not valid UTF-8")
        for line in ("سلام دوستان", "“quotes”", "گُلِ سرخ ۱۲۳", "می‌روم"):
            telnet.sendline(line)
            sara.expect(rb"\] ali: (.*)\n")
            assert sara.match[1].decode().strip("\u2068\u2069") == line
        sara.sendline("خوش آمدی".encode())
        telnet.expect_exact("sara: \u2068خوش آمدی\u2069")


def test_a_persian_name_in_telnet(server: Server) -> None:
    """The first line of all may be the damaged one."""
    with on_terminal(server, "telnet") as telnet:
        telnet.expect_exact(GREETING)
        telnet.sendline("مریم")
        telnet.expect_exact("That line was not valid UTF-8")
        telnet.sendline("مریم")
        telnet.expect_exact("Hello \u2068مریم\u2069.")


def test_control_keys_in_telnet(server: Server) -> None:
    """Ctrl-C does not freeze the screen, Ctrl-] opens telnet's own prompt and there is a way back, Ctrl-D leaves."""
    with piped(server, "sara") as sara, on_terminal(server, "telnet") as telnet:
        telnet.expect_exact(GREETING)
        telnet.sendline("ali")
        telnet.expect_exact("Hello ali.")
        telnet.sendintr()
        sara.expect_exact(b"* ali joined.\n")
        sara.sendline(b"after Ctrl-C")
        telnet.expect_exact("sara: after Ctrl-C")
        telnet.send("\x1d")
        telnet.expect_exact("telnet>")
        telnet.sendline("")
        sara.sendline(b"after the prompt")
        telnet.expect_exact("sara: after the prompt")
        telnet.sendline("still here")
        sara.expect_exact(b"ali: still here\n")
        telnet.sendeof()
        telnet.expect_exact("Goodbye, ali.")
        telnet.expect_exact("Connection closed by foreign host")
        sara.expect_exact(b"* ali left.\n")


def test_busybox_telnet(server: Server) -> None:
    """The telnet of small systems: Persian is whole from the first line, and leaving works."""
    need("busybox")
    with piped(server, "sara") as sara, on_terminal(server, "busybox", "telnet") as telnet:
        telnet.expect_exact(GREETING)
        telnet.sendline("ali")
        telnet.expect_exact("Hello ali.")
        telnet.sendline("سلام “دوستان”")
        sara.expect_exact("ali: \u2068سلام “دوستان”\u2069\n".encode())
        telnet.sendline("/exit")
        telnet.expect_exact("Goodbye, ali.")
        telnet.expect([pexpect.EOF, "Connection closed"])


@pytest.mark.parametrize("program", [("telnet",), ("busybox", "telnet")], ids=" ".join)
def test_a_password_is_not_on_the_screen_of_telnet(server: Server, owner: str, program: tuple[str, ...]) -> None:
    """It is corrected while it is typed; what is typed before and after it can be read as ever."""
    with piped(server, "sara") as sara, on_terminal(server, *program) as telnet:
        screen = telnet.logfile_read = io.StringIO()
        telnet.expect_exact(GREETING)
        telnet.sendline(owner)
        telnet.expect_exact(f"Password for {owner}:")
        telnet.sendline(f"{PASSWORD}{ERASE}{PASSWORD[-1]}")
        telnet.expect_exact(f"Welcome back, {owner}.")
        telnet.sendline("all can read this")
        sara.expect_exact(f"{owner}: all can read this\n".encode())
        telnet.sendline("/exit")
        telnet.expect_exact(f"Goodbye, {owner}.")
        assert "all can read this" in screen.getvalue()
        assert "words" not in screen.getvalue()


@pytest.mark.parametrize("program", [("telnet",), ("busybox", "telnet")], ids=" ".join)
def test_a_password_is_made_in_telnet(server: Server, program: tuple[str, ...]) -> None:
    """Of its two questions the screen shows no answer; what others say meanwhile is no staircase."""
    with piped(server, "sara") as sara, on_terminal(server, *program) as telnet:
        screen = telnet.logfile_read = io.StringIO()
        telnet.expect_exact(GREETING)
        telnet.sendline(owner := "the" + "".join(program))
        telnet.expect_exact(f"Hello {owner}.")
        telnet.sendline("/register")
        telnet.expect_exact(f"New password for {owner}:")
        sara.sendline(b"one")
        sara.sendline(b"two")
        telnet.expect(r"sara: one\r+\n.*sara: two\r+\n")
        telnet.sendline(PASSWORD)
        telnet.expect_exact("The new password again:")
        telnet.sendline(PASSWORD)
        telnet.expect_exact(f"{owner} is your account now.")
        telnet.sendline("/exit")
        telnet.expect_exact(f"Goodbye, {owner}.")
        assert "words" not in screen.getvalue()
    answers = run("nc", "-N", *at(server), typed=f"{owner}\n{PASSWORD}\n".encode())
    assert f"Welcome back, {owner}.".encode() in answers.stdout


def test_a_password_is_changed_in_telnet(server: Server) -> None:
    """Hidden a second time, after all has been shown in between; and all three answers are."""
    claim(server, "mahsa")
    with on_terminal(server, "telnet") as telnet:
        screen = telnet.logfile_read = io.StringIO()
        telnet.expect_exact(GREETING)
        telnet.sendline("mahsa")
        for question, answer in (
            ("Password for mahsa:", PASSWORD),
            ("Welcome back, mahsa.", "all can read this"),
            ("all can read this", "/password"),
            ("Password for mahsa:", PASSWORD),
            ("New password for mahsa:", OTHER_PASSWORD),
            ("The new password again:", OTHER_PASSWORD),
            ("Your password is changed.", "/exit"),
        ):
            telnet.expect_exact(question)
            telnet.sendline(answer)
        telnet.expect_exact("Goodbye, mahsa.")
        assert "words" not in screen.getvalue()


def test_busybox_says_that_a_second_password_is_visible(server: Server, owner: str) -> None:
    """It hides what is typed once in its life, and refuses from then on: its user is told in time."""
    with on_terminal(server, "busybox", "telnet") as telnet:
        telnet.expect_exact(GREETING)
        telnet.sendline(owner)
        telnet.expect_exact(f"Password for {owner}:")
        telnet.sendline("")
        telnet.expect_exact(GREETING)
        telnet.sendline(owner)
        telnet.expect_exact(f"Password for {owner}:")
        telnet.expect_exact("It will be visible on your screen")
        telnet.sendline(PASSWORD)
        telnet.expect_exact(f"Welcome back, {owner}.")


def test_nc_says_that_a_password_is_visible(server: Server, owner: str) -> None:
    """There is no way to hide it there; whoever minds can still give up."""
    with piped(server) as nc:
        nc.expect_exact(GREETING.encode())
        nc.sendline(owner.encode())
        nc.expect_exact(b"* (It will be visible on your screen as you type.)\n* Password for %b:\n" % owner.encode())
        nc.sendline(b"")
        nc.expect_exact(GREETING.encode())
        assert b"\xff" not in nc.before


# Programs that come by mistake


def test_curl_reads_a_short_answer(server: Server) -> None:
    """A complete HTTP response that says what this is, and how to join."""
    answer = run("curl", "-sS", "-i", f"http://{HOST}:{server.port}/")
    assert answer.stdout.startswith(b"HTTP/1.1 400 ")
    assert b"nc and telnet" in answer.stdout
    assert (answer.returncode, answer.stderr) == (0, b"")


@pytest.mark.parametrize("size", [100, 3_000_000])
def test_what_a_web_page_posts_is_never_said(server: Server, size: int, tmp_path: Path) -> None:
    """A body of names and lines, short or long, brings the answer and nothing else: nobody joins, nothing is heard."""
    body = tmp_path / "body"
    body.write_bytes(b"reza\nsalam\n/who\n" * (size // 16))
    with piped(server, "sara") as sara:
        answer = run("curl", "-sS", "-i", "-H", "Expect:", "--data-binary", f"@{body}", f"http://{HOST}:{server.port}/")
        assert answer.stdout.startswith(b"HTTP/1.1 400 ")
        sara.sendline(b"/who")
        sara.expect_exact(b"* Online (1):\nsara (127.0.0.1)\n")
        assert sara.before == b""


def test_a_tls_client_gets_an_alert(server: Server) -> None:
    """It fails with words of its own instead of waiting for a greeting it could not read."""
    answer = run("openssl", "s_client", "-connect", f"{HOST}:{server.port}")
    assert re.search(rb"alert handshake failure", answer.stderr)


def test_ssh_shows_why(server: Server) -> None:
    """The client prints the refusal to its user."""
    options = (
        "-F",
        "none",
        "-o",
        "BatchMode=yes",
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
    )
    answer = run("ssh", *options, "-p", str(server.port), f"ali@{HOST}", "true")
    assert b"ssh is not offered here." in answer.stderr
    assert answer.returncode != 0


# Stopping and starting


def test_what_was_seen_survives_a_kill(tmp_path: Path) -> None:
    """The server is killed with -9 right after a line was shown; after a restart the line is there."""
    with serving(tmp_path / "run") as server, piped(server, "ali") as ali, piped(server, "sara") as sara:
        ali.sendline("شب بخیر".encode())
        sara.expect_exact("ali: \u2068شب بخیر\u2069\n".encode())
        server.kill()
    with serving(tmp_path / "run") as server:
        answers = run("nc", "-N", *at(server), typed=b"reza\n/history\n").stdout.decode()
        assert answers.count("ali: \u2068شب بخیر\u2069\n") == 2  # as greeting, and as history


def test_a_stop_keeps_what_was_accepted_and_says_goodbye(tmp_path: Path) -> None:
    """SIGTERM in the middle of a conversation: what is stored is what was shown, both read the end, no file is left."""
    with serving(tmp_path / "run", "--flood", "0") as server:
        with piped(server, "ali") as ali, piped(server, "sara") as sara:
            ali.send(b"".join(b"line %d\n" % number for number in range(2000)))
            sara.expect_exact(b"line 0\n")
            server.terminate()
            for client, name in ((ali, b"ali"), (sara, b"sara")):
                client.expect_exact(b"* The server is shutting down. Goodbye, %b.\n" % name)
                if client is sara:
                    shown = len(re.findall(rb"ali: line \d+\n", b"ali: line 0\n" + sara.before))
                client.expect(pexpect.EOF)
        server.assert_left_well()
    with serving(tmp_path / "run", "--history", "5000") as server:
        answers = run("nc", "-N", *at(server), typed=b"reza\n/history 5000\n").stdout
        stored = re.findall(rb"ali: line (\d+)\n", answers.partition(b"* In #lobby")[2])
        assert [int(number) for number in stored] == list(range(shown))


def test_an_interrupt_at_the_terminal_is_a_stop(tmp_path: Path) -> None:
    """Ctrl-C in the terminal of ``twistd -n`` ends the server as SIGTERM does."""
    with serving(tmp_path / "run") as server:
        with piped(server, "ali") as ali:
            server.signal(signal.SIGINT)
            ali.expect_exact(b"Goodbye, ali.\n")
        server.assert_left_well()


def test_the_operator_sees_who_is_there_and_nothing_else(server: Server) -> None:
    """The log tells who came and went, and never a word of what was said."""
    run("nc", "-N", *at(server), typed=b"zahra\na secret word\n")
    server.await_everybody_gone()
    assert b"zahra joined from 127.0.0.1; 1 online" in server.log
    assert b"zahra left from 127.0.0.1; 0 online" in server.log
    assert b"secret" not in server.log

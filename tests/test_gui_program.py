"""The window itself, on a virtual screen in front of a real server: the ways in, and the ways out."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps import alive
from tests.chat_windows import ChatWindow, chat_window, login_window
from tests.programs import piped, run
from tests.screens import Screen, screen_fixture
from tests.server_fixtures import visited_server_fixtures
from tests.servers import HOST, Server

screen = screen_fixture()
shared, server = visited_server_fixtures("--greeting", "0")  # what others have tested before is not shown to newcomers

PASSWORD = "four words are better"


@pytest.fixture
def login(screen: Screen, server: Server, tmp_path: Path) -> Iterator[ChatWindow]:
    """Somebody who sees the window for the first time, and has typed this server."""
    with login_window(screen, tmp_path) as window:
        screen.key("shift+Tab")
        window.fill_in(f"{HOST}:{server.port}")
        screen.key("Tab")
        yield window


# In


def test_who_types_a_name_is_in(screen: Screen, server: Server, login: ChatWindow) -> None:
    """Server, name, Return: one sees who is there, and is seen by them."""
    with piped(server, "sara") as sara:
        screen.enter("ali")
        sara.expect_exact(b"* ali joined.\n")
        assert login.app.window("#lobby").title == "#lobby - chatd"
        login.reads("2 people", "sara", f"ali at {HOST}:{server.port}")
        login.enter("salam")
        sara.expect_exact(b"ali: salam\n")


def test_a_taken_name_is_asked_for_again(screen: Screen, server: Server, login: ChatWindow) -> None:
    """What is wrong stands in the window, and the next name is typed over the one before."""
    with piped(server, "ali") as ali:
        screen.enter("Ali")
        login.reads("Ali is taken by ali. Please choose another name.")
        screen.enter("mina")
        ali.expect_exact(b"* mina joined.\n")
        login.app.window("#lobby")


def test_an_account_is_asked_for_its_password(screen: Screen, server: Server, login: ChatWindow) -> None:
    """A wrong one is told to be wrong; nothing that was typed can be read anywhere."""
    typed = f"parisa\n/register\n{PASSWORD}\n{PASSWORD}\n/exit\n"
    assert b"is your account now" in run("nc", "-N", HOST, str(server.port), typed=typed.encode()).stdout
    screen.enter("parisa")
    login.reads("This name is an account. Please give its password.")
    screen.enter("parisa1")
    login.reads("That is not the password.")
    screen.type(PASSWORD)
    assert "words" not in login.words
    screen.key("Return")
    login.app.window("#lobby")
    login.sees("Welcome back, parisa.")


def test_where_nobody_answers_the_window_says_so(screen: Screen, server: Server, tmp_path: Path) -> None:
    """The sentence stands beside the server's name, and the right one can be typed there at once."""
    with socket.create_server((HOST, 0)) as once:
        gone = once.getsockname()[1]
    with login_window(screen, tmp_path) as login:
        screen.key("shift+Tab")
        login.fill_in(f"{HOST}:{gone}", "ali")
        screen.key("Return")
        login.reads(f"Nobody answers at {HOST}:{gone}: there is no server, or it is not running.")
        login.fill_in(f"{HOST}:{server.port}")
        screen.key("Return")
        login.app.window("#lobby")


def test_what_worked_is_there_the_next_time(screen: Screen, server: Server, login: ChatWindow, tmp_path: Path) -> None:
    """One need only press Return."""
    screen.enter("ali")
    login.app.window("#lobby").close()
    assert login.app.wait() == 0
    with login_window(screen, tmp_path) as again, piped(server, "sara") as sara:
        again.reads("Server", f"{HOST}:{server.port}", "Name", "ali")
        screen.key("Return")
        sara.expect_exact(b"* ali joined.\n")
        again.app.window("#lobby")


# Out


def test_who_closes_the_window_has_left(screen: Screen, server: Server, tmp_path: Path) -> None:
    """The others see it, what was said last is said, and no program is left."""
    with piped(server, "sara") as sara, chat_window(screen, server, tmp_path) as ali:
        ali.enter("bye")
        ali.window.close()
        sara.expect_exact(b"ali: bye\n* ali left.\n")
        assert ali.app.wait() == 0
        assert alive(tmp_path) == []


def test_a_command_closes_it_as_well(screen: Screen, server: Server, tmp_path: Path) -> None:
    """As in every client."""
    with piped(server, "sara") as sara, chat_window(screen, server, tmp_path) as ali:
        ali.enter("/exit")
        sara.expect_exact(b"* ali left.\n")
        assert ali.app.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_closes_it_in_good_order(
    screen: Screen, server: Server, tmp_path: Path, number: signal.Signals
) -> None:
    """Somebody who shuts the machine down has left, too; a half-typed line stops nothing."""
    with piped(server, "sara") as sara, chat_window(screen, server, tmp_path) as ali:
        screen.type("half of it")
        ali.app.signal(number)
        sara.expect_exact(b"* ali left.\n")
        assert ali.app.wait() == 0
        assert alive(tmp_path) == []


def test_a_signal_closes_the_login_window(login: ChatWindow) -> None:
    """There is nobody to say goodbye to."""
    login.app.signal(signal.SIGTERM)
    assert login.app.wait() == 0


def test_who_logs_out_can_log_in_again(screen: Screen, server: Server, tmp_path: Path) -> None:
    """The menu leads back to the login window, in the same program."""
    with piped(server, "sara") as sara, chat_window(screen, server, tmp_path) as ali:
        screen.key("F10")
        ali.click("Log out")
        sara.expect_exact(b"* ali left.\n")
        ali.app.window("^Log in")
        screen.enter("ali")
        sara.expect_exact(b"* ali joined.\n")
        ali.app.window("#lobby")

"""twistd knows chatd, and whatever keeps it from starting is one line and an exit status."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from twisted.application.service import IServiceMaker, ServiceMaker
from twisted.internet.interfaces import IListeningPort
from twisted.internet.selectreactor import SelectReactor
from twisted.plugin import getPlugins
from twisted.python.usage import Options as UsageOptions

from chatd import listening, tap
from chatd.certificates import Files
from chatd.limits import Limits
from chatd.listening import Bound, CannotListen
from chatd.options import Settings
from chatd.self_signed import VALID, make_missing
from chatd.storage.contract import Store, StoreError
from chatd.storage.database import prepare
from tests.processes import IN_TREE, ROOT, TWISTD, Server, Visitor, running

LINES = 1_020
"""More than one batch, and no more than may be on their way to the disk: the server takes them all."""


def refusal(*arguments: str, cwd: Path, twistd: tuple[str, ...] = ("--pidfile=",)) -> str:
    """The only line of a twistd that does not start."""
    command = [TWISTD, "-n", *twistd, "chatd", *arguments]
    ended = subprocess.run(command, cwd=cwd, env=IN_TREE, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr.rstrip("\n")


def test_twistd_finds_chatd() -> None:
    """There is one plugin of that name, and what it names is there."""
    (plugin,) = [maker for maker in getPlugins(IServiceMaker) if maker.tapname == "chatd"]
    assert isinstance(plugin, ServiceMaker)
    assert plugin.module == tap.__name__
    assert issubclass(plugin.options, UsageOptions)
    assert plugin.makeService is tap.makeService


def test_nothing_makes_a_package_of_the_plugin_folder() -> None:
    """An __init__.py there would hide the plugin, and one above it would hide Twisted."""
    assert [path.name for path in (ROOT / "twisted").rglob("*.py")] == ["chatd_plugin.py"]


def test_listing_the_plugins_does_not_import_the_server() -> None:
    """Every twistd on the machine, whatever it is to run, reads this plugin."""
    program = "import sys, twisted.plugins.chatd_plugin; print([name for name in sys.modules if 'chatd.' in name])"
    told = subprocess.run(
        [sys.executable, "-c", program], cwd="/", env=IN_TREE, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


def test_help_is_help(tmp_path: Path) -> None:
    """It explains the options, ends well, and leaves nothing behind."""
    told = subprocess.run(
        [TWISTD, "chatd", "--help"], cwd=tmp_path, env=IN_TREE, capture_output=True, text=True, check=True
    )
    assert "--hide-addresses" in told.stdout
    assert "[default: 5050]" in told.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_bad_option_is_one_line(tmp_path: Path) -> None:
    """The rest of them is in test_options; this is the way to the terminal."""
    assert refusal("--prot", "5", cwd=tmp_path).startswith("chatd: option --prot not recognized")


def test_a_bad_file_of_options_is_one_line(tmp_path: Path) -> None:
    """So that nobody runs with defaults they did not mean."""
    (tmp_path / "chatd.toml").write_text("prot = 5\n")
    assert refusal("--config", "chatd.toml", cwd=tmp_path).startswith("chatd: chatd.toml has an option prot")


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    """It says which, and how to have another."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refusal("--store", "memory:", "--port", str(port), cwd=tmp_path)
    assert said == (
        f"chatd: cannot listen on 127.0.0.1 port {port}: Address already in use. "
        "Is another server running? --port chooses another port."
    )


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("bogus", "'bogus' is not an endpoint"),
        ("tcp:x", "'tcp:x' is not an endpoint"),
        ("systemd:domain=INET:index=0", "is not an endpoint"),
        ("tcp:65536", "cannot listen on tcp:65536: "),
        ("unix:/nowhere/chatd", "cannot listen on unix:/nowhere/chatd: No such file or directory."),
        ("tcp:0:interface=192.0.2.1", "cannot listen on 192.0.2.1 port 0: "),
    ],
)
def test_an_endpoint_that_cannot_be_had_is_one_line(tmp_path: Path, endpoint: str, words: str) -> None:
    """Each kind of endpoint fails in a way of its own; none of them is a traceback."""
    assert words in refusal("--store", "memory:", "--listen", endpoint, cwd=tmp_path)


def test_an_endpoint_without_its_file_is_one_line(tmp_path: Path) -> None:
    """It names the file; the endpoint is of a kind there is."""
    said = refusal("--store", "memory:", "--listen", "ssl:0:privateKey=/nowhere.pem", cwd=tmp_path)
    assert said == ("chatd: cannot listen on ssl:0:privateKey=/nowhere.pem: /nowhere.pem: No such file or directory.")


@pytest.mark.parametrize(
    "wrong", [("--store", "postgres:x"), ("--cert", "/nowhere.pem"), ("--listen", "unix:/nowhere/chatd")]
)
def test_a_server_that_does_not_start_leaves_no_socket_behind(tmp_path: Path, wrong: tuple[str, str]) -> None:
    """Whatever comes after the first port fails, that port is closed again."""
    refusal("--listen", f"unix:{tmp_path / 'socket'}", *wrong, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    """Each with its own words, in test_certificates; this is the way to the terminal, and no database is made."""
    missing = refusal("--port", "0", "--cert", "a.pem", cwd=tmp_path)
    assert missing == f"chatd: {tmp_path / 'a.pem'} cannot be read: No such file or directory."
    files = Files(tmp_path / "a.crt", tmp_path / "a.key")
    make_missing(files, "localhost", datetime.now(UTC) - VALID - timedelta(days=1))
    expired = refusal("--port", "0", "--cert", "a.crt", "--key", "a.key", cwd=tmp_path)
    assert expired.startswith(f"chatd: The certificate in {files.certificate} expired on ")
    assert {path.name for path in tmp_path.iterdir()} == {"a.crt", "a.key"}


def test_a_certificate_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """The folder of the database is where it would be."""
    said = refusal("--port", "0", "--cert", "auto", "--store", "sqlite:/nowhere/chatd.db", cwd=tmp_path)
    assert said == "chatd: /nowhere/chatd.key cannot be written: No such file or directory."


def test_without_a_database_a_certificate_is_made_in_the_run_directory(tmp_path: Path) -> None:
    """There is no other place that the server could call its own."""
    (tmp_path / "run").mkdir()
    command = [TWISTD, "-n", "--rundir=run", "--pidfile=", "chatd", "--port", "0", "--cert", "auto", "-s", "memory:"]
    with running(command, tmp_path, IN_TREE):
        pass
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["chatd.crt", "chatd.key", "run"]


def test_an_unwritable_folder_is_one_line(tmp_path: Path) -> None:
    """The history could not be kept there."""
    folder = Path("/sys") if os.geteuid() == 0 else tmp_path  # root may write in any folder but the kernel's
    if folder == tmp_path:
        tmp_path.chmod(0o500)
    assert refusal(cwd=folder).startswith(f"chatd: {folder}/chatd.db cannot be used: ")


def test_a_pid_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """Twistd would show a traceback; and nothing is left behind of a server that never was."""
    said = refusal("--port", "0", cwd=tmp_path, twistd=("--pidfile=/nowhere/pid",))
    assert said == "chatd: twistd cannot write /nowhere/pid. To do without that file: twistd -n --pidfile= chatd"
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    """It says which there are."""
    assert refusal("--store", "postgres:x", cwd=tmp_path).startswith("chatd: postgres:x is not a store.")


def settings(store: str) -> Settings:
    """A server on a free port."""
    return Settings(("tcp:0:interface=127.0.0.1",), store, motd="", hide_addresses=False, limits=Limits())


def test_nobody_is_let_in_before_the_store_is_found_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To look through it takes a while, and then the server may not start: whoever came was refused, and not cut off."""
    reactor: Any = SelectReactor()
    ports: list[Any] = []
    tried: list[str] = []

    def listen(*arguments: Any) -> IListeningPort:
        ports.append(listening.listen(*arguments))
        return cast(IListeningPort, ports[-1])

    def open_damaged(*_: object) -> Store:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", ports[0].getHost().port))
        tried.append("refused")
        raise StoreError("It is damaged.")

    monkeypatch.setattr(tap, "listen", listen)
    monkeypatch.setattr(tap, "open_store", open_damaged)
    with pytest.raises(StoreError):
        tap.build(settings("memory:"), tmp_path, reactor)
    assert tried == ["refused"]


def test_a_port_that_is_lost_at_the_last_moment_leaves_the_database_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program may have opened it since it was bound. The store is closed again, at once."""

    def open(_: object) -> None:
        raise CannotListen("Somebody was faster.")

    monkeypatch.setattr(Bound, "open", open)
    with pytest.raises(CannotListen):
        tap.build(settings("sqlite:chatd.db"), tmp_path, SelectReactor())
    assert {path.name for path in tmp_path.iterdir()} == {"chatd.db", "chatd.db.mark"}
    prepare(tmp_path / "chatd.db").release()


def test_two_servers_do_not_share_a_history(tmp_path: Path) -> None:
    """The second is told, and the first goes on."""
    with running([TWISTD, "-n", "--pidfile=", "chatd", "--port", "0"], tmp_path, IN_TREE):
        said = refusal("--port", "0", cwd=tmp_path)
    assert said.startswith(f"chatd: {tmp_path / 'chatd.db'} is in use by another chatd.")


def test_files_are_relative_to_the_folder_twistd_runs_in(tmp_path: Path) -> None:
    """With --rundir that is not the folder it is started in."""
    (tmp_path / "run").mkdir()
    with running([TWISTD, "-n", "--rundir=run", "--pidfile=", "chatd", "--port", "0"], tmp_path, IN_TREE):
        pass
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["chatd.db", "chatd.db.mark", "run"]


def test_a_server_whose_store_fails_stops_in_good_order_and_ends_with_status_1(tmp_path: Path) -> None:
    """Whoever looks after it should start it again; it says once why, also when more than one batch could not be kept."""
    command = [TWISTD, "-n", "chatd", "--port", "0", "--flood", "0"]
    with running(command, tmp_path, IN_TREE) as server:
        ali = Visitor(server.port)
        ali.types("ali")
        ali.sees()
        break_database(tmp_path / "chatd.db")
        ali.types("\n".join(["salam"] * LINES))
        ali.sees(2 * LINES + 1)  # each refusal gives the line back
        ali.goes()
        status = server.process.wait()
    assert status == 1
    assert len([line for line in ali.screen if line.startswith("! Your line was not sent, because")]) == LINES
    assert ali.screen[-1].endswith("cannot keep what is said any more. Goodbye, ali.")
    assert server.log.count("The store failed, so the server stops: The database cannot be written") == 1
    assert not (tmp_path / "twistd.pid").exists()


def test_a_store_that_fails_while_the_server_stops_is_no_second_stop(tmp_path: Path) -> None:
    """Somebody stops it while the last batch waits for the disk, which then fails: it goes on stopping, as was asked."""
    with running([TWISTD, "-n", "--pidfile=", "chatd", "--port", "0"], tmp_path, IN_TREE) as server:
        ali, sara = Visitor(server.port), Visitor(server.port)
        ali.types("ali")
        ali.sees()
        with closing(sqlite3.connect(tmp_path / "chatd.db")) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("DROP TABLE entry")
            ali.types("salam")
            sara.types("Hello Server")
            sara.sees()  # by then what was sent before has been read as well
            server.process.terminate()
            wait_for(server, "Closed)")
            other.execute("COMMIT")
        ali.sees(3)
        ali.goes()
        sara.goes()
        status = server.process.wait()
    assert any(line.startswith("! Your line was not sent, because") for line in ali.screen)
    assert "The store failed, so the server stops" in server.log
    assert status == -signal.SIGTERM, "the status of a server that was stopped"


def wait_for(server: Server, words: str) -> None:
    """Read its log up to a line with these words."""
    assert server.process.stdout is not None
    for line in server.process.stdout:
        server.log += line
        if words in line:
            return
    raise AssertionError(server.log)


def break_database(path: Path) -> None:
    """Do what a broken disk does: make writing fail in a way that does not pass."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE entry")

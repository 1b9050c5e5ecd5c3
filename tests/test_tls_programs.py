"""TLS as people have it: openssl, ncat, curl and Python against a real server, whose log shows nothing to be ashamed of."""

import os
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest
from pexpect.popen_spawn import PopenSpawn

from chatd.certificates import Files
from chatd.self_signed import VALID, make_missing
from tests.processes import IN_TREE, TWISTD
from tests.programs import need, piped, run
from tests.servers import HOST, PATIENCE, Server, serving

GREETING = b"* Welcome to chatd. What is your name?\n"
HELLO = b"/help shows the commands.\n"


def make(folder: Path, since: datetime | None = None) -> Files:
    """A certificate and its key, valid for ten years since then."""
    folder.mkdir(parents=True, exist_ok=True)
    files = Files(folder / "a.crt", folder / "a.key")
    make_missing(files, "localhost", since or datetime.now(UTC))
    return files


def with_certificate(files: Files) -> tuple[str, ...]:
    """The options for it."""
    return "--cert", str(files.certificate), "--key", str(files.key)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The certificate of the shared server."""
    return make(tmp_path_factory.mktemp("identity"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, files: Files) -> Iterator[Server]:
    """A server that shows newcomers nothing of what others have tested before."""
    with serving(tmp_path_factory.mktemp("server") / "run", "--greeting", "0", *with_certificate(files)) as server:
        yield server


@pytest.fixture
def server(shared: Server) -> Iterator[Server]:
    """One server for all who leave it as it was: nobody there, every name free."""
    shared.await_everybody_gone()
    yield shared
    shared.await_everybody_gone()


def s_client(server: Server, *options: str) -> tuple[str, ...]:
    """The test client of openssl."""
    return "openssl", "s_client", *options, "-connect", f"{HOST}:{server.port}"


def ncat(server: Server) -> tuple[str, ...]:
    """Netcat that speaks TLS."""
    return "ncat", "--ssl", HOST, str(server.port)


@contextmanager
def at_pipes(command: tuple[str, ...]) -> Iterator[PopenSpawn]:
    """A program between two pipes."""
    need(command[0])
    client = PopenSpawn(list(command), timeout=PATIENCE)
    try:
        yield client
    finally:
        client.proc.kill()
        client.proc.wait(PATIENCE)
        client.proc.stdin.close()
        client.proc.stdout.close()


def trusting(files: Files) -> ssl.SSLContext:
    """A client that trusts this certificate and no other."""
    return ssl.create_default_context(cafile=files.certificate)


@contextmanager
def connected(server: Server, files: Files) -> Iterator[ssl.SSLSocket]:
    """Python's own TLS, which looks at the certificate and the name of the host."""
    with (
        socket.create_connection((HOST, server.port), PATIENCE) as bare,
        trusting(files).wrap_socket(bare, server_hostname="localhost") as client,
    ):
        yield client


def read_until(client: ssl.SSLSocket, wanted: bytes) -> bytes:
    """What is received up to these bytes and the line they stand in."""
    seen = b""
    while not (wanted in seen and seen.endswith(b"\n")):
        more = client.recv(65536)
        assert more, seen
        seen += more
    return seen


# Programs


@pytest.mark.parametrize("options", [("-quiet",), (), ("-quiet", "-tls1_2"), ("-quiet", "-alpn", "http/1.1")])
def test_openssl_from_a_pipe_reads_all_answers_and_ends(server: Server, options: tuple[str, ...]) -> None:
    """By TLS 1.3 and 1.2, whatever it offers to speak inside; without -quiet it says a good deal itself."""
    with at_pipes(s_client(server, *options)) as client:
        client.expect_exact(GREETING)
        client.sendline(b"ali")
        client.expect_exact(HELLO)
        client.sendline("سلام".encode())
        client.sendline(b"/who")
        client.expect_exact(b"* Online (1):\nali (127.0.0.1)\n")
        client.sendline(b"/exit")
        client.expect_exact(b"* Goodbye, ali.\n")
        client.expect(pexpect.EOF)
        assert client.wait() == 0


def test_ncat_is_greeted_and_let_go_after_exit(server: Server) -> None:
    """Ncat itself waits for the end of what is typed; the server does not wait for that."""
    with at_pipes(ncat(server)) as client:
        client.expect_exact(GREETING)
        client.sendline(b"ali")
        client.expect_exact(HELLO)
        client.sendline(b"/exit")
        client.expect_exact(b"* Goodbye, ali.\n")
        client.sendeof()
        client.expect(pexpect.EOF)
        assert client.before == b""
        assert client.wait() == 0


@pytest.mark.parametrize("program", ["ncat", "openssl"])
def test_a_script_reads_its_answers_through_tls(server: Server, program: str) -> None:
    """Lines from a pipe, with /exit at their end."""
    command = ncat(server) if program == "ncat" else s_client(server, "-quiet")
    answers = run(*command, typed=b"ali\nsalam\n/who\n/exit\n")
    assert answers.stdout.startswith(b"* Hello ali. You are alone in #lobby.")
    assert answers.stdout.endswith(b"* Online (1):\nali (127.0.0.1)\n* Goodbye, ali.\n")
    assert answers.returncode == 0


def test_people_with_and_without_tls_talk_to_each_other(server: Server) -> None:
    """On this machine nc needs none."""
    with piped(server, "sara") as sara, at_pipes(ncat(server)) as ali:
        ali.expect_exact(GREETING)
        ali.sendline(b"ali")
        sara.expect_exact(b"* ali joined.\n")
        ali.sendline("سلام".encode())
        sara.expect_exact("ali: \u2068سلام\u2069\n".encode())
        sara.sendline(b"khubi?")
        ali.expect_exact(b"sara: khubi?\n")


def test_the_courses_first_exercise_through_tls(server: Server) -> None:
    """Two words without a newline, and the answer."""
    with at_pipes(ncat(server)) as client:
        client.send(b"Hello Server")
        client.expect_exact(b"Hello Client!\n")
        client.expect_exact(GREETING)


def test_curl_reads_a_short_answer_and_trusts_the_certificate(server: Server, files: Files) -> None:
    """By the name of the host that stands in it."""
    url = f"https://localhost:{server.port}/"
    answer = run("curl", "-4", "-sS", "-i", "--noproxy", "*", "--cacert", str(files.certificate), url)
    assert answer.stdout.startswith(b"HTTP/1.1 400 ")
    assert b"nc and telnet" in answer.stdout
    assert (answer.returncode, answer.stderr) == (0, b"")


def test_python_checks_everything_and_joins(server: Server, files: Files) -> None:
    """The end is TLS's own, not that of a cut cable, which would be an error."""
    with connected(server, files) as client:
        client.sendall(b"ali\nsalam\n/exit\n")
        assert read_until(client, b"Goodbye").endswith(b"* Goodbye, ali.\n")
        assert client.recv(1) == b""


# Handshakes that fail


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_versions_are_refused_by_their_own_alert(server: Server, version: str) -> None:
    """TLS 1.0 and 1.1 must not be spoken any more (RFC 8996)."""
    answer = run(*s_client(server, version, "-cipher", "DEFAULT@SECLEVEL=0"))
    assert b"alert protocol version" in answer.stderr
    assert answer.returncode != 0


def test_a_client_that_rejects_the_certificate_leaves_no_trace(server: Server) -> None:
    """Its own business; nothing is written about it, and the next is served."""
    with socket.create_connection((HOST, server.port), PATIENCE) as bare, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(bare, server_hostname="localhost")
    with socket.create_connection((HOST, server.port), PATIENCE) as noise:
        noise.sendall(b"\x16\x03 this is no TLS")
        while noise.recv(100):
            pass
    assert run(*ncat(server), typed=b"ali\n/exit\n").stdout.endswith(b"* Goodbye, ali.\n")
    assert not any(word in server.log for word in (b"Traceback", b"Unhandled", b"Error")), server.log.decode()


# Readers


def test_a_reader_that_stops_reading_is_dropped_and_blocks_nobody(tmp_path: Path, files: Files) -> None:
    """Megabytes pass it by; the server stays small, the others get all of it, and it is seen to have left."""
    with (
        serving(tmp_path / "run", "--flood", "0", "--stall", "1", *with_certificate(files)) as server,
        connected(server, files) as sara,
        connected(server, files) as slow,
        connected(server, files) as ali,
    ):
        for client, name in ((sara, b"sara"), (slow, b"slow"), (ali, b"ali")):
            client.sendall(name + b"\n")
            read_until(client, HELLO)
        read_until(sara, b"ali joined")
        before = server.megabytes()
        for block in range(20):
            ali.sendall(b"".join(b"%d %b\n" % (block, b"x" * 1000) for _ in range(1000)) + b"end %d\n" % block)
            read_until(sara, b"ali: end %d\n" % block)
        assert server.megabytes() - before < 16
        read_until(sara, b"* slow left.\n") if b"slow left" not in server.log else None
        assert b"slow left from" in server.log


# The operator's side


def test_a_new_certificate_is_taken_at_a_hangup_and_nobody_is_dropped(tmp_path: Path) -> None:
    """Who is connected stays; new ones see the new one; a bad one is a line in the log, and changes nothing."""
    old = make(tmp_path / "old")
    folder = tmp_path / "run"
    with serving(folder.with_name("server"), *with_certificate(old)) as server, connected(server, old) as ali:
        ali.sendall(b"ali\n")
        read_until(ali, HELLO)
        certificate, key = old.certificate.read_bytes(), old.key.read_bytes()
        new = make(tmp_path / "new")
        old.certificate.write_bytes(new.certificate.read_bytes())
        hang_up(server, b"The certificate that was read before stays in use. The key in ")
        assert seen_by_newcomers(server) == ssl.PEM_cert_to_DER_cert(certificate.decode())
        old.key.write_bytes(new.key.read_bytes())
        hang_up(server, b"The certificate was read again.")
        assert seen_by_newcomers(server) == ssl.PEM_cert_to_DER_cert(new.certificate.read_text())
        ali.sendall(b"/who\n")
        assert b"ali (127.0.0.1)" in read_until(ali, b"ali (")
        assert not any(line in server.log for line in key.splitlines()[1:-1])


def hang_up(server: Server, words: bytes) -> None:
    """Send SIGHUP, and wait for the line about it."""
    before = server.log.count(words)
    server.signal(signal.SIGHUP)
    deadline = time.monotonic() + PATIENCE
    while server.log.count(words) == before:
        assert time.monotonic() < deadline, server.log.decode()
        time.sleep(0.01)


def seen_by_newcomers(server: Server) -> bytes:
    """The certificate that a new handshake shows, in DER form."""
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((HOST, server.port)))


def test_a_certificate_that_expires_soon_is_a_warning(tmp_path: Path) -> None:
    """At the start, and each time it is read again."""
    soon = make(tmp_path / "soon", datetime.now(UTC) - VALID + timedelta(days=13))
    with serving(tmp_path / "run", *with_certificate(soon)) as server:
        hang_up(server, b"#warn] The certificate in ")
        assert server.log.count(b"will expire on ") == 2


def test_one_is_made_where_there_is_none_and_used_again(tmp_path: Path) -> None:
    """Beside the database, the key its owner's alone; the fingerprint is openssl's; how to join is said as it is typed."""
    folder = tmp_path / "run"
    shown = []
    for _ in range(2):
        process = subprocess.Popen(
            [TWISTD, "-n", "--pidfile=", "chatd", "--port", "0", "--cert", "auto"],
            cwd=make_folder(folder),
            env=IN_TREE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        with process.stdout:
            log = "".join(iter_until(process.stdout, "fingerprint"))
            process.terminate()
            process.stdout.read()
        process.wait()
        shown += re.findall(r"fingerprint: ([0-9A-F:]{95})\n", log)
        assert re.search(r"ncat --ssl 127\.0\.0\.1 \d+ ", log)
        assert re.search(r"openssl s_client -quiet -connect 127\.0\.0\.1:\d+ ", log)
    made = run("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", str(folder / "chatd.crt")).stdout.decode()
    assert shown == [made.strip().partition("=")[2]] * 2
    assert (folder / "chatd.key").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in folder.iterdir()} == {"chatd.db", "chatd.db.mark", "chatd.crt", "chatd.key"}


def make_folder(folder: Path) -> Path:
    """The folder, there."""
    folder.mkdir(exist_ok=True)
    return folder


def iter_until(lines: Iterator[str], words: str) -> Iterator[str]:
    """The lines up to one with these words."""
    for line in lines:
        yield line
        if words in line:
            return


def test_a_closed_terminal_still_ends_the_server(tmp_path: Path) -> None:
    """SIGHUP reads the certificate again, but not when it means what its name says."""
    files = make(tmp_path / "identity")
    command = ["-n", "--pidfile=", "--logfile=server.log", "chatd", "--port", "0", *with_certificate(files)]
    terminal = pexpect.spawn(TWISTD, command, cwd=str(tmp_path), env=IN_TREE, timeout=PATIENCE)
    log = tmp_path / "server.log"
    wait_for(log, "fingerprint")
    os.kill(terminal.pid, signal.SIGHUP)
    wait_for(log, "The certificate was read again.")
    assert terminal.isalive()
    terminal.ptyproc.fileobj.close()  # the kernel sends it SIGHUP, and so might a shell
    with suppress(ProcessLookupError):
        os.kill(terminal.pid, signal.SIGHUP)
    wait_for(log, "Server Shut Down.")
    assert "Traceback" not in log.read_text()
    terminal.closed = True
    terminal.wait()


def wait_for(log: Path, words: str) -> None:
    """Until the log has them."""
    deadline = time.monotonic() + PATIENCE
    while not log.exists() or words not in log.read_text():
        assert time.monotonic() < deadline, log.read_text() if log.exists() else "there is no log"
        time.sleep(0.02)

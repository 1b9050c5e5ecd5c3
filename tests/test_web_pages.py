"""A web page in somebody's browser can have it send much to this port: not one byte of that is ever said in a room.

What a page can choose is the address, the method, some fields, and the body; what a browser writes around them it cannot.
"""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.certificates import CurrentIdentity
from tests.programs import piped, run
from tests.server_fixtures import tls_server_fixture
from tests.servers import HOST, Server
from tests.test_tls import AWAY, Client, make_identity, make_world
from tests.web_requests import LINES, PLAIN, REQUESTS, request
from tests.worlds import Visitor, World

server = tls_server_fixture()


def at_once(send: Callable[[bytes], object], _: World, sent: bytes) -> None:
    """In one segment."""
    send(sent)


def byte_by_byte(send: Callable[[bytes], object], _: World, sent: bytes) -> None:
    """In the smallest there are; what is very long at least in many."""
    size = 1 if len(sent) < 2000 else 97
    for start in range(0, len(sent), size):
        send(sent[start : start + size])


def once_greeted(send: Callable[[bytes], object], world: World, sent: bytes) -> None:
    """Browsers open connections before they need them."""
    world.greet()
    send(sent)


def with_a_pause(send: Callable[[bytes], object], world: World, sent: bytes) -> None:
    """The greeting comes in the middle of the first line."""
    send(sent[:3])
    world.passes(1)
    send(sent[3:])


def once_answered(send: Callable[[bytes], object], world: World, sent: bytes) -> None:
    """There was something else before that is no name either."""
    send(b"12\n")
    world.greet()
    send(sent)


WAYS = (at_once, byte_by_byte, once_greeted, with_a_pause, once_answered)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> CurrentIdentity:
    """The server's certificate."""
    return make_identity(tmp_path_factory.mktemp("identity"))


def assert_nobody_spoke(world: World, sara: Visitor) -> None:
    """Nobody has a name but the one who listens, and she hears nothing."""
    world.passes(20)
    assert sara.sees() == ""
    assert world.journal.lines == ["+sara 192.0.2.8 1"]
    sara.types("/history")
    assert "salam" not in sara.sees()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sent", REQUESTS.values(), ids=REQUESTS)
def test_nothing_of_it_is_said(sent: bytes, way: Callable[..., None]) -> None:
    """Whatever it sends, and however that arrives: the connection is closed with an answer, and nobody has a name."""
    world = World()
    sara = world.joined("sara", "192.0.2.8")
    browser = world.connect()
    way(browser.sends, world, sent)
    assert_nobody_spoke(world, sara)
    assert browser.closed
    assert browser.gets()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sent", REQUESTS.values(), ids=REQUESTS)
def test_nothing_of_it_is_said_through_tls(identity: CurrentIdentity, sent: bytes, way: Callable[..., None]) -> None:
    """``https://`` makes no difference: what is inside is looked at in the same way."""
    world = make_world(identity)
    world.site.plaintext = True
    sara = world.joined("sara", "192.0.2.8")
    browser = Client(world, AWAY).shakes_hands()
    way(browser.sends, world, sent)
    assert_nobody_spoke(world, sara)
    browser.gets()
    assert browser.ended or browser.visitor.closed


def test_one_connection_that_is_used_again_and_again_says_nothing() -> None:
    """The first request was the last."""
    world = World()
    sara = world.joined("sara", "192.0.2.8")
    browser = world.connect()
    for sent in REQUESTS.values():
        browser.sends(sent)
    assert_nobody_spoke(world, sara)
    assert browser.gets().count(b"HTTP/1.1 400 ") == 1


TOKEN = st.text("!#$%&'*+-.^_`|~0123456789ABCHPSTXabcghpst", min_size=1, max_size=12).map(str.encode)
"""What a script may choose for a method (RFC 9110, section 5.6.2)."""
TARGET = st.text("/abc?&=%.", max_size=12).map(lambda text: b"/" + text.encode())


@settings(max_examples=150)
@given(TOKEN, TARGET, st.lists(st.integers(1, 80), max_size=4), st.booleans())
def test_no_method_makes_a_name(method: bytes, target: bytes, cuts: list[int], greeted: bool) -> None:
    """Any word, any address, cut anywhere."""
    world = World()
    sara = world.joined("sara", "192.0.2.8")
    browser = world.connect()
    if greeted:
        world.greet()
    sent = request(method + b" " + target + b" HTTP/1.1", PLAIN)
    places = sorted({0, len(sent), *cuts})
    for start, end in pairwise(places):
        browser.sends(sent[start:end])
    assert_nobody_spoke(world, sara)


# The same, by a program that is as free as none of them

CURL = {
    "text": ("-H", "Content-Type: text/plain", "--data-binary", LINES.decode()),
    "parts": ("-F", f"a={LINES.decode()}", "-F", 'b={"type":"register","user_id":"ali"}'),
    "method": ("-X", "SAY", "--data-binary", LINES.decode()),
    "small": ("-X", "post", "--data-binary", LINES.decode()),
    "a name": ("-X", "ali", "--data-binary", LINES.decode()),
    "Host": ("-H", "Host: evil.example", "--data-binary", LINES.decode()),
    "no Host": ("-H", "Host:", "--data-binary", LINES.decode()),
    "a full address": ("--request-target", "http://evil.example/", "--data-binary", LINES.decode()),
    "1.0": ("-0", "--data-binary", LINES.decode()),
    "2": ("--http2-prior-knowledge", "--data-binary", LINES.decode()),
    "chunks": ("-H", "Transfer-Encoding: chunked", "--data-binary", LINES.decode()),
    "put": ("-T", "-"),
    "WebSocket": ("-H", "Upgrade: websocket", "-H", "Connection: Upgrade", "-H", "Sec-WebSocket-Key: x"),
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("options", CURL.values(), ids=CURL)
def test_curl_says_nothing(server: Server, scheme: str, options: tuple[str, ...]) -> None:
    """It reads an answer, or an end; the one who is there hears nothing of it, and nobody else has come."""
    url = f"{scheme}://{HOST}:{server.port}/"
    server.await_everybody_gone()
    with piped(server, "sara") as sara:
        answer = run("curl", "-k", "-sS", "-i", "--noproxy", "*", "-m", "10", *options, url, typed=LINES)
        assert answer.stdout.startswith(b"HTTP/1.1 400 ") or answer.returncode
        sara.sendline(b"/who")
        sara.expect_exact(b"* Online (1):\nsara (127.0.0.1)\n")
        assert sara.before == b""


@pytest.mark.parametrize("scheme", ["ftp", "imap", "smtp", "pop3", "rtsp", "ldap", "mqtt"])
def test_other_schemes_say_nothing_either(server: Server, scheme: str) -> None:
    """What a link to another protocol would bring: it is no name, and no message."""
    server.await_everybody_gone()
    with piped(server, "sara") as sara:
        run("curl", "-sS", "--noproxy", "*", "-m", "1", f"{scheme}://ali:salam@{HOST}:{server.port}/ali")
        sara.sendline(b"/who")
        sara.expect_exact(b"sara (127.0.0.1)\n")
        assert b"ali" not in sara.before

"""Clients of protocols that are not offered get an answer their program understands, whole, and the connection ends."""

import json
import struct
from http.client import HTTPResponse
from io import BytesIO
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocols import refusals
from chatd.protocols.closing import LINGER_SECONDS
from chatd.protocols.refusals import NotOffered
from chatd.wire.phrases import IN_ENGLISH
from tests.worlds import World


class Answer(BytesIO):
    """Bytes that ``http.client`` reads as if they came from a socket."""

    def makefile(self, *_: Any) -> "Answer":
        """The same."""
        return self


def read_http(answer: bytes, method: str) -> HTTPResponse:
    """The answer as Python's own client understands it."""
    response = HTTPResponse(cast(Any, Answer(answer)), method=method)
    response.begin()
    return response


WRONG = NotOffered(protocol="salam")
SENTENCE = str(WRONG)


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS"])
def test_http_clients_read_a_complete_response(method: str) -> None:
    """A status, a length that is right, no body for HEAD, and what is wrong in words."""
    response = read_http(refusals.http(f"{method} / HTTP/1.1\r\n\r\n".encode(), WRONG, IN_ENGLISH), method)
    body = response.read().decode()
    assert response.status == 400
    assert response.getheader("Connection") == "close"
    assert response.getheader("Content-Length") == str(len(SENTENCE) + 1)
    assert body == ("" if method == "HEAD" else f"{SENTENCE}\n")


def test_http_answers_are_not_kept() -> None:
    """The port may serve something else tomorrow: nobody may remember this answer."""
    assert (
        read_http(refusals.http(b"GET / HTTP/1.1\r\n", WRONG, IN_ENGLISH), "GET").getheader("Cache-Control")
        == "no-store"
    )


def test_tls_clients_get_a_fatal_alert() -> None:
    """RFC 8446, section 6: record type 21, the length, level 2 (fatal), description 40 (handshake_failure)."""
    alert = refusals.tls(b"", WRONG, IN_ENGLISH)
    kind, _, length = struct.unpack(">BHH", alert[:5])
    assert (kind, length) == (21, 2)
    assert alert[5:] == bytes([2, 40])


@given(st.integers(0, 300))
def test_ssh_clients_get_a_disconnect_they_can_show(size: int) -> None:
    """RFC 4253: a version line, then one packet of a length that is a multiple of eight with at least four of padding."""
    sentence = "x" * size
    version, packet = refusals.ssh(b"", NotOffered(protocol=sentence), IN_ENGLISH).split(b"\r\n", 1)
    assert version.startswith(b"SSH-2.0-")
    length, padding = struct.unpack(">IB", packet[:5])
    assert (len(packet), len(packet) % 8) == (4 + length, 0)
    assert padding >= 4
    payload = packet[5 : len(packet) - padding]
    kind, reason, size = struct.unpack(">BII", payload[:9])
    assert (kind, reason) == (1, 11)
    words, language = payload[9 : 9 + size].decode(), payload[9 + size :]
    assert words.startswith(f"{sentence} is not offered here.")
    assert language == bytes(4)


def test_irc_clients_get_an_error_line() -> None:
    """RFC 2812, section 3.7.4: one line, at most 512 bytes with its ending."""
    line = refusals.irc(b"", WRONG, IN_ENGLISH)
    assert line == f"ERROR :{SENTENCE}\r\n".encode()
    assert len(line) <= 512


def test_programs_get_an_error_object() -> None:
    """One line of JSON that says what is wrong by a code, and in words."""
    line = refusals.json_lines(b"", WRONG, IN_ENGLISH)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert json.loads(line) == {"type": "error", "error": "not_offered", "text": SENTENCE}


def test_people_get_a_line() -> None:
    """As they do for anything that is wrong."""
    assert refusals.text(b"", WRONG, IN_ENGLISH) == f"! {SENTENCE}\n".encode()


def test_a_refusal_arrives_though_more_is_sent() -> None:
    """The rest of a long request is read away, for a socket closed on unread bytes destroys the answer."""
    world = World()
    client = world.connect().sends(b"POST / HTTP/1.1\r\n\r\n", *[b"x" * 65536] * 20)
    assert client.sees().startswith("HTTP/1.1 400 ")
    assert client.closed
    assert not client.wire.aborted


def test_a_client_that_never_closes_is_dropped() -> None:
    """Whoever has been refused may hold the connection for two seconds, however much they send."""
    world = World()
    client = world.connect()
    client.polite = False
    client.sends(b"GET / HTTP/1.1\r\n\r\n")
    world.passes(LINGER_SECONDS - 0.1)
    client.sends(b"GET / HTTP/1.1\r\n\r\n")
    assert not client.closed
    world.passes(0.1)
    assert client.wire.aborted
    assert client.sees().count("HTTP/1.1") == 1


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_whatever_follows_there_is_one_answer(more: list[bytes]) -> None:
    """Nothing that comes after the first bytes is looked at, or answered."""
    world = World()
    client = world.connect().sends(b"SSH-2.0-x\r\n", *more)
    assert client.gets() == refusals.ssh(b"", refusals.NotOffered(protocol="ssh"), IN_ENGLISH)
    assert client.closed

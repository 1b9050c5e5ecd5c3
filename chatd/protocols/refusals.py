"""Short answers, in their own form, to clients of protocols that are not offered here. Must not know the chat."""

import struct
from collections.abc import Callable

from chatd.clock import Clock
from chatd.protocols.closing import Parting

TELL = "This is a chat for nc and telnet: connect, type a name, press Enter, and talk."


class Refusal(Parting):
    """Answers the first bytes, then closes."""

    def __init__(self, clock: Clock, answer: Callable[[bytes], bytes]) -> None:
        super().__init__(clock)
        self._answer = answer

    def dataReceived(self, data: bytes) -> None:
        """Answer the first bytes; drop the others."""
        self.part(self._answer(data))


def tls(data: bytes) -> bytes:  # noqa: ARG001 (the same for all)
    """A fatal alert, handshake_failure (RFC 8446, section 6): there is no certificate to shake hands with."""
    return bytes([21, 3, 1, 0, 2, 2, 40])


def http(data: bytes) -> bytes:
    """A complete answer of a few lines; without a body for HEAD."""
    body = f"{TELL}\n".encode()
    head = (
        "HTTP/1.1 400 This is a chat server\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + (b"" if data.startswith(b"HEAD ") else body)


def ssh(data: bytes) -> bytes:  # noqa: ARG001 (the same for all)
    """A version and SSH_MSG_DISCONNECT (RFC 4253, sections 4.2, 6 and 11.1), which clients show to their user."""
    words = f"ssh is not offered here. {TELL}".encode()
    by_application, disconnect = 11, 1
    payload = struct.pack(">BII", disconnect, by_application, len(words)) + words + struct.pack(">I", 0)
    padding = 8 - (5 + len(payload)) % 8 + 8  # at least four bytes, to a multiple of eight
    return b"SSH-2.0-chatd\r\n" + struct.pack(">IB", 1 + len(payload) + padding, padding) + payload + bytes(padding)


def irc(data: bytes) -> bytes:  # noqa: ARG001 (the same for all)
    """An ERROR line (RFC 2812, section 3.7.4)."""
    return f"ERROR :IRC is not offered here. {TELL}\r\n".encode()


def json_lines(data: bytes) -> bytes:  # noqa: ARG001 (the same for all)
    """An error of the protocol for programs."""
    return b'{"type":"error","error":"not_offered","text":"JSON lines are not offered here yet."}\n'

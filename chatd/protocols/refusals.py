"""Why somebody is not served, in the form of their own protocol, and the end. Must not know who is refused when.

The words are in the server's language: nobody here has had the time to choose another one.
"""

import json
import struct
from collections.abc import Callable
from typing import TypeAlias

from chatd.clock import Clock
from chatd.errors import ChatError
from chatd.events import Refused
from chatd.languages import N_
from chatd.protocols.closing import Parting
from chatd.wire.phrases import Phrasebook, plain
from chatd.wire.text import TextForm

Answer: TypeAlias = Callable[[bytes, ChatError, Phrasebook], bytes]
"""One protocol's way to say what is wrong, to a client that began with these bytes."""


class NotOffered(ChatError):
    """A protocol that is not spoken here."""

    code = "not_offered"
    sentence = N_(
        "{protocol} is not offered here. This is a chat for nc and telnet: connect, type a name, press Enter, and talk."
    )


class Refusal(Parting):
    """Answers the first bytes, then closes."""

    def __init__(self, clock: Clock, answer: Answer, error: ChatError, book: Phrasebook) -> None:
        super().__init__(clock)
        self._answer = answer
        self._error = error
        self._book = book

    def dataReceived(self, data: bytes) -> None:
        """Answer the first bytes; drop the others."""
        self.part(self._answer(data, self._error, self._book))


def text(data: bytes, error: ChatError, book: Phrasebook) -> bytes:  # noqa: ARG001 (the same for all)
    """A line for a person."""
    return TextForm(language=book.language).encode(Refused(error))


def tls(data: bytes, error: ChatError, book: Phrasebook) -> bytes:  # noqa: ARG001 (the same for all)
    """A fatal alert, handshake_failure (RFC 8446, section 6): TLS has no words to say more."""
    return bytes([21, 3, 1, 0, 2, 2, 40])


def http(data: bytes, error: ChatError, book: Phrasebook) -> bytes:
    """A complete answer of a few lines; without a body for HEAD."""
    body = f"{plain(book.error(error))}\n".encode()
    head = (
        "HTTP/1.1 400 This is a chat server\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + (b"" if data.startswith(b"HEAD ") else body)


def ssh(data: bytes, error: ChatError, book: Phrasebook) -> bytes:  # noqa: ARG001 (the same for all)
    """A version and SSH_MSG_DISCONNECT (RFC 4253, sections 4.2, 6 and 11.1), which clients show to their user."""
    words = plain(book.error(error)).encode()
    by_application, disconnect = 11, 1
    payload = struct.pack(">BII", disconnect, by_application, len(words)) + words + struct.pack(">I", 0)
    padding = 8 - (5 + len(payload)) % 8 + 8  # at least four bytes, to a multiple of eight
    return b"SSH-2.0-chatd\r\n" + struct.pack(">IB", 1 + len(payload) + padding, padding) + payload + bytes(padding)


def irc(data: bytes, error: ChatError, book: Phrasebook) -> bytes:  # noqa: ARG001 (the same for all)
    """An ERROR line (RFC 2812, section 3.7.4)."""
    return f"ERROR :{plain(book.error(error))}\r\n".encode()


def json_lines(data: bytes, error: ChatError, book: Phrasebook) -> bytes:  # noqa: ARG001 (the same for all)
    """An error of the protocol for programs."""
    answer = {"type": "error", "error": error.code, "text": plain(book.error(error))}
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"

"""Opening a connection to a server, encrypted and to the right one, or not at all.

Knows asyncio's streams, TLS and why connections fail. Must not know what is said over them, or how people are asked.
"""

import asyncio
import errno
import os
import re
import socket
import ssl
import warnings
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clients.addresses import Address
from clients.terminal_text import safe
from clients.trust import VERIFIED, VOUCHED_FOR, KnownServers, NotKept, TrustError, changed_warning, fingerprint_of

PATIENCE: Final = 15.0
"""Seconds for a name to be found, a connection to be made, and TLS to be agreed upon."""
_NEXT_ADDRESS: Final = 0.25
"""Seconds until another address of the host is tried beside the first ("Happy Eyeballs", RFC 8305, section 8)."""

Streams = tuple[StreamReader, StreamWriter]


class CouldNotConnect(Exception):
    """There is no connection; the message is a sentence for a person. Later it may work."""


@dataclass(eq=False)  # as other exceptions are
class Untrusted(TrustError):
    """No authority vouches for the server's certificate, and nobody has accepted it yet. Nothing was sent."""

    address: Address
    fingerprint: str
    reason: str

    def __str__(self) -> str:
        return (
            f"The certificate of {self.address} cannot be verified: {self.reason}. If its SHA-256 fingerprint is "
            f"the one the server shows when it starts, accept it with --trust {self.fingerprint}"
        )


@dataclass(frozen=True, slots=True)
class Dialler:
    """Opens connections to one server, always in the same way: there is no falling back to a weaker one."""

    address: Address
    known: KnownServers
    encrypted: bool
    ca: Path | None = None
    """Certificates (PEM) that are trusted to vouch for the server, beside the system's."""
    trust: str | None = None
    """The fingerprint of the only certificate that is trusted."""
    patience: float = PATIENCE
    warn: Callable[[str], None] = warnings.warn
    """Says a sentence to the person: something cannot be kept, which is no reason not to talk."""

    async def dial(self) -> Streams:
        """Connect.

        Raises:
            CouldNotConnect: nobody answers there, or not in TLS.
            Untrusted: the server's certificate has to be accepted first, see :meth:`accept`.
            TrustError: it is not the server's certificate, or something is wrong with the files about trust.
        """
        if not self.encrypted:
            return await self._open(None)
        expected = self.trust or (None if self.ca else self.known.fingerprint(self.address))
        return await (self._dial_pinned(expected) if expected else self._dial_verified())

    def accept(self, fingerprint: str) -> None:
        """Trust the certificate with this fingerprint from now on; if that cannot be kept, as long as this runs.

        Raises:
            TrustError: the file of known servers cannot be understood.
        """
        try:
            self.known.remember(self.address, fingerprint)
        except NotKept as error:
            self.warn(str(error))

    async def _dial_verified(self) -> Streams:
        try:
            streams = await self._open(self._verifying())
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message.rstrip(".")
            if self.ca:
                raise TrustError(f"{self.ca} does not vouch for {self.address}: {reason}. Nothing was sent.") from None
            presented = await self._presented()
            if self.known.met(self.address) and self.known.fingerprint(self.address) is None:
                raise TrustError(changed_warning(self.address, VOUCHED_FOR, presented, self.known.path)) from None
            raise Untrusted(self.address, presented, reason) from None
        self._met(streams, VERIFIED)
        return streams

    async def _dial_pinned(self, expected: str) -> Streams:
        streams = await self._open(_unverifying())
        found = _fingerprint(streams)
        if found == expected:
            self._met(streams, expected)
            return streams
        _abort(streams)
        if self.trust:
            raise TrustError(
                f"{self.address} has not the certificate given with --trust, but {found}. Nothing was sent."
            )
        try:
            return await self._dial_verified()  # a pinned certificate may give way to one that authorities vouch for
        except Untrusted as untrusted:
            raise TrustError(changed_warning(self.address, expected, untrusted.fingerprint, self.known.path)) from None

    def _met(self, streams: Streams, fingerprint: str) -> None:
        try:
            self.accept(fingerprint)
        except TrustError:
            _abort(streams)
            raise

    async def _presented(self) -> str:
        """The fingerprint of the certificate that the server shows. Nothing is said to it."""
        streams = await self._open(_unverifying())
        _abort(streams)
        return _fingerprint(streams)

    def _verifying(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.ca:
            try:
                context.load_verify_locations(self.ca)
            except (OSError, ssl.SSLError) as error:
                raise TrustError(f"{self.ca} cannot be used: {_why_unusable(error)}.") from None
        return context

    async def _open(self, context: ssl.SSLContext | None) -> Streams:
        host = self.address.host
        try:
            async with asyncio.timeout(self.patience):
                return await asyncio.open_connection(
                    host,
                    self.address.port,
                    ssl=context,
                    server_hostname=host.partition("%")[0] if context else None,
                    happy_eyeballs_delay=_NEXT_ADDRESS,
                )
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, UnicodeError) as error:  # TimeoutError, gaierror and SSLError are OSErrors
            raise CouldNotConnect(self._why(error)) from None

    def _why(self, error: OSError | UnicodeError) -> str:
        """What went wrong, for a person."""
        match error:
            case TimeoutError():
                return f"{self.address} did not answer within {self.patience:g} seconds."
            case socket.gaierror(errno=socket.EAI_AGAIN):
                return f"The name {self.address.host} cannot be looked up. Is this machine connected?"
            case socket.gaierror() | UnicodeError():
                return f"There is no host called {self.address.host}."
            case ssl.SSLError() | ConnectionAbortedError() | ConnectionResetError() if self.encrypted:
                return (
                    f"{self.address} does not speak TLS here. If that is right, --plaintext connects without; then what "
                    "is said can be read on the way."
                )
        numbers = _numbers(error)
        if numbers == {errno.ECONNREFUSED}:
            return f"Nobody answers at {self.address}: there is no server, or it is not running."
        reasons = ", ".join(sorted(os.strerror(number).lower() for number in numbers)) or safe(str(error))
        return f"{self.address} cannot be reached: {reasons}."


def _unverifying() -> ssl.SSLContext:
    """For connections whose certificate is compared before anything is said."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _fingerprint(streams: Streams) -> str:
    """Of the certificate that was shown in the handshake; a TLS server has one."""
    return fingerprint_of(streams[1].get_extra_info("ssl_object").getpeercert(binary_form=True))


def _abort(streams: Streams) -> None:
    streams[1].transport.abort()


def _numbers(error: Exception) -> set[int]:
    """The numbers of all that went wrong: asyncio joins what happened at several addresses into one text."""
    number = getattr(error, "errno", None)
    return {number} if number else {int(found) for found in re.findall(r"\[Errno (\d+)\]", str(error))}


def _why_unusable(error: OSError) -> str:
    return "it holds no certificates" if isinstance(error, ssl.SSLError) else str(error.strerror)

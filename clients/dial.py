"""Opening a connection to a server, encrypted and to the right one, or not at all.

Knows asyncio's streams, TLS and why connections fail. Must not know what is said over them, or how people are asked.
"""

import asyncio
import errno
import re
import socket
import ssl
import warnings
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chatd.languages import N_
from chatd.wire.phrases import Shown
from clients.addresses import Address
from clients.reasons import reason_of, strerror, unverified
from clients.trust import VERIFIED, VOUCHED_FOR, KnownServers, NotKept, TrustError, changed_warning, fingerprint_of
from clients.wording import Told, joined, language, say

PATIENCE: Final = 15.0
"""Seconds for a name to be found, a connection to be made, and TLS to be agreed upon."""
_NEXT_ADDRESS: Final = 0.25
"""Seconds until another address of the host is tried beside the first ("Happy Eyeballs", RFC 8305, section 8)."""

Streams = tuple[StreamReader, StreamWriter]


class CouldNotConnect(Told):
    """There is no connection; the message is a sentence for a person. Later it may work."""


@dataclass(eq=False)  # as other exceptions are
class Untrusted(TrustError):
    """No authority vouches for the server's certificate, and nobody has accepted it yet. Nothing was sent."""

    address: Address
    fingerprint: str
    reason: str

    def __str__(self) -> str:
        return str(self.sentence)

    @property
    def sentence(self) -> Shown:
        """What to do about it, where nobody can be asked."""
        return say(
            "The certificate of {address} cannot be verified: {reason}. If its SHA-256 fingerprint is the one the server "
            "shows when it starts, accept it with --trust {fingerprint}",
            address=self.address,
            reason=self.reason,
            fingerprint=self.fingerprint,
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
            self.warn(error.sentence)

    async def _dial_verified(self) -> Streams:
        try:
            streams = await self._open(self._verifying())
        except ssl.SSLCertVerificationError as error:
            reason = unverified(error, self._server_name)
            if self.ca:
                template = N_("{file} does not vouch for {address}: {reason}. Nothing was sent.")
                raise TrustError(say(template, file=self.ca, address=self.address, reason=reason)) from None
            presented = await self._presented()
            if self.known.met(self.address) and self.known.fingerprint(self.address) is None:
                raise TrustError(changed_warning(self.address, say(VOUCHED_FOR), presented, self.known.path)) from None
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
                say(
                    "{address} has not the certificate given with --trust, but {found}. Nothing was sent.",
                    address=self.address,
                    found=found,
                )
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
                raise TrustError(
                    say("{file} cannot be used: {reason}.", file=self.ca, reason=_unusable(error))
                ) from None
        return context

    @property
    def _server_name(self) -> str:
        return self.address.host.partition("%")[0]

    async def _open(self, context: ssl.SSLContext | None) -> Streams:
        try:
            async with asyncio.timeout(self.patience):
                return await asyncio.open_connection(
                    self.address.host,
                    self.address.port,
                    ssl=context,
                    server_hostname=self._server_name if context else None,
                    happy_eyeballs_delay=_NEXT_ADDRESS,
                )
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, UnicodeError) as error:  # TimeoutError, gaierror and SSLError are OSErrors
            raise CouldNotConnect(self._why(error)) from None

    def _why(self, error: OSError | UnicodeError) -> Shown:
        """What went wrong, for a person."""
        match error:
            case TimeoutError():
                seconds = Shown(language().digits(f"{self.patience:g}"))
                return say("{address} did not answer within {seconds} seconds.", address=self.address, seconds=seconds)
            case socket.gaierror(errno=socket.EAI_AGAIN):
                return say("The name {host} cannot be looked up. Is this machine connected?", host=self.address.host)
            case socket.gaierror() | UnicodeError():
                return say("There is no host called {host}.", host=self.address.host)
            case ssl.SSLError() | ConnectionAbortedError() | ConnectionResetError() if self.encrypted:
                return say(
                    "{address} does not speak TLS here. If that is right, --plaintext connects without; then what is said "
                    "can be read on the way.",
                    address=self.address,
                )
        numbers = _numbers(error)
        if numbers == {errno.ECONNREFUSED}:
            return say("Nobody answers at {address}: there is no server, or it is not running.", address=self.address)
        reasons = joined(sorted(map(strerror, numbers))) if numbers else str(error)
        return say("{address} cannot be reached: {reasons}.", address=self.address, reasons=reasons)


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


def _unusable(error: OSError) -> str:
    return say("it holds no certificates") if isinstance(error, ssl.SSLError) else reason_of(error)

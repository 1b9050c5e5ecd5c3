"""Which servers are what they say they are: certificates seen before, and when nothing may be said in clear.

Knows addresses, fingerprints and the file they are kept in. Must not know sockets, screens or how people are asked.

The rules: a certificate that the system's authorities vouch for is trusted. One that they do not is trusted if it is the one
that was accepted before (trust at first use, as in RFC 4253, section 4.1). A server that was once met over TLS is never
spoken to in clear unless that is asked for each time.
"""

import os
import re
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from chatd.languages import N_
from chatd.wire.phrases import Shown
from clients.addresses import Address
from clients.reasons import reason_of, unreadable
from clients.wording import Told, say

VERIFIED: Final = "verified"
"""Stands where a fingerprint would: authorities vouched for it, so there is nothing to compare next time."""

VOUCHED_FOR: Final = N_("vouched for by an authority (of the system, or given with --ca)")
"""Stands for the certificate of such a server in what people read."""

_FINGERPRINT: Final = re.compile(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}")
_HEADING: Final = (
    "# Servers that were met over TLS: address, and the SHA-256 fingerprint of the certificate that was accepted.\n"
    "# The last line of an address counts. Remove its lines to be asked again.\n"
)


class TrustError(Told):
    """Something about trust is wrong; the message is for a person, and says what to do."""


class NotKept(TrustError):
    """What was learnt about a server counts for this run, and cannot be kept for the next."""


class Wish(Enum):
    """What somebody said about encryption."""

    NOTHING = "nothing"
    TLS = "tls"
    PLAINTEXT = "plaintext"


@dataclass(frozen=True, slots=True)
class KnownServers:
    """The servers met over TLS before, in a file that is its owner's alone. It is read anew each time: programs share it."""

    path: Path
    _unkept: dict[str, str] = field(default_factory=dict, repr=False)  # where the file cannot be written

    def fingerprint(self, address: Address) -> str | None:
        """The fingerprint accepted for this server; ``None`` if none has been.

        Raises:
            TrustError: the file cannot be understood.
        """
        kept = self._read().get(str(address), VERIFIED)
        return None if kept == VERIFIED else kept

    def met(self, address: Address) -> bool:
        """Whether it was met over TLS.

        Raises:
            TrustError: the file cannot be understood.
        """
        return str(address) in self._read()

    def remember(self, address: Address, fingerprint: str = VERIFIED) -> None:
        """Keep that this server was met over TLS, and with which certificate.

        Raises:
            NotKept: the file cannot be written; it is remembered for this run, and not told again.
            TrustError: the file cannot be understood.
        """
        if self._read().get(str(address)) == fingerprint:
            return
        try:
            self._append(f"{address} {fingerprint}\n")
        except OSError as error:
            self._unkept[str(address)] = fingerprint
            template = N_("{path} cannot be written: {reason}. {address} is unknown next time.")
            raise NotKept(say(template, path=self.path, reason=reason_of(error), address=address)) from None

    def _append(self, line: str) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Appended in one write, so that two programs do not undo each other's lines.
        with open(self.path, "a+b", opener=_private) as file:
            file.write((_before(file) + line).encode())

    def _read(self) -> dict[str, str]:
        return self._written() | self._unkept

    def _written(self) -> dict[str, str]:
        try:
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise TrustError(
                say("{path} cannot be read: {reason}.", path=self.path, reason=unreadable(error))
            ) from None
        return dict(self._entry(number, line) for number, line in enumerate(text.split("\n"), 1) if _is_entry(line))

    def _entry(self, number: int, line: str) -> tuple[str, str]:
        match line.split():
            case [address, kept] if kept == VERIFIED or _FINGERPRINT.fullmatch(kept):
                return address, kept
        template = N_("Line {number} of {path} cannot be understood. Please mend it, or remove it.")
        raise TrustError(say(template, number=number, path=self.path))


def use_tls(address: Address, wish: Wish, known: KnownServers) -> bool:
    """Whether to speak TLS: always, except to this machine itself if it was never met over TLS, or where asked not to.

    Raises:
        TrustError: the file of known servers cannot be understood.
    """
    if wish is Wish.NOTHING:
        return not address.is_loopback or known.met(address)
    return wish is Wish.TLS


def warning_of_plaintext(address: Address, known: KnownServers) -> str:
    """What to say when a server is spoken to in clear, as asked for; nothing if nobody is on the way there.

    Raises:
        TrustError: the file of known servers cannot be understood.
    """
    if known.met(address):
        return say(
            "{address} has spoken TLS before, but you asked for plaintext: what is said can be read on the way.",
            address=address,
        )
    if address.is_loopback:
        return ""
    return say("Nothing said to {address} is encrypted: it can be read on the way.", address=address)


def fingerprint_of(certificate: bytes) -> str:
    """The SHA-256 fingerprint of a certificate (DER), as ``openssl x509 -fingerprint -sha256`` writes it: ``AB:CD:...``."""
    return sha256(certificate).digest().hex(":").upper()


def parse_fingerprint(text: str) -> str:
    """A fingerprint as somebody copied it: with or without colons, in any case, behind ``sha256 Fingerprint=`` or not.

    Raises:
        TrustError: it is none.
    """
    digits = re.sub(r"[:\s]", "", text.rpartition("=")[2]).upper()
    fingerprint = ":".join(digits[place : place + 2] for place in range(0, len(digits), 2))
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise TrustError(
            say("A fingerprint is 64 hexadecimal digits, as openssl x509 -fingerprint -sha256 shows them.")
        )
    return fingerprint


def changed_warning(address: Address, expected: str, found: str, path: Path) -> Shown:
    """What to say about a server whose certificate is another one than the one accepted before; several lines."""
    return say(
        "#####################################################################\n"
        "#  WARNING: THE SERVER'S CERTIFICATE IS NOT THE ONE SEEN BEFORE.    #\n"
        "#####################################################################\n"
        "Somebody may be reading and changing what is said to {address},\n"
        "or the server has a new certificate. Nothing was sent.\n"
        "  before: {expected}\n"
        "  now:    {found}\n"
        "Ask the people who run the server, not over this chat. If the new one is theirs,\n"
        "start once with --trust and it, or remove the lines of {address} from\n"
        "{path}",
        address=address,
        expected=expected,
        found=found,
        path=path,
    )


def _before(file: BinaryIO) -> str:
    """What has to stand before a new line: a heading in a new file, an end where the last line has none."""
    if not file.tell():
        return _HEADING
    file.seek(-1, os.SEEK_END)
    return "" if file.read(1) == b"\n" else "\n"


def _is_entry(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

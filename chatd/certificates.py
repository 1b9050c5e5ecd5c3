"""The server's certificate and its private key: read, checked, and read again while the server runs.

Knows PEM files and OpenSSL's contexts. Must not know connections, or what options are called. It never shows a key.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL.SSL import NO_OVERLAPPING_PROTOCOLS, Connection, Context, Error
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.ssl import CertificateOptions
from zope.interface import implementer

from chatd.clock import WallClock

SOON = timedelta(days=14)
"""So long before a certificate expires its operator is warned."""
LEAST_RSA_BITS, LEAST_EC_BITS = 2048, 224
"""A weaker key can be broken by those who have the means (NIST SP 800-57 part 1, table 2: 112 bits of security)."""

Key: TypeAlias = EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey | Ed448PrivateKey
"""A private key with which TLS can sign."""
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
_KEY = re.compile(rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----", re.DOTALL)


class CertificateError(Exception):
    """A certificate or key cannot be used. The text is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where a certificate is, and its key: it may be the same file."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate that was checked, and what handshakes need to show it."""

    certificate: x509.Certificate
    context: Context = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER form, as ``openssl x509 -fingerprint -sha256`` prints it."""
        return self.certificate.fingerprint(SHA256()).hex(":").upper()


@implementer(IOpenSSLServerConnectionCreator)
class CurrentIdentity:
    """What new handshakes show. It can be read again at any time; connections that exist keep what they began with."""

    def __init__(self, files: Files, wall: WallClock) -> None:
        """Read the files.

        Raises:
            CertificateError: they cannot be used.
        """
        self.files = files
        self._wall = wall
        self._identity = read(files, self._now())

    def read_again(self) -> None:
        """Use what is in the files now.

        Raises:
            CertificateError: it cannot be used; what was used before still is.
        """
        self._identity = read(self.files, self._now())

    @property
    def description(self) -> str:
        """Which certificate this is, for the operator."""
        return (
            f"The certificate in {self.files.certificate} is valid until {self._expiry}. "
            f"Its SHA-256 fingerprint: {self._identity.fingerprint}"
        )

    @property
    def warning(self) -> str:
        """What the operator should do about it soon; empty if nothing."""
        if self._identity.certificate.not_valid_after_utc - self._now() > SOON:
            return ""
        return (
            f"The certificate in {self.files.certificate} will expire on {self._expiry}. "
            "Please replace it, and send the server a SIGHUP."
        )

    def serverConnectionForTLS(self, protocol: object) -> Connection:  # noqa: ARG002, N802 (Twisted calls it so)
        """The server's end of a new handshake."""
        return Connection(self._identity.context, None)

    @property
    def _expiry(self) -> str:
        return _shown(self._identity.certificate.not_valid_after_utc)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), UTC)


def read(files: Files, now: datetime) -> Identity:
    """Read and check a certificate (PEM; those that certify it may follow) and its key (PEM).

    Raises:
        CertificateError: they cannot be used at this time.
    """
    certificate, *chain = _certificates(files.certificate)
    _check_dates(certificate, files.certificate, now)
    key = read_key(files.key)
    if key.public_key() != certificate.public_key():
        raise CertificateError(
            f"The key in {files.key} does not belong to the certificate in {files.certificate}. "
            "(Of several in one file, the server's own has to be the first.)"
        )
    try:
        return Identity(certificate, _context(certificate, chain, key))
    except Error as error:
        reasons = ", ".join(reason for *_, reason in error.args[0])
        raise CertificateError(f"TLS cannot use the certificate in {files.certificate}: {reasons}.") from None


def read_key(path: Path) -> Key:
    """Read and check a private key (PEM, without a password).

    Raises:
        CertificateError: there is none that could be used.
    """
    block = _KEY.search(_contents(path))
    if block is None:
        raise CertificateError(f"{path} holds no private key. It has to hold one in PEM form, without a password.")
    if b"ENCRYPTED" in block[0]:
        raise CertificateError(
            f"The key in {path} has a password, which nobody can type when the server starts. "
            "Please make a copy without: openssl pkey -in OLD -out NEW"
        )
    try:
        key = load_pem_private_key(block[0], None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CertificateError(f"The key in {path} cannot be understood. Is the file damaged?") from None
    if not isinstance(key, Key):
        raise CertificateError(
            f"The key in {path} is of a kind that TLS cannot use. EC, Ed25519 and RSA keys are fine."
        )
    _check_strength(key, path)
    return key


def _context(certificate: x509.Certificate, chain: Sequence[x509.Certificate], key: Key) -> Context:
    """What OpenSSL makes connections from: TLS 1.2 and newer, with Twisted's choice of ciphers.

    Raises:
        Error: OpenSSL does not take them.
    """
    context: Context = CertificateOptions().getContext()
    # Whatever protocols a client offers (ALPN, RFC 7301), as browsers do: none of them is chosen, and the handshake goes on.
    context.set_alpn_select_callback(lambda _connection, _offered: NO_OVERLAPPING_PROTOCOLS)
    context.use_certificate(certificate)
    for above in chain:
        context.add_extra_chain_cert(above)
    context.use_privatekey(key)
    return context


def _certificates(path: Path) -> list[x509.Certificate]:
    contents = _contents(path)
    try:
        return x509.load_pem_x509_certificates(contents)
    except ValueError:
        if _CERTIFICATE in contents:
            raise CertificateError(f"The certificate in {path} cannot be understood. Is the file damaged?") from None
        raise CertificateError(f"{path} holds no certificate. It has to hold one in PEM form.") from None


def _check_dates(certificate: x509.Certificate, path: Path, now: datetime) -> None:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now > last:
        raise CertificateError(
            f"The certificate in {path} expired on {_shown(last)}. Please put a new one in its place."
        )
    if now < first:
        raise CertificateError(
            f"The certificate in {path} is not valid before {_shown(first)}, and it is {_shown(now)}. Is the clock right?"
        )


def _check_strength(key: Key, path: Path) -> None:
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        return  # the others have one size, which is enough
    least = LEAST_RSA_BITS if isinstance(key, RSAPrivateKey) else LEAST_EC_BITS
    if key.key_size < least:
        raise CertificateError(
            f"The key in {path} has {key.key_size} bits, and at least {least} are needed. Please make a stronger one."
        )


def _contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that cannot be the name of a file"
        raise CertificateError(f"{path} cannot be read: {reason}.") from None


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

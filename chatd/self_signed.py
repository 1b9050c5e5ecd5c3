"""A certificate for those who have none: made once, signed by itself.

Knows keys, names of this machine and how files are put in place. Must not know connections or options.
"""

import os
import re
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from chatd.certificates import CertificateError, Files, Key, read_key

VALID = timedelta(days=3653)
"""Ten years: nobody is meant to think of it again."""
LEEWAY = timedelta(days=1)
"""Clocks of other machines may be slow."""
LOOPBACK = ("127.0.0.1", "::1")

_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)


def make_missing(files: Files, host: str, now: datetime) -> None:
    """Make the certificate of the machine called ``host``, and its key (EC P-256, its owner's alone), unless they are there.

    Raises:
        CertificateError: they cannot be written, or the key of a certificate is missing.
    """
    if os.path.exists(files.certificate):  # False where it cannot be seen, unlike Path's
        if not os.path.exists(files.key):
            raise CertificateError(
                f"{files.key} is missing, the key of {files.certificate}. "
                "Please put it back, or delete the certificate to have new ones made."
            )
        return
    if not os.path.exists(files.key):
        new = generate_private_key(SECP256R1())
        _put(files.key, new.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    certificate = sign_itself(read_key(files.key), host, now)
    _put(files.certificate, certificate.public_bytes(Encoding.PEM), 0o644)


def sign_itself(key: Key, host: str, now: datetime) -> x509.Certificate:
    """A certificate of this key for a server, valid from ``now`` on for :data:`VALID` (RFC 5280, section 4.2).

    It is for this machine under its own name, as ``localhost`` and by its loopback addresses.
    """
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chatd")])
    public = key.public_key()
    builder = (
        x509.CertificateBuilder(name, name, public, x509.random_serial_number(), now - LEEWAY, now + VALID)
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    # These two kinds of key have a digest of their own.
    return builder.sign(key, None if isinstance(key, Ed25519PrivateKey | Ed448PrivateKey) else SHA256())


def _names(host: str) -> list[x509.GeneralName]:
    """What clients may call this machine; a host name that could not be in a certificate is left out."""
    hosts = dict.fromkeys(("localhost", host.lower()) if _HOST_NAME.fullmatch(host) else ("localhost",))
    return [*map(x509.DNSName, hosts), *(x509.IPAddress(ip_address(address)) for address in LOOPBACK)]


def _put(path: Path, contents: bytes, mode: int) -> None:
    """Write a file that is there whole or not at all, and never readable by more than it should be."""
    unfinished = path.with_name(f"{path.name}.new")
    try:
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "wb") as file:
            file.write(contents)
        unfinished.replace(path)
    except OSError as error:
        raise CertificateError(f"{path} cannot be written: {error.strerror}.") from None

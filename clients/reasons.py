"""Why the operating system or TLS refused something, in the words of a sentence: ``permission denied``, ``it was cut``.

Knows errors of Python's own, and the texts of C libraries that people meet. Must not know what was tried.
"""

import os
import ssl
from typing import Final

from chatd.languages import N_
from chatd.wire.phrases import Shown
from clients.wording import language, say

_SYSTEM: Final = (
    N_("Connection refused"),
    N_("Connection reset by peer"),
    N_("Connection timed out"),
    N_("Network is unreachable"),
    N_("No route to host"),
    N_("Broken pipe"),
    N_("No such file or directory"),
    N_("Permission denied"),
    N_("Operation not permitted"),
    N_("Is a directory"),
    N_("Not a directory"),
    N_("File exists"),
    N_("Read-only file system"),
    N_("No space left on device"),
    N_("Disk quota exceeded"),
    N_("Input/output error"),
    N_("Too many open files"),
    N_("File name too long"),
)
"""What :func:`os.strerror` says of the errors that files and connections have; any other stays as it is."""

_TLS: Final = (
    N_("self-signed certificate"),
    N_("self-signed certificate in certificate chain"),
    N_("unable to get local issuer certificate"),
    N_("unable to get issuer certificate"),
    N_("unable to verify the first certificate"),
    N_("certificate has expired"),
    N_("certificate is not yet valid"),
    N_("certificate signature failure"),
    N_("CA cert does not include key usage extension"),
    N_("Missing Authority Key Identifier"),
    N_("Missing Subject Key Identifier"),
)
"""What OpenSSL says of certificates (X509_verify_cert_error_string(3)); any other stays as it is."""


def strerror(number: int) -> Shown:
    """Why the system refused, by its number (:mod:`errno`), as a part of a sentence."""
    return Shown(_known(os.strerror(number)).lower())


def reason_of(error: OSError) -> str:
    """Why the system refused."""
    return _known(error.strerror or str(error))


def unreadable(error: OSError | UnicodeDecodeError) -> str:
    """Why a file that should be text cannot be read."""
    return reason_of(error) if isinstance(error, OSError) else say("it is not UTF-8")


def unverified(error: ssl.SSLCertVerificationError, host: str) -> str:
    """What is wrong with a certificate, without a full stop."""
    match error.verify_code:
        case 62:  # X509_V_ERR_HOSTNAME_MISMATCH
            return say("Hostname mismatch, certificate is not valid for '{host}'", host=host)
        case 64:  # X509_V_ERR_IP_ADDRESS_MISMATCH
            return say("IP address mismatch, certificate is not valid for '{host}'", host=host)
    return _known(error.verify_message.rstrip("."))


def _known(text: str) -> str:
    """``text`` in the language that is spoken, if it is one of those above."""
    return Shown(language().sentence(text)) if text in _SYSTEM or text in _TLS else text

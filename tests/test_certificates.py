"""Certificates and keys: what can be used is used, what cannot is one sentence, and what is missing is made once."""

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.dsa import generate_private_key as generate_dsa_key
from cryptography.hazmat.primitives.asymmetric.ec import SECP192R1, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from chatd.certificates import SOON, CertificateError, CurrentIdentity, Files, read
from chatd.self_signed import LEEWAY, VALID, make_missing, sign_itself
from tests.programs import need

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = generate_private_key(SECP256R1())
OTHER = generate_private_key(SECP256R1())
SECRET = "open sesame"


def pem(key: object, password: str = "", form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    """A private key as a file holds it."""
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    made: bytes = key.private_bytes(Encoding.PEM, form, encryption)  # type: ignore[attr-defined]
    return made


def certificate(key: object = KEY, since: datetime = NOW) -> bytes:
    """A certificate of this key as a file holds it."""
    return sign_itself(key, "ali.example", since).public_bytes(Encoding.PEM)  # type: ignore[arg-type]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A good certificate and its key."""
    (tmp_path / "a.crt").write_bytes(certificate())
    (tmp_path / "a.key").write_bytes(pem(KEY))
    return Files(tmp_path / "a.crt", tmp_path / "a.key")


def complaint(files: Files, now: datetime = NOW) -> str:
    """What is said about these files, which are wrong."""
    with pytest.raises(CertificateError) as wrong:
        read(files, now)
    said = str(wrong.value)
    assert "\n" not in said
    assert "PRIVATE KEY-----\n" not in said
    return said


def test_a_certificate_and_its_key_are_read(files: Files) -> None:
    """From two files, or from one that holds both, whichever of them comes first."""
    assert read(files, NOW).certificate == x509.load_pem_x509_certificate(certificate_of(files))
    for both in (pem(KEY) + certificate_of(files), certificate_of(files) + pem(KEY)):
        files.certificate.write_bytes(both)
        assert read(Files(files.certificate, files.certificate), NOW).certificate


def certificate_of(files: Files) -> bytes:
    """The file's bytes."""
    return files.certificate.read_bytes()


@pytest.mark.parametrize(
    "key",
    [
        KEY,
        Ed25519PrivateKey.generate(),
        pytest.param(generate_rsa_key(65537, 2048), id="RSA"),
    ],
)
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_keys_of_all_usual_kinds_are_fine(files: Files, key: object, form: PrivateFormat) -> None:
    """EC, Ed25519 and RSA, in the new form and in that of old programs."""
    if isinstance(key, Ed25519PrivateKey):
        form = PrivateFormat.PKCS8  # it has no other
    files.certificate.write_bytes(certificate(key))
    files.key.write_bytes(pem(key, form=form))
    assert read(files, NOW)


def test_those_that_certify_it_follow(files: Files) -> None:
    """A chain is read, the server's own certificate being the first; the wrong way round is said to be that."""
    above = certificate(OTHER)
    files.certificate.write_bytes(certificate() + above)
    assert read(files, NOW)
    files.certificate.write_bytes(above + certificate())
    said = complaint(files)
    assert said.startswith(f"The key in {files.key} does not belong to the certificate in {files.certificate}.")
    assert "has to be the first" in said


def test_the_fingerprint_is_openssls(files: Files) -> None:
    """People compare the two by eye."""
    need("openssl")
    command = ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", str(files.certificate)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    fingerprint = read(files, NOW).fingerprint
    assert re.fullmatch(r"[0-9A-F]{2}(:[0-9A-F]{2}){31}", fingerprint)
    assert shown.strip().endswith(f"={fingerprint}")


def test_what_has_expired_or_is_not_valid_yet_is_refused_with_the_time(files: Files) -> None:
    """To the minute, so that the operator knows whether it is the certificate or the clock."""
    last = (NOW + VALID).strftime("%Y-%m-%d %H:%M UTC")
    first = (NOW - LEEWAY).strftime("%Y-%m-%d %H:%M UTC")
    assert read(files, NOW + VALID)
    expired = complaint(files, NOW + VALID + timedelta(seconds=1))
    assert expired.startswith(f"The certificate in {files.certificate} expired on {last}.")
    assert read(files, NOW - LEEWAY)
    early = complaint(files, NOW - LEEWAY - timedelta(seconds=1))
    assert early.startswith(f"The certificate in {files.certificate} is not valid before {first}")
    assert "Is the clock right?" in early


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (b"", "holds no private key."),
        (certificate(), "holds no private key."),
        (pem(OTHER), "does not belong to the certificate"),
        (pem(KEY, SECRET), "has a password, which nobody can type"),
        (pem(KEY, SECRET, PrivateFormat.TraditionalOpenSSL), "has a password, which nobody can type"),
        (pem(KEY)[:60] + pem(KEY)[70:], "cannot be understood. Is the file damaged?"),
        (pem(generate_rsa_key(65537, 1024)), "has 1024 bits, and at least 2048 are needed."),
        (pem(generate_private_key(SECP192R1())), "has 192 bits, and at least 224 are needed."),
        (pem(generate_dsa_key(1024)), "is of a kind that TLS cannot use."),
        (pem(X25519PrivateKey.generate()), "is of a kind that TLS cannot use."),
    ],
    ids=["empty", "certificate", "other", "password", "old password", "damaged", "RSA", "EC", "DSA", "X25519"],
)
def test_a_key_that_cannot_be_used_is_one_sentence(files: Files, contents: bytes, words: str) -> None:
    """It names the file and what is wrong, and never shows the key."""
    files.key.write_bytes(contents)
    said = complaint(files)
    assert str(files.key) in said
    assert words in said
    assert not any(line.decode() in said for line in contents.splitlines()[1:-1] if line)


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (b"", "holds no certificate."),
        (pem(KEY), "holds no certificate."),
        (certificate()[:80] + certificate()[90:], "cannot be understood. Is the file damaged?"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_one_sentence(files: Files, contents: bytes, words: str) -> None:
    """It names the file and what is wrong."""
    files.certificate.write_bytes(contents)
    said = complaint(files)
    assert str(files.certificate) in said
    assert words in said


def test_a_file_that_cannot_be_read_is_one_sentence(files: Files) -> None:
    """Missing, or no file at all."""
    folder = files.key.parent
    missing = complaint(Files(files.certificate, folder / "b.key"))
    assert missing == f"{folder / 'b.key'} cannot be read: No such file or directory."
    assert complaint(Files(folder, files.key)) == f"{folder} cannot be read: Is a directory."
    assert "cannot be the name of a file" in complaint(Files(folder / "\0", files.key))


def _damaged(change: tuple[bytes, int, bytes]) -> bytes:
    whole, place, inserted = change
    return whole[:place] + inserted + whole[place:]


def test_no_file_is_more_than_a_sentence(tmp_path: Path) -> None:
    """Whatever the two files hold, parts of good ones above all: they can be used, or one sentence says why not."""
    files = Files(tmp_path / "a.crt", tmp_path / "a.key")
    part = st.sampled_from([certificate(), pem(KEY), pem(OTHER), pem(KEY, SECRET), b"-----BEGIN CERTIFICATE-----\n"])
    damaged = st.tuples(part, st.integers(0, 600), st.binary(max_size=8)).map(_damaged)
    contents = st.lists(st.one_of(part, damaged, st.binary(max_size=40)), max_size=3).map(b"".join)

    @given(contents, contents)
    def holds(first: bytes, second: bytes) -> None:
        files.certificate.write_bytes(first)
        files.key.write_bytes(second)
        try:
            read(files, NOW)
        except CertificateError as error:
            assert "\n" not in str(error)  # noqa: PT017 (either of the two is fine)

    holds()


def test_reading_again_shows_new_files_to_new_handshakes(files: Files) -> None:
    """And what cannot be used leaves the old ones in use."""
    current = CurrentIdentity(files, NOW.timestamp)
    before = current.serverConnectionForTLS(None).get_context()
    files.key.write_bytes(pem(OTHER))
    with pytest.raises(CertificateError, match="does not belong"):
        current.read_again()
    assert current.serverConnectionForTLS(None).get_context() is before
    files.certificate.write_bytes(certificate(OTHER))
    current.read_again()
    assert current.serverConnectionForTLS(None).get_context() is not before


def test_an_operator_is_warned_two_weeks_before(files: Files) -> None:
    """Not sooner; with the day, and what to do."""
    times = [NOW + VALID - SOON - timedelta(seconds=1)]

    def wall() -> float:
        return times[-1].timestamp()

    current = CurrentIdentity(files, wall)
    assert current.warning == ""
    times.append(NOW + VALID - SOON)
    assert current.warning.startswith(f"The certificate in {files.certificate} will expire on 203")
    assert "SIGHUP" in current.warning


def test_nothing_shows_the_key(files: Files) -> None:
    """Neither what a log would print of these objects, nor their words."""
    current = CurrentIdentity(files, NOW.timestamp)
    shown = f"{current!r} {read(files, NOW)!r} {files!r} {current.description} {vars(current)!r}"
    assert not any(line in shown for line in pem(KEY).decode().splitlines()[1:-1])
    assert "private" not in shown.lower()


# Made here


def names(path: Path) -> set[str]:
    """What a certificate is for."""
    extension = x509.load_pem_x509_certificate(path.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    return {str(name.value) for name in extension.value}


@pytest.mark.parametrize(
    ("host", "own"), [("Lab-3.example", {"lab-3.example"}), ("کلاس", set()), ("a b", set()), ("localhost", set())]
)
def test_what_is_made_is_for_this_machine(tmp_path: Path, host: str, own: set[str]) -> None:
    """By its name, if that can stand in a certificate, and by its loopback names."""
    files = Files(tmp_path / "chatd.crt", tmp_path / "chatd.key")
    make_missing(files, host, NOW)
    assert names(files.certificate) == {"localhost", "127.0.0.1", "::1", *own}
    assert read(files, NOW)
    assert read(files, NOW + VALID)


def test_the_key_is_its_owners_alone_and_nothing_else_is_left(tmp_path: Path) -> None:
    """From the first moment, whatever the umask is."""
    files = Files(tmp_path / "chatd.crt", tmp_path / "chatd.key")
    make_missing(files, "ali", NOW)
    assert files.key.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"chatd.crt", "chatd.key"}


def test_it_is_made_once(tmp_path: Path) -> None:
    """What is there is left as it is; of a key alone, as a deleted certificate leaves it, a new certificate is made."""
    files = Files(tmp_path / "chatd.crt", tmp_path / "chatd.key")
    make_missing(files, "ali", NOW)
    first, key = certificate_of(files), files.key.read_bytes()
    make_missing(files, "ali", NOW + timedelta(days=1))
    assert (certificate_of(files), files.key.read_bytes()) == (first, key)
    files.certificate.unlink()
    make_missing(files, "ali", NOW + timedelta(days=1))
    assert files.key.read_bytes() == key
    assert certificate_of(files) != first
    assert read(files, NOW + timedelta(days=1))


def test_a_certificate_without_its_key_is_not_replaced_silently(tmp_path: Path) -> None:
    """Clients may have written down its fingerprint."""
    files = Files(tmp_path / "chatd.crt", tmp_path / "chatd.key")
    make_missing(files, "ali", NOW)
    files.key.unlink()
    with pytest.raises(CertificateError, match=r"chatd\.key is missing, the key of .*chatd\.crt\. Please put it back"):
        make_missing(files, "ali", NOW)


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    """Nothing can be put there."""
    with pytest.raises(CertificateError, match=r"nowhere/chatd\.key cannot be written: No such file or directory\."):
        make_missing(Files(tmp_path / "nowhere/chatd.crt", tmp_path / "nowhere/chatd.key"), "ali", NOW)

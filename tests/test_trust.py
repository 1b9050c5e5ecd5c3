"""Which servers a client trusts, and when it says nothing in clear."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.addresses import Address
from clients.trust import (
    VERIFIED,
    KnownServers,
    NotKept,
    TrustError,
    Wish,
    changed_warning,
    fingerprint_of,
    parse_fingerprint,
    use_tls,
    warning_of_plaintext,
)

AWAY = Address("chat.example.org", 5050)
HERE = Address("localhost", 5050)
ONE, OTHER = fingerprint_of(b"one certificate"), fingerprint_of(b"another")


@pytest.fixture
def known(tmp_path: Path) -> KnownServers:
    """Nobody is known yet, and not even the folder is there."""
    return KnownServers(tmp_path / "chatd" / "known_servers")


def test_nobody_is_known_at_first(known: KnownServers) -> None:
    """No file means no servers, and looking makes none."""
    assert known.fingerprint(AWAY) is None
    assert not known.met(AWAY)
    assert not known.path.parent.exists()


def test_an_accepted_certificate_is_remembered(known: KnownServers) -> None:
    """For this address and port only."""
    known.remember(AWAY, ONE)
    assert known.fingerprint(AWAY) == ONE
    assert known.met(AWAY)
    assert not known.met(Address("chat.example.org", 5051))
    assert not known.met(Address("example.org", 5050))


def test_a_server_others_vouch_for_is_met_without_a_fingerprint(known: KnownServers) -> None:
    """Its certificate may be renewed, so there is nothing to compare."""
    known.remember(AWAY)
    assert known.met(AWAY)
    assert known.fingerprint(AWAY) is None


def test_the_last_word_counts(known: KnownServers) -> None:
    """A certificate accepted later takes the place of the earlier one."""
    known.remember(AWAY, ONE)
    known.remember(AWAY, OTHER)
    assert known.fingerprint(AWAY) == OTHER
    known.remember(AWAY)
    assert known.fingerprint(AWAY) is None


def test_nothing_is_written_twice(known: KnownServers) -> None:
    """Every connection remembers its server; the file must not grow by that."""
    known.remember(AWAY, ONE)
    before = known.path.read_bytes()
    known.remember(AWAY, ONE)
    assert known.path.read_bytes() == before


def test_the_file_is_its_owners_alone(known: KnownServers) -> None:
    """It tells where somebody goes."""
    known.remember(AWAY, ONE)
    assert stat.S_IMODE(known.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(known.path.parent.stat().st_mode) == 0o700


def test_the_file_explains_itself(known: KnownServers) -> None:
    """Somebody will open it; comments and empty lines are no servers."""
    known.remember(Address("2001:db8::1", 5050), ONE)
    text = known.path.read_text("utf-8")
    assert text.startswith("# Servers that were met over TLS")
    assert f"[2001:db8::1]:5050 {ONE}\n" in text
    known.path.write_text(f"{text}\n# mine\n{AWAY} {VERIFIED}\n", "utf-8")
    assert known.met(AWAY)


def test_a_last_line_without_an_end_stays_a_line(known: KnownServers) -> None:
    """Editors leave such files."""
    known.path.parent.mkdir()
    known.path.write_text(f"{HERE} {OTHER}", "utf-8")
    known.remember(AWAY, ONE)
    assert known.path.read_text("utf-8") == f"{HERE} {OTHER}\n{AWAY} {ONE}\n"
    assert (known.fingerprint(HERE), known.fingerprint(AWAY)) == (OTHER, ONE)


def test_what_cannot_be_kept_counts_while_this_runs(known: KnownServers) -> None:
    """It is told once, and the certificate that was accepted stays the only one."""
    known.path.parent.symlink_to("nowhere")  # unlike a folder without rights, this stops root too
    with pytest.raises(NotKept, match=r"known_servers cannot be written: .*\. chat\.example\.org:5050 is unknown next"):
        known.remember(AWAY, ONE)
    known.remember(AWAY, ONE)
    assert known.fingerprint(AWAY) == ONE
    assert KnownServers(known.path).fingerprint(AWAY) is None


@pytest.mark.parametrize("line", ["gibberish", "a b c", f"{AWAY} AB:CD", f"{AWAY} verifed"])
def test_a_damaged_line_is_named(known: KnownServers, line: str) -> None:
    """A slip in this file must not turn trust off without a word."""
    known.remember(HERE, ONE)
    known.path.write_text(known.path.read_text("utf-8") + line + "\n", "utf-8")
    with pytest.raises(
        TrustError, match=r"^Line 4 of .*known_servers cannot be understood\. Please mend it, or remove"
    ):
        known.met(HERE)


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    """The sentence says which, and why."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(TrustError, match=r"folder cannot be read: Is a directory\.$"):
        KnownServers(tmp_path / "folder").met(HERE)
    (tmp_path / "binary").write_bytes(b"\xff\n")
    with pytest.raises(TrustError, match=r"binary cannot be read: it is not UTF-8\.$"):
        KnownServers(tmp_path / "binary").met(HERE)
    (tmp_path / "file").touch()
    with pytest.raises(TrustError, match=r"known cannot be (read|written): Not a directory\.$"):
        KnownServers(tmp_path / "file" / "known").remember(HERE)


def test_other_machines_are_spoken_to_over_tls(known: KnownServers) -> None:
    """And this one in clear: nobody is on the way."""
    assert use_tls(AWAY, Wish.NOTHING, known)
    assert not use_tls(HERE, Wish.NOTHING, known)
    assert use_tls(HERE, Wish.TLS, known)
    assert not use_tls(AWAY, Wish.PLAINTEXT, known)


def test_a_server_once_met_over_tls_is_never_spoken_to_in_clear_silently(known: KnownServers) -> None:
    """Not even on this machine; and where it is asked for, it is said each time."""
    known.remember(HERE, ONE)
    assert use_tls(HERE, Wish.NOTHING, known)
    assert "has spoken TLS before" in warning_of_plaintext(HERE, known)
    assert "Nothing said to chat.example.org:5050 is encrypted" in warning_of_plaintext(AWAY, known)
    assert warning_of_plaintext(Address("127.0.0.1", 1), known) == ""


def test_fingerprints_look_as_openssl_shows_them() -> None:
    """So that two people can compare them; ``printf chatd | sha256sum`` made this one."""
    assert fingerprint_of(b"chatd") == (
        "92:BE:C6:0D:17:97:A9:C2:4F:4A:8E:AC:4A:F0:B4:B3:5D:2D:48:21:34:24:67:95:22:71:3B:2E:F0:C4:F2:8C"
    )


@given(st.binary(min_size=32, max_size=32), st.sampled_from(["", "sha256 Fingerprint=", "SHA256 Fingerprint="]))
def test_a_fingerprint_may_be_copied_in_any_form(digest: bytes, before: str) -> None:
    """With or without colons, in any case, with what openssl writes before it."""
    written = digest.hex(":").upper()
    assert parse_fingerprint(before + written) == written
    assert parse_fingerprint(before + digest.hex()) == written
    assert parse_fingerprint(f" {before}{written.lower()}\n") == written


@given(st.text())
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    """Whatever it is; what is one comes out in the one form."""
    try:
        fingerprint = parse_fingerprint(text)
    except TrustError:
        return
    assert parse_fingerprint(fingerprint) == fingerprint


def test_how_a_fingerprint_is_refused() -> None:
    """The sentence says what one looks like."""
    with pytest.raises(TrustError, match=r"^A fingerprint is 64 hexadecimal digits, as openssl .* shows them\.$"):
        parse_fingerprint(ONE[:-1])


def test_a_changed_certificate_is_told_loudly() -> None:
    """Several lines, with both fingerprints, and what to do."""
    warning = changed_warning(AWAY, ONE, OTHER, Path("known_servers"))
    assert len(warning.split("\n")) > 8
    for part in ("WARNING", ONE, OTHER, "--trust", "chat.example.org:5050", "known_servers"):
        assert part in warning

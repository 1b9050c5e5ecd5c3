"""The audit of writes, syncs and sends: what strace says is understood, and a server that syncs too late is found."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import missing
from tests.faults import fsync
from tests.faults.fsync import Audit, conversation
from tests.faults.outcome import Setting, Unavailable
from tests.faults.tracing import Call, calls
from tests.processes import ROOT

WAL, DATABASE, SOCKET = "/srv/chatd.db-wal", "/srv/chatd.db", "socket:[7]"
SALAM = r'"\0\0ali<ali-1-beef>salam\377", 4096, 32'


def both(name: str, path: str, data: str = "", result: int = 0, thread: int = 1) -> list[Call]:
    """A call that nothing comes between."""
    return [Call(thread, name, path, data, None), Call(thread, name, path, data, result)]


WRITTEN = both("pwrite64", WAL, SALAM, 4096)
SYNCED = both("fdatasync", WAL)
SENT = both("sendto", SOCKET, r'"{\"type\": \"ack\", \"cid\": \"<ali-1-beef>\"}\n"', 40)
BEGUN_ANEW = both("pwrite64", WAL, r'"7\177\6\202", 32, 0) = 32', 32)


def violations(*trace: list[Call]) -> list[str]:
    """What the audit says to these calls, one after the other."""
    return Audit().go_through(call for part in trace for call in part).violations


def test_what_is_synced_may_be_told() -> None:
    """Written, synced, acknowledged."""
    assert violations(WRITTEN, SYNCED, SENT) == []


def test_what_is_written_may_not_be_told_yet() -> None:
    """A power cut would take it back."""
    assert violations(WRITTEN, SENT, SYNCED) == ["<ali-1-beef> left before it was synced."]


def test_what_is_nowhere_may_not_be_told() -> None:
    """As when people are told first."""
    assert violations(SENT, WRITTEN, SYNCED) == ["<ali-1-beef> left before it was synced."]


def test_a_sync_that_has_not_returned_covers_nothing() -> None:
    """The disk is at it."""
    begun, returned = SYNCED
    assert violations(WRITTEN, [begun], SENT, [returned]) == ["<ali-1-beef> left before it was synced."]


def test_a_sync_that_has_failed_covers_nothing() -> None:
    """And the next one that succeeds may not either, which is why the server must stop."""
    assert violations(WRITTEN, both("fdatasync", WAL, result=-1), SENT) == ["<ali-1-beef> left before it was synced."]


def test_a_sync_covers_only_what_was_written_before_it_began() -> None:
    """By another thread meanwhile, for example."""
    begun, returned = SYNCED
    assert violations([begun], WRITTEN, [returned], SENT) == ["<ali-1-beef> left before it was synced."]


def test_a_sync_of_another_file_covers_nothing() -> None:
    """Only the write-ahead log counts."""
    assert violations(WRITTEN, both("fdatasync", DATABASE), SENT) == ["<ali-1-beef> left before it was synced."]


def test_the_write_ahead_log_is_begun_anew_after_the_database_was_synced() -> None:
    """What was in it stands in the database then, for good."""
    page = both("pwrite64", DATABASE, SALAM, 4096)
    assert violations(WRITTEN, SYNCED, page, both("fdatasync", DATABASE), BEGUN_ANEW) == []
    assert violations(WRITTEN, SYNCED, page, BEGUN_ANEW) == [
        "The write-ahead log was begun anew before the database was synced."
    ]


def test_an_audit_that_has_seen_nothing_does_not_hold() -> None:
    """As when strace writes its lines in another way: no violation is seen in what is not understood."""
    seen = Audit().go_through([*WRITTEN, *SYNCED, *SENT])
    assert seen.blindness(acks=1) == []
    assert seen.blindness(acks=2) == ["In strace's lines 1 are told of a message, and 2 were acknowledged."]
    assert Audit().go_through(both("pwrite64", "changed")).blindness(acks=1) == [
        "In strace's lines no sync covers a message.",
        "In strace's lines 0 are told of a message, and 1 were acknowledged.",
    ]


def test_a_trial_whose_strace_says_nothing_is_violated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The trial asks the audit what it has seen."""
    monkeypatch.setattr(fsync, "conversation", lambda *_: (Audit(), []))
    outcome = fsync.run(Setting(tmp_path, long=False, random=Random(5), say=print))
    assert "In strace's lines no sync covers a message." in outcome.violations


def test_lines_of_strace_are_understood() -> None:
    """A call in one line, and one that another thread comes between."""
    lines = [
        rf'12 pwrite64(5<{WAL}>, "\0<ali-1-beef>) = 3", 4096, 32 <unfinished ...>',
        r'13 sendto(9<socket:[7]>, "{\"x\": 1}", 8, 0, NULL, 0) = 8',
        "12 <... pwrite64 resumed>)           = 4096",
        f"12 fdatasync(5<{WAL}>)    = -1 EIO (Input/output error) (INJECTED)",
        "12 +++ exited with 0 +++",
    ]
    assert [(call.thread, call.name, call.path, call.result) for call in calls(lines)] == [
        (12, "pwrite64", WAL, None),
        (13, "sendto", SOCKET, None),
        (13, "sendto", SOCKET, 8),
        (12, "pwrite64", WAL, 4096),
        (12, "fdatasync", WAL, None),
        (12, "fdatasync", WAL, -1),
    ]


@given(st.lists(st.text(alphabet='12 fdatasync(<.resumed>)=-\\"+', max_size=60) | st.text()))
def test_any_line_is_understood_or_left_out(lines: list[str]) -> None:
    """There are others as well: signals, exits, calls without a descriptor."""
    assert {call.thread >= 0 for call in calls(lines)} <= {True}


def test_a_server_that_syncs_too_late_is_found(tmp_path: Path) -> None:
    """The planted bug: ``synchronous = NORMAL`` survives kill -9, and loses what was acknowledged in a power cut."""
    planted = tmp_path / "planted"
    planted.mkdir()
    (planted / "sitecustomize.py").write_text(
        "from chatd.storage import database\n"
        "database._WRITER = tuple(one.replace('FULL', 'NORMAL') for one in database._WRITER)\n"
    )
    setting = Setting(tmp_path, long=False, random=Random(5), say=print)
    try:
        audit, others = conversation(setting, 50, {"PYTHONPATH": f"{ROOT}:{planted}"})
    except Unavailable as lack:
        missing(f"what the audit needs ({lack})")
    assert others == []
    assert audit.sent
    assert any("left before it was synced" in violation for violation in audit.violations)


def test_without_strace_the_audit_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It says so, instead of holding for want of evidence."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="no strace"):
        conversation(Setting(tmp_path, long=False, random=Random(5), say=print), 50, {})

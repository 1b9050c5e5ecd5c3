"""The checker of the trials finds everything that nobody may be told: what is kept is right, and what is heard is not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.checker import check
from tests.faults.dumps import Dump
from tests.faults.example import (
    ALIS,
    BEGIN,
    DUMP,
    LOBBY,
    SARAS,
    SENT,
    TOLD,
    acked,
    found,
    heard,
    place,
    record,
    said,
    without,
)
from tests.faults.records import Fact, Kind, Record, read_record


def test_a_message_that_is_not_delivered_is_found() -> None:
    """The next one shows that there was one before."""
    assert "P3: 4 of #lobby was heard when 2 was the last one." in found(sara=without(SARAS, heard(3, "ali", "a2")))


def test_a_last_message_that_is_not_delivered_is_found() -> None:
    """Nothing comes after it that could show it."""
    missed = without(SARAS, heard(4, "ali", "a3"))
    assert "P3: sara has heard #lobby up to 3, and it goes up to 4." in found(sara=missed)


def test_a_private_message_that_is_not_delivered_is_found() -> None:
    """The box is a log like any other."""
    missed = without(SARAS, heard(1, "ali", "a4", "@", "sara"))
    assert "P3: sara has heard @ up to 0, and it goes up to 1." in found(sara=missed)


def test_a_message_that_is_delivered_twice_is_found() -> None:
    """As when what is read after a cut overlaps with what is said meanwhile."""
    assert "P3: 4 of #lobby was heard when 4 was the last one." in found(sara=(*SARAS, heard(4, "ali", "a3")))


def test_a_message_that_is_delivered_as_another_is_found() -> None:
    """Its id is right, and nothing else."""
    wrong = (*without(SARAS, heard(1, "ali", "a4", "@", "sara")), heard(1, "ali", "a3", "@", "sara"))
    assert "P3: 'a3' by ali to sara was heard as 1 of @, and there is 'a4' by ali to sara." in found(sara=wrong)


def test_a_private_message_that_is_delivered_as_to_somebody_else_is_found() -> None:
    """Its receiver would not know that it is not for them alone."""
    wrong = (*without(SARAS, heard(1, "ali", "a4", "@", "sara")), heard(1, "ali", "a4", "@", "bob"))
    assert "P3: 'a4' by ali to bob was heard as 1 of @, and there is 'a4' by ali to sara." in found(sara=wrong)


def test_an_acknowledgement_that_comes_before_what_is_before_it_is_found() -> None:
    """Its receiver takes it for the last it has seen, and would ask for what is behind it."""
    early = (*BEGIN, said("s1"), acked("s1", 2), *SARAS[5:])
    assert "P3: s1 was acknowledged as 2 of #lobby when 0 was the last one." in found(sara=early)


def test_a_connection_that_goes_on_elsewhere_is_found() -> None:
    """As when a server goes on from now instead of from where the client was."""
    elsewhere = tuple(place(Kind.RESUMED, 3) if fact == place(Kind.RESUMED, 2) else fact for fact in ALIS)
    assert "P7: #lobby went on behind 3 of E, and not 2 of E." in found(elsewhere)


def test_a_reset_without_another_history_is_found() -> None:
    """Whoever is told to forget their ids must have had those of something else."""
    assert "P7: #lobby was reset from 4 to 0" in found(sara=(*SARAS, place(Kind.RESET, 0)))


def test_another_history_that_is_not_announced_is_found() -> None:
    """Its ids would be taken for those of the one before."""
    silent = (*SARAS, place(Kind.RESUMED, 4, "F"))
    assert "P7: #lobby went on behind 4 of F, and not 4 of E." in found(sara=silent)


def test_a_history_that_never_was_is_found() -> None:
    """Even if it is announced."""
    assert "P7: there never was a history F" in found(sara=(*SARAS, place(Kind.RESET, 0, "F")))


def test_a_person_left_in_an_old_history_is_found() -> None:
    """When a backup was put back, and somebody was not told."""
    records = [record("ali", ALIS), record("sara", SARAS)]
    assert "P7: sara still is in history E of #lobby." in check(records, [DUMP, replace(DUMP, epoch="F")])


def test_a_backup_put_back_is_as_promised_when_it_is_announced() -> None:
    """What was said after it was made is gone, and everybody knows."""
    back = Dump("F", {"#lobby": LOBBY[:3], "@1": (SENT,), "@2": (TOLD,)})
    told = (place(Kind.RESET, 1, "F"), place(Kind.RESET, 1, "F", "@"), heard(2, "sara", "s1"), heard(3, "ali", "a2"))
    records = [record("ali", (*ALIS, *told)), record("sara", (*SARAS, *told))]
    assert check(records, [DUMP, back]) == []


def test_a_gap_where_nothing_is_missing_is_found() -> None:
    """Only what is no longer kept is left out."""
    skipped = (*BEGIN, said("s1"), Fact(Kind.GAP, 0.0, room="#lobby", id=4), *SARAS[6:])
    assert "P3: a gap up to 4 of #lobby was announced, and 1 is there." in found(sara=skipped)


def test_a_gap_where_old_messages_are_gone_is_as_promised() -> None:
    """Those who were away are told of it, and go on behind it."""
    late = (*BEGIN, Fact(Kind.GAP, 0.0, room="#lobby", id=4), heard(4, "ali", "a3"))
    kept = Dump("E", {"#lobby": (LOBBY[3],)})
    assert check([record("ali", [said("a3")]), record("sara", late)], [kept], finished=False) == []


@given(st.integers(0, len(SARAS) - 1))
def test_whatever_is_left_out_of_a_record_is_noticed(at: int) -> None:
    """Nothing that somebody heard is there for nothing."""
    assert found(sara=SARAS[:at] + SARAS[at + 1 :])


@given(st.text(), st.text())
def test_a_record_on_disk_says_the_same(tmp_path_factory: pytest.TempPathFactory, text: str, room: str) -> None:
    """So that a witness in another process is as good as one in this."""
    path = tmp_path_factory.getbasetemp() / "ali.jsonl"
    written = Record("ali", path)
    written.add(Kind.SENT, room=room, cid="a1", text=text)
    written.add(Kind.ACKED, room=room, cid="a1", id=7)
    written.close()
    assert read_record(path).facts == written.facts

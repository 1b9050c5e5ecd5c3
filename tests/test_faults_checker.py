"""The checker of the trials finds everything that the promise rules out: a trial can only be as good as it is."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.checker import check
from tests.faults.dumps import Dump, Entry
from tests.faults.records import Fact, Kind, Record, read_record

ALI, SARA = 1, 2


def entry(id: int, name: str, text: str) -> Entry:
    """Said in a room."""
    return Entry(id, "said", name, text, ALI if name == "ali" else SARA, "")


LOBBY = (entry(1, "ali", "a1"), entry(2, "sara", "s1"), entry(3, "ali", "a2"), entry(4, "ali", "a3"))
SENT = Entry(1, "sent", "ali", "a4", ALI, "sara")
TOLD = Entry(1, "told", "ali", "a4", ALI, "sara")
DUMP = Dump("E", {"#lobby": LOBBY, "@1": (SENT,), "@2": (TOLD,)})


def said(cid: str, room: str = "#lobby", to: str = "") -> Fact:
    """A message whose text is its cid."""
    return Fact(Kind.SENT, 0.0, room=room, cid=cid, text=cid, to=to)


def acked(cid: str, id: int, room: str = "#lobby") -> Fact:
    """Its acknowledgement."""
    return Fact(Kind.ACKED, 0.0, room=room, id=id, cid=cid)


def heard(id: int, by: str, text: str, room: str = "#lobby") -> Fact:
    """Somebody else's message."""
    return Fact(Kind.HEARD, 0.0, room=room, id=id, by=by, text=text)


def place(kind: Kind, id: int, epoch: str = "E", room: str = "#lobby") -> Fact:
    """Where the reading begins, or goes on."""
    return Fact(kind, 0.0, room=room, id=id, epoch=epoch)


BEGIN = (place(Kind.ENTERED, 0), place(Kind.ENTERED, 0, room="@"))
ALIS = (
    *BEGIN,
    said("a1"),
    said("a2"),
    acked("a1", 1),
    heard(2, "sara", "s1"),
    Fact(Kind.CUT, 0.0),
    place(Kind.RESUMED, 2),
    place(Kind.RESUMED, 0, room="@"),
    heard(3, "ali", "a2"),
    acked("a2", 3),
    said("a3"),
    acked("a3", 4),
    said("a4", "@", "sara"),
    acked("a4", 1, "@"),
)
SARAS = (
    *BEGIN,
    said("s1"),
    heard(1, "ali", "a1"),
    acked("s1", 2),
    heard(3, "ali", "a2"),
    heard(4, "ali", "a3"),
    heard(1, "ali", "a4", "@"),
)


def record(name: str, facts: Iterable[Fact]) -> Record:
    """These facts as somebody's record."""
    made = Record(name)
    made.facts.extend(facts)
    return made


def found(ali: Iterable[Fact] = ALIS, sara: Iterable[Fact] = SARAS, dump: Dump = DUMP) -> str:
    """Everything the checker says about a conversation."""
    return "\n".join(check([record("ali", ali), record("sara", sara)], [dump]))


def lobby(*entries: Entry) -> Dump:
    """The dump with another lobby."""
    return replace(DUMP, logs={**DUMP.logs, "#lobby": entries})


def without(facts: tuple[Fact, ...], fact: Fact) -> tuple[Fact, ...]:
    """All but the last one like this."""
    at = len(facts) - 1 - facts[::-1].index(fact)
    return facts[:at] + facts[at + 1 :]


def test_a_conversation_as_promised_is_not_complained_of() -> None:
    """With a cut, a repeat and a private message in it."""
    assert found() == ""


def test_a_lost_message_is_found() -> None:
    """It was acknowledged, and the end of the log is gone."""
    assert "P1: a3 was acknowledged as 4 of #lobby, and there is nothing." in found(dump=lobby(*LOBBY[:3]))


def test_a_message_lost_in_the_middle_is_found() -> None:
    """Even if nobody was told of it."""
    assert "P3: in #lobby, message 1 is followed by message 3." in found(dump=lobby(LOBBY[0], *LOBBY[2:]))


def test_a_message_that_gave_its_id_to_another_is_found() -> None:
    """The log is dense, and not what was acknowledged."""
    other = (LOBBY[0], LOBBY[1], replace(LOBBY[3], id=3), replace(LOBBY[2], id=4))
    assert "P1: a2 was acknowledged as 3 of #lobby, and there is 'a3'." in found(dump=lobby(*other))


def test_a_doubled_message_is_found() -> None:
    """A repeat that was stored again."""
    assert "P2: messages 4 and 5 of #lobby are the same, 'a3'." in found(dump=lobby(*LOBBY, replace(LOBBY[3], id=5)))


def test_a_repeat_that_is_acknowledged_under_another_id_is_found() -> None:
    """One message, one id."""
    assert "P2: a1 was acknowledged as 1 and as 2 of #lobby." in found((*ALIS, acked("a1", 2)))


def test_a_private_message_that_the_receiver_has_twice_is_found() -> None:
    """The receiver's copy is not covered by what keeps the sender's apart."""
    twice = {"@2": (TOLD, replace(TOLD, id=2))}
    assert "P2: messages 1 and 2 of @2 are the same" in found(dump=replace(DUMP, logs={**DUMP.logs, **twice}))


def test_messages_in_another_order_are_found() -> None:
    """As retries without the rule about them bring it about."""
    swapped = lobby(LOBBY[0], LOBBY[1], replace(LOBBY[3], id=3), replace(LOBBY[2], id=4))
    assert "P4: message 4 of #lobby, 'a2', was said before the one by ali before it." in found(dump=swapped)


@pytest.mark.parametrize(
    "invented",
    [entry(5, "ali", "never said"), entry(5, "sara", "a3"), replace(SENT, id=5), replace(LOBBY[0], id=5, to="sara")],
    ids=["text", "author", "private message in public", "receiver"],
)
def test_an_invented_message_is_found(invented: Entry) -> None:
    """Nobody said it, or not like that."""
    assert "P5: message 5 of #lobby" in found(dump=lobby(*LOBBY, invented))


def test_a_message_that_is_not_delivered_is_found() -> None:
    """The next one shows that there was one before."""
    assert "P3: 4 of #lobby was heard when 2 was the last one." in found(sara=without(SARAS, heard(3, "ali", "a2")))


def test_a_last_message_that_is_not_delivered_is_found() -> None:
    """Nothing comes after it that could show it."""
    missed = without(SARAS, heard(4, "ali", "a3"))
    assert "P3: sara has heard #lobby up to 3, and it goes up to 4." in found(sara=missed)


def test_a_private_message_that_is_not_delivered_is_found() -> None:
    """The box is a log like any other."""
    missed = without(SARAS, heard(1, "ali", "a4", "@"))
    assert "P3: sara has heard @ up to 0, and it goes up to 1." in found(sara=missed)


def test_a_message_that_is_delivered_twice_is_found() -> None:
    """As when what is read after a cut overlaps with what is said meanwhile."""
    assert "P3: 4 of #lobby was heard when 4 was the last one." in found(sara=(*SARAS, heard(4, "ali", "a3")))


def test_a_message_that_is_delivered_as_another_is_found() -> None:
    """Its id is right, and nothing else."""
    wrong = (*without(SARAS, heard(1, "ali", "a4", "@")), heard(1, "ali", "a3", "@"))
    assert "P3: 'a3' by ali was heard as 1 of @, and there is 'a4' by ali." in found(sara=wrong)


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


def test_a_message_whose_sender_never_hears_what_became_of_it_is_found() -> None:
    """Once the faults are over everybody is answered."""
    assert "P6: ali does not know what became of a5." in found((*ALIS, said("a5")))


def test_what_was_refused_is_answered() -> None:
    """No is an answer."""
    assert found((*ALIS, said("a5"), Fact(Kind.REFUSED, 0.0, cid="a5", text="no_such_user"))) == ""


def test_what_was_acknowledged_is_not_refused_later() -> None:
    """Its sender would say it again in other words."""
    refused = Fact(Kind.REFUSED, 0.0, cid="a3", text="no_such_user")
    assert "P1: a3 was acknowledged, and later refused (no_such_user)." in found((*ALIS, refused))


def test_who_was_forgotten_by_the_server_is_not_held_to_the_end() -> None:
    """A stranger's record ends; what it was told before must still be true."""
    assert found(sara=(*SARAS[:4], Fact(Kind.STRANGER, 0.0))) == ""


def test_many_violations_are_counted_not_listed() -> None:
    """A report that nobody can read helps nobody."""
    invented = lobby(*(entry(id, "ali", f"invented {id}") for id in range(1, 101)))
    assert found(dump=invented).endswith("more violations.")


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

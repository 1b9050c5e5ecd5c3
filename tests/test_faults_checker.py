"""The checker of the trials finds everything that must not be in a log: a trial can only be as good as it is."""

from dataclasses import replace

import pytest

from tests.faults.checker import check
from tests.faults.dumps import Dump, Entry
from tests.faults.example import (
    ALIS,
    DUMP,
    LOBBY,
    SARA,
    SARAS,
    SENT,
    TOLD,
    acked,
    entry,
    found,
    heard,
    lobby,
    place,
    record,
    refused,
    said,
)
from tests.faults.records import Fact, Kind


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


def test_a_message_whose_sender_never_hears_what_became_of_it_is_found() -> None:
    """Once the faults are over everybody is answered."""
    assert "P6: ali does not know what became of a5." in found((*ALIS, said("a5")))


def test_what_was_refused_is_answered() -> None:
    """No is an answer."""
    assert found((*ALIS, said("a5"), refused("a5"))) == ""


def test_what_was_acknowledged_is_not_refused_later() -> None:
    """Its sender would say it again in other words."""
    assert "P1: a3 was acknowledged, and later refused (no_such_user)." in found((*ALIS, refused("a3")))


def test_what_was_refused_for_good_and_is_kept_is_found() -> None:
    """Its sender says it again in other words, and everybody has it twice."""
    no = tuple(refused("a3") if fact == acked("a3", 4) else fact for fact in ALIS)
    told = (*no, heard(4, "ali", "a3"))  # else it would be found by what ali has not heard
    assert found(told) == "P6: a3 was refused for good (no_such_user), and is in the log. (ali, at 0.000)"


def test_what_was_refused_in_one_history_may_be_kept_in_another() -> None:
    """It was stored after the backup was made, and not acknowledged; in the backup's history it is sent again in vain."""
    before = replace(DUMP, logs={**DUMP.logs, "#lobby": (*LOBBY, entry(5, "ali", "a5"))})
    back = (place(Kind.RESET, 4, "F"), place(Kind.RESET, 1, "F", "@"))
    records = [
        record("ali", (*ALIS, said("a5"), *back, refused("a5"))),
        record("sara", (*SARAS, heard(5, "ali", "a5"), *back)),
    ]
    assert check(records, [before, replace(DUMP, epoch="F")]) == []


def in_dev(*lobby: Entry) -> Dump:
    """The dump with ali's last message in another room, and this in the lobby."""
    return replace(DUMP, logs={**DUMP.logs, "#lobby": lobby, "#dev": (entry(1, "ali", "a3"),)})


MOVED = "P5: message 1 of #dev, 'a3' by ali, was never said like that."
INTO_DEV = place(Kind.ENTERED, 0, room="#dev")
IN_DEV = heard(1, "ali", "a3", "#dev")


def test_a_message_that_is_kept_in_another_room_is_found() -> None:
    """Even if it is acknowledged and heard there."""
    ali = tuple(acked("a3", 1, "#dev") if fact == acked("a3", 4) else fact for fact in ALIS)
    sara = tuple(IN_DEV if fact == heard(4, "ali", "a3") else fact for fact in SARAS)
    told = found((INTO_DEV, *ali), (INTO_DEV, *sara), in_dev(*LOBBY[:3]))
    assert told.splitlines() == [
        MOVED,
        "P1: a3 was said in #lobby, and acknowledged as 1 of #dev. (ali, at 0.000)",
    ]


def test_a_message_that_is_kept_in_two_rooms_is_found() -> None:
    """Where it was said, and where it was not."""
    assert found((INTO_DEV, *ALIS, IN_DEV), (INTO_DEV, *SARAS, IN_DEV), in_dev(*LOBBY)) == MOVED


@pytest.mark.parametrize(
    ("left", "lacks"),
    [
        ("@1", "message 1 of @1, 'a4', is not in the box of sara"),
        ("@2", "message 1 of @2, 'a4', is not in the box of ali"),
    ],
)
def test_a_private_message_that_is_in_one_box_only_is_found(left: str, lacks: str) -> None:
    """Either by whom it is for, who then never gets it, or by who wrote it."""
    half = replace(DUMP, logs={"#lobby": LOBBY, left: DUMP.logs[left]})
    ali = ALIS if left == "@1" else (*ALIS[:-2], said("a4", "@", "sara"), refused("a4"))
    sara = SARAS if left == "@2" else SARAS[:-1]
    assert f"P2: {lacks}." in found(ali, sara, half)


def test_a_private_message_in_the_box_of_somebody_else_is_found() -> None:
    """Who was not meant would read it, and hears nothing but what is in the log."""
    bobs = Entry(1, "told", "sara", "s2", SARA, "bob")
    boxes = {
        "@1": (SENT, replace(TOLD, id=2)),
        "@2": (TOLD, Entry(2, "sent", "sara", "s2", SARA, "bob")),
        "@3": (bobs, replace(TOLD, id=2)),
    }
    told = found(dump=replace(DUMP, logs={**DUMP.logs, **boxes}))
    assert "P5: message 2 of @1, 'a4', belongs to sara, and this is the box of ali." in told
    assert "P5: message 2 of @3, 'a4', belongs to sara, and this is the box of bob." in told


def test_who_comes_back_and_is_not_known_is_found() -> None:
    """What a session is for."""
    told = found(sara=(*SARAS, Fact(Kind.STRANGER, 0.0)))
    assert told == "P6: sara came back with a session, and the server did not know it any more."


@pytest.mark.parametrize(("text", "violations"), [("a1", 0), ("a2", 1)], ids=["true", "false"])
def test_who_was_forgotten_for_a_reason_is_not_held_to_the_end(text: str, violations: int) -> None:
    """A stranger's record ends; what it was told before must still be true."""
    stranger = record("sara", (*SARAS[:3], heard(1, "ali", text), Fact(Kind.STRANGER, 0.0)))
    assert len(check([record("ali", ALIS), stranger], [DUMP], forgetful=True)) == violations


def test_many_violations_are_counted_not_listed() -> None:
    """A report that nobody can read helps nobody."""
    invented = lobby(*(entry(id, "ali", f"invented {id}") for id in range(1, 101)))
    assert found(dump=invented).endswith("more violations.")

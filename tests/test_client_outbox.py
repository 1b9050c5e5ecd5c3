"""What has been said and not acknowledged: its order, its ids, its window and its waits."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from clients.outbox import LIMIT, WINDOW, Outbox, Pending


def fill(outbox: Outbox, number: int) -> list[Pending]:
    """So many messages."""
    return [outbox.add("#lobby", "", f"message {n}", acted=False, now=0.0) for n in range(number)]


def cids(messages: list[Pending]) -> list[str]:
    """Their ids."""
    return [message.cid for message in messages]


def test_ids_are_those_of_no_other_run() -> None:
    """1 to 64 characters, different in one run by counting and between runs by chance."""
    first, other = fill(Outbox(Random(1)), 3), fill(Outbox(Random(2)), 3)
    assert len({*cids(first), *cids(other)}) == 6
    assert all(1 <= len(cid) <= 64 for cid in cids(first))


def test_no_more_than_a_window_is_on_the_wire() -> None:
    """32 are sent; each ack makes room for the next one, in order, and none is sent twice."""
    outbox = Outbox(Random(1))
    added = cids(fill(outbox, WINDOW + 3))
    assert cids(outbox.due(0.0)) == added[:WINDOW]
    assert outbox.due(0.0) == []
    outbox.acked(added[0])
    outbox.acked(added[5])
    assert cids(outbox.due(0.0)) == added[WINDOW : WINDOW + 2]


def test_after_a_cut_everything_is_sent_again_in_its_old_order_with_its_old_ids() -> None:
    """And only what was sent before counts as repeated."""
    outbox = Outbox(Random(1))
    first = cids(fill(outbox, 2))
    outbox.due(0.0)
    outbox.disconnected()
    later = cids(fill(outbox, 1))
    assert cids(outbox.due(1.0)) == first + later
    assert [outbox.is_repeated(cid) for cid in first + later] == [True, True, False]


def test_what_was_said_in_one_room_can_be_sent_again_alone() -> None:
    """Its acks are lost; those of another room, and of what was not sent yet, are not."""
    outbox = Outbox(Random(1))
    first = cids(fill(outbox, 2))
    other = outbox.add("#tea", "", "elsewhere", acted=False, now=0.0).cid
    outbox.due(0.0)
    later = cids(fill(outbox, 1))
    outbox.send_again("#lobby")
    assert cids(outbox.due(1.0)) == first + later
    assert [outbox.is_repeated(cid) for cid in (*first, other, *later)] == [True, True, False, False]


def test_a_retry_sends_everything_again_from_the_oldest() -> None:
    """After the seconds the server asked for, or 1, 2, 4 ... 30 s; the refusals of those behind make nothing longer."""
    outbox = Outbox(Random(1))
    added = cids(fill(outbox, 3))
    outbox.due(0.0)
    outbox.retry(added[1], 0.0, 5.0)
    outbox.retry(added[2], 0.5, 50.0)
    assert outbox.deadline == 5.0
    assert outbox.due(4.9) == []
    assert cids(outbox.due(5.0)) == added
    assert outbox.deadline is None
    now = 5.0
    for ceiling in (1, 2, 4, 8, 16, 30, 30):
        outbox.retry(added[1], now, None)
        assert outbox.deadline is not None
        assert ceiling / 2 <= outbox.deadline - now <= ceiling
        now = outbox.deadline
        outbox.due(now)
    outbox.acked(added[0])
    outbox.retry(added[1], now, None)
    assert outbox.deadline is not None
    assert outbox.deadline - now <= 1


def test_a_retry_of_what_is_done_with_is_none() -> None:
    """A late refusal of a message that was acknowledged meanwhile holds nobody up."""
    outbox = Outbox(Random(1))
    (cid,) = cids(fill(outbox, 1))
    outbox.due(0.0)
    outbox.acked(cid)
    outbox.retry(cid, 0.0, None)
    fill(outbox, 1)
    assert len(outbox.due(0.0)) == 1


def test_a_new_person_never_sends_what_the_old_one_may_have_said() -> None:
    """Those that were on the wire are taken out, those that never were stay."""
    outbox = Outbox(Random(1))
    sent = cids(fill(outbox, 2))
    outbox.due(0.0)
    kept = cids(fill(outbox, 1))
    outbox.disconnected()
    assert cids(outbox.take_sent()) == sent
    assert cids(outbox.due(0.0)) == kept


def test_there_is_an_end_to_what_may_wait() -> None:
    """A thousand, and room again when one is gone."""
    outbox = Outbox(Random(1))
    added = fill(outbox, LIMIT)
    assert outbox.full
    outbox.take(added[0].cid)
    assert not outbox.full


@given(st.lists(st.sampled_from(["add", "send", "ack", "error", "retry", "cut", "wait"]), max_size=60), st.randoms())
def test_whatever_happens_the_oldest_come_first(actions: list[str], chance: Random) -> None:
    """What is sent is always the beginning of what is left, in the order in which it was typed."""
    outbox = Outbox(Random(1))
    now = 0.0
    for action in actions:
        pending = outbox.pending
        some = chance.choice(pending).cid if pending else ""
        match action:
            case "add":
                fill(outbox, chance.randint(1, 20))
            case "send":
                left = list(cids(list(outbox.pending)))
                sent = cids(outbox.due(now))
                assert sent == [cid for cid in left[:WINDOW] if cid in sent]
            case "ack":
                outbox.acked(some)
            case "error":
                outbox.take(some)
            case "retry":
                outbox.retry(some, now, None)
            case "cut":
                outbox.disconnected()
            case "wait":
                now += 40.0
        numbers = [int(message.cid.rpartition("-")[2]) for message in outbox.pending]
        assert numbers == sorted(numbers)

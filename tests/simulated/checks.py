"""What must hold once everything has come to rest: the promise, in seven parts (P1 to P7), and that nothing is left.

P1: what was acknowledged is on the disk. P2: it is there once, however often it was sent. P3: ids are dense, and everybody
was shown them without gap or repeat. P4: what one session said in one room is there in that order. P5: nothing is there
that nobody has said. P6: everything is acknowledged, or definitely refused. P7: another history is announced before any id
of it. (P3, P7 and the first half of P1 are checked when something is told: :mod:`tests.simulated.record`.)
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from chatd.events import Kind
from tests.simulated.disk import at_once
from tests.simulated.ledger import Place, token
from tests.simulated.member import Member
from tests.simulated.outsiders import Outsider
from tests.simulated.server import Run
from tests.simulated.surroundings import Spoken, Surroundings
from tests.simulated.violation import Violation, require

EVERYTHING = 1 << 30


def check_disk(around: Surroundings) -> None:
    """P1, P3: what the disk has is what was ever put there, but for what was pruned."""
    ledger, kept = around.disk.ledger, around.disk.kept
    for log, messages in ledger.histories[ledger.epoch].items():
        page = at_once(kept.read(log, 0, len(messages) + 1, EVERYTHING))
        there = [(entry.id, entry.message) for entry in page.entries]
        first = ledger.first_of(ledger.epoch, log)
        wanted = [(id, message) for id, message in enumerate(messages, 1) if id >= first]
        if there != wanted:
            raise Violation(f"{log} has {there}, not {wanted}")


def check_words(around: Surroundings) -> None:
    """P2, P5: what is kept was said by somebody, there, and is kept once."""
    ledger = around.disk.ledger
    for word, places in ledger.places.items():
        spoken = around.spoken.get(word)
        if spoken is None:
            require(False, f"nobody has said {word}")
            return
        for epoch in {place.epoch for place in places}:
            _check_once(spoken, [place for place in places if place.epoch == epoch])
        for place in places:
            _check_author(spoken, place)


def _check_once(spoken: Spoken, places: Sequence[Place]) -> None:
    kinds = Counter(place.message.kind for place in places)
    require(max(kinds.values(), default=0) <= 1, f"{spoken.text[:40]} is kept more than once")
    if spoken.place.startswith("@"):
        require(set(kinds) == {Kind.SENT, Kind.TOLD}, f"{spoken.text[:40]} is not in both boxes")
    else:
        require(len(kinds) <= 1, f"{spoken.text[:40]} is kept as {kinds}")


def _check_author(spoken: Spoken, place: Place) -> None:
    message = place.message
    require(message.text == spoken.text, f"{spoken.text[:40]} is kept as {message.text[:40]}")
    require(
        message.name.startswith(spoken.author), f"{spoken.text[:40]} of {spoken.author} is kept as {message.name}'s"
    )
    right = place.log.startswith("@") if spoken.place.startswith("@") else spoken.place in ("", place.log)
    require(right, f"{spoken.text[:40]} was said in {spoken.place}, and is kept in {place.log}")


def check_member(around: Surroundings, member: Member) -> None:
    """P1, P4, P6: what became of everything that somebody said with one of our clients."""
    ledger = around.disk.ledger
    acked = {text: place for record in member.records for text, place in record.acked.items()}
    refused = {text: epoch for record in member.records for text, epoch in record.refused.items()}
    unknown = {*member.given_up, *(text for record in member.records for text in record.unknown)}
    for said in member.said:
        for text in said:
            fates = (text in acked) + (text in refused) + (text in unknown)
            require(fates == 1, f"{member.name} was told {fates} times what became of {text[:40]}")
        _check_order(around, member.name, said)
    for text, place in acked.items():
        message = ledger.at(place.epoch, place.log, place.id)
        require(message is not None and message.text == text, f"{text[:40]} was acknowledged, and is lost")
    for text, epoch in refused.items():
        kept = [place for place in ledger.of(text) if place.epoch == epoch]
        require(not kept, f"{member.name} was told that {text[:40]} was refused, and it is kept")


def check_outsider(around: Surroundings, outsider: Outsider) -> None:
    """The same, for somebody who cannot send anything twice: each is kept, or was refused, or the line was cut."""
    ledger = around.disk.ledger
    for visit in outsider.visits:
        kept = [text for text in visit.said if any(place.epoch == visit.epoch for place in ledger.of(text))]
        given_back = {token(text) for text in visit.refused}
        for text in kept:
            require(token(text) not in given_back, f"{outsider.name} was given {text[:40]} back, and it is kept")
        nowhere = outsider.nowhere(visit)
        require(not nowhere or visit.ended, f"{nowhere} of {outsider.name}'s words are nowhere")
        _check_order(around, outsider.name, visit.said)


def _check_order(around: Surroundings, who: str, said: Sequence[str]) -> None:
    order = {token(text): place for place, text in enumerate(said)}
    places: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for word, at in order.items():
        for place in around.disk.ledger.places.get(word, ()):
            # Of one that was refused its sender may not hear; it is sent again then, and the reason may be over.
            if not place.copied and place.message.cid not in around.refused:
                places[place.epoch, place.log].append((place.id, at))
    for (_, log), each in places.items():
        sent = [at for _, at in sorted(each)]
        require(sent == sorted(sent), f"{who} said {sorted(sent)}, and {log} has {sent}")


def check_nothing_is_left(run: Run) -> None:
    """Everybody is gone: so is all that was kept in memory for them."""
    chat = run.chat
    require(not run.site.conversations, f"connections that nobody has: {len(run.site.conversations)}")
    require(not chat._tails.used, f"{chat._tails.used} bytes of tails are never given back")
    require(not len(chat.boxes), "boxes never closed")
    require(not chat.sessions._open, "sessions never ended")
    require(not chat.roll_call._listeners, "the roll is called for nobody")
    require(not len(chat.roster), "people who never go")
    require(list(chat._rooms) in ([], ["#lobby"]), f"rooms never closed: {list(chat._rooms)}")


def check_everybody(around: Surroundings, members: Iterable[Member], outsiders: Iterable[Outsider]) -> None:
    """Everything but what is checked at the very end."""
    check_disk(around)
    check_words(around)
    for member in members:
        check_member(around, member)
    for outsider in outsiders:
        check_outsider(around, outsider)

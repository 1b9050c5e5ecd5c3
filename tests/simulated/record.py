"""What one user of our clients was told, held against the ledger at the moment of telling: P1, P3 and P7.

Knows the events of :mod:`clients.events`. Must not know bytes, connections or the server.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chatd.events import Kind, Message
from chatd.requests import BOX
from clients import events
from clients.events import Event
from clients.session import RECENT
from tests.simulated.disk import Disk
from tests.simulated.ledger import Place
from tests.simulated.violation import require

_BROKEN: Final = ("The server sent", "In the server's", "The server's")
"""How sentences begin about a line that means nothing (:mod:`clients.codec`, :mod:`clients.fields`)."""


@dataclass(slots=True)
class Reading:
    """One log, as far as its reader was shown it."""

    epoch: str
    """Which history the reader knows to read."""
    last: int | None = None
    """The last message that was shown, or that was told to be kept no more."""


class Record:
    """All that one user was told."""

    def __init__(self, who: str, disk: Disk, epoch_of: Callable[[str], str], greeting: int) -> None:
        self.acked: dict[str, Place] = {}
        """By text."""
        self.refused: dict[str, str] = {}
        """What was definitely not said, and the history in which it was not."""
        self.unknown: set[str] = set()
        """What may have been said, or not."""
        self.readings: dict[str, Reading] = {}
        self.box_log = ""
        self._who = who
        self._disk = disk
        self._ledger = disk.ledger
        self._counts = disk.counts
        self._epoch_of = epoch_of
        self._recent = min(greeting, RECENT)
        self._account = False
        self._left: dict[str, Reading] = {}  # rooms that may be entered again: nothing of them is shown twice

    def told(self, event: Event) -> None:
        """Something was told."""
        match event:
            case events.Welcomed(again=again):
                self._welcomed(again, event.account)
            case events.Entered(room=room):
                self.readings.setdefault(room, Reading(self._epoch_of(room)))
            case events.Departed(room=room):
                self._departed(room)
            case events.HistoryReset(room):
                self._counts["resets_told"] += 1
                self.readings[room] = Reading(self._epoch_of(room))
            case events.Gap(room, first):
                self._gap(room, first)
            case events.Said():
                self._said(event)
            case events.History(messages=messages) | events.Found(messages=messages):
                for said in messages:
                    self._recalled(said)
            case events.Acked():
                self._acked(event)
            case events.NotSent():
                self._not_sent(event)
            case events.StateChanged(why=why):
                require(not why.startswith(_BROKEN), f"{self._who} calls the server broken: {why}")

    def _welcomed(self, again: bool, account: bool) -> None:
        if again and BOX in self.readings:
            return
        known = again or not self.readings or self._disk.forgetful or account != self._account
        require(known, f"{self._who} is taken for somebody new")
        if not (account and self._account):
            self.box_log = ""
        self._account = account
        self.readings[BOX] = Reading(self._epoch_of(BOX))

    def _departed(self, room: str) -> None:
        reading = self.readings.pop(room, None)
        if reading is not None and reading.last is not None:
            self._left[room] = reading

    def _gap(self, room: str, first: int) -> None:
        reading = self._reading(room)
        log = self._log(room)
        if log:  # whose box it is shows in the first letter
            kept = self._ledger.first_of(reading.epoch, log)
            require(kept >= first, f"{self._who} is told that {room} begins with {first}, but it does with {kept}")
        require(
            reading.last is None or reading.last < first - 1, f"{self._who} is told of a gap in {room} that is none"
        )
        self._counts["gaps_told"] += 1
        reading.last = first - 1

    def _said(self, said: events.Said) -> None:
        where = f"{said.room}/{said.id}"
        require(said.room in self.readings, f"{self._who} is shown {where} without being there")
        reading = self._reading(said.room)
        message = self._message(reading.epoch, said)
        require(message is not None, f"{self._who} is shown {where}, {said.text[:40]}, which {reading.epoch} has not")
        require(message is not None and message.text == said.text, f"{self._who} is shown {where} as {said.text[:40]}")
        require(said.own or message is None or message.name == said.name, f"{where} is said to be by {said.name}")
        if reading.last is None:
            self._first(reading, said)
        else:
            require(said.id == reading.last + 1, f"{self._who} is shown {where} behind {reading.last}")
        reading.last = said.id
        self._counts["shown"] += 1

    def _first(self, reading: Reading, said: events.Said) -> None:
        """The first of a stay; the last ones of a room that was entered are shown."""
        if said.room == BOX:
            return
        epoch, room = reading.epoch, said.room
        before = self._left.get(room, Reading(epoch, 0))
        seen = before.last or 0 if before.epoch == epoch else 0
        require(said.id > seen, f"{self._who} is shown {room}/{said.id} again")
        latest = max(seen + 1, self._ledger.first_of(epoch, room), self._ledger.last_of(epoch, room) - self._recent + 1)
        require(said.id <= latest, f"{self._who} is shown {room} from {said.id} on, not from {latest}")

    def _message(self, epoch: str, said: events.Said) -> Message | None:
        if said.room != BOX:
            return self._ledger.at(epoch, said.room, said.id)
        for place in self._ledger.of(said.text):
            # Of one's own earlier name a client that was started anew knows nothing.
            kind = Kind.SENT if place.message.name.startswith(self._who) else Kind.TOLD
            if place.epoch == epoch and place.id == said.id and place.message.kind is kind:
                require(self.box_log in ("", place.log), f"{self._who} is shown the box of somebody else")
                self.box_log = place.log
                return place.message
        return None

    def _recalled(self, said: events.Said) -> None:
        there = any(place.id == said.id and place.log[0] == said.room[0] for place in self._ledger.of(said.text))
        require(there, f"{self._who} reads {said.room}/{said.id} back as {said.text[:40]}")

    def _acked(self, acked: events.Acked) -> None:
        pending = acked.pending
        require(pending.text not in self.acked, f"{self._who} is told twice that {pending.text[:40]} is stored")
        for place in reversed(self._ledger.of(pending.text)):
            same_log = place.log[0] == "@" if acked.room == BOX else place.log == acked.room
            if same_log and not place.copied and place.id == acked.id and place.message.cid == pending.cid:
                self.acked[pending.text] = place
                self._counts["acked"] += 1
                return
        require(
            False, f"{self._who} is told that {pending.text[:40]} is {acked.room}/{acked.id}, which is not on the disk"
        )

    def _not_sent(self, event: events.NotSent) -> None:
        text = event.pending.text
        require(text not in self.acked, f"{self._who} is told that {text[:40]} is stored, and then that it is not")
        if "not known" in event.sentence:
            self.unknown.add(text)
            self._counts["unknown"] += 1
        else:
            self.refused[text] = self._ledger.epoch
            self._counts["refused"] += 1

    def _reading(self, room: str) -> Reading:
        reading = self.readings[room]
        if not reading.last:  # nothing was shown, so another history need not be announced
            reading.epoch = self._epoch_of(room) or reading.epoch  # it may be left already: that will be told next
        return reading

    def _log(self, room: str) -> str:
        return self.box_log if room == BOX else room

"""One connection of a program, held against docs/protocol.rst line by line: our clients forgive what this does not.

Knows version 1 of the protocol and the ledger. Must not know the server or the client.
"""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from clients.codec import LineBuffer
from tests.simulated.ledger import Ledger
from tests.simulated.violation import require


class Witness:
    """Reads along what one connection is sent."""

    def __init__(self, who: str, ledger: Ledger, counts: Counter[str]) -> None:
        self._who = who
        self._ledger = ledger
        self._counts = counts
        self._buffer = LineBuffer()
        self._epoch = ""
        self._last: dict[str, int | None] = {}
        """The last message of each log that is read; ``None``: none yet, the first may be an older one."""
        self._end: dict[str, int] = {}
        """Where the log ended when it was entered."""
        self._acked: dict[str, tuple[str, int]] = {}

    def heard(self, data: bytes) -> None:
        """These bytes came."""
        for line in self._buffer.feed(data):
            if line.startswith(b"{"):
                told = json.loads(line)
                hear: Callable[[dict[str, Any]], None] | None = getattr(self, f"_hear_{told['type']}", None)
                if hear is not None:
                    hear(told)

    def _hear_register(self, told: dict[str, Any]) -> None:
        if told["ok"]:
            self._epoch = told["epoch"]
            self._last["@"] = None
            self._end["@"] = told["box"]

    def _hear_entered(self, told: dict[str, Any]) -> None:
        if told["fresh"]:
            self._same_epoch(told)
            self._last[told["room"]] = None
            self._end[told["room"]] = told["last"]

    def _hear_resumed(self, told: dict[str, Any]) -> None:
        self._same_epoch(told)
        self._counts["resumed"] += 1
        self._last[told["room"]] = told["after"]

    def _hear_reset(self, told: dict[str, Any]) -> None:
        self._same_epoch(told)
        self._counts["resets"] += 1
        self._last[told["room"]] = told["after"]

    def _hear_gap(self, told: dict[str, Any]) -> None:
        self._counts["gaps"] += 1
        self._last[told["room"]] = told["first"] - 1

    def _hear_users(self, told: dict[str, Any]) -> None:
        room = told.get("room")
        if room in self._last and self._last[room] is None:
            self._last[room] = self._end[room]

    def _hear_departed(self, told: dict[str, Any]) -> None:
        del self._last[told["room"]]

    def _hear_chat(self, told: dict[str, Any]) -> None:
        room, id = told["room"], told["id"]
        self._is_next(room, id)
        self._is_kept(room, id, told["text"])

    def _hear_pm(self, told: dict[str, Any]) -> None:
        self._is_next("@", told["id"])
        self._is_somewhere(told["text"], told["id"])

    def _hear_ack(self, told: dict[str, Any]) -> None:
        room, id, cid = told["room"], told["id"], told["cid"]
        place = self._acked.setdefault(cid, (room, id))
        require(place == (room, id), f"{self._who} is told that {cid} is {place}, and then {room}/{id}")
        last = self._last.get(room)
        if room in self._last and id > (self._end[room] if last is None else last):
            self._is_next(room, id)
        else:
            self._counts["repeats"] += 1

    def _hear_retry(self, _: dict[str, Any]) -> None:
        self._counts["retries"] += 1

    def _hear_bye(self, told: dict[str, Any]) -> None:
        self._counts[f"bye_{told['reason']}"] += 1

    def _same_epoch(self, told: dict[str, Any]) -> None:
        require(told["epoch"] == self._epoch, f"{self._who} is told of epoch {told['epoch']} within {self._epoch}")

    def _is_next(self, room: str, id: int) -> None:
        require(room in self._last, f"{self._who} is told of {room}/{id} without being there")
        last = self._last[room]
        right = id <= self._end[room] + 1 if last is None else id == last + 1
        require(right, f"{self._who} is told of {room}/{id} behind {last}")
        self._last[room] = id

    def _is_kept(self, room: str, id: int, text: str) -> None:
        message = self._ledger.at(self._epoch, room, id)
        require(message is not None, f"{self._who} is told of {room}/{id} before it is stored")
        require(message is not None and message.text == text, f"{self._who} is told that {room}/{id} is {text[:40]}")

    def _is_somewhere(self, text: str, id: int) -> None:
        there = any(place.id == id and place.log[0] == "@" for place in self._ledger.of(text))
        require(there, f"{self._who} is told that @/{id} is {text[:40]}, and no box has it there")

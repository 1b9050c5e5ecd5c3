"""People with nc, and the course project's program: what they send, and what they understand of what they are sent.

Knows their two languages. Must not know the server, or what happens when.
"""

import json
import re
from collections.abc import Callable
from typing import Final

from tests.simulated.outsiders import Outsider, Stay, Visit

_SAID: Final = re.compile(r"\[[^\]]*\]:? .*\bt\d+\b")
_ENTERED: Final = re.compile(r"\* (?:Hello|You are now).* in (#\w+)")
_LEFT: Final = re.compile(r"\* You left (#\w+)\.")
_BIDI: Final = re.compile("[\u2066-\u2069\u200e]")


class Terminal(Outsider):
    """Somebody with nc."""

    def say(self, to: str | None) -> None:
        """Say it, as a line."""
        text = self._around.speak(self.name, f"@{to}" if to is not None else "")
        self.visit.said.append(text)
        self._send(f"/pm {to} {text}" if to is not None else text)

    def errand(self) -> None:
        """Go somewhere else."""
        chance = self._around.chance
        self._names += 1
        room = chance.choice(("#lobby", "#tea", "#dev"))
        self._send(chance.choice((f"/join {room}", f"/leave {room}", f"/nick {self.name}n{self._names}", "/who")))

    def _introduce(self) -> None:
        self._send(self._next_name())

    def _line(self, line: bytes) -> None:
        text = _BIDI.sub("", line.decode())
        if text.startswith("! "):
            self._problem(text)
        elif entered := _ENTERED.match(text):
            self.visit.named = True
            self.visit.stays[entered[1]] = Stay(entered[1])
        elif left := _LEFT.match(text):
            self.visit.stays.pop(left[1], None)
        elif "no longer kept" in text:
            self._miss()
        elif _SAID.match(text):
            self._shown(text, own=text.startswith("[PM to "))

    def _problem(self, text: str) -> None:
        if not self.visit.named:
            self._around.time.callLater(1.0, self._try_another, self.visit)
        elif text.startswith("! Your line was: "):
            self.visit.refused.add(text.removeprefix("! Your line was: ").removeprefix("/pm "))
            self.visit.unsaid -= 1  # the sentence before this one was about it
            self._around.counts["given_back"] += 1
        else:
            self.visit.unsaid += 1

    def _try_another(self, visit: Visit) -> None:
        if visit is self.visit and self.line is not None and not visit.named:
            self._introduce()


class Course(Outsider):
    """The program of the course project, which speaks version 0."""

    sees_own_letters = is_greeted = False

    def say(self, to: str | None) -> None:
        """Say it, as an object."""
        text = self._around.speak(self.name, f"@{to}" if to is not None else "#lobby")
        self.visit.said.append(text)
        self._send(json.dumps({"type": "pm", "to": to, "text": text} if to else {"type": "chat", "text": text}))

    def _introduce(self) -> None:
        self._send(json.dumps({"type": "register", "user_id": self._next_name()}))

    def _line(self, line: bytes) -> None:
        if not line.startswith(b"{"):
            return  # it was silent for so long that it was taken for a person
        told = json.loads(line)
        hear: Callable[[], None] | None = {
            "register": lambda: self._registered(bool(told["ok"])),
            "system": lambda: self._miss() if "no longer kept" in told["text"] else None,
            "chat": lambda: self._shown(told["text"], own=False),
            "pm": lambda: self._shown(told["text"], own=False),
            "error": self._refused,
            "pm_ack": lambda: None if told["delivered"] else self._refused(),
        }.get(told["type"])
        if hear is not None:
            hear()

    def _registered(self, ok: bool) -> None:
        if ok:
            self.visit.named = True
            self.visit.stays["#lobby"] = Stay("#lobby")
        else:
            self._around.time.callLater(1.0, self._introduce)

    def _refused(self) -> None:
        self.visit.unsaid += 1

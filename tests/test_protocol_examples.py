"""The examples of the page on the protocol are what happens: each is played to a whole server in memory."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from tests.processes import ROOT
from tests.worlds import Visitor, World

STEP = re.compile(r"(?:(?P<who>\w+) )?(?P<way>[<>]) (?P<line>.*)")
STANDS_FOR_ANY = re.compile(r"\$[A-Z]")


@dataclass(frozen=True)
class Step:
    """One line of an example: who sends it, or gets it."""

    who: str
    sent: bool
    line: str


@dataclass(frozen=True)
class Example:
    """A conversation, and the section it stands in."""

    title: str
    steps: tuple[Step, ...]


def read_step(line: str) -> Step:
    """A line as it is written on the page."""
    found = STEP.fullmatch(line)
    assert found, f"this is neither sent nor received: {line}"
    return Step(found["who"] or "", found["way"] == ">", found["line"])


@cache
def examples() -> list[Example]:
    """All examples of the page."""
    path = ROOT / "docs" / "protocol.rst"
    document = publish_doctree(path.read_text("utf-8"), str(path))
    return [
        Example(block.parent[0].astext(), tuple(map(read_step, block.astext().split("\n"))))
        for block in document.findall(nodes.literal_block)
    ]


class Mismatch(AssertionError):
    """Something else came than the page says."""


@dataclass
class Values:
    """What ``$A`` and the like stand for in one example."""

    known: dict[str, str] = field(default_factory=dict)

    def match(self, expected: Any, found: Any) -> bool:
        """Whether these are the same JSON values; what stands for any string is bound by the first."""
        if isinstance(expected, str) and STANDS_FOR_ANY.fullmatch(expected):
            return isinstance(found, str) and self.known.setdefault(expected, found) == found
        if type(expected) is not type(found):  # true is not 1, and 1 is not 1.0
            return False
        if isinstance(expected, dict):
            same = expected.keys() == found.keys()
            return same and all(self.match(value, found[name]) for name, value in expected.items())
        if isinstance(expected, list):
            return len(expected) == len(found) and all(map(self.match, expected, found))
        return bool(expected == found)

    def put_into(self, line: str) -> str:
        """A line that is sent, with what is known by now."""
        for name, value in self.known.items():
            line = line.replace(json.dumps(name), json.dumps(value))
        return line


class Stage:
    """A whole server, and clients that connect when they are first heard of."""

    def __init__(self) -> None:
        self.values = Values()
        self._world = World()
        self._clients: dict[str, Visitor] = {}
        self._waiting: dict[str, list[str]] = {}

    def play(self, step: Step) -> None:
        """Send a line, or look at the next one that came."""
        if step.sent:
            self._client(step.who).sends(self.values.put_into(f"{step.line}\n").encode())
            return
        waiting = self._arrived(step.who)
        if not waiting:
            raise Mismatch(f"{step.who} was to get {step.line}, and got nothing")
        line = waiting.pop(0)
        if not self.values.match(json.loads(step.line), json.loads(line)):
            raise Mismatch(f"{step.who} was to get {step.line}, and got {line}")

    def end(self) -> None:
        """Nothing has come that the page does not tell of."""
        for who in self._clients:
            if waiting := self._arrived(who):
                raise Mismatch(f"{who} got more: {waiting}")

    def _client(self, who: str) -> Visitor:
        if who not in self._clients:
            self._clients[who] = self._world.connect()
        return self._clients[who]

    def _arrived(self, who: str) -> list[str]:
        """The lines that somebody has got and that were not looked at."""
        waiting = self._waiting.setdefault(who, [])
        waiting += self._client(who).sees().splitlines()
        return waiting


def play(steps: tuple[Step, ...]) -> None:
    """Let it happen."""
    stage = Stage()
    for step in steps:
        stage.play(step)
    stage.end()


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.title)
def test_an_example_is_what_happens(example: Example) -> None:
    """Every line that a client gets is on the page, in its order, and none besides."""
    play(example.steps)


def test_the_page_has_an_example_for_each_thing_one_does() -> None:
    """A block that is no example any more, by a slip of its indentation, would be missed by nobody else."""
    assert [example.title for example in examples()] == [
        "A first bot",
        "Registering",
        "Talking",
        "Rooms",
        "History and search",
        "Accounts",
        "Coming back",
        "Languages",
        "Errors",
        "Version 0",
    ]


def changed(steps: tuple[Step, ...], place: int, **fields: Any) -> tuple[Step, ...]:
    """The same example with other fields in one of its lines."""
    step = steps[place]
    line = json.dumps(json.loads(step.line) | fields)
    return (*steps[:place], Step(step.who, step.sent, line), *steps[place + 1 :])


def noticed(steps: tuple[Step, ...]) -> bool:
    """Whether something is wrong with this example."""
    try:
        play(steps)
    except Mismatch:
        return True
    return False


def test_an_example_that_is_not_true_is_noticed() -> None:
    """A wrong value, one more line, one less, and two values of the same name that differ."""
    steps = examples()[0].steps
    wrong: Mapping[str, tuple[Step, ...]] = {
        "another value": changed(steps, 1, ping=91),
        "another kind": changed(steps, 1, ok=1),
        "one field more": changed(steps, 1, more=1),
        "a line less": steps[:-1],
        "a line more": (*steps, steps[-1]),
        "two things of one name": changed(steps, 1, session="$E"),
    }
    assert {what for what, example in wrong.items() if noticed(example)} == wrong.keys()


@pytest.mark.parametrize("line", ["", '{"type": "ping"}', 'ali sara > {"type": "ping"}', "ali: salam"])
def test_a_line_that_nobody_sends_or_gets_is_noticed(line: str) -> None:
    """It would be skipped, and the example would prove less than it shows."""
    with pytest.raises(AssertionError, match="neither sent nor received"):
        read_step(line)


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        ("$S", "x", True),
        ("$S", 5, False),
        ("$E", "y", True),
        ("$E", "x", False),
        ({"a": ["$E", 1]}, {"a": ["y", 1]}, True),
        ({"a": ["$E", 1]}, {"a": ["y"]}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        (1, 1.0, False),
        (1, True, False),
        (None, None, True),
        ("$5 a day", "$5 a day", True),
        ("$5 a day", "x", False),
    ],
)
def test_values_are_compared_as_json_has_them(expected: Any, found: Any, same: bool) -> None:
    """With their kinds; ``$E`` stands for ``y`` here."""
    assert Values({"$E": "y"}).match(expected, found) is same

"""Half a word and the Tab key."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from chatd.wire.commands import COMMANDS
from clients.console.completer import ChatCompleter
from clients.presentation.completion import complete


@dataclass(frozen=True)
class Chat:
    """Who is there, and where."""

    people: tuple[str, ...] = ("sara", "ali", "علی", "samira")
    partners: tuple[str, ...] = ("samira", "sara", "ali", "علی")
    open_rooms: tuple[str, ...] = ("#lobby", "#dev", "#design")

    def names(self) -> tuple[str, ...]:
        """The last speaker first."""
        return self.people

    def correspondents(self) -> tuple[str, ...]:
        """The last one written to first."""
        return self.partners

    def rooms(self) -> tuple[str, ...]:
        """Known rooms."""
        return self.open_rooms


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("sa", ["sara: ", "samira: "]),
        ("ask sa", ["sara ", "samira "]),
        ("SA", ["sara: ", "samira: "]),
        ("عل", ["علی: "]),
        ("علي", ["علی: "]),  # the Arabic ya is the same letter
        ("hello @al", ["@ali "]),
        ("@al", ["@ali "]),
        ("/pm sa", ["samira ", "sara "]),
        ("/msg  sa", ["samira ", "sara "]),
        ("/pm sara are you with sa", ["sara ", "samira "]),
        ("/pm ", ["samira ", "sara ", "ali ", "علی "]),
        ("/ignore s", ["sara ", "samira "]),
        ("/join #de", ["#dev ", "#design "]),
        ("/leave ", ["#lobby ", "#dev ", "#design "]),
        ("see #l", ["#lobby "]),
        ("/hi", ["/history "]),
        ("/HI", ["/history "]),
        ("/msg", ["/msg "]),
        ("/help sea", ["search "]),
        ("/time d", ["date "]),
        ("/nosuch sa", ["sara ", "samira "]),
        ("zzz", []),
        ("/zzz", []),
    ],
)
def test_tab_knows_what_is_meant(typed: str, completed: list[str]) -> None:
    """Commands at the beginning, what a command wants behind it, names and rooms everywhere else."""
    assert complete(typed, Chat())[1] == completed


def test_every_command_can_be_completed() -> None:
    """The table of commands is the only list there is."""
    _, candidates = complete("/", Chat())
    assert candidates == [f"/{command.name} " for command in COMMANDS]


def test_the_word_before_the_cursor_is_replaced() -> None:
    """What stands behind the cursor stays, and so does what stands before the word."""
    document = Document("ask sa about it", cursor_position=6)
    found = list(ChatCompleter(Chat()).get_completions(document, CompleteEvent()))
    assert [(completion.text, completion.start_position) for completion in found] == [("sara ", -2), ("samira ", -2)]


def test_a_name_cannot_bring_controls_into_the_line() -> None:
    """A completed name is sent as it stands, and shown before that."""
    assert complete("e", Chat(people=("evil\x1b[31m",)))[1] == ["evil\ufffd[31m: "]


@given(st.text())
def test_no_line_is_too_strange(line: str) -> None:
    """Whatever stands before the cursor, Tab does its work or nothing."""
    word, candidates = complete(line, Chat())
    assert line.endswith(word)
    assert all(candidate.strip() for candidate in candidates)

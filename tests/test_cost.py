"""What a message costs the server, against a program that does not change: no change may make it cost much more unnoticed."""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from twisted.protocols.basic import LineReceiver

from chatd.protocols import text as text_protocol
from chatd.protocols.outlet import Outlet
from chatd.protocols.text import TextProtocol
from chatd.storage import rows
from tests.cost.__main__ import main
from tests.cost.paths import PATHS, NotDone, people
from tests.cost.ratios import AT_MOST, CEILINGS, REPETITIONS, measured

Slow = Callable[[pytest.MonkeyPatch], None]

_OTHERWISE = (
    "{path} costs {ratio:.2f} steps of the reference a {unit}, and at most {ceiling} are allowed. In it is: {why}."
)

pytestmark = pytest.mark.alone


def require_cheap(path: str, at_most: int = AT_MOST) -> None:
    """Fail with a sentence if the path costs more than its ceiling allows."""
    ceiling = CEILINGS[path]
    ratio = measured(PATHS[path], ceiling.ratio, at_most).ratio
    assert ratio <= ceiling.ratio, _OTHERWISE.format(
        path=path, ratio=ratio, unit=ceiling.unit, ceiling=ceiling.ratio, why=ceiling.why
    )


@pytest.mark.parametrize("path", PATHS)
def test_no_path_costs_more_than_it_may(path: str) -> None:
    """A ratio to a loop in the same process, the least of many: neither a slow machine nor a busy one changes it much."""
    require_cheap(path)


def _encode_for_each_reader(patch: pytest.MonkeyPatch) -> None:
    """Each line is made anew for everyone who is sent it."""
    send = Outlet.send

    def slow(outlet: Outlet, data: bytes) -> None:
        send(outlet, b"".join(line.decode().encode() for line in data.splitlines(keepends=True)))

    patch.setattr(Outlet, "send", slow)


def _dump_json_for_each_reader(patch: pytest.MonkeyPatch) -> None:
    """An object is written as JSON for everyone, and looked at."""
    send = Outlet.send

    def slow(outlet: Outlet, data: bytes) -> None:
        json.loads(json.dumps({"type": "chat", "text": data[:100].decode(errors="replace")}))
        send(outlet, data)

    patch.setattr(Outlet, "send", slow)


class _Framing(LineReceiver):
    """One more layer."""

    delimiter = b"\n"

    def __init__(self, then: Callable[[bytes], None]) -> None:
        self._then = then

    def lineReceived(self, line: bytes) -> None:
        """Put the line together again."""
        self._then(line + b"\n")


def _frame_again_and_again(patch: pytest.MonkeyPatch) -> None:
    """What is plainly a line is cut out of what came in, twice, and then goes the long way through filter and framing."""
    receive = TextProtocol.dataReceived

    def slow(protocol: TextProtocol, data: bytes) -> None:
        inner = _Framing(partial(receive, protocol))
        _Framing(inner.dataReceived).dataReceived(data)

    patch.setattr(text_protocol, "plainly_said", lambda _: None)
    patch.setattr(TextProtocol, "dataReceived", slow)


def _dump_rows(patch: pytest.MonkeyPatch) -> None:
    """Each row goes through JSON, too."""
    checksum = rows.checksum

    def slow(log: str, *columns: Any) -> int:
        json.loads(json.dumps(columns))
        return checksum(log, *columns)

    patch.setattr(rows, "checksum", slow)


@pytest.mark.parametrize(
    ("path", "slow"),
    [
        ("people", _encode_for_each_reader),
        ("people", _frame_again_and_again),
        ("listeners", _dump_json_for_each_reader),
        ("programs", _encode_for_each_reader),
        ("small_rooms", _dump_json_for_each_reader),
        ("storing", _dump_rows),
        ("visits", _dump_json_for_each_reader),
    ],
)
def test_a_planted_slowness_is_found(monkeypatch: pytest.MonkeyPatch, path: str, slow: Slow) -> None:
    """What people write when they do not think of the hot path; the message says where to look."""
    slow(monkeypatch)
    with pytest.raises(AssertionError, match=re.escape(CEILINGS[path].why)):
        require_cheap(path, at_most=REPETITIONS)


def test_what_is_not_done_does_not_pass_for_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends nobody anything would be the quickest of all."""
    monkeypatch.setattr(Outlet, "send", lambda _outlet, _data: None)
    with pytest.raises(NotDone, match="should have been"):
        measured(people)


def test_the_command_shows_every_path(capsys: pytest.CaptureFixture[str]) -> None:
    """With its ceiling, and what that would be if it was set now."""
    assert main() == 0
    table = capsys.readouterr().out
    assert [line.split()[0] for line in table.splitlines()[1:]] == [*PATHS] == [*CEILINGS]

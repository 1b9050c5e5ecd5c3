"""The log's form: a failure quotes nobody, an event is one line of JSON, and the sentences are kept apart from their values."""

import ast
import json
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from string import Formatter
from typing import Any, cast
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.logger import (
    FileLogObserver,
    ILogObserver,
    LogEvent,
    Logger,
    LogLevel,
    LogPublisher,
    formatEventAsClassicLogText,
    globalLogPublisher,
    textFileLogObserver,
)
from twisted.python import log as older_log
from twisted.python.failure import Failure

from chatd.journal import as_json, as_text, withhold_words, write_quickly
from chatd.operators_log import OperatorsLog, QuickLogger
from tests.conftest import LoggedFailures
from tests.processes import ROOT

SAID = "meet me at nine"


class Lines:
    """What a program reads of the log."""

    def __init__(self) -> None:
        self._file = StringIO()
        self.observer = FileLogObserver(self._file, as_json)

    def read(self) -> list[dict[str, Any]]:
        """Every event."""
        return [json.loads(line) for line in self._file.getvalue().splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The JSON lines of what is logged meanwhile."""
    lines = Lines()
    globalLogPublisher.addObserver(lines.observer)
    yield lines
    globalLogPublisher.removeObserver(lines.observer)


def quoting() -> None:
    """Fail as many a function does: in the words of what it was given."""
    raise ValueError(SAID)


def test_each_thing_that_happens_has_a_name_and_its_values(lines: Lines) -> None:
    """Programs need not take sentences apart; the names are written down in docs/operations.rst."""
    log = OperatorsLog()
    log.came("علی", "192.0.2.7", 1)
    log.renamed("علی", "{reza}")
    log.went("{reza}", "192.0.2.7", 0)
    log.announce(["Listening on 127.0.0.1 port 5050."])
    log.report("The disk is nearly full.")
    log.fatal("The disk is gone.")
    always = {"time", "level", "source"}
    assert [{name: value for name, value in line.items() if name not in always} for line in lines.read()] == [
        {"event": "joined", "name": "علی", "address": "192.0.2.7", "online": 1}
        | {"text": "علی joined from 192.0.2.7; 1 online"},
        {"event": "renamed", "old": "علی", "new": "{reza}", "text": "علی is now {reza}"},
        {"event": "left", "name": "{reza}", "address": "192.0.2.7", "online": 0}
        | {"text": "{reza} left from 192.0.2.7; 0 online"},
        {"event": "notice", "text": "Listening on 127.0.0.1 port 5050."},
        {"event": "warning", "text": "The disk is nearly full."},
        {"event": "stopping", "text": "The disk is gone."},
    ]
    assert {line["source"] for line in lines.read()} == {"chatd"}
    assert [line["level"] for line in lines.read()] == ["info"] * 4 + ["warn", "critical"]


def test_the_documentation_names_every_event() -> None:
    """Whoever reads the lines by a program can look up what may come."""
    told = (ROOT / "docs" / "operations.rst").read_text("utf-8")
    named = {
        ast.literal_eval(keyword.value)
        for _, call in calls_of_a_logger()
        for keyword in call.keywords
        if keyword.arg == "event"
    }
    assert "joined" in named
    assert {name for name in named if f"``{name}``" not in told} == set()


def test_the_documentation_shows_a_line_as_it_is() -> None:
    """Word for word, in the order of its parts."""
    told = (ROOT / "docs" / "operations.rst").read_text("utf-8")
    event: LogEvent = {}
    log = Logger("chatd", observer=event.update)  # type: ignore[arg-type]
    with patch("chatd.operators_log._log", log):
        OperatorsLog().came("ali", "192.0.2.7", 3)
    assert f"    {as_json(event | {'log_time': 1774015387.25})}" in told


def test_the_time_is_that_of_rfc_3339() -> None:
    """In UTC, so that no summer time tears a log apart."""
    line = json.loads(as_json({"log_time": 1700000000.25, "log_level": LogLevel.warn, "log_format": "x"}))
    assert line == {"time": "2023-11-14T22:13:20.250000+00:00", "level": "warn", "source": "", "text": "x"}


texts = st.text(st.characters())
events = st.dictionaries(
    st.sampled_from(["event", "name", "text", "log_namespace", "failure", "why", "time"]),
    texts | st.integers() | st.binary() | st.none() | st.just(object()),
)


@given(events, texts | st.sampled_from(["{name}", "{text} {", "{name.x[0]!r:>{time}}"]))
def test_whatever_is_logged_is_one_line(event: LogEvent, template: str) -> None:
    """Nothing that Twisted or a bug puts into an event makes half a line, two, or none: the log would end there."""
    line = as_json({**event, "log_time": 0.0, "log_format": template})
    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert isinstance(json.loads(line)["text"], str)


def broken_request() -> None:
    """A coroutine of a session fails."""

    async def request() -> None:
        quoting()

    OperatorsLog().spawn(request())


def broken_callback() -> None:
    """Something that Twisted calls fails, and it says so by its newer log."""
    with Logger("twisted").failuresHandled("Unhandled error"):
        quoting()


def broken_connection() -> None:
    """What was received makes a protocol fail, and the reactor says so by its older log."""
    try:
        quoting()
    except ValueError:
        older_log.err()


FAILURES = [broken_request, broken_callback, broken_connection]


@pytest.mark.parametrize("fail", FAILURES)
def test_a_failure_is_logged_without_its_words(fail: Callable[[], None], logged_failures: LoggedFailures) -> None:
    """What broke and where is told, in the text and in the JSON; what it broke on may have been a message."""
    text = StringIO()
    lines = Lines()
    observer = LogPublisher(withhold_words, textFileLogObserver(text), lines.observer)
    globalLogPublisher.addObserver(observer)
    try:
        fail()
    finally:
        globalLogPublisher.removeObserver(observer)
    assert logged_failures.flush(ValueError)
    (line,) = lines.read()
    for told in text.getvalue(), line["traceback"]:
        assert told.count("Traceback") == 1
        assert "in quoting" in told
        assert "ValueError: (its words are left out" in told
        assert SAID not in told
    assert SAID not in line["text"]
    assert "Traceback" not in line["text"]
    assert line["level"] == "critical"


def test_the_json_quotes_nobody_whatever_stands_before_it(lines: Lines, logged_failures: LoggedFailures) -> None:
    """It can be used with other programs of Twisted as well."""
    broken_connection()
    broken_request()
    assert logged_failures.flush(ValueError)
    assert SAID not in json.dumps(lines.read())
    assert [line.get("event") for line in lines.read()] == [None, "request_failed"]


def test_what_the_interpreter_itself_says_is_told() -> None:
    """Without it most bugs could not be found; it names types and attributes only."""
    event: LogEvent = {"log_time": 0.0, "log_format": "x"}
    with Logger(observer=event.update).failuresHandled("A request failed"):  # type: ignore[arg-type]
        None.text  # type: ignore[attr-defined]  # noqa: B018
    assert "'NoneType' object has no attribute 'text'" in json.loads(as_json(event))["traceback"]


def calls_of_a_logger() -> Iterator[tuple[Path, ast.Call]]:
    """Every line of the server that writes to the log."""
    for path in sorted((ROOT / "chatd").rglob("*.py")):
        source = path.read_text("utf-8")
        if "Logger" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and is_log_call(node):
                yield path, node


def is_log_call(call: ast.Call) -> bool:
    """Whether it is ``_log.info(...)`` or ``Logger().info(...)``, or another level."""
    levels = {level.name for level in LogLevel.iterconstants()} | {"failure", "emit"}
    function = call.func
    return (
        isinstance(function, ast.Attribute) and function.attr in levels and "log" in ast.unparse(function.value).lower()
    )


def test_what_is_logged_is_a_template_and_named_values() -> None:
    """Values that were put into the sentence already could not be found again, and a brace among them would be a field."""
    calls = list(calls_of_a_logger())
    assert len(calls) > 5
    for path, call in calls:
        where = f"{path.name}, line {call.lineno}"
        template = call.args[0]
        assert isinstance(template, ast.Constant), f"{where}: not a template"
        assert isinstance(template.value, str)
        fields = {name for _, name, _, _ in Formatter().parse(template.value) if name is not None}
        given = {keyword.arg for keyword in call.keywords}
        assert fields <= given, f"{where}: no values for {fields - given}"


events = st.fixed_dictionaries(
    {"log_format": st.sampled_from(["{text}", "{text} {more}", "plain", "", None])},
    optional={
        "text": st.text() | st.integers(),
        "more": st.text(),
        "log_time": st.none() | st.floats(0, 4e9),
        "log_level": st.none() | st.sampled_from(list(LogLevel.iterconstants())),
        "log_namespace": st.text(),
        "log_system": st.text(),
        "log_failure": st.builds(Failure, st.builds(ValueError, st.text())),
    },
)


@example(
    {"log_format": "{text}", "text": "x", "log_time": 1.9999995, "log_level": LogLevel.info, "log_namespace": "chatd"}
)
@example({"log_format": "{text}", "text": "x", "log_time": 1.0, "log_level": None, "log_namespace": "chatd"})
@given(events)
def test_a_line_of_the_log_is_twisteds(event: LogEvent) -> None:
    """Whatever the event is: it is made in less time, and not otherwise."""
    assert as_text(dict(event)) == formatEventAsClassicLogText(dict(event))


def test_what_twistd_has_opened_is_written_quickly() -> None:
    """But not what has a form of its own: JSON, or another form for times."""
    text, other, json_file = (
        textFileLogObserver(StringIO()),
        textFileLogObserver(StringIO(), timeFormat="%H"),
        FileLogObserver(StringIO(), as_json),
    )
    write_quickly(LogPublisher(withhold_words, text, other, json_file))
    assert [one.formatEvent is as_text for one in (text, other, json_file)] == [True, False, False]


def test_an_observer_of_somebody_elses_is_not_even_asked() -> None:
    """It may write the same for one event, and not for others; or do more than write."""
    asked: list[LogEvent] = []

    def form(event: LogEvent) -> str | None:
        asked.append(event)
        return as_text(event)

    observer = FileLogObserver(StringIO(), form)
    write_quickly(LogPublisher(observer))
    assert (observer.formatEvent, asked) == (form, [])


def test_a_publisher_that_does_not_show_its_observers_writes_as_ever() -> None:
    """A Twisted of another day may keep them elsewhere: the log is slower then, and that is all."""
    write_quickly(cast(LogPublisher, object()))


def test_a_logger_of_the_chat_says_what_twisteds_says() -> None:
    """All but the logger itself, and the time."""
    said: list[LogEvent] = []
    for make in (Logger, QuickLogger):
        make("chatd", observer=cast(ILogObserver, said.append)).info("{text}", event="notice", text="A line.")
    told = [{key: value for key, value in event.items() if key not in {"log_logger", "log_time"}} for event in said]
    assert told[0] == told[1]
    assert said[0]["log_time"] <= said[1]["log_time"]


def test_what_is_spawned_fails_into_the_log_at_once_or_later(lines: Lines, logged_failures: LoggedFailures) -> None:
    """Whether it had to wait for something or not, and also what it goes on with after that."""
    log, waits, done = OperatorsLog(), Deferred[None](), list[str]()

    async def fail() -> None:
        raise TypeError

    async def wait_and_fail() -> None:
        await waits
        done.append("waited")
        await fail()

    log.spawn(fail())
    log.spawn(wait_and_fail())
    assert [line["event"] for line in lines.read()] == ["request_failed"]
    waits.callback(None)
    assert done == ["waited"]
    assert [line["event"] for line in lines.read()] == ["request_failed"] * 2
    assert len(logged_failures.flush(TypeError)) == 2

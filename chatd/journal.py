"""How the log is written: no exception quotes what somebody said; quickly; and programs may have a line of JSON for each event.

Knows the events of :mod:`twisted.logger`. Must not know what happens in the chat, or where twistd keeps its log.
"""

import json
import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from twisted.logger import (
    FileLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    LogPublisher,
    formatEvent,
    formatEventAsClassicLogText,
    formatTime,
    textFileLogObserver,
)
from twisted.python.failure import Failure
from zope.interface import provider

INTERPRETERS_WORDS: Final = (AttributeError, NameError, OSError, RecursionError, TypeError)
"""Exceptions whose words come from Python or the system, and name only types and places in the code."""
UNEXPLAINED: Final = "Unhandled Error"
"""What Twisted says of a failure that nobody has said anything about."""
SENTENCE: Final = "{text}"
"""The format of an event whose sentence is made already: its ``text``, and nothing else."""


class Withheld(Exception):
    """Stands in a log for an exception whose words might be somebody's."""

    def __str__(self) -> str:
        return "(its words are left out, since they may quote what somebody said)"


@provider(ILogObserver)
def withhold_words(event: LogEvent) -> None:
    """Take the words of a failure out of its event, and leave its type and its traceback.

    A ``ValueError`` quotes what it was raised for, and that may be a message. As an observer this has to stand before those
    that write: all of them are handed the same event.
    """
    failure = event.get("log_failure", event.get("failure"))
    if not isinstance(failure, Failure):
        return
    if not isinstance(failure.value, INTERPRETERS_WORDS):
        failure = Failure(failure)
        failure.value = Withheld()
    event["log_failure"] = failure
    if "failure" in event:  # the older form of an event, whose text has the traceback in it already
        event["failure"] = failure
        event["log_text"] = event.get("why") or UNEXPLAINED


def write_quickly(publisher: LogPublisher) -> None:
    """Have those observers write by :func:`as_text` that write the same, but as Twisted does, which takes six times as long.

    When a crowd comes, with a line for each, that is a sixth of what it costs. To be called once the observers are there.
    """
    # There is no other way to what twistd has made of its options; where there is none at all, Twisted writes.
    for observer in getattr(publisher, "_observers", ()):
        if isinstance(observer, FileLogObserver) and _writes_as_twisted(observer):
            observer.formatEvent = as_text


def as_text(event: LogEvent) -> str | None:
    """The event as :func:`twisted.logger.formatEventAsClassicLogText` has it; ``None``: it says nothing."""
    text = event.get("text")
    if event.get("log_format") != SENTENCE or not (text and isinstance(text, str) and _is_usual(event)):
        return formatEventAsClassicLogText(event, _time)
    indented = text.replace("\n", "\n\t")
    return f"{_time(event['log_time'])} [{event['log_namespace']}#{event['log_level'].name}] {indented}\n"


def _is_usual(event: LogEvent) -> bool:
    return event.keys() >= _ALWAYS and event["log_level"] is not None and _OTHERWISE.isdisjoint(event)


_ALWAYS: Final = frozenset(("log_level", "log_namespace", "log_time"))
"""What every event of a logger has."""
_OTHERWISE: Final = frozenset(("log_failure", "log_flattened", "log_system"))
"""What an event may have that has a say in its line."""
_SAMPLE: Final[LogEvent] = {
    "log_format": SENTENCE,
    "log_level": LogLevel.info,
    "log_namespace": "chatd",
    "log_time": 1.0,
    "text": "A line.",
}


def _writes_as_twisted(observer: FileLogObserver) -> bool:
    """Whether its lines are Twisted's, and have no form of their own for times."""
    form = observer.formatEvent
    return form.__module__ == textFileLogObserver.__module__ and form(_SAMPLE) == as_text(_SAMPLE)


def _time(when: float | None) -> str:
    return formatTime(None) if when is None else _second(int(round(when, 6)))  # as datetime rounds it


@lru_cache(maxsize=1)
def _second(when: int) -> str:
    """The machine's time and its zone: all events of one second have the same."""
    return formatTime(when)


def json_lines() -> ILogObserver:
    """Write each event as a line of JSON on standard output: ``twistd --logger=chatd.journal.json_lines -n chatd``."""
    return FileLogObserver(sys.stdout, as_json)


def as_json(event: LogEvent) -> str:
    r"""The event as one line of ASCII, with its ``\n``.

    ``time`` (RFC 3339, UTC), ``level``, ``source`` (which logger) and ``text`` (the sentence of the other log) are always
    there; ``traceback`` with a failure; and with an ``event``, a word that says what happened, the values of its sentence.
    """
    event = dict(event)
    withhold_words(event)
    level = event.get("log_level") or LogLevel.info
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(event["log_time"], UTC).isoformat(timespec="microseconds"),
        "level": level.name,
        "source": event.get("log_namespace", ""),
        "text": formatEvent(event),
    }
    if "log_failure" in event:
        line["traceback"] = event["log_failure"].getTraceback()
    return json.dumps(line | _values(event) | line, default=str) + "\n"


def _values(event: LogEvent) -> dict[str, Any]:
    """What happened, and the values of its sentence; of events that are named."""
    return {name: value for name, value in event.items() if not name.startswith("log_")} if "event" in event else {}

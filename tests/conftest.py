"""What every test is held to: no failure may be lost in a log, no timer may be left running, no outside program missing in CI."""

import gc
import os
from collections.abc import Generator, Iterator
from contextlib import nullcontext

import pytest
from hypothesis import settings
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.languages import ENGLISH
from chatd.storage import searching
from clients.wording import speak
from tests.alone import SHARED, turn


@implementer(ILogObserver)
class LoggedFailures:
    """The failures that reached Twisted's log during one test."""

    def __init__(self) -> None:
        self._failures: list[Failure] = []

    def __call__(self, event: LogEvent) -> None:
        """Keep the failure of an event; the reactor's own reports spell it without ``log_``."""
        failure = event.get("log_failure") or event.get("failure")
        if failure is not None:
            self._failures.append(failure)

    def flush(self, *types: type[Exception]) -> list[Failure]:
        """Return and forget those of these types, or all of them: a test that expects failures calls this."""
        gc.collect()  # a Deferred reports an unhandled failure when it is collected
        flushed = [failure for failure in self._failures if not types or failure.check(*types)]
        self._failures = [failure for failure in self._failures if failure not in flushed]
        return flushed


@pytest.fixture(autouse=True)
def logged_failures() -> Iterator[LoggedFailures]:
    """Fail the test that leaves an unhandled failure or a running timer behind."""
    from twisted.internet import reactor  # noqa: PLC0415 (pytest-twisted has chosen one by now)

    timers = set(reactor.getDelayedCalls())
    failures = LoggedFailures()
    globalLogPublisher.addObserver(failures)
    try:
        yield failures
        unhandled = [failure.getTraceback() for failure in failures.flush()]
    finally:
        globalLogPublisher.removeObserver(failures)
    left = set(reactor.getDelayedCalls()) - timers
    for timer in left:
        timer.cancel()
    assert not unhandled, "\n".join(unhandled)
    assert not left, f"timers left running: {left}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test marked ``alone`` is run beside no other, with all that is prepared for it: see ``pyproject.toml``."""
    with turn(alone=item.get_closest_marker("alone") is not None) if SHARED else nullcontext():
        return (yield)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collections that every test asks for need not look at it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _frozen_between_modules() -> Iterator[None]:
    """What a module's tests have left for good, such as caches and reports, stays as well."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """A test that has a client speak another language does so for itself alone."""
    yield
    speak(ENGLISH)


@pytest.fixture
def _index_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches ask the index for all that is in it, however few messages there are."""
    monkeypatch.setattr(searching, "PER_FOUND", 0)


def missing(program: str) -> None:
    """Skip for want of an outside program; in CI, where all of them must be, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{program} is not installed, and CI must not skip for that")
    pytest.skip(f"{program} is not installed")


# How long one example takes says nothing about chatd, and much about what else the machine does.
settings.register_profile("chatd", deadline=None)
settings.load_profile("chatd")

"""Threads that are asked from the reactor: what they do when they cannot be had, and that they let go of what they gave."""

import threading
import weakref
from typing import cast

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from chatd.storage.contract import StoreError, StoreFull
from chatd.storage.threads import Threads
from tests.conftest import LoggedFailures
from tests.test_sqlite import the_reactor


class Answer(list[int]):
    """A list that can be referred to weakly."""


class Worker:
    """What a thread works with. It waits, where it is to be busy, until it is let go on."""

    def __init__(self) -> None:
        self.closed = False
        self.at_work, self.go_on = threading.Event(), threading.Event()

    def answer(self) -> Answer:
        """Something."""
        return Answer([1])

    def wait(self) -> None:
        """Be busy."""
        self.at_work.set()
        self.go_on.wait(60)

    def close(self) -> None:
        """Be given back."""
        self.closed = True


def no_thread(_: threading.Thread) -> None:
    """As Python says it on a machine that has no more of them."""
    raise RuntimeError("can't start new thread")


async def test_a_thread_that_cannot_start_is_an_error_of_the_store_and_started_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody waits for ever: neither who asked, nor who asks later, nor who closes it."""
    threads = Threads(the_reactor(), 1, "test", Worker)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(StoreFull, match="The store cannot work now: can't start new thread"):
            await threads.call(Worker.answer)
    assert threads.idle
    assert not threads.started
    assert await threads.call(Worker.answer) == [1]
    await threads.close()


async def test_where_no_thread_could_start_closing_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left of what failed that closing would wait for."""
    threads = Threads(the_reactor(), 1, "test", Worker)
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    with pytest.raises(StoreFull):
        await threads.call(Worker.answer)
    await threads.close()


async def test_where_a_second_thread_cannot_start_the_first_does_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes longer, that is all."""
    worker = Worker()
    threads = Threads(the_reactor(), 2, "test", lambda: worker)
    busy = Deferred.fromCoroutine(threads.call(Worker.wait))
    worker.at_work.wait(60)
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    answered = Deferred.fromCoroutine(threads.call(Worker.answer))
    worker.go_on.set()
    assert await answered == [1]
    await busy
    await threads.close()


async def test_what_cannot_be_made_is_made_at_the_next_call() -> None:
    """A connection that cannot be opened while descriptors are short, for example."""
    trouble = [StoreError("Not now.")]

    def make() -> Worker:
        if trouble:
            raise trouble.pop()
        return Worker()

    threads = Threads(the_reactor(), 1, "test", make)
    with pytest.raises(StoreError, match="Not now"):
        await threads.call(Worker.answer)
    assert await threads.call(Worker.answer) == [1]
    await threads.close()


async def test_closing_waits_for_what_was_asked() -> None:
    """And then gives back what was made."""
    worker = Worker()
    threads = Threads(the_reactor(), 1, "test", lambda: worker)
    busy = Deferred.fromCoroutine(threads.call(Worker.wait))
    queued = Deferred.fromCoroutine(threads.call(Worker.answer))
    closed = Deferred.fromCoroutine(threads.close())
    with pytest.raises(StoreError, match="is closed"):
        await threads.call(Worker.answer)
    assert not closed.called
    worker.go_on.set()
    await closed
    assert worker.closed
    await busy
    assert await queued == [1]


async def test_an_answer_is_not_kept_by_the_thread_that_gave_it() -> None:
    """A page of history can be a megabyte; a thread may wait for hours until it is asked again."""
    threads, gone = Threads(the_reactor(), 1, "test", Worker), Deferred[None]()
    answer = await threads.call(Worker.answer)
    weakref.finalize(answer, the_reactor().callFromThread, gone.callback, None)
    del answer
    await gone.addTimeout(60, cast(IReactorTime, the_reactor()))
    await threads.close()


async def test_a_thread_rests_after_each_answer_and_before_the_next() -> None:
    """Whoever asked is answered by then; and what is closed was not at rest any more."""
    done: list[str] = []

    def rest(worker: Worker) -> None:
        worker.at_work.wait(0.1)  # for what must not come
        assert not worker.closed
        done.append("rest")

    threads = Threads(the_reactor(), 1, "test", Worker, rest)
    for _ in range(2):
        await threads.call(lambda _: done.append("answer"))
    await threads.close()
    assert done == ["answer", "rest"] * 2


async def test_what_a_store_finds_in_a_rest_is_told_in_the_thread_of_the_reactor() -> None:
    """Nobody else would be: who asked has their answer already. The thread goes on, for whoever is to hear of it as well."""
    told: list[tuple[str, int]] = []
    troubles, heard = [StoreError("The disk is gone.")], Deferred[None]()

    def rest(_: Worker) -> None:
        if troubles:
            raise troubles.pop()

    def failed(error: StoreError) -> None:
        told.append((str(error), threading.get_ident()))
        heard.callback(None)

    threads = Threads(the_reactor(), 1, "test", Worker, rest, failed=failed)
    assert await threads.call(Worker.answer) == [1]
    await heard.addTimeout(60, cast(IReactorTime, the_reactor()))
    assert told == [("The disk is gone.", threading.get_ident())]
    assert await threads.call(Worker.answer) == [1]
    await threads.close()


async def test_a_bug_in_a_rest_is_logged_and_the_thread_goes_on(logged_failures: LoggedFailures) -> None:
    """Nobody waits for a thread that is gone."""
    bugs = [ZeroDivisionError()]

    def rest(_: Worker) -> None:
        if bugs:
            raise bugs.pop()

    threads = Threads(the_reactor(), 1, "test", Worker, rest)
    for _ in range(2):
        assert await threads.call(Worker.answer) == [1]
    await threads.close()
    assert logged_failures.flush(ZeroDivisionError)

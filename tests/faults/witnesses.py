"""A crowd of witnesses, in a thread of its own, while a trial does its worst to the server.

Knows threads and asyncio's loop. Must not know the protocol, or judge what was heard.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from random import Random
from threading import Thread
from types import TracebackType
from typing import Self, TypeVar

from tests.faults.records import Kind, Record
from tests.faults.witness import Witness

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds until something that has to happen has not happened."""
TICK = 0.02


class Witnesses:
    """So many people, each with a record in ``folder``. They come at the ``with`` and stay until its end.

    ``enter`` is called in their thread before anything else: to enter a network namespace, for example. ``pause`` is the
    most seconds that one of them waits before the next message. ``silence``: after so many seconds they come anew.
    """

    def __init__(
        self,
        where: tuple[str, int],
        count: int,
        folder: Path,
        random: Random,
        *,
        pause: float = 0.02,
        silence: float = 10.0,
        rooms: tuple[str, ...] = ("#lobby", "#dev"),
        names: str = "witness",
        enter: Callable[[], None] = lambda: None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.people = [
            Witness(
                f"{names}{number}",
                where,
                Random(random.getrandbits(64)),
                lambda name: Record(name, folder / f"{name}.jsonl"),
                rooms=rooms,
                silence=silence,
            )
            for number in range(count)
        ]
        for one in self.people:
            one.others = [other.name for other in self.people if other is not one]
            one.pause = pause
        self._enter = enter
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name=names)
        self._tasks: list[asyncio.Task[None]] = []
        self._broken: BaseException | None = None

    @property
    def records(self) -> Sequence[Record]:
        """What all of them wrote down."""
        return [record for one in self.people for record in one.records]

    def count(self, *kinds: Kind) -> int:
        """How many facts of these kinds there are by now."""
        return sum(record.counts[kind] for record in self.records for kind in kinds)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._leave)
        self._thread.join(PATIENCE)
        for record in self.records:
            record.close()
        if error is None:
            self._raise_if_broken()

    def await_here(self) -> None:
        """Wait until all of them are in the chat."""
        self._await(lambda: all(one.here for one in self.people), "not everybody came")

    def talk(self, window: int = 8) -> None:
        """From now on they talk, with at most so many messages each under way."""
        self._ask(lambda: self._set_window(window))

    def hush(self) -> None:
        """They say nothing new. What is not acknowledged is still sent again when that is due."""
        self._ask(lambda: self._set_window(0))

    def cut(self, people: Iterable[Witness]) -> None:
        """These lose their connections now."""

        def cut() -> None:
            for one in people:
                one.cut()

        self._ask(cut)

    def await_acks(self, number: int) -> None:
        """Wait until so many more messages are acknowledged."""
        self.await_count(Kind.ACKED, number)

    def await_count(self, kind: Kind, number: int) -> None:
        """Wait until there are so many more facts of this kind."""
        enough = self.count(kind) + number
        self._await(lambda: self.count(kind) >= enough, f"it came to less than {number} more of: {kind.value}")

    def settle(self, patience: float = PATIENCE) -> bool:
        """They fall silent; wait until all of them know what became of all they said, and have heard all that was said.

        Returns whether it came to that; if not, the checker will say what is missing.
        """
        self.hush()
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self._ask(self._settled):
                return True
            time.sleep(TICK)
        return False

    def _settled(self) -> bool:
        rooms = {room for one in self.people for room in one.positions if room != "@"}
        return all(one.here and not one.unacked for one in self.people) and all(
            len({one.positions.get(room) for one in self.people}) == 1 for room in rooms
        )

    def _set_window(self, window: int) -> None:
        for one in self.people:
            one.window = window

    def _leave(self) -> None:
        for one in self.people:
            one.leave()

    def _run(self) -> None:
        try:
            self._enter()
            self._loop.run_until_complete(self._live())
        except BaseException as error:
            self._broken = error
        finally:
            self._loop.close()

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as group:
            for one in self.people:
                group.create_task(one.live())
                group.create_task(one.talk())

    def _ask(self, question: Callable[[], T]) -> T:
        """Do something in the witnesses' thread."""
        self._raise_if_broken()
        answer: Future[T] = Future()
        self._loop.call_soon_threadsafe(lambda: answer.set_result(question()))
        return answer.result(PATIENCE)

    def _await(self, came: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not came():
            self._raise_if_broken()
            if time.monotonic() > deadline:
                raise TimeoutError(f"Within {PATIENCE:.0f} seconds {otherwise}.")
            time.sleep(TICK)

    def _raise_if_broken(self) -> None:
        if self._broken is not None:
            raise self._broken

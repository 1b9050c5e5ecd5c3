"""One client's reading: a position in every log it follows, not a queue.

Live, it is handed batches by the log. Behind (its outlet was blocked, or it has just come), it reads on from its place, from
the log's recent batches or from the store, until it has caught up. Must not know sockets, or what the events mean.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from chatd.clock import Clock, Spawn, WallClock
from chatd.details import Clause
from chatd.errors import StoreUnreadable
from chatd.events import Refused
from chatd.fanout import Outlet
from chatd.form import Form
from chatd.log import Log, Position
from chatd.place import NO_BATCH, Place
from chatd.recent import Piece, Recent, piece
from chatd.requests import BOX
from chatd.storage.contract import FAILED, Page, Store, StoreError

RETRY_SECONDS = 5.0
"""How soon a store that could not answer is asked again."""
NOBODY: frozenset[str] = frozenset()


class Library(Protocol):
    """What a reader needs to read back."""

    @property
    def store(self) -> Store:
        """The logs."""

    @property
    def clock(self) -> Clock:
        """Tells when to ask again."""

    @property
    def spawn(self) -> Spawn:
        """Runs what waits for the store."""

    @property
    def wall(self) -> WallClock:
        """The time of day."""

    @property
    def page_bytes(self) -> int:
        """How much is read at once."""

    @property
    def recent(self) -> Recent:
        """What others were shown a moment ago."""


_NOWHERE: Mapping[Log, Place] = {}  # shared by all who are behind in no log


class Reader:
    """What one connection is shown of the logs it follows, in the order of each."""

    __slots__ = ("_library", "_logs", "_places", "_pumping", "_when_caught_up", "ignored", "origin", "outlet")

    def __init__(self, outlet: Outlet, origin: int, library: Library) -> None:
        self.outlet = outlet
        self.origin = origin
        self.ignored = NOBODY
        """Folded names whose messages are not shown; set by :meth:`ignore`."""
        self._library = library
        self._logs: tuple[Log, ...] = ()
        self._places = _NOWHERE
        self._pumping = False
        self._when_caught_up: tuple[tuple[Log | None, Callable[[], None]], ...] = ()

    def follow(
        self,
        log: Log,
        form: Form,
        after: int | None = None,
        then: Callable[[], None] | None = None,
        strict: bool = False,
        *,
        stuck: Callable[[], None] | None = None,
    ) -> None:
        """Show this log from now on, or from behind the message ``after``. ``then`` is called when that has been read.

        ``stuck`` is called before that, if the store cannot be read at first, and is asked again and again.
        ``strict``: the reader has everything up to there, and is told where some of what follows is not kept any more.
        """
        before = self._places.get(log)
        self._drop(log)
        self._logs += (log,)
        if after is None or after >= log.last:
            log.go_live(self, form)
            if then is not None:
                then()
            self._tell_if_caught_up()
            return
        # What was said by this connection while it was behind has its answer still to come.
        answered = log.last if before is None else max(before.id, before.answered)
        self._put(
            log, Place(NO_BATCH, after, form, log.count, then=then, stuck=stuck, answered=answered, strict=strict)
        )
        self.pump()

    def unfollow(self, log: Log) -> None:
        """Show nothing more of this log."""
        self._drop(log)
        self._tell_if_caught_up()

    def _drop(self, log: Log) -> None:
        if log not in self._logs:
            return
        log.settle(self)
        self._logs = tuple(other for other in self._logs if other is not log)
        if log in self._places:
            self._forget_place(log)
        else:
            log.leave_live(self)

    def unfollow_all(self) -> None:
        """Show nothing more at all."""
        for log in self._logs:
            self.unfollow(log)

    def reform(self, log: Log, form: Form) -> None:
        """Show this log in another form from here on."""
        if log not in self._logs:
            return  # it reads this one no more, or not yet
        log.settle(self)
        if log in self._places:
            self._places[log].form = form
        elif log.live_form(self) is not form:
            log.leave_live(self)
            log.go_live(self, form)

    def fall_behind(self, log: Log, position: Position) -> None:
        """The log's batches pass this reader by, until its outlet is clear."""
        form = log.leave_live(self)
        self._put(log, Place(*position, form, position.batch))

    def settle(self) -> None:
        """Be shown now what others of a crowd have been shown already: it comes before whatever this one is told next."""
        for log in self._logs:
            log.settle(self)

    def ignore(self, ignored: frozenset[str]) -> None:
        """From now on these are ignored, and nobody else."""
        self.settle()
        self.ignored = ignored

    def seen(self, log: Log) -> int | None:
        """The last message of this log that was given to the outlet; ``None``: it is not followed."""
        if log not in self._logs:
            return None
        log.settle(self)
        place = self._places.get(log)
        return log.last if place is None else place.id

    def when_caught_up(self, callback: Callable[[], None], log: Log | None = None) -> None:
        """Call back once nothing is left to be read, if that comes to pass: of this log, or of all."""
        if self._is_behind(log):
            self._when_caught_up += ((log, callback),)
        else:
            callback()

    def _is_behind(self, log: Log | None) -> bool:
        self.settle()
        return bool(self._places) if log is None else log in self._places

    def pump(self) -> None:
        """Read on wherever it is behind, a piece of each log in turn, for as long as the outlet takes it."""
        if self._pumping:
            return  # a store that answers at once, or `then`, came back in here: the loop below goes on
        self._pumping = True
        try:
            while self._round():
                pass
        finally:
            self._pumping = False

    def _round(self) -> bool:
        """One piece of every log. False: nothing more can be done now."""
        moved = False
        for log, place in list(self._places.items()):
            if self.outlet.blocked:
                return False
            if self._places.get(log) is place and not place.asked:
                moved = self._step(log, place) or moved
        return moved

    def _put(self, log: Log, place: Place) -> None:
        self._places = {**self._places, log: place}
        log.somebody_behind(+1)

    def _forget_place(self, log: Log) -> None:
        self._places = {other: place for other, place in self._places.items() if other is not log} or _NOWHERE
        log.somebody_behind(-1)

    def _step(self, log: Log, place: Place) -> bool:
        """One piece of one log. False: nothing more can be done now."""
        if place.batch == log.count:
            self._arrive(log, place)
            return True
        batch = log.recent(place.batch + 1) if place.batch != NO_BATCH else None
        if batch is not None:
            self._send(batch.encoded(place.form).bytes_for(self.origin, self.ignored))
            place.batch, place.id = batch.number, batch.last
            return True
        place.skipped = place.skipped or place.told < log.count
        if place.id == log.last:
            place.batch = log.count
            return True
        if self._show_as_to_others(log, place):
            return True
        place.asked = True
        self._library.spawn(self._fetch(log, place, log.end))
        return not place.asked

    def _show_as_to_others(self, log: Log, place: Place) -> bool:
        """Show what the last newcomer was shown, if it is the same; a crowd that comes asks the store once."""
        wanted = self._as_for_others(log, place, log.end, self._library.wall())
        data = self._library.recent.get(wanted) if wanted is not None else None
        if data is None:
            return False
        self._send(data)
        place.batch, place.id = log.end
        return True

    def _as_for_others(self, log: Log, place: Place, end: Position, now: float) -> Piece | None:
        """What everybody is shown alike who comes now; ``None``: this one is not a newcomer, or has wishes of its own."""
        if log.name.startswith(BOX) or self.ignored or not place.is_newcomers(end):
            return None
        return piece(log.name, place.id, end.id, place.form, now)

    async def _fetch(self, log: Log, place: Place, end: Position) -> None:
        """Read one page towards ``end``, which was the log's end when the store was asked."""
        try:
            page = await self._library.store.read(log.name, place.id, end.id, self._library.page_bytes)
        except StoreError as error:
            self._wait_for_store(log, place, error)
            return
        except Exception:
            # A bug, reported by spawn; without another try this client would be left without an answer for ever.
            self._wait_for_store(log, place, StoreError(Clause(FAILED)))
            raise
        if self._places.get(log) is not place:
            return  # it went elsewhere meanwhile
        place.asked = False
        self._show(log, place, page, end)
        place.batch, place.id = (place.batch, page.entries[-1].id) if page.cut else end
        place.strict = place.strict or bool(page.entries)  # from here on nothing may be left out in silence
        self.pump()

    def _wait_for_store(self, log: Log, place: Place, error: StoreError) -> None:
        """Ask again later: nothing that was said is left out."""
        if self._places.get(log) is place:
            if not place.told_of_trouble:
                place.told_of_trouble = True
                self._send(place.form.encode(Refused(StoreUnreadable(reason=error.reason))))
                if place.stuck is not None:  # in its own time: it may go on to read somewhere else
                    self._library.clock.callLater(0, place.stuck)
            self._library.clock.callLater(RETRY_SECONDS, self._ask_again, log, place)

    def _ask_again(self, log: Log, place: Place) -> None:
        place.asked = False
        if self._places.get(log) is place:
            self.pump()

    def _show(self, log: Log, place: Place, page: Page, end: Position) -> None:
        now = self._library.wall()
        data = place.shown(page, end, now, self)
        self._send(data)
        shown = self._as_for_others(log, place, end, now) if not page.cut else None
        if shown is not None:
            self._library.recent.keep(shown, data)

    def _send(self, data: bytes) -> None:
        if data:
            self.outlet.send(data)

    def _arrive(self, log: Log, place: Place) -> None:
        """It has read everything: live again."""
        form = place.form
        log.go_live(self, form)
        self._forget_place(log)
        attendance = log.attendance() if place.skipped else None
        if attendance is not None:
            self._send(form.encode(attendance))
        if place.then is not None:
            place.then()
        self._tell_if_caught_up()

    def _tell_if_caught_up(self) -> None:
        waiting, self._when_caught_up = self._when_caught_up, ()
        for log, callback in waiting:
            self.when_caught_up(callback, log)

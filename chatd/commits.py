"""The one way into the logs: everything said queues here, is stored in batches, and only then delivered.

Whatever arrives while one batch is being stored is the next one, with what comes right behind it. Must not know sessions,
formats, SQL.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ParamSpec, Protocol

from chatd.batch import Batch
from chatd.clock import Clock, Spawn
from chatd.details import Clause
from chatd.errors import ChatError, NotStored, ServerBusy
from chatd.events import Event, Message
from chatd.limits import Limits
from chatd.log import Log
from chatd.requests import Request
from chatd.storage.contract import FAILED, Append, Placed, Repeated, Store, StoreError, StoreFull

P = ParamSpec("P")

GROWTH_SECONDS = 0.01
"""After so long a batch grows no more, though each turn of the reactor still adds to it. A hundred people who answer at once
are read within half a millisecond, in some eight turns; in two batches everybody would be sent to twice."""


class Author(Protocol):
    """Who is told what became of what they said."""

    def stored(self, post: "Post") -> None:
        """A message is stored and delivered."""

    def not_stored(self, post: "Post", error: ChatError) -> None:
        """A message was not stored, and nobody has seen it."""

    def repeated(self, post: "Post", placed: Placed) -> None:
        """A message is kept already, and was shown then."""


@dataclass(slots=True)
class Post:
    """Events that enter their logs together or not at all."""

    author: Author | None
    size: int
    """What it takes of what its author may have on the way, in bytes; 0 for notices, which nobody waits for."""
    parts: tuple[tuple[Log, Event], ...]
    request: Request | None = None
    """What asked for it."""
    key: tuple[int, str] | None = None
    """By what a repeat is recognised: who said it, and their own id for it."""

    @property
    def text(self) -> str:
        """What was said, to be given back if it cannot be stored."""
        return next((event.text for _, event in self.parts if isinstance(event, Message)), "")

    @property
    def origin(self) -> int | None:
        """The connection that a message came in by."""
        message = self.parts[0][1] if self.parts else None
        return message.origin if type(message) is Message else None


class Commits:
    """The queue, and the cycle that empties it: take, store, deliver. One batch is on its way at a time."""

    def __init__(self, store: Store, clock: Clock, spawn: Spawn, limits: Limits) -> None:
        self._store = store
        self._clock = clock
        self._spawn = spawn
        self._limits = limits
        self._queue: deque[Post] = deque()
        self._running = False
        self._idle: list[Callable[[], None]] = []
        self.failed: Callable[[StoreError], None] | None = None
        """Told when the store must not be trusted any more."""

    @property
    def crowded(self) -> bool:
        """Whether so much is waiting that those should wait who have something among it: before too much is, and is refused."""
        return 2 * len(self._queue) >= self._limits.queued_messages

    def notice(self, log: Log, event: Event) -> None:
        """Something to be shown in its place, and not stored."""
        self._add(Post(None, 0, ((log, event),)))

    def post(self, post: Post) -> None:
        """Something to be stored and then shown; the author hears of it.

        Raises:
            ServerBusy: too much is waiting already.
        """
        if len(self._queue) >= self._limits.queued_messages:
            raise ServerBusy(measured=len(self._queue), limit=self._limits.queued_messages)
        self._add(post)

    def mark(self, author: Author) -> None:
        """Tell ``author`` once everything posted before is stored and delivered, or refused."""
        self._add(Post(author, 0, ()))

    def when_idle(self, callback: Callable[[], None]) -> None:
        """Call back once everything posted so far, and whatever joins it, is stored and delivered."""
        if self._running:
            self._idle.append(callback)
        else:
            callback()

    def _add(self, post: Post) -> None:
        self._queue.append(post)
        if not self._running:
            self._running = True
            # Not at once: what else is being read in this turn of the reactor belongs in the same batch.
            self._clock.callLater(0, self._turn)

    def _turn(self) -> None:
        """Begin the next batch, or rest."""
        if self._queue:
            self._grow(1, self._clock.seconds() + GROWTH_SECONDS)
        else:
            self._rest()

    def _grow(self, seen: int, grows_until: float) -> None:
        """Begin the next batch, unless a crowd is talking: then see what the next turn of the reactor adds to it.

        Each turn reads some more of a crowd, and all of that is one batch: as long as there are more than were ``seen`` the last
        time, and it is not too much yet. One message is no crowd: somebody who talks alone is not kept waiting.
        """
        waiting = len(self._queue)
        is_enough = self.crowded or waiting >= self._limits.batch_messages
        if seen < waiting and not is_enough and self._clock.seconds() < grows_until:
            self._clock.callLater(0, self._grow, waiting, grows_until)
        else:
            self._begin()

    def _rest(self) -> None:
        """Nothing waits any more."""
        self._running = False
        idle, self._idle = self._idle, []
        for callback in idle:
            callback()

    def _begin(self) -> None:
        """Store the next batch and deliver it; deliver it at once if nothing of it is to be stored."""
        posts = self._take()
        batches = _by_log(posts)
        if any(batch.messages for _, batch in batches):
            self._spawn(self._commit(posts, batches))
        else:
            self._finish(posts, batches)

    def _take(self) -> list[Post]:
        """The next batch. It holds no message twice: the second one waits until the store knows the first."""
        posts = [*islice(self._queue, self._limits.batch_messages)]
        keys: set[tuple[int, str]] = set()
        for place, post in enumerate(posts):
            if post.key is not None:
                if post.key in keys:
                    del posts[place:]
                    break
                keys.add(post.key)
        for _ in posts:
            self._queue.popleft()
        return posts

    async def _commit(self, posts: list[Post], batches: list[tuple[Log, Batch]]) -> None:
        appends = [Append(log.name, batch.first, batch.messages) for log, batch in batches if batch.messages]
        try:
            await self._store.append(appends)
        except Repeated as error:
            await self._commit_others(posts, error.placed)
        except StoreError as error:
            self._refuse(posts, error)
        except Exception:
            # A bug. Whether anything was stored is not known, so the store is not trusted any more.
            self._refuse(posts, StoreError(Clause(FAILED)))
            raise
        else:
            self._finish(posts, batches)

    async def _commit_others(self, posts: list[Post], placed: Mapping[tuple[int, str], Placed]) -> None:
        """What is kept already is said to its authors; then the rest is tried, which is fewer posts each time."""
        others = [post for post in posts if post.key not in placed]
        if len(others) == len(posts):
            self._refuse(posts, StoreError("The store calls messages repeated that are not."))
            return
        for post in posts:
            if post.author is not None and post.key is not None and post.key in placed:
                self._call(post.author.repeated, post, placed[post.key])
        batches = _by_log(others)
        if any(batch.messages for _, batch in batches):
            await self._commit(others, batches)
        else:
            self._finish(others, batches)

    def _finish(self, posts: list[Post], batches: list[tuple[Log, Batch]]) -> None:
        # First of all, so that no failure in what follows keeps everybody else's words waiting for ever.
        self._clock.callLater(0, self._turn)
        for log, batch in batches:
            self._call(log.deliver, batch)
        for post in posts:
            author = post.author
            if author is not None:
                try:
                    author.stored(post)
                except Exception as error:  # see _call, which would be one more call for each message
                    self._spawn(_fail(error))

    def _refuse(self, posts: list[Post], error: StoreError) -> None:
        """Nothing of the batch was stored: tell the authors, and show the notices that were among it."""
        kept = [post for post in posts if post.author is None]
        for post in [*posts, *self._take_behind(posts)]:
            if post.author is not None:
                self._call(post.author.not_stored, post, NotStored(reason=error.reason))
        self._finish(kept, _by_log(kept))
        if self.failed is not None and not isinstance(error, StoreFull):
            self.failed(error)

    def _take_behind(self, posts: list[Post]) -> list[Post]:
        """What waits behind these of the same connections and will be sent again: it must not come before them now."""
        origins = {post.origin for post in posts if post.key is not None}
        behind = [post for post in self._queue if post.key is not None and post.origin in origins]
        if behind:
            taken = set(map(id, behind))
            self._queue = deque(post for post in self._queue if id(post) not in taken)
        return behind

    def _call(self, somebody: Callable[P, None], *what: P.args, **more: P.kwargs) -> None:
        """Call a log or an author, who may go on with requests in it; a bug there must not keep the others from hearing."""
        try:
            somebody(*what, **more)
        except Exception as error:  # reported by spawn
            self._spawn(_fail(error))


async def _fail(error: Exception) -> None:
    raise error


def _by_log(posts: Sequence[Post]) -> list[tuple[Log, Batch]]:
    """The posts' events as one batch for each log, in order."""
    events: dict[Log, list[Event]] = {}
    for post in posts:
        for log, event in post.parts:
            events.setdefault(log, []).append(event)
    return [(log, log.next_batch(each)) for log, each in events.items()]

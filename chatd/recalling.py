"""What is done when somebody asks for what was said before. Must not know how requests are written, or how logs are kept."""

from collections.abc import Mapping, Sequence

from chatd.errors import TextEmpty, TooMuchHistory
from chatd.events import Entry, Found, Recalled
from chatd.folding import fold_letters
from chatd.log import Log
from chatd.requests import BOX, Recall, Search
from chatd.session import Answer, Session
from chatd.storage.contract import Page
from chatd.text import clean

RECALLED = 20
"""Messages shown when ``/history`` is asked without saying how many."""


async def recall(session: Session, request: Recall) -> None:
    """Show the last messages of one log, or of the room that is talked to and the box, in the order of their times."""
    limits = session.chat.limits
    count = request.count if request.count is not None else limits.history_lines
    if request.count is None and request.seconds is None:
        count = min(RECALLED, limits.history_lines)
    if not 1 <= count <= limits.history_lines:
        raise TooMuchHistory(measured=count, limit=limits.history_lines)
    chat, pages, gone = session.chat, [], False
    for log, last in [(log, _below(request.before, log.last)) for log in _readable(session, request.room)]:
        since = chat.now(log) - request.seconds if request.seconds is not None else 0.0
        page = await chat.store.latest(log.name, last, count, since, limits.answer_bytes)
        pages.append(page)
        gone = _is_beginning(page, last, (await chat.store.head(log.name)).first) or gone
    entries = _merged(pages, chat.now())
    cut = any(page.cut for page in pages) or len(entries) > count
    # Whoever asked for so many lines expects that there are older ones; whoever asked for a time does not.
    expected = session.interactive and request.seconds is None and len(entries) >= count
    visible = _visible(session, entries[-count:])
    gone = gone and not (cut or expected)
    session.reply(Recalled(_room(session, request.room), visible, chat.now(), cut and not expected, gone))


async def search(session: Session, request: Search) -> None:
    """Show the last messages that hold the words, of the room that is talked to and of the box."""
    words = clean(request.words).strip()
    if not words:
        raise TextEmpty
    upto = {log.name: log.last for log in _readable(session, request.room)}
    page = await session.chat.store.search(upto, words, session.chat.limits.found_lines)
    found = _visible(session, page.entries)
    session.reply(Found(words, _room(session, request.room), found, session.chat.now(), page.cut))


def _is_beginning(page: Page, last: int, first: int) -> bool:
    """Whether a page of a log up to ``last`` reaches back to its ``first`` message that is kept, but not the first there was."""
    lowest = page.entries[0].id if page.entries else last + 1
    return last >= 1 and first > 1 and lowest <= first


def _merged(pages: Sequence[Page], now: float) -> list[Entry]:
    """The entries of all pages by their times, from where none of them has left anything out.

    One that is ahead of the clock, which was set back, hides nothing of the others.
    """
    firsts = (page.entries[0].message.at for page in pages if page.cut and page.entries)
    since = max((first for first in firsts if first <= now), default=0.0)
    entries = (entry for page in pages for entry in page.entries if entry.message.at >= since)
    return sorted(entries, key=lambda entry: entry.message.at)


def _readable(session: Session, room: str | None) -> list[Log]:
    """The logs that are asked: this room's, or those of the current one and the box."""
    if room is None:
        return [session.person.box] + ([session.view.current.log] if session.view.current else [])
    return [session.person.box if room == BOX else session.view.joined(room).log]


def _below(before: int | None, last: int) -> int:
    return last if before is None else min(last, before - 1)


def _room(session: Session, room: str | None) -> str | None:
    if room is not None:
        return BOX if room == BOX else session.view.joined(room).name.shown
    return session.view.current.name.shown if session.view.current else None


def _visible(session: Session, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Without those of people who are ignored."""
    hidden = session.view.ignored
    return tuple(entry for entry in entries if not hidden or fold_letters(entry.message.name) not in hidden)


ANSWERS: Mapping[type, Answer] = {Recall: recall, Search: search}

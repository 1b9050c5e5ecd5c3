"""Databases with so many messages, made by the store's own functions. Knows the store; must not know servers.

Half of the messages are in the lobby, the others in a hundred rooms. What they say is made of a vocabulary with common and
rare words, in English and Persian; the same number makes the same messages. All are in the index of words, as they are in the
file of a server that had a quiet minute.
"""

from collections.abc import Callable, Iterator
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import time

from chatd.events import Kind, Message
from chatd.storage.contract import Append
from chatd.storage.database import prepare, reconnect
from chatd.storage.migrations import steps
from chatd.storage.sqlite import SqliteWriter

COMMON, RARE, ABSENT = "salam", "zanbagh", "nowhere"
"""A word of every message, one of :data:`RARELY` messages, and one of none."""
RARELY = 5
LOBBY, ROOMS = "#lobby", 100
PEOPLE = 1000
SECONDS_APART = 3.0
_LETTERS = ("abcdefghijklmnopqrstuvwxyz", "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی")
_VOCABULARY, _TEXTS = 20_000, 20_000
_AT_ONCE, _INDEXED_AT_ONCE = 10_000, 500

Tell = Callable[[str], None]


def database(folder: Path, size: int, tell: Tell) -> Path:
    """A file of so many messages in the folder; one that is there already is taken as it is."""
    path = folder / f"growth-{len(steps())}-{size}.db"  # of another version, it would be brought up to date first
    if not path.exists():
        with TemporaryDirectory(prefix="growth-", dir=folder) as unfinished:
            _make(Path(unfinished, path.name), size, tell)
            Path(unfinished, path.name).rename(path)
    return path


def last_words(size: int) -> str:
    """What the newest message in the lobby ends with."""
    return f"({_number_of_last(size)})"


def _number_of_last(size: int) -> int:
    """Messages of even numbers are the lobby's."""
    return (size - 1) // 2 * 2


def _make(path: Path, size: int, tell: Tell) -> None:
    lock = prepare(path)
    try:
        connection = reconnect(path, write=True)
        connection.execute("PRAGMA synchronous = OFF")  # if this breaks off, it begins anew
        connection.execute("PRAGMA cache_size = -200000")
        writer = SqliteWriter(connection)
        _store(writer, size, tell)
        _index(writer, size, tell)
        writer.close()
    finally:
        lock.release()


def _store(writer: SqliteWriter, size: int, tell: Tell) -> None:
    said = _messages(size)
    ends: dict[str, int] = {}
    done = 0
    while some := list(islice(said, _AT_ONCE)):
        logs: dict[str, list[Message]] = {}
        for log, message in some:
            logs.setdefault(log, []).append(message)
        writer.append([Append(log, ends.get(log, 0) + 1, messages) for log, messages in logs.items()])
        ends |= {log: ends.get(log, 0) + len(messages) for log, messages in logs.items()}
        done += len(some)
        if done % 1_000_000 == 0:
            tell(f"{done:,} of {size:,} messages stored")


def _index(writer: SqliteWriter, size: int, tell: Tell) -> None:
    told = size
    while left := writer.index_some(_INDEXED_AT_ONCE):
        if told - left >= 1_000_000:
            told = left
            tell(f"{size - left:,} of {size:,} messages indexed")


def _messages(size: int) -> Iterator[tuple[str, Message]]:
    """Each with the log that it is for."""
    chance = Random(size)
    texts = _texts(chance)
    begin = time() - size * SECONDS_APART
    rare = {_number_of_last(size) * part // RARELY // 2 * 2 for part in range(1, RARELY + 1)}
    for number in range(size):
        person = chance.randrange(PEOPLE)
        text = f"{texts[chance.randrange(_TEXTS)]}{f' {RARE}' if number in rare else ''} ({number})"
        log = f"#room{number % ROOMS}" if number % 2 else LOBBY
        cid = f"{number}" if person % 2 else None  # every other one talks by way of a program
        yield log, Message(Kind.SAID, f"person{person}", text, begin + number * SECONDS_APART, person, 0, cid=cid)


def _texts(chance: Random) -> list[str]:
    """Of 60 to 90 letters. The words that are common are so as in a language: the k-th is said 1 / k as often."""
    languages = [
        ["".join(chance.choices(each, k=chance.randint(3, 8))) for _ in range(_VOCABULARY)] for each in _LETTERS
    ]
    weights = [*accumulate(1 / (rank + 10) for rank in range(_VOCABULARY))]
    return [
        " ".join([COMMON, *chance.choices(chance.choice(languages), cum_weights=weights, k=12)]) for _ in range(_TEXTS)
    ]

"""Pages of the database that are lost, elsewhere, or another's, and bits that change: no tool and no server is silent about it.

A page that was written to the wrong place is whole by itself, and passes for what it is a copy of.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from pathlib import Path
from random import Random

import pytest

from chatd.command.program import run
from chatd.events import Kind
from chatd.storage.contract import Retention, StoreError
from chatd.storage.database import prepare
from tests.faults.dumps import Dump, dump
from tests.faults.states import Fate, State, fate
from tests.runs import running
from tests.test_sqlite import ALI, SAID_AT, SARA, SESSION

PAGE = 4096
INDEX = "sqlite_autoindex_entry_1"
LINE = 420
"""Characters of the longest line that anybody is told: a path, a sentence, and what is quoted in it."""


def fill(path: Path) -> None:
    """Two rooms and two boxes of several pages; somebody of everything; some of it dropped, some of it not indexed yet."""
    with running(path) as server:
        for number in range(40):
            server.say(f"one{number} {'x ' * 80}", log="#a", cid=f"one{number}")
            server.say(f"two{number} {'y ' * 50}", log="#b", cid=f"two{number}", person=8, name="sara")
            if number % 4 == 0:
                server.say(f"pm{number}", log="@7", kind=Kind.SENT, to="sara", cid=f"pm{number}")
                server.say(f"pm{number}", log="@8", kind=Kind.TOLD, to="sara", cid=f"pm{number}")
        server.writer.describe("#a", "#A", "topic")
        server.writer.keep_account(ALI)
        server.writer.keep_account(SARA)
        server.writer.keep_session(SESSION)
        server.writer.index_some(60)
        server.writer.prune(Retention(messages=30), SAID_AT + 100)
        server.say("last", log="#b", cid="last")


@dataclass(frozen=True)
class Original:
    """A whole database, and all that is in it."""

    content: bytes
    known: Dump
    state: State
    index: int
    """The page of the index by which messages are found."""

    @property
    def texts(self) -> dict[tuple[str, int], str]:
        """What was said, by its place."""
        return {(log, entry.id): entry.text for log, entries in self.known.logs.items() for entry in entries}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    """Read once."""
    path = tmp_path_factory.mktemp("original") / "chatd.db"
    fill(path)
    return read(path)


def read(path: Path) -> Original:
    """What there is in this database."""
    known = dump(path)
    with closing(sqlite3.connect(path)) as connection:
        (index,) = connection.execute("SELECT rootpage - 1 FROM sqlite_schema WHERE name = ?", (INDEX,)).fetchone()
    return Original(path.read_bytes(), known, State.of(path, known, []), index)


@dataclass(frozen=True)
class Spoiled:
    """A damaged copy, and what was done to it."""

    how: str
    content: bytes


def page(number: int) -> slice:
    """Where the page of this number is, from 0 on."""
    return slice(number * PAGE, (number + 1) * PAGE)


def replaced(content: bytes, to: int, source: int) -> Spoiled:
    """A page in the place of another one."""
    spoiled = bytearray(content)
    spoiled[page(to)] = content[page(source)]
    return Spoiled(f"page {to} is a copy of page {source}", bytes(spoiled))


def copies(content: bytes) -> Iterator[Spoiled]:
    """Each page in the place of each other one."""
    for to, source in permutations(range(len(content) // PAGE), 2):
        yield replaced(content, to, source)


def swaps(content: bytes) -> Iterator[Spoiled]:
    """Two pages in each other's place."""
    for to, source in permutations(range(1, len(content) // PAGE), 2):
        if to < source:
            spoiled = bytearray(replaced(content, to, source).content)
            spoiled[page(source)] = content[page(to)]
            yield Spoiled(f"pages {to} and {source} have changed places", bytes(spoiled))


def losses(content: bytes) -> Iterator[Spoiled]:
    """Each page empty, or its first sector; and the file cut short."""
    for number in range(len(content) // PAGE):
        for size in (512, PAGE):
            spoiled = bytearray(content)
            spoiled[number * PAGE : number * PAGE + size] = bytes(size)
            yield Spoiled(f"{size} bytes of page {number} are zero", bytes(spoiled))
        if number:
            yield Spoiled(f"page {number} and what follows is cut off", content[: number * PAGE])


def flips(content: bytes, count: int, seed: int) -> Iterator[Spoiled]:
    """One bit anywhere, or some bytes of a page, more often where it begins."""
    chance = Random(seed)
    for number in range(count):
        spoiled = bytearray(content)
        start = PAGE * chance.randrange(len(content) // PAGE)
        for _ in range(1 + number % 4):
            at = start + chance.randrange(chance.choice([100, PAGE]))
            spoiled[at] ^= 1 << chance.randrange(8)
        yield Spoiled(f"{1 + number % 4} bits around {start}, seed {seed}, number {number}", bytes(spoiled))


def some(kind: Callable[[bytes], Iterator[Spoiled]], count: int, content: bytes) -> Iterator[Spoiled]:
    """As many of them as there is time for."""
    yield from Random(1).sample(list(kind(content)), count)


class Tools:
    """What ``chatd`` says of a database, and that it says it in lines."""

    def __init__(self, path: Path, captured: pytest.CaptureFixture[bytes]) -> None:
        self._path, self._captured = path, captured

    def says(self, command: str, *options: str) -> tuple[int, str, list[str]]:
        """The exit status, the output, and the lines about it."""
        status = run([command, str(self._path), *options])
        out, err = (each.decode("utf-8") for each in self._captured.readouterr())
        lines = err.splitlines() if command == "export" else (out + err).splitlines()
        assert all(len(line) <= LINE and line.isprintable() and "\\x0a" not in line for line in lines), lines
        return status, out, lines


def exports_all(output: str, status: int, said: list[str], original: Original) -> None:
    """Each message is there once, as it was said, or is marked; and nobody can take a part for all of it."""
    lines = [json.loads(line) for line in output.splitlines()]
    whole = [(line["room"], line["id"]) for line in lines if not line.get("damaged")]
    marked = {(line["room"], line["id"]) for line in lines if line.get("damaged")}
    assert len(set(whole)) == len(whole)
    assert all(original.texts.get((line["room"], line["id"])) == line["text"] for line in lines if "text" in line)
    missing = original.texts.keys() - set(whole)
    assert bool(said) == bool(status)
    assert status or not (missing or marked)
    assert status != 1 or missing <= marked or said[-1].endswith("none is known to be. 'chatd check' tells more.")


def starts(path: Path, original: Original, sound: bool) -> None:
    """Or is refused, in a line. What is served is what was said, or is marked."""
    content = path.read_bytes()
    try:
        prepare(path).release()
    except StoreError as refusal:
        refused = str(refusal)
    else:
        refused = ""
        path.write_bytes(content)
        became = fate(path, original.known, original.state)
        assert became is not Fate.SILENT
        assert not sound or became in (Fate.HARMLESS, Fate.MENDED)
    assert not (refused and sound)
    assert len(refused) <= LINE
    assert refused.isprintable()


@pytest.mark.parametrize(
    "kind",
    [partial(some, copies, 120), partial(some, swaps, 50), losses, partial(flips, count=80, seed=1)],
    ids=["copies", "swaps", "losses", "flips"],
)
def test_nothing_that_is_spoiled_passes_for_all_of_it(
    tmp_path: Path,
    original: Original,
    capfdbinary: pytest.CaptureFixture[bytes],
    kind: Callable[[bytes], Iterator[Spoiled]],
) -> None:
    """A check, an export and a start each say so, in a line, and end; what they do not complain about is as it was."""
    tools = Tools(tmp_path / "chatd.db", capfdbinary)
    verdicts = set()
    for spoiled in kind(original.content):
        with put(spoiled, tmp_path) as path:
            checked, _, _ = tools.says("check")
            status, output, said = tools.says("export", "--private")
            exports_all(output, status, said, original)
            assert checked or not status, "export found what check did not"
            starts(path, original, sound=checked == 0)
        verdicts.add(checked)
    assert 1 in verdicts


def test_a_page_of_an_earlier_day_does_not_pass_for_todays(
    tmp_path: Path, original: Original, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Its last write was lost, or a copy was made while the server wrote. Rows that an index still knows stop the start."""
    with put(Spoiled("more was said", original.content), tmp_path) as path:
        earlier, later = (said_more(path, day) for day in ("yesterday", "today"))
    tools, refused = Tools(path, capfdbinary), 0
    for spoiled in stale(earlier.content, later.content):
        with put(spoiled, tmp_path):
            checked, _, _ = tools.says("check")
            exported, _, _ = tools.says("export")
            starts(path, later, sound=checked == 0)
            if b"today3" not in spoiled.content:
                assert checked == exported == 1
                assert refuses(path, "rows of its table entry are missing")
                refused += 1
    assert refused


def said_more(path: Path, day: str) -> Original:
    """A few messages in one room, and all there is then."""
    with running(path) as server:
        for number in range(4):
            server.say(f"{day}{number}", log="#a")
    return read(path)


def stale(earlier: bytes, later: bytes) -> Iterator[Spoiled]:
    """Each page that has changed, as it was before."""
    for number in range(1, len(earlier) // PAGE):
        if earlier[page(number)] != later[page(number)]:
            spoiled = bytearray(later)
            spoiled[page(number)] = earlier[page(number)]
            yield Spoiled(f"page {number} is of an earlier day", bytes(spoiled))


def refuses(path: Path, why: str) -> bool:
    """Whether this is what a start says."""
    with pytest.raises(StoreError) as refusal:
        prepare(path)
    return why in str(refusal.value)


@contextmanager
def put(spoiled: Spoiled, folder: Path) -> Iterator[Path]:
    """The file, alone in this folder. What fails with it says what was done to it."""
    for left in os.listdir(folder):
        (folder / left).unlink()
    path = folder / "chatd.db"
    path.write_bytes(spoiled.content)
    try:
        yield path
    except BaseException as error:
        error.add_note(spoiled.how)
        raise


class Torn:
    """An export of a database in which leaves of the messages' table are not what they were."""

    def __init__(self, folder: Path, original: Original, captured: pytest.CaptureFixture[bytes]) -> None:
        self._folder, self._original = folder, original
        self._tools = Tools(folder / "chatd.db", captured)
        pages = range(len(original.content) // PAGE)
        self.leaves = [number for number in pages if original.content[page(number)].count(b"said") > 10]
        assert len(self.leaves) > 3
        self._whole = self._exported(original.content, 0)

    def loses(self, content: bytes, how: str) -> int:
        """How many messages are lost; each has a mark. All others stand as they were, in their order."""
        with put(Spoiled(how, content), self._folder):
            lines = self._exported(content, 1)
            lost = [json.loads(line) for line in self._whole if line not in lines]
            marks = [json.loads(line) for line in lines if line not in self._whole]
            assert [line for line in lines if line in self._whole] == [line for line in self._whole if line in lines]
            assert {(line["room"], line["id"]) for line in marks} == {(line["room"], line["id"]) for line in lost}
            assert all(mark["damaged"] for mark in marks)
        return len(lost)

    def _exported(self, content: bytes, status: int) -> list[str]:
        (self._folder / "chatd.db").write_bytes(content)
        found, output, _ = self._tools.says("export", "--private")
        assert found == status
        return output.splitlines()


@pytest.fixture
def torn(tmp_path: Path, original: Original, capfdbinary: pytest.CaptureFixture[bytes]) -> Torn:
    """Exports."""
    return Torn(tmp_path, original, capfdbinary)


def test_messages_under_another_page_are_marked_one_by_one(torn: Torn, original: Original) -> None:
    """The rest is met in disorder, and some of it twice; that is not to be seen."""
    for to, source in permutations(torn.leaves, 2):
        spoiled = replaced(original.content, to, source)
        assert 0 < torn.loses(spoiled.content, spoiled.how) < 30


def test_messages_that_stand_elsewhere_are_not_lost(torn: Torn, original: Original) -> None:
    """Who looks for them misses them, but a walk through the table meets them."""
    for spoiled in swaps(original.content):
        if set(map(int, spoiled.how.split()[1:4:2])) <= set(torn.leaves):
            assert torn.loses(spoiled.content, spoiled.how) == 0


@pytest.mark.parametrize("index", [True, False], ids=["with an index", "without"])
def test_messages_behind_a_page_that_cannot_be_read_are_not_lost(torn: Torn, original: Original, index: bool) -> None:
    """If there is no index to tell where they are, a few may be passed over; they are marked, but for the end."""
    for leaf in torn.leaves if index else torn.leaves[:-1]:
        spoiled = bytearray(original.content)
        spoiled[page(leaf)] = bytes(PAGE)
        if not index:
            spoiled[page(original.index)] = bytes(PAGE)
        assert 0 < torn.loses(bytes(spoiled), f"page {leaf} is zero") < (30 if index else 60)

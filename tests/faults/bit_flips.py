"""Bits that change in the database file while nobody looks: what is noticed, where, and how.

Most are turned in copies that the store alone opens and reads; some in messages that the server itself then has to show.
Knows the store's way to open and read a file. Must not know its pages.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from chatd.storage import database
from tests.faults.dumps import Dump, Entry, dump
from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import program
from tests.faults.running import HOST, NotStarted, Server, end, free_port, serving
from tests.faults.states import Fate, State, fate
from tests.faults.witnesses import Witnesses

TITLE = "bits of the database file are turned over, one in each copy of it, and the copies are served"
PROMISE = (
    "what is not as it was written is refused at the start; or mended, if it can be; or found by its checksum, reported "
    "with its room and id, and shown as a marked hole. Nothing wrong passes for right (SILENT is 0)"
)

OTHERS = "sara"
"""Who has an account, and does nothing but set a topic."""


def run(setting: Setting) -> Outcome:
    """A history with a bit of everything in it, and many copies of it."""
    original = _history(setting)
    bits, shown = (3_000, 20) if setting.long else (100, 2)
    fates, violations = _turn_anywhere(setting, original, bits)
    # Every file is large, and so is what nobody has looked at: none of its messages are among the newest.
    with patch.object(database, "LARGE_BYTES", 0), patch.object(database, "is_end_whole", lambda _: True):
        large, more = _turn_anywhere(setting, original, bits)
    violations += more + _turn_in_messages(setting, original, shown)
    of_large = {f"of large files, {what}": count for what, count in large.items()}
    return Outcome({"bits": bits, **fates, **of_large, "holes shown by the server": shown}, violations)


def _history(setting: Setting) -> Path:
    """A database file in which witnesses, and an account, have talked."""
    port = free_port(setting.random)
    with serving(setting.folder / "server", port, "--flood", "0") as server:
        where, records = (HOST, port), setting.folder / "records"
        with Witnesses(where, 6, records, setting.random, pause=0) as crowd:
            crowd.await_here()
            crowd.talk()
            with program(where, user_id=OTHERS) as sara:
                sara.asks("claim", password="four words are better")
                sara.asks("topic", text="what bits are made of")
                sara.hears("topic")
            crowd.await_acks(1500 if setting.long else 200)
            crowd.settle()
    return server.database


def _turn_anywhere(setting: Setting, original: Path, bits: int) -> tuple[dict[str, int], list[str]]:
    """Each bit of the file is as likely as another. How often each fate came about, and the violations."""
    fates: Counter[Fate] = Counter()
    violations: list[str] = []
    known = dump(original)
    whole = State.of(original, known, [])
    for number in range(1, bits + 1):
        bit = setting.random.randrange(original.stat().st_size * 8)
        became = fate(_copy(original, setting.folder / "turned", [bit // 8], 1 << bit % 8), known, whole)
        fates[became] += 1
        if became is Fate.SILENT:
            violations.append(f"Bit {bit} of {original} was turned over, and nobody noticed.")
        if number % 1000 == 0:
            setting.say(f"{number:,} bits turned over")
    return {each.value: fates[each] for each in Fate}, violations


def _copy(original: Path, folder: Path, places: list[int], mask: int) -> Path:
    """A copy, alone in its folder, in which these bits of the bytes at these places are turned over."""
    folder.mkdir(exist_ok=True)
    for left in folder.iterdir():
        left.unlink()
    content = bytearray(original.read_bytes())
    for place in places:
        content[place] ^= mask
    copy = folder / "chatd.db"
    copy.write_bytes(content)
    return copy


def _turn_in_messages(setting: Setting, original: Path, times: int) -> list[str]:
    """One bit in the text of a message, and then all of the room is asked for over the wire."""
    whole = dump(original)
    violations: list[str] = []
    for number in range(times):
        message = setting.random.choice(whole.logs["#lobby"])
        places = _places(original.read_bytes(), message.text.encode())
        copy = _copy(original, setting.folder / f"shown{number}", places, 1)
        server = Server(copy.parent, free_port(setting.random))
        try:
            violations += _look(server.await_listening(), whole, message)
        except NotStarted as refusal:
            violations.append(f"With a turned bit in message {message.id} it did not start: {refusal}")
        finally:
            end(server)
    return violations


def _places(content: bytes, text: bytes) -> list[int]:
    """Where a text stands in the file, old copies included: the places of a letter in its middle."""
    parts = content.split(text)[:-1]
    places, at = [], 0
    for part in parts:
        at += len(part)
        places.append(at + len(text) // 2)
        at += len(text)
    return places


def _look(server: Server, whole: Dump, damaged: Entry) -> Iterator[str]:
    """What is wrong with the history that somebody is shown who reads all of it."""
    with program((HOST, server.port), user_id="reader", rooms=[]) as reader:
        reader.asks("resume", room="#lobby", epoch=reader.answer["epoch"], after=0)
        shown = {line["id"]: line["text"] for line in _until(reader.hear("chat", "users"), "users")}
    for entry in whole.logs["#lobby"]:
        text = shown.get(entry.id)
        if entry.id == damaged.id and text != f"[message {entry.id} is damaged on disk]":
            yield f"The damaged message {entry.id} was shown as {text!r}."
        if entry.id != damaged.id and text != entry.text:
            yield f"Message {entry.id} is not damaged, and was shown as {text!r}."
    if server.log.count(f"Message {damaged.id} of #lobby is damaged on disk") != 1:
        yield f"The log does not say once that message {damaged.id} of #lobby is damaged."


def _until(lines: Iterator[dict[str, object]], type: str) -> Iterator[dict[str, object]]:
    for line in lines:
        if line["type"] == type:
            return
        yield line

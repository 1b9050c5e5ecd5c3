"""The reference: a small program of the server's kind, against which its cost is measured.

Knows nothing of chatd, and must never change: every ceiling is a ratio to it.
"""

STEPS = 1000
"""What is done in one call of :func:`run`: so many lines are taken in, and handed on."""
_READERS = 8


class _Reader:
    """Keeps what it is given until somebody asks."""

    __slots__ = ("given", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.given: list[bytes] = []

    def take(self, data: bytes) -> int:
        self.given.append(data)
        return len(data)


class _Room:
    """Splits a line, looks up who said it, and hands it to all who read."""

    __slots__ = ("last", "readers", "seen")

    def __init__(self, readers: list[_Reader]) -> None:
        self.readers = {reader.name: reader for reader in readers}
        self.seen: dict[str, int] = {}
        self.last = 0

    def hear(self, line: bytes) -> int:
        name, _, text = line.decode().partition(" ")
        self.last += 1
        self.seen[name] = self.seen.get(name, 0) + 1
        data = b"".join((name.encode(), b": ", text.strip().encode(), b"\n"))
        return self._hand_on(name, data)

    def _hand_on(self, name: str, data: bytes) -> int:
        handed = 0
        for reader in self.readers.values():
            if reader.name != name:
                handed += reader.take(data)
        return handed


def run() -> None:
    """Do :data:`STEPS` of it, anew each time."""
    room = _Room([_Reader(f"reader{index}") for index in range(_READERS)])
    lines = [b"reader%d salam, this is what is said as number %d" % (index % _READERS, index) for index in range(100)]
    for _ in range(STEPS // 100):
        for line in lines:
            room.hear(line)
        for reader in room.readers.values():
            b"".join(reader.given)
            reader.given.clear()

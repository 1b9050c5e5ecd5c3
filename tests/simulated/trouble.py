"""What goes wrong in a simulation: cuts, kills, full disks, slow readers, clocks that are set, old backups put back.

Must not know what people say, or what is promised to them.
"""

from collections.abc import Callable, Sequence
from typing import Any

from chatd.storage.contract import YOUNG_SECONDS, Retention
from tests.simulated.member import Member
from tests.simulated.surroundings import Somebody, Surroundings
from tests.worlds import NOON

KERNEL_NOTICES = 120.0
"""Seconds after which the server's kernel finds out that nobody is there (see chatd.protocols.sockets)."""
NOTICES = (0, 0.05, 1.0, 20.0)


class Trouble:
    """Everything that can fail."""

    def __init__(self, around: Surroundings) -> None:
        self.wrong_by = 0.0
        """How far the time of day has been set wrong, in seconds."""
        self._around = around
        self._chance = around.chance
        self._kinds: list[tuple[Callable[[Sequence[Member], Sequence[Somebody]], None], int]] = [
            (self._cut, 6),
            (self._stall, 4),
            (self._part, 2),
            (self._kill_server, 3),
            (self._restart_server, 1),
            (self._fill_disk, 3),
            (self._break_disk, 1),
            (self._fog, 1),
            (self._wear_out, 2),
            (self._kill_client, 1),
            (self._set_clock, 1),
            (self._prune, 2),
            (self._prune_behind_a_reader, 2),
            (self._put_backup_back, 1),
        ]

    def strike(self, members: Sequence[Member], outsiders: Sequence[Somebody]) -> None:
        """Something goes wrong, or is right again."""
        kinds, weights = zip(*self._kinds, strict=True)
        self._chance.choices(kinds, weights)[0](members, outsiders)

    def end(self, members: Sequence[Member], outsiders: Sequence[Somebody]) -> None:
        """Nothing is wrong any more."""
        around = self._around
        around.tell("the world", "calms down")
        around.unreachable.clear()
        around.disk.full = around.disk.broken = False
        around.disk.ambush = None
        around.disk.unreadable = around.disk.slowness = 0.0
        everybody: list[Somebody] = [*members, *outsiders]
        for reader in everybody:
            reader.read(True)
        around.server.start()

    def _cut(self, *_: Sequence[Any]) -> None:
        """A cable is cut, with what is in it; each end notices soon, late or never."""
        lines = [line for line in self._around.lines if line.server_end and not line.cut]
        if not lines:
            return
        line = self._chance.choice(lines)
        # Where nobody looks for signs of life, as our clients and the server do, the kernel does in the end.
        client = self._chance.choice((*NOTICES, None if line.watched else KERNEL_NOTICES))
        server = self._chance.choice((*NOTICES, None if line.watched else KERNEL_NOTICES))
        self._around.tell(
            "the network",
            f"cuts the line of {line.whose}, whose end notices after {client} s, the server after {server} s",
        )
        self._around.counts["cuts"] += 1
        self._around.counts["cuts_with_bytes_in_flight"] += bool(line.up.in_flight or line.down.in_flight)
        self._around.counts["half_open"] += server in (None, KERNEL_NOTICES)
        line.sever(client, server)

    def _stall(self, members: Sequence[Member], outsiders: Sequence[Somebody]) -> None:
        """Somebody reads nothing, or reads on."""
        everybody: list[Somebody] = [*members, *outsiders]
        reader = self._chance.choice(everybody)
        self._around.counts["stalls"] += not reader.slow
        reader.read(reader.slow)

    def _part(self, members: Sequence[Member], _: Sequence[Somebody]) -> None:
        """Somebody cannot reach the server, or can again."""
        address = self._chance.choice(members).address
        self._around.unreachable ^= {address}

    def _kill_server(self, *_: Sequence[Any]) -> None:
        """Now, or as soon as something is on the disk that nobody has been told of."""
        if self._chance.random() < 0.5:
            self._around.disk.ambush = self._kill
        else:
            self._kill()

    def _kill(self) -> None:
        self._around.server.kill()
        self._later(self._start)

    def _restart_server(self, *_: Sequence[Any]) -> None:
        self._around.counts["restarts"] += self._around.server.accepting
        self._around.server.stop(lambda: self._later(self._start))

    def _fill_disk(self, *_: Sequence[Any]) -> None:
        """The disk is full, or has room again."""
        disk = self._around.disk
        disk.full = not disk.full
        self._around.tell("the disk", "is full" if disk.full else "has room again")

    def _break_disk(self, *_: Sequence[Any]) -> None:
        """What is written next fails; the server stops, and the next one has another disk with the same on it."""
        self._around.disk.broken = True

    def _fog(self, *_: Sequence[Any]) -> None:
        """Some of what is read cannot be, or everything can again."""
        disk = self._around.disk
        disk.unreadable = 0.0 if disk.unreadable else 0.3

    def _wear_out(self, *_: Sequence[Any]) -> None:
        """What was said before takes long to be read, or is read quickly again."""
        disk = self._around.disk
        disk.slowness = 0.0 if disk.slowness else self._chance.choice((0.3, 2.0))
        self._around.counts["slow_disks"] += disk.slowness > 0

    def _kill_client(self, members: Sequence[Member], _: Sequence[Somebody]) -> None:
        self._chance.choice(members).be_killed(forget=self._chance.random() < 0.3)

    def _set_clock(self, *_: Sequence[Any]) -> None:
        self._around.counts["clock_steps"] += 1
        self.wrong_by = self._chance.choice((0.0, 3600.0, -3600.0))

    def _prune(self, *_: Sequence[Any]) -> None:
        """Much less is kept for once, as if some minutes had passed."""
        now = NOON + self._around.time.seconds() + self._chance.choice((0.0, 2 * YOUNG_SECONDS))
        retention = Retention(self._chance.choice((None, 30.0)), self._chance.choice((1, 5, 20)))
        self._around.tell("the disk", f"keeps no more than {retention}")
        self._around.disk.prune(retention, now)

    def _prune_behind_a_reader(self, members: Sequence[Member], outsiders: Sequence[Somebody]) -> None:
        """Somebody reads nothing for a moment, and what they have missed in it is kept no more."""
        everybody: list[Somebody] = [*members, *outsiders, *outsiders]
        reader = self._chance.choice(everybody)
        time = self._around.time
        reader.read(False)
        time.callLater(5.0, self._prune)
        time.callLater(6.0, reader.read, True)

    def _put_backup_back(self, *_: Sequence[Any]) -> None:
        """A backup is made; or an old one is put in the place of what the server has."""
        if self._chance.random() < 0.5:
            self._around.disk.back_up()
            return
        self._around.server.kill()
        self._around.counts["backups_put_back"] += 1
        self._around.tell("the disk", "is another one")
        self._around.disk.put_back()
        self._later(self._start)

    def _start(self) -> None:
        self._around.disk.broken = False
        self._around.server.start()

    def _later(self, what: Callable[[], None]) -> None:
        self._around.time.callLater(self._chance.choice((0.1, 2.0, 20.0)), what)

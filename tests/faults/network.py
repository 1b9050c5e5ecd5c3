"""The network between a server and its people, bad and cut. Knows the cable, and who watches; not the chat's inside."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import sleep

from tests.faults.cable import CALM, SERVER, Cable, Way, Weather, cabled
from tests.faults.checker import check
from tests.faults.dumps import Dump, dump
from tests.faults.namespaces import Machine
from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import Where, eventually, program
from tests.faults.records import Kind
from tests.faults.running import HOST, Server, end, free_port
from tests.faults.witnesses import Witnesses

TITLE = "a network that loses, delays, repeats and swaps frames, and is cut in either direction while everybody talks"
PROMISE = (
    "P1 to P7; who is cut off for longer than --silence goes on with a session; lines are whole however they are cut up"
)

STORM = Weather(delay=0.002, jitter=0.01, loss=0.02, repeat=0.02)
SILENCE = 2
"""Seconds until a program that says nothing is dropped; some cuts are longer, some shorter."""
IN_BYTES = "#bytes"
"""Where somebody talks whose every byte is a segment of its own."""


def run(setting: Setting) -> Outcome:
    """Let people on both sides of the cable talk, and be at it."""
    cuts = [setting.random.uniform(0.1, 2.0 * SILENCE) for _ in range(25)] if setting.long else [0.3, 1.2 * SILENCE]
    port = free_port(setting.random)
    with cabled(setting.random) as (at_server, at_client, cable):
        near = _crowd(setting, "near", at_server, (HOST, port))
        far = _crowd(setting, "far", at_client, (SERVER, port))
        with served(setting, at_server, port, "--ping", "1", "--silence", str(SILENCE)) as server, near, far:
            for crowd in (near, far):
                crowd.await_here()
                crowd.talk(4)
            cable.weather = STORM
            said = at_client.do(_talk_in_bytes, (SERVER, port), 100 if setting.long else 8)
            for seconds in cuts:
                _cut(cable, setting.random.choice((Way.TO_SERVER, Way.TO_CLIENT, Way.BOTH)), seconds)
                far.await_acks(20)
            cable.weather = CALM
            settled = _settle(near, far)
        log = dump(server.database)
    counts = {"cuts": len(cuts), "sent in single bytes": len(said), **_counts(log, near, far), **_carried(cable)}
    violations = check([*near.records, *far.records], [_without(IN_BYTES, log)])
    violations += [] if settled else ["Not everybody had heard everything half a minute after the last cut."]
    if (heard := [entry.text for entry in log.logs[IN_BYTES]]) != said:
        violations.append(f"What was sent in single bytes is {heard}.")
    return Outcome(counts, violations)


@contextmanager
def served(
    setting: Setting, machine: Machine, port: int, *options: str, before: Sequence[str] = ()
) -> Iterator[Server]:
    """A server on this machine, which people on both sides of the cable can come to."""
    listen = ("--listen", f"tcp:{port}:interface={SERVER}", "--flood", "0")
    server = machine.do(Server, setting.folder / "server", port, *listen, *options, before=before)
    try:
        yield server.await_listening()
    finally:
        end(server)


def _crowd(setting: Setting, name: str, machine: Machine, where: Where) -> Witnesses:
    folder = setting.folder / name
    return Witnesses(where, 4, folder, setting.random, names=name, silence=SILENCE, enter=machine.enter)


def _talk_in_bytes(where: Where, lines: int) -> list[str]:
    """Somebody says so much, each byte in a segment of its own; what they were told is acknowledged."""
    said = [f"سلام {number}" for number in range(lines)]
    with program(where, user_id="bytes", rooms=[IN_BYTES]) as peer:
        for number, text in enumerate(said):
            line = f'{{"type": "chat", "room": "{IN_BYTES}", "text": "{text}", "cid": "{number}"}}\n'.encode()
            for at in range(len(line)):
                peer.socket.send(line[at : at + 1])
            peer.hears("ack")
    return said


def _cut(cable: Cable, way: Way, seconds: float) -> None:
    cable.cut(way)
    sleep(seconds)
    cable.mend()


def _settle(*crowds: Witnesses) -> bool:
    """Everybody falls silent, and has heard what those on the other side said as well."""

    def agree() -> bool:
        positions = [one.positions for crowd in crowds for one in crowd.people]
        return all(len({heard.get(room) for heard in positions}) == 1 for room in ("#lobby", "#dev"))

    return all(crowd.settle() for crowd in crowds) and eventually(agree)


def _without(room: str, log: Dump) -> Dump:
    """What the witnesses said."""
    return replace(log, logs={name: entries for name, entries in log.logs.items() if name != room})


def _counts(log: Dump, *crowds: Witnesses) -> dict[str, int]:
    kinds = {"acks": Kind.ACKED, "heard": Kind.HEARD, "connections lost": Kind.CUT, "resumed": Kind.RESUMED}
    return {"messages": log.messages} | {
        name: sum(crowd.count(kind) for crowd in crowds) for name, kind in kinds.items()
    }


def _carried(cable: Cable) -> dict[str, int]:
    return {"frames": cable.carried, "lost": cable.lost, "repeated": cable.repeated, "swapped": cable.swapped}

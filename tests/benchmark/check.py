"""What the benchmark's clients say, and whether everybody heard it all, once, in one order.

Knows lines and rounds. Must not know sockets, servers or clocks.

A *round* is one message of every client. Nobody says message k+1 before having heard message k of all others, so the
room's log is a row of whole rounds, and a client's stream is the log without the client's own lines. All lines have the
same length, so a stream is a grid, and comparing is slicing. See docs/benchmark.rst for the reasoning.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

FEWEST_CLIENTS = 3
"""With fewer, nobody hears two others, and there is no order to agree on."""
MOST_CLIENTS = 2_000
"""A round is held in memory until all have heard it: 464 MB of them."""
TEXT_BYTES = 100
STAMP_BYTES = len("[00:00] ")
LINE_BYTES = STAMP_BYTES + len("b0000: ") + TEXT_BYTES + len("\n")
"""A message as it is shown to the others."""

_HEAD = b"%05d %010d %020d "
_FILLING = b"the quick brown fox jumps over the lazy dog and runs on and on"
_SENT_AT_BEGINS = LINE_BYTES - len("\n") - TEXT_BYTES + len("00000 0000000000 ")
_SENT_AT = slice(_SENT_AT_BEGINS, _SENT_AT_BEGINS + 20)
_STAMP = re.compile(rb"\[\d\d:\d\d\] ")


class Fault(Exception):
    """The server did not do what a chat server is there for. The text is one sentence about what was found."""


def name(client: int) -> bytes:
    """What a client is called: five characters for all of them."""
    return b"b%04d" % client


def message(client: int, number: int, sent_at: int) -> bytes:
    """The text of a client's message ``number``, said at ``sent_at`` (monotonic nanoseconds): 100 bytes."""
    return (_HEAD % (client, number, sent_at) + _FILLING)[:TEXT_BYTES]


def shown(client: int, text: bytes) -> bytes:
    """How the others see that text, without the time of day before it."""
    return b"%b: %b\n" % (name(client), text)


def sent_at(line: bytes | bytearray) -> int | None:
    """When a line of the grid was said, in monotonic nanoseconds; ``None`` if it is not a message."""
    digits = line[_SENT_AT]
    return int(digits) if digits.isdigit() else None


def on_the_grid(stream: bytes | bytearray, lines: int) -> bool:
    """Whether the first ``lines`` lines of a stream all begin like a message and have its length."""
    end = lines * LINE_BYTES
    return stream[:end:LINE_BYTES] == b"[" * lines and stream[LINE_BYTES - 1 : end : LINE_BYTES] == b"\n" * lines


def without_notices(stream: bytes) -> bytes:
    """The stream without its finished lines of news (``* ali joined.``), which may stand between any two messages."""
    lines = stream.splitlines(keepends=True)
    return b"".join(line for line in lines if not (line.startswith(b"* ") and line.endswith(b"\n")))


def agrees(said: Sequence[bytes], heard: Sequence[bytes]) -> bool:
    """Whether every client heard every other one exactly once, all in one order, and nothing else.

    Args:
        said: what each client said in this round, as :func:`shown`.
        heard: what each client received in this round.
    """
    log = _log(said, heard)
    places = _places(log, said)
    if places is None:
        return False
    return all(
        len(stream) == len(log) - LINE_BYTES
        and stream.startswith(log[: at * LINE_BYTES])
        and stream.endswith(log[(at + 1) * LINE_BYTES :])
        for stream, at in zip(heard, places, strict=True)
    )


def _log(said: Sequence[bytes], heard: Sequence[bytes]) -> bytes:
    """The round as the room saw it, learnt from three clients; whatever comes out is compared with all of them.

    It is the first client's stream with its own line put in where the second one heard it. Where the second one's own
    line lies, only the third one can tell.
    """
    first, second, third = heard[:3]
    start = max(second.find(said[0]) - STAMP_BYTES, 0)
    line = second[start : start + LINE_BYTES]
    if third.find(said[1]) < third.find(said[0]):
        start += LINE_BYTES
    return first[:start] + line + first[start:]


def _places(log: bytes, said: Sequence[bytes]) -> list[int] | None:
    """Where each client's line lies in the log, counted in lines; ``None`` unless every one is there exactly once."""
    speakers = {line: client for client, line in enumerate(said)}
    places = [-1] * len(said)
    for at, start in enumerate(range(0, len(log), LINE_BYTES)):
        client = speakers.pop(log[start + STAMP_BYTES : start + LINE_BYTES], None)
        if client is None:
            return None
        places[client] = at
    stamps = {log[start : start + STAMP_BYTES] for start in range(0, len(log), LINE_BYTES)}
    return places if not speakers and all(map(_STAMP.fullmatch, stamps)) else None


def complaint(said: Sequence[bytes], heard: Mapping[int, bytes]) -> str | None:
    """What is wrong with a round, as a sentence; ``None`` if nothing is.

    Slow, and works with unfinished rounds too, where it tells who has not heard whom.

    Args:
        said: what each client said, as :func:`shown`; empty if it has not spoken.
        heard: what clients received, by number.
    """
    speakers = {line: client for client, line in enumerate(said) if line}
    orders: dict[int, list[int]] = {}
    for client, stream in heard.items():
        lines = without_notices(stream).splitlines(keepends=True)
        order = [speakers.get(line[STAMP_BYTES:], -1) for line in lines if line.endswith(b"\n")]
        if -1 in order or not all(_STAMP.match(line) for line in lines[: len(order)]):
            strange = next(line for line in lines if line[STAMP_BYTES:] not in speakers or not _STAMP.match(line))
            return f"{_called(client)} received a line that nobody said in this round: {strange!r}."
        if one := _wrong_for_one(client, order, set(speakers.values())):
            return one
        orders[client] = order
    return _disorder(orders) or _different_times(said, heard)


def _called(client: int) -> str:
    return name(client).decode()


def _wrong_for_one(client: int, order: Sequence[int], speakers: set[int]) -> str | None:
    """Own, doubled and lost messages, in this order: what is doubled pushes another one out of its round."""
    if client in order:
        return f"{_called(client)} received its own message."
    doubled = [speaker for speaker, times in Counter(order).items() if times > 1]
    if doubled:
        return f"{_called(client)} received {_messages_of(doubled)} more than once."
    lost = sorted(speakers - set(order) - {client})
    return f"{_called(client)} did not receive {_messages_of(lost)}." if lost else None


def _messages_of(clients: Sequence[int]) -> str:
    more = f" and {len(clients) - 1} more" if len(clients) > 1 else ""
    return f"the message of {_called(clients[0])}{more}"


def _disorder(orders: Mapping[int, Sequence[int]]) -> str | None:
    """Two clients that heard two others in different order.

    Comparing with three clients is enough: whichever two speakers are the ones exchanged, one of the three is neither.
    """
    for one in list(orders)[:3]:
        for other, order in orders.items():
            place = {speaker: at for at, speaker in enumerate(order)}
            common = [speaker for speaker in orders[one] if speaker in place]
            for earlier, later in pairwise(common):
                if place[earlier] > place[later]:
                    return (
                        f"{_called(one)} received the message of {_called(earlier)} before that of {_called(later)}, "
                        f"{_called(other)} the other way round."
                    )
    return None


def _different_times(said: Sequence[bytes], heard: Mapping[int, bytes]) -> str | None:
    """The one thing left that two streams can differ in: the time of day before a message."""
    times: dict[bytes, bytes] = {}
    for client, stream in heard.items():
        for line in without_notices(stream).splitlines(keepends=True):
            if line.endswith(b"\n") and times.setdefault(line[STAMP_BYTES:], line[:STAMP_BYTES]) != line[:STAMP_BYTES]:
                speaker = said.index(line[STAMP_BYTES:])
                return f"{_called(client)} saw another time at the message of {_called(speaker)} than others did."
    return None

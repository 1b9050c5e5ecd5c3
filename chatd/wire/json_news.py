"""What programs are told of a room in version 1, beside what is said there: who is in it, who came and went, its topic.

Knows these events and their fields. Must not know what a client asks for, or who is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from chatd.events import Arrival, Joined, Left, Missed, Present, Renamed, TopicSet
from chatd.wire.json_objects import Fields, object_line, quote
from chatd.wire.json_scene import Scene, Writer

CROWD: Final = 1000
"""In a room of more people nobody is told names, only how many there are."""


def without_each(event: Joined | Left, scene: Scene) -> dict[int, bytes]:
    """For each of those who came or went, the line about the others; nothing for who was alone."""
    origins = [arrival.origin for arrival in event.who]
    if len(origins) == 1:
        return {origins[0]: b""}
    empty = _movement(event, (), scene)
    if event.count > CROWD:
        return dict.fromkeys(origins, empty)
    head, _, tail = empty.rpartition(b"]")
    lists = _lists_without_each([quote(arrival.name).encode() for arrival in event.who])
    return {origin: head + others + b"]" + tail for origin, others in zip(origins, lists, strict=True)}


def _lists_without_each(names: Sequence[bytes]) -> Iterator[bytes]:
    """What is left of the list of these names without each of them. Cut, since writing it anew takes a crowd too long."""
    whole = b",".join(names)
    end = 0
    for name in names[:-1]:
        start, end = end, end + len(name) + 1
        yield whole[:start] + whole[end:]
    yield whole[: end - 1]


def _names(who: Sequence[Arrival]) -> list[str]:
    return [arrival.name for arrival in who]


def _movement(event: Joined | Left, names: Sequence[str], scene: Scene) -> bytes:
    type = "joined" if isinstance(event, Joined) else "left"
    users = {"users": names} if event.count <= CROWD else {}
    return object_line({"type": type, "room": scene.room, **users, "count": event.count, "ts": scene.now})


def _moved(event: Joined | Left, scene: Scene) -> bytes:
    return _movement(event, _names(event.who), scene)


def _renamed(event: Renamed, scene: Scene) -> bytes:
    return object_line({"type": "renamed", "room": scene.room, "from": event.old, "to": event.new, "ts": scene.now})


def _topic_set(event: TopicSet, scene: Scene) -> bytes:
    return object_line({"type": "topic", "room": scene.room, "topic": event.topic, "from": event.name, "ts": scene.now})


def in_room(room: str | None) -> Fields:
    """The field that says which room is meant, if one is."""
    return {} if room is None else {"room": room}


def users_line(room: str | None, names: Sequence[str], count: int, scene: Scene) -> bytes:
    """Who is here. Names that are not given, though there are people, are a crowd's."""
    users = {"users": names} if names or not count else {}
    return object_line({"type": "users", **in_room(room), **users, "count": count, "ts": scene.now})


def _present(reply: Present, scene: Scene) -> bytes:
    return users_line(scene.room, reply.names, len(reply.people.names) + reply.people.more, scene)


def _missed(reply: Missed, scene: Scene) -> bytes:
    return object_line({"type": "gap", "room": scene.room, "first": reply.first})


NEWS: Final[Mapping[type, Writer]] = {
    Joined: _moved,
    Left: _moved,
    Renamed: _renamed,
    TopicSet: _topic_set,
    Present: _present,
    Missed: _missed,
}

"""What programs ask for: the table of the requests that JSON lines can hold, and the way from a line to a request.

Knows the requests of ``docs/protocol.rst``, and nothing of what becomes of one: no rooms, no rights. Texts and names stay as
they are; what may be in them is for the rules of the chat to say. A line that cannot be understood is a request as well,
:class:`~chatd.requests.Invalid`, so that its answer keeps its turn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chatd.details import Clause, Listing, shortened
from chatd.errors import BadField, BadJson, ChatError, UnknownType
from chatd.languages import N_
from chatd.requests import (
    Act,
    ChangePassword,
    Introduce,
    Invalid,
    Join,
    Leave,
    List,
    Nothing,
    Ping,
    Quit,
    Recall,
    Register,
    Rename,
    Request,
    Resume,
    Rooms,
    Say,
    Search,
    SetLanguage,
    Tell,
    Topic,
    Who,
)
from chatd.wire.json_fields import (
    ANY_NAME,
    BOOLEAN,
    CID,
    COUNT,
    ID,
    RECENT,
    SECONDS,
    SECRET,
    SEEN_ID,
    STRING,
    STRINGS,
    VERSION,
    WORDS,
    Field,
    Unfit,
    may,
    needs,
)
from chatd.wire.json_objects import Fields, read_object

REGISTER: Final = "register"
_LONGEST_KIND: Final = 40
_EVERY_REQUEST: Final = Clause(N_("every request"))


@dataclass(frozen=True, slots=True)
class RequestType:
    """One type of request: its name on the wire, its fields, and what they become."""

    name: str
    build: Callable[..., Request]
    """Called with the fields that are there, by the names that the request has for them."""
    fields: tuple[Field, ...] = ()
    makes: tuple[type, ...] = ()
    """The requests that are of this type."""

    def read(self, fields: Fields) -> Request:
        """The request that this object is; fields that are not in the table are ignored.

        Raises:
            BadField: one is missing, or not what it should be.
            TextCharacter: one holds half of a surrogate pair.
        """
        values = {}
        for field in self.fields:
            if field.name in fields:
                try:
                    values[field.attribute] = field.kind.read(fields[field.name])
                except Unfit:
                    raise field.wrong(self.name) from None
            elif field.needed:
                raise field.wrong(self.name)
        return self.build(**values)


def decode(line: bytes, version: int) -> Request:
    """What a line asks for, in this version of the protocol: that of the last ``register``, 0 before. Never raises.

    ``line`` is without its ending. A ``register`` says itself which version it is of.
    """
    if not line.strip():
        return Nothing()
    try:
        fields = read_object(line)
    except BadJson as error:
        return Invalid(error)
    try:
        return _type(fields, version).read(fields)
    except ChatError as error:
        return Invalid(error, kind=_kind(fields), cid=_cid(fields) if version else None)


def type_of(request: Request) -> str:
    """The type of a request on the wire; empty, if it has none."""
    return request.kind if isinstance(request, Invalid) else _NAMES.get(type(request), "")


def cid_of(request: Request) -> str | None:
    """The client's own id of a request, if it has one."""
    return request.cid if isinstance(request, Say | Act | Tell | Invalid) else None


def _type(fields: Fields, version: int) -> RequestType:
    if "type" not in fields:
        raise _TYPE.wrong(_EVERY_REQUEST)
    name = _TYPE.read(_EVERY_REQUEST, fields)
    if name == REGISTER:
        version = _V.read(name, fields) if "v" in fields else 0
    found = _VERSIONS[version].get(name)
    if found is None:
        raise UnknownType(request=shortened(name), types=Listing(_VERSIONS[version]))
    return found


def _kind(fields: Fields) -> str:
    """The type of a request that could not be understood, if it can be repeated."""
    try:
        kind: str = _TYPE.read("", fields) if "type" in fields else ""
    except ChatError:
        return ""
    return kind if len(kind) <= _LONGEST_KIND else ""


def _cid(fields: Fields) -> str | None:
    """The ``cid`` of such a request."""
    try:
        return _CID.read("", fields) if "cid" in fields else None
    except ChatError:
        return None


def _introduce(**values: Any) -> Request:
    if "name" not in values and "session" not in values:
        wanted = Clause(N_("a string; only with {session} may it be left out"), session="session")
        raise BadField(request=REGISTER, field="user_id", wanted=wanted)
    return Introduce(**{"name": None, "resumable": True, **values})


def _introduce_0(name: str = "", language: str | None = None) -> Request:
    return Introduce(name, recent=0, language=language)


def _say(text: str, act: bool = False, room: str | None = None, cid: str | None = None) -> Request:
    return Act(text, room, cid) if act else Say(text, room, cid)


_TYPE: Final = needs("type", STRING)
_V: Final = may("v", VERSION)
_CID: Final = may("cid", CID)
_ROOM: Final = may("room", STRING)
_RECENT: Final = may("recent", RECENT)

_EVERY_VERSION: Final = (
    RequestType("ping", Ping, makes=(Ping,)),
    RequestType("pong", Nothing),
    RequestType("logout", Quit, makes=(Quit,)),
)
_VERSION_0: Final = (
    RequestType(REGISTER, _introduce_0, (may("user_id", ANY_NAME, "name"), may("lang", ANY_NAME, "language"))),
    RequestType("chat", Say, (needs("text", STRING),)),
    RequestType("pm", Tell, (needs("to", STRING), needs("text", STRING))),
    RequestType("list", List),
    *_EVERY_VERSION,
)
_VERSION_1: Final = (
    RequestType(
        REGISTER,
        _introduce,
        (
            may("user_id", STRING, "name"),
            may("password", SECRET),
            may("session", SECRET),
            may("rooms", STRINGS),
            _RECENT,
            may("lang", STRING, "language"),
        ),
        (Introduce,),
    ),
    RequestType("chat", _say, (needs("text", STRING), _ROOM, may("act", BOOLEAN), _CID), (Say, Act)),
    RequestType("pm", Tell, (needs("to", STRING), needs("text", STRING), _CID), (Tell,)),
    RequestType("join", Join, (needs("room", STRING), _RECENT), (Join,)),
    RequestType("resume", Resume, (needs("room", STRING), needs("epoch", STRING), needs("after", SEEN_ID)), (Resume,)),
    RequestType("leave", Leave, (_ROOM,), (Leave,)),
    RequestType("list", List, (_ROOM,), (List,)),
    RequestType("who", Who, (_ROOM,), (Who,)),
    RequestType("rooms", Rooms, (), (Rooms,)),
    RequestType("topic", Topic, (_ROOM, may("text", STRING)), (Topic,)),
    RequestType("lang", SetLanguage, (needs("lang", WORDS, "code"),), (SetLanguage,)),
    RequestType("nick", Rename, (needs("user_id", STRING, "name"),), (Rename,)),
    RequestType("history", Recall, (_ROOM, may("count", COUNT), may("seconds", SECONDS), may("before", ID)), (Recall,)),
    RequestType("search", Search, (needs("words", STRING), _ROOM), (Search,)),
    RequestType("claim", Register, (needs("password", SECRET),), (Register,)),
    RequestType("password", ChangePassword, (needs("old", SECRET), needs("new", SECRET)), (ChangePassword,)),
    *_EVERY_VERSION,
)


def _by_name(types: tuple[RequestType, ...]) -> Mapping[str, RequestType]:
    return {row.name: row for row in types}


_VERSIONS: Final = (_by_name(_VERSION_0), _by_name(_VERSION_1))
REQUEST_TYPES: Final = _VERSIONS[1]
"""Every request there is in version 1, by its type."""

_NAMES: Final = {made: row.name for row in _VERSION_1 for made in row.makes}

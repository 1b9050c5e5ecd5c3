"""Telnet's codes: taken out of what was typed, and answered. Knows bytes; not lines, sockets, clocks or the chat.

Telnet mixes its commands into the text: each begins with the byte 255, IAC (RFC 854). People who type ``telnet`` get
the text they see through this; those who use ``nc`` never notice it.

Two things are asked of the client. BINARY (RFC 856), in the client's direction only: without it the telnet programs
descended from BSD's lose bytes of every letter beyond ASCII. And ECHO (RFC 857), to hide a password: a server that says
it will echo, and does not. Everything else that is offered or asked for is refused, by the rules of RFC 1143, which
keep two sides from answering each other's answers for ever.
"""

from collections.abc import Mapping
from enum import Enum, IntEnum, auto
from typing import Final


class Code(IntEnum):
    """What may follow an IAC: RFC 854, ``EOF`` to ``ABORT`` RFC 1184, ``EOR`` RFC 885."""

    EOF = 236
    SUSP = 237
    ABORT = 238
    EOR = 239
    SE = 240
    NOP = 241
    DM = 242
    BRK = 243
    IP = 244
    AO = 245
    AYT = 246
    EC = 247
    EL = 248
    GA = 249
    SB = 250
    WILL = 251
    WONT = 252
    DO = 253
    DONT = 254
    IAC = 255


class Option(IntEnum):
    """The options that get more than a refusal."""

    BINARY = 0
    ECHO = 1
    TIMING_MARK = 6


END_OF_INPUT: Final = b"\x04"
"""Stands in the text where the client said that its input ended: Ctrl-D's own byte, so both ways look alike."""
INTERRUPT: Final = b"\xff"
"""Stands in the text where the client broke off or erased something; no other 0xff is let through."""
NOT_TEXT: Final = b"\xfe"
"""Stands in the text for a typed 0xff. Neither byte is ever part of UTF-8, so nothing readable is changed."""
HERE: Final = b"[chatd is here]\r\n"
"""The answer to ARE YOU THERE."""
MAX_SUBNEGOTIATION: Final = 1024
"""Bytes skipped in search of a subnegotiation's end; after so many it is taken for text that looked like one."""
MAX_REPLIES: Final = 1024
"""Bytes of answers kept until they are taken; who asks more in one go gets no more."""

_IAC = bytes((Code.IAC,))
_IAC_BYTE = int(Code.IAC)  # bytes are searched for a number several times faster than for other bytes
_NEGOTIATION = frozenset((Code.WILL, Code.WONT, Code.DO, Code.DONT))
_INTERRUPTS = frozenset((Code.SUSP, Code.ABORT, Code.BRK, Code.IP, Code.AO, Code.EC, Code.EL))


class _State(Enum):
    """Where an option stands on one side: RFC 1143's states, and ``REFUSED``: asked for, refused, not to be repeated.

    ``THEN``: what the answer we wait for will be followed by.
    """

    NO = auto()
    REFUSED = auto()
    YES = auto()
    WANT_NO = auto()
    WANT_NO_THEN_YES = auto()
    WANT_YES = auto()
    WANT_YES_THEN_NO = auto()


_Steps = dict[tuple[_State, bool], tuple[_State, bool | None]]

# From a state, and yes or no, to the next state and what must be said; not listed: nothing changes, nothing is said.
_HEARD: _Steps = {
    (_State.NO, True): (_State.REFUSED, False),
    (_State.REFUSED, False): (_State.NO, None),
    (_State.YES, False): (_State.NO, False),
    (_State.WANT_NO, True): (_State.NO, None),
    (_State.WANT_NO, False): (_State.NO, None),
    (_State.WANT_NO_THEN_YES, True): (_State.YES, None),
    (_State.WANT_NO_THEN_YES, False): (_State.WANT_YES, True),
    (_State.WANT_YES, True): (_State.YES, None),
    (_State.WANT_YES, False): (_State.NO, None),
    (_State.WANT_YES_THEN_NO, True): (_State.WANT_NO, False),
    (_State.WANT_YES_THEN_NO, False): (_State.NO, None),
}
_HEARD_WELCOME = {**_HEARD, (_State.NO, True): (_State.YES, True)}
_WANTED: _Steps = {
    (_State.NO, True): (_State.WANT_YES, True),
    (_State.REFUSED, True): (_State.WANT_YES, True),
    (_State.YES, False): (_State.WANT_NO, False),
    (_State.WANT_NO, True): (_State.WANT_NO_THEN_YES, None),
    (_State.WANT_NO_THEN_YES, False): (_State.WANT_NO, None),
    (_State.WANT_YES, False): (_State.WANT_YES_THEN_NO, None),
    (_State.WANT_YES_THEN_NO, True): (_State.WANT_YES, None),
}


_UNTOUCHED: Mapping[tuple[bool, int], _State] = {}  # shared by all who never speak telnet


class Telnet:
    """One connection's telnet: bytes go in, in any pieces; text comes out, and now and then a reply.

    Nothing the other side sends raises, and nothing is kept of it but the state of its options and the two bytes of a
    command that is not complete yet.
    """

    __slots__ = ("_offered", "_replies", "_skippable", "_states", "_unfinished", "seen")

    def __init__(self) -> None:
        self.seen = False
        """Whether the other side has sent a telnet command: then it is a telnet client and reads ours."""
        self._unfinished = b""
        self._skippable = 0  # in a subnegotiation: how many bytes of it may still come
        self._replies = b""
        self._offered = False
        # By the side it is about (True: theirs, WILL and WONT; False: ours, DO and DONT) and the option's number.
        self._states = _UNTOUCHED

    def feed(self, data: bytes) -> bytes:
        """Take the telnet commands out of ``data``.

        Returns:
            What was typed, with :data:`NOT_TEXT`, :data:`INTERRUPT` and :data:`END_OF_INPUT` in its place.
        """
        if _IAC_BYTE not in data and not self.amid:
            return data
        data, self._unfinished = self._unfinished + data, b""
        typed: list[bytes] = []
        at = 0
        while at < len(data):
            at = self._skip(data, at) if self._skippable else self._read(data, at, typed)
        return b"".join(typed)

    @property
    def amid(self) -> bool:
        """Whether the last command is not complete yet."""
        return bool(self._unfinished or self._skippable)

    def take_replies(self) -> bytes:
        """What must be sent to the other side; it is forgotten here. At most about :data:`MAX_REPLIES` bytes."""
        replies, self._replies = self._replies, b""
        return replies

    def offer_binary(self) -> None:
        """Ask for eight clean bits (``IAC DO BINARY``), the first time this is called.

        Done by itself at the first telnet command; to be called when a line was not UTF-8, because a telnet client on
        an unknown port stays silent until it is spoken to.
        """
        if not self._offered:
            self._offered = True
            self._want(True, Option.BINARY, True)

    def hide_input(self) -> None:
        """Ask that what is typed be not shown (``IAC WILL ECHO``). Only makes sense to a telnet client."""
        self._want(False, Option.ECHO, True)

    def show_input(self) -> None:
        """Let what is typed be shown again (``IAC WONT ECHO``)."""
        self._want(False, Option.ECHO, False)

    @property
    def hiding(self) -> bool:
        """Whether hiding was asked for, and has not been refused or taken back."""
        return self._states.get((False, Option.ECHO)) in {_State.YES, _State.WANT_YES, _State.WANT_NO_THEN_YES}

    def _read(self, data: bytes, at: int, typed: list[bytes]) -> int:
        """Take in the text up to a command, and the command; returns where to go on."""
        start = data.find(_IAC, at)
        if start < 0:
            typed.append(data[at:])
            return len(data)
        typed.append(data[at:start])
        command = data[start : start + 3]
        code = command[1] if len(command) > 1 else Code.DO  # as long as a command can be
        size = 3 if code in _NEGOTIATION else 2
        if len(command) < size:
            self._unfinished = command
            return len(data)
        if code < Code.EOF:
            # No command begins like this: somebody without telnet sent a 0xff, and what follows it is theirs.
            typed.append(NOT_TEXT)
            return start + 1
        typed.append(NOT_TEXT if code == Code.IAC else self._obey(command))
        return start + size

    def _skip(self, data: bytes, at: int) -> int:
        """Pass over a subnegotiation, none of which was asked for; returns where to go on."""
        start = data.find(_IAC, at, at + self._skippable)
        if start < 0:
            end = min(len(data), at + self._skippable)
            self._skippable -= end - at
            return end
        self._skippable -= start - at
        follower = data[start + 1 : start + 2]
        if not follower:
            self._unfinished = _IAC
        elif follower == _IAC:
            self._skippable = max(0, self._skippable - 2)
        else:
            self._skippable = 0
            # Any other command than SE ends it too, and is obeyed: its end was lost.
            return start + 2 if follower[0] == Code.SE else start
        return start + 2

    def _obey(self, command: bytes) -> bytes:
        """Do what a complete command says; returns what stands for it in the text."""
        self.seen = True
        self.offer_binary()
        code = command[1]
        if code in _NEGOTIATION:
            self._negotiate(code, command[2])
        elif code == Code.SB:
            self._skippable = MAX_SUBNEGOTIATION
        elif code == Code.AYT:
            self._reply(HERE)
        elif code == Code.EOF:
            return END_OF_INPUT
        elif code in _INTERRUPTS:
            return INTERRUPT
        return b""

    def _negotiate(self, code: int, option: int) -> None:
        if code == Code.DO and option == Option.TIMING_MARK:
            # Not a state but a question "are you past this point?" (RFC 860), and the client shows nothing until then.
            self._reply(bytes((Code.IAC, Code.WILL, option)))
            return
        theirs, yes = code in {Code.WILL, Code.WONT}, code in {Code.WILL, Code.DO}
        steps = _HEARD_WELCOME if theirs and option == Option.BINARY else _HEARD
        self._reply(self._step(steps, theirs, option, yes))

    def _want(self, theirs: bool, option: int, yes: bool) -> None:
        self._replies += self._step(_WANTED, theirs, option, yes)

    def _step(self, steps: _Steps, theirs: bool, option: int, yes: bool) -> bytes:
        """Move one option on; returns the command that says so to the other side, if it must be said."""
        before = self._states.get((theirs, option), _State.NO)
        after, answer = steps.get((before, yes), (before, None))
        self._states = {**self._states, (theirs, option): after}
        if answer is None:
            return b""
        agree, refuse = (Code.DO, Code.DONT) if theirs else (Code.WILL, Code.WONT)
        return bytes((Code.IAC, agree if answer else refuse, option))

    def _reply(self, reply: bytes) -> None:
        if len(self._replies) + len(reply) <= MAX_REPLIES:
            self._replies += reply

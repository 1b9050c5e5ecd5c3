"""Telnet's codes leave the text and are answered; nothing that is sent can break, fill or loop it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatd.wire.telnet import (
    END_OF_INPUT,
    HERE,
    INTERRUPT,
    MAX_REPLIES,
    MAX_SUBNEGOTIATION,
    NOT_TEXT,
    Code,
    Option,
    Telnet,
)

SGA, NAWS = 3, 31
ERASING: tuple[int, ...] = (Code.SUSP, Code.ABORT, Code.BRK, Code.IP, Code.AO, Code.EC, Code.EL)
NEGOTIATING: tuple[int, ...] = (Code.WILL, Code.WONT, Code.DO, Code.DONT)
MEANING: dict[int, bytes] = {Code.EOF: END_OF_INPUT, Code.IAC: NOT_TEXT, **dict.fromkeys(ERASING, INTERRUPT)}
FOLLOWED_BY: dict[int, str] = {Code.SB: "subnegotiation", **dict.fromkeys(NEGOTIATING, "option")}
DO_BINARY = bytes((Code.IAC, Code.DO, Option.BINARY))
WILL_ECHO = bytes((Code.IAC, Code.WILL, Option.ECHO))
WONT_ECHO = bytes((Code.IAC, Code.WONT, Option.ECHO))


def command(*codes: int) -> bytes:
    """A telnet command."""
    return bytes((Code.IAC, *codes))


def negotiating() -> Telnet:
    """A connection whose client is known to speak telnet, and whose first offer is out."""
    telnet = Telnet()
    telnet.feed(command(Code.NOP))
    assert telnet.take_replies() == DO_BINARY
    return telnet


def answers(telnet: Telnet, *codes: int) -> bytes:
    """What one command brings back."""
    assert telnet.feed(command(*codes)) == b""
    return telnet.take_replies()


ANY_COMMAND = st.builds(lambda code: bytes((Code.IAC, code)), st.integers(0, 255))
NEGOTIATION = st.builds(
    lambda verb, option: bytes((Code.IAC, verb, option)),
    st.sampled_from(NEGOTIATING),
    st.sampled_from([Option.BINARY, Option.ECHO, SGA, Option.TIMING_MARK, NAWS]),
)
PIECE = st.one_of(
    ANY_COMMAND,
    NEGOTIATION,
    st.sampled_from([command(Code.SB, NAWS, 0, 80), command(Code.SE), b"\xff", b"\r", b"\n", b"\0", b"\x04", b"\xfe"]),
    st.text(max_size=5).map(str.encode),
    st.binary(max_size=5),
    st.integers(MAX_SUBNEGOTIATION - 3, MAX_SUBNEGOTIATION + 3).map(lambda size: b"s" * size),
)
TYPED = st.lists(PIECE, max_size=20).map(b"".join)


def typed_one_by_one(data: bytes) -> bytes:
    """What the text is, worked out in the plainest way: one byte after another, one state."""
    text, state, skipped = b"", "text", 0
    for byte in data:
        if state == "option":
            state = "text"
        elif state == "subnegotiation" and byte != Code.IAC:
            skipped += 1
        elif state == "subnegotiation":
            state = "IAC in subnegotiation"
        elif state == "IAC in subnegotiation" and byte == Code.IAC:
            skipped += 2
            state = "subnegotiation"
        elif state != "text":
            text += MEANING.get(byte, b"" if byte >= Code.EOF else NOT_TEXT + bytes((byte,)))
            state, skipped = FOLLOWED_BY.get(byte, "text"), 0
        elif byte == Code.IAC:
            state = "IAC"
        else:
            text += bytes((byte,))
        if state == "subnegotiation" and skipped >= MAX_SUBNEGOTIATION:
            state = "text"
    return text


def test_text_without_telnet_is_the_same_object_and_brings_no_reply() -> None:
    """Netcat users must never see a byte of telnet, and what they send is not even copied."""
    telnet, data = Telnet(), "سلام\r\n\x04\0".encode()
    assert telnet.feed(data) is data
    assert (telnet.seen, telnet.take_replies()) == (False, b"")


def test_commands_leave_the_text_whole() -> None:
    """What stands around a command is what was typed, Persian letters included."""
    salam = "سلام".encode()
    assert Telnet().feed(salam[:3] + command(Code.WILL, NAWS) + salam[3:] + command(Code.GA) + b"\n") == salam + b"\n"


@settings(deadline=None)
@given(TYPED)
def test_text_is_what_the_plainest_reader_makes_of_it(data: bytes) -> None:
    """The fast parser and a byte-by-byte one agree on any input."""
    assert Telnet().feed(data) == typed_one_by_one(data)


@settings(deadline=None)
@given(TYPED, st.lists(st.integers(0, 3000)))
def test_pieces_do_not_matter(data: bytes, cuts: list[int]) -> None:
    """However the network cuts a stream, the text and the replies are the same."""
    whole, pieces = Telnet(), Telnet()
    text, replies, at = b"", b"", 0
    for cut in [*sorted(cuts), len(data)]:
        text += pieces.feed(data[at:cut])
        replies += pieces.take_replies()
        at = max(at, cut)
    assert text == whole.feed(data)
    assert replies == whole.take_replies()
    assert pieces.seen == whole.seen


@settings(deadline=None)
@given(TYPED)
def test_one_byte_at_a_time_is_read_the_same(data: bytes) -> None:
    """The worst cut of all."""
    telnet = Telnet()
    assert b"".join(telnet.feed(bytes((byte,))) for byte in data) == typed_one_by_one(data)


def test_first_command_brings_the_offer_of_binary_once() -> None:
    """Without BINARY the usual telnet programs lose bytes of Persian letters; asking again would be noise."""
    telnet = Telnet()
    telnet.feed(command(Code.NOP) + command(Code.NOP))
    assert telnet.seen
    assert telnet.take_replies() == DO_BINARY
    telnet.offer_binary()
    assert answers(telnet, Code.NOP) == b""


def test_binary_is_offered_once_to_a_silent_client_too() -> None:
    """The protocol offers it after a damaged line; the client's agreement is not answered, nor is it asked again."""
    telnet = Telnet()
    telnet.offer_binary()
    telnet.offer_binary()
    assert telnet.take_replies() == DO_BINARY
    assert answers(telnet, Code.WILL, Option.BINARY) == b""


def test_client_that_begins_with_binary_is_answered_once() -> None:
    """The offer made at the first command is the answer to it at the same time."""
    assert answers(Telnet(), Code.WILL, Option.BINARY) == DO_BINARY


def test_binary_taken_back_and_given_again_is_acknowledged() -> None:
    """Somebody toggles BINARY in their telnet program: each change is confirmed, as RFC 1143 asks."""
    telnet = negotiating()
    answers(telnet, Code.WILL, Option.BINARY)
    assert answers(telnet, Code.WONT, Option.BINARY) == command(Code.DONT, Option.BINARY)
    assert answers(telnet, Code.WONT, Option.BINARY) == b""
    assert answers(telnet, Code.WILL, Option.BINARY) == DO_BINARY
    assert answers(telnet, Code.WILL, Option.BINARY) == b""


def test_refused_offer_of_binary_is_left_at_that() -> None:
    """Busybox answers WONT, which is its right."""
    assert answers(negotiating(), Code.WONT, Option.BINARY) == b""


def test_binary_in_our_direction_is_refused() -> None:
    """WILL BINARY would make the client's screen lose its carriage returns."""
    assert answers(negotiating(), Code.DO, Option.BINARY) == command(Code.WONT, Option.BINARY)


@pytest.mark.parametrize(
    ("asked", "taken_back", "refused"), [(Code.DO, Code.DONT, Code.WONT), (Code.WILL, Code.WONT, Code.DONT)]
)
def test_other_options_are_refused_once_per_request(asked: Code, taken_back: Code, refused: Code) -> None:
    """A repeated request changes nothing and gets nothing: two polite sides would go on for ever."""
    telnet = negotiating()
    assert answers(telnet, asked, SGA) == command(refused, SGA)
    assert answers(telnet, asked, SGA) == b""
    assert answers(telnet, taken_back, SGA) == b""
    assert answers(telnet, asked, SGA) == command(refused, SGA)
    assert answers(telnet, asked, NAWS) == command(refused, NAWS)


def test_every_timing_mark_is_answered() -> None:
    """After Ctrl-C a telnet program shows nothing until this answer comes; each Ctrl-C waits for its own."""
    telnet = negotiating()
    mark = command(Code.WILL, Option.TIMING_MARK)
    assert answers(telnet, Code.DO, Option.TIMING_MARK) == mark
    telnet.feed(command(Code.DO, Option.TIMING_MARK) * 3)
    assert telnet.take_replies() == mark * 3


def test_are_you_there_is_answered() -> None:
    """A person asks with the escape prompt's ``send ayt`` whether anything is at the other end."""
    assert answers(negotiating(), Code.AYT) == HERE


@pytest.mark.parametrize("code", ERASING)
def test_interrupts_and_erasures_leave_their_mark(code: int) -> None:
    """The line they came in is not what was typed any more, so whoever knows the lines must hear of it."""
    assert Telnet().feed(b"a" + command(code) + b"b") == b"a" + INTERRUPT + b"b"


def test_end_of_file_looks_like_ctrl_d() -> None:
    """Two ways to say the same thing need one reader only."""
    assert Telnet().feed(command(Code.EOF)) == END_OF_INPUT == b"\x04"


def test_an_escaped_255_is_not_text_and_not_an_interrupt() -> None:
    """The byte was typed, so the line is not UTF-8; it must not be mistaken for the mark of an interrupt."""
    telnet = Telnet()
    assert telnet.feed(b"a\xff\xffb") == b"a\xfeb"
    assert not telnet.seen


def test_a_255_that_begins_no_command_takes_nothing_with_it() -> None:
    """Latin-1's ÿ at the end of a line, sent by netcat: the line feed must not vanish with it."""
    telnet = Telnet()
    assert telnet.feed(b"Kiswany\xff\nnext\n") == b"Kiswany\xfe\nnext\n"
    assert (telnet.seen, telnet.take_replies()) == (False, b"")


def test_subnegotiation_is_skipped_with_escaped_255_in_it() -> None:
    """A window 255 columns wide sends IAC IAC inside; the end is only IAC SE."""
    window = command(Code.SB, NAWS, 0, 255, 255, 0, 24) + command(Code.SE)
    assert Telnet().feed(b"a" + window + b"b") == b"ab"


def test_subnegotiation_without_end_gives_the_text_back() -> None:
    """A forgotten end must not eat the rest of the conversation."""
    telnet = Telnet()
    assert telnet.feed(command(Code.SB) + b"x" * MAX_SUBNEGOTIATION + b"salam\n") == b"salam\n"


def test_escaped_255_counts_as_the_two_bytes_it_is() -> None:
    """The search for the end stops at the same place whatever stands there, or pieces would matter."""
    telnet = Telnet()
    assert telnet.feed(command(Code.SB) + b"\xff\xff" * (MAX_SUBNEGOTIATION // 2) + b"salam\n") == b"salam\n"


def test_command_inside_a_subnegotiation_ends_it_and_counts() -> None:
    """Its end was lost; the next command is better obeyed than skipped."""
    telnet = negotiating()
    assert telnet.feed(command(Code.SB, NAWS, 1) + command(Code.DO, Option.TIMING_MARK) + b"a") == b"a"
    assert telnet.take_replies() == command(Code.WILL, Option.TIMING_MARK)


@settings(deadline=None)
@given(TYPED)
def test_replies_are_bounded(data: bytes) -> None:
    """A client that asks all the time and never reads cannot fill the server's memory with answers."""
    telnet = Telnet()
    telnet.feed(data + command(Code.AYT) * MAX_REPLIES)
    telnet.feed(command(Code.DO, Option.TIMING_MARK) * MAX_REPLIES)
    replies = telnet.take_replies()
    assert MAX_REPLIES - 3 < len(replies) <= MAX_REPLIES
    assert telnet.take_replies() == b""
    assert answers(telnet, Code.AYT) == HERE


def test_hiding_is_heard_even_when_answers_are_full() -> None:
    """A flood of questions must not lead to a password on the screen."""
    telnet = negotiating()
    telnet.feed(command(Code.AYT) * MAX_REPLIES)
    telnet.hide_input()
    assert telnet.take_replies().endswith(WILL_ECHO)


def test_input_is_hidden_and_shown_again() -> None:
    """A password: WILL ECHO before, WONT ECHO after, and the client's confirmations are not answered."""
    telnet = negotiating()
    telnet.hide_input()
    assert telnet.take_replies() == WILL_ECHO
    assert answers(telnet, Code.DO, Option.ECHO) == b""
    telnet.hide_input()
    assert telnet.take_replies() == b""
    telnet.show_input()
    assert telnet.take_replies() == WONT_ECHO
    assert answers(telnet, Code.DONT, Option.ECHO) == b""


def test_password_typed_ahead_does_not_confuse_echo() -> None:
    """Shown again before the client has answered: that is said after its answer (RFC 1143's queue), not dropped."""
    telnet = negotiating()
    telnet.hide_input()
    telnet.show_input()
    assert telnet.take_replies() == WILL_ECHO
    assert answers(telnet, Code.DO, Option.ECHO) == WONT_ECHO
    telnet.hide_input()
    assert telnet.take_replies() == b""
    assert answers(telnet, Code.DONT, Option.ECHO) == WILL_ECHO
    assert answers(telnet, Code.DO, Option.ECHO) == b""


def test_client_that_will_not_hide_is_not_pressed() -> None:
    """It refuses once; showing again needs no word then, and a later password asks anew."""
    telnet = negotiating()
    telnet.hide_input()
    telnet.take_replies()
    assert answers(telnet, Code.DONT, Option.ECHO) == b""
    telnet.show_input()
    assert telnet.take_replies() == b""
    telnet.hide_input()
    assert telnet.take_replies() == WILL_ECHO


def test_client_that_takes_echo_back_is_confirmed() -> None:
    """RFC 1143: a change made by the other side is acknowledged once."""
    telnet = negotiating()
    telnet.hide_input()
    telnet.take_replies()
    answers(telnet, Code.DO, Option.ECHO)
    assert answers(telnet, Code.DONT, Option.ECHO) == WONT_ECHO
    assert answers(telnet, Code.DONT, Option.ECHO) == b""


def test_echo_refused_at_first_can_still_hide_a_password() -> None:
    """PuTTY asks for ECHO at once and is refused, because lines are edited there; the password comes later."""
    telnet = negotiating()
    assert answers(telnet, Code.DO, Option.ECHO) == WONT_ECHO
    telnet.hide_input()
    assert telnet.take_replies() == WILL_ECHO
    assert answers(telnet, Code.DO, Option.ECHO) == b""


def test_hiding_is_known_until_it_is_refused_or_over() -> None:
    """Whoever sends the end of a line in place of the one that was typed must know whether that was shown."""
    telnet = negotiating()
    assert not telnet.hiding
    telnet.hide_input()
    assert telnet.hiding
    answers(telnet, Code.DO, Option.ECHO)
    assert telnet.hiding
    telnet.show_input()
    assert not telnet.hiding
    telnet.hide_input()
    assert telnet.hiding
    answers(telnet, Code.DONT, Option.ECHO)
    assert telnet.hiding
    answers(telnet, Code.DONT, Option.ECHO)
    assert not telnet.hiding


class Client:
    """A telnet client that obeys RFC 1143's simplest form: it agrees to every change, and confirms it once."""

    def __init__(self) -> None:
        self.hidden = False

    def reads(self, sent: bytes) -> bytes:
        """Take in ECHO commands; returns what it says to them."""
        said = b""
        for at in range(0, len(sent), 3):
            hide = sent[at : at + 3] == WILL_ECHO
            if hide != self.hidden:
                said += command(Code.DO if hide else Code.DONT, Option.ECHO)
            self.hidden = hide
        return said


@settings(deadline=None)
@given(st.lists(st.sampled_from(["hide", "show", "network"]), max_size=30))
@example(["hide", "network", "network", "show", "hide", "show"])
@example(["hide", "show", "hide"])
def test_echo_ends_up_as_was_last_asked(doings: list[str]) -> None:
    """Whenever the answers arrive, the client ends in the state that the last call wanted, and silence follows."""
    telnet, client, wanted = negotiating(), Client(), False
    for doing in [*doings, *["network"] * 4]:
        if doing == "network":
            telnet.feed(client.reads(telnet.take_replies()))
        else:
            wanted = doing == "hide"
            telnet.hide_input() if wanted else telnet.show_input()
    assert client.hidden == wanted
    assert telnet.take_replies() == b""

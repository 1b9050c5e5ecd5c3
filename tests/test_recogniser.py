"""A connection's first moments: whoever speaks first is answered in their own form, whoever waits is greeted."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.limits import Limits
from chatd.protocols.json_lines import JsonLinesProtocol
from chatd.protocols.site import SILENCE
from chatd.protocols.text import COMMAND_BYTES
from tests.worlds import Visitor, World

WELCOME = "* Welcome to chatd. What is your name?\n"
ALONE = "* Hello ali. You are alone in #lobby. /help shows the commands.\n"


@pytest.fixture
def world() -> World:
    """A server that nobody has come to yet."""
    return World()


def test_a_silent_client_is_greeted_after_a_moment(world: World) -> None:
    """A person in nc waits for something to happen: after 0.3 s it does, and not before."""
    visitor = world.connect()
    world.passes(SILENCE - 0.01)
    assert visitor.sees() == ""
    world.passes(0.01)
    assert visitor.sees() == WELCOME
    world.passes(10)
    assert visitor.sees() == ""
    assert visitor.types("ali").sees() == ALONE


def test_what_was_already_there_when_the_timer_fired_is_read_first(world: World) -> None:
    """A server that was busy for too long gives its clients one more turn before it takes them for silent."""
    visitor = world.connect()
    world.clock.callLater(SILENCE, visitor.protocol.dataReceived, b"GET / HTTP/1.1\r\n\r\n")
    world.passes(SILENCE)
    assert visitor.sees().startswith("HTTP/1.1 400 ")


def test_all_who_are_silent_share_one_timer() -> None:
    """When a crowd comes, one for each of them would cost as much as all else that is done to find out who they are."""
    world = World(Limits(connections_per_address=2))
    for _ in range(3):
        world.connect()  # the third one is turned away
    world.connect("192.0.2.8").sends(b"al")
    assert [call.getTime() - world.clock.seconds() for call in world.clock.getDelayedCalls()].count(SILENCE) == 1


def test_the_exercise_that_was_there_when_the_timer_fired_begins_the_wait_anew(world: World) -> None:
    """What it says next is recognised by its first bytes, as ever."""
    visitor = world.connect()
    world.clock.callLater(SILENCE, visitor.protocol.dataReceived, b"hello server")
    world.passes(SILENCE)
    assert visitor.sees() == "Hello Client!\n"
    world.passes(SILENCE - 0.01)
    assert visitor.sees() == ""
    assert visitor.sends(b"SSH-2.0-x\r\n").gets().startswith(b"SSH-2.0-chatd")


@pytest.mark.parametrize("rubbish", [b"\xff\xfb\x01", b"x" * 70_000 + b"\n"])
@pytest.mark.parametrize("size", [5, 100])
def test_a_program_is_given_its_own_line_only(world: World, rubbish: bytes, size: int) -> None:
    """Not what came before it, in however many pieces it comes."""
    line = b'{"type": "ping"}\n'
    visitor = world.connect().sends(rubbish)
    visitor.gets()
    visitor.sends(*(line[at : at + size] for at in range(0, len(line), size)))
    assert visitor.sees().startswith('{"type":"pong"')


@pytest.mark.parametrize("greeted", [False, True])
def test_a_program_that_is_known_as_one_needs_no_way_through_the_recogniser(greeted: bool) -> None:
    """Its bytes come to it directly, and its place is free once it is gone."""
    world = World(Limits(connections_per_address=1))
    visitor = world.connect("192.0.2.8")
    if greeted:
        world.passes(SILENCE)
    visitor.types('{"type": "register", "v": 1, "user_id": "ali"}')
    assert isinstance(visitor.wire.protocol, JsonLinesProtocol)
    visitor.types('{"type": "ping"}')
    assert visitor.sees().splitlines()[-1].startswith('{"type":"pong"')
    visitor.drops()
    assert not world.site.conversations
    assert world.connect("192.0.2.8").types("ali").sees() == ALONE


@pytest.mark.parametrize("end", ["", "\n"], ids=["an unfinished line", "a line"])
def test_a_program_that_was_greeted_and_says_one_thing_is_told_that_it_was_the_end(world: World, end: str) -> None:
    """What it had said before its half was closed is answered; nothing is that it did not say."""
    visitor = world.connect()
    world.passes(SILENCE)
    visitor.sends(b'{"type": "ping"}' + end.encode()).ends()
    first, *others = visitor.sees().removeprefix(WELCOME).splitlines()
    assert first.startswith('{"type":"pong"')
    assert [line for line in others if "bad_json" in line] == []
    assert visitor.closed


def test_whoever_speaks_first_is_not_greeted(world: World) -> None:
    """A script that sends its lines at once reads nothing but their answers."""
    visitor = world.connect().types("ali", "salam")
    world.passes(10)
    assert visitor.sees() == ALONE


def test_half_a_line_is_greeted_too(world: World) -> None:
    """Somebody whose terminal sends every key needs the question as much; what they typed is kept."""
    visitor = world.connect().sends(b"al")
    world.greet()
    assert visitor.sees() == WELCOME
    assert visitor.sends(b"i\n").sees() == ALONE


@pytest.mark.parametrize(
    ("first", "answer"),
    [
        (b"\x16\x03\x01\x00\xc8\x01", b"\x15\x03"),
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
        (b"SSH-2.0-OpenSSH_9.2\r\n", b"SSH-2.0-"),
        (b"NICK ali\r\n", b"ERROR :"),
    ],
)
def test_other_protocols_are_answered_in_their_own_form(world: World, first: bytes, answer: bytes) -> None:
    """What cannot be served gets an answer that its program understands, at once, and the connection ends."""
    visitor = world.connect().sends(first)
    assert visitor.gets().startswith(answer)
    assert visitor.closed


@pytest.mark.parametrize("split", range(1, 12))
def test_a_first_word_may_come_in_two_segments(world: World, split: int) -> None:
    """The network decides where segments end, and nobody is taken for somebody else for that."""
    request = b"OPTIONS * HTTP/1.1\r\n\r\n"
    assert world.connect().sends(request[:split], request[split:]).sees().startswith("HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "hello", [b"Hello Server", b"Hello Server\n", b"hello server!\r\n", b"HELLO SERVER!", b"Hello Server\r"]
)
def test_the_exercise_is_answered_with_or_without_a_newline(world: World, hello: bytes) -> None:
    """The course's first client sends no newline and waits; then the line protocol is there for whoever stays."""
    visitor = world.connect().sends(hello)
    assert visitor.sees() == "Hello Client!\n"
    world.greet()
    assert visitor.sees() == WELCOME
    assert visitor.types("ali").sees() == ALONE


def test_after_the_exercise_everything_is_open_again(world: World) -> None:
    """What follows ``Hello Server`` is recognised like first bytes, and answered after it."""
    answers = world.connect().sends(b"Hello Server\nGET / HTTP/1.1\r\n\r\n").sees()
    assert answers.startswith("Hello Client!\nHTTP/1.1 400 ")


def test_answers_keep_the_order_of_what_they_answer(world: World) -> None:
    """The greeting of the exercise and the replies of the line protocol leave by two ways, and arrive in order."""
    visitor = world.connect().sends(b"Hello Server\n12\nali\n")
    answers = visitor.sees()
    assert answers.startswith("Hello Client!\n! 12 has no letter in it.")
    assert answers.endswith(ALONE)


def test_only_one_line_end_belongs_to_the_exercise(world: World) -> None:
    """An empty line behind it is an empty line, in one segment or in two."""
    together = world.connect().sends(b"Hello Server\n\n").sees()
    apart = world.connect().sends(b"Hello Server\n", b"\n").sees()
    assert together == apart
    assert "A name needs at least one letter" in apart


def test_the_exercise_is_answered_once(world: World) -> None:
    """Whoever says it a thousand times is answered one line for it, not a thousand, and nothing overflows."""
    visitor = world.connect().sends(b"Hello Server" * 5000)
    world.greet()
    assert visitor.sees().count("Hello Client!") == 1
    assert not visitor.closed


def test_programs_are_answered_in_theirs(world: World) -> None:
    """By an object for an object, whether the first bytes are one or a line after the greeting is."""
    register = b'{"type": "register", "user_id": "%b"}\n'
    assert world.connect().sends(register % b"ali").gets().startswith(b'{"type":"register","ok":true')
    late = world.connect()
    world.greet()
    assert late.sees() == WELCOME
    assert late.sends(register % b"sara").gets().startswith(b'{"type":"register","ok":true')


@pytest.mark.parametrize(("line", "answer"), [("GET / HTTP/1.1\r", "HTTP/1.1 400 "), ("POST /x HTTP/1.0", "HTTP")])
def test_one_who_was_greeted_may_still_be_a_program(world: World, line: str, answer: str) -> None:
    """Until there is a name, a line that no person would type shows that it is none: they are refused in their form."""
    visitor = world.connect()
    world.greet()
    assert visitor.sees() == WELCOME
    assert visitor.types("12").sees().startswith("! 12 has no letter")
    assert visitor.types(line).sees().startswith(answer)
    assert visitor.closed


def test_whoever_has_left_is_nobody_else(world: World) -> None:
    """Lines behind ``/exit`` are not looked at, whatever protocol they look like."""
    visitor = world.connect().sends(b"/exit\nGET / HTTP/1.1\r\n{}\n")
    assert visitor.sees() == "* Goodbye.\n"
    assert visitor.closed


def test_with_a_name_such_a_line_is_said(world: World) -> None:
    """People may talk about HTTP and JSON."""
    ali, sara = world.joined("ali"), world.joined("sara", "192.0.2.8")
    ali.types("GET / HTTP/1.1", '{"type": "chat"}')
    assert sara.sees() == '[12:00] ali: GET / HTTP/1.1\n[12:00] ali: {"type": "chat"}\n'


@pytest.mark.parametrize("greeted", [False, True])
@pytest.mark.parametrize("url", [b"/", b"/" + b"x" * 5000, b"/" + b"x" * 200_000])
@pytest.mark.parametrize("filler", [b"", b"X-Filler: 1\r\n" * 1000])
def test_a_web_page_never_speaks_in_a_room(world: World, greeted: bool, filler: bytes, url: bytes) -> None:
    """A form on any page can POST lines to any port: not one of them may be taken for a name or a message."""
    sara = world.joined("sara", "192.0.2.8")
    browser = world.connect()
    if greeted:
        world.greet()
    request = (
        b"POST " + url + b" HTTP/1.1\r\nHost: x\r\n" + filler + b"\r\nali\nsalam\nGET / HTTP/1.1\n/who\nali\nsalam\n"
    )
    browser.sends(request, b"reza\nsalam\n" * 1000, b"GET / HTTP/1.1\r\n\r\n")
    world.passes(10)
    assert sara.sees() == ""
    assert world.journal.lines == ["+sara 192.0.2.8 1"]
    assert browser.closed
    assert browser.sees().count("HTTP/1.1 400 ") == 1


LIMIT = Limits().text_bytes + COMMAND_BYTES


@pytest.mark.parametrize(
    "first",
    [
        *(b"POST /" + b"x" * (LIMIT - len("POST /") - left) + b" HTTP/1.1" for left in range(11)),
        b"X-SAY /x HTTP/1.1",
        b"get /x HTTP/1.1",
        b"m" * (LIMIT + 1) + b" / HTTP/1.1",
        b"m" * (20 * LIMIT) + b" / HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and the ticket of some web site",
    ],
    ids=[*(f"cut off with {left} bytes left" for left in range(11)), "method", "case", "long", "endless", "TLS"],
)
def test_however_a_browser_begins_it_never_gets_a_name(world: World, first: bytes) -> None:
    """After the greeting, wherever the filter cuts off a long first line, and whatever a script chose for its words."""
    sara = world.joined("sara", "192.0.2.8")
    browser = world.connect()
    world.greet()
    browser.sends(first + b"\r\nHost: x\r\nContent-Type: text/plain\r\n\r\nali\nsalam\n", b"reza\nsalam\n")
    world.passes(10)
    assert sara.sees() == ""
    assert browser.closed


@pytest.mark.parametrize("line", ["Hello Server", "hello server!", " HELLO SERVER! "])
def test_the_exercise_is_answered_to_one_who_types_it(world: World, line: str) -> None:
    """A person who was greeted already gets the same answer, and is still asked for a name."""
    visitor = world.connect()
    world.greet()
    visitor.sees()
    assert visitor.types(line).sees() == "Hello Client!\n"
    assert visitor.types("ali").sees() == ALONE


def test_the_exercise_is_answered_to_one_who_types_it_once(world: World) -> None:
    """That answer does not wait its turn, so there is one; the same line again is a line like any other, and limited."""
    visitor = world.connect()
    world.greet()
    visitor.sees()
    visitor.types(*["hello server"] * 200)
    answers = visitor.sees()
    assert answers.count("Hello Client!") == 1
    assert answers.count("! A name cannot hold") == Limits().flood_burst
    world.passes(1)
    assert visitor.sees().count("\n") == Limits().flood_rate


def test_the_exercise_by_first_bytes_is_the_one_answer(world: World) -> None:
    """Typed after that, it is taken for a name, and the person reads what is wrong with it."""
    visitor = world.connect().sends(b"Hello Server\n")
    assert visitor.types("hello server").sees().startswith("Hello Client!\n! A name cannot hold")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"!\n"])
def test_an_exercise_whose_line_ends_late_is_one_line(world: World, end: bytes) -> None:
    """Its client was answered, and greeted, before the rest came: that rest is not a name. Only it is dropped, and once."""
    visitor = world.connect().sends(b"Hello Server")
    world.greet()
    assert visitor.sees() == f"Hello Client!\n{WELCOME}"
    assert visitor.sends(end).sees() == ""
    assert visitor.sends(b"\n").sees().startswith("! A name needs at least one letter")
    assert visitor.types("ali").sees() == ALONE


def test_a_name_right_after_the_exercise_is_not_its_end(world: World) -> None:
    """Only an end that comes next may be late."""
    visitor = world.connect().sends(b"Hello Server")
    world.greet()
    visitor.sees()
    assert visitor.types("12").sees().startswith("! 12 has no letter")
    assert visitor.types("").sees().startswith("! A name needs at least one letter")


def test_a_connection_that_ends_before_a_word_leaves_nothing(world: World) -> None:
    """Port scanners come and go; no timer and no session is left of them."""
    world.connect().drops()
    half = world.connect().sends(b"GE")
    half.drops()
    assert world.clock.getDelayedCalls() == []
    assert not world.site.conversations


def test_one_who_ends_at_once_is_greeted_and_seen_off(world: World) -> None:
    """``nc -N host port </dev/null`` shows that something is there, and comes back."""
    visitor = world.connect().ends()
    assert visitor.sees() == f"{WELCOME}* Goodbye.\n"
    assert visitor.closed
    assert not world.clock.getDelayedCalls()


def test_the_undecided_beginning_of_a_word_counts_when_nothing_follows(world: World) -> None:
    """A name of two letters that is also the beginning of a protocol's first word is a name."""
    visitor = world.connect().sends(b"GE").ends()
    assert visitor.sees().startswith("* Hello GE.")
    assert visitor.closed


LINES = st.one_of(
    st.sampled_from(
        ["ali", "sara", "سلام دوستان", "/who", "/exit", "/nick reza", "hello server", "Hello Server!", "", "12"]
    ).map(str.encode),
    st.sampled_from([b"GET / HTTP/1.1", b"SSH-2.0-x", b"NICK ali", b"\x16\x03\x01", b"/me waves", b"x" * 5000]),
    st.sampled_from([b"{}", b'{"type": "register", "user_id": "reza"}', b'{"type":\r"chat", "text": "salam"}']),
    st.binary(max_size=12),
    st.text(max_size=8).map(str.encode),
)


def _streams(lines: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    ended = st.tuples(lines, st.sampled_from([b"\n", b"\r\n", b"\r", b"\r\0", b""])).map(b"".join)
    return st.lists(ended, max_size=8).map(b"".join)


STREAMS = _streams(LINES).filter(lambda stream: b"\xff" not in stream)


def _pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[start:end] for start, end in pairwise(places)]


def _happens(pieces: list[bytes], ends: bool) -> tuple[bytes, bytes, bool]:
    """What the one who sends these pieces gets, without telnet's part; what others get; whether it is over."""
    world = World()
    other, visitor = world.joined("mina", "192.0.2.8"), world.connect()
    visitor.sends(*pieces)
    if ends:
        visitor.ends()
    others, own, closed = other.gets(), visitor.gets(), visitor.closed
    _everybody_leaves(world, other, visitor)
    return own.replace(b"\xff\xfd\x00", b""), others, closed


def _everybody_leaves(world: World, *visitors: Visitor) -> None:
    for visitor in visitors:
        visitor.drops()
    assert not world.site.conversations
    assert not world.clock.getDelayedCalls()


@settings(max_examples=150, deadline=None)
@given(STREAMS, st.lists(st.integers(0, 9000), max_size=6), st.booleans())
def test_nothing_depends_on_how_the_network_cuts_the_bytes(stream: bytes, cuts: list[int], ends: bool) -> None:
    """Whatever is sent, in one segment or in many: nothing raises, and everybody sees the same."""
    assert _happens([stream], ends) == _happens(_pieces(stream, cuts), ends)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(LINES, st.binary(max_size=6).map(lambda code: b"\xff" + code)), max_size=8), st.booleans())
def test_telnet_changes_nothing_about_that(pieces: list[bytes], ends: bool) -> None:
    """With telnet's codes in between, answers to them may come sooner; others see the same nevertheless."""
    whole, apart = _happens([b"".join(pieces)], ends), _happens(pieces, ends)
    assert whole[1:] == apart[1:]

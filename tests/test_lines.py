"""Lines come out whole, over-long ones as remarks, and no way of cutting the stream makes a difference."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.wire.line_limit import END, ENDLESS, REMARK_BYTES, Endless, EndOfInput, Remark, TooLong, read_remark
from chatd.wire.lines import LineFilter, edited, end_of_line
from chatd.wire.telnet import END_OF_INPUT, INTERRUPT, Code, Option, Telnet

LIMIT = 5
PERSIAN = "سلام دنیا".encode()

PIECE = st.one_of(
    st.sampled_from([b"\r", b"\n", b"\0", b"\r\n", b"\r\0", b"\x04", b"\xff", b"\xff\xff", b"\xfe"]),
    st.sampled_from([Code.NOP, Code.EOF, Code.IP, Code.EL, Code.AYT, Code.SE]).map(
        lambda code: bytes((Code.IAC, code))
    ),
    st.sampled_from([b"\xff\xfa\x1f\0P\xff\xf0", b"\xff\xfb\x1f", b"\xff\xfd\x06"]),
    st.binary(max_size=8),
    st.one_of(st.integers(0, LIMIT + 2), st.integers(ENDLESS * LIMIT - 2, ENDLESS * LIMIT + 2)).map(
        lambda size: b"x" * size
    ),
)
RECEIVED = st.lists(PIECE, max_size=30).map(b"".join)


def typed_one_by_one(data: bytes, telnet: Telnet) -> Iterator[bytes]:
    """The bytes of the text, each at the moment when telnet lets it through."""
    for received in data:
        for typed in telnet.feed(bytes((received,))):
            yield bytes((typed,))


def filtered_one_by_one(data: bytes, limit: int) -> list[bytes | Remark]:
    """The lines and remarks, worked out in the plainest way: one byte of the text after another, everything kept.

    An unfinished last line counts.
    """
    lines: list[bytes | Remark] = []
    line, told, returned = b"", False, False
    telnet = Telnet()

    def end() -> None:
        nonlocal line, told
        if not told:
            lines.append(line if len(line) <= limit else TooLong(len(line)))
        line, told = b"", False

    for piece in typed_one_by_one(data, telnet):
        if returned and piece in {b"\n", b"\0"}:
            returned = False
            continue
        returned = piece == b"\r"
        if piece in {b"\r", b"\n"}:
            end()
        elif piece == END_OF_INPUT and not line:
            lines.append(EndOfInput())
        elif piece == END_OF_INPUT and telnet.seen:
            pass
        elif piece != INTERRUPT or line:
            line += b"\xfe" if piece == INTERRUPT else piece
            if len(line) > ENDLESS * limit and not told:
                told = True
                lines.append(Endless(ENDLESS * limit))
    if line:
        end()
    return lines


def lines_of(out: bytes) -> list[bytes | Remark]:
    """What a receiver that cuts at line feeds makes of it."""
    assert not out or out.endswith(b"\n")
    lines = out.split(b"\n")[:-1]
    return [read_remark(line) or line for line in lines]


def received(*pieces: bytes, limit: int = LIMIT) -> list[bytes | Remark]:
    """The lines that come of these pieces, the connection being closed after them."""
    lines = LineFilter(limit)
    return lines_of(b"".join(map(lines.feed, pieces)) + lines.finish())


@settings(deadline=None)
@given(RECEIVED, st.integers(1, 2 * LIMIT))
def test_lines_are_what_the_plainest_reader_makes_of_them(data: bytes, limit: int) -> None:
    """The fast filter and a byte-by-byte one agree on any input."""
    assert received(data, limit=limit) == filtered_one_by_one(data, limit)


@settings(deadline=None)
@given(RECEIVED, st.lists(st.integers(0, 400)))
def test_pieces_do_not_matter(data: bytes, cuts: list[int]) -> None:
    """However the network cuts a stream, exactly the same bytes come out."""
    whole, pieces = LineFilter(LIMIT), LineFilter(LIMIT)
    out, at = b"", 0
    for cut in [*sorted(cuts), len(data)]:
        out += pieces.feed(data[at:cut])
        at = max(at, cut)
    assert out == whole.feed(data)
    assert pieces.returned == whole.returned
    assert pieces.finish() == whole.finish()


@settings(deadline=None)
@given(RECEIVED)
def test_one_byte_at_a_time_gives_the_same(data: bytes) -> None:
    """The worst cut of all."""
    assert received(*(bytes((byte,)) for byte in data)) == filtered_one_by_one(data, LIMIT)


@settings(deadline=None)
@given(RECEIVED)
def test_nothing_longer_than_promised_comes_out(data: bytes) -> None:
    """Whoever keeps unfinished lines needs room for the limit and a remark, no more; 0xff is in remarks only."""
    lines = LineFilter(LIMIT)
    for line in (lines.feed(data) + lines.finish()).split(b"\n"):
        assert len(line) <= LIMIT + REMARK_BYTES
        assert (b"\xff" in line) == (read_remark(line) is not None)


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(str.encode)))
def test_lines_within_the_limit_are_never_touched(lines: list[bytes]) -> None:
    """Text that is neither too long nor full of controls comes out as it went in."""
    data = b"".join(line + b"\n" for line in lines)
    limit = max([len(line) for line in lines], default=0) or 1
    assert LineFilter(limit).feed(data) == data


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r\0", b"\r"])
def test_every_clients_ending_is_a_line_feed(ending: bytes) -> None:
    """Netcat, telnet in its modes and PuTTY end lines in four ways."""
    assert received(b"a" + ending + ending + b"b" + ending) == [b"a", b"", b"b"]


def test_carriage_return_ends_the_line_at_once() -> None:
    """Some clients send nothing after it: waiting for the next byte would hold every line back by one."""
    lines = LineFilter(LIMIT)
    assert lines.feed(b"a\r") == b"a\n"
    assert lines.feed(b"\n") == b""
    assert lines.feed(b"\n") == b"\n"
    assert lines.feed(b"b\r") == b"b\n"
    assert lines.feed(b"\0c") == b"c"


def test_telnet_between_the_parts_of_an_ending_does_not_double_it() -> None:
    """The two bytes of an ending belong together even if a telnet command comes between."""
    assert received(b"a\r", b"\xff\xf1", b"\nb") == [b"a", b"b"]


def test_line_of_the_limit_passes_and_one_byte_more_does_not() -> None:
    """The limit counts bytes without the ending, and the next line is untouched by it."""
    assert received(b"12345\n123456\nabc\r\n") == [b"12345", TooLong(6), b"abc"]


def test_ending_after_a_full_line_may_come_later() -> None:
    """A full line is refused by its next byte, not by its length."""
    assert received(b"12345", b"\r", b"\n12345", b"6\n", b"12345") == [b"12345", TooLong(6), b"12345"]


def test_of_an_over_long_line_only_as_much_as_the_limit_passes() -> None:
    """Whoever keeps the unfinished line has set this much aside for it, be it alone or behind others."""
    assert LineFilter(LIMIT).feed(b"123456") == b"12345"
    assert LineFilter(LIMIT).feed(b"a\n123456789") == b"a\n12345"


def test_over_long_line_is_remarked_on_when_it_ends() -> None:
    """What had passed of it is taken back by the remark at its end: nothing of it can be said in a room."""
    lines = LineFilter(4)
    assert lines.feed(PERSIAN) == PERSIAN[:4]
    assert lines.feed(PERSIAN) == b""
    end = lines.feed(b"\nb\n")
    assert lines_of(PERSIAN[:4] + end) == [TooLong(2 * len(PERSIAN)), b"b"]


def test_many_over_long_lines_in_one_piece_are_each_remarked_on() -> None:
    """A paste of a log file: each line gets its own measure."""
    assert received(b"".join(b"x" * size + b"\n" for size in range(4, 9))) == [
        b"xxxx",
        b"xxxxx",
        TooLong(6),
        TooLong(7),
        TooLong(8),
    ]


def test_endless_line_is_remarked_on_once_and_forgotten_at_its_end() -> None:
    """A file without line feeds: told while it goes on, silent at its end, and then all is as before."""
    lines = LineFilter(LIMIT)
    assert b"\n" not in lines.feed(b"x" * ENDLESS * LIMIT)
    assert lines.feed(b"x").endswith(b"\n")
    assert lines.feed(b"x" * 1000) == b""
    assert lines.feed(b"\nabc\n") == b"abc\n"


def test_line_that_ends_just_before_it_is_endless_is_too_long() -> None:
    """The two remarks share their border and never come for the same line."""
    size = ENDLESS * LIMIT
    assert received(b"x" * size + b"\n") == [TooLong(size)]
    assert received(b"x" * (size + 1) + b"\n") == [Endless(size)]


def test_a_hundred_million_bytes_without_line_feed_leave_nothing_behind() -> None:
    """Somebody sends a disk image: the beginning passes, one remark, nothing else."""
    lines, block = LineFilter(4096), b"x" * 1_000_000
    out = [lines.feed(block) for _ in range(100)]
    assert lines_of(out[0]) == [Endless(ENDLESS * 4096)]
    assert set(out[1:]) == {b""}


def test_ctrl_d_on_an_empty_line_is_the_end_of_input() -> None:
    """As in a shell: the person is done. Telnet's own EOF means the same."""
    assert LineFilter(LIMIT).feed(b"\x04") == END
    assert received(b"\x04") == [EndOfInput()]
    assert received(b"a\n\x04") == [b"a", EndOfInput()]
    assert received(bytes((Code.IAC, Code.EOF)) + b"b\n") == [EndOfInput(), b"b"]


@pytest.mark.parametrize("end", [b"\x04", b"\xff\xec"])
def test_ctrl_d_inside_a_line_of_telnets_only_sends_it_off(end: bytes) -> None:
    """Telnet programs send what is typed so far, then the byte, then the rest: one line all the same."""
    assert received(b"\xff\xf1", b"sal", end, b"am\n", limit=9) == [b"salam"]


def test_the_byte_of_ctrl_d_stays_in_a_line_without_telnet() -> None:
    """Two words that somebody kept apart are not joined; the first command of telnet changes only what follows it."""
    assert received(b"sal\x04am\n", limit=9) == [b"sal\x04am"]
    assert received(b"a\x04b\n\xff\xf1c\x04d\n") == [b"a\x04b", b"cd"]


def test_interrupt_inside_a_line_makes_it_unreadable() -> None:
    """Ctrl-C halfway through: what is left must not be taken for what was meant, so it is not UTF-8 any more."""
    assert received(b"ab" + bytes((Code.IAC, Code.IP)) + b"c\n") == [b"ab\xfec"]


def test_interrupt_on_an_empty_line_does_nothing() -> None:
    """Ctrl-C out of habit, then a line: the line is fine."""
    interrupt = bytes((Code.IAC, Code.IP, Code.IAC, Code.DO, Option.TIMING_MARK))
    lines = LineFilter(LIMIT)
    assert lines.feed(b"a\n" + interrupt + b"abc\n") == b"a\nabc\n"
    assert bytes((Code.IAC, Code.WILL, Option.TIMING_MARK)) in lines.telnet.take_replies()


def test_unfinished_line_counts_when_the_other_side_closes() -> None:
    r"""``printf 'a\nb' | nc -N``: b was said too, and it is said once."""
    lines = LineFilter(LIMIT)
    assert lines.feed(b"a\nb") + lines.finish() == b"a\nb\n"
    assert lines.finish() == b""


@pytest.mark.parametrize(("size", "end"), [(0, []), (LIMIT + 1, [TooLong(LIMIT + 1)]), (ENDLESS * LIMIT + 1, [])])
def test_close_says_no_more_about_the_last_line_than_its_end_would(size: int, end: list[Remark]) -> None:
    """Nothing after an ended line, the measure of an over-long one, and an endless one was remarked on before."""
    lines = LineFilter(LIMIT)
    passed = lines.feed(b"x" * size).rpartition(b"\n")[2]
    out = lines.finish()
    assert lines_of(passed + out) == end


@pytest.mark.parametrize("line", [b"", b"salam", PERSIAN, b"L6", b"\xfeL6"])
def test_what_people_type_is_no_remark(line: bytes) -> None:
    """Remarks are told by a byte that the filter never lets through."""
    assert read_remark(line) is None


@settings(deadline=None)
@given(st.binary(max_size=12).map(lambda tail: b"x\xff" + tail))
def test_reading_a_remark_never_raises(line: bytes) -> None:
    """Even on what no filter writes."""
    read_remark(line)


def test_forged_remark_comes_out_as_unreadable_text() -> None:
    """Nobody can write one: a typed 0xff becomes another byte."""
    assert received(b"\xffL9\n\xff\xff\n") == [b"\xfeL9", b"\xfe"]


@settings(deadline=None)
@given(st.integers(LIMIT + 1, 10 * LIMIT))
def test_remark_says_what_was_measured(size: int) -> None:
    """The refusal told to the person quotes it."""
    assert received(b"x" * size) == [TooLong(size)]


def test_a_limit_that_allows_nothing_is_refused() -> None:
    """Every line would be over-long, the empty one included."""
    with pytest.raises(ValueError, match="at least 1"):
        LineFilter(0)


@pytest.mark.parametrize(
    ("data", "returned"),
    [(b"a", False), (b"a\n", False), (b"a\r\n", True), (b"a\r\0b", True), (b"a\r", True), (b"a\r\nb\n", False)],
)
def test_the_ending_of_the_last_line_is_remembered(data: bytes, returned: bool) -> None:
    """It tells a telnet program that has sent no command from nc, whose Enter is a line feed."""
    lines = LineFilter(LIMIT)
    lines.feed(data)
    assert lines.returned is returned


ENDINGS = st.sampled_from([b"a", b"\n", b"\r", b"\r\n", b"\r\0", b"\xff\xf1"])


@given(st.lists(ENDINGS))
def test_the_last_ending_is_what_the_plainest_reader_makes_of_it(pieces: list[bytes]) -> None:
    """One byte after another, telnet's commands left out, the answer is the same."""
    returned, before = False, b""
    for byte in Telnet().feed(b"".join(pieces)):
        piece = bytes((byte,))
        if piece == b"\r" or (piece == b"\n" and before != b"\r"):
            returned = piece == b"\r"
        before = piece
    lines = LineFilter(LIMIT)
    for received_together in pieces:
        lines.feed(received_together)
    assert lines.returned is returned


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (b"hunter2", b"hunter2"),
        (b"hunter3\x7f2", b"hunter2"),
        (b"hunter3\x082", b"hunter2"),
        (b"\x7f\x7fa", b"a"),
        (b"wrong\x15right", b"right"),
        (b"wrong\x03", b""),
        ("رمز۱".encode() + b"\x7f\x7f" + "ز".encode(), "رمز".encode()),
        ("رمز😀".encode() + b"\x7f", "رمز".encode()),
    ],
)
def test_a_typing_error_can_be_taken_back_where_keys_come_one_by_one(keys: bytes, line: bytes) -> None:
    """Busybox's telnet leaves it to the server as soon as it is told to hide what is typed."""
    assert edited(keys) == line


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])), st.characters(exclude_categories=["Cc", "Cs"]))
def test_one_key_takes_back_one_character(text: str, mistake: str) -> None:
    """Whatever its length in bytes; and a line without such keys stays as it is."""
    assert edited(text.encode()) == text.encode()
    assert edited(f"{text}{mistake}\x7f".encode()) == text.encode()


@given(st.binary(max_size=20))
def test_editing_never_raises_and_adds_nothing(keys: bytes) -> None:
    """Even of what is not text."""
    left = edited(keys)
    assert len(left) <= len(keys)
    assert not set(left) & set(b"\b\x7f\x15\x03")


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r\0", b"\r"])
def test_the_first_line_is_found_with_its_ending(ending: bytes) -> None:
    """Whatever ends it; of a line without an ending, all is the line."""
    assert end_of_line(b"ali" + ending + b"salam\n") == 3 + len(ending)
    assert end_of_line(b"ali") == 3
    assert end_of_line(b"") == 0

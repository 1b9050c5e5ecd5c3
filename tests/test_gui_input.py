"""Where one types in the window: completion, earlier lines, Persian as it is read, and what becomes of too much."""

import tkinter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.languages import PERSIAN as FARSI
from clients.gui.model.typed_lines import KEPT, Recall, completion
from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import drawn
from clients.gui.text.typed_text import TypedText
from clients.wording import speak
from tests.tk_windows import Stage, said, stage, tk_screen

__all__ = ["stage", "tk_screen"]

PERSIAN = "سلام به همه"


class Words:
    """Some names and a room."""

    def names(self) -> list[str]:
        """Two of them begin alike."""
        return ["sara", "saeed", "mina"]

    def correspondents(self) -> list[str]:
        """The same."""
        return self.names()

    def rooms(self) -> list[str]:
        """One."""
        return ["#lobby"]


# Half words


def test_tab_goes_through_the_candidates_and_back_to_what_was_typed() -> None:
    """What stands behind the cursor stays there."""
    half = completion("hi sa you", 5, Words())
    assert half
    assert half.turn(1) == ("hi sara  you", 8)
    assert half.turn(1) == ("hi saeed  you", 9)
    assert half.turn(1) == ("hi sa you", 5)
    assert half.turn(-1) == ("hi saeed  you", 9)


def test_what_nothing_begins_with_is_left_alone() -> None:
    """There is nothing to choose."""
    assert completion("zzz", 3, Words()) is None


@given(st.text(), st.integers(0, 200), st.lists(st.sampled_from([1, -1])))
def test_any_line_can_be_completed(line: str, cursor: int, steps: list[int]) -> None:
    """What is behind the cursor is never lost, and the cursor stays in the line."""
    cursor = min(cursor, len(line))
    half = completion(line, cursor, Words())
    if half:
        for step in steps:
            made, place = half.turn(step)
            assert made[place:] == line[cursor:]


# Earlier lines


def test_earlier_lines_come_back_and_so_does_the_draft() -> None:
    """Up to the first one, and down to what was being typed."""
    recall = Recall()
    recall.keep("one")
    recall.keep("two")
    assert recall.step(-1, "draft") == "two"
    assert recall.step(-1, "two") == "one"
    assert recall.step(-1, "one") is None
    assert recall.step(1, "one") == "two"
    assert recall.step(1, "two") == "draft"
    assert recall.step(1, "draft") is None


def test_the_same_line_is_kept_once_and_only_the_last_ones() -> None:
    """Nobody wants to go through the same line twice in a row."""
    recall = Recall()
    for line in ["", "a", "a", *map(str, range(KEPT))]:
        recall.keep(line)
    found = [recall.step(-1, "") for _ in range(KEPT + 1)]
    assert found == [*map(str, reversed(range(KEPT))), None]


# Persian as it is read; each letter is one pixel wide


def laid_out(text: str, width: int = 100, default: Direction = Direction.LTR) -> TypedText:
    """In letters of one pixel."""
    return TypedText(text, default, width, len)


def test_in_an_english_line_the_cursor_moves_to_the_right() -> None:
    """It stands behind the letter before it."""
    assert [laid_out("abc").cursor(place) for place in range(4)] == [(0, 0), (0, 1), (0, 2), (0, 3)]


def test_in_a_persian_line_the_cursor_moves_to_the_left() -> None:
    """From the right edge; lam-alef is one letter to the screen."""
    assert [laid_out("سلام").cursor(place)[1] for place in range(5)] == [100, 99, 98, 98, 97]


def test_a_space_at_the_end_can_be_seen_by_the_cursor() -> None:
    """Whoever presses the space bar wants to see that it was heard."""
    assert laid_out("سلام ").cursor(5) == (0, 96)
    assert laid_out("abc ").cursor(4) == (0, 4)


def test_a_latin_word_in_a_persian_line_runs_to_the_right() -> None:
    """The cursor goes along with it, and jumps where the direction changes."""
    across = [laid_out("به abc").cursor(place)[1] for place in range(7)]
    assert across == [100, 99, 98, 97, 95, 96, 97]


def test_long_text_is_broken_and_the_cursor_goes_to_the_next_line() -> None:
    """At a break the cursor is where the next letter will be; a line feed makes a line too."""
    typed = laid_out("aaa bbb\nسلام", width=4)
    assert len(typed.lines) == 3
    assert [typed.cursor(place) for place in (3, 4, 7, 8)] == [(0, 3), (1, 0), (1, 3), (2, 4)]


def test_what_is_selected_is_a_run_of_its_own() -> None:
    """So that it can be drawn on its ground, letters joined as before."""
    typed = TypedText(PERSIAN, Direction.LTR, 100, len, (0, 4))
    assert [(run.style, run.text) for run in typed.lines[0].drawn.runs] == [
        ("", drawn(PERSIAN)[: -len(drawn("سلام"))]),
        ("selected", drawn("سلام")),
    ]


TYPED = st.text(st.sampled_from("abc سلامنه‌ب.()۱۲12\n😀\u0301\u2066\u2069"), max_size=40)


@given(TYPED, st.integers(6, 60), st.sampled_from(Direction))
def test_the_cursor_has_a_place_for_every_place_in_the_text(text: str, width: int, default: Direction) -> None:
    """And pointing there finds a place that is drawn there."""
    typed = laid_out(text, width, default)
    for place in range(len(text) + 1):
        number, across = typed.cursor(place)
        assert 0 <= number < len(typed.lines)
        found = typed.place(number, across)
        assert typed.lines[number].start <= found <= typed.lines[number].end
        if typed.cursor(found)[0] == number:
            assert abs(typed.cursor(found)[1] - across) <= 1


@given(st.text(max_size=60), st.integers(1, 60))
def test_whatever_is_typed_can_be_drawn(text: str, width: int) -> None:
    """Nothing raises, also where a letter is wider than the line."""
    typed = laid_out(text, width)
    typed.cursor(len(text))
    assert typed.place(99, -5) <= len(text)


# The line itself


def test_tab_completes_and_shows_what_else_there_is(stage: Stage) -> None:
    """The candidates stand above the line until something else is typed."""
    stage.type("s")
    stage.press("Tab")
    assert stage.typed == "sara: "
    stage.type("hi")
    stage.window.input.draft = "/"
    stage.press("Tab")
    assert stage.typed == "/pm "
    candidates = stage.window.input.candidates
    assert candidates[:2] == ["/pm", "/reply"]
    stage.press("Shift-Tab", "Shift-Tab")
    assert stage.typed != "/pm "
    stage.type("x")
    stage.root.update()
    assert stage.window.input.candidates == []


def test_arrow_keys_call_back_earlier_lines(stage: Stage) -> None:
    """And what was being typed."""
    for line in ("one", "two"):
        stage.type(line)
        stage.press("Return")
    stage.type("draft")
    stage.press("Up", "Up")
    assert stage.typed == "one"
    stage.press("Down", "Down")
    assert stage.typed == "draft"


def test_a_line_is_broken_by_shift_and_return(stage: Stage) -> None:
    """The line grows with what is in it, up to four lines; then the arrow keys move within it first."""
    stage.type("one")
    before = stage.input.winfo_height()
    stage.press("Shift-Return")
    stage.type("two")
    assert stage.typed == "one\ntwo"
    stage.until(lambda: stage.input.winfo_height() > before, "it was higher")
    stage.press("Up")
    assert stage.typed == "one\ntwo"
    stage.type("\n" * 10)
    stage.root.update()
    assert int(stage.input.cget("height")) == 4


def test_what_was_typed_can_be_taken_back(stage: Stage) -> None:
    """By the key that everybody knows; but not into the line before."""
    stage.type("first")
    stage.press("Return")
    stage.type("second")
    stage.input.edit_separator()
    stage.type(" third")
    stage.press("Control-z")
    assert stage.typed == "second"
    stage.press("Control-z", "Control-z")
    assert "first" not in stage.typed


def test_everything_can_be_selected(stage: Stage) -> None:
    """And replaced by what is typed then."""
    stage.type(PERSIAN)
    stage.press("Control-a")
    assert stage.input.get("sel.first", "sel.last") == PERSIAN
    stage.type("x")
    assert stage.typed == "x"


def test_a_word_can_be_deleted_at_once(stage: Stage) -> None:
    """With everything that may be in it."""
    stage.type("hello 😀 سلام")
    stage.press("Control-BackSpace")
    assert stage.typed == "hello 😀 "
    stage.press("Control-BackSpace")
    assert stage.typed == "hello "


def test_a_word_is_deleted_on_its_line_and_then_the_end_of_the_one_before(stage: Stage) -> None:
    """A line is never deleted by mistake."""
    stage.window.input.draft = "hello\nbig  world\t"
    seen = []
    for _ in range(4):
        stage.press("Control-BackSpace")
        seen.append(stage.typed)
    assert seen == ["hello\nbig  ", "hello\n", "hello", ""]
    stage.press("Control-BackSpace")
    assert stage.typed == ""


def test_what_is_selected_is_pasted_where_the_middle_button_points(stage: Stage) -> None:
    """In a Persian line too, whose right end is its beginning; and behind a command as one line."""
    field = tkinter.Entry(stage.window)
    field.insert(0, "XX")
    field.select_range(0, "end")
    stage.type("سلام خوبی")
    overlay = stage.window.input.overlay
    stage.until(overlay.winfo_ismapped, "it was drawn")
    overlay.event_generate("<Button-2>", x=overlay.winfo_width() - 2, y=10)
    stage.root.update()
    assert stage.typed == "XXسلام خوبی"


def test_the_middle_button_follows_the_rules_of_pasting(stage: Stage) -> None:
    """What is selected in the line itself is copied there, not moved; a line end would send half of a command."""
    stage.type("abc")
    stage.press("Control-a")
    stage.input.event_generate("<<PasteSelection>>", x=stage.input.winfo_width() - 2, y=8)
    assert stage.typed == "abcabc"
    other = tkinter.Text(stage.window)
    other.insert("end", "one\ntwo")
    other.tag_add("sel", "1.0", "end-1c")
    stage.window.input.draft = "/pm sara "
    stage.input.event_generate("<<PasteSelection>>", x=stage.input.winfo_width() - 2, y=8)
    assert stage.typed == "/pm sara one two"


@pytest.mark.parametrize("pasted", ["x\n" * 1001, "س" * 33_000])
def test_more_than_can_be_sent_is_not_pasted(stage: Stage, pasted: str) -> None:
    """It says so, and what stands there stays."""
    stage.type("hello")
    stage.root.clipboard_clear()
    stage.root.clipboard_append(pasted)
    stage.input.event_generate("<<Paste>>")
    assert stage.typed == "hello"
    assert "nothing was pasted: at most" in stage.log


def test_a_key_in_a_long_text_lays_out_one_paragraph() -> None:
    """Else each key would take as long as the whole text; what is selected, or another width, does change others."""
    text = "\n".join(f"{PERSIAN} {number}" for number in range(50))
    asked: list[str] = []

    def measure(letters: str) -> int:
        asked.append(letters)
        return len(letters)

    before = TypedText(text, Direction.LTR, 100, measure)
    whole = [(line.start, line.drawn.runs) for line in before.lines]
    asked.clear()
    after = TypedText(f"{text}x", Direction.LTR, 100, measure).after(before)
    assert [(line.start, line.drawn.runs) for line in after.lines][:-1] == whole[:-1]
    assert not set(map(str, range(50))) & set(asked)
    assert "49x" in asked
    narrow = TypedText(text, Direction.LTR, 5, measure).after(before)
    assert len(narrow.lines) > len(before.lines)


@given(TYPED, TYPED, st.integers(1, 60), st.integers(0, 40), st.integers(0, 40))
def test_what_was_laid_out_before_changes_nothing(old: str, new: str, width: int, low: int, high: int) -> None:
    """A text that remembers another one looks as it would alone."""
    typed = TypedText(new, Direction.LTR, width, len, (min(low, high), max(low, high)))
    assert typed.after(laid_out(old, width)).lines == typed.lines


def test_pasted_lines_stay_lines_but_behind_a_command_they_are_one(stage: Stage) -> None:
    """They go where the command says, all of them."""
    stage.root.clipboard_clear()
    stage.root.clipboard_append("one\r\ntwo\n")
    stage.input.event_generate("<<Paste>>")
    assert stage.typed == "one\ntwo"
    stage.window.input.draft = "/pm sara "
    stage.input.event_generate("<<Paste>>")
    assert stage.typed == "/pm sara one two"


def test_persian_is_drawn_over_the_line_as_it_is_read(stage: Stage) -> None:
    """And only while there is some."""
    overlay = stage.window.input.overlay
    stage.type("salam")
    assert not overlay.winfo_ismapped()
    stage.type(f" {PERSIAN}")
    stage.until(overlay.winfo_ismapped, "it was drawn")
    texts = [overlay.itemcget(item, "text") for item in overlay.find_withtag("typed")]
    assert texts == [drawn(f"salam {PERSIAN}")]
    stage.press("Control-a")
    stage.type("x")
    stage.until(lambda: not overlay.winfo_ismapped(), "it was gone")


def test_in_a_persian_window_an_empty_line_begins_at_the_right(stage: Stage) -> None:
    """Where its first letter will be; a Latin one begins at the left."""
    stage.window.destroy()
    speak(FARSI)
    stage.open()
    overlay = stage.window.input.overlay
    for typed in ("", "(", "abc\n"):
        stage.window.input.draft = typed
        stage.until(overlay.winfo_ismapped, "it was drawn")
        left, _, _, _ = overlay.coords("cursor")
        assert left > overlay.winfo_width() / 2
    stage.window.input.draft = "abc"
    stage.until(lambda: not overlay.winfo_ismapped(), "it was gone")


def test_arrow_keys_move_the_way_they_point(stage: Stage) -> None:
    """In a Persian line left is forward."""
    stage.type(PERSIAN)
    stage.input.mark_set("insert", "1.0")
    stage.press("Left", "Left")
    assert stage.input.index("insert") == "1.2"
    stage.press("Right")
    assert stage.input.index("insert") == "1.1"
    stage.window.input.draft = "abc"
    stage.press("Left")
    assert stage.input.index("insert") == "1.2"


def test_pointing_into_a_persian_line_puts_the_cursor_there(stage: Stage) -> None:
    """Its right end is its beginning, and what is dragged over is selected."""
    stage.type(f"😀 {PERSIAN}")
    overlay = stage.window.input.overlay
    stage.until(overlay.winfo_ismapped, "it was drawn")
    right = overlay.winfo_width() - 2
    overlay.event_generate("<Button-1>", x=right, y=10)
    assert stage.input.index("insert") == "1.0"
    overlay.event_generate("<B1-Motion>", x=2, y=10, state=0x100)
    assert stage.input.get("sel.first", "sel.last") == f"😀 {PERSIAN}"


@pytest.mark.parametrize(
    ("length", "words"),
    [(100, ""), (4000, "96 bytes left"), (4096, "0 bytes left"), (4100, "4 bytes too long")],
)
def test_the_end_of_a_message_is_announced(stage: Stage, length: int, words: str) -> None:
    """Before the server would refuse it."""
    stage.window.input.draft = "x" * length
    stage.root.update()
    assert stage.window.input.left == words


def test_a_command_does_not_count(stage: Stage) -> None:
    """Only what it says is sent; and the server may take less than others do."""
    stage.window.input.draft = "/pm sara " + "x" * 4090
    assert stage.window.input.left == "6 bytes left"
    stage.happens(text_bytes=100)
    stage.window.input.draft = "x" * 101
    assert stage.window.input.left == "1 byte too long"


def test_the_bytes_are_counted_not_the_letters(stage: Stage) -> None:
    """A Persian letter is two, and a line for itself counts."""
    stage.window.input.draft = "س" * 2000 + "\n" + "x" * 100
    stage.root.update()
    assert stage.window.input.left == "96 bytes left"


def test_the_log_is_scrolled_and_copied_from_where_one_types(stage: Stage) -> None:
    """Nobody has to leave the line for that."""
    stage.happens(*(said(f"n{number}") for number in range(100)))
    stage.press("Prior")
    log = stage.window.logs.top
    assert log
    assert not log.at_end
    stage.press("Next")
    assert log.at_end
    log.select_all()
    stage.press("Control-c")
    assert stage.root.clipboard_get().endswith("sara: n99")
    stage.type("mine")
    stage.press("Control-a", "Control-c")
    assert stage.root.clipboard_get() == "mine"

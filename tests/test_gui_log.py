"""The log of the window: what is shown in which order, where one reads, and that drawing leaves time for everything else."""

import random
import re
from tkinter import ttk

import pytest

from chatd.languages import PERSIAN
from clients.gui.log import drawing as log_drawing
from clients.gui.model.paragraphs import Kind, Paragraph
from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import configure
from clients.gui.theme import DARK, LIGHT
from clients.wording import speak
from tests.tk_logs import PERSIAN_LINE, Reader, many, reader, said, tk_screen

__all__ = ["reader", "tk_screen"]

JOINED = "سلام"
SHAPES = "\u0645\ufefc\ufeb3"  # from left to right: meem alone, lam-alef joined to what is before, seen
RED = [said(f"red {number}") for number in range(60)]


# What is shown


def test_paragraphs_stand_below_one_another_and_the_last_one_can_be_seen(reader: Reader) -> None:
    """Whatever is appended is drawn in its order, and the end is followed."""
    reader.show(*RED)
    assert reader.drawn.split("\n") == [paragraph.text for paragraph in RED]
    assert reader.text.dlineinfo("end-2c")
    assert reader.log.at_end


def test_persian_is_drawn_joined_from_the_right_edge(reader: Reader) -> None:
    """Tk joins and orders nothing: it is given the shapes, in the order in which they are drawn."""
    reader.show(said(JOINED))
    assert reader.drawn == SHAPES
    box = reader.text.bbox("1.2")
    assert box
    assert reader.text.winfo_width() - 20 < box[0] + box[2] < reader.text.winfo_width()


def test_a_long_persian_paragraph_begins_with_its_beginning(reader: Reader) -> None:
    """Lines are broken as the text is read: Tk, given what is drawn, would show its end first."""
    reader.show(said(" ".join(f"واژه{number}" for number in range(100, 160))))
    first, *_, last = reader.drawn.split("\n")
    assert ("100" in first, "159" in first) == (True, False)
    assert ("100" in last, "159" in last) == (False, True)


def test_a_paragraph_is_copied_as_it_was_written(reader: Reader) -> None:
    """Nothing of how it is drawn leaves the log: no shapes, no line feeds within, no isolates; ZWNJ stays."""
    long = " ".join(["می‌خواهم (کتاب‌ها) را"] * 30)
    reader.show(said(PERSIAN_LINE), said(long), said("and English"))
    assert reader.all_said == f"{PERSIAN_LINE}\n{long}\nand English".replace("\u2068", "").replace("\u2069", "")


@pytest.mark.parametrize(
    "text",
    [
        "\u202eevil\u202c",
        "a" + "\u0301" * 2000,
        "ب" + "\u064e" * 2000,
        "\ud800 half of a pair \udfff",
        "\ufffc \u0378 \U000e0001 \U0010ffff",
        "line\nfeed\r\x00\x1b[31m\u2028",
        "👨‍👩‍👧 👍🏽 ❤️ 🇮🇷",
        "ک" * 2048,
        "w" * 4096,
        "http://" + "ا/" * 1500,
        "\u2066" * 1000 + "سلام",
        "",
    ],
)
def test_no_text_is_too_odd_to_be_shown(reader: Reader, text: str) -> None:
    """What strangers write is drawn and copied without an error, on lines of its own."""
    reader.show(said("before"), said(text), said("after"))
    lines = reader.drawn.split("\n")
    assert (lines[0], lines[-1]) == ("before", "after")
    assert reader.all_said.startswith("before\n")
    assert reader.all_said.count("\n") == 2


def test_one_sees_how_far_a_message_of_ones_own_has_come(reader: Reader) -> None:
    """One that is stored, and one that waits; neither sign is copied."""
    reader.show(said("stored", own=True))
    reader.log.set_pending([said("waits", own=True, kind=Kind.PENDING)])
    reader.settle()
    assert reader.drawn == "stored\u00a0✓\nwaits\u00a0…"
    assert reader.all_said == "stored\nwaits"


def test_what_waits_stays_below_everything_else(reader: Reader) -> None:
    """It is replaced as a whole, and what others say meanwhile comes before it."""
    reader.log.set_pending([said("سلام one"), said("two")])
    reader.show(said("others"))
    reader.log.set_pending([said("two")])
    reader.show(said("one"))
    assert reader.drawn == "others\none\ntwo"
    reader.log.set_pending([])
    reader.settle()
    assert reader.drawn == "others\none"


def test_what_goes_on_waiting_is_not_drawn_again(reader: Reader) -> None:
    """One after the other is acknowledged, and others are added: a thousand times the same would be a thousandfold work."""
    reader.log.set_pending([said("one"), said("two"), said("سلام")])
    reader.settle()
    reader.text.tag_add("untouched", "1.0", "end-1c")
    reader.log.set_pending([said("two"), said("سلام"), said("three")])
    reader.settle()
    assert reader.drawn == f"two\n{SHAPES}\nthree"
    assert [str(index) for index in reader.text.tag_ranges("untouched")] == ["1.0", "3.0"]


def test_what_waits_is_drawn_for_the_width_that_the_window_has(reader: Reader) -> None:
    """Also while one reads further up, and when it is not what it was before."""
    waits = [paragraph for paragraph in many(10) if paragraph.direction is Direction.RTL]
    reader.show(*RED)
    reader.log.set_pending(waits)
    reader.log.to_top()
    reader.resize(400, 300)
    reader.log.set_pending(waits[1:])
    reader.settle()
    assert reader.drawn == drawn_anew(reader, [paragraph.text for paragraph in [*RED, *waits[1:]]])


def test_what_waited_is_selected_no_more_when_it_is_sent(reader: Reader) -> None:
    """Something else stands in its place, which nobody has selected."""
    reader.show(said("others"))
    reader.log.set_pending([said("waits")])
    reader.log.select_all()
    reader.show(said("sent"))
    assert reader.log.selected_text() == ""


def test_a_mention_lies_on_a_colour_from_edge_to_edge(reader: Reader) -> None:
    """The whole paragraph is marked, on each of its lines, with the line feed that fills it."""
    reader.show(said("hello " * 60, mention=True), said(JOINED, mention=True), said("other"))
    first, last = reader.text.tag_ranges("mention")
    assert (str(first), str(last)) == ("1.0", "3.0")


def test_colours_change_while_it_is_shown(reader: Reader) -> None:
    """A dark theme reaches the page, its tags, and names that have colours of their own."""
    reader.show(Paragraph((("class:time", "[14:03] "), ("fg:#c24b4b bold", "ali"), ("", ": hi")), Direction.LTR))
    light = reader.text.tag_cget("fg:#c24b4b", "foreground")
    reader.log.apply_theme(DARK)
    assert reader.text.cget("background") == DARK.background
    assert reader.text.tag_cget("class:time", "foreground") == DARK.dim
    assert (
        reader.text.tag_cget("fg:#c24b4b", "foreground")
        == DARK.readable("#c24b4b")
        != light
        == LIGHT.readable("#c24b4b")
    )


def test_a_tk_that_shapes_by_itself_is_given_what_was_written(reader: Reader) -> None:
    """Nothing is joined or ordered twice; Tk wraps it, and it stands on the right."""
    configure(True)
    try:
        reader.fonts.resize(12)
        reader.log.fonts_changed()
        reader.show(said(f"{JOINED} " * 50))
        assert reader.drawn == f"{JOINED} " * 50
        box = reader.text.bbox("1.0")
        assert box
        assert "wrapped-rtl" in reader.text.tag_names("1.0")
    finally:
        configure(False)


# Where one reads


def scrolled_up(reader: Reader) -> tuple[str, int]:
    """A log of 200 paragraphs in which somebody has gone up; what is at its upper edge."""
    reader.show(*many(200))
    reader.log.scroll(-1500, "pixels")
    assert not reader.log.at_end
    return reader.edge


def top_paragraph(reader: Reader) -> str:
    """The number of the paragraph at the upper edge: each says its own in every line."""
    (number,) = set(re.findall(r"\d+", reader.edge[0]))
    return str(number)


def test_nothing_moves_while_one_reads_further_up(reader: Reader) -> None:
    """New lines, and what waits, come below without moving what is read, by not one pixel."""
    edge = scrolled_up(reader)
    reader.show(*many(50, start=200))
    reader.log.set_pending([said("waits")])
    reader.settle()
    assert reader.edge == edge


def test_nothing_moves_when_the_oldest_go(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many paragraphs are kept; taking the first ones away does not move the others."""
    monkeypatch.setattr(log_drawing, "KEPT", 200)
    edge = scrolled_up(reader)
    reader.show(*many(70, start=200))
    assert reader.edge == edge
    assert reader.all_said == "\n".join(paragraph.text for paragraph in many(270)[-200:])


def test_the_paragraph_at_the_top_stays_there_when_the_width_changes(reader: Reader) -> None:
    """Everything is broken into other lines, and what was read is still where it was; back again, exactly."""
    edge = scrolled_up(reader)
    words = top_paragraph(reader)
    reader.resize(430, 400)
    assert top_paragraph(reader) == words
    reader.resize(600, 400)
    assert reader.edge == edge


def test_the_paragraph_at_the_top_stays_there_when_letters_grow(reader: Reader) -> None:
    """The same for the size of the letters."""
    edge = scrolled_up(reader)
    words = top_paragraph(reader)
    reader.fonts.resize(15)
    reader.log.fonts_changed()
    reader.settle()
    assert top_paragraph(reader) == words
    reader.fonts.resize(11)
    reader.log.fonts_changed()
    reader.settle()
    assert reader.edge == edge


def test_the_end_is_followed_through_a_change_of_the_size(reader: Reader) -> None:
    """Who reads at the end reads at the end of a smaller window as well."""
    reader.show(*many(100))
    reader.resize(380, 250)
    assert reader.log.at_end
    assert reader.text.dlineinfo("end-2c")


def test_a_button_counts_what_has_come_below(reader: Reader) -> None:
    """It takes one to the end, where it is needed no more, and the owner of the log hears of it."""
    scrolled_up(reader)
    reader.show(said("one"), said("two"))
    reader.show(said("three"))
    assert reader.button == "3 new below"
    next(child for child in reader.log.winfo_children() if isinstance(child, ttk.Button)).invoke()
    reader.root.update()
    assert (reader.log.at_end, reader.button, reader.ends) == (True, "", [True])
    reader.show(said("four"))
    assert reader.button == ""


def test_the_button_speaks_persian(reader: Reader) -> None:
    """With Persian digits."""
    speak(PERSIAN)
    scrolled_up(reader)
    reader.show(*many(12))
    assert "۱۲" in reader.button


def test_coming_to_the_end_by_oneself_is_told_once(reader: Reader) -> None:
    """Scrolling there is as good as the button; scrolling on at the end is nothing new."""
    scrolled_up(reader)
    reader.log.scroll(100)
    reader.log.scroll(1)
    assert reader.ends == [True]


def test_a_rule_tells_where_reading_stopped(reader: Reader) -> None:
    """It stands before the next paragraph, once, is not copied, and goes when it is told to."""
    reader.show(said("read"))
    reader.log.mark_unread()
    assert reader.drawn == "read"
    reader.show(said("unread"))
    reader.log.mark_unread()
    reader.show(said("more"))
    assert reader.drawn == "read\n──── new ────\nunread\nmore"
    assert reader.all_said == "read\nunread\nmore"
    reader.log.clear_mark()
    assert reader.drawn == "read\nunread\nmore"
    reader.log.mark_unread()
    reader.show(said("later"))
    assert reader.drawn == "read\nunread\nmore\n──── new ────\nlater"


def test_a_rule_that_is_taken_back_never_appears(reader: Reader) -> None:
    """Who comes back before anything was said needs none."""
    reader.log.mark_unread()
    reader.log.clear_mark()
    reader.show(said("read"))
    assert reader.drawn == "read"


# How it is drawn


def test_thousands_of_paragraphs_leave_the_window_time_for_everything_else(reader: Reader) -> None:
    """Appending returns before anything is drawn, and while it is drawn, other timers and redrawing get their turns."""
    turns: list[int] = []

    def turn() -> None:
        turns.append(len(reader.drawn))
        reader.root.after(1, turn)

    reader.log.append(many(2000))
    assert reader.drawn == ""
    turn()
    reader.settle()
    assert len(set(turns)) > 20


def test_the_last_ones_are_drawn_first(reader: Reader) -> None:
    """Who opens a long log sees its end at once."""
    reader.log.append(many(2000))
    reader.until(lambda: reader.drawn, "something was drawn")
    assert not reader.log.is_drawn
    assert reader.text.get("end-3c linestart", "end-2c").strip()
    assert reader.text.dlineinfo("end-2c")
    reader.settle()


def test_another_width_lays_out_everything_anew(reader: Reader) -> None:
    """What is narrower takes more lines, and no line is wider than the window."""
    reader.show(*many(100))
    before = len(reader.drawn.split("\n"))
    reader.resize(350, 400)
    assert len(reader.drawn.split("\n")) > before
    for line in reader.drawn.split("\n"):
        assert line.startswith("word") or reader.fonts.text.measure(line) < 350


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_nothing_is_lost_or_doubled(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Appending, waiting, marking, resizing, scrolling and trimming in any order, also while it is still being drawn."""
    monkeypatch.setattr(log_drawing, "KEPT", 60)
    chance = random.Random(seed)
    kept: list[Paragraph] = []
    waiting: list[Paragraph] = []
    size = (600, 400)
    for step in range(30):
        match chance.randrange(8):
            case 0 | 1 | 2:
                more = many(chance.randrange(20), start=step * 100)
                kept += more
                reader.log.append(more)
            case 3:
                waiting = waiting[chance.randrange(3) :] + many(chance.randrange(3), start=step * 100)
                reader.log.set_pending(waiting)
            case 4:
                size = (chance.randrange(300, 700), chance.randrange(200, 500))
                reader.root.geometry("{}x{}".format(*size))
            case 5:
                reader.log.scroll(chance.randrange(-800, 800), "pixels")
            case 6:
                chance.choice([reader.log.mark_unread, reader.log.clear_mark])()
            case 7:
                reader.root.update()
    reader.log.clear_mark()
    reader.resize(*size)
    told = reader.all_said.split("\n")
    expected = [paragraph.text for paragraph in kept + waiting]
    assert told == expected[-len(told) :]
    assert len(told) >= min(len(kept), 59) + len(waiting)
    monkeypatch.undo()
    assert reader.drawn == drawn_anew(reader, told)


def drawn_anew(reader: Reader, texts: list[str]) -> str:
    """What another log of the same size draws for these."""
    reader.log.pack_forget()
    reader.log = reader.new_log()
    reader.show(*map(said, texts))
    return reader.drawn


def test_a_log_that_was_never_shown_is_drawn_when_it_is(reader: Reader) -> None:
    """Other conversations go on while one looks at this one."""
    first = reader.log
    first.pack_forget()
    reader.root.update()
    reader.log = second = reader.new_log()
    first.append([said("meanwhile")])
    reader.show(said("here"))
    second.pack_forget()
    first.pack(fill="both", expand=True)
    reader.log = first
    reader.settle()
    assert reader.drawn == "meanwhile"


def test_a_window_that_is_closed_meanwhile_leaves_no_timer(reader: Reader) -> None:
    """Closing a log in the midst of drawing is no error."""
    reader.log.append(many(500))
    reader.root.update()
    reader.log.destroy()
    reader.root.update()
    assert not reader.root.tk.splitlist(reader.root.tk.call("after", "info"))

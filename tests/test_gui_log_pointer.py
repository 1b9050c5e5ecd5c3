"""The mouse and the keyboard in the log: selecting, copying, opening addresses, scrolling, and typing for the input line."""

import tkinter
import webbrowser
from concurrent.futures import ThreadPoolExecutor

import pytest

from clients.gui.log.menu import LogMenu
from clients.gui.model.paragraphs import Paragraph
from clients.gui.text.bidi import Direction
from clients.gui.theme import DARK
from tests.tk_logs import Reader, many, reader, said, tk_screen
from tests.x_displays import LAYOUTS

__all__ = ["reader", "tk_screen"]

_HELD = 0x100  # X.h: Button1Mask
EMOJI = "👍🏽😀"
PERSIAN = "می‌خواهم کتاب‌ها را ببینم"


class Mouse:
    """A mouse over the log. Places are the widget's indices: of drawn lines, and characters as Tcl counts them."""

    def __init__(self, reader: Reader) -> None:
        self._desk = reader
        self._time = 0

    def at(self, index: str, *, right: bool = False) -> tuple[int, int]:
        """The middle of the left or right half of what is drawn there."""
        box = self._desk.text.bbox(index)
        assert box
        return box[0] + (3 * box[2] // 4 if right else box[2] // 4), box[1] + box[3] // 2

    def click(self, point: tuple[int, int], times: int = 1, state: int = 0) -> None:
        """One click, or several in quick succession."""
        self._time += 10_000
        for number in range(times):
            self._send("<ButtonPress-1>", point, state, number * 50)
            self._send("<ButtonRelease-1>", point, state, number * 50 + 20)

    def drag(self, *points: tuple[int, int], release: bool = True) -> None:
        """Press at the first of these, and release at the last."""
        self._time += 10_000
        self._send("<ButtonPress-1>", points[0])
        for point in points[1:]:
            self._send("<Motion>", point, _HELD)
        if release:
            self.release(points[-1])

    def release(self, point: tuple[int, int]) -> None:
        """Let the button go."""
        self._send("<ButtonRelease-1>", point, _HELD)

    def move(self, point: tuple[int, int]) -> None:
        """Without a button."""
        self._send("<Motion>", point)

    def ask(self, point: tuple[int, int]) -> None:
        """A click of the right button."""
        self._send("<<ContextMenu>>", point)

    def _send(self, event: str, point: tuple[int, int], state: int = 0, later: int = 0) -> None:
        x, y = point
        self._desk.text.event_generate(event, x=x, y=y, state=state, time=self._time + later)
        self._desk.root.update()


@pytest.fixture
def mouse(reader: Reader) -> Mouse:
    """The mouse of this window."""
    return Mouse(reader)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that a browser was asked for."""
    pages: list[str] = []

    def browse(url: str) -> bool:
        pages.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", browse)
    return pages


def focus(reader: Reader) -> None:
    """Let the keys of the real keyboard come to the log."""
    reader.log.keyboard.focus_set()
    reader.until(
        lambda: reader.screen.focused and reader.root.focus_displayof() is reader.text, "the log had the focus"
    )


def press(reader: Reader, key: str) -> None:
    """A key, in the log."""
    reader.log.keyboard.focus_set()
    reader.text.focus_force()
    reader.root.update()
    reader.text.event_generate(key)
    reader.root.update()


# Selecting


def test_dragging_along_a_line_selects_what_is_between(reader: Reader, mouse: Mouse) -> None:
    """From the half of one letter to the half of another."""
    reader.show(said("hello big world"))
    mouse.drag(mouse.at("1.6"), mouse.at("1.8", right=True))
    assert reader.log.selected_text() == "big"


def test_dragging_backwards_selects_the_same(reader: Reader, mouse: Mouse) -> None:
    """The way does not matter."""
    reader.show(said("hello big world"))
    mouse.drag(mouse.at("1.8", right=True), mouse.at("1.6"))
    assert reader.log.selected_text() == "big"


def test_a_persian_line_is_selected_from_the_right(reader: Reader, mouse: Mouse) -> None:
    """Its beginning is on the right: from there to its left end is all of it, ZWNJ included."""
    reader.show(said(PERSIAN))
    end = reader.text.index("1.0 lineend -1c")
    mouse.drag(mouse.at(end, right=True), mouse.at("1.0"))
    assert reader.log.selected_text() == PERSIAN


@pytest.mark.parametrize("text", [PERSIAN, "hello سلام"])
def test_beside_a_line_are_its_beginning_and_its_end(reader: Reader, mouse: Mouse, text: str) -> None:
    """Drawing the mouse from one edge of the window to the other takes all of a line."""
    reader.show(said(text))
    height = mouse.at("1.0")[1]
    mouse.drag((2, height), (reader.text.winfo_width() - 2, height))
    assert reader.log.selected_text() == text


def test_a_selection_over_persian_lines_goes_down_from_the_right(reader: Reader, mouse: Mouse) -> None:
    """To the left end of the first line, and from the right of the next one on: as it is read."""
    text = " ".join(f"واژه{number}" for number in range(100, 140))
    reader.show(said(text))
    assert int(reader.text.index("end-1c").partition(".")[0]) > 2
    first = reader.text.index("1.0 lineend -1c")
    second = reader.text.index("2.0 lineend -1c")
    mouse.drag(mouse.at(first, right=True), mouse.at(f"{second} -5c"))
    selected = reader.log.selected_text()
    assert text.startswith(selected)
    assert len(selected) > len(reader.text.get("1.0", "1.0 lineend"))
    assert "sel" in reader.text.tag_names("1.0")
    assert "sel" in reader.text.tag_names(f"{second} -1c")
    assert "sel" not in reader.text.tag_names("2.0")


def test_paragraphs_are_divided_by_line_feeds_and_lines_are_not(reader: Reader, mouse: Mouse) -> None:
    """Whoever pastes gets what was written, not how wide the window was."""
    long = " ".join(["می‌خواهم (کتاب‌ها) را"] * 20)
    reader.show(said(long), said("and this one"))
    last = reader.text.index("end-3c lineend")
    mouse.drag(mouse.at("1.0 lineend -1c", right=True), mouse.at(f"{last} -1c", right=True))
    assert reader.log.selected_text() == f"{long}\nand this one"


def test_an_emoji_moves_nothing(reader: Reader, mouse: Mouse) -> None:
    """Tcl 8.6 counts it twice: what is selected behind it is what was pointed at, in lines of Tk's and of ours."""
    reader.show(said(f"{EMOJI} hello big world"), said(f"سلام hello big world {EMOJI}"))
    for line in ("1", "2"):
        start = reader.text.search("big", f"{line}.0", f"{line}.0 lineend")
        mouse.drag(mouse.at(start), mouse.at(f"{start} +2c", right=True))
        assert reader.log.selected_text() == "big"
        assert reader.text.get("sel.first", "sel.last") == "big"


def test_two_clicks_take_a_word_and_three_the_paragraph(reader: Reader, mouse: Mouse) -> None:
    """Also in Persian, and wherever in the word one clicks."""
    reader.show(said("hello big world"), said(PERSIAN))
    for right in (True, False):
        mouse.click(mouse.at("1.8", right=right), times=2)
        assert reader.log.selected_text() == "big"
    mouse.click(mouse.at("2.0 lineend -1c"), times=2)
    assert reader.log.selected_text() == PERSIAN.split(maxsplit=1)[0]
    mouse.click(mouse.at("2.3"), times=3)
    assert reader.log.selected_text() == PERSIAN


def test_shift_and_a_click_reach_on(reader: Reader, mouse: Mouse) -> None:
    """From where one clicked before, and then from the end that is further away."""
    reader.show(said("hello big world"))
    mouse.click(mouse.at("1.6"))
    mouse.click(mouse.at("1.8", right=True), state=1)
    assert reader.log.selected_text() == "big"
    mouse.click(mouse.at("1.0"), state=1)
    assert reader.log.selected_text() == "hello big"


def test_a_click_selects_nothing_more(reader: Reader, mouse: Mouse) -> None:
    """It takes the selection away, as everywhere."""
    reader.show(said("hello big world"))
    mouse.click(mouse.at("1.7"), times=2)
    mouse.click(mouse.at("1.1"))
    assert reader.log.selected_text() == ""
    assert not reader.text.tag_ranges("sel")


def test_the_selection_stays_while_others_talk_and_the_window_changes(reader: Reader, mouse: Mouse) -> None:
    """It belongs to what was written, however it is drawn."""
    reader.show(said(f"{PERSIAN} " * 10), said("hello big world"))
    start = reader.text.search("big", "1.0")
    mouse.drag(mouse.at("1.0"), mouse.at(f"{start} +1c"))
    before = reader.log.selected_text()
    reader.show(said("more"))
    reader.resize(350, 400)
    assert reader.log.selected_text() == before
    hello = reader.text.search("hello", "1.0")
    chosen = ["sel" in reader.text.tag_names(index) for index in ("1.0", f"{hello} -2c", hello, f"{hello} +7c")]
    assert chosen == [False, True, True, False]


def test_dragging_below_the_edge_goes_on(reader: Reader, mouse: Mouse) -> None:
    """The log rolls as long as the button is held."""
    reader.show(*many(30))
    reader.log.to_top()
    mouse.drag((100, 100), (100, 450), release=False)
    reader.until(lambda: reader.log.at_end, "the log had rolled to its end")
    mouse.release((100, 450))
    assert many(30)[-1].text in reader.log.selected_text()


# Copying


def test_copying_puts_what_was_written_on_the_clipboard(reader: Reader) -> None:
    """By the keys that everybody knows."""
    reader.show(said(f"one {EMOJI}"), said(f"\u2068{PERSIAN}\u2069"))
    press(reader, "<Control-a>")
    press(reader, "<Control-c>")
    assert pasted(reader, "clipboard") == f"one {EMOJI}\n{PERSIAN}"


def test_copying_nothing_leaves_the_clipboard_alone(reader: Reader) -> None:
    """It may hold something that is still needed."""
    reader.root.clipboard_clear()
    reader.root.clipboard_append("kept")
    reader.show(said("one"))
    press(reader, "<Control-c>")
    assert reader.root.clipboard_get() == "kept"


def test_the_keys_are_found_on_a_persian_keyboard(reader: Reader) -> None:
    """Its keys have other names, and are pressed all the same."""
    reader.show(said("one"), said(PERSIAN))
    focus(reader)
    reader.root.clipboard_clear()
    reader.root.clipboard_append("something else")
    reader.screen.do("setxkbmap", "-layout", "ir")
    try:
        reader.screen.key("ctrl+Arabic_sheen")
        reader.until(reader.log.selected_text, "everything was selected")
        reader.screen.key("ctrl+Arabic_zain")
        reader.until(lambda: reader.root.clipboard_get() != "something else", "it was copied")
    finally:
        reader.screen.do("setxkbmap", "-layout", LAYOUTS)
    assert reader.root.clipboard_get() == f"one\n{PERSIAN}"


def pasted(reader: Reader, selection: str = "primary") -> str:
    """What another program gets that asks for what is selected, or for the clipboard."""
    with ThreadPoolExecutor(1) as others:
        answer = others.submit(reader.screen.selection, selection)
        reader.until(answer.done, "the selection was handed out")
    return answer.result()


def test_what_is_selected_can_be_pasted_by_the_middle_button(reader: Reader, mouse: Mouse) -> None:
    """As it was written, never as it is drawn; also when it is so long that X asks for it in parts."""
    long = f"{EMOJI}{PERSIAN} " * 800
    reader.show(said("hello"), said(long))
    reader.log.to_top()
    mouse.click(mouse.at("1.1"), times=2)
    assert pasted(reader) == "hello"
    press(reader, "<Control-a>")
    assert pasted(reader) == f"hello\n{long}"


def test_what_is_selected_elsewhere_is_selected_here_no_more(reader: Reader, mouse: Mouse) -> None:
    """There is one selection on the screen."""
    reader.show(said("hello"))
    mouse.click(mouse.at("1.1"), times=2)
    entry = tkinter.Entry(reader.root)
    entry.insert(0, "other")
    entry.pack()
    entry.selection_range(0, "end")
    reader.root.update()
    assert reader.log.selected_text() == ""


# Addresses


def test_a_click_on_an_address_opens_it(reader: Reader, mouse: Mouse, opened: list[str]) -> None:
    """In a line that Tk wraps, behind an emoji, and in a Persian one that is broken into lines."""
    address = "https://example.org/" + "long/" * 30
    reader.show(said(f"{EMOJI} see www.example.org."), said(f"{PERSIAN} {address} سلام"))
    mouse.click(mouse.at(reader.text.search("example", "1.0")))
    reader.until(lambda: opened, "a page was opened")
    ends = reader.text.tag_ranges("link")
    for end in ends[2::2]:
        opened.clear()
        mouse.click(mouse.at(str(end)))
        reader.until(lambda: opened, "a page was opened")
        assert opened == [address]
    assert len(ends) >= 6


def test_return_opens_the_last_address_in_sight(reader: Reader, opened: list[str]) -> None:
    """For those who use no mouse; what is further down, or not there, is not opened."""
    reader.show(*many(50))
    press(reader, "<Return>")
    reader.show(said("www.one.example and www.two.example"), *many(50))
    reader.log.to_top()
    press(reader, "<Return>")
    assert opened == []
    reader.text.see(reader.text.search("two.example", "1.0"))
    press(reader, "<Return>")
    reader.until(lambda: opened, "a page was opened")
    assert opened == ["http://www.two.example"]


def test_a_click_beside_an_address_opens_nothing(reader: Reader, mouse: Mouse, opened: list[str]) -> None:
    """Nor does a click on the empty page beside it, or dragging over it, or two clicks."""
    reader.show(said("www.example.org"), said("سلام www.example.org"))
    first = mouse.at("2.0")
    mouse.click((5, first[1]))
    mouse.click((590, mouse.at("1.3")[1]))
    mouse.drag(mouse.at("1.2"), mouse.at("1.9"))
    assert opened == []


def test_the_pointer_tells_that_there_is_an_address(reader: Reader, mouse: Mouse) -> None:
    """It is a hand over one, and only there."""
    reader.show(said("see www.example.org"))
    shapes = []
    for index in ("1.1", "1.8", "1.2"):
        mouse.move(mouse.at(index))
        shapes.append(str(reader.text.cget("cursor")))
    assert shapes == ["xterm", "hand2", "xterm"]


def test_without_a_browser_the_log_says_so(reader: Reader, mouse: Mouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what can be done instead."""
    monkeypatch.setattr(webbrowser, "open", lambda _url: False)
    reader.show(said("www.example.org"))
    mouse.click(mouse.at("1.5"))
    reader.until(lambda: "No browser could be started" in reader.drawn, "it was told")


# The menu


def entries(reader: Reader) -> dict[str, tkinter.Menu]:
    """What the menu offers now, by its words, and the menu."""
    menu = next(child for child in reader.text.winfo_children() if isinstance(child, tkinter.Menu))
    end = menu.index("end")
    assert end is not None
    numbers = [number for number in range(end + 1) if menu.type(number) == "command"]
    usable = [number for number in numbers if menu.entrycget(number, "state") != "disabled"]
    return {str(menu.entrycget(number, "label")): menu for number in usable}


def choose(reader: Reader, words: str) -> None:
    """An entry of the menu, which is then closed."""
    menu = entries(reader)[words]
    menu.invoke(words)
    menu.unpost()
    reader.root.update()


def test_the_menu_copies_and_opens(reader: Reader, mouse: Mouse, opened: list[str]) -> None:
    """Over an address it is about the address; else about what is selected."""
    reader.show(said("see www.example.org"))
    mouse.ask(mouse.at("1.8"))
    assert list(entries(reader)) == ["Open link", "Copy link", "Select all"]
    choose(reader, "Copy link")
    assert reader.root.clipboard_get() == "http://www.example.org"
    choose(reader, "Open link")
    reader.until(lambda: opened == ["http://www.example.org"], "the page was opened")
    choose(reader, "Select all")
    mouse.ask(mouse.at("1.1"))
    assert list(entries(reader)) == ["Copy", "Select all"]
    choose(reader, "Copy")
    assert reader.root.clipboard_get() == "see www.example.org"


def test_the_menu_looks_like_the_window(reader: Reader, mouse: Mouse) -> None:
    """Its letters and its colours are those of the moment."""
    reader.log.apply_theme(DARK)
    reader.show(said("hello"))
    mouse.ask(mouse.at("1.1"))
    menu = entries(reader)["Select all"]
    assert str(menu.cget("font")) == str(reader.fonts.text)
    assert (str(menu.cget("background")), str(menu.cget("relief"))) == (DARK.surface, "flat")
    menu.unpost()


def test_the_menu_comes_up_by_a_key(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a mouse as well."""
    shown: list[bool] = []
    monkeypatch.setattr(LogMenu, "show", lambda _self, _x, _y, _link, *, selected: shown.append(selected))
    reader.show(said("hello"))
    press(reader, "<Menu>")
    assert shown == [False]


# The keyboard


def test_what_is_typed_in_the_log_is_meant_for_somebody_else(reader: Reader) -> None:
    """Letters of any script go to the input line; nothing is written here, and commands are no letters."""
    reader.show(said("hello"))
    focus(reader)
    reader.screen.type("a/ش")
    reader.screen.key("ctrl+b", "alt+b", "BackSpace", "Return")
    reader.screen.type("z")
    reader.until(lambda: "z" in reader.typed, "all keys had arrived")
    assert reader.typed == ["a", "/", "ش", "z"]
    assert reader.drawn == "hello"


def test_keys_move_the_view(reader: Reader) -> None:
    """Home, End, PageUp, PageDown and the arrows."""
    reader.show(*many(100))
    press(reader, "<Home>")
    assert reader.text.index("@0,0") == "1.0"
    press(reader, "<Next>")
    paged = reader.text.index("@0,0")
    assert paged != "1.0"
    press(reader, "<Down>")
    assert reader.text.compare("@0,0", ">", paged)
    press(reader, "<Up>")
    press(reader, "<Prior>")
    assert reader.text.index("@0,0") == "1.0"
    press(reader, "<End>")
    assert reader.log.at_end


def test_the_wheel_moves_the_view(reader: Reader) -> None:
    """Up, away from the end, and back to it, which is told."""
    reader.show(*many(100))
    reader.text.event_generate("<Button-4>")
    reader.root.update()
    assert not reader.log.at_end
    for _ in range(2):
        reader.text.event_generate("<Button-5>")
    reader.root.update()
    assert (reader.log.at_end, reader.ends) == (True, [True])


def test_names_in_colours_are_selected_across_their_styles(reader: Reader, mouse: Mouse) -> None:
    """A word may be in several pieces; what is selected is text."""
    pieces = (("class:time", "[14:03] "), ("fg:#c24b4b bold", "ali"), ("", ": "), ("class:match", "hel"), ("", "lo"))
    reader.show(Paragraph(pieces, Direction.LTR))
    mouse.click(mouse.at("1.14"), times=2)
    assert reader.log.selected_text() == "hello"

"""The virtual screen that windows are tested on: what is done on it arrives, what is on it is seen, and nothing of it is left."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.apps import App, alive, app
from tests.likeness import RENEW, TOLERANCE, compare, unlikeness
from tests.screens import KEYS, Screen, screen_fixture, virtual_screen
from tests.servers import ROOT
from tests.windows import Window

screen = screen_fixture()

PROGRAM = r"""
import sys, tkinter

root = tkinter.Tk(className="Trial")
root.title("آزمون one")
root.geometry("400x150+100+100")
entry = tkinter.Entry(root, font=("DejaVu Sans", 12))
entry.pack(fill="x")
entry.focus_set()
field = tkinter.Frame(root, bg="#0050ff", width=400, height=80)
field.pack()
heard = []
root.createcommand("heard", lambda: " ".join(heard))

def hear(event):
    heard.append(f"{event.type.name}:{event.keysym}:{event.state & 4}" if event.keysym != "??" else f"{event.num}")

def another():
    dialog = tkinter.Toplevel(root)
    dialog.title("another")
    tkinter.Entry(dialog, name="line").pack()
    dialog.bind("<Map>", lambda _: dialog.nametowidget("line").focus_set())

def fail():
    raise RuntimeError("a callback has failed")

entry.bind("<Control-Key>", hear)
for button in (1, 3, 4, 5):
    field.bind(f"<Button-{button}>", hear)
field.bind("<Double-Button-1>", lambda _: heard.append("double"))
root.bind("<F1>", lambda _: another())
root.bind("<F2>", lambda _: fail())
root.mainloop()
"""
COMMAND = [sys.executable, "-c", PROGRAM]


@pytest.fixture
def trial(screen: Screen, tmp_path: Path) -> Iterator[App]:
    """A program with a line to write in, and below it a blue field that hears the mouse."""
    with app(screen, tmp_path, command=COMMAND) as running:
        yield running


@pytest.fixture
def window(trial: App) -> Window:
    """Its window."""
    return trial.window("one$")


def picture(words: str = "", colour: str = "black") -> Image.Image:
    """Something like a window with text in it: a row of bars, thick and thin."""
    drawn = Image.new("RGB", (200, 60), "white")
    for place, letter in enumerate(words):
        drawn.paste(colour, (10 + 9 * place, 20, 11 + 9 * place + ord(letter) % 7, 34))
    return drawn


@pytest.mark.usefixtures("window")
@pytest.mark.parametrize(
    "text",
    ["Hello, World! /who #lobby", "-- می\u200cخواهم «سلام» بگویم، ۱۲۳؟ OK", "".join(sorted(KEYS))],
    ids=["English", "Persian and English", "every key"],
)
def test_what_is_typed_arrives(screen: Screen, trial: App, text: str) -> None:
    """Real keys, in both languages, none lost."""
    screen.type(text)
    assert trial.inspect(".!entry get") == text


@pytest.mark.usefixtures("window")
def test_what_the_keyboard_does_not_have_is_not_typed_by_chance(screen: Screen) -> None:
    """It would arrive some times, and some times not."""
    with pytest.raises(AssertionError, match=r"no key for \['漢', '😀'\]: let it be pasted"):
        screen.type("a漢😀")


@pytest.mark.usefixtures("window")
def test_a_keyboard_that_is_switched_to_persian_sends_persian_keys_with_control(screen: Screen, trial: App) -> None:
    """So that it can be tested whether Ctrl-C works for somebody who writes Persian."""
    screen.key("ctrl+c")
    screen.key_in_persian("ctrl+c")
    screen.type("c")
    assert re.findall(r"KeyPress:(c|Arabic_zain):4", trial.inspect("heard")) == ["c", "Arabic_zain"]
    assert trial.inspect(".!entry get") == "c"


def test_a_second_window_of_the_program_gets_the_keys(screen: Screen, trial: App, window: Window) -> None:
    """The window manager gives a new window the focus, and gives it back when that one is closed."""
    screen.key("F1")
    another = screen.window("^another$")
    screen.wait(lambda: screen.focused == another.number, "the new window had the focus")
    screen.type("سلام")
    assert trial.inspect(".!toplevel.line get") == "سلام"
    window.focus()
    screen.type("a")
    another.close()
    screen.wait(lambda: screen.focused == window.number, "the first window had the focus again")
    screen.type("b")
    assert trial.inspect(".!entry get") == "ab"


def test_clicks_arrive_where_they_are_made(screen: Screen, trial: App, window: Window) -> None:
    """Two clicks are two clicks, a double click is one, and the wheel turns both ways."""
    window.click(50, 60)
    window.click(50, 60)
    assert trial.inspect("heard") == "1 1"
    window.double_click(90, 60)
    window.click(130, 60, button=3)
    window.scroll(170, 60, 2)
    window.scroll(210, 60, -1)
    assert trial.inspect("heard") == "1 1 1 double 3 5 5 4"
    window.move(0, 0)
    place = screen.ask("xdotool", "getmouselocation")
    assert f"x:{window.box.left} y:{window.box.upper} " in place


def test_what_is_copied_can_be_pasted_on_both_sides(screen: Screen, trial: App, window: Window) -> None:
    """The clipboard, and what is selected with the mouse."""
    screen.copy("از بیرون")
    screen.key("ctrl+v")
    assert trial.inspect(".!entry get") == "از بیرون"
    screen.type("!")
    window.drag((2, 12), (300, 12))
    screen.wait(lambda: screen.selection("primary") == "از بیرون!", "it was selected")
    screen.key("ctrl+c")
    screen.wait(lambda: screen.selection() == "از بیرون!", "it was copied")


def test_a_window_is_seen_as_it_is(screen: Screen, trial: App, window: Window) -> None:
    """Its title, its size, its colours; a picture is like itself, and unlike another."""
    assert window.title == "آزمون one"
    trial.inspect("focus .")
    first = window.shot()
    assert first.size == (400, 150)
    assert first.getpixel((200, 80)) == (0, 0x50, 0xFF)
    screen.type("nothing hears this")
    trial.inspect("focus .")
    assert unlikeness(first, window.shot()) == 0
    trial.inspect(".!entry insert 0 سلام")
    assert unlikeness(first, window.shot()) > TOLERANCE
    window.resize(500, 200)
    assert window.shot().size == (500, 200)


@pytest.mark.usefixtures("window")
def test_only_the_fonts_of_the_screen_are_used(screen: Screen, trial: App) -> None:
    """What a picture looks like does not depend on what else is installed."""
    families = set(re.findall(r"\{(.*?)\}", trial.inspect("font families")))
    assert "DejaVu Sans" in families
    assert all(family.startswith("DejaVu") for family in families)
    assert screen.display.environment(Path("/nowhere"))["HOME"] == "/nowhere"


def test_waiting_in_vain_names_what_was_there_and_keeps_a_picture(screen: Screen, window: Window) -> None:
    """Whoever reads the failure can look at the screen of that moment."""
    hurried = Screen(screen.display, patience=0.1)
    with pytest.raises(AssertionError, match="until a window 'two' was there; the windows: 'آزمون one';") as failure:
        hurried.window("two")
    with Image.open(str(failure.value).rpartition(" ")[2]) as kept:
        assert kept.size == (1000, 700)
        assert unlikeness(kept.crop(window.box), window.shot()) <= TOLERANCE


def test_a_failed_callback_fails_the_test(screen: Screen, tmp_path: Path) -> None:
    """Tk goes on as if nothing had happened, and writes it to the terminal."""

    def use() -> None:
        with app(screen, tmp_path, command=COMMAND) as trial:
            trial.window("one$")
            screen.key("F2")
            screen.wait(lambda: "RuntimeError" in trial.complaints, "it had complained")

    with pytest.raises(AssertionError, match="a callback has failed"):
        use()


def test_a_program_that_does_not_start_tells_why(screen: Screen, tmp_path: Path) -> None:
    """At once, not after a long wait for its window."""

    def use() -> None:
        with app(screen, tmp_path, command=[sys.executable, "-c", "raise SystemExit('no reason')"]) as trial:
            trial.window("one$")

    with pytest.raises(AssertionError, match="has ended: no reason"):
        use()


def test_a_failed_test_tells_what_was_on_the_screen(screen: Screen, tmp_path: Path) -> None:
    """The failure itself stays what it was."""

    def fail() -> None:
        with app(screen, tmp_path, command=COMMAND) as trial:
            trial.window("one$")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as failure:
        fail()
    [note] = failure.value.__notes__
    assert re.search(r"The screen: \S+\.png\nThe program wrote: nothing", note)


def test_a_window_that_is_closed_ends_its_program(trial: App, window: Window) -> None:
    """As a person closes it."""
    window.close()
    assert trial.wait() == 0


def test_nothing_is_left_of_a_screen(tmp_path: Path) -> None:
    """Neither a program nor a socket, also when a test has failed."""
    folder = tmp_path / "here"
    folder.mkdir()
    opened: list[Path] = []

    def fail() -> None:
        with virtual_screen(folder) as screen, app(screen, folder, command=COMMAND) as trial:
            trial.window("one$")
            screen.copy("something")
            opened.append(Path(f"/tmp/.X11-unix/X{screen.display.name.removeprefix(':')}"))
            assert {"Xvfb", "openbox", "xclip"} < set(alive(folder))
            assert opened[0].exists()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not alive(folder)
    assert not opened[0].exists()


def test_a_screen_ends_with_the_tests_however_they_end(screen: Screen, tmp_path: Path) -> None:
    """A run that is killed leaves no X server behind, nor what has shown itself there."""
    script = """
import sys, time
from pathlib import Path
from tests.screens import virtual_screen
with virtual_screen(Path(sys.argv[1])) as screen:
    print("there", flush=True)
    time.sleep(600)
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        try:
            assert run.stdout
            assert run.stdout.readline() == "there\n"
            assert {"Xvfb", "openbox"} < set(alive(tmp_path))
        finally:
            run.kill()
    screen.wait(lambda: not alive(tmp_path), "all had ended")


def test_a_picture_may_be_drawn_a_little_otherwise(tmp_path: Path) -> None:
    """Another version of a font library is no reason to fail; another word, colour or size is."""
    kept = tmp_path / "kept.png"
    picture("hello").save(kept)
    softer = Image.blend(picture("hello"), picture(), 0.05)
    compare(softer, kept, tmp_path)
    for other in (picture("grill"), picture("hello", "red"), picture(), picture("hello").resize((201, 60))):
        with pytest.raises(AssertionError, match=r"kept\.png looks otherwise, by \d+ where 16 is allowed: ") as failure:
            compare(other, kept, tmp_path)
        shown = re.search(r"allowed: (\S+)", str(failure.value))
        assert shown
        with Image.open(shown[1]) as sheet:
            assert sheet.width >= 400


def test_a_picture_is_renewed_only_when_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And never in CI, where nobody would look at it."""
    kept = tmp_path / "pictures" / "kept.png"
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv(RENEW, raising=False)
    with pytest.raises(AssertionError, match="CHATD_RENEW_PICTURES=1 keeps what is seen now"):
        compare(picture("hello"), kept, tmp_path)
    monkeypatch.setenv(RENEW, "1")
    compare(picture("hello"), kept, tmp_path)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(AssertionError, match="CI must compare"):
        compare(picture("other"), kept, tmp_path)
    monkeypatch.delenv(RENEW)
    compare(picture("hello"), kept, tmp_path)

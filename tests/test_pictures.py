"""The pictures of the documents: drawn from a screen, well-formed whatever is on it, and about what they are there for."""

from pathlib import Path
from xml.etree import ElementTree

import pyte
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageColor

from clients.gui.theme import LIGHT
from tests.drawing import draw
from tests.pictures import PICTURES
from tests.window_pictures import SIZE

SVG = "{http://www.w3.org/2000/svg}"


def screen(written: str) -> pyte.Screen:
    """A screen on which this was written."""
    drawn = pyte.Screen(40, 4)
    pyte.Stream(drawn).feed(written)
    return drawn


def pieces(picture: str) -> list[tuple[str, dict[str, str]]]:
    """The texts of a picture below its title bar, and how they look."""
    texts = ElementTree.fromstring(picture).iterfind(f".//{SVG}g/{SVG}text")
    return [(text.text or "", text.attrib) for text in texts]


def test_text_is_drawn_where_it_stands_in_its_colour() -> None:
    """One piece for each look."""
    drawn = pieces(draw(screen("ab \x1b[31mred\x1b[0m\r\n\x1b[1;7mbar\x1b[0m"), "a title"))
    assert [text for text, _ in drawn] == ["ab", "red", "bar"]
    assert [look.get("x") for _, look in drawn] == ["0", "25.2", "0"]
    assert [look.get("y") for _, look in drawn] == ["14", "14", "33"]
    assert drawn[1][1]["fill"] == "#e06c75"
    assert drawn[2][1]["font-weight"] == "bold"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
@example("\ufffe")
def test_a_picture_is_always_well_formed(written: str) -> None:
    """Signs of XML are signs on the screen like others."""
    ElementTree.fromstring(draw(screen(written), written))


WORDS = {
    "account.svg": "Password for ali",
    "console.svg": "salam!",
    "encryption.svg": "fingerprint",
    "netcat.svg": "salam!",
    "program.svg": "salam!",
}
"""What each is there to show."""


ACCENT = ImageColor.getrgb(LIGHT.accent)
MARKED = 90
"""In the first row of the list of rooms."""


SCREENS = sorted(
    path for path in PICTURES.glob("*.svg") if not path.name.startswith("growth-")
)  # those: test_growth.py


@pytest.mark.parametrize("path", SCREENS, ids=lambda path: path.name)
def test_pictures_are_pictures(path: Path) -> None:
    """Those in the documents can be read, and show what they are there for."""
    picture = path.read_text("utf-8")
    assert ElementTree.fromstring(picture).tag == f"{SVG}svg"
    assert any(WORDS[path.name] in text for text, _ in pieces(picture))


def window(name: str) -> Image.Image:
    """A picture of the window, in which all colours are plain ones."""
    with Image.open(PICTURES / f"window-{name}.png") as opened:
        return opened.convert("RGB")


@pytest.mark.parametrize("path", sorted(PICTURES.glob("*.png")), ids=lambda path: path.name)
def test_pictures_of_the_window_are_small(path: Path) -> None:
    """Nobody waits for them, and the repository does not grow by much each time they are drawn anew."""
    assert path.stat().st_size < 80 * 1024


def test_the_login_window_shows_what_to_press() -> None:
    """A button as wide as what is to be filled in."""
    picture = window("login")
    assert 300 < picture.width < 600
    assert {picture.getpixel((place, picture.height - 50)) for place in (60, picture.width - 60)} == {ACCENT}


@pytest.mark.parametrize(("name", "start"), [("english", 0), ("persian", SIZE[0] - 1)])
def test_the_room_that_is_talked_to_is_marked_where_lines_begin(name: str, start: int) -> None:
    """On the left in English, on the right in Persian; where they end is the list of people, in which nobody is marked."""
    picture = window(name)
    assert picture.size == SIZE
    assert picture.getpixel((start, MARKED)) == ACCENT
    assert picture.getpixel((SIZE[0] - 1 - start, MARKED)) != ACCENT
    colours = picture.getcolors()
    assert colours
    assert len(colours) > 100

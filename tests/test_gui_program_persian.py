"""Persian in the window, as it is seen: pictures of its parts against those that are kept.

``CHATD_RENEW_PICTURES=1`` before the command of this test keeps what is seen now, in ``tests/references``; look at it then.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.chat_windows import INPUT, LOG, ChatWindow, chat_window
from tests.likeness import REFERENCES, TOLERANCE, compare, unlikeness
from tests.programs import piped
from tests.screens import Screen, screen_fixture
from tests.servers import serving
from tests.windows import Box

screen = screen_fixture()

LINES = (
    "سلام به همه!",
    "می‌خواهم کتاب‌ها را ببینم (هر دو).",
    "Hello, this line is English.",
    "نشانی https://example.org/a را ببین",
    "She said «سلام» and left.",
    "ساعت ۱۴:۳۰ یا 14:30؟",
    "لا، «لالا» خانهٔ ما، خانۀ ما…",
    "خَطِّ فارسی با اِعراب",
    "/me می‌رود",
    "۱۲۳",
    "این یک خط بلند است که در پنجره جا نمی‌شود و باید شکسته شود: آغاز آن بالا می‌ماند، (و پایان آن) پایین می‌آید.",
)
"""Letters that join or not, ZWNJ, lam-alef, both spellings of heh with hamza, mirrored brackets, marks, digits, Latin."""
ENGLISH = (2, 4)
"""Those that begin at the left: their first letter is Latin."""


@pytest.fixture(scope="module")
def ali(screen: Screen, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatWindow]:
    """A Persian window, without times, in which all of these have been said and something is half typed."""
    folder = tmp_path_factory.mktemp("persian")
    with (
        serving(folder / "server", "--greeting", "0", "--flood", "0") as server,
        chat_window(screen, server, folder, "ali", "--lang", "fa") as window,
        piped(server, "مریم‌گل"),
        piped(server, "سارا") as sara,
        piped(server, "bob") as bob,
    ):
        window.enter("/join #چای")
        window.app.window("#چای")
        screen.key("alt+1")
        window.app.window("#lobby")
        window.enter("/time off")
        bob.send(b"/pm ali one\n/pm ali two\n")
        sara.send("".join(f"{line}\n" for line in LINES).encode())
        window.sees(LINES[-1])
        window.focus_log()  # selects nothing, so that nothing is drawn as selected
        screen.type("می‌خواهم (OK) ۱۲۳ بنویسم")
        screen.key("F6")  # else a cursor blinks
        yield window


def below_the_date(ali: ChatWindow) -> Box:
    """Where the lines are."""
    log = ali.part(LOG).box
    date = ali.drawn_at("──")
    return log._replace(upper=date.lower)


def shot(ali: ChatWindow, box: Box) -> Image.Image:
    """What is seen there."""
    return ali.screen.shot().crop(box)


@pytest.mark.parametrize(("name", "part"), [("people", "!peoplelist$"), ("rooms", "!roomlist$"), ("input", INPUT)])
def test_lists_and_the_input_line_look_as_they_should(ali: ChatWindow, tmp_path: Path, name: str, part: str) -> None:
    """Persian names, a count, what is being typed."""
    compare(shot(ali, ali.part(part).box), REFERENCES / f"window-{name}.png", tmp_path)


def test_the_log_looks_as_it_should(ali: ChatWindow, tmp_path: Path) -> None:
    """Persian and mixed lines, joined and in the order in which they are read."""
    compare(shot(ali, below_the_date(ali)), REFERENCES / "window-log.png", tmp_path)


def test_lines_begin_where_their_language_begins(ali: ChatWindow) -> None:
    """A Persian line at the right edge, an English one at the left."""
    seen = shot(ali, below_the_date(ali))
    edge, spans = 20, [span for _, span in rows_of(seen)]
    assert len(spans) == len(LINES) + 1  # the last one is broken
    for line, (left, right) in enumerate(spans[:-1]):
        begins = right > seen.width - edge if line not in ENGLISH else left < edge
        assert begins, f"{LINES[line]} is drawn from {left} to {right} of {seen.width}"
    first, second = spans[-2:]
    assert second[1] > seen.width - 3 * edge, "the rest of a broken line begins further in, on the same side"
    assert second[0] > first[0], "the end of a sentence is in its last line"


def test_a_line_in_the_place_of_another_would_be_noticed(ali: ChatWindow) -> None:
    """The comparison tells Persian words apart, and not only whether there are any."""
    seen = shot(ali, below_the_date(ali))
    (upper, _), (lower, _) = rows_of(seen)[:2]
    height = lower - upper
    other = seen.copy()
    other.paste(seen.crop((0, upper, seen.width, lower)), (0, lower))
    assert height > 10
    assert unlikeness(seen, other) > TOLERANCE


def rows_of(picture: Image.Image) -> list[tuple[int, tuple[int, int]]]:
    """The lines of a text: the upper edge of each, and from where to where there is something in it."""
    ink = ImageChops.difference(picture, Image.new("RGB", picture.size, picture.getpixel((0, 0)))).convert("L")
    inked = [ink.crop((0, y, ink.width, y + 1)).getbbox() is not None for y in range(ink.height)]
    bounds = [y for y in range(1, ink.height) if inked[y] != inked[y - 1]] + [ink.height]
    return [
        (upper, (box[0], box[2]))
        for upper, lower in pairwise(bounds)
        if inked[upper] and lower - upper > 5 and (box := ink.crop((0, upper, ink.width, lower)).getbbox())
    ]

"""The section about growth in docs/performance.rst: each picture, and what it shows in numbers. Knows no process."""

from collections.abc import Sequence
from textwrap import wrap

from tests.benchmark.growth.plots import PICTURES, TITLES, Picture
from tests.benchmark.growth.points import Point, of_axis
from tests.documents import Part

SECTION = Part(".. The pictures are made by: python -m tests.benchmark.growth --write", ".. The end of the pictures.")
"""Where the pictures stand in the document."""
WIDTH = 120
_IMAGE = ".. image:: pictures/growth-"
_WHAT = {
    "members": "Rooms of more and more people, up to 100 of whom talk as fast as all hear them.",
    "rooms": "More and more rooms of 3, one of whom talks as fast as the others hear. They are programs, which are in "
    "ten rooms each.",
    "idle": "A room of 100 who all talk, beside more and more who only listen in the lobby; delays are those of 20 messages "
    "per second.",
    "history": "More and more messages in SQLite's file: starting with it, coming in and being shown the last 20, "
    "and looking back. Each is the median of several starts, or of dozens of answers.",
}


def rewritten(document: str, points: Sequence[Point], conditions: str) -> str:
    """The document with the blocks of these axes made anew; those of others stay.

    Raises:
        ValueError: one of the two comments is not there.
    """
    blocks = _blocks_of(SECTION.of(document))
    measured = {point.axis for point in points}
    blocks |= {picture.axis: _block(picture, points, conditions) for picture in PICTURES if picture.axis in measured}
    kept = [blocks[picture.axis] for picture in PICTURES if picture.axis in blocks]
    return SECTION.replaced(document, "\n".join(kept))


def _blocks_of(text: str) -> dict[str, str]:
    """What is there already, by axis."""
    pieces = text.split(_IMAGE)[1:]
    return {piece.partition(".svg")[0]: f"{_IMAGE}{piece.strip()}\n" for piece in pieces}


def _block(picture: Picture, points: Sequence[Point], conditions: str) -> str:
    text = f"{_WHAT[picture.axis]} {sentence(picture.axis, points)} {conditions}"
    titles = " and ".join(plot.title for plot in picture.plots)
    image = f"{_IMAGE}{picture.axis}.svg\n   :alt: {titles}\n"
    return image + "\n" + "\n".join(wrap(text, WIDTH, break_on_hyphens=False, break_long_words=False)) + "\n"


def sentence(axis: str, points: Sequence[Point]) -> str:
    """The first and the last of an axis in numbers."""
    if axis == "history":
        return _about_history(of_axis(points, axis, "sqlite"))
    curves = {title: of_axis(points, axis, server) for server, title in TITLES.items()}
    return " ".join(_about_talk(axis, title, curve) for title, curve in curves.items() if curve)


def _about_talk(axis: str, title: str, curve: Sequence[Point]) -> str:
    first, last = curve[0], curve[-1]
    parts = [
        f"From {first.size:,} to {last.size:,} {axis}, with {title}: "
        f"{_rate(first)} to {_rate(last)} deliveries per second",
        f"{first.values['cost']:.2f} to {last.values['cost']:.2f} microseconds of the server's CPU for each",
        f"{first.values['resident'] / 1e6:.0f} to {last.values['resident'] / 1e6:.0f} MB of memory",
    ]
    if "p99" in first.values:
        each = (last.values["resident"] - first.values["resident"]) / max(1, last.size - first.size)
        parts[-1] += f" ({each:,.0f} bytes for each idle connection)"
        parts.append(f"p99 {first.values['p99'] * 1000:.2f} to {last.values['p99'] * 1000:.2f} ms")
    return ", ".join(parts) + "."


def _rate(point: Point) -> str:
    """With three digits that mean something."""
    return f"{float(format(point.values['rate'], '.3g')):,.0f}"


def _about_history(curve: Sequence[Point]) -> str:
    empty, *others = curve
    if not others:
        return f"An empty file takes {empty.values['start'] * 1000:.0f} ms to start with."
    first, last = others[0], others[-1]
    more = {"coming in": "join", "/history 100": "history", "a rare word": "rare", "a common one": "common"}
    told = [
        f"{label} takes {first.values[name] * 1000:.2f} and {last.values[name] * 1000:.2f} ms"
        for label, name in {**more, "one that nobody has said": "absent"}.items()
    ]
    return (
        f"With {first.size:,} and with {last.size:,} messages: {', '.join(told)}. The server listens after "
        f"{first.values['start'] * 1000:.0f} and {last.values['start'] * 1000:.0f} ms, "
        f"with an empty file after {empty.values['start'] * 1000:.0f}."
    )

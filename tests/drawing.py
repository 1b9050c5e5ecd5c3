"""A terminal's screen as an SVG picture. Knows cells, colours and XML; must not know what is on the screen.

Fonts are only named, so that a picture is small, and sharp at any size. Text is text: it can be searched for and copied.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from pyte.screens import Char, Screen

CELL_WIDTH: Final = 8.4
CELL_HEIGHT: Final = 19.0
_MARGIN: Final = 14.0
_BAR: Final = 30.0
_FONTS: Final = "ui-monospace, 'DejaVu Sans Mono', 'Vazirmatn', Menlo, Consolas, monospace"
_PAPER: Final = "#1b1d23"
_INK: Final = "#d7dae0"
_UNKNOWN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_COLOURS: Final = {
    "black": "#1b1d23",
    "red": "#e06c75",
    "green": "#98c379",
    "brown": "#d6b25e",
    "blue": "#61afef",
    "magenta": "#c678dd",
    "cyan": "#56b6c2",
    "white": "#d7dae0",
    "brightblack": "#8a919e",
}
"""The sixteen colours, as far as they are used."""


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring cells of one line that look alike. Each is drawn by itself, so its direction is its own."""

    column: int
    text: str
    look: Char


def draw(screen: Screen, title: str) -> str:
    """The screen as an SVG document (SVG 1.1), with a window around it and its cursor."""
    width = screen.columns * CELL_WIDTH + 2 * _MARGIN
    height = screen.lines * CELL_HEIGHT + _BAR + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">',
        f"<title>{_shown(title)}</title>",
        f'<rect width="{width:g}" height="{height:g}" rx="9" fill="{_PAPER}"/>',
        *(f'<circle cx="{18 + 18 * number}" cy="18" r="5.5" fill="#4b5060"/>' for number in range(3)),
        f'<text x="{width / 2:g}" y="22" fill="#8a919e" font-family="sans-serif" font-size="13" text-anchor="middle">'
        f"{_shown(title)}</text>",
        f'<g font-family="{_FONTS}" font-size="14" fill="{_INK}" xml:space="preserve" '
        f'transform="translate({_MARGIN:g} {_BAR + _MARGIN:g})">',
    ]
    for row in range(screen.lines):
        parts += [piece for run in _runs(screen, row) for piece in _drawn(run, row)]
    parts += [_cursor(screen), "</g>", "</svg>", ""]
    return "\n".join(parts)


def _shown(text: str) -> str:
    """The text as it stands in a document, with U+FFFD for what XML does not have (XML 1.0, section 2.2)."""
    return escape(_UNKNOWN.sub("\ufffd", text))


def _runs(screen: Screen, row: int) -> Iterator[Run]:
    """The line in runs; blanks that show nothing are left out."""
    cells = [screen.buffer[row][column] for column in range(screen.columns)]
    start = 0
    for column in range(1, len(cells) + 1):
        if column == len(cells) or cells[column]._replace(data="") != cells[start]._replace(data=""):
            run = Run(start, "".join(cell.data for cell in cells[start:column]), cells[start])
            if run.text.strip() or run.look.reverse:
                yield run
            start = column


def _drawn(run: Run, row: int) -> Sequence[str]:
    ink, paper = _colour(run.look.fg, _INK), _colour(run.look.bg, "")
    if run.look.reverse:
        ink, paper = paper or _PAPER, ink
    x, y = run.column * CELL_WIDTH, row * CELL_HEIGHT
    pieces = []
    if paper:
        width = len(run.text) * CELL_WIDTH
        pieces.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{CELL_HEIGHT:g}" fill="{paper}" shape-rendering="crispEdges"/>'
        )
    if run.text.strip():
        style = _style(run.look)
        pieces.append(f'<text x="{x:g}" y="{y + 14:g}" fill="{ink}"{style}>{_shown(run.text.rstrip())}</text>')
    return pieces


def _style(look: Char) -> str:
    bold = ' font-weight="bold"' if look.bold else ""
    italic = ' font-style="italic"' if look.italics else ""
    underlined = ' text-decoration="underline"' if look.underscore else ""
    return bold + italic + underlined


def _cursor(screen: Screen) -> str:
    x, y = screen.cursor.x * CELL_WIDTH, screen.cursor.y * CELL_HEIGHT
    return f'<rect x="{x:g}" y="{y:g}" width="{CELL_WIDTH:g}" height="{CELL_HEIGHT:g}" fill="{_INK}" opacity="0.6"/>'


def _colour(name: str, usual: str) -> str:
    if name == "default":
        return usual
    return _COLOURS.get(name) or f"#{name}"

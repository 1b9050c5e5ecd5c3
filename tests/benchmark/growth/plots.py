"""Points as pictures. Knows matplotlib, which is imported only here. Must not know how anything was measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from tests.benchmark.figures import FULL
from tests.benchmark.growth.points import Point, Values, of_axis

INCHES = (7.0, 3.4)
"""Two plots side by side, to be read at 700 pixels."""
TITLES = {"sqlite": "SQLite", "memory": "memory"}
COLOURS = ("#0b5fa5", "#c2410c", "#15803d", "#7e22ce", "#57534e")
"""Dark enough for white paper, and of different lightness."""
MARKS = ("o", "s", "^", "D", "v")
_SETTINGS: Any = {
    "svg.hashsalt": "chatd",  # else the ids in the file are others each time
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


@dataclass(frozen=True, slots=True)
class Curve:
    """What is drawn of the points of one server."""

    label: str
    server: str
    value: Callable[[Values], float]


@dataclass(frozen=True, slots=True)
class Plot:
    """One of the two in a picture."""

    title: str
    unit: str
    curves: Sequence[Curve]


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn of one axis."""

    axis: str
    across: str
    """What grows."""
    plots: tuple[Plot, Plot]


def _both(value: Callable[[Values], float]) -> list[Curve]:
    return [Curve(title, server, value) for server, title in TITLES.items()]


def _rate(values: Values) -> float:
    return values["rate"] / 1e6


def _megabytes(values: Values) -> float:
    return values["resident"] / 1e6


def _milliseconds(name: str) -> Callable[[Values], float]:
    return lambda values: values[name] * 1000


_DELIVERED = "million deliveries per second"
_ANSWERS = {
    "coming in": "join",
    "/history 100": "history",
    "/search, rare word": "rare",
    "/search, common word": "common",
    "/search, no such word": "absent",
}

PICTURES = (
    Picture(
        "members",
        "members of the room",
        (
            Plot("A larger room: what is delivered", _DELIVERED, _both(_rate)),
            Plot("A larger room: the server's memory", "MB", _both(_megabytes)),
        ),
    ),
    Picture(
        "rooms",
        "rooms of 3, one talks in each",
        (
            Plot("More rooms: what is delivered", _DELIVERED, _both(_rate)),
            Plot("More rooms: the server's memory", "MB", _both(_megabytes)),
        ),
    ),
    Picture(
        "idle",
        "idle connections",
        (
            Plot("Idle connections: what others are delivered", _DELIVERED, _both(_rate)),
            Plot("Idle connections: the delay of calm talk, p99", "ms", _both(_milliseconds("p99"))),
        ),
    ),
    Picture(
        "history",
        "messages in the file",
        (
            Plot(
                "A longer history: until the server listens", "ms", [Curve("start", "sqlite", _milliseconds("start"))]
            ),
            Plot(
                "A longer history: until an answer is there",
                "ms",
                [Curve(label, "sqlite", _milliseconds(name)) for label, name in _ANSWERS.items()],
            ),
        ),
    ),
)


def drawn(picture: Picture, points: Sequence[Point], form: str = "svg") -> bytes:
    """The picture of these points; the same points make the same file. ``form``: ``svg`` or ``png``."""
    import matplotlib as mpl  # noqa: PLC0415 (who only measures needs none)
    from matplotlib.figure import Figure  # noqa: PLC0415 (as above)

    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=INCHES, layout="constrained", facecolor="white")
        for place, plot in zip(figure.subplots(1, 2), picture.plots, strict=True):
            _draw(place, plot, picture, points)
        written = BytesIO()
        figure.savefig(written, format=form, metadata={"Date": None} if form == "svg" else None, dpi=100)
    return written.getvalue()


def _draw(place: Any, plot: Plot, picture: Picture, points: Sequence[Point]) -> None:
    """One plot. Logarithmic axes; hollow marks where the load was full, so that the server may do more."""
    for curve, colour, mark in zip(plot.curves, COLOURS, MARKS, strict=False):
        found = [point for point in of_axis(points, picture.axis, curve.server) if _has(curve, point)]
        sizes = [point.size for point in found]
        heights = [curve.value(point.values) for point in found]
        place.plot(sizes, heights, color=colour, label=curve.label, linewidth=1.5)
        for size, height, point in zip(sizes, heights, found, strict=True):
            full = point.values.get("load_busy", 0) > FULL and plot.unit == _DELIVERED
            place.plot(size, height, mark, color=colour, markersize=5, markerfacecolor="white" if full else colour)
    _scale(place, plot, picture, points)


def _has(curve: Curve, point: Point) -> bool:
    """The start with an empty file is one of a server that was asked nothing."""
    try:
        curve.value(point.values)
    except KeyError:
        return False
    return True


def _scale(place: Any, plot: Plot, picture: Picture, points: Sequence[Point]) -> None:
    sizes = sorted({point.size for point in points if point.axis == picture.axis})
    place.set_yscale("log")
    place.set_xscale("symlog", linthresh=1000, linscale=0.5) if 0 in sizes else place.set_xscale("log")
    low, high = place.get_ylim()
    middle = (low * high) ** 0.5
    place.set_ylim(min(low, middle / 5), max(high, middle * 5))  # a few per cent more are not to look like a cliff
    place.yaxis.set_major_formatter(_plain)
    place.xaxis.set_major_formatter(_plain)
    place.set_title(plot.title, loc="left")
    place.set_xlabel(picture.across)
    place.set_ylabel(plot.unit)
    place.grid(visible=True, which="major", color="#e2e2e2", linewidth=0.6)
    if len(plot.curves) > 1:
        place.legend(fontsize=8)


def _plain(value: float, _position: int | None = None) -> str:
    """Numbers as people write them; large ones short."""
    for unit, sign in ((1e6, " M"), (1e3, "k")):
        if value >= 10 * unit or (value >= unit and sign == " M"):
            return f"{value / unit:g}{sign}"
    return f"{value:g}"

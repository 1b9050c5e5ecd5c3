"""Points as pictures. Knows matplotlib, which is imported only here. Must not know how anything was measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from tests.benchmark.figures import FULL
from tests.benchmark.growth.points import Point, Values, of_axis

INCHES = (7.0, 3.6)
"""Two plots side by side, to be read at 700 pixels."""
TITLES = {"sqlite": "SQLite", "memory": "memory"}
COLOURS = ("#0b5fa5", "#c2410c", "#15803d", "#7e22ce", "#57534e")
"""Dark enough for white paper, and of different lightness."""
MARKS = ("o", "s", "^", "D", "v")
MILLION, THOUSANDS = 1_000_000, 10_000
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
    return values["rate"]


def _megabytes(values: Values) -> float:
    return values["resident"] / 1e6


def _milliseconds(name: str) -> Callable[[Values], float]:
    return lambda values: values[name] * 1000


_DELIVERED = "deliveries per second"
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
            Plot("What is delivered in a larger room", _DELIVERED, _both(_rate)),
            Plot("The server's memory for a larger room", "MB", _both(_megabytes)),
        ),
    ),
    Picture(
        "rooms",
        "rooms of 3, one talks in each",
        (
            Plot("What is delivered in more rooms", _DELIVERED, _both(_rate)),
            Plot("The server's memory for more rooms", "MB", _both(_megabytes)),
        ),
    ),
    Picture(
        "idle",
        "idle connections",
        (
            Plot("What is delivered beside idle people", _DELIVERED, _both(_rate)),
            Plot("The delay of calm talk beside them, p99", "ms", _both(_milliseconds("p99"))),
        ),
    ),
    Picture(
        "history",
        "messages in the file",
        (
            Plot("From the start until it listens", "ms", [Curve("start", "sqlite", _milliseconds("start"))]),
            Plot(
                "From a request to all of its answer",
                "ms",
                [Curve(label, "sqlite", _milliseconds(name)) for label, name in _ANSWERS.items()],
            ),
        ),
    ),
)


def drawn(picture: Picture, points: Sequence[Point], form: str = "svg") -> bytes:
    """The picture of these points: the same points make the same file. The second plot's curves explain those of both.

    ``form``: ``svg`` or ``png``.
    """
    import matplotlib as mpl  # noqa: PLC0415 (who only measures needs none)
    from matplotlib.figure import Figure  # noqa: PLC0415 (as above)

    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=INCHES, layout="constrained", facecolor="white")
        for place, plot in zip(figure.subplots(1, 2), picture.plots, strict=True):
            _draw(place, plot, picture, points)
        figure.legend(
            *place.get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=8, columnspacing=1
        )
        written = BytesIO()
        figure.savefig(written, format=form, metadata={"Date": None} if form == "svg" else None, dpi=100)
    return written.getvalue()


def _draw(place: Any, plot: Plot, picture: Picture, points: Sequence[Point]) -> None:
    """One plot. Logarithmic axes; hollow marks where the load was full, so that the server may do more."""
    all_sizes: set[int] = set()
    for curve, colour, mark in zip(plot.curves, COLOURS, MARKS, strict=False):
        found = [point for point in of_axis(points, picture.axis, curve.server) if _has(curve, point)]
        sizes = [point.size for point in found]
        all_sizes.update(sizes)
        heights = [curve.value(point.values) for point in found]
        place.plot(sizes, heights, f"{mark}-", color=colour, label=curve.label, linewidth=1.5, markersize=5)
        full = [at for at, point in enumerate(found) if plot.unit == _DELIVERED and point.values["load_busy"] > FULL]
        hollow = [sizes[at] for at in full], [heights[at] for at in full]
        place.plot(*hollow, mark, color=colour, markersize=5, markerfacecolor="white")
    place.set_title(plot.title, loc="left")
    place.set_xlabel(picture.across)
    place.set_ylabel(plot.unit)
    place.grid(visible=True, which="major", color="#e2e2e2", linewidth=0.6)
    _scale(place, sorted(all_sizes))


def _has(curve: Curve, point: Point) -> bool:
    """A server with an empty file was started, and asked nothing."""
    try:
        curve.value(point.values)
    except KeyError:
        return False
    return True


def _scale(place: Any, sizes: Sequence[int]) -> None:
    """Both axes logarithmic, with ticks at the sizes, and not so near to the curves that a few per cent look like a cliff."""
    from matplotlib.ticker import LogLocator, NullFormatter, NullLocator  # noqa: PLC0415 (as above)

    if sizes[0] == 0:
        place.set_xscale("symlog", linthresh=sizes[1] if len(sizes) > 1 else 1, linscale=0.4)
    else:
        place.set_xscale("log")
    place.set_yscale("log")
    low, high = place.get_ylim()
    centre = (low * high) ** 0.5
    place.set_ylim(min(low, centre / 5), max(high, centre * 5))
    place.set_xticks(sizes, [_plain(size) if size else "none" for size in sizes], rotation=30)
    place.xaxis.set_minor_locator(NullLocator())
    place.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    place.yaxis.set_major_formatter(_plain)
    place.yaxis.set_minor_formatter(NullFormatter())


def _plain(value: float, _position: int | None = None) -> str:
    """Numbers as people write them; large ones short."""
    if value >= MILLION:
        return f"{value / MILLION:g} M"
    return f"{value:,g}" if value < THOUSANDS else f"{value / 1000:g}k"

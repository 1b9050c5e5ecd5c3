"""Cost against size: each axis in miniature on a real server, the pictures, and what is said about them."""

import socket
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmark.__main__ import DOCUMENT
from tests.benchmark.growth import run
from tests.benchmark.growth.__main__ import main
from tests.benchmark.growth.axes import AXES
from tests.benchmark.growth.databases import RARE, RARELY, database, last_words
from tests.benchmark.growth.history import Conversation, Looking, NoAnswer, measured
from tests.benchmark.growth.plots import PICTURES, Picture, drawn
from tests.benchmark.growth.points import Point, middle, of_axis, read, written
from tests.benchmark.growth.report import SECTION, rewritten
from tests.benchmark.load import NoCompiler, build
from tests.benchmark.servers import SQLITE
from tests.conftest import missing

MEMBERS, ROOMS, IDLE = AXES
TALK = {"rate": 2e6, "cost": 0.5, "resident": 60e6, "load_busy": 0.5, "p50": 0.001, "p99": 0.002}
ANSWERS = {"start": 0.5, "join": 0.001, "history": 0.002, "rare": 0.001, "common": 0.003, "absent": 0.001}
POINTS = [
    *(Point(axis.key, server, size, TALK) for axis in AXES for server in ("sqlite", "memory") for size in (10, 1000)),
    Point("history", "sqlite", 0, {"start": 0.4}),
    *(Point("history", "sqlite", size, ANSWERS) for size in (1000, 10_000)),
]


def test_the_axes_of_talk_in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every axis runs on the real server with the real load, and its figures can be read again and written about."""
    try:
        build()
    except NoCompiler:
        missing("cc")
    monkeypatch.setattr(run, "SERVERS", (SQLITE,))  # the other one takes as long again
    figures = tmp_path / "figures.json"
    asked = ["--only", "members", "rooms", "idle", "--most", "10", "--seconds", "0.2", "--repeat", "1"]
    assert main([*asked, "--json", str(figures), "--folder", str(tmp_path)]) == 0
    points, conditions = read(figures.read_text("utf-8"))
    sizes = {axis.key: [point.size for point in of_axis(points, axis.key, "sqlite")] for axis in AXES}
    assert sizes == {"members": [10], "rooms": [1, 10], "idle": [0]}
    assert all(
        point.server == "sqlite" and point.values["rate"] > 0 and point.values["resident"] > 10e6 for point in points
    )
    assert "0.2 s each" in conditions


def test_a_history_in_miniature(tmp_path: Path) -> None:
    """A database is made, served, asked, and there for the next time; starting with an empty one is measured, too."""
    path = database(tmp_path, 1000, pytest.fail)
    quick = Looking(times=3, starts=1)
    assert measured(path, last_words(1000), quick).keys() == ANSWERS.keys()
    assert measured(None, "", quick).keys() == {"start"}
    served = path.stat().st_ino
    assert database(tmp_path, 1000, pytest.fail).stat().st_ino == served, "it was made anew"
    assert not [file for file in tmp_path.iterdir() if file.is_dir()], "something unfinished was left"


def test_the_words_of_a_history_are_as_rare_as_they_say() -> None:
    """Else a search would find something else than it is measured for."""
    from tests.benchmark.growth.databases import LOBBY, _messages  # noqa: PLC0415 (its inside, for once)

    lobby = [message.text for log, message in _messages(1000) if log == LOBBY]
    assert len(lobby) == 500
    assert sum(RARE in text for text in lobby) == RARELY
    assert lobby[-1].endswith(last_words(1000))


def test_a_server_that_hangs_up_is_named() -> None:
    """What it was asked, and what it said instead."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"* Go away.\n")

        def talk(port: int) -> None:
            with closing(Conversation(port)) as conversation:
                conversation.says(b"ali\n", b"salam")

        server = Thread(target=hang_up)
        server.start()
        with pytest.raises(NoAnswer, match="Go away"):
            talk(listener.getsockname()[1])
        server.join()


@pytest.mark.parametrize(
    "asked", [["--only", "weather"], ["--most", "1"], ["--seconds", "nan"], ["--repeat", "0"], ["--repeat", "many"]]
)
def test_senseless_options_are_refused(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is started; the sentence names the option."""
    with pytest.raises(SystemExit):
        main(asked)
    assert asked[0] in capsys.readouterr().err


def test_figures_that_are_none_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a sentence."""
    wrong = tmp_path / "wrong.json"
    wrong.write_text("[1, 2]", "utf-8")
    assert main(["--from-json", str(wrong)]) == 1
    assert "no figures of growth" in capsys.readouterr().err


@given(st.integers(300, 60_000), st.none() | st.integers(10, 10**6))
def test_no_size_is_more_than_connections_allow(connections: int, most: int | None) -> None:
    """What does not fit is made as large as fits, and nothing is measured twice."""
    for axis in AXES:
        sizes = axis.within(most, connections)
        assert list(sizes) == sorted(set(sizes))
        assert all(axis.busy(size).clients <= connections for size in sizes)
        assert most is None or all(size <= most for size in sizes)


def test_ten_thousand_rooms_need_few_connections() -> None:
    """Everybody is in ten, or in all that there are; what has to be made smaller can be shared out, too."""
    assert ROOMS.within(None, 3000) == ROOMS.sizes
    assert ROOMS.within(None, 2999) == (1, 10, 100, 1000, 9990)
    assert [ROOMS.busy(size).each for size in ROOMS.sizes] == [1, 10, 10, 10, 10]


@given(st.integers(1, 20_000))
def test_any_number_of_rooms_can_be_shared_out(size: int) -> None:
    """Each has its members, and each person the same number of rooms."""
    workload = ROOMS.busy(size)
    assert workload.clients * workload.each == size * workload.members


def test_the_same_figures_make_the_same_pictures() -> None:
    """A picture changes in the history of the project only when its figures do; other figures make another one."""
    for picture in PICTURES:
        first = drawn(picture, POINTS)
        assert first == drawn(picture, POINTS[::-1])
        others = [replace(one, values={name: value * 2 for name, value in one.values.items()}) for one in POINTS]
        assert first != drawn(picture, others)


def test_a_picture_says_what_it_shows() -> None:
    """Titles, what grows, and what the curves are; as text, so that it can be searched and read out."""
    for picture in PICTURES:
        texts = "".join(ElementTree.fromstring(drawn(picture, POINTS)).itertext())
        assert picture.across in texts
        assert all(plot.title in texts and plot.unit in texts for plot in picture.plots)
        assert all(curve.label in texts for plot in picture.plots for curve in plot.curves if len(plot.curves) > 1)


def test_a_full_load_is_marked() -> None:
    """The server may do more than the curve says."""
    full = [replace(one, values={**one.values, "load_busy": 0.95}) for one in POINTS]
    assert drawn(PICTURES[0], full).count(b"#ffffff") > drawn(PICTURES[0], POINTS).count(b"#ffffff")


def test_the_document_keeps_what_was_not_measured() -> None:
    """One axis can be measured anew without the others."""
    empty = f"before\n{SECTION.begin}\n{SECTION.end}\nafter\n"
    whole = rewritten(empty, POINTS, "A machine.")
    assert whole.count(".. image::") == len(PICTURES)
    some = [replace(one, values={**one.values, "rate": 5e6}) for one in POINTS if one.axis == "rooms"]
    again = rewritten(whole, some, "Another machine.")
    assert " ".join(again.split()).count("5,000,000 to 5,000,000 deliveries") == 2
    assert again.count("Another machine.") == 1
    assert rewritten(again, [one for one in POINTS if one.axis == "rooms"], "A machine.") == whole
    with pytest.raises(ValueError, match="two lines"):
        rewritten("nothing", POINTS, "")


def test_figures_are_read_as_they_were_written() -> None:
    """And medians are of each value."""
    assert read(written(POINTS, "A machine.")) == (POINTS, "A machine.")
    assert middle([{"rate": 1, "cost": 9}, {"rate": 2, "cost": 1}, {"rate": 9, "cost": 5}]) == {"rate": 2, "cost": 5}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.axis)
def test_the_documents_have_every_picture(picture: Picture) -> None:
    """Each is there, can be read, and is about what it stands for; the document shows it."""
    path = DOCUMENT.parent / "pictures" / f"growth-{picture.axis}.svg"
    assert picture.across in "".join(ElementTree.parse(path).getroot().itertext())
    assert f"image:: pictures/{path.name}" in DOCUMENT.read_text("utf-8")

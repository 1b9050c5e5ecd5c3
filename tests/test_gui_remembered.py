"""What the window keeps between runs: all of it comes back, nothing of it is secret, and no damage keeps it from starting."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.gui.remembered import Remembered, load, save
from clients.trust import Wish

EVERYTHING = Remembered(
    server="chat.example.org:5051",
    name="علی\u200cرضا",
    wish=Wish.TLS,
    language="fa",
    theme="dark",
    font_size=14,
    geometry="900x600+-5+20",
    panes=(180, 200),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file in a folder that does not exist yet."""
    return tmp_path / "chatd" / "window.json"


def test_what_is_kept_comes_back(path: Path) -> None:
    """Every field, Persian names with their ZWNJ included."""
    save(EVERYTHING, path)
    assert load(path) == EVERYTHING


def test_nothing_kept_is_no_trouble(path: Path) -> None:
    """The first run."""
    assert load(path) == Remembered()


def test_the_file_is_its_owners_alone(path: Path) -> None:
    """Where somebody chats, and under which name, is nobody else's business."""
    save(EVERYTHING, path)
    save(Remembered(), path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["window.json"]


def test_a_file_that_cannot_be_written_leaves_the_old_one_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a file would be no file; and what was begun is cleared away."""
    save(EVERYTHING, path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        save(Remembered(), path)
    assert load(path) == EVERYTHING
    assert [file.name for file in path.parent.iterdir()] == ["window.json"]


@pytest.mark.parametrize("damaged", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_as_good_as_none(path: Path, damaged: bytes) -> None:
    """Nobody is kept from chatting by it."""
    path.parent.mkdir()
    path.write_bytes(damaged)
    assert load(path) == Remembered()


def test_a_folder_in_its_place_is_as_good_as_none(path: Path) -> None:
    """Whatever stands there."""
    path.mkdir(parents=True)
    assert load(path) == Remembered()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("server", 5),
        ("server", "a\nb"),
        ("name", "x" * 1000),
        ("name", "a\u202eb"),
        ("wish", "maybe"),
        ("wish", []),
        ("language", "tlh"),
        ("language", {}),
        ("font_size", True),
        ("font_size", -3),
        ("font_size", 1e9),
        ("geometry", "; destroy ."),
        ("geometry", "0x0"),
        ("panes", [1, "2"]),
        ("panes", 7),
    ],
)
def test_one_damaged_field_does_not_take_the_others_with_it(path: Path, field: str, value: Any) -> None:
    """Only what cannot be understood is forgotten."""
    save(EVERYTHING, path)
    kept = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**kept, field: value, "unknown": 1}), "utf-8")
    loaded = load(path)
    assert getattr(loaded, field) == getattr(Remembered(), field)
    others = [name for name in kept if name != field]
    assert [getattr(loaded, name) for name in others] == [getattr(EVERYTHING, name) for name in others]


@given(kept=st.dictionaries(st.sampled_from([*Remembered.__slots__, "other"]), json_values))
def test_whatever_stands_there_can_be_loaded_and_kept_again(
    tmp_path_factory: pytest.TempPathFactory, kept: dict[str, Any]
) -> None:
    """Any JSON: what is understood of it is understood again."""
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(kept), "utf-8")
    loaded = load(path)
    save(loaded, path)
    assert load(path) == loaded


@given(data=st.binary())
def test_any_bytes_can_be_loaded(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """A disk may have written anything."""
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(data)
    assert isinstance(load(path), Remembered)


def test_nothing_secret_has_a_place() -> None:
    """Passwords are not kept because there is no field for them."""
    assert not [name for name in Remembered.__slots__ if "pass" in name or "secret" in name or "session" in name]

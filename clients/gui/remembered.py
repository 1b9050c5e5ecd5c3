"""What the window keeps from one run to the next, in a file of its own. Knows the file; must not know what uses it.

Passwords are never kept. What cannot be understood in the file is as if it had never been kept: it is no reason not to start.
"""

import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from chatd.languages import LANGUAGES
from clients.trust import Wish

FILE: Final = "window.json"
"""In the folder of what a person decided (:func:`clients.folders.config_folder`)."""
_LONGEST: Final = 300
_LARGEST_FONT: Final = 100
_WIDEST: Final = 10_000
_GEOMETRY: Final = re.compile(r"[1-9][0-9]{1,4}x[1-9][0-9]{1,4}([+-]-?[0-9]{1,5}[+-]-?[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was chosen, and what worked, the last time."""

    server: str = ""
    """As it was typed: ``chat.example.org``."""
    name: str = ""
    wish: Wish = Wish.NOTHING
    """What was said about encryption."""
    language: str = ""
    """The code of the language, if one was chosen."""
    theme: str = ""
    font_size: int = 0
    """In points; 0: none was chosen."""
    geometry: str = ""
    """Of the main window, as Tk writes it: ``1000x700+40+30``."""
    panes: tuple[int, ...] = ()
    """Widths of the lists beside the conversation, in pixels."""


def load(path: Path) -> Remembered:
    """What is kept there; defaults for what is not there, or cannot be read or understood."""
    try:
        kept = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):  # errors of JSON and of UTF-8 are ValueErrors
        return Remembered()
    return _understood(kept) if isinstance(kept, dict) else Remembered()


def save(remembered: Remembered, path: Path) -> None:
    """Keep it for the next time, readable by its owner only; the file is whole at every moment.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {**asdict(remembered), "wish": remembered.wish.value}
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file, ensure_ascii=False, indent=1)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _understood(kept: Mapping[str, Any]) -> Remembered:
    """Field by field: one that is damaged does not take the others with it."""
    named = [field.name for field in fields(Remembered) if field.name in kept and field.name in _KINDS]
    wish = next((wish for wish in Wish if wish.value == kept.get("wish")), Wish.NOTHING)
    sound = {name: kept[name] for name in named if _KINDS[name](kept[name])}
    return Remembered(**{**sound, "wish": wish, "panes": tuple(sound.get("panes", ()))})


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST and (not value or value.isprintable())


def _is_name(value: Any) -> bool:
    """A name may have a ZWNJ in it, which Python takes to be unprintable."""
    return isinstance(value, str) and _is_line(value.replace("\u200c", ""))


def _is_whole(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


_KINDS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "server": _is_line,
    "name": _is_name,
    "language": lambda value: isinstance(value, str) and value in LANGUAGES,
    "theme": _is_line,
    "font_size": lambda value: _is_whole(value, _LARGEST_FONT),
    "geometry": lambda value: isinstance(value, str) and bool(_GEOMETRY.fullmatch(value)),
    "panes": lambda value: isinstance(value, list) and all(_is_whole(width, _WIDEST) for width in value),
}

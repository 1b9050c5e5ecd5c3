"""Where a person's files of chatd's clients are: XDG Base Directory Specification 0.8. Knows paths; must not know contents."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

_OWN: Final = "chatd"


def config_folder(environment: Mapping[str, str]) -> Path:
    """The folder of what a person decided, ``~/.config/chatd`` unless ``XDG_CONFIG_HOME`` says otherwise. It may not exist."""
    return _folder(environment, "XDG_CONFIG_HOME", ".config")


def state_folder(environment: Mapping[str, str]) -> Path:
    """The folder of what is kept between runs, ``~/.local/state/chatd`` unless ``XDG_STATE_HOME`` says otherwise."""
    return _folder(environment, "XDG_STATE_HOME", ".local/state")


def _folder(environment: Mapping[str, str], variable: str, usual: str) -> Path:
    chosen = Path(environment.get(variable, ""))
    # "All paths must be absolute"; others are to be ignored.
    return (chosen if chosen.is_absolute() else Path.home() / usual) / _OWN

"""Which typed lines are kept for the next time. Knows which commands take passwords; must not know where lines are kept."""

from difflib import get_close_matches
from typing import Final

from chatd.requests import ChangePassword, Enter, Invalid, Login, Register, Request
from chatd.wire.commands import COMMANDS

_TAKE_PASSWORDS: Final = [word for command in COMMANDS if command.secret for word in (command.name, *command.aliases)]
_CLOSE_ENOUGH: Final = 0.6


def may_be_kept(line: str, request: Request) -> bool:
    """Whether ``line``, which means ``request``, can have no password in it, not even behind a command that was mistyped."""
    if isinstance(request, Register | Login | ChangePassword | Enter):
        return False
    word, _, rest = line.strip().lstrip("/").partition(" ")
    mistyped = isinstance(request, Invalid) and get_close_matches(word.lower(), _TAKE_PASSWORDS, 1, _CLOSE_ENOUGH)
    return not (mistyped and rest)

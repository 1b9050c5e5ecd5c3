"""Which typed lines are kept for the next time. Knows which commands take passwords; must not know where lines are kept."""

from chatd.requests import ChangePassword, Enter, Invalid, Login, Register, Request
from chatd.wire.commands import find


def may_be_kept(line: str, request: Request) -> bool:
    """Whether ``line``, which means ``request``, can have no password in it, not even behind a command that was mistyped."""
    if isinstance(request, Register | Login | ChangePassword | Enter):
        return False
    if not isinstance(request, Invalid):
        return True
    # Only a command that exists, and was used wrongly, is sure to be none that was to take a password.
    words = line.partition("/")[2].split(maxsplit=1)
    command = find(words[0]) if words and line.partition("/")[2][:1] == words[0][:1] else None
    return command is not None and not command.secret

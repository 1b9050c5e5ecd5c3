"""A password that stands in a file, so that it is on no command line. Knows files; must not know whose password it is."""

from pathlib import Path

from chatd.secret import Secret
from clients.reasons import unreadable
from clients.wording import Told, say


def read_password(path: Path) -> Secret:
    """The password in the first line of the file.

    Raises:
        Told: it cannot be read, or there is none.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Told(say("{path} cannot be read: {reason}.", path=path, reason=unreadable(error))) from None
    if not lines or not lines[0]:
        raise Told(say("{path} has no password in its first line.", path=path))
    return Secret(lines[0])

"""The browser that shows the page of an address. Must not know widgets, or where the address stood.

Only the schemes http and https are ever opened: what a stranger wrote must start no other program.
"""

import webbrowser
from collections.abc import Callable
from threading import Thread

from clients.gui.text.links import is_web


def open_link(url: str, failed: Callable[[], None], browse: Callable[[str], bool] | None = None) -> Thread:
    """Show ``url`` in the person's browser, in a thread, because a browser may take its time to start.

    Args:
        url: must begin with ``http://`` or ``https://``.
        failed: called in that thread if there is no browser, or it does not start.
        browse: starts the browser, and says whether it could; without one, :func:`webbrowser.open`.

    Raises:
        ValueError: the address has another scheme.
    """
    if not is_web(url):
        raise ValueError("Only http and https addresses can be opened.")
    thread = Thread(target=_browse, args=(url, failed, browse or webbrowser.open), name="browser", daemon=True)
    thread.start()
    return thread


def _browse(url: str, failed: Callable[[], None], browse: Callable[[str], bool]) -> None:
    try:
        started = browse(url)
    except (webbrowser.Error, OSError):
        started = False
    if not started:
        failed()

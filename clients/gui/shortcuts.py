"""Keys for editing that work wherever one types, also while the keyboard is switched to Persian. Must not know what is typed.

X11 tells a key by what it would write: without this, Ctrl-V would paste nothing for somebody who is writing Persian.
"""

import tkinter
from typing import Final

_EDITING: Final = {
    "<<SelectAll>>": ("a", "Arabic_sheen"),
    "<<Copy>>": ("c", "Arabic_zain"),
    "<<Paste>>": ("v", "Arabic_ra"),
    "<<Cut>>": ("x", "Arabic_tah"),
    "<<Undo>>": ("z", "Arabic_zah"),
}
"""What Tk calls it, and the key by its names on an English and on a Persian keyboard (ISIRI 9147)."""


def add_shortcuts(root: tkinter.Misc) -> None:
    """Let Control with these keys do what it does elsewhere; other systems than X11 know it by themselves."""
    if root.tk.call("tk", "windowingsystem") != "x11":
        return
    root.event_delete("<<LineStart>>", "<Control-a>")  # as in Emacs; Home does the same
    for event, keys in _EDITING.items():
        root.event_add(event, *(f"<Control-{key}>" for key in keys))

"""The keyboard in a log: it moves the view, copies, and hands what is typed to somebody else. Must not know what is shown."""

import tkinter
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

Event: TypeAlias = "tkinter.Event[tkinter.Misc]"

_CONTROL: Final = 0x4
_COMMANDS: Final = {"x11": _CONTROL | 0x8 | 0x40, "aqua": _CONTROL | 0x8}
"""The modifiers that make a command of a key, by windowing system: Control, Alt and Super; Control and Command.

On Windows such keys have no character, and Control with Alt is how some keyboards type.
"""

_SAME_KEY: Final = {"Arabic_sheen": "a", "Arabic_zain": "c"}
"""The keys of A and C when the keyboard is switched to Persian: Tk names a key by what it would write."""


class Keys:
    """Binds the keyboard to a widget.

    Args:
        text: the widget.
        moves: what the keys of these names do, such as ``Prior`` and ``End``; those of the number pad do the same.
        commands: what a letter does together with Control (on a Mac: Command).
        typed: is given the event of a key that writes something.
    """

    def __init__(
        self,
        text: tkinter.Text,
        moves: Mapping[str, Callable[[], None]],
        commands: Mapping[str, Callable[[], None]],
        typed: Callable[[Event], None],
    ) -> None:
        self._moves = moves
        self._commands = commands
        self._typed = typed
        system = str(text.tk.call("tk", "windowingsystem"))
        self._modifiers = _COMMANDS.get(system, 0)
        self._control = 0x8 if system == "aqua" else _CONTROL
        text.bind("<Key>", self._press)

    def _press(self, event: Event) -> str | None:
        """Whether it was for somebody here: then nobody else hears of it."""
        state = int(event.state)
        if state & self._control:
            action = self._commands.get(_SAME_KEY.get(event.keysym, event.keysym.lower()))
        else:
            action = self._moves.get(event.keysym.removeprefix("KP_"))
        if action:
            action()
        elif event.char and event.char.isprintable() and not state & self._modifiers:
            self._typed(event)
        else:
            return None
        return "break"

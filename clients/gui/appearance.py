"""How the program looks and speaks, now and the next time. Knows what is kept between runs; must not know the chat."""

import tkinter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chatd.languages import Language
from clients.gui import remembered, theme
from clients.gui.fonts import SIZE, Fonts
from clients.gui.remembered import Remembered
from clients.gui.text.drawn import configure
from clients.gui.text.probe import shapes_by_itself
from clients.gui.theme import LIGHT, THEMES, Theme
from clients.reasons import reason_of
from clients.wording import say, speak


class Appearance:
    """Colours, letters and language of one window, and everything else that is kept for the next run."""

    def __init__(self, root: tkinter.Tk, store: Path, kept: Remembered, warn: Callable[[str], object]) -> None:
        """Give ``root`` the look of the last time.

        Args:
            root: an empty window.
            store: the file of what is kept.
            kept: what it holds.
            warn: told once, in a sentence, if nothing can be kept there.
        """
        self._window, self._store, self._warn = root, store, warn
        self.kept = kept
        """What is kept, as far as this window knows; another one may have chosen otherwise since."""
        self.fonts = Fonts(root, self.kept.font_size or SIZE)
        configure(shapes_by_itself(self.fonts.text))
        self.theme: Theme = THEMES.get(self.kept.theme, LIGHT)
        theme.apply(self.theme, root, self.fonts)
        self._warned = False

    def keep(self, **changes: Any) -> None:
        """Keep these fields of :class:`~clients.gui.remembered.Remembered` for the next time, and none but these."""
        self.kept = replace(self.kept, **changes)
        stored = remembered.load(self._store)
        if replace(stored, **changes) == stored:
            return
        try:
            remembered.save(replace(stored, **changes), self._store)
        except OSError as error:
            self._say_not_kept(error)

    def choose_theme(self, name: str) -> None:
        """Take on this theme's colours, as far as they are ttk's."""
        self.theme = THEMES[name]
        theme.apply(self.theme, self._window, self.fonts)
        self.keep(theme=name)

    def choose_size(self, points: int) -> None:
        """Make all letters that large."""
        self.fonts.resize(points)
        self.keep(font_size=self.fonts.size)

    def choose_language(self, language: Language) -> None:
        """Speak it from now on."""
        speak(language)
        self.keep(language=language.code)

    def _say_not_kept(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            self._warn(
                say(
                    "What you choose is not kept for the next time: {path}: {reason}.",
                    path=self._store,
                    reason=reason_of(error),
                )
            )

"""The names and rooms of the chat, for the Tab key. Knows views; must not know what is typed, or shown."""

from collections.abc import Sequence

from clients.gui.model.view import View


class Words:
    """A vocabulary (:class:`clients.presentation.completion.Vocabulary`) of what can be seen in the window now."""

    def __init__(self, view: View, person: str | None = None) -> None:
        """``person``: with whom one talks in private now, if with anybody."""
        self._view = view
        self._person = person

    def names(self) -> Sequence[str]:
        """Who is written to; who spoke in the current room, the last one first; the others there; the correspondents."""
        room = self._view.room(self._view.current)
        here = [*room.speakers, *(room.people or ())] if room else []
        first = [self._person] if self._person else []
        return [n for n in dict.fromkeys([*first, *here, *self._view.correspondents]) if n != self._view.name]

    def correspondents(self) -> Sequence[str]:
        """Those of private messages first."""
        return list(dict.fromkeys([*self._view.correspondents, *self.names()]))

    def rooms(self) -> Sequence[str]:
        """The joined ones."""
        return [room.name for room in self._view.rooms]
